/* .keras files, taken apart by hand: every member of the archive with its sum, the configuration, and the weights where
 * Keras 3 looks for them. */
#include "exported_example.h"

#include "export/keras.h"
#include "files/zip_write.h"
#include "hdf5/h5.h"

/* ---- a reader of archives ---- */

typedef struct member {
    char name[64];
    const unsigned char *bytes;
    size_t count;
} member;

static uint32_t number(const unsigned char *at, int bytes)
{
    uint32_t value = 0;
    for (int i = 0; i < bytes; i++)
        value |= (uint32_t)at[i] << 8 * i;
    return value;
}

/* Bit by bit. */
static uint32_t sum_of(const unsigned char *bytes, size_t count)
{
    uint32_t sum = 0xffffffff;
    for (size_t i = 0; i < count; i++) {
        sum ^= bytes[i];
        for (int bit = 0; bit < 8; bit++)
            sum = sum & 1 ? sum >> 1 ^ 0xedb88320 : sum >> 1;
    }
    return ~sum;
}

/* A member by its entry in the directory, which its own header must repeat; returns the next entry. */
static const unsigned char *take_member(const made *m, const unsigned char *entry, member *taken)
{
    const size_t name = number(entry + 28, 2);
    const unsigned char *header = m->bytes + number(entry + 42, 4);
    assert_memory_equal(entry, "PK\1\2", 4);
    assert_memory_equal(header, "PK\3\4", 4);
    assert_memory_equal(header + 4, entry + 6, 26); /* version to the length of further fields */
    assert_int_equal(number(entry + 10, 2), 0);     /* stored */
    assert_true(name < sizeof taken->name);
    memcpy(taken->name, entry + 46, name);
    taken->name[name] = '\0';
    assert_memory_equal(header + 30, taken->name, name);
    taken->count = number(entry + 20, 4);
    assert_int_equal(number(entry + 24, 4), taken->count);
    taken->bytes = header + 30 + name;
    assert_true((size_t)(taken->bytes - m->bytes) + taken->count <= m->count);
    assert_int_equal(number(entry + 16, 4), sum_of(taken->bytes, taken->count));
    return entry + 46 + name;
}

enum { METADATA, CONFIG, WEIGHTS, MEMBERS };

static void open_archive(const made *m, member members[MEMBERS])
{
    const unsigned char *end = m->bytes + m->count - 22;
    assert_memory_equal(end, "PK\5\6", 4);
    assert_int_equal(number(end + 8, 2), MEMBERS);
    assert_int_equal(number(end + 10, 2), MEMBERS);
    const unsigned char *entry = m->bytes + number(end + 16, 4), *first = entry;
    for (int i = 0; i < MEMBERS; i++)
        entry = take_member(m, entry, &members[i]);
    assert_ptr_equal(entry, end);
    assert_int_equal(entry - first, number(end + 12, 4));
    assert_string_equal(members[METADATA].name, "metadata.json");
    assert_string_equal(members[CONFIG].name, "config.json");
    assert_string_equal(members[WEIGHTS].name, "model.weights.h5");
}

static void check_says(const member *of, const char *text)
{
    if (memmem(of->bytes, of->count, text, strlen(text)) == NULL)
        fail_msg("no %s in %.*s", text, (int)of->count, (const char *)of->bytes);
}

static bool has(const member *of, const char *text)
{
    return memmem(of->bytes, of->count, text, strlen(text)) != NULL;
}

/* ---- the weights ---- */

static ls_h5_file *open_weights(const member *weights)
{
    ls_h5_file *file;
    write_bytes(in_directory("model.weights.h5"), weights->bytes, weights->count);
    assert_ok(ls_h5_open(in_directory("model.weights.h5"), &file));
    return file;
}

static void check_floats(ls_h5_file *file, const char *path, const float *values, int64_t count)
{
    float found[16];
    assert_true(count <= 16);
    assert_ok(ls_h5_read_float(file, path, 0, count, found));
    assert_memory_equal(found, values, (size_t)count * sizeof *values);
}

