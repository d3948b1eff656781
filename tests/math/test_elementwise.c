/* Activations and their derivatives, dropout, Adam, sums for norms and the choice of tables: every table bit for bit
 * against scalar references written from src/math/README.md, and the derivatives against finite differences. */
#include "activation_cases.h"
#include "activation_reference.h"

#include "base/philox.h"
#include "math/activations.h"

#include <float.h>
#include <stdio.h>

enum { UNITS = 37 };

/* ---- activations ---- */

static void reference_softmax(int64_t units, float *a, int lane)
{
    float most = a[lane];
    double sum = 0;
    for (int64_t j = 1; j < units; j++)
        most = a[j * LS_PANEL + lane] > most ? a[j * LS_PANEL + lane] : most;
    for (int64_t j = 0; j < units; j++) {
        a[j * LS_PANEL + lane] = reference_exp(a[j * LS_PANEL + lane] - most);
        sum += (double)a[j * LS_PANEL + lane];
    }
    for (int64_t j = 0; j < units; j++)
        a[j * LS_PANEL + lane] /= (float)sum;
}

static void reference_activate(ls_activation activation, const float *numbers, int64_t units, float *a)
{
    for (int lane = 0; lane < LS_PANEL; lane++) {
        if (activation == LS_SOFTMAX) {
            reference_softmax(units, a, lane);
            continue;
        }
        for (int64_t j = 0; j < units; j++)
            a[j * LS_PANEL + lane] = numbers ? reference_with(activation, numbers, a[j * LS_PANEL + lane])
                                             : reference_activation(activation, a[j * LS_PANEL + lane]);
    }
}

static void reference_activate_backward(ls_activation activation, const float *numbers, int64_t units, const float *z,
                                        const float *a, float *d)
{
    for (int lane = 0; lane < LS_PANEL; lane++) {
        double sum = 0;
        for (int64_t j = 0; j < units; j++)
            sum = fma((double)d[j * LS_PANEL + lane], (double)a[j * LS_PANEL + lane], sum);
        for (int64_t j = 0; j < units; j++) {
            const int64_t i = j * LS_PANEL + lane;
            d[i] = activation == LS_SOFTMAX ? a[i] * (d[i] - (float)sum)
                   : numbers                ? reference_derivative_with(activation, numbers, a[i], d[i])
                                            : reference_derivative(activation, z[i], a[i], d[i]);
        }
    }
}

/* Ordinary values, zeros, denormals, and some of large size. */
static float *values(int64_t count)
{
    float *x = random_block(count);
    for (int64_t i = 0; i < count; i += 5)
        x[i] = random_float(i % 3 ? 30.0f : 200.0f);
    return x;
}

/* The same with NaN, infinities and zeros in the first and in the last unit. */
static float *awkward_values(int64_t units)
{
    static const float awkward[] = {NAN, INFINITY, -INFINITY, -0.0f, 0.0f};
    float *x = values(units * LS_PANEL);
    for (int i = 0; i < 5; i++) {
        x[i] = awkward[i];
        x[(units - 1) * LS_PANEL + 10 - i] = awkward[i];
    }
    return x;
}

static void test_activate(void **state)
{
    (void)state;
    EACH_TABLE(table)
    {
        for (int f = 0; f < ALL_ACTIVATIONS; f++) {
            const float *n;
            const ls_activation activation = activation_at(f, &n);
            for (int64_t units = 1; units <= UNITS; units += 6) {
                float *x = awkward_values(units), *got = copy_block(x, units * LS_PANEL);
                table->activate(activation, n, units, got);
                reference_activate(activation, n, units, x);
                check_floats(table, activation_text(f), units * LS_PANEL, got, x);
                free(x);
                free(got);
            }
        }
    }
}

static void test_activate_backward(void **state)
{
    (void)state;
    EACH_TABLE(table)
    {
        for (int f = 0; f < ALL_ACTIVATIONS; f++) {
            const float *n;
            const ls_activation activation = activation_at(f, &n);
            for (int64_t units = 1; units <= UNITS; units += 6) {
                const bool reads_z = ls_activation_reads_z(activation);
                float *z = values(units * LS_PANEL), *a = copy_block(z, units * LS_PANEL);
                float *d = awkward_values(units), *got = copy_block(d, units * LS_PANEL);
                reference_activate(activation, n, units, a);
                a[11] = z[11] = NAN;
                table->activate_backward(activation, n, units, reads_z ? z : NULL, a, got);
                reference_activate_backward(activation, n, units, z, a, d);
                check_floats(table, activation_text(f), units * LS_PANEL, got, d);
                float *all[] = {z, a, d, got};
                for (size_t i = 0; i < sizeof all / sizeof *all; i++)
                    free(all[i]);
            }
        }
    }
}

