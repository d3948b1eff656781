/* The penalty: its value against long double, in a step's loss, in an epoch's and in an evaluation's; kept by a
 * checkpoint in mid-epoch; and weights that are not finite, which the data's loss does not see. */
#include "train/trainer.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

enum { ROWS = 40, FEATURES = 65 };

static float x[ROWS * FEATURES], y[ROWS];

static const char plain[] = "17 relu, 1";
static const char regularized[] = "17 relu kernel_regularizer=l1_l2(0.5 0.25) bias_regularizer=l2(0.125), "
                                  "1 kernel_regularizer=l1(2)";

/* A trainer with its model, on rows that follow a formula. Weights are the same for all layers' texts. */
typedef struct scene {
    ls_context *context;
    ls_options *options;
    ls_dataset *dataset;
    ls_model *model;
    ls_trainer *trainer;
} scene;

static float weight(int variable, int64_t i)
{
    return (float)((i * 37 + 11 * variable) % 101 - 50) / 400.0f;
}

static void set_weights(ls_model *model)
{
    static float values[FEATURES * 17];
    for (int v = 0; v < 4; v++) {
        for (int64_t i = 0; i < FEATURES * 17; i++)
            values[i] = weight(v, i);
        assert_int_equal(ls_model_set(model, v, values), LS_OK);
    }
}

static scene open_scene(const char *layers)
{
    scene s;
    for (int i = 0; i < ROWS * FEATURES; i++)
        x[i] = (float)(i * 29 % 64 + 1) / 64.0f; /* above 0 */
    for (int i = 0; i < ROWS; i++)
        y[i] = (float)(i % 7);
    const ls_arrays arrays = {.rows = ROWS, .features = FEATURES, .x = x, .outputs = 1, .y = y};
    const char *const settings[][2] = {{"layers", layers}, {"batch-size", "16"}, {"shards", "2"}, {"metrics", "mae"}};
    assert_int_equal(ls_context_create(NULL, &s.context), LS_OK);
    assert_int_equal(ls_options_create(&s.options), LS_OK);
    for (size_t i = 0; i < sizeof settings / sizeof *settings; i++)
        assert_int_equal(ls_options_set(s.options, settings[i][0], settings[i][1]), LS_OK);
    assert_int_equal(ls_dataset_from_arrays(s.context, &arrays, &s.dataset), LS_OK);
    assert_int_equal(ls_model_create(s.context, s.options, s.dataset, &s.model), LS_OK);
    set_weights(s.model);
    assert_int_equal(ls_trainer_create(s.context, s.options, s.model, s.dataset, s.dataset, &s.trainer), LS_OK);
    return s;
}

static void close_scene(scene *s)
{
    ls_trainer_destroy(s->trainer);
    ls_model_destroy(s->model);
    ls_dataset_destroy(s->dataset);
    ls_options_destroy(s->options);
    ls_context_destroy(s->context);
}

static double penalty_of(const ls_model *model)
{
    static const long double l1[4] = {0.5L, 0, 2, 0}, l2[4] = {0.25L, 0.125L, 0, 0};
    static float values[FEATURES * 17];
    long double sum = 0;
    for (int v = 0; v < 4; v++) {
        ls_variable variable;
        assert_int_equal(ls_model_variable(model, v, &variable), LS_OK);
        assert_int_equal(ls_model_get(model, v, values), LS_OK);
        const int64_t n = variable.shape[0] * (variable.dimensions > 1 ? variable.shape[1] : 1);
        for (int64_t i = 0; i < n; i++)
            sum += l1[v] * fabsl((long double)values[i]) + l2[v] * (long double)values[i] * (long double)values[i];
    }
    return (double)sum;
}

static void near(const char *what, double found, double expected)
{
    if (!(fabs(found - expected) <= 1e-13 * fabs(expected)))
        fail_msg("%s: %.17g, expected %.17g", what, found, expected);
}

