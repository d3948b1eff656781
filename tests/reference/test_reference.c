/* Trains the jobs that train_reference.py recorded and compares every tensor after every epoch with the
 * float64 reference: ||w - w_ref|| <= 2e-6 ||w_ref||. Initial weights must be equal to the bit. */
#include "base/memory.h"
#include "hdf5/h5.h"

#include <lockstep.h>

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* Rounding alone moves these jobs by up to 8e-7 (`train_reference.py verify`, "numpy float32"). */
#define WEIGHTS_WITHIN 2e-6
#define LOSS_WITHIN    1e-6
#define VARIABLES_MAX  24

static void require_ok(ls_status status, const char *what)
{
    if (status != LS_OK)
        fail_msg("%s: status %d, %s", what, (int)status, ls_error_message());
}

/* What one job is compared by: the largest ratio of every tensor over the epochs. */
typedef struct comparison {
    ls_h5_file *file;
    ls_model *model;
    int count;
    ls_variable variable[VARIABLES_MAX];
    int64_t elements[VARIABLES_MAX];
    float *found[VARIABLES_MAX];    /* (shape of the variable) */
    float *expected[VARIABLES_MAX]; /* the same */
    double ratio[VARIABLES_MAX];
    int64_t epoch[VARIABLES_MAX]; /* where it was, from 1 */
} comparison;

static void comparison_open(comparison *c, ls_h5_file *file, ls_model *model)
{
    memset(c, 0, sizeof *c);
    c->file = file;
    c->model = model;
    c->count = ls_model_variables(model);
    if (c->count > VARIABLES_MAX)
        fail_msg("%d variables, at most %d were expected", c->count, VARIABLES_MAX);
    for (int i = 0; i < c->count; i++) {
        ls_variable *variable = &c->variable[i];
        require_ok(ls_model_variable(model, i, variable), "ls_model_variable");
        ls_h5_dataset recorded;
        require_ok(ls_h5_describe(file, variable->name, &recorded), variable->name);
        if (recorded.rank != 1 + variable->dimensions)
            fail_msg("%s: %d dimensions, recorded %d", variable->name, variable->dimensions, recorded.rank - 1);
        c->elements[i] = 1;
        for (int k = 0; k < variable->dimensions; k++) {
            if (variable->shape[k] != recorded.shape[1 + k])
                fail_msg("%s: extent %d is %lld, recorded %lld", variable->name, k, (long long)variable->shape[k],
                         (long long)recorded.shape[1 + k]);
            c->elements[i] *= variable->shape[k];
        }
        require_ok(ls_memory_allocate(&c->found[i], c->elements[i], sizeof(float), variable->name), "memory");
        require_ok(ls_memory_allocate(&c->expected[i], c->elements[i], sizeof(float), variable->name), "memory");
    }
}

static void comparison_close(comparison *c)
{
    for (int i = 0; i < c->count; i++) {
        ls_memory_free(c->found[i]);
        ls_memory_free(c->expected[i]);
    }
}

/* The initial weights are float32 arithmetic on integers: no tolerance. */
static int compare_initial(comparison *c)
{
    int bad = 0;
    for (int i = 0; i < c->count; i++) {
        char path[128];
        snprintf(path, sizeof path, "/initial/%s", c->variable[i].name);
        require_ok(ls_model_get(c->model, i, c->found[i]), "ls_model_get");
        require_ok(ls_h5_read_float(c->file, path, 0, c->variable[i].shape[0], c->expected[i]), path);
        for (int64_t k = 0; k < c->elements[i]; k++)
            if (memcmp(&c->found[i][k], &c->expected[i][k], sizeof(float)) != 0) {
                print_error("initial %s[%lld]: %.9g, reference %.9g\n", c->variable[i].name, (long long)k,
                            (double)c->found[i][k], (double)c->expected[i][k]);
                bad++;
                break; /* the first one tells the story */
            }
    }
    return bad;
}

/* `epoch` counts from 1. NaN is larger than everything. */
static void compare_epoch(comparison *c, int64_t epoch)
{
    for (int i = 0; i < c->count; i++) {
        require_ok(ls_model_get(c->model, i, c->found[i]), "ls_model_get");
        require_ok(ls_h5_read_float(c->file, c->variable[i].name, epoch - 1, 1, c->expected[i]), c->variable[i].name);
        double difference = 0, norm = 0;
        for (int64_t k = 0; k < c->elements[i]; k++) {
            double w = c->expected[i][k], d = c->found[i][k] - w;
            difference += d * d;
            norm += w * w;
        }
        double ratio = sqrt(difference) / (norm > 0 ? sqrt(norm) : 1);
        if (!(ratio <= c->ratio[i])) {
            c->ratio[i] = isnan(ratio) ? HUGE_VAL : ratio;
            c->epoch[i] = epoch;
        }
    }
}

