/* Layer normalisation and gaussian noise of one panel: every table against scalars written from src/math/README.md, bit
 * for bit, and what the numbers must be. */
#include "math_test.h"

#include "base/philox.h"
#include "math/real.h"

#define UNITS 37

typedef struct row_statistics {
    float mean, inverse;
} row_statistics;

static row_statistics reference_statistics(int64_t units, double epsilon, const float *x, int lane)
{
    double sum = 0, squares = 0;
    for (int64_t j = 0; j < units; j++)
        sum = sum + (double)x[j * LS_PANEL + lane];
    const double mean = sum / (double)units;
    for (int64_t j = 0; j < units; j++) {
        const double e = (double)x[j * LS_PANEL + lane] - mean;
        squares = fma(e, e, squares);
    }
    return (row_statistics){(float)mean, (float)(1 / sqrt(squares / (double)units + epsilon))};
}

/* Values of both signs, some far from 0 with little between them, a constant row, and NaN and infinity in one row each.
 */
static float *make_values(int64_t units)
{
    float *x = random_block(units * LS_PANEL);
    for (int64_t j = 0; j < units; j++) {
        x[j * LS_PANEL + 1] = 5000 + random_float(0.1f);
        x[j * LS_PANEL + 2] = 0.1f;
        x[j * LS_PANEL + 3] = 0;
        x[j * LS_PANEL + 4] = random_float(1e30f);
    }
    x[(units - 1) * LS_PANEL + 5] = NAN;
    x[(units / 2) * LS_PANEL + 6] = INFINITY;
    return x;
}

static void check_panel(const ls_kernels *table, int64_t units, double epsilon, const float *scale, const float *offset)
{
    const int64_t n = units * LS_PANEL;
    float *x = make_values(units), *d = random_block(n), *out = random_block(n), *made = random_block(n);
    float *want = random_block(n), *want_made = random_block(n), *want_d = random_block(n), statistics[2 * LS_PANEL];
    float want_statistics[2 * LS_PANEL];
    for (int lane = 0; lane < LS_PANEL; lane++) {
        const row_statistics s = reference_statistics(units, epsilon, x, lane);
        double sum = 0, products = 0;
        want_statistics[lane] = s.mean;
        want_statistics[LS_PANEL + lane] = s.inverse;
        for (int64_t i = lane, j = 0; j < units; i += LS_PANEL, j++) {
            const float normal = (x[i] - s.mean) * s.inverse, g = scale ? d[i] * scale[j] : d[i];
            want[i] = fmaf(normal, scale ? scale[j] : 1, offset ? offset[j] : 0);
            want_made[i] = d[i] * normal;
            sum = sum + (double)g;
            products = fma((double)g, (double)normal, products);
        }
        for (int64_t i = lane, j = 0; j < units; i += LS_PANEL, j++) {
            const float normal = (x[i] - s.mean) * s.inverse, g = scale ? d[i] * scale[j] : d[i];
            want_d[i] = fmaf(-normal, (float)(products / (double)units), g - (float)(sum / (double)units)) * s.inverse;
        }
    }
    table->normalize(units, epsilon, x, scale, offset, statistics, out);
    check_floats(table, "normalize: statistics", 2 * LS_PANEL, statistics, want_statistics);
    check_floats(table, "normalize", n, out, want);
    table->normalize_scale(units, x, statistics, d, made);
    check_floats(table, "normalize_scale", n, made, want_made);
    table->normalize_backward(units, x, statistics, scale, d);
    check_floats(table, "normalize_backward", n, d, want_d);
    float *all[] = {x, d, out, made, want, want_made, want_d};
    for (size_t i = 0; i < sizeof all / sizeof *all; i++)
        free(all[i]);
}

static void test_normalize(void **state)
{
    (void)state;
    float *scale = random_block(UNITS), *offset = random_block(UNITS);
    EACH_TABLE(table)
    {
        for (int64_t units = 1; units <= UNITS; units += 3)
            for (int with = 0; with < 4; with++)
                check_panel(table, units, with == 3 ? 1e-12 : 1e-3, with & 1 ? scale : NULL, with & 2 ? offset : NULL);
    }
    free(scale);
    free(offset);
}

/* What comes out has mean 0 and variance 1; a constant row becomes the offset. */
static void test_normalized_rows(void **state)
{
    (void)state;
    EACH_TABLE(table)
    {
        float *x = make_values(UNITS), *out = random_block(UNITS * LS_PANEL), statistics[2 * LS_PANEL];
        table->normalize(UNITS, 1e-12, x, NULL, NULL, statistics, out);
        for (int lane = 0; lane < LS_PANEL; lane++) {
            const row_statistics s = reference_statistics(UNITS, 1e-12, out, lane);
            if (lane == 2 || lane == 3)
                assert_true(out[lane] == 0);
            else if (lane == 5 || lane == 6)
                assert_true(isnan(out[lane]));
            else
                check_near(table, "deviation", (double)s.inverse, 1, lane == 1 ? 1e-3 : 1e-6);
        }
        free(x);
        free(out);
    }
}

static void test_gaussian_noise(void **state)
{
    (void)state;
    const uint32_t seed = 77, layer = 3, epoch = 9;
    int64_t rows[LS_PANEL];
    for (int l = 0; l < LS_PANEL; l++)
        rows[l] = l % 2 ? (INT64_C(5) << 32) + l : 1000 + l; /* beyond 32 bits too */
    EACH_TABLE(table)
    {
        for (int64_t units = 1; units <= UNITS; units++) {
            float *in = random_block(units * LS_PANEL), *out = random_block(units * LS_PANEL);
            float *want = random_block(units * LS_PANEL);
            for (int64_t i = 0; i < units * LS_PANEL; i++) {
                uint32_t words[4];
                ls_philox_unit(seed, LS_PURPOSE_NOISE, (uint32_t)(i / LS_PANEL), layer, rows[i % LS_PANEL], epoch,
                               words);
                const double p = ((double)words[i / LS_PANEL % 4] + 0.5) * 0x1p-32;
                want[i] = fmaf((float)ls_real_normal_quantile(p), 0.3f, in[i]);
            }
            table->gaussian_noise(seed, layer, epoch, rows, 0.3f, units, in, out);
            check_floats(table, "gaussian_noise", units * LS_PANEL, out, want);
            free(in);
            free(out);
            free(want);
        }
    }
}

/* Mean, variance and fourth moment of 160,000 numbers, within four standard errors. */
static void test_noise_is_normal(void **state)
{
    (void)state;
    const ls_kernels *table = ls_kernels_find(NULL);
    enum { N = 10000 };
    const int64_t rows[LS_PANEL] = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16};
    float *in = random_block(N * LS_PANEL), *out = random_block(N * LS_PANEL);
    double moment[5] = {0};
    memset(in, 0, sizeof *in * N * LS_PANEL);
    table->gaussian_noise(1, 0, 0, rows, 1, N, in, out);
    for (int i = 0; i < N * LS_PANEL; i++)
        for (int k = 1; k <= 4; k++)
            moment[k] += pow((double)out[i], k) / (N * LS_PANEL);
    check_near(table, "mean", moment[1], 0, 0.01);
    check_near(table, "variance", moment[2], 1, 0.0142);
    check_near(table, "skewness", moment[3], 0, 0.039);
    check_near(table, "fourth moment", moment[4], 3, 0.033);
    free(in);
    free(out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_normalize),
        cmocka_unit_test(test_normalized_rows),
        cmocka_unit_test(test_gaussian_noise),
        cmocka_unit_test(test_noise_is_normal),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
