/* Schedules: rates against Keras' (schedule_reference.txt), epochs as steps, words both ways, refusals. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "optim/schedule.h"

/* Reads and resolves: the optimizer's rate is 0.001, an epoch 50 steps. */
static void read_schedule(const char *text, ls_schedule *schedule)
{
    if (ls_schedule_parse(text, schedule) != LS_OK || ls_schedule_take_rate(schedule, 0.001, false) != LS_OK ||
        ls_schedule_resolve(schedule, 50) != LS_OK)
        fail_msg("%s: %s", text, ls_error_message());
}

static void check_text(const char *text, const char *expected)
{
    ls_schedule schedule;
    ls_text out = {0};
    read_schedule(text, &schedule);
    ls_schedule_format(&schedule, &out);
    assert_string_equal(ls_text_string(&out), expected);
    ls_text_free(&out);
}

/* ---- rates ---- */

typedef struct point {
    long long step;
    double rate;
} point;

/* The points of the next schedule in the file, for free(). */
static point *read_points(FILE *file, int *count)
{
    assert_int_equal(fscanf(file, " points %d", count), 1);
    point *points = calloc((size_t)*count, sizeof *points);
    assert_non_null(points);
    for (int i = 0; i < *count; i++)
        assert_int_equal(fscanf(file, "%lld %lf", &points[i].step, &points[i].rate), 2);
    return points;
}

static void check_points(const char *text, const point *points, int count)
{
    ls_schedule schedule;
    double largest = 0, worst = 0;
    read_schedule(text, &schedule);
    for (int i = 0; i < count; i++)
        largest = fmax(largest, points[i].rate);
    for (int i = 0; i < count; i++) {
        const double rate = ls_schedule_rate(&schedule, points[i].step);
        worst = fmax(worst, fabs(rate - points[i].rate) / largest);
        if (!(fabs(rate - points[i].rate) <= 1e-6 * largest)) /* Keras computes in float32 */
            fail_msg("%s: step %lld has rate %.17g, expected %.9g", text, points[i].step, rate, points[i].rate);
    }
    print_message("%.1e of the largest rate: %s\n", worst, text);
}

static void test_rates(void **state)
{
    (void)state;
    char text[256];
    int schedules = 0;
    FILE *file = fopen(LS_TEST_REFERENCE, "r");
    assert_non_null(file);
    while (fscanf(file, " schedule %255[^\n]", text) == 1) {
        int count;
        point *points = read_points(file, &count);
        check_points(text, points, count);
        free(points);
        schedules++;
    }
    assert_true(feof(file));
    fclose(file);
    assert_int_equal(schedules, 15);
}

