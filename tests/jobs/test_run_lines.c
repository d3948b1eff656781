/* The lines of a run: what they say, and that they fit. */
#include "jobs/run_lines.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

/* Scores with these names, which end with NULL, and values 0.1234, 1.1234, ... */
static ls_scores scores_of(const char *const *names)
{
    ls_scores scores = {.rows = 1150};
    for (; names[scores.count] != NULL; scores.count++) {
        snprintf(scores.name[scores.count], sizeof scores.name[0], "%s", names[scores.count]);
        scores.value[scores.count] = 0.1234 + scores.count;
    }
    return scores;
}

static ls_epoch epoch_of(int64_t number, bool validation, const char *const *names)
{
    ls_epoch epoch = {.epoch = number, .train = scores_of(names), .seconds = 0.0297};
    if (validation)
        epoch.validation = epoch.train;
    return epoch;
}

static void expect_epoch(const ls_epoch *epoch, int64_t epochs, const char *expected)
{
    ls_text line = {0};
    ls_run_lines_epoch(&line, epoch, epochs);
    assert_string_equal(ls_text_string(&line), expected);
    ls_text_free(&line);
}

static void test_step(void **state)
{
    (void)state;
    ls_text line = {0};
    ls_run_lines_place place = {3, 20, 12, 36, 0.52651, 38709, 80.2};
    ls_run_lines_step(&line, &place);
    assert_string_equal(ls_text_string(&line), "epoch 3/20  step 12/36  loss 0.5265  38.7k samples/s  1m20s left");
    ls_text_clear(&line);
    place = (ls_run_lines_place){300, 300, 78125, 78125, -1.234e-5, 11099999, 1e6};
    ls_run_lines_step(&line, &place);
    assert_string_equal(ls_text_string(&line),
                        "epoch 300/300  step 78125/78125  loss -1.23e-5  11.1M samples/s  277h47m left");
    assert_true(line.length <= LS_RUN_LINES_COLUMNS);
    ls_text_free(&line);
}

/* The speed goes first, in two steps, then the time, then blanks. */
static void test_epoch_of_usual_metrics(void **state)
{
    static const char *const plain[] = {"loss", "accuracy", NULL};
    (void)state;
    ls_epoch epoch = epoch_of(3, false, plain);
    expect_epoch(&epoch, 20, "epoch 3/20  loss 0.1234  accuracy 1.123  38.7k samples/s  30ms");
    epoch = epoch_of(3, true, plain);
    expect_epoch(&epoch, 20, "epoch 3/20  loss 0.1234  accuracy 1.123  val_loss 0.1234  val_accuracy 1.123");
    epoch.train.value[1] = epoch.validation.value[1] = 0.5;
    epoch.epoch = 300;
    expect_epoch(&epoch, 300, "epoch 300/300 loss 0.1234 accuracy 0.5000 val_loss 0.1234 val_accuracy 0.5000");

    static const char *const bare[] = {"loss", NULL};
    epoch = epoch_of(3, true, bare);
    expect_epoch(&epoch, 20, "epoch 3/20  loss 0.1234  val_loss 0.1234  38.7k samples/s  30ms");
    static const char *const other[] = {"loss", "r2", NULL};
    epoch = epoch_of(3, true, other);
    expect_epoch(&epoch, 20, "epoch 3/20  loss 0.1234  r2 1.123  val_loss 0.1234  val_r2 1.123  38.7k/s  30ms");
}

/* Of more metrics than fit the last are left out, in both halves alike; the loss stays. */
static void test_epoch_of_many_metrics(void **state)
{
    static const char *const many[] = {"loss", "mae", "rmse", "r2", "mape", "penalty", NULL};
    static const char *const names[] = {"loss", "a_metric_whose_name_is_very_long", "b", NULL};
    (void)state;
    ls_epoch epoch = epoch_of(100, true, many);
    expect_epoch(&epoch, 100, "epoch 100/100  loss 0.1234  mae 1.123  val_loss 0.1234  val_mae 1.123  ...  30ms");
    epoch = epoch_of(1, true, names);
    expect_epoch(&epoch, 1, "epoch 1/1  loss 0.1234  val_loss 0.1234  ...  38.7k samples/s  30ms");
    epoch.validation.count = 0;
    expect_epoch(&epoch, 1, "epoch 1/1  loss 0.1234  a_metric_whose_name_is_very_lon 1.123  b 2.123  30ms");
}

/* Whatever the numbers, nothing but huge epoch numbers makes a line too long. */
static void test_epoch_always_fits(void **state)
{
    static const char *const many[] = {"loss", "accuracy", "precision", "recall", "f1", NULL};
    static const double values[] = {0, 1, 0.97, 123.45, 5794.75, -60936.3, 1.23e-5, -1.23e-300, 1e6};
    (void)state;
    for (int64_t number = 1; number < 10000000; number *= 10) {
        for (size_t v = 0; v < sizeof values / sizeof *values; v++) {
            ls_text line = {0};
            ls_epoch epoch = epoch_of(number, true, many);
            for (int k = 0; k < epoch.train.count; k++)
                epoch.train.value[k] = epoch.validation.value[k] = values[v];
            ls_run_lines_epoch(&line, &epoch, number);
            assert_true(line.length > 0 && line.length <= LS_RUN_LINES_COLUMNS);
            assert_non_null(strstr(ls_text_string(&line), " val_loss "));
            ls_text_free(&line);
        }
    }
}

static void test_test_part(void **state)
{
    static const char *const plain[] = {"loss", "accuracy", NULL};
    (void)state;
    ls_text line = {0};
    const ls_scores scores = scores_of(plain);
    ls_run_lines_part(&line, "test part", "test_", &scores, NAN);
    assert_string_equal(ls_text_string(&line), "test part, 1150 rows:  test_loss 0.1234  test_accuracy 1.123");
    ls_text_clear(&line);
    ls_run_lines_part(&line, "test part", "test_", &scores, 0.975); /* a class is rare */
    assert_string_equal(ls_text_string(&line), "test part, 1150 rows:  test_loss 0.1234  test_accuracy 1.123  "
                                               "(always the most frequent class: 0.9750)");
    ls_text_free(&line);
}

/* Validation may have scores that training has not. */
static void test_more_in_validation(void **state)
{
    static const char *const less[] = {"loss", NULL}, *const more[] = {"loss", "auc", NULL};
    (void)state;
    ls_text line = {0};
    ls_epoch epoch = {.epoch = 1, .train = scores_of(less), .validation = scores_of(more), .seconds = 0.03};
    ls_run_lines_epoch(&line, &epoch, 1);
    assert_non_null(strstr(ls_text_string(&line), "val_auc"));
    ls_text_free(&line);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_step),
        cmocka_unit_test(test_epoch_of_usual_metrics),
        cmocka_unit_test(test_epoch_of_many_metrics),
        cmocka_unit_test(test_more_in_validation),
        cmocka_unit_test(test_epoch_always_fits),
        cmocka_unit_test(test_test_part),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
