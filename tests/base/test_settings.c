/* Settings: every type, its bounds, both ways. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/settings.h"

typedef struct thing {
    double factor;
    int64_t patience;
    bool centered;
    char mode[LS_SETTING_TEXT_MAX];
    ls_setting_list boundaries;
    double min_delta;
    ls_setting_list steps;
} thing;

static const ls_setting table[] = {
    LS_SETTING(thing, factor, REAL, 0, 1, NULL),        LS_SETTING(thing, patience, INTEGER, 0, 1e9, NULL),
    LS_SETTING(thing, centered, SWITCH, 0, 0, NULL),    LS_SETTING(thing, mode, TEXT, 0, 0, "auto|min|max"),
    LS_SETTING(thing, boundaries, LIST, 0, 1e12, NULL), LS_SETTING(thing, min_delta, REAL, -1, 1, NULL),
    LS_SETTING(thing, steps, WHOLES, 0, 1e12, NULL),
};
enum { ROWS = sizeof table / sizeof *table };

static ls_status parse(const char *text, thing *t, bool *given)
{
    *t = (thing){.factor = 0.1, .patience = 10, .mode = "auto"};
    return ls_settings_parse("--thing", text, table, ROWS, t, given);
}

static void test_types(void **state)
{
    (void)state;
    thing t;
    bool given[ROWS];
    assert_int_equal(parse("", &t, given), LS_OK);
    assert_true(t.factor == 0.1 && t.patience == 10 && !t.centered && strcmp(t.mode, "auto") == 0);
    for (int i = 0; i < ROWS; i++)
        assert_false(given[i]);
    assert_int_equal(
        parse(" factor=0.5,  patience=3, centered=true mode=max boundaries=[100,2e3,5] min-delta=-0 steps=7 ", &t,
              given),
        LS_OK);
    assert_true(t.factor == 0.5 && t.patience == 3 && t.centered && strcmp(t.mode, "max") == 0);
    assert_int_equal(t.boundaries.count, 3);
    assert_true(t.boundaries.value[0] == 100 && t.boundaries.value[1] == 2000 && t.boundaries.value[2] == 5);
    assert_true(t.steps.count == 1 && t.steps.value[0] == 7);
    assert_true(t.min_delta == 0 && !signbit(t.min_delta));
    for (int i = 0; i < ROWS; i++)
        assert_true(given[i]);
}

static void test_back(void **state)
{
    (void)state;
    thing t, again;
    ls_text text = {0};
    assert_int_equal(parse("steps=[3,1e3] boundaries=1,0.1 factor=1e-7 mode=min", &t, NULL), LS_OK);
    ls_settings_format(table, ROWS, &t, &text);
    assert_string_equal(ls_text_string(&text),
                        " factor=1e-7 patience=10 centered=false mode=min boundaries=1,0.1 min_delta=0 steps=3,1000");
    assert_int_equal(parse(ls_text_string(&text), &again, NULL), LS_OK);
    assert_memory_equal(&t, &again, sizeof t);
    ls_text_free(&text);
}

static void test_refused(void **state)
{
    (void)state;
    static const char *const cases[][2] = {
        {"factor=2", "--thing: factor=2; expected a number from 0 to 1"},
        {"factor=nan", "--thing: factor=nan; expected a number from 0 to 1"},
        {"patience=1.5", "--thing: patience=1.5; expected a whole number from 0 to 1000000000"},
        {"centered=maybe", "--thing: centered=maybe; expected true or false"},
        {"mode=mi", "--thing: mode=mi; expected one of auto|min|max"},
        {"boundaries=1,x", "--thing: boundaries=x; expected a number from 0 to 1000000000000"},
        {"steps=1,2.5", "--thing: steps=2.5; expected whole numbers from 0 to 1000000000000"},
        {"boundaries=", "--thing: boundaries=; expected numbers, as in 1,2.5,3, each from 0 to 1000000000000"},
        {"patience=1 patience=2", "--thing: patience is given twice; leave one of them out"},
        {"patience", "--thing: 'patience' is not a setting; expected key=value, without spaces around or in it, as in "
                     "\"patience=...\""},
        {"patince=1", "--thing: no setting is called 'patince' (did you mean 'patience'?); expected factor, patience, "
                      "centered, mode, boundaries, min_delta or steps"},
    };
    thing t;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        assert_int_equal(parse(cases[i][0], &t, NULL), LS_ERR_USAGE);
        assert_string_equal(ls_error_message(), cases[i][1]);
    }
}

/* A real that is NaN stands for no number. */
static void test_no_number(void **state)
{
    (void)state;
    thing t;
    ls_text text = {0};
    assert_int_equal(parse("mode=min", &t, NULL), LS_OK);
    t.factor = NAN;
    ls_settings_format(table, ROWS, &t, &text);
    assert_string_equal(ls_text_string(&text), " patience=10 centered=false mode=min min_delta=0");
    ls_text_free(&text);
}

static void test_switched(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        bool on;
    } cases[] = {{"", false}, {"off", false}, {"false", false}, {"on", true}, {"true", true}, {"patience=10", true}};
    thing t = {.factor = 0.1, .patience = 10, .mode = "auto"};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        bool on = !cases[i].on;
        assert_int_equal(ls_settings_parse_switched("--thing", cases[i].text, table, ROWS, &t, &on), LS_OK);
        assert_int_equal(on, cases[i].on);
        assert_true(t.factor == 0.1 && t.patience == 10 && strcmp(t.mode, "auto") == 0);
    }
    bool on;
    assert_int_equal(ls_settings_parse_switched("--thing", "on factor=0.2", table, ROWS, &t, &on), LS_ERR_USAGE);
}

/* What is the same is what is written the same. */
static void test_same(void **state)
{
    (void)state;
    static const char *const texts[] = {"",
                                        "factor=0.5",
                                        "patience=3",
                                        "centered=true",
                                        "mode=max",
                                        "boundaries=[1,2]",
                                        "boundaries=[1,3]",
                                        "boundaries=[1]",
                                        "min-delta=0.5",
                                        "steps=7"};
    thing a, b;
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        for (size_t j = 0; j < sizeof texts / sizeof *texts; j++) {
            assert_int_equal(parse(texts[i], &a, NULL), LS_OK);
            assert_int_equal(parse(texts[j], &b, NULL), LS_OK);
            for (size_t k = 0; k < ROWS; k++) {
                ls_text x = {0}, y = {0};
                ls_settings_format(&table[k], 1, &a, &x);
                ls_settings_format(&table[k], 1, &b, &y);
                assert_int_equal(ls_settings_same(&table[k], &a, &b),
                                 strcmp(ls_text_string(&x), ls_text_string(&y)) == 0);
                ls_text_free(&x);
                ls_text_free(&y);
            }
        }
    a.min_delta = b.min_delta = NAN;
    assert_true(ls_settings_same(&table[5], &a, &b));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_types),     cmocka_unit_test(test_back),     cmocka_unit_test(test_refused),
        cmocka_unit_test(test_no_number), cmocka_unit_test(test_switched), cmocka_unit_test(test_same),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
