/* Stop requests on one rank: each stops one job, wherever it comes, and not the jobs after it. */
#include "api_data.h"
#include "faults.h"
#include "io_test.h"

enum { STEPS = 6, EPOCHS = 4 }; /* of an epoch; of a fit */

static api_data data;

/* Everything a training needs, on a context that others may share. */
typedef struct job {
    ls_dataset *train;
    ls_model *model;
    ls_trainer *trainer;
} job;

static job start(ls_context *context)
{
    job j;
    ls_options *options;
    const ls_arrays arrays = api_data_classes(&data);
    assert_ok(ls_options_create(&options));
    assert_ok(ls_options_set(options, "layers", "8 relu, 3 softmax"));
    assert_ok(ls_options_set(options, "epochs", "4"));
    assert_ok(ls_options_set(options, "batch-size", "50"));
    assert_ok(ls_dataset_from_arrays(context, &arrays, &j.train));
    assert_ok(ls_model_create(context, options, j.train, &j.model));
    assert_ok(ls_trainer_create(context, options, j.model, j.train, NULL, &j.trainer));
    ls_options_destroy(options);
    return j;
}

static void end(job *j)
{
    ls_trainer_destroy(j->trainer);
    ls_model_destroy(j->model);
    ls_dataset_destroy(j->train);
}

static void assert_same_weights(const job *a, const job *b)
{
    float x[FEATURES * 8], y[FEATURES * 8];
    assert_ok(ls_model_get(a->model, 0, x));
    assert_ok(ls_model_get(b->model, 0, y));
    assert_memory_equal(x, y, sizeof x);
}

static void steps(const job *j, int count)
{
    for (int i = 0; i < count; i++)
        assert_ok(ls_trainer_step(j->trainer, NULL));
}

static void test_is_used_up(void **state)
{
    (void)state;
    ls_context *context;
    ls_epoch epoch;
    assert_ok(ls_context_create(NULL, &context));
    job j = start(context), whole = start(context);
    ls_context_request_stop(context);
    assert_fails(ls_trainer_fit(j.trainer, NULL, NULL), LS_STOPPED, "after step 1");
    steps(&j, 1);
    ls_context_request_stop(context);
    assert_fails(ls_trainer_step(j.trainer, NULL), LS_STOPPED, "after step 3");
    assert_ok(ls_trainer_epoch(j.trainer, &epoch));
    assert_int_equal(epoch.step, STEPS);
    ls_context_request_stop(context);
    assert_fails(ls_trainer_epoch(j.trainer, &epoch), LS_STOPPED, "after step 7");
    assert_ok(ls_trainer_epoch(j.trainer, &epoch));
    assert_int_equal(epoch.step, 2 * STEPS);
    assert_ok(ls_trainer_fit(j.trainer, NULL, NULL));
    assert_ok(ls_trainer_fit(whole.trainer, NULL, NULL));
    assert_same_weights(&j, &whole);
    end(&j);
    end(&whole);
    ls_context_destroy(context);
}

static void test_trainers_of_one_context(void **state)
{
    (void)state;
    ls_context *context;
    assert_ok(ls_context_create(NULL, &context));
    job a = start(context), b = start(context);
    ls_context_request_stop(context);
    assert_fails(ls_trainer_step(a.trainer, NULL), LS_STOPPED, "after step 1");
    steps(&b, 1);
    ls_context_request_stop(context);
    assert_fails(ls_trainer_fit(b.trainer, NULL, NULL), LS_STOPPED, "after step 2");
    assert_ok(ls_trainer_fit(a.trainer, NULL, NULL));
    assert_ok(ls_trainer_fit(b.trainer, NULL, NULL));
    assert_same_weights(&a, &b);
    end(&a);
    end(&b);
    ls_context_destroy(context);
}

static void request_after_second(void *user, ls_epoch *epoch)
{
    if (epoch->epoch == 2)
        ls_context_request_stop(user);
}

/* Between epochs it is the next step that sees the request; in an epoch's last step the epoch is done, and no step
 * more.
 */
static void test_between_epochs(void **state)
{
    (void)state;
    ls_context *context;
    ls_epoch epoch;
    assert_ok(ls_context_create(NULL, &context));
    job j = start(context);
    assert_fails(ls_trainer_fit(j.trainer, request_after_second, context), LS_STOPPED, "after step 13");
    steps(&j, STEPS - 2);
    ls_context_request_stop(context);
    assert_fails(ls_trainer_fit(j.trainer, NULL, NULL), LS_STOPPED, "after step 18");
    steps(&j, STEPS - 1);
    ls_context_request_stop(context);
    assert_ok(ls_trainer_epoch(j.trainer, &epoch));
    assert_int_equal(epoch.step, EPOCHS * STEPS);
    assert_fails(ls_trainer_epoch(j.trainer, &epoch), LS_STOPPED, "after step 25");
    assert_ok(ls_trainer_epoch(j.trainer, &epoch));
    end(&j);
    ls_context_destroy(context);
}

/* What is done before it can stop is done; the request is not lost with it. */
static void test_in_the_last_step(void **state)
{
    (void)state;
    ls_context *context;
    ls_scores scores;
    assert_ok(ls_context_create(NULL, &context));
    job j = start(context);
    steps(&j, EPOCHS * STEPS - 1);
    ls_context_request_stop(context);
    assert_ok(ls_trainer_fit(j.trainer, NULL, NULL));
    assert_fails(ls_evaluate(context, j.model, j.train, &scores), LS_STOPPED, "before all rows were evaluated");
    assert_ok(ls_evaluate(context, j.model, j.train, &scores));
    steps(&j, 1);
    end(&j);
    ls_context_destroy(context);
}

