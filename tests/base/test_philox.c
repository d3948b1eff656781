/* Philox against the known answers of Random123 (kat_vectors), and the contract's counter and uniform. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/philox.h"

static void test_known_answers(void **state)
{
    static const struct {
        uint32_t counter[4], key[2], expected[4];
    } cases[] = {
        {{0, 0, 0, 0}, {0, 0}, {0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8}},
        {{0xffffffff, 0xffffffff, 0xffffffff, 0xffffffff},
         {0xffffffff, 0xffffffff},
         {0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd}},
        {{0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344},
         {0xa4093822, 0x299f31d0},
         {0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1}},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        uint32_t out[4];
        ls_philox(cases[i].key[0], cases[i].key[1], cases[i].counter, out);
        for (int word = 0; word < 4; word++)
            assert_int_equal(out[word], cases[i].expected[word]);
    }
}

/* key = (seed, purpose), counter = (unit / 4, layer << 16 | row >> 32, row, epoch) */
static void test_unit_counter(void **state)
{
    const int64_t row = INT64_C(0x5A12345678);
    const uint32_t counter[4] = {25, 7u << 16 | 0x5A, 0x12345678, 9};
    uint32_t out[4], expected[4];
    (void)state;
    ls_philox(42, LS_PURPOSE_DROPOUT, counter, expected);
    ls_philox_unit(42, LS_PURPOSE_DROPOUT, 103, 7, row, 9, out);
    for (int word = 0; word < 4; word++)
        assert_int_equal(out[word], expected[word]);
}

static void test_purposes(void **state)
{
    (void)state;
    assert_int_equal(LS_PURPOSE_INITIALIZER, 1);
    assert_int_equal(LS_PURPOSE_DROPOUT, 2);
    assert_int_equal(LS_PURPOSE_WINDOWS, 3);
    assert_int_equal(LS_PURPOSE_ROWS, 4);
    assert_int_equal(LS_PURPOSE_DATA, 5);
}

static void test_uniform(void **state)
{
    (void)state;
    assert_true(ls_philox_uniform(0) == 0.0f);
    assert_true(ls_philox_uniform(0xff) == 0.0f);
    assert_true(ls_philox_uniform(0x100) == 0x1p-24f);
    assert_true(ls_philox_uniform(0x80000000) == 0.5f);
    assert_true(ls_philox_uniform(0xffffffff) == 0x1.fffffep-1f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_known_answers),
        cmocka_unit_test(test_unit_counter),
        cmocka_unit_test(test_purposes),
        cmocka_unit_test(test_uniform),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
