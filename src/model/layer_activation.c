/* An activation as a layer of its own: behind residual(...), or behind a normalisation. */
#include "model/layer_kinds.h"
#include "model/pass_internal.h"

/* The first word anew, with its parentheses. */
static ls_status parse(const ls_layer_entry *e, const char *first, const char *cursor, ls_layer *layer)
{
    char word[LS_LAYER_WORD];
    bool too_long, found;
    (void)first;
    cursor = e->text;
    (void)ls_layer_next_word(&cursor, word, &too_long);
    if (too_long)
        return ls_layer_unknown_word(e, word);
    LS_TRY(ls_layer_parse_activation(e, word, layer, &found));
    return ls_layer_next_word(&cursor, word, &too_long) ? ls_layer_unknown_word(e, word) : LS_OK;
}

/* ---- in a pass: whole rows, as softmax needs them ---- */

static void forward(ls_pass *pass, const ls_pass_run *run, int l, const ls_pass_share *s)
{
    const ls_layer *layer = &pass->network->layers[l];
    const int64_t stride = (layer->units + 1) * LS_PANEL;
    (void)run;
    for (int64_t p = s->own_first; p < s->own_last; p++) {
        ls_pass_copy_input(pass, l, p);
        pass->kernels->activate(layer->activation, ls_activation_numbers(&layer->activation_settings), layer->units,
                                pass->layers[l].output + p * stride);
    }
}

static void backward(ls_pass *pass, const ls_pass_run *run, int l, int *flow, const ls_pass_share *s)
{
    const ls_layer *layer = &pass->network->layers[l];
    const int64_t stride = (layer->units + 1) * LS_PANEL;
    (void)run;
    for (int64_t p = s->own_first; p < s->own_last && !ls_pass_masked(pass, l); p++)
        pass->kernels->activate_backward(layer->activation, ls_activation_numbers(&layer->activation_settings),
                                         layer->units, ls_pass_layer_input(pass, l) + p * stride,
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
    .format = ls_layer_format_activation,
    .config = ls_layer_activation_config,
    .operations = &operations,
};
