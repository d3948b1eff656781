/* Finding options that are given where they mean nothing. */
#include "context/options_refuse.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

/* Whether the option says something: a host may have cleared the texts. */
static bool says_something(const ls_options *options, const ls_option_row *row)
{
    char value[LS_TEXT_MAX];
    return ls_options_get(options, row->key, value, sizeof value) == LS_OK && value[0] != '\0' &&
           strcmp(value, row->initial) != 0;
}

ls_status ls_options_refuse(const ls_options *options, const char *const *keys, const char *format, ...)
{
    char reason[LS_TEXT_MAX + 512];
    for (; *keys != NULL; keys++) {
        const ls_option_row *row = ls_option_find(*keys);
        if (!says_something(options, row))
            continue;
        va_list arguments;
        va_start(arguments, format);
        vsnprintf(reason, sizeof reason, format, arguments);
        va_end(arguments);
        return ls_fail(LS_ERR_USAGE, "--%s %s", row->key, reason);
    }
    return LS_OK;
}
