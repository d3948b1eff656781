/* ONNX files, taken apart by a reader of their own: every message, every weight, every edge of the graph. */
#include "exported_example.h"

#include "export/onnx.h"

/* ---- a reader of protobuf ---- */

typedef struct span {
    const unsigned char *at, *end;
} span;

typedef struct field {
    int number, type;
    uint64_t integer; /* of a varint, or of four bytes */
    span bytes;
} field;

static uint64_t take_varint(span *s)
{
    uint64_t value = 0;
    for (int shift = 0;; shift += 7) {
        assert_true(s->at < s->end && shift < 64);
        value |= (uint64_t)(*s->at & 0x7f) << shift;
        if (!(*s->at++ & 0x80))
            return value;
    }
}

static bool next(span *s, field *f)
{
    if (s->at == s->end)
        return false;
    const uint64_t key = take_varint(s);
    *f = (field){.number = (int)(key >> 3), .type = (int)(key & 7)};
    if (f->type == 0) {
        f->integer = take_varint(s);
    } else if (f->type == 5) {
        assert_true(s->end - s->at >= 4);
        for (int i = 0; i < 4; i++)
            f->integer |= (uint64_t)*s->at++ << 8 * i;
    } else {
        assert_int_equal(f->type, 2);
        const uint64_t length = take_varint(s);
        assert_true(length <= (uint64_t)(s->end - s->at));
        f->bytes = (span){s->at, s->at + length};
        s->at += length;
    }
    return true;
}

/* The k-th field of this number; false: there are fewer. */
static bool find(span s, int number, int k, field *f)
{
    while (next(&s, f))
        if (f->number == number && k-- == 0)
            return true;
    return false;
}

static span inside(span s, int number, int k)
{
    field f;
    assert_true(find(s, number, k, &f));
    return f.bytes;
}

static int64_t integer(span s, int number, int k)
{
    field f;
    assert_true(find(s, number, k, &f));
    return (int64_t)f.integer;
}

/* Good for the next 63 calls. */
static const char *text(span s)
{
    static char texts[64][600];
    static int place;
    char *to = texts[place++ % 64];
    (void)snprintf(to, sizeof texts[0], "%.*s", (int)(s.end - s.at), (const char *)s.at);
    return to;
}

static const char *string(span s, int number, int k)
{
    field f;
    return find(s, number, k, &f) ? text(f.bytes) : NULL;
}

/* ---- what a file has ---- */

static span graph_of(const made *m)
{
    return inside((span){m->bytes, m->bytes + m->count}, 7, 0);
}

static const char *fact(const made *m, const char *key)
{
    const span model = {m->bytes, m->bytes + m->count};
    field f;
    for (int i = 0; find(model, 14, i, &f); i++)
        if (strcmp(string(f.bytes, 1, 0), key) == 0)
            return string(f.bytes, 2, 0);
    return NULL;
}

/* "Sub Div Gemm Relu" */
static const char *operations(span graph)
{
    static char list[2000];
    field f;
    list[0] = '\0';
    for (int i = 0; find(graph, 1, i, &f); i++) {
        strcat(list, i > 0 ? " " : "");
        strcat(list, string(f.bytes, 4, 0));
    }
    return list;
}

static bool find_constant(span graph, const char *name, span *tensor)
{
    field f;
    for (int i = 0; find(graph, 5, i, &f); i++)
        if (strcmp(string(f.bytes, 8, 0), name) == 0) {
            *tensor = f.bytes;
            return true;
        }
    return false;
}

static span constant(span graph, const char *name)
{
    span tensor = {NULL, NULL};
    if (!find_constant(graph, name, &tensor))
        fail_msg("no constant '%s'", name);
    return tensor;
}

