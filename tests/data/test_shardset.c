/* A rank's batches when rows are left out: every kept row once an epoch, known by its row of the dataset, which also
 * keys its shard's order; and the same rows whatever the ranks. */
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

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_selected_rows)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
