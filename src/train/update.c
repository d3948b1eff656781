/* Vector loops over the block: additions and the optimizer's updates, on one thread or shared by all. */
#include "train/update.h"
#include "train/lengths.h"
#include "train/watch.h"

#include "base/fpenv.h"

#include <omp.h>
#include <string.h>

/* Vectors shorter than this are added or updated by one thread: waking the others costs more. */
#define ALONE_BELOW 32768

/* Thread `t` of `team` takes [*first, *last) of n, at multiples of a panel. */
static void piece(int64_t n, int t, int team, int64_t *first, int64_t *last)
{
    const int64_t panels = (n + LS_PANEL - 1) / LS_PANEL;
    *first = panels * t / team * LS_PANEL;
    *last = panels * (t + 1) / team * LS_PANEL;
    *last = *last < n ? *last : n;
}

static int team_of(const ls_context *context, int64_t n)
{
    return n < ALONE_BELOW ? 1 : context->threads;
}

void ls_update_add(void *user, int64_t n, const float *a, const float *b, float *sum)
{
    const ls_context *context = user;
#pragma omp parallel num_threads(team_of(context, n))
    {
        const ls_fpenv saved = ls_fpenv_enter();
        int64_t first, last;
        piece(n, omp_get_thread_num(), omp_get_num_threads(), &first, &last);
        context->kernels->add(last - first, a + first, b + first, sum + first);
        ls_fpenv_leave(saved);
    }
}

uint32_t ls_update_patterns(const ls_context *context, int64_t n, const float *x)
{
    uint32_t sum = 0;
#pragma omp parallel num_threads(team_of(context, n)) reduction(+ : sum)
    {
        int64_t first, last;
        piece(n, omp_get_thread_num(), omp_get_num_threads(), &first, &last);
        sum += context->kernels->patterns(last - first, x + first);
    }
    return sum;
}

/* ---- a step ---- */

bool ls_update_is_plain(const ls_trainer *t)
{
    const ls_optimizer_settings *s = &t->optimizer.settings;
    const ls_network *network = t->model->network;
    return s->weight_decay == 0 && s->clipvalue == 0 && ls_optimizer_first_slot(&t->optimizer) == 0 &&
           !ls_network_regularized(network) && !ls_network_constrained(network, LS_CONSTRAINT_NON_NEG);
}

void ls_update_begin(ls_trainer *t, int64_t rows)
{
    const ls_optimizer_settings *s = &t->optimizer.settings;
    ls_around *a = &t->around;
    const double keep = ls_optimizer_updates(&t->optimizer) > 0 ? s->ema_momentum : 0; /* the first average is a copy */
    if (t->held) /* the others refuse no step behind this */
        a->before = t->optimizer;
    a->due = ls_optimizer_due(&t->optimizer);
    a->decay = (float)(s->weight_decay * t->rate);
    a->keep = (float)keep;
    a->take = (float)(1 - keep);
    t->constants = ls_optimizer_next(&t->optimizer, t->rate, rows);
}

/* ---- parameters ---- */

/* Some parameters with all that an update touches. */
typedef struct run {
    int64_t n;
    const float *gradient; /* (n) sum over the step's rows */
    float *w;              /* (n) */
    float *slot[LS_OPTIMIZER_SLOTS];
    ls_seen *tally;   /* the thread's */
    ls_tensor tensor; /* that all of them belong to; of no meaning when the update is plain */
} run;

static run run_at(const ls_trainer *t, int64_t first, int64_t n, const float *gradient)
{
    const int64_t slot = ls_trainer_slot(t, first);
    run r = {.n = n, .gradient = gradient, .w = t->model->block + first, .tally = ls_watch_tally(t)};
    for (int k = 0; k < t->slot_count; k++)
        r.slot[k] = t->slots[k] + slot;
    return r;
}

/* Parameters that pass through the parts of a step together, in the first-level cache. */
enum { PART = 1024 };

ls_mean_step ls_update_mean(const ls_trainer *t, const ls_tensor *tensor)
{
    const ls_regularizer *r = &t->model->network->layers[tensor->layer].regularizer[tensor->role];
    return (ls_mean_step){.rows = t->constants.rows, .l2_twice = (float)(2 * r->l2), .l1 = (float)r->l1};
}

const ls_constraint *ls_update_constraint(const ls_trainer *t, const ls_tensor *tensor)
{
    return &t->model->network->layers[tensor->layer].constraint[tensor->role];
}

/* The optimizer's update with what goes around it, in DESIGN's order: mean with the penalties' gradient, accumulation,
 * clipping, decay, update, running average, constraint. */
