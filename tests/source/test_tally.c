/* Distinct numbers: counts and first rows against a plain array, the limit, looking up before and after sorting. */
#include "io_test.h"

#include "source/tally.h"

enum { VALUES = 5000 };

static void test_counts(void **state)
{
    (void)state;
    static int64_t count[VALUES], first[VALUES];
    ls_tally t = {.limit = VALUES};
    assert_int_equal(ls_tally_find(&t, 3), -1);
    for (int64_t row = 0; row < 40000; row++) {
        const int64_t v = row * row * 7 % VALUES; /* not all of them occur */
        if (count[v]++ == 0)
            first[v] = row;
        assert_ok(ls_tally_add(&t, (double)(v - 100) / 4, 1, row));
    }
    for (int pass = 0; pass < 2; pass++) {
        int64_t distinct = 0;
        for (int64_t v = 0; v < VALUES; v++) {
            const int64_t place = ls_tally_find(&t, (double)(v - 100) / 4);
            assert_int_equal(place >= 0, count[v] > 0);
            if (count[v] == 0)
                continue;
            assert_int_equal(t.entry[place].count, count[v]);
            assert_int_equal(t.entry[place].first, first[v]);
            if (pass == 1)
                assert_int_equal(place, distinct); /* ascending */
            distinct++;
        }
        assert_int_equal(t.count, distinct);
        ls_tally_sort(&t);
    }
    assert_false(t.beyond);
    ls_tally_free(&t);
    assert_null(t.entry);
}

static void test_limit(void **state)
{
    (void)state;
    ls_tally t = {.limit = 100};
    for (int i = 0; i < 100; i++)
        assert_ok(ls_tally_add(&t, i, 2, 1000 - i));
    assert_ok(ls_tally_add(&t, 50, 1, 7));
    assert_false(t.beyond);
    assert_ok(ls_tally_add(&t, 100, 1, 7));
    assert_true(t.beyond);
    assert_int_equal(t.count, 100);
    assert_int_equal(ls_tally_find(&t, 100), -1);
    assert_int_equal(t.entry[ls_tally_find(&t, 50)].count, 3);
    assert_int_equal(t.entry[ls_tally_find(&t, 50)].first, 7);
    ls_tally_free(&t);
}

static void test_zeros(void **state)
{
    (void)state;
    ls_tally t = {.limit = 10};
    assert_ok(ls_tally_add(&t, -0.0, 1, 3));
    assert_ok(ls_tally_add(&t, 0.0, 1, 2));
    assert_int_equal(t.count, 1);
    assert_int_equal(t.entry[0].first, 2);
    assert_false(__builtin_signbit(t.entry[0].value));
    ls_tally_free(&t);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_counts), cmocka_unit_test(test_limit),
                                       cmocka_unit_test(test_zeros)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
