/* Ten steps through batch normalisation against Keras (batchnorm_reference.py): weights, moving statistics and
 * predictions, |a - b| <= 1e-6 of the variable's largest value. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <lockstep.h>

enum { ROWS = 20, FEATURES = 3, OUTPUTS = 2, STEPS = 10, LARGEST = 64, LINE = 4096 };

static void check(ls_status status)
{
    if (status != LS_OK)
        fail_msg("status %d: %s", status, ls_error_message());
}

/* The generator of batchnorm_reference.py. */
static float number(int step, int i)
{
    const uint32_t word = (uint32_t)(i * 7919 + step * 104729 + 12345) * 2654435761u;
    return (float)(((double)(word >> 16) / 32768 - 1) * 0.5);
}

typedef struct job {
    ls_context *context;
    ls_dataset *data;
    ls_model *model;
    ls_trainer *trainer;
} job;

static void set(ls_options *options, const char *const *words)
{
    for (; *words; words += 2)
        check(ls_options_set(options, words[0], words[1]));
}

static int elements(const ls_variable *variable)
{
    return (int)(variable->shape[0] * (variable->dimensions > 1 ? variable->shape[1] : 1));
}

static void begin_with(ls_model *model)
{
    for (int v = 0, at = 0; v < ls_model_variables(model); v++) {
        ls_variable variable;
        float values[LARGEST];
        check(ls_model_variable(model, v, &variable));
        if (strstr(variable.name, "/moving_"))
            continue;
        for (int i = 0; i < elements(&variable); i++)
            values[i] = number(99, at++);
        check(ls_model_set(model, v, values));
    }
}

/* One shard without shuffling: rows in order. */
static job start(const char *layers)
{
    static float x[ROWS * FEATURES], y[ROWS * OUTPUTS];
    const ls_arrays arrays = {.rows = ROWS, .features = FEATURES, .x = x, .outputs = OUTPUTS, .y = y};
    job j;
    ls_options *options;
    for (int i = 0; i < ROWS * FEATURES; i++)
        x[i] = number(1, i);
    for (int i = 0; i < ROWS * OUTPUTS; i++)
        y[i] = number(2, i);
    check(ls_context_create(NULL, &j.context));
    check(ls_options_create(&options));
    set(options, (const char *const[]){"layers", layers, "optimizer", "sgd learning_rate=0.05", "batch-size", "8",
                                       "shards", "1", "shuffle", "off", "epochs", "9", NULL});
    check(ls_dataset_from_arrays(j.context, &arrays, &j.data));
    check(ls_model_create(j.context, options, j.data, &j.model));
    begin_with(j.model);
    check(ls_trainer_create(j.context, options, j.model, j.data, NULL, &j.trainer));
    ls_options_destroy(options);
    for (int step = 0; step < STEPS; step++)
        check(ls_trainer_step(j.trainer, NULL));
    return j;
}

static void end(job *j)
{
    ls_trainer_destroy(j->trainer);
    ls_model_destroy(j->model);
    ls_dataset_destroy(j->data);
    ls_context_destroy(j->context);
}

static double worst;

static void compare(const char *what, int count, const float *values, const char *recorded)
{
    double want[LARGEST], scale = 0;
    char *rest = (char *)recorded;
    for (int i = 0; i < count; i++) {
        want[i] = strtod(rest, &rest);
        scale = fmax(scale, fabs(want[i]));
    }
    for (int i = 0; i < count; i++) {
        const double off = fabs((double)values[i] - want[i]);
        worst = fmax(worst, off / scale);
        if (!(off <= 1e-6 * scale))
            fail_msg("%s [%d] is %.9g, Keras has %.9g", what, i, (double)values[i], want[i]);
    }
}

static ls_status keep_rows(void *user, int64_t first, int64_t rows, const float *prediction)
{
    memcpy((float *)user + first * OUTPUTS, prediction, (size_t)(rows * OUTPUTS) * sizeof *prediction);
    return LS_OK;
}

/* One line of a case's outcome. Returns whether it was one. */
static bool take_line(const job *j, const char *name, const char *line)
{
    char what[LINE + 128];
    float values[LARGEST];
    int v, used;
    if (sscanf(line, "weight %d%n", &v, &used) == 1) {
        ls_variable variable;
        check(ls_model_variable(j->model, v, &variable));
        check(ls_model_get(j->model, v, values));
        snprintf(what, sizeof what, "%s: %.64s", name, variable.name);
        compare(what, elements(&variable), values, line + used);
        return true;
    }
    if (strncmp(line, "prediction ", 11) != 0)
        return false;
    check(ls_predict(j->context, j->model, j->data, keep_rows, values));
    snprintf(what, sizeof what, "%s: prediction", name);
    compare(what, ROWS * OUTPUTS, values, line + 11);
    return true;
}

static void like_keras(void **state)
{
    (void)state;
    static char line[LINE], name[LINE];
    int cases = 0, lines = 0;
    FILE *file = fopen(LS_TEST_BATCHNORM, "r");
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
        j = start(name);
    }
    end(&j);
    fclose(file);
    assert_int_equal(cases, 3);
    assert_int_equal(lines, 31);
    print_message("largest difference: %.2g of the variable's largest value\n", worst);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(like_keras)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
