/* Configurations of Keras' models: recorded ones of both generations, and short ones, one setting each. */
#include "io_test.h"

#include "import/keras_model.h"
#include "model/network.h"
#include "store/keras_config.h"

/* ---- reading ---- */

/* NULL: refused, with the message in ls_error_message. */
static ls_keras_model *read_text(const char *text, const char *version, ls_keras_model *model)
{
    ls_json_document document;
    if (ls_json_read(text, &document) != LS_OK)
        fail_msg("%s: %s", text, ls_error_message());
    const ls_status status = ls_keras_model_read(&document, document.value, "m.keras", version, model);
    ls_json_document_free(&document); /* nothing of the model lies in it */
    if (status == LS_OK)
        return model;
    assert_int_equal(status, LS_ERR_DATA);
    assert_null(model->layer);
    assert_null(model->layers.data);
    return NULL;
}

/* What the network's own text says is the same for both. */
static void expect_layers(const char *what, const ls_keras_model *model, const char *expected)
{
    ls_network *network;
    if (strcmp(ls_text_string(&model->layers), expected) != 0)
        fail_msg("%s: '%s'; expected '%s'", what, ls_text_string(&model->layers), expected);
    if (ls_network_create(expected, model->features > 0 ? model->features : 4, &network) != LS_OK)
        fail_msg("%s: %s", what, ls_error_message());
    int l = 0;
    for (int i = 0; i < model->count; i++)
        if (model->layer[i].use == LS_KERAS_LAYER)
            assert_int_equal(model->layer[i].index, l++);
    assert_int_equal(l, network->count);
    for (int i = 0; i < model->count; i++) {
        int variables = 0;
        for (int v = 0; v < network->variables && model->layer[i].use == LS_KERAS_LAYER; v++)
            variables += network->tensor[v].layer == model->layer[i].index;
        if (model->layer[i].use == LS_KERAS_LAYER)
            assert_int_equal(model->layer[i].variables, variables);
    }
    ls_network_destroy(network);
}

static void expect_message(const char *what, const char *expected)
{
    if (strcmp(ls_error_message(), expected) != 0)
        fail_msg("%s:\n%s\nexpected\n%s", what, ls_error_message(), expected);
}

/* ---- recorded configurations ---- */

#define SUPPORTED                                                                                                      \
    "not supported; Lockstep has dense networks: Dense, Dropout, GaussianNoise, BatchNormalization, "                  \
    "LayerNormalization, Activation, ReLU, LeakyReLU, ELU, Softmax, Add, Normalization, Rescaling, Flatten"

/* The layers, or the message behind "m.keras: "; those of Keras 3 where they differ. */
static const struct recorded {
    const char *name;
    int64_t features;
    const char *layers, *message, *layers3, *message3;
} recorded[] = {
    {"rules", 4,
     "8 relu kernel_regularizer=l1_l2(l1=0.001 l2=0.002) bias_regularizer=l2(0.01) kernel_constraint=max_norm(3) "
     "bias_constraint=non_neg, 8 kernel_initializer=he_normal bias_initializer=constant(value=0.1), "
     "8 use_bias=off kernel_initializer=he_normal kernel_regularizer=l1(0.01), 2",
     NULL, NULL, NULL},
    {"activations", 4,
     "8 leaky_relu(0.1), 8 leaky_relu(0.3), 8 leaky_relu, elu(0.5), elu, relu, leaky_relu(0.25), 8 leaky_relu(0.05), "
     "8 silu, gelu, 3 softmax",
     NULL, NULL, NULL},
    {"normalized", 4,
     "batch_normalization momentum=0.9 epsilon=0.0001, 8, batch_normalization momentum=0.99 epsilon=0.001 center=off, "
     "dropout 0.25, layer_normalization epsilon=1e-5, gaussian_noise 0.5, layer_normalization epsilon=0.001 center=off "
     "scale=off, 1",
     NULL, NULL, NULL},
    {"maps", 4, "3", NULL, NULL, NULL},
    {"pictures", 50, "3", NULL, NULL, NULL},
    {"reshaped", 4, "3", NULL, NULL, NULL},
    {"nested", 4, "4, 3, batch_normalization momentum=0.99 epsilon=0.001, 3, 5 tanh, 5, 1", NULL, NULL, NULL},
    {"line", 4, "6 relu, dropout 0.1, 2", NULL, NULL, NULL},
    {"residual", 4, "residual(7 relu, 4), leaky_relu, residual(residual(4), 4), residual(4, residual(4)), 1", NULL,
     NULL, NULL},
    {"models_in_a_line", 4, "6, residual(6), 1", NULL, NULL, NULL},
    {"named_ends", 4, "1", NULL, NULL, NULL},
    {"unbuilt", 0, "4, 3", NULL, NULL, NULL},
    {"built", 7, "4, 3", NULL, NULL, NULL},
    {"frozen", 4, "4, 3, 1", NULL, NULL, NULL},
    {"convolution", 0, NULL, "layer 1 'conv2d' (Conv2D): " SUPPORTED " (nearest: Dense behind a Flatten)", NULL, NULL},
    {"two_inputs", 0, NULL,
     "input 'b' (InputLayer): a second input is not supported; Lockstep has one (nearest: one input with all columns)",
     NULL, NULL},
    {"two_outputs", 0, NULL,
     "a model of 2 outputs is not supported; Lockstep has one (nearest: a Dense of all outputs)", NULL, NULL},
    {"shared", 0, NULL,
     "layer 1 'dense' (Dense): a layer that is shared, at several places of the model, is not supported (nearest: a "
     "layer for each place)",
     NULL, NULL},
    {"branches", 0, NULL,
     "layer 2 'dense_2' (Dense): such a branch is not supported; Lockstep has one line of layers, and x + f(x) in it "
     "(nearest: Add([x, f(x)]), which is residual(...))",
     NULL, NULL},
    {"joined", 0, NULL, "layer 2 'concatenate' (Concatenate): " SUPPORTED " (nearest: Add)", NULL, NULL},
    {"three_added", 0, NULL,
     "layer 3 'add' (Add): a layer of more inputs is not supported; one more is 'dense_2' (nearest: Add of two)", NULL,
     NULL},
    {"always_training", 4, NULL,
     "layer 1 'dropout' (Dropout): it is called with an argument, which is not supported: 'training'", "dropout 0.5, 1",
     NULL},
    {"constant_added", 0, NULL,
     "layer 2 'tf.__operators__.add' (TFOpLambda): it is called with an argument, which is not supported: 'y'", NULL,
     "layer 2 'add' (Add): it is called with something else than outputs of layers (nearest: Rescaling)"},
    {"activity", 0, NULL,
     "layer 1 'dense' (Dense): activity_regularizer is not supported (nearest: kernel_regularizer)", NULL, NULL},
    {"lora", 0, NULL, "layer 1 'dense' (Dense): lora_rank is not supported (nearest: the same without LoRA)", NULL,
     NULL},
    {"quantized", 0, NULL,
     "layer 1 'dense' (Dense): quantization_config is not supported (nearest: Dense that is not quantized)", NULL,
     NULL},
};

