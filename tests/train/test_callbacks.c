/* Early stopping and the plateau against Keras' callbacks on 200 recorded sequences (callbacks_reference.py), and what
 * their options refuse. */
#include "io_test.h"

#include "context/options.h"
#include "train/early_stopping.h"
#include "train/plateau.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { SEQUENCES = 200, EPOCHS_MAX = 64 };

/* One sequence of the file; the guarded results where Keras lets a first NaN be the best. */
typedef struct sequence {
    long number;
    int epochs;
    bool differs;
    char early[2048], plateau[2048];
    double rate;
    double values[EPOCHS_MAX];
    int64_t stop, best;
    double rates[EPOCHS_MAX];
} sequence;

/* The next line, which begins with `name`; returns what is behind it. */
static char *next_line(FILE *file, const char *name, char line[2048])
{
    assert_non_null(fgets(line, 2048, file));
    line[strcspn(line, "\n")] = '\0';
    assert_memory_equal(line, name, strlen(name));
    return line + strlen(name) + 1;
}

static void read_numbers(char *text, int count, double *values)
{
    for (int i = 0; i < count; i++)
        values[i] = strtod(text, &text);
}

static void read_results(FILE *file, const char *prefix, sequence *s)
{
    char line[2048], name[32];
    snprintf(name, sizeof name, "%sstop", prefix);
    char *text = next_line(file, name, line);
    s->stop = strtol(text, &text, 10);
    s->best = strtol(text, &text, 10);
    snprintf(name, sizeof name, "%srates", prefix);
    read_numbers(next_line(file, name, line), s->epochs, s->rates);
}

static void read_sequence(FILE *file, sequence *s)
{
    char line[2048];
    char *text = next_line(file, "sequence", line);
    s->number = strtol(text, &text, 10);
    s->epochs = (int)strtol(text, &text, 10);
    s->differs = strtol(text, &text, 10) != 0;
    assert_in_range(s->epochs, 1, EPOCHS_MAX);
    snprintf(s->early, sizeof s->early, "%s", next_line(file, "early", line));
    snprintf(s->plateau, sizeof s->plateau, "%s", next_line(file, "plateau", line));
    read_numbers(next_line(file, "rate", line), 1, &s->rate);
    read_numbers(next_line(file, "values", line), s->epochs, s->values);
    read_results(file, "", s);
    if (s->differs)
        read_results(file, "guarded_", s);
}

/* A network that logs loss and accuracy. */
static ls_network *make_network(void)
{
    ls_network *network;
    assert_ok(ls_network_create("3 softmax", 4, &network));
    const ls_metric_task task = ls_network_task(network);
    assert_ok(ls_metrics_parse("--metrics", "accuracy", &task, &network->metrics));
    return network;
}

static ls_options *make_options(const char *key, const char *value)
{
    ls_options *options;
    assert_ok(ls_options_create(&options));
    assert_ok(ls_options_set(options, key, value));
    return options;
}

static void check_early_stopping(const sequence *s, const ls_network *network)
{
    ls_early_stopping settings;
    ls_early_stopping_state state;
    ls_monitor monitor;
    bool on, stop = false;
    int64_t epoch = 0;
    ls_options *options = make_options("early-stopping", s->early);
    assert_ok(ls_early_stopping_parse(options, &settings, &on));
    ls_options_destroy(options);
    assert_true(on);
    assert_ok(ls_monitor_find("early", network, true, settings.monitor, settings.mode, settings.min_delta, &monitor));
    ls_early_stopping_start(&state);
    while (epoch < s->epochs && !stop) {
        epoch++;
        stop = ls_early_stopping_take(&settings, &monitor, &state, epoch, s->values[epoch - 1]);
    }
    const bool kept = settings.restore_best_weights || !isnan(state.best);
    if ((stop ? epoch : 0) != s->stop || (kept ? state.best_epoch : 0) != s->best)
        fail_msg("sequence %ld: stop %lld, best %lld; Keras has %lld and %lld", s->number, stop ? (long long)epoch : 0,
                 (long long)state.best_epoch, (long long)s->stop, (long long)s->best);
}

static void check_plateau(const sequence *s, const ls_network *network)
{
    ls_plateau settings;
    ls_plateau_state state;
    ls_monitor monitor;
    bool on;
    ls_options *options = make_options("reduce-lr-on-plateau", s->plateau);
    assert_ok(ls_plateau_parse(options, &settings, &on));
    ls_options_destroy(options);
    assert_true(on);
    assert_ok(ls_monitor_find("plateau", network, true, settings.monitor, settings.mode, settings.min_delta, &monitor));
    ls_plateau_start(&state, s->rate);
    for (int i = 0; i < s->epochs; i++) {
        const double before = state.learning_rate;
        const bool reduced = ls_plateau_take(&settings, &monitor, &state, s->values[i]);
        assert_true(reduced == (state.learning_rate != before) || (reduced && settings.min_lr == before));
        if (fabs(state.learning_rate - s->rates[i]) > 1e-6 * s->rates[i])
            fail_msg("sequence %ld: rate %.9g after epoch %d; Keras has %.9g", s->number, state.learning_rate, i + 1,
                     s->rates[i]);
    }
}

