/* Losses of networks with regularizers against those that penalty_reference.py recorded from Keras: an epoch's, whose
 * last batch is smaller, its validation's, and those of an evaluation. */
#include "base/memory.h"
#include "hdf5/h5.h"

#include <lockstep.h>

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#define WITHIN 1e-6 /* of a loss; Keras reports float32 */

static void require_ok(ls_status status, const char *what)
{
    if (status != LS_OK)
        fail_msg("%s: status %d, %s", what, (int)status, ls_error_message());
}

/* A recorded array; goes to ls_memory_free. */
static float *recorded(ls_h5_file *file, const char *path, int64_t shape[2])
{
    ls_h5_dataset dataset;
    float *values;
    require_ok(ls_h5_describe(file, path, &dataset), path);
    shape[0] = dataset.shape[0];
    shape[1] = dataset.rank > 1 ? dataset.shape[1] : 1;
    require_ok(ls_memory_allocate(&values, shape[0] * shape[1], sizeof *values, "test"), path);
    require_ok(ls_h5_read_float(file, path, 0, shape[0], values), path);
    return values;
}

typedef struct rows {
    ls_arrays arrays;
    float *x, *y;
    ls_dataset *dataset;
} rows;

static rows open_rows(ls_context *context, ls_h5_file *file, const char *x, const char *y)
{
    int64_t shape[2], targets[2];
    rows r = {.x = recorded(file, x, shape), .y = recorded(file, y, targets)};
    r.arrays = (ls_arrays){.rows = shape[0], .features = shape[1], .x = r.x, .outputs = targets[1], .y = r.y};
    require_ok(ls_dataset_from_arrays(context, &r.arrays, &r.dataset), x);
    return r;
}

static void close_rows(rows *r)
{
    ls_dataset_destroy(r->dataset);
    ls_memory_free(r->x);
    ls_memory_free(r->y);
}

static void set_weights(ls_model *model, ls_h5_file *file)
{
    for (int i = 0; i < ls_model_variables(model); i++) {
        char path[32];
        int64_t shape[2];
        snprintf(path, sizeof path, "/variables/%d", i);
        float *values = recorded(file, path, shape);
        require_ok(ls_model_set(model, i, values), path);
        ls_memory_free(values);
    }
}

static void check_loss(const char *name, const char *what, double found, double expected)
{
    print_message("%-8s %-9s %.9g, Keras %.9g\n", name, what, found, expected);
    if (!(fabs(found - expected) <= WITHIN * fabs(expected)))
        fail_msg("%s: %s is %.9g, Keras has %.9g", name, what, found, expected);
}

static void compare(const char *name)
{
    char path[256], group[64];
    double losses[3];
    ls_h5_file *file;
    ls_options *options;
    ls_context *context;
    ls_model *model;
    ls_trainer *trainer;
    ls_epoch epoch;
    ls_scores scores;
    char *layers;
    snprintf(path, sizeof path, "%s/penalties.h5", LS_TEST_REFERENCE);
    require_ok(ls_h5_open(path, &file), path);
    snprintf(group, sizeof group, "/%s", name);
    require_ok(ls_h5_attribute_text(file, group, "layers", &layers), group);
    snprintf(group, sizeof group, "/%s/losses", name);
    require_ok(ls_h5_read_double(file, group, 0, 3, losses), group);

    require_ok(ls_context_create(NULL, &context), "context");
    require_ok(ls_options_create(&options), "options");
    const char *const settings[][2] = {{"layers", layers}, {"loss", "mse"},       {"metrics", "none"},
                                       {"shuffle", "off"}, {"batch-size", "16"},  {"shards", "1"},
                                       {"epochs", "1"},    {"learning-rate", "0"}};
    for (size_t i = 0; i < sizeof settings / sizeof *settings; i++)
        require_ok(ls_options_set(options, settings[i][0], settings[i][1]), settings[i][0]);
    rows train = open_rows(context, file, "/x", "/y");
    rows validation = open_rows(context, file, "/validation/x", "/validation/y");
    require_ok(ls_model_create(context, options, train.dataset, &model), "model");
    set_weights(model, file);
    require_ok(ls_trainer_create(context, options, model, train.dataset, validation.dataset, &trainer), "trainer");
    require_ok(ls_trainer_epoch(trainer, &epoch), "epoch");
    require_ok(ls_evaluate(context, model, validation.dataset, &scores), "evaluate");
    check_loss(name, "loss", epoch.train.value[0], losses[0]);
    check_loss(name, "val_loss", epoch.validation.value[0], losses[1]);
    check_loss(name, "evaluate", scores.value[0], losses[2]);

    ls_trainer_destroy(trainer);
    ls_model_destroy(model);
    close_rows(&train);
    close_rows(&validation);
    ls_options_destroy(options);
    ls_context_destroy(context);
    ls_memory_free(layers);
    ls_h5_close(file);
}

static void losses_of_networks_with_regularizers(void **state)
{
    static const char *const cases[] = {"l2", "l1", "l1_l2", "bias", "default", "all"};
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        compare(cases[i]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(losses_of_networks_with_regularizers),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
