/* The end of residual(...): what the branch gives and what went into it are added. */
#include "model/layer_kinds.h"
#include "model/pass_internal.h"

#include "base/memory.h"

#include <string.h>

static int64_t row_bytes(const ls_layer *layer, bool training)
{
    return training ? (int64_t)sizeof(float) * layer->units : 0;
}

static ls_status allocate(ls_pass *pass, int l)
{
    if (!pass->training)
        return LS_OK;
    return ls_memory_allocate(&pass->layers[l].around, pass->max_panels * LS_PANEL * pass->network->layers[l].units,
                              sizeof(float), "deltas");
}

/* Outputs of another layer, or the features. */
static const float *outputs_of(const ls_pass *pass, int layer)
{
    return layer == LS_FEATURES ? pass->input : pass->layers[layer].output;
}

static void forward(ls_pass *pass, const ls_pass_run *run, int l, const ls_pass_share *s)
{
    const ls_layer *layer = &pass->network->layers[l];
    const int64_t n = layer->units * LS_PANEL, stride = n + LS_PANEL;
    (void)run;
    for (int64_t p = s->own_first; p < s->own_last; p++)
        pass->kernels->add(n, outputs_of(pass, layer->input[1]) + p * stride,
                           outputs_of(pass, layer->input[0]) + p * stride, pass->layers[l].output + p * stride);
}

/* The delta goes down the branch, and once more around it: it is kept until the layer that both come from has its
 * turn (ls_pass_backward). */
static void backward(ls_pass *pass, const ls_pass_run *run, int l, int *flow, const ls_pass_share *s)
{
    const int64_t n = pass->network->layers[l].units * LS_PANEL;
    (void)run;
    for (int64_t p = s->own_first; p < s->own_last; p++)
        memcpy(pass->layers[l].around + p * n, pass->flow[*flow] + p * pass->flow_units * LS_PANEL,
               (size_t)n * sizeof(float));
}

static const ls_layer_operations operations = {
    .row_bytes = row_bytes,
    .allocate = allocate,
    .forward = forward,
    .backward = backward,
};

const ls_layer_kind ls_layer_add = {
    .stem = "add",
    .keras_class = "Add",
    .operations = &operations,
};
