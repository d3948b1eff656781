/* --time-limit: a run ends with its state saved before its time is over. Rank 0's clock decides, through the step's
 * bits. */
#include "jobs/run.h"

#include "base/clock.h"
#include "base/memory.h"
#include "base/parse.h"
#include "base/text.h"
#include "context/interval.h"
#include "context/options.h"

#include <stdlib.h>
#include <time.h>

#define END_TIME "SLURM_JOB_END_TIME" /* seconds since 1970 */

typedef struct time_limit {
    const ls_run *run;
    bool automatic;
    bool there;      /* rank 0: there is a limit */
    double deadline; /* of rank 0's clock */
} time_limit;

/* What the end of a job leaves for saving: Slurm's own signals come later. */
static double reserve(const time_limit *limit)
{
    enum { LEAST = 60, SAVINGS = 3 };
    const double saving = SAVINGS * limit->run->saving;
    return !limit->automatic ? 0 : saving > LEAST ? saving : LEAST;
}

static uint32_t ask(void *user)
{
    const time_limit *limit = user;
    return limit->there && ls_clock() >= limit->deadline - reserve(limit) ? LS_BIT_TIME : 0;
}

/* Behind the checkpoint. */
static ls_status end(void *user, const ls_moment *moment)
{
    const time_limit *limit = user;
    if (!moment->ending || !(moment->bits & LS_BIT_TIME))
        return LS_OK;
    return ls_fail(LS_STOPPED, "the time limit (--time-limit %s%s) ends training after step %lld",
                   limit->run->options->time_limit, limit->automatic ? ", " END_TIME : "",
                   (long long)moment->step->step);
}

/* Rank 0's. A time that is over belongs to another job: the variable was inherited. */
static void find_end_of_job(time_limit *limit)
{
    const ls_log *log = &limit->run->context->log;
    const char *text = getenv(END_TIME);
    int64_t end_time;
    char duration[32];
    if (!text || !text[0])
        return;
    const double left = ls_parse_int64(text, &end_time) ? (double)end_time - (double)time(NULL) : 0;
    if (left <= 0) {
        ls_log_line(log, LS_LOG_WARNING, END_TIME " is '%s', which is no time to come; there is no time limit", text);
        return;
    }
    limit->there = true;
    limit->deadline = ls_clock() + left;
    ls_log_line(log, LS_LOG_INFO, "the Slurm job ends in %s; the state will be saved before",
                ls_format_duration(left, duration));
}

ls_status ls_run_observe_time_limit(ls_run *run)
{
    time_limit *limit;
    bool automatic;
    double seconds;
    LS_TRY(ls_interval_parse_limit("time-limit", run->options->time_limit, &automatic, &seconds));
    if (!automatic && seconds == 0)
        return LS_OK;
    LS_TRY(ls_memory_allocate(&limit, 1, sizeof *limit, "time limit"));
    *limit = (time_limit){.run = run, .automatic = automatic, .deadline = run->start + seconds};
    limit->there = run->root && !automatic;
    if (run->root && automatic)
        find_end_of_job(limit);
    const ls_observer observer = {.user = limit, .ask = ask, .at_rest = end, .destroy = ls_memory_free};
    ls_observers_add(&run->trainer->observers, &observer);
    return LS_OK;
}
