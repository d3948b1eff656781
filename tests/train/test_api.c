/* The public API on one rank without MPI: datasets from arrays and files, models, training by steps and by fit,
 * evaluation, prediction, saving and loading. */
#include "api_data.h"

#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

static api_data data;
static ls_options *options;
static ls_context *context;

static void check(ls_status status)
{
    if (status != LS_OK)
        fail_msg("status %d: %s", status, ls_error_message());
}

static int set_up(void **state)
{
    (void)state;
    api_data_make(&data);
    ls_context_settings settings;
    ls_context_settings_defaults(&settings);
    settings.threads = 2;
    return ls_context_create(&settings, &context) == LS_OK ? 0 : -1;
}

static int tear_down(void **state)
{
    (void)state;
    ls_options_destroy(options);
    ls_context_destroy(context);
    return 0;
}

/* The options of the present test. */
static void classifier_options(void)
{
    ls_options_destroy(options);
    check(ls_options_create(&options));
    check(ls_options_set(options, "layers", "20 relu, dropout 0.1, 3 softmax"));
    check(ls_options_set(options, "epochs", "4"));
    check(ls_options_set(options, "batch_size", "50"));
    check(ls_options_set(options, "learning-rate", "0.01"));
}

/* Everything a training needs. */
typedef struct job {
    ls_dataset *train;
    ls_model *model;
    ls_trainer *trainer;
} job;

static job start(const ls_options *o, const ls_arrays *arrays)
{
    job j;
    check(ls_dataset_from_arrays(context, arrays, &j.train));
    check(ls_model_create(context, o, j.train, &j.model));
    check(ls_trainer_create(context, o, j.model, j.train, NULL, &j.trainer));
    return j;
}

static void end(job *j)
{
    ls_trainer_destroy(j->trainer);
    ls_model_destroy(j->model);
    ls_dataset_destroy(j->train);
}

/* All tensors one behind the other; freed by the caller. */
static float *weights(const ls_model *model)
{
    float *all = calloc((size_t)ls_model_parameters(model), sizeof *all), *at = all;
    for (int i = 0; i < ls_model_variables(model); i++) {
        ls_variable v;
        check(ls_model_variable(model, i, &v));
        check(ls_model_get(model, i, at));
        at += v.shape[0] * (v.dimensions == 2 ? v.shape[1] : 1);
    }
    assert_ptr_equal(at, all + ls_model_parameters(model));
    return all;
}

static void assert_same_weights(const ls_model *a, const ls_model *b)
{
    float *x = weights(a), *y = weights(b);
    assert_int_equal(ls_model_parameters(a), ls_model_parameters(b));
    assert_memory_equal(x, y, (size_t)ls_model_parameters(a) * sizeof *x);
    free(x);
    free(y);
}

/* ---- tests ---- */

static void test_fit_equals_steps(void **state)
{
    (void)state;
    classifier_options();
    const ls_arrays arrays = api_data_classes(&data);
    job a = start(options, &arrays), b = start(options, &arrays);
    check(ls_trainer_fit(a.trainer, NULL, NULL));
    ls_step step = {0};
    int64_t rows = 0;
    for (int i = 1; i <= 24; i++) {
        check(ls_trainer_step(b.trainer, &step));
        rows += step.rows;
        assert_int_equal(step.step, i);
        assert_int_equal(step.epoch, (i - 1) / 6 + 1);
        assert_int_equal(step.epoch_is_over, i % 6 == 0);
    }
    assert_int_equal(rows, 4 * ROWS);
    assert_same_weights(a.model, b.model);
    end(&a);
    end(&b);
}

typedef struct seen {
    int epochs;
    double first, last, accuracy;
} seen;

static void watch(void *user, ls_epoch *epoch)
{
    seen *s = user;
    s->epochs++;
    assert_int_equal(epoch->epoch, s->epochs);
    assert_int_equal(epoch->train.rows, ROWS);
    assert_string_equal(epoch->train.name[0], "loss");
    assert_string_equal(epoch->train.name[1], "accuracy");
    assert_int_equal(epoch->validation.count, 0);
    s->first = s->epochs == 1 ? epoch->train.value[0] : s->first;
    s->last = epoch->train.value[0];
    s->accuracy = epoch->train.value[1];
    epoch->stop = s->epochs == 30;
}

