/* Activations of Keras: names, serialised functions, and layers with numbers, as a word of the list of layers. */
#include "import/keras_reader.h"

#include "base/parse.h"
#include "math/activations.h"
#include "model/layer_kinds.h"

#include <string.h>

/* Of Keras' LeakyReLU when its configuration says none; the function leaky_relu has another. */
#define LEAKY_SLOPE 0.3

/* Other functions of Keras', and what comes near. */
static const struct {
    const char *name, *nearest;
} others[] = {
    {"celu", "elu"},
    {"glu", "silu"},
    {"hard_tanh", "tanh"},
    {"hard_shrink", "linear"},
    {"soft_shrink", "linear"},
    {"tanh_shrink", "linear"},
    {"threshold", "relu"},
    {"hard_silu", "silu"},
    {"hard_swish", "silu"},
    {"log_sigmoid", "softplus"},
    {"log_softmax", "softmax"},
    {"sparse_plus", "softplus"},
    {"sparse_sigmoid", "hard_sigmoid"},
    {"sparsemax", "softmax"},
    {"squareplus", "softplus"},
};

static const char *name_at(const void *context, size_t i)
{
    (void)context;
    return ls_activation_name((ls_activation)i);
}

static ls_status refuse_name(const ls_keras_reader *r, const char *name)
{
    const char *near = ls_parse_nearest(name, LS_ACTIVATION_COUNT, name_at, NULL);
    ls_text names = {0};
    for (size_t i = 0; i < sizeof others / sizeof *others; i++)
        if (strcmp(others[i].name, name) == 0)
            near = others[i].nearest;
    for (size_t i = 0; i < LS_ACTIVATION_COUNT; i++)
        ls_text_printf(&names, "%s%s", i ? ", " : "", name_at(NULL, i));
    const ls_status status = ls_keras_refuse(
        r, near ? near : "relu", "activation '%.100s' is not supported; Lockstep has %s", name, ls_text_string(&names));
    ls_text_free(&names);
    return status;
}

/* The word of an activation with such settings. */
static void put_word(ls_activation activation, ls_activation_settings settings, ls_text *word)
{
    ls_layer layer = {.activation = activation, .activation_settings = settings};
    ls_activation_settle(&layer.activation, &layer.activation_settings);
    ls_layer_format_activation(&layer, word);
}

static ls_status put_name(const ls_keras_reader *r, const char *name, ls_text *word)
{
    ls_activation activation = LS_RELU;
    const bool held = strcmp(name, "relu6") == 0;
    if (!held && !ls_activation_find(name, &activation))
        return refuse_name(r, name);
    if (activation == LS_HARD_SIGMOID && r->model->legacy)
        return ls_keras_refuse(r, "sigmoid",
                               "activation 'hard_sigmoid' of Keras 2 is 0.2 x + 0.5 held between 0 and 1; Lockstep has "
                               "that of Keras 3, x / 6 + 0.5");
    ls_activation_settings settings = ls_activation_defaults(activation);
    if (held)
        settings.max_value = 6;
    put_word(activation, settings, word);
    return LS_OK;
}

/* ---- layers ---- */

/* Keras 2 calls it alpha, and Keras 3 takes that, too. */
static ls_status put_leaky_layer(const ls_keras_reader *r, const ls_json_value *config, ls_text *word)
{
    ls_activation_settings settings = ls_activation_defaults(LS_LEAKY_RELU);
    LS_TRY(ls_keras_real(r, config, "alpha", LEAKY_SLOPE, &settings.negative_slope));
    LS_TRY(ls_keras_real(r, config, "negative_slope", settings.negative_slope, &settings.negative_slope));
    put_word(LS_LEAKY_RELU, settings, word);
    return LS_OK;
}

static ls_status put_elu_layer(const ls_keras_reader *r, const ls_json_value *config, ls_text *word)
{
    ls_activation_settings settings = ls_activation_defaults(LS_ELU);
    LS_TRY(ls_keras_real(r, config, "alpha", settings.alpha, &settings.alpha));
    put_word(LS_ELU, settings, word);
    return LS_OK;
}

static ls_status put_relu_layer(const ls_keras_reader *r, const ls_json_value *config, ls_text *word)
{
    ls_activation_settings settings = ls_activation_defaults(LS_RELU);
    LS_TRY(ls_keras_real(r, config, "max_value", settings.max_value, &settings.max_value));
    LS_TRY(ls_keras_real(r, config, "negative_slope", settings.negative_slope, &settings.negative_slope));
    LS_TRY(ls_keras_real(r, config, "threshold", settings.threshold, &settings.threshold));
    put_word(LS_RELU, settings, word);
    return LS_OK;
}

static ls_status put_softmax_layer(const ls_keras_reader *r, const ls_json_value *config, ls_text *word)
{
    ls_keras_reader inner = *r;
    inner.config = config;
    LS_TRY(ls_keras_check_axis(&inner, "axis"));
    ls_text_append(word, "softmax");
    return LS_OK;
}

static ls_status put_activation_layer(const ls_keras_reader *r, const ls_json_value *config, ls_text *word)
{
    return ls_keras_activation_read(r, ls_json_member(r->document, config, "activation"), word);
}

static const struct {
    const char *class_name;
    ls_status (*put)(const ls_keras_reader *r, const ls_json_value *config, ls_text *word);
} layers[] = {
    {"LeakyReLU", put_leaky_layer},
    {"ELU", put_elu_layer},
    {"ReLU", put_relu_layer},
    {"Softmax", put_softmax_layer},
    {"Activation", put_activation_layer},
};
enum { LAYERS = sizeof layers / sizeof *layers };

static size_t find_layer(const char *class_name)
{
    size_t i = 0;
    while (i < LAYERS && strcmp(layers[i].class_name, class_name) != 0)
        i++;
    return i;
}

bool ls_keras_activation_has_layer(const char *class_name)
{
    return find_layer(class_name) < LAYERS;
}

ls_status ls_keras_activation_layer(const ls_keras_reader *r, const char *class_name, const ls_json_value *config,
                                    ls_text *word)
{
    return layers[find_layer(class_name)].put(r, config, word);
}

/* ---- what stands in "activation" ---- */

ls_status ls_keras_activation_read(const ls_keras_reader *r, const ls_json_value *value, ls_text *word)
{
    const char *name;
    const ls_json_value *config;
    bool approximate;
    if (!value || value->kind == LS_JSON_NULL) {
        ls_text_append(word, "linear");
        return LS_OK;
    }
    ls_keras_object(r, value, &name, &config);
    if (!name)
        return ls_keras_refuse(r, NULL, "activation is neither a name nor an object with class_name");
    if (value->kind == LS_JSON_STRING)
        return put_name(r, name, word);
    if (strcmp(name, "__lambda__") == 0)
        return ls_keras_refuse(r, "relu",
                               "activation is a function written in Python (lambda), which is not supported");
    if (strcmp(name, "function") == 0 && config && config->kind == LS_JSON_STRING)
        return put_name(r, config->text, word);
    if (ls_keras_activation_has_layer(name))
        return ls_keras_activation_layer(r, name, config, word);
    LS_TRY(ls_keras_switch(r, config, "approximate", false, &approximate));
    if (approximate)
        return ls_keras_refuse(r, "gelu", "activation '%.100s' with approximate=True is not supported", name);
    return put_name(r, name, word);
}
