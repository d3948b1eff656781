/* Reading "10min" and "500 steps". */
#include "context/interval.h"

#include "base/parse.h"

#include <stdio.h>
#include <string.h>

typedef struct unit {
    const char *names; /* "|name|name|" */
    ls_interval_kind kind;
    double seconds;
} unit;

static const unit units[] = {
    {"|s|sec|secs|second|seconds|", LS_INTERVAL_SECONDS, 1},
    {"|min|mins|minute|minutes|", LS_INTERVAL_SECONDS, 60},
    {"|h|hour|hours|", LS_INTERVAL_SECONDS, 3600},
    {"|d|day|days|", LS_INTERVAL_SECONDS, 86400},
    {"|step|steps|", LS_INTERVAL_STEPS, 0},
    {"|epoch|epochs|", LS_INTERVAL_EPOCHS, 0},
};

static bool is_interval(const char *text, ls_interval *interval)
{
    char number[32], name[32], bracketed[40], rest[8];
    bool too_long = false;
    text += strspn(text, " ");
    size_t digits = strspn(text, "0123456789.");
    if (digits >= sizeof number)
        return false;
    snprintf(number, sizeof number, "%.*s", (int)digits, text);
    text += digits;
    if (!ls_parse_word(&text, "|", name, sizeof name, &too_long) || too_long ||
        ls_parse_word(&text, "", rest, sizeof rest, &too_long))
        return false;
    *interval = (ls_interval){.kind = LS_INTERVAL_NEVER};
    if (digits == 0)
        return strcmp(name, "never") == 0;
    snprintf(bracketed, sizeof bracketed, "|%s|", name);
    for (size_t i = 0; i < sizeof units / sizeof units[0]; i++) {
        if (strstr(units[i].names, bracketed) == NULL)
            continue;
        interval->kind = units[i].kind;
        if (units[i].kind != LS_INTERVAL_SECONDS)
            return ls_parse_int64(number, &interval->count) && interval->count > 0;
        if (!ls_parse_double(number, &interval->seconds))
            return false;
        interval->seconds *= units[i].seconds;
        return interval->seconds > 0;
    }
    return false;
}

ls_status ls_interval_parse(const char *option, const char *text, ls_interval *interval)
{
    if (is_interval(text, interval))
        return LS_OK;
    return ls_fail(LS_ERR_USAGE,
                   "option '%s' is '%s'; expected a time such as '30 s', '10min' or '2h', '500 steps', '2 epochs', or "
                   "'never'",
                   option, text);
}

ls_status ls_interval_parse_limit(const char *option, const char *text, bool *automatic, double *seconds)
{
    ls_interval interval;
    *automatic = strcmp(text, "auto") == 0;
    *seconds = 0;
    if (*automatic || strcmp(text, "off") == 0)
        return LS_OK;
    if (!is_interval(text, &interval) || interval.kind != LS_INTERVAL_SECONDS)
        return ls_fail(LS_ERR_USAGE,
                       "option '%s' is '%s'; expected a time such as '30 s', '90min' or '3h', auto or off", option,
                       text);
    *seconds = interval.seconds;
    return LS_OK;
}
