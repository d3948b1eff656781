/* Jobs in which one call fails: memory that is not there, files that cannot be read or written, libhdf5 that refuses.
 * Each place that a job passes fails once. The job then ends with a message, or as if nothing had been; it keeps no
 * memory and no file open, and what it leaves under its final name is whole.
 *
 *   test_failing memory|files|hdf5 CALLERS [JOB [PLACE]]
 *
 * CALLERS: how many of a call's callers tell its places apart; more is more thorough, up to 6. */
#include "io_test.h"

#include "base/memory.h"
#include "failing_calls.h"

#include <lockstep.h>

#include <ftw.h>
#include <sys/stat.h>

static failing_kind kind;
static const char *only_job;
static int only_place = -1, callers;

/* ---- jobs ---- */

static ls_status set_all(ls_options *options, const char *const *pairs)
{
    ls_status status = LS_OK;
    for (; *pairs != NULL && status == LS_OK; pairs += 2)
        status = ls_options_set(options, pairs[0], pairs[1]);
    return status;
}

/* One thread, so that calls come in the same order. */
static ls_status make_context(ls_context **context)
{
    ls_context_settings settings;
    ls_context_settings_defaults(&settings);
    settings.threads = 1;
    return ls_context_create(&settings, context);
}

typedef ls_status (*work)(ls_context *context, ls_options *options);

static ls_status run_job(work function, const char *const *pairs)
{
    ls_options *options = NULL;
    ls_context *context = NULL;
    ls_status status = ls_options_create(&options);
    if (status == LS_OK)
        status = set_all(options, pairs);
    if (status == LS_OK)
        status = make_context(&context);
    if (status == LS_OK)
        status = function(context, options);
    ls_context_destroy(context);
    ls_options_destroy(options);
    return status;
}

static ls_status convert(ls_context *context, ls_options *options)
{
    return ls_run_convert(context, options);
}

static ls_status train(ls_context *context, ls_options *options)
{
    return ls_run_train(context, options);
}

/* What a job says on the screen is its result: one that fails says nothing. */
static void say(ls_status status, const char *text, const char *more)
{
    if (status != LS_OK)
        return;
    FILE *file = fopen("said", "w");
    assert_non_null(file);
    assert_true(fprintf(file, "%s%s", text, more) > 0);
    assert_int_equal(fclose(file), 0);
}

static ls_status info(ls_context *context, ls_options *options)
{
    (void)context;
    char *text = NULL;
    const ls_status status = ls_run_info(options, &text);
    say(status, text, "");
    ls_text_release(text);
    return status;
}

static ls_status tell(const ls_evaluation *evaluation)
{
    char *table = NULL, *json = NULL;
    ls_status status = ls_evaluation_table(evaluation, &table);
    if (status == LS_OK)
        status = ls_evaluation_json(evaluation, &json);
    say(status, table, json);
    ls_text_release(table);
    ls_text_release(json);
    return status;
}

static ls_status evaluate(ls_context *context, ls_options *options)
{
    ls_model *model = NULL;
    ls_dataset *rows = NULL;
    ls_evaluation *evaluation = NULL;
    ls_status status = ls_model_load(context, "run", &model);
    if (status == LS_OK)
        status = ls_dataset_open_for_model(context, options, model, &rows);
    if (status == LS_OK)
        status = ls_evaluation_create(context, options, model, rows, &evaluation);
    if (status == LS_OK)
        status = tell(evaluation);
    ls_evaluation_destroy(evaluation);
    ls_dataset_destroy(rows);
    ls_model_destroy(model);
    return status;
}

static ls_status predict(ls_context *context, ls_options *options)
{
    char output[LS_TEXT_MAX];
    ls_model *model = NULL;
    ls_dataset *rows = NULL;
    ls_status status = ls_options_get(options, "output", output, sizeof output);
    if (status == LS_OK)
        status = ls_model_load(context, "run", &model);
    if (status == LS_OK)
        status = ls_dataset_open_to_predict(context, options, model, &rows);
    if (status == LS_OK)
        status = ls_predict_file(context, model, rows, output, true);
    ls_dataset_destroy(rows);
    ls_model_destroy(model);
    return status;
}

