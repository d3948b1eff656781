/* Settings of the optimizer, in its words or as options of their own: one training, one recipe, and never both at once.
 */
#include "api_data.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/memory.h"
#include "context/options.h"
#include "hdf5/h5.h"
#include "train/optimizer_options.h"
#include "train/trainer.h"

static api_data data;
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
    return ls_context_create(NULL, &context) == LS_OK ? 0 : -1;
}

static int tear_down(void **state)
{
    (void)state;
    ls_context_destroy(context);
    return 0;
}

/* Pairs "key", "value", ..., NULL as options, which go before the trainer is used: it keeps none of them. */
static ls_status make_trainer(const char *const *settings, ls_dataset *dataset, ls_model **model, ls_trainer **trainer)
{
    ls_options *options;
    check(ls_options_create(&options));
    check(ls_options_set(options, "layers", "6 tanh, 3 softmax"));
    for (; settings[0] != NULL; settings += 2)
        check(ls_options_set(options, settings[0], settings[1]));
    check(ls_model_create(context, options, dataset, model));
    const ls_status status = ls_trainer_create(context, options, *model, dataset, NULL, trainer);
    ls_options_destroy(options);
    return status;
}

/* The recipe and the first kernel after an epoch, and a checkpoint of it. */
typedef struct outcome {
    char recipe[8192];
    float kernel[FEATURES * 6];
    char path[64];
} outcome;

static void train(const char *const *settings, outcome *result)
{
    ls_dataset *dataset;
    ls_model *model;
    ls_trainer *trainer;
    const ls_arrays arrays = api_data_classes(&data);
    check(ls_dataset_from_arrays(context, &arrays, &dataset));
    check(make_trainer(settings, dataset, &model, &trainer));
    check(ls_trainer_epoch(trainer, NULL));
    (void)snprintf(result->recipe, sizeof result->recipe, "%s", trainer->recipe);
    check(ls_model_get(model, 0, result->kernel));
    strcpy(result->path, "/tmp/lockstep-settings-XXXXXX");
    const int file = mkstemp(result->path);
    assert_true(file >= 0);
    close(file);
    check(ls_trainer_save(trainer, result->path));
    ls_trainer_destroy(trainer);
    ls_model_destroy(model);
    ls_dataset_destroy(dataset);
}

static const char *const by_words[] = {"optimizer", "adam learning_rate=0.05 beta_1=0.8", NULL};
static const char *const by_options[] = {"learning-rate", "0.05", "beta_1", "0.8", NULL};

static void test_same_training(void **state)
{
    (void)state;
    const char *const neither[] = {NULL};
    static outcome a, b, c;
    train(by_words, &a);
    train(by_options, &b);
    train(neither, &c);
    assert_memory_equal(a.kernel, b.kernel, sizeof a.kernel);
    assert_string_equal(a.recipe, b.recipe);
    assert_non_null(strstr(a.recipe, "optimizer = adam\nlearning-rate = 0.05\nbeta-1 = 0.8\n"));
    assert_memory_not_equal(a.kernel, c.kernel, sizeof a.kernel);

    /* what the checkpoint's file says is what was trained with, as Keras reads it too */
    ls_h5_file *file;
    char *text;
    check(ls_h5_open(a.path, &file));
    check(ls_h5_attribute_text(file, "/lockstep", "recipe", &text));
    assert_string_equal(text, a.recipe);
    ls_memory_free(text);
    check(ls_h5_attribute_text(file, "/", "training_config", &text));
    assert_non_null(strstr(text, "\"learning_rate\":0.05"));
    ls_memory_free(text);
    ls_h5_close(file);
    unlink(a.path);
    unlink(b.path);
    unlink(c.path);
}

/* Whichever spelling a checkpoint was made with, the other goes on from it. */
static void test_going_on(void **state)
{
    (void)state;
    static outcome a;
    ls_dataset *dataset;
    ls_model *model;
    ls_trainer *trainer;
    const ls_arrays arrays = api_data_classes(&data);
    train(by_words, &a);
    check(ls_dataset_from_arrays(context, &arrays, &dataset));
    check(make_trainer(by_options, dataset, &model, &trainer));
    check(ls_trainer_load(trainer, a.path));
    assert_true(trainer->rate == 0.05);
    assert_true(trainer->optimizer.number[0] != 1);
    ls_trainer_destroy(trainer);
    ls_model_destroy(model);

    const char *const other[] = {"optimizer", "adam learning_rate=0.04 beta_1=0.8", NULL};
    check(make_trainer(other, dataset, &model, &trainer));
    assert_int_equal(ls_trainer_load(trainer, a.path), LS_ERR_USAGE);
    assert_non_null(
        strstr(ls_error_message(), "made with 'learning-rate = 0.05', this run has 'learning-rate = 0.04'"));
    ls_trainer_destroy(trainer);
    ls_model_destroy(model);
    ls_dataset_destroy(dataset);
    unlink(a.path);
}

/* Version 0.1 took the last of two words for a setting, so a recipe of it still means that; who writes it now is
 * refused. */