static void check_constant(span graph, const char *name, const void *values, int64_t count, int type)
{
    const span tensor = constant(graph, name), raw = inside(tensor, 9, 0);
    assert_int_equal(integer(tensor, 1, 0), count);
    assert_int_equal(integer(tensor, 2, 0), type);
    assert_int_equal(raw.end - raw.at, count * (type == 11 ? 8 : 4));
    assert_memory_equal(raw.at, values, (size_t)(raw.end - raw.at));
}

static void check_variables(const made *m, span graph)
{
    for (int v = 0; v < m->network->variables; v++) {
        const ls_tensor tensor = ls_network_tensor(m->network, v);
        char name[100];
        field f;
        (void)snprintf(name, sizeof name, "%s/%s", m->network->layers[tensor.layer].name, ls_role_name(tensor.role));
        const span found = constant(graph, name), raw = inside(found, 9, 0);
        const bool vector = ls_tensor_is_vector(&tensor);
        assert_int_equal(integer(found, 1, 0), vector ? tensor.columns : tensor.rows);
        assert_int_equal(find(found, 1, 1, &f), !vector);
        if (!vector)
            assert_int_equal(f.integer, tensor.columns);
        assert_int_equal(integer(found, 2, 0), 1);
        if (!is_variable(m, v, false, raw.at, (size_t)(raw.end - raw.at)))
            fail_msg("%s has other values", name);
    }
}

static void check_info(span graph, int number, const char *name, int element, int64_t width)
{
    const span info = inside(graph, number, 0), tensor = inside(inside(info, 2, 0), 1, 0), shape = inside(tensor, 2, 0);
    field f;
    assert_string_equal(string(info, 1, 0), name);
    assert_int_equal(integer(tensor, 1, 0), element);
    assert_string_equal(string(inside(shape, 1, 0), 2, 0), "N");
    assert_int_equal(integer(inside(shape, 1, 1), 1, 0), width);
    assert_false(find(shape, 1, 2, &f));
    assert_false(find(graph, number, 1, &f));
}

static bool same(span a, span b)
{
    return a.end - a.at == b.end - b.at && memcmp(a.at, b.at, (size_t)(a.end - a.at)) == 0;
}

/* Whether an earlier node or a constant gives it, or it is the input. */
static bool is_known(span graph, span name, int before)
{
    field f;
    for (int i = 0; i < before && find(graph, 1, i, &f); i++)
        if (same(inside(f.bytes, 2, 0), name))
            return true;
    for (int i = 0; find(graph, 5, i, &f); i++)
        if (same(inside(f.bytes, 8, 0), name))
            return true;
    return same(inside(inside(graph, 11, 0), 1, 0), name);
}

/* Nodes read what is there already, give what nothing else gives, and constants are there to be read. */
static void check_edges(span graph)
{
    field node, input, other;
    for (int i = 0; find(graph, 1, i, &node); i++) {
        const span output = inside(node.bytes, 2, 0);
        for (int k = 0; find(node.bytes, 1, k, &input); k++)
            if (!is_known(graph, input.bytes, i))
                fail_msg("%s reads %s", text(output), text(input.bytes));
        assert_false(is_known(graph, output, i));
        assert_true(same(inside(node.bytes, 3, 0), output));
    }
    for (int c = 0; find(graph, 5, c, &other); c++) {
        bool is_read = false;
        for (int i = 0; find(graph, 1, i, &node); i++)
            for (int k = 0; find(node.bytes, 1, k, &input); k++)
                is_read |= same(input.bytes, inside(other.bytes, 8, 0));
        if (!is_read)
            fail_msg("nobody reads %s", string(other.bytes, 8, 0));
    }
    assert_true(is_known(graph, inside(inside(graph, 12, 0), 1, 0), 1000));
}

