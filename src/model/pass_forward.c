/* Rows through the layers: gathering, dense layers and dropout, loss and metrics of the outputs. */
#include "model/pass_internal.h"

#include "base/clock.h"

#include <math.h>
#include <string.h>

/* Features of a panel's rows that are not float32: made so a block at a time, which is then gathered from L1. */
static void gather_stored(const ls_pass *pass, const ls_batch *batch, int64_t first, int lanes, float *out)
{
    enum { BLOCK = 128 };
    float values[LS_PANEL][BLOCK];
    const float *rows[LS_PANEL];
    const ls_affine *map = &pass->network->feature_map;
    const int64_t features = pass->network->features;
    for (int lane = 0; lane < lanes; lane++)
        rows[lane] = values[lane];
    for (int64_t f = 0; f < features; f += BLOCK) {
        const int64_t n = features - f < BLOCK ? features - f : BLOCK;
        for (int lane = 0; lane < lanes; lane++)
            batch->widen(batch->stored_type, n, (const char *)batch->stored[first + lane] + f * batch->stored_bytes,
                         values[lane]);
        pass->kernels->gather(rows, lanes, n, map->count ? map->mean + f : NULL, map->count ? map->scale + f : NULL,
                              out + f * LS_PANEL);
    }
}

/* Rows of one sample panel, transposed and normalised; lanes behind the last row are 0. */
static void gather_panel(ls_pass *pass, const ls_batch *batch, int64_t panel)
{
    const ls_network *network = pass->network;
    const ls_affine *map = &network->feature_map;
    const int64_t first = panel * LS_PANEL, left = batch->rows - first;
    const int lanes = (int)(left < LS_PANEL ? left : LS_PANEL);
    float *out = pass->input + panel * (network->features + 1) * LS_PANEL;
    if (batch->widen)
        gather_stored(pass, batch, first, lanes, out);
    else
        pass->kernels->gather(batch->x + first, lanes, network->features, map->count ? map->mean : NULL,
                              map->count ? map->scale : NULL, out);
    for (int64_t r = first; batch->y && network->target_map.count && r < first + lanes; r++) {
        for (int64_t j = 0; j < network->outputs; j++)
            pass->target[r * network->outputs + j] = ls_affine_forward(&network->target_map, j, batch->y[r][j]);
    }
}

static void forward_dropout(ls_pass *pass, uint32_t seed, const ls_batch *batch, int l, const ls_pass_share *s)
{
    const ls_layer *layer = &pass->network->layers[l];
    const float *x = ls_pass_layer_input(pass, l);
    const int64_t stride = (layer->units + 1) * LS_PANEL;
    const double threshold = floor(layer->rate * 4294967296.0);
    const float scale = (float)(1 / (1 - layer->rate));
    for (int64_t p = s->own_first; p < s->own_last; p++) {
        float *out = pass->layers[l].output + p * stride;
        if (!pass->training) {
            memcpy(out, x + p * stride, (size_t)(layer->units * LS_PANEL) * sizeof *out);
            continue;
        }
        int64_t rows[LS_PANEL] = {0};
        for (int lane = 0; lane < LS_PANEL && p * LS_PANEL + lane < batch->rows; lane++)
            rows[lane] = batch->row[p * LS_PANEL + lane];
        pass->kernels->dropout(seed, (uint32_t)l, batch->epoch, rows, (uint32_t)threshold, scale, layer->units,
                               x + p * stride, out, pass->layers[l].keep + p * layer->units * LS_PANEL);
    }
}

