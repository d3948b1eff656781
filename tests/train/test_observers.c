/* The loop and its observers on one rank: when they are called, what the options' do in public fits, and their state in
 * checkpoints. */
#include "api_data.h"
#include "io_test.h"

#include "train/best.h"
#include "train/checkpoint.h"
#include "train/early_stopping.h"
#include "train/plateau.h"
#include "train/trainer.h"

#include "base/clock.h"
#include "comm/comm_internal.h"

#include <unistd.h>

static api_data data;

typedef struct job {
    ls_context *context;
    ls_dataset *train;
    ls_model *model;
    ls_trainer *trainer;
} job;

static void hear(void *user, ls_log_level level, const char *line)
{
    const size_t used = strlen(user);
    (void)level;
    (void)snprintf((char *)user + used, 4096 - used, "%s\n", line);
}

static char said[4096];

/* 2 steps an epoch. Words: of the options, NULL for none. */
static job start(const char *early_stopping, const char *plateau, bool validation)
{
    job j;
    ls_options *options;
    ls_context_settings settings;
    const ls_arrays arrays = api_data_classes(&data);
    ls_context_settings_defaults(&settings);
    settings.log = hear;
    settings.log_user = said;
    said[0] = '\0';
    assert_ok(ls_options_create(&options));
    assert_ok(ls_options_set(options, "layers", "8 relu, 3 softmax"));
    assert_ok(ls_options_set(options, "epochs", "9"));
    assert_ok(ls_options_set(options, "batch-size", "150"));
    assert_ok(ls_options_set(options, "early-stopping", early_stopping ? early_stopping : ""));
    assert_ok(ls_options_set(options, "reduce-lr-on-plateau", plateau ? plateau : ""));
    assert_ok(ls_context_create(&settings, &j.context));
    assert_ok(ls_dataset_from_arrays(j.context, &arrays, &j.train));
    assert_ok(ls_model_create(j.context, options, j.train, &j.model));
    assert_ok(ls_trainer_create(j.context, options, j.model, j.train, validation ? j.train : NULL, &j.trainer));
    ls_options_destroy(options);
    return j;
}

static void end(job *j)
{
    ls_trainer_destroy(j->trainer);
    ls_model_destroy(j->model);
    ls_dataset_destroy(j->train);
    ls_context_destroy(j->context);
}

/* ---- the loop ---- */

/* Two observers write down what is called: a letter and their number. */
typedef struct witness {
    char number;
    ls_context *context; /* asked to stop in the step `stop_after` */
    int64_t stop_after;
    int destroyed;
} witness;

static char events[256];

static void note(char what, char number)
{
    const size_t used = strlen(events);
    (void)snprintf(events + used, sizeof events - used, "%c%c ", what, number);
}

static uint32_t ask(void *user)
{
    note('a', ((witness *)user)->number);
    return ((witness *)user)->number == '2' ? LS_BIT_CHECKPOINT : 0;
}

static ls_status after_step(void *user, const ls_step *step)
{
    const witness *w = user;
    note('s', w->number);
    if (step->step == w->stop_after)
        ls_context_request_stop(w->context);
    return LS_OK;
}

static ls_status after_epoch(void *user, ls_epoch *epoch)
{
    note(epoch->validation.count > 0 ? 'v' : 'e', ((witness *)user)->number);
    return LS_OK;
}

static ls_status at_rest(void *user, const ls_moment *moment)
{
    assert_true(moment->bits & LS_BIT_CHECKPOINT); /* the other one's */
    note(moment->ending ? 'E' : 'r', ((witness *)user)->number);
    return LS_OK;
}

static void destroy(void *user)
{
    ((witness *)user)->destroyed++;
}

static void watch(ls_trainer *trainer, witness *w)
{
    const ls_observer observer = {.user = w,
                                  .ask = ask,
                                  .after_step = after_step,
                                  .after_epoch = after_epoch,
                                  .at_rest = at_rest,
                                  .destroy = destroy};
    ls_observers_add(&trainer->observers, &observer);
}

static void test_order(void **state)
{
    (void)state;
    job j = start(NULL, NULL, true);
    const int own = j.trainer->observers.count;
    witness first = {.number = '1', .context = j.context, .stop_after = 2}, second = {.number = '2'};
    ls_epoch last;
    watch(j.trainer, &first);
    watch(j.trainer, &second);
    events[0] = '\0';
    assert_fails(ls_trainer_run(j.trainer, 2, &last), LS_STOPPED, "after step 3");
    assert_string_equal(events, "a1 a2 s1 s2 r1 r2 "       /* */
                                "a1 a2 s1 s2 v1 v2 r1 r2 " /* epoch 1 */
                                "a1 a2 s1 s2 E1 E2 ");     /* stopped in epoch 2 */
    assert_int_equal(last.epoch, 1);
    events[0] = '\0';
    assert_ok(ls_trainer_run(j.trainer, 2, &last));
    assert_string_equal(events, "a1 a2 s1 s2 v1 v2 r1 r2 ");
    assert_int_equal(last.epoch, 2);
    ls_observers_cut(&j.trainer->observers, own);
    assert_int_equal(first.destroyed + second.destroyed, 2);
    assert_ok(ls_trainer_run(j.trainer, 2, &last)); /* done */
    assert_int_equal(j.trainer->cursor.epoch, 2);
    end(&j);
}

