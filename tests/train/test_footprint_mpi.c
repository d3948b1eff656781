/* The memory that a training is said to take against what it allocates: on any ranks, with each scheme of reduction. */
#include "mpi_test.h"

#include "base/memory.h"
#include "comm/reduce_internal.h"
#include "train/footprint.h"

#include <lockstep_mpi.h>

enum { ROWS = 400, FEATURES = 40, CLASSES = 7 };

static float x[ROWS * FEATURES];
static int32_t labels[ROWS];

static ls_context *open_context(const char *reduction)
{
    ls_context_settings settings;
    ls_context *context = NULL;
    ls_context_settings_defaults(&settings);
    settings.threads = 2;
    settings.reduction = reduction;
    CHECK_OK(ls_context_create_mpi(MPI_COMM_WORLD, &settings, &context));
    return context;
}

typedef struct example {
    const char *layers, *optimizer, *reduction, *batch_size;
    bool validated, halves; /* halves: a scheme for powers of two of ranks */
    const char *metrics;    /* NULL: those of the loss */
} example;

static const example examples[] = {
    {"300 relu, 200 relu, 7 softmax", "adam", "auto", "256", false, false, NULL},
    {"300 relu, 200 relu, 7 softmax", "sgd momentum=0.9", "direct", "64", true, false, NULL},
    {"300 relu, dropout 0.2, 200 tanh, 7 softmax", "adam amsgrad=true", "halving", "256", true, true, NULL},
    {"300 relu, residual(300 relu, 300), 7 softmax", "adamw clipnorm=1", "doubling", "400", false, true, NULL},
    {"300 relu kernel_constraint=max_norm(2), 7 softmax", "lamb", "direct", "100", false, false, NULL},
    {"4096, batch_normalization, relu, batch_normalization, 7 softmax", "sgd", "auto", "8", true, false, NULL},
    {"8 relu, 7 softmax", "nadam", "auto", "8", false, false, NULL},
    {"8 relu, 700 softmax", "sgd", "auto", "64", true, false, "f1_score"},
    {"8 relu, 700 softmax", "sgd", "auto", "64", false, false, "f1_score"},
    {"8 relu, 7 softmax", "sgd", "auto", "8", true, false, "auc"},
};

/* Of the trainer itself, short lists, and the sums of blocks whose lengths are taken. */
static bool close_to(int64_t said, int64_t found)
{
    const int64_t off = said > found ? said - found : found - said;
    return off < (int64_t)40 * 1024 + found * 5 / 100;
}

static void add(void *user, int64_t n, const float *a, const float *b, float *sum)
{
    (void)user, (void)n, (void)a, (void)b, (void)sum;
}

static int64_t most_of_ranks(int64_t value)
{
    long long mine = value, most;
    MPI_Allreduce(&mine, &most, 1, MPI_LONG_LONG, MPI_MAX, MPI_COMM_WORLD);
    return most;
}

/* Bytes that a reduction is said to take, beyond what one takes whose ranks share memory: it is said of ranks that may
 * be on several hosts, and is enough for both kinds. What is shared is no memory of ls_memory_allocate. */
static int64_t spared_by_sharing(const ls_trainer *t)
{
    enum { BESIDE = 40 * 1024 }; /* lists, and slices that end at cuts */
    const ls_network *network = t->model->network;
    const ls_reduce_cuts cuts = {t->norms.count + 1, t->norms.cuts};
    const int64_t n = network->trainable, shards = t->set.plan.shards;
    const int width = network->metrics.width;
    ls_reduce_size size;
    ls_reduce *reduce = NULL;
    CHECK_OK(ls_reduce_size_of(mpi_test_size, n, shards, width, ls_reduce_scheme_of(t->reduce), &size));
    const int64_t before = ls_memory_used(), room = size.bytes + size.bytes / 20 + BESIDE;
    CHECK_OK(ls_reduce_create(t->context->comm, n, t->norms.cuts ? &cuts : NULL, shards, width,
                              ls_reduce_scheme_of(t->reduce), add, NULL, &reduce));
    const int64_t unshared = ls_memory_used() - before;
    CHECK_OK(ls_reduce_share(reduce));
    const int64_t own = ls_memory_used() - before;
    CHECK_TRUE(unshared <= room);
    CHECK_TRUE(own + reduce->shared.bytes <= room);
    CHECK_TRUE(most_of_ranks(own + reduce->shared.bytes) >= size.bytes / 2);
    ls_reduce_destroy(reduce);
    return size.bytes - most_of_ranks(own);
}

static void test_example(const example *e)
{
    ls_options *options = NULL;
    ls_dataset *dataset = NULL;
    ls_model *model = NULL;
    ls_trainer *trainer = NULL;
    ls_footprint_setup setup;
    ls_footprint f;
    ls_context *context = open_context(e->reduction);
    const ls_arrays arrays = {.rows = ROWS, .features = FEATURES, .x = x, .labels = labels};
    CHECK_OK(ls_options_create(&options));
    CHECK_OK(ls_options_set(options, "layers", e->layers));
    CHECK_OK(ls_options_set(options, "optimizer", e->optimizer));
    CHECK_OK(ls_options_set(options, "batch-size", e->batch_size));
    if (e->metrics)
        CHECK_OK(ls_options_set(options, "metrics", e->metrics));
    CHECK_OK(ls_dataset_from_arrays(context, &arrays, &dataset));
    const int64_t before = ls_memory_used();
    CHECK_OK(ls_model_create(context, options, dataset, &model));
    CHECK_OK(ls_trainer_create(context, options, model, dataset, e->validated ? dataset : NULL, &trainer));
    const int64_t found = ls_memory_used() - before;
    if (trainer) {
        CHECK_OK(ls_footprint_of(trainer, LS_SAVER_OFF, &setup, &f));
        const long long most = most_of_ranks(found - f.rows);
        /* what is shared on this host and what that spares, and nothing is saved here */
        const int64_t buffers = spared_by_sharing(trainer) + f.saving + (trainer->common ? f.weights : 0);
        if (mpi_test_rank == 0)
            printf("%s, %s, %s: said %lld, allocated %lld\n", e->layers, e->optimizer, e->reduction,
                   (long long)(f.total - f.rows), most);
        if (!mpi_test_count(close_to(f.total - f.rows - buffers, most)))
            MPI_TEST_FAILED_(
                "%s, %s, %s: weights %lld, optimizer %lld, best %lld, gradient %lld, activations %lld, metrics %lld: "
                "together %lld, allocated %lld",
                e->layers, e->optimizer, e->reduction, (long long)f.weights, (long long)f.optimizer, (long long)f.best,
                (long long)f.gradient, (long long)f.activations, (long long)f.metrics, (long long)(f.total - f.rows),
                most);
    }
    ls_trainer_destroy(trainer);
    ls_model_destroy(model);
    CHECK_INT(ls_memory_used(), before);
    ls_dataset_destroy(dataset);
    ls_options_destroy(options);
    ls_context_destroy(context);
}

int main(int argc, char **argv)
{
    mpi_test_start(&argc, &argv);
    for (int i = 0; i < ROWS * FEATURES; i++)
        x[i] = (float)(i * 37 % 101) / 101;
    for (int r = 0; r < ROWS; r++)
        labels[r] = r % CLASSES;
    for (size_t k = 0; k < sizeof examples / sizeof *examples; k++)
        if (!examples[k].halves || (mpi_test_size & (mpi_test_size - 1)) == 0)
            test_example(&examples[k]);
    return mpi_test_finish();
}
