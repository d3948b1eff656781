/* Regularizers, constraints and initializers of a layer's variables, as words of the list of layers. */
#include "import/keras_reader.h"

#include "model/initializers.h"
#include "model/regularizers.h"

#include <stdio.h>
#include <string.h>

/* ---- regularizers ---- */

/* Keras' names of the same: the class, and the function that makes it. */
static bool is_called(const char *name, const char *class_name, const char *function)
{
    return strcmp(name, class_name) == 0 || strcmp(name, function) == 0;
}

static ls_status read_regularizer(const ls_keras_reader *r, const char *key, ls_regularizer *regularizer)
{
    const char *name;
    const ls_json_value *config;
    *regularizer = (ls_regularizer){0};
    ls_keras_object(r, ls_keras_member(r, r->config, key), &name, &config);
    if (!name)
        return ls_keras_refuse(r, NULL, "%s is neither a name nor an object with class_name", key);
    const bool l1 = is_called(name, "L1", "l1"), l2 = is_called(name, "L2", "l2"),
               both = is_called(name, "L1L2", "l1_l2");
    if (!l1 && !l2 && !both)
        return ls_keras_refuse(r, "L1L2", "%s %.100s is not supported; Lockstep has L1, L2, L1L2", key, name);
    if (both && !config) /* 0 in one Keras, 0.01 in another */
        return ls_keras_refuse(r, NULL, "%s %.100s says neither l1 nor l2", key, name);
    if (l1 || both)
        LS_TRY(ls_keras_real(r, config, "l1", both ? 0 : 0.01, &regularizer->l1));
    if (l2 || both)
        LS_TRY(ls_keras_real(r, config, "l2", both ? 0 : 0.01, &regularizer->l2));
    return LS_OK;
}

ls_status ls_keras_regularizer_put(const ls_keras_reader *r, const char *key, ls_text *text)
{
    ls_regularizer regularizer;
    if (!ls_keras_member(r, r->config, key))
        return LS_OK;
    LS_TRY(read_regularizer(r, key, &regularizer));
    if (!ls_regularizer_is_set(&regularizer))
        return LS_OK;
    ls_text_printf(text, " %s=", key);
    ls_regularizer_format(&regularizer, text);
    return LS_OK;
}

/* ---- constraints ---- */

static ls_status check_norm_axis(const ls_keras_reader *r, const ls_json_value *config, const char *key)
{
    const ls_json_value *axis = ls_keras_member(r, config, "axis");
    if (axis && axis->kind == LS_JSON_ARRAY && axis->count == 1)
        axis = ls_json_first(r->document, axis);
    if (!axis || (axis->kind == LS_JSON_NUMBER && axis->number == 0))
        return LS_OK;
    return ls_keras_refuse(r, "MaxNorm(axis=0)", "%s MaxNorm of another axis than 0 is not supported", key);
}

ls_status ls_keras_constraint_put(const ls_keras_reader *r, const char *key, ls_text *text)
{
    const char *name;
    const ls_json_value *config;
    ls_constraint constraint = {LS_CONSTRAINT_NON_NEG, 0};
    const ls_json_value *value = ls_keras_member(r, r->config, key);
    if (!value)
        return LS_OK;
    ls_keras_object(r, value, &name, &config);
    if (!name)
        return ls_keras_refuse(r, NULL, "%s is neither a name nor an object with class_name", key);
    if (is_called(name, "MaxNorm", "max_norm")) {
        constraint.kind = LS_CONSTRAINT_MAX_NORM;
        LS_TRY(ls_keras_real(r, config, "max_value", 2, &constraint.max_value));
        LS_TRY(check_norm_axis(r, config, key));
    } else if (!is_called(name, "NonNeg", "non_neg") && strcmp(name, "nonneg") != 0) {
        return ls_keras_refuse(r, "MaxNorm", "%s %.100s is not supported; Lockstep has MaxNorm, NonNeg", key, name);
    }
    ls_text_printf(text, " %s=", key);
    ls_constraint_format(&constraint, text);
    return LS_OK;
}

/* ---- initializers ---- */

/* Those with settings, which are Lockstep's too. */
static const struct {
    const char *name, *keys[2];
} with_settings[] = {
    {"random_normal", {"mean", "stddev"}},
    {"random_uniform", {"minval", "maxval"}},
    {"truncated_normal", {"mean", "stddev"}},
    {"constant", {"value", NULL}},
};

static bool put_settings(const ls_keras_reader *r, const ls_json_value *config, const char *name, ls_text *text)
{
    for (size_t i = 0; i < sizeof with_settings / sizeof *with_settings; i++) {
        if (strcmp(with_settings[i].name, name) != 0)
            continue;
        int said = 0;
        for (int k = 0; k < 2 && with_settings[i].keys[k]; k++) {
            const ls_json_value *value = ls_keras_member(r, config, with_settings[i].keys[k]);
            if (value && value->kind != LS_JSON_NUMBER)
                return false;
            if (!value)
                continue;
            ls_text_printf(text, "%s%s=", said++ ? ", " : "(", with_settings[i].keys[k]);
            ls_text_append_double(text, ls_keras_plain(value->number));
        }
        ls_text_append(text, said ? ")" : "");
    }
    return true;
}

