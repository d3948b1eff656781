/* A rank's batches when rows are left out: every kept row once an epoch, known by its row of the dataset, which also
 * keys its shard's order; and the same rows whatever the ranks. Batches with places in even numbers for each shard. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "data/shardset.h"

enum { ROWS = 5000, BATCH = 64, EPOCHS = 2 };

static float x[ROWS], y[ROWS], weights[ROWS];

static void must(ls_status status)
{
    if (status != LS_OK)
        fail_msg("status %d: %s", (int)status, ls_error_message());
}

static ls_dataset some_rows(ls_selection *kept, int64_t first)
{
    ls_dataset d = {.count = 1, .rows = ls_selection_count(kept) - first};
    d.source[0] = (ls_source){.x_path = "x",
                              .y_path = "y",
                              .first = first,
                              .rows = d.rows,
                              .kept = kept,
                              .features = 1,
                              .target = LS_TARGET_VALUES,
                              .outputs = 1,
                              .x = x,
                              .y = y};
    d.weight[0] = d.source[0];
    d.weight[0].y = weights;
    return d;
}

/* Rows of the dataset in the order in which one rank of one trains them. */
static int64_t walk(const ls_dataset *d, const ls_network *network, const ls_shards *plan, int size, int64_t *order)
{
    int64_t count = 0;
    for (int rank = 0; rank < size; rank++) {
        ls_shardset set;
        const ls_shardset_owner owner = {rank, size, INT64_MAX};
        must(ls_shardset_load(d, network, plan, true, 3, false, &owner, &set));
        for (int64_t epoch = 0; epoch < EPOCHS; epoch++) {
            for (int64_t step = 0; step < plan->steps; step++) {
                ls_batch batch;
                must(ls_shardset_batch(&set, epoch, step, &batch));
                for (int64_t i = 0; i < batch.rows; i++) {
                    assert_true(batch.x[i][0] == (float)batch.row[i]);
                    assert_true(batch.y[i][0] == (float)(2 * batch.row[i]));
                    assert_true(batch.weight[i] == (float)(3 * batch.row[i]));
                    order[count++] = batch.row[i];
                }
            }
        }
        ls_shardset_free(&set);
    }
    return count;
}

static void test_selected_rows(void **state)
{
    (void)state;
    static int64_t order[ROWS * EPOCHS], times[ROWS];
    ls_selection *kept;
    ls_network *network;
    ls_shards plan;
    for (int r = 0; r < ROWS; r++) {
        x[r] = (float)r;
        y[r] = (float)(2 * r);
        weights[r] = (float)(3 * r);
    }
    must(ls_selection_create(ROWS, true, &kept));
    for (int64_t r = 0; r < ROWS; r++)
        ls_selection_set(kept, r, r % 7 != 2 && (r < 1000 || r > 1900));
    ls_selection_count_rows(kept);
    must(ls_network_create("1", 1, &network));
    for (int64_t first = 0; first < 500; first += 123) {
        const ls_dataset d = some_rows(kept, first);
        must(ls_shards_plan(d.rows, 1, BATCH, 16, 40, &plan));
        for (int size = 1; size <= 5; size += 2) {
            memset(times, 0, sizeof times);
            assert_int_equal(walk(&d, network, &plan, size, order), d.rows * EPOCHS);
            for (int64_t i = 0; i < d.rows * EPOCHS; i++)
                times[order[i]]++;
            for (int64_t r = 0; r < ROWS; r++) {
                const bool trained = ls_selection_has(kept, r) && ls_selection_rank(kept, r) >= first;
                assert_int_equal(times[r], trained ? EPOCHS : 0);
            }
        }
        /* the order of the first shard is that of its first row in the dataset */
        ls_shuffle shuffle;
        ls_shardset set;
        const ls_shardset_owner owner = {0, 1, INT64_MAX};
        must(ls_shardset_load(&d, network, &plan, true, 3, false, &owner, &set));
        for (int64_t shard = 0; shard < 16; shard++) {
            const int64_t begin = ls_shards_first(&plan, shard);
            ls_shuffle_start(&shuffle, 3, true, ls_selection_row(kept, first + begin), ls_shards_rows(&plan, shard), 40,
                             0);
            ls_batch batch;
            must(ls_shardset_batch(&set, 0, 0, &batch));
            if (set.shard_rows[shard] < set.shard_rows[shard + 1])
                assert_int_equal(batch.row[set.shard_rows[shard]],
                                 ls_selection_row(kept, first + begin + ls_shuffle_at(&shuffle, 0)));
        }
        ls_shardset_free(&set);
    }
    ls_network_destroy(network);
    ls_selection_destroy(kept);
}

