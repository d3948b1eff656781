/* A row for each kind of layer, and a module for each activation. */
#include "export/torch_modules.h"

#include "model/layer_kinds.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

/* One module more. */
static void begin(ls_torch_modules *m, const char *format, ...) __attribute__((format(printf, 2, 3)));
static void begin(ls_torch_modules *m, const char *format, ...)
{
    va_list arguments;
    ls_text_append(&m->python, m->count > 0 ? ", nn." : "nn.");
    va_start(arguments, format);
    ls_text_vprintf(&m->python, format, arguments);
    va_end(arguments);
    m->count++;
}

/* A tensor of the last module. */
static ls_status add(ls_torch_modules *m, const ls_layer *layer, const char *name, const ls_values *values)
{
    char full[128];
    if (m->branches)
        (void)snprintf(full, sizeof full, "%s.%s", layer->name, name);
    else
        (void)snprintf(full, sizeof full, "%d.%s", m->count - 1, name);
    return m->add(m->user, full, values);
}

static ls_status add_variable(ls_torch_modules *m, int index, const char *name, ls_role role)
{
    const ls_network *network = m->model->network;
    const ls_values values = ls_values_of_variable(network, ls_values_find(network, index, role), true);
    return add(m, &network->layers[index], name, &values);
}

/* ---- activations ---- */

/* torch has no module of exp. */
static const char *const activations[LS_ACTIVATION_COUNT] = {
    [LS_LINEAR] = "Identity()",
    [LS_RELU] = "ReLU()",
    [LS_SIGMOID] = "Sigmoid()",
    [LS_TANH] = "Tanh()",
    [LS_SOFTMAX] = "Softmax(dim=-1)",
    [LS_LEAKY_RELU] = "LeakyReLU(0.2)",
    [LS_ELU] = "ELU()",
    [LS_SELU] = "SELU()",
    [LS_GELU] = "GELU()",
    [LS_SILU] = "SiLU()",
    [LS_SOFTPLUS] = "Softplus()",
    [LS_SOFTSIGN] = "Softsign()",
    [LS_HARD_SIGMOID] = "Hardsigmoid()",
    [LS_MISH] = "Mish()",
};

/* With settings; torch's modules have one of relu's each. */
static const char *module_with(const ls_layer *layer, char text[96])
{
    const ls_activation_settings *s = &layer->activation_settings;
    const bool capped = layer->activation == LS_RELU && !isnan(s->max_value);
    char number[32];
    if (layer->activation == LS_LEAKY_RELU)
        (void)snprintf(text, 96, "LeakyReLU(%s)", ls_format_double(s->negative_slope, number));
    else if (layer->activation == LS_ELU)
        (void)snprintf(text, 96, "ELU(%s)", ls_format_double(s->alpha, number));
    else if (s->negative_slope != 0 || (capped && s->threshold != 0))
        return NULL;
    else if (capped)
        (void)snprintf(text, 96, "Hardtanh(0, %s)", ls_format_double(s->max_value, number));
    else
        (void)snprintf(text, 96, "Threshold(%s, 0)", ls_format_double(s->threshold, number));
    return text;
}

static void activate(ls_torch_modules *m, const ls_layer *layer)
{
    char text[96];
    const char *module = layer->activation_settings.set ? module_with(layer, text) : activations[layer->activation];
    m->unknown = m->unknown || module == NULL;
    begin(m, "%s", module ? module : "Identity()");
}

/* ---- layers ---- */

static ls_status put_dense(ls_torch_modules *m, int index)
{
    const ls_layer *layer = &m->model->network->layers[index];
    begin(m, "Linear(%lld, %lld%s)", (long long)layer->inputs, (long long)layer->units,
          layer->bias ? "" : ", bias=False");
    LS_TRY(add_variable(m, index, "weight", LS_KERNEL));
    if (layer->bias)
        LS_TRY(add_variable(m, index, "bias", LS_BIAS));
    if (layer->activation != LS_LINEAR)
        activate(m, layer);
    return LS_OK;
}

