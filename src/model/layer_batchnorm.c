/* Batch normalisation: every unit less its mean over the batch's rows, those of all ranks, and divided by its
 * deviation; then times a scale and plus an offset that are learnt. Predictions take moving statistics in their place.
 *
 * y = scale n + offset, n = (x - mean) inverse, inverse = 1 / sqrt(variance + epsilon). Of a loss with the gradient d
 * of y, with N rows (Ioffe and Szegedy, 2015, section 3): gradient of x = scale inverse (d - sum(d)/N - n sum(d n)/N)
 * with n from x again, which is still there. What the gradient of the scale sums is d n, of the offset d. */
#include "model/layer_kinds.h"
#include "model/pass_internal.h"

#include "base/memory.h"

#include <math.h>

/* ---- words ---- */

#define DEFAULT_MOMENTUM 0.99

static const ls_setting settings[] = {LS_SETTING(ls_layer, momentum, REAL, 0, 1, NULL), LS_LAYER_SCALING};

static ls_status parse(const ls_layer_entry *e, const char *first, const char *cursor, ls_layer *layer)
{
    (void)first;
    layer->momentum = DEFAULT_MOMENTUM;
    ls_layer_scaling_defaults(layer);
    return ls_layer_parse_settings(e, cursor, settings, sizeof settings / sizeof *settings, layer);
}

static void format(const ls_layer *layer, ls_text *text)
{
    ls_text_append(text, "batch_normalization");
    if (layer->momentum != DEFAULT_MOMENTUM) {
        ls_text_append(text, " momentum=");
        ls_text_append_double(text, layer->momentum);
    }
    ls_layer_scaling_format(layer, text);
}

static int matrices(const ls_layer *layer, ls_layer_matrix matrix[LS_LAYER_MATRICES])
{
    int count = ls_layer_scaling_matrices(layer, matrix);
    matrix[count++] = (ls_layer_matrix){0, LS_MEAN};
    matrix[count++] = (ls_layer_matrix){0, LS_VARIANCE};
    return count;
}

static void config(const ls_layer *layer, ls_json *json)
{
    ls_json_put_real(json, "momentum", layer->momentum);
    ls_layer_scaling_config(layer, json);
}

/* ---- in a pass ---- */

/* The numbers of each unit. */
enum { MEAN, INVERSE, FACTOR, LEVEL, SLOPE, NUMBERS };

/* (16 panels) */
static double *numbers(const ls_pass *pass, int l, int which)
{
    const ls_network *network = pass->network;
    return pass->layers[l].units + which * network->matrix[network->layers[l].statistic].panels * LS_PANEL;
}

static int64_t bytes(const ls_layer *layer, bool training)
{
    (void)training;
    return NUMBERS * ((layer->units + LS_PANEL - 1) / LS_PANEL * LS_PANEL) * (int64_t)sizeof(double);
}

static ls_status allocate(ls_pass *pass, int l)
{
    const ls_network *network = pass->network;
    const int64_t padded = network->matrix[network->layers[l].statistic].panels * LS_PANEL;
    return ls_memory_allocate(&pass->layers[l].units, NUMBERS * padded, sizeof(double), "statistics");
}

/* Panels of units that a thread has: [*begin, *end). */
static void own_units(const ls_pass *pass, const ls_layer *layer, const ls_pass_share *s, int64_t *begin, int64_t *end)
{
    const int64_t panels = pass->network->matrix[layer->statistic].panels;
    *begin = panels * s->thread / s->team;
    *end = panels * (s->thread + 1) / s->team;
}

/* Sample panels, and how far they are apart. */
typedef struct panels {
    const float *at;
    int64_t stride;
} panels;

/* Sums of a, and of a (b - shift), over the batch of all ranks: [panel][2][16], those of this thread's units at least.
 * The rows of all threads must be there. */
