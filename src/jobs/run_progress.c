/* What a run says on the screen while it trains: a line that moves, and one that stays for each epoch. */
#include "jobs/run.h"

#include "base/clock.h"
#include "base/memory.h"
#include "base/text.h"

typedef struct progress {
    const ls_run *run;
    double start; /* of training */
    double last;  /* when the line was last drawn */
    int64_t rows; /* trained by this process, for samples/s */
} progress;

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
    char duration[32];
    ls_log_line(&r->context->log, LS_LOG_PROGRESS,
                "epoch %lld/%lld  step %lld/%lld  loss %.4g  %.0f samples/s  %s left", (long long)step->epoch,
                (long long)t->epochs, (long long)(step->step - (step->epoch - 1) * plan->steps), (long long)plan->steps,
                ls_evaluator_loss(t->model->network, t->cursor.rows, t->running), (double)p->rows / (now - p->start),
                ls_format_duration((now - p->start) / (double)done * (double)left, duration));
    return LS_OK;
}

void ls_run_put_scores(ls_text *text, const char *prefix, const ls_scores *scores)
{
    for (int k = 0; k < scores->count; k++)
        ls_text_printf(text, "  %s%s %.4f", prefix, scores->name[k], scores->value[k]);
}

static ls_status say_epoch(void *user, ls_epoch *epoch)
{
    const ls_run *r = ((const progress *)user)->run;
    char duration[32];
    ls_text text = {0};
    ls_run_put_scores(&text, "", &epoch->train);
    ls_run_put_scores(&text, "val_", &epoch->validation);
    ls_log_line(&r->context->log, LS_LOG_INFO, "epoch %lld/%lld%s  %.0f samples/s  %s", (long long)epoch->epoch,
                (long long)r->trainer->epochs, ls_text_string(&text),
                (double)epoch->train.rows / (epoch->seconds > 0 ? epoch->seconds : 1e-9),
                ls_format_duration(epoch->seconds, duration));
    ls_text_free(&text);
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
