/* The run's tables as an observer: a row after each epoch, and within epochs when --log-every asks for one. */
#include "jobs/run.h"

#include "comm/agree.h"
#include "comm/lead.h"
#include "context/options.h"
#include "train/counting.h"

static ls_status log_step(void *user, const ls_step *step)
{
    ls_run *r = user;
    ls_trainer *t = r->trainer;
    ls_scores running;
    if (step->step % r->options->log_every != 0 || step->epoch_is_over)
        return LS_OK;
    ls_status status = ls_counting_scores(t, &running);
    if (status == LS_OK && r->root)
        status = ls_runlog_step(&r->log, step, &running, t->rate);
    return ls_agree(r->context->comm, status);
}

/* A row on its way. */
typedef struct row {
    ls_run *run;
    const ls_epoch *epoch;
} row;

static ls_status write_row(void *user)
{
    const row *w = user;
    return ls_runlog_epoch(&w->run->log, w->epoch);
}

static ls_status log_epoch(void *user, ls_epoch *epoch)
{
    ls_run *r = user;
    row w = {r, epoch};
    return ls_lead_alone(r->context->comm, write_row, &w, "rank 0 writes log.csv");
}

ls_status ls_run_observe_log(ls_run *run)
{
    const ls_observer observer = {
        .user = run, .after_step = run->options->log_every > 0 ? log_step : NULL, .after_epoch = log_epoch};
    ls_observers_add(&run->trainer->observers, &observer);
    return LS_OK;
}