static const struct recorded *find_recorded(const char *name)
{
    for (int i = 0; i < ITEMS(recorded); i++)
        if (strcmp(recorded[i].name, name) == 0)
            return &recorded[i];
    fail_msg("nothing is expected of '%s'", name);
    return NULL;
}

static bool is_listed(const ls_json_document *d, const ls_json_value *list, const char *text)
{
    for (const ls_json_value *v = ls_json_first(d, list); v; v = ls_json_next(d, v))
        if (strcmp(v->text, text) == 0)
            return true;
    return false;
}

/* Where a version of Keras puts a layer's variables. */
static const char *saved_by(const ls_keras_layer *layer, const char *version)
{
    return strncmp(version, "2.13", 4) == 0   ? layer->saved_213
           : strncmp(version, "2.14", 4) == 0 ? layer->saved_214
                                              : layer->saved;
}

/* All datasets of the .keras file are some layer's, and no layer has another. */
static void check_saved(const ls_json_document *d, const ls_keras_model *model)
{
    const ls_json_value *saved = ls_json_member(d, d->value, "saved");
    const char *version = ls_json_member_text(d, d->value, "version");
    int64_t variables = 0;
    for (int i = 0; i < model->count; i++)
        for (int v = 0; v < model->layer[i].variables; v++, variables++) {
            char path[256];
            snprintf(path, sizeof path, "%s/vars/%d", saved_by(&model->layer[i], version), v);
            if (!is_listed(d, saved, path))
                fail_msg("%s: no dataset %s", model->layer[i].place, path);
        }
    assert_int_equal(variables, saved->count);
}

/* The layers of each top-level layer of the .h5 file have as many variables as it. */
static void check_legacy(const ls_json_document *d, const ls_json_value *legacy, const ls_keras_model *model)
{
    int64_t variables = 0, listed = 0;
    for (int i = 0; i < model->count; i++)
        variables += model->layer[i].variables;
    for (const ls_json_value *v = ls_json_first(d, legacy); v; v = ls_json_next(d, v)) {
        int64_t count = 0;
        for (int i = 0; i < model->count; i++)
            count += strcmp(model->layer[i].legacy, v->key) == 0 ? model->layer[i].variables : 0;
        if (count != (int64_t)v->number)
            fail_msg("%s: %lld variables; expected %g", v->key, (long long)count, v->number);
        listed += count;
    }
    assert_int_equal(variables, listed);
}

static void check_line(const char *line, int generation)
{
    ls_json_document d;
    ls_keras_model model;
    assert_int_equal(ls_json_read(line, &d), LS_OK);
    const char *name = ls_json_member_text(&d, d.value, "name");
    const struct recorded *expected = find_recorded(name);
    const char *layers = generation == 3 && expected->layers3 ? expected->layers3 : expected->layers;
    const char *message =
        generation == 3 && (expected->layers3 || expected->message3) ? expected->message3 : expected->message;
    const ls_json_value *config = ls_json_member(&d, d.value, "config");
    const ls_status status =
        ls_keras_model_read(&d, config, "m.keras", ls_json_member_text(&d, d.value, "version"), &model);
    if (message) {
        char whole[1024];
        assert_int_equal(status, LS_ERR_DATA);
        snprintf(whole, sizeof whole, "m.keras: %s", message);
        expect_message(name, whole);
    } else {
        if (status != LS_OK)
            fail_msg("%s: %s", name, ls_error_message());
        assert_int_equal(model.features, expected->features);
        assert_int_equal(model.legacy, generation == 2);
        expect_layers(name, &model, layers);
        if (strcmp(name, "unbuilt") != 0) {
            check_saved(&d, &model);
            check_legacy(&d, ls_json_member(&d, d.value, "legacy"), &model);
        }
        ls_keras_model_free(&model);
        assert_null(model.layer);
    }
    ls_json_document_free(&d);
}

