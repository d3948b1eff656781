/* Activations in the layer list and in Keras' configuration: "relu", "leaky_relu(0.3)". */
#include "model/layer_kinds.h"

#include "math/activations.h"
#include "model/named.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#define MOST 1e30

#define SETTING(key, least) LS_SETTING(ls_activation_settings, key, REAL, least, MOST, NULL)

/* In the order of Keras' constructors. */
static const ls_setting of_relu[] = {SETTING(max_value, 1e-30), SETTING(negative_slope, 0), SETTING(threshold, 0)};
static const ls_setting of_leaky_relu[] = {SETTING(negative_slope, 0)};
static const ls_setting of_elu[] = {SETTING(alpha, 0)};

/* Those with settings, which Keras has as layers that are activations too. Keras 2's LeakyReLU calls its slope alpha
 * and Keras 3's warns of that: both have the same function as a ReLU. */
static const struct {
    ls_activation activation;
    ls_named named;
} rows[] = {
    {LS_RELU, {"relu", "ReLU", of_relu, 3}},
    {LS_LEAKY_RELU, {"leaky_relu", "ReLU", of_leaky_relu, 1}},
    {LS_ELU, {"elu", "ELU", of_elu, 1}},
};
enum { ROWS = sizeof rows / sizeof *rows };

static const ls_named *named_at(size_t i)
{
    return &rows[i].named;
}

static const ls_named *named_of(ls_activation activation)
{
    for (size_t i = 0; i < ROWS; i++)
        if (rows[i].activation == activation)
            return named_at(i);
    return NULL;
}

/* ---- reading ---- */

/* "name(settings)", whose name is that of `layer->activation`. */
static ls_status parse_settings(const ls_layer_entry *e, const char *word, ls_layer *layer)
{
    static const ls_named_table all = {"activation with settings", "leaky_relu(0.3)", false, named_at, ROWS};
    char what[LS_LAYER_ENTRY];
    const char *name = ls_activation_name(layer->activation);
    ls_text settings = {0};
    size_t i;
    ls_layer_name_word(e, name, what);
    if (!named_of(layer->activation))
        return ls_fail(LS_ERR_USAGE, "%s has no settings; relu, leaky_relu and elu have, as in %s", what, all.example);
    ls_status status = ls_named_find(what, &all, word, &i, &settings);
    if (status == LS_OK) {
        layer->activation_settings = ls_activation_defaults(layer->activation);
        status = ls_settings_parse(what, ls_text_string(&settings), rows[i].named.settings, rows[i].named.count,
                                   &layer->activation_settings, NULL);
    }
    if (status == LS_OK)
        ls_activation_settle(&layer->activation, &layer->activation_settings);
    ls_text_free(&settings);
    return status;
}

ls_status ls_layer_parse_activation(const ls_layer_entry *e, const char *word, ls_layer *layer, bool *found)
{
    char name[LS_LAYER_WORD];
    const size_t length = strcspn(word, "(");
    snprintf(name, sizeof name, "%.*s", (int)length, word);
    *found = ls_activation_find(name, &layer->activation);
    return *found && word[length] ? parse_settings(e, word, layer) : LS_OK;
}

/* ---- writing ---- */

/* Whether a setting has another value than the activation's default. */
static bool is_said(const ls_layer *layer, const ls_setting *setting)
{
    const ls_activation_settings initial = ls_activation_defaults(layer->activation);
    return !ls_settings_same(setting, &initial, &layer->activation_settings);
}

void ls_layer_format_activation(const ls_layer *layer, ls_text *text)
{
    const ls_named *named = named_of(layer->activation);
    const char *before = "(";
    if (layer->activation_settings.set && named->count == 1) {
        ls_named_format(named, &layer->activation_settings, text);
        return;
    }
    ls_text_append(text, ls_activation_name(layer->activation));
    for (size_t i = 0; layer->activation_settings.set && i < named->count; i++) {
        ls_text one = {0};
        if (!is_said(layer, &named->settings[i]))
            continue;
        ls_settings_format(&named->settings[i], 1, &layer->activation_settings, &one);
        text->failed = text->failed || one.failed;
        if (!text->failed)
            ls_text_printf(text, "%s%s", before, ls_text_string(&one) + 1);
        ls_text_free(&one);
        before = " ";
    }
    ls_text_append(text, layer->activation_settings.set ? ")" : "");
}

/* By its name; with settings the layer that has them, whose module Keras must be told. */
void ls_layer_activation_config(const ls_layer *layer, ls_json *json)
{
    const ls_named *named = named_of(layer->activation);
    if (!layer->activation_settings.set) {
        ls_json_put_string(json, "activation", ls_activation_name(layer->activation));
        return;
    }
    ls_json_key(json, "activation");
    ls_json_object_begin(json);
    ls_json_put_string(json, "module", "keras.layers");
    ls_json_put_string(json, "class_name", named->keras);
    ls_json_key(json, "config");
    ls_json_object_begin(json);
    for (size_t i = 0; i < named->count; i++)
        if (is_said(layer, &named->settings[i]))
            ls_json_put_real(json, named->settings[i].key,
                             *(const double *)((const char *)&layer->activation_settings + named->settings[i].offset));
    ls_json_object_end(json);
    ls_json_put_null(json, "registered_name");
    ls_json_object_end(json);
}
