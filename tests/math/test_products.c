/* The matrix products, the transpose and the tree's addition of every kernel table, bit by bit against naive loops. */
#include "math_test.h"

#include <stdio.h>

/* z[s][o][lane], one chain per element. */
static void naive_forward(const float *x, int64_t x_stride, const float *w, bool bias, int64_t inputs, int outputs,
                          int64_t panels, float *z, int64_t z_stride)
{
    for (int64_t s = 0; s < panels; s++)
        for (int o = 0; o < outputs; o++)
            for (int lane = 0; lane < 16; lane++) {
                float sum = 0.0f;
                for (int64_t i = 0; i < inputs; i++)
                    sum = fmaf(x[s * x_stride + 16 * i + lane], w[16 * i + o], sum);
                z[s * z_stride + 16 * o + lane] = bias ? sum + w[16 * inputs + o] : sum;
            }
}

static void naive_input_gradient(const float *d, int64_t d_stride, const float *w, int64_t w_stride, int64_t outputs,
                                 int64_t first, int64_t last, int64_t panels, float *dx, int64_t dx_stride)
{
    for (int64_t s = 0; s < panels; s++)
        for (int64_t i = first; i < last; i++)
            for (int lane = 0; lane < 16; lane++) {
                float sum = 0.0f;
                for (int64_t o = 0; o < outputs; o++)
                    sum = fmaf(d[s * d_stride + 16 * o + lane], w[o / 16 * w_stride + 16 * i + o % 16], sum);
                dx[s * dx_stride + 16 * i + lane] = sum;
            }
}

/* The tree over shards [first, first + count), count a power of two, of one element. */
static float naive_tree(const float *x, int64_t x_stride, const float *d, const int64_t *shard_rows, int64_t i, int o,
                        int64_t first, int64_t count)
{
    if (count > 1)
        return naive_tree(x, x_stride, d, shard_rows, i, o, first, count / 2) +
               naive_tree(x, x_stride, d, shard_rows, i, o, first + count / 2, count / 2);
    float sum = 0.0f;
    for (int64_t r = shard_rows[first]; r < shard_rows[first + 1]; r++)
        sum = fmaf(x[r / 16 * x_stride + 16 * i + r % 16], d[16 * r + o], sum);
    return sum;
}

static const int64_t sizes[] = {1, 5, 6, 7, 10, 16, 17, 33, 97, 241, 500};
enum { SIZES = sizeof sizes / sizeof sizes[0] };

static void forward_is_one_chain(void **state)
{
    (void)state;
    for (int shape = 0; shape < 4 * SIZES; shape++) {
        const int64_t inputs = sizes[shape % SIZES];
        const int64_t panels = shape % 4 + 1;
        const int64_t x_stride = 16 * (inputs + 1), z_stride = 16 * 20;
        float *x = random_block(panels * x_stride);
        float *w = random_block(16 * (inputs + 1));
        float *before = random_block(panels * z_stride);
        for (int outputs = 1; outputs <= 16; outputs++)
            for (int bias = 0; bias < 2; bias++) {
                float *want = copy_block(before, panels * z_stride);
                naive_forward(x, x_stride, w, bias, inputs, outputs, panels, want + 32, z_stride);
                EACH_TABLE(table)
                {
                    char what[96];
                    snprintf(what, sizeof what, "forward %lld -> %d, %lld panels, bias %d", (long long)inputs, outputs,
                             (long long)panels, bias);
                    float *z = copy_block(before, panels * z_stride);
                    table->kernels.forward(x, x_stride, w, bias, inputs, outputs, panels, z + 32, z_stride);
                    check_floats(table, what, panels * z_stride, z, want);
                    free(z);
                }
                free(want);
            }
        free(x);
        free(w);
        free(before);
    }
}

