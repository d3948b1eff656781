/* Keras' layouts, by hand. */
#include "keras_written.h"

#include "files/zip_write.h"

const written_variable written_variables[WRITTEN] = {
    {"/layers/dense/vars/0", "first", "first/kernel", 2, {3, 4}, -0.5f},
    {"/layers/dense/vars/1", "first", "first/bias", 1, {4, 0}, 0.25f},
    {"/layers/batch_normalization/vars/0", "norm", "norm/gamma", 1, {4, 0}, 1},
    {"/layers/batch_normalization/vars/1", "norm", "norm/beta", 1, {4, 0}, -0.25f},
    {"/layers/batch_normalization/vars/2", "norm", "norm/moving_mean", 1, {4, 0}, 0.125f},
    {"/layers/batch_normalization/vars/3", "norm", "norm/moving_variance", 1, {4, 0}, 2},
    {"/layers/dense_1/vars/0", "last", "last/kernel", 2, {4, 2}, 0.5f},
    {"/layers/dense_1/vars/1", "last", "last/bias", 1, {2, 0}, -1},
};

#define LAYERS                                                                                                         \
    "[{\"class_name\":\"InputLayer\",\"config\":{\"batch_shape\":[null,3],\"name\":\"input\"}},"                       \
    "{\"class_name\":\"Dense\",\"config\":{\"name\":\"first\",\"units\":4,\"activation\":\"relu\"}},"                  \
    "{\"class_name\":\"BatchNormalization\",\"config\":{\"name\":\"norm\",\"axis\":-1,\"momentum\":0.99,"              \
    "\"epsilon\":0.001,\"center\":true,\"scale\":true}},"                                                              \
    "{\"class_name\":\"Dense\",\"config\":{\"name\":\"last\",\"units\":2,\"activation\":\"linear\"}}]"

const char written_config[] = "{\"class_name\":\"Sequential\",\"config\":{\"name\":\"model\",\"layers\":" LAYERS "}}";
const char written_compiled_config[] =
    "{\"class_name\":\"Sequential\",\"config\":{\"name\":\"model\",\"layers\":" LAYERS "},"
    "\"compile_config\":{\"optimizer\":{\"class_name\":\"SGD\",\"config\":{\"learning_rate\":0.5}},"
    "\"loss\":\"mean_absolute_error\",\"metrics\":[\"mae\"]}}";
const char written_training[] = "{\"loss\":\"mean_absolute_error\",\"metrics\":[\"mae\"],\"loss_weights\":null,"
                                "\"optimizer_config\":{\"class_name\":\"SGD\",\"config\":{\"learning_rate\":0.5}}}";

static void fine(ls_status status)
{
    if (status != LS_OK)
        fail_msg("%s", ls_error_message());
}

int64_t written_values(const written_variable *v, float values[WRITTEN_MOST])
{
    const int64_t count = v->shape[0] * (v->rank == 2 ? v->shape[1] : 1);
    for (int64_t i = 0; i < count; i++)
        values[i] = v->first + 0.125f * (float)i;
    return count;
}

static void write_variable(ls_h5_file *file, const char *path, const written_variable *v)
{
    float values[WRITTEN_MOST];
    written_values(v, values);
    fine(ls_h5_write_float(file, path, v->rank, v->shape, values));
}

void write_saved(ls_h5_file *file)
{
    fine(ls_h5_make_group(file, "/vars"));
    for (int i = 0; i < WRITTEN; i++)
        write_variable(file, written_variables[i].saved, &written_variables[i]);
}

void write_listed(ls_h5_file *file, const char *root)
{
    static const char *const layers[] = {"first", "norm", "last"};
    char group[64], path[128];
    for (int l = 0; l < ITEMS(layers); l++) {
        const char *weights[WRITTEN];
        int count = 0;
        (void)snprintf(group, sizeof group, "%s/%s", root, layers[l]);
        for (int i = 0; i < WRITTEN; i++) {
            const written_variable *v = &written_variables[i];
            if (strcmp(v->layer, layers[l]) != 0)
                continue;
            weights[count++] = v->weight;
            (void)snprintf(path, sizeof path, "%s/%s", group, v->weight);
            write_variable(file, path, v);
        }
        fine(ls_h5_set_texts(file, group, "weight_names", weights, count));
    }
    fine(ls_h5_set_texts(file, root[0] ? root : "/", "layer_names", layers, ITEMS(layers)));
}

const char *write_weights_h5(const char *path)
{
    ls_h5_file *file;
    fine(ls_h5_create(path, 0, &file));
    write_saved(file);
    fine(ls_h5_finish(file));
    return path;
}

