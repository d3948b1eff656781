/* Layers of Keras that compute: a row each, which reads its settings and writes its entry. */
#include "import/keras_reader.h"

#include <math.h>
#include <string.h>

/* What Keras takes where a configuration says nothing. */
#define MOMENTUM 0.99
#define EPSILON  1e-3

static ls_status put_entry(ls_keras_reader *r, ls_text *text, int64_t units)
{
    ls_status status = ls_text_status(text);
    if (status == LS_OK)
        status = ls_keras_flow_entry(r, ls_text_string(text), units);
    ls_text_free(text);
    return status;
}

static void own_variables(ls_keras_reader *r, int count)
{
    ls_keras_layer *layer = &r->model->layer[r->layer];
    layer->variables = count;
    if (!layer->trainable)
        ls_keras_remark(r, &r->model->training_remarks, "not trainable in Keras; Lockstep trains all layers");
}

/* ---- Dense ---- */

static ls_status read_units(ls_keras_reader *r, int64_t *units)
{
    double value;
    LS_TRY(ls_keras_real(r, r->config, "units", 0, &value));
    if (!(value >= 1 && value <= 0x1p53) || value != floor(value))
        return ls_keras_refuse(r, NULL, "units is %g; expected a whole number from 1 on", value);
    *units = (int64_t)value;
    return LS_OK;
}

static ls_status refuse_changed_kernels(ls_keras_reader *r)
{
    static const char *const keys[] = {"lora_rank", "quantization_config", "quantization_mode", "activity_regularizer"};
    static const char *const nearest[] = {"the same without LoRA", "Dense that is not quantized",
                                          "Dense that is not quantized", "kernel_regularizer"};
    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++)
        if (ls_keras_member(r, r->config, keys[i]))
            return ls_keras_refuse(r, nearest[i], "%s is not supported", keys[i]);
    return LS_OK;
}

/* A bias that is not there has no rules. */
static ls_status put_dense(ls_keras_reader *r, int64_t units, bool bias, const char *activation, ls_text *text)
{
    ls_text_printf(text, "%lld", (long long)units);
    if (strcmp(activation, "linear") != 0)
        ls_text_printf(text, " %s", activation);
    ls_text_append(text, bias ? "" : " use_bias=off");
    LS_TRY(ls_keras_initializer_put(r, "kernel_initializer", text));
    if (bias)
        LS_TRY(ls_keras_initializer_put(r, "bias_initializer", text));
    LS_TRY(ls_keras_regularizer_put(r, "kernel_regularizer", text));
    if (bias)
        LS_TRY(ls_keras_regularizer_put(r, "bias_regularizer", text));
    LS_TRY(ls_keras_constraint_put(r, "kernel_constraint", text));
    if (bias)
        LS_TRY(ls_keras_constraint_put(r, "bias_constraint", text));
    return LS_OK;
}

static ls_status read_dense(ls_keras_reader *r)
{
    int64_t units = 0;
    bool bias;
    ls_text activation = {0}, text = {0};
    ls_status status;
    LS_TRY_CLEANUP(refuse_changed_kernels(r));
    LS_TRY_CLEANUP(read_units(r, &units));
    LS_TRY_CLEANUP(ls_keras_switch(r, r->config, "use_bias", true, &bias));
    LS_TRY_CLEANUP(ls_keras_activation_read(r, ls_json_member(r->document, r->config, "activation"), &activation));
    LS_TRY_CLEANUP(ls_text_status(&activation));
    LS_TRY_CLEANUP(put_dense(r, units, bias, ls_text_string(&activation), &text));
    LS_TRY_CLEANUP(put_entry(r, &text, units));
    own_variables(r, bias ? 2 : 1);
    r->joins = strcmp(ls_text_string(&activation), "linear") == 0;
cleanup:
    ls_text_free(&activation);
    ls_text_free(&text);
    return status;
}

/* ---- noise ---- */

/* One mask for all rows, or for all columns, is another layer; [null, null] is the usual one. */
static ls_status check_noise_shape(ls_keras_reader *r)
{
    const ls_json_value *shape = ls_keras_member(r, r->config, "noise_shape");
    if (!shape)
        return LS_OK;
    for (const ls_json_value *v = ls_json_first(r->document, shape); v; v = ls_json_next(r->document, v))
        if (v->kind != LS_JSON_NULL)
            return ls_keras_refuse(r, "noise_shape=None", "noise_shape is not supported");
    return shape->kind == LS_JSON_ARRAY ? LS_OK
                                        : ls_keras_refuse(r, "noise_shape=None", "noise_shape is not supported");
}

static ls_status put_number(ls_keras_reader *r, const char *word, const char *key)
{
    double value;
    ls_text text = {0};
    if (!ls_keras_member(r, r->config, key))
        return ls_keras_refuse(r, NULL, "its configuration has no %s", key);
    LS_TRY(ls_keras_real(r, r->config, key, 0, &value));
    ls_text_printf(&text, "%s ", word);
    ls_text_append_double(&text, value);
    return put_entry(r, &text, 0);
}

static ls_status read_dropout(ls_keras_reader *r)
{
    LS_TRY(check_noise_shape(r));
    return put_number(r, "dropout", "rate");
}

