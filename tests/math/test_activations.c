/* Activations and their derivatives against float64 (errors below the bounds of src/math/README.md) and against Keras
 * (activations_reference.txt); values at zeros and infinities. With the argument `full`: at each float32 of
 * ordinary size. */
#include "activation_cases.h"
#include "activation_truth.h"
#include "math_test.h"
#include "ulp.h"

#include "math/activations.h"

#include <stdio.h>

enum { BLOCK = 256 * LS_PANEL };

static const struct function {
    ls_activation activation;
    true_function *slope;
    double value_bound; /* ULP */
    double slope_bound; /* times max(1, abs(slope)) */
} functions[] = {
    {LS_LEAKY_RELU, true_leaky_relu_slope, 0.8, 1e-8},
    {LS_ELU, true_elu_slope, 1.1, 1e-7},
    {LS_SELU, true_selu_slope, 2.2, 2e-7},
    {LS_GELU, true_gelu_slope, 5, 3e-7},
    {LS_SILU, true_silu_slope, 3.5, 3e-7},
    {LS_SOFTPLUS, true_sigmoid, 2.3, 1e-7},
    {LS_SOFTSIGN, true_softsign_slope, 1.7, 2e-7},
    {LS_HARD_SIGMOID, true_hard_sigmoid_slope, 1.1, 1e-8},
    {LS_MISH, true_mish_slope, 5, 3e-7},
    {LS_EXPONENTIAL, exp, 0.92, 1e-7},
};
enum { FUNCTIONS = sizeof functions / sizeof functions[0] };

/* f(z) and f'(z), the second from what the pass has. */
static void compute(const ls_kernels *table, ls_activation activation, const float *numbers, const float *z, float *a,
                    float *slope)
{
    memcpy(a, z, BLOCK * sizeof *a);
    table->activate(activation, numbers, BLOCK / LS_PANEL, a);
    for (int i = 0; i < BLOCK; i++)
        slope[i] = 1;
    table->activate_backward(activation, numbers, BLOCK / LS_PANEL, ls_activation_reads_z(activation) ? z : NULL, a,
                             slope);
}

/* ---- over the 2^32 bit patterns, a strided sample ---- */

/* With the argument `full`, every pattern is tried where something happens: of magnitude 2^-30 to 2^8. */
static bool full;

static uint64_t pattern_after(uint64_t pattern)
{
    const uint64_t magnitude = pattern & 0x7FFFFFFF;
    return pattern + (full && magnitude >= 0x30800000 && magnitude < 0x43800000 ? 1 : 2003);
}

typedef struct worst {
    double error;
    float z, got;
} worst;

static void note(worst *w, double error, float z, float got)
{
    if (!(error <= w->error))
        *w = (worst){error, z, got};
}

static void check_worst(const char *name, const char *what, const worst *w, double bound)
{
    print_message("%-12s %s off by %.4g at %a\n", name, what, w->error, (double)w->z);
    if (!(w->error <= bound))
        fail_msg("%s: %s at %a is %a, off by %.4g, allowed %.4g", name, what, (double)w->z, (double)w->got, w->error,
                 bound);
}

/* Leaves out the slope of infinities, and where rounding leads to a kink: leaky_relu's -0, hard_sigmoid's 1. */
static bool has_slope(float z)
{
    return fabsf(z) > 0x1p-140f && fabsf(z) < INFINITY && fabsf(fabsf(z) - 3) > 0x1p-21f;
}

static void check_block(const ls_kernels *table, const struct function *f, const float *n, const float *z, worst *value,
                        worst *slope)
{
    true_function *const true_value = true_activation(f->activation);
    float a[BLOCK], d[BLOCK];
    compute(table, f->activation, n, z, a, d);
    for (int i = 0; i < BLOCK; i++) {
        const double x = (double)z[i];
        const double expected = n ? true_with(f->activation, n, x) : true_value(x);
        if (fabsf(z[i]) < INFINITY && (!n || fabs(expected) < 0x1p127))
            note(value, ulp_error(a[i], expected), z[i], a[i]);
        if (!has_slope(z[i]))
            continue;
        const double truth = n ? true_slope_with(f->activation, n, x) : f->slope(x);
        if (fabs(truth) < 0x1p127)
            note(slope, fabs((double)d[i] - truth) / fmax(1, fabs(truth)), z[i], d[i]);
    }
}

static void check_errors(const char *name, const struct function *f, const float *numbers)
{
    const ls_kernels *table = ls_kernels_find(NULL);
    worst value = {0}, slope = {0};
    for (uint64_t pattern = 0; pattern < (uint64_t)1 << 32;) {
        float z[BLOCK];
        for (int i = 0; i < BLOCK; i++, pattern = pattern_after(pattern)) {
            const uint32_t bits = (uint32_t)pattern; /* the last block begins anew */
            memcpy(z + i, &bits, sizeof bits);
        }
        check_block(table, f, numbers, z, &value, &slope);
    }
    check_worst(name, "value (ULP)", &value, f->value_bound);
    check_worst(name, "slope", &slope, f->slope_bound);
}

static void errors_are_below_the_bounds(void **state)
{
    (void)state;
    for (int f = 0; f < FUNCTIONS; f++)
        check_errors(ls_activation_name(functions[f].activation), &functions[f], NULL);
}

/* By name they are a rounding or two; a slope of 0 where the derivative would be that of the other side is the least
 * that can go wrong here. */