/* Edges to the bit, and far behind the end. */
static void test_edges(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        int64_t step;
        double rate;
    } cases[] = {
        {"cosine_decay decay_steps=100", 0, 0.001},
        {"cosine_decay decay_steps=100", 50, 0.0005},
        {"cosine_decay decay_steps=100", 100, 0},
        {"cosine_decay decay_steps=100", 1000000000000, 0},
        {"cosine_decay decay_steps=100 initial_learning_rate=0 warmup_steps=4 warmup_target=0.5", 0, 0},
        {"cosine_decay decay_steps=100 initial_learning_rate=0 warmup_steps=4 warmup_target=0.5", 1, 0.125},
        {"cosine_decay decay_steps=100 initial_learning_rate=0 warmup_steps=4 warmup_target=0.5", 4, 0.5},
        {"cosine_decay decay_steps=100 initial_learning_rate=0 warmup_steps=4 warmup_target=0.5", 104, 0},
        {"cosine_decay_restarts first_decay_steps=10", 10, 0.001},
        {"cosine_decay_restarts first_decay_steps=10", 30, 0.001},
        {"cosine_decay_restarts first_decay_steps=10", 10230, 0.001},
        {"cosine_decay_restarts first_decay_steps=10 t_mul=3 m_mul=0.5", 400, 0.0000625},
        {"cosine_decay_restarts first_decay_steps=10 t_mul=1 m_mul=0.5", 20, 0.00025},
        {"exponential_decay decay_steps=10 decay_rate=0.5 staircase=true", 9, 0.001},
        {"exponential_decay decay_steps=10 decay_rate=0.5 staircase=true", 10, 0.0005},
        {"exponential_decay decay_steps=10 decay_rate=0.5", 1000000000000, 0},
        {"exponential_decay decay_steps=10 decay_rate=0", 0, 0.001},
        {"exponential_decay decay_steps=10 decay_rate=0", 1, 0},
        {"piecewise_constant_decay boundaries=10,20 values=3,2,1", 10, 3},
        {"piecewise_constant_decay boundaries=10,20 values=3,2,1", 11, 2},
        {"piecewise_constant_decay boundaries=10,20 values=3,2,1", 20, 2},
        {"piecewise_constant_decay boundaries=10,20 values=3,2,1", 21, 1},
        {"polynomial_decay decay_steps=10 end_learning_rate=0", 10, 0},
        {"polynomial_decay decay_steps=10 end_learning_rate=0", 11, 0},
        {"polynomial_decay decay_steps=10 end_learning_rate=0 cycle=true", 10, 0},
        {"polynomial_decay decay_steps=10 end_learning_rate=0 cycle=true", 15, 0.00025},
        {"inverse_time_decay decay_steps=10 decay_rate=1", 10, 0.0005},
        {"inverse_time_decay decay_steps=10 decay_rate=1 staircase=on", 29, 0.001 / 3},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        ls_schedule schedule;
        read_schedule(cases[i].text, &schedule);
        const double rate = ls_schedule_rate(&schedule, cases[i].step);
        if (rate != cases[i].rate)
            fail_msg("%s: step %lld has rate %.17g, expected %.17g", cases[i].text, (long long)cases[i].step, rate,
                     cases[i].rate);
    }
}

/* A step that begins a period belongs to it, though in float64 log(243) / log(3) is less than 5, and 1 + 1.1 + 1.1^2 no
 * number. */
static void test_restarts_begin_on_their_step(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        int64_t begin;
    } cases[] = {
        {"cosine_decay_restarts first_decay_steps=10 t_mul=3", 1210},
        {"cosine_decay_restarts first_decay_steps=10 t_mul=3", 295240},
        {"cosine_decay_restarts first_decay_steps=10 t_mul=1.4", 24},
        {"cosine_decay_restarts first_decay_steps=100 t_mul=1.6", 516},
        {"cosine_decay_restarts first_decay_steps=1000 t_mul=1.1", 3310},
        {"cosine_decay_restarts first_decay_steps=1000 t_mul=1.1", 4641},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        ls_schedule schedule;
        read_schedule(cases[i].text, &schedule);
        const double before = ls_schedule_rate(&schedule, cases[i].begin - 1);
        const double rate = ls_schedule_rate(&schedule, cases[i].begin);
        if (!(rate > 0.000999999 && before < 0.0001))
            fail_msg("%s: %.9g and %.9g before and at step %lld, where a period begins", cases[i].text, before, rate,
                     (long long)cases[i].begin);
    }
}

/* ---- words ---- */

static void test_words(void **state)
{
    (void)state;
    check_text("", "");
    check_text("  ", "");
    check_text("cosine-decay decay-steps=10 initial_learning_rate=1e-2",
               "cosine_decay initial_learning_rate=0.01 decay_steps=10 alpha=0 warmup_target=0 warmup_steps=0");
    check_text("cosine_decay_restarts first_decay_steps=5", "cosine_decay_restarts initial_learning_rate=0.001 "
                                                            "first_decay_steps=5 t_mul=2 m_mul=1 alpha=0");
    check_text("exponential_decay decay_steps=5 decay_rate=.9",
               "exponential_decay initial_learning_rate=0.001 decay_steps=5 decay_rate=0.9 staircase=false");
    check_text("piecewise_constant_decay values=[0.5,1] boundaries=[7]",
               "piecewise_constant_decay boundaries=7 values=0.5,1");
    check_text(
        "polynomial_decay decay_steps=5",
        "polynomial_decay initial_learning_rate=0.001 decay_steps=5 end_learning_rate=0.0001 power=1 cycle=false");
    check_text("inverse_time_decay decay_steps=5 decay_rate=2 staircase=yes",
               "inverse_time_decay initial_learning_rate=0.001 decay_steps=5 decay_rate=2 staircase=true");
}