/* VarianceScaling by its common names, which is what Keras 2 wrote before 2.3. */
static const char *scaling_name(const ls_keras_reader *r, const ls_json_value *config)
{
    static const struct {
        double scale;
        const char *mode, *distribution, *name;
    } names[] = {
        {1, "fan_avg", "uniform", "glorot_uniform"}, {1, "fan_avg", "normal", "glorot_normal"},
        {2, "fan_in", "uniform", "he_uniform"},      {2, "fan_in", "normal", "he_normal"},
        {1, "fan_in", "uniform", "lecun_uniform"},   {1, "fan_in", "normal", "lecun_normal"},
    };
    const ls_json_value *scale = ls_keras_member(r, config, "scale");
    const char *mode = ls_json_member_text(r->document, config, "mode");
    const char *distribution = ls_json_member_text(r->document, config, "distribution");
    if (!mode || !distribution || !scale || scale->kind != LS_JSON_NUMBER)
        return NULL;
    if (strcmp(distribution, "truncated_normal") == 0)
        distribution = "normal";
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (names[i].scale == scale->number && strcmp(names[i].mode, mode) == 0 &&
            strcmp(names[i].distribution, distribution) == 0)
            return names[i].name;
    return NULL;
}

/* Appends it as Lockstep's list has it; false: Lockstep does not have it. */
static bool put_initializer(const ls_keras_reader *r, const char *name, const ls_json_value *config, ls_text *text)
{
    ls_text snake = {0};
    ls_initializer initializer;
    ls_keras_snake(name, &snake);
    const char *called = ls_text_string(&snake);
    if (strcmp(called, "variance_scaling") == 0) {
        const char *common = scaling_name(r, config);
        called = common ? common : called;
    }
    called = strcmp(called, "uniform") == 0  ? "random_uniform"
             : strcmp(called, "normal") == 0 ? "random_normal"
             : strcmp(called, "zero") == 0   ? "zeros"
             : strcmp(called, "one") == 0    ? "ones"
                                             : called;
    ls_text_append(text, called);
    const bool taken = put_settings(r, config, called, text) && !text->failed && !strchr(called, '(') &&
                       ls_initializer_parse("", ls_text_string(text), &initializer) == LS_OK;
    text->failed = text->failed || snake.failed;
    ls_text_free(&snake);
    return taken;
}

/* One that is not the default, into *text; a remark where there is no such one. */
static ls_status read_initializer(const ls_keras_reader *r, const char *key, const char *initial, ls_text *text)
{
    const char *name;
    const ls_json_value *config;
    const ls_json_value *value = ls_keras_member(r, r->config, key);
    if (!value)
        return LS_OK;
    ls_keras_object(r, value, &name, &config);
    if (name && put_initializer(r, name, config, text)) {
        if (strcmp(ls_text_string(text), initial) == 0)
            ls_text_clear(text);
        return ls_text_status(text);
    }
    LS_TRY(ls_text_status(text));
    ls_text_clear(text);
    ls_keras_remark(r, &r->model->initial_remarks, "%s %.100s is not Lockstep's; it begins with %s", key,
                    name ? name : "of this kind", initial);
    return LS_OK;
}

ls_status ls_keras_initializer_put(const ls_keras_reader *r, const char *key, ls_text *text)
{
    ls_text word = {0};
    const bool kernel = strcmp(key, "kernel_initializer") == 0;
    const ls_status status = read_initializer(r, key, kernel ? "glorot_uniform" : "zeros", &word);
    if (status == LS_OK && word.length > 0)
        ls_text_printf(text, " %s=%s", key, ls_text_string(&word));
    ls_text_free(&word);
    return status;
}

/* ---- variables without words ---- */

ls_status ls_keras_rules_none(const ls_keras_reader *r, const char *variable, const char *initializer)
{
    static const char *const rules[] = {"regularizer", "constraint"};
    char key[64];
    for (size_t i = 0; i < sizeof rules / sizeof *rules; i++) {
        snprintf(key, sizeof key, "%s_%s", variable, rules[i]);
        if (ls_keras_member(r, r->config, key))
            return ls_keras_refuse(r, "none", "%s is not supported; Lockstep has such of kernels and biases", key);
    }
    ls_text word = {0};
    snprintf(key, sizeof key, "%s_initializer", variable);
    ls_status status = read_initializer(r, key, initializer, &word);
    if (status == LS_OK && word.length > 0)
        ls_keras_remark(r, &r->model->initial_remarks, "%s %s is not Lockstep's here; it begins with %s", key,
                        ls_text_string(&word), initializer);
    ls_text_free(&word);
    return status;
}
