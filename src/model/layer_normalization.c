/* Layer normalisation: the units of a row with mean 0 and variance 1, then a scale and an offset for each unit. */
#include "model/layer_kinds.h"
#include "model/pass_internal.h"

#include "base/memory.h"
#include "base/settings.h"

static const ls_setting settings[] = {LS_LAYER_SCALING};

static ls_status parse(const ls_layer_entry *e, const char *first, const char *cursor, ls_layer *layer)
{
    (void)first;
    ls_layer_scaling_defaults(layer);
    return ls_layer_parse_settings(e, cursor, settings, sizeof settings / sizeof *settings, layer);
}

static void format(const ls_layer *layer, ls_text *text)
{
    ls_text_append(text, "layer_normalization");
    ls_layer_scaling_format(layer, text);
}

static void config(const ls_layer *layer, ls_json *json)
{
    ls_json_key(json, "axis");
    ls_json_array_begin(json);
    ls_json_integer(json, -1);
    ls_json_array_end(json);
    ls_layer_scaling_config(layer, json);
}

/* ---- in a pass ---- */

enum { STATISTICS = 2 * LS_PANEL }; /* of a panel's rows: means, and reciprocals of deviations */

static int64_t row_bytes(const ls_layer *layer, bool training)
{
    (void)layer;
    return training ? (int64_t)sizeof(float) * STATISTICS / LS_PANEL : 0;
}

static ls_status allocate(ls_pass *pass, int l)
{
    if (!pass->training)
        return LS_OK;
    return ls_memory_allocate(&pass->layers[l].statistics, pass->max_panels * STATISTICS, sizeof(float), "statistics");
}

static void forward(ls_pass *pass, const ls_pass_run *run, int l, const ls_pass_share *s)
{
    const ls_layer *layer = &pass->network->layers[l];
    const int64_t stride = (layer->units + 1) * LS_PANEL;
    const float *scale = ls_pass_vector(pass, run, ls_layer_scale(layer)),
                *offset = ls_pass_vector(pass, run, ls_layer_offset(layer));
    for (int64_t p = s->own_first; p < s->own_last; p++) {
        float passing[STATISTICS], *kept = pass->layers[l].statistics;
        pass->kernels->normalize(layer->units, layer->epsilon, ls_pass_layer_input(pass, l) + p * stride, scale, offset,
                                 kept ? kept + p * STATISTICS : passing, pass->layers[l].output + p * stride);
    }
}

/* The deltas of the offset are those of the outputs; those of the scale are made in the flow that is free. */
static void leave_deltas(ls_pass *pass, int l, const float *d, float *made, const ls_pass_share *s)
{
    const ls_layer *layer = &pass->network->layers[l];
    const int64_t flow_stride = pass->flow_units * LS_PANEL, stride = (layer->units + 1) * LS_PANEL;
    for (int64_t p = s->own_first; p < s->own_last && layer->scale; p++)
        pass->kernels->normalize_scale(layer->units, ls_pass_layer_input(pass, l) + p * stride,
                                       pass->layers[l].statistics + p * STATISTICS, d + p * flow_stride,
                                       made + p * flow_stride);
    ls_pass_meet(s); /* so far each member had its own rows */
    if (layer->scale)
        ls_pass_transpose_deltas(pass, ls_layer_scale(layer), made, flow_stride, s);
    if (layer->center)
        ls_pass_transpose_deltas(pass, ls_layer_offset(layer), d, flow_stride, s);
    ls_pass_meet(s); /* others read rows that go on from here */
}

static void backward(ls_pass *pass, const ls_pass_run *run, int l, int *flow, const ls_pass_share *s)
{
    const ls_layer *layer = &pass->network->layers[l];
    const int64_t stride = (layer->units + 1) * LS_PANEL;
    float *d = pass->flow[*flow];
    if (layer->matrices > 0)
        leave_deltas(pass, l, d, pass->flow[1 - *flow], s);
    for (int64_t p = s->own_first; p < s->own_last && l != pass->first_trained; p++)
        pass->kernels->normalize_backward(
            layer->units, ls_pass_layer_input(pass, l) + p * stride, pass->layers[l].statistics + p * STATISTICS,
            ls_pass_vector(pass, run, ls_layer_scale(layer)), d + p * pass->flow_units * LS_PANEL);
}

static const ls_layer_operations operations = {
    .row_bytes = row_bytes,
    .allocate = allocate,
    .forward = forward,
    .backward = backward,
};

const ls_layer_kind ls_layer_normalization = {
    .word = "layer_normalization",
    .stem = "layer_normalization",
    .keras_class = "LayerNormalization",
    .parse = parse,
    .format = format,
    .matrices = ls_layer_scaling_matrices,
    .config = config,
    .operations = &operations,
};
