/* Changes on going on: what --change can name, the lines that checkpoints carry, what may differ, and what a trainer
 * and its observers make of it; and the identity of a model to begin with. */
#include "api_data.h"
#include "io_test.h"

#include "base/sha256.h"
#include "context/options.h"
#include "train/best.h"
#include "train/changes.h"
#include "train/recipe.h"
#include "train/trainer.h"

#include <math.h>

static api_data data;

static ls_options *with(const char *const *pairs)
{
    ls_options *options;
    assert_ok(ls_options_create(&options));
    for (; *pairs; pairs += 2)
        assert_ok(ls_options_set(options, pairs[0], pairs[1]));
    return options;
}
#define WITH(...) with((const char *const[]){__VA_ARGS__, NULL})

static void test_names(void **state)
{
    (void)state;
    static const struct {
        const char *text, *message; /* NULL: good */
    } cases[] = {
        {"learning-rate", NULL},
        {"learning_rate, schedule", NULL},
        {"early-stopping,reduce-lr-on-plateau,checkpointing", NULL},
        {"precision", NULL},
        {"batch-size", "'batch-size' may not change"},
        {"schedle", "'schedle' is no option (did you mean 'schedule'?)"},
        {"schedule keep", "'keep' may differ from one start to the next"},
    };
    for (int i = 0; i < ITEMS(cases); i++) {
        unsigned named;
        ls_options *options = WITH("change", cases[i].text);
        print_message("%s\n", cases[i].text);
        assert_int_equal(ls_changes_parse(options, &named), cases[i].message ? LS_ERR_USAGE : LS_OK);
        if (cases[i].message)
            assert_non_null(strstr(ls_error_message(), cases[i].message));
        ls_options_destroy(options);
    }
    ls_options *options = WITH("change", "checkpointing");
    assert_int_equal(ls_changes_check(options), LS_ERR_USAGE);
    assert_non_null(strstr(ls_error_message(), "--checkpoint-every or --keep"));
    assert_ok(ls_options_set(options, "keep", "3"));
    assert_ok(ls_changes_check(options));
    ls_options_destroy(options);
}

static void test_lines(void **state)
{
    (void)state;
    ls_options *old = WITH("learning-rate", "0.5", "layers", "3 relu", "epochs", "1");
    ls_options *new = WITH("learning-rate", "1e-4", "layers", "3 relu", "epochs", "9", "early-stopping", "patience=3");
    ls_text text = {0};
    ls_change change;
    bool there;
    assert_ok(ls_changes_find(old, new, 41, &text));
    assert_string_equal(ls_text_string(&text), "step 41: learning-rate = 0.5 -> 0.0001\n"
                                               "step 41: early-stopping =  -> patience=3\n");
    const char *cursor = ls_text_string(&text);
    assert_ok(ls_changes_next(&cursor, &change, &there));
    assert_true(there && change.step == 41);
    assert_string_equal(change.key, "learning-rate");
    assert_string_equal(change.before, "0.5");
    assert_string_equal(change.after, "0.0001");
    assert_ok(ls_changes_next(&cursor, &change, &there));
    assert_string_equal(change.before, "");
    assert_ok(ls_changes_next(&cursor, &change, &there));
    assert_false(there);

    assert_ok(ls_changes_undo(ls_text_string(&text), new));
    ls_text none = {0};
    assert_ok(ls_changes_find(old, new, 41, &none));
    assert_string_equal(ls_text_string(&none), "");
    for (const char **bad = (const char *[]){"step x: a = b -> c\n", "step 1: a = b\n", "a = b -> c\n", NULL}; *bad;
         bad++) {
        cursor = *bad;
        assert_int_equal(ls_changes_next(&cursor, &change, &there), LS_ERR_OUTPUT);
    }
    ls_text_free(&text);
    ls_options_destroy(old);
    ls_options_destroy(new);
}