static void check_file(const char *name, int generation, int lines)
{
    char path[512], *line = NULL;
    size_t capacity = 0;
    snprintf(path, sizeof path, "%s/%s", LS_TEST_CONFIGS, name);
    FILE *file = fopen(path, "r");
    assert_non_null(file);
    for (; getline(&line, &capacity, file) > 0; lines--)
        check_line(line, generation);
    assert_int_equal(lines, 0);
    free(line);
    (void)fclose(file);
}

static void recorded_ones_give_their_layers(void **state)
{
    (void)state;
    check_file("keras2.jsonl", 2, ITEMS(recorded) - 2);
    check_file("keras3.jsonl", 3, ITEMS(recorded));
    check_file("keras213.jsonl", 2, 4);
    check_file("keras214.jsonl", 2, 4);
}

/* ---- short ones ---- */

#define NAMED(class_name, config)  "{\"class_name\":\"" class_name "\",\"config\":{\"name\":\"x\"" config "}}"
#define INPUT                      NAMED("InputLayer", ",\"batch_shape\":[null,4]")
#define SEQUENTIAL(layers)         "{\"class_name\":\"Sequential\",\"config\":{\"name\":\"s\",\"layers\":[" layers "]}}"
#define WITH(layers)               SEQUENTIAL(INPUT "," layers "," NAMED("Dense", ",\"units\":1"))
#define DENSE(settings)            SEQUENTIAL(INPUT "," NAMED("Dense", ",\"units\":1," settings))
#define OBJECT(class_name, config) "{\"class_name\":\"" class_name "\",\"config\":{" config "}}"

#define CALL(name, layer, from)                                                                                        \
    "{\"class_name\":\"" layer "\",\"name\":\"" name "\",\"config\":{\"units\":4},\"inbound_nodes\":[[[\"" from        \
    "\",0,0,{}]]]}"
#define FUNCTIONAL(layers, last)                                                                                       \
    "{\"class_name\":\"Functional\",\"config\":{\"name\":\"f\",\"layers\":[{\"class_name\":\"InputLayer\",\"name\":"   \
    "\"in\","                                                                                                          \
    "\"config\":{\"batch_shape\":[null,4]},\"inbound_nodes\":[]}," layers "],\"output_layers\":[[\"" last "\",0,0]]}}"
#define ADD(name, a, b)                                                                                                \
    "{\"class_name\":\"Add\",\"name\":\"" name "\",\"config\":{},\"inbound_nodes\":[[[\"" a "\",0,0,{}],[\"" b         \
    "\",0,0,{}]]]}"

