/* Dropout: units that are left out while training, each by its own random word. */
#include "model/layer_kinds.h"
#include "model/pass_internal.h"

#include "base/memory.h"

#include <math.h>

static ls_status parse(const ls_layer_entry *e, const char *first, const char *cursor, ls_layer *layer)
{
    (void)first;
    if (!ls_layer_only_number(cursor, &layer->rate) || layer->rate < 0 || layer->rate >= 1)
        return ls_fail(LS_ERR_USAGE,
                       "--layers: layer %d '%.*s': dropout needs one rate, 0 <= rate < 1, as in 'dropout 0.2'",
                       e->number, e->length, e->text);
    return LS_OK;
}

static void format(const ls_layer *layer, ls_text *text)
{
    ls_text_append(text, "dropout ");
    ls_text_append_double(text, layer->rate);
}

static void config(const ls_layer *layer, ls_json *json)
{
    ls_json_put_real(json, "rate", layer->rate);
}

/* ---- in a pass ---- */

static int64_t row_bytes(const ls_layer *layer, bool training)
{
    return training ? layer->units : 0;
}

static ls_status allocate(ls_pass *pass, int l)
{
    if (!pass->training)
        return LS_OK;
    return ls_memory_allocate(&pass->layers[l].keep, pass->max_panels * LS_PANEL * pass->network->layers[l].units, 1,
                              "dropout masks");
}

/* Kept units are scaled so that the sum stays the same on average. */
static float scale_of(const ls_layer *layer)
{
    return (float)(1 / (1 - layer->rate));
}

static void forward(ls_pass *pass, const ls_pass_run *run, int l, const ls_pass_share *s)
{
    const ls_layer *layer = &pass->network->layers[l];
    const float *x = ls_pass_layer_input(pass, l);
    const int64_t stride = (layer->units + 1) * LS_PANEL;
    const double threshold = floor(layer->rate * 4294967296.0);
    for (int64_t p = s->own_first; p < s->own_last; p++) {
        if (!pass->training) {
            ls_pass_copy_input(pass, l, p);
            continue;
        }
        int64_t rows[LS_PANEL];
        ls_pass_dataset_rows(run->batch, p, rows);
        pass->kernels->dropout(run->seed, (uint32_t)l, run->batch->epoch, rows, (uint32_t)threshold, scale_of(layer),
                               layer->units, x + p * stride, pass->layers[l].output + p * stride,
                               pass->layers[l].keep + p * layer->units * LS_PANEL);
    }
}

static void backward(ls_pass *pass, const ls_pass_run *run, int l, int *flow, const ls_pass_share *s)
{
    const ls_layer *layer = &pass->network->layers[l];
    (void)run;
    for (int64_t p = s->own_first; p < s->own_last; p++)
        pass->kernels->dropout_backward(scale_of(layer), layer->units,
                                        pass->layers[l].keep + p * layer->units * LS_PANEL,
                                        pass->flow[*flow] + p * pass->flow_units * LS_PANEL);
}

static const ls_layer_operations operations = {
    .row_bytes = row_bytes,
    .allocate = allocate,
    .forward = forward,
    .backward = backward,
};

const ls_layer_kind ls_layer_dropout = {
    .word = "dropout",
    .stem = "dropout",
    .keras_class = "Dropout",
    .parse = parse,
    .format = format,
    .config = config,
    .operations = &operations,
};
