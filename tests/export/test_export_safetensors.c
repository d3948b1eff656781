/* safetensors files, taken apart by hand: the header's length, every tensor's place, shape and values. */
#include "exported_example.h"

#include "export/safetensors.h"

typedef struct file {
    const made *made;
    char *header;
    size_t start; /* of the tensors */
} file;

static file open_file(const made *m)
{
    uint64_t length = 0;
    assert_true(m->count >= 8);
    for (int i = 0; i < 8; i++)
        length |= (uint64_t)m->bytes[i] << 8 * i;
    assert_true(length <= m->count - 8);
    assert_int_equal(length % 8, 0);
    file f = {m, malloc(length + 1), 8 + length};
    assert_non_null(f.header);
    memcpy(f.header, m->bytes + 8, length);
    f.header[length] = '\0';
    assert_int_equal(f.header[0], '{');
    return f;
}

/* Where a tensor of this type and shape lies. */
static const unsigned char *find(const file *f, const char *name, const char *type, const char *shape, size_t *count)
{
    char words[300];
    unsigned long long first, end;
    (void)snprintf(words, sizeof words, "\"%s\":{\"dtype\":\"%s\",\"shape\":[%s],\"data_offsets\":[", name, type,
                   shape);
    const char *at = strstr(f->header, words);
    if (at == NULL)
        fail_msg("no %s in %s", words, f->header);
    assert_int_equal(sscanf(at + strlen(words), "%llu,%llu]}", &first, &end), 2);
    assert_true(first <= end && end <= f->made->count - f->start);
    *count = end - first;
    return f->made->bytes + f->start + first;
}

static void check_variable(const file *f, const char *name, const char *shape, int index)
{
    size_t count;
    const unsigned char *bytes = find(f, name, "F32", shape, &count);
    if (!is_variable(f->made, index, true, bytes, count))
        fail_msg("%s has other values", name);
}

static void check_values(const file *f, const char *name, const char *type, const char *shape, const void *values)
{
    size_t count;
    const unsigned char *bytes = find(f, name, type, shape, &count);
    assert_memory_equal(bytes, values, count);
}

/* Every byte behind the header is one tensor's: as many as there are, each where the one before it ends. */
static void check_no_holes(const file *f, int tensors)
{
    const char *at = f->header;
    unsigned long long first, end, expected = 0;
    int count = 0;
    for (; (at = strstr(at, "\"data_offsets\":[")) != NULL; at++, count++) {
        assert_int_equal(sscanf(at, "\"data_offsets\":[%llu,%llu]", &first, &end), 2);
        assert_int_equal(first, expected);
        expected = end;
    }
    assert_int_equal(count, tensors);
    assert_int_equal(expected, f->made->count - f->start);
}

static bool says(const file *f, const char *text)
{
    if (strstr(f->header, text) == NULL)
        print_error("no %s in %s\n", text, f->header);
    return strstr(f->header, text) != NULL;
}

static void close_file(file *f, made *m)
{
    free(f->header);
    free_made(m);
}

static void test_sequential(void **state)
{
    (void)state;
    made m = make("17 relu, dropout 0.25, 9 use_bias=off, tanh, gaussian_noise 0.1, 3 softmax", 6, NAMES | LABELS);
    write_with(&m, ls_export_safetensors);
    file f = open_file(&m);
    check_variable(&f, "0.weight", "17,6", 0);
    check_variable(&f, "0.bias", "17", 1);
    check_variable(&f, "3.weight", "9,17", 2);
    check_variable(&f, "6.weight", "3,9", 3);
    check_variable(&f, "6.bias", "3", 4);
    check_no_holes(&f, 5);
    assert_true(says(&f, "\"torch\":\"nn.Sequential(nn.Linear(6, 17), nn.ReLU(), nn.Dropout(0.25), nn.Linear(17, 9, "
                         "bias=False), nn.Tanh(), nn.Identity(), nn.Linear(9, 3), nn.Softmax(dim=-1))\""));
    assert_true(says(&f, "{\"__metadata__\":{\"lockstep_version\":\""));
    assert_true(says(&f, "\"class_labels\":\"[-3,7,17]\""));
    assert_true(says(&f, "\"class_names\":\"[\\\"colour=red\\\",\\\"höhe\\\",\\\"e\\\"]\""));
    close_file(&f, &m);
}