static void settings_come_through(void **state)
{
    static const struct {
        const char *config, *layers;
    } cases[] = {
        {DENSE("\"use_bias\":false,\"bias_regularizer\":\"l2\""), "1 use_bias=off"},
        {DENSE("\"activation\":null"), "1"},
        {DENSE("\"activation\":\"swish\""), "1 silu"},
        {DENSE("\"activation\":\"relu6\""), "1 relu(max_value=6)"},
        {DENSE("\"activation\":" OBJECT("ELU", "\"alpha\":0.25")), "1 elu(0.25)"},
        {DENSE("\"activation\":" OBJECT("LeakyReLU", "\"alpha\":0.30000001192092896")), "1 leaky_relu(0.3)"},
        {DENSE("\"activation\":" OBJECT("Softmax", "\"axis\":-1")), "1 softmax"},
        {DENSE("\"activation\":" OBJECT("Activation", "\"activation\":\"tanh\"")), "1 tanh"},
        {DENSE("\"activation\":{\"module\":\"builtins\",\"class_name\":\"function\",\"config\":\"relu\","
               "\"registered_name\":\"function\"}"),
         "1 relu"},
        {WITH(NAMED("ReLU", ",\"max_value\":6.0,\"negative_slope\":0.5,\"threshold\":1.0")),
         "relu(max_value=6 negative_slope=0.5 threshold=1), 1"},
        {WITH(NAMED("LeakyReLU", "")), "leaky_relu(0.3), 1"},
        {WITH(NAMED("LeakyReLU", ",\"negative_slope\":0.2")), "leaky_relu, 1"},
        {WITH(NAMED("LeakyReLU", ",\"alpha\":0.20000000298023224")), "leaky_relu, 1"},
        {WITH(NAMED("Softmax", ",\"axis\":[1]")), "softmax, 1"},
        {WITH(NAMED("Activation", ",\"activation\":\"linear\"")), "1"},
        {WITH(NAMED("Activation", ",\"activation\":\"hard_sigmoid\"")), "hard_sigmoid, 1"},
        {WITH(NAMED("Dropout", ",\"rate\":0,\"noise_shape\":[null,null],\"seed\":3")), "dropout 0, 1"},
        {WITH(NAMED("SyncBatchNormalization", ",\"axis\":[1],\"synchronized\":true")),
         "batch_normalization momentum=0.99 epsilon=0.001, 1"},
        {DENSE("\"kernel_regularizer\":\"l2\",\"bias_regularizer\":" OBJECT("L1L2", "\"l1\":0.0,\"l2\":0.0")),
         "1 kernel_regularizer=l2(0.01)"},
        {DENSE("\"kernel_regularizer\":" OBJECT("L1", "\"l1\":0.009999999776482582")), "1 kernel_regularizer=l1(0.01)"},
        {DENSE(
             "\"kernel_constraint\":\"max_norm\",\"bias_constraint\":" OBJECT("MaxNorm", "\"max_value\":1,\"axis\":0")),
         "1 kernel_constraint=max_norm(2) bias_constraint=max_norm(1)"},
        {DENSE("\"kernel_initializer\":\"uniform\",\"bias_initializer\":\"ones\""),
         "1 kernel_initializer=random_uniform bias_initializer=ones"},
        {DENSE("\"kernel_initializer\":" OBJECT("RandomNormal", "\"mean\":0.0,\"stddev\":0.05,\"seed\":null")),
         "1 kernel_initializer=random_normal(mean=0, stddev=0.05)"},
        {DENSE("\"kernel_initializer\":" OBJECT("VarianceScaling",
                                                "\"scale\":1.0,\"mode\":\"fan_avg\",\"distribution\":\"uniform\"")),
         "1"},
        /* an activation becomes the dense layer's where nothing stands between */
        {SEQUENTIAL(INPUT "," NAMED("Dense", ",\"units\":3") "," NAMED("Activation", ",\"activation\":\"softmax\"")),
         "3 softmax"},
        {SEQUENTIAL(INPUT "," NAMED("Dense", ",\"units\":3,\"activation\":\"relu\"") "," NAMED(
             "Activation", ",\"activation\":\"tanh\"") "," NAMED("Dense", ",\"units\":1")),
         "3 relu, tanh, 1"},
        {SEQUENTIAL(INPUT "," NAMED("Dense", ",\"units\":3") "," NAMED("Dropout", ",\"rate\":0.5") "," NAMED(
             "Activation", ",\"activation\":\"tanh\"") "," NAMED("Dense", ",\"units\":1")),
         "3, dropout 0.5, tanh, 1"},
        /* earlier spellings */
        {"{\"class_name\":\"Model\",\"config\":{\"name\":\"m\",\"layers\":[{\"class_name\":\"InputLayer\",\"name\":"
         "\"in\","
         "\"config\":{\"batch_input_shape\":{\"class_name\":\"__tuple__\",\"items\":[null,4]}},\"inbound_nodes\":[]}"
         "," CALL("a", "Dense", "in") "," ADD("b", "a", "in") "," CALL("c", "Dense",
                                                                       "b") "],\"input_layers\":[[\"in\",0,0]],"
                                                                            "\"output_layers\":[[\"c\",0,0]]}}",
         "residual(4), 4"},
        {FUNCTIONAL(
             CALL("e", "Dense", "d") "," ADD("d", "in", "c") "," CALL("c", "Dense", "b") "," CALL("b", "Flatten", "in"),
             "e"),
         "residual(4), 4"},
        {"{\"class_name\":\"Sequential\",\"config\":[" NAMED("Dense",
                                                             ",\"units\":3,\"batch_input_shape\":[null,5]") "]}",
         "3"},
        {"{\"class_name\":\"Sequential\",\"config\":{\"build_input_shape\":[null,9],\"layers\":[" NAMED(
             "Dense", ",\"units\":3") "]}}",
         "3"},
    };
    (void)state;
    for (int i = 0; i < ITEMS(cases); i++) {
        ls_keras_model model;
        if (!read_text(cases[i].config, NULL, &model))
            fail_msg("%s: %s", cases[i].config, ls_error_message());
        expect_layers(cases[i].config, &model, cases[i].layers);
        ls_keras_model_free(&model);
    }
}

/* ---- maps ---- */

static void expect_numbers(const double *numbers, int64_t count, const double *expected, int64_t expected_count)
{
    assert_int_equal(count, expected_count);
    for (int64_t i = 0; i < count; i++)
        if (numbers[i] != expected[i])
            fail_msg("number %lld is %g; expected %g", (long long)i, numbers[i], expected[i]);
}

static void maps_have_their_numbers(void **state)
{
    static const char config[] = SEQUENTIAL(NAMED("InputLayer", ",\"batch_shape\":[null,2]") "," NAMED(
        "Rescaling",
        ",\"scale\":0.5,"
        "\"offset\":[1,"
        "2]") "," NAMED("Normalization",
                        ",\"axis\":[-1],\"mean\":null,\"variance\":null") "," NAMED("Flatten",
                                                                                    "") "," NAMED("Rescaling",
                                                                                                  ",\"scale\":{\"class_"
                                                                                                  "name\":\"__numpy__"
                                                                                                  "\",\"config\":{"
                                                                                                  "\"value\":[3,4],"
                                                                                                  "\"dtype\":"
                                                                                                  "\"float64\"}"
                                                                                                  "}") "," NAMED("Dens"
                                                                                                                 "e",
                                                                                                                 ",\"un"
                                                                                                                 "its\""
                                                                                                                 ":1") "," NAMED("Normalization",
                                                                                                                                 ",\"axis\":[-1],\"mean\":[[7]],\"variance\":4,"
                                                                                                                                 "\"invert\":true") "," NAMED("Rescaling",
                                                                                                                                                              ",\"scale\":2.0,"
                                                                                                                                                              "\"offset\":0.0"));
    ls_keras_model model;
    (void)state;
    if (!read_text(config, NULL, &model))
        fail_msg("%s", ls_error_message());
    expect_layers("maps", &model, "1");
    assert_int_equal(model.feature_maps, 3);
    assert_int_equal(model.target_maps, 2);
    const ls_keras_map *map = model.map;
    assert_true(map[0].rescaling && !map[1].rescaling && map[2].rescaling && !map[3].rescaling && map[4].rescaling);
    assert_true(map[3].invert && !map[1].invert);
    expect_numbers(map[0].a, map[0].count, (double[]){0.5, 0.5}, 2);
    expect_numbers(map[0].b, map[0].count, (double[]){1, 2}, 2);
    assert_int_equal(map[1].count, 0);
    expect_numbers(map[2].a, map[2].count, (double[]){3, 4}, 2);
    expect_numbers(map[2].b, map[2].count, (double[]){0, 0}, 2);
    expect_numbers(map[3].a, map[3].count, (double[]){7}, 1);
    expect_numbers(map[3].b, map[3].count, (double[]){4}, 1);
    expect_numbers(map[4].a, map[4].count, (double[]){2}, 1);
    static const ls_keras_use uses[] = {LS_KERAS_NOTHING,  LS_KERAS_FEATURES, LS_KERAS_FEATURES, LS_KERAS_NOTHING,
                                        LS_KERAS_FEATURES, LS_KERAS_LAYER,    LS_KERAS_TARGETS,  LS_KERAS_TARGETS};
    static const int indices[] = {0, 0, 1, 0, 2, 0, 0, 1}, variables[] = {0, 0, 3, 0, 0, 2, 0, 0};
    assert_int_equal(model.count, ITEMS(uses));
    for (int i = 0; i < model.count; i++) {
        assert_int_equal(model.layer[i].use, uses[i]);
        assert_int_equal(model.layer[i].index, indices[i]);
        assert_int_equal(model.layer[i].variables, variables[i]);
    }
    ls_keras_model_free(&model);
}

