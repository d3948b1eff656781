/* TensorBoard's event files as an observer. They lie outside of what a run promises: there are times in them, and no
 * failure to write them ends a run once it has begun. */
#include "jobs/run.h"

#include "base/text.h"
#include "comm/lead.h"
#include "context/options.h"
#include "export/tensorboard.h"

#include <string.h>

/* As Keras counts updates of the weights. */
static int64_t iterations(const ls_run *r, int64_t steps)
{
    const int64_t each = r->options->gradient_accumulation_steps;
    return each > 1 ? steps / each : steps;
}

static void warn(ls_run *r)
{
    ls_text lines = {0};
    ls_tensorboard_notice(r->tensorboard, &lines);
    ls_run_warn(r, &lines);
}

static bool is_asked_for(const ls_run *r)
{
    return strcmp(r->options->tensorboard, "off") != 0;
}

ls_status ls_run_open_tensorboard(ls_run *r)
{
    if (!is_asked_for(r))
        return LS_OK;
    const ls_status status =
        ls_tensorboard_open(r->options->tensorboard, r->trainer->validation != NULL, &r->tensorboard);
    return status == LS_OK ? LS_OK : ls_fail_prefix(status, "--tensorboard: ");
}

static void tell_again(void *user, int64_t step, const ls_scores *validation)
{
    const ls_run *r = user;
    ls_tensorboard_again(r->tensorboard, iterations(r, step), validation);
}

ls_status ls_run_begin_tensorboard(ls_run *r)
{
    if (!r->tensorboard)
        return LS_OK;
    bool again;
    const ls_status status =
        ls_tensorboard_begin(r->tensorboard, &r->log.train, &r->log.validation, r->trainer->cursor.epoch, &again);
    if (status == LS_OK && again)
        ls_runlog_validations(r->directory.log, &r->log, tell_again, r);
    warn(r);
    return status;
}

/* An epoch on its way. */
typedef struct arrival {
    ls_run *run;
    const ls_epoch *epoch;
} arrival;

/* Rank 0's part. */
static ls_status write_epoch(void *user)
{
    const arrival *a = user;
    ls_run *r = a->run;
    const ls_status status = ls_tensorboard_epoch(r->tensorboard, iterations(r, a->epoch->step), a->epoch);
    warn(r);
    return status;
}

static ls_status after_epoch(void *user, ls_epoch *epoch)
{
    ls_run *r = user;
    arrival a = {r, epoch};
    return ls_lead_alone(r->context->comm, write_epoch, &a, "rank 0 writes TensorBoard's events");
}

ls_status ls_run_observe_tensorboard(ls_run *r)
{
    const ls_observer observer = {.user = r, .after_epoch = after_epoch};
    if (is_asked_for(r))
        ls_observers_add(&r->trainer->observers, &observer);
    return LS_OK;
}

void ls_run_close_tensorboard(ls_run *r)
{
    if (!r->tensorboard)
        return;
    (void)ls_tensorboard_finish(r->tensorboard);
    warn(r);
    ls_tensorboard_close(r->tensorboard);
    r->tensorboard = NULL;
}