/* The rules at zero, for people who look at one number. */
static void test_relu_at_zero(void **state)
{
    (void)state;
    EACH_TABLE(table)
    {
        float a[LS_PANEL] = {-0.0f, 0.0f, NAN, -1.0f, 1.0f}, d[LS_PANEL] = {1, 1, 1, 1, 1};
        table->activate(LS_RELU, NULL, 1, a);
        table->activate_backward(LS_RELU, NULL, 1, NULL, a, d);
        assert_false(signbit(a[0]));
        assert_true(isnan(a[2]));
        assert_true(a[3] == 0 && a[4] == 1);
        assert_true(d[0] == 0 && d[1] == 0 && d[3] == 0 && d[4] == 1);
    }
}

/* A class of probability 1 and the others of 0 must not become NaN, nor must very large z. */
static void test_softmax_of_large_values(void **state)
{
    (void)state;
    EACH_TABLE(table)
    {
        float a[3 * LS_PANEL];
        for (int i = 0; i < 3 * LS_PANEL; i++)
            a[i] = i < LS_PANEL ? 3e38f : -3e38f;
        table->activate(LS_SOFTMAX, NULL, 3, a);
        for (int lane = 0; lane < LS_PANEL; lane++) {
            assert_true(a[lane] == 1.0f);
            assert_true(a[LS_PANEL + lane] == 0.0f && a[2 * LS_PANEL + lane] == 0.0f);
        }
    }
}

/* sum_j c[j] f(z)[j] has the gradient that activate_backward makes of c. */
static void test_derivatives_by_differences(void **state)
{
    (void)state;
    enum { N = 4 };
    const float step = 1e-2f;
    EACH_TABLE(table)
    {
        for (int f = 0; f < ALL_ACTIVATIONS; f++) {
            const float *n;
            const ls_activation activation = activation_at(f, &n);
            const float z[N] = {0.3f, -0.7f, 1.1f, -1.6f}, c[N] = {0.9f, -0.4f, 0.7f, 0.2f};
            float a[N * LS_PANEL] = {0}, d[N * LS_PANEL] = {0}, before[N * LS_PANEL] = {0};
            for (int j = 0; j < N; j++) {
                a[j * LS_PANEL] = before[j * LS_PANEL] = z[j];
                d[j * LS_PANEL] = c[j];
            }
            table->activate(activation, n, N, a);
            table->activate_backward(activation, n, N, before, a, d);
            for (int i = 0; i < N; i++) {
                double value[2] = {0, 0};
                for (int side = 0; side < 2; side++) {
                    float moved[N * LS_PANEL] = {0};
                    for (int j = 0; j < N; j++)
                        moved[j * LS_PANEL] = z[j] + (j == i ? (side ? step : -step) : 0);
                    table->activate(activation, n, N, moved);
                    for (int j = 0; j < N; j++)
                        value[side] += (double)c[j] * (double)moved[j * LS_PANEL];
                }
                check_near(table, activation_text(f), (double)d[i * LS_PANEL],
                           (value[1] - value[0]) / (2.0 * (double)step), 2e-4);
            }
        }
    }
}

/* ---- dropout ---- */

static void check_dropout(const ls_kernels *table, uint32_t threshold, float scale, int64_t units)
{
    const uint32_t seed = 77, layer = 3, epoch = 9;
    const int64_t n = units * LS_PANEL;
    int64_t rows[LS_PANEL];
    for (int l = 0; l < LS_PANEL; l++)
        rows[l] = l % 2 ? (INT64_C(5) << 32) + l : 1000 + l; /* beyond 32 bits too */
    float *in = awkward_values(units), *d = awkward_values(units);
    float *out = random_block(n), *want = copy_block(in, n), *want_d = copy_block(d, n);
    uint8_t keep[UNITS * LS_PANEL], kept[UNITS * LS_PANEL];
    for (int64_t i = 0; i < n; i++) {
        uint32_t words[4];
        ls_philox_unit(seed, LS_PURPOSE_DROPOUT, (uint32_t)(i / LS_PANEL), layer, rows[i % LS_PANEL], epoch, words);
        kept[i] = words[i / LS_PANEL % 4] >= threshold;
        want[i] = kept[i] ? want[i] * scale : 0.0f;
        want_d[i] = kept[i] ? want_d[i] * scale : 0.0f;
    }
    table->dropout(seed, layer, epoch, rows, threshold, scale, units, in, out, keep);
    check_floats(table, "dropout", n, out, want);
    for (int64_t i = 0; i < n; i++) {
        if (keep[i] != kept[i])
            fail_msg("%s, dropout: keep[%lld] is %d, expected %d", table->name, (long long)i, keep[i], kept[i]);
    }
    table->dropout_backward(scale, units, keep, d);
    check_floats(table, "dropout_backward", n, d, want_d);
    float *all[] = {in, d, out, want, want_d};
    for (size_t i = 0; i < sizeof all / sizeof *all; i++)
        free(all[i]);
}