/* ---- remarks ---- */

static void remarks_say_what_is_other(void **state)
{
    static const char config[] = WITH(NAMED(
        "Dense", ",\"units\":4,\"dtype\":{\"class_name\":\"DTypePolicy\",\"config\":{\"name\":\"mixed_float16\"}},"
                 "\"kernel_initializer\":\"orthogonal\",\"trainable\":false") "," NAMED("BatchNormalization",
                                                                                        ",\"gamma_initializer\":"
                                                                                        "\"zeros\",\"trainable\":false,"
                                                                                        "\"dtype\":\"float64\""));
    ls_keras_model model;
    (void)state;
    if (!read_text(config, NULL, &model))
        fail_msg("%s", ls_error_message());
    assert_string_equal(ls_text_string(&model.remarks),
                        "layer 1 'x' (Dense): dtype mixed_float16 in Keras; all is float32 in Lockstep");
    assert_string_equal(ls_text_string(&model.training_remarks),
                        "layer 1 'x' (Dense): not trainable in Keras; Lockstep trains all layers\n"
                        "layer 2 'x' (BatchNormalization): not trainable in Keras; Lockstep trains all layers");
    assert_string_equal(ls_text_string(&model.initial_remarks),
                        "layer 1 'x' (Dense): kernel_initializer orthogonal is not Lockstep's; it begins with "
                        "glorot_uniform\n"
                        "layer 2 'x' (BatchNormalization): gamma_initializer zeros is not Lockstep's here; it begins "
                        "with ones");
    assert_false(model.layer[1].trainable);
    assert_true(model.layer[3].trainable);
    ls_keras_model_free(&model);
}

/* Names of groups are Keras' words for classes; a model that is not trainable has no layer that is. */
static void layers_have_their_models_facts(void **state)
{
    static const char config[] =
        WITH("{\"class_name\":\"Sequential\",\"config\":{\"name\":\"inner\",\"trainable\":false,\"layers\":[" NAMED(
            "Dense",
            ",\"units\":4,\"trainable\":true") "," NAMED("LeakyReLU",
                                                         "") "," NAMED("ReLU",
                                                                       "") "," NAMED("ELU",
                                                                                     "") "," NAMED("LayerNormalization",
                                                                                                   "") "]}}");
    static const struct {
        const char *saved, *legacy;
        bool trainable;
    } expected[] = {
        {"layers/input_layer", "x", true},
        {"layers/sequential/layers/dense", "inner", false},
        {"layers/sequential/layers/leaky_re_lu", "inner", false},
        {"layers/sequential/layers/re_lu", "inner", false},
        {"layers/sequential/layers/elu", "inner", false},
        {"layers/sequential/layers/layer_normalization", "inner", false},
        {"layers/dense", "x", true},
    };
    ls_keras_model model;
    (void)state;
    if (!read_text(config, NULL, &model))
        fail_msg("%s", ls_error_message());
    assert_int_equal(model.count, ITEMS(expected));
    for (int i = 0; i < model.count; i++) {
        assert_string_equal(model.layer[i].saved, expected[i].saved);
        assert_string_equal(model.layer[i].legacy, expected[i].legacy);
        assert_int_equal(model.layer[i].trainable, expected[i].trainable);
    }
    assert_string_equal(model.layer[2].place, "layer 1 'inner' (Sequential) > layer 2 'x' (LeakyReLU)");
    ls_keras_model_free(&model);
}

/* ---- refused ---- */

#define ONE "layer 1 'x' "