/* Sets the recorded options, and returns the number of epochs. */
static int64_t set_options(ls_options *options, ls_h5_file *file, const char *path)
{
    static const char *const keys[] = {"layers",    "loss", "epochs",  "batch-size", "learning-rate",
                                       "optimizer", "seed", "shuffle", "shards",     "normalize"};
    for (size_t i = 0; i < sizeof keys / sizeof keys[0]; i++) {
        char *value = NULL;
        require_ok(ls_h5_attribute_text(file, "/", keys[i], &value), keys[i]);
        require_ok(ls_options_set(options, keys[i], value), keys[i]);
        ls_memory_free(value);
    }
    static const char *const sometimes[] = {"sample-weights", "class-weights"};
    for (size_t i = 0; i < sizeof sometimes / sizeof sometimes[0]; i++) {
        char *value = NULL;
        if (!ls_h5_has_attribute(file, "/", sometimes[i]))
            continue;
        require_ok(ls_h5_attribute_text(file, "/", sometimes[i], &value), sometimes[i]);
        require_ok(ls_options_set(options, sometimes[i], value), sometimes[i]);
        ls_memory_free(value);
    }
    if (ls_h5_has_attribute(file, "/", "data")) {
        char *name = NULL, data[LS_TEXT_MAX];
        require_ok(ls_h5_attribute_text(file, "/", "data", &name), "data");
        snprintf(data, sizeof data, "%s/%s", LS_TEST_DATA, name);
        ls_memory_free(name);
        require_ok(ls_options_set(options, "data", data), "data");
    } else {
        require_ok(ls_options_set(options, "data", path), "data");
        require_ok(ls_options_set(options, "x", "/data/x"), "x");
        require_ok(ls_options_set(options, "y", "/data/y"), "y");
    }
    char epochs[32];
    require_ok(ls_options_get(options, "epochs", epochs, sizeof epochs), "epochs");
    return strtoll(epochs, NULL, 10);
}

static void train_and_compare(const char *name)
{
    char path[LS_TEXT_MAX];
    snprintf(path, sizeof path, "%s/%s.h5", LS_TEST_REFERENCE, name);
    ls_h5_file *file = NULL;
    require_ok(ls_h5_open(path, &file), path);
    ls_options *options;
    require_ok(ls_options_create(&options), "memory");
    int64_t epochs = set_options(options, file, path);

    ls_context *context = NULL;
    ls_datasets data = {0};
    ls_model *model = NULL;
    ls_trainer *trainer = NULL;
    comparison c;
    require_ok(ls_context_create(NULL, &context), "ls_context_create");
    require_ok(ls_datasets_open(context, options, &data), "ls_datasets_open");
    require_ok(ls_model_create(context, options, data.train, &model), "ls_model_create");
    comparison_open(&c, file, model);
    int bad = compare_initial(&c);
    require_ok(ls_trainer_create(context, options, model, data.train, data.validation, &trainer), "ls_trainer_create");

    double *losses = NULL, loss_ratio = 0;
    require_ok(ls_memory_allocate(&losses, epochs, sizeof(double), "losses"), "memory");
    require_ok(ls_h5_read_double(file, "/loss", 0, epochs, losses), "/loss");
    for (int64_t e = 1; e <= epochs; e++) {
        ls_epoch epoch;
        require_ok(ls_trainer_epoch(trainer, &epoch), "ls_trainer_epoch");
        compare_epoch(&c, e);
        double ratio = fabs(epoch.train.value[0] - losses[e - 1]) / losses[e - 1];
        if (!(ratio <= LOSS_WITHIN)) {
            print_error("%s epoch %lld loss: %.17g, reference %.17g\n", name, (long long)e, epoch.train.value[0],
                        losses[e - 1]);
            bad++;
        }
        if (ratio > loss_ratio)
            loss_ratio = ratio;
    }
    for (int i = 0; i < c.count; i++) {
        print_message("%-9s %-15s largest |dw|/|w| %.2e at epoch %lld, allowed %.0e\n", name, c.variable[i].name,
                      c.ratio[i], (long long)c.epoch[i], WEIGHTS_WITHIN);
        bad += !(c.ratio[i] <= WEIGHTS_WITHIN);
    }
    print_message("%-9s %-15s largest |dL|/L %.2e, allowed %.0e\n", name, "loss", loss_ratio, LOSS_WITHIN);

    ls_memory_free(losses);
    ls_trainer_destroy(trainer);
    comparison_close(&c);
    ls_model_destroy(model);
    ls_datasets_close(&data);
    ls_context_destroy(context);
    ls_options_destroy(options);
    ls_h5_close(file);
    if (bad)
        fail_msg("%s: %d comparisons failed", name, bad);
}

/* The first Keras example: 10-64-1, ReLU, mean squared error, 100 epochs. */
static void test_tutorial(void **state)
{
    (void)state;
    train_and_compare("tutorial");
}

/* Tanh, sigmoid, softmax, integer labels. */
static void test_classes(void **state)
{
    (void)state;
    train_and_compare("classes");
}

/* Dropout and binary cross-entropy; the layers behind the dropout also check that it counts as a position. */
static void test_binary(void **state)
{
    (void)state;
    train_and_compare("binary");
}

/* A weight for every row, some of them 0. */
static void test_sample_weights(void **state)
{
    (void)state;
    train_and_compare("sample_weights");
}

/* A weight for every class. */
static void test_class_weights(void **state)
{
    (void)state;
    train_and_compare("class_weights");
}

/* Regularizers of kernels and biases, in gradient and loss. */
static void test_regularized(void **state)
{
    (void)state;
    train_and_compare("regularized");
}

/* Ten steps of Keras: layer normalisation before and behind an activation, activations as layers, branches. */
static void test_layers(void **state)
{
    (void)state;
    train_and_compare("normalized_before");
    train_and_compare("normalized_after");
    train_and_compare("branches");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_tutorial),       cmocka_unit_test(test_classes),       cmocka_unit_test(test_binary),
        cmocka_unit_test(test_sample_weights), cmocka_unit_test(test_class_weights), cmocka_unit_test(test_regularized),
        cmocka_unit_test(test_layers),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