static void test_normalizations(void **state)
{
    (void)state;
    const float ones[4] = {1, 1, 1, 1}, zeros[4] = {0};
    made m =
        make("batch_normalization, 4, batch_normalization scale=off momentum=0.75, layer_normalization center=off, "
             "layer_normalization, batch_normalization scale=off center=off, 1",
             3, 0);
    write_with(&m, ls_export_safetensors);
    file f = open_file(&m);
    for (int v = 0; v < m.network->variables; v++) {
        static const char *const names[] = {"weight", "bias", "weight", "bias", "running_mean", "running_var"};
        const ls_tensor tensor = ls_network_tensor(m.network, v);
        char name[64], shape[64];
        (void)snprintf(name, sizeof name, "%d.%s", tensor.layer, names[tensor.role]);
        (void)snprintf(shape, sizeof shape, "%lld", (long long)tensor.columns);
        if (!ls_tensor_is_vector(&tensor))
            (void)snprintf(shape, sizeof shape, "%lld,%lld", (long long)tensor.columns, (long long)tensor.rows);
        check_variable(&f, name, shape, v);
    }
    check_values(&f, "2.weight", "F32", "4", ones);
    check_values(&f, "3.bias", "F32", "4", zeros);
    check_no_holes(&f, m.network->variables + 2);
    assert_true(says(&f, "nn.BatchNorm1d(4, eps=0.001, momentum=0.25), nn.LayerNorm(4, eps=0.001), "));
    assert_true(says(&f, "nn.BatchNorm1d(4, eps=0.001, momentum=0.010000000000000009, affine=False), nn.Linear(4, 1)"));
    close_file(&f, &m);
}

static void test_activations_with_settings(void **state)
{
    (void)state;
    made m = make("5 leaky_relu(0.3), elu(0.5), 4 relu(max_value=6), relu(threshold=0.25), 2", 3, 0);
    write_with(&m, ls_export_safetensors);
    file f = open_file(&m);
    assert_true(says(&f, "nn.Linear(3, 5), nn.LeakyReLU(0.3), nn.ELU(0.5), nn.Linear(5, 4), nn.Hardtanh(0, 6), "
                         "nn.Threshold(0.25, 0), nn.Linear(4, 2))"));
    close_file(&f, &m);
}

/* torch.nn.Sequential has no branches, and torch no exp, and no relu with several settings: then no modules are told.
 */
static void test_what_torch_has_not(void **state)
{
    (void)state;
    made m = make("residual(5 relu, 4), 2", 4, 0);
    write_with(&m, ls_export_safetensors);
    file f = open_file(&m);
    check_variable(&f, "dense.weight", "5,4", 0);
    check_variable(&f, "dense_1.weight", "4,5", 2);
    check_variable(&f, "dense_2.bias", "2", 5);
    check_no_holes(&f, 6);
    assert_null(strstr(f.header, "\"torch\""));
    close_file(&f, &m);
    static const char *const others[] = {"5 exponential, 2", "5 relu(6, 0.1), 2", "5 relu(6, 0, 1), 2",
                                         "5 relu(negative_slope=0.1 threshold=1), 2"};
    for (size_t i = 0; i < sizeof others / sizeof others[0]; i++) {
        m = make(others[i], 4, 0);
        write_with(&m, ls_export_safetensors);
        f = open_file(&m);
        check_variable(&f, "2.bias", "2", 3);
        assert_null(strstr(f.header, "\"torch\""));
        close_file(&f, &m);
    }
}

static void test_maps(void **state)
{
    (void)state;
    made m = make("9 tanh, 2", 4, MAPS | FACTORS | OFFSET | FILL);
    write_with(&m, ls_export_safetensors);
    file f = open_file(&m);
    check_values(&f, "features.offset", "F64", "4", m.network->offset);
    check_values(&f, "features.fill", "F32", "4", m.network->fill);
    check_values(&f, "features.factor", "F32", "4", m.network->feature_map.factor);
    check_values(&f, "features.mean", "F32", "4", m.network->feature_map.mean);
    check_values(&f, "features.scale", "F32", "4", m.network->feature_map.scale);
    check_values(&f, "targets.factor", "F32", "2", m.network->target_map.factor);
    check_values(&f, "targets.mean", "F32", "2", m.network->target_map.mean);
    check_values(&f, "targets.scale", "F32", "2", m.network->target_map.scale);
    check_no_holes(&f, 4 + 8);
    assert_true(says(&f, "\"normalization\":\"included\""));
    free(f.header);
    m.exported.maps = false;
    write_with(&m, ls_export_safetensors);
    f = open_file(&m);
    check_no_holes(&f, 4);
    assert_true(says(&f, "\"normalization\":\"left out\""));
    close_file(&f, &m);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_sequential),
        cmocka_unit_test(test_normalizations),
        cmocka_unit_test(test_activations_with_settings),
        cmocka_unit_test(test_what_torch_has_not),
        cmocka_unit_test(test_maps),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
