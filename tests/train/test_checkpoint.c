/* Checkpoints that are whole, with a right seal, and say impossible things: each number is refused before it is used,
 * and a run goes on from the checkpoint before. */
#include "api_data.h"
#include "fuzz_changes.h"
#include "io_test.h"

#include "base/memory.h"
#include "base/sha256.h"
#include "files/unchanged.h"
#include "train/checkpoint.h"
#include "train/checkpoint_judge.h"
#include "train/trainer.h"

enum { STEPS = 6 }; /* of an epoch */

static api_data data;

typedef struct job {
    ls_context *context;
    ls_dataset *train, *validation;
    ls_model *model;
    ls_trainer *trainer;
} job;

static const char *window = "16", *layers = "8 relu, 3 softmax", *metrics = "accuracy";

static job start_from(const char *init)
{
    job j = {0};
    ls_options *options;
    const ls_arrays arrays = api_data_classes(&data);
    assert_ok(ls_options_create(&options));
    assert_ok(ls_options_set(options, "layers", layers));
    assert_ok(ls_options_set(options, "metrics", metrics));
    assert_ok(ls_options_set(options, "epochs", "3"));
    assert_ok(ls_options_set(options, "batch-size", "53")); /* steps of 50 rows */
    assert_ok(ls_options_set(options, "shuffle-window", window));
    if (init) {
        assert_ok(ls_options_set(options, "init", init));
        assert_ok(ls_options_set(options, "init-optimizer", "on"));
    }
    assert_ok(ls_context_create(NULL, &j.context));
    assert_ok(ls_dataset_from_arrays(j.context, &arrays, &j.train));
    assert_ok(ls_model_create(j.context, options, j.train, &j.model));
    assert_ok(ls_trainer_create(j.context, options, j.model, j.train, NULL, &j.trainer));
    ls_options_destroy(options);
    return j;
}

static job start(void)
{
    return start_from(NULL);
}

static void end(job *j)
{
    ls_trainer_destroy(j->trainer);
    ls_model_destroy(j->model);
    ls_dataset_destroy(j->train);
    ls_dataset_destroy(j->validation);
    ls_context_destroy(j->context);
}

/* Every state that training comes through is one that it can go on from. */
static void test_every_step(void **state)
{
    (void)state;
    const char *path = in_directory("good.h5");
    job a = start(), b = start();
    for (int i = 0; i <= 3 * STEPS; i++) {
        ls_logmark log;
        bool newer;
        assert_ok(ls_checkpoint_write(a.trainer, path, &(ls_logmark){.length = i}));
        assert_ok(ls_checkpoint_read(b.trainer, path, &log, &newer));
        assert_int_equal(log.length, i);
        assert_memory_equal(&b.trainer->cursor, &a.trainer->cursor, sizeof a.trainer->cursor);
        assert_ok(ls_trainer_step(a.trainer, NULL));
        assert_ok(ls_trainer_step(b.trainer, NULL));
        assert_memory_equal(b.model->block, a.model->block, (size_t)a.model->network->block * sizeof(float));
        assert_memory_equal(b.trainer->running, a.trainer->running, sizeof(double));
    }
    end(&a);
    end(&b);
}

/* A run that began with another's optimizer has its steps behind it, besides its own. */
static void test_begun_with_another(void **state)
{
    (void)state;
    const char *before = in_directory("before.h5"), *path = in_directory("after.h5");
    job first = start();
    for (int i = 0; i < 3; i++)
        assert_ok(ls_trainer_step(first.trainer, NULL));
    assert_ok(ls_trainer_save(first.trainer, before));
    job a = start_from(before), b = start_from(before);
    for (int i = 0; i < 2; i++)
        assert_ok(ls_trainer_step(a.trainer, NULL));
    assert_ok(ls_trainer_save(a.trainer, path));
    assert_ok(ls_trainer_load(b.trainer, path));
    assert_int_equal(b.trainer->optimizer.iterations, 5);
    assert_int_equal(b.trainer->earlier, 3);
    assert_int_equal(ls_trainer_steps(b.trainer), 2);
    assert_fails(ls_trainer_load(first.trainer, path), LS_ERR_USAGE, "initial-weights");
    end(&first);
    end(&a);
    end(&b);
}

