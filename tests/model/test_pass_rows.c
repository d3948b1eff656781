/* Prediction and evaluation: bit for bit the scalar pass, row by row, whatever rows come along; sums in row order;
 * dropout out of the way. */
#include "scalar_pass.h"

#include <omp.h>

static const network_text networks[] = {
    {"dropout 0.5, 140 relu, dropout 0.3, 150 tanh use_bias=off, 18 softmax", 33, LS_CATEGORICAL_CROSSENTROPY, true,
     false},
    {"150 sigmoid, 170 softmax, 3", 40, LS_MEAN_SQUARED_ERROR, false, true},
    {"150 linear, 130 relu, 17 softmax", 70, LS_SPARSE_CATEGORICAL_CROSSENTROPY, false, false},
    {"170 relu, 130 tanh, 4 sigmoid", 33, LS_BINARY_CROSSENTROPY, true, false},
    {"residual(layer_normalization, 170 relu, 33), layer_normalization center=off, silu, 120, residual(120 gelu), 3",
     33, LS_MEAN_SQUARED_ERROR, true, false},
    {"170 relu, 130 tanh, 1", 33, LS_MEAN_ABSOLUTE_ERROR, true, true},
    {"2 relu, 1", 3, LS_MEAN_SQUARED_ERROR, false, false},
};

enum { MOST_ROWS = 100, MOST_OUTPUTS = 18, MOST_WIDTH = 9 + MOST_OUTPUTS + 1 };

static const int64_t batches[] = {0, 1, 15, 16, 17, 40, 100};
static const int teams[] = {1, 2, 3, 7};

/* A network with weights and 100 rows, and the scalar pass over them. */
typedef struct scene {
    ls_network *network;
    float *block;
    rows_held held;
    scalar_pass scalar;
} scene;

static scene make_scene(const network_text *text)
{
    scene s = {.network = make_network(text)};
    s.block = make_weights(s.network);
    s.held = make_rows(s.network, MOST_ROWS);
    s.scalar = scalar_run(s.network, s.block, &s.held.batch, false, 0);
    assert_true(s.network->metrics.width <= MOST_WIDTH && s.network->outputs <= MOST_OUTPUTS);
    return s;
}

static void free_scene(scene *s)
{
    scalar_free(&s->scalar);
    free_rows(&s->held);
    ls_memory_free(s->block);
    ls_network_destroy(s->network);
}

/* Rows first .. first + rows - 1; predicting and evaluating need no row numbers. */
static ls_batch part(const scene *s, int64_t first, int64_t rows)
{
    ls_batch batch = s->held.batch;
    batch.rows = rows;
    batch.row = NULL;
    batch.x += first;
    batch.y = batch.y ? batch.y + first : NULL;
    batch.label = batch.label ? batch.label + first : NULL;
    return batch;
}

static void predictions_are_those_of_the_rows(void **state)
{
    (void)state;
    for (int64_t n = 0; n < LENGTH(networks); n++) {
        scene s = make_scene(&networks[n]);
        const int64_t outputs = s.network->outputs;
        EACH_TABLE(kernels)
        {
            for (int64_t t = 0; t < LENGTH(teams); t++) {
                ls_pass *pass = make_pass(s.network, kernels, teams[t], MOST_ROWS, false);
                for (int64_t b = 0; b < LENGTH(batches); b++) {
                    const int64_t first = random_below(MOST_ROWS - batches[b] + 1); /* any neighbours, any lanes */
                    const ls_batch batch = part(&s, first, batches[b]);
                    float got[MOST_ROWS * MOST_OUTPUTS + 1];
                    got[batches[b] * outputs] = 12345;
                    ls_pass_predict(pass, s.block, &batch, got);
                    char what[200];
                    snprintf(what, sizeof what, "'%s', rows %lld + %lld, %s, %d threads", networks[n].layers,
                             (long long)first, (long long)batches[b], kernels->name, teams[t]);
                    check_floats(what, batches[b] * outputs, got, s.scalar.prediction + first * outputs);
                    assert_true(got[batches[b] * outputs] == 12345);
                }
                ls_pass_destroy(pass);
            }
        }
        free_scene(&s);
    }
}

static void widen(int type, int64_t count, const void *values, float *out)
{
    assert_int_equal(type, 77);
    for (int64_t i = 0; i < count; i++)
        out[i] = (float)((const int16_t *)values)[i];
}

/* Features in a type of 16 bits: the same predictions as of the same values as floats; more features than are made
 * floats at a time. */
