/* Where the time went, by a clock that moves on by a tick whenever it is read: no tick of the loop is told twice, and
 * few of a step are not told at all, whatever travels beside the passes. */
#include "api_data.h"
#include "mpi_test.h"

#include "context/context.h"
#include "train/trainer.h"

#include <lockstep_mpi.h>

#define TICK 0x1p-10 /* s; sums of such are exact */

double __wrap_ls_clock(void);

enum { IN_MPI = 100 };
static int64_t ticks, in_mpi; /* all, and those of them that MPI took */

double __wrap_ls_clock(void)
{
    return TICK * (double)++ticks;
}

int MPI_Test(MPI_Request *request, int *flag, MPI_Status *status)
{
    ticks += IN_MPI;
    in_mpi += IN_MPI;
    return PMPI_Test(request, flag, status);
}

typedef struct recipe {
    const char *name, *key, *value;
} recipe;

static const recipe recipes[] = {
    {"plain", NULL, NULL},
    {"often compared", "check_every", "1"},
    {"lengths", "optimizer", "adam clipnorm=0.1"},
    {"penalty", "kernel_regularizer", "l2"},
    {"statistics", "layers", "256 relu, batch_normalization, 256 relu, 3 softmax"},
};

static ls_status make(ls_context *context, const recipe *r, const api_data *data, ls_dataset **dataset,
                      ls_model **model, ls_trainer **trainer)
{
    ls_options *options;
    const ls_arrays arrays = api_data_classes(data);
    CHECK_OK(ls_options_create(&options));
    CHECK_OK(ls_options_set(options, "layers", "256 relu, 256 relu, 256 relu, 3 softmax"));
    CHECK_OK(ls_options_set(options, "batch_size", "50"));
    CHECK_OK(ls_options_set(options, "epochs", "3"));
    if (r->key)
        CHECK_OK(ls_options_set(options, r->key, r->value));
    CHECK_OK(ls_dataset_from_arrays(context, &arrays, dataset));
    CHECK_OK(ls_model_create(context, options, *dataset, model));
    const ls_status status = ls_trainer_create(context, options, *model, *dataset, *dataset, trainer);
    ls_options_destroy(options);
    return status;
}

/* One training: what is told lies in 0 .. all, and near all; what a rank did by itself is none of what MPI took. */
static void check_training(ls_context *context, const char *scheme, const recipe *r, const api_data *data)
{
    ls_dataset *dataset = NULL;
    ls_model *model = NULL;
    ls_trainer *trainer = NULL;
    if (make(context, r, data, &dataset, &model, &trainer) == LS_OK) {
        const int64_t before = ticks, before_in_mpi = in_mpi;
        CHECK_OK(ls_trainer_fit(trainer, NULL, NULL));
        const double all = TICK * (double)(ticks - before), mpi = TICK * (double)(in_mpi - before_in_mpi);
        const double *spent = trainer->spent.seconds, own = spent[LS_SPENT_DATA] + spent[LS_SPENT_COMPUTE];
        double told = 0;
        bool below = false;
        for (int kind = 0; kind < LS_SPENT_KINDS; kind++) {
            told += spent[kind];
            below |= spent[kind] < 0;
        }
        /* 18 steps, each with some readings between what begins and ends */
        if (!mpi_test_count(!below && told <= all && told >= all - 18 * 10 * TICK && own <= all - mpi)) {
            fprintf(stderr, "rank %d of %d, %s, %s: of %.0f ticks, %.0f in MPI, %.0f are told:", mpi_test_rank,
                    mpi_test_size, scheme, r->name, all / TICK, mpi / TICK, told / TICK);
            for (int kind = 0; kind < LS_SPENT_KINDS; kind++)
                fprintf(stderr, " %s %.0f", ls_spent_name((ls_spent_kind)kind), spent[kind] / TICK);
            fprintf(stderr, "\n");
        }
        CHECK_TRUE((spent[LS_SPENT_WAIT] > 0) == (mpi_test_size > 1));
    } else {
        CHECK_CONTAINS(ls_error_message(), "--reduction buckets needs"); /* on all ranks */
    }
    ls_trainer_destroy(trainer);
    ls_model_destroy(model);
    ls_dataset_destroy(dataset);
}

static void check_scheme(const char *scheme, const api_data *data)
{
    ls_context *context;
    ls_context_settings settings;
    ls_context_settings_defaults(&settings);
    settings.reduction = scheme;
    settings.hang_timeout = 0; /* it would go by the same clock */
    settings.threads = 1;
    CHECK_OK(ls_context_create_mpi(MPI_COMM_WORLD, &settings, &context));
    for (size_t i = 0; i < sizeof recipes / sizeof *recipes; i++)
        check_training(context, scheme, &recipes[i], data);
    ls_context_destroy(context);
}

int main(int argc, char **argv)
{
    static api_data data;
    mpi_test_start(&argc, &argv);
    api_data_make(&data);
    check_scheme("direct", &data);
    if ((mpi_test_size & (mpi_test_size - 1)) == 0) {
        check_scheme("halving", &data);
        check_scheme("doubling", &data);
        check_scheme("buckets", &data);
    }
    return mpi_test_finish();
}
