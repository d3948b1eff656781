/* Buffers of operands in bfloat16, and filling them in a pass. */
#include "model/operands.h"

#include "base/memory.h"
#include "math/bfloat16.h"
#include "model/layer_kinds.h"
#include "model/pass_internal.h"

#include <string.h>

/* ---- buffers ---- */

/* The dense layers have kernels of the products; others have vectors only. */
static const ls_matrix *kernel_of(const ls_network *network, int l)
{
    const ls_layer *layer = &network->layers[l];
    return layer->matrices > 0 && network->matrix[layer->matrix].inputs > 0 ? &network->matrix[layer->matrix] : NULL;
}

static int64_t rows_stride(int values, int64_t inputs)
{
    return (inputs + 1) * LS_PANEL / values;
}

static int64_t widest_output(const ls_network *network)
{
    int64_t widest = 1;
    for (int l = 0; l < network->count; l++)
        if (kernel_of(network, l) && network->layers[l].units > widest)
            widest = network->layers[l].units;
    return widest;
}

int64_t ls_operands_row_bytes(const ls_network *network, int values)
{
    int64_t floats = ls_bfloat16_samples(values, widest_output(network));
    for (int l = 0; l < network->count; l++) {
        const ls_matrix *m = kernel_of(network, l);
        if (m)
            floats += ls_bfloat16_samples(values, m->inputs) + (values > 1 ? rows_stride(values, m->inputs) : 0);
    }
    return floats * (int64_t)sizeof(float) / LS_PANEL;
}

/* Floats of layer l's weights, and of those on the way back where they are apart. */
static int64_t weight_floats(const ls_network *network, int values, int l, int first_trained)
{
    const ls_matrix *m = kernel_of(network, l);
    if (!m)
        return 0;
    const int64_t back = values > 1 && l != first_trained ? m->inputs * LS_PANEL / values : 0;
    return m->panels * (ls_bfloat16_weights(values, m->inputs, network->layers[l].bias) + back);
}

int64_t ls_operands_bytes(const ls_network *network, int values, int first_trained)
{
    int64_t floats = 0;
    for (int l = 0; l < network->count; l++)
        floats += weight_floats(network, values, l, first_trained);
    return floats * (int64_t)sizeof(float);
}

static ls_status allocate_layer(const ls_network *network, int values, int64_t panels, int l, int first_trained,
                                ls_dense_operands *o)
{
    const ls_matrix *m = kernel_of(network, l);
    const char *what = "operands in bfloat16";
    if (!m)
        return LS_OK;
    o->samples_stride = ls_bfloat16_samples(values, m->inputs);
    o->weights_stride = ls_bfloat16_weights(values, m->inputs, network->layers[l].bias);
    LS_TRY(ls_memory_allocate(&o->samples, panels * o->samples_stride, sizeof(float), what));
    LS_TRY(ls_memory_allocate(&o->weights, m->panels * o->weights_stride, sizeof(float), what));
    o->rows = o->samples;
    o->back = o->weights;
    o->rows_stride = o->samples_stride;
    o->back_stride = o->weights_stride;
    if (values == 1)
        return LS_OK;
    o->rows_stride = rows_stride(values, m->inputs);
    o->back_stride = m->inputs * LS_PANEL / values;
    LS_TRY(ls_memory_allocate(&o->rows, panels * o->rows_stride, sizeof(float), what));
    o->back = NULL;
    return l == first_trained ? LS_OK : ls_memory_allocate(&o->back, m->panels * o->back_stride, sizeof(float), what);
}

ls_status ls_operands_create(const ls_network *network, const ls_kernels *kernels, int64_t panels, int first_trained,
                             ls_operands **operands)
{
    ls_operands *o;
    ls_status status;
    LS_TRY(ls_memory_allocate(operands, 1, sizeof **operands, "operands in bfloat16"));
    o = *operands;
    o->values = kernels->bfloat16.values;
    o->delta_stride = ls_bfloat16_samples(o->values, widest_output(network));
    o->layers = network->count;
    LS_TRY_CLEANUP(ls_memory_allocate(&o->layer, network->count, sizeof *o->layer, "operands in bfloat16"));
    LS_TRY_CLEANUP(ls_memory_allocate(&o->delta, panels * o->delta_stride, sizeof(float), "operands in bfloat16"));
    for (int l = 0; l < network->count; l++)
        LS_TRY_CLEANUP(allocate_layer(network, o->values, panels, l, first_trained, &o->layer[l]));
    return LS_OK;
cleanup:
    ls_operands_destroy(o);
    *operands = NULL;
    return status;
}

