/* Shard arithmetic against the definition written out, and the properties that training rests on. */
#include "io_test.h"

#include "source/shards.h"

static int64_t reversed(int64_t v, int bits)
{
    int64_t result = 0;
    for (int i = 0; i < bits; i++)
        if (v & (int64_t)1 << i)
            result += (int64_t)1 << (bits - 1 - i);
    return result;
}

static void check_plan(int64_t rows, int64_t batch, int64_t shards)
{
    ls_shards plan;
    assert_ok(ls_shards_plan(rows, 3, batch, shards, 0, &plan));
    int64_t effective = batch < rows ? batch : rows, first = 0;
    assert_int_equal(plan.shards, shards);
    assert_int_equal((int64_t)1 << plan.bits, shards);
    assert_int_equal(plan.steps, (rows + effective - 1) / effective);
    for (int64_t v = 0; v < shards; v++) {
        int64_t count = rows / shards + (reversed(v, plan.bits) < rows % shards);
        assert_int_equal(ls_shards_rows(&plan, v), count);
        assert_int_equal(ls_shards_first(&plan, v), first); /* contiguous: the sum of those before */
        assert_int_equal(ls_shards_cursor(&plan, v, 0), 0);
        assert_int_equal(ls_shards_cursor(&plan, v, plan.steps), count); /* each row once an epoch */
        first += count;
    }
    assert_int_equal(first, rows);
    assert_int_equal(ls_shards_first(&plan, shards), rows);
    int64_t least = INT64_MAX, most = 0, total = 0;
    for (int64_t s = 0; s < plan.steps; s++) {
        int64_t taken = 0;
        for (int64_t v = 0; v < shards; v++) {
            int64_t part = ls_shards_cursor(&plan, v, s + 1) - ls_shards_cursor(&plan, v, s);
            assert_true(part >= 0);
            taken += part;
        }
        assert_int_equal(ls_shards_step_rows(&plan, s), taken);
        assert_true(taken <= effective);
        least = taken < least ? taken : least;
        most = taken > most ? taken : most;
        total += taken;
    }
    assert_int_equal(total, rows);
    if (most - least > 1)
        print_error("rows %lld batch %lld shards %lld: steps of %lld to %lld rows\n", (long long)rows, (long long)batch,
                    (long long)shards, (long long)least, (long long)most);
    assert_true(most - least <= 1);
}

static void test_properties(void **state)
{
    (void)state;
    for (int64_t rows = 1; rows <= 70; rows++)
        for (int64_t batch = 1; batch <= 75; batch += batch < 10 ? 1 : 7)
            for (int64_t shards = 1; shards <= batch; shards *= 2)
                check_plan(rows, batch, shards);
    check_plan(1438, 32, 8);
    check_plan(1438, 128, 64);
    check_plan(60000, 999, 512);
    check_plan(40000, 20000, 1024);
    check_plan(7, 65536, 65536);
}

/* Steps take about the same from each shard: at most one row apart at any time. */
static void test_shards_keep_pace(void **state)
{
    (void)state;
    ls_shards plan;
    assert_ok(ls_shards_plan(1438, 64, 100, 16, 0, &plan));
    for (int64_t s = 0; s <= plan.steps; s++)
        for (int64_t v = 0; v < 16; v++) {
            int64_t apart = ls_shards_cursor(&plan, v, s) - ls_shards_cursor(&plan, 0, s);
            assert_true(apart == 0 || apart == -1);
        }
}

