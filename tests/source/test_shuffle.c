/* The shuffled order: a permutation for every size, spread like a random one, and pinned, since it is part of
 * the contract. */
#include "io_test.h"

#include "base/philox.h"
#include "source/shuffle.h"

#define KEYS 20000

static void make_numbered(ls_permutation *permutation, uint64_t n, uint32_t key)
{
    const uint32_t counter[4] = {key, 0, 0, 0};
    uint32_t words[4];
    ls_philox(1234, LS_PURPOSE_ROWS, counter, words);
    ls_permutation_make(permutation, n, words);
}

static void check_bijective(uint64_t n, uint32_t key)
{
    ls_permutation permutation;
    unsigned char *seen = calloc(n, 1);
    assert_non_null(seen);
    make_numbered(&permutation, n, key);
    for (uint64_t i = 0; i < n; i++) {
        uint64_t value = ls_permutation_at(&permutation, i);
        assert_true(value < n);
        if (seen[value]++)
            print_error("n %llu key %u: %llu comes twice\n", (unsigned long long)n, key, (unsigned long long)value);
        assert_int_equal(seen[value], 1);
    }
    free(seen);
}

static void test_bijective(void **state)
{
    (void)state;
    static const uint64_t large[] = {1023, 1024, 1025, 65536, 65537, 1000003, 1048576};
    for (uint64_t n = 1; n <= 600; n++)
        for (uint32_t key = 0; key < 5; key++)
            check_bijective(n, key);
    for (int i = 0; i < ITEMS(large); i++)
        check_bijective(large[i], 7);
}

/* Sizes that no table holds: values stay in range, and neighbours differ. */
static void test_huge(void **state)
{
    (void)state;
    static const uint64_t sizes[] = {(uint64_t)1 << 33, ((uint64_t)1 << 40) + 1, (uint64_t)INT64_MAX};
    for (int i = 0; i < ITEMS(sizes); i++) {
        ls_permutation permutation;
        make_numbered(&permutation, sizes[i], 3);
        uint64_t before = ls_permutation_at(&permutation, sizes[i] - 1);
        assert_true(before < sizes[i]);
        for (uint64_t j = 0; j < 1000; j++) {
            uint64_t value = ls_permutation_at(&permutation, j);
            assert_true(value < sizes[i] && value != before);
            before = value;
        }
    }
}

/* Chi-square of `cells` counts against the same expectation, as distance from its mean in standard
 * deviations. */
static double chi_square_sigma(const uint32_t *counts, int cells, double expected, double freedom)
{
    double sum = 0, variance = 2 * freedom, root = 1;
    for (int i = 0; i < cells; i++)
        sum += (counts[i] - expected) * (counts[i] - expected) / expected;
    for (int i = 0; i < 60; i++)
        root = (root + variance / root) / 2;
    return (sum - freedom) / root;
}

static void report(int n, const char *what, double sigma, double most)
{
    if (sigma > most)
        print_error("n = %d: chi-square of %s is %.1f standard deviations too large, at most %.1f allowed\n", n, what,
                    sigma, most);
    assert_true(sigma <= most);
}

/* Over many keys: each value at each place equally often, and neighbours (at distances 1 and 2) at all
 * distances equally often and as often ascending as descending. With four rounds, distances were off by 18
 * sigma for n = 50. */
static void test_spread(void **state)
{
    (void)state;
    static const int sizes[] = {2, 3, 5, 8, 16, 31, 32, 50, 64, 100, 256, 1000};
    for (int s = 0; s < ITEMS(sizes); s++) {
        const int n = sizes[s], keys = n == 1000 ? KEYS / 2 : KEYS;
        uint32_t *places = calloc((size_t)n * (size_t)n, sizeof *places);
        uint32_t *distances = calloc((size_t)n, sizeof *distances), *seconds = calloc((size_t)n, sizeof *seconds);
        int *order = malloc((size_t)n * sizeof *order);
        double ascending = 0;
        for (uint32_t key = 0; key < (uint32_t)keys; key++) {
            ls_permutation permutation;
            make_numbered(&permutation, (uint64_t)n, key);
            for (int i = 0; i < n; i++) {
                order[i] = (int)ls_permutation_at(&permutation, (uint64_t)i);
                places[i * n + order[i]]++;
                if (i >= 1) {
                    distances[(order[i] - order[i - 1] + n) % n]++;
                    ascending += order[i] > order[i - 1];
                }
                if (i >= 2)
                    seconds[(order[i] - order[i - 2] + n) % n]++;
            }
        }
        const double all = keys, m = n;
        report(n, "places", chi_square_sigma(places, n * n, all / m, (m - 1) * (m - 1)), 5);
        if (n > 2) {
            report(n, "distances", chi_square_sigma(distances + 1, n - 1, all, m - 2), 5);
            report(n, "second distances", chi_square_sigma(seconds + 1, n - 1, all * (m - 2) / (m - 1), m - 2), 5);
        }
        assert_near(ascending / (all * (m - 1)), 0.5, 0.02);
        free(places);
        free(distances);
        free(seconds);
        free(order);
    }
}