static void check_variables(const made *m, ls_h5_file *file)
{
    float found[1024];
    for (int v = 0; v < m->network->variables; v++) {
        const ls_tensor tensor = ls_network_tensor(m->network, v);
        char path[128];
        int place = 0; /* among its layer's; statistics stand behind everything else */
        for (int before = 0; before < v; before++)
            place += ls_network_tensor(m->network, before).layer == tensor.layer;
        (void)snprintf(path, sizeof path, "/layers/%s/vars/%d", m->network->layers[tensor.layer].name, place);
        assert_true(tensor.rows * tensor.columns <= 1024);
        assert_ok(ls_h5_read_float(file, path, 0, ls_tensor_is_vector(&tensor) ? tensor.columns : tensor.rows, found));
        if (!is_variable(m, v, false, (const unsigned char *)found,
                         (size_t)(tensor.rows * tensor.columns) * sizeof *found))
            fail_msg("%s has other values", path);
    }
}

/* ---- tests ---- */

static void test_archive(void **state)
{
    (void)state;
    member members[MEMBERS];
    made m = make("9 relu, dropout 0.5, 3 softmax", 4, MAPS | NAMES | LABELS);
    write_with(&m, ls_export_keras);
    open_archive(&m, members);
    check_says(&members[METADATA], "{\"keras_version\":\"3.0.0\",\"lockstep_version\":\"");
    check_says(&members[METADATA], "\"normalization\":\"included\"");
    check_says(&members[METADATA], "\"class_labels\":\"[-3,7,17]\"");
    check_says(&members[CONFIG],
               "{\"module\":\"keras\",\"class_name\":\"Sequential\",\"registered_name\":null,\"config\":{");
    check_says(&members[CONFIG], "\"batch_shape\":[null,4]");
    check_says(&members[CONFIG],
               "{\"module\":\"keras.layers\",\"class_name\":\"Dense\",\"registered_name\":null,\"config\":"
               "{\"name\":\"dense_1\",\"units\":3,\"activation\":\"softmax\"");
    ls_h5_file *file = open_weights(&members[WEIGHTS]);
    check_variables(&m, file);
    check_floats(file, "/layers/normalization/vars/0", m.network->feature_map.mean, 4);
    check_floats(file, "/layers/normalization/vars/1", m.network->feature_map.variance, 4);
    check_floats(file, "/layers/normalization_1/vars/0", m.network->target_map.mean, 3);
    ls_h5_close(file);
    m.exported.maps = false;
    write_with(&m, ls_export_keras);
    open_archive(&m, members);
    check_says(&members[METADATA], "\"normalization\":\"left out\"");
    assert_false(has(&members[CONFIG], "Normalization"));
    file = open_weights(&members[WEIGHTS]);
    check_variables(&m, file);
    assert_false(ls_h5_exists(file, "/layers/normalization"));
    ls_h5_close(file);
    free_made(&m);
}

/* As Keras' layers that are activations; what is a default is left out. */
static void test_activations_with_settings(void **state)
{
    static const char *const says[] = {
        "\"units\":9,\"activation\":{\"module\":\"keras.layers\",\"class_name\":\"ReLU\",\"config\":{\"negative_"
        "slope\":0.3},"
        "\"registered_name\":null},\"use_bias\":true",
        "\"name\":\"activation\",\"activation\":{\"module\":\"keras.layers\",\"class_name\":\"ELU\",\"config\":{"
        "\"alpha\":0.5},"
        "\"registered_name\":null}",
        "\"class_name\":\"ReLU\",\"config\":{\"max_value\":6.0,\"threshold\":0.25}",
        "\"units\":3,\"activation\":\"leaky_relu\"",
    };
    (void)state;
    member members[MEMBERS];
    made m = make("9 leaky_relu(0.3), elu(alpha=0.5), 4 relu(max_value=6 threshold=0.25), 3 leaky_relu(0.2)", 4, 0);
    write_with(&m, ls_export_keras);
    open_archive(&m, members);
    for (size_t i = 0; i < sizeof says / sizeof says[0]; i++)
        check_says(&members[CONFIG], says[i]);
    free_made(&m);
}

