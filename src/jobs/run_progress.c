/* What a run says on the screen while it trains: a line that moves, and one that stays for each epoch. */
#include "jobs/run.h"

#include "base/clock.h"
#include "base/memory.h"
#include "jobs/run_lines.h"

typedef struct progress {
    const ls_run *run;
    double start; /* of training */
    double last;  /* when the line was last drawn */
    int64_t rows; /* trained by this process, for samples/s */
} progress;

static void say(const ls_run *r, ls_log_level level, ls_text *line)
{
    ls_log_line(&r->context->log, level, "%s", ls_text_string(line));
    ls_text_free(line);
}

static ls_status show_step(void *user, const ls_step *step)
{
    progress *p = user;
    const ls_run *r = p->run;
    const ls_trainer *t = r->trainer;
    const ls_shards *plan = &t->set.plan;
    const double now = t->times.now;
    p->rows += step->rows;
    if (!r->root || now - p->last < 0.2)
        return LS_OK;
    p->last = now;
    const int64_t done = ls_trainer_steps(t) - r->resumed_steps;
    const int64_t left = t->epochs * plan->steps - ls_trainer_steps(t);
    const ls_run_lines_place place = {
        .epoch = step->epoch,
        .epochs = t->epochs,
        .step = step->step - (step->epoch - 1) * plan->steps,
        .steps = plan->steps,
        .loss = ls_evaluator_loss(t->model->network, t->cursor.rows, t->running),
        .rate = (double)p->rows / (now - p->start),
        .left = (now - p->start) / (double)done * (double)left,
    };
    ls_text line = {0};
    ls_run_lines_step(&line, &place);
    say(r, LS_LOG_PROGRESS, &line);
    return LS_OK;
}

static ls_status say_epoch(void *user, ls_epoch *epoch)
{
    const ls_run *r = ((const progress *)user)->run;
    ls_text line = {0};
    ls_run_lines_epoch(&line, epoch, r->trainer->epochs);
    say(r, LS_LOG_INFO, &line);
    return LS_OK;
}

ls_status ls_run_observe_progress(ls_run *run)
{
    progress *p;
    LS_TRY(ls_memory_allocate(&p, 1, sizeof *p, "progress"));
    *p = (progress){.run = run, .start = ls_clock()};
    const ls_observer observer = {
        .user = p, .after_step = show_step, .after_epoch = say_epoch, .destroy = ls_memory_free};
    ls_observers_add(&run->trainer->observers, &observer);
    return LS_OK;
}