static void test_callback_and_learning(void **state)
{
    (void)state;
    classifier_options();
    check(ls_options_set(options, "epochs", "1000"));
    const ls_arrays arrays = api_data_classes(&data);
    job j = start(options, &arrays);
    seen s = {0};
    check(ls_trainer_fit(j.trainer, watch, &s));
    assert_int_equal(s.epochs, 30);
    assert_true(s.last < 0.5 * s.first);
    assert_true(s.accuracy > 0.8);

    ls_scores scores;
    check(ls_evaluate(context, j.model, j.train, &scores));
    assert_int_equal(scores.rows, ROWS);
    assert_true(scores.value[1] > 0.8);
    end(&j);
}

/* What predict_rows says and evaluate counts must be the same thing. */
static void test_prediction(void **state)
{
    (void)state;
    classifier_options();
    const ls_arrays arrays = api_data_classes(&data);
    job j = start(options, &arrays);
    check(ls_trainer_fit(j.trainer, NULL, NULL));
    static float all[ROWS * 3];
    check(ls_model_predict_rows(j.model, ROWS, data.x, all));
    int right = 0;
    for (int r = 0; r < ROWS; r++) {
        const float *p = all + r * 3;
        int best = p[1] > p[0] ? 1 : 0;
        best = p[2] > p[best] ? 2 : best;
        right += best == data.labels[r];
        float alone[3];
        check(ls_model_predict_rows(j.model, 1, data.x + r * FEATURES, alone));
        assert_memory_equal(alone, p, sizeof alone);
    }
    ls_scores scores;
    check(ls_evaluate(context, j.model, j.train, &scores));
    assert_true(scores.value[1] == right / (double)ROWS);
    end(&j);
}

/* A model that fills missing values in does so for single rows too, and keeps its fill in a file. */
static void test_missing_values(void **state)
{
    (void)state;
    static float holes[ROWS * FEATURES], filled[ROWS * FEATURES], a[ROWS * 3], b[ROWS * 3];
    char path[] = "/tmp/lockstep-api-XXXXXX";
    classifier_options();
    check(ls_options_set(options, "missing", "mean"));
    memcpy(holes, data.x, sizeof holes);
    double sum = 0;
    for (int r = 0; r < ROWS; r++) {
        if (r % 3 == 0)
            holes[r * FEATURES + 2] = r % 2 ? NAN : INFINITY;
        else
            sum += holes[r * FEATURES + 2];
    }
    memcpy(filled, holes, sizeof filled);
    for (int r = 0; r < ROWS; r += 3)
        filled[r * FEATURES + 2] = (float)(sum / (ROWS / 3 * 2));
    ls_arrays arrays = api_data_classes(&data);
    arrays.x = holes;
    job j = start(options, &arrays);
    check(ls_trainer_fit(j.trainer, NULL, NULL));
    check(ls_model_predict_rows(j.model, ROWS, holes, a));
    check(ls_model_predict_rows(j.model, ROWS, filled, b));
    assert_memory_equal(a, b, sizeof a);
    const int fd = mkstemp(path);
    assert_true(fd >= 0);
    close(fd);
    check(ls_model_save(context, j.model, path));
    ls_model *loaded;
    check(ls_model_load(context, path, &loaded));
    check(ls_model_predict_rows(loaded, ROWS, holes, b));
    assert_memory_equal(a, b, sizeof a);
    unlink(path);
    ls_model_destroy(loaded);
    end(&j);
}

