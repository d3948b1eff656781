/* The update with lengths: clipping by norms, LAMB's trust ratio, max_norm. Every loop goes over the norm blocks of the
 * owned slice; their sums are shared, so that all ranks have the same factors. Its price over the fused path: the
 * slice's gradient in memory, read and written once more for each length, and one exchange of a double for every 1,024
 * parameters each. */
#include "train/held.h"
#include "train/lengths.h"
#include "train/update.h"
#include "train/watch.h"

#include "base/fpenv.h"
#include "base/memory.h"

#include <math.h>
#include <omp.h>
#include <string.h>

struct ls_held {
    float *gradient;     /* (slice) summed; then the mean; LAMB: then the direction */
    double *sums;        /* (norms.count) of squares */
    double *weight_sums; /* (norms.count) */
    double *factor;      /* (trainable_variables) of the gradient, or of the update */
    double *lanes;       /* (norms.count, 16) of squares, for max_norm */
    double *columns;     /* (trainable_variables, most columns of a tensor) of squares */
    int64_t most_columns;
};

bool ls_held_needed(const ls_trainer *t)
{
    return ls_optimizer_needs_norms(&t->optimizer) || ls_network_constrained(t->model->network, LS_CONSTRAINT_MAX_NORM);
}

ls_status ls_held_create(ls_trainer *t)
{
    ls_held *held;
    LS_TRY(ls_memory_allocate(&held, 1, sizeof *held, "gradient"));
    t->held = held;
    LS_TRY(ls_memory_allocate(&held->gradient, t->slice_last - t->slice_first, sizeof(float), "gradient"));
    LS_TRY(ls_memory_allocate(&held->sums, t->norms.count, sizeof(double), "lengths"));
    LS_TRY(ls_memory_allocate(&held->weight_sums, t->norms.count, sizeof(double), "lengths"));
    LS_TRY(ls_memory_allocate(&held->factor, t->model->network->trainable_variables, sizeof(double), "lengths"));
    if (!ls_network_constrained(t->model->network, LS_CONSTRAINT_MAX_NORM))
        return LS_OK;
    for (int v = 0; v < t->model->network->trainable_variables; v++) {
        const int64_t columns = ls_network_tensor(t->model->network, v).columns;
        held->most_columns = columns > held->most_columns ? columns : held->most_columns;
    }
    LS_TRY(ls_memory_allocate(&held->lanes, t->norms.count * LS_PANEL, sizeof(double), "lengths"));
    return ls_memory_allocate(&held->columns, t->model->network->trainable_variables * held->most_columns,
                              sizeof(double), "lengths");
}

void ls_held_destroy(ls_held *held)
{
    if (!held)
        return;
    ls_memory_free(held->gradient);
    ls_memory_free(held->sums);
    ls_memory_free(held->weight_sums);
    ls_memory_free(held->factor);
    ls_memory_free(held->lanes);
    ls_memory_free(held->columns);
    ls_memory_free(held);
}

float *ls_held_gradient(const ls_trainer *t)
{
    return t->held->gradient;
}

void ls_held_take(ls_trainer *t, int64_t first, int64_t n, const float *gradient)
{
    memcpy(t->held->gradient + (first - t->slice_first), gradient, (size_t)n * sizeof *gradient);
}

/* ---- block by block ---- */

/* One norm block of the owned slice. */
typedef struct part {
    int64_t n;
    int variable; /* the tensor's number */
    ls_tensor tensor;
    int32_t lane; /* its column in lane 0 */
    float *g;     /* (n) of the held gradient */
    float *w;     /* (n) */
    float *slot[LS_OPTIMIZER_SLOTS];
} part;

static part part_at(const ls_trainer *t, int64_t block)
{
    const int64_t first = t->norms.cuts[block], at = first - t->slice_first;
    part p = {.n = t->norms.cuts[block + 1] - first,
              .variable = t->norms.block[block].tensor,
              .tensor = ls_network_tensor(t->model->network, t->norms.block[block].tensor),
              .lane = t->norms.block[block].lane,
              .g = t->held->gradient + at,
              .w = t->model->block + first};
    for (int k = 0; k < t->slot_count; k++)
        p.slot[k] = t->slots[k] + at;
    return p;
}

typedef void (*part_function)(const ls_trainer *t, const part *p);

/* Fewer parameters are done by one thread: waking the others costs more. */
#define ALONE_BELOW 32768

static int team_of(const ls_trainer *t)
{
    return t->slice_last - t->slice_first < ALONE_BELOW ? 1 : t->context->threads;
}

