/* The option table: defaults, every way to set a value, every error text, configuration files, recipe,
 * intervals. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "context/interval.h"
#include "context/options.h"
#include "context/options_words.h"

static ls_options *options;

static void must(ls_status status)
{
    if (status != LS_OK)
        fail_msg("%s", ls_error_message());
}

static int create(void **state)
{
    (void)state;
    return ls_options_create(&options) == LS_OK ? 0 : -1;
}

static int destroy(void **state)
{
    (void)state;
    ls_options_destroy(options);
    options = NULL;
    return 0;
}

/* Two of these texts may be looked at together. */
static const char *get_of(const ls_options *o, const char *key)
{
    static char buffer[2][LS_TEXT_MAX];
    static int next;
    next = 1 - next;
    must(ls_options_get(o, key, buffer[next], sizeof buffer[next]));
    return buffer[next];
}

static const char *get(const char *key)
{
    return get_of(options, key);
}

static void assert_sets(const char *key, const char *value, const char *read_back)
{
    must(ls_options_set(options, key, value));
    assert_string_equal(get(key), read_back);
}

static void assert_refuses(const char *key, const char *value, const char *message)
{
    ls_options *before;
    must(ls_options_copy(options, &before));
    assert_int_equal(ls_options_set(options, key, value), LS_ERR_USAGE);
    assert_string_equal(ls_error_message(), message);
    assert_memory_equal(options, before, sizeof *options);
    ls_options_destroy(before);
}

static void test_defaults(void **state)
{
    (void)state;
    assert_string_equal(options->data, "");
    assert_string_equal(options->part, "auto");
    assert_true(options->validation_split == 0);
    assert_string_equal(options->normalize, "none");
    assert_false(options->normalize_targets);
    assert_int_equal(options->epochs, 1);
    assert_int_equal(options->batch_size, 32);
    assert_string_equal(options->optimizer, "adam");
    assert_true(options->learning_rate == 0.001);
    assert_true(options->beta_1 == 0.9);
    assert_true(options->beta_2 == 0.999);
    assert_true(options->epsilon == 1e-7);
    assert_string_equal(options->precision, "float32");
    assert_true(options->shuffle);
    assert_int_equal(options->shuffle_window, 0);
    assert_int_equal(options->shards, 0);
    assert_int_equal(options->seed, 0);
    assert_string_equal(options->checkpoint_every, "10min");
    assert_int_equal(options->keep, 3);
    assert_false(options->resume);
    assert_false(options->overwrite);
    assert_int_equal(options->log_every, 0);
    assert_int_equal(options->check_every, 100);
    assert_int_equal(options->threads, 0);
    assert_string_equal(options->kernels, "auto");
    assert_string_equal(options->reduction, "auto");
    assert_string_equal(options->hang_timeout, "auto");
    assert_true(options->normalization);
}

/* Each row: the default is accepted and reads back, the texts are there, and the member belongs to no other
 * row. */
static void test_every_row(void **state)
{
    (void)state;
    size_t rows = 0;
    for (const ls_option_row *row; (row = ls_option_at(rows)) != NULL; rows++) {
        print_message("%s\n", row->key);
        assert_ptr_equal(ls_option_find(row->key), row);
        assert_non_null(row->help);
        assert_non_null(row->section);
        assert_true(row->commands != 0 || row->recipe); /* without a command: written by the program */
        assert_true(row->type == LS_OPTION_SWITCH ? row->value == NULL : row->value != NULL);
        assert_sets(row->key, row->initial, strcmp(row->initial, "1e-7") == 0 ? get("epsilon") : row->initial);
    }
    assert_int_equal(rows, 110);
    assert_null(ls_option_at(rows + 1));

    const char *values[] = {"7",       "on",         "halving", "avx2",   "standard", "test",  "0.5",
                            "9 steps", "8",          "off",     "random", "mean",     "codes", "csv",
                            "ignore",  "stratified", ",",       "1",      "bfloat16", "wait"};
    ls_options *after;
    must(ls_options_create(&after));
    for (size_t i = 0; i < rows; i++) {
        const char *key = ls_option_at(i)->key, *initial = ls_option_at(i)->initial;
        size_t v = 0;
        while (ls_options_set(after, key, values[v]) != LS_OK || strcmp(get_of(after, key), get(key)) == 0) {
            if (++v == sizeof values / sizeof values[0])
                fail_msg("no value changes option '%s'", key);
        }
        for (size_t j = 0; j < rows; j++) {
            char other[LS_TEXT_MAX];
            strcpy(other, get(ls_option_at(j)->key));
            if (j != i)
                assert_string_equal(get_of(after, ls_option_at(j)->key), other);
        }
        assert_true(ls_options_given(after, key));
        must(ls_options_reset(after, key));
        assert_string_equal(get_of(after, key), strcmp(initial, "1e-7") == 0 ? get(key) : initial);
        assert_false(ls_options_given(after, key));
    }
    ls_options_destroy(after);
}

