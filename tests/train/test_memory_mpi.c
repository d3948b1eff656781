/* One rank alone gets no memory: at its first allocation, its second, and so on through a whole life of a context. All
 * ranks hear of it with the same status; none is left in a collective that the failing one skipped, which would show as
 * LS_ERR_PEER. */
#include "api_data.h"
#include "faults.h"
#include "mpi_test.h"

#include <lockstep_mpi.h>

#include <stdio.h>
#include <stdlib.h>

/* So many allocations in a row that fail without consequence, or are never made, end the search. */
enum { HARMLESS = 10 };

static api_data data;

static ls_status drop_rows(void *user, int64_t first, int64_t rows, const float *prediction)
{
    (void)user, (void)first, (void)rows, (void)prediction;
    return LS_OK;
}

/* What is tried; `directory` is for jobs that need one. */
typedef ls_status (*job)(ls_context *context, const char *directory);

static ls_status train(ls_context *context, bool classes)
{
    ls_options *options = NULL;
    ls_dataset *dataset = NULL;
    ls_model *model = NULL;
    ls_trainer *trainer = NULL;
    ls_scores scores;
    int64_t dropped;
    const ls_arrays arrays = classes ? api_data_classes(&data) : api_data_regression(&data);
    ls_status status = ls_context_agree(context, ls_options_create(&options));
    if (status != LS_OK) {
        ls_options_destroy(options);
        return status;
    }
    ls_options_set(options, "layers", classes ? "4 relu, 3 softmax" : "4 relu kernel_regularizer=l1_l2(0.1 0.1), 1");
    ls_options_set(options, "batch_size", "100");
    ls_options_set(options, "normalize", "standard");
    ls_options_set(options, "missing", classes ? "mean" : "error");
    ls_options_set(options, "class_weights", classes ? "balanced" : "");
    status = ls_context_agree(context, ls_dataset_from_arrays(context, &arrays, &dataset));
    if (status == LS_OK)
        status = ls_dataset_drop_missing(context, dataset, &dropped);
    if (status == LS_OK)
        status = ls_model_create(context, options, dataset, &model);
    if (status == LS_OK)
        status = ls_trainer_create(context, options, model, dataset, dataset, &trainer);
    if (status == LS_OK)
        status = ls_trainer_fit(trainer, NULL, NULL);
    if (status == LS_OK)
        status = ls_evaluate(context, model, dataset, &scores);
    if (status == LS_OK)
        status = ls_predict(context, model, dataset, drop_rows, NULL);
    ls_options_destroy(options);
    ls_trainer_destroy(trainer);
    ls_model_destroy(model);
    ls_dataset_destroy(dataset);
    return status;
}

static ls_status classify(ls_context *context, const char *directory)
{
    (void)directory;
    return train(context, true);
}

static ls_status regress(ls_context *context, const char *directory)
{
    (void)directory;
    return train(context, false);
}

/* The name of something in `directory`, which is a short one. */
typedef struct name {
    char text[128];
} name;

static name in(const char *directory, const char *file)
{
    name n;
    (void)snprintf(n.text, sizeof n.text, "%s/%s", directory, file);
    return n;
}

/* The program's jobs over the same file: rows chosen, checkpoints beside training, and gone on from there. */
static ls_status run(ls_context *context, const char *directory)
{
    ls_options *options = NULL;
    ls_status status = ls_context_agree(context, ls_options_create(&options));
    if (status != LS_OK) {
        ls_options_destroy(options);
        return status;
    }
    ls_options_set(options, "data", LS_TEST_DATA "/digits.h5");
    ls_options_set(options, "layers", "10 softmax");
    ls_options_set(options, "batch_size", "512");
    ls_options_set(options, "missing", "drop");
    ls_options_set(options, "validation_split", "0.25");
    ls_options_set(options, "validation_method", "stratified");
    ls_options_set(options, "output", in(directory, "run").text);
    ls_options_set(options, "overwrite", "on");
    ls_options_set(options, "checkpoint_every", "2 steps");
    ls_options_set(options, "checkpoint_async", "on");
    status = ls_run_train(context, options);
    ls_options_set(options, "overwrite", "off");
    ls_options_set(options, "resume", "on");
    ls_options_set(options, "epochs", "2");
    if (status == LS_OK)
        status = ls_run_train(context, options);
    ls_options_destroy(options);
    return status;
}

/* Rank 0 alone: a table, what convert makes of it, and a run of that. */
static void make_table_run(const char *directory)
{
    ls_context *context = NULL;
    ls_options *options = NULL;
    const name table = in(directory, "table.csv"), converted = in(directory, "table.h5");
    FILE *file = fopen(table.text, "w");
    CHECK_TRUE(file != NULL);
    (void)fputs("name,width,colour,kind\n", file);
    for (int r = 0; r < 90; r++)
        (void)fprintf(file, "n%d,%d,%s,%s\n", r, r % 7, r % 2 ? "red" : "blue", r % 3 ? "cat" : "dog");
    CHECK_INT(fclose(file), 0);
    CHECK_OK(ls_context_create(NULL, &context));
    CHECK_OK(ls_options_create(&options));
    ls_options_set(options, "data", table.text);
    ls_options_set(options, "target", "kind");
    ls_options_set(options, "id", "name");
    ls_options_set(options, "output", converted.text);
    CHECK_OK(ls_run_convert(context, options));
    ls_options_reset(options, "target");
    ls_options_reset(options, "id");
    ls_options_set(options, "data", converted.text);
    ls_options_set(options, "layers", "4 relu, 2 softmax");
    ls_options_set(options, "output", in(directory, "table").text);
    CHECK_OK(ls_run_train(context, options));
    ls_options_destroy(options);
    ls_context_destroy(context);
}

