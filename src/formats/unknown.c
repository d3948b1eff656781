/* Remembering categories that are not known. */
#include "formats/unknown.h"

#include <string.h>

#define LISTED 8

void ls_unknown_free(ls_unknown *unknown)
{
    ls_dictionary_free(&unknown->seen);
    memset(unknown, 0, sizeof *unknown);
}

ls_status ls_unknown_note(ls_unknown *unknown, const char *column, const char *text, int64_t length, bool *first)
{
    ls_text name = {0};
    int64_t number;
    unknown->rows += *first;
    *first = false;
    ls_text_printf(&name, "%.100s=", column);
    ls_text_append_bytes(&name, text, (size_t)(length < 100 ? length : 100));
    ls_status status = ls_text_status(&name);
    const bool known =
        status == LS_OK && ls_dictionary_find(&unknown->seen, ls_text_string(&name), (int64_t)name.length) >= 0;
    unknown->more = unknown->more || (!known && unknown->seen.count == LS_UNKNOWN_MOST);
    if (status == LS_OK && !known && unknown->seen.count < LS_UNKNOWN_MOST)
        status = ls_dictionary_add(&unknown->seen, ls_text_string(&name), (int64_t)name.length, &number);
    ls_text_free(&name);
    return status;
}

void ls_unknown_list(const ls_unknown *unknown, ls_text *out)
{
    const int64_t count = unknown->seen.count;
    for (int64_t i = 0; i < count && i < LISTED; i++)
        ls_text_printf(out, "%s%s", i > 0 ? ", " : "", unknown->seen.text[i]);
    if (count > LISTED)
        ls_text_printf(out, " and %lld more%s", (long long)(count - LISTED), unknown->more ? " at least" : "");
}