static void test_keys(void **state)
{
    (void)state;
    assert_sets("batch_size", "7", "7");
    assert_int_equal(options->batch_size, 7);
    assert_sets("batch-size", "9", "9");
    assert_ptr_equal(ls_option_find("validation_split"), ls_option_find("validation-split"));
    assert_null(ls_option_find("batch"));
    assert_null(ls_option_find("batch-size-"));
    assert_null(ls_option_find(""));
    assert_refuses("epoch", "3", "unknown option 'epoch'; did you mean 'epochs'?");
    assert_refuses("learning_rat", "3", "unknown option 'learning_rat'; did you mean 'learning-rate'?");
    assert_refuses("Epochs", "3", "unknown option 'Epochs'; did you mean 'epochs'?");
    assert_refuses("frobnicate", "3", "unknown option 'frobnicate'");
}

static void test_numbers(void **state)
{
    (void)state;
    assert_sets("epochs", " 20 ", "20");
    assert_sets("seed", "4294967295", "4294967295");
    assert_sets("learning-rate", "5e-4", "0.0005");
    assert_sets("learning-rate", "0", "0");
    assert_sets("validation-split", "-0", "0");
    assert_refuses("epochs", "ten", "option 'epochs' is 'ten'; expected a whole number from 0 to 1000000000");
    assert_refuses("epochs", "", "option 'epochs' is ''; expected a whole number from 0 to 1000000000");
    assert_refuses("epochs", "-1", "option 'epochs' is '-1'; expected a whole number from 0 to 1000000000");
    assert_refuses("batch-size", "0", "option 'batch-size' is '0'; expected a whole number from 1 to 1000000000000");
    assert_refuses("epochs", "2.5", "option 'epochs' is '2.5'; expected a whole number from 0 to 1000000000");
    assert_refuses("seed", "-1", "option 'seed' is '-1'; expected a whole number from 0 to 4294967295");
    assert_refuses("seed", "4294967296", "option 'seed' is '4294967296'; expected a whole number from 0 to 4294967295");
    assert_refuses("seed", "99999999999999999999",
                   "option 'seed' is '99999999999999999999'; expected a whole number from 0 to 4294967295");
    assert_refuses("learning-rate", "fast", "option 'learning-rate' is 'fast'; expected a number from 0 to 1000");
    assert_refuses("learning-rate", "-1", "option 'learning-rate' is '-1'; expected a number from 0 to 1000");
    assert_refuses("learning-rate", "nan", "option 'learning-rate' is 'nan'; expected a number from 0 to 1000");
    assert_refuses("beta-2", "1", "option 'beta-2' is '1'; expected a number from 0 to 0.999999");
    assert_refuses("validation-split", "1", "option 'validation-split' is '1'; expected a number from 0 to 0.99");
    assert_refuses("keep", "1", "option 'keep' is '1'; expected a whole number from 2 to 1000000");
    assert_sets("shards", "64", "64");
    assert_refuses("shards", "12", "option 'shards' is '12'; expected a power of two, or 0 for the default");
    assert_refuses("shards", "131072", "option 'shards' is '131072'; expected a whole number from 0 to 65536");
    assert_refuses("shards", "x", "option 'shards' is 'x'; expected a whole number from 0 to 65536");
}