/* ---- places in even numbers ---- */

/* Batches of one rank with an even number of places a shard beside those without: the same rows in the same order,
 * behind an odd number the last one again, in a place that is no row. */
static void compare_even(const ls_dataset *d, const ls_network *network, const ls_shards *plan,
                         const ls_shardset_owner *owner, int *filled, int *whole)
{
    ls_shardset plain, even;
    must(ls_shardset_load(d, network, plan, true, 3, false, owner, &plain));
    must(ls_shardset_load(d, network, plan, true, 3, true, owner, &even));
    const int64_t own = plain.last - plain.first, room = ls_shardset_capacity(plan, own, true);
    for (int64_t epoch = 0; epoch < EPOCHS; epoch++)
        for (int64_t step = 0; step < plan->steps; step++) {
            ls_batch a, b;
            int64_t odd = 0;
            must(ls_shardset_batch(&plain, epoch, step, &a));
            must(ls_shardset_batch(&even, epoch, step, &b));
            assert_null(a.lanes);
            assert_int_equal(even.shard_rows[0], 0);
            for (int64_t j = 0; j < own; j++) {
                const int64_t from = plain.shard_rows[j], rows = plain.shard_rows[j + 1] - from;
                const int64_t at = even.shard_rows[j], places = even.shard_rows[j + 1] - at;
                assert_int_equal(places, (rows + 1) / 2 * 2);
                odd += rows % 2;
                for (int64_t i = 0; i < places; i++) {
                    const int64_t r = from + (i < rows ? i : rows - 1);
                    assert_int_equal(b.row[at + i], a.row[r]);
                    assert_true(b.x[at + i][0] == a.x[r][0] && b.y[at + i][0] == a.y[r][0]);
                    assert_true(b.weight[at + i] == a.weight[r]);
                    const bool is_row = !b.lanes || (b.lanes[(at + i) / LS_PANEL] >> (at + i) % LS_PANEL & 1);
                    assert_int_equal(is_row, i < rows);
                }
            }
            assert_int_equal(b.rows, even.shard_rows[own]);
            assert_int_equal(b.rows, a.rows + odd);
            assert_int_equal(b.lanes != NULL, odd > 0);
            for (int64_t r = b.rows; b.lanes && r < (b.rows + LS_PANEL - 1) / LS_PANEL * LS_PANEL; r++)
                assert_false(b.lanes[r / LS_PANEL] >> r % LS_PANEL & 1);
            assert_true(b.rows <= room);
            *(odd > 0 ? filled : whole) += 1;
        }
    ls_shardset_free(&plain);
    ls_shardset_free(&even);
}

static void test_even_places(void **state)
{
    (void)state;
    static const struct {
        int64_t rows, batch, shards;
    } cases[] = {{5000, 64, 16}, {4999, 63, 8}, {4000, 100, 64}, {777, 5, 4}, {50, 3, 1}, {64, 64, 32}, {9, 9, 8}};
    ls_selection *kept;
    ls_network *network;
    int filled = 0, whole = 0;
    must(ls_selection_create(ROWS, true, &kept));
    for (int64_t r = 0; r < ROWS; r++) {
        x[r] = (float)r;
        y[r] = (float)(2 * r);
        weights[r] = (float)(3 * r);
        ls_selection_set(kept, r, true);
    }
    ls_selection_count_rows(kept);
    must(ls_network_create("1", 1, &network));
    for (size_t c = 0; c < sizeof cases / sizeof cases[0]; c++) {
        ls_shards plan;
        ls_dataset d = some_rows(kept, ROWS - cases[c].rows);
        must(ls_shards_plan(d.rows, 1, cases[c].batch, cases[c].shards, 40, &plan));
        for (int size = 1; size <= 5; size += 2)
            for (int rank = 0; rank < size; rank++) {
                const ls_shardset_owner owner = {rank, size, INT64_MAX};
                compare_even(&d, network, &plan, &owner, &filled, &whole);
            }
    }
    assert_true(filled > 100 && whole > 100);
    ls_network_destroy(network);
    ls_selection_destroy(kept);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_selected_rows), cmocka_unit_test(test_even_places)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