/* Predictions are in the targets' units for the metrics, and may be beyond float there while the loss is finite. */
static void test_metrics_beyond_float(void **state)
{
    (void)state;
    const char *path = in_directory("large.h5");
    static float large[ROWS];
    float kernel[FEATURES];
    ls_arrays arrays = api_data_regression(&data);
    ls_options *options;
    job j = {0};
    for (int r = 0; r < ROWS; r++)
        large[r] = r % 2 ? 1e19f : -1e19f;
    for (int f = 0; f < FEATURES; f++)
        kernel[f] = 1e25f;
    arrays.y = large;
    assert_ok(ls_options_create(&options));
    assert_ok(ls_options_set(options, "layers", "1"));
    assert_ok(ls_options_set(options, "normalize", "standard"));
    assert_ok(ls_options_set(options, "normalize-targets", "on"));
    assert_ok(ls_options_set(options, "loss", "mae"));
    assert_ok(ls_options_set(options, "metrics", "mse"));
    assert_ok(ls_context_create(NULL, &j.context));
    assert_ok(ls_dataset_from_arrays(j.context, &arrays, &j.train));
    assert_ok(ls_model_create(j.context, options, j.train, &j.model));
    assert_ok(ls_model_set(j.model, 0, kernel));
    assert_ok(ls_trainer_create(j.context, options, j.model, j.train, NULL, &j.trainer));
    assert_ok(ls_trainer_step(j.trainer, NULL));
    assert_true(isinf(j.trainer->running[1]));
    assert_ok(ls_trainer_save(j.trainer, path));
    assert_ok(ls_trainer_load(j.trainer, path));
    ls_options_destroy(options);
    end(&j);
}

/* A trainer after `steps` steps, some of whose numbers are made wrong, and what is said of it. */
typedef struct falsehood {
    int steps;
    int64_t epoch, step, all_steps, rows, log_length; /* added to the true ones */
    double beta_1_power, beta_2_power;                /* in place of the true ones, when not 0 */
    double loss, right;                               /* sums of the epoch, likewise */
    const char *says;
} falsehood;

static const falsehood lies[] = {
    {.steps = 8, .step = 100000, .says = "step 100002, expected 0 to 5"},
    {.steps = 8, .step = -5, .says = "step -3, expected 0 to 5"},
    {.steps = 8, .step = 4, .says = "step 6, expected 0 to 5"},
    {.steps = 8, .step = 1, .says = "steps 8, expected 9 after 1 epochs and 3 steps"},
    {.steps = 8, .epoch = -6, .says = "epoch -5, expected 0 to "},
    {.steps = 8, .epoch = INT64_MAX - 1, .says = "epoch 9223372036854775807, expected 0 to 1537228672809129300"},
    {.steps = 8, .epoch = 1, .says = "steps 8, expected 14 after 2 epochs and 2 steps"},
    {.steps = 8, .all_steps = 1, .says = "steps 9, expected 8"},
    {.steps = 8, .all_steps = -9, .says = "steps -1"}, /* the optimizer's part is read first, and names its own place */
    {.steps = 8, .rows = 1, .says = "rows 101, expected 100 after 1 epochs and 2 steps"},
    {.steps = 8, .rows = -100, .says = "rows 0, expected 100"},
    {.steps = 6, .rows = -300, .says = "rows 0, expected 300 after 1 epochs and 0 steps"},
    {.steps = 0, .rows = 300, .says = "rows 300, expected 0"},
    {.steps = 8, .log_length = -3, .says = "log_length -3, expected 0 to "},
    {.steps = 8, .beta_1_power = 0.95, .says = "beta_1_power 0.9499"},
    {.steps = 8, .beta_1_power = 0.43046721, .says = "beta_1_power 0.43046720999999999, expected 0.43046721000000016"},
    {.steps = 8, .beta_1_power = -0.5, .says = "beta_1_power -0.5, expected 0.43046721000000016 after 8 steps"},
    {.steps = 8, .beta_2_power = 7, .says = "beta_2_power 7, expected 0.99202794406994"},
    {.steps = 8, .beta_2_power = NAN, .says = "beta_2_power nan, expected 0.992"},
    {.steps = 8, .beta_1_power = INFINITY, .says = "beta_1_power inf, expected 0.43"},
    {.steps = 0, .beta_1_power = 0.5, .says = "beta_1_power 0.5, expected 1 after 0 steps"},
    {.steps = 8, .loss = NAN, .says = "/lockstep/running has nan as sum 1 of 2, expected a finite number"},
    {.steps = 8, .loss = INFINITY, .says = "/lockstep/running has inf as sum 1 of 2"},
    {.steps = 8, .right = NAN, .says = "/lockstep/running has nan as sum 2 of 2"},
    {.steps = 8, .right = -INFINITY, .says = "/lockstep/running has -inf as sum 2 of 2"},
};