static void test_switches(void **state)
{
    (void)state;
    assert_sets("shuffle", "off", "off");
    assert_sets("shuffle", "true", "on");
    assert_sets("resume", "on", "on");
    assert_true(options->resume);
    assert_refuses("shuffle", "maybe", "option 'shuffle' is 'maybe'; expected on or off");
}

static void test_choices(void **state)
{
    (void)state;
    assert_sets("normalize", "minmax", "minmax");
    assert_refuses("normalize", "standart",
                   "option 'normalize' is 'standart'; expected none, standard or minmax; did you mean 'standard'?");
    assert_refuses("normalize", "zscore", "option 'normalize' is 'zscore'; expected none, standard or minmax");
    assert_refuses("normalize", "standard|minmax",
                   "option 'normalize' is 'standard|minmax'; expected none, standard or minmax");
    assert_refuses("part", "", "option 'part' is ''; expected auto, train, validation, test or all");
}

static void test_texts(void **state)
{
    (void)state;
    assert_sets("loss", "mse", "mse");
    assert_sets("optimizer", "adam beta_1=0.8", "adam beta_1=0.8");
    assert_sets("layers", "64 relu, 10 softmax", "64 relu, 10 softmax");
    assert_sets("layers", "", "");

    static char text[LS_TEXT_MAX + 2];
    memset(text, 'a', LS_TEXT_MAX);
    assert_refuses("data", text, "option 'data' has 4096 bytes; at most 4095 fit");
    text[LS_TEXT_MAX - 1] = '\0';
    assert_sets("data", text, text);
    assert_string_equal(options->x, ""); /* the member behind it */
    text[64] = '\0';
    assert_refuses("ema", text, "option 'ema' has 64 bytes; at most 63 fit");
    assert_refuses("layers", "64\n10", "option 'layers' holds a control character (byte 10 at position 3)");
    memset(text, '9', LS_TEXT_MAX); /* in a message of any type, what is expected must have room */
    assert_refuses("epochs", text, "option 'epochs' has 4096 bytes; at most 4095 fit");
    assert_refuses("memory", text, "option 'memory' has 4096 bytes; at most 63 fit");
    assert_refuses("normalize", text, "option 'normalize' has 4096 bytes; at most 4095 fit");
    assert_refuses("epochs", "1\n", "option 'epochs' holds a control character (byte 10 at position 2)");
    assert_refuses("memory", "\x1b[2J", "option 'memory' holds a control character (byte 27 at position 1)");
    assert_refuses("layers", "\x7f", "option 'layers' holds a control character (byte 127 at position 1)");
    assert_sets("data", "d\xc3\xa9j\xc3\xa0.h5", "d\xc3\xa9j\xc3\xa0.h5");
    assert_refuses("validation-data", "   ",
                   "option 'validation-data' is '   ', in which nothing can be seen; expected a path");
    assert_refuses("init", "\xE2\x80\x8B", "option 'init' is '\\u200b', in which nothing can be seen; expected a path");
    assert_sets("init", " a", " a");
    assert_sets("init", "", "");
}

static void test_time_limits(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        bool automatic;
        double seconds;
    } good[] = {
        {"auto", true, 0}, {"off", false, 0}, {"3h", false, 10800}, {"90min", false, 5400}, {"30 s", false, 30}};
    static const char *const bad[] = {"", "never", "2 epochs", "90", "autos", "0 s", "-1h"};
    bool automatic;
    double seconds;
    for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
        automatic = !good[i].automatic;
        seconds = -1;
        assert_int_equal(ls_interval_parse_limit("time-limit", good[i].text, &automatic, &seconds), LS_OK);
        assert_int_equal(automatic, good[i].automatic);
        assert_true(seconds == good[i].seconds);
        assert_sets("time-limit", good[i].text, good[i].text);
    }
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        assert_int_equal(ls_interval_parse_limit("time-limit", bad[i], &automatic, &seconds), LS_ERR_USAGE);
        assert_non_null(strstr(ls_error_message(), "expected a time such as '30 s', '90min' or '3h', auto or off"));
    }
}

