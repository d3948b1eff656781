/* A pass in scalars, straight from the arithmetic contract (DESIGN.md, section 1): row by row in plain arrays, one
 * chain of fused multiply-adds per element, per shard for the weights, the tree over shards by recursion. The functions
 * of one element or one row (activations, loss, metrics) are the library's own: their tests are in tests/math and
 * test_metrics. */
#ifndef LS_TEST_SCALAR_PASS_H
#define LS_TEST_SCALAR_PASS_H

#include "bfloat16_reference.h"
#include "math/real.h"
#include "model_test.h"

enum { SCALAR_MOST = 32 }; /* layers, variables */

typedef struct scalar_pass {
    const ls_network *network;
    int64_t rows;
    bool bfloat16;               /* products of operands that are rounded, in pairs */
    float *tensor[SCALAR_MOST];  /* [inputs][units] or [units] */
    float *input;                /* (rows, features) normalised */
    float *output[SCALAR_MOST];  /* (rows, units) */
    float *z[SCALAR_MOST];       /* (rows, units) before its activation, dense layers */
    float *through[SCALAR_MOST]; /* (rows, units) gradient of the outputs, by way of the layer behind it */
    float *delta[SCALAR_MOST];   /* of variables: (rows, columns) what its gradient is made of */
    double *row_sums;            /* (rows, metrics.width) */
    float *prediction;           /* (rows, outputs) in original units */
} scalar_pass;

extern const ls_layer_kind ls_layer_dropout, ls_layer_noise, ls_layer_normalization;

/* Row r of what a layer gives, or of the features. */
static inline float *scalar_outputs(const scalar_pass *s, int layer, int64_t r)
{
    return layer == LS_FEATURES ? s->input + r * s->network->features
                                : s->output[layer] + r * s->network->layers[layer].units;
}

/* The layer's variable of this role; -1: it has none. */
static inline int scalar_variable(const ls_network *network, int layer, ls_role role)
{
    for (int i = 0; i < network->variables; i++)
        if (network->tensor[i].layer == layer && network->tensor[i].role == role)
            return i;
    return -1;
}

/* Its value for unit j, or what stands for it. */
static inline float scalar_value(const scalar_pass *s, int layer, ls_role role, int64_t j, float without)
{
    const int i = scalar_variable(s->network, layer, role);
    return i < 0 ? without : s->tensor[i][j];
}

/* Runs the layer's activation on one row, laid into a sample panel's lane 0; z is read backward only. */
static inline void scalar_activate(const ls_layer *layer, bool backward, const float *z, float *a, float *d)
{
    const float *numbers = ls_activation_numbers(&layer->activation_settings);
    const int64_t units = layer->units;
    const ls_kernels *portable = ls_kernels_find("portable");
    float *pa = zeros(units * LS_PANEL, sizeof *pa), *pd = zeros(units * LS_PANEL, sizeof *pd);
    float *pz = zeros(units * LS_PANEL, sizeof *pz);
    for (int64_t j = 0; j < units; j++) {
        pa[j * LS_PANEL] = a[j];
        pd[j * LS_PANEL] = backward ? d[j] : 0;
        pz[j * LS_PANEL] = backward ? z[j] : 0;
    }
    if (backward)
        portable->activate_backward(layer->activation, numbers, units, pz, pa, pd);
    else
        portable->activate(layer->activation, numbers, units, pa);
    for (int64_t j = 0; j < units; j++)
        *(backward ? d + j : a + j) = backward ? pd[j * LS_PANEL] : pa[j * LS_PANEL];
    ls_memory_free(pa);
    ls_memory_free(pd);
    ls_memory_free(pz);
}

static inline bool scalar_kept(const ls_layer *layer, int l, uint32_t seed, const ls_batch *batch, int64_t r,
                               int64_t unit)
{
    return philox_word(seed, 2, unit, (uint32_t)l, batch->row[r], batch->epoch) >=
           (uint32_t)floor(layer->rate * 0x1p32);
}

static inline float scalar_noise(int l, uint32_t seed, const ls_batch *batch, int64_t r, int64_t unit)
{
    const uint32_t word = philox_word(seed, 7, unit, (uint32_t)l, batch->row[r], batch->epoch);
    return (float)ls_real_normal_quantile(((double)word + 0.5) * 0x1p-32);
}

