/* Rows that stream from their source against the same rows in memory: the same batches in the same order, whatever the
 * windows, ranks and selections, from any step on; the same fingerprint; and what a failure of the reading thread comes
 * to. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "data/shardset.h"

enum { ROWS = 16000, FEATURES = 3, BATCH = 64 };

static float x[ROWS * FEATURES], y[ROWS], weights[ROWS];

static void must(ls_status status)
{
    if (status != LS_OK)
        fail_msg("status %d: %s", (int)status, ls_error_message());
}

static ls_dataset some_rows(ls_selection *kept, int64_t first, int64_t rows, bool weighted)
{
    ls_dataset d = {.count = 1, .rows = rows};
    d.source[0] = (ls_source){.x_path = "x",
                              .y_path = "y",
                              .first = first,
                              .rows = rows,
                              .kept = kept,
                              .features = FEATURES,
                              .target = LS_TARGET_VALUES,
                              .outputs = 1,
                              .x = x,
                              .y = y};
    d.weight[0] = d.source[0];
    d.weight[0].y = weights;
    d.weight[0].rows = weighted ? rows : 0;
    return d;
}

/* The same rows both ways; on odd ranks with places in even numbers for each shard, as passes in bfloat16 want them. */
typedef struct pair {
    ls_shardset resident, streamed;
} pair;

static void load(pair *p, const ls_dataset *d, const ls_network *network, const ls_shards *plan, bool shuffled,
                 int rank, int size)
{
    const ls_shardset_owner roomy = {rank, size, INT64_MAX};
    must(ls_shardset_load(d, network, plan, shuffled, 3, rank % 2, &roomy, &p->resident));
    const ls_shardset_owner tight = {rank, size, p->resident.data_bytes - 1};
    must(ls_shardset_load(d, network, plan, shuffled, 3, rank % 2, &tight, &p->streamed));
    assert_null(p->resident.stream);
    assert_non_null(p->streamed.stream);
    assert_true(p->streamed.held_bytes < p->resident.data_bytes);
}

static void free_pair(pair *p)
{
    ls_shardset_free(&p->resident);
    ls_shardset_free(&p->streamed);
}

static void same_batch(pair *p, int64_t epoch, int64_t step)
{
    ls_batch a, b;
    must(ls_shardset_batch(&p->resident, epoch, step, &a));
    must(ls_shardset_batch(&p->streamed, epoch, step, &b));
    assert_int_equal(a.rows, b.rows);
    assert_int_equal(a.lanes == NULL, b.lanes == NULL);
    for (int64_t k = 0; a.lanes && k * LS_PANEL < a.rows; k++)
        assert_int_equal(a.lanes[k], b.lanes[k]);
    assert_memory_equal(p->resident.shard_rows, p->streamed.shard_rows,
                        (size_t)(p->resident.last - p->resident.first + 1) * sizeof *p->resident.shard_rows);
    for (int64_t i = 0; i < a.rows; i++) {
        assert_int_equal(a.row[i], b.row[i]);
        assert_memory_equal(a.x[i], b.x[i], FEATURES * sizeof(float));
        assert_true(a.y[i][0] == b.y[i][0]);
        assert_int_equal(a.weight == NULL, b.weight == NULL);
        assert_true(a.weight == NULL || a.weight[i] == b.weight[i]);
    }
}

static void same_fingerprint(const pair *p)
{
    const int64_t own = p->resident.last - p->resident.first;
    uint64_t a[16], b[16];
    must(ls_shardset_fingerprint(&p->resident, 3, a));
    must(ls_shardset_fingerprint(&p->streamed, 3, b));
    for (int64_t j = 0; j < own; j++)
        assert_true(a[j] == b[j]);
}

