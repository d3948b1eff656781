/* Which variables of a file are which slots of an optimizer, in the orders in which the generations of Keras write
 * them. Each array is full of its own number, so that a slot says where it came from. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "import/keras_optimizer.h"
#include "import/translate_state.h"

static char path[64];
static ls_network *network; /* kernel (3, 4), bias (4), kernel (4, 2), bias (2) */
static const char *const names[] = {"dense/kernel", "dense/bias", "dense_1/kernel", "dense_1/bias"};
enum { N = 4 };

static int set_up(void **state)
{
    (void)state;
    snprintf(path, sizeof path, "/tmp/lockstep-keras-optimizer-XXXXXX");
    const int fd = mkstemp(path);
    return fd < 0 || close(fd) != 0 || ls_network_create("4 relu, 2", 3, &network) != LS_OK;
}

static int tear_down(void **state)
{
    (void)state;
    ls_network_destroy(network);
    return unlink(path);
}

#define OK(call)                                                                                                       \
    do {                                                                                                               \
        if ((call) != LS_OK)                                                                                           \
            fail_msg("%s", ls_error_message());                                                                        \
    } while (0)

/* ---- writing ---- */

static void put_array(ls_h5_file *file, const char *where, int variable, float value)
{
    const ls_tensor tensor = ls_network_tensor(network, variable);
    const int64_t shape[2] = {tensor.rows, tensor.columns};
    float values[16];
    for (int i = 0; i < 16; i++)
        values[i] = value;
    if (ls_tensor_is_vector(&tensor))
        OK(ls_h5_write_float(file, where, 1, &shape[1], values));
    else
        OK(ls_h5_write_float(file, where, 2, shape, values));
}

static void put_number(ls_h5_file *file, const char *where, float value)
{
    OK(ls_h5_write_float(file, where, 0, NULL, &value));
}

static void put_steps(ls_h5_file *file, const char *where, int64_t steps)
{
    OK(ls_h5_write_int64(file, where, 0, NULL, &steps));
}

/* /optimizer/vars: `variables` tells which variable each array belongs to; its value is its own number. */
static ls_h5_file *write_numbered(int64_t steps, float rate, const char *variables)
{
    ls_h5_file *file;
    char where[64];
    int number = 0;
    OK(ls_h5_create(path, 0, &file));
    put_steps(file, "/optimizer/vars/0", steps);
    number++;
    if (rate >= 0) {
        put_number(file, "/optimizer/vars/1", rate);
        number++;
    }
    for (const char *v = variables; *v; v++, number++) {
        snprintf(where, sizeof where, "/optimizer/vars/%d", number);
        if (*v == '.')
            put_number(file, where, (float)number);
        else
            put_array(file, where, *v - '0', (float)number);
    }
    OK(ls_h5_finish(file));
    OK(ls_h5_open(path, &file));
    return file;
}

/* /optimizer_weights: texts "VARIABLE NAME", a '.' is a number. */
static ls_h5_file *write_named(const char *iteration, const char *rate, const char *const *arrays, int count)
{
    ls_h5_file *file;
    char where[128];
    const char *all[64];
    int number = 0;
    OK(ls_h5_create(path, 0, &file));
    OK(ls_h5_make_group(file, "/optimizer_weights"));
    if (iteration) {
        snprintf(where, sizeof where, "/optimizer_weights/%s", iteration);
        put_steps(file, where, 7);
        all[number++] = iteration;
    }
    if (rate) {
        snprintf(where, sizeof where, "/optimizer_weights/%s", rate);
        put_number(file, where, 0.01f);
        all[number++] = rate;
    }
    for (int i = 0; i < count; i++) {
        snprintf(where, sizeof where, "/optimizer_weights/%s", arrays[i] + 2);
        if (arrays[i][0] == '.')
            put_number(file, where, 0.5f);
        else
            put_array(file, where, arrays[i][0] - '0', (float)(i + 1));
        all[number++] = arrays[i] + 2;
    }
    OK(ls_h5_set_texts(file, "/optimizer_weights", "weight_names", all, number));
    OK(ls_h5_finish(file));
    OK(ls_h5_open(path, &file));
    return file;
}

/* ---- reading ---- */

static ls_optimizer optimizer_of(const char *name)
{
    ls_optimizer optimizer;
    ls_optimizer_settings settings = {0};
    ls_optimizer_start(ls_optimizer_find(name), &settings, &optimizer);
    return optimizer;
}

