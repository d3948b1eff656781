/* A dense layer: its words, and its products in a pass. */
#include "model/layer_kinds.h"
#include "model/pass_internal.h"

#include "base/memory.h"
#include "base/parse.h"
#include "math/activations.h"

#include <string.h>

#define MAX_UNITS (INT64_C(1) << 30)

/* ---- words ---- */

/* The words about its two variables, by role. */
enum { VARIABLES = LS_BIAS + 1 };
static const char *const regularizer_words[VARIABLES] = {"kernel_regularizer", "bias_regularizer"};
static const char *const constraint_words[VARIABLES] = {"kernel_constraint", "bias_constraint"};
static const char *const initializer_words[VARIABLES] = {"kernel_initializer", "bias_initializer"};

static int find_word(const char *const list[VARIABLES], const char *word)
{
    int i = 0;
    while (i < VARIABLES && strcmp(list[i], word) != 0)
        i++;
    return i;
}

static ls_status parse_initializer(const char *what, const char *value, ls_role role, ls_layer *layer)
{
    ls_initializer initializer;
    if (layer->initializer_said[role])
        return ls_fail(LS_ERR_USAGE, "%s is given twice; leave one of them out", what);
    layer->initializer_said[role] = true;
    LS_TRY(ls_initializer_parse(what, value, &initializer));
    ls_layer_set_initializer(layer, role, &initializer);
    return LS_OK;
}

/* Regularizers, constraints and initializers; *taken: the word is one of theirs. */
static ls_status parse_rule(const ls_layer_entry *e, const char *word, const char *value, ls_layer *layer, bool *taken)
{
    const int regularizer = find_word(regularizer_words, word), constraint = find_word(constraint_words, word);
    const int initializer = find_word(initializer_words, word);
    char what[LS_LAYER_ENTRY];
    *taken = regularizer < VARIABLES || constraint < VARIABLES || initializer < VARIABLES;
    if (!*taken)
        return LS_OK;
    ls_layer_name_word(e, word, what);
    if (initializer < VARIABLES)
        return parse_initializer(what, value, (ls_role)initializer, layer);
    if (constraint < VARIABLES)
        return layer->constraint[constraint].kind == LS_CONSTRAINT_NONE
                   ? ls_constraint_parse(what, value, &layer->constraint[constraint])
                   : ls_fail(LS_ERR_USAGE, "%s is given twice; leave one of them out", what);
    if (layer->regularizer_said[regularizer])
        return ls_fail(LS_ERR_USAGE, "%s is given twice; leave one of them out", what);
    layer->regularizer_said[regularizer] = true;
    return ls_regularizer_parse(what, value, &layer->regularizer[regularizer]);
}

/* Keras takes a bias' words without a bias in silence. */
static ls_status check_bias(const ls_layer_entry *e, const ls_layer *layer)
{
    char what[LS_LAYER_ENTRY];
    const char *said = layer->constraint[LS_BIAS].kind != LS_CONSTRAINT_NONE ? constraint_words[LS_BIAS]
                       : ls_regularizer_is_set(&layer->regularizer[LS_BIAS]) ? regularizer_words[LS_BIAS]
                       : layer->initializer_said[LS_BIAS]                    ? initializer_words[LS_BIAS]
                                                                             : NULL;
    if (layer->bias || !said)
        return LS_OK;
    ls_layer_name_word(e, said, what);
    return ls_fail(LS_ERR_USAGE, "%s, but the layer has no bias; leave it or use_bias=off out", what);
}

/* The first one. */
static ls_status parse_activation(const ls_layer_entry *e, const char *word, ls_layer *layer)
{
    bool found = false;
    if (layer->activation == LS_ACTIVATION_COUNT)
        LS_TRY(ls_layer_parse_activation(e, word, layer, &found));
    return found ? LS_OK : ls_layer_unknown_word(e, word);
}

static ls_status parse_setting(const ls_layer_entry *e, const char *word, const char *value, ls_layer *layer)
{
    bool taken;
    LS_TRY(parse_rule(e, word, value, layer, &taken));
    if (taken)
        return LS_OK;
    if (strcmp(word, "use_bias") == 0) {
        if (ls_parse_bool(value, &layer->bias))
            return LS_OK;
        return ls_fail(LS_ERR_USAGE, "--layers: layer %d '%.*s': use_bias=%s; expected on or off", e->number, e->length,
                       e->text, value);
    }
    if (strcmp(word, "activation") == 0) {
        return parse_activation(e, value, layer);
    }
    return ls_layer_unknown_word(e, word);
}