/* ---- a shard's order ---- */

static void check_shard(int64_t rows, int64_t window, uint32_t epoch)
{
    ls_shuffle shuffle, again;
    char *seen = calloc((size_t)rows, 1);
    ls_shuffle_start(&shuffle, 9, true, 1000, rows, window, epoch);
    ls_shuffle_start(&again, 9, true, 1000, rows, window, epoch);
    int64_t held = -1, left = 0;
    for (int64_t p = 0; p < rows; p++) {
        int64_t row = ls_shuffle_at(&shuffle, p), size = window < rows ? window : rows;
        assert_in_range(row, 0, rows - 1);
        assert_int_equal(seen[row], 0);
        seen[row] = 1;
        if (left == 0) { /* a new window begins: all of its rows come now */
            held = row / size;
            left = (held + 1) * size > rows ? rows - held * size : size;
        }
        assert_int_equal(row / size, held);
        left--;
    }
    assert_int_equal(left, 0);
    for (int64_t p = rows - 1; p >= 0; p -= 3) { /* any order of calls */
        int64_t row = ls_shuffle_at(&again, p);
        assert_int_equal(row, ls_shuffle_at(&shuffle, p));
    }
    free(seen);
}

static void test_windows(void **state)
{
    (void)state;
    for (int64_t rows = 1; rows < 60; rows++)
        for (int64_t window = 1; window < 70; window += window < 8 ? 1 : 5)
            for (uint32_t epoch = 0; epoch < 4; epoch++)
                check_shard(rows, window, epoch);
    check_shard(100003, 256, 1);
    check_shard(65536, 256, 2);
}

static void test_file_order(void **state)
{
    (void)state;
    ls_shuffle shuffle;
    ls_shuffle_start(&shuffle, 9, false, 0, 100, 10, 3);
    for (int64_t p = 0; p < 100; p++)
        assert_int_equal(ls_shuffle_at(&shuffle, p), p);
    ls_shuffle_start(&shuffle, 9, true, 0, 0, 10, 3); /* an empty shard */
    assert_int_equal(shuffle.rows, 0);
}

/* Seed, epoch and place in the dataset each give another order. */
static void test_orders_differ(void **state)
{
    (void)state;
    ls_shuffle base, other[3];
    ls_shuffle_start(&base, 1, true, 0, 1000, 100, 0);
    ls_shuffle_start(&other[0], 2, true, 0, 1000, 100, 0);
    ls_shuffle_start(&other[1], 1, true, 1000, 1000, 100, 0);
    ls_shuffle_start(&other[2], 1, true, 0, 1000, 100, 1);
    for (int i = 0; i < 3; i++) {
        int same = 0;
        for (int64_t p = 0; p < 1000; p++)
            same += ls_shuffle_at(&base, p) == ls_shuffle_at(&other[i], p);
        assert_true(same < 30);
    }
}

/* The order is part of the contract: these numbers must never change. They were
 * computed from the definition in src/source/README.md by an independent program. */
static void test_pinned(void **state)
{
    (void)state;
    static const uint32_t words[4] = {1, 2, 3, 4};
    static const int permutation_10[10] = {4, 1, 6, 7, 5, 3, 0, 8, 9, 2};
    static const int shuffled[12] = {9, 8, 7, 5, 6, 11, 10, 2, 1, 0, 3, 4};
    ls_permutation permutation;
    ls_permutation_make(&permutation, 10, words);
    int found[12];
    for (int i = 0; i < 10; i++)
        found[i] = (int)ls_permutation_at(&permutation, (uint64_t)i);
    for (int i = 0; i < 10; i++)
        assert_int_equal(found[i], permutation_10[i]);
    ls_permutation_make(&permutation, 1000003, words);
    assert_int_equal(ls_permutation_at(&permutation, 0), 82715);
    ls_permutation_make(&permutation, 100, words); /* an odd number of bits */
    assert_int_equal(ls_permutation_at(&permutation, 0), 99);
    ls_shuffle shuffle;
    ls_shuffle_start(&shuffle, 42, true, 5, 12, 5, 7);
    for (int i = 0; i < 12; i++)
        found[i] = (int)ls_shuffle_at(&shuffle, i);
    for (int i = 0; i < 12; i++)
        assert_int_equal(found[i], shuffled[i]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_bijective),  cmocka_unit_test(test_huge),
                                       cmocka_unit_test(test_spread),     cmocka_unit_test(test_windows),
                                       cmocka_unit_test(test_file_order), cmocka_unit_test(test_orders_differ),
                                       cmocka_unit_test(test_pinned)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