/* Labels of any name, and weights of rows: 2 and 0 by halves train on what counts. */
/* Rows dropped from arrays train as arrays without them do; their numbers count only for shuffling and dropout. */
static void test_dropped_rows(void **state)
{
    (void)state;
    api_data with = data, without = data;
    float weight[ROWS], weight_without[ROWS];
    int64_t dropped, kept = 0;
    with.x[5 * FEATURES + 2] = NAN;
    with.x[5 * FEATURES + 3] = INFINITY;
    with.y[200] = -INFINITY;
    for (int r = 0; r < ROWS; r++) {
        weight[r] = 0.5f + (float)(r % 3);
        if (r == 5 || r == 200)
            continue;
        memcpy(without.x + kept * FEATURES, data.x + r * FEATURES, FEATURES * sizeof *data.x);
        without.y[kept] = data.y[r];
        weight_without[kept++] = weight[r];
    }
    classifier_options();
    check(ls_options_set(options, "layers", "8 tanh, 1"));
    check(ls_options_set(options, "shuffle", "off"));

    ls_arrays arrays = api_data_regression(&with);
    job j;
    arrays.weights = weight;
    check(ls_dataset_from_arrays(context, &arrays, &j.train));
    check(ls_dataset_drop_missing(context, j.train, &dropped));
    assert_int_equal(dropped, 2);
    assert_int_equal(ls_dataset_rows(j.train), ROWS - 2);
    check(ls_dataset_drop_missing(context, j.train, &dropped));
    assert_int_equal(dropped, 0);
    check(ls_model_create(context, options, j.train, &j.model));
    check(ls_trainer_create(context, options, j.model, j.train, NULL, &j.trainer));
    check(ls_trainer_fit(j.trainer, NULL, NULL));

    arrays = api_data_regression(&without);
    arrays.rows = kept;
    arrays.weights = weight_without;
    job other = start(options, &arrays);
    check(ls_trainer_fit(other.trainer, NULL, NULL));
    float *a = weights(j.model), *b = weights(other.model);
    assert_memory_equal(a, b, (size_t)ls_model_parameters(j.model) * sizeof *a);
    ls_scores scores, expected;
    check(ls_evaluate(context, j.model, j.train, &scores));
    check(ls_evaluate(context, j.model, other.train, &expected));
    assert_int_equal(scores.rows, kept);
    assert_true(scores.value[0] == expected.value[0]);
    free(a);
    free(b);
    end(&j);
    end(&other);

    for (int i = 0; i < ROWS * FEATURES; i++)
        with.x[i] = NAN;
    arrays = api_data_regression(&with);
    ls_dataset *dataset;
    check(ls_dataset_from_arrays(context, &arrays, &dataset));
    assert_int_equal(ls_dataset_drop_missing(context, dataset, &dropped), LS_ERR_DATA);
    assert_non_null(strstr(ls_error_message(), "leaves nothing"));
    ls_dataset_destroy(dataset);
}

static void test_labels_and_weights(void **state)
{
    (void)state;
    static int32_t names[ROWS];
    static float row_weights[ROWS];
    classifier_options();
    for (int r = 0; r < ROWS; r++) {
        names[r] = 10 * data.labels[r] - 7;
        row_weights[r] = 1;
    }
    ls_arrays arrays = api_data_classes(&data);
    job plain = start(options, &arrays);
    arrays.labels = names;
    arrays.weights = row_weights;
    job named = start(options, &arrays);
    ls_epoch expected, found;
    check(ls_trainer_epoch(plain.trainer, &expected));
    check(ls_trainer_epoch(named.trainer, &found));
    assert_true(found.train.value[0] == expected.train.value[0]);
    end(&named);
    for (int r = 0; r < ROWS; r++)
        row_weights[r] = 0;
    check(ls_dataset_from_arrays(context, &arrays, &named.train));
    check(ls_model_create(context, options, named.train, &named.model));
    assert_int_equal(ls_trainer_create(context, options, named.model, named.train, NULL, &named.trainer), LS_ERR_DATA);
    assert_non_null(strstr(ls_error_message(), "weights is 0 in all")); /* nothing counts, so nothing would be learnt */
    ls_model_destroy(named.model);
    ls_dataset_destroy(named.train);
    end(&plain);
}

static const ls_model *shared_model;
static float shared_expected[ROWS * 3];

static void *predict_often(void *argument)
{
    float *mine = malloc(sizeof shared_expected);
    for (int i = 0; i < 50; i++) {
        if (ls_model_predict_rows(shared_model, ROWS, data.x, mine) != LS_OK ||
            memcmp(mine, shared_expected, sizeof shared_expected) != 0)
            *(int *)argument = 1;
    }
    free(mine);
    return NULL;
}

static void test_prediction_from_many_threads(void **state)
{
    (void)state;
    classifier_options();
    const ls_arrays arrays = api_data_classes(&data);
    job j = start(options, &arrays);
    shared_model = j.model;
    check(ls_model_predict_rows(j.model, ROWS, data.x, shared_expected));
    pthread_t threads[4];
    int wrong[4] = {0};
    for (int i = 0; i < 4; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, predict_often, &wrong[i]), 0);
    for (int i = 0; i < 4; i++) {
        pthread_join(threads[i], NULL);
        assert_int_equal(wrong[i], 0);
    }
    end(&j);
}