static void check_file(const made *m, const char *expected)
{
    const span model = {m->bytes, m->bytes + m->count}, graph = graph_of(m), opset = inside(model, 8, 0);
    assert_int_equal(integer(model, 1, 0), 7);
    assert_string_equal(string(model, 2, 0), "lockstep");
    assert_string_equal(string(model, 3, 0), ls_version());
    assert_string_equal(string(opset, 1, 0), "");
    assert_int_equal(integer(opset, 2, 0), 13);
    assert_string_equal(operations(graph), expected);
    check_info(graph, 11, "features", m->exported.maps && m->network->offset ? 11 : 1, m->network->features);
    check_info(graph, 12, "predictions", 1, m->network->outputs);
    check_variables(m, graph);
    check_edges(graph);
}

/* The attribute of the first node of an operation. */
static span attribute(span graph, const char *operation, const char *name)
{
    field node, f;
    for (int i = 0; find(graph, 1, i, &node); i++)
        for (int k = 0; strcmp(string(node.bytes, 4, 0), operation) == 0 && find(node.bytes, 5, k, &f); k++)
            if (strcmp(string(f.bytes, 1, 0), name) == 0)
                return f.bytes;
    fail_msg("%s has no %s", operation, name);
    return (span){NULL, NULL};
}

static void check_setting(const made *m, const char *operation, const char *name, double value)
{
    const span a = attribute(graph_of(m), operation, name);
    const float expected = (float)value;
    uint32_t bits;
    memcpy(&bits, &expected, sizeof bits);
    assert_int_equal(integer(a, 20, 0), 1);
    assert_int_equal(integer(a, 2, 0), bits);
}

/* ---- tests ---- */

static void check_network(const char *layers, int64_t features, unsigned parts, const char *expected)
{
    made m = make(layers, features, parts);
    write_with(&m, ls_export_onnx);
    check_file(&m, expected);
    free_made(&m);
}

static void test_layers(void **state)
{
    (void)state;
    check_network("17 relu, 3 softmax", 6, 0, "Gemm Relu Gemm Softmax Identity");
    check_network("128 relu, 1", 127, 0, "Gemm Relu Gemm Identity"); /* where a varint takes a second byte */
    check_network("5 use_bias=off, dropout 0.5, gaussian_noise 0.1, tanh, 2", 4, 0, "MatMul Tanh Gemm Identity");
    check_network("33, layer_normalization, 2", 4, 0,
                  "Gemm ReduceMean Sub Mul ReduceMean Add Sqrt Div Mul Add Gemm Identity");
    check_network("33, layer_normalization scale=off center=off, 2", 4, 0,
                  "Gemm ReduceMean Sub Mul ReduceMean Add Sqrt Div Gemm Identity");
    check_network("batch_normalization, 20, batch_normalization scale=off center=off, 2", 4, 0,
                  "BatchNormalization Gemm BatchNormalization Gemm Identity");
    check_network("residual(9 relu, 4), relu, residual(residual(4)), 1", 4, 0,
                  "Gemm Relu Gemm Add Relu Gemm Add Add Gemm Identity");
}

static void test_activations(void **state)
{
    (void)state;
    static const char *const expected[LS_ACTIVATION_COUNT] = {
        [LS_LINEAR] = "",
        [LS_RELU] = " Relu",
        [LS_SIGMOID] = " Sigmoid",
        [LS_TANH] = " Tanh",
        [LS_SOFTMAX] = " Softmax",
        [LS_LEAKY_RELU] = " LeakyRelu",
        [LS_ELU] = " Elu",
        [LS_SELU] = " Selu",
        [LS_GELU] = " Div Erf Add Mul Mul",
        [LS_SILU] = " Sigmoid Mul",
        [LS_SOFTPLUS] = " Softplus",
        [LS_SOFTSIGN] = " Softsign",
        [LS_HARD_SIGMOID] = " HardSigmoid",
        [LS_MISH] = " Softplus Tanh Mul",
        [LS_EXPONENTIAL] = " Exp",
    };
#define NAME(NAME, name, alias, reads_z) #name,
    static const char *const names[] = {LS_ACTIVATIONS(NAME)};
    for (int a = 0; a < LS_ACTIVATION_COUNT; a++) {
        char layers[64], all[128];
        (void)snprintf(layers, sizeof layers, "3 %s", names[a]);
        (void)snprintf(all, sizeof all, "Gemm%s Identity", expected[a]);
        check_network(layers, 2, 0, all);
    }
}