void ls_operands_destroy(ls_operands *operands)
{
    if (!operands)
        return;
    for (int l = 0; operands->layer && l < operands->layers; l++) {
        ls_dense_operands *o = &operands->layer[l];
        if (o->rows != o->samples)
            ls_memory_free(o->rows);
        if (o->back != o->weights)
            ls_memory_free(o->back);
        ls_memory_free(o->samples);
        ls_memory_free(o->weights);
    }
    ls_memory_free(operands->layer);
    ls_memory_free(operands->delta);
    ls_memory_free(operands);
}

/* ---- in a pass ---- */

/* Weight panels [first, last) of layer l. */
static void take_weights(ls_pass *pass, const float *block, int l, int64_t first, int64_t last)
{
    const ls_matrix *m = kernel_of(pass->network, l);
    const ls_dense_operands *o = &pass->operands->layer[l];
    for (int64_t p = first; p < last; p++)
        pass->kernels->bfloat16.weights(
            m->inputs, pass->network->layers[l].bias, block + m->offset + p * ls_matrix_rows(m) * LS_PANEL,
            o->weights + p * o->weights_stride, o->back ? o->back + p * o->back_stride : NULL);
}

void ls_operands_begin(ls_pass *pass, const ls_pass_run *run, const ls_pass_share *s)
{
    if (!pass->operands || ls_pass_by_output(pass, run->batch->rows))
        return;
    for (int l = 0; l < pass->network->count; l++) {
        const ls_matrix *m = kernel_of(pass->network, l);
        if (m)
            take_weights(pass, run->block, l, m->panels * s->thread / s->team, m->panels * (s->thread + 1) / s->team);
    }
    ls_pass_meet_all(s);
}

void ls_operands_forward(ls_pass *pass, const ls_pass_run *run, int l, const ls_pass_share *s, int64_t first,
                         int64_t last, bool relu)
{
    /* as many weight panels as the kernels take at once: they are in the cache when they are multiplied */
    enum { TOGETHER = 16 * LS_PANEL };
    const ls_bfloat16_kernels *kernels = &pass->kernels->bfloat16;
    const ls_layer *layer = &pass->network->layers[l];
    const ls_dense_operands *o = &pass->operands->layer[l];
    const float *x = ls_pass_layer_input(pass, l);
    const int64_t x_stride = (layer->inputs + 1) * LS_PANEL, a_stride = (layer->units + 1) * LS_PANEL;
    const bool shared = !ls_pass_by_output(pass, run->batch->rows); /* ls_operands_begin has the weights */
    for (int64_t p = s->own_first; p < s->own_last; p++)
        kernels->samples(layer->inputs, ls_pass_batch_lanes(run->batch, p), x + p * x_stride,
                         o->samples + p * o->samples_stride,
                         pass->operands->values > 1 ? o->rows + p * o->rows_stride : NULL);
    ls_pass_meet(s);
    for (int64_t from = first, to; from < last; from = to) {
        to = shared || last - from < TOGETHER ? last : from + TOGETHER;
        if (!shared)
            take_weights(pass, run->block, l, from / LS_PANEL, (to + LS_PANEL - 1) / LS_PANEL);
        kernels->forward(o->samples + s->first * o->samples_stride, o->samples_stride, o->weights, o->weights_stride,
                         layer->bias, relu, layer->inputs, from, to, s->last - s->first,
                         pass->layers[l].output + s->first * a_stride, a_stride);
    }
}

void ls_operands_delta(ls_pass *pass, const ls_pass_run *run, int l, const float *d, const ls_pass_share *s)
{
    const int64_t units = pass->network->layers[l].units;
    ls_operands *o = pass->operands;
    for (int64_t p = s->own_first; p < s->own_last; p++)
        pass->kernels->bfloat16.samples(units, ls_pass_batch_lanes(run->batch, p), d + p * pass->flow_units * LS_PANEL,
                                        o->delta + p * o->delta_stride, NULL);
}

void ls_operands_input_gradient(ls_pass *pass, int l, const ls_pass_share *s, int64_t first, int64_t last,
                                const float *relu, int64_t relu_stride, float *dx)
{
    const ls_operands *o = pass->operands;
    const ls_dense_operands *of = &o->layer[l];
    pass->kernels->bfloat16.input_gradient(o->delta + s->first * o->delta_stride, o->delta_stride, of->back,
                                           of->back_stride, pass->network->layers[l].units, first, last,
                                           s->last - s->first, relu, relu_stride, dx, pass->flow_units * LS_PANEL);
}