/* One element of a product: the chain over n numbers of x, x_step apart, times those of y. */
static inline float scalar_chain(const scalar_pass *s, int64_t n, const float *x, int64_t x_step, const float *y,
                                 int64_t y_step)
{
    float chain = 0.0f;
    if (s->bfloat16)
        return reference_pairs(n, x, x_step, y, y_step);
    for (int64_t k = 0; k < n; k++)
        chain = fmaf(x[k * x_step], y[k * y_step], chain);
    return chain;
}

static inline void scalar_dense(scalar_pass *s, int l, int64_t r)
{
    const ls_layer *layer = &s->network->layers[l];
    const float *x = scalar_outputs(s, layer->input[0], r), *w = s->tensor[scalar_variable(s->network, l, LS_KERNEL)];
    float *a = scalar_outputs(s, l, r);
    for (int64_t j = 0; j < layer->units; j++) {
        const float chain = scalar_chain(s, layer->inputs, x, 1, w + j, layer->units);
        a[j] = layer->bias ? chain + scalar_value(s, l, LS_BIAS, j, 0) : chain;
    }
    memcpy(s->z[l] + r * layer->units, a, (size_t)layer->units * sizeof *a);
    scalar_activate(layer, false, NULL, a, NULL);
}

/* Mean and reciprocal deviation of row r of layer l's input. */
static inline void scalar_statistics(const scalar_pass *s, int l, int64_t r, float *mean, float *inverse)
{
    const ls_layer *layer = &s->network->layers[l];
    const float *x = scalar_outputs(s, layer->input[0], r);
    double sum = 0, squares = 0;
    for (int64_t j = 0; j < layer->units; j++)
        sum += (double)x[j];
    sum /= (double)layer->units;
    for (int64_t j = 0; j < layer->units; j++)
        squares = fma((double)x[j] - sum, (double)x[j] - sum, squares);
    *mean = (float)sum;
    *inverse = (float)(1 / sqrt(squares / (double)layer->units + layer->epsilon));
}

static inline void scalar_normalize(scalar_pass *s, int l, int64_t r)
{
    const ls_layer *layer = &s->network->layers[l];
    const float *x = scalar_outputs(s, layer->input[0], r);
    float mean, inverse, *a = scalar_outputs(s, l, r);
    scalar_statistics(s, l, r, &mean, &inverse);
    for (int64_t j = 0; j < layer->units; j++)
        a[j] = fmaf((x[j] - mean) * inverse, scalar_value(s, l, LS_SCALE, j, 1), scalar_value(s, l, LS_OFFSET, j, 0));
}

/* Forward through layer l for row r. */
static inline void scalar_layer(scalar_pass *s, int l, bool training, uint32_t seed, const ls_batch *batch, int64_t r)
{
    const ls_layer *layer = &s->network->layers[l];
    const float *x = scalar_outputs(s, layer->input[0], r), *around = scalar_outputs(s, layer->input[1], r);
    float *a = scalar_outputs(s, l, r);
    if (layer->kind == &ls_layer_dense) {
        scalar_dense(s, l, r);
        return;
    }
    if (layer->kind == &ls_layer_normalization) {
        scalar_normalize(s, l, r);
        return;
    }
    memcpy(a, x, (size_t)layer->units * sizeof *a);
    if (layer->kind == &ls_layer_activation)
        scalar_activate(layer, false, NULL, a, NULL);
    for (int64_t u = 0; u < layer->units; u++) {
        if (layer->kind == &ls_layer_add)
            a[u] = around[u] + x[u];
        else if (training && layer->kind == &ls_layer_noise)
            a[u] = fmaf(scalar_noise(l, seed, batch, r, u), (float)layer->stddev, x[u]);
        else if (training && layer->kind == &ls_layer_dropout)
            a[u] = scalar_kept(layer, l, seed, batch, r, u) ? x[u] * (float)(1 / (1 - layer->rate)) : 0.0f;
    }
}