static ls_status parse(const ls_layer_entry *e, const char *first, const char *cursor, ls_layer *layer)
{
    layer->bias = true;
    layer->activation = LS_ACTIVATION_COUNT; /* none said yet */
    const bool number = ls_parse_int64(first, &layer->units);
    if (!number && (first[0] < '0' || first[0] > '9') && first[0] != '-')
        return ls_layer_unknown_word(e, first);
    if (!number || layer->units < 1 || layer->units > MAX_UNITS) {
        return ls_fail(LS_ERR_USAGE, "--layers: layer %d '%.*s': %s units; expected a whole number from 1 to %lld",
                       e->number, e->length, e->text, first, (long long)MAX_UNITS);
    }
    char word[LS_LAYER_WORD];
    bool too_long = false;
    while (ls_layer_next_word(&cursor, word, &too_long)) {
        char *value = too_long ? NULL : ls_layer_split_word(word);
        if (value)
            LS_TRY(parse_setting(e, word, value, layer));
        else if (too_long)
            return ls_layer_unknown_word(e, word);
        else
            LS_TRY(parse_activation(e, word, layer));
    }
    if (layer->activation == LS_ACTIVATION_COUNT)
        layer->activation = LS_LINEAR;
    return check_bias(e, layer);
}

static void format(const ls_layer *layer, ls_text *text)
{
    ls_text_printf(text, "%lld", (long long)layer->units);
    if (layer->activation != LS_LINEAR) {
        ls_text_append(text, " ");
        ls_layer_format_activation(layer, text);
    }
    if (!layer->bias)
        ls_text_append(text, " use_bias=off");
    for (int v = 0; v < VARIABLES; v++)
        if (layer->initializer[v].row) {
            ls_text_printf(text, " %s=", initializer_words[v]);
            ls_initializer_format(&layer->initializer[v], text);
        }
    for (int v = 0; v < VARIABLES; v++)
        if (ls_regularizer_is_set(&layer->regularizer[v])) {
            ls_text_printf(text, " %s=", regularizer_words[v]);
            ls_regularizer_format(&layer->regularizer[v], text);
        }
    for (int v = 0; v < VARIABLES; v++)
        if (layer->constraint[v].kind != LS_CONSTRAINT_NONE) {
            ls_text_printf(text, " %s=", constraint_words[v]);
            ls_constraint_format(&layer->constraint[v], text);
        }
}

static int matrices(const ls_layer *layer, ls_layer_matrix matrix[LS_LAYER_MATRICES])
{
    matrix[0] = (ls_layer_matrix){layer->inputs, layer->bias ? LS_BIAS : -1};
    return 1;
}

static void config(const ls_layer *layer, ls_json *json)
{
    ls_json_put_integer(json, "units", layer->units);
    ls_layer_activation_config(layer, json);
    ls_json_put_bool(json, "use_bias", layer->bias);
    for (int v = 0; v < VARIABLES; v++)
        ls_initializer_config(&layer->initializer[v], initializer_words[v], json);
    for (int v = 0; v < VARIABLES; v++)
        ls_regularizer_config(&layer->regularizer[v], regularizer_words[v], json);
    for (int v = 0; v < VARIABLES; v++)
        ls_constraint_config(&layer->constraint[v], constraint_words[v], json);
}

/* ---- in a pass ---- */

/* The last layer's are kept anyway. */
static bool keeps_z(const ls_pass *pass, int l)
{
    return pass->training && l < pass->network->count - 1 && ls_activation_reads_z(pass->network->layers[l].activation);
}

static int64_t row_bytes(const ls_layer *layer, bool training)
{
    return training && ls_activation_reads_z(layer->activation) ? (int64_t)sizeof(float) * layer->units : 0;
}

static ls_status allocate(ls_pass *pass, int l)
{
    if (!keeps_z(pass, l))
        return LS_OK;
    return ls_memory_allocate(&pass->layers[l].z, pass->max_panels * LS_PANEL * pass->network->layers[l].units,
                              sizeof(float), "activations");
}

/* [panel][units][16], before the activation; NULL: not kept. */
static float *z_of(const ls_pass *pass, int l)
{
    return l == pass->network->count - 1 ? pass->z : pass->layers[l].z;
}