static void tell(ls_trainer *t, const falsehood *lie, const char *path)
{
    const ls_cursor cursor = t->cursor;
    const ls_optimizer optimizer = t->optimizer;
    const double loss = t->running[0], right = t->running[1];
    t->cursor.epoch += lie->epoch;
    t->cursor.step += lie->step;
    t->cursor.rows += lie->rows;
    t->optimizer.iterations += lie->all_steps;
    t->optimizer.number[0] = lie->beta_1_power != 0 ? lie->beta_1_power : optimizer.number[0];
    t->optimizer.number[1] = lie->beta_2_power != 0 ? lie->beta_2_power : optimizer.number[1];
    t->running[0] = lie->loss != 0 ? lie->loss : loss;
    t->running[1] = lie->right != 0 ? lie->right : right;
    assert_ok(ls_checkpoint_write(t, path, &(ls_logmark){.length = lie->log_length}));
    t->cursor = cursor;
    t->optimizer = optimizer;
    t->running[0] = loss;
    t->running[1] = right;
}

static void test_impossible_numbers(void **state)
{
    (void)state;
    const char *path = in_directory("lie.h5");
    for (int i = 0; i < ITEMS(lies); i++) {
        const falsehood *lie = &lies[i];
        job j = start();
        for (int k = 0; k < lie->steps; k++)
            assert_ok(ls_trainer_step(j.trainer, NULL));
        tell(j.trainer, lie, path);
        const ls_cursor before = j.trainer->cursor;
        if (lie->all_steps < -8)
            assert_fails(ls_trainer_load(j.trainer, path), LS_ERR_OUTPUT, "is -1, expected the steps done, 0 or more");
        else
            assert_fails(ls_trainer_load(j.trainer, path), LS_ERR_OUTPUT, lie->says);
        assert_non_null(strstr(ls_error_message(), path));
        assert_memory_equal(&j.trainer->cursor, &before, sizeof before);
        assert_ok(ls_trainer_step(j.trainer, NULL));
        end(&j);
    }
}

/* ---- observers, changes, statistics ---- */

/* Two epochs and a step, of which early stopping, plateau and best epoch have something to tell. */
static job start_observed(void)
{
    static const char *const set[][2] = {{"layers", "8 relu, batch_normalization, 3 softmax"},
                                         {"epochs", "6"},
                                         {"batch-size", "53"},
                                         {"early-stopping", "patience=9"},
                                         {"reduce-lr-on-plateau", "patience=1 min_delta=1 factor=0.5 cooldown=1"}};
    job j = {0};
    ls_options *options;
    ls_epoch epoch;
    const ls_arrays arrays = api_data_classes(&data);
    assert_ok(ls_options_create(&options));
    for (int i = 0; i < ITEMS(set); i++)
        assert_ok(ls_options_set(options, set[i][0], set[i][1]));
    assert_ok(ls_context_create(NULL, &j.context));
    assert_ok(ls_dataset_from_arrays(j.context, &arrays, &j.train));
    assert_ok(ls_dataset_from_arrays(j.context, &arrays, &j.validation));
    assert_ok(ls_model_create(j.context, options, j.train, &j.model));
    assert_ok(ls_trainer_create(j.context, options, j.model, j.train, j.validation, &j.trainer));
    for (int i = 0; i < 2; i++)
        assert_ok(ls_trainer_epoch(j.trainer, &epoch));
    assert_ok(ls_trainer_step(j.trainer, NULL));
    ls_options_destroy(options);
    return j;
}

