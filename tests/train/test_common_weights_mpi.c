/* Weights that the ranks of a host have in common: when they do, that training and what comes behind it give what
 * copies give, and that each has its own again afterwards. */
#include "api_data.h"
#include "faults.h"
#include "mpi_test.h"

#include "train/checkpoint.h"
#include "train/model.h"
#include "train/trainer.h"

#include <lockstep_mpi.h>

#include <stdlib.h>

enum { UNITS = 600 }; /* too many weights for a scheme in which everybody owns all */

static api_data data;

static ls_context *open_context(const char *reduction)
{
    ls_context_settings settings;
    ls_context *context = NULL;
    ls_context_settings_defaults(&settings);
    settings.threads = 1;
    settings.reduction = reduction;
    CHECK_OK(ls_context_create_mpi(MPI_COMM_WORLD, &settings, &context));
    return context;
}

typedef struct training {
    ls_context *context;
    ls_dataset *dataset;
    ls_model *model;
    ls_trainer *trainer;
} training;

static void make(training *t, const char *layers, const char *optimizer)
{
    ls_options *options;
    const ls_arrays arrays = api_data_classes(&data);
    CHECK_OK(ls_dataset_from_arrays(t->context, &arrays, &t->dataset));
    CHECK_OK(ls_options_create(&options));
    CHECK_OK(ls_options_set(options, "layers", layers));
    CHECK_OK(ls_options_set(options, "optimizer", optimizer));
    CHECK_OK(ls_options_set(options, "batch-size", "64"));
    CHECK_OK(ls_options_set(options, "epochs", "3"));
    CHECK_OK(
        ls_options_set(options, "early-stopping", "monitor=val_loss mode=max patience=50 restore_best_weights=true"));
    CHECK_OK(ls_model_create(t->context, options, t->dataset, &t->model));
    CHECK_OK(ls_trainer_create(t->context, options, t->model, t->dataset, t->dataset, &t->trainer));
    ls_options_destroy(options);
}

/* As a job has it. */
static training begin(const char *layers, const char *optimizer, const char *reduction)
{
    training t = {.context = open_context(reduction)};
    t.context->owns_models = true;
    make(&t, layers, optimizer);
    return t;
}

static void end(training *t)
{
    ls_trainer_destroy(t->trainer);
    ls_model_destroy(t->model);
    ls_dataset_destroy(t->dataset);
    ls_context_destroy(t->context);
}

/* Whether a number that rank 0 writes into the block is there on all ranks. */
static bool is_one_memory(ls_model *model)
{
    int seen, all;
    const float kept = model->block[0];
    MPI_Barrier(MPI_COMM_WORLD);
    if (mpi_test_rank == 0)
        model->block[0] = 12345;
    MPI_Barrier(MPI_COMM_WORLD);
    seen = model->block[0] == 12345;
    MPI_Allreduce(&seen, &all, 1, MPI_INT, MPI_MIN, MPI_COMM_WORLD);
    if (mpi_test_rank == 0)
        model->block[0] = kept;
    MPI_Barrier(MPI_COMM_WORLD);
    return all;
}

/* Trains, whether weights are in common or not; the weights' bits in `weights`. */
static int64_t train(const char *layers, const char *optimizer, const char *reduction, bool common, float **weights)
{
    training t = begin(layers, optimizer, reduction);
    CHECK_INT(t.trainer->common, common);
    CHECK_INT(is_one_memory(t.model), common || mpi_test_size == 1);
    CHECK_OK(ls_trainer_fit(t.trainer, NULL, NULL));
    ls_trainer_destroy(t.trainer);
    t.trainer = NULL;
    CHECK_TRUE(!t.model->common);
    CHECK_INT(is_one_memory(t.model), mpi_test_size == 1);
    const int64_t n = t.model->network->block;
    *weights = malloc((size_t)n * sizeof **weights);
    memcpy(*weights, t.model->block, (size_t)n * sizeof **weights);
    end(&t);
    return n;
}