static void test_save_load_and_go_on(void **state)
{
    (void)state;
    char model_path[] = "/tmp/lockstep-api-XXXXXX", state_path[64];
    assert_true(mkstemp(model_path) >= 0);
    snprintf(state_path, sizeof state_path, "%s.state", model_path);
    classifier_options();
    check(ls_options_set(options, "normalize", "standard"));
    const ls_arrays arrays = api_data_classes(&data);
    job whole = start(options, &arrays), half = start(options, &arrays), rest = start(options, &arrays);
    check(ls_trainer_fit(whole.trainer, NULL, NULL));
    for (int i = 0; i < 9; i++) /* into the second epoch */
        check(ls_trainer_step(half.trainer, NULL));
    check(ls_trainer_save(half.trainer, state_path));
    check(ls_trainer_load(rest.trainer, state_path));
    assert_same_weights(half.model, rest.model);
    check(ls_trainer_fit(rest.trainer, NULL, NULL));
    assert_same_weights(whole.model, rest.model);

    ls_model *loaded;
    check(ls_model_save(context, whole.model, model_path));
    check(ls_model_load(context, model_path, &loaded));
    assert_same_weights(whole.model, loaded);
    float a[3], b[3];
    check(ls_model_predict_rows(whole.model, 1, data.x, a));
    check(ls_model_predict_rows(loaded, 1, data.x, b));
    assert_memory_equal(a, b, sizeof a);
    ls_model_destroy(loaded);

    /* a model has no training state; other options and other data are refused by name */
    assert_int_equal(ls_trainer_load(rest.trainer, model_path), LS_ERR_OUTPUT);
    ls_options *other;
    check(ls_options_copy(options, &other));
    check(ls_options_set(other, "batch_size", "60"));
    job differs = start(other, &arrays);
    ls_options_destroy(other);
    assert_int_equal(ls_trainer_load(differs.trainer, state_path), LS_ERR_USAGE);
    assert_non_null(strstr(ls_error_message(), "batch-size = 50"));
    end(&differs);
    data.x[150 * FEATURES] += 0.25f;
    job changed = start(options, &arrays);
    assert_int_equal(ls_trainer_load(changed.trainer, state_path), LS_ERR_DATA);
    assert_non_null(strstr(ls_error_message(), "shard 4"));
    data.x[150 * FEATURES] -= 0.25f;
    end(&changed);
    end(&whole);
    end(&half);
    end(&rest);
    unlink(model_path);
    unlink(state_path);
}

static void test_set_weights(void **state)
{
    (void)state;
    ls_options_destroy(options);
    check(ls_options_create(&options));
    check(ls_options_set(options, "layers", "1"));
    const ls_arrays arrays = api_data_regression(&data);
    job j = start(options, &arrays);
    ls_variable v;
    check(ls_model_variable(j.model, 0, &v));
    assert_string_equal(v.name, "dense/kernel");
    assert_int_equal(v.shape[0], FEATURES);
    assert_int_equal(v.shape[1], 1);
    const float kernel[FEATURES] = {1, 2, 3, 4, 5, 6, 7}, bias[1] = {0.5f}, x[FEATURES] = {1, 1, 1, 1, 1, 1, 2};
    float y;
    check(ls_model_set(j.model, 0, kernel));
    check(ls_model_set(j.model, 1, bias));
    check(ls_model_predict_rows(j.model, 1, x, &y));
    assert_true(y == 35.5f);
    assert_int_equal(ls_model_set(j.model, 2, kernel), LS_ERR_USAGE);
    end(&j);
}

static void test_stop_request(void **state)
{
    (void)state;
    classifier_options();
    const ls_arrays arrays = api_data_classes(&data);
    ls_context *own;
    check(ls_context_create(NULL, &own));
    ls_context *kept = context;
    context = own;
    job j = start(options, &arrays);
    ls_context_request_stop(own);
    ls_step step;
    assert_int_equal(ls_trainer_step(j.trainer, &step), LS_STOPPED);
    assert_int_equal(step.step, 1); /* the step in hand is done */
    end(&j);
    ls_context_destroy(own);
    context = kept;
}