static void forward(ls_pass *pass, const ls_pass_run *run, int l, const ls_pass_share *s)
{
    const ls_network *network = pass->network;
    const ls_layer *layer = &network->layers[l];
    const ls_matrix *m = &network->matrix[layer->matrix];
    const int64_t x_stride = (layer->inputs + 1) * LS_PANEL, a_stride = (layer->units + 1) * LS_PANEL;
    const int64_t z_stride = layer->units * LS_PANEL;
    const float *x = ls_pass_layer_input(pass, l) + s->first * x_stride;
    float *a = pass->layers[l].output, *z = z_of(pass, l);
    int64_t begin, end;
    ls_pass_part(s, m->panels, &begin, &end);
    const int64_t first = begin * LS_PANEL, stop = end * LS_PANEL < layer->units ? end * LS_PANEL : layer->units;
    const bool relu = ls_layer_is_relu(layer) && !z;
    if (pass->operands)
        ls_operands_forward(pass, run, l, s, first, stop, relu);
    const int64_t stretch = ls_pass_stretch(run, layer->inputs * (s->last - s->first) * LS_PANEL);
    for (int64_t u = first; !pass->operands && u < stop; u += stretch) {
        ls_pass_await(run, s, ls_pass_end_of(m, stop - u < stretch ? stop : u + stretch));
        pass->kernels->forward(x, x_stride, run->block + m->offset, ls_matrix_rows(m) * LS_PANEL, layer->bias, relu,
                               layer->inputs, u, stop - u < stretch ? stop : u + stretch, s->last - s->first,
                               a + s->first * a_stride, a_stride);
        ls_pass_look_beside(run, s->thread);
    }
    if (s->thread == 0) /* others may still wait for what it moves on */
        ls_pass_await(run, s, ls_pass_end_of(m, layer->units));
    for (int64_t p = s->first; p < s->last && first < stop && !relu; p++) {
        float *at = a + p * a_stride + first * LS_PANEL;
        if (z)
            memcpy(z + p * z_stride + first * LS_PANEL, at, (size_t)((stop - first) * LS_PANEL) * sizeof *at);
        if (layer->activation != LS_SOFTMAX)
            pass->kernels->activate(layer->activation, ls_activation_numbers(&layer->activation_settings), stop - first,
                                    at);
    }
    if (layer->activation == LS_SOFTMAX) { /* over all units of a row: when all members are done */
        ls_pass_meet(s);
        for (int64_t p = s->own_first; p < s->own_last; p++)
            pass->kernels->activate(LS_SOFTMAX, NULL, layer->units, a + p * a_stride);
    }
}

/* The delta of the outputs becomes that of z, for the rows of this member. */
static void derive(const ls_pass *pass, int l, float *d, const ls_pass_share *s)
{
    const ls_layer *layer = &pass->network->layers[l];
    const float *a = pass->layers[l].output, *z = z_of(pass, l);
    for (int64_t p = s->own_first; p < s->own_last; p++)
        pass->kernels->activate_backward(layer->activation, ls_activation_numbers(&layer->activation_settings),
                                         layer->units, z ? z + p * layer->units * LS_PANEL : NULL,
                                         a + p * (layer->units + 1) * LS_PANEL, d + p * pass->flow_units * LS_PANEL);
}

static void backward(ls_pass *pass, const ls_pass_run *run, int l, int *flow, const ls_pass_share *s)
{
    const ls_layer *layer = &pass->network->layers[l];
    const ls_matrix *m = &pass->network->matrix[layer->matrix];
    const int64_t flow_stride = pass->flow_units * LS_PANEL;
    float *d = pass->flow[*flow];
    if (!ls_pass_masked(pass, l) && !(l == pass->network->count - 1 && pass->fused))
        derive(pass, l, d, s);
    if (pass->operands && l != pass->first_trained)
        ls_operands_delta(pass, run, l, d, s);
    ls_pass_meet(s); /* so far each member had the delta of its own rows, from the loss or through other layers */

    ls_pass_transpose_deltas(pass, layer->matrix, d, flow_stride, s);
    ls_pass_tell_ready(run, s, l);
    if (l == pass->first_trained)
        return;
    int64_t begin, end;
    ls_pass_part(s, layer->inputs, &begin, &end);
    const int below = layer->input[0];
    const float *mask =
        ls_pass_masked(pass, below) ? pass->layers[below].output + s->first * (layer->inputs + 1) * LS_PANEL : NULL;
    float *dx = pass->flow[1 - *flow] + s->first * flow_stride;
    if (pass->operands)
        ls_operands_input_gradient(pass, l, s, begin, end, mask, (layer->inputs + 1) * LS_PANEL, dx);
    const int64_t stretch = ls_pass_stretch(run, layer->units * (s->last - s->first) * LS_PANEL);
    for (int64_t i = begin; !pass->operands && i < end; i += stretch) {
        pass->kernels->input_gradient(d + s->first * flow_stride, flow_stride, run->block + m->offset,
                                      ls_matrix_rows(m) * LS_PANEL, layer->units, i,
                                      end - i < stretch ? end : i + stretch, s->last - s->first, mask,
                                      (layer->inputs + 1) * LS_PANEL, dx, flow_stride);
        ls_pass_look_beside(run, s->thread);
    }
    *flow = 1 - *flow;
    ls_pass_meet(s);
}

static const ls_layer_operations operations = {
    .row_bytes = row_bytes,
    .allocate = allocate,
    .forward = forward,
    .backward = backward,
};

const ls_layer_kind ls_layer_dense = {
    .stem = "dense",
    .keras_class = "Dense",
    .last = true,
    .masks = true,
    .tells = true,
    .parse = parse,
    .format = format,
    .matrices = matrices,
    .config = config,
    .operations = &operations,
};