static void test_large_numbers(void **state)
{
    (void)state;
    ls_shards plan;
    const int64_t rows = ((int64_t)1 << 40) + 12345;
    assert_ok(ls_shards_plan(rows, 1, 1000, 8, 0, &plan));
    assert_int_equal(plan.steps, (rows + 999) / 1000);
    int64_t sum = 0;
    for (int64_t v = 0; v < 8; v++) {
        assert_int_equal(ls_shards_cursor(&plan, v, plan.steps), ls_shards_rows(&plan, v));
        sum += ls_shards_rows(&plan, v);
    }
    assert_int_equal(sum, rows);
    for (int64_t s = plan.steps - 3; s < plan.steps; s++) /* s * N is above 2^64 */
        assert_true(ls_shards_step_rows(&plan, s) == 999 || ls_shards_step_rows(&plan, s) == 1000);
    for (int64_t v = 0; v < 8; v++)
        assert_int_equal(ls_shards_first(&plan, v + 1) - ls_shards_first(&plan, v), ls_shards_rows(&plan, v));
}

static void test_defaults(void **state)
{
    (void)state;
    static const struct {
        int64_t rows, features, batch, shards, window;
    } expected[] = {{1438, 64, 32, 8, 180}, /* at least 8 shards; a window is at most the shard */
                    {1438, 64, 5, 4, 360},  /* never more than the batch */
                    {1438, 64, 1, 1, 1438},
                    {100000, 64, 128, 8, 12500},
                    {100000, 64, 256, 8, 12500},
                    {100000, 64, 1000, 16, 6250}, /* 1000 / 32 = 31, down to 16 */
                    {100000, 64, 1024, 32, 3125},
                    {100000, 64, 99999, 1024, 98}, /* at most 1024 */
                    {1024000, 1, 65536, 1024, 1000},
                    {100, 10, 1000, 8, 13}, /* a batch larger than the data counts as the data */
                    {3, 10, 1000, 2, 2},
                    {10000000, 4096, 32, 8, 8192},  /* 2^30 / (4 * 4096 * 8) */
                    {10000000, 167772, 32, 8, 256}, /* it would be 200 */
                    {10000000, 1000000, 32, 8, 256}};
    for (int i = 0; i < ITEMS(expected); i++) {
        ls_shards plan;
        assert_ok(ls_shards_plan(expected[i].rows, expected[i].features, expected[i].batch, 0, 0, &plan));
        assert_int_equal(plan.shards, expected[i].shards);
        assert_int_equal(plan.window, expected[i].window);
    }
    ls_shards plan;
    assert_ok(ls_shards_plan(1000, 5, 64, 4, 17, &plan));
    assert_int_equal(plan.shards, 4);
    assert_int_equal(plan.window, 17);
    assert_ok(ls_shards_plan(1000, INT64_MAX, 64, 0, 0, &plan));
    assert_int_equal(plan.window, 125);
}

static void test_refusals(void **state)
{
    (void)state;
    ls_shards plan;
    assert_fails(ls_shards_plan(0, 1, 32, 0, 0, &plan), LS_ERR_DATA, "no rows");
    assert_fails(ls_shards_plan(10, 1, 0, 0, 0, &plan), LS_ERR_USAGE, "--batch-size 0");
    assert_fails(ls_shards_plan(10, 1, 32, 12, 0, &plan), LS_ERR_USAGE, "--shards 12: expected a power of two");
    assert_fails(ls_shards_plan(10, 1, 32, -8, 0, &plan), LS_ERR_USAGE, "--shards -8");
    assert_fails(ls_shards_plan(10, 1, 200000, 131072, 0, &plan), LS_ERR_USAGE, "up to 65536");
    assert_fails(ls_shards_plan(10, 1, 50, 64, 0, &plan), LS_ERR_USAGE, "pass --shards 32 or less");
    assert_fails(ls_shards_plan(10, 1, 32, 0, -1, &plan), LS_ERR_USAGE, "--shuffle-window -1");
    assert_ok(ls_shards_plan(10, 1, 64, 64, 0, &plan)); /* more shards than rows: some are empty */
    assert_int_equal(plan.shards, 64);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_properties), cmocka_unit_test(test_shards_keep_pace),
                                       cmocka_unit_test(test_large_numbers), cmocka_unit_test(test_defaults),
                                       cmocka_unit_test(test_refusals)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