/* The member of an observer's state that a checkpoint calls so. */
static void *member_of(ls_trainer *t, const char *name, const char *key, bool *integer)
{
    for (int i = 0; i < t->observers.count; i++) {
        const ls_observer_state *s = &t->observers.list[i].state;
        for (size_t k = 0; s->name && strcmp(s->name, name) == 0 && k < s->count; k++)
            if (strcmp(s->rows[k].key, key) == 0) {
                *integer = s->rows[k].type == LS_SETTING_INTEGER;
                return (char *)s->data + s->rows[k].offset;
            }
    }
    fail_msg("%s has no %s", name, key);
    return NULL;
}

static void test_impossible_observers(void **state)
{
    (void)state;
    static const struct {
        const char *name, *key;
        double value;
        const char *says;
    } observed[] = {
        {"early_stopping", "best_epoch", 3, "has best_epoch 3, wait 0 and stopped_epoch 0 after 2 epochs"},
        {"early_stopping", "best_epoch", 0, "has best_epoch 0"},
        {"early_stopping", "best_epoch", -1, "best_epoch -1, expected 0 to"},
        {"early_stopping", "wait", 1, "has best_epoch 2, wait 1 and stopped_epoch 0 after 2 epochs"},
        {"early_stopping", "wait", 1e11, "wait 100000000000"},
        {"early_stopping", "stopped_epoch", 3, "stopped_epoch 3 after 2 epochs"},
        {"plateau", "wait", 3, "has wait 3 after 2 epochs"},
        {"plateau", "cooldown", 2, "has cooldown 2, expected 0 to 1"},
        {"plateau", "learning_rate", 0.1, "has learning_rate 0.1000"},
        {"plateau", "learning_rate", 0.0007, "which is not 0.001"},
        {"plateau", "learning_rate", 0.00025 / 4, "which is not 0.001"}, /* four reductions in two epochs */
        {"plateau", "learning_rate", NAN, "learning_rate nan, expected 0 to 1000"},
        {"plateau", "learning_rate", -1, "learning_rate -1, expected 0 to 1000"},
        {"best", "epoch", 3, "has epoch 3 after 2 epochs and 1 steps"},
        {"best", "epoch", 1, "has number_0 0.28"},
        {"best", "number_0", 0.5, "has number_0 0.5, expected 0.28"},
        {"best", "number_1", 0, "has number_1 0, expected 0.988"},
    };
    const char *path = in_directory("lie.h5");
    job j = start_observed();
    assert_ok(ls_checkpoint_write(j.trainer, path, &(ls_logmark){.length = 0}));
    assert_ok(ls_trainer_load(j.trainer, path));
    for (int i = 0; i < ITEMS(observed); i++) {
        bool integer;
        void *member = member_of(j.trainer, observed[i].name, observed[i].key, &integer);
        char kept[8];
        memcpy(kept, member, sizeof kept);
        if (integer)
            *(int64_t *)member = (int64_t)observed[i].value;
        else
            *(double *)member = observed[i].value;
        assert_ok(ls_checkpoint_write(j.trainer, path, &(ls_logmark){.length = 0}));
        memcpy(member, kept, sizeof kept);
        assert_fails(ls_trainer_load(j.trainer, path), LS_ERR_OUTPUT, observed[i].says);
        assert_non_null(strstr(ls_error_message(), observed[i].name));
        assert_non_null(strstr(ls_error_message(), path));
    }
    end(&j);
}