/* A host's own reason to end a prediction, which may come together with a request. */
typedef struct refusal {
    ls_context *context; /* asked to stop; NULL: not */
    ls_options *options;
} refusal;

static ls_status refuse(void *user, int64_t first, int64_t rows, const float *prediction)
{
    const refusal *r = user;
    (void)first, (void)rows, (void)prediction;
    if (r->context)
        ls_context_request_stop(r->context);
    (void)ls_options_set(r->options, "patience", "none"); /* its message is the callback's */
    return LS_STOPPED;
}

/* LS_STOPPED of a callback is the callback's: its words are kept, and no request is used up by it. */
static void test_of_a_callback(void **state)
{
    (void)state;
    ls_scores scores;
    refusal r = {0};
    ls_context *context;
    assert_ok(ls_context_create(NULL, &context));
    assert_ok(ls_options_create(&r.options));
    job j = start(context);
    assert_fails(ls_predict(context, j.model, j.train, refuse, &r), LS_STOPPED, "'patience'");
    assert_ok(ls_evaluate(context, j.model, j.train, &scores));
    r.context = context;
    assert_fails(ls_predict(context, j.model, j.train, refuse, &r), LS_STOPPED, "'patience'");
    assert_fails(ls_predict(context, j.model, j.train, refuse, &r), LS_STOPPED, "before all rows were predicted");
    assert_ok(ls_evaluate(context, j.model, j.train, &scores));
    ls_options_destroy(r.options);
    end(&j);
    ls_context_destroy(context);
}

static void remove_run(const char *directory)
{
    char command[700];
    (void)snprintf(command, sizeof command, "rm -r '%s'", directory);
    assert_int_equal(system(command), 0);
}

static ls_options *run_options(void)
{
    ls_options *options;
    assert_ok(ls_options_create(&options));
    assert_ok(ls_options_set(options, "data", LS_TEST_DATA "/digits.h5"));
    assert_ok(ls_options_set(options, "layers", "10 softmax"));
    assert_ok(ls_options_set(options, "batch-size", "512"));
    assert_ok(ls_options_set(options, "output", in_directory("run")));
    assert_ok(ls_options_set(options, "resume", "on"));
    return options;
}

/* Asks for a stop at the first line of the log that begins in this way. */
typedef struct asker {
    ls_context *context;
    const char *line;
} asker;

static void ask_at_line(void *user, ls_log_level level, const char *line)
{
    asker *a = user;
    (void)level;
    if (a->line == NULL || strncmp(line, a->line, strlen(a->line)) != 0)
        return;
    a->line = NULL;
    ls_context_request_stop(a->context);
}

static void create_asking(const char *line, asker *a)
{
    ls_context_settings settings;
    ls_context_settings_defaults(&settings);
    settings.log = ask_at_line;
    settings.log_user = a;
    a->line = line;
    assert_ok(ls_context_create(&settings, &a->context));
}

/* There is nothing to save yet, so nothing is made. */
static void test_before_a_run(void **state)
{
    (void)state;
    asker a;
    ls_options *options = run_options();
    create_asking("train: ", &a); /* the data are open */
    assert_fails(ls_run_train(a.context, options), LS_STOPPED, "before training began; nothing was changed");
    assert_int_not_equal(access(in_directory("run"), F_OK), 0);
    assert_ok(ls_run_train(a.context, options));
    ls_options_destroy(options);
    ls_context_destroy(a.context);
    remove_run(in_directory("run"));
}

static void test_of_a_run(void **state)
{
    (void)state;
    asker a;
    ls_options *options = run_options();
    create_asking("results: ", &a); /* the last line before the first step */
    assert_fails(ls_run_train(a.context, options), LS_STOPPED, "after step 1; state saved");
    assert_ok(ls_run_train(a.context, options));
    ls_options_destroy(options);
    ls_context_destroy(a.context);
    remove_run(in_directory("run"));
}

/* A stop whose checkpoint cannot be written has ended the run all the same. */
static void test_of_a_run_that_cannot_save(void **state)
{
    (void)state;
    if (!has_faults())
        skip();
    asker a;
    ls_options *options = run_options();
    create_asking("results: ", &a);
    setenv("LOCKSTEP_FAULT", "checkpoint:0:output", 1);
    assert_fails(ls_run_train(a.context, options), LS_ERR_OUTPUT, "injected fault at checkpoint");
    unsetenv("LOCKSTEP_FAULT");
    assert_ok(ls_run_train(a.context, options));
    ls_options_destroy(options);
    ls_context_destroy(a.context);
    remove_run(in_directory("run"));
}

int main(void)
{
    api_data_make(&data);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_is_used_up),     cmocka_unit_test(test_trainers_of_one_context),
        cmocka_unit_test(test_between_epochs), cmocka_unit_test(test_in_the_last_step),
        cmocka_unit_test(test_of_a_callback),  cmocka_unit_test(test_before_a_run),
        cmocka_unit_test(test_of_a_run),       cmocka_unit_test(test_of_a_run_that_cannot_save)};
    return cmocka_run_group_tests(tests, directory_setup, directory_teardown);
}