static void errors_with_settings(void **state)
{
    (void)state;
    for (int i = LS_ACTIVATION_COUNT; i < ALL_ACTIVATIONS; i++) {
        const float *numbers;
        const ls_activation activation = activation_at(i, &numbers);
        const struct function f = {activation, NULL, activation == LS_ELU ? 2.5 : 1.6,
                                   activation == LS_ELU ? 3e-7 : 1e-8};
        check_errors(activation_text(i), &f, numbers);
    }
}

/* ---- Keras ---- */

static void check_keras(ls_activation activation, const float *numbers, FILE *file)
{
    int count;
    float z[BLOCK] = {0}, a[BLOCK], d[BLOCK], keras_a[BLOCK], keras_d[BLOCK];
    double largest = 0, largest_slope = 0;
    assert_int_equal(fscanf(file, " points %d", &count), 1);
    assert_true(count > 100 && count <= BLOCK);
    for (int i = 0; i < count; i++) {
        assert_int_equal(fscanf(file, "%f %f %f", z + i, keras_a + i, keras_d + i), 3);
        largest = fmax(largest, fabs(keras_a[i]));
        largest_slope = fmax(largest_slope, fabs(keras_d[i]));
    }
    compute(ls_kernels_find(NULL), activation, numbers, z, a, d);
    for (int i = 0; i < count; i++)
        if (!(fabs((double)a[i] - keras_a[i]) <= 1e-6 * largest) ||
            !(fabs((double)d[i] - keras_d[i]) <= 1e-6 * largest_slope))
            fail_msg("%s(%.9g) is %.9g with slope %.9g, Keras has %.9g and %.9g", ls_activation_name(activation),
                     (double)z[i], (double)a[i], (double)d[i], (double)keras_a[i], (double)keras_d[i]);
}

static void values_and_slopes_are_those_of_keras(void **state)
{
    (void)state;
    FILE *file = fopen(LS_TEST_REFERENCE, "r");
    assert_non_null(file);
    for (int f = 0; f < FUNCTIONS; f++) {
        char name[64];
        assert_int_equal(fscanf(file, " activation %63s", name), 1);
        assert_string_equal(name, ls_activation_name(functions[f].activation));
        check_keras(functions[f].activation, NULL, file);
    }
    char name[64];
    float n[LS_ACTIVATION_NUMBERS];
    int settings = 0;
    for (; fscanf(file, " activation %63s %f %f %f", name, &n[0], &n[1], &n[2]) == 4; settings++) {
        ls_activation activation;
        assert_true(ls_activation_find(name, &activation));
        check_keras(activation, n, file);
    }
    assert_int_equal(settings, 8);
    assert_true(feof(file));
    fclose(file);
}

/* ---- ends ---- */

static void special_values(void **state)
{
    (void)state;
    const float tiny = 0x1p-149f, selu_least = -1.7580993408473766f;
    enum { NEGATIVE_ZERO, ZERO, NEGATIVE_TINY, TINY, NEGATIVE_INFINITY, INFINITE, CASES };
    const float inputs[CASES] = {-0.0f, 0.0f, -tiny, tiny, -INFINITY, INFINITY};
    const float ln2 = 0x1.62e43p-1f;
    const struct {
        ls_activation activation;
        float values[CASES];
    } expected[] = {
        {LS_LEAKY_RELU, {-0.0f, 0, -0.0f, tiny, -INFINITY, INFINITY}},
        {LS_ELU, {0, 0, -tiny, tiny, -1, INFINITY}},
        {LS_SELU, {0, 0, -2 * tiny, tiny, selu_least, INFINITY}},
        {LS_GELU, {-0.0f, 0, -0.0f, 0, -0.0f, INFINITY}},
        {LS_SILU, {-0.0f, 0, -0.0f, 0, -0.0f, INFINITY}},
        {LS_SOFTPLUS, {ln2, ln2, ln2, ln2, 0, INFINITY}},
        {LS_SOFTSIGN, {-0.0f, 0, -tiny, tiny, -1, 1}},
        {LS_HARD_SIGMOID, {0.5f, 0.5f, 0.5f, 0.5f, 0, 1}},
        {LS_MISH, {-0.0f, 0, -tiny, tiny, -0.0f, INFINITY}},
        {LS_EXPONENTIAL, {1, 1, 1, 1, 0, INFINITY}},
    };
    EACH_TABLE(table)
    for (size_t k = 0; k < sizeof expected / sizeof expected[0]; k++) {
        const ls_activation activation = expected[k].activation;
        float a[LS_PANEL] = {0}, d[LS_PANEL], z[LS_PANEL] = {0};
        memcpy(z, inputs, sizeof inputs);
        z[CASES] = NAN;
        memcpy(a, z, sizeof a);
        table->activate(activation, NULL, 1, a);
        check_floats(table, ls_activation_name(activation), CASES, a, expected[k].values);
        assert_true(isnan(a[CASES]));
        for (int i = 0; i < LS_PANEL; i++)
            d[i] = 1;
        table->activate_backward(activation, NULL, 1, z, a, d);
        for (int i = 0; i < CASES; i++)
            if (isnan(d[i]))
                fail_msg("%s, %s: the slope at %g is NaN", table->name, ls_activation_name(activation), (double)z[i]);
    }
}

/* `full` takes ten minutes. */
int main(int count, char **arguments)
{
    if (count > 1 && strcmp(arguments[1], "full") == 0)
        full = true;
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(errors_are_below_the_bounds),
        cmocka_unit_test(errors_with_settings),
        cmocka_unit_test(values_and_slopes_are_those_of_keras),
        cmocka_unit_test(special_values),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
