/* Fields of tables: words for no value. */
#include "formats/fields.h"

#include <string.h>
#include <strings.h>

void ls_fields_free(ls_fields *fields)
{
    ls_dictionary_free(&fields->missing);
    memset(fields, 0, sizeof *fields);
}

bool ls_fields_are_usual(const ls_fields *fields)
{
    return fields->decimal == 0 && fields->thousands == 0 && !fields->usual_off && fields->missing.count == 0;
}

static bool is_usual_word(const char *text, int64_t length)
{
    static const char *const words[] = {"na", "n/a", "nan", "null", "none", "?"};
    if (length > 4)
        return false;
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++)
        if (strlen(words[i]) == (size_t)length && strncasecmp(words[i], text, (size_t)length) == 0)
            return true;
    return false;
}

bool ls_fields_is_missing(const ls_fields *fields, const char *text, int64_t length)
{
    if (length == 0)
        return true;
    if (!fields->usual_off && is_usual_word(text, length))
        return true;
    return fields->missing.count > 0 && ls_dictionary_find(&fields->missing, text, length) >= 0;
}