/* With copies, since the ranks believe to be on several hosts, the same. */
static void test_same_bits(const char *layers, const char *optimizer)
{
    const bool faults = has_faults(), several = mpi_test_size > 1 && (mpi_test_size & (mpi_test_size - 1)) == 0;
    float *common, *copies;
    const int64_t n = train(layers, optimizer, "auto", several, &common);
    if (faults)
        setenv("LOCKSTEP_FAULT_HOSTS", "a,b,c,d", 1);
    CHECK_INT(train(layers, optimizer, "auto", several && !faults, &copies), n);
    unsetenv("LOCKSTEP_FAULT_HOSTS");
    CHECK_TRUE(memcmp(common, copies, (size_t)n * sizeof *common) == 0);
    free(common);
    free(copies);
}

/* One rank cannot share what it exchanges, or the weights (the second passage): nobody does. */
static void test_refused_by_one(void)
{
    static const char *const faults[] = {"share:1:error:1", "share:0:error:2", "share:1:error:2"};
    if (!has_faults() || mpi_test_size == 1)
        return;
    for (int i = 0; i < 3; i++) {
        float *weights;
        setenv("LOCKSTEP_FAULT", faults[i], 1);
        train("600 relu, 3 softmax", "adam", "auto", false, &weights);
        free(weights);
    }
    unsetenv("LOCKSTEP_FAULT");
}

/* A caller of the library may set weights on each rank for itself, and have several trainers. */
static void test_callers_model(void)
{
    training t = {.context = open_context("auto")};
    float bias[UNITS], got[UNITS];
    make(&t, "600 relu, 3 softmax", "adam");
    CHECK_TRUE(!t.trainer->common);
    for (int i = 0; i < UNITS; i++)
        bias[i] = (float)(i + mpi_test_rank);
    CHECK_OK(ls_model_set(t.model, 1, bias));
    MPI_Barrier(MPI_COMM_WORLD);
    CHECK_OK(ls_model_get(t.model, 1, got));
    CHECK_TRUE(memcmp(bias, got, sizeof bias) == 0);
    end(&t);
}

/* Weights that are not the same on all ranks are found before one rank's become everybody's. */
static void test_unlike(void)
{
    training t = {.context = open_context("auto")};
    float bias[UNITS] = {0};
    if (mpi_test_size != 2 && mpi_test_size != 4) {
        ls_context_destroy(t.context);
        return;
    }
    make(&t, "600 relu, 3 softmax", "adam");
    ls_trainer *second = NULL;
    bias[3] = mpi_test_rank == 0 ? 1e-6F : 0;
    CHECK_OK(ls_model_set(t.model, 1, bias));
    t.context->owns_models = true;
    ls_options *options;
    CHECK_OK(ls_options_create(&options));
    CHECK_OK(ls_options_set(options, "layers", "600 relu, 3 softmax"));
    CHECK_INT(ls_trainer_create(t.context, options, t.model, t.dataset, NULL, &second), LS_ERR_NUMERIC);
    CHECK_CONTAINS(ls_error_message(), "weights");
    CHECK_TRUE(!t.model->common);
    ls_options_destroy(options);
    end(&t);
}

int main(int argc, char **argv)
{
    mpi_test_start(&argc, &argv);
    api_data_make(&data);
    float *weights;
    test_same_bits("600 relu, 3 softmax", "adam");
    test_same_bits("600 relu kernel_regularizer=l2(0.01), dropout 0.2, 3 softmax",
                   "adamw clipnorm=1 weight_decay=0.01");
    test_same_bits("600 relu kernel_constraint=max_norm(2), 3 softmax", "lamb");
    test_refused_by_one();
    /* a scheme without use for it, and statistics that are every rank's own */
    train("600 relu, 3 softmax", "adam", "direct", false, &weights);
    free(weights);
    train("600, batch_normalization, relu, 3 softmax", "adam", "auto", false, &weights);
    free(weights);
    test_callers_model();
    test_unlike();
    return mpi_test_finish();
}
