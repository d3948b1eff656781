/* The verdict's rules: each on a run that is made for it, and on one just short of it. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "report/verdict.h"

static const char card[] = "{\"epochs\": 20, \"steps\": 200, \"parameters\": 10, \"recipe\": {}, \"data\": {}}";

/* A run whose losses go by functions of the epoch from 1; NULL: no validation. */
typedef double (*curve)(int epoch);

static void make(int epochs, curve loss, curve val_loss, ls_report *report)
{
    ls_text log = {0};
    ls_text_printf(&log, "epoch,step,loss,accuracy%s,learning_rate\n", val_loss ? ",val_loss,val_accuracy" : "");
    for (int e = 1; e <= epochs; e++) {
        ls_text_printf(&log, "%d,%d,%.17g,0.9", e, 10 * e, loss(e));
        if (val_loss)
            ls_text_printf(&log, ",%.17g,0.88", val_loss(e));
        ls_text_append(&log, ",0.01\n");
    }
    assert_int_equal(ls_report_read("run", card, ls_text_string(&log), report), LS_OK);
    ls_text_free(&log);
}

/* The finding of a rule; false: there is none. */
static bool find(const ls_report *report, const char *rule, ls_verdict *found)
{
    ls_verdict list[LS_VERDICTS_MOST];
    ls_status status;
    const int count = ls_verdict_find(report, list, &status);
    assert_int_equal(status, LS_OK);
    for (int i = 0; i < count; i++) {
        assert_true(list[i].head[0] && list[i].words[0]);
        assert_true(list[i].grade == LS_VERDICT_GOOD || list[i].cure[0]);
        if (strcmp(list[i].rule, rule) == 0) {
            *found = list[i];
            return true;
        }
    }
    return false;
}

static void check_log(int epochs, curve loss, curve val_loss, const char *rule, bool expected, const char *cure)
{
    ls_report report;
    ls_verdict found;
    make(epochs, loss, val_loss, &report);
    const bool is = find(&report, rule, &found);
    if (is != expected)
        fail_msg("%s is %s", rule, is ? "found" : "not found");
    if (is)
        assert_non_null(strstr(found.cure, cure));
    ls_report_free(&report);
}

static double falls(int e)
{
    return 1.0 / e;
}
static double settles(int e)
{
    return 0.5 + exp(-e);
}
static double turns_up(int e)
{
    return 1 + 0.01 * (e - 8) * (e - 8);
}
static double turns_a_little(int e)
{
    return 1 + 0.0003 * (e - 8) * (e - 8);
}
static double jumps(int e)
{
    return e % 2 ? 1 : 1.2;
}
static double jumps_a_little(int e)
{
    return e % 2 ? 1 : 1.01;
}
static double flat(int e)
{
    return 1 - 0.001 * e;
}
static double grows(int e)
{
    return 1 + 0.1 * e;
}
static double breaks(int e)
{
    return e == 7 ? NAN : 1.0 / e;
}

static void test_log_rules(void **state)
{
    (void)state;
    check_log(20, falls, turns_up, "overfitting", true, "--early-stopping");
    check_log(20, falls, turns_a_little, "overfitting", false, "");
    check_log(20, grows, turns_up, "overfitting", false, ""); /* the training loss rises, too: that is another matter */
    check_log(20, falls, falls, "still_falling", true, "--resume --epochs 40");
    check_log(20, falls, settles, "still_falling", false, "");
    check_log(20, falls, NULL, "still_falling", true, "--resume");
    check_log(20, flat, flat, "underfitting", true, "--learning-rate 0.1");
    check_log(20, falls, falls, "underfitting", false, "");
    check_log(4, flat, flat, "underfitting", false, ""); /* too early to tell */
    check_log(20, falls, jumps, "noisy_validation", true, "--validation-split");
    check_log(20, falls, jumps_a_little, "noisy_validation", false, "");
    check_log(20, jumps, NULL, "rate_too_high", true, "--learning-rate 0.00333");
    check_log(20, grows, NULL, "rate_too_high", true, "--schedule");
    check_log(20, jumps_a_little, NULL, "rate_too_high", true, ""); /* ends above where it began */
    check_log(20, falls, NULL, "rate_too_high", false, "");
    check_log(20, falls, NULL, "no_validation", true, "--validation-split 0.2");
    check_log(20, falls, falls, "no_validation", false, "");
    check_log(20, breaks, NULL, "not_finite", true, "--normalize standard");
    check_log(20, falls, breaks, "not_finite", true, "--normalize standard");
    check_log(20, falls, falls, "not_finite", false, "");
    check_log(1, falls, falls, "overfitting", false, "");
    check_log(1, breaks, breaks, "underfitting", false, "");
}

