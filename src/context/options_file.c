/* Configuration files: "key = value" lines, or the run.json of a run. */
#include "context/options.h"

#include "base/descriptor.h"
#include "base/reason.h"
#include "base/utf8.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Cuts the comment and the spaces at both ends. A '#' inside a word or inside double quotes is no comment. */
static char *strip(char *line)
{
    bool quoted = false;
    for (char *c = line; *c != '\0'; c++) {
        if (*c == '"')
            quoted = !quoted;
        if (*c == '#' && !quoted && (c == line || strchr(" \t", c[-1]) != NULL)) {
            *c = '\0';
            break;
        }
    }
    line += strspn(line, " \t");
    size_t length = strlen(line);
    while (length > 0 && strchr(" \t\r\n", line[length - 1]) != NULL)
        line[--length] = '\0';
    return line;
}

static ls_status read_line(ls_options *options, char *line)
{
    line = strip(line);
    if (*line == '\0')
        return LS_OK;
    char *equals = strchr(line, '=');
    if (equals == NULL || equals == line)
        return ls_fail(LS_ERR_USAGE, "expected 'key = value', found '%s'", line);
    *equals = '\0';
    char *key = strip(line), *value = strip(equals + 1);
    size_t length = strlen(value);
    if (length >= 2 && value[0] == '"' && value[length - 1] == '"') { /* as one would write it for a shell */
        value[length - 1] = '\0';
        value++;
    }
    return ls_options_set(options, key, value);
}

/* ---- run.json ---- */

static bool is_card(FILE *file)
{
    char mark[3];
    if (fread(mark, 1, sizeof mark, file) != sizeof mark || memcmp(mark, LS_UTF8_MARK, sizeof mark) != 0)
        rewind(file);
    int c = getc(file);
    while (c == ' ' || c == '\t' || c == '\r' || c == '\n')
        c = getc(file);
    rewind(file);
    return c == '{';
}

/* What a run.json says beside the defaults counts as given, as if it stood in a configuration file. */
static ls_status take_card(ls_options *options, const char *path)
{
    ls_options *saved = NULL, *initial = NULL;
    char value[LS_TEXT_MAX], other[LS_TEXT_MAX];
    ls_status status = ls_options_read_card(path, &saved);
    if (status == LS_ERR_OUTPUT)
        status = ls_fail(LS_ERR_USAGE, "%s", ls_error_message());
    if (status == LS_OK)
        status = ls_options_create(&initial);
    for (size_t i = 0; status == LS_OK && i < saved->table->count; i++) {
        const char *key = saved->table->entry[i].row.key;
        (void)ls_options_get(saved, key, value, sizeof value); /* there is room for any */
        (void)ls_options_get(initial, key, other, sizeof other);
        if (strcmp(value, other) != 0)
            status = ls_options_set(options, key, value);
    }
    ls_options_destroy(saved);
    ls_options_destroy(initial);
    return status;
}

/* ---- files ---- */

/* Windows' editors put a mark in front of UTF-8, and may write UTF-16, which has another. */
static ls_status read_first_line(ls_options *options, char *line, size_t length)
{
    if (memcmp(line, "\xFF\xFE", 2) == 0 || memcmp(line, "\xFE\xFF", 2) == 0)
        return ls_fail(LS_ERR_USAGE, "is UTF-16; save it as UTF-8");
    if (strlen(line) != length)
        return ls_fail(LS_ERR_USAGE, "not a text file");
    return read_line(options, line + (strncmp(line, LS_UTF8_MARK, 3) == 0 ? 3 : 0));
}

ls_status ls_options_read_file(ls_options *options, const char *path)
{
    ls_status status = LS_OK;
    char *line = NULL;
    size_t capacity = 0;
    ssize_t length;
    int64_t number = 0;

    FILE *file = ls_descriptor_read(path);
    if (file == NULL)
        return ls_fail(LS_ERR_USAGE, "cannot open the configuration file '%s': %s", path, ls_reason(errno));
    if (is_card(file)) {
        fclose(file);
        return take_card(options, path);
    }
    while (status == LS_OK && (length = getline(&line, &capacity, file)) >= 0) {
        number++;
        if (number == 1 && length > 1)
            status = read_first_line(options, line, (size_t)length);
        else if (strlen(line) != (size_t)length)
            status = ls_fail(LS_ERR_USAGE, "not a text file");
        else
            status = read_line(options, line);
        if (status != LS_OK)
            ls_fail_prefix(status, "%s:%" PRId64 ": ", path, number);
    }
    if (status == LS_OK && !feof(file))
        status = ls_fail(LS_ERR_USAGE, "cannot read the configuration file '%s': %s", path, ls_reason(errno));
    free(line);
    fclose(file);
    return status;
}
