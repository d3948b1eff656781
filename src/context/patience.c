/* How long a rank waits for another. */
#include "context/patience.h"

#include "base/parse.h"

#include <math.h>
#include <string.h>

#define STEPS  50
#define PAUSES 5
#define LEAST  1.0 /* s; every job has pauses, and with less each would seem to be one of a rank that is gone */
#define MOST   1e9 /* s */

ls_status ls_patience_parse(const char *text, double *seconds)
{
    *seconds = -1;
    if (strcmp(text, "auto") == 0)
        return LS_OK;
    if (ls_parse_double(text, seconds) && (*seconds == 0 || (*seconds >= LEAST && *seconds <= MOST)))
        return LS_OK;
    return ls_fail(LS_ERR_USAGE,
                   "option 'hang-timeout' is '%s'; expected auto, seconds from 1 to 1e9, or 0 (wait for ever)", text);
}

ls_patience ls_patience_begin(double seconds)
{
    const bool automatic = seconds < 0;
    return (ls_patience){.automatic = automatic, .timeout = automatic ? LS_PATIENCE_LEAST : seconds};
}

/* Whole seconds, which messages tell. */
static bool grow(ls_patience *p, double timeout)
{
    timeout = ceil(timeout < MOST ? timeout : MOST);
    if (timeout <= p->timeout)
        return false;
    p->timeout = timeout;
    return true;
}

/* A job that was suspended as a whole has seen a step as long as that, which says nothing of the next one. No step that
 * is much longer than all before is taken for what it was, then: 50 times leaves room for the next one like it. */
bool ls_patience_step(ls_patience *p, double seconds)
{
    const double least = LS_PATIENCE_LEAST / STEPS, grown = 4 * p->slowest_step;
    const double most = grown > least ? grown : least;
    if (!p->automatic || seconds <= p->slowest_step)
        return false;
    p->slowest_step = seconds < most ? seconds : most;
    return grow(p, STEPS * p->slowest_step);
}

/* Who waited longer than the timeout has given up; so a longer pause was none, either. */
bool ls_patience_pause(ls_patience *p, double seconds)
{
    if (!p->automatic || seconds <= p->slowest_pause)
        return false;
    p->slowest_pause = seconds < p->timeout ? seconds : p->timeout;
    return grow(p, PAUSES * p->slowest_pause);
}