static void test_intervals(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        ls_interval_kind kind;
        double seconds;
        int64_t count;
    } good[] = {
        {"10min", LS_INTERVAL_SECONDS, 600, 0},   {"30 s", LS_INTERVAL_SECONDS, 30, 0},
        {"2h", LS_INTERVAL_SECONDS, 7200, 0},     {" 1.5 hours ", LS_INTERVAL_SECONDS, 5400, 0},
        {"0.25 s", LS_INTERVAL_SECONDS, 0.25, 0}, {"1 minute", LS_INTERVAL_SECONDS, 60, 0},
        {"1 day", LS_INTERVAL_SECONDS, 86400, 0}, {"500 steps", LS_INTERVAL_STEPS, 0, 500},
        {"1 step", LS_INTERVAL_STEPS, 0, 1},      {"2 epochs", LS_INTERVAL_EPOCHS, 0, 2},
        {"1epoch", LS_INTERVAL_EPOCHS, 0, 1},     {"never", LS_INTERVAL_NEVER, 0, 0},
        {" never ", LS_INTERVAL_NEVER, 0, 0},
    };
    for (size_t i = 0; i < sizeof good / sizeof good[0]; i++) {
        ls_interval interval = {.kind = 99, .seconds = 99, .count = 99};
        print_message("%s\n", good[i].text);
        assert_int_equal(ls_interval_parse("checkpoint-every", good[i].text, &interval), LS_OK);
        assert_int_equal(interval.kind, good[i].kind);
        assert_true(interval.seconds == good[i].seconds);
        assert_int_equal(interval.count, good[i].count);
        assert_sets("checkpoint-every", good[i].text, good[i].text);
    }
    static const char *const bad[] = {"",
                                      "10",
                                      "min",
                                      "0 s",
                                      "-5 s",
                                      "0 steps",
                                      "1.5 steps",
                                      "10 parsecs",
                                      "10min x",
                                      "never 5",
                                      "5 never",
                                      "1.2.3 s",
                                      "99999999999999999999 steps",
                                      "10 s|sec",
                                      "10 |",
                                      "10 min min"};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        char message[256];
        snprintf(message, sizeof message,
                 "option 'checkpoint-every' is '%s'; expected a time such as '30 s', '10min' or '2h', '500 "
                 "steps', '2 "
                 "epochs', or 'never'",
                 bad[i]);
        assert_refuses("checkpoint-every", bad[i], message);
    }
}

/* Writes the bytes to a new file, reads it as configuration, and removes it. `name` (64) becomes the file's
 * name. */
static ls_status read_bytes(const char *bytes, size_t length, char *name)
{
    strcpy(name, "/tmp/lockstep-options-XXXXXX");
    int file = mkstemp(name);
    assert_true(file >= 0);
    assert_int_equal(write(file, bytes, length), (ssize_t)length);
    close(file);
    ls_status status = ls_options_read_file(options, name);
    unlink(name);
    return status;
}

static void test_file(void **state)
{
    (void)state;
    static const char text[] = "# a run\n"
                               "\n"
                               "  epochs=20   # as many as it takes\n"
                               "batch_size = 128\r\n"
                               "layers = \"64 relu, 10 softmax\"\n"
                               "data = runs/#3/a=b.h5\t# the third\n"
                               "output = \"run # 4\"\n"
                               "metrics =\n"
                               "shuffle = no";
    char name[64];
    assert_int_equal(read_bytes(text, sizeof text - 1, name), LS_OK);
    assert_int_equal(options->epochs, 20);
    assert_int_equal(options->batch_size, 128);
    assert_string_equal(options->layers, "64 relu, 10 softmax");
    assert_string_equal(options->data, "runs/#3/a=b.h5");
    assert_string_equal(options->output, "run # 4");
    assert_string_equal(options->metrics, "");
    assert_false(options->shuffle);
    assert_int_equal(read_bytes("", 0, name), LS_OK);
}