static void test_impossible_changes(void **state)
{
    (void)state;
    static const struct {
        const char *text, *says;
    } changes[] = {
        {"step 14: learning-rate = 0.1 -> 0.001\n", "has a change at step 14, expected 0 to 13"},
        {"step -1: learning-rate = 0.1 -> 0.001\n", "has a change at step -1, expected 0 to 13"},
        {"step 5: schedule =  -> \nstep 4: learning-rate = 0.1 -> 0.001\n", "at step 4, expected 5 to 13"},
        {"step 5: threads = 1 -> 2\n", "has a change of 'threads', expected an option of the recipe"},
        {"step 5: x\n", "is no change"},
        {"step 5: learning-rate = 0.1 -> 0.001\n\nx", "has an empty line"},
    };
    const char *path = in_directory("lie.h5");
    job j = start_observed();
    for (int i = 0; i < ITEMS(changes); i++) {
        char text[200];
        (void)snprintf(text, sizeof text, "%s", changes[i].text);
        j.trainer->changes.text = text;
        assert_ok(ls_checkpoint_write(j.trainer, path, &(ls_logmark){.length = 0}));
        j.trainer->changes.text = NULL;
        assert_fails(ls_trainer_load(j.trainer, path), LS_ERR_OUTPUT, changes[i].says);
        assert_non_null(strstr(ls_error_message(), "is damaged: attribute changes of /lockstep "));
    }
    end(&j);
}

/* A place for one or two numbers that holds many more, which would be written behind it. */
static void test_more_numbers_than_expected(void **state)
{
    static const char *const datasets[] = {LS_CHECKPOINT_VALIDATION, "/optimizer/vars/0"};
    const hsize_t extent[] = {8, 30, 20};
    const char *path = in_directory("more.h5");
    job j = start_observed();
    (void)state;
    for (int i = 0; i < ITEMS(datasets); i++) {
        assert_ok(ls_checkpoint_write(j.trainer, path, &(ls_logmark){.length = 0}));
        const hid_t file = H5Fopen(path, H5F_ACC_RDWR, H5P_DEFAULT), space = H5Screate_simple(3, extent, NULL);
        assert_true(file >= 0 && H5Ldelete(file, datasets[i], H5P_DEFAULT) >= 0);
        (void)H5Dclose(H5Dcreate2(file, datasets[i], H5T_STD_U64LE, space, H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT));
        (void)H5Sclose(space);
        assert_true(H5Fclose(file) >= 0);
        fuzz_seal(path);
        assert_fails(ls_trainer_load(j.trainer, path), LS_ERR_OUTPUT, " has shape (8, 30, 20), the layers");
    }
    end(&j);
}

static void test_negative_variance(void **state)
{
    (void)state;
    const char *path = in_directory("lie.h5");
    job j = start_observed();
    const ls_network *network = j.model->network;
    const int last = network->variables - 1; /* what has no gradient comes last */
    assert_int_equal(network->tensor[last].role, LS_VARIANCE);
    float variance[8] = {1, 1, -1e-6f, 1, 1, 1, 1, 1};
    assert_ok(ls_model_set(j.model, last, variance));
    assert_ok(ls_checkpoint_write(j.trainer, path, &(ls_logmark){.length = 0}));
    static const float zeros[8 * FEATURES]; /* in the first tensor: they stay where a file is refused */
    const int64_t weights = network->block;
    float *before = malloc((size_t)weights * sizeof *before);
    assert_non_null(before);
    assert_ok(ls_model_set(j.model, 0, zeros));
    memcpy(before, j.model->block, (size_t)weights * sizeof *before);
    assert_fails(ls_trainer_load(j.trainer, path), LS_ERR_OUTPUT,
                 "moving_variance:0[2] is -1e-06, expected a finite number from 0 up");
    assert_memory_equal(j.model->block, before, (size_t)weights * sizeof *before);
    free(before);
    end(&j);
}

/* A table of four times four counts, each row of the epoch so far in one of them. */
static void test_counts(void **state)
{
    (void)state;
    const char *path = in_directory("counts.h5");
    layers = "8 relu, 4 softmax";
    metrics = "f1_score";
    job a = start(), b = start();
    layers = "8 relu, 3 softmax";
    metrics = "accuracy";
    assert_int_equal(a.model->network->metrics.cells, 16);
    for (int i = 0; i < 8; i++)
        assert_ok(ls_trainer_step(a.trainer, NULL));
    assert_ok(ls_trainer_save(a.trainer, path));
    assert_ok(ls_trainer_load(b.trainer, path));
    assert_ok(ls_trainer_step(a.trainer, NULL));
    assert_ok(ls_trainer_step(b.trainer, NULL));
    assert_memory_equal(b.trainer->counts, a.trainer->counts, 16 * sizeof(int64_t));
    /* one too many, then one below 0 */
    a.trainer->counts[15]++;
    assert_ok(ls_trainer_save(a.trainer, path));
    assert_fails(ls_trainer_load(b.trainer, path), LS_ERR_OUTPUT, "add up to 151, expected 150 for 150 rows");
    a.trainer->counts[15] = -1;
    assert_ok(ls_trainer_save(a.trainer, path));
    assert_fails(ls_trainer_load(b.trainer, path), LS_ERR_OUTPUT, "has -1 as count 15, expected 0 to 150");
    end(&a);
    end(&b);
}

