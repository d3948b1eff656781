/* Models from a run's directory: damage is passed over with a word, nothing else is, and no file there is believed
 * without its seal. */
#include "faults.h"
#include "io_test.h"

#include "store/sealed.h"

enum { WEIGHTS = 64 * 10 };

/* So many allocations in a row that fail without consequence, or are never made, end the search. */
enum { HARMLESS = 10 };

static char said[4096]; /* the log's lines */

static void hear(void *user, ls_log_level level, const char *line)
{
    const size_t used = strlen(said);
    (void)user, (void)level;
    (void)snprintf(said + used, sizeof said - used, "%s\n", line);
}

static ls_context *start(void)
{
    ls_context *context;
    ls_context_settings settings;
    ls_context_settings_defaults(&settings);
    settings.log = hear;
    assert_ok(ls_context_create(&settings, &context));
    return context;
}

static const char *model_path(void)
{
    return in_directory("run/model.weights.h5");
}

static const char *checkpoint_path(int steps)
{
    char name[64];
    (void)snprintf(name, sizeof name, "run/checkpoints/step-%012d.h5", steps);
    return in_directory(name);
}

/* A finished run with checkpoints after 2, 4 and 6 steps. */
static void make_run(ls_context *context)
{
    ls_options *options;
    assert_ok(ls_options_create(&options));
    assert_ok(ls_options_set(options, "data", LS_TEST_DATA "/digits.h5"));
    assert_ok(ls_options_set(options, "layers", "10 softmax"));
    assert_ok(ls_options_set(options, "batch-size", "512")); /* 3 steps an epoch */
    assert_ok(ls_options_set(options, "checkpoint-every", "2 steps"));
    assert_ok(ls_options_set(options, "epochs", "2"));
    assert_ok(ls_options_set(options, "output", in_directory("run")));
    assert_ok(ls_options_set(options, "overwrite", "on"));
    assert_ok(ls_run_train(context, options));
    ls_options_destroy(options);
}

static void remove_run(void)
{
    char command[700];
    (void)snprintf(command, sizeof command, "rm -r '%s'", in_directory("run"));
    assert_int_equal(system(command), 0);
}

static void read_weights(ls_context *context, const char *path, float weights[WEIGHTS])
{
    ls_model *model;
    said[0] = '\0';
    assert_ok(ls_model_load(context, path, &model));
    assert_ok(ls_model_get(model, 0, weights));
    ls_model_destroy(model);
}

/* The file no longer begins as a sealed one, and one bit of its weights is another. libhdf5 has no complaint. */
static void damage(ls_context *context, const char *path)
{
    float weights[WEIGHTS];
    size_t count, at = 0;
    read_weights(context, path, weights);
    unsigned char *bytes = read_bytes(path, &count);
    while (at + sizeof weights <= count && memcmp(bytes + at, weights, sizeof weights) != 0)
        at++;
    assert_true(at + sizeof weights <= count);
    bytes[0] = 'X';
    bytes[at] ^= 1;
    write_bytes(path, bytes, count);
    free(bytes);
}

static void assert_said(const char *part)
{
    if (strstr(said, part) == NULL)
        print_error("the log is \"%s\", which lacks \"%s\"\n", said, part);
    assert_non_null(strstr(said, part));
}

static void test_damaged_first_byte(void **state)
{
    (void)state;
    float weights[WEIGHTS], expected[WEIGHTS];
    char *text;
    ls_context *context = start();
    make_run(context);
    read_weights(context, model_path(), expected);
    damage(context, model_path());
    read_weights(context, in_directory("run"), weights);
    assert_said("model.weights.h5: is damaged: its first 512 bytes");
    assert_said("; looking for a checkpoint");
    assert_said("step-000000000006.h5");
    assert_memory_equal(weights, expected, sizeof weights);
    assert_fails(ls_describe_file(in_directory("run"), &text), LS_ERR_OUTPUT, "is damaged: its first 512 bytes");

    read_weights(context, checkpoint_path(4), expected);
    damage(context, checkpoint_path(6));
    read_weights(context, in_directory("run"), weights);
    assert_said("checkpoint skipped: ");
    assert_said("step-000000000006.h5: is damaged: its first 512 bytes");
    assert_said("step-000000000004.h5");
    assert_memory_equal(weights, expected, sizeof weights);

    /* also one that the user names: it had a seal */
    ls_model *model;
    assert_fails(ls_model_load(context, model_path(), &model), LS_ERR_OUTPUT, "is damaged: its first 512 bytes");
    assert_fails(ls_describe_file(model_path(), &text), LS_ERR_OUTPUT, "is damaged: its first 512 bytes");
    remove_run();
    ls_context_destroy(context);
}

/* A good seal around something that is no checkpoint. */
static void test_other_contents(void **state)
{
    (void)state;
    float weights[WEIGHTS];
    ls_sealed sealed;
    ls_context *context = start();
    make_run(context);
    assert_int_equal(unlink(model_path()), 0);
    assert_ok(ls_sealed_create(checkpoint_path(6), &sealed));
    assert_ok(ls_sealed_commit(&sealed));
    read_weights(context, in_directory("run"), weights);
    assert_said("checkpoint skipped: ");
    assert_said("there is no group /lockstep");
    assert_said("step-000000000004.h5");
    remove_run();
    ls_context_destroy(context);
}

/* What has no memory to read the newest file says so; an older one holds other weights. */
static void search_allocations(ls_context *context)
{
    int failed = 0, harmless = 0;
    for (int i = 1; harmless < HARMLESS; i++) {
        char fault[64];
        ls_model *model;
        said[0] = '\0';
        (void)snprintf(fault, sizeof fault, "memory:0:memory:%d", i);
        setenv("LOCKSTEP_FAULT", fault, 1);
        const ls_status status = ls_model_load(context, in_directory("run"), &model);
        unsetenv("LOCKSTEP_FAULT");
        if (status != LS_OK)
            assert_fails(status, LS_ERR_MEMORY, "injected fault at memory");
        assert_null(strstr(said, "injected fault"));
        ls_model_destroy(model);
        failed += status != LS_OK;
        harmless = status == LS_OK ? harmless + 1 : 0;
    }
    assert_true(failed > 10);
}

static void test_no_memory(void **state)
{
    (void)state;
    if (!has_faults())
        skip();
    ls_context *context = start();
    make_run(context);
    search_allocations(context);
    assert_int_equal(unlink(model_path()), 0);
    search_allocations(context);
    remove_run();
    ls_context_destroy(context);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_damaged_first_byte), cmocka_unit_test(test_other_contents),
                                       cmocka_unit_test(test_no_memory)};
    return cmocka_run_group_tests(tests, directory_setup, directory_teardown);
}