/* As Windows' editors save them. */
static void test_file_with_mark(void **state)
{
    (void)state;
    static const char text[] = "\xEF\xBB\xBF"
                               "epochs = 20\r\nbatch-size = 128\r\n";
    static const char only[] = "\xEF\xBB\xBF", card[] = "\xEF\xBB\xBF {\"options\": {\"epochs\": \"7\"}}";
    static const char wide[] = "\xFF\xFE"
                               "e\0p\0o\0",
                      other[] = "\xFE\xFF\0e\0p";
    char name[64], message[128];
    assert_int_equal(read_bytes(text, sizeof text - 1, name), LS_OK);
    assert_int_equal(options->epochs, 20);
    assert_int_equal(options->batch_size, 128);
    assert_int_equal(read_bytes(only, sizeof only - 1, name), LS_OK);
    assert_int_equal(read_bytes(card, sizeof card - 1, name), LS_OK);
    assert_int_equal(options->epochs, 7);
    for (int i = 0; i < 2; i++) {
        assert_int_equal(read_bytes(i ? other : wide, 6, name), LS_ERR_USAGE);
        snprintf(message, sizeof message, "%s:1: is UTF-16; save it as UTF-8", name);
        assert_string_equal(ls_error_message(), message);
    }
}

static void test_file_errors(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        size_t length; /* 0: as a string */
        const char *message;
    } cases[] = {
        {"epochs = 2\n\nepoch = 3\n", 0, "3: unknown option 'epoch'; did you mean 'epochs'?"},
        {"epochs = x", 0, "1: option 'epochs' is 'x'; expected a whole number from 0 to 1000000000"},
        {"# only\nepochs 3\n", 0, "2: expected 'key = value', found 'epochs 3'"},
        {"= 3\n", 0, "1: expected 'key = value', found '= 3'"},
        {"seed = 1\nepo\0chs = 3\n", 21, "2: not a text file"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char name[64], message[256];
        size_t length = cases[i].length > 0 ? cases[i].length : strlen(cases[i].text);
        assert_int_equal(read_bytes(cases[i].text, length, name), LS_ERR_USAGE);
        snprintf(message, sizeof message, "%s:%s", name, cases[i].message);
        assert_string_equal(ls_error_message(), message);
    }
    assert_int_equal(options->epochs, 2); /* lines before the wrong one count */
    assert_int_equal(ls_options_read_file(options, "/nonexistent/run.conf"), LS_ERR_USAGE);
    assert_string_equal(ls_error_message(),
                        "cannot open the configuration file '/nonexistent/run.conf': No such file or directory");
    assert_int_equal(ls_options_read_file(options, "/tmp"), LS_ERR_USAGE);
    assert_string_equal(ls_error_message(), "cannot read the configuration file '/tmp': Is a directory");
}

/* Of a run.json what differs from the defaults is given, but for what one start asks for. */
static void test_card(void **state)
{
    (void)state;
    static const char text[] = "{\"state\": \"stopped\", \"options\": {\"epochs\": \"20\", \"epsilon\": \"1e-7\", "
                               "\"learning-rate\": \"0.01\", \"shuffle\": \"off\", \"overwrite\": \"on\", "
                               "\"resume\": \"on\", \"change\": \"schedule\", \"of-tomorrow\": \"1\"}}";
    char name[64];
    must(read_bytes(text, sizeof text - 1, name));
    assert_int_equal(options->epochs, 20);
    assert_true(options->learning_rate == 0.01);
    assert_false(options->shuffle);
    assert_true(ls_options_given(options, "learning-rate"));
    assert_false(ls_options_given(options, "epsilon"));
    assert_false(options->overwrite || options->resume);
    assert_string_equal(options->change, "");
    static const char *const bad[][2] = {
        {"{\"options\": {\"epochs\": \"x\"}}", "option 'epochs' is 'x'"},
        {" {\"options\": 3}", "has no 'options'"},
        {"{\"options\": {\"epochs\": 3}}", "option 'epochs' is no text"},
        {"{\"options\"", "is damaged: JSON: at byte 10"},
    };
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        assert_int_equal(read_bytes(bad[i][0], strlen(bad[i][0]), name), LS_ERR_USAGE);
        assert_ptr_equal(strstr(ls_error_message(), name), ls_error_message());
        assert_non_null(strstr(ls_error_message(), bad[i][1]));
    }
}

