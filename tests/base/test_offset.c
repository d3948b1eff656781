/* Offsets: which columns get one and which, by columns made for it; and what is left of differences with and without.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/offset.h"

enum { VALUES = 4096 };

/* A number in [0, 1) for place i. */
static double fraction(int64_t i)
{
    return (double)((uint32_t)i * UINT32_C(2654435761)) * 0x1p-32;
}

/* `count` values from middle - width / 2 to middle + width / 2. */
static ls_offset_sums sums_of(double middle, double width, int64_t count, double shift)
{
    ls_offset_sums sums = ls_offset_start(shift);
    for (int64_t i = 0; i < count; i++)
        ls_offset_add(&sums, middle + (fraction(i) - 0.5) * width);
    return sums;
}

static double offset_of(double middle, double width)
{
    const ls_offset_sums sums = sums_of(middle, width, VALUES, middle);
    return ls_offset_of(&sums);
}

static void columns_that_float32_robs_get_one(void **state)
{
    (void)state;
    /* Julian dates of 200 days; UNIX times of 200 seconds. float32's steps there are 1/4 and 128, the deviation is 57.7
     */
    assert_true(fabs(offset_of(2459100.3, 200) - 2459100.3) < 1.2);
    assert_true(fmod(offset_of(2459100.3, 200), 0.25) == 0);
    assert_true(fabs(offset_of(1.7e9, 200) - 1.7e9) <= 17);
    assert_true(fmod(offset_of(1.7e9, 200), 32) == 0); /* the greatest power of two in the deviation */
    /* where float64 has little more, half a deviation off at most */
    assert_true(fabs(offset_of(1e15, 1000) - 1e15) <= 145);
    assert_true(offset_of(-1.7e9, 200) < -1.6e9);
}

static void others_have_none(void **state)
{
    (void)state;
    assert_true(offset_of(0, 1) == 0);
    assert_true(offset_of(2000, 30) == 0); /* years */
    assert_true(offset_of(1.7e9, 0) == 0); /* constant */
    assert_true(offset_of(1.7e9, 1e9) == 0);
    const ls_offset_sums none = ls_offset_start(0);
    assert_true(ls_offset_of(&none) == 0);
    /* the bound: largest 2^-24 > deviation 2^-10, of two values 2 d apart */
    for (int k = -1; k <= 1; k++) {
        ls_offset_sums two = ls_offset_start(0x1p20);
        const double d = 64 + k;
        ls_offset_add(&two, 0x1p20 - d);
        ls_offset_add(&two, 0x1p20 + d);
        assert_true((ls_offset_of(&two) != 0) == ((0x1p20 + d) * 0x1p-14 > d));
    }
}

/* One number that was computed in two ways: 1000 (0.1 + 0.2) and 1000 * 0.3. */
static void rounding_is_constant(void **state)
{
    (void)state;
    ls_offset_sums two = ls_offset_start(300), near = ls_offset_start(300), few = ls_offset_start(300);
    for (int64_t i = 0; i < VALUES; i++) {
        ls_offset_add(&two, i % 2 == 0 ? 300 : 300 + 0x1p-44);
        ls_offset_add(&near, i % 2 == 0 ? 300 - 1e-9 : 300 + 1e-9);
        ls_offset_add(&few, i == 0 ? 301 : 300);
    }
    assert_true(ls_offset_is_rounding(&two));
    assert_true(ls_offset_of(&two) == 0);
    assert_false(ls_offset_is_rounding(&near));
    assert_true(fabs(ls_offset_of(&near) - 300) < 1e-9);
    assert_false(ls_offset_is_rounding(&few));
    const ls_offset_sums same = sums_of(1.7e9, 0, VALUES, 1.7e9), none = ls_offset_start(0);
    assert_true(ls_offset_is_rounding(&same));
    assert_true(ls_offset_is_rounding(&none));
    /* neighbours of float32 are further apart, however few they are */
    ls_offset_sums single = ls_offset_start(300);
    ls_offset_add(&single, (double)nextafterf(300, 301));
    for (int64_t i = 1; i < 100 * VALUES; i++)
        ls_offset_add(&single, 300);
    assert_false(ls_offset_is_rounding(&single));
}

/* Units are powers of two: the offset goes with them. */
static void units_do_not_matter(void **state)
{
    (void)state;
    const double offset = offset_of(2459100.3, 200);
    for (int k = -60; k <= 60; k += 20)
        assert_true(offset_of(ldexp(2459100.3, k), ldexp(200, k)) == ldexp(offset, k));
}

/* What some rows exclude, all rows have not, whatever the others are. */
static void exclusion_is_safe(void **state)
{
    (void)state;
    int excluded = 0, had_one = 0;
    for (int ratio = 0; ratio < 30; ratio++)
        for (int other = 0; other < 3; other++) {
            const double middle = 1000, width = ldexp(middle, -ratio / 2);
            const int64_t rows = 100 * VALUES;
            const ls_offset_sums some = sums_of(middle, width, VALUES, middle);
            ls_offset_sums all = some;
            for (int64_t i = VALUES; i < rows; i++) /* more of the same, the mean, or a value far away */
                ls_offset_add(&all, other == 0    ? middle + (fraction(i) - 0.5) * width
                                    : other == 1  ? middle
                                    : i == VALUES ? 1e6 * middle
                                                  : middle);
            const bool is = ls_offset_is_excluded(&some, rows), has = ls_offset_of(&all) != 0;
            assert_false(is && has);
            excluded += is;
            had_one += has;
        }
    assert_true(excluded > 10 && had_one > 10);
}

static void a_shift_that_is_far_is_known(void **state)
{
    (void)state;
    const ls_offset_sums near = sums_of(1.7e9, 200, VALUES, 1.7e9 + 1000), far = sums_of(1.7e9, 200, VALUES, 0);
    assert_false(ls_offset_is_far(&near));
    assert_true(ls_offset_is_far(&far));
    assert_true(fabs(ls_offset_mean(&far) - 1.7e9) < 1);
}

static void merging_is_seen(void **state)
{
    (void)state;
    for (int less = 0; less <= 1; less++) {
        ls_offset_pairs pairs = {.last = NAN};
        for (int64_t i = 0; i < VALUES; i++)
            ls_offset_pair(&pairs, 1.7e9 + floor(200 * fraction(i)), less ? 1.7e9 : 0);
        assert_true(ls_offset_merges(&pairs) == !less);
    }
    ls_offset_pairs pairs = {.last = NAN};
    for (int64_t i = 0; i < VALUES; i++)
        ls_offset_pair(&pairs, i % 3 == 0 ? NAN : fraction(i), 0);
    assert_false(ls_offset_merges(&pairs));
    assert_int_equal(pairs.merged, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(columns_that_float32_robs_get_one),
        cmocka_unit_test(others_have_none),
        cmocka_unit_test(rounding_is_constant),
        cmocka_unit_test(units_do_not_matter),
        cmocka_unit_test(exclusion_is_safe),
        cmocka_unit_test(a_shift_that_is_far_is_known),
        cmocka_unit_test(merging_is_seen),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
