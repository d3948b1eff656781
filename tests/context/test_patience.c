/* How long ranks wait for each other. */
#include "context/patience.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

static void refuse(const char *text)
{
    double seconds;
    assert_int_equal(ls_patience_parse(text, &seconds), LS_ERR_USAGE);
    assert_non_null(strstr(ls_error_message(), text));
    assert_non_null(strstr(ls_error_message(), "expected auto, seconds from 1"));
}

static void test_parse(void **state)
{
    (void)state;
    double seconds;
    assert_int_equal(ls_patience_parse("auto", &seconds), LS_OK);
    assert_true(seconds < 0);
    assert_int_equal(ls_patience_parse("0", &seconds), LS_OK);
    assert_true(seconds == 0);
    assert_int_equal(ls_patience_parse("1.5", &seconds), LS_OK);
    assert_true(seconds == 1.5);
    assert_int_equal(ls_patience_parse("1000000000", &seconds), LS_OK);
    assert_true(seconds == 1e9);
    refuse("-1");
    refuse("0.99");
    refuse("1e-320");
    refuse("2e9");
    refuse("nan");
    refuse("soon");
    refuse("10min");
    refuse("");
}

/* What was asked for stays. */
static void test_fixed(void **state)
{
    (void)state;
    ls_patience p = ls_patience_begin(5);
    assert_false(ls_patience_step(&p, 1000));
    assert_false(ls_patience_pause(&p, 1000));
    assert_true(p.timeout == 5);
    p = ls_patience_begin(0);
    assert_false(ls_patience_step(&p, 1000));
    assert_true(p.timeout == 0);
}

static void test_automatic(void **state)
{
    (void)state;
    ls_patience p = ls_patience_begin(-1);
    assert_true(p.timeout == 600);
    for (int i = 0; i < 5; i++)
        assert_false(ls_patience_step(&p, 11.9));
    assert_true(ls_patience_step(&p, 20.001)); /* whole seconds */
    assert_true(p.timeout == 1001);
    assert_false(ls_patience_step(&p, 3));
    assert_false(ls_patience_pause(&p, 200));
    assert_true(ls_patience_pause(&p, 250));
    assert_true(p.timeout == 1250);
    assert_false(ls_patience_pause(&p, 240));
    assert_true(ls_patience_step(&p, 30));
    assert_true(p.timeout == 1500);
}

/* A slow step at the very beginning, and a job that was stopped for a day. */
static void test_leaps(void **state)
{
    (void)state;
    ls_patience p = ls_patience_begin(-1);
    for (int i = 0; i < 4; i++)
        ls_patience_step(&p, 500);
    assert_true(p.timeout == 25000);
    p = ls_patience_begin(-1);
    ls_patience_step(&p, 0.1);
    assert_false(ls_patience_step(&p, 86400));
    assert_true(p.timeout == 600);
    assert_true(ls_patience_pause(&p, 86400));
    assert_true(p.timeout == 3000);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_parse), cmocka_unit_test(test_fixed),
                                       cmocka_unit_test(test_automatic), cmocka_unit_test(test_leaps)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