/* Loss and metrics of row r, and the gradient d (outputs). */
static inline void scalar_score(scalar_pass *s, const ls_batch *batch, int64_t r, float *d)
{
    const ls_network *network = s->network;
    const int64_t outputs = network->outputs;
    const float *a = scalar_outputs(s, network->count - 1, r), *z = s->z[network->count - 1] + r * outputs;
    float *pz = zeros(3 * outputs * LS_PANEL, sizeof *pz), *pa = pz + outputs * LS_PANEL, *pd = pa + outputs * LS_PANEL;
    float *y = zeros(outputs, sizeof *y);
    for (int64_t j = 0; j < outputs; j++) {
        pz[j * LS_PANEL] = z[j];
        pa[j * LS_PANEL] = a[j];
        if (batch->y) {
            const ls_affine *map = &network->target_map;
            y[j] = map->count ? (batch->y[r][j] - map->mean[j]) / map->scale[j] : batch->y[r][j];
        }
    }
    const float *mapped_row = y;
    const ls_targets raw = {batch->y ? batch->y + r : NULL, batch->label ? batch->label + r : NULL};
    const ls_targets mapped = {batch->y ? &mapped_row : NULL, raw.label};
    double *sums = s->row_sums + r * network->metrics.width;
    ls_kernels_find("portable")->loss(&network->loss.numbers, outputs, 1, pz, pa, &mapped, sums, pd);
    const ls_metric_task task = ls_network_task(network);
    float *chances = zeros(outputs * LS_PANEL, sizeof *chances);
    memcpy(chances, pa, (size_t)(outputs * LS_PANEL) * sizeof *chances);
    if (task.chances && task.link != LS_LINEAR)
        ls_kernels_find("portable")->activate(task.link, NULL, outputs, chances);
    ls_metrics_panel(&network->metrics, &task, 1, pa, chances, &raw, sums);
    ls_memory_free(chances);
    const float weight = batch->weight ? batch->weight[r] : 1.0f;
    sums[0] *= (double)weight;
    for (int64_t j = 0; j < outputs; j++)
        d[j] = pd[j * LS_PANEL] * weight;
    ls_memory_free(y);
    ls_memory_free(pz);
}

/* The gradient of a dense layer's outputs becomes that of its z, and below gets that of its inputs. */
static inline void scalar_dense_backward(scalar_pass *s, int l, int64_t r, float *d, float *below)
{
    const ls_network *network = s->network;
    const ls_layer *layer = &network->layers[l];
    const int kernel = scalar_variable(network, l, LS_KERNEL), bias = scalar_variable(network, l, LS_BIAS);
    if (l < network->count - 1 || !ls_loss_fused(&network->loss))
        scalar_activate(layer, true, s->z[l] + r * layer->units, scalar_outputs(s, l, r), d);
    memcpy(s->delta[kernel] + r * layer->units, d, (size_t)layer->units * sizeof *d);
    if (bias >= 0)
        memcpy(s->delta[bias] + r * layer->units, d, (size_t)layer->units * sizeof *d);
    for (int64_t k = 0; k < layer->inputs; k++)
        below[k] = scalar_chain(s, layer->units, d, 1, s->tensor[kernel] + k * layer->units, 1);
}

static inline void scalar_normalize_backward(scalar_pass *s, int l, int64_t r, const float *d, float *below)
{
    const ls_network *network = s->network;
    const ls_layer *layer = &network->layers[l];
    const int scale = scalar_variable(network, l, LS_SCALE), offset = scalar_variable(network, l, LS_OFFSET);
    const float *x = scalar_outputs(s, layer->input[0], r);
    const double units = (double)layer->units;
    float mean, inverse;
    double sum = 0, products = 0;
    scalar_statistics(s, l, r, &mean, &inverse);
    for (int64_t j = 0; j < layer->units; j++) {
        const float n = (x[j] - mean) * inverse;
        if (scale >= 0)
            s->delta[scale][r * layer->units + j] = d[j] * n;
        if (offset >= 0)
            s->delta[offset][r * layer->units + j] = d[j];
        below[j] = d[j] * scalar_value(s, l, LS_SCALE, j, 1);
        sum += (double)below[j];
        products = fma((double)below[j], (double)n, products);
    }
    for (int64_t j = 0; j < layer->units; j++)
        below[j] =
            fmaf(-((x[j] - mean) * inverse), (float)(products / units), below[j] - (float)(sum / units)) * inverse;
}

