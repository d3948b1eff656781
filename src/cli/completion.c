/* What the completion scripts of all shells are made of. */
#include "cli/completion.h"

#include "cli/option_text.h"

#include <stdio.h>
#include <string.h>

static const struct {
    const char *shell;
    void (*print)(void);
} scripts[] = {{"bash", completion_print_bash}, {"zsh", completion_print_zsh}, {"fish", completion_print_fish}};

#define SCRIPTS (sizeof scripts / sizeof scripts[0])

bool completion_has(const char *shell)
{
    for (size_t i = 0; i < SCRIPTS; i++) {
        if (strcmp(scripts[i].shell, shell) == 0)
            return true;
    }
    return false;
}

void completion_print(const char *shell)
{
    for (size_t i = 0; i < SCRIPTS; i++) {
        if (strcmp(scripts[i].shell, shell) == 0)
            scripts[i].print();
    }
}

bool completion_is_list(const ls_option_row *row)
{
    return row->value != NULL && strcmp(row->value, "LIST") == 0;
}

completion_kind completion_kind_of(const ls_option_row *row)
{
    if (row->type == LS_OPTION_SWITCH)
        return COMPLETION_NOTHING;
    if (row->choices != NULL)
        return COMPLETION_CHOICES;
    if (ls_option_word(row->key, 0) != NULL)
        return completion_is_list(row) ? COMPLETION_LIST : COMPLETION_CHOICES;
    return option_is_path(row) ? COMPLETION_FILE : COMPLETION_TEXT;
}

void completion_words(const ls_option_row *row, const char *between)
{
    const char *word, *from = row->choices;
    for (size_t i = 0; row->choices == NULL && (word = ls_option_word(row->key, i)) != NULL; i++)
        printf("%s%s", i > 0 ? between : "", word);
    while (from != NULL && *from != '\0') {
        const size_t length = strcspn(from, "|");
        printf("%.*s", (int)length, from);
        from += length;
        if (*from == '|' && *++from != '\0')
            fputs(between, stdout);
    }
}

void completion_plain(const char *text, char *out, size_t size)
{
    size_t at = 0;
    for (; *text != '\0' && at + 1 < size; text++) {
        if (strchr("\"'[]:\\$`", *text) == NULL)
            out[at++] = *text;
    }
    out[at] = '\0';
}

void completion_line(const ls_option_row *row, unsigned command, char *text, size_t size)
{
    char line[128];
    completion_plain(option_line(row, command, line, sizeof line), text, size);
}
