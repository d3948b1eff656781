/* The public API over the caller's communicator: a part of the ranks trains, the others train something else at the
 * same time, and everybody gets the bits that one rank without MPI gets. What is wrong on one rank is an error on all
 * of them. */
#include "api_data.h"
#include "mpi_test.h"

#include <lockstep_mpi.h>

#include <string.h>

static api_data data;

/* Kernel of the first layer after training on `context`, and a prediction and score made with all ranks of it. */
typedef struct outcome {
    float kernel[FEATURES * 24];
    float prediction[ROWS * 3];
    double loss;
} outcome;

static ls_status keep_rows(void *user, int64_t first, int64_t rows, const float *prediction)
{
    memcpy((float *)user + first * 3, prediction, (size_t)rows * 3 * sizeof(float));
    return LS_OK;
}

static ls_status train(ls_context *context, int64_t seed, outcome *result)
{
    ls_options *options;
    ls_dataset *dataset = NULL;
    ls_model *model = NULL;
    ls_trainer *trainer = NULL;
    ls_scores scores = {0};
    char number[32];
    const ls_arrays arrays = api_data_classes(&data);
    if (ls_options_create(&options) != LS_OK)
        return LS_ERR_MEMORY;
    ls_options_set(options, "layers", "24 tanh, dropout 0.25, 3 softmax");
    ls_options_set(options, "epochs", "3");
    ls_options_set(options, "batch_size", "70");
    ls_options_set(options, "normalize", "standard");
    snprintf(number, sizeof number, "%lld", (long long)seed);
    ls_options_set(options, "seed", number);
    ls_status status = ls_dataset_from_arrays(context, &arrays, &dataset);
    if (status == LS_OK)
        status = ls_model_create(context, options, dataset, &model);
    if (status == LS_OK)
        status = ls_trainer_create(context, options, model, dataset, NULL, &trainer);
    if (status == LS_OK)
        status = ls_trainer_fit(trainer, NULL, NULL);
    if (status == LS_OK)
        status = ls_evaluate(context, model, dataset, &scores);
    if (status == LS_OK)
        status = ls_predict(context, model, dataset, keep_rows, result->prediction);
    if (status == LS_OK)
        status = ls_model_get(model, 0, result->kernel);
    result->loss = scores.value[0];
    ls_options_destroy(options);
    ls_trainer_destroy(trainer);
    ls_model_destroy(model);
    ls_dataset_destroy(dataset);
    return status;
}

/* Even and odd ranks of the world train different seeds side by side. */
static void test_two_communicators(int rank)
{
    static outcome alone, together;
    const int64_t seed = 100 + rank % 2;
    MPI_Comm half;
    ls_context *context;
    memset(&alone, 0, sizeof alone);
    memset(&together, 0, sizeof together);
    CHECK_INT(ls_context_create(NULL, &context), LS_OK);
    CHECK_INT(train(context, seed, &alone), LS_OK);
    ls_context_destroy(context);

    MPI_Comm_split(MPI_COMM_WORLD, rank % 2, -rank, &half); /* in reverse order */
    CHECK_INT(ls_context_create_mpi(half, NULL, &context), LS_OK);
    CHECK_INT(train(context, seed, &together), LS_OK);
    CHECK_INT(memcmp(alone.kernel, together.kernel, sizeof alone.kernel), 0);
    CHECK_DOUBLE(together.loss, alone.loss);
    if (ls_context_rank(context) == 0)
        CHECK_INT(memcmp(alone.prediction, together.prediction, sizeof alone.prediction), 0);
    ls_context_destroy(context);
    MPI_Comm_free(&half);
}

/* A row that is not a number on the last rank only. */
static void test_one_bad_rank(int rank, int size)
{
    static outcome unused;
    ls_context *context;
    const float kept = data.x[(ROWS - 1) * FEATURES + 2];
    if (rank == size - 1)
        data.x[(ROWS - 1) * FEATURES + 2] = NAN;
    CHECK_INT(ls_context_create_mpi(MPI_COMM_WORLD, NULL, &context), LS_OK);
    CHECK_INT(train(context, 1, &unused), LS_ERR_DATA);
    CHECK_CONTAINS(ls_error_message(), "array x row 299, column 2 is nan; 1 value in 1 of the 300 rows");
    data.x[(ROWS - 1) * FEATURES + 2] = kept;
    ls_context_destroy(context);
}

/* Callers agree on local work of their own. */
static void test_agreement(int rank, int size)
{
    ls_context *context;
    ls_options *options;
    CHECK_INT(ls_options_create(&options), LS_OK);
    CHECK_INT(ls_context_create_mpi(MPI_COMM_WORLD, NULL, &context), LS_OK);
    CHECK_INT(ls_context_size(context), size);
    CHECK_INT(ls_context_agree(context, LS_OK), LS_OK);
    const ls_status mine = rank == size / 2 ? ls_options_set(options, "epochs", "many") : LS_OK;
    CHECK_INT(ls_context_agree(context, mine), LS_ERR_USAGE);
    CHECK_CONTAINS(ls_error_message(), "'many'");
    ls_context_destroy(context);
    ls_options_destroy(options);
}

/* Fortran's handle of a communicator is as good as C's. */
static void test_fortran(int rank, int size)
{
    ls_context *context;
    MPI_Comm half;
    MPI_Comm_split(MPI_COMM_WORLD, rank % 2, rank, &half);
    CHECK_INT(ls_context_create_fortran(MPI_Comm_c2f(half), NULL, &context), LS_OK);
    CHECK_INT(ls_context_size(context), (size + (rank % 2 == 0)) / 2);
    CHECK_INT(ls_context_rank(context), rank / 2);
    ls_context_destroy(context);
    MPI_Comm_free(&half);
}

int main(int argc, char **argv)
{
    mpi_test_start(&argc, &argv);
    api_data_make(&data);
    test_two_communicators(mpi_test_rank);
    test_one_bad_rank(mpi_test_rank, mpi_test_size);
    test_agreement(mpi_test_rank, mpi_test_size);
    test_fortran(mpi_test_rank, mpi_test_size);
    return mpi_test_finish();
}
