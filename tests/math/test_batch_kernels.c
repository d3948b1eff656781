/* The kernels of batch normalisation: every table bit for bit against scalar references written from
 * src/math/README.md. */
#include "math_test.h"

#include <stdio.h>

enum { SHARDS = 8, PANELS = 4, UNITS = 37 };

/* ---- sums of units over rows ---- */

typedef struct sums {
    double sum, product;
} sums;

static sums reference_sums(const float *a, const float *b, int64_t stride, double shift, const int64_t *shard_rows,
                           int shards)
{
    sums s = {0, 0};
    if (shards > 1) {
        s = reference_sums(a, b, stride, shift, shard_rows, shards / 2);
        const sums upper = reference_sums(a, b, stride, shift, shard_rows + shards / 2, shards / 2);
        return (sums){s.sum + upper.sum, s.product + upper.product};
    }
    for (int64_t r = shard_rows[0]; r < shard_rows[1]; r++) {
        const int64_t at = r / LS_PANEL * stride + r % LS_PANEL;
        s.sum = s.sum + (double)a[at];
        s.product = fma((double)a[at], (double)b[at] - shift, s.product);
    }
    return s;
}

static void check_sums(const float *a, const float *b, int64_t stride, const double *shift, int units,
                       const int64_t *shard_rows, int shards)
{
    EACH_TABLE(table)
    {
        double got[2 * LS_PANEL], want[2 * LS_PANEL] = {0};
        memset(got, 0x55, sizeof got);
        table->batch_sums(a, stride, b, stride, shift, units, shard_rows, shards, got);
        for (int u = 0; u < units; u++) {
            const sums s =
                reference_sums(a + u * LS_PANEL, b + u * LS_PANEL, stride, shift ? shift[u] : 0, shard_rows, shards);
            want[u] = s.sum;
            want[LS_PANEL + u] = s.product;
        }
        char what[100];
        snprintf(what, sizeof what, "sums of %d units, %d shards%s", units, shards, shift ? ", shifted" : "");
        check_doubles(table, what, 2 * LS_PANEL, got, want);
    }
}

static void sums_over_shards(void **state)
{
    /* empty, within a panel, over several, one that ends with a panel */
    static const int64_t shard_rows[SHARDS + 1] = {5, 5, 9, 40, 41, 48, 48, 63, 64};
    const int64_t stride = (LS_PANEL + 3) * LS_PANEL;
    float *a = random_block(PANELS * stride), *b = random_block(PANELS * stride);
    double shift[LS_PANEL];
    (void)state;
    for (int u = 0; u < LS_PANEL; u++)
        shift[u] = (double)random_float(3) / 3;
    for (int shards = 1; shards <= SHARDS; shards *= 2)
        for (int units = 1; units <= LS_PANEL; units += 3) {
            check_sums(a, a, stride, NULL, units, shard_rows, shards);
            check_sums(a, b, stride, shift, units, shard_rows, shards);
        }
    check_sums(a, a, stride, NULL, 16, (const int64_t[]){0, 0}, 1);
    free(a);
    free(b);
}

/* ---- one sample panel ---- */

static void fill(double *numbers)
{
    for (int u = 0; u < UNITS; u++)
        numbers[u] = (double)random_float(3) / 3;
}

static void panels(void **state)
{
    enum { N = UNITS * LS_PANEL };
    double mean[UNITS], inverse[UNITS], level[UNITS], slope[UNITS];
    float *x = random_block(N), *d = random_block(N), *scale = random_block(UNITS), *offset = random_block(UNITS);
    float plain[N], full[N], product[N], below[N], *got = random_block(N);
    (void)state;
    fill(mean);
    fill(inverse);
    fill(level);
    fill(slope);
    for (int i = 0; i < N; i++) {
        const int u = i / LS_PANEL;
        const float n = (float)(((double)x[i] - mean[u]) * inverse[u]);
        plain[i] = fmaf(n, 1, 0);
        full[i] = fmaf(n, scale[u], offset[u]);
        product[i] = d[i] * n;
        below[i] = (float)(inverse[u] * fma(-((double)x[i] - mean[u]), slope[u], (double)d[i] - level[u]));
        below[i] = i % LS_PANEL < 13 ? below[i] : 0;
    }
    EACH_TABLE(table)
    {
        table->batch_normalize(UNITS, mean, inverse, NULL, NULL, x, got);
        check_floats(table, "normalised", N, got, plain);
        table->batch_normalize(UNITS, mean, inverse, scale, offset, x, got);
        check_floats(table, "scaled", N, got, full);
        table->batch_scale_delta(UNITS, mean, inverse, x, d, got);
        check_floats(table, "delta of the scale", N, got, product);
        memcpy(got, d, sizeof(float) * N);
        table->batch_normalize_backward(UNITS, 13, mean, inverse, level, slope, x, got);
        check_floats(table, "delta below", N, got, below);
    }
    free(x);
    free(d);
    free(scale);
    free(offset);
    free(got);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(sums_over_shards), cmocka_unit_test(panels)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
