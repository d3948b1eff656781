/* One synchronised step. Its order: batch, forward, local sums of loss and gradient, one reduction (with the header
 * that says whether all may go on), optimizer on the owned slice, weights to all ranks. */
#include "train/chunked.h"
#include "train/counting.h"
#include "train/held.h"
#include "train/overlap.h"
#include "train/slices.h"
#include "train/trainer.h"
#include "train/update.h"
#include "train/watch.h"

#include "base/clock.h"
#include "base/fault.h"
#include "base/fpenv.h"
#include "comm/agree.h"
#include "model/pass.h"

#include <math.h>
#include <string.h>

/* What this rank's sums say. */
static uint32_t check_sums(const ls_trainer *t)
{
    const int width = t->model->network->metrics.width;
    for (int k = 0; k < t->nodes; k++)
        if (!isfinite(t->sums[(int64_t)k * width]))
            return LS_BIT_NONFINITE;
    return t->pass && !ls_pass_statistics_finite(t->pass) ? LS_BIT_NONFINITE : 0;
}

/* Alone, the gradient never leaves the cache: this rank's sums are all there is, so once they are known to be good the
 * optimizer takes every piece of the gradient as it is summed. */
static bool begin_alone(void *user)
{
    ls_trainer *t = user;
    t->bits |= check_sums(t);
    if (t->bits & LS_BITS_BAD)
        return false;
    ls_update_begin(t, ls_shards_step_rows(&t->set.plan, t->cursor.step));
    return true;
}

static void apply_alone(void *user, int64_t first, int64_t n, int lanes, const float *gradient)
{
    ls_update_piece(user, first, n, lanes, gradient);
}

/* From `start` on this rank's part: gradients and sums of its subtrees, and alone the update too. Local; adds to the
 * step's bits. When the rows cannot be had, what is left goes on with none: others wait for it, and nothing comes of
 * the step. */
static ls_status local_part(ls_trainer *t, double start)
{
    ls_status status = LS_OK;
    double gathered = start, end = start;
    if (t->pass) {
        ls_batch batch;
        status = ls_shardset_batch(&t->set, t->cursor.epoch, t->cursor.step, &batch);
        t->bits |= status == LS_OK ? 0 : LS_BIT_FAILED;
        ls_batch_others others;
        const ls_batch_shards shards = {
            t->set.last - t->set.first, t->set.shard_rows, t->nodes, t->node_shards,
            ls_exchange_begin(&t->exchange, ls_shards_step_rows(&t->set.plan, t->cursor.step), &others)};
        float *held = t->held ? ls_held_gradient(t) : NULL;
        ls_gradient_sink sink = {.gradients = t->alone ? &held : t->gradients};
        if (t->alone && !held) {
            sink = (ls_gradient_sink){.begin = begin_alone, .apply = apply_alone, .user = t};
            ls_update_ahead(t, &sink.ahead);
        }
        if (t->overlap)
            ls_overlap_begin(t, ls_shards_step_rows(&t->set.plan, t->cursor.step), &shards, &sink);
        gathered = ls_clock();
        ls_pass_train(t->pass, t->set.seed, t->model->block, &batch, &shards, &sink, t->sums);
        gathered += ls_pass_gather_seconds(t->pass);
        if (!t->overlap && (!t->alone || held))
            t->bits |= check_sums(t);
        end = ls_clock();
    }
    if (t->nodes == 0) {
        memset(t->sums, 0, (size_t)t->model->network->metrics.width * sizeof *t->sums);
    }
    t->times.now = end;
    t->times.data += gathered - start;
    const double within = t->exchange.seconds + (t->overlap ? ls_overlap_reducing(t->overlap) : 0);
    t->times.compute += end - gathered - within;
    t->times.communicate += within;
    return status;
}

/* One step's reduction, for its callbacks. */
typedef struct reduction {
    ls_trainer *trainer;
    int64_t rows;
    double computing; /* seconds of the callbacks */
} reduction;

static bool begin_update(void *user, const ls_reduce_header *total)
{
    const reduction *r = user;
    if (total->bits & LS_BITS_BAD)
        return false;
    ls_update_begin(r->trainer, r->rows);
    return true;
}

static void apply_update(void *user, int64_t first, int64_t n, const float *sum)
{
    reduction *r = user;
    const double start = ls_clock();
    if (r->trainer->held)
        ls_held_take(r->trainer, first, n, sum);
    else
        ls_update_slice(r->trainer, first, n, sum);
    r->computing += ls_clock() - start;
}

/* Collective. All ranks have the same weights, and they and the slots are finite: weights may overflow while the loss,
 * which came before them, was still a number. */
