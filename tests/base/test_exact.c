/* Exact sums: against float64, in any order, over any number of parts. */
#include <float.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "base/exact.h"

static void test_values(void **state)
{
    static const float values[] = {1.5f, -2.25f, 1e30f, -1e30f, FLT_MIN / 8, 0.0f, -0.0f, 3.0f};
    int64_t bins[LS_EXACT_BINS] = {0}, squares[LS_EXACT_BINS] = {0};
    (void)state;
    for (size_t i = 0; i < sizeof values / sizeof *values; i++)
        ls_exact_add(bins, values[i]);
    assert_true(ls_exact_sum(bins) == 2.25 + (double)FLT_MIN / 8);
    for (int i = 0; i < 3; i++)
        ls_exact_add_square(squares, 3.0f);
    ls_exact_add_square(squares, -4.0f);
    assert_true(ls_exact_squares(squares) == 43);
}

static void test_order(void **state)
{
    enum { N = 10000, PARTS = 3 };
    static float values[N];
    int64_t whole[LS_EXACT_BINS] = {0}, parts[PARTS][LS_EXACT_BINS] = {{0}};
    double expected = 0;
    uint32_t random = 1;
    (void)state;
    for (int i = 0; i < N; i++) {
        random = random * 1664525u + 1013904223u;
        values[i] = ldexpf((float)(random >> 8) / 16777216.0f, (int)(random % 60) - 30);
        expected += (double)values[i] * (double)values[i];
        ls_exact_add_square(whole, values[i]);
    }
    for (int i = N - 1; i >= 0; i--)
        ls_exact_add_square(parts[i % PARTS], values[i]);
    for (int p = 1; p < PARTS; p++)
        for (int e = 0; e < LS_EXACT_BINS; e++)
            parts[0][e] += parts[p][e];
    assert_true(ls_exact_squares(whole) == ls_exact_squares(parts[0]));
    assert_true(fabs(ls_exact_squares(whole) - expected) < 1e-7 * expected);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_values), cmocka_unit_test(test_order)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