static void same_epochs(const ls_dataset *d, const ls_network *network, int64_t batch, int64_t window, bool shuffled,
                        int size)
{
    ls_shards plan;
    must(ls_shards_plan(d->rows, FEATURES, batch, 8, window, &plan));
    for (int rank = 0; rank < size; rank++) {
        pair p;
        load(&p, d, network, &plan, shuffled, rank, size);
        same_fingerprint(&p);
        for (int64_t epoch = 0; epoch < 3; epoch++)
            for (int64_t step = 0; step < plan.steps; step++)
                same_batch(&p, epoch, step);
        free_pair(&p);
    }
}

static ls_network *network;
static ls_selection *kept;

static int set_up(void **state)
{
    (void)state;
    for (int r = 0; r < ROWS; r++) {
        for (int c = 0; c < FEATURES; c++)
            x[r * FEATURES + c] = (float)(r * FEATURES + c);
        y[r] = (float)(r % 3);
        weights[r] = (float)(r % 5);
    }
    must(ls_selection_create(ROWS, true, &kept));
    for (int64_t r = 0; r < ROWS; r++)
        ls_selection_set(kept, r, r % 7 != 2 && (r < 1000 || r > 1900));
    ls_selection_count_rows(kept);
    must(ls_network_create("1", FEATURES, &network));
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    ls_network_destroy(network);
    ls_selection_destroy(kept);
    return 0;
}

/* 16000 rows are 2000 in each of 8 shards, 15999 and the selections not all the same; windows of 1, of a step and less,
 * with short last ones and without, and of 256 rows, whose order is tabulated. */
static void test_windows(void **state)
{
    (void)state;
    static const int64_t windows[] = {1, 3, 5, 8, 40, 187, 250, 256};
    const ls_dataset all = some_rows(NULL, 0, ROWS, true), tail = some_rows(NULL, 1, ROWS - 1, false);
    for (size_t w = 0; w < sizeof windows / sizeof *windows; w++) {
        same_epochs(&all, network, BATCH, windows[w], true, 1);
        same_epochs(&tail, network, BATCH, windows[w], false, 3);
    }
}

static void test_selected_rows(void **state)
{
    (void)state;
    const int64_t count = ls_selection_count(kept);
    for (int64_t first = 0; first < 400; first += 123) {
        const ls_dataset d = some_rows(kept, first, count - first, first % 2 == 0);
        same_epochs(&d, network, BATCH, 40, true, 1);
        same_epochs(&d, network, 50, 61, true, 5);
    }
}

/* Steps of many rows, of few, and of none for some shards. */
static void test_steps(void **state)
{
    (void)state;
    const ls_dataset d = some_rows(NULL, 0, ROWS - 5, true);
    same_epochs(&d, network, 3000, 20, true, 2);
    same_epochs(&d, network, 9, 33, true, 3);
}

/* As after loading a checkpoint, and backwards. */
static void test_any_step(void **state)
{
    (void)state;
    const ls_dataset d = some_rows(NULL, 0, ROWS, true);
    ls_shards plan;
    pair p;
    must(ls_shards_plan(d.rows, FEATURES, BATCH, 8, 100, &plan));
    load(&p, &d, network, &plan, true, 1, 2);
    for (int64_t step = 90; step < plan.steps; step++)
        same_batch(&p, 2, step);
    for (int64_t step = 0; step < 20; step++)
        same_batch(&p, 3, step);
    same_batch(&p, 0, 50);
    same_batch(&p, 0, 50);
    same_batch(&p, 0, 49);
    same_batch(&p, 7, plan.steps - 1);
    same_batch(&p, 8, 0);
    free_pair(&p);
}