/* The gradient of row r of layer l's outputs. What goes around a branch is that of the outputs of the layer that ends
 * it, and is added to what comes through, the outer branch's first. */
static inline float *scalar_join(scalar_pass *s, int l, int64_t r)
{
    const ls_network *network = s->network;
    const int64_t units = network->layers[l].units;
    float *d = s->through[l] + r * units;
    for (int k = network->count - 1; k > l; k--)
        for (int64_t u = 0; network->layers[k].kind == &ls_layer_add && network->layers[k].input[1] == l && u < units;
             u++)
            d[u] += s->through[k][r * units + u];
    return d;
}

/* That of its input; below has room for the widest layer. */
static inline void scalar_backward(scalar_pass *s, int l, uint32_t seed, const ls_batch *batch, int64_t r, float *below)
{
    const ls_layer *layer = &s->network->layers[l];
    float *d = scalar_join(s, l, r);
    memcpy(below, d, (size_t)layer->units * sizeof *d);
    if (layer->kind == &ls_layer_dense)
        scalar_dense_backward(s, l, r, d, below);
    else if (layer->kind == &ls_layer_normalization)
        scalar_normalize_backward(s, l, r, d, below);
    else if (layer->kind == &ls_layer_activation)
        scalar_activate(layer, true, scalar_outputs(s, layer->input[0], r), scalar_outputs(s, l, r), below);
    for (int64_t u = 0; layer->kind == &ls_layer_dropout && u < layer->units; u++)
        below[u] = scalar_kept(layer, l, seed, batch, r, u) ? d[u] * (float)(1 / (1 - layer->rate)) : 0.0f;
    if (layer->input[0] != LS_FEATURES)
        memcpy(s->through[layer->input[0]] + r * layer->inputs, below, (size_t)layer->inputs * sizeof *d);
}

/* Units of the widest layer. */
static inline int64_t scalar_widest(const ls_network *network)
{
    int64_t widest = network->features;
    for (int l = 0; l < network->count; l++)
        widest = network->layers[l].units > widest ? network->layers[l].units : widest;
    return widest;
}

/* Everything before the first layer. */
static inline scalar_pass scalar_start(const ls_network *network, const float *block, const ls_batch *batch)
{
    scalar_pass s = {.network = network, .rows = batch->rows};
    assert_true(network->variables <= SCALAR_MOST && network->count <= SCALAR_MOST);
    for (int i = 0; i < network->variables; i++) {
        const ls_tensor t = ls_network_tensor(network, i);
        s.tensor[i] = zeros(t.rows * t.columns, sizeof(float));
        s.delta[i] = zeros(batch->rows * t.columns, sizeof(float));
        ls_network_unpack(network, i, block, s.tensor[i]);
    }
    s.input = zeros(batch->rows * network->features, sizeof(float));
    for (int l = 0; l < network->count; l++) {
        const int64_t units = network->layers[l].units;
        s.output[l] = zeros(batch->rows * units, sizeof(float));
        s.through[l] = zeros(batch->rows * units, sizeof(float));
        s.z[l] = zeros(batch->rows * units, sizeof(float));
    }
    s.row_sums = zeros(batch->rows * network->metrics.width, sizeof *s.row_sums);
    s.prediction = zeros(batch->rows * network->outputs, sizeof *s.prediction);
    for (int64_t r = 0; r < batch->rows; r++) {
        for (int64_t k = 0; k < network->features; k++) {
            const ls_affine *map = &network->feature_map;
            s.input[r * network->features + k] =
                map->count ? (batch->x[r][k] - map->mean[k]) / map->scale[k] : batch->x[r][k];
        }
    }
    return s;
}