/* What the first number of each slot of each variable is, slot by slot: "2 4 6 8; 3 5 7 9". */
static void check_slots(const ls_keras_state *state, const char *expected)
{
    ls_text text = {0};
    ls_optimizer_slot slot[LS_OPTIMIZER_SLOTS];
    for (int k = 0; k < ls_optimizer_slots(state->optimizer, slot); k++)
        for (int i = 0; i < N; i++) {
            float rows[16];
            ls_keras_slot one = {state, k};
            const ls_tensor tensor = ls_network_tensor(network, i);
            OK(ls_keras_slot_bring(&one, i, 0, tensor.rows, rows));
            for (int64_t j = 1; j < tensor.rows * tensor.columns; j++)
                assert_true(rows[j] == rows[0]);
            ls_text_printf(&text, "%s%g", i > 0 ? " " : k > 0 ? "; " : "", (double)rows[0]);
        }
    assert_string_equal(ls_text_string(&text), expected);
    ls_text_free(&text);
}

static void find(ls_h5_file *file, bool legacy, const ls_keras_model *model, const ls_optimizer *optimizer,
                 ls_keras_state *state, bool *found)
{
    static const ls_keras_model trained = {0};
    OK(ls_keras_state_find(file, legacy, model ? model : &trained, network, optimizer, state, found));
}

/* Closes the file. `slots` NULL: it is not found, for the reason given; no reason: there is nothing. */
static void check(ls_h5_file *file, bool legacy, const ls_optimizer *optimizer, const char *slots, double rate,
                  const char *fault)
{
    ls_keras_state state;
    bool found;
    find(file, legacy, NULL, optimizer, &state, &found);
    if (found != (slots != NULL) || (fault ? !strstr(ls_text_string(&state.fault), fault) : state.fault.length > 0))
        fail_msg("found %d, expected %d; fault '%s', expected '%s'", found, slots != NULL, ls_text_string(&state.fault),
                 fault ? fault : "");
    if (slots) {
        check_slots(&state, slots);
        if (state.rate != rate)
            fail_msg("the rate is %.17g, expected %.17g", state.rate, rate);
    }
    ls_keras_state_free(&state);
    ls_h5_close(file);
}

static void check_numbered(const char *name, const char *variables, float stored, const char *slots, double rate)
{
    const ls_optimizer optimizer = optimizer_of(name);
    check(write_numbered(7, stored, variables), false, &optimizer, slots, rate, NULL);
}

/* ---- by number ---- */

static void test_keras_3(void **state)
{
    (void)state;
    check_numbered("adam", "00112233", 0.01f, "2 4 6 8; 3 5 7 9", 0.01);
    check_numbered("adamw", "00112233", 0.01f, "2 4 6 8; 3 5 7 9", 0.01);
    check_numbered("lamb", "00112233", 0.01f, "2 4 6 8; 3 5 7 9", 0.01);
    check_numbered("nadam", "00112233.", 0.01f, "2 4 6 8; 3 5 7 9", 0.01);
    check_numbered("adagrad", "0123", 0.01f, "2 3 4 5", 0.01);
    check_numbered("sgd", "", 0.01f, "", 0.01);
    check_numbered("adam", "00112233", -1, "1 3 5 7; 2 4 6 8", -1); /* with a schedule */
    check_numbered("sgd", "", -1, "", -1);
}

static void test_keras_3_settings(void **state)
{
    (void)state;
    ls_optimizer optimizer = optimizer_of("adam");
    optimizer.settings.amsgrad = true;
    check(write_numbered(7, 0.01f, "001122330123"), false, &optimizer, "2 4 6 8; 3 5 7 9; 10 11 12 13", 0.01, NULL);
    optimizer.settings.use_ema = true;
    optimizer.settings.gradient_accumulation_steps = 4;
    check(write_numbered(7, 0.01f, "01230123001122330123"), false, &optimizer,
          "2 3 4 5; 6 7 8 9; 10 12 14 16; 11 13 15 17; 18 19 20 21", 0.01, NULL);
    optimizer = optimizer_of("rmsprop");
    optimizer.settings.momentum = 0.5;
    optimizer.settings.centered = true;
    check(write_numbered(7, 0.01f, "012301230123"), false, &optimizer, "2 3 4 5; 6 7 8 9; 10 11 12 13", 0.01, NULL);
    optimizer = optimizer_of("sgd");
    optimizer.settings.momentum = 0.5;
    check(write_numbered(7, 0.01f, "0123"), false, &optimizer, "2 3 4 5", 0.01, NULL);
}

