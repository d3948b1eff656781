/* The run's tables as an observer: a row after each epoch, and within epochs when --log-every asks for one. */
#include "jobs/run.h"

#include "base/text.h"
#include "comm/lead.h"
#include "context/options.h"
#include "train/counting.h"

#include <string.h>

void ls_run_warn(ls_run *r, ls_text *lines)
{
    const char *line = ls_text_string(lines);
    for (size_t length; *line != '\0'; line += length + (line[length] == '\n')) {
        length = strcspn(line, "\n");
        ls_log_line(&r->context->log, LS_LOG_WARNING, "%.*s", (int)length, line);
    }
    ls_text_free(lines);
}

void ls_run_warn_of_log(ls_run *r)
{
    ls_text lines = {0};
    ls_runlog_notice(&r->log, &lines);
    ls_run_warn(r, &lines);
}

/* A row on its way. */
typedef struct row {
    ls_run *run;
    const ls_epoch *epoch; /* NULL: within one */
    const ls_step *step;
    ls_scores running;
} row;

/* Rank 0's part. */
static ls_status write_row(void *user)
{
    const row *w = user;
    ls_run *r = w->run;
    const ls_status status =
        w->epoch ? ls_runlog_epoch(&r->log, w->epoch) : ls_runlog_step(&r->log, w->step, &w->running, r->trainer->rate);
    ls_run_warn_of_log(r);
    return status;
}

static ls_status log_step(void *user, const ls_step *step)
{
    ls_run *r = user;
    row w = {.run = r, .step = step};
    if (step->step % r->options->log_every != 0 || step->epoch_is_over)
        return LS_OK;
    LS_TRY(ls_counting_scores(r->trainer, &w.running));
    return ls_lead_alone(r->context->comm, write_row, &w, "rank 0 writes log.csv");
}

static ls_status log_epoch(void *user, ls_epoch *epoch)
{
    ls_run *r = user;
    row w = {.run = r, .epoch = epoch};
    return ls_lead_alone(r->context->comm, write_row, &w, "rank 0 writes log.csv");
}

ls_status ls_run_observe_log(ls_run *run)
{
    const ls_observer observer = {
        .user = run, .after_step = run->options->log_every > 0 ? log_step : NULL, .after_epoch = log_epoch};
    ls_observers_add(&run->trainer->observers, &observer);
    return LS_OK;
}