static void what_is_not_supported_is_named(void **state)
{
    static const struct {
        const char *config, *message, *version;
    } cases[] = {
        {"[]", "this is no model of Keras'; expected an object with class_name and config", NULL},
        {"{\"class_name\":\"MyModel\",\"config\":{}}",
         "a model of class MyModel is not supported; Lockstep reads Sequential and Functional ones (nearest: "
         "Sequential)",
         NULL},
        {SEQUENTIAL(""), "the model has no layer that computes; expected at least one Dense (nearest: Dense)", NULL},
        {"{\"class_name\":\"Sequential\",\"config\":{\"name\":\"s\"}}",
         "the model's configuration has no list of layers", NULL},
        {SEQUENTIAL("3"), "layer 1 is no object with class_name", NULL},
        {DENSE("\"a\":1"), "Keras 1.2.2 wrote it, which is not supported (nearest: a file written by Keras 2 or 3)",
         "1.2.2"},
        {WITH(NAMED("LSTM", "")), ONE "(LSTM): " SUPPORTED " (nearest: Dense behind a Flatten)", NULL},
        {WITH(NAMED("PReLU", "")), ONE "(PReLU): " SUPPORTED " (nearest: LeakyReLU)", NULL},
        {WITH(NAMED("Densse", "")), ONE "(Densse): " SUPPORTED " (nearest: Dense)", NULL},
        {WITH(NAMED("a\\u001b[2J", "")), ONE "(a\\u001b[2J): " SUPPORTED " (nearest: Dense)", NULL},
        {WITH("{\"module\":\"mine.layers\",\"class_name\":\"Dense\",\"config\":{\"name\":\"x\"}}"),
         ONE
         "(Dense): a class of somebody else's (mine.layers), which is not supported (nearest: a layer of Keras' own)",
         NULL},
        {WITH("{\"class_name\":\"Dense\",\"registered_name\":\"Mine>Dense\",\"config\":{\"name\":\"x\"}}"),
         ONE
         "(Dense): a class of somebody else's (Mine>Dense), which is not supported (nearest: a layer of Keras' own)",
         NULL},
        {WITH("{\"class_name\":\"Dense\"}"), "layer 1 (Dense): it has no configuration", NULL},
        /* settings */
        {WITH(NAMED("Dense", "")), ONE "(Dense): units is 0; expected a whole number from 1 on", NULL},
        {WITH(NAMED("Dense", ",\"units\":2.5")), ONE "(Dense): units is 2.5; expected a whole number from 1 on", NULL},
        {WITH(NAMED("Dense", ",\"units\":\"9\"")), ONE "(Dense): units is a text; expected a number", NULL},
        {WITH(NAMED("Dense", ",\"units\":2000000000")),
         ONE "(Dense): --layers: layer 1 '2000000000': 2000000000 units; expected a whole number from 1 to 1073741824",
         NULL},
        {DENSE("\"use_bias\":1"), ONE "(Dense): use_bias is a number; expected true or false", NULL},
        {DENSE("\"activation\":\"sparsemax\""),
         ONE
         "(Dense): activation 'sparsemax' is not supported; Lockstep has linear, relu, sigmoid, tanh, softmax, "
         "leaky_relu, elu, selu, gelu, silu, softplus, softsign, hard_sigmoid, mish, exponential (nearest: softmax)",
         NULL},
        {DENSE("\"kernel_regularizer\":\"a\\u001b[2J\""),
         ONE "(Dense): kernel_regularizer a\\u001b[2J is not supported; Lockstep has L1, L2, L1L2 (nearest: L1L2)",
         NULL},
        {DENSE("\"activation\":7"), ONE "(Dense): activation is neither a name nor an object with class_name", NULL},
        {DENSE("\"activation\":{\"class_name\":\"__lambda__\",\"config\":{}}"),
         ONE "(Dense): activation is a function written in Python (lambda), which is not supported (nearest: relu)",
         NULL},
        {DENSE("\"activation\":" OBJECT("gelu", "\"approximate\":true")),
         ONE "(Dense): activation 'gelu' with approximate=True is not supported (nearest: gelu)", NULL},
        {DENSE("\"activation\":\"hard_sigmoid\""),
         ONE "(Dense): activation 'hard_sigmoid' of Keras 2 is 0.2 x + 0.5 held between 0 and 1; Lockstep has that of "
             "Keras 3, x / 6 + 0.5 (nearest: sigmoid)",
         "2.15.0"},
        {DENSE("\"kernel_regularizer\":" OBJECT("OrthogonalRegularizer", "\"factor\":0.01")),
         ONE "(Dense): kernel_regularizer OrthogonalRegularizer is not supported; Lockstep has L1, L2, L1L2 (nearest: "
             "L1L2)",
         NULL},
        {DENSE("\"kernel_regularizer\":\"l1_l2\""), ONE "(Dense): kernel_regularizer l1_l2 says neither l1 nor l2",
         NULL},
        {DENSE("\"kernel_regularizer\":" OBJECT("L2", "\"l2\":-1")),
         ONE "(Dense): --layers: layer 1 '1 kernel_regularizer=l2(-1)': kernel_regularizer: l2=-1; expected a number "
             "from 0 to 1e30",
         NULL},
        {DENSE("\"bias_constraint\":" OBJECT("UnitNorm", "\"axis\":0")),
         ONE "(Dense): bias_constraint UnitNorm is not supported; Lockstep has MaxNorm, NonNeg (nearest: MaxNorm)",
         NULL},
        {DENSE("\"kernel_constraint\":" OBJECT("MaxNorm", "\"max_value\":2,\"axis\":1")),
         ONE "(Dense): kernel_constraint MaxNorm of another axis than 0 is not supported (nearest: MaxNorm(axis=0))",
         NULL},
        {DENSE("\"dtype\":{\"class_name\":\"QuantizedDTypePolicy\",\"config\":{\"name\":\"int8_from_float32\"}}"),
         ONE "(Dense): dtype int8_from_float32 is quantized, which is not supported (nearest: float32)", NULL},
        {WITH(NAMED("Softmax", ",\"axis\":0")),
         ONE "(Softmax): axis is not that of the columns, which is -1 or 1 (nearest: axis=-1)", NULL},
        {WITH(NAMED("Dropout", "")), ONE "(Dropout): its configuration has no rate", NULL},
        {WITH(NAMED("Dropout", ",\"rate\":1")),
         ONE "(Dropout): --layers: layer 1 'dropout 1': dropout needs one rate, 0 <= rate < 1, as in 'dropout 0.2'",
         NULL},
        {WITH(NAMED("Dropout", ",\"rate\":0.5,\"noise_shape\":[null,1]")),
         ONE "(Dropout): noise_shape is not supported (nearest: noise_shape=None)", NULL},
        {WITH(NAMED("BatchNormalization", ",\"axis\":0")),
         ONE "(BatchNormalization): axis is not that of the columns, which is -1 or 1 (nearest: axis=-1)", NULL},
        {WITH(NAMED("BatchNormalization", ",\"renorm\":true")),
         ONE "(BatchNormalization): renorm is not supported (nearest: renorm=False)", NULL},
        {WITH(NAMED("BatchNormalization", ",\"gamma_regularizer\":\"l2\"")),
         ONE "(BatchNormalization): gamma_regularizer is not supported; Lockstep has such of kernels and biases "
             "(nearest: none)",
         NULL},
        {WITH(NAMED("LayerNormalization", ",\"rms_scaling\":true")),
         ONE "(LayerNormalization): rms_scaling is not supported (nearest: rms_scaling=False)", NULL},
        /* places */
        {SEQUENTIAL(INPUT "," NAMED("Dense", ",\"units\":2") "," NAMED("Dropout", ",\"rate\":0.5")),
         "layer 2 'x' (Dropout): it is the last layer; Lockstep's last is a Dense, perhaps with an activation behind "
         "it "
         "(nearest: Dense)",
         NULL},
        {WITH(NAMED("Dense", ",\"units\":2") "," NAMED("Rescaling", ",\"scale\":2")),
         "layer 2 'x' (Rescaling): it stands between layers, which Lockstep does not have (nearest: in front of all "
         "layers or behind them)",
         NULL},
        {WITH(NAMED("Rescaling", ",\"scale\":[1,2,3]")), ONE "(Rescaling): scale has 3 numbers for 4 columns", NULL},
        {WITH(NAMED("Rescaling", "")), ONE "(Rescaling): its configuration has no scale", NULL},
        {WITH(NAMED("Rescaling", ",\"scale\":[1,true]")),
         ONE "(Rescaling): scale is a list; expected a number or a list of numbers", NULL},
        {WITH(NAMED("Normalization", ",\"mean\":1")),
         ONE "(Normalization): its configuration has one of mean and variance without the other", NULL},
        {WITH(NAMED("Normalization", ",\"mean\":1,\"variance\":-1")),
         ONE "(Normalization): variance has -1; expected 0 or more", NULL},
        /* shapes */
        {SEQUENTIAL(NAMED("InputLayer", ",\"batch_shape\":[null,null]") "," NAMED("Dense", ",\"units\":1")),
         "input 'x' (InputLayer): its shape does not say how many numbers a row has; Lockstep has rows of one length "
         "(nearest: an input of a fixed number of columns)",
         NULL},
        {SEQUENTIAL(NAMED("InputLayer", ",\"batch_shape\":[null,4],\"ragged\":true")),
         "input 'x' (InputLayer): ragged rows are not supported (nearest: ragged=False)", NULL},
        {SEQUENTIAL(NAMED("InputLayer", ",\"batch_shape\":[null,1e6,1e6]")),
         "input 'x' (InputLayer): a shape of more than 1073741824 numbers", NULL},
        {SEQUENTIAL(NAMED("InputLayer", ",\"batch_shape\":[null,28,28]") "," NAMED("Dense", ",\"units\":1")),
         ONE "(Dense): its input has 3 dimensions, the rows' among them; Lockstep has rows of numbers, which are 2 "
             "(nearest: a Flatten in front of it)",
         NULL},
        {SEQUENTIAL(NAMED("InputLayer", ",\"batch_shape\":[null,28,28]") "," NAMED("Normalization", ",\"axis\":[-1]")),
         ONE "(Normalization): its input has 3 dimensions, and it has a mean for each position along an axis (nearest: "
             "axis=None, or a Flatten in front of it)",
         NULL},
        {SEQUENTIAL(NAMED("InputLayer",
                          ",\"batch_shape\":[null,28,28]") "," NAMED("Flatten", ",\"data_format\":\"channels_first\"")),
         ONE
         "(Flatten): data_format channels_first, which changes the order of the numbers, is not supported (nearest: "
         "data_format=\"channels_last\")",
         NULL},
        {WITH(NAMED("Reshape", ",\"target_shape\":[3]")),
         ONE "(Reshape): its target_shape is of 3 numbers, and its input has 4", NULL},
        {WITH(SEQUENTIAL(NAMED("InputLayer", ",\"batch_shape\":[null,5]"))),
         "layer 1 's' (Sequential) > input 'x' (InputLayer): it takes rows of 5 numbers and gets 4", NULL},
        /* graphs */
        {FUNCTIONAL(CALL("a", "Dense", "b"), "a"), "layer 1 'a' (Dense): there is no layer that it reads: 'b'", NULL},
        {FUNCTIONAL(CALL("a", "Dense", "in"), "b"), "the model's output layer 'b' is not among its layers", NULL},
        {FUNCTIONAL(CALL("a", "Dense", "in") "," CALL("a", "Dense", "in"), "a"),
         "layer 2 'a' (Dense): another layer has the same name", NULL},
        {FUNCTIONAL(CALL("a", "Dense", "a"), "a"),
         "input 'in' (InputLayer): such a branch is not supported; Lockstep has one line of layers, and x + f(x) in it "
         "(nearest: Add([x, f(x)]), which is residual(...))",
         NULL},
        {FUNCTIONAL(ADD("a", "in", "in"), "a"),
         "layer 1 'a' (Add): it adds the same twice, which is not supported: 'in' (nearest: Rescaling)", NULL},
        {FUNCTIONAL(ADD("b", "in", "a") "," CALL("a", "Flatten", "in"), "b"),
         "layer 1 'b' (Add): it adds numbers to themselves, with no layer between (nearest: Rescaling)", NULL},
        {FUNCTIONAL(CALL("a", "Dense", "in") "," CALL("b", "Dense", "a") "," ADD("c", "in", "b") "," ADD(
                        "d", "a", "c") "," CALL("e", "Dense", "d"),
                    "e"),
         "layer 3 'c' (Add): such a branch is not supported; Lockstep has one line of layers, and x + f(x) in it "
         "(nearest: Add([x, f(x)]), which is residual(...))",
         NULL},
        {FUNCTIONAL("{\"class_name\":\"Dense\",\"name\":\"a\",\"config\":{\"units\":5},\"inbound_nodes\":[[[\"in\",0,0,"
                    "{}]]]}," ADD("b", "in", "a") "," CALL("c", "Dense", "b"),
                    "c"),
         "layer 2 'b' (Add): it adds 5 numbers to 4; expected as many", NULL},
    };
    (void)state;
    for (int i = 0; i < ITEMS(cases); i++) {
        ls_keras_model model;
        char whole[1024];
        if (read_text(cases[i].config, cases[i].version, &model))
            fail_msg("%s: taken as '%s'", cases[i].config, ls_text_string(&model.layers));
        snprintf(whole, sizeof whole, "m.keras: %s", cases[i].message);
        expect_message(cases[i].config, whole);
    }
}

