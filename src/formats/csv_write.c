/* Writing fields of CSV text. */
#include "formats/csv_write.h"

#include <string.h>

void ls_csv_put_field(ls_text *text, const char *prefix, const char *field)
{
    const size_t length = strlen(field);
    const bool quoted = strpbrk(field, ",\t\"\r\n") != NULL || length == 0 || strchr(" \t", field[0]) != NULL ||
                        strchr(" \t", field[length - 1]) != NULL;
    if (!quoted) {
        ls_text_printf(text, "%s%s", prefix, field);
        return;
    }
    ls_text_printf(text, "\"%s", prefix);
    for (const char *c = field; *c != '\0'; c++) {
        if (*c == '"')
            ls_text_append(text, "\"");
        ls_text_append_bytes(text, c, 1);
    }
    ls_text_append(text, "\"");
}