static void test_recipe(void **state)
{
    (void)state;
    assert_int_equal(ls_options_set(options, "layers", "64 relu, 10 softmax"), LS_OK);
    assert_int_equal(ls_options_set(options, "learning-rate", "1e-2"), LS_OK);
    ls_text text = {0};
    assert_int_equal(ls_options_recipe(options, &text), LS_OK);
    assert_string_equal(ls_text_string(&text), "validation-split = 0\n"
                                               "validation-method = tail\n"
                                               "limit-rows = 0\n"
                                               "missing = error\n"
                                               "class-weights = \n"
                                               "layers = 64 relu, 10 softmax\n"
                                               "loss = \n"
                                               "metrics = \n"
                                               "normalize = none\n"
                                               "normalize-targets = off\n"
                                               "batch-size = 32\n"
                                               "optimizer = adam\n"
                                               "learning-rate = 0.01\n"
                                               "beta-1 = 0.9\n"
                                               "beta-2 = 0.999\n"
                                               "epsilon = 1e-7\n"
                                               "shuffle = on\n"
                                               "shuffle-window = 0\n"
                                               "shards = 0\n"
                                               "seed = 0\n");

    /* Paths, machine and length of the run are no part of it. */
    const char *free_to_change[][2] = {{"data", "other.h5"},    {"x", "/a"},          {"output", "o"},
                                       {"threads", "3"},        {"epochs", "50"},     {"resume", "on"},
                                       {"keep", "5"},           {"log-every", "9"},   {"kernels", "portable"},
                                       {"reduction", "direct"}, {"hang-timeout", "1"}};
    ls_text again = {0};
    for (size_t i = 0; i < sizeof free_to_change / sizeof free_to_change[0]; i++)
        assert_int_equal(ls_options_set(options, free_to_change[i][0], free_to_change[i][1]), LS_OK);
    assert_int_equal(ls_options_recipe(options, &again), LS_OK);
    assert_string_equal(ls_text_string(&again), ls_text_string(&text));

    /* Read as a configuration file it gives the same recipe. */
    char name[64];
    ls_options_destroy(options);
    must(ls_options_create(&options));
    assert_int_equal(read_bytes(text.data, text.length, name), LS_OK);
    ls_text_clear(&again);
    assert_int_equal(ls_options_recipe(options, &again), LS_OK);
    assert_string_equal(ls_text_string(&again), ls_text_string(&text));
    ls_text_free(&text);
    ls_text_free(&again);
}

/* A saved recipe gives the same recipe, counts nothing as given, and says what it does not understand. */
static void test_read_recipe(void **state)
{
    (void)state;
    ls_text text = {0}, again = {0};
    must(ls_options_set(options, "layers", "64 relu, dropout 0.5, 10 softmax"));
    must(ls_options_set(options, "class-weights", "0=1, 1=5"));
    must(ls_options_set(options, "epsilon", "1e-9"));
    must(ls_options_recipe(options, &text));
    ls_options_destroy(options);
    must(ls_options_create(&options));
    must(ls_options_read_recipe(options, ls_text_string(&text)));
    must(ls_options_recipe(options, &again));
    assert_string_equal(ls_text_string(&again), ls_text_string(&text));
    assert_false(ls_options_given(options, "layers"));
    must(ls_options_read_recipe(options, "")); /* of a version that had no options: nothing changes */
    assert_string_equal(get("class-weights"), "0=1, 1=5");

    assert_int_equal(ls_options_read_recipe(options, "seed = 1\nfrobnicate = 2\n"), LS_ERR_USAGE);
    assert_string_equal(ls_error_message(), "unknown option 'frobnicate'");
    assert_int_equal(ls_options_read_recipe(options, "seed = many\n"), LS_ERR_USAGE);
    assert_int_equal(ls_options_read_recipe(options, "seed\n"), LS_ERR_USAGE);
    assert_string_equal(ls_error_message(), "the recipe's line 'seed' is no 'key = value'");
    ls_text_free(&text);
    ls_text_free(&again);
}