/* ---- where the time goes ---- */

static ls_status dawdle(void *user, const ls_moment *moment)
{
    (void)user, (void)moment;
    usleep(20000);
    return LS_OK;
}

/* What observers take is written down as writing, and what validation takes is not; ranks wait for each other as long
 * as steps and what lies between them ask for, where that is automatic. */
static void test_time_spent(void **state)
{
    (void)state;
    ls_epoch last;
    job j = start(NULL, NULL, true);
    const double *spent = j.trainer->spent.seconds;
    const double begun = ls_clock();
    ls_patience *patience = &j.context->patience;
    assert_true(patience->automatic && patience->timeout == 600);
    patience->timeout = 0.01; /* instead of 600 */
    ls_observers_add(&j.trainer->observers, &(ls_observer){.at_rest = dawdle});
    assert_ok(ls_trainer_run(j.trainer, 2, &last)); /* 4 steps, each with a pause behind it */
    const double all = ls_clock() - begun;
    assert_true(spent[LS_SPENT_WRITE] > 4 * 0.02);
    assert_true(spent[LS_SPENT_COMPUTE] > 0 && spent[LS_SPENT_EVALUATE] > 0);
    assert_true(spent[LS_SPENT_WAIT] == 0 && spent[LS_SPENT_EXCHANGE] == 0);
    double sum = 0;
    for (int kind = 0; kind < LS_SPENT_KINDS; kind++)
        sum += spent[kind];
    assert_true(sum <= all);
    assert_true(patience->slowest_step > 0);
    assert_true(patience->slowest_pause >= 0.01);
    assert_true(patience->timeout >= 1 && j.context->comm->timeout == patience->timeout);
    end(&j);
}

/* ---- the options' ---- */

/* What a fit's function sees. */
typedef struct course {
    const ls_model *model;
    int epochs;
    double rate[16];
    float kernel[16][FEATURES * 8];
} course;

static void record(void *user, ls_epoch *epoch)
{
    course *c = user;
    c->epochs = (int)epoch->epoch;
    c->rate[epoch->epoch] = epoch->learning_rate;
    assert_ok(ls_model_get(c->model, 0, c->kernel[epoch->epoch]));
}

/* With mode=max the loss, which falls, is never better than in the first epoch watched. */
#define NEVER "monitor=loss mode=max "

static void check_kernel(const job *j, const float *expected)
{
    float kernel[FEATURES * 8];
    assert_ok(ls_model_get(j->model, 0, kernel));
    assert_memory_equal(kernel, expected, sizeof kernel);
}

static void test_fit_stops(void **state)
{
    (void)state;
    job j = start(NEVER "patience=3 start_from_epoch=1", NULL, false);
    course c = {.model = j.model};
    ls_best_epoch best;
    assert_ok(ls_trainer_fit(j.trainer, record, &c));
    assert_int_equal(c.epochs, 5);
    check_kernel(&j, c.kernel[5]);
    assert_true(ls_best_known(j.trainer, &best));
    assert_int_equal(best.epoch, 2);
    assert_string_equal(best.monitor, "loss");
    assert_non_null(strstr(said, "early stopping after epoch 5: loss was best in epoch 2"));
    assert_ok(ls_trainer_fit(j.trainer, record, &c)); /* it has ended */
    assert_int_equal(j.trainer->cursor.epoch, 5);
    end(&j);
}

/* Whoever goes on behind the stop can save, load, and fit once more. */
static void test_going_on_behind_the_stop(void **state)
{
    (void)state;
    const char *path = in_directory("behind.h5");
    job j = start(NEVER "patience=1", NULL, false), other = start(NEVER "patience=1", NULL, false);
    assert_ok(ls_trainer_fit(j.trainer, NULL, NULL));
    assert_int_equal(j.trainer->cursor.epoch, 2);
    assert_ok(ls_trainer_step(j.trainer, NULL));
    assert_ok(ls_trainer_save(j.trainer, path));
    assert_ok(ls_trainer_load(other.trainer, path));
    assert_null(other.trainer->ended_by);
    assert_ok(ls_trainer_fit(j.trainer, NULL, NULL));
    assert_ok(ls_trainer_fit(other.trainer, NULL, NULL));
    assert_int_equal(j.trainer->cursor.epoch, 3); /* it waits still, and stops again */
    assert_int_equal(other.trainer->cursor.epoch, 3);
    end(&other);
    end(&j);
}

