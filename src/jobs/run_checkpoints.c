/* When a run's state is saved: at the interval of --checkpoint-every, and when it ends before it is done. */
#include "jobs/run.h"

#include "base/clock.h"
#include "base/memory.h"
#include "base/text.h"
#include "comm/lead.h"
#include "context/interval.h"
#include "context/options.h"
#include "files/directory.h"
#include "train/best.h"
#include "train/checkpoint.h"

#include <stdio.h>
#include <sys/stat.h>

#define WORTH_TELLING 1 /* s */

typedef struct checkpoints {
    ls_run *run;
    ls_interval interval;
    double last; /* rank 0's clock, after the last one */
} checkpoints;

static void put_seconds(double seconds, char text[32])
{
    snprintf(text, 32, seconds < 1 ? "%.0f ms" : "%.1f s", seconds < 1 ? 1e3 * seconds : seconds);
}

/* What a checkpoint takes is news where somebody waits for it, and the first time. */
static void say_saved(ls_run *r, const char *path, double seconds, double waited)
{
    struct stat file;
    char size[32], time[32], part[32];
    const bool first = !r->told_saving && !ls_run_is_over(r);
    if ((!first && seconds < WORTH_TELLING && !r->options->verbose) || stat(path, &file) != 0)
        return;
    r->told_saving = true;
    put_seconds(seconds, time);
    put_seconds(waited, part);
    ls_log_line(&r->context->log, LS_LOG_INFO, "checkpoint: %s, %s in %s%s%s", path,
                ls_format_bytes((double)file.st_size, size), time,
                waited < seconds ? " beside training, which waited " : "", waited < seconds ? part : "");
}

/* log.csv goes to the disk before the checkpoint that tells what is in it. A failure to do so is no reason to save
 * nothing: the checkpoint has the rows. */
static void sync_log(ls_run *r)
{
    if (ls_runlog_sync(&r->log) != LS_OK)
        ls_log_line(&r->context->log, LS_LOG_WARNING, "%s", ls_error_message());
}

/* A checkpoint that is to be written. */
typedef struct place {
    ls_run *run;
    char *path;
} place;

static ls_status make_ready(void *user)
{
    const place *p = user;
    ls_run *r = p->run;
    sync_log(r);
    (void)ls_directory_make(r->directory.checkpoints); /* it may be gone; why it cannot be made, the file will tell */
    ls_rundir_checkpoint(&r->directory, ls_trainer_steps(r->trainer), p->path);
    ls_run_clear_place(r, p->path);
    return LS_OK;
}

ls_status ls_run_name_checkpoint(ls_run *r, char *path, ls_logmark *log)
{
    place p = {r, path};
    path[0] = '\0';
    *log = (ls_logmark){.length = 0};
    LS_TRY(ls_lead_alone(r->context->comm, make_ready, &p, "rank 0 makes ready for a checkpoint"));
    if (r->root)
        *log = ls_runlog_mark(&r->log);
    return LS_OK;
}

void ls_run_note_checkpoint(ls_run *r, const char *path, double seconds, double waited)
{
    ls_kept_note(&r->kept, path, LS_VERDICT_GOOD);
    say_saved(r, path, seconds, waited);
}

static ls_status write_checkpoint(ls_run *r)
{
    char path[4200];
    ls_logmark log;
    const double start = ls_clock();
    LS_TRY(ls_run_name_checkpoint(r, path, &log));
    LS_TRY(ls_checkpoint_write(r->trainer, path, &log));
    r->saved_steps = ls_trainer_steps(r->trainer);
    const double seconds = ls_clock() - start;
    if (r->root)
        ls_run_note_checkpoint(r, path, seconds, seconds);
    return LS_OK;
}

ls_status ls_run_save(ls_run *r)
{
    LS_TRY(ls_run_settle(r));
    const double start = ls_clock();
    LS_TRY(ls_run_write_with_room(r, write_checkpoint));
    LS_TRY(ls_run_prune(r));
    LS_TRY(ls_run_save_best(r));
    r->saving = ls_clock() - start;
    return LS_OK;
}

static ls_status write_best(ls_run *r)
{
    return ls_best_write(r->trainer, r->root ? r->directory.best : "");
}

ls_status ls_run_save_best(ls_run *r)
{
    ls_best_epoch best;
    if (!ls_best_known(r->trainer, &best) || best.epoch == r->saved_best)
        return LS_OK;
    LS_TRY(ls_run_write_with_room(r, write_best));
    r->saved_best = best.epoch;
    return LS_OK;
}

ls_status ls_run_warn_unsaved(const ls_run *r, ls_status status)
{
    if (status != LS_ERR_OUTPUT)
        return status;
    ls_log_line(&r->context->log, LS_LOG_WARNING, "%s; training goes on and the next checkpoint tries again",
                ls_error_message());
    return LS_OK;
}

/* Rank 0's clock, as it was after the last step, asks for a checkpoint through the step's bits. */
static uint32_t ask(void *user)
{
    const checkpoints *c = user;
    const uint32_t beside = ls_run_ask_beside(c->run);
    const bool due = c->run->root && c->interval.kind == LS_INTERVAL_SECONDS &&
                     c->run->trainer->times.now - c->last >= c->interval.seconds;
    return beside | (due ? LS_BIT_CHECKPOINT : 0);
}

static bool is_due(const checkpoints *c, const ls_moment *moment)
{
    const ls_step *step = moment->step;
    switch (c->interval.kind) {
    case LS_INTERVAL_SECONDS:
        return moment->bits & LS_BIT_CHECKPOINT;
    case LS_INTERVAL_STEPS:
        return step->step % c->interval.count == 0;
    case LS_INTERVAL_EPOCHS:
        return step->epoch_is_over && step->epoch % c->interval.count == 0;
    case LS_INTERVAL_NEVER:
        break;
    }
    return false;
}

static ls_status save_when_due(void *user, const ls_moment *moment)
{
    checkpoints *c = user;
    ls_run *r = c->run;
    if (ls_run_is_beside(r)) {
        LS_TRY(ls_run_go_on_beside(r, moment->bits));
        c->last = ls_clock();
    }
    if (moment->ending) { /* no model will be written */
        LS_TRY(ls_run_settle(r));
        LS_TRY(ls_run_give_room(r));
        return ls_run_save(r);
    }
    if (!is_due(c, moment))
        return LS_OK;
    const ls_status status = ls_run_warn_unsaved(r, r->beside ? ls_run_begin_beside(r) : ls_run_save(r));
    c->last = ls_clock();
    return status;
}

ls_status ls_run_observe_checkpoints(ls_run *run)
{
    checkpoints *c;
    ls_interval interval;
    LS_TRY(ls_interval_parse("checkpoint-every", run->options->checkpoint_every, &interval));
    LS_TRY(ls_memory_allocate(&c, 1, sizeof *c, "checkpoints"));
    *c = (checkpoints){.run = run, .interval = interval, .last = ls_clock()};
    const ls_observer observer = {.user = c, .ask = ask, .at_rest = save_when_due, .destroy = ls_memory_free};
    ls_observers_add(&run->trainer->observers, &observer);
    return LS_OK;
}