static void test_get(void **state)
{
    (void)state;
    char small[8] = "before";
    must(ls_options_set(options, "layers", "64 relu"));
    must(ls_options_get(options, "layers", small, sizeof small));
    assert_string_equal(small, "64 relu");
    must(ls_options_set(options, "layers", "64 relu "));
    assert_int_equal(ls_options_get(options, "layers", small, sizeof small), LS_ERR_USAGE);
    assert_string_equal(ls_error_message(), "the value of option 'layers' takes 9 bytes, there is room for 8");
    assert_string_equal(small, "64 relu"); /* as it was */
    assert_int_equal(ls_options_get(options, "layer", small, sizeof small), LS_ERR_USAGE);
    assert_string_equal(ls_error_message(), "unknown option 'layer'; did you mean 'layers'?");
    assert_int_equal(ls_options_reset(options, "layer"), LS_ERR_USAGE);
}

/* A copy has its own values and remembers what was given. */
static void test_copy(void **state)
{
    (void)state;
    ls_options *copy;
    must(ls_options_set(options, "seed", "7"));
    must(ls_options_copy(options, &copy));
    must(ls_options_set(copy, "epochs", "9"));
    assert_string_equal(get_of(copy, "seed"), "7");
    assert_true(ls_options_given(copy, "seed"));
    assert_string_equal(get("epochs"), "1");
    assert_false(ls_options_given(options, "epochs"));
    ls_options_destroy(copy);
    ls_options_destroy(NULL);
}

/* ---- another table: what the program's has no example of ---- */

#define MEMBER(name) .offset = offsetof(ls_options, name), .size = sizeof(((ls_options *)NULL)->name)

static const ls_options_entry other_entries[] = {
    {.row = {.key = "limit-rows", .type = LS_OPTION_INTEGER, .initial = "0", .most = 100, .recipe = true},
     MEMBER(limit_rows),
     .other_name = "rows-at-most"},
    {.row = {.key = "missing",
             .type = LS_OPTION_TEXT,
             .initial = "c1",
             .choices = "c1|c2|c3|c4|c5|c6|c7|c8|c9|c10|c11|c12|c13|c14|c15|c16|seventeen|"
                        "a choice of more than thirty-two bytes"},
     MEMBER(missing)},
    {.row = {.key = "seed", .type = LS_OPTION_INTEGER, .initial = "0", .most = 100}, MEMBER(seed)},
};
static const ls_options_table other_table = {other_entries, sizeof other_entries / sizeof other_entries[0]};

static int create_other(void **state)
{
    (void)state;
    return ls_options_create_over(&other_table, &options) == LS_OK ? 0 : -1;
}

/* An option that was renamed keeps its old word, wherever options come from, and a remark says the new one. */
static void test_other_name(void **state)
{
    (void)state;
    char remark[128] = "", name[64];
    assert_false(ls_options_remark(options, 0, remark, sizeof remark));
    must(ls_options_set(options, "seed", "3"));
    must(ls_options_set(options, "rows_at_most", "5"));
    assert_string_equal(get("limit-rows"), "5");
    assert_string_equal(get("rows-at-most"), "5");
    assert_true(ls_options_remark(options, 0, remark, sizeof remark));
    assert_string_equal(remark, "option 'rows-at-most' is called 'limit-rows' here; taken as that");
    assert_false(ls_options_remark(options, 1, remark, sizeof remark));
    must(ls_options_set(options, "limit-rows", "6"));
    assert_false(ls_options_remark(options, 0, remark, sizeof remark));

    must(read_bytes("rows-at-most = 7\n", 17, name)); /* a configuration file of then */
    assert_string_equal(get("limit-rows"), "7");
    assert_true(ls_options_remark(options, 0, remark, sizeof remark));

    ls_text text = {0}; /* and a checkpoint */
    must(ls_options_read_recipe(options, "rows-at-most = 8\n"));
    must(ls_options_recipe(options, &text));
    assert_string_equal(ls_text_string(&text), "limit-rows = 8\n");
    ls_text_free(&text);
}