/* ---- other files ---- */

static void flip_last_byte(const char *path)
{
    size_t count;
    unsigned char *bytes = read_bytes(path, &count);
    bytes[count - 1] ^= 1;
    write_bytes(path, bytes, count);
    free(bytes);
}

/* Only one of the run's own recipe and rows is good, and only damage may be written over. */
static void test_judged(void **state)
{
    (void)state;
    const char *path = in_directory("judged.h5");
    ls_options *recipe;
    bool newer;
    job a = start(), observed = start_observed();
    assert_ok(ls_trainer_save(a.trainer, path));
    assert_int_equal(ls_checkpoint_judge(a.trainer, path), LS_VERDICT_GOOD);
    assert_int_equal(ls_checkpoint_judge(observed.trainer, path), LS_VERDICT_FOREIGN);
    data.x[0] += 1;
    job other = start();
    data.x[0] -= 1;
    assert_int_equal(ls_checkpoint_judge(other.trainer, path), LS_VERDICT_FOREIGN);
    assert_non_null(strstr(ls_error_message(), "was made with other data"));
    assert_ok(ls_checkpoint_recipe(path, &recipe, &newer));
    ls_options_destroy(recipe);
    flip_last_byte(path);
    assert_int_equal(ls_checkpoint_judge(a.trainer, path), LS_VERDICT_DAMAGED);
    assert_fails(ls_checkpoint_recipe(path, &recipe, &newer), LS_ERR_OUTPUT, "is damaged");
    assert_null(recipe);
    /* nothing is taken without its seal */
    size_t count;
    assert_ok(ls_trainer_save(a.trainer, path));
    unsigned char *bytes = read_bytes(path, &count);
    write_bytes(path, bytes + 512, count - 512);
    free(bytes);
    assert_fails(ls_checkpoint_recipe(path, &recipe, &newer), LS_ERR_OUTPUT, "is not a sealed file");
    assert_fails(ls_trainer_load(a.trainer, path), LS_ERR_OUTPUT, "is not a sealed file");
    assert_int_equal(ls_checkpoint_judge(a.trainer, path), LS_VERDICT_DAMAGED);
    assert_ok(ls_checkpoint_write_model(a.trainer, path));
    assert_int_equal(ls_checkpoint_judge(a.trainer, path), LS_VERDICT_FOREIGN);
    assert_non_null(strstr(ls_error_message(), "is a model without training state"));
    end(&a);
    end(&observed);
    end(&other);
}

/* The window may follow from the rows: where both differ, the rows are what is named. */
static void test_other_window(void **state)
{
    (void)state;
    const char *path = in_directory("window.h5");
    job a = start();
    assert_ok(ls_trainer_save(a.trainer, path));
    window = "32";
    job b = start();
    data.x[0] += 1;
    job other = start();
    data.x[0] -= 1;
    window = "16";
    assert_fails(ls_trainer_load(b.trainer, path), LS_ERR_USAGE, "shuffle-window");
    assert_fails(ls_trainer_load(other.trainer, path), LS_ERR_DATA, "was made with other data");
    end(&a);
    end(&b);
    end(&other);
}

ls_status __real_ls_unchanged_check(const char *path, const ls_unchanged *file);
ls_status __wrap_ls_unchanged_check(const char *path, const ls_unchanged *file);

static bool written_meanwhile;

/* The linker puts it in front of the other (--wrap): just before, somebody writes. */
ls_status __wrap_ls_unchanged_check(const char *path, const ls_unchanged *file)
{
    if (written_meanwhile)
        flip_last_byte(path);
    return __real_ls_unchanged_check(path, file);
}

