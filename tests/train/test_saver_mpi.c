/* Files that are written beside training: the bytes of those that all ranks wait for at the same step, whatever is
 * trained, however gradients travel, and whether training goes on until a file is whole or waits for it in the middle.
 * What is kept for it is what the footprint says. */
#include "api_data.h"
#include "mpi_test.h"

#include "base/memory.h"
#include "comm/agree.h"
#include "train/best.h"
#include "train/checkpoint.h"
#include "train/footprint.h"
#include "train/saver.h"

#include <lockstep_mpi.h>

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { STEPS_AN_EPOCH = 3, BEFORE = 7 }; /* the state is that behind the first step of the third epoch */

static api_data data;
static char directory[256];

static const char *path_of(const char *name)
{
    static char path[2][300];
    static int at;
    at = !at;
    (void)snprintf(path[at], sizeof path[at], "%s/%s.h5", directory, name);
    return path[at];
}

/* Whether two files of rank 0's are the same bytes. */
static bool same_files(const char *first, const char *second)
{
    char command[700];
    (void)snprintf(command, sizeof command, "cmp '%s' '%s'", path_of(first), path_of(second));
    return system(command) == 0; /* NOLINT(cert-env33-c) */
}

typedef struct example {
    const char *layers, *optimizer, *precision, *reduction, *metrics;
    bool validated; /* the best epoch is kept */
    int patience;   /* steps beside training before all ranks wait for the file; 0: none wait */
} example;

/* An observer as the program's checkpoints are. */
typedef struct checkpoints {
    const example *e;
    ls_trainer *trainer;
    ls_saver *saver;
    int64_t steps_beside; /* while a file was at work */
    bool begun, best_begun, over;
} checkpoints;

static uint32_t ask(void *user)
{
    checkpoints *c = user;
    return ls_saver_ask(c->saver);
}

static ls_status end_file(checkpoints *c)
{
    int64_t epoch;
    if (!c->best_begun && ls_saver_best(c->saver, &epoch)) {
        c->best_begun = true;
        return ls_saver_begin_best(c->saver, path_of("best-beside"));
    }
    c->over = true;
    return LS_OK;
}

static ls_status begin(checkpoints *c)
{
    ls_best_epoch best;
    char text[300000]; /* gone when the file is written */
    for (size_t i = 0; i < sizeof text; i++)
        text[i] = i % 100 == 99 ? '\n' : '5';
    const ls_logmark log = {.length = (int64_t)sizeof text, .known = true, .text = text};
    c->begun = true;
    CHECK_TRUE(ls_best_known(c->trainer, &best) == c->e->validated);
    LS_TRY(ls_checkpoint_write(c->trainer, path_of("state"), &log));
    if (c->e->validated)
        LS_TRY(ls_best_write(c->trainer, path_of("best")));
    const ls_status status = ls_saver_begin(c->saver, path_of("state-beside"), &log);
    memset(text, 'x', sizeof text);
    return status;
}

static ls_status at_rest(void *user, const ls_moment *moment)
{
    checkpoints *c = user;
    bool over = false;
    if (!c->begun)
        return moment->step->step == BEFORE ? begin(c) : LS_OK;
    if (!ls_saver_at_work(c->saver))
        return LS_OK;
    c->steps_beside++;
    LS_TRY(ls_saver_go_on(c->saver, moment->bits, &over));
    if (!over && c->e->patience > 0 && c->steps_beside >= c->e->patience) {
        LS_TRY(ls_saver_finish(c->saver));
        over = true;
    }
    return over ? end_file(c) : LS_OK;
}

static ls_trainer *make(ls_context *context, const example *e, ls_dataset *dataset, ls_model **model)
{
    ls_options *options;
    ls_trainer *trainer = NULL;
    CHECK_OK(ls_options_create(&options));
    CHECK_OK(ls_options_set(options, "layers", e->layers));
    CHECK_OK(ls_options_set(options, "batch-size", "100"));
    CHECK_OK(ls_options_set(options, "epochs", "100000"));
    CHECK_OK(ls_options_set(options, "optimizer", e->optimizer));
    CHECK_OK(ls_options_set(options, "precision", e->precision));
    CHECK_OK(ls_options_set(options, "metrics", e->metrics));
    CHECK_OK(ls_options_set(options, "learning-rate", "1e-4"));
    CHECK_OK(ls_options_set(options, "reduce-lr-on-plateau", "monitor=loss patience=1"));
    if (e->validated) /* epoch 1 is the best, since it is the first that counts and the loss falls */
        CHECK_OK(ls_options_set(options, "early-stopping", "monitor=loss mode=max patience=1000000"));
    CHECK_OK(ls_model_create(context, options, dataset, model));
    CHECK_OK(ls_trainer_create(context, options, *model, dataset, NULL, &trainer));
    CHECK_INT(trainer->set.plan.steps, STEPS_AN_EPOCH);
    ls_options_destroy(options);
    return trainer;
}