static void test_words_of_an_old_recipe(void **state)
{
    (void)state;
    ls_options *options;
    check(ls_options_create(&options));
    check(ls_options_read_recipe(options, "optimizer = adam beta_1=0.8 beta_1=0.7\nlearning-rate = 0.001\n"));
    check(ls_optimizer_options_resolve(options, true));
    assert_true(options->beta_1 == 0.7);
    assert_true(options->learning_rate == 0.001);
    ls_options_destroy(options);
}

static void assert_refused(const char *const *settings, const char *message)
{
    ls_dataset *dataset;
    ls_model *model;
    ls_trainer *trainer = NULL;
    const ls_arrays arrays = api_data_classes(&data);
    check(ls_dataset_from_arrays(context, &arrays, &dataset));
    assert_int_equal(make_trainer(settings, dataset, &model, &trainer), LS_ERR_USAGE);
    assert_string_equal(ls_error_message(), message);
    assert_null(trainer);
    ls_model_destroy(model);
    ls_dataset_destroy(dataset);
}

/* Two ways to say the same are the same recipe; what is off is not in it. */
static void test_same_recipe(void **state)
{
    (void)state;
    static const struct {
        const char *const settings[5];
        const char *line; /* in the recipe; NULL: none of this option */
        const char *option;
    } cases[] = {
        {{"ema", "on", NULL}, "ema = momentum=0.99\n", "ema"},
        {{"ema", "momentum=0.990", NULL}, "ema = momentum=0.99\n", "ema"},
        {{"ema", "off", NULL}, NULL, "\nema"},
        {{"gradient_accumulation_steps", "1", NULL}, NULL, "\ngradient-accumulation-steps"},
        {{"optimizer", "sgd momentum=0 nesterov=false", NULL}, NULL, "\nmomentum"},
        {{"optimizer", "adamw", NULL}, "weight-decay = 0.004\n", "weight-decay"},
        {{"optimizer", "adamw weight_decay=0", NULL}, NULL, "\nweight-decay"},
        {{"optimizer", "SGD", NULL}, "optimizer = sgd\nlearning-rate = 0.01\n", "optimizer"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        static outcome result;
        train(cases[i].settings, &result);
        if (cases[i].line)
            assert_non_null(strstr(result.recipe, cases[i].line));
        else
            assert_null(strstr(result.recipe, cases[i].option));
        unlink(result.path);
    }
}

static void test_given_twice(void **state)
{
    (void)state;
    const char *const both[] = {"learning_rate", "0.05", "optimizer", "adam learning_rate=0.05", NULL};
    const char *const twice[] = {"optimizer", "adam beta_1=0.8 beta-1=0.7", NULL};
    const char *const none[] = {"optimizer", "adam rate=1", NULL};
    const char *const no_value[] = {"optimizer", "adam 0.01", NULL};
    const char *const too_long[] = {
        "optimizer",
        "adam learning_rate=0.0000000000000000000000000000000000000000000000000000000000000"
        "0000000000000000000000000000000000000000000000000000000000000000000000000000000005",
        NULL};
    const char *const too_large[] = {"optimizer", "adam beta_2=1", NULL};
    const char *const averages[] = {"optimizer", "adam use_ema=true", NULL};
    const char *const python[] = {"optimizer", "SGD(0.1)", NULL};
    const char *const lr[] = {"optimizer", "rmsprop lr=0.1", NULL};
    assert_refused(averages,
                   "--optimizer: running averages have an option of their own: say --ema \"momentum=0.99\" in "
                   "place of use_ema");
    assert_refused(python, "--optimizer 'SGD(0.1)': settings come behind the name, without parentheses, as in \"sgd "
                           "learning_rate=0.1 momentum=0.9\"");
    assert_refused(
        lr, "--optimizer: rmsprop has no setting 'lr' (did you mean 'learning_rate'?); it has learning_rate, rho, "
            "momentum, epsilon, centered, weight_decay, clipnorm, global_clipnorm, clipvalue and "
            "gradient_accumulation_steps");
    assert_refused(both, "learning_rate is given twice, by --learning-rate and in --optimizer 'adam "
                         "learning_rate=0.05': these are two spellings of one setting; leave one of them out");
    assert_refused(twice, "--optimizer 'adam beta_1=0.8 beta-1=0.7' gives beta-1 twice; leave one of them out");
    assert_refused(none, "--optimizer: adam has no setting 'rate'; it has learning_rate, beta_1, beta_2, epsilon, "
                         "amsgrad, weight_decay, clipnorm, global_clipnorm, clipvalue and gradient_accumulation_steps");
    assert_refused(no_value, "--optimizer: '0.01' is not a setting; expected name=value, as in \"adam "
                             "learning_rate=0.01\"");
    assert_refused(too_long,
                   "--optimizer: the setting 'learning_rate=0.000000000000000000000000...' is longer than 127 "
                   "bytes");
    assert_refused(too_large, "option 'beta-2' is '1'; expected a number from 0 to 0.999999");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_same_training),
        cmocka_unit_test(test_going_on),
        cmocka_unit_test(test_words_of_an_old_recipe),
        cmocka_unit_test(test_same_recipe),
        cmocka_unit_test(test_given_twice),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
