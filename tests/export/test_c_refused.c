/* What a C file does not hold, and what it is called; what it leaves out. */
#include "c_cases.h"

/* ---- models ---- */

static ls_network *network_of(const char *layers, int64_t features)
{
    ls_network *network;
    assert_ok(ls_network_create(layers, features, &network));
    return network;
}

/* The file's text, freed with free. */
static char *text_of(const ls_exported *model, const char *path)
{
    FILE *out = tmpfile();
    assert_non_null(out);
    ls_exported named = *model;
    named.path = path;
    assert_ok(ls_export_c(&named, out));
    const long size = ftell(out);
    char *text = calloc((size_t)size + 1, 1);
    assert_non_null(text);
    rewind(out);
    assert_int_equal(fread(text, 1, (size_t)size, out), size);
    (void)fclose(out);
    return text;
}

/* Nothing is written then. */
static void refuse(const ls_exported *model, const char *part)
{
    FILE *out = tmpfile();
    assert_non_null(out);
    assert_fails(ls_export_c(model, out), LS_ERR_USAGE, part);
    assert_int_equal(ftell(out), 0);
    (void)fclose(out);
}

/* ---- refusals ---- */

/* Both are found before a weight is read. */
static void test_size(void **state)
{
    (void)state;
    const float none = 0;
    ls_network *network = network_of("4472 relu, 4472", 1);
    assert_true(network->parameters > LS_EXPORT_C_WEIGHTS);
    const ls_exported weights = {.network = network, .block = &none, .maps = true};
    refuse(&weights, "20012200 weights");
    refuse(&weights, ".onnx");
    ls_network_destroy(network);
    network = network_of("150000 relu, 150000 relu use_bias=off, 1", 1);
    const ls_exported many = {.network = network, .block = &none, .maps = true};
    refuse(&many, "weights");
    ls_network_destroy(network);
    network = network_of("262145 relu, 1", 1);
    const ls_exported stack = {.network = network, .block = &none, .maps = true};
    refuse(&stack, "1048580 bytes");
    ls_network_destroy(network);
}

static void test_kind(void **state)
{
    (void)state;
    static const ls_layer_kind odd = {.keras_class = "Odd", .stem = "odd"};
    const float none = 0;
    ls_network *network = network_of("dropout 0.5, 3, 2", 2);
    const ls_layer_kind *kind = network->layers[0].kind;
    const ls_exported model = {.network = network, .block = &none, .maps = true};
    network->layers[0].kind = &odd;
    refuse(&model, "layer 1 'dropout' is a Odd layer");
    network->layers[0].kind = kind;
    ls_network_destroy(network);
}

static void test_numbers(void **state)
{
    (void)state;
    const case_text c = {"batch_normalization, 3, 2", 2, 1, 1, 0, 1, 1, 0, 0};
    ls_network *network = case_network(&c);
    float *block = case_block(&c, network), *at = block + network->matrix[network->layers[1].matrix].offset;
    float *variance = block + network->matrix[network->layers[0].statistic + 1].offset;
    ls_exported model = {.network = network, .block = block, .maps = true};
    free(text_of(&model, NULL));
    const float weight = *at, was = *variance;
    *at = NAN;
    refuse(&model, "layer 2 'dense' has a weight that is not a finite number");
    *at = weight;
    *variance = -1;
    refuse(&model, "layer 1 'batch_normalization' has a negative moving variance");
    *variance = was;
    network->feature_map.mean[1] = INFINITY;
    refuse(&model, "mean of column 1");
    model.maps = false; /* is no part of it then */
    free(text_of(&model, NULL));
    network->feature_map.mean[1] = 0;
    model.maps = true;
    network->fill[0] = NAN;
    refuse(&model, "missing ones of column 0");
    network->fill[0] = 0;
    network->offset[1] = INFINITY;
    refuse(&model, "offset of column 1");
    ls_memory_free(block);
    ls_network_destroy(network);
}

