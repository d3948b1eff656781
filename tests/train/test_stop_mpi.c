/* Stop requests over ranks: one rank's stops the job of all, and no job after it. */
#include "api_data.h"
#include "mpi_test.h"

#include <lockstep_mpi.h>

static api_data data;

static ls_status count_rows(void *user, int64_t first, int64_t rows, const float *prediction)
{
    (void)first, (void)prediction;
    *(int64_t *)user += rows;
    return LS_OK;
}

/* The last rank asks; in predicting it is one that has no rows, since the first has room for all. */
static void test_one_rank_asks(ls_context *context, bool asks)
{
    ls_options *options;
    ls_dataset *dataset = NULL;
    ls_model *model = NULL;
    ls_trainer *trainer = NULL;
    ls_scores scores;
    ls_epoch epoch = {0};
    int64_t rows = 0;
    const ls_arrays arrays = api_data_classes(&data);
    CHECK_OK(ls_options_create(&options));
    ls_options_set(options, "layers", "8 relu, 3 softmax");
    ls_options_set(options, "batch_size", "50"); /* 6 steps an epoch */
    CHECK_OK(ls_dataset_from_arrays(context, &arrays, &dataset));
    CHECK_OK(ls_model_create(context, options, dataset, &model));
    CHECK_OK(ls_trainer_create(context, options, model, dataset, NULL, &trainer));
    ls_options_destroy(options);

    if (asks)
        ls_context_request_stop(context);
    CHECK_INT(ls_trainer_fit(trainer, NULL, NULL), LS_STOPPED);
    CHECK_CONTAINS(ls_error_message(), "after step 1");
    CHECK_OK(ls_trainer_step(trainer, NULL));
    if (asks)
        ls_context_request_stop(context);
    CHECK_INT(ls_evaluate(context, model, dataset, &scores), LS_STOPPED);
    CHECK_OK(ls_evaluate(context, model, dataset, &scores));
    if (asks)
        ls_context_request_stop(context);
    CHECK_INT(ls_predict(context, model, dataset, count_rows, &rows), LS_STOPPED);
    CHECK_INT(rows, 0);
    CHECK_OK(ls_predict(context, model, dataset, count_rows, &rows));
    CHECK_INT(rows, ls_context_rank(context) == 0 ? ROWS : 0);

    for (int i = 3; i < 6; i++)
        CHECK_OK(ls_trainer_step(trainer, NULL));
    if (asks)
        ls_context_request_stop(context);
    CHECK_OK(ls_trainer_fit(trainer, NULL, NULL)); /* one step, the last of all */
    CHECK_INT(ls_trainer_epoch(trainer, &epoch), LS_STOPPED);
    CHECK_CONTAINS(ls_error_message(), "after step 7");
    CHECK_OK(ls_trainer_epoch(trainer, &epoch));
    CHECK_INT(epoch.step, 12);
    ls_trainer_destroy(trainer);
    ls_model_destroy(model);
    ls_dataset_destroy(dataset);
}

int main(int argc, char **argv)
{
    ls_context *context;
    mpi_test_start(&argc, &argv);
    api_data_make(&data);
    CHECK_OK(ls_context_create_mpi(MPI_COMM_WORLD, NULL, &context));
    test_one_rank_asks(context, mpi_test_rank == mpi_test_size - 1);
    ls_context_destroy(context);
    return mpi_test_finish();
}
