/* Allocation: zeroed, aligned, and refused with a message instead of overflowing. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/memory.h"

static void test_zeroed_and_aligned(void **state)
{
    (void)state;
    for (int64_t count = 0; count < 300; count++) {
        double *block = NULL;
        assert_int_equal(ls_memory_allocate(&block, count, sizeof *block, "test values"), LS_OK);
        assert_non_null(block);
        assert_int_equal((uintptr_t)block % 64, 0);
        for (int64_t i = 0; i < count; i++)
            assert_true(block[i] == 0.0);
        memset(block, 0xA5, (size_t)count * sizeof *block);
        ls_memory_free(block);
    }
    ls_memory_free(NULL);
}

static void test_refused(void **state)
{
    static const struct {
        int64_t count;
        size_t size;
    } cases[] = {
        {-1, 4},
        {-1, 0},
        {INT64_MIN, 1},
        {INT64_MAX, 1},
        {INT64_MAX, 8},
        {INT64_MAX / 8 + 1, 8},
        {(INT64_C(1) << 61) + 1, 8}, /* 8 bytes modulo 2^64 */
        {INT64_C(1) << 46, 1 << 14},
        {INT64_C(1) << 58, 8}, /* fits into size_t, not into any machine */
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char *block = (char *)&cases;
        assert_int_equal(ls_memory_allocate(&block, cases[i].count, cases[i].size, "features of 7 rows"),
                         LS_ERR_MEMORY);
        assert_null(block);
        assert_non_null(strstr(ls_error_message(), "features of 7 rows"));
    }
    assert_non_null(strstr(ls_error_message(), "2.0 EiB"));
}

static void test_grown(void **state)
{
    (void)state;
    const int64_t before = ls_memory_used();
    int *list = NULL, times = 0;
    int64_t capacity = 0;
    for (int64_t count = 0; count < 1000; count++) {
        const int64_t had = capacity;
        assert_int_equal(ls_memory_grow(&list, &capacity, count + 1, sizeof *list, "test values"), LS_OK);
        assert_true(capacity > count && (capacity == had || capacity >= 2 * had));
        times += capacity != had;
        for (int64_t i = 0; i < count; i++)
            assert_int_equal(list[i], i + 1);
        for (int64_t i = count; i < capacity; i++)
            assert_int_equal(list[i], 0);
        list[count] = (int)count + 1;
    }
    assert_true(times < 12);
    assert_int_equal(ls_memory_grow(&list, &capacity, 5000, sizeof *list, "test values"), LS_OK);
    assert_int_equal(capacity, 5000);
    const int *const held = list;
    assert_int_equal(ls_memory_grow(&list, &capacity, INT64_MAX, sizeof *list, "names of 7 rows"), LS_ERR_MEMORY);
    assert_non_null(strstr(ls_error_message(), "names of 7 rows"));
    assert_ptr_equal(list, held);
    assert_int_equal(capacity, 5000);
    assert_int_equal(list[999], 1000);
    ls_memory_free(list);
    assert_int_equal(ls_memory_used(), before);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_zeroed_and_aligned),
        cmocka_unit_test(test_refused),
        cmocka_unit_test(test_grown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