static void test_activations_with_settings(void **state)
{
    (void)state;
    check_network("3 relu(max_value=6)", 2, 0, "Gemm Clip Identity");
    check_network("3 relu(negative_slope=0.5)", 2, 0, "Gemm LeakyRelu Identity");
    check_network("3 relu(max_value=6 negative_slope=0.5)", 2, 0, "Gemm LeakyRelu Min Identity");
    check_network("3 relu(threshold=2)", 2, 0, "Gemm ThresholdedRelu Identity");
    check_network("3 relu(max_value=6 threshold=2)", 2, 0, "Gemm ThresholdedRelu Min Identity");
    check_network("3, relu(6, 0.5, 2), 1", 2, 0, "Gemm ThresholdedRelu Sub Relu Mul Sub Min Gemm Identity");
    made m = make("4 leaky_relu(0.3), 4 elu(0.7), 4 relu(threshold=2), 1", 3, 0);
    write_with(&m, ls_export_onnx);
    check_setting(&m, "LeakyRelu", "alpha", 0.3);
    check_setting(&m, "Elu", "alpha", 0.7);
    check_setting(&m, "ThresholdedRelu", "alpha", 2);
    free_made(&m);
}

static void test_settings(void **state)
{
    (void)state;
    made m = make("4 leaky_relu, 4 elu, 4 selu, 4 hard_sigmoid, batch_normalization epsilon=0.25, layer_normalization, "
                  "2 softmax",
                  3, 0);
    write_with(&m, ls_export_onnx);
    check_setting(&m, "LeakyRelu", "alpha", 0.2);
    check_setting(&m, "Elu", "alpha", 1);
    check_setting(&m, "Selu", "alpha", 1.6732632423543772);
    check_setting(&m, "Selu", "gamma", 1.0507009873554805);
    check_setting(&m, "HardSigmoid", "alpha", 1.0 / 6);
    check_setting(&m, "HardSigmoid", "beta", 0.5);
    check_setting(&m, "BatchNormalization", "epsilon", 0.25);
    const span axis = attribute(graph_of(&m), "Softmax", "axis"), axes = attribute(graph_of(&m), "ReduceMean", "axes");
    assert_int_equal(integer(axis, 3, 0), -1);
    assert_int_equal(integer(axis, 20, 0), 2);
    assert_int_equal(integer(axes, 8, 0), -1);
    assert_int_equal(integer(axes, 20, 0), 7);
    free_made(&m);
}

static void test_maps(void **state)
{
    (void)state;
    made m = make("9 tanh, 2", 4, MAPS);
    write_with(&m, ls_export_onnx);
    check_file(&m, "Sub Div Gemm Tanh Gemm Mul Add Identity");
    check_constant(graph_of(&m), "normalization/mean", m.network->feature_map.mean, 4, 1);
    check_constant(graph_of(&m), "normalization/scale", m.network->feature_map.scale, 4, 1);
    check_constant(graph_of(&m), "targets/mean", m.network->target_map.mean, 2, 1);
    check_constant(graph_of(&m), "targets/scale", m.network->target_map.scale, 2, 1);
    assert_string_equal(fact(&m, "normalization"), "included");
    m.exported.maps = false;
    write_with(&m, ls_export_onnx);
    check_file(&m, "Gemm Tanh Gemm Identity");
    assert_string_equal(fact(&m, "normalization"), "left out");
    free_made(&m);

    m = make("9 tanh, 2", 4, MAPS | FACTORS | OFFSET | FILL);
    write_with(&m, ls_export_onnx);
    check_file(&m, "Sub Cast IsNaN IsInf Or Where Mul Sub Div Gemm Tanh Gemm Mul Add Div Identity");
    check_constant(graph_of(&m), "normalization/offset", m.network->offset, 4, 11);
    check_constant(graph_of(&m), "normalization/fill", m.network->fill, 4, 1);
    check_constant(graph_of(&m), "normalization/factor", m.network->feature_map.factor, 4, 1);
    check_constant(graph_of(&m), "targets/factor", m.network->target_map.factor, 2, 1);
    m.exported.maps = false;
    write_with(&m, ls_export_onnx);
    check_file(&m, "Gemm Tanh Gemm Identity");
    free_made(&m);
}