static void stored_types(void **state)
{
    (void)state;
    static int16_t stored[MOST_ROWS][300];
    const void *pointers[MOST_ROWS];
    for (int map = 0; map < 2; map++) {
        scene s = make_scene(&(network_text){"3 tanh, 2", 300, LS_MEAN_SQUARED_ERROR, map, false});
        for (int64_t r = 0; r < MOST_ROWS; r++) {
            pointers[r] = stored[r];
            for (int64_t f = 0; f < 300; f++) {
                stored[r][f] = (int16_t)(random_below(2001) - 1000);
                s.held.x[r * 300 + f] = stored[r][f];
            }
        }
        EACH_TABLE(kernels)
        {
            ls_pass *pass = make_pass(s.network, kernels, 2, MOST_ROWS, false);
            for (int64_t b = 0; b < LENGTH(batches); b++) {
                float got[2 * MOST_ROWS], want[2 * MOST_ROWS];
                ls_batch batch = part(&s, 0, batches[b]);
                ls_pass_predict(pass, s.block, &batch, want);
                batch.x = NULL;
                batch.stored = pointers;
                batch.stored_bytes = sizeof stored[0][0];
                batch.stored_type = 77;
                batch.widen = widen;
                ls_pass_predict(pass, s.block, &batch, got);
                check_floats(kernels->name, 2 * batches[b], got, want);
            }
            ls_pass_destroy(pass);
        }
        free_scene(&s);
    }
}

/* A row of NaN or infinities spoils nobody else's prediction. */
static void rows_do_not_infect_each_other(void **state)
{
    (void)state;
    for (int64_t n = 0; n < LENGTH(networks); n++) {
        scene s = make_scene(&networks[n]);
        const int64_t outputs = s.network->outputs;
        for (int64_t j = 0; j < s.network->features; j++) {
            s.held.x[20 * s.network->features + j] = NAN;
            s.held.x[33 * s.network->features + j] = j % 2 ? INFINITY : -INFINITY;
        }
        const ls_batch batch = part(&s, 0, MOST_ROWS);
        ls_pass *pass = make_pass(s.network, ls_kernels_find(NULL), 2, MOST_ROWS, false);
        float got[MOST_ROWS * MOST_OUTPUTS];
        ls_pass_predict(pass, s.block, &batch, got);
        for (int64_t r = 0; r < MOST_ROWS; r++) {
            if (r != 20 && r != 33)
                check_floats(networks[n].layers, outputs, got + r * outputs, s.scalar.prediction + r * outputs);
        }
        assert_true(isnan(got[20 * outputs]));
        ls_pass_destroy(pass);
        free_scene(&s);
    }
}

static void evaluation_adds_in_row_order(void **state)
{
    (void)state;
    for (int64_t n = 0; n < LENGTH(networks); n++) {
        scene s = make_scene(&networks[n]);
        const int width = s.network->metrics.width;
        EACH_TABLE(kernels)
        {
            for (int64_t t = 0; t < LENGTH(teams); t++) {
                ls_pass *pass = make_pass(s.network, kernels, teams[t], MOST_ROWS, false);
                for (int64_t b = 0; b < LENGTH(batches); b++) {
                    const int64_t first = random_below(MOST_ROWS - batches[b] + 1);
                    const ls_batch batch = part(&s, first, batches[b]);
                    double got[MOST_WIDTH], want[MOST_WIDTH];
                    for (int i = 0; i < width; i++)
                        got[i] = want[i] = 0.1 * (i + 1); /* sums go on from what is there */
                    ls_pass_evaluate(pass, s.block, &batch, got);
                    for (int64_t r = first; r < first + batches[b]; r++) {
                        for (int i = 0; i < width; i++)
                            want[i] += s.scalar.row_sums[r * width + i];
                    }
                    char what[200];
                    snprintf(what, sizeof what, "'%s', rows %lld + %lld, %s, %d threads", networks[n].layers,
                             (long long)first, (long long)batches[b], kernels->name, teams[t]);
                    check_doubles(what, width, got, want);
                }
                ls_pass_destroy(pass);
            }
        }
        free_scene(&s);
    }
}

/* Loss and metrics of a training step (one shard) and of evaluation are the same where there is no dropout. */
static void evaluation_is_the_training_loss(void **state)
{
    static const int64_t shard_rows[] = {0, MOST_ROWS}, node_shards[] = {1};
    static const ls_batch_shards one_shard = {1, shard_rows, 1, node_shards, NULL};
    (void)state;
    int differ = 0;
    for (int64_t n = 0; n < LENGTH(networks); n++) {
        scene s = make_scene(&networks[n]);
        const int width = s.network->metrics.width;
        const bool dropout = strstr(networks[n].layers, "dropout") != NULL;
        ls_pass *training = make_pass(s.network, ls_kernels_find(NULL), 3, MOST_ROWS, true);
        ls_pass *evaluating = make_pass(s.network, ls_kernels_find(NULL), 2, MOST_ROWS, false);
        float *gradient = zeros(s.network->block, sizeof *gradient);
        double trained[MOST_WIDTH], evaluated[MOST_WIDTH] = {0};
        train_into(training, 1, s.block, &s.held.batch, &one_shard, &gradient, trained);
        ls_pass_evaluate(evaluating, s.block, &s.held.batch, evaluated);
        if (dropout)
            differ += trained[0] != evaluated[0];
        else
            check_doubles(networks[n].layers, width, trained, evaluated);
        ls_pass_destroy(training);
        ls_pass_destroy(evaluating);
        ls_memory_free(gradient);
        free_scene(&s);
    }
    assert_int_equal(differ, 1); /* the one network with dropout */
}