/* What other programs call it: each word is no option, and leads to one that there is, or says why there is none. */
static void test_words_of_others(void **state)
{
    (void)state;
    assert_refuses("lr", "1", "unknown option 'lr'; did you mean 'learning-rate'?");
    assert_refuses("grad_clip", "1", "unknown option 'grad_clip'; did you mean 'global-clipnorm'?");
    assert_refuses("dropout", "1", "unknown option 'dropout'; here: --layers \"64 relu, dropout 0.2, 10 softmax\"");
    assert_refuses("validation_steps", "1",
                   "unknown option 'validation_steps'; here: validation always takes all of its rows");
    assert_refuses("lrs", "1", "unknown option 'lrs'");
    assert_null(ls_options_words_find("l"));
    assert_null(ls_options_words_find("l-r"));
    size_t count = 0;
    for (const ls_options_word *w; (w = ls_options_words_at(count)) != NULL; count++) {
        print_message("%s\n", w->word);
        assert_ptr_equal(ls_options_words_find(w->word), w); /* once in the table */
        assert_null(ls_option_find(w->word));
        assert_true(w->key != NULL || w->advice != NULL);
        if (w->key != NULL)
            assert_non_null(ls_option_find(w->key));
    }
    assert_true(count > 50);
}

static void test_many_choices(void **state)
{
    (void)state;
    assert_sets("missing", "seventeen", "seventeen");
    assert_sets("missing", "c16", "c16");
    assert_refuses("missing", "seventen",
                   "option 'missing' is 'seventen'; expected c1, c2, c3, c4, c5, c6, c7, c8, c9, c10, c11, c12, c13, "
                   "c14, c15, c16, seventeen or a choice of more than thirty-two bytes; did you mean 'seventeen'?");
    assert_int_equal(ls_options_set(options, "missing", "c"), LS_ERR_USAGE);
}

#define TEST(name)       cmocka_unit_test_setup_teardown(name, create, destroy)
#define TEST_OTHER(name) cmocka_unit_test_setup_teardown(name, create_other, destroy)

/* What a command's help shows first is an option of the command, told once, in a line that has room beside its
   name. */
static void test_usual_options(void **state)
{
    (void)state;
    size_t found = 0;
    for (unsigned command = 1; command <= LS_COMMAND_EXPORT; command *= 2) {
        const char *brief = NULL;
        const ls_option_row *row, *seen[64];
        for (size_t i = 0; (row = ls_option_usual(command, i, &brief)) != NULL; i++) {
            assert_true(row->commands & command);
            assert_in_range(strlen(brief), 8, 48);
            for (size_t k = 0; k < i; k++)
                assert_ptr_not_equal(row, seen[k]);
            assert_in_range(i, 0, 20);
            seen[i] = row;
            found++;
            brief = NULL;
        }
        assert_null(brief); /* else its key is not in the table */
    }
    assert_in_range(found, 30, 200);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_defaults),
        TEST(test_every_row),
        TEST(test_keys),
        TEST(test_numbers),
        TEST(test_switches),
        TEST(test_choices),
        TEST(test_texts),
        TEST(test_intervals),
        TEST(test_time_limits),
        TEST(test_file),
        TEST(test_file_with_mark),
        TEST(test_file_errors),
        TEST(test_card),
        TEST(test_recipe),
        TEST(test_read_recipe),
        TEST(test_get),
        TEST(test_copy),
        TEST(test_usual_options),
        TEST(test_words_of_others),
        TEST_OTHER(test_other_name),
        TEST_OTHER(test_many_choices),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