static void test_written_while_it_is_read(void **state)
{
    (void)state;
    const char *path = in_directory("busy.h5");
    job a = start();
    assert_ok(ls_trainer_save(a.trainer, path));
    written_meanwhile = true;
    const ls_status status = ls_trainer_load(a.trainer, path);
    written_meanwhile = false;
    assert_int_not_equal(status, LS_OK);
    assert_non_null(strstr(ls_error_message(), "busy.h5"));
    end(&a);
}

/* ---- in a run ---- */

typedef struct hearing {
    char text[4096];
} hearing;

static void hear(void *user, ls_log_level level, const char *line)
{
    hearing *s = user;
    const size_t used = strlen(s->text);
    (void)level;
    (void)snprintf(s->text + used, sizeof s->text - used, "%s\n", line);
}

static ls_options *run_options(void)
{
    ls_options *options;
    assert_ok(ls_options_create(&options));
    assert_ok(ls_options_set(options, "data", LS_TEST_DATA "/digits.h5"));
    assert_ok(ls_options_set(options, "layers", "10 softmax"));
    assert_ok(ls_options_set(options, "batch-size", "512"));
    assert_ok(ls_options_set(options, "checkpoint-every", "2 steps"));
    assert_ok(ls_options_set(options, "epochs", "2"));
    assert_ok(ls_options_set(options, "output", in_directory("run")));
    assert_ok(ls_options_set(options, "resume", "on"));
    return options;
}

static void remove_run(void)
{
    char command[700];
    (void)snprintf(command, sizeof command, "rm -r '%s'", in_directory("run"));
    assert_int_equal(system(command), 0);
}

/* The newest checkpoint says that its epoch is at its 100,000th step. */
static void spoil(ls_context *context, const ls_options *options, const char *path)
{
    static const falsehood lie = {.step = 100000, .log_length = 10};
    ls_datasets sets;
    ls_model *model;
    ls_trainer *trainer;
    assert_ok(ls_datasets_open(context, options, &sets));
    assert_ok(ls_model_create(context, options, sets.train, &model));
    assert_ok(ls_trainer_create(context, options, model, sets.train, sets.validation, &trainer));
    assert_ok(ls_trainer_load(trainer, path));
    tell(trainer, &lie, path);
    ls_trainer_destroy(trainer);
    ls_model_destroy(model);
    ls_datasets_close(&sets);
}

static void test_skipped_by_a_run(void **state)
{
    (void)state;
    static hearing said;
    char newest[300];
    ls_context *context;
    ls_context_settings settings;
    ls_options *options;
    ls_context_settings_defaults(&settings);
    settings.log = hear;
    settings.log_user = &said;
    options = run_options();
    assert_ok(ls_context_create(&settings, &context));
    assert_ok(ls_run_train(context, options)); /* 3 steps an epoch */
    size_t before_bytes, after_bytes;
    char model[300];
    (void)snprintf(model, sizeof model, "%s/model.weights.h5", in_directory("run"));
    unsigned char *before = read_bytes(model, &before_bytes);
    (void)snprintf(newest, sizeof newest, "%s/checkpoints/step-%012d.h5", in_directory("run"), 6);
    spoil(context, options, newest);
    said.text[0] = '\0';
    assert_ok(ls_run_train(context, options));
    assert_non_null(strstr(said.text, "checkpoint skipped: "));
    assert_non_null(strstr(said.text, "step 100000, expected 0 to 2"));
    assert_non_null(strstr(said.text, "resuming from "));
    assert_non_null(strstr(said.text, "step-000000000004.h5"));
    unsigned char *after = read_bytes(model, &after_bytes);
    assert_int_equal(after_bytes, before_bytes);
    assert_memory_equal(after, before, before_bytes);
    free(before);
    free(after);
    ls_options_destroy(options);
    ls_context_destroy(context);
    remove_run();
}