/* What it makes is `result`, a file that is whole or not there, and `log`, which is whole after success. `from` is
 * copied to `out` before. */
typedef struct job {
    const char *name;
    work run;
    const char *from, *result, *log;
    const char *const *options;
} job;

#define OPTIONS(...)                                                                                                   \
    (const char *const[])                                                                                              \
    {                                                                                                                  \
        __VA_ARGS__, NULL                                                                                              \
    }
#define TRAINING                                                                                                       \
    "data", "table.h5", "layers",                                                                                      \
        "6 relu kernel_regularizer=l2(0.001), batch_normalization, dropout 0.1, residual(6 tanh), 2 softmax",          \
        "epochs", "2", "batch_size", "16", "normalize", "standard", "missing", "mean", "sample_weights", "/train/w",   \
        "validation_split", "0.25", "validation_method", "group", "validation_group", "/train/group", "optimizer",     \
        "adam", "metrics", "accuracy, f1_score", "checkpoint_every", "2 steps", "keep", "2", "early_stopping",         \
        "patience=1", "reduce_lr_on_plateau", "patience=1", "ema", "on", "log_every", "1"

static const job jobs[] = {
    {"convert", convert, NULL, "out.h5", NULL,
     OPTIONS("data", "table.csv", "output", "out.h5", "target", "kind", "weights", "w", "group", "g", "id", "name",
             "test_split", "0.25", "test_method", "group", "missing", "drop")},
    {"convert-like", convert, NULL, "out.h5", NULL,
     OPTIONS("data", "table.csv", "output", "out.h5", "like", "table.h5", "missing", "drop")},
    {"convert-svm", convert, NULL, "out.h5", NULL, OPTIONS("data", "rows.svm", "output", "out.h5")},
    {"convert-arrays", convert, NULL, "out.h5", NULL,
     OPTIONS("data", "x.npy", "output", "out.h5", "target", "y.npy", "test_split", "0.2", "test_method", "stratified")},
    {"train", train, NULL, "out/model.weights.h5", "out/log.csv", OPTIONS(TRAINING, "output", "out")},
    {"train-stream", train, NULL, "out/model.weights.h5", "out/log.csv",
     OPTIONS("data", "arrays.h5", "layers", "4 relu, 3 softmax", "epochs", "1", "batch_size", "16", "memory", "1KB",
             "shuffle", "on", "output", "out")},
    {"resume", train, "run", "out/model.weights.h5", "out/log.csv",
     OPTIONS("resume", "on", "output", "out", "epochs", "3")},
    {"evaluate", evaluate, NULL, "said", NULL, OPTIONS("data", "table.h5", "part", "test")},
    {"evaluate-table", evaluate, NULL, "said", NULL, OPTIONS("data", "table.csv", "missing", "drop")},
    {"predict", predict, NULL, "out.csv", NULL, OPTIONS("data", "table.csv", "output", "out.csv")},
    {"predict-hdf5", predict, NULL, "out.h5", NULL, OPTIONS("data", "table.h5", "part", "test", "output", "out.h5")},
    {"info", info, NULL, "said", NULL, OPTIONS("data", "table.h5", "json", "on")},
    {"info-run", info, NULL, "said", NULL, OPTIONS("data", "run")},
    {"info-model", info, NULL, "said", NULL, OPTIONS("data", "run/model.weights.h5", "json", "on")},
};

/* ---- what they start from ---- */

static int remove_one(const char *path, const struct stat *info, int type, struct FTW *walk)
{
    (void)info, (void)type, (void)walk;
    return remove(path);
}

static void remove_all(const char *path)
{
    (void)nftw(path, remove_one, 8, FTW_DEPTH | FTW_PHYS);
}

