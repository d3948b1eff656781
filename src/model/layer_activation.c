/* An activation as a layer of its own: behind residual(...), or behind a normalisation. */
#include "model/layer_kinds.h"
#include "model/pass_internal.h"

#include "math/activations.h"

static ls_status parse(const ls_layer_entry *e, const char *word, const char *cursor, ls_layer *layer)
{
    char more[LS_LAYER_WORD];
    bool too_long;
    ls_activation_find(word, &layer->activation);
    return ls_layer_next_word(&cursor, more, &too_long) ? ls_layer_unknown_word(e, more) : LS_OK;
}

static void format(const ls_layer *layer, ls_text *text)
{
    ls_text_append(text, ls_activation_name(layer->activation));
}

static void config(const ls_layer *layer, ls_json *json)
{
    ls_json_put_string(json, "activation", ls_activation_name(layer->activation));
}

/* ---- in a pass: whole rows, as softmax needs them ---- */

static void forward(ls_pass *pass, const ls_pass_run *run, int l, const ls_pass_share *s)
{
    const ls_layer *layer = &pass->network->layers[l];
    const int64_t stride = (layer->units + 1) * LS_PANEL;
    (void)run;
    for (int64_t p = s->own_first; p < s->own_last; p++) {
        ls_pass_copy_input(pass, l, p);
        pass->kernels->activate(layer->activation, layer->units, pass->layers[l].output + p * stride);
    }
}

static void backward(ls_pass *pass, const ls_pass_run *run, int l, int *flow, const ls_pass_share *s)
{
    const ls_layer *layer = &pass->network->layers[l];
    const int64_t stride = (layer->units + 1) * LS_PANEL;
    (void)run;
    for (int64_t p = s->own_first; p < s->own_last && !ls_pass_masked(pass, l); p++)
        pass->kernels->activate_backward(layer->activation, layer->units, ls_pass_layer_input(pass, l) + p * stride,
                                         pass->layers[l].output + p * stride,
                                         pass->flow[*flow] + p * pass->flow_units * LS_PANEL);
}

static const ls_layer_operations operations = {
    .forward = forward,
    .backward = backward,
};

const ls_layer_kind ls_layer_activation = {
    .stem = "activation",
    .keras_class = "Activation",
    .parse = parse,
    .format = format,
    .config = config,
    .operations = &operations,
};
