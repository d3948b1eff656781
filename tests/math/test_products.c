/* The matrix products, the transpose and the tree's addition of every kernel table, bit by bit against naive loops. */
#include "math_test.h"

#include <stdio.h>

static float naive_relu(float z)
{
    return z <= 0.0f ? 0.0f : z;
}

/* z[s][o][lane], one chain per element. */
static void naive_forward(const float *x, int64_t x_stride, const float *w, int64_t w_stride, bool bias, bool relu,
                          int64_t inputs, int64_t first, int64_t last, int64_t panels, float *z, int64_t z_stride)
{
    for (int64_t s = 0; s < panels; s++)
        for (int64_t o = first; o < last; o++)
            for (int lane = 0; lane < 16; lane++) {
                const float *weights = w + o / 16 * w_stride + o % 16;
                float sum = 0.0f;
                for (int64_t i = 0; i < inputs; i++)
                    sum = fmaf(x[s * x_stride + 16 * i + lane], weights[16 * i], sum);
                sum = bias ? sum + weights[16 * inputs] : sum;
                z[s * z_stride + 16 * o + lane] = relu ? naive_relu(sum) : sum;
            }
}

static void naive_input_gradient(const float *d, int64_t d_stride, const float *w, int64_t w_stride, int64_t outputs,
                                 int64_t first, int64_t last, int64_t panels, const float *relu, int64_t relu_stride,
                                 float *dx, int64_t dx_stride)
{
    for (int64_t s = 0; s < panels; s++)
        for (int64_t i = first; i < last; i++)
            for (int lane = 0; lane < 16; lane++) {
                float sum = 0.0f;
                for (int64_t o = 0; o < outputs; o++)
                    sum = fmaf(d[s * d_stride + 16 * o + lane], w[o / 16 * w_stride + 16 * i + o % 16], sum);
                const bool kept = !relu || relu[s * relu_stride + 16 * i + lane] > 0.0f;
                dx[s * dx_stride + 16 * i + lane] = kept ? sum : 0.0f;
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

static const int64_t sizes[] = {1, 5, 6, 7, 10, 16, 17, 33, 97, 241, 500, 530};
enum { SIZES = sizeof sizes / sizeof sizes[0] };

/* A block with zeros, NaN and negatives among its numbers, as activations have. */
static float *random_activations(int64_t n)
{
    float *a = random_block(n);
    for (int64_t i = 0; i < n; i += 1 + random_below(5))
        a[i] = i % 7 == 0 ? NAN : i % 3 == 0 ? -0.0f : 0.0f;
    return a;
}

static void check_forward(int64_t inputs, int64_t first, int64_t last, int64_t panels, bool bias, bool relu)
{
    const int64_t x_stride = 16 * (inputs + 1), w_stride = x_stride + 32, z_stride = 16 * (last + 3);
    float *x = random_block(panels * x_stride);
    float *w = random_block((last + 15) / 16 * w_stride);
    float *before = random_block(panels * z_stride);
    float *want = copy_block(before, panels * z_stride);
    if (relu && bias) /* sums that are NaN, -0 and +0 before the relu */
        for (int o = 0; o < 3 && o < last - first; o++) {
            float *weights = w + first / 16 * w_stride + (first + o) % 16;
            for (int64_t i = 0; i <= inputs; i++)
                weights[16 * i] = o == 2 ? NAN : i == inputs && o == 0 ? -0.0f : 0.0f;
        }
    naive_forward(x, x_stride, w, w_stride, bias, relu, inputs, first, last, panels, want, z_stride);
    EACH_TABLE(table)
    {
        char what[96];
        snprintf(what, sizeof what, "forward %lld -> %lld..%lld, %lld panels, bias %d, relu %d", (long long)inputs,
                 (long long)first, (long long)last, (long long)panels, bias, relu);
        float *z = copy_block(before, panels * z_stride);
        table->forward(x, x_stride, w, w_stride, bias, relu, inputs, first, last, panels, z, z_stride);
        check_floats(table, what, panels * z_stride, z, want);
        free(z);
    }
    free(x);
    free(w);
    free(before);
    free(want);
}

static void forward_is_one_chain(void **state)
{
    (void)state;
    for (int shape = 0; shape < 4 * SIZES; shape++)
        for (int outputs = 1; outputs <= 16; outputs++)
            check_forward(sizes[shape % SIZES], 16 * (shape % 3), 16 * (shape % 3) + outputs, shape % 4 + 1,
                          outputs & 1, shape & 1);
    for (int shape = 0; shape < SIZES * 3; shape++) /* more weight panels than a group */
        check_forward(sizes[shape % SIZES], 16 * (shape % 2), 16 + random_below(700), shape % 5 + 1, true, shape & 1);
}

/* Weights that are asked for ahead of time: only a hint, but its addresses must be the model's. */
static void forward_of_far_weights(void **state)
{
    (void)state;
    check_forward(1100, 0, 530, 3, true, true);
    check_forward(40, 0, 40, 0, true, true); /* and of no rows at all */
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
        table->forward(x, 32, w, 32, true, false, 1, 0, 1, 1, z, 16);
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
    naive_forward(x, 16 * (inputs + 1), w, 0, true, false, inputs, 0, 16, 2, want, 256);
    EACH_TABLE(table)
    {
        float *z = random_block(2 * 256);
        table->forward(x, 16 * (inputs + 1), w, 0, true, false, inputs, 0, 16, 2, z, 256);
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
        const int64_t panels = random_below(6);
        const int64_t d_stride = 16 * outputs, dx_stride = 16 * (inputs + 1), w_stride = 16 * (inputs + 1);
        const int64_t first = random_below(inputs), last = first + 1 + random_below(inputs - first);
        float *d = random_block(panels * d_stride);
        float *w = random_block((outputs + 15) / 16 * w_stride);
        float *before = random_block(panels * dx_stride);
        float *want = copy_block(before, panels * dx_stride);
        float *a = random_activations(panels * dx_stride), *relu = shape % 2 ? a : NULL;
        naive_input_gradient(d, d_stride, w, w_stride, outputs, first, last, panels, relu, dx_stride, want, dx_stride);
        EACH_TABLE(table)
        {
            char what[96];
            snprintf(what, sizeof what, "input gradient of %lld outputs, inputs %lld..%lld, %lld panels",
                     (long long)outputs, (long long)first, (long long)last, (long long)panels);
            float *dx = copy_block(before, panels * dx_stride);
            table->input_gradient(d, d_stride, w, w_stride, outputs, first, last, panels, relu, dx_stride, dx,
                                  dx_stride);
            check_floats(table, what, panels * dx_stride, dx, want);
            free(dx);
        }
        free(a);
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
        /* now and then so long, on average, that they are or just are not summed four at a time, or far from it */
        const int64_t mean = trial % 10 == 3 ? 32 : trial % 10 == 7 && shards < 16 ? 33 + random_below(60) : 0;
        for (int64_t j = 0; j < shards; j++)
            shard_rows[j + 1] = shard_rows[j] + (mean                   ? mean + (j % 2 ? 2 : -2)
                                                 : random_below(3) == 0 ? 0
                                                                        : random_below(trial % 7 ? 9 : 40));
        const int64_t rows = shard_rows[shards];
        const int64_t x_stride = 16 * (inputs + 1) + 16, panels = 1 + trial % 4;
        const int64_t outputs = trial % 3 == 0 ? 16 * panels - 15 : 16 * panels - trial % 2; /* one in the last panel */
        const int64_t g_stride = 16 * (inputs + 2);
        const int64_t d_stride = 16 * (rows + 2);
        float *x = random_block((rows / 16 + 1) * x_stride);
        float *d = random_block(panels * d_stride);
        for (int64_t o = outputs; o < 16 * panels; o++) /* lanes behind the last output */
            for (int64_t r = 0; r < rows + 2; r++)
                d[o / 16 * d_stride + 16 * r + o % 16] = 0;
        const int64_t first = random_below(inputs + 1), last = first + 1 + random_below(inputs + 1 - first);
        float *before = random_block(panels * g_stride);
        float *want = copy_block(before, panels * g_stride);
        for (int64_t p = 0; p < panels; p++)
            for (int64_t i = first; i < last; i++)
                for (int o = 0; o < 16; o++)
                    want[p * g_stride + 16 * i + o] =
                        naive_tree(x, x_stride, d + p * d_stride, shard_rows, i, o, 0, shards);
        const ls_ahead ahead = {trial % 4, {before, want, before}, {g_stride, g_stride, g_stride}};
        EACH_TABLE(table)
        {
            char what[128];
            snprintf(what, sizeof what,
                     "weight gradient, rows %lld..%lld of %lld inputs, %lld panels, %lld samples, %lld shards",
                     (long long)first, (long long)last, (long long)inputs, (long long)panels, (long long)rows,
                     (long long)shards);
            float *gradient = copy_block(before, panels * g_stride);
            table->weight_gradient(x, x_stride, d, d_stride, shard_rows, shards, outputs, first, last, gradient,
                                   g_stride, trial % 2 ? &ahead : NULL);
            check_floats(table, what, panels * g_stride, gradient, want);
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
        table->weight_gradient(x, 16, d, 16, shard_rows, 4, 16, 0, 1, gradient, 16, NULL);
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
            table->transpose(d, d_stride, first, outputs, panels, out);
            check_floats(table, "transpose", panels * 256, out, want);
            free(out);
        }
        free(d);
    }
}

static void gather_transposes_and_normalises(void **state)
{
    (void)state;
    for (int trial = 0; trial < 16 * SIZES; trial++) {
        const int lanes = 1 + trial % 16;
        const int64_t features = sizes[trial / 16], n = 16 * features;
        float *x[16], *mean = random_block(features), *scale = random_block(features);
        for (int lane = 0; lane < lanes; lane++)
            x[lane] = random_block(features);
        float *want = random_block(n + 16), *before = copy_block(want, n + 16);
        for (int map = 0; map < 2; map++) {
            for (int64_t i = 0; i < features; i++)
                for (int lane = 0; lane < 16; lane++)
                    want[16 * i + lane] = lane >= lanes ? 0.0f : map ? (x[lane][i] - mean[i]) / scale[i] : x[lane][i];
            EACH_TABLE(table)
            {
                float *out = copy_block(before, n + 16);
                table->gather((const float *const *)x, lanes, features, map ? mean : NULL, map ? scale : NULL, out);
                check_floats(table, "gather", n + 16, out, want);
                free(out);
            }
        }
        for (int lane = 0; lane < lanes; lane++)
            free(x[lane]);
        free(mean);
        free(scale);
        free(want);
        free(before);
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
            table->add(n, a, b, sum);
            check_floats(table, "add", n, sum, want);
            check_floats(table, "add, behind the end", 1, sum + n, &guard);
            table->add(n, left, b, left);
            check_floats(table, "add into the left operand", n, left, want);
            table->add(n, a, right, right);
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
        cmocka_unit_test(forward_of_far_weights),
        cmocka_unit_test(forward_starts_from_plus_zero),
        cmocka_unit_test(forward_keeps_infinities_apart),
        cmocka_unit_test(input_gradient_is_one_chain),
        cmocka_unit_test(weight_gradient_is_chains_and_a_tree),
        cmocka_unit_test(empty_shards_are_plus_zero),
        cmocka_unit_test(transpose_fills_missing_outputs_with_zero),
        cmocka_unit_test(gather_transposes_and_normalises),
        cmocka_unit_test(add_works_in_place),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