static void each_part(const ls_trainer *t, part_function function)
{
#pragma omp parallel num_threads(team_of(t))
    {
        const ls_fpenv saved = ls_fpenv_enter();
#pragma omp for schedule(static)
        for (int64_t b = t->blocksums.first; b < t->blocksums.last; b++) {
            const part p = part_at(t, b);
            function(t, &p);
        }
        ls_fpenv_leave(saved);
    }
}

/* Collective. Sums of squares of all blocks; values: the owned slice's. */
static ls_status sum_squares(ls_trainer *t, const float *values, double *sums)
{
    ls_norms_sums(&t->norms, t->context->kernels, t->context->threads, LS_NORM_SQUARES, t->blocksums.first,
                  t->blocksums.last, values, LS_NORM_SUM, sums + t->blocksums.first);
    return ls_blocksums_share(&t->blocksums, LS_NORM_SUM, sums);
}

/* ---- the gradient ---- */

/* The mean, of the accumulated steps where there are several. No state changes yet. */
static void make_gradient(const ls_trainer *t, const part *p)
{
    const ls_optimizer *o = &t->optimizer;
    const int sums = ls_optimizer_accumulator_slot(o);
    const ls_mean_step mean = ls_update_mean(t, &p->tensor);
    ls_watch_read(t, p->n, p->w, p->slot, 0);
    t->context->kernels->mean(&mean, p->n, p->g, p->w, p->g);
    if (sums >= 0 && t->around.due)
        t->context->kernels->mean_of((float)o->settings.gradient_accumulation_steps, p->n, p->slot[sums], p->g);
}

/* All ranks have the same sums, and say the same. */
static ls_status check_finite(ls_trainer *t)
{
    for (int v = 0; v < t->model->network->trainable_variables; v++) {
        if (isfinite(ls_norms_tensor(&t->norms, v, t->held->sums)))
            continue;
        const ls_tensor tensor = ls_network_tensor(t->model->network, v);
        t->optimizer = t->around.before;
        LS_TRY(ls_watch_look(t)); /* a flipped bit may be the reason */
        return ls_fail(LS_ERR_NUMERIC,
                       "the gradient of %s/%s is not finite in epoch %lld, step %lld; the weights are those before "
                       "this step. Try a smaller --learning-rate than %g, or --normalize standard",
                       t->model->network->layers[tensor.layer].name, ls_role_name(tensor.role),
                       (long long)t->cursor.epoch + 1, (long long)ls_trainer_steps(t) + 1, t->rate);
    }
    return LS_OK;
}

/* By what the gradient of each tensor is scaled. */
static void find_clipping(ls_trainer *t)
{
    const ls_optimizer_settings *s = &t->optimizer.settings;
    const double global = sqrt(ls_norms_total(&t->norms, t->held->sums));
    for (int v = 0; v < t->model->network->trainable_variables; v++) {
        double length = 0, most = 0;
        if (s->global_clipnorm > 0) {
            length = global;
            most = s->global_clipnorm;
        } else if (s->clipnorm > 0) {
            length = sqrt(ls_norms_tensor(&t->norms, v, t->held->sums));
            most = s->clipnorm;
        }
        t->held->factor[v] = length > most ? most / length : 1;
    }
}

/* ---- the update ---- */

static void accumulate(const ls_trainer *t, const part *p)
{
    float *sum = p->slot[ls_optimizer_accumulator_slot(&t->optimizer)];
    t->context->kernels->add(p->n, sum, p->g, sum);
}

static void update(const ls_trainer *t, const part *p)
{
    const ls_kernels *k = t->context->kernels;
    const ls_optimizer *o = &t->optimizer;
    const int sums = ls_optimizer_accumulator_slot(o), first = ls_optimizer_first_slot(o);
    const double factor = t->held->factor[p->variable];
    ls_update_step step = t->constants;
    float *slot[LS_UPDATE_SLOTS] = {NULL};
    ls_seen seen = {0}; /* more is to come */
    step.rows = 1;
    if (sums >= 0)
        memset(p->slot[sums], 0, (size_t)p->n * sizeof(float));
    if (factor != 1)
        k->scale((float)factor, p->n, p->g);
    if (o->settings.clipvalue > 0)
        k->clip((float)o->settings.clipvalue, p->n, p->g);
    if (t->around.decay != 0)
        k->decay(t->around.decay, p->n, p->w);
    for (int s = first; s < t->slot_count; s++)
        slot[s - first] = p->slot[s];
    if (o->row->trust_ratio)
        slot[LS_UPDATE_SLOTS - 1] = p->g; /* the direction takes the gradient's place */
    k->update[o->row->update](&step, p->n, p->g, p->w, slot, &seen);
}