static ls_status read_noise(ls_keras_reader *r)
{
    return put_number(r, "gaussian_noise", "stddev");
}

/* ---- normalisation over a batch, and over a row ---- */

static ls_status put_scaling(ls_keras_reader *r, ls_text *text, int *variables)
{
    double epsilon;
    bool center, scale;
    LS_TRY(ls_keras_check_axis(r, "axis"));
    LS_TRY(ls_keras_real(r, r->config, "epsilon", EPSILON, &epsilon));
    LS_TRY(ls_keras_switch(r, r->config, "center", true, &center));
    LS_TRY(ls_keras_switch(r, r->config, "scale", true, &scale));
    if (scale)
        LS_TRY(ls_keras_rules_none(r, "gamma", "ones"));
    if (center)
        LS_TRY(ls_keras_rules_none(r, "beta", "zeros"));
    ls_text_append(text, " epsilon=");
    ls_text_append_double(text, epsilon);
    ls_text_append(text, center ? "" : " center=off");
    ls_text_append(text, scale ? "" : " scale=off");
    *variables = (center ? 1 : 0) + (scale ? 1 : 0);
    return LS_OK;
}

static ls_status put_batch_normalization(ls_keras_reader *r, ls_text *text, int *variables)
{
    double momentum;
    bool renorm;
    LS_TRY(ls_keras_switch(r, r->config, "renorm", false, &renorm));
    if (renorm)
        return ls_keras_refuse(r, "renorm=False", "renorm is not supported");
    if (ls_keras_member(r, r->config, "virtual_batch_size"))
        return ls_keras_refuse(r, "virtual_batch_size=None", "virtual_batch_size is not supported");
    LS_TRY(ls_keras_real(r, r->config, "momentum", MOMENTUM, &momentum));
    ls_text_append(text, "batch_normalization momentum=");
    ls_text_append_double(text, momentum);
    LS_TRY(ls_keras_rules_none(r, "moving_mean", "zeros"));
    LS_TRY(ls_keras_rules_none(r, "moving_variance", "ones"));
    LS_TRY(put_scaling(r, text, variables));
    *variables += 2;
    return LS_OK;
}

static ls_status put_layer_normalization(ls_keras_reader *r, ls_text *text, int *variables)
{
    bool rms;
    LS_TRY(ls_keras_switch(r, r->config, "rms_scaling", false, &rms));
    if (rms)
        return ls_keras_refuse(r, "rms_scaling=False", "rms_scaling is not supported");
    ls_text_append(text, "layer_normalization");
    return put_scaling(r, text, variables);
}

static ls_status read_scaling(ls_keras_reader *r, ls_status (*put)(ls_keras_reader *r, ls_text *text, int *variables))
{
    ls_text text = {0};
    int variables = 0;
    ls_status status;
    LS_TRY_CLEANUP(put(r, &text, &variables));
    LS_TRY_CLEANUP(put_entry(r, &text, 0));
    own_variables(r, variables);
cleanup:
    ls_text_free(&text);
    return status;
}

static ls_status read_batch_normalization(ls_keras_reader *r)
{
    return read_scaling(r, put_batch_normalization);
}

static ls_status read_layer_normalization(ls_keras_reader *r)
{
    return read_scaling(r, put_layer_normalization);
}

/* ---- the table ---- */

static const struct {
    const char *class_name;
    ls_status (*read)(ls_keras_reader *r);
} rows[] = {
    {"Dense", read_dense},
    {"Dropout", read_dropout},
    {"GaussianNoise", read_noise},
    {"BatchNormalization", read_batch_normalization},
    {"BatchNormalizationV1", read_batch_normalization}, /* of TensorFlow 1 and 2.0 */
    {"BatchNormalizationV2", read_batch_normalization},
    {"SyncBatchNormalization", read_batch_normalization},
    {"LayerNormalization", read_layer_normalization},
    {"Normalization", ls_keras_maps_normalization},
    {"Rescaling", ls_keras_maps_rescaling},
    {"InputLayer", ls_keras_shapes_input},
    {"Flatten", ls_keras_shapes_flatten},
    {"Reshape", ls_keras_shapes_reshape},
};

enum { ROWS = sizeof rows / sizeof *rows };

static size_t find_row(const char *class_name)
{
    size_t i = 0;
    while (i < ROWS && strcmp(rows[i].class_name, class_name) != 0)
        i++;
    return i;
}

bool ls_keras_layers_have(const char *class_name)
{
    return find_row(class_name) < ROWS || ls_keras_activation_has_layer(class_name);
}

static ls_status read_activation(ls_keras_reader *r, const char *class_name)
{
    ls_text word = {0};
    ls_status status = ls_keras_activation_layer(r, class_name, r->config, &word);
    if (status == LS_OK)
        status = ls_text_status(&word);
    if (status == LS_OK)
        status = ls_keras_flow_activation(r, ls_text_string(&word));
    ls_text_free(&word);
    return status;
}

ls_status ls_keras_layers_read(ls_keras_reader *r, const char *class_name)
{
    const size_t row = find_row(class_name);
    return row < ROWS ? rows[row].read(r) : read_activation(r, class_name);
}
