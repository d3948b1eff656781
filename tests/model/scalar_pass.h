/* A pass in scalars, straight from the arithmetic contract (DESIGN.md, section 1): row by row in plain arrays, one
 * chain of fused multiply-adds per element, per shard for the weights, the tree over shards by recursion. The functions
 * of one element or one row (activations, loss, metrics) are the library's own: their tests are in tests/math and
 * test_metrics. */
#ifndef LS_TEST_SCALAR_PASS_H
#define LS_TEST_SCALAR_PASS_H

#include "model_test.h"

typedef struct scalar_pass {
    const ls_network *network;
    int64_t rows;
    float *tensor[16]; /* [inputs][units] or [units] */
    float *output[17]; /* (rows, units) of layer l - 1; [0] is the normalised input */
    float *z[16];      /* (rows, units) of layer l before its activation, dense layers */
    float *delta[16];  /* (rows, units) gradient of layer l's z, dense layers */
    double *row_sums;  /* (rows, metrics.width) */
    float *prediction; /* (rows, outputs) in original units */
} scalar_pass;

/* Runs `f` on one row of `units` numbers, laid into a sample panel's lane 0; z is read backward only. */
static inline void scalar_activate(ls_activation activation, bool backward, int64_t units, const float *z, float *a,
                                   float *d)
{
    const ls_kernels *portable = ls_kernels_find("portable");
    float *pa = zeros(units * LS_PANEL, sizeof *pa), *pd = zeros(units * LS_PANEL, sizeof *pd);
    float *pz = zeros(units * LS_PANEL, sizeof *pz);
    for (int64_t j = 0; j < units; j++) {
        pa[j * LS_PANEL] = a[j];
        pd[j * LS_PANEL] = backward ? d[j] : 0;
        pz[j * LS_PANEL] = backward ? z[j] : 0;
    }
    if (backward)
        portable->activate_backward(activation, units, pz, pa, pd);
    else
        portable->activate(activation, units, pa);
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

/* Forward through layer l for row r. */
static inline void scalar_layer(scalar_pass *s, int l, int i, bool training, uint32_t seed, const ls_batch *batch,
                                int64_t r)
{
    const ls_layer *layer = &s->network->layers[l];
    const float *x = s->output[l] + r * layer->inputs;
    float *a = s->output[l + 1] + r * layer->units;
    if (layer->kind != &ls_layer_dense) {
        const float scale = (float)(1 / (1 - layer->rate));
        for (int64_t u = 0; u < layer->units; u++)
            a[u] = !training ? x[u] : scalar_kept(layer, l, seed, batch, r, u) ? x[u] * scale : 0.0f;
        return;
    }
    for (int64_t j = 0; j < layer->units; j++) {
        float chain = 0.0f;
        for (int64_t k = 0; k < layer->inputs; k++)
            chain = fmaf(x[k], s->tensor[i][k * layer->units + j], chain);
        a[j] = layer->bias ? chain + s->tensor[i + 1][j] : chain;
    }
    memcpy(s->z[l] + r * layer->units, a, (size_t)layer->units * sizeof *a);
    scalar_activate(layer->activation, false, layer->units, NULL, a, NULL);
}

/* Loss and metrics of row r, and the gradient d (outputs). */
static inline void scalar_score(scalar_pass *s, const ls_batch *batch, int64_t r, float *d)
{
    const ls_network *network = s->network;
    const int64_t outputs = network->outputs;
    const float *a = s->output[network->count] + r * outputs, *z = s->z[network->count - 1] + r * outputs;
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
        ls_kernels_find("portable")->activate(task.link, outputs, chances);
    ls_metrics_panel(&network->metrics, &task, 1, pa, chances, &raw, sums);
    ls_memory_free(chances);
    for (int64_t j = 0; j < outputs; j++)
        d[j] = pd[j * LS_PANEL];
    ls_memory_free(y);
    ls_memory_free(pz);
}

/* From the gradient d of the outputs down to the first layer with weights. d has room for the widest layer. */
static inline void scalar_backward(scalar_pass *s, uint32_t seed, const ls_batch *batch, int64_t r, float *d,
                                   float *below)
{
    const ls_network *network = s->network;
    for (int l = network->count - 1, i = network->variables; l >= 0; l--) {
        const ls_layer *layer = &network->layers[l];
        if (layer->kind != &ls_layer_dense) {
            for (int64_t u = 0; u < layer->units; u++)
                d[u] = scalar_kept(layer, l, seed, batch, r, u) ? d[u] * (float)(1 / (1 - layer->rate)) : 0.0f;
            continue;
        }
        i -= layer->bias ? 2 : 1;
        if (l < network->count - 1 || !ls_loss_fused(&network->loss))
            scalar_activate(layer->activation, true, layer->units, s->z[l] + r * layer->units,
                            s->output[l + 1] + r * layer->units, d);
        memcpy(s->delta[l] + r * layer->units, d, (size_t)layer->units * sizeof *d);
        for (int64_t k = 0; k < layer->inputs; k++) {
            below[k] = 0.0f;
            for (int64_t j = 0; j < layer->units; j++)
                below[k] = fmaf(d[j], s->tensor[i][k * layer->units + j], below[k]);
        }
        memcpy(d, below, (size_t)layer->inputs * sizeof *d);
    }
}

static inline scalar_pass scalar_run(const ls_network *network, const float *block, const ls_batch *batch,
                                     bool training, uint32_t seed)
{
    scalar_pass s = {.network = network, .rows = batch->rows};
    int64_t widest = network->features;
    for (int i = 0; i < network->variables; i++) {
        const ls_tensor t = ls_network_tensor(network, i);
        s.tensor[i] = zeros(t.rows * t.columns, sizeof(float));
        ls_network_unpack(network, i, block, s.tensor[i]);
    }
    s.output[0] = zeros(batch->rows * network->features, sizeof(float));
    for (int l = 0; l < network->count; l++) {
        const int64_t units = network->layers[l].units;
        s.output[l + 1] = zeros(batch->rows * units, sizeof(float));
        s.delta[l] = zeros(batch->rows * units, sizeof(float));
        s.z[l] = zeros(batch->rows * units, sizeof(float));
        widest = units > widest ? units : widest;
    }
    s.row_sums = zeros(batch->rows * network->metrics.width, sizeof *s.row_sums);
    s.prediction = zeros(batch->rows * network->outputs, sizeof *s.prediction);
    float *d = zeros(widest, sizeof *d), *below = zeros(widest, sizeof *below);
    for (int64_t r = 0; r < batch->rows; r++) {
        for (int64_t k = 0; k < network->features; k++) {
            const ls_affine *map = &network->feature_map;
            s.output[0][r * network->features + k] =
                map->count ? (batch->x[r][k] - map->mean[k]) / map->scale[k] : batch->x[r][k];
        }
        for (int l = 0, i = 0; l < network->count; l++) {
            const ls_layer *layer = &network->layers[l];
            scalar_layer(&s, l, i, training, seed, batch, r);
            i += layer->kind != &ls_layer_dense ? 0 : layer->bias ? 2 : 1;
        }
        for (int64_t j = 0; j < network->outputs; j++) {
            const ls_affine *map = &network->target_map;
            const float a = s.output[network->count][r * network->outputs + j];
            const float product = map->count ? a * map->scale[j] : 0;
            s.prediction[r * network->outputs + j] = map->count ? map->mean[j] + product : a;
        }
        scalar_score(&s, batch, r, d);
        if (training)
            scalar_backward(&s, seed, batch, r, d, below);
    }
    ls_memory_free(d);
    ls_memory_free(below);
    return s;
}

static inline void scalar_free(scalar_pass *s)
{
    for (int i = 0; i < 16; i++) {
        ls_memory_free(s->tensor[i]);
        ls_memory_free(s->output[i]);
        ls_memory_free(s->delta[i]);
        ls_memory_free(s->z[i]);
    }
    ls_memory_free(s->output[16]);
    ls_memory_free(s->row_sums);
    ls_memory_free(s->prediction);
}

/* The gradient of weight (k, j) of layer l over `shards` = 2^i shards: chains, and the tree. k = inputs is the bias. */
static inline float scalar_gradient(const scalar_pass *s, int l, int64_t k, int64_t j, const int64_t *shard_rows,
                                    int64_t shards)
{
    if (shards > 1) {
        const float left = scalar_gradient(s, l, k, j, shard_rows, shards / 2);
        return left + scalar_gradient(s, l, k, j, shard_rows + shards / 2, shards / 2);
    }
    const ls_layer *layer = &s->network->layers[l];
    float chain = 0.0f;
    for (int64_t r = shard_rows[0]; r < shard_rows[1]; r++) {
        const float x = k < layer->inputs ? s->output[l][r * layer->inputs + k] : 1.0f;
        chain = fmaf(x, s->delta[l][r * layer->units + j], chain);
    }
    return chain;
}

/* The whole gradient of one subtree into a block, padding 0. */
static inline void scalar_gradients(const scalar_pass *s, const int64_t *shard_rows, int64_t shards, float *block)
{
    memset(block, 0, (size_t)s->network->block * sizeof *block);
    for (int i = 0; i < s->network->variables; i++) {
        const ls_tensor t = ls_network_tensor(s->network, i);
        float *values = zeros(t.rows * t.columns, sizeof *values);
        for (int64_t k = 0; k < t.rows; k++) {
            for (int64_t j = 0; j < t.columns; j++) {
                const int64_t row = ls_tensor_is_vector(&t) ? s->network->layers[t.layer].inputs : k;
                values[k * t.columns + j] = scalar_gradient(s, t.layer, row, j, shard_rows, shards);
            }
        }
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