/* Room for files is what the footprint says of it, but for short lists. */
static void check_room(const ls_trainer *t, int64_t found)
{
    ls_footprint_setup setup;
    ls_footprint f;
    long long mine = found, most;
    CHECK_OK(ls_footprint_of(t, LS_SAVER_ON, &setup, &f));
    MPI_Allreduce(&mine, &most, 1, MPI_LONG_LONG, MPI_MAX, MPI_COMM_WORLD);
    const long long off = most > f.copy ? most - f.copy : f.copy - most;
    if (!mpi_test_count(off < 40 * 1024 + most * 5 / 100))
        MPI_TEST_FAILED_("said %lld, allocated %lld", (long long)f.copy, most);
}

static void test_example(const example *e)
{
    ls_context_settings settings;
    ls_context *context = NULL;
    ls_dataset *dataset = NULL;
    ls_model *model = NULL;
    ls_epoch last;
    const ls_arrays arrays = api_data_classes(&data);
    ls_context_settings_defaults(&settings);
    settings.reduction = e->reduction;
    settings.threads = 1;
    CHECK_OK(ls_context_create_mpi(MPI_COMM_WORLD, &settings, &context));
    CHECK_OK(ls_dataset_from_arrays(context, &arrays, &dataset));
    checkpoints c = {.e = e, .trainer = make(context, e, dataset, &model)};
    const int64_t before = ls_memory_used();
    CHECK_OK(ls_saver_create(c.trainer, &c.saver));
    check_room(c.trainer, ls_memory_used() - before);
    const int own = c.trainer->observers.count;
    ls_observers_add(&c.trainer->observers, &(ls_observer){.user = &c, .ask = ask, .at_rest = at_rest});
    for (int64_t epochs = 3; !c.over && epochs < 100000; epochs++)
        CHECK_OK(ls_trainer_run(c.trainer, epochs, &last));
    ls_observers_cut(&c.trainer->observers, own);
    CHECK_TRUE(c.over && c.steps_beside > 0);
    if (mpi_test_rank == 0) {
        printf("%s, %s, %s: %lld steps beside\n", e->layers, e->optimizer, e->reduction, (long long)c.steps_beside);
        CHECK_TRUE(same_files("state", "state-beside"));
        CHECK_TRUE(!e->validated || same_files("best", "best-beside"));
    }
    ls_saver_destroy(c.saver);
    CHECK_INT(ls_memory_used(), before);
    ls_trainer_destroy(c.trainer);
    ls_model_destroy(model);
    ls_dataset_destroy(dataset);
    ls_context_destroy(context);
}

/* What cannot be written is known to all ranks, and the next file succeeds. */
static void test_failure(void)
{
    static const example e = {"300 relu, 3 softmax", "adam", "float32", "auto", "accuracy", false, 0};
    static const ls_logmark none = {.length = 0};
    char nowhere[300];
    ls_context *context = NULL;
    ls_context_settings settings;
    ls_dataset *dataset = NULL;
    ls_model *model = NULL;
    ls_saver *saver = NULL;
    const ls_arrays arrays = api_data_classes(&data);
    ls_context_settings_defaults(&settings);
    CHECK_OK(ls_context_create_mpi(MPI_COMM_WORLD, &settings, &context));
    CHECK_OK(ls_dataset_from_arrays(context, &arrays, &dataset));
    ls_trainer *trainer = make(context, &e, dataset, &model);
    CHECK_OK(ls_saver_create(trainer, &saver));
    CHECK_OK(ls_saver_begin(saver, path_of("nowhere/state"), &none));
    CHECK_TRUE(ls_saver_at_work(saver));
    CHECK_INT(ls_saver_finish(saver), LS_ERR_OUTPUT);
    CHECK_CONTAINS(ls_error_message(), "nowhere/state.h5");
    CHECK_TRUE(!ls_saver_at_work(saver));
    /* what was frozen is still there */
    (void)snprintf(nowhere, sizeof nowhere, "%s/nowhere", directory);
    (void)mkdir(nowhere, 0777);
    ls_saver_begin_again(saver);
    CHECK_TRUE(ls_saver_at_work(saver));
    CHECK_OK(ls_saver_finish(saver));
    CHECK_OK(ls_trainer_load(trainer, path_of("nowhere/state")));
    if (mpi_test_rank == 0) {
        CHECK_INT(unlink(path_of("nowhere/state")), 0);
        CHECK_INT(rmdir(nowhere), 0);
    }
    CHECK_OK(ls_saver_begin(saver, path_of("state"), &none));
    CHECK_OK(ls_saver_finish(saver));
    CHECK_OK(ls_trainer_load(trainer, path_of("state")));
    /* given up where others are gone: no file, no thread */
    CHECK_OK(ls_saver_begin(saver, path_of("best"), &none));
    ls_saver_abandon(saver);
    CHECK_TRUE(!ls_saver_at_work(saver));
    ls_saver_destroy(saver);
    ls_trainer_destroy(trainer);
    ls_model_destroy(model);
    ls_dataset_destroy(dataset);
    ls_context_destroy(context);
}