const char *write_model_h5(const char *path, const char *training)
{
    ls_h5_file *file;
    fine(ls_h5_create(path, 0, &file));
    fine(ls_h5_set_text(file, "/", "model_config", written_config));
    fine(ls_h5_set_text(file, "/", "keras_version", "2.15.0"));
    if (training)
        fine(ls_h5_set_text(file, "/", "training_config", training));
    write_listed(file, "/model_weights");
    fine(ls_h5_finish(file));
    return path;
}

/* ---- archives ---- */

unsigned char *deflated_bytes(const void *bytes, size_t count, size_t *length)
{
    enum { BLOCK = 65535 };
    const unsigned char *from = bytes;
    unsigned char *to = malloc(count + 5 * (count / BLOCK + 1) + 5);
    assert_non_null(to);
    *length = 0;
    for (size_t at = 0; at == 0 || at < count; at += BLOCK) {
        const size_t n = count - at < BLOCK ? count - at : BLOCK;
        to[(*length)++] = at + n == count; /* the last block */
        to[(*length)++] = (unsigned char)(n & 255);
        to[(*length)++] = (unsigned char)(n >> 8);
        to[(*length)++] = (unsigned char)(~n & 255);
        to[(*length)++] = (unsigned char)(~n >> 8 & 255);
        memcpy(to + *length, from + at, n);
        *length += n;
    }
    return to;
}

static void put(FILE *out, uint64_t value, int count)
{
    for (int i = 0; i < count; i++)
        (void)fputc((int)(value >> 8 * i & 255), out);
}

static void put_facts(FILE *out, const written_member *m, const char *name)
{
    put(out, 20, 2);
    put(out, 0, 2);
    put(out, (uint64_t)m->method, 2);
    put(out, 0, 4);
    put(out, m->sum, 4);
    put(out, m->packed, 4);
    put(out, m->size, 4);
    put(out, strlen(name), 2);
    put(out, 0, 2);
}

const char *write_members(const char *path, const written_member *members, int count)
{
    long at[16];
    FILE *out = fopen(path, "wb");
    assert_non_null(out);
    assert_true(count <= ITEMS(at));
    for (int i = 0; i < count; i++) {
        const char *local = members[i].local_name ? members[i].local_name : members[i].name;
        at[i] = ftell(out);
        (void)fputs("PK\3\4", out);
        put_facts(out, &members[i], local);
        (void)fputs(local, out);
        assert_int_equal(fwrite(members[i].bytes, 1, members[i].there, out), members[i].there);
    }
    const long directory = ftell(out);
    for (int i = 0; i < count; i++) {
        (void)fputs("PK\1\2", out);
        put(out, 20, 2);
        put_facts(out, &members[i], members[i].name);
        put(out, 0, 10);
        put(out, (uint64_t)(members[i].at >= 0 ? members[i].at : at[i]), 4);
        (void)fputs(members[i].name, out);
    }
    const long bytes = ftell(out) - directory;
    (void)fputs("PK\5\6", out);
    put(out, 0, 4);
    put(out, (uint64_t)count, 2);
    put(out, (uint64_t)count, 2);
    put(out, (uint64_t)bytes, 4);
    put(out, (uint64_t)directory, 4);
    put(out, 0, 2);
    assert_int_equal(fclose(out), 0);
    return path;
}

static void add(written_member *members, int *count, const char *name, const void *bytes, size_t length, bool deflated)
{
    written_member *m = &members[(*count)++];
    size_t packed = length;
    unsigned char *copy = deflated ? deflated_bytes(bytes, length, &packed) : malloc(length + 1);
    assert_non_null(copy);
    if (!deflated)
        memcpy(copy, bytes, length);
    *m = (written_member){.name = name,
                          .bytes = copy,
                          .packed = (uint32_t)packed,
                          .size = (uint32_t)length,
                          .there = (uint32_t)packed,
                          .method = deflated ? 8 : 0,
                          .sum = ls_zip_sum(0, bytes, (int64_t)length),
                          .at = -1};
}

const char *write_archive(const char *path, const char *config, const char *weights, bool deflated)
{
    static const char metadata[] = "{\"keras_version\": \"3.15.1\", \"date_saved\": \"2026-12-01@00:00:00\"}";
    written_member members[3];
    int count = 0;
    add(members, &count, "metadata.json", metadata, strlen(metadata), deflated);
    if (config)
        add(members, &count, "config.json", config, strlen(config), deflated);
    if (weights) {
        size_t length;
        unsigned char *bytes = read_bytes(weights, &length);
        add(members, &count, "model.weights.h5", bytes, length, deflated);
        free(bytes);
    }
    write_members(path, members, count);
    for (int i = 0; i < count; i++)
        free((void *)(uintptr_t)members[i].bytes);
    return path;
}
