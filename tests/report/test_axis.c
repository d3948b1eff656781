/* Axes and thinning. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "report/axis.h"
#include "report/html.h"

static void check_ticks(const ls_axis *a, double low, double high, int ticks, double first, double last)
{
    if (fabs(a->low - low) > 1e-12 || fabs(a->high - high) > 1e-12 || a->ticks != ticks ||
        fabs(a->tick[0] - first) > 1e-12 || fabs(a->tick[ticks - 1] - last) > 1e-12)
        fail_msg("axis %g to %g with %d ticks %g to %g, expected %g to %g with %d, %g to %g", a->low, a->high, a->ticks,
                 a->tick[0], a->tick[a->ticks - 1], low, high, ticks, first, last);
}

static void test_linear(void **state)
{
    (void)state;
    ls_axis a = ls_axis_linear(0.13, 0.91, 5);
    check_ticks(&a, 0, 1, 6, 0, 1);
    a = ls_axis_exact(1, 40, 6);
    check_ticks(&a, 1, 40, 4, 10, 40);
    a = ls_axis_linear(-3, 17, 5);
    check_ticks(&a, -5, 20, 6, -5, 20);
    a = ls_axis_linear(1, 1, 5); /* a single value */
    assert_true(a.low < 1 && a.high > 1 && a.ticks >= 2);
    a = ls_axis_linear(NAN, INFINITY, 5);
    check_ticks(&a, 0, 1, 6, 0, 1);
    a = ls_axis_linear(0, 0, 5);
    assert_true(a.low < 0 && a.high > 0);
    a = ls_axis_linear(1e308, -1e308, 5);
    assert_true(a.ticks > 0 && a.ticks <= LS_AXIS_TICKS);
}

static void test_log(void **state)
{
    (void)state;
    ls_axis a = ls_axis_of(0.001, 5);
    assert_true(a.log);
    for (int i = 0; i < a.ticks; i++)
        assert_true(a.tick[i] >= a.low && a.tick[i] <= a.high);
    assert_false(ls_axis_of(-1, 100).log);
    assert_false(ls_axis_of(1, 20).log);
    a = ls_axis_of(1e-300, 1e300);
    assert_true(a.log && a.ticks >= 2 && a.ticks <= LS_AXIS_TICKS);
    assert_true(fabs(ls_axis_at(&a, 1, 0, 100) - 50) < 1e-9);
}

static void test_range(void **state)
{
    const double values[] = {NAN, 3, -INFINITY, 7, INFINITY};
    double low = INFINITY, high = -INFINITY;
    (void)state;
    assert_true(ls_axis_range(5, values, &low, &high));
    assert_true(low == 3 && high == 7);
    low = INFINITY;
    high = -INFINITY;
    assert_false(ls_axis_range(1, values, &low, &high));
}

/* Few points stay as they are; of many the ends, single peaks and gaps do. */
static void test_thin(void **state)
{
    enum { N = 1000003 };
    static int64_t kept[LS_THIN_MOST];
    static double y[N];
    (void)state;
    for (int64_t i = 0; i < N; i++)
        y[i] = 0.5;
    y[123456] = 9;
    y[123457] = -9;
    y[777777] = NAN;
    assert_int_equal(ls_axis_thin(LS_THIN_MOST, y, kept), LS_THIN_MOST);
    assert_int_equal(ls_axis_thin(0, y, kept), 0);
    const int64_t count = ls_axis_thin(N, y, kept);
    bool peak = false, pit = false, gap = false;
    assert_true(count <= LS_THIN_MOST && count > LS_THIN_MOST / 5);
    assert_int_equal(kept[0], 0);
    assert_int_equal(kept[count - 1], N - 1);
    for (int64_t k = 0; k < count; k++) {
        assert_true(k == 0 || kept[k] > kept[k - 1]);
        peak = peak || kept[k] == 123456;
        pit = pit || kept[k] == 123457;
        gap = gap || kept[k] == 777777;
    }
    assert_true(peak && pit && gap);
}

static void check_number(char *(*format)(double value, char *buffer), double value, const char *expected)
{
    char buffer[LS_NUMBER_BYTES];
    assert_string_equal(format(value, buffer), expected);
}

static void test_numbers(void **state)
{
    char buffer[LS_NUMBER_BYTES];
    (void)state;
    check_number(ls_html_format_count, 1234567, "1,234,567");
    check_number(ls_html_format_count, -1000, "-1,000");
    check_number(ls_html_format_count, 999, "999");
    check_number(ls_html_format_value, 0.95214, "0.9521");
    check_number(ls_html_format_value, 1.23456e-5, "1.23e-5");
    check_number(ls_html_format_value, 12345.6, "12,346");
    check_number(ls_html_format_value, NAN, "not a number");
    check_number(ls_html_format_value, 0, "0");
    assert_string_equal(ls_html_format_tick(0.05, 0.05, buffer), "0.05");
    assert_string_equal(ls_html_format_tick(2000, 500, buffer), "2,000");
    assert_string_equal(ls_html_format_tick(0, 0.1, buffer), "0");
    assert_string_equal(ls_html_format_tick(2e-5, 1e-5, buffer), "2e-5");
    assert_string_equal(ls_html_format_tick(1500000, 500000, buffer), "1.5e6");
    assert_string_equal(ls_html_format_tick(500000, 500000, buffer), "5e5");
    assert_string_equal(ls_html_format_tick(-2e9, 1e9, buffer), "-2e9");
    assert_string_equal(ls_html_format_tick(0.0002, 0.0002, buffer), "0.0002");
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_linear), cmocka_unit_test(test_log),
                                       cmocka_unit_test(test_range), cmocka_unit_test(test_thin),
                                       cmocka_unit_test(test_numbers)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