/* More layers, or deeper, than there may be, end in an error too. */
static void large_ones_are_refused(void **state)
{
    static const struct {
        int count;
        const char *part, *message;
    } cases[] = {
        {4097, NAMED("Flatten", ""), "m.keras: more than 4096 layers"},
        {1100, NAMED("Dropout", ",\"rate\":0"), "m.keras: --layers: more than 1024 layers; expected at most so many"},
    };
    (void)state;
    for (int i = 0; i < ITEMS(cases); i++) {
        ls_text text = {0};
        ls_keras_model model;
        ls_text_append(&text, "{\"class_name\":\"Sequential\",\"config\":{\"layers\":[");
        for (int k = 0; k < cases[i].count; k++)
            ls_text_printf(&text, "%s,", cases[i].part);
        ls_text_append(&text, NAMED("Dense", ",\"units\":1") "]}}");
        assert_null(read_text(ls_text_string(&text), NULL, &model));
        expect_message("large", cases[i].message);
        ls_text_free(&text);
    }
}

/* ---- what Lockstep writes for Keras ---- */

static void own_configurations_come_back(void **state)
{
    static const char *const layers[] = {
        "1",
        "64 relu, dropout 0.2, 10 softmax",
        "8 relu, residual(8 tanh, residual(8), 8) elu(0.5), residual(8), gaussian_noise 0.1, 3 sigmoid",
        "residual(residual(7), 7 leaky_relu(0.3)), batch_normalization momentum=0.9 scale=off, relu(max_value=6), 1",
        "8 kernel_initializer=he_normal bias_initializer=constant(0.1) kernel_regularizer=l1_l2(1e-5, 1e-4) "
        "kernel_constraint=max_norm(3) bias_constraint=non_neg, layer_normalization epsilon=1e-5 center=off, "
        "2 gelu use_bias=off",
        "4 silu, softplus, 4 softsign, 4 mish, 4 hard_sigmoid, 4 exponential, 2 selu",
    };
    (void)state;
    for (int i = 0; i < ITEMS(layers); i++)
        for (int saved = 0; saved < 2; saved++) {
            ls_network *network, *again;
            ls_text config = {0}, first = {0}, second = {0};
            ls_keras_model model;
            assert_int_equal(ls_network_create(layers[i], 7, &network), LS_OK);
            assert_int_equal((saved ? ls_keras_saved_config : ls_keras_model_config)(network, &config), LS_OK);
            if (!read_text(ls_text_string(&config), "3.15.1", &model))
                fail_msg("%s: %s", layers[i], ls_error_message());
            assert_int_equal(model.features, 7);
            assert_int_equal(ls_network_create(ls_text_string(&model.layers), 7, &again), LS_OK);
            ls_layers_format(network->layers, network->count, &first);
            ls_layers_format(again->layers, again->count, &second);
            /* but for activations, which go to the dense layer in front of them */
            if (strstr(layers[i], "silu, softplus") == NULL)
                assert_string_equal(ls_text_string(&first), ls_text_string(&second));
            assert_int_equal(network->parameters, again->parameters);
            ls_network_destroy(network);
            ls_network_destroy(again);
            ls_keras_model_free(&model);
            ls_text_free(&config);
            ls_text_free(&first);
            ls_text_free(&second);
        }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(recorded_ones_give_their_layers), cmocka_unit_test(settings_come_through),
        cmocka_unit_test(maps_have_their_numbers),         cmocka_unit_test(remarks_say_what_is_other),
        cmocka_unit_test(layers_have_their_models_facts),  cmocka_unit_test(what_is_not_supported_is_named),
        cmocka_unit_test(large_ones_are_refused),          cmocka_unit_test(own_configurations_come_back),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