static ls_status put_activation(ls_torch_modules *m, int index)
{
    activate(m, &m->model->network->layers[index]);
    return LS_OK;
}

/* It has no tensors, and stands in networks that are no Sequential. */
static ls_status put_add(ls_torch_modules *m, int index)
{
    (void)m;
    (void)index;
    return LS_OK;
}

static void put_setting(ls_torch_modules *m, const char *name, double value)
{
    ls_text_printf(&m->python, ", %s=", name);
    ls_text_append_double(&m->python, value);
}

static ls_status put_dropout(ls_torch_modules *m, int index)
{
    char rate[32];
    begin(m, "Dropout(%s)", ls_format_double(m->model->network->layers[index].rate, rate));
    return LS_OK;
}

static ls_status put_noise(ls_torch_modules *m, int index)
{
    (void)index;
    begin(m, "Identity()");
    return LS_OK;
}

/* Both or none: what the layer has not is 1 or 0. */
static ls_status add_scaling(ls_torch_modules *m, int index)
{
    const ls_layer *layer = &m->model->network->layers[index];
    const ls_values ones = ls_values_of_number(1, layer->units), zeros = ls_values_of_number(0, layer->units);
    if (!layer->scale && !layer->center)
        return LS_OK;
    LS_TRY(layer->scale ? add_variable(m, index, "weight", LS_SCALE) : add(m, layer, "weight", &ones));
    return layer->center ? add_variable(m, index, "bias", LS_OFFSET) : add(m, layer, "bias", &zeros);
}

static ls_status put_layer_normalization(ls_torch_modules *m, int index)
{
    const ls_layer *layer = &m->model->network->layers[index];
    begin(m, "LayerNorm(%lld", (long long)layer->units);
    put_setting(m, "eps", layer->epsilon);
    ls_text_append(&m->python, layer->scale || layer->center ? ")" : ", elementwise_affine=False)");
    return add_scaling(m, index);
}

/* torch's momentum is the share of the new batch. */
static ls_status put_batch_normalization(ls_torch_modules *m, int index)
{
    const ls_layer *layer = &m->model->network->layers[index];
    begin(m, "BatchNorm1d(%lld", (long long)layer->units);
    put_setting(m, "eps", layer->epsilon);
    put_setting(m, "momentum", 1 - layer->momentum);
    ls_text_append(&m->python, layer->scale || layer->center ? ")" : ", affine=False)");
    LS_TRY(add_scaling(m, index));
    LS_TRY(add_variable(m, index, "running_mean", LS_MEAN));
    return add_variable(m, index, "running_var", LS_VARIANCE);
}

typedef struct row {
    const char *keras_class; /* the kind's */
    ls_status (*put)(ls_torch_modules *m, int index);
} row;

static const row rows[] = {
    {"Dense", put_dense},
    {"Activation", put_activation},
    {"Add", put_add},
    {"Dropout", put_dropout},
    {"GaussianNoise", put_noise},
    {"LayerNormalization", put_layer_normalization},
    {"BatchNormalization", put_batch_normalization},
};

static ls_status put_layer(ls_torch_modules *m, int index)
{
    const ls_layer *layer = &m->model->network->layers[index];
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        if (strcmp(rows[i].keras_class, layer->kind->keras_class) == 0)
            return rows[i].put(m, index);
    return ls_fail(LS_ERR_USAGE, "layer '%s' is a %s, for which this Lockstep knows no module of torch", layer->name,
                   layer->kind->keras_class);
}

ls_status ls_torch_modules_find(ls_torch_modules *m)
{
    const ls_network *network = m->model->network;
    m->branches = false;
    for (int l = 0; l < network->count; l++)
        m->branches = m->branches || network->layers[l].input[1] != network->layers[l].input[0];
    for (int l = 0; l < network->count; l++)
        LS_TRY(put_layer(m, l));
    return ls_text_status(&m->python);
}