static inline scalar_pass scalar_run_for(ls_pass_purpose purpose, const ls_network *network, const float *block,
                                         const ls_batch *batch, uint32_t seed)
{
    const bool training = purpose != LS_PASS_SCORE;
    scalar_pass s = scalar_start(network, block, batch);
    s.bfloat16 = purpose == LS_PASS_TRAIN_BFLOAT16;
    float *below = zeros(scalar_widest(network), sizeof *below);
    for (int64_t r = 0; r < batch->rows; r++) {
        for (int l = 0; l < network->count; l++)
            scalar_layer(&s, l, training, seed, batch, r);
        for (int64_t j = 0; j < network->outputs; j++) {
            const ls_affine *map = &network->target_map;
            const float a = scalar_outputs(&s, network->count - 1, r)[j];
            const float product = map->count ? a * map->scale[j] : 0;
            s.prediction[r * network->outputs + j] = map->count ? map->mean[j] + product : a;
        }
        scalar_score(&s, batch, r, s.through[network->count - 1] + r * network->outputs);
        for (int l = network->count - 1; l >= 0 && training; l--)
            scalar_backward(&s, l, seed, batch, r, below);
    }
    ls_memory_free(below);
    return s;
}

static inline scalar_pass scalar_run(const ls_network *network, const float *block, const ls_batch *batch,
                                     bool training, uint32_t seed)
{
    return scalar_run_for(training ? LS_PASS_TRAIN : LS_PASS_SCORE, network, block, batch, seed);
}

static inline void scalar_free(scalar_pass *s)
{
    for (int i = 0; i < SCALAR_MOST; i++) {
        ls_memory_free(s->tensor[i]);
        ls_memory_free(s->output[i]);
        ls_memory_free(s->through[i]);
        ls_memory_free(s->delta[i]);
        ls_memory_free(s->z[i]);
    }
    ls_memory_free(s->input);
    ls_memory_free(s->row_sums);
    ls_memory_free(s->prediction);
}

/* The gradient of element (k, j) of variable i over `shards` = 2^n shards: chains, and the tree. */
static inline float scalar_gradient(const scalar_pass *s, int i, int64_t k, int64_t j, const int64_t *shard_rows,
                                    int64_t shards)
{
    if (shards > 1) {
        const float left = scalar_gradient(s, i, k, j, shard_rows, shards / 2);
        return left + scalar_gradient(s, i, k, j, shard_rows + shards / 2, shards / 2);
    }
    const ls_tensor *t = &s->network->tensor[i];
    const ls_layer *layer = &s->network->layers[t->layer];
    static const float one = 1.0f;
    const bool vector = ls_tensor_is_vector(t);
    const int64_t first = shard_rows[0], rows = shard_rows[1] - first;
    const float *x = vector ? &one : scalar_outputs(s, layer->input[0], first) + k;
    const float *d = s->delta[i] + first * t->columns + j;
    if (layer->kind == &ls_layer_dense)
        return scalar_chain(s, rows, x, vector ? 0 : layer->inputs, d, t->columns);
    float chain = 0.0f; /* no product with a matrix: always float32 */
    for (int64_t r = 0; r < rows; r++)
        chain = fmaf(1.0f, d[r * t->columns], chain);
    return chain;
}

/* The whole gradient of one subtree into a block, padding 0. */
static inline void scalar_gradients(const scalar_pass *s, const int64_t *shard_rows, int64_t shards, float *block)
{
    memset(block, 0, (size_t)s->network->block * sizeof *block);
    for (int i = 0; i < s->network->variables; i++) {
        const ls_tensor t = ls_network_tensor(s->network, i);
        float *values = zeros(t.rows * t.columns, sizeof *values);
        for (int64_t k = 0; k < t.rows; k++)
            for (int64_t j = 0; j < t.columns; j++)
                values[k * t.columns + j] = scalar_gradient(s, i, k, j, shard_rows, shards);
        ls_network_pack(s->network, i, values, block);
        ls_memory_free(values);
    }
}

/* Sum `i` of one subtree: rows of a shard in order from +0, and the tree. */
static inline double scalar_sum(const scalar_pass *s, int i, const int64_t *shard_rows, int64_t shards)
{
    if (shards > 1) {
        const double left = scalar_sum(s, i, shard_rows, shards / 2);
        return left + scalar_sum(s, i, shard_rows + shards / 2, shards / 2);
    }
    double sum = 0.0;
    for (int64_t r = shard_rows[0]; r < shard_rows[1]; r++)
        sum += s->row_sums[r * s->network->metrics.width + i];
    return sum;
}

#endif