/* Three classes with these rows, rightly answered rows and answers. */
static void check_rows(const double support[3], const double right[3], const double given[3], const char *rule,
                       bool expected, ls_verdict_grade grade, const char *words)
{
    ls_report report;
    ls_verdict found;
    make(20, falls, falls, &report);
    assert_int_equal(ls_report_part_create("test", LS_REPORT_ONE, 3, 0, &report.part[0]), LS_OK);
    report.parts = 1;
    for (int k = 0; k < 3; k++) {
        report.part[0].rows += (int64_t)support[k];
        ls_report_item_of(&report.part[0], LS_REPORT_SUPPORT)[k] = support[k];
        ls_report_item_of(&report.part[0], LS_REPORT_RIGHT)[k] = right[k];
        ls_report_item_of(&report.part[0], LS_REPORT_GIVEN)[k] = given[k];
    }
    const bool is = find(&report, rule, &found);
    if (is != expected)
        fail_msg("%s is %s", rule, is ? "found" : "not found");
    if (is) {
        assert_int_equal(found.grade, grade);
        if (!strstr(found.words, words))
            fail_msg("'%s' has no '%s'", found.words, words);
    }
    ls_report_free(&report);
}

static void test_row_rules(void **state)
{
    (void)state;
    const double even[] = {100, 100, 100}, odd[] = {200, 100, 19}, none[] = {300, 0, 0};
    const double good[] = {90, 80, 95}, all[] = {300, 0, 0}, most[] = {200, 0, 0}, answers[] = {110, 90, 100};
    check_rows(even, good, answers, "base_rate", true, LS_VERDICT_GOOD, "33.3 %");
    check_rows(odd, most, all, "base_rate", true, LS_VERDICT_BAD, "62.7 %");
    check_rows(odd, most, all, "imbalance", true, LS_VERDICT_NOTE,
               "\xe2\x80\x9c"
               "2\xe2\x80\x9d has 19 of 319");
    check_rows(even, good, answers, "imbalance", false, LS_VERDICT_NOTE, "");
    check_rows(odd, most, all, "never_given", true, LS_VERDICT_WARNING,
               "\xe2\x80\x9c"
               "1\xe2\x80\x9d (the first of them)");
    check_rows(none, all, all, "never_given", false, LS_VERDICT_WARNING, ""); /* nobody misses what is not there */
    check_rows(none, all, all, "no_rows", true, LS_VERDICT_NOTE,
               "\xe2\x80\x9c"
               "1\xe2\x80\x9d is told (the first of them)");
    check_rows(odd, most, all, "no_rows", false, LS_VERDICT_NOTE, "");
    check_rows(even, good, answers, "never_given", false, LS_VERDICT_WARNING, "");
}