static void test_reference(void **state)
{
    (void)state;
    FILE *file = fopen(LS_TEST_REFERENCE, "re");
    ls_network *network = make_network();
    int stopped = 0, differing = 0;
    assert_non_null(file);
    for (int i = 0; i < SEQUENCES; i++) {
        sequence s;
        read_sequence(file, &s);
        assert_int_equal(s.number, i);
        check_early_stopping(&s, network);
        check_plateau(&s, network);
        stopped += s.stop > 0;
        differing += s.differs;
    }
    assert_int_equal(getc(file), EOF);
    assert_in_range(stopped, SEQUENCES / 4, SEQUENCES); /* the file is about something */
    assert_in_range(differing, 1, SEQUENCES / 4);
    ls_network_destroy(network);
    (void)fclose(file);
}

/* Keras' defaults, and the ways to say on and off. */
static void test_words(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        bool on;
    } words[] = {{"", false}, {"off", false}, {"false", false}, {"on", true}, {"true", true}, {"patience=0", true}};
    for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
        ls_early_stopping early;
        ls_plateau plateau;
        bool on;
        ls_options *options = make_options("early-stopping", words[i].text);
        assert_ok(ls_early_stopping_parse(options, &early, &on));
        ls_options_destroy(options);
        assert_int_equal(on, words[i].on);
        assert_string_equal(early.monitor, "val_loss");
        assert_true(isnan(early.baseline));
        assert_false(early.restore_best_weights);
        assert_int_equal(early.patience, 0);
        options = make_options("reduce-lr-on-plateau", i == 5 ? "cooldown=0" : words[i].text);
        assert_ok(ls_plateau_parse(options, &plateau, &on));
        ls_options_destroy(options);
        assert_int_equal(on, words[i].on);
        assert_true(plateau.factor == 0.1 && plateau.min_delta == 1e-4 && plateau.min_lr == 0);
        assert_int_equal(plateau.patience, 10);
    }
}

static void refuse(const char *name, const char *mode, bool validation, const char *said)
{
    ls_network *network = make_network();
    ls_monitor monitor;
    assert_fails(ls_monitor_find("--x", network, validation, name, mode, 0, &monitor), LS_ERR_USAGE, said);
    ls_network_destroy(network);
}

static void test_monitor(void **state)
{
    (void)state;
    ls_network *network = make_network();
    ls_monitor monitor;
    double value = -1;
    ls_epoch epoch = {.train = {.count = 2, .name = {"loss", "accuracy"}, .value = {0.5, 0.75}}};
    assert_ok(ls_monitor_find("--x", network, true, "val_acc", "auto", 0, &monitor));
    assert_string_equal(monitor.name, "val_accuracy");
    assert_true(monitor.rises);
    assert_false(ls_monitor_value(&monitor, &epoch, &value)); /* an epoch without validation */
    epoch.validation = (ls_scores){.count = 2, .name = {"loss", "accuracy"}, .value = {0.6, 0.65}};
    assert_true(ls_monitor_value(&monitor, &epoch, &value));
    assert_true(value == 0.65);
    assert_ok(ls_monitor_find("--x", network, false, "loss", "auto", 0.25, &monitor));
    assert_false(monitor.rises);
    assert_true(ls_monitor_value(&monitor, &epoch, &value) && value == 0.5);
    assert_false(ls_monitor_better(&monitor, 0.75, 1));
    assert_true(ls_monitor_better(&monitor, 0.5, 1));
    assert_false(ls_monitor_better(&monitor, NAN, 1));
    assert_false(ls_monitor_better(&monitor, NAN, NAN));
    assert_true(ls_monitor_better(&monitor, 9, NAN));
    assert_ok(ls_monitor_find("--x", network, false, "loss", "max", 0, &monitor));
    assert_true(monitor.rises);
    ls_network_destroy(network);
    refuse("val_loss", "auto", false, "--validation-split");
    refuse("val_auc", "auto", true, "loss, accuracy, val_loss, val_accuracy");
    refuse("mae", "auto", false, "it has loss, accuracy");
    refuse("penalty", "auto", false, "logs no 'penalty' to monitor; it has loss, accuracy");
    assert_ok(ls_network_create("3 softmax kernel_regularizer=l2", 4, &network));
    network->metrics = (ls_metrics){.width = 1};
    assert_ok(ls_monitor_find("--x", network, true, "val_penalty", "auto", 0, &monitor));
    assert_false(monitor.rises);
    assert_fails(ls_monitor_find("--x", network, true, "mae", "auto", 0, &monitor), LS_ERR_USAGE,
                 "it has loss, penalty, val_loss, val_penalty");
    ls_network_destroy(network);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_reference),
        cmocka_unit_test(test_words),
        cmocka_unit_test(test_monitor),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