/* What evaluate and predict do: the model of a run, saved and loaded once more, with a table read through it. */
static ls_status score(ls_context *context, const char *directory)
{
    ls_options *options = NULL;
    ls_model *trained = NULL, *model = NULL;
    ls_dataset *dataset = NULL;
    ls_scores scores;
    ls_status status = ls_context_agree(context, ls_options_create(&options));
    if (status != LS_OK) {
        ls_options_destroy(options);
        return status;
    }
    ls_options_set(options, "data", in(directory, "table.csv").text);
    status = ls_model_load(context, in(directory, "table").text, &trained);
    if (status == LS_OK)
        status = ls_model_save(context, trained, in(directory, "saved.h5").text);
    if (status == LS_OK)
        status = ls_model_load(context, in(directory, "saved.h5").text, &model);
    if (status == LS_OK)
        status = ls_dataset_open_for_model(context, options, model, &dataset);
    if (status == LS_OK)
        status = ls_evaluate(context, model, dataset, &scores);
    if (status == LS_OK)
        status = ls_predict_file(context, model, dataset, in(directory, "predicted.h5").text, true);
    if (status == LS_OK)
        status = ls_predict_file(context, model, dataset, in(directory, "predicted.csv").text, true);
    ls_options_destroy(options);
    ls_dataset_destroy(dataset);
    ls_model_destroy(model);
    ls_model_destroy(trained);
    return status;
}

/* Whether all ranks ended in the same way, with this allocation failing on `rank`. */
static bool same_end(int rank, int allocation, job work, const char *directory, ls_status *status)
{
    char fault[64];
    ls_context_settings settings;
    ls_context *context = NULL;
    ls_context_settings_defaults(&settings);
    settings.threads = 1;
    settings.kernels = "portable";
    settings.hang_timeout = 60;
    snprintf(fault, sizeof fault, "memory:%d:memory:%d", rank, allocation);
    setenv("LOCKSTEP_FAULT", fault, 1);
    *status = ls_context_create_mpi(MPI_COMM_WORLD, &settings, &context);
    if (*status == LS_OK)
        *status = work(context, directory);
    unsetenv("LOCKSTEP_FAULT");
    int mine[2] = {(int)*status, -(int)*status}, most[2];
    if (*status == LS_ERR_PEER) { /* the others may be anywhere: there is nothing more to agree on */
        MPI_TEST_FAILED_("rank %d's allocation %d fails: %s", rank, allocation, ls_error_message());
        MPI_Abort(MPI_COMM_WORLD, 1);
    }
    MPI_Allreduce(mine, most, 2, MPI_INT, MPI_MAX, MPI_COMM_WORLD);
    ls_context_destroy(context);
    return most[0] == -most[1];
}

/* Each `stride`-th allocation of a job in a context of its own; there are at least so many. */
static void test_allocations(int rank, int stride, int least, job work, const char *directory)
{
    int failed = 0, harmless = 0;
    for (int i = 1; harmless < HARMLESS; i += stride) {
        ls_status status;
        if (!mpi_test_count(same_end(rank, i, work, directory, &status)))
            MPI_TEST_FAILED_("rank %d's allocation %d fails: status %d here: %s", rank, i, (int)status,
                             ls_error_message());
        if (status != LS_OK)
            CHECK_INT(status, LS_ERR_MEMORY);
        failed += status != LS_OK;
        harmless = status == LS_OK ? harmless + 1 : 0;
    }
    CHECK_TRUE(failed * stride >= least);
}

int main(int argc, char **argv)
{
    char directory[] = "/tmp/lockstep-memory-XXXXXX", command[64];
    mpi_test_start(&argc, &argv);
    api_data_make(&data);
    CHECK_TRUE(true);
    if (has_faults()) {
        const int stride = argc > 1 ? atoi(argv[1]) : 17; /* through a run, which makes some hundreds */
        test_allocations(mpi_test_size - 1, 1, 150, classify, NULL);
        test_allocations(0, 1, 150, regress, NULL);
        CHECK_TRUE(mpi_test_rank != 0 || mkdtemp(directory) != NULL);
        MPI_Bcast(directory, sizeof directory, MPI_CHAR, 0, MPI_COMM_WORLD);
        test_allocations(mpi_test_size - 1, stride, 150, run, directory);
        test_allocations(0, stride, 150, run, directory);
        if (mpi_test_rank == 0)
            make_table_run(directory);
        MPI_Barrier(MPI_COMM_WORLD);
        test_allocations(mpi_test_size - 1, 1, 100, score, directory);
        test_allocations(0, 1, 150, score, directory);
        (void)snprintf(command, sizeof command, "rm -r %s", directory);
        CHECK_TRUE(mpi_test_rank != 0 || system(command) == 0);
    }
    return mpi_test_end();
}