static ls_status compare_state(ls_trainer *t)
{
    ls_status status = LS_OK;
    LS_TRY(ls_watch_look(t));
    if (!ls_slices_finite(t))
        status = ls_fail(LS_ERR_NUMERIC,
                         "weights or optimizer slots are not finite after step %lld; go on from the last checkpoint, "
                         "with a smaller --learning-rate than %g",
                         (long long)ls_trainer_steps(t), t->rate);
    status = ls_agree(t->context->comm, status);
    if (status != LS_OK || ls_comm_size(t->context->comm) == 1)
        return status;
    return ls_watch_compare(t);
}

/* Collective, every so many steps (--check-every). */
static ls_status check_state(ls_trainer *t)
{
    if (t->check_every <= 0 || ls_trainer_steps(t) % t->check_every != 0)
        return LS_OK;
    ls_status status = ls_overlap_rest(t);
    if (status == LS_OK)
        status = compare_state(t);
    const double end = ls_clock();
    t->times.communicate += end - t->times.now;
    t->times.now = end;
    return status;
}

/* Collective. Weights may be on their way while the next step begins; not when somebody may look at them first. */
static ls_status come_to_rest(ls_trainer *t)
{
    const bool epoch_is_over = t->cursor.step + 1 == t->set.plan.steps;
    if (!t->overlap || (t->goes_on && !epoch_is_over && !t->stopping))
        return LS_OK;
    const double start = ls_clock();
    const ls_status status = ls_overlap_rest(t);
    t->times.now = ls_clock();
    t->times.communicate += t->times.now - start;
    return status;
}

/* Collective. The update of a gradient that was held, and the new weights to all. */
static ls_status update_held(ls_trainer *t)
{
    LS_TRY(ls_held_update(t));
    return t->alone ? LS_OK : ls_reduce_spread(t->reduce, t->model->block);
}

/* A single rank's. */
static ls_status update_held_alone(ls_trainer *t, int64_t rows)
{
    const double start = ls_clock();
    if (t->bits & LS_BITS_BAD)
        return LS_OK;
    ls_update_begin(t, rows);
    const ls_status status = update_held(t);
    t->times.now = ls_clock();
    t->times.compute += t->times.now - start;
    return status;
}

/* Collective. The sum over ranks, the owned slice's update, and the new weights to all. */
static ls_status reduce_and_update(ls_trainer *t, ls_reduce_header *header, int64_t rows)
{
    reduction r = {t, rows, 0};
    const ls_reduce_update update = {begin_update, apply_update, &r, t->held != NULL};
    const double start = ls_clock();
    ls_status status = t->overlap     ? ls_overlap_close(t, header, &r.computing)
                       : t->gradients ? ls_reduce_step(t->reduce, t->gradients, header, &update, t->model->block)
                                      : ls_chunked_step(t, header, &update, &r.computing);
    if (status == LS_OK && !(header->bits & LS_BITS_BAD) && t->held)
        status = update_held(t);
    t->times.compute += r.computing;
    t->times.now = ls_clock();
    t->times.communicate += t->times.now - start - r.computing;
    return status;
}

static ls_status refuse(ls_trainer *t, uint32_t bits, ls_status local)
{
    if (bits & LS_BIT_FAILED)
        LS_TRY(ls_watch_agree(t));
    if (bits & LS_BIT_FAILED)
        return ls_agree(t->context->comm, local);
    LS_TRY(ls_watch_look(t));                           /* a flipped bit may be the reason */
    if (t->pass && !ls_pass_statistics_finite(t->pass)) /* the same on all ranks, as all have a pass then */
        return ls_fail(LS_ERR_NUMERIC,
                       "the mean or variance of a batch in batch_normalization is not a finite number in epoch %lld, "
                       "step %lld; the weights are those before this step. Try a smaller --learning-rate than %g, or "
                       "--normalize standard",
                       (long long)t->cursor.epoch + 1, (long long)ls_trainer_steps(t) + 1, t->rate);
    return ls_fail(LS_ERR_NUMERIC,
                   "the loss is not a finite number in epoch %lld, step %lld; the weights are those before this step. "
                   "Try a smaller --learning-rate than %g, or --normalize standard%s",
                   (long long)t->cursor.epoch + 1, (long long)ls_trainer_steps(t) + 1, t->rate,
                   ls_loss_advice(&t->model->network->loss));
}

/* Collective. The penalty of the weights before the step; one that isn't finite stops the step like a loss. *now moves
 * behind it. */