/* What is written is read back, and means the same. */
static void test_back(void **state)
{
    (void)state;
    const ls_schedule_row *row;
    size_t kinds = 0;
    for (; (row = ls_schedule_at(kinds)); kinds++) {
        ls_schedule schedule;
        ls_text text = {0};
        read_schedule(row->example, &schedule);
        ls_schedule_format(&schedule, &text);
        check_text(ls_text_string(&text), ls_text_string(&text));
        ls_text_free(&text);
    }
    assert_int_equal(kinds, 6);
}

static void test_epochs(void **state)
{
    (void)state;
    check_text("cosine_decay decay_epochs=2.5 warmup_epochs=0.5 warmup_target=0.1",
               "cosine_decay initial_learning_rate=0.001 decay_steps=125 alpha=0 warmup_target=0.1 warmup_steps=25");
    check_text("cosine_decay decay_epochs=0.0001 warmup_epochs=0.001 warmup_target=0.1", /* at least a step */
               "cosine_decay initial_learning_rate=0.001 decay_steps=1 alpha=0 warmup_target=0.1 warmup_steps=1");
    check_text("cosine_decay decay_epochs=0.49 warmup_epochs=0",
               "cosine_decay initial_learning_rate=0.001 decay_steps=25 alpha=0 warmup_target=0 warmup_steps=0");
    check_text("cosine_decay_restarts first_decay_epochs=3", "cosine_decay_restarts initial_learning_rate=0.001 "
                                                             "first_decay_steps=150 t_mul=2 m_mul=1 alpha=0");
    check_text("piecewise_constant_decay boundaries_epochs=0,1,2.02 values=1,2,3,4",
               "piecewise_constant_decay boundaries=0,50,101 values=1,2,3,4");
}

/* ---- refusals ---- */

static void test_refused(void **state)
{
    (void)state;
    static const char *const cases[][2] = {
        {"cosine_decy decay_steps=3",
         "--schedule: no schedule is called 'cosine_decy' (did you mean 'cosine_decay'?); expected cosine_decay, "
         "cosine_decay_restarts, exponential_decay, piecewise_constant_decay, polynomial_decay or inverse_time_decay"},
        {"cosine_decay decay_step=3",
         "--schedule cosine_decay: no setting is called 'decay_step' (did you mean 'decay_steps'?); expected "
         "initial_learning_rate, decay_steps, alpha, warmup_target, warmup_steps, decay_epochs or warmup_epochs"},
        {"cosine_decay decay_steps=0",
         "--schedule cosine_decay: decay_steps=0; expected a whole number from 1 to 1000000000000"},
        {"cosine_decay", "--schedule cosine_decay needs decay_steps or decay_epochs, as in \"cosine_decay "
                         "decay_epochs=10\""},
        {"cosine_decay decay_steps=3 decay_epochs=3",
         "--schedule cosine_decay: decay_steps and decay_epochs say the same in two units; leave one of them out"},
        {"cosine_decay decay_steps=3 warmup_steps=1 warmup_epochs=0 warmup_target=1",
         "--schedule cosine_decay: warmup_steps and warmup_epochs say the same in two units; leave one of them out"},
        {"cosine_decay decay_steps=3 warmup_steps=1",
         "--schedule cosine_decay: a warm-up needs warmup_target, the rate that it ends with and the decay begins "
         "with, as in \"cosine_decay decay_epochs=10 initial_learning_rate=0 warmup_epochs=1 warmup_target=0.001\""},
        {"cosine_decay decay_steps=3 warmup_epochs=1",
         "--schedule cosine_decay: a warm-up needs warmup_target, the rate that it ends with and the decay begins "
         "with, as in \"cosine_decay decay_epochs=10 initial_learning_rate=0 warmup_epochs=1 warmup_target=0.001\""},
        {"cosine_decay decay_steps=3 warmup_target=1",
         "--schedule cosine_decay: warmup_target needs warmup_steps or warmup_epochs; without a warm-up say "
         "initial_learning_rate"},
        {"cosine_decay_restarts first_decay_steps=2 t_mul=0.5",
         "--schedule cosine_decay_restarts: t_mul=0.5; expected a number from 1 to 1000"},
        {"exponential_decay decay_steps=5", "--schedule exponential_decay needs decay_rate, as in \"exponential_decay "
                                            "decay_epochs=1 decay_rate=0.96\""},
        {"piecewise_constant_decay values=1,2",
         "--schedule piecewise_constant_decay needs boundaries or boundaries_epochs, as in \"piecewise_constant_decay "
         "boundaries_epochs=5,10 values=0.01,0.001,0.0001\""},
        {"piecewise_constant_decay boundaries=1,2 values=1,2",
         "--schedule piecewise_constant_decay: 2 boundaries part 3 values, not 2, as in \"piecewise_constant_decay "
         "boundaries_epochs=5,10 values=0.01,0.001,0.0001\""},
        {"piecewise_constant_decay boundaries=2,2 values=1,2,3",
         "--schedule piecewise_constant_decay: boundaries must ascend, and 2 follows 2"},
        {"piecewise_constant_decay boundaries_epochs=0.2,0.1 values=1,2,3",
         "--schedule piecewise_constant_decay: boundaries_epochs must ascend, and 0.1 follows 0.2"},
        {"piecewise_constant_decay boundaries=2.5 values=1,2",
         "--schedule piecewise_constant_decay: boundaries=2.5; expected whole numbers from 0 to 1000000000000"},
        {"piecewise_constant_decay boundaries=3 values=1,2 initial_learning_rate=1",
         "--schedule piecewise_constant_decay: no setting is called 'initial_learning_rate'; expected boundaries, "
         "values or boundaries_epochs"},
    };
    ls_schedule schedule;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        assert_int_equal(ls_schedule_parse(cases[i][0], &schedule), LS_ERR_USAGE);
        assert_string_equal(ls_error_message(), cases[i][1]);
    }
}

