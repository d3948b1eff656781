/* Training: one step after the other, the scores of an epoch, a whole fit. */
#include "train/trainer.h"

#include "base/clock.h"
#include "base/fpenv.h"

#include <string.h>

void ls_trainer_stopped(ls_trainer *trainer)
{
    trainer->context->stop = 0;
    trainer->stopping = false;
}

static ls_status stopped(ls_trainer *t)
{
    ls_trainer_stopped(t);
    return ls_fail(LS_STOPPED, "stopped on request after step %lld", (long long)ls_trainer_steps(t));
}

ls_status ls_trainer_step(ls_trainer *trainer, ls_step *step)
{
    uint32_t bits = 0;
    LS_TRY(ls_trainer_advance(trainer, &bits, step));
    return trainer->stopping ? stopped(trainer) : LS_OK;
}

/* ---- epochs ---- */

ls_status ls_trainer_finish_epoch(ls_trainer *t, ls_epoch *epoch)
{
    const ls_fpenv saved = ls_fpenv_enter();
    memset(epoch, 0, sizeof *epoch);
    epoch->epoch = t->cursor.epoch;
    epoch->step = ls_trainer_steps(t);
    epoch->learning_rate = t->rate;
    ls_evaluator_scores(t->model->network, t->cursor.rows, t->running, t->total, &epoch->train);
    const ls_status status = t->validation ? ls_evaluator_run(t->validation, &epoch->validation) : LS_OK;
    ls_fpenv_leave(saved);
    LS_TRY(status);
    epoch->seconds = ls_clock() - t->times.start;
    epoch->seconds_data = t->times.data;
    epoch->seconds_compute = t->times.compute;
    epoch->seconds_communicate = t->times.communicate;
    return LS_OK;
}

ls_status ls_trainer_epoch(ls_trainer *trainer, ls_epoch *epoch)
{
    ls_epoch local;
    ls_step step;
    do {
        uint32_t bits = 0;
        LS_TRY(ls_trainer_advance(trainer, &bits, &step));
        if (trainer->stopping && !step.epoch_is_over)
            return stopped(trainer);
    } while (!step.epoch_is_over);
    return ls_trainer_finish_epoch(trainer, epoch ? epoch : &local);
}

ls_status ls_trainer_fit(ls_trainer *trainer, ls_epoch_function function, void *user)
{
    while (trainer->cursor.epoch < trainer->epochs) {
        ls_epoch epoch;
        LS_TRY(ls_trainer_epoch(trainer, &epoch));
        if (function)
            function(user, &epoch);
        if (epoch.stop)
            break;
        if (trainer->stopping && trainer->cursor.epoch < trainer->epochs)
            return stopped(trainer);
    }
    return LS_OK; /* a request that came in the last step waits for the next job, which will say that it heeded it */
}