static void test_facts(void **state)
{
    (void)state;
    made m = make("5 relu, 3 softmax", 4, NAMES | LABELS);
    write_with(&m, ls_export_onnx);
    assert_string_equal(fact(&m, "lockstep_version"), ls_version());
    assert_string_equal(fact(&m, "layers"), "5 relu, 3 softmax");
    assert_string_equal(fact(&m, "loss"), "mean_squared_error");
    assert_string_equal(fact(&m, "normalization"), "none");
    assert_string_equal(fact(&m, "feature_names"), "[\"age\",\"a \\\"quoted\\\" one\",\"colour=red\",\"höhe\"]");
    assert_string_equal(fact(&m, "class_names"), "[\"colour=red\",\"höhe\",\"e\"]");
    assert_string_equal(fact(&m, "class_labels"), "[-3,7,17]");
    assert_null(fact(&m, "data"));
    free_made(&m);
    m = make("5 relu, 3 softmax", 4, 0);
    write_with(&m, ls_export_onnx);
    assert_null(fact(&m, "feature_names"));
    assert_null(fact(&m, "class_names"));
    assert_null(fact(&m, "class_labels"));
    free_made(&m);
}

/* The same model gives the same bytes; the name of the file it came from is none of them. */
static void test_equal_bytes(void **state)
{
    (void)state;
    made a = make("9 gelu, 2", 4, MAPS | NAMES), b = make("9 gelu, 2", 4, MAPS | NAMES);
    b.exported.origin = "elsewhere/best.weights.h5";
    write_with(&a, ls_export_onnx);
    write_with(&b, ls_export_onnx);
    assert_int_equal(a.count, b.count);
    assert_memory_equal(a.bytes, b.bytes, a.count);
    free_made(&a);
    free_made(&b);
}

/* Nothing is read of the weights before the size is known, so there need not be any. */
static void test_too_large(void **state)
{
    (void)state;
    ls_network *network;
    char *bytes = NULL;
    size_t count = 0;
    assert_ok(ls_network_create("30000, 20000, 1", 40, &network));
    const ls_exported model = {.network = network, .maps = true, .origin = ""};
    FILE *out = open_memstream(&bytes, &count);
    assert_int_equal(ls_export_onnx(&model, out), LS_ERR_USAGE);
    assert_non_null(strstr(ls_error_message(), "less than 2 GiB"));
    (void)fclose(out);
    assert_int_equal(count, 0);
    free(bytes);
    ls_network_destroy(network);
}

/* A disk that takes nothing. */
static void test_full_disk(void **state)
{
    (void)state;
    made m = make("9 relu, 2", 4, MAPS);
    FILE *out = fopen("/dev/full", "wb");
    if (out == NULL)
        skip();
    assert_int_equal(ls_export_onnx(&m.exported, out), LS_ERR_OUTPUT);
    assert_non_null(strstr(ls_error_message(), "cannot be written"));
    (void)fclose(out);
    free_made(&m);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_layers),
        cmocka_unit_test(test_activations),
        cmocka_unit_test(test_activations_with_settings),
        cmocka_unit_test(test_settings),
        cmocka_unit_test(test_maps),
        cmocka_unit_test(test_facts),
        cmocka_unit_test(test_equal_bytes),
        cmocka_unit_test(test_too_large),
        cmocka_unit_test(test_full_disk),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