/* A table with all that columns can be. */
static void write_table(void)
{
    FILE *file = fopen("table.csv", "w");
    assert_non_null(file);
    fprintf(file, "a,b,colour,day,w,g,name,kind\n");
    for (int i = 0; i < 60; i++)
        fprintf(file, "%d.%d,%s%d,%s,2024-0%d-1%d,1.%d,g%d,n%d,%s\n", i % 7, i % 10, i % 9 == 4 ? "" : "-",
                i % 9 == 4 ? 1 : i, i % 3 == 0 ? "red" : "\"blue, \"\"light\"\"\"", i % 9 + 1, i % 9, i % 5, i % 12, i,
                i % 20 == 11 ? ""
                : i % 2      ? "yes"
                             : "no");
    assert_int_equal(fclose(file), 0);
}

static void write_svm(void)
{
    FILE *file = fopen("rows.svm", "w");
    assert_non_null(file);
    for (int i = 0; i < 30; i++)
        fprintf(file, "%d 1:%d.5 %d:1 # one\n", i % 2 ? 1 : -1, i, 2 + i % 4);
    assert_int_equal(fclose(file), 0);
}

static void write_array(const char *path, const char *type, const char *shape, const void *values, size_t bytes)
{
    char header[128];
    const int length =
        snprintf(header, sizeof header, "\x93NUMPY%c%c%c%c{'descr': '%s', 'fortran_order': False, 'shape': %s, }", 1, 0,
                 118, 0, type, shape);
    memset(header + length, ' ', sizeof header - (size_t)length);
    header[127] = '\n';
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    assert_int_equal(fwrite(header, sizeof header, 1, file), 1);
    assert_int_equal(fwrite(values, bytes, 1, file), 1);
    assert_int_equal(fclose(file), 0);
}

static void write_arrays(void)
{
    double x[50][3];
    int32_t y[50];
    for (int i = 0; i < 50; i++) {
        y[i] = i % 3;
        for (int k = 0; k < 3; k++)
            x[i][k] = (i * 7 + k * 5) % 11 / 4.0 + (k == i % 3);
    }
    write_array("x.npy", "<f8", "(50, 3)", x, sizeof x);
    write_array("y.npy", "<i4", "(50,)", y, sizeof y);
}

static void check(ls_status status)
{
    if (status != LS_OK)
        fail_msg("status %d: %s", status, ls_error_message());
}

static int set_up(void **state)
{
    if (directory_setup(state) != 0 || chdir(test_directory) != 0)
        return -1;
    write_table();
    write_svm();
    write_arrays();
    check(run_job(convert, jobs[0].options));
    assert_int_equal(rename("out.h5", "table.h5"), 0);
    check(run_job(convert, jobs[3].options));
    assert_int_equal(rename("out.h5", "arrays.h5"), 0);
    check(run_job(train, OPTIONS(TRAINING, "output", "run")));
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    remove_all(test_directory);
    return 0;
}

/* ---- one job ---- */

/* Bytes of a file; count -1: it is not there. */
typedef struct bytes {
    unsigned char *all;
    size_t count;
    bool there;
} bytes;

static bytes bytes_of(const char *path)
{
    bytes b = {.there = path != NULL && access(path, F_OK) == 0};
    if (b.there)
        b.all = read_bytes(path, &b.count);
    return b;
}

static bool same(const bytes *a, const bytes *b)
{
    return a->there == b->there && a->count == b->count && (a->count == 0 || memcmp(a->all, b->all, a->count) == 0);
}

static void prepare(const job *j)
{
    char command[128];
    remove_all("out");
    remove_all("out.h5");
    remove_all("out.csv");
    remove_all("said");
    if (j->from == NULL)
        return;
    (void)snprintf(command, sizeof command, "cp -r %s out", j->from);
    assert_int_equal(system(command), 0);
}