static void forward_dense(ls_pass *pass, const float *block, int l, const ls_pass_share *s)
{
    const ls_network *network = pass->network;
    const ls_layer *layer = &network->layers[l];
    const bool last = l == network->count - 1;
    const int64_t x_stride = (layer->inputs + 1) * LS_PANEL, a_stride = (layer->units + 1) * LS_PANEL;
    const int64_t z_stride = layer->units * LS_PANEL;
    const int64_t panel_floats = ls_layer_weight_rows(layer) * LS_PANEL;
    const float *x = ls_pass_layer_input(pass, l) + s->first * x_stride;
    float *a = pass->layers[l].output;
    int64_t begin, end;
    ls_pass_part(s, layer->panels, &begin, &end);
    const int64_t first = begin * LS_PANEL, stop = end * LS_PANEL < layer->units ? end * LS_PANEL : layer->units;
    const bool relu = layer->activation == LS_RELU && !last;
    pass->kernels->forward(x, x_stride, block + layer->offset, panel_floats, layer->bias, relu, layer->inputs, first,
                           stop, s->last - s->first, a + s->first * a_stride, a_stride);
    for (int64_t p = s->first; p < s->last && first < stop && !relu; p++) {
        float *at = a + p * a_stride + first * LS_PANEL;
        if (last)
            memcpy(pass->z + p * z_stride + first * LS_PANEL, at, (size_t)((stop - first) * LS_PANEL) * sizeof *at);
        if (layer->activation != LS_SOFTMAX)
            pass->kernels->activate(layer->activation, stop - first, at);
    }
    if (layer->activation == LS_SOFTMAX) { /* over all units of a row: when all members are done */
        ls_pass_meet(s);
        for (int64_t p = s->own_first; p < s->own_last; p++)
            pass->kernels->activate(LS_SOFTMAX, layer->units, a + p * a_stride);
    }
}

void ls_pass_forward(ls_pass *pass, uint32_t seed, const float *block, const ls_batch *batch, const ls_pass_share *s,
                     int thread)
{
    const double start = thread == 0 ? ls_clock() : 0;
    for (int64_t p = s->own_first; p < s->own_last; p++)
        gather_panel(pass, batch, p);
    if (thread == 0)
        pass->gather_seconds = ls_clock() - start;
    ls_pass_meet(s);
    for (int l = 0; l < pass->network->count; l++) {
        if (pass->network->layers[l].kind == LS_LAYER_DROPOUT)
            forward_dropout(pass, seed, batch, l, s);
        else
            forward_dense(pass, block, l, s);
        ls_pass_meet(s);
    }
}

/* The rows' losses and gradients times their weights, as Keras scales them. */
static void weigh(const float *weight, int lanes, int64_t outputs, double *value, float *d)
{
    for (int l = 0; l < lanes; l++)
        value[l] *= (double)weight[l];
    for (int64_t j = 0; d && j < outputs; j++)
        for (int l = 0; l < lanes; l++)
            d[j * LS_PANEL + l] *= weight[l];
}

void ls_pass_score(ls_pass *pass, const ls_batch *batch, const ls_pass_share *s)
{
    const ls_network *network = pass->network;
    const int64_t outputs = network->outputs;
    const int width = network->metrics.width;
    const ls_metric_task task = ls_network_task(network);
    const float *a = pass->layers[network->count - 1].output;
    for (int64_t p = s->own_first; p < s->own_last; p++) {
        const int64_t r = p * LS_PANEL;
        const int lanes = (int)(batch->rows - r < LS_PANEL ? batch->rows - r : LS_PANEL);
        const ls_targets raw = {batch->y ? batch->y + r : NULL, batch->label ? batch->label + r : NULL};
        const ls_targets mapped = {network->target_map.count ? (const float *const *)pass->target_rows + r : raw.y,
                                   raw.label};
        double value[LS_PANEL];
        float *d = pass->training ? pass->flow[0] + p * pass->flow_units * LS_PANEL : NULL;
        pass->kernels->loss(network->loss, outputs, lanes, pass->z + p * outputs * LS_PANEL,
                            a + p * (outputs + 1) * LS_PANEL, &mapped, value, d);
        if (batch->weight)
            weigh(batch->weight + r, lanes, outputs, value, d);
        double *sums = pass->row_sums + r * width;
        const float *out = a + p * (outputs + 1) * LS_PANEL;
        ls_metrics_panel(&network->metrics, &task, lanes, out, out, &raw, sums);
        if (pass->cells)
            ls_metrics_panel_cells(&network->metrics, &task, lanes, out, &raw,
                                   pass->cells + r * network->metrics.row_cells);
        for (int lane = 0; lane < lanes; lane++)
            sums[lane * width] = value[lane];
    }
}