static void test_kinds_of_layers(void **state)
{
    (void)state;
    member members[MEMBERS];
    made m =
        make("batch_normalization, residual(layer_normalization center=off, 9 relu, 4), tanh, gaussian_noise 0.1, 1", 4,
             MAPS | FACTORS);
    write_with(&m, ls_export_keras);
    open_archive(&m, members);
    check_says(&members[CONFIG], "{\"module\":\"keras.src.models.functional\",\"class_name\":\"Functional\"");
    check_says(&members[CONFIG],
               "\"keras_history\":[\"dense_1\",0,0]}},{\"class_name\":\"__keras_tensor__\",\"config\":"
               "{\"shape\":[null,4],\"dtype\":\"float32\",\"keras_history\":[\"batch_normalization\",0,0]}}]]");
    check_says(&members[CONFIG], "\"output_layers\":[[\"normalization_1\",0,0]]");
    ls_h5_file *file = open_weights(&members[WEIGHTS]);
    check_variables(&m, file);
    ls_h5_close(file);
    free_made(&m);
}

/* The configuration alone is that of the archive. */
static void test_configuration(void **state)
{
    (void)state;
    member members[MEMBERS];
    made m = make("9 relu, 1", 4, MAPS), alone = make("9 relu, 1", 4, MAPS);
    write_with(&m, ls_export_keras);
    write_with(&alone, ls_export_keras_config);
    open_archive(&m, members);
    assert_int_equal(alone.count, members[CONFIG].count);
    assert_memory_equal(alone.bytes, members[CONFIG].bytes, alone.count);
    free_made(&m);
    free_made(&alone);
}

static void test_equal_bytes(void **state)
{
    (void)state;
    made a = make("9 gelu, 2", 4, MAPS), b = make("9 gelu, 2", 4, MAPS);
    write_with(&a, ls_export_keras);
    write_with(&b, ls_export_keras);
    assert_int_equal(a.count, b.count);
    assert_memory_equal(a.bytes, b.bytes, a.count);
    free_made(&a);
    free_made(&b);
}

static void test_limits(void **state)
{
    (void)state;
    ls_zip_writer zip = {.out = tmpfile()};
    made m = make("9 relu, 1", 4, 0);
    assert_int_equal(ls_zip_sum(0, "123456789", 9), 0xcbf43926);
    assert_int_equal(ls_zip_sum(ls_zip_sum(0, "1234", 4), "56789", 5), 0xcbf43926);
    assert_int_equal(ls_zip_writer_begin(&zip, "a", INT64_C(1) << 32, 0), LS_ERR_USAGE);
    assert_non_null(strstr(ls_error_message(), "less than 4 GiB"));
    (void)fclose(zip.out);
    ls_zip_writer_free(&zip);
    FILE *out = fopen("/dev/full", "wb");
    if (out != NULL) {
        assert_int_equal(ls_export_keras(&m.exported, out), LS_ERR_OUTPUT);
        (void)fclose(out);
    }
    assert_int_equal(setenv("TMPDIR", "/nonexistent", 1), 0);
    out = fopen("/dev/null", "wb");
    assert_int_equal(ls_export_keras(&m.exported, out), LS_ERR_OUTPUT);
    (void)fclose(out);
    assert_non_null(strstr(ls_error_message(), "/nonexistent: the weights of a .keras file are made apart"));
    assert_int_equal(unsetenv("TMPDIR"), 0);
    free_made(&m);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_archive),
        cmocka_unit_test(test_kinds_of_layers),
        cmocka_unit_test(test_activations_with_settings),
        cmocka_unit_test(test_configuration),
        cmocka_unit_test(test_equal_bytes),
        cmocka_unit_test(test_limits),
    };
    return cmocka_run_group_tests(tests, directory_setup, directory_teardown);
}