static void make_directory(void)
{
    const char *base = getenv("TMPDIR");
    (void)snprintf(directory, sizeof directory, "%s/lockstep-saver-XXXXXX", base ? base : "/tmp");
    if (mpi_test_rank == 0)
        CHECK_TRUE(mkdtemp(directory) != NULL);
    MPI_Bcast(directory, (int)sizeof directory, MPI_CHAR, 0, MPI_COMM_WORLD);
}

static void remove_directory(void)
{
    static const char *const names[] = {"state", "state-beside", "best", "best-beside"};
    if (mpi_test_rank != 0)
        return;
    for (int i = 0; i < 4; i++)
        (void)unlink(path_of(names[i]));
    CHECK_INT(rmdir(directory), 0);
}

static ls_saver_wish wish_of(const char *every, const char *async)
{
    ls_options *options;
    CHECK_OK(ls_options_create(&options));
    CHECK_OK(ls_options_set(options, "checkpoint-every", every));
    CHECK_OK(ls_options_set(options, "checkpoint-async", async));
    const ls_saver_wish wish = ls_saver_wish_of(options);
    ls_options_destroy(options);
    return wish;
}

static void test_wishes(void)
{
    CHECK_INT(wish_of("2 steps", "auto"), LS_SAVER_AUTO);
    CHECK_INT(wish_of("2 steps", "on"), LS_SAVER_ON);
    CHECK_INT(wish_of("2 steps", "off"), LS_SAVER_OFF);
    CHECK_INT(wish_of("never", "on"), LS_SAVER_OFF);
}

#define NET "300, batch_normalization, relu, 260 tanh, 3 softmax"

int main(int argc, char **argv)
{
    static const example any[] = {
        {NET, "adam", "float32", "auto", "accuracy", true, 0},
        {"900 relu, 900 relu, 3 softmax", "adam amsgrad=true", "float32", "direct", "f1_score", false, 0},
        {NET, "sgd", "bfloat16", "direct", "accuracy", true, 2},
        {"3 softmax", "nadam", "float32", "direct", "accuracy", true, 1},
    };
    static const example halves[] = {
        {NET, "lamb", "float32", "halving", "accuracy", true, 0},
        {"900 relu, 900 relu, 3 softmax", "adamw", "float32", "halving", "accuracy", true, 3},
        {"900 relu, 300 relu, 3 softmax", "adam", "float32", "buckets", "accuracy", true, 0},
        {"900 relu, 300 relu, 3 softmax", "adam", "bfloat16", "buckets", "accuracy", true, 2},
        {NET, "adam", "float32", "doubling", "accuracy", true, 0},
    };
    mpi_test_start(&argc, &argv);
    api_data_make(&data);
    make_directory();
    for (size_t i = 0; i < sizeof any / sizeof *any; i++) {
        example e = any[i];
        e.reduction = mpi_test_size == 1 ? "auto" : e.reduction;
        test_example(&e);
    }
    for (size_t i = 0; (mpi_test_size == 2 || mpi_test_size == 4) && i < sizeof halves / sizeof *halves; i++)
        test_example(&halves[i]);
    test_failure();
    test_wishes();
    remove_directory();
    return mpi_test_finish();
}