static void test_class_weights(void **state)
{
    (void)state;
    const ls_dataset d = some_rows(NULL, 0, ROWS, false);
    ls_shards plan;
    pair p;
    must(ls_shards_plan(d.rows, FEATURES, BATCH, 8, 100, &plan));
    load(&p, &d, network, &plan, true, 0, 1);
    int64_t a[2] = {0}, b[2] = {0};
    must(ls_shardset_count_classes(&p.resident, a));
    must(ls_shardset_count_classes(&p.streamed, b));
    assert_int_equal(a[0], (ROWS + 2) / 3); /* above 0.5 is the second class */
    assert_int_equal(a[1], ROWS - (ROWS + 2) / 3);
    assert_memory_equal(a, b, sizeof a);
    ls_shardset *both[] = {&p.resident, &p.streamed};
    for (int k = 0; k < 2; k++) {
        float *of_class;
        must(ls_memory_allocate(&of_class, 2, sizeof *of_class, "weights"));
        of_class[0] = 0.25f;
        of_class[1] = 4;
        must(ls_shardset_weigh(both[k], of_class));
    }
    same_fingerprint(&p);
    for (int64_t step = 0; step < plan.steps; step++)
        same_batch(&p, 0, step);
    free_pair(&p);
}

/* The window that the message names fits, and no limit is exceeded. */
static void test_too_little(void **state)
{
    (void)state;
    const ls_dataset d = some_rows(NULL, 0, ROWS, true);
    ls_shards plan;
    ls_shardset set;
    must(ls_shards_plan(d.rows, FEATURES, BATCH, 8, 0, &plan));
    const ls_shardset_owner owner = {1, 3, 50000};
    assert_int_equal(ls_shardset_load(&d, network, &plan, true, 3, false, &owner, &set), LS_ERR_USAGE);
    const char *window = strstr(ls_error_message(), "--shuffle-window ");
    assert_non_null(window);
    must(ls_shards_plan(d.rows, FEATURES, BATCH, 8, atoi(window + strlen("--shuffle-window ")), &plan));
    must(ls_shardset_load(&d, network, &plan, true, 3, false, &owner, &set));
    assert_true(set.held_bytes <= 50000 && set.held_bytes > 25000);
    ls_shardset_free(&set);
    const ls_shardset_owner tiny = {1, 3, 100};
    assert_int_equal(ls_shardset_load(&d, network, &plan, true, 3, false, &tiny, &set), LS_ERR_USAGE);
    assert_non_null(strstr(ls_error_message(), "no --shuffle-window is small enough"));
}

/* A value that is found bad while training: every value was good when the set was made. */
static void test_reader_fails(void **state)
{
    (void)state;
    const ls_dataset d = some_rows(NULL, 0, ROWS, true);
    ls_shards plan;
    pair p;
    ls_batch batch;
    must(ls_shards_plan(d.rows, FEATURES, BATCH, 8, 50, &plan));
    load(&p, &d, network, &plan, false, 0, 1);
    weights[740] = -1; /* among the last rows of the first shard */
    for (int64_t step = 0; step < 80; step++)
        same_batch(&p, 0, step);
    int64_t step = 80;
    while (step < plan.steps && ls_shardset_batch(&p.streamed, 0, step, &batch) == LS_OK)
        step++;
    assert_true(step < plan.steps);
    assert_int_equal(ls_shardset_batch(&p.streamed, 0, step, &batch), LS_ERR_DATA);
    assert_non_null(strstr(ls_error_message(), "is -1, expected a weight"));
    assert_int_equal(batch.rows, 0);
    assert_int_equal(p.streamed.shard_rows[8], 0);
    /* one that failed elsewhere leaves nothing behind */
    weights[740] = 0;
    same_batch(&p, 0, 50);
    weights[740] = -1;
    assert_int_equal(ls_shardset_batch(&p.streamed, 1, 92, &batch), LS_ERR_DATA);
    weights[740] = 0;
    same_batch(&p, 0, 51);
    free_pair(&p);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_windows),       cmocka_unit_test(test_selected_rows),
                                       cmocka_unit_test(test_steps),         cmocka_unit_test(test_any_step),
                                       cmocka_unit_test(test_class_weights), cmocka_unit_test(test_too_little),
                                       cmocka_unit_test(test_reader_fails)};
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
