/* Training: one step after the other, the scores of an epoch, a whole fit. */
#include "train/trainer.h"

#include "base/clock.h"
#include "base/fpenv.h"
#include "train/best.h"
#include "train/counting.h"
#include "train/watch.h"

#include <string.h>

/* The job ends because of the request that the last step saw, and with this the request is used up. */
static void heed_request(ls_trainer *t)
{
    t->context->stop = 0;
    t->stopping = false;
}

static ls_status say_stopped(const ls_trainer *t)
{
    return ls_fail(LS_STOPPED, "stopped on request after step %lld", (long long)ls_trainer_steps(t));
}

ls_status ls_trainer_step(ls_trainer *trainer, ls_step *step)
{
    uint32_t bits = 0;
    LS_TRY(ls_trainer_advance(trainer, &bits, step));
    if (!trainer->stopping)
        return LS_OK;
    heed_request(trainer);
    return say_stopped(trainer);
}

/* What the first validation shows of its rows holds for all. */
static ls_status remark_validation(ls_trainer *t)
{
    ls_class_names names;
    if (t->validation_remarked)
        return LS_OK;
    t->validation_remarked = true;
    LS_TRY(ls_class_names_read(t->model->encoding, t->model->network, &names));
    ls_findings_remark_rows(ls_evaluator_findings(t->validation), &names, &t->context->log);
    ls_class_names_free(&names);
    return LS_OK;
}

/* Collective. Scores of the epoch just over, and its validation. */
static ls_status finish_epoch(ls_trainer *t, ls_epoch *epoch)
{
    const ls_fpenv saved = ls_fpenv_enter();
    memset(epoch, 0, sizeof *epoch);
    epoch->epoch = t->cursor.epoch;
    epoch->step = ls_trainer_steps(t);
    epoch->learning_rate = t->rate;
    const bool validates = t->validation && epoch->epoch % t->validation_freq == 0;
    ls_status status = ls_counting_scores(t, &epoch->train);
    const double start = ls_clock();
    if (status == LS_OK && validates)
        status = ls_evaluator_run(t->validation, &epoch->validation);
    if (status == LS_OK && validates)
        status = remark_validation(t);
    if (status == LS_OK)
        status = ls_watch_look(t);
    ls_fpenv_leave(saved);
    LS_TRY(status);
    const double end = ls_clock();
    t->spent.seconds[LS_SPENT_EVALUATE] += end - start;
    epoch->seconds = end - t->times.start;
    epoch->seconds_data = t->times.data;
    epoch->seconds_compute = t->times.compute;
    epoch->seconds_communicate = t->times.communicate;
    return LS_OK;
}

/* ---- the loop ---- */

/* What lies between two steps. */
typedef struct rest {
    double start;     /* when the step before it was over; 0: there was none */
    double evaluated; /* seconds, of the trainer's, at that time */
} rest;

static void end_rest(ls_trainer *t, const rest *p, double now)
{
    double *spent = t->spent.seconds;
    if (p->start == 0)
        return;
    spent[LS_SPENT_WRITE] += now - p->start - (spent[LS_SPENT_EVALUATE] - p->evaluated);
    if (ls_patience_pause(&t->context->patience, now - p->start))
        ls_comm_set_timeout(t->context->comm, t->context->patience.timeout);
}

/* Collective. One step, and the rest before it is over. */
static ls_status advance(ls_trainer *t, rest *p, uint32_t *bits, ls_step *step)
{
    t->goes_on = true;
    const ls_status status = ls_trainer_advance(t, bits, step);
    t->goes_on = false;
    LS_TRY(status);
    end_rest(t, p, t->times.began);
    *p = (rest){t->times.now, t->spent.seconds[LS_SPENT_EVALUATE]};
    return LS_OK;
}

static ls_status run(ls_trainer *t, int64_t epochs, ls_epoch *last, rest *p)
{
    bool over = t->cursor.epoch >= epochs;
    while (!over) {
        ls_step step;
        uint32_t bits = ls_observers_ask(&t->observers);
        LS_TRY(advance(t, p, &bits, &step));
        LS_TRY(ls_observers_after_step(&t->observers, &step));
        if (step.epoch_is_over) {
            LS_TRY(finish_epoch(t, last));
            LS_TRY(ls_observers_after_epoch(&t->observers, last));
            over = last->stop || t->cursor.epoch >= epochs;
        }
        const bool stopping = t->stopping && !over;
        const ls_moment moment = {.step = &step, .bits = bits, .ending = stopping || (bits & LS_BIT_TIME && !over)};
        if (stopping)
            heed_request(t); /* whatever becomes of saving the state: it is what ends this training */
        LS_TRY(ls_observers_at_rest(&t->observers, &moment));
        if (stopping)
            return say_stopped(t);
    }
    return LS_OK; /* a request that came in the last step waits for the next job, which will say that it heeded it */
}

ls_status ls_trainer_run(ls_trainer *t, int64_t epochs, ls_epoch *last)
{
    rest p = {0};
    const ls_status status = run(t, epochs, last, &p);
    if (status == LS_OK || status == LS_STOPPED)
        end_rest(t, &p, ls_clock());
    return status;
}

ls_status ls_trainer_epoch(ls_trainer *trainer, ls_epoch *epoch)
{
    ls_epoch local;
    return ls_trainer_run(trainer, trainer->cursor.epoch + 1, epoch ? epoch : &local);
}

/* The caller's function as an observer. */
typedef struct listener {
    ls_epoch_function function;
    void *user;
} listener;

static ls_status tell_listener(void *user, ls_epoch *epoch)
{
    const listener *l = user;
    l->function(l->user, epoch);
    return LS_OK;
}

ls_status ls_trainer_fit(ls_trainer *trainer, ls_epoch_function function, void *user)
{
    listener l = {function, user};
    ls_epoch last;
    const int own = trainer->observers.count;
    if (function)
        ls_observers_add(&trainer->observers, &(ls_observer){.user = &l, .after_epoch = tell_listener});
    const ls_status status = trainer->ended_by ? LS_OK : ls_trainer_run(trainer, trainer->epochs, &last);
    ls_observers_cut(&trainer->observers, own);
    LS_TRY(status);
    ls_best_epoch best;
    return ls_best_known(trainer, &best) && best.restore ? ls_best_restore(trainer) : LS_OK;
}
