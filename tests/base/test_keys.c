/* Keys of floats: their order, and sorting. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "base/keys.h"

#include <math.h>

static void test_order(void **state)
{
    static const float ascending[] = {-INFINITY, -0x1.fffffep127f, -1, -0x1p-126f, -0x1p-149f, 0,
                                      0x1p-149f, 0x1p-126f,        1,  2,          INFINITY};
    (void)state;
    for (size_t i = 1; i < sizeof ascending / sizeof *ascending; i++)
        assert_true(ls_key_of(ascending[i - 1]) < ls_key_of(ascending[i]));
    assert_int_equal(ls_key_of(-0.0f), ls_key_of(0));
}

static int compare(const void *a, const void *b)
{
    const uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
    return x < y ? -1 : x > y;
}

/* Few and many, with equal ones among them. */
static void test_sorted(void **state)
{
    enum { MOST = 100000 };
    static const int64_t counts[] = {0, 1, 2, 64, 65, 1000, MOST};
    static int64_t places[LS_KEY_PLACES];
    static uint32_t keys[MOST], want[MOST], scratch[MOST];
    (void)state;
    for (size_t c = 0; c < sizeof counts / sizeof *counts; c++) {
        uint32_t word = 1;
        for (int64_t i = 0; i < counts[c]; i++) {
            word = word * 1664525u + 1013904223u;
            want[i] = keys[i] = i % 3 ? word : word & 0xff0000ff;
        }
        qsort(want, (size_t)counts[c], sizeof *want, compare);
        ls_keys_sort(keys, scratch, counts[c], places);
        assert_memory_equal(keys, want, (size_t)counts[c] * sizeof *keys);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_order), cmocka_unit_test(test_sorted)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
