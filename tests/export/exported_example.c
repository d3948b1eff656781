/* Made by hand: no training, no files. */
#include "exported_example.h"

#include "base/memory.h"

static void fill_block(made *m)
{
    float *values;
    assert_ok(ls_memory_allocate(&m->block, m->network->block, sizeof *m->block, "weights"));
    for (int v = 0; v < m->network->variables; v++) {
        const ls_tensor tensor = ls_network_tensor(m->network, v);
        const int64_t n = tensor.rows * tensor.columns;
        assert_ok(ls_memory_allocate(&values, n, sizeof *values, "values"));
        for (int64_t i = 0; i < n; i++)
            values[i] = (tensor.role == LS_VARIANCE ? 1 : i % 2 ? -1 : 1) * ((float)(v + 1) + (float)i / 1024);
        ls_network_pack(m->network, v, values, m->block);
        ls_memory_free(values);
    }
}

static void set_map(ls_affine *map, int64_t count, float first, bool factors)
{
    float mean[16], variance[16], factor[16];
    assert_true(count <= 16);
    for (int64_t j = 0; j < count; j++) {
        mean[j] = first + (float)j;
        variance[j] = (first + 1) * (float)(j + 1);
        factor[j] = j == 1 ? 0x1p20f : 1;
    }
    assert_ok(ls_affine_set(map, count, mean, variance));
    if (factors)
        assert_ok(ls_affine_rescale(map, factor));
}

static void set_labels(ls_network *network)
{
    network->class_count = network->outputs;
    assert_ok(ls_memory_allocate(&network->classes, network->outputs, sizeof *network->classes, "labels"));
    for (int64_t k = 0; k < network->outputs; k++)
        network->classes[k] = 10 * k - 3;
}

made make(const char *layers, int64_t features, unsigned parts)
{
    static const char *const names[] = {"age", "a \"quoted\" one", "colour=red", "höhe", "e", "f", "g", "h"};
    made m = {.network = NULL};
    assert_ok(ls_network_create(layers, features, &m.network));
    fill_block(&m);
    if (parts & MAPS) {
        set_map(&m.network->feature_map, features, 0.5f, parts & FACTORS);
        set_map(&m.network->target_map, m.network->outputs, -3, parts & FACTORS);
    }
    if (parts & OFFSET) {
        assert_ok(ls_memory_allocate(&m.network->offset, features, sizeof(double), "offsets"));
        m.network->offset[features - 1] = 1.7e9 + 0.125;
    }
    if (parts & FILL) {
        assert_ok(ls_memory_allocate(&m.network->fill, features, sizeof(float), "fill"));
        m.network->fill[0] = 2.5f;
    }
    if (parts & LABELS)
        set_labels(m.network);
    m.exported = (ls_exported){.network = m.network,
                               .block = m.block,
                               .maps = true,
                               .features = parts & NAMES ? names : NULL,
                               .classes = parts & NAMES ? names + 2 : NULL,
                               .origin = "run/model.weights.h5"};
    return m;
}

void write_with(made *m, ls_status (*format)(const ls_exported *model, FILE *out))
{
    char *bytes = NULL;
    free(m->bytes);
    FILE *out = open_memstream(&bytes, &m->count);
    assert_non_null(out);
    assert_ok(format(&m->exported, out));
    assert_int_equal(fclose(out), 0);
    m->bytes = (unsigned char *)bytes;
}

void free_made(made *m)
{
    ls_network_destroy(m->network);
    ls_memory_free(m->block);
    free(m->bytes);
}

bool is_variable(const made *m, int index, bool transposed, const unsigned char *bytes, size_t count)
{
    const ls_tensor tensor = ls_network_tensor(m->network, index);
    const int64_t rows = tensor.rows, columns = tensor.columns;
    float *values;
    bool same = count == (size_t)(rows * columns) * sizeof *values;
    assert_ok(ls_memory_allocate(&values, rows * columns, sizeof *values, "values"));
    ls_network_unpack(m->network, index, m->block, values);
    for (int64_t r = 0; r < rows && same; r++)
        for (int64_t c = 0; c < columns && same; c++)
            same = memcmp(&values[r * columns + c], bytes + 4 * (transposed ? c * rows + r : r * columns + c), 4) == 0;
    ls_memory_free(values);
    return same;
}