static void test_dropout(void **state)
{
    (void)state;
    EACH_TABLE(table)
    {
        for (int64_t units = 1; units <= UNITS; units++) {
            check_dropout(table, 858993459, 1.25f, units);     /* rate 0.2 */
            check_dropout(table, UINT32_C(3) << 30, 4, units); /* above 2^31: compared as unsigned */
            check_dropout(table, 0, 1, units);                 /* rate 0 keeps everything */
        }
    }
}

/* A word equal to the threshold is kept, one below it is not. */
static void test_dropout_at_the_threshold(void **state)
{
    (void)state;
    const int64_t rows[LS_PANEL] = {0};
    const float in[LS_PANEL] = {1};
    uint32_t words[4];
    ls_philox_unit(5, LS_PURPOSE_DROPOUT, 0, 0, 0, 0, words);
    EACH_TABLE(table)
    {
        float out[LS_PANEL];
        uint8_t keep[LS_PANEL];
        table->dropout(5, 0, 0, rows, words[0], 2, 1, in, out, keep);
        assert_true(keep[0] == 1 && out[0] == 2);
        table->dropout(5, 0, 0, rows, words[0] + 1, 2, 1, in, out, keep);
        assert_true(keep[0] == 0 && out[0] == 0);
    }
}

/* ---- Adam ---- */

static float reference_slot(float s)
{
    return fabsf(s) < 0x1p-100f ? 0.0f : s;
}

static void test_adam(void **state)
{
    (void)state;
    static const float step_rows[] = {96, 128, 1, 3, 0x1p24f};
    ls_update_step step = {.rate = 0.003f, .one_minus_beta_1 = 0.1f, .one_minus_beta_2 = 0.001f, .epsilon = 1e-7f};
    EACH_TABLE(table)
    {
        for (int64_t n = 1; n < 70; n += 7) {
            step.rows = step_rows[n % 5];
            float *g = random_block(n), *w = random_block(n), *m = random_block(n), *v = random_block(n);
            for (int64_t i = 0; i < n; i++)
                v[i] = fabsf(v[i]);
            if (n > 20) { /* slots that fade away: into the range that is cut off, from either side */
                g[0] = g[1] = g[2] = 0;
                m[0] = 0x1.1p-100f;
                m[1] = -0x1.1p-100f;
                m[2] = 0x1p-98f;
                v[0] = v[1] = 0x1.0001p-100f;
                g[3] = NAN;
            }
            float *kept = copy_block(g, n), *w0 = copy_block(w, n), *m0 = copy_block(m, n), *v0 = copy_block(v, n);
            table->update[LS_UPDATE_ADAM](&step, n, g, w, (float *[]){m, v}, &(ls_seen){0});
            for (int64_t i = 0; i < n; i++) {
                const float gradient = kept[i] / step.rows;
                m0[i] = reference_slot(fmaf(step.one_minus_beta_1, gradient - m0[i], m0[i]));
                v0[i] = reference_slot(fmaf(step.one_minus_beta_2, gradient * gradient - v0[i], v0[i]));
                w0[i] = w0[i] - m0[i] * step.rate / (sqrtf(v0[i]) + step.epsilon);
            }
            check_floats(table, "gradient, left alone", n, g, kept);
            check_floats(table, "m", n, m, m0);
            check_floats(table, "v", n, v, v0);
            check_floats(table, "w", n, w, w0);
            if (n > 20)
                assert_true(m[0] == 0 && m[1] == 0 && m[2] != 0);
            float *all[] = {g, w, m, v, kept, w0, m0, v0};
            for (size_t i = 0; i < sizeof all / sizeof *all; i++)
                free(all[i]);
        }
    }
}

