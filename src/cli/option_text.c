/* What an option's row says, in words that help, manual pages and completion share. */
#include "cli/option_text.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

#define LARGE 1e9 /* a bound from here on is only there to keep numbers sane */

bool option_is_for(const ls_option_row *row, unsigned command)
{
    return (row->commands & command) != 0;
}

bool option_is_on(const ls_option_row *row)
{
    return row->type == LS_OPTION_SWITCH && strcmp(row->initial, "on") == 0;
}

const char *option_value(const ls_option_row *row)
{
    return row->choices != NULL ? row->choices : row->value != NULL ? row->value : "";
}

bool option_is_path(const ls_option_row *row)
{
    const char *value = row->choices != NULL || row->value == NULL ? "" : row->value;
    return strstr(value, "FILE") != NULL || strstr(value, "PATH") != NULL || strstr(value, "RUN") != NULL ||
           strstr(value, "DIR") != NULL;
}

const char *option_default(const ls_option_row *row)
{
    const bool says = row->initial[0] != '\0' && row->type != LS_OPTION_SWITCH && strcmp(row->initial, "0") != 0;
    return says || option_is_on(row) ? row->initial : NULL;
}

const char *option_bounds(const ls_option_row *row, char *text, size_t size)
{
    text[0] = '\0';
    if ((row->type != LS_OPTION_INTEGER && row->type != LS_OPTION_REAL) || row->least >= row->most)
        return text;
    if (row->most >= LARGE && row->least > -LARGE)
        snprintf(text, size, "at least %.15g", row->least);
    else if (row->most < LARGE)
        snprintf(text, size, "%.15g to %.15g", row->least, row->most);
    return text;
}

/* ---- sections ---- */

static bool is_first_of_section(size_t at, unsigned command)
{
    const char *section = ls_option_at(at)->section;
    for (size_t i = 0; i < at; i++) {
        if (option_is_for(ls_option_at(i), command) && strcmp(ls_option_at(i)->section, section) == 0)
            return false;
    }
    return option_is_for(ls_option_at(at), command);
}

const char *option_section(unsigned command, size_t index)
{
    for (size_t i = 0; ls_option_at(i) != NULL; i++) {
        if (is_first_of_section(i, command) && index-- == 0)
            return ls_option_at(i)->section;
    }
    return NULL;
}

const char *option_section_find(unsigned command, const char *name)
{
    const char *section;
    for (size_t i = 0; (section = option_section(command, i)) != NULL; i++) {
        if (strcasecmp(section, name) == 0)
            return section;
    }
    return NULL;
}

const ls_option_row *option_in_section(unsigned command, const char *section, size_t index)
{
    for (size_t i = 0; ls_option_at(i) != NULL; i++) {
        const ls_option_row *row = ls_option_at(i);
        if (option_is_for(row, command) && strcmp(row->section, section) == 0 && index-- == 0)
            return row;
    }
    return NULL;
}

/* ---- one line ---- */

/* Where a line of a text may end: at the first colon, semicolon, full stop or opening bracket, else between words. */
static size_t line_length(const char *text, size_t most)
{
    size_t last = 0;
    for (size_t i = 0; text[i] != '\0'; i++) {
        const bool ends = strchr(":;.", text[i]) != NULL && (text[i + 1] == ' ' || text[i + 1] == '\0');
        if (i >= most)
            return last > 0 ? last : most;
        if (i > 0 && (ends || (text[i] == ' ' && text[i + 1] == '(')))
            return i;
        if (text[i] == ' ')
            last = text[i - (i > 0)] == ',' ? i - 1 : i;
    }
    return strlen(text);
}

const char *option_line(const ls_option_row *row, unsigned command, char *text, size_t size)
{
    const char *brief = NULL;
    for (size_t i = 0;; i++) {
        const ls_option_row *usual = ls_option_usual(command, i, &brief);
        if (usual == NULL || usual == row)
            break;
        brief = NULL;
    }
    const size_t most = size - 1 < 60 ? size - 1 : 60;
    const char *from = brief != NULL ? brief : row->help;
    snprintf(text, size, "%.*s", brief != NULL ? (int)most : (int)line_length(from, most), from);
    return text;
}
