/* Names, numbers and ranges of columns, word by word. */
#include "source/column_words.h"

#include <stdio.h>
#include <string.h>

size_t ls_column_word_quoted(const char *text)
{
    size_t at = 1;
    while (text[at] != '\0') {
        if (text[at++] != '"')
            continue;
        if (text[at] != '"')
            return at;
        at++;
    }
    return at;
}

/* The name in `length` bytes, the first and last of which are quotes. */
static void unquote(const char *quoted, size_t length, ls_column_word *word)
{
    size_t to = 0;
    for (size_t from = 1; from + 1 < length && to + 1 < sizeof word->text; from++) {
        word->text[to++] = quoted[from];
        from += quoted[from] == '"';
    }
    word->text[to] = '\0';
}

ls_status ls_column_word_next(const char **cursor, ls_column_word *word, bool *more)
{
    const char *c = *cursor + strspn(*cursor, " ");
    word->quoted = *c == '"';
    if (word->quoted) {
        const size_t length = ls_column_word_quoted(c);
        if (length < 2 || c[length - 1] != '"' || (length == 2 && c[1] != '"'))
            return ls_fail(LS_ERR_USAGE, "the quote in front of %.64s is not closed", c + 1);
        unquote(c, length, word);
        c += length;
        c += strspn(c, " ");
        if (*c != '\0' && *c != ',')
            return ls_fail(
                LS_ERR_USAGE,
                "behind the name in quotes \"%.64s\" stands %.16s, expected a comma or the closing bracket; a "
                "quote in a name is written twice",
                word->text, c);
    } else {
        size_t length = strcspn(c, ",");
        const char *begin = c;
        c += length;
        while (length > 0 && begin[length - 1] == ' ')
            length--;
        (void)snprintf(word->text, sizeof word->text, "%.*s", (int)length, begin);
    }
    *more = *c == ',';
    *cursor = c + *more;
    return LS_OK;
}

bool ls_column_word_only(const char *words, ls_column_word *word)
{
    bool more;
    return ls_column_word_next(&words, word, &more) == LS_OK && !more;
}

void ls_column_word_put(const char *name, size_t length, ls_text *text)
{
    bool plain = length > 0 && name[0] != ' ' && name[length - 1] != ' ';
    for (size_t i = 0; i < length && plain; i++)
        plain = strchr(",[]\"\\", name[i]) == NULL;
    if (plain) {
        ls_text_append_bytes(text, name, length);
        return;
    }
    ls_text_append(text, "\"");
    for (size_t i = 0; i < length; i++)
        ls_text_append_bytes(text, name[i] == '"' ? "\"\"" : &name[i], name[i] == '"' ? 2 : 1);
    ls_text_append(text, "\"");
}