/* A chain that starts from the first product would keep -0, one that starts from +0 cannot. */
static void forward_starts_from_plus_zero(void **state)
{
    (void)state;
    float *x = random_block(32), *w = random_block(32);
    for (int i = 0; i < 32; i++) {
        x[i] = -0.0f;
        w[i] = i < 16 ? 1.0f : -0.0f; /* the bias is -0 as well */
    }
    float zero[16] = {0};
    EACH_TABLE(table)
    {
        float *z = random_block(16);
        table->kernels.forward(x, 32, w, true, 1, 1, 1, z, 16);
        check_floats(table, "forward of -0", 16, z, zero);
        free(z);
    }
    free(x);
    free(w);
}

/* Infinity and NaN stay in their lane and output. */
static void forward_keeps_infinities_apart(void **state)
{
    (void)state;
    const int64_t inputs = 20;
    float *x = random_block(2 * 16 * (inputs + 1)), *w = random_block(16 * (inputs + 1));
    x[16 * 3 + 5] = INFINITY;
    x[16 * (inputs + 1) + 16 * 7 + 9] = NAN;
    w[16 * 11 + 2] = -INFINITY;
    float *want = random_block(2 * 256);
    naive_forward(x, 16 * (inputs + 1), w, true, inputs, 16, 2, want, 256);
    EACH_TABLE(table)
    {
        float *z = random_block(2 * 256);
        table->kernels.forward(x, 16 * (inputs + 1), w, true, inputs, 16, 2, z, 256);
        check_floats(table, "forward with infinities", 2 * 256, z, want);
        free(z);
    }
    free(x);
    free(w);
    free(want);
}

static void input_gradient_is_one_chain(void **state)
{
    (void)state;
    for (int shape = 0; shape < SIZES * SIZES; shape++) {
        const int64_t outputs = sizes[shape % SIZES], inputs = sizes[shape / SIZES];
        const int64_t panels = 1 + random_below(5);
        const int64_t d_stride = 16 * outputs, dx_stride = 16 * (inputs + 1), w_stride = 16 * (inputs + 1);
        const int64_t first = random_below(inputs), last = first + 1 + random_below(inputs - first);
        float *d = random_block(panels * d_stride);
        float *w = random_block((outputs + 15) / 16 * w_stride);
        float *before = random_block(panels * dx_stride);
        float *want = copy_block(before, panels * dx_stride);
        naive_input_gradient(d, d_stride, w, w_stride, outputs, first, last, panels, want, dx_stride);
        EACH_TABLE(table)
        {
            char what[96];
            snprintf(what, sizeof what, "input gradient of %lld outputs, inputs %lld..%lld, %lld panels",
                     (long long)outputs, (long long)first, (long long)last, (long long)panels);
            float *dx = copy_block(before, panels * dx_stride);
            table->kernels.input_gradient(d, d_stride, w, w_stride, outputs, first, last, panels, dx, dx_stride);
            check_floats(table, what, panels * dx_stride, dx, want);
            free(dx);
        }
        free(d);
        free(w);
        free(before);
        free(want);
    }
}

static void weight_gradient_is_chains_and_a_tree(void **state)
{
    (void)state;
    for (int trial = 0; trial < 150; trial++) {
        const int64_t shards = (int64_t)1 << trial % 6;
        const int64_t inputs = sizes[random_below(8)];
        /* a run of shards need not begin at local row 0; every third shard is empty, some are longer than a panel */
        int64_t shard_rows[33] = {trial % 5 == 0 ? 13 : 0};
        for (int64_t j = 0; j < shards; j++)
            shard_rows[j + 1] = shard_rows[j] + (random_below(3) == 0 ? 0 : random_below(trial % 7 ? 9 : 40));
        const int64_t rows = shard_rows[shards];
        const int64_t x_stride = 16 * (inputs + 1) + 16;
        float *x = random_block((rows / 16 + 1) * x_stride);
        float *d = random_block(16 * (rows + 1));
        const int64_t first = random_below(inputs + 1), last = first + 1 + random_below(inputs + 1 - first);
        float *before = random_block(16 * (inputs + 1));
        float *want = copy_block(before, 16 * (inputs + 1));
        for (int64_t i = first; i < last; i++)
            for (int o = 0; o < 16; o++)
                want[16 * i + o] = naive_tree(x, x_stride, d, shard_rows, i, o, 0, shards);
        EACH_TABLE(table)
        {
            char what[96];
            snprintf(what, sizeof what, "weight gradient, rows %lld..%lld of %lld inputs, %lld samples, %lld shards",
                     (long long)first, (long long)last, (long long)inputs, (long long)rows, (long long)shards);
            float *gradient = copy_block(before, 16 * (inputs + 1));
            table->kernels.weight_gradient(x, x_stride, d, shard_rows, shards, first, last, gradient);
            check_floats(table, what, 16 * (inputs + 1), gradient, want);
            free(gradient);
        }
        free(x);
        free(d);
        free(before);
        free(want);
    }
}

