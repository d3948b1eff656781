/* Batch normalisation over ranks: each gets the bits that one rank gets, by every reduction, with several subtrees,
 * with ranks that have no shard, with a last batch of one row, and from a checkpoint in the middle of an epoch. */
#include "api_data.h"
#include "mpi_test.h"

#include "train/trainer.h"

#include <lockstep_mpi.h>

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static api_data data;
static char path[256];

typedef struct recipe {
    const char *layers, *batch, *shards, *optimizer;
} recipe;

static const recipe recipes[] = {
    {"24, batch_normalization, relu, dropout 0.2, 17 tanh, batch_normalization momentum=0.8 center=off, 3 softmax",
     "70", "8", "adam"},
    {"batch_normalization, 24 tanh, batch_normalization scale=off, 3 softmax", "299", "16",
     "sgd momentum=0.9 gradient_accumulation_steps=2"},
    {"700, batch_normalization, relu, 3 softmax", "64", "2", "adam clipnorm=0.1"}, /* with 3 ranks one has no shard */
    {"9, batch_normalization, 3 softmax", "50", "1", "sgd"},
};

/* ---- training ---- */

typedef struct job {
    ls_dataset *data;
    ls_model *model;
    ls_trainer *trainer;
} job;

static job start(ls_context *context, const recipe *r)
{
    ls_options *options;
    job j = {NULL, NULL, NULL};
    const ls_arrays arrays = api_data_classes(&data);
    CHECK_OK(ls_options_create(&options));
    CHECK_OK(ls_options_set(options, "layers", r->layers));
    CHECK_OK(ls_options_set(options, "batch-size", r->batch));
    CHECK_OK(ls_options_set(options, "shards", r->shards));
    CHECK_OK(ls_options_set(options, "optimizer", r->optimizer));
    CHECK_OK(ls_options_set(options, "check-every", "1"));
    CHECK_OK(ls_options_set(options, "epochs", "3"));
    CHECK_OK(ls_dataset_from_arrays(context, &arrays, &j.data));
    CHECK_OK(ls_model_create(context, options, j.data, &j.model));
    CHECK_OK(ls_trainer_create(context, options, j.model, j.data, NULL, &j.trainer));
    ls_options_destroy(options);
    return j;
}

static void end(job *j)
{
    ls_trainer_destroy(j->trainer);
    ls_model_destroy(j->model);
    ls_dataset_destroy(j->data);
}

static void check_same(const char *what, const ls_model *a, const ls_model *b)
{
    const bool same = memcmp(a->block, b->block, (size_t)a->network->block * sizeof(float)) == 0;
    if (!same)
        fprintf(stderr, "rank %d, %s: weights or statistics differ\n", mpi_test_rank, what);
    CHECK_TRUE(same);
}

/* All of it, and once more from a checkpoint after the third step. */
static void check_recipe(ls_context *context, const recipe *r, const ls_model *want)
{
    job j = start(context, r);
    CHECK_OK(ls_trainer_fit(j.trainer, NULL, NULL));
    check_same(r->layers, j.model, want);
    end(&j);
    j = start(context, r);
    for (int step = 0; step < 3; step++)
        CHECK_OK(ls_trainer_step(j.trainer, NULL));
    CHECK_OK(ls_trainer_save(j.trainer, path));
    end(&j);
    j = start(context, r);
    CHECK_OK(ls_trainer_load(j.trainer, path));
    CHECK_OK(ls_trainer_fit(j.trainer, NULL, NULL));
    check_same("resumed", j.model, want);
    end(&j);
}

/* ---- a step that comes to nothing ---- */

/* A batch that is refused leaves the moving statistics as they were. */
static void check_refused(ls_context *context)
{
    job j = start(context, &recipes[0]);
    float *before = malloc((size_t)j.model->network->block * sizeof *before);
    CHECK_OK(ls_trainer_step(j.trainer, NULL));
    memcpy(before, j.model->block, (size_t)j.model->network->block * sizeof *before);
    uint32_t bits = mpi_test_rank == mpi_test_size - 1 ? LS_BIT_NONFINITE : 0;
    CHECK_INT(ls_trainer_advance(j.trainer, &bits, NULL), LS_ERR_NUMERIC);
    CHECK_TRUE(memcmp(before, j.model->block, (size_t)j.model->network->block * sizeof *before) == 0);
    free(before);
    end(&j);
}

static void make_path(void)
{
    const char *base = getenv("TMPDIR");
    int file = 0;
    (void)snprintf(path, sizeof path, "%s/lockstep-batchnorm-XXXXXX", base ? base : "/tmp");
    if (mpi_test_rank == 0)
        CHECK_TRUE((file = mkstemp(path)) >= 0 && close(file) == 0);
    MPI_Bcast(path, (int)sizeof path, MPI_CHAR, 0, MPI_COMM_WORLD);
}

int main(int argc, char **argv)
{
    static const char *const reductions[] = {"direct", "halving", "doubling"};
    enum { RECIPES = sizeof recipes / sizeof *recipes };
    ls_context *alone;
    job want[RECIPES];
    mpi_test_start(&argc, &argv);
    api_data_make(&data);
    make_path();
    CHECK_OK(ls_context_create(NULL, &alone));
    for (int i = 0; i < RECIPES; i++) {
        want[i] = start(alone, &recipes[i]);
        CHECK_OK(ls_trainer_fit(want[i].trainer, NULL, NULL));
    }
    const bool power = (mpi_test_size & (mpi_test_size - 1)) == 0;
    for (int k = 0; k < (power ? 3 : 1); k++) {
        ls_context_settings settings;
        ls_context *context;
        ls_context_settings_defaults(&settings);
        settings.reduction = mpi_test_size > 1 ? reductions[k] : "auto";
        settings.threads = 1 + k;
        CHECK_OK(ls_context_create_mpi(MPI_COMM_WORLD, &settings, &context));
        for (int i = 0; i < RECIPES; i++)
            if (k == 0 || atoi(recipes[i].shards) >= mpi_test_size)
                check_recipe(context, &recipes[i], want[i].model);
        check_refused(context);
        ls_context_destroy(context);
    }
    for (int i = 0; i < RECIPES; i++)
        end(&want[i]);
    ls_context_destroy(alone);
    if (mpi_test_rank == 0)
        CHECK_INT(unlink(path), 0);
    return mpi_test_finish();
}