static const double *sum_rows(ls_pass *pass, const ls_pass_run *run, const ls_layer *layer, panels a, panels b,
                              const double *shift, const ls_pass_share *s)
{
    const ls_batch_shards *shards = run->shards;
    const ls_batch_others *others = shards->others;
    const int64_t width = pass->network->matrix[layer->statistic].panels * 2 * LS_PANEL;
    const int64_t *shard_rows = shards->shard_rows;
    double *sums = others ? others->sums : pass->unit_sums;
    int64_t begin, end;
    own_units(pass, layer, s, &begin, &end);
    for (int k = 0; k < shards->nodes; shard_rows += shards->node_shards[k++])
        for (int64_t p = begin; p < end; p++) {
            const int64_t u = p * LS_PANEL, left = layer->units - u;
            pass->kernels->batch_sums(a.at + u * LS_PANEL, a.stride, b.at + u * LS_PANEL, b.stride,
                                      shift ? shift + u : NULL, (int)(left < LS_PANEL ? left : LS_PANEL), shard_rows,
                                      shards->node_shards[k], sums + k * width + p * 2 * LS_PANEL);
        }
    if (!others)
        return sums;
    ls_pass_meet_all(s);
    if (s->thread == 0)
        others->exchange(others->user, width, sums);
    ls_pass_meet_all(s);
    return sums;
}

static double rows_of_all(const ls_pass_run *run)
{
    int64_t rows = 0;
    if (run->shards->others)
        return (double)run->shards->others->rows;
    for (int64_t p = 0; p * LS_PANEL < run->batch->rows; p++)
        rows += __builtin_popcount(ls_pass_batch_lanes(run->batch, p));
    return (double)rows;
}

/* Of one unit, from the sums of x and x^2. In float64 squares are exact, and what the difference of two large sums
 * loses is 1e-8 of the variance at a mean of 1e4 deviations: no second pass over the rows, and no second exchange, is
 * needed.
 */
static void moments(double rows, double sum, double squares, double *mean, double *variance)
{
    *mean = sum / rows;
    *variance = __builtin_fma(-*mean, *mean, squares / rows);
    *variance = *variance < 0 ? 0 : *variance; /* NaN stays */
}

/* Mean and inverse deviation of this thread's units: the batch's, which are kept for the moving ones. */
static void find_batch(ls_pass *pass, const ls_pass_run *run, int l, panels x, const ls_pass_share *s)
{
    const ls_network *network = pass->network;
    const ls_layer *layer = &network->layers[l];
    const ls_matrix *m = &network->matrix[layer->statistic];
    float *batch_mean = pass->statistics + (m[0].offset - network->trainable);
    float *batch_variance = pass->statistics + (m[1].offset - network->trainable);
    double *mean = numbers(pass, l, MEAN), *inverse = numbers(pass, l, INVERSE);
    const double *sums = sum_rows(pass, run, layer, x, x, NULL, s), rows = rows_of_all(run);
    int64_t begin, end;
    own_units(pass, layer, s, &begin, &end);
    for (int64_t u = begin * LS_PANEL; u < end * LS_PANEL && u < layer->units; u++) {
        const double *of = sums + u / LS_PANEL * 2 * LS_PANEL + u % LS_PANEL;
        double variance;
        moments(rows, of[0], of[LS_PANEL], &mean[u], &variance);
        inverse[u] = 1 / sqrt(variance + layer->epsilon);
        batch_mean[u] = (float)mean[u];
        batch_variance[u] = (float)variance;
    }
}

/* Likewise, the moving ones. */
static void find_moving(const ls_pass *pass, const float *block, int l, const ls_pass_share *s)
{
    const ls_layer *layer = &pass->network->layers[l];
    const ls_matrix *m = &pass->network->matrix[layer->statistic];
    double *mean = numbers(pass, l, MEAN), *inverse = numbers(pass, l, INVERSE);
    int64_t begin, end;
    own_units(pass, layer, s, &begin, &end);
    for (int64_t u = begin * LS_PANEL; u < end * LS_PANEL && u < layer->units; u++) {
        mean[u] = (double)block[m[0].offset + u];
        inverse[u] = 1 / sqrt((double)block[m[1].offset + u] + layer->epsilon);
    }
}

static void forward(ls_pass *pass, const ls_pass_run *run, int l, const ls_pass_share *s)
{
    const ls_layer *layer = &pass->network->layers[l];
    const panels x = {ls_pass_layer_input(pass, l), (layer->units + 1) * LS_PANEL};
    if (pass->training) {
        for (int64_t p = s->own_first; p < s->own_last; p++)
            ls_pass_clear(run->batch, p, layer->units, ls_pass_layer_values(pass, l) + p * x.stride);
        ls_pass_meet_all(s);
        find_batch(pass, run, l, x, s);
    } else {
        find_moving(pass, run->block, l, s);
    }
    ls_pass_meet_all(s);
    for (int64_t p = s->own_first; p < s->own_last; p++)
        pass->kernels->batch_normalize(layer->units, numbers(pass, l, MEAN), numbers(pass, l, INVERSE),
                                       ls_pass_vector(pass, run, ls_layer_scale(layer)),
                                       ls_pass_vector(pass, run, ls_layer_offset(layer)), x.at + p * x.stride,
                                       pass->layers[l].output + p * x.stride);
}