static void update_part(const ls_trainer *t, const run *r, int64_t at, int64_t n)
{
    const ls_kernels *k = t->context->kernels;
    const ls_optimizer *o = &t->optimizer;
    const ls_around *a = &t->around;
    const int sums = ls_optimizer_accumulator_slot(o), averages = ls_optimizer_average_slot(o);
    const ls_mean_step mean = ls_update_mean(t, &r->tensor);
    ls_update_step step = t->constants;
    float g[PART], *w = r->w + at, *slot[LS_OPTIMIZER_SLOTS];
    ls_seen part = {0}; /* of the optimizer's own update, which isn't all */
    for (int s = 0; s < t->slot_count; s++)
        slot[s] = r->slot[s] + at;
    step.rows = 1;
    ls_watch_read(t, n, r->w, r->slot, at);
    k->mean(&mean, n, r->gradient + at, w, g);
    if (sums >= 0 && !a->due) {
        k->add(n, slot[sums], g, slot[sums]);
    } else if (sums >= 0) {
        k->mean_of((float)o->settings.gradient_accumulation_steps, n, slot[sums], g);
        memset(slot[sums], 0, (size_t)n * sizeof *g);
    }
    if (a->due && o->settings.clipvalue > 0)
        k->clip((float)o->settings.clipvalue, n, g);
    if (a->due && a->decay != 0)
        k->decay(a->decay, n, w);
    if (a->due)
        k->update[o->row->update](&step, n, g, w, slot + ls_optimizer_first_slot(o), &part);
    if (averages >= 0)
        k->average(a->keep, a->take, n, w, slot[averages]);
    if (ls_update_constraint(t, &r->tensor)->kind == LS_CONSTRAINT_NON_NEG)
        k->non_negative(n, w);
    ls_watch_written(t, n, r->w, r->slot, at);
}

static void update_run(const ls_trainer *t, const run *r)
{
    if (t->plain) {
        t->context->kernels->update[t->optimizer.row->update](&t->constants, r->n, r->gradient, r->w, r->slot,
                                                              r->tally);
        return;
    }
    for (int64_t at = 0; at < r->n; at += PART)
        update_part(t, r, at, r->n - at < PART ? r->n - at : PART);
}

/* All of a range: in one run, or tensor by tensor where it matters which one it is. */
static void update_range(const ls_trainer *t, int64_t first, int64_t n, const float *gradient,
                         void (*update)(const ls_trainer *t, const run *r))
{
    const int64_t end = first + n;
    if (t->plain) {
        const run r = run_at(t, first, n, gradient);
        update(t, &r);
        return;
    }
    for (int64_t at = first, last; at < end; at = last) {
        const ls_tensor tensor = ls_network_tensor_at(t->model->network, at, &last);
        last = last < end ? last : end;
        run r = run_at(t, at, last - at, gradient + (at - first));
        r.tensor = tensor;
        update(t, &r);
    }
}

void ls_update_slice(ls_trainer *t, int64_t from, int64_t n, const float *gradient)
{
#pragma omp parallel num_threads(team_of(t->context, n))
    {
        const ls_fpenv saved = ls_fpenv_enter();
        int64_t first, last;
        piece(n, omp_get_thread_num(), omp_get_num_threads(), &first, &last);
        ls_lengths_see(t, from + first, last - first, LS_PANEL, gradient + first);
        update_range(t, from + first, last - first, gradient + first, update_run);
        ls_fpenv_leave(saved);
    }
}

/* A panel with a single live lane (a single output, mostly) is updated without its padding, which would cost fifteen
 * times as much; so many parameters at a time. */
enum { SINGLE_PIECE = 128 };

/* Every 16th of `from`, n of them; and back. */
static void gather_single(int64_t n, const float *from, float *dense)
{
#pragma GCC unroll 8
    for (int64_t i = 0; i < n; i++)
        dense[i] = from[i * LS_PANEL];
}

static void scatter_single(int64_t n, const float *dense, float *to)
{
#pragma GCC unroll 8
    for (int64_t i = 0; i < n; i++)
        to[i * LS_PANEL] = dense[i];
}

static void update_single(const ls_trainer *t, const run *r)
{
    float gradient[SINGLE_PIECE], w[SINGLE_PIECE], slot[LS_OPTIMIZER_SLOTS][SINGLE_PIECE];
    run dense = {.gradient = gradient, .w = w, .tally = r->tally, .tensor = r->tensor};
    for (int k = 0; k < t->slot_count; k++)
        dense.slot[k] = slot[k];
    for (int64_t first = 0; first < r->n; first += SINGLE_PIECE * LS_PANEL) {
        const int64_t left = (r->n - first) / LS_PANEL, n = left < SINGLE_PIECE ? left : SINGLE_PIECE;
        gather_single(n, r->gradient + first, gradient);
        gather_single(n, r->w + first, w);
        for (int k = 0; k < t->slot_count; k++)
            gather_single(n, r->slot[k] + first, slot[k]);
        dense.n = n;
        update_run(t, &dense);
        scatter_single(n, w, r->w + first);
        for (int k = 0; k < t->slot_count; k++)
            scatter_single(n, slot[k], r->slot[k] + first);
    }
}

void ls_update_piece(const ls_trainer *t, int64_t first, int64_t n, int lanes, const float *gradient)
{
    ls_lengths_see(t, first, n, lanes, gradient);
    update_range(t, first, n, gradient, lanes == 1 ? update_single : update_run);
}

void ls_update_ahead(const ls_trainer *t, ls_ahead *ahead)
{
    ls_ahead_add(ahead, t->model->block + t->slice_first, 0);
    for (int k = 0; k < t->slot_count; k++)
        ls_ahead_add(ahead, t->slots[k], 0);
}
