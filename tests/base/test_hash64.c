/* The 64-bit hash: known answers, which are part of the checkpoint format, and sensitivity to every bit. The
 * answers come from a transcription of the definition into Python integers. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/hash64.h"

static void fill(uint32_t *words, uint32_t count)
{
    for (uint32_t i = 0; i < count; i++)
        words[i] = i * 2654435761u;
}

static void test_known_answers(void **state)
{
    static const struct {
        size_t count;
        uint64_t seed, expected;
    } cases[] = {
        {0, 0, 0x7e79debe9bf0651d},    {1, 0, 0xb9979fb2c5245b1f},
        {2, 0, 0xccd0a792ee849993},    {3, 0, 0x5c58bc034ed77c4a},
        {4, 0, 0xfadcdf93ed4e3b19},    {5, 0, 0x7cdd6c89f7c9a865},
        {7, 0, 0x7536f473d9ecedd1},    {8, 0, 0x2e4a98b7b3f025d0},
        {1000, 0, 0x7aac952fe9e7aec4}, {11, 0x0123456789abcdef, 0x6082c33204f035c5},
    };
    uint32_t words[1000];
    const float numbers[4] = {1.0f, -2.0f, 0.5f, 3.0f};
    (void)state;
    fill(words, 1000);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        assert_int_equal(ls_hash64_words(cases[i].seed, words, cases[i].count), cases[i].expected);
    assert_int_equal(ls_hash64_words(0, numbers, 4), 0x6f92c414a3eb6c88);
    assert_int_equal(ls_hash64_mix(0, 0), 0xc0377f5e8ddce78e);
    assert_int_equal(ls_hash64_mix(1, 2), 0x28832a0e182a0042);
    assert_int_equal(ls_hash64_mix(2, 1), 0x851123046b87f5cf);
    assert_int_equal(ls_hash64_mix(UINT64_MAX, UINT64_MAX), 0xd8244fa1cd9922e4);
}

static void test_unaligned(void **state)
{
    uint32_t words[9];
    unsigned char bytes[sizeof words + 1];
    (void)state;
    fill(words, 9);
    memcpy(bytes + 1, words, sizeof words);
    assert_int_equal(ls_hash64_words(5, bytes + 1, 9), ls_hash64_words(5, words, 9));
}

/* Every single bit changes about half of the result's bits; swapped words and zeros at the end show, too. */
static void test_sensitivity(void **state)
{
    uint32_t words[23];
    (void)state;
    fill(words, 23);
    uint64_t whole = ls_hash64_words(0, words, 23);
    int flipped = 0;
    for (int bit = 0; bit < 23 * 32; bit++) {
        words[bit / 32] ^= 1u << bit % 32;
        int changed = __builtin_popcountll(whole ^ ls_hash64_words(0, words, 23));
        words[bit / 32] ^= 1u << bit % 32;
        assert_in_range(changed, 10, 54);
        flipped += changed;
    }
    assert_in_range(flipped / (23 * 32), 30, 34);
    for (int i = 0; i < 22; i++) {
        uint32_t word = words[i];
        words[i] = words[i + 1];
        words[i + 1] = word;
        assert_int_not_equal(ls_hash64_words(0, words, 23), whole);
        words[i + 1] = words[i];
        words[i] = word;
    }
    words[22] = 0;
    assert_int_not_equal(ls_hash64_words(0, words, 23), ls_hash64_words(0, words, 22));
    assert_int_not_equal(ls_hash64_words(1, words, 23), ls_hash64_words(0, words, 23));
}

/* Parts of any length, one behind the other, are the whole. */
static void test_parts(void **state)
{
    (void)state;
    uint32_t words[40];
    for (uint32_t i = 0; i < 40; i++)
        words[i] = i * 2654435761u;
    for (size_t a = 0; a <= 40; a++) {
        for (size_t b = a; b <= 40; b++) {
            ls_hash64 hash = ls_hash64_start(9);
            ls_hash64_feed(&hash, words, a);
            ls_hash64_feed(&hash, words + a, b - a);
            ls_hash64_feed(&hash, words + b, 40 - b);
            assert_int_equal(ls_hash64_end(&hash), ls_hash64_words(9, words, 40));
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_known_answers),
        cmocka_unit_test(test_unaligned),
        cmocka_unit_test(test_sensitivity),
        cmocka_unit_test(test_parts),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
