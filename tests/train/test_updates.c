/* Ten given gradients into every optimizer, its flags and what settings put around it, against Keras
 * (updates_reference.py): |a - b| <= 1e-6 of the variable's largest value, weights and slots. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "context/options.h"
#include "train/held.h"
#include "train/trainer.h"
#include "train/update.h"

enum { FEATURES = 3, OUTPUTS = 2, VARIABLES = 4, LARGEST = 15, STEPS = 10, LINE = 4096 };
static const int elements[VARIABLES] = {15, 5, 10, 2};

static void check(ls_status status)
{
    if (status != LS_OK)
        fail_msg("status %d: %s", status, ls_error_message());
}

/* The generator of updates_reference.py. */
static float number(int step, int i)
{
    const uint32_t word = (uint32_t)(i * 7919 + step * 104729 + 12345) * 2654435761u;
    return (float)(((double)(word >> 16) / 32768 - 1) * 0.5);
}

/* ---- a case ---- */

typedef struct job {
    ls_context *context;
    ls_dataset *data;
    ls_model *model;
    ls_trainer *trainer;
} job;

static job start(const char *words, const char *ema, const char *layers)
{
    static const float x[8 * FEATURES], y[8 * OUTPUTS];
    const ls_arrays arrays = {.rows = 8, .features = FEATURES, .x = x, .outputs = OUTPUTS, .y = y};
    job j;
    ls_options *options;
    check(ls_context_create(NULL, &j.context));
    check(ls_options_create(&options));
    check(ls_options_set(options, "layers", layers));
    check(ls_options_set(options, "optimizer", words));
    check(ls_options_set(options, "ema", ema));
    check(ls_dataset_from_arrays(j.context, &arrays, &j.data));
    check(ls_model_create(j.context, options, j.data, &j.model));
    check(ls_trainer_create(j.context, options, j.model, j.data, NULL, &j.trainer));
    ls_options_destroy(options);
    return j;
}

static void end(job *j)
{
    ls_trainer_destroy(j->trainer);
    ls_model_destroy(j->model);
    ls_dataset_destroy(j->data);
    ls_context_destroy(j->context);
}

/* The numbers of a step into a block. */
static void fill(const ls_network *network, int step, float *block)
{
    float values[LARGEST];
    for (int v = 0, at = 0; v < VARIABLES; at += elements[v++]) {
        for (int i = 0; i < elements[v]; i++)
            values[i] = number(step, at + i);
        ls_network_pack(network, v, values, block);
    }
}

static void advance(ls_trainer *t, int step)
{
    static float gradient[1024];
    const int64_t n = t->model->network->block;
    assert_true(n <= 1024);
    fill(t->model->network, step, gradient);
    ls_update_begin(t, 1);
    if (t->held) {
        ls_held_take(t, 0, n, gradient);
        check(ls_held_update(t));
    } else {
        ls_update_slice(t, 0, n, gradient);
    }
}

/* ---- comparing ---- */

static double worst;

/* The numbers recorded of a variable, and its largest value: 1e-6 of `scale`, which is at least that, is what may lie
 * between. */
static void compare(const char *what, const float *block, const ls_network *network, int variable, double scale,
                    double within, const char *recorded)
{
    float values[LARGEST];
    double want[LARGEST];
    char *rest = (char *)recorded;
    ls_network_unpack(network, variable, block, values);
    for (int i = 0; i < elements[variable]; i++) {
        want[i] = strtod(rest, &rest);
        scale = fmax(scale, fabs(want[i]));
    }
    for (int i = 0; i < elements[variable]; i++) {
        const double off = fabs((double)values[i] - want[i]);
        worst = within > 1e-6 || scale == 0 ? worst : fmax(worst, off / scale);
        if (!(off <= within * scale))
            fail_msg("%s: variable %d [%d] is %.9g, Keras has %.9g", what, variable, i, (double)values[i], want[i]);
    }
}

/* The largest of a variable's values before the first step: where constraints make it small, its rounding was that of
 * the large ones. */
static double initial_scale(int variable)
{
    double largest = 0;
    int at = 0;
    for (int v = 0; v < variable; v++)
        at += elements[v];
    for (int i = 0; i < elements[variable]; i++)
        largest = fmax(largest, fabs((double)number(99, at + i)));
    return largest;
}