static void test_what_may_differ(void **state)
{
    (void)state;
    static const struct {
        const char *change, *key, *old, *new, *schedule, *other_schedule;
        const char *message; /* NULL: it may */
    } cases[] = {
        {"learning-rate", "learning-rate", "0.1", "0.2", "", "", NULL},
        {"", "learning-rate", "0.1", "0.2", "", "", "add --change learning-rate"},
        {"schedule", "learning-rate", "0.1", "0.2", "", "", "add --change learning-rate"},
        {"schedule", "learning-rate", "0.1", "0.2", "", "cosine_decay decay_steps=5", NULL},
        {"schedule", "learning-rate", "0.1", "0.2", "cosine_decay decay_steps=5", "", NULL},
        {"learning-rate", "learning-rate", "0.1", "0.2", "cosine_decay decay_steps=5", "cosine_decay decay_steps=5",
         "the schedule gives the rate"},
        {"learning-rate,schedule", "batch-size", "1", "2", "", "", "choose another --output"},
        {"schedule", "early-stopping", "patience=1", "patience=2", "", "", "add --change early-stopping"},
    };
    for (int i = 0; i < ITEMS(cases); i++) {
        unsigned named;
        ls_options *old = WITH(cases[i].key, cases[i].old, "schedule", cases[i].schedule);
        ls_options *new =
            WITH(cases[i].key, cases[i].new, "schedule", cases[i].other_schedule, "change", cases[i].change);
        print_message("case %d\n", i);
        assert_ok(ls_changes_parse(new, &named));
        const ls_status status = ls_recipe_compare("FILE", old, new, named, true);
        assert_int_equal(status, cases[i].message ? LS_ERR_USAGE : LS_OK);
        if (cases[i].message)
            assert_non_null(strstr(ls_error_message(), cases[i].message));
        ls_options_destroy(old);
        ls_options_destroy(new);
    }
}

/* ---- trainers ---- */

typedef struct job {
    ls_context *context;
    ls_dataset *train;
    ls_model *model;
    ls_trainer *trainer;
} job;

/* With the options, which this destroys; trains on all rows and validates with them. */
static job start(ls_options *options)
{
    job j;
    const ls_arrays arrays = api_data_classes(&data);
    if (!ls_options_given(options, "init"))
        assert_ok(ls_options_set(options, "layers", "8 relu, 3 softmax"));
    assert_ok(ls_options_set(options, "batch-size", "50"));
    assert_ok(ls_options_set(options, "epochs", "9"));
    assert_ok(ls_context_create(NULL, &j.context));
    assert_ok(ls_dataset_from_arrays(j.context, &arrays, &j.train));
    assert_ok(ls_model_create(j.context, options, j.train, &j.model));
    assert_ok(ls_trainer_create(j.context, options, j.model, j.train, j.train, &j.trainer));
    ls_options_destroy(options);
    return j;
}

static void end(job *j)
{
    ls_trainer_destroy(j->trainer);
    ls_model_destroy(j->model);
    ls_dataset_destroy(j->train);
    ls_context_destroy(j->context);
}

static void epochs(const job *j, int count)
{
    ls_epoch epoch;
    for (int i = 0; i < count; i++)
        assert_ok(ls_trainer_epoch(j->trainer, &epoch));
}

#define PLATEAU "patience=0 factor=0.5 min_delta=100"

/* The reduced rate is state, which a new one takes the place of; with other settings the watch begins anew at that
 * rate. */
static void test_rates(void **state)
{
    (void)state;
    const char *path = in_directory("a.h5"), *next = in_directory("b.h5");
    job a = start(WITH("learning-rate", "0.1", "reduce-lr-on-plateau", PLATEAU));
    epochs(&a, 3);
    assert_true(a.trainer->rate == 0.025);
    assert_null(a.trainer->changes.text);
    assert_ok(ls_trainer_save(a.trainer, path));

    job b = start(WITH("learning-rate", "0.3", "reduce-lr-on-plateau", PLATEAU, "change", "learning-rate"));
    assert_ok(ls_trainer_load(b.trainer, path));
    assert_true(b.trainer->rate == 0.3);
    assert_string_equal(b.trainer->changes.text, "step 18: learning-rate = 0.1 -> 0.3\n");
    epochs(&b, 1);
    assert_true(b.trainer->rate == 0.15); /* it goes on to watch */
    assert_ok(ls_trainer_save(b.trainer, next));
    assert_ok(ls_trainer_load(b.trainer, next));
    assert_true(b.trainer->rate == 0.15); /* what has changed already doesn't change again */
    assert_int_equal(strlen(b.trainer->changes.text), b.trainer->changes.fresh);

    job c = start(
        WITH("learning-rate", "0.3", "reduce-lr-on-plateau", PLATEAU " cooldown=1", "change", "reduce-lr-on-plateau"));
    assert_ok(ls_trainer_load(c.trainer, next));
    assert_true(c.trainer->rate == 0.15);
    assert_non_null(strstr(c.trainer->changes.text + c.trainer->changes.fresh, "step 24: reduce-lr-on-plateau = "));
    epochs(&c, 1);
    assert_true(c.trainer->rate == 0.15); /* its first epoch is the best so far */
    epochs(&c, 1);
    assert_true(c.trainer->rate == 0.075);

    job d = start(WITH("learning-rate", "0.2", "reduce-lr-on-plateau", PLATEAU));
    assert_int_equal(ls_trainer_load(d.trainer, path), LS_ERR_USAGE);
    assert_non_null(strstr(ls_error_message(), "add --change learning-rate"));
    end(&a);
    end(&b);
    end(&c);
    end(&d);
}