/* What the gradient of x takes of each unit of this thread. */
static void find_slopes(ls_pass *pass, const ls_pass_run *run, int l, panels x, panels d, const ls_pass_share *s)
{
    const ls_layer *layer = &pass->network->layers[l];
    const double *mean = numbers(pass, l, MEAN), *inverse = numbers(pass, l, INVERSE);
    double *factor = numbers(pass, l, FACTOR), *level = numbers(pass, l, LEVEL), *slope = numbers(pass, l, SLOPE);
    const double *sums = sum_rows(pass, run, layer, d, x, mean, s), rows = rows_of_all(run);
    const float *scale = ls_pass_vector(pass, run, ls_layer_scale(layer));
    int64_t begin, end;
    own_units(pass, layer, s, &begin, &end);
    for (int64_t u = begin * LS_PANEL; u < end * LS_PANEL && u < layer->units; u++) {
        const double *of = sums + u / LS_PANEL * 2 * LS_PANEL + u % LS_PANEL;
        factor[u] = scale ? (double)scale[u] * inverse[u] : inverse[u];
        level[u] = of[0] / rows;
        slope[u] = inverse[u] * inverse[u] * (of[LS_PANEL] / rows);
    }
}

/* Deltas of scale and offset. Those of the scale are made in the other buffer of the flow. All rows are there behind
 * it. */
static void leave_deltas(ls_pass *pass, int l, panels x, panels d, float *other, const ls_pass_share *s)
{
    const ls_layer *layer = &pass->network->layers[l];
    for (int64_t p = s->own_first; layer->scale && p < s->own_last; p++)
        pass->kernels->batch_scale_delta(layer->units, numbers(pass, l, MEAN), numbers(pass, l, INVERSE),
                                         x.at + p * x.stride, d.at + p * d.stride, other + p * d.stride);
    ls_pass_meet_all(s);
    if (layer->scale)
        ls_pass_transpose_deltas(pass, ls_layer_scale(layer), other, d.stride, s);
    if (layer->center)
        ls_pass_transpose_deltas(pass, ls_layer_offset(layer), d.at, d.stride, s);
}

static void backward(ls_pass *pass, const ls_pass_run *run, int l, int *flow, const ls_pass_share *s)
{
    const ls_layer *layer = &pass->network->layers[l];
    const panels x = {ls_pass_layer_input(pass, l), (layer->units + 1) * LS_PANEL};
    const panels d = {pass->flow[*flow], pass->flow_units * LS_PANEL};
    leave_deltas(pass, l, x, d, pass->flow[1 - *flow], s);
    if (l == pass->first_trained)
        return;
    find_slopes(pass, run, l, x, d, s);
    ls_pass_meet_all(s);
    for (int64_t p = s->own_first; p < s->own_last; p++) {
        const int64_t left = run->batch->rows - p * LS_PANEL;
        pass->kernels->batch_normalize_backward(
            layer->units, (int)(left < LS_PANEL ? left : LS_PANEL), numbers(pass, l, MEAN), numbers(pass, l, FACTOR),
            numbers(pass, l, LEVEL), numbers(pass, l, SLOPE), x.at + p * x.stride, pass->flow[*flow] + p * d.stride);
    }
}

/* moving = moving momentum + batch (1 - momentum), after every step, as in Keras. */
static void accept(const ls_pass *pass, int l, float *block)
{
    const ls_network *network = pass->network;
    const ls_layer *layer = &network->layers[l];
    for (int k = 0; k < layer->statistics; k++) {
        const ls_matrix *m = &network->matrix[layer->statistic + k];
        pass->kernels->average((float)layer->momentum, (float)(1 - layer->momentum), m->units,
                               pass->statistics + (m->offset - network->trainable), block + m->offset);
    }
}

static const ls_layer_operations operations = {
    .bytes = bytes,
    .allocate = allocate,
    .forward = forward,
    .backward = backward,
    .accept = accept,
};

const ls_layer_kind ls_layer_batchnorm = {
    .word = "batch_normalization",
    .stem = "batch_normalization",
    .keras_class = "BatchNormalization",
    .parse = parse,
    .format = format,
    .matrices = matrices,
    .config = config,
    .operations = &operations,
};