static void test_fit_restores(void **state)
{
    (void)state;
    job j = start(NEVER "patience=2 restore_best_weights=on", NULL, false);
    course c = {.model = j.model};
    assert_ok(ls_trainer_fit(j.trainer, record, &c));
    assert_int_equal(c.epochs, 3);
    check_kernel(&j, c.kernel[1]);
    end(&j);
    j = start(NEVER "patience=200 restore_best_weights=on", NULL, false); /* also when nothing stops it */
    c.model = j.model;
    assert_ok(ls_trainer_fit(j.trainer, record, &c));
    assert_int_equal(c.epochs, 9);
    check_kernel(&j, c.kernel[1]);
    end(&j);
}

static void test_fit_reduces(void **state)
{
    (void)state;
    static const double expected[] = {0, 0.001, 0.001, 0.001, 0.0005, 0.0005, 0.0003, 0.0003, 0.0003, 0.0003};
    job j = start(NULL, NEVER "patience=2 cooldown=1 factor=0.5 min_lr=3e-4", false);
    course c = {.model = j.model};
    assert_ok(ls_trainer_fit(j.trainer, record, &c));
    for (int e = 1; e <= 9; e++)
        if (c.rate[e] != expected[e])
            fail_msg("epoch %d has the rate %g, expected %g", e, c.rate[e], expected[e]);
    assert_non_null(strstr(said, "plateau of loss in epoch 3: the learning rate is now 0.0005"));
    end(&j);
}

/* A loop of the caller's has them too, and goes on at will. */
static void test_epochs(void **state)
{
    (void)state;
    job j = start(NEVER "patience=2", NULL, false);
    ls_epoch epoch;
    for (int e = 1; e <= 4; e++) {
        assert_ok(ls_trainer_epoch(j.trainer, &epoch));
        assert_int_equal(epoch.epoch, e);
        assert_int_equal(epoch.stop, e >= 3);
    }
    end(&j);
}

/* ---- checkpoints ---- */

/* Saved after every step, in the middle of patience and cooldown: another trainer goes on to the same end. */
static void test_every_step(void **state)
{
    (void)state;
    static const char early[] = NEVER "patience=4 restore_best_weights=true";
    static const char plateau[] = NEVER "patience=1 cooldown=1 factor=0.5";
    const char *path = in_directory("good.h5");
    job a = start(early, plateau, true), whole = start(early, plateau, true);
    course expected = {.model = whole.model};
    ls_best_epoch best;
    assert_ok(ls_trainer_fit(whole.trainer, record, &expected));
    assert_int_equal(expected.epochs, 5);
    for (int i = 0; i < 9; i++) {
        job b = start(early, plateau, true);
        course c = {.model = b.model};
        ls_epoch epoch;
        if (i % 2 == 1) /* the epoch's last step, with what follows it */
            assert_ok(ls_trainer_epoch(a.trainer, &epoch));
        else
            assert_ok(ls_trainer_step(a.trainer, NULL));
        assert_ok(ls_trainer_save(a.trainer, path));
        assert_ok(ls_trainer_epoch(b.trainer, &epoch)); /* its own state must not matter */
        assert_ok(ls_trainer_load(b.trainer, path));
        if (i >= 2) {
            assert_true(ls_best_known(b.trainer, &best));
            assert_int_equal(best.epoch, 1);
        }
        assert_ok(ls_trainer_fit(b.trainer, record, &c));
        assert_int_equal(b.trainer->cursor.epoch, 5);
        assert_true(c.rate[5] == expected.rate[5]);
        check_kernel(&b, expected.kernel[1]);
        assert_memory_equal(c.kernel[5], expected.kernel[5], sizeof c.kernel[5]);
        end(&b);
    }
    end(&a);
    end(&whole);
}

static ls_observer *find_observer(ls_trainer *t, const char *name)
{
    for (int i = 0; i < t->observers.count; i++)
        if (strcmp(t->observers.list[i].state.name, name) == 0)
            return &t->observers.list[i];
    fail_msg("no observer is called %s", name);
    return NULL;
}

/* A number of a state made wrong: the member of a type at its place in the struct. */
typedef struct lie {
    const char *name;
    size_t offset;
    bool real;
    double value;
    bool bare; /* without vectors */
    const char *says;
} lie;

#define EARLY(member)   "early_stopping", offsetof(ls_early_stopping_state, member)
#define PLATEAU(member) "plateau", offsetof(ls_plateau_state, member)
#define BEST_EPOCH      "best", 0

