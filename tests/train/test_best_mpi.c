/* The best epoch over ranks: whatever slices the reduction gives them, its file is the model file that was written at
 * the end of that epoch, from a checkpoint as well, and every rank gets its weights back. */
#include "api_data.h"
#include "mpi_test.h"

#include "train/best.h"
#include "train/checkpoint.h"
#include "train/trainer.h"

#include <lockstep_mpi.h>

#include <stdlib.h>
#include <unistd.h>

enum { EPOCHS = 7 };

static api_data data;
static char directory[256];

static const char *path_of(const char *name, int number)
{
    static char path[300];
    (void)snprintf(path, sizeof path, "%s/%s-%d.h5", directory, name, number);
    return path;
}

/* Whether two files of rank 0's are the same bytes. */
static bool same_files(const char *first, const char *second)
{
    char command[700];
    (void)snprintf(command, sizeof command, "cmp -s '%s' '%s'", first, second);
    return system(command) == 0; /* NOLINT(cert-env33-c) */
}

/* Early stopping that never stops, and watches a loss that falls as if more were better: epoch 3 is the best. */
static ls_trainer *make(ls_context *context, const char *const *recipe, ls_dataset *dataset, ls_model **model)
{
    ls_options *options;
    ls_trainer *trainer = NULL;
    CHECK_OK(ls_options_create(&options));
    CHECK_OK(ls_options_set(options, "layers", recipe[0]));
    CHECK_OK(ls_options_set(options, "batch-size", "150"));
    CHECK_OK(ls_options_set(options, "epochs", "7"));
    CHECK_OK(ls_options_set(options, "optimizer", recipe[1]));
    CHECK_OK(ls_options_set(options, "early-stopping",
                            "monitor=val_loss mode=max patience=50 start_from_epoch=2 restore_best_weights=true"));
    CHECK_OK(ls_model_create(context, options, dataset, model));
    CHECK_OK(ls_trainer_create(context, options, *model, dataset, dataset, &trainer));
    ls_options_destroy(options);
    return trainer;
}

/* Writes the model of every epoch, and a checkpoint. */
static void write_all(void *user, ls_epoch *epoch)
{
    ls_trainer *t = user;
    CHECK_OK(ls_checkpoint_write_model(t, path_of("model", (int)epoch->epoch)));
    CHECK_OK(ls_trainer_save(t, path_of("state", (int)epoch->epoch)));
}

static void test_best(ls_context *context, const char *const *recipe)
{
    ls_dataset *dataset = NULL;
    ls_model *model, *again, *third;
    ls_best_epoch best;
    char kept[300];
    const bool root = ls_context_rank(context) == 0;
    const ls_arrays arrays = api_data_classes(&data);
    CHECK_OK(ls_dataset_from_arrays(context, &arrays, &dataset));
    ls_trainer *t = make(context, recipe, dataset, &model);
    CHECK_TRUE(!ls_best_known(t, &best));
    CHECK_OK(ls_trainer_fit(t, write_all, t));
    CHECK_TRUE(ls_best_known(t, &best));
    CHECK_INT(best.epoch, 3);
    CHECK_OK(ls_best_write(t, path_of("best", 0)));
    if (root) {
        (void)snprintf(kept, sizeof kept, "%s", path_of("best", 0));
        CHECK_TRUE(same_files(kept, path_of("model", 3)));
        CHECK_TRUE(!same_files(kept, path_of("model", 7)));
    }
    /* The fit has restored it, on every rank. */
    ls_trainer *u = make(context, recipe, dataset, &again);
    for (int e = 1; e <= 3; e++)
        CHECK_OK(ls_trainer_epoch(u, NULL));
    CHECK_TRUE(memcmp(model->block, again->block, (size_t)model->network->block * sizeof(float)) == 0);
    /* From the state at the end of the best epoch, which has no copy of it, and from a later one, which has. */
    for (int e = 3; e <= 5; e += 2) {
        ls_trainer *v = make(context, recipe, dataset, &third);
        CHECK_OK(ls_trainer_load(v, path_of("state", e)));
        CHECK_OK(ls_trainer_epoch(v, NULL));
        CHECK_TRUE(ls_best_known(v, &best));
        CHECK_INT(best.epoch, 3);
        CHECK_OK(ls_best_write(v, path_of("best", e)));
        if (root)
            CHECK_TRUE(same_files(kept, path_of("best", e)));
        ls_trainer_destroy(v);
        ls_model_destroy(third);
    }
    ls_trainer_destroy(t);
    ls_trainer_destroy(u);
    ls_model_destroy(model);
    ls_model_destroy(again);
    ls_dataset_destroy(dataset);
}

static void make_directory(void)
{
    const char *base = getenv("TMPDIR");
    (void)snprintf(directory, sizeof directory, "%s/lockstep-best-XXXXXX", base ? base : "/tmp");
    if (mpi_test_rank == 0)
        CHECK_TRUE(mkdtemp(directory) != NULL);
    MPI_Bcast(directory, (int)sizeof directory, MPI_CHAR, 0, MPI_COMM_WORLD);
}

static void remove_directory(void)
{
    static const char *const names[] = {"model", "state", "best"};
    if (mpi_test_rank != 0)
        return;
    for (int i = 0; i < 3; i++)
        for (int e = 0; e <= EPOCHS; e++)
            (void)unlink(path_of(names[i], e));
    CHECK_INT(rmdir(directory), 0);
}

int main(int argc, char **argv)
{
    /* statistics, which belong to no slice, are part of it too */
    static const char *const recipes[][2] = {{"1500, batch_normalization, relu, 3 softmax", "nadam"},
                                             {"3000 relu, 3 softmax", "adam"},
                                             {"1500, batch_normalization, relu, 3 softmax", "adam"}};
    static const char *const reductions[] = {"direct", "halving", "doubling"};
    mpi_test_start(&argc, &argv);
    api_data_make(&data);
    make_directory();
    const bool power = (mpi_test_size & (mpi_test_size - 1)) == 0;
    for (int i = 0; i < (power ? 3 : 1); i++) {
        ls_context_settings settings;
        ls_context *context;
        ls_context_settings_defaults(&settings);
        settings.reduction = mpi_test_size > 1 ? reductions[i] : "auto";
        settings.threads = 1;
        CHECK_OK(ls_context_create_mpi(MPI_COMM_WORLD, &settings, &context));
        test_best(context, recipes[i]);
        ls_context_destroy(context);
    }
    remove_directory();
    return mpi_test_finish();
}