/* What has ended training ends it no more; the best epoch is known as long as the same column is watched. */
static void test_stopping(void **state)
{
    (void)state;
    const char *path = in_directory("stopped.h5");
    ls_best_epoch best;
    job a = start(WITH("early-stopping", "patience=1 min_delta=100"));
    epochs(&a, 2);
    assert_string_equal(a.trainer->ended_by, "early-stopping");
    assert_ok(ls_trainer_save(a.trainer, path));

    job b = start(WITH("early-stopping", "patience=5 min_delta=100", "change", "early-stopping"));
    assert_ok(ls_trainer_load(b.trainer, path));
    assert_null(b.trainer->ended_by);
    assert_true(ls_best_known(b.trainer, &best));
    assert_int_equal(best.epoch, 1);

    job c = start(WITH("early-stopping", "monitor=accuracy patience=5", "change", "early-stopping"));
    assert_ok(ls_trainer_load(c.trainer, path));
    assert_false(ls_best_known(c.trainer, &best));

    job d = start(WITH("change", "early-stopping")); /* off */
    assert_ok(ls_trainer_load(d.trainer, path));
    assert_null(d.trainer->ended_by);
    assert_true(ls_best_known(d.trainer, &best)); /* of val_loss still */
    end(&a);
    end(&b);
    end(&c);
    end(&d);
}

/* ---- a model to begin with ---- */

static void hash_tensors(ls_sha256 *hash, const ls_model *model)
{
    float values[64];
    for (int i = 0; i < ls_model_variables(model); i++) {
        ls_variable v;
        assert_ok(ls_model_variable(model, i, &v));
        assert_ok(ls_model_get(model, i, values));
        ls_sha256_update(hash, values, (size_t)(v.shape[0] * (v.dimensions == 2 ? v.shape[1] : 1)) * sizeof *values);
    }
}

static void test_identity(void **state)
{
    (void)state;
    const char *path = in_directory("model.h5");
    ls_sha256 hash;
    uint8_t digest[32];
    char line[128] = "initial-weights = ";
    job a = start(WITH("seed", "7"));
    assert_null(strstr(a.trainer->recipe, "initial"));
    assert_ok(ls_model_save(a.context, a.model, path));
    ls_sha256_start(&hash);
    hash_tensors(&hash, a.model);
    ls_sha256_finish(&hash, digest);
    ls_sha256_hex(digest, line + strlen(line));

    job b = start(WITH("init", path));
    assert_non_null(strstr(b.trainer->recipe, line));
    assert_memory_equal(b.model->block, a.model->block, (size_t)a.model->network->block * sizeof(float));
    end(&a);
    end(&b);
}

/* Slots and steps of the optimizer, whose part the next steps are: those of an unbroken training. */
static void test_optimizer(void **state)
{
    (void)state;
    const char *path = in_directory("slots.h5");
#define FALLING "exponential_decay decay_steps=4 decay_rate=0.5"
    job a = start(WITH("optimizer", "nadam", "shuffle", "off", "schedule", FALLING));
    epochs(&a, 1);
    assert_ok(ls_trainer_save(a.trainer, path));
    job b =
        start(WITH("optimizer", "nadam", "shuffle", "off", "schedule", FALLING, "init", path, "init-optimizer", "on"));
    assert_int_equal(ls_trainer_steps(b.trainer), 0);
    assert_int_equal(b.trainer->optimizer.iterations, 6);
    epochs(&a, 1);
    epochs(&b, 1);
    assert_memory_equal(b.model->block, a.model->block, (size_t)a.model->network->block * sizeof(float));
    assert_memory_equal(b.trainer->optimizer.number, a.trainer->optimizer.number, sizeof a.trainer->optimizer.number);
    assert_int_equal(ls_trainer_steps(b.trainer), 6);
    assert_ok(ls_trainer_save(b.trainer, path));
    assert_ok(ls_trainer_step(b.trainer, NULL));
    assert_ok(ls_trainer_load(b.trainer, path));
    assert_int_equal(ls_trainer_steps(b.trainer), 6);
    assert_int_equal(b.trainer->optimizer.iterations, 12);
    end(&a);
    end(&b);
}

int main(void)
{
    api_data_make(&data);
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_names),           cmocka_unit_test(test_lines),
                                       cmocka_unit_test(test_what_may_differ), cmocka_unit_test(test_rates),
                                       cmocka_unit_test(test_stopping),        cmocka_unit_test(test_identity),
                                       cmocka_unit_test(test_optimizer)};
    return cmocka_run_group_tests(tests, directory_setup, directory_teardown);
}