static void test_keras_2(void **state)
{
    (void)state;
    check_numbered("nadam", "00112233", -1, "1 3 5 7; 2 4 6 8", -1); /* without Keras 3's number */
    check_numbered("sgd", "0123", -1, "", -1);                       /* momentum that it does not use */
}

/* Compiled, and not trained yet: slots begin as in any new training. */
static void test_not_begun(void **state)
{
    (void)state;
    ls_optimizer optimizer = optimizer_of("adam");
    check(write_numbered(0, 0.01f, ""), false, &optimizer, "0 0 0 0; 0 0 0 0", 0.01, NULL);
    check(write_numbered(3, 0.01f, ""), false, &optimizer, NULL, 0, "0 arrays; Adam with these settings has 8");
    optimizer.settings.use_ema = true;
    check(write_numbered(0, 0.01f, ""), false, &optimizer, NULL, 0, "no averages");
    optimizer = optimizer_of("adagrad");
    optimizer.settings.initial_accumulator_value = 0.5;
    check(write_numbered(0, 0.01f, ""), false, &optimizer, "0.5 0.5 0.5 0.5", 0.01, NULL);
    const char *const none[] = {NULL};
    check(write_named("adagrad/iteration", "adagrad/learning_rate", none, 0), true, &optimizer, NULL, 0, "0 arrays");
}

static void test_other_counts(void **state)
{
    (void)state;
    const ls_optimizer adam = optimizer_of("adam"), sgd = optimizer_of("sgd");
    check(write_numbered(7, 0.01f, "0011223"), false, &adam, NULL, 0,
          "7 arrays; Adam with these settings has 8, for 4 variables");
    check(write_numbered(7, 0.01f, "001122330123"), false, &adam, NULL, 0, "12 arrays");
    check(write_numbered(7, 0.01f, "00112233."), false, &adam, NULL, 0, "9 arrays");
    check(write_numbered(7, 0.01f, "01230123"), false, &sgd, NULL, 0, "8 arrays; SGD");
    check(write_numbered(7, 0.01f, "01122330"), false, &adam, NULL, 0, "/optimizer/vars/3");
    check(write_numbered(-7, 0.01f, "00112233"), false, &adam, NULL, 0, "/optimizer/vars/0 is -7");
    ls_h5_file *file;
    OK(ls_h5_create(path, 0, &file));
    OK(ls_h5_make_group(file, "/optimizer/vars"));
    OK(ls_h5_finish(file));
    OK(ls_h5_open(path, &file));
    check(file, false, &adam, NULL, 0, NULL);
    OK(ls_h5_open(path, &file));
    check(file, true, &adam, NULL, 0, NULL);
}

/* ---- by name ---- */

/* Arrays of each kind for all variables: `format` has the kind and the variable's name as %2$s and %1$s. */
typedef struct listing {
    char text[32][96];
    const char *array[32];
    int count;
} listing;

typedef enum style { LEGACY, MIDDLE, NEWEST } style;

static void add(listing *list, int variable, style as, const char *kind)
{
    char *text = list->text[list->count], flat[32];
    snprintf(flat, sizeof flat, "%s", names[variable]);
    for (char *c = flat; *c; c++)
        *c = *c == '/' ? '_' : *c;
    if (as == LEGACY)
        snprintf(text, 96, "%d Adam/%s/%s:0", variable, names[variable], kind);
    else if (as == MIDDLE)
        snprintf(text, 96, "%d Adam/%s/%s:0", variable, kind, names[variable]);
    else
        snprintf(text, 96, "%d adam/sequential_%s_%s", variable, flat, kind);
    list->array[list->count] = text;
    list->count++;
}

static void check_named(const char *iteration, const char *rate, const listing *list, const ls_optimizer *optimizer,
                        const char *slots, const char *fault)
{
    check(write_named(iteration, rate, list->array, list->count), true, optimizer, slots, rate ? 0.01 : -1, fault);
}

static void test_legacy(void **state)
{
    (void)state;
    static const char *const adams[] = {"m", "v", "vhat"}, *const rmsprops[] = {"rms", "momentum", "mg"};
    listing list = {0};
    ls_optimizer optimizer = optimizer_of("adam");
    optimizer.settings.amsgrad = true;
    for (int k = 0; k < 3; k++)
        for (int i = 0; i < N; i++)
            add(&list, i, LEGACY, adams[k]);
    check_named("Adam/iter:0", NULL, &list, &optimizer, "1 2 3 4; 5 6 7 8; 9 10 11 12", NULL);
    list.count = 0;
    optimizer = optimizer_of("rmsprop");
    optimizer.settings.momentum = 0.5;
    optimizer.settings.centered = true;
    for (int k = 0; k < 3; k++)
        for (int i = 0; i < N; i++)
            add(&list, i, LEGACY, rmsprops[k]);
    check_named("RMSprop/iter:0", NULL, &list, &optimizer, "1 2 3 4; 5 6 7 8; 9 10 11 12", NULL);
}