static ls_status count_rows(void *user, int64_t first, int64_t rows, const float *prediction)
{
    (void)first;
    (void)prediction;
    *(int64_t *)user += rows;
    return LS_OK;
}

/* A request stops one evaluation or prediction, which leaves nothing, and not the one after it. */
static void test_stop_of_scoring(void **state)
{
    (void)state;
    classifier_options();
    ls_context *own;
    check(ls_context_create(NULL, &own));
    job j;
    const ls_arrays arrays = api_data_classes(&data);
    check(ls_dataset_from_arrays(own, &arrays, &j.train));
    check(ls_model_create(own, options, j.train, &j.model));
    check(ls_trainer_create(own, options, j.model, j.train, NULL, &j.trainer));
    ls_scores before, scores;
    int64_t rows = 0;
    check(ls_evaluate(own, j.model, j.train, &before));
    ls_context_request_stop(own);
    assert_int_equal(ls_evaluate(own, j.model, j.train, &scores), LS_STOPPED);
    check(ls_evaluate(own, j.model, j.train, &scores));
    assert_true(scores.value[0] == before.value[0]);

    ls_context_request_stop(own);
    assert_int_equal(ls_predict(own, j.model, j.train, count_rows, &rows), LS_STOPPED);
    assert_int_equal(rows, 0);
    ls_context_request_stop(own);
    assert_int_equal(ls_predict_file(own, j.model, j.train, "/tmp/lockstep-stopped.h5", true), LS_STOPPED);
    assert_int_not_equal(access("/tmp/lockstep-stopped.h5", F_OK), 0);
    check(ls_predict(own, j.model, j.train, count_rows, &rows));
    assert_int_equal(rows, ROWS);

    ls_context_request_stop(own); /* used up by the training */
    assert_int_equal(ls_trainer_fit(j.trainer, NULL, NULL), LS_STOPPED);
    check(ls_evaluate(own, j.model, j.train, &scores));
    end(&j);
    ls_context_destroy(own);
}

static void test_wrong_use(void **state)
{
    (void)state;
    classifier_options();
    ls_dataset *dataset;
    ls_arrays arrays = api_data_classes(&data);
    arrays.y = data.y;
    arrays.outputs = 1;
    assert_int_equal(ls_dataset_from_arrays(context, &arrays, &dataset), LS_ERR_USAGE);
    arrays = api_data_classes(&data);
    check(ls_dataset_from_arrays(context, &arrays, &dataset));
    ls_model *model;
    check(ls_options_set(options, "layers", "2 softmax"));
    assert_int_equal(ls_model_create(context, options, dataset, &model), LS_ERR_DATA); /* three labels */
    assert_non_null(strstr(ls_error_message(), "holds 3 different labels (0, 1, 2), the last layer has 2 units"));
    assert_null(model);
    check(ls_options_set(options, "layers", "3 softmax"));
    check(ls_model_create(context, options, dataset, &model));
    ls_trainer *trainer;
    static int32_t others[ROWS];
    others[7] = 3;
    arrays.labels = others;
    ls_dataset_destroy(dataset);
    check(ls_dataset_from_arrays(context, &arrays, &dataset));
    assert_int_equal(ls_trainer_create(context, options, model, dataset, NULL, &trainer),
                     LS_ERR_DATA); /* label 3 of 3 classes */
    assert_non_null(
        strstr(ls_error_message(), "array labels row 7 (counted from 0) is 3, expected a class number from 0"));
    assert_null(trainer);
    ls_model_destroy(model);
    ls_dataset_destroy(dataset);
    assert_string_equal(ls_status_text(LS_ERR_DATA), "data cannot be used");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_fit_equals_steps),    cmocka_unit_test(test_callback_and_learning),
        cmocka_unit_test(test_prediction),          cmocka_unit_test(test_prediction_from_many_threads),
        cmocka_unit_test(test_save_load_and_go_on), cmocka_unit_test(test_set_weights),
        cmocka_unit_test(test_stop_request),        cmocka_unit_test(test_wrong_use),
        cmocka_unit_test(test_stop_of_scoring),     cmocka_unit_test(test_missing_values),
        cmocka_unit_test(test_dropped_rows),        cmocka_unit_test(test_labels_and_weights),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