/* 2^-100 itself stays, the number below it becomes +0, of either sign; NaN stays. */
static void test_adam_cuts_tiny_slots(void **state)
{
    (void)state;
    const ls_update_step step = {.rate = 1, .epsilon = 1, .rows = 1}; /* both slots keep their values */
    const float before[] = {0x1p-100f, -0x1p-100f, 0x1.fffffep-101f, -0x1.fffffep-101f, NAN, -0.0f};
    const float after[] = {0x1p-100f, -0x1p-100f, 0.0f, 0.0f, NAN, 0.0f};
    enum { N = 6 };
    EACH_TABLE(table)
    {
        float g[N] = {0}, w[N] = {0}, m[N], v[N];
        memcpy(m, before, sizeof m);
        for (int i = 0; i < N; i++)
            v[i] = fabsf(before[i]);
        table->update[LS_UPDATE_ADAM](&step, N, g, w, (float *[]){m, v}, &(ls_seen){0});
        check_floats(table, "m near 2^-100", N, m, after);
        for (int i = 0; i < N; i++)
            m[i] = fabsf(after[i]);
        check_floats(table, "v near 2^-100", N, v, m);
    }
}

/* ---- sums for norms ---- */

static void test_sums(void **state)
{
    (void)state;
    EACH_TABLE(table)
    {
        for (int64_t rows = 0; rows < 70; rows += 3) {
            float *x = random_block(rows * LS_PANEL);
            double squares[LS_PANEL], absolutes[LS_PANEL], want[2][LS_PANEL] = {{0}};
            if (rows > 9) {
                x[5] = NAN;
                x[6] = -INFINITY;
                x[7] = FLT_MAX;
            }
            table->sum_squares(rows, x, squares);
            table->sum_absolutes(rows, x, absolutes);
            for (int64_t i = 0; i < rows * LS_PANEL; i++) {
                want[0][i % LS_PANEL] += (double)x[i] * (double)x[i];
                want[1][i % LS_PANEL] += fabs((double)x[i]);
            }
            check_doubles(table, "sum of squares", LS_PANEL, squares, want[0]);
            check_doubles(table, "sum of absolute values", LS_PANEL, absolutes, want[1]);
            free(x);
        }
    }
}

/* ---- tables ---- */

/* The platform's tables, fastest first; one that is not listed would not be tested either. */
static const char *const table_names[] = {
#if defined(__x86_64__)
    "avx512_bf16", "avx512", "avx2",
#elif defined(__aarch64__)
    "neon",
#endif
    "portable"};

static void test_tables(void **state)
{
    (void)state;
    int count = 0;
    while (ls_kernels_at(count))
        count++;
    assert_int_equal(count, sizeof table_names / sizeof table_names[0]);
    for (int i = 0; i < count; i++)
        assert_string_equal(ls_kernels_at(i)->name, table_names[i]);
    assert_null(ls_kernels_at(-1));
    assert_string_equal(ls_kernels_at(count - 1)->name, "portable");
    assert_ptr_equal(ls_kernels_find("portable"), ls_kernels_at(count - 1));
    assert_null(ls_kernels_find("avx3"));
    assert_null(ls_kernels_find(""));
    assert_ptr_equal(ls_kernels_find(NULL), ls_kernels_find("auto"));
    assert_true(ls_kernels_find(NULL)->supported());
    for (int i = 0; i < count; i++) { /* the fastest comes first */
        if (ls_kernels_at(i)->supported()) {
            assert_ptr_equal(ls_kernels_find("auto"), ls_kernels_at(i));
            break;
        }
    }
#if defined(__aarch64__)
    assert_string_equal(ls_kernels_find("auto")->name, "neon"); /* every such processor has it */
#endif
}

static void test_activation_names(void **state)
{
    (void)state;
    const char *const names[] = {"linear",     "relu",     "sigmoid",      "tanh", "softmax",
                                 "leaky_relu", "elu",      "selu",         "gelu", "silu",
                                 "softplus",   "softsign", "hard_sigmoid", "mish", "exponential"};
    for (int i = 0; i < LS_ACTIVATION_COUNT; i++) {
        ls_activation found = LS_ACTIVATION_COUNT;
        assert_string_equal(ls_activation_name((ls_activation)i), names[i]);
        assert_true(ls_activation_find(names[i], &found));
        assert_int_equal(found, i);
    }
    ls_activation unchanged = LS_TANH;
    assert_false(ls_activation_find("softmin", &unchanged));
    assert_int_equal(unchanged, LS_TANH);
    assert_true(ls_activation_find("swish", &unchanged));
    assert_int_equal(unchanged, LS_SILU);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_activate),
        cmocka_unit_test(test_activate_backward),
        cmocka_unit_test(test_relu_at_zero),
        cmocka_unit_test(test_softmax_of_large_values),
        cmocka_unit_test(test_derivatives_by_differences),
        cmocka_unit_test(test_dropout),
        cmocka_unit_test(test_dropout_at_the_threshold),
        cmocka_unit_test(test_adam),
        cmocka_unit_test(test_adam_cuts_tiny_slots),
        cmocka_unit_test(test_sums),
        cmocka_unit_test(test_tables),
        cmocka_unit_test(test_activation_names),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
