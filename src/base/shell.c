/* Quoting. */
#include "base/shell.h"

#include <string.h>

static void put_byte(ls_text *text, char c)
{
    if (c == '\'')
        ls_text_append(text, "'\\''"); /* ends the quotes, and begins them again */
    else
        ls_text_append_bytes(text, &c, 1);
}

void ls_shell_put_word(ls_text *text, const char *format, ...)
{
    ls_text plain = {0};
    va_list arguments;
    va_start(arguments, format);
    ls_text_vprintf(&plain, format, arguments);
    va_end(arguments);
    ls_text_append(text, "'");
    for (const char *c = ls_text_string(&plain); *c != '\0'; c++)
        put_byte(text, *c);
    ls_text_append(text, "'");
    ls_text_free(&plain);
}

/* Whether ls_parse_listed would make something else of it. */
static bool needs_quotes(const char *item)
{
    const size_t length = strlen(item);
    return length == 0 || strpbrk(item, ",\"") != NULL || item[0] == ' ' || item[length - 1] == ' ';
}

void ls_shell_put_item(ls_text *text, const char *format, ...)
{
    ls_text plain = {0};
    va_list arguments;
    va_start(arguments, format);
    ls_text_vprintf(&plain, format, arguments);
    va_end(arguments);
    const char *item = ls_text_string(&plain), *quote = needs_quotes(item) ? "\"" : "";
    ls_text_append(text, "'");
    ls_text_append(text, quote);
    for (const char *c = item; *c != '\0'; c++) {
        if (*c == '"')
            ls_text_append(text, "\"");
        put_byte(text, *c);
    }
    ls_text_append(text, quote);
    ls_text_append(text, "'");
    ls_text_free(&plain);
}