/* The steps of the checkpoints that a run of 5 epochs of 3 steps leaves behind. */
static void expect_checkpoints(const char *every, const char *keep, const char *async, const char *expected)
{
    char found[400] = "";
    ls_context *context;
    ls_options *options = run_options();
    assert_ok(ls_options_set(options, "resume", "off"));
    assert_ok(ls_options_set(options, "epochs", "5"));
    assert_ok(ls_options_set(options, "checkpoint-every", every));
    assert_ok(ls_options_set(options, "checkpoint-async", async));
    assert_ok(ls_options_set(options, "keep", keep));
    assert_ok(ls_context_create(NULL, &context));
    assert_ok(ls_run_train(context, options));
    for (int step = 0; step <= 16; step++) {
        char path[300];
        (void)snprintf(path, sizeof path, "%s/checkpoints/step-%012d.h5", in_directory("run"), step);
        if (access(path, F_OK) == 0)
            (void)snprintf(found + strlen(found), sizeof found - strlen(found), "%d ", step);
    }
    assert_string_equal(found, expected);
    ls_options_destroy(options);
    ls_context_destroy(context);
    remove_run();
}

static void test_kept_by_a_run(void **state)
{
    (void)state;
    expect_checkpoints("2 epochs", "9", "off", "6 12 15 ");
    expect_checkpoints("1 epochs", "9", "off", "3 6 9 12 15 ");
    expect_checkpoints("5 steps", "9", "off", "5 10 15 ");
    expect_checkpoints("1 epochs", "2", "off", "12 15 ");
    expect_checkpoints("1 epochs", "2", "on", "12 15 ");
}

/* What is said of the log comes back; a text that is not what it says is damage. Without a digest nothing is said. */
static void test_log(void **state)
{
    (void)state;
    static char text[] = "epoch,loss\n1,0.5\n";
    const char *path = in_directory("logged.h5");
    job a = start();
    ls_sha256 hash;
    ls_logmark log = {.length = (int64_t)sizeof text - 1, .known = true, .text = text}, back;
    bool newer;
    ls_sha256_start(&hash);
    ls_sha256_update(&hash, text, sizeof text - 1);
    ls_sha256_finish(&hash, log.digest);
    assert_ok(ls_checkpoint_write(a.trainer, path, &log));
    assert_ok(ls_checkpoint_read(a.trainer, path, &back, &newer));
    assert_true(back.known);
    assert_int_equal(back.length, log.length);
    assert_memory_equal(back.digest, log.digest, sizeof log.digest);
    assert_memory_equal(back.text, text, sizeof text - 1);
    ls_memory_free(back.text);
    text[12] = '7';
    assert_ok(ls_checkpoint_write(a.trainer, path, &log));
    assert_fails(ls_checkpoint_read(a.trainer, path, &back, &newer), LS_ERR_OUTPUT,
                 "logged.h5: is damaged: /lockstep/log/text is not what the group's sha256 says");
    log.text = NULL; /* too long to be held */
    assert_ok(ls_checkpoint_write(a.trainer, path, &log));
    assert_ok(ls_checkpoint_read(a.trainer, path, &back, &newer));
    assert_true(back.known);
    assert_null(back.text);
    log.known = false;
    assert_ok(ls_checkpoint_write(a.trainer, path, &log));
    assert_ok(ls_checkpoint_read(a.trainer, path, &back, &newer));
    assert_false(back.known);
    end(&a);
}

int main(void)
{
    api_data_make(&data);
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_every_step),
                                       cmocka_unit_test(test_begun_with_another),
                                       cmocka_unit_test(test_metrics_beyond_float),
                                       cmocka_unit_test(test_more_numbers_than_expected),
                                       cmocka_unit_test(test_impossible_numbers),
                                       cmocka_unit_test(test_impossible_observers),
                                       cmocka_unit_test(test_impossible_changes),
                                       cmocka_unit_test(test_more_numbers_than_expected),
                                       cmocka_unit_test(test_negative_variance),
                                       cmocka_unit_test(test_log),
                                       cmocka_unit_test(test_counts),
                                       cmocka_unit_test(test_kept_by_a_run),
                                       cmocka_unit_test(test_judged),
                                       cmocka_unit_test(test_other_window),
                                       cmocka_unit_test(test_written_while_it_is_read),
                                       cmocka_unit_test(test_skipped_by_a_run)};
    return cmocka_run_group_tests(tests, directory_setup, directory_teardown);
}