/* A single output says yes to a rare class, called by its own name. */
static void test_yes_or_no(void **state)
{
    static const char *names[] = {"no", "yes"};
    ls_report report;
    ls_verdict found;
    (void)state;
    make(20, falls, falls, &report);
    assert_int_equal(ls_report_part_create("test", LS_REPORT_EACH, 1, 0, &report.part[0]), LS_OK);
    report.parts = 1;
    report.part[0].rows = report.part[0].used = 1000;
    report.names = 2;
    report.name = names;
    ls_report_item_of(&report.part[0], LS_REPORT_SUPPORT)[0] = 50;
    ls_report_item_of(&report.part[0], LS_REPORT_RIGHT)[0] = 30;
    ls_report_item_of(&report.part[0], LS_REPORT_GIVEN)[0] = 40;
    assert_true(find(&report, "imbalance", &found));
    assert_non_null(strstr(found.words, "yes"));
    assert_true(find(&report, "base_rate", &found)); /* 970 right, 950 by "no" */
    assert_int_equal(found.grade, LS_VERDICT_GOOD);
    assert_non_null(strstr(found.head, "97.0 %"));
    double *chances = ls_report_item_of(&report.part[0], LS_REPORT_CHANCES);
    chances[0] = 1000;
    chances[1] = 300; /* says 30 % on average, 5 % are so */
    chances[2] = 50;
    assert_true(find(&report, "calibration", &found));
    assert_non_null(strstr(found.words, "too sure"));
    assert_non_null(strstr(found.cure, "--early-stopping"));
    chances[1] = 20;
    chances[2] = 200;
    assert_true(find(&report, "calibration", &found));
    assert_non_null(strstr(found.words, "not sure enough"));
    assert_non_null(strstr(found.cure, "more --epochs"));
    chances[1] = 60;
    chances[2] = 50;
    assert_false(find(&report, "calibration", &found));
    report.names = 0;
    report.name = NULL;
    ls_report_free(&report);
}

/* One that has ended it has found that nothing got better, and does not go on with more epochs. */
static void test_ended_early(void **state)
{
    ls_report report;
    ls_verdict found;
    (void)state;
    make(20, falls, falls, &report);
    assert_true(find(&report, "still_falling", &found));
    report.ended_by = "early-stopping";
    assert_false(find(&report, "still_falling", &found));
    report.ended_by = NULL;
    ls_report_free(&report);
}

static void test_layers(void **state)
{
    ls_report report;
    ls_verdict found;
    double norms[] = {20, 3, 3, 1e-9, 1e-2};
    (void)state;
    make(20, falls, falls, &report);
    assert_int_equal(ls_report_part_create("test", LS_REPORT_VALUES, 1, 2, &report.part[0]), LS_OK);
    report.parts = 1;
    ls_report_layer layers[] = {{"dense", "Dense", "relu", 20, 100}, {"dense_1", "Dense", "linear", 1, 21}};
    report.layer = layers;
    report.layers = 2;
    report.norms = (ls_report_norms){1, 2, norms};
    double *silent = ls_report_item_of(&report.part[0], LS_REPORT_UNITS);
    silent[0] = 2;
    silent[1] = -1;
    assert_true(find(&report, "dead_units", &found));
    assert_non_null(strstr(found.head, "2 of 20 units of dense"));
    silent[0] = 1;
    assert_false(find(&report, "dead_units", &found));
    assert_true(find(&report, "vanishing_gradients", &found));
    norms[3] = 1e-3;
    assert_false(find(&report, "vanishing_gradients", &found));
    report.layer = NULL;
    report.layers = 0;
    ls_report_free(&report);
}

/* The gravest comes first. */
static void test_order(void **state)
{
    ls_report report;
    ls_verdict list[LS_VERDICTS_MOST];
    ls_status status;
    (void)state;
    make(20, breaks, turns_up, &report);
    const int count = ls_verdict_find(&report, list, &status);
    assert_true(count > 1);
    assert_string_equal(list[0].rule, "not_finite");
    ls_report_free(&report);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_log_rules), cmocka_unit_test(test_row_rules),
                                       cmocka_unit_test(test_yes_or_no), cmocka_unit_test(test_ended_early),
                                       cmocka_unit_test(test_layers),    cmocka_unit_test(test_order)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