static const lie lies[] = {
    {EARLY(wait), false, 4, false, "early_stopping has best_epoch 1, wait 4"},
    {EARLY(wait), false, -1, false, "has wait -1, expected 0 to "},
    {EARLY(best_epoch), false, 4, false, "has best_epoch 4"},
    {EARLY(stopped_epoch), false, 4, false, "stopped_epoch 4 after 3 epochs"},
    {PLATEAU(wait), false, 4, false, "has wait 4 after 3 epochs"},
    {PLATEAU(cooldown), false, -1, false, "has cooldown -1"},
    {PLATEAU(learning_rate), true, -1, false, "has learning_rate -1, expected 0 to 1000"},
    {PLATEAU(learning_rate), true, NAN, false, "has learning_rate nan, expected 0 to 1000"},
    {BEST_EPOCH, false, 4, false, "best has epoch 4 after 3 epochs and 1 steps"},
    {BEST_EPOCH, false, 3, true, "best has epoch 3 without its weights after 3 epochs and 1 steps"},
};

static void test_impossible_numbers(void **state)
{
    (void)state;
    const char *path = in_directory("lie.h5");
    for (int i = 0; i < ITEMS(lies); i++) {
        job j = start(NEVER "patience=9", NEVER "patience=9", true);
        ls_epoch epoch;
        for (int e = 0; e < 3; e++)
            assert_ok(ls_trainer_epoch(j.trainer, &epoch));
        assert_ok(ls_trainer_step(j.trainer, NULL));
        ls_observer *observer = find_observer(j.trainer, lies[i].name);
        const ls_observer whole = *observer;
        char *member = (char *)observer->state.data + lies[i].offset;
        const double real = lies[i].value;
        const int64_t integer = lies[i].real ? 0 : (int64_t)real;
        char before[sizeof integer];
        memcpy(before, member, sizeof before);
        memcpy(member, lies[i].real ? (const void *)&real : (const void *)&integer, sizeof before);
        if (lies[i].bare)
            observer->state.saves_vectors = NULL;
        assert_ok(ls_checkpoint_write(j.trainer, path, &(ls_logmark){.length = 0}));
        *observer = whole;
        memcpy(member, before, sizeof before);
        assert_fails(ls_trainer_load(j.trainer, path), LS_ERR_OUTPUT, lies[i].says);
        assert_non_null(strstr(ls_error_message(), "is damaged: /lockstep/"));
        assert_memory_equal(member, before, sizeof before);
        assert_ok(ls_trainer_step(j.trainer, NULL));
        end(&j);
    }
}

/* One of a program that had no such observers: they begin anew, and a line says what that means. */
static void test_older_checkpoint(void **state)
{
    (void)state;
    const char *path = in_directory("older.h5");
    job j = start(NULL, NULL, true);
    ls_best_epoch best;
    ls_epoch epoch;
    assert_ok(ls_trainer_epoch(j.trainer, &epoch));
    assert_true(ls_best_known(j.trainer, &best));
    const int count = j.trainer->observers.count;
    j.trainer->observers.count = 0;
    assert_ok(ls_trainer_save(j.trainer, path));
    j.trainer->observers.count = count;
    assert_ok(ls_trainer_load(j.trainer, path));
    assert_false(ls_best_known(j.trainer, &best));
    assert_non_null(strstr(said, "the best is looked for from here on"));
    assert_ok(ls_trainer_epoch(j.trainer, &epoch));
    assert_true(ls_best_known(j.trainer, &best));
    assert_int_equal(best.epoch, 2);
    end(&j);
}

/* Nothing is written of observers that are not there. */
static void test_nothing_written(void **state)
{
    (void)state;
    const char *path = in_directory("plain.h5");
    job j = start(NULL, NULL, false);
    ls_epoch epoch;
    ls_h5_file *file;
    assert_int_equal(j.trainer->observers.count, 0);
    assert_ok(ls_trainer_epoch(j.trainer, &epoch));
    assert_ok(ls_trainer_save(j.trainer, path));
    assert_ok(ls_h5_open(path, &file));
    assert_false(ls_h5_exists(file, "/lockstep/best"));
    assert_false(ls_h5_exists(file, "/lockstep/early_stopping"));
    assert_null(strstr(j.trainer->recipe, "early"));
    ls_h5_close(file);
    end(&j);
}

int main(void)
{
    api_data_make(&data);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_time_spent),
        cmocka_unit_test(test_order),
        cmocka_unit_test(test_fit_stops),
        cmocka_unit_test(test_going_on_behind_the_stop),
        cmocka_unit_test(test_fit_restores),
        cmocka_unit_test(test_fit_reduces),
        cmocka_unit_test(test_epochs),
        cmocka_unit_test(test_every_step),
        cmocka_unit_test(test_impossible_numbers),
        cmocka_unit_test(test_older_checkpoint),
        cmocka_unit_test(test_nothing_written),
    };
    return cmocka_run_group_tests(tests, directory_setup, directory_teardown);
}