static void test_middle(void **state)
{
    (void)state;
    listing list = {0};
    ls_optimizer optimizer = optimizer_of("adam");
    for (int i = 0; i < N; i++) {
        add(&list, i, MIDDLE, "m");
        add(&list, i, MIDDLE, "v");
    }
    check_named("iteration:0", NULL, &list, &optimizer, "1 3 5 7; 2 4 6 8", NULL);
    list.count = 0;
    optimizer.settings.use_ema = true;
    for (int i = 0; i < N; i++)
        add(&list, i, MIDDLE, "average");
    for (int i = 0; i < N; i++) {
        add(&list, i, MIDDLE, "m");
        add(&list, i, MIDDLE, "v");
    }
    check_named("iteration:0", NULL, &list, &optimizer, "1 2 3 4; 5 7 9 11; 6 8 10 12", NULL);
    list.count = 0;
    optimizer = optimizer_of("sgd");
    for (int i = 0; i < N; i++)
        add(&list, i, MIDDLE, "m");
    check_named("iteration:0", NULL, &list, &optimizer, "", NULL); /* momentum that it does not use */
    optimizer.settings.momentum = 0.5;
    check_named("iteration:0", NULL, &list, &optimizer, "1 2 3 4", NULL);
}

static void test_newest(void **state)
{
    (void)state;
    listing list = {0};
    ls_optimizer optimizer = optimizer_of("nadam");
    for (int i = 0; i < N; i++) {
        add(&list, i, NEWEST, "momentum");
        add(&list, i, NEWEST, "velocity");
    }
    list.array[list.count++] = ". variable";
    check_named("nadam/iteration", "nadam/learning_rate", &list, &optimizer, "1 3 5 7; 2 4 6 8", NULL);
    list.count = 0;
    optimizer = optimizer_of("adam");
    optimizer.settings.amsgrad = true;
    optimizer.settings.gradient_accumulation_steps = 2;
    for (int i = 0; i < N; i++)
        add(&list, i, NEWEST, "gradient_accumulator");
    for (int i = 0; i < N; i++) {
        add(&list, i, NEWEST, "momentum");
        add(&list, i, NEWEST, "velocity");
    }
    for (int i = 0; i < N; i++)
        add(&list, i, NEWEST, "velocity_hat");
    check_named("adam/iteration", "adam/learning_rate", &list, &optimizer, "1 2 3 4; 5 7 9 11; 6 8 10 12; 13 14 15 16",
                NULL);
    list.count = 0;
    optimizer = optimizer_of("rmsprop");
    optimizer.settings.centered = true;
    for (int i = 0; i < N; i++)
        add(&list, i, NEWEST, "velocity");
    for (int i = 0; i < N; i++)
        add(&list, i, NEWEST, "average_gradient");
    check_named("rm_sprop/iteration", NULL, &list, &optimizer, "1 2 3 4; 5 6 7 8", NULL);
}

static void test_other_names(void **state)
{
    (void)state;
    listing list = {0};
    const ls_optimizer adam = optimizer_of("adam"), adagrad = optimizer_of("adagrad");
    for (int i = 0; i < N; i++)
        add(&list, i, NEWEST, "momentum");
    check_named("iteration", NULL, &list, &adam, NULL, "4 arrays; Adam with these settings has 8");
    check_named("iteration", NULL, &list, &adagrad, NULL, "4 arrays; Adagrad");
    for (int i = 0; i < N; i++)
        add(&list, i, NEWEST, "velocity");
    check_named(NULL, NULL, &list, &adam, NULL, "no number of steps");
    check_named("iteration", NULL, &list, &adam, "1 2 3 4; 5 6 7 8", NULL);
    add(&list, 0, NEWEST, "anything");
    check_named("iteration", NULL, &list, &adam, NULL, "9 arrays");
    list.count = 0;
    for (int i = 0; i < N; i++)
        add(&list, N - 1 - i, NEWEST, "accumulator");
    check_named("iteration", NULL, &list, &adagrad, NULL,
                "dense_1_bias_accumulator does not hold floats in the shape (3, 4) of the kernel of dense");
}

