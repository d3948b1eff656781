/* Rows lifted out of a block: the same values as a tensor unpacked whole, whoever has which part of the block. */
#include "model_test.h"

#include "model/lifted.h"

enum { ROOM = 4096, BLOCK = 8192 };

static ls_network *network;
static float block[BLOCK];

/* All that parts of the block, cut at `cut` and `cut + width`, have of some rows, each from a vector of its own. */
static void lift_in_parts(const ls_lifted *rows, int64_t cut, int64_t width, float *lifted)
{
    static float part[BLOCK];
    const int64_t edges[] = {0, cut, cut + width < network->block ? cut + width : network->block, network->block};
    for (int i = 0; i < 3; i++) {
        const int64_t from = ls_lifted_before(rows, edges[i]), to = ls_lifted_before(rows, edges[i + 1]);
        memset(part, 0xff, sizeof part);
        memcpy(part, block + edges[i], (size_t)(edges[i + 1] - edges[i]) * sizeof *part);
        ls_lifted_take(rows, from, to, part, edges[i], lifted);
    }
}

static void check_rows(const ls_lifted *rows)
{
    static float lifted[ROOM], values[ROOM], whole[ROOM];
    const ls_tensor tensor = ls_network_tensor(network, rows->index);
    ls_network_unpack(network, rows->index, block, whole);
    assert_true(ls_lifted_floats(rows) <= ROOM);
    assert_int_equal(ls_lifted_before(rows, 0), 0);
    assert_int_equal(ls_lifted_before(rows, network->block), ls_lifted_floats(rows));
    for (int64_t cut = 0; cut < network->block; cut += 16) {
        memset(lifted, 0, sizeof lifted);
        lift_in_parts(rows, cut, 16 * 7, lifted);
        ls_lifted_unpack(rows, lifted, values);
        assert_memory_equal(values, whole + rows->first * tensor.columns,
                            (size_t)(rows->count * tensor.columns) * sizeof *values);
    }
}

/* The other way: into parts, padding cleared, and nothing else touched. */
static void check_back(const ls_lifted *rows)
{
    static float lifted[ROOM], values[ROOM], made[BLOCK];
    const int64_t all = ls_lifted_floats(rows);
    ls_network_unpack_rows(network, rows->index,
                           block + network->matrix[ls_network_tensor(network, rows->index).matrix].offset, rows->first,
                           rows->count, values);
    memset(lifted, 0xff, sizeof lifted);
    ls_lifted_pack(rows, values, lifted);
    memcpy(made, block, sizeof made);
    for (int64_t i = 0; i < all; i += 16) {
        float *const at = made + 16 * 3;
        ls_lifted_put(rows, i, i + 16, lifted, at, 16 * 3);
    }
    assert_memory_equal(made, block, sizeof made);
}

static void rows_of_every_variable(void **state)
{
    (void)state;
    static float values[ROOM];
    assert_int_equal(ls_network_create("37 relu, batch_normalization, 16 use_bias=off, 1", 21, &network), LS_OK);
    assert_true(network->block <= BLOCK);
    for (int i = 0; i < network->variables; i++) {
        const ls_tensor tensor = ls_network_tensor(network, i);
        for (int64_t k = 0; k < tensor.rows * tensor.columns; k++)
            values[k] = (float)(1000 * i + k + 1);
        ls_network_pack(network, i, values, block);
    }
    for (int i = 0; i < network->variables; i++) {
        const int64_t rows = ls_network_tensor(network, i).rows;
        for (int64_t first = 0; first < rows; first += 5) {
            const ls_lifted some = {network, i, first, rows - first < 5 ? rows - first : 5};
            check_rows(&some);
            check_back(&some);
        }
        check_rows(&(ls_lifted){network, i, 0, rows});
    }
    ls_network_destroy(network);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(rows_of_every_variable)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