static int losses_called; /* of the table below */

static void counted_loss(const ls_loss_numbers *loss, int64_t outputs, int lanes, const float *z, const float *a,
                         const ls_targets *targets, double *value, float *d)
{
#pragma omp atomic
    losses_called++;
    ls_kernels_find("portable")->loss(loss, outputs, lanes, z, a, targets, value, d);
}

/* The pass' own table has the loss as it has the products: once for each panel of 16 rows, by no other table. */
static void the_loss_is_of_the_pass_table(void **state)
{
    static const int64_t shard_rows[] = {0, MOST_ROWS}, node_shards[] = {1};
    static const ls_batch_shards one_shard = {1, shard_rows, 1, node_shards, NULL};
    const int panels = (MOST_ROWS + LS_PANEL - 1) / LS_PANEL;
    (void)state;
    ls_kernels counting = *ls_kernels_find("portable");
    counting.loss = counted_loss;
    for (int64_t n = 0; n < LENGTH(networks); n++) {
        scene s = make_scene(&networks[n]);
        double sums[MOST_WIDTH] = {0};
        float *gradient = zeros(s.network->block, sizeof *gradient);
        ls_pass *training = make_pass(s.network, &counting, 3, MOST_ROWS, true);
        ls_pass *evaluating = make_pass(s.network, &counting, 2, MOST_ROWS, false);
        losses_called = 0;
        ls_pass_evaluate(evaluating, s.block, &s.held.batch, sums);
        assert_int_equal(losses_called, panels);
        train_into(training, 1, s.block, &s.held.batch, &one_shard, &gradient, sums);
        assert_int_equal(losses_called, 2 * panels);
        ls_pass_destroy(training);
        ls_pass_destroy(evaluating);
        ls_memory_free(gradient);
        free_scene(&s);
    }
}

/* Dropout and noise are the identity outside training: the same weights without them predict the same bits. */
static void dropout_and_noise_are_for_training_only(void **state)
{
    static const network_text with = {"dropout 0.5, gaussian_noise 0.3, 40 relu, dropout 0.9, gaussian_noise 1, 3", 5,
                                      LS_MEAN_SQUARED_ERROR, false, false},
                              without = {"40 relu, 3", 5, LS_MEAN_SQUARED_ERROR, false, false};
    (void)state;
    scene s = make_scene(&with);
    ls_network *plain = make_network(&without);
    const ls_batch batch = part(&s, 0, MOST_ROWS);
    float got[MOST_ROWS * 3], want[MOST_ROWS * 3];
    double got_sums[MOST_WIDTH] = {0}, want_sums[MOST_WIDTH] = {0};
    ls_pass *pass = make_pass(s.network, ls_kernels_find(NULL), 2, MOST_ROWS, false);
    ls_pass *plain_pass = make_pass(plain, ls_kernels_find(NULL), 2, MOST_ROWS, false);
    ls_pass_predict(pass, s.block, &batch, got);
    ls_pass_predict(plain_pass, s.block, &batch, want);
    check_floats("predictions", MOST_ROWS * 3, got, want);
    ls_pass_evaluate(pass, s.block, &batch, got_sums);
    ls_pass_evaluate(plain_pass, s.block, &batch, want_sums);
    check_doubles("sums", plain->metrics.width, got_sums, want_sums);
    ls_pass_destroy(pass);
    ls_pass_destroy(plain_pass);
    ls_network_destroy(plain);
    free_scene(&s);
}

/* Many threads may predict at once, each with a pass of its own. */
static void passes_share_network_and_weights(void **state)
{
    (void)state;
    scene s = make_scene(&networks[0]);
    const int64_t outputs = s.network->outputs;
    float got[4][25 * MOST_OUTPUTS];
#pragma omp parallel num_threads(4)
    {
        const int me = omp_get_thread_num();
        for (int r = 0; r < 25 && me < 4; r++) {
            ls_pass *pass = NULL;
            const ls_batch batch = part(&s, me * 25 + r, 1);
            if (ls_pass_create(s.network, ls_kernels_find(NULL), 1, 1, false, &pass) == LS_OK)
                ls_pass_predict(pass, s.block, &batch, got[me] + r * outputs);
            ls_pass_destroy(pass);
        }
    }
    for (int t = 0; t < 4; t++)
        check_floats("rows one by one", 25 * outputs, got[t], s.scalar.prediction + t * 25 * outputs);
    free_scene(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(stored_types),
        cmocka_unit_test(predictions_are_those_of_the_rows),
        cmocka_unit_test(rows_do_not_infect_each_other),
        cmocka_unit_test(evaluation_adds_in_row_order),
        cmocka_unit_test(evaluation_is_the_training_loss),
        cmocka_unit_test(the_loss_is_of_the_pass_table),
        cmocka_unit_test(dropout_and_noise_are_for_training_only),
        cmocka_unit_test(passes_share_network_and_weights),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