static void losses_have_the_penalty_of_their_weights(void **state)
{
    (void)state;
    scene with = open_scene(regularized), without = open_scene(plain);
    ls_scores scores, data;
    ls_step step, data_step;
    ls_epoch epoch;
    double weighted = 0;
    int64_t rows = 0;
    assert_int_equal(ls_evaluate(with.context, with.model, with.dataset, &scores), LS_OK);
    assert_int_equal(ls_evaluate(without.context, without.model, without.dataset, &data), LS_OK);
    assert_int_equal(scores.count, data.count + 1);
    assert_string_equal(scores.name[scores.count - 1], "penalty");
    near("evaluated", scores.value[scores.count - 1], penalty_of(with.model));
    near("evaluated loss", scores.value[0], data.value[0] + penalty_of(with.model));
    near("metric", scores.value[1], data.value[1]);

    for (int k = 0; k < 2; k++) { /* each of the weights before it */
        const double penalty = penalty_of(with.model);
        assert_int_equal(ls_trainer_step(with.trainer, &step), LS_OK);
        if (k == 0) {
            assert_int_equal(ls_trainer_step(without.trainer, &data_step), LS_OK);
            near("step's loss", step.loss, data_step.loss + penalty);
        }
        weighted += (double)step.rows * penalty;
        rows += step.rows;
    }
    weighted += (double)(ROWS - rows) * penalty_of(with.model); /* the epoch's third step is its last */
    assert_int_equal(ls_trainer_epoch(with.trainer, &epoch), LS_OK);
    near("epoch's loss", epoch.train.value[0], (with.trainer->running[0] + weighted) / ROWS);
    near("epoch's penalty", epoch.train.value[epoch.train.count - 1], weighted / ROWS);
    near("validation's penalty", epoch.validation.value[epoch.validation.count - 1], penalty_of(with.model));
    close_scene(&with);
    close_scene(&without);
}

/* In mid-epoch the sum so far is in the checkpoint. */
static void checkpoints_keep_the_sum(void **state)
{
    (void)state;
    char path[64];
    ls_step step;
    ls_epoch whole, resumed;
    snprintf(path, sizeof path, "penalty-%ld.h5", (long)getpid());
    scene one = open_scene(regularized), other = open_scene(regularized);
    assert_int_equal(ls_trainer_step(one.trainer, &step), LS_OK);
    assert_int_equal(ls_trainer_save(one.trainer, path), LS_OK);
    assert_int_equal(ls_trainer_epoch(one.trainer, &whole), LS_OK);
    assert_int_equal(ls_trainer_load(other.trainer, path), LS_OK);
    assert_int_equal(ls_trainer_epoch(other.trainer, &resumed), LS_OK);
    assert_memory_equal(whole.train.value, resumed.train.value, sizeof whole.train.value);
    assert_memory_equal(whole.validation.value, resumed.validation.value, sizeof whole.validation.value);
    unlink(path);
    close_scene(&one);
    close_scene(&other);
}

/* A unit that is off for all rows, whatever infinite weight it has: its output is 0. */
static void a_penalty_that_is_not_finite_stops_the_step(void **state)
{
    (void)state;
    static float values[FEATURES * 17], after[FEATURES * 17];
    for (int with = 0; with < 2; with++) {
        scene s = open_scene(with ? regularized : plain);
        assert_int_equal(ls_model_get(s.model, 0, values), LS_OK);
        values[3] = -INFINITY;
        assert_int_equal(ls_model_set(s.model, 0, values), LS_OK);
        assert_int_equal(ls_trainer_step(s.trainer, NULL), with ? LS_ERR_NUMERIC : LS_OK);
        assert_int_equal(ls_model_get(s.model, 0, after), LS_OK);
        assert_int_equal(memcmp(after, values, sizeof after) == 0, with);
        if (with)
            assert_non_null(strstr(ls_error_message(), "not a finite number"));
        close_scene(&s);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(losses_have_the_penalty_of_their_weights),
        cmocka_unit_test(checkpoints_keep_the_sum),
        cmocka_unit_test(a_penalty_that_is_not_finite_stops_the_step),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