/* Collective. The weights' length over the direction's, by tensor. */
static ls_status find_trust_ratios(ls_trainer *t)
{
    ls_held *h = t->held;
    LS_TRY(sum_squares(t, h->gradient, h->sums));
    LS_TRY(sum_squares(t, t->model->block + t->slice_first, h->weight_sums));
    for (int v = 0; v < t->model->network->trainable_variables; v++) {
        const double weights = sqrt(ls_norms_tensor(&t->norms, v, h->weight_sums));
        const double direction = sqrt(ls_norms_tensor(&t->norms, v, h->sums));
        h->factor[v] = weights > 0 && direction > 0 ? weights / direction : 1;
    }
    return LS_OK;
}

static void follow_direction(const ls_trainer *t, const part *p)
{
    const ls_update_step step = {.rows = 1, .rate = (float)(t->held->factor[p->variable] * t->rate)};
    ls_seen seen = {0};
    t->context->kernels->update[LS_UPDATE_SGD](&step, p->n, p->g, p->w, NULL, &seen);
}

static void average(const ls_trainer *t, const part *p)
{
    float *slot = p->slot[ls_optimizer_average_slot(&t->optimizer)];
    t->context->kernels->average(t->around.keep, t->around.take, p->n, p->w, slot);
}

/* ---- constraints ---- */

/* What max_norm multiplies the weights of a length by, as Keras has it. */
static double max_norm(double squares, double max_value)
{
    const double length = sqrt(squares);
    return (length < max_value ? length : max_value) / (length + 1e-7);
}

/* Collective. The squares' sums of all columns of kernels that max_norm holds, and of biases as a whole. */
static ls_status find_columns(ls_trainer *t)
{
    ls_held *h = t->held;
    const float *w = t->model->block + t->slice_first;
    ls_norms_sums(&t->norms, t->context->kernels, t->context->threads, LS_NORM_SQUARES, t->blocksums.first,
                  t->blocksums.last, w, LS_NORM_LANES, h->lanes + t->blocksums.first * LS_PANEL);
    LS_TRY(ls_blocksums_share(&t->blocksums, LS_NORM_LANES, h->lanes));
    LS_TRY(sum_squares(t, w, h->weight_sums));
    for (int v = 0; v < t->model->network->trainable_variables; v++) {
        const ls_tensor tensor = ls_network_tensor(t->model->network, v);
        double *columns = h->columns + v * h->most_columns;
        if (ls_update_constraint(t, &tensor)->kind != LS_CONSTRAINT_MAX_NORM)
            continue;
        if (!ls_tensor_is_vector(&tensor))
            ls_norms_columns(&t->norms, v, h->lanes, columns);
        for (int64_t c = 0; ls_tensor_is_vector(&tensor) && c < tensor.columns; c++)
            columns[c] = ls_norms_tensor(&t->norms, v, h->weight_sums);
    }
    return LS_OK;
}

static void constrain(const ls_trainer *t, const part *p)
{
    const ls_constraint *c = ls_update_constraint(t, &p->tensor);
    float factor[LS_PANEL];
    if (c->kind == LS_CONSTRAINT_NON_NEG)
        t->context->kernels->non_negative(p->n, p->w);
    if (c->kind != LS_CONSTRAINT_MAX_NORM)
        return;
    const double *columns = t->held->columns + p->variable * t->held->most_columns + p->lane;
    for (int l = 0; l < LS_PANEL; l++) /* padding stays 0 */
        factor[l] = p->lane + l < p->tensor.columns ? (float)max_norm(columns[l], c->max_value) : 0;
    t->context->kernels->scale_lanes(factor, p->n / LS_PANEL, p->w);
}

static void written(const ls_trainer *t, const part *p)
{
    ls_watch_written(t, p->n, p->w, p->slot, 0);
}

/* ---- all of it ---- */

static ls_status update_all(ls_trainer *t)
{
    find_clipping(t);
    each_part(t, update);
    if (t->optimizer.row->trust_ratio) {
        LS_TRY(find_trust_ratios(t));
        each_part(t, follow_direction);
    }
    return LS_OK;
}

ls_status ls_held_update(ls_trainer *t)
{
    for (int k = 0; k < t->parts; k++)
        ls_lengths_see(t, t->part[k].first, t->part[k].last - t->part[k].first, LS_PANEL,
                       t->held->gradient + t->part_at[k]);
    each_part(t, make_gradient);
    LS_TRY(sum_squares(t, t->held->gradient, t->held->sums));
    LS_TRY(check_finite(t));
    if (t->around.due)
        LS_TRY(update_all(t));
    else
        each_part(t, accumulate);
    if (ls_optimizer_average_slot(&t->optimizer) >= 0)
        each_part(t, average);
    if (t->held->lanes)
        LS_TRY(find_columns(t));
    each_part(t, constrain);
    each_part(t, written);
    return LS_OK;
}
