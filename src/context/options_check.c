/* Further conditions on the texts of options. */
#include "context/options_check.h"

#include "base/parse.h"
#include "base/text.h"
#include "base/visible.h"
#include "context/interval.h"
#include "context/memory_limit.h"
#include "context/patience.h"
#include "source/spec.h"

#include <string.h>

ls_status ls_options_check_interval(const char *key, const char *value)
{
    ls_interval ignored;
    return ls_interval_parse(key, value, &ignored);
}

ls_status ls_options_check_time_limit(const char *key, const char *value)
{
    bool automatic;
    double seconds;
    return ls_interval_parse_limit(key, value, &automatic, &seconds);
}

ls_status ls_options_check_shards(const char *key, const char *value)
{
    int64_t number;
    if (ls_parse_int64(value, &number) && number > 0 && (number & (number - 1)) != 0)
        return ls_fail(LS_ERR_USAGE, "option '%s' is '%s'; expected a power of two, or 0 for the default", key, value);
    return LS_OK;
}

ls_status ls_options_check_axis(const char *key, const char *value)
{
    int axis;
    if (!ls_spec_axis(value, &axis))
        return ls_fail(LS_ERR_USAGE, "option '%s' is '%s'; expected first, last or a number from 0 to %d", key, value,
                       LS_SPEC_AXES - 1);
    return LS_OK;
}

ls_status ls_options_check_memory(const char *key, const char *value)
{
    int64_t ignored;
    (void)key;
    return ls_memory_limit_parse(value, &ignored);
}

ls_status ls_options_check_hang_timeout(const char *key, const char *value)
{
    double ignored;
    (void)key;
    return ls_patience_parse(value, &ignored);
}

/* A variable of a script that holds nothing but blanks: an error that began with such a name would say nothing. */
ls_status ls_options_check_path(const char *key, const char *value)
{
    if (value[0] == '\0' || ls_visible_any(value, strlen(value)))
        return LS_OK;
    ls_text shown = {0};
    ls_visible_put(value, strlen(value), &shown);
    const ls_status status = ls_fail(LS_ERR_USAGE, "option '%s' is '%s', in which nothing can be seen; expected a path",
                                     key, ls_text_string(&shown));
    ls_text_free(&shown);
    return status;
}

ls_status ls_options_check_directory(const char *key, const char *value)
{
    if (value[0] == '\0')
        return ls_fail(LS_ERR_USAGE, "option '%s' is empty; expected a directory, or off", key);
    return ls_options_check_path(key, value);
}