static ls_status find_penalty(ls_trainer *t, double *now)
{
    if (!t->penalty.norms)
        return LS_OK;
    const double start = *now, waited = ls_comm_wait_seconds(t->context->comm);
    LS_TRY(ls_penalty_find(&t->penalty, t->context->kernels, t->context->threads, t->model->block, &t->blocksums,
                           &t->step_penalty));
    t->bits |= isfinite(t->step_penalty) ? 0 : LS_BIT_NONFINITE;
    *now = ls_clock();
    const double waiting = ls_comm_wait_seconds(t->context->comm) - waited;
    t->times.compute += *now - start - waiting;
    t->times.communicate += waiting;
    return LS_OK;
}

/* What the step has added to the epoch's times, to the training's. Whatever was waited for in it was so while it
 * communicated. */
static void keep_times(ls_trainer *t, const ls_times *before, double waited)
{
    double *spent = t->spent.seconds;
    const double waiting = ls_comm_wait_seconds(t->context->comm) - waited;
    spent[LS_SPENT_DATA] += t->times.data - before->data;
    spent[LS_SPENT_COMPUTE] += t->times.compute - before->compute;
    spent[LS_SPENT_EXCHANGE] += t->times.communicate - before->communicate - waiting;
    spent[LS_SPENT_WAIT] += waiting;
    if (ls_patience_step(&t->context->patience, t->times.now - t->times.began))
        ls_comm_set_timeout(t->context->comm, t->context->patience.timeout);
}

/* The header's totals into the running sums, and the cursor to the next step. */
static void move_on(ls_trainer *t, int64_t rows, ls_step *step)
{
    const int width = t->model->network->metrics.width;
    if (t->cursor.step == 0) {
        memset(t->running, 0, (size_t)ls_network_sums(t->model->network) * sizeof *t->running);
        t->cursor.rows = 0;
    }
    for (int i = 0; i < width; i++)
        t->running[i] += t->sums[i];
    if (t->penalty.norms)
        t->running[width] += (double)rows * t->step_penalty;
    ls_counting_step(t);
    t->cursor.rows += rows;
    *step = (ls_step){.epoch = t->cursor.epoch + 1,
                      .step = ls_trainer_steps(t),
                      .rows = rows,
                      .loss = t->sums[0] / (double)rows + t->step_penalty,
                      .epoch_is_over = t->cursor.step + 1 == t->set.plan.steps};
    t->cursor.step++;
    if (step->epoch_is_over) {
        t->cursor.epoch++;
        t->cursor.step = 0;
    }
}

ls_status ls_trainer_advance(ls_trainer *t, uint32_t *bits, ls_step *step)
{
    const ls_fpenv saved = ls_fpenv_enter();
    const int64_t rows = ls_shards_step_rows(&t->set.plan, t->cursor.step);
    ls_step local_step;
    step = step ? step : &local_step;
    t->ended_by = NULL; /* whoever ended it, somebody goes on */
    if (t->schedule.row)
        t->rate = ls_schedule_rate(&t->schedule, t->optimizer.iterations);
    double now = ls_clock();
    const double waited = ls_comm_wait_seconds(t->context->comm);
    if (t->cursor.step == 0 || t->times.start == 0)
        t->times = (ls_times){.start = now};
    t->times.began = now;
    const ls_times before = t->times;

    ls_watch_begin(t);
    ls_status local = ls_fault("step");
    local = local == LS_OK ? ls_watch_status(t) : local;
    t->bits = *bits | (t->context->stop ? LS_BIT_STOP : 0) | (local == LS_OK ? 0 : LS_BIT_FAILED);
    ls_status status = find_penalty(t, &now);
    const ls_status rows_there = status == LS_OK ? local_part(t, now) : LS_OK;
    local = local == LS_OK ? rows_there : local;
    status = status == LS_OK ? t->exchange.status : status;
    ls_reduce_header header = {t->sums, t->bits, ls_watch_weights(t)};
    if (status == LS_OK && t->held && t->alone)
        status = update_held_alone(t, rows);
    else if (status == LS_OK && !t->alone)
        status = reduce_and_update(t, &header, rows);
    if (status == LS_OK)
        ls_watch_end(t, header.tally, !(header.bits & LS_BITS_BAD));
    if (status == LS_OK && header.bits & LS_BITS_BAD)
        status = refuse(t, header.bits, local);
    if (status == LS_OK && t->pass)
        ls_pass_accept(t->pass, t->model->block);
    if (status == LS_OK && t->alone)
        status = ls_watch_status(t);
    if (status == LS_OK)
        status = check_state(t);
    if (status == LS_OK) {
        *bits = header.bits;
        t->stopping = header.bits & LS_BIT_STOP;
        status = come_to_rest(t);
        keep_times(t, &before, waited);
        move_on(t, rows, step);
    }
    ls_fpenv_leave(saved);
    return status;
}