static void test_full_disk(void **state)
{
    (void)state;
    const case_text c = {"3", 2, 0, 0, 0, 0, 0, 0, 0};
    ls_network *network = case_network(&c);
    float *block = case_block(&c, network);
    const ls_exported model = {.network = network, .block = block, .maps = true};
    FILE *out = fopen("/dev/full", "w");
    if (out) {
        assert_fails(ls_export_c(&model, out), LS_ERR_OUTPUT, "No space left");
        (void)fclose(out);
    }
    ls_memory_free(block);
    ls_network_destroy(network);
}

/* ---- names ---- */

static void test_names(void **state)
{
    (void)state;
    static const struct {
        const char *path, *name, *macro;
    } names[] = {
        {"net.c", "net", "NET"},
        {"a.b/My-Net.v2.c", "My_Net_v2", "MY_NET_V2"},
        {"runs/int.c", "int", "INT"}, /* int_predict is no word of C */
        {"2024-run.c", "model_2024_run", "MODEL_2024_RUN"},
        {"gr\303\266\303\237e--x.c", "gr_e_x", "GR_E_X"},
        {"\303\266.c", "model", "MODEL"},
        {"_.c", "model", "MODEL"},
        {".c", "model_c", "MODEL_C"},
        {"x__.c", "x", "X"},
        {"run", "run", "RUN"},
        {"run/", "model", "MODEL"},
        {"", "model", "MODEL"},
        {"a234567890123456789012345678901234567890123456789012345678901234567890.c",
         "a23456789012345678901234567890123456789012345678", "A23456789012345678901234567890123456789012345678"},
    };
    const case_text c = {"3", 2, 0, 0, 0, 0, 0, 0, 0};
    ls_network *network = case_network(&c);
    float *block = case_block(&c, network);
    for (int i = 0; i < ITEMS(names); i++) {
        const ls_exported model = {.network = network, .block = block, .maps = true, .origin = names[i].path};
        char function[128], macro[128];
        (void)snprintf(function, sizeof function, "void %s_predict(", names[i].name);
        (void)snprintf(macro, sizeof macro, "#define %s_FEATURES 2\n", names[i].macro);
        for (int named = 0; named < 2; named++) {
            char *text = text_of(&model, named ? names[i].path : NULL);
            if (!strstr(text, function) || !strstr(text, macro))
                fail_msg("'%s': no '%s' or no '%s' in\n%.300s", names[i].path, function, macro, text);
            free(text);
        }
    }
    ls_memory_free(block);
    ls_network_destroy(network);
}

/* What a model does not need is not in its file. */
static void test_needed(void **state)
{
    (void)state;
    static const struct {
        const char *layers, *there, *not_there;
    } needed[] = {
        {"3", "net_dense(", "exp1"},
        {"3 relu", "net_unit_relu1(", "exp1"},
        {"3 softmax use_bias=off", "net_exp1(", "net_bias("},
        {"3 sigmoid", "net_sigmoid1(", "tanh"},
        {"3 selu", "net_unit_SELU_SCALE ", "net_exp1("},
        {"3, layer_normalization, 2", "net_layer_normalization(", "batch"},
        {"3, dropout 0.2, 2", "net_dense_1_kernel", "net_dropout"},
    };
    for (int i = 0; i < ITEMS(needed); i++) {
        const case_text c = {needed[i].layers, 2, 0, 0, 0, 0, 0, 0, 0};
        ls_network *network = case_network(&c);
        float *block = case_block(&c, network);
        const ls_exported model = {.network = network, .block = block, .maps = true};
        char *text = text_of(&model, "net.c");
        if (!strstr(text, needed[i].there) || strstr(text, needed[i].not_there) || strstr(text, "ls_") ||
            strstr(text, "__builtin") || strstr(text, "unit_linear"))
            fail_msg("'%s' expected, or too much:\n%s", needed[i].there, text);
        free(text);
        ls_memory_free(block);
        ls_network_destroy(network);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_size),      cmocka_unit_test(test_kind),  cmocka_unit_test(test_numbers),
        cmocka_unit_test(test_full_disk), cmocka_unit_test(test_names), cmocka_unit_test(test_needed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