static void test_refused_for_the_run(void **state)
{
    (void)state;
    ls_schedule schedule;
    assert_int_equal(ls_schedule_parse("cosine_decay decay_steps=3 initial_learning_rate=0.01", &schedule), LS_OK);
    assert_int_equal(ls_schedule_take_rate(&schedule, 0.01, true), LS_ERR_USAGE);
    assert_string_equal(ls_error_message(),
                        "--schedule cosine_decay: initial_learning_rate and the optimizer's learning rate are two "
                        "spellings of one setting; leave one of them out");
    assert_int_equal(ls_schedule_parse("piecewise_constant_decay boundaries=3 values=1,2", &schedule), LS_OK);
    assert_int_equal(ls_schedule_take_rate(&schedule, 0.01, true), LS_ERR_USAGE);
    assert_string_equal(ls_error_message(), "--schedule piecewise_constant_decay has its rates in values; leave the "
                                            "learning rate of the optimizer out");
    assert_int_equal(ls_schedule_parse("cosine_decay decay_steps=3", &schedule), LS_OK);
    assert_int_equal(ls_schedule_take_rate(&schedule, 0.01, true), LS_OK);
    assert_true(schedule.initial_learning_rate == 0.01);
    assert_int_equal(ls_schedule_parse("piecewise_constant_decay boundaries_epochs=0.1,0.105 values=1,2,3", &schedule),
                     LS_OK);
    assert_int_equal(ls_schedule_resolve(&schedule, 50), LS_ERR_USAGE);
    assert_string_equal(ls_error_message(), "--schedule piecewise_constant_decay: boundaries_epochs 0.1 and 0.105 are "
                                            "the same step (of 50 an epoch)");
    assert_int_equal(ls_schedule_parse("cosine_decay decay_epochs=1e9", &schedule), LS_OK);
    assert_int_equal(ls_schedule_resolve(&schedule, 2000), LS_ERR_USAGE);
    assert_string_equal(ls_error_message(), "--schedule cosine_decay: 1000000000 epochs of 2000 steps; at most 1e12 "
                                            "steps are possible");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_rates),
        cmocka_unit_test(test_edges),
        cmocka_unit_test(test_restarts_begin_on_their_step),
        cmocka_unit_test(test_words),
        cmocka_unit_test(test_back),
        cmocka_unit_test(test_epochs),
        cmocka_unit_test(test_refused),
        cmocka_unit_test(test_refused_for_the_run),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