static int open_files(void)
{
    int files = 0;
    DIR *directory = opendir("/proc/self/fd");
    assert_non_null(directory);
    while (readdir(directory) != NULL)
        files++;
    (void)closedir(directory);
    return files;
}

typedef struct before {
    bytes result, log, old; /* without a failure; what was there at the beginning */
    int64_t memory;
    int files;
} before;

/* What a type is, asked where the answer is yes or no only: libhdf5 does not fail in it while the type is open. */
static bool is_question(const char *name)
{
    return strncmp(name, "H5Tget_", 7) == 0;
}

/* What is wrong after a job with a failing call, NULL: nothing. */
static const char *complaint(const job *j, const before *b, const char *failing, ls_status status)
{
    const char *wrong = NULL;
    bytes result = bytes_of(j->result), log = bytes_of(j->log);
    if (status == LS_OK && !is_question(failing) && (!same(&result, &b->result) || !same(&log, &b->log)))
        wrong = "says that all is well, with another result";
    else if (status != LS_OK && result.there && !same(&result, &b->result) && !same(&result, &b->old))
        wrong = "leaves a result that is none";
    else if (status != LS_OK && ls_error_message()[0] == '\0')
        wrong = "says nothing";
    else if (open_files() != b->files)
        wrong = "keeps a file open";
    free(result.all);
    free(log.all);
    return wrong;
}

static int try_place(const job *j, before *b, int place)
{
    prepare(j);
    failing_calls_fail(place);
    const ls_status status = run_job(j->run, j->options);
    (void)failing_calls_end();
    const char *wrong = complaint(j, b, failing_calls_name(place), status);
    char message[4096];
    (void)snprintf(message, sizeof message, "%s", status != LS_OK ? ls_error_message() : "");
    if (wrong == NULL && ls_memory_used() != b->memory)
        wrong = "keeps memory";
    if (wrong == NULL)
        return 0;
    print_error("%s, place %d: %s fails, and the job %s (%d: %s; %lld bytes more)\n", j->name, place,
                failing_calls_name(place), wrong, status, message, (long long)(ls_memory_used() - b->memory));
    failing_calls_explain(place);
    b->files = open_files(); /* each is told once */
    b->memory = ls_memory_used();
    return 1;
}

/* Those of its places that no job before it has passed. */
static int try_job(const job *j)
{
    static int known;
    before b;
    int wrong = 0;
    prepare(j);
    b.old = bytes_of(j->result);
    check(run_job(j->run, j->options)); /* what is kept for good is there then */
    prepare(j);
    failing_calls_record(kind, callers);
    check(run_job(j->run, j->options));
    const int first = known;
    known = failing_calls_end();
    b.result = bytes_of(j->result);
    b.log = bytes_of(j->log);
    b.memory = ls_memory_used();
    b.files = open_files();
    print_message("%s: %d places\n", j->name, known - first);
    for (int i = first; i < known; i++)
        if ((only_place < 0 || i == only_place) && (only_job == NULL || strcmp(only_job, j->name) == 0))
            wrong += try_place(j, &b, i);
    free(b.result.all);
    free(b.log.all);
    free(b.old.all);
    return wrong;
}

static void test_jobs(void **state)
{
    (void)state;
    int wrong = 0;
    for (int i = 0; i < ITEMS(jobs); i++)
        wrong += try_job(&jobs[i]);
    assert_int_equal(wrong, 0);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_jobs)};
    const char *const kinds[] = {"memory", "files", "hdf5"};
    for (int i = 0; i < ITEMS(kinds); i++)
        if (argc > 1 && strcmp(argv[1], kinds[i]) == 0)
            kind = (failing_kind)i;
    callers = argc > 2 ? (int)strtol(argv[2], NULL, 10) : 3;
    only_job = argc > 3 ? argv[3] : NULL;
    only_place = argc > 4 ? (int)strtol(argv[4], NULL, 10) : -1;
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