/* One line of a case's outcome. Returns whether it was one. */
static bool take_line(const job *j, const char *name, const char *line)
{
    char what[LINE + 64];
    int variable, slot, used;
    const ls_network *network = j->model->network;
    if (sscanf(line, "weight %d%n", &variable, &used) == 1) {
        snprintf(what, sizeof what, "%s: weights", name);
        compare(what, j->model->block, network, variable, initial_scale(variable), 1e-6, line + used);
    } else if (sscanf(line, "slot %d %d%n", &slot, &variable, &used) == 2) {
        snprintf(what, sizeof what, "%s: slot %d", name, slot);
        assert_true(slot < j->trainer->slot_count);
        /* Keras has Nadam's 1 - beta_2 in float32, 1.3e-5 from what it stands for */
        const bool rough = strncmp(name, "nadam", 5) == 0 && slot == j->trainer->slot_count - 1;
        compare(what, j->trainer->slots[slot], network, variable, 0, rough ? 2e-5 : 1e-6, line + used);
    } else if (strncmp(line, "number ", 7) == 0) {
        assert_true(fabs(j->trainer->optimizer.number[1] / strtod(line + 7, NULL) - 1) < 1e-6);
    } else {
        return false;
    }
    return true;
}

static void test_all(void **state)
{
    (void)state;
    static char line[LINE], name[LINE];
    int cases = 0, lines = 0;
    FILE *file = fopen(LS_TEST_UPDATES, "r");
    assert_non_null(file);
    job j = {0};
    while (fgets(line, sizeof line, file)) {
        line[strcspn(line, "\n")] = '\0';
        if (strncmp(line, "case ", 5) != 0) {
            lines += cases > 0 && take_line(&j, name, line);
            continue;
        }
        if (cases++ > 0)
            end(&j);
        strcpy(name, line + 5);
        const char *field[3] = {line + 5, "", "5, 2"};
        for (int f = 1; f < 3; f++) {
            char *bar = strstr(field[f - 1], " | ");
            if (!bar)
                break;
            *bar = '\0';
            field[f] = bar + 3;
        }
        j = start(field[0], field[1], field[2]);
        fill(j.model->network, 99, j.model->block);
        for (int step = 0; step < STEPS; step++)
            advance(j.trainer, step);
    }
    end(&j);
    fclose(file);
    assert_int_equal(cases, 149);
    assert_true(lines > 1000);
    print_message("largest difference: %.2g of the variable's largest value\n", worst);
}

/* A gradient that is not finite is named, and nothing has changed. */
static void test_refused(void **state)
{
    (void)state;
    static const char *const words[] = {"lamb", "nadam clipnorm=1", "sgd momentum=0.9 global_clipnorm=1",
                                        "adam clipnorm=1 gradient_accumulation_steps=2"};
    for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
        job j = start(words[i], "momentum=0.9", "5, 2");
        ls_trainer *t = j.trainer;
        const int64_t n = j.model->network->block;
        float before[1024], slots[LS_OPTIMIZER_SLOTS][1024], gradient[1024] = {0};
        for (int step = 0; step < 3; step++)
            advance(t, step);
        const ls_optimizer optimizer = t->optimizer;
        memcpy(before, j.model->block, (size_t)n * sizeof(float));
        for (int k = 0; k < t->slot_count; k++)
            memcpy(slots[k], t->slots[k], (size_t)n * sizeof(float));
        const float bias[5] = {[3] = INFINITY};
        ls_network_pack(j.model->network, 1, bias, gradient);
        ls_update_begin(t, 1);
        ls_held_take(t, 0, n, gradient);
        assert_int_equal(ls_held_update(t), LS_ERR_NUMERIC);
        assert_non_null(strstr(ls_error_message(), "the gradient of dense/bias is not finite"));
        assert_memory_equal(&optimizer, &t->optimizer, sizeof optimizer);
        assert_memory_equal(before, j.model->block, (size_t)n * sizeof(float));
        for (int k = 0; k < t->slot_count; k++)
            assert_memory_equal(slots[k], t->slots[k], (size_t)n * sizeof(float));
        end(&j);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_all),
        cmocka_unit_test(test_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