/* A chain cannot end in -0 and a tree of such chains cannot either: an empty shard next to a tiny negative one. */
static void empty_shards_are_plus_zero(void **state)
{
    (void)state;
    const int64_t shard_rows[] = {0, 0, 1, 1, 1};
    float *x = random_block(16), *d = random_block(16);
    for (int i = 0; i < 16; i++) {
        x[i] = 0x1p-149f;
        d[i] = -0x1p-149f; /* the product rounds to -0, and -0 + +0 is +0 */
    }
    const float zero[16] = {0};
    EACH_TABLE(table)
    {
        float *gradient = random_block(16);
        table->kernels.weight_gradient(x, 16, d, shard_rows, 4, 0, 1, gradient);
        check_floats(table, "weight gradient of empty shards", 16, gradient, zero);
        free(gradient);
    }
    free(x);
    free(d);
}

static void transpose_fills_missing_outputs_with_zero(void **state)
{
    (void)state;
    for (int outputs = 1; outputs <= 16; outputs++) {
        const int64_t panels = 3, first = 16, d_stride = 16 * (first + outputs);
        float *d = random_block(panels * d_stride);
        float want[3 * 256];
        for (int64_t r = 0; r < 16 * panels; r++)
            for (int lane = 0; lane < 16; lane++)
                want[16 * r + lane] = lane < outputs ? d[r / 16 * d_stride + 16 * (first + lane) + r % 16] : 0.0f;
        EACH_TABLE(table)
        {
            float *out = random_block(panels * 256);
            table->kernels.transpose(d, d_stride, first, outputs, panels, out);
            check_floats(table, "transpose", panels * 256, out, want);
            free(out);
        }
        free(d);
    }
}

static void add_works_in_place(void **state)
{
    (void)state;
    for (int64_t n = 0; n < 70; n++) {
        float *a = random_block(n), *b = random_block(n), *want = random_block(n);
        for (int64_t i = 0; i < n; i++)
            want[i] = a[i] + b[i];
        EACH_TABLE(table)
        {
            float *sum = random_block(n + 1), *left = copy_block(a, n), *right = copy_block(b, n);
            const float guard = sum[n];
            table->kernels.add(n, a, b, sum);
            check_floats(table, "add", n, sum, want);
            check_floats(table, "add, behind the end", 1, sum + n, &guard);
            table->kernels.add(n, left, b, left);
            check_floats(table, "add into the left operand", n, left, want);
            table->kernels.add(n, a, right, right);
            check_floats(table, "add into the right operand", n, right, want);
            free(sum);
            free(left);
            free(right);
        }
        free(a);
        free(b);
        free(want);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(forward_is_one_chain),
        cmocka_unit_test(forward_starts_from_plus_zero),
        cmocka_unit_test(forward_keeps_infinities_apart),
        cmocka_unit_test(input_gradient_is_one_chain),
        cmocka_unit_test(weight_gradient_is_chains_and_a_tree),
        cmocka_unit_test(empty_shards_are_plus_zero),
        cmocka_unit_test(transpose_fills_missing_outputs_with_zero),
        cmocka_unit_test(add_works_in_place),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