/* ---- layers that are not trained, and numbers that are none ---- */

static void test_not_trained(void **state)
{
    (void)state;
    const ls_optimizer adam = optimizer_of("adam");
    char first[] = "layer 0 'dense' (Dense)", second[] = "layer 1";
    ls_keras_layer layer[2] = {{.place = first, .use = LS_KERAS_LAYER, .variables = 2},
                               {.place = second, .use = LS_KERAS_LAYER, .variables = 2, .trainable = true}};
    const ls_keras_model model = {.layer = layer, .count = 2};
    ls_keras_state found_state;
    bool found;
    ls_h5_file *file = write_numbered(7, 0.01f, "00112233");
    find(file, false, &model, &adam, &found_state, &found);
    assert_false(found);
    assert_non_null(strstr(ls_text_string(&found_state.fault), "layer 0 'dense' (Dense) is not trained"));
    ls_keras_state_free(&found_state);
    layer[0].use = LS_KERAS_FEATURES; /* a Normalization never is */
    find(file, false, &model, &adam, &found_state, &found);
    assert_true(found);
    ls_keras_state_free(&found_state);
    ls_h5_close(file);
}

static void test_negative_squares(void **state)
{
    (void)state;
    const ls_optimizer adagrad = optimizer_of("adagrad");
    ls_h5_file *file;
    ls_keras_state found_state;
    bool found;
    float rows[16];
    OK(ls_h5_create(path, 0, &file));
    put_steps(file, "/optimizer/vars/0", 7);
    for (int i = 0; i < N; i++) {
        char where[64];
        snprintf(where, sizeof where, "/optimizer/vars/%d", 1 + i);
        put_array(file, where, i, i == 2 ? -1 : 1);
    }
    OK(ls_h5_finish(file));
    OK(ls_h5_open(path, &file));
    find(file, false, NULL, &adagrad, &found_state, &found);
    assert_true(found);
    ls_keras_slot slot = {&found_state, 0};
    OK(ls_keras_slot_bring(&slot, 1, 0, 1, rows));
    assert_int_equal(ls_keras_slot_bring(&slot, 2, 0, 4, rows), LS_ERR_DATA);
    assert_non_null(strstr(ls_error_message(), "/optimizer/vars/3"));
    ls_keras_state_free(&found_state);
    ls_h5_close(file);
}

/* Weights beside a configuration that says nothing of an optimizer, and what one that says it becomes. */
static void test_translated(void **state)
{
    (void)state;
    const ls_keras_model trained = {0};
    ls_keras_compiled compiled = {0};
    ls_translate_state translated;
    ls_keras_file file = {.variables = write_numbered(7, 0.01f, "0123")};
    OK(ls_translate_state_find(&file, &trained, network, &compiled, &translated));
    assert_false(translated.found);
    assert_non_null(strstr(ls_text_string(&compiled.optimizer_fault), "does not say which optimizer"));
    ls_translate_state_free(&translated);
    ls_keras_compiled_free(&compiled);
    compiled.row = ls_optimizer_find("adagrad");
    compiled.settings.learning_rate = 0.5;
    OK(ls_translate_state_find(&file, &trained, network, &compiled, &translated));
    assert_true(translated.found);
    assert_true(translated.writing.rate == 0.01);
    assert_int_equal(translated.optimizer.iterations, 7);
    assert_int_equal(compiled.optimizer_fault.length, 0);
    float rows[16];
    OK(translated.writing.slot[0].bring(translated.writing.slot[0].user, 2, 0, 4, rows));
    assert_true(rows[0] == 4);
    ls_translate_state_free(&translated);
    ls_h5_close(file.variables);
    file.variables = write_numbered(7, -1, "0123"); /* without a rate it is that of the settings */
    OK(ls_translate_state_find(&file, &trained, network, &compiled, &translated));
    assert_true(translated.found && translated.writing.rate == 0.5);
    ls_translate_state_free(&translated);
    ls_h5_close(file.variables);
    ls_keras_compiled_free(&compiled);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_keras_3),     cmocka_unit_test(test_keras_3_settings), cmocka_unit_test(test_keras_2),
        cmocka_unit_test(test_not_begun),   cmocka_unit_test(test_other_counts),     cmocka_unit_test(test_legacy),
        cmocka_unit_test(test_middle),      cmocka_unit_test(test_newest),           cmocka_unit_test(test_other_names),
        cmocka_unit_test(test_not_trained), cmocka_unit_test(test_negative_squares), cmocka_unit_test(test_translated),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
