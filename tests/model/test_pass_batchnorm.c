/* Batch normalisation in passes: bit by bit against scalars written from src/math/README.md, whatever the table, the
 * threads and the subtrees; its gradient, through the batch's mean and variance too, against central differences in
 * float64; moving statistics, and batches that are hard on them. */
#include "base/tree.h"
#include "even_batch.h"
#include "scalar_pass.h"

#define SEED 11u

enum { SHARDS = 8 };

extern const ls_layer_kind ls_layer_batchnorm;

/* ---- the pass in scalars, all rows of a layer at a time ---- */

typedef struct scalars {
    scalar_pass s;
    const int64_t *shard_rows;
    double *mean[SCALAR_MOST], *inverse[SCALAR_MOST]; /* (units) of normalisations */
} scalars;

/* Sums over shards first .. first + count - 1 of unit `unit`'s a, and of a (b - shift). */
static void sum_shards(const int64_t *shard_rows, const float *a, const float *b, double shift, int64_t units,
                       int64_t unit, int64_t count, double sums[2])
{
    sums[0] = sums[1] = 0;
    if (count > 1) {
        double right[2];
        sum_shards(shard_rows, a, b, shift, units, unit, count / 2, sums);
        sum_shards(shard_rows + count / 2, a, b, shift, units, unit, count / 2, right);
        sums[0] += right[0];
        sums[1] += right[1];
        return;
    }
    for (int64_t r = shard_rows[0]; r < shard_rows[1]; r++) {
        const double value = (double)a[r * units + unit];
        sums[0] = sums[0] + value;
        sums[1] = fma(value, (double)b[r * units + unit] - shift, sums[1]);
    }
}

static const float *input_of(const scalars *n, int l)
{
    return scalar_outputs(&n->s, n->s.network->layers[l].input[0], 0);
}

static float normal(const scalars *n, int l, int64_t r, int64_t u)
{
    const int64_t units = n->s.network->layers[l].units;
    return (float)(((double)input_of(n, l)[r * units + u] - n->mean[l][u]) * n->inverse[l][u]);
}

static void normalize(scalars *n, int l, bool training)
{
    const ls_layer *layer = &n->s.network->layers[l];
    const float *x = input_of(n, l);
    for (int64_t u = 0; u < layer->units; u++) {
        double sums[2], mean = (double)scalar_value(&n->s, l, LS_MEAN, u, 0);
        double variance = (double)scalar_value(&n->s, l, LS_VARIANCE, u, 0);
        if (training) {
            sum_shards(n->shard_rows, x, x, 0, layer->units, u, SHARDS, sums);
            mean = sums[0] / (double)n->s.rows;
            variance = fma(-mean, mean, sums[1] / (double)n->s.rows);
            variance = variance < 0 ? 0 : variance;
        }
        n->mean[l][u] = mean;
        n->inverse[l][u] = 1 / sqrt(variance + layer->epsilon);
        for (int64_t r = 0; r < n->s.rows; r++)
            n->s.output[l][r * layer->units + u] = fmaf(normal(n, l, r, u), scalar_value(&n->s, l, LS_SCALE, u, 1),
                                                        scalar_value(&n->s, l, LS_OFFSET, u, 0));
    }
}

static void normalize_backward(scalars *n, int l)
{
    const ls_layer *layer = &n->s.network->layers[l];
    const int64_t units = layer->units;
    const int scale = scalar_variable(n->s.network, l, LS_SCALE), offset = scalar_variable(n->s.network, l, LS_OFFSET);
    const double rows = (double)n->s.rows;
    const float *x = input_of(n, l), *d = n->s.through[l];
    float *below = layer->input[0] == LS_FEATURES ? NULL : n->s.through[layer->input[0]];
    for (int64_t r = 0; r < n->s.rows; r++)
        scalar_join(&n->s, l, r);
    for (int64_t u = 0; u < units; u++) {
        double sums[2];
        const double inverse = n->inverse[l][u], factor = (double)scalar_value(&n->s, l, LS_SCALE, u, 1) * inverse;
        sum_shards(n->shard_rows, d, x, n->mean[l][u], units, u, SHARDS, sums);
        const double slope = inverse * inverse * (sums[1] / rows);
        for (int64_t i = u; i < n->s.rows * units; i += units) {
            if (scale >= 0)
                n->s.delta[scale][i] = d[i] * normal(n, l, i / units, u);
            if (offset >= 0)
                n->s.delta[offset][i] = d[i];
            if (below)
                below[i] = (float)(factor * fma(-((double)x[i] - n->mean[l][u]), slope, (double)d[i] - sums[0] / rows));
        }
    }
}

static scalars scalars_run(ls_pass_purpose purpose, const ls_network *network, const float *block,
                           const ls_batch *batch, const int64_t *shard_rows)
{
    const bool training = purpose != LS_PASS_SCORE;
    scalars n = {.s = scalar_start(network, block, batch), .shard_rows = shard_rows};
    n.s.bfloat16 = purpose == LS_PASS_TRAIN_BFLOAT16;
    float *below = zeros(scalar_widest(network), sizeof *below);
    for (int l = 0; l < network->count; l++) {
        n.mean[l] = zeros(network->layers[l].units, sizeof(double));
        n.inverse[l] = zeros(network->layers[l].units, sizeof(double));
        if (network->layers[l].kind == &ls_layer_batchnorm)
            normalize(&n, l, training);
        else
            for (int64_t r = 0; r < batch->rows; r++)
                scalar_layer(&n.s, l, training, SEED, batch, r);
    }
    for (int64_t r = 0; r < batch->rows; r++)
        scalar_score(&n.s, batch, r, n.s.through[network->count - 1] + r * network->outputs);
    for (int l = network->count - 1; l >= 0 && training; l--) {
        if (network->layers[l].kind == &ls_layer_batchnorm)
            normalize_backward(&n, l);
        else
            for (int64_t r = 0; r < batch->rows; r++)
                scalar_backward(&n.s, l, SEED, batch, r, below);
    }
    ls_memory_free(below);
    return n;
}

static void scalars_free(scalars *n)
{
    for (int l = 0; l < n->s.network->count; l++) {
        ls_memory_free(n->mean[l]);
        ls_memory_free(n->inverse[l]);
    }
    scalar_free(&n->s);
}

/* ---- passes against it ---- */

static const network_text nets[] = {
    {"18, batch_normalization, relu, dropout 0.3, 33 tanh, batch_normalization center=off momentum=0.9, 4 softmax", 7,
     LS_SPARSE_CATEGORICAL_CROSSENTROPY, false, false},
    {"batch_normalization scale=off, 40, batch_normalization epsilon=0.1, sigmoid, 1", 17, LS_MEAN_SQUARED_ERROR, false,
     false},
    {"batch_normalization, 17 relu, batch_normalization scale=off center=off, 3", 5, LS_MEAN_ABSOLUTE_ERROR, false,
     false},
    {"9, residual(batch_normalization, relu, 9), residual(9 tanh, batch_normalization), batch_normalization, silu, 2",
     4, LS_MEAN_SQUARED_ERROR, false, false},
    {"150, batch_normalization, tanh, 140 relu, batch_normalization, 3", 130, LS_MEAN_SQUARED_ERROR, false,
     false}, /* by output */
};

/* The subtrees that are summed in one place, and the sum over them. */
static const int64_t apart[] = {4, 2, 1, 1}, together[] = {SHARDS};
static int exchanges;

static void exchange(void *user, int64_t width, double *sums)
{
    const ls_tree_node nodes[] = {{0, 4}, {4, 2}, {6, 1}, {7, 1}};
    (void)user;
    exchanges++;
    double *copy = zeros(4 * width, sizeof *copy);
    memcpy(copy, sums, (size_t)(4 * width) * sizeof *copy);
    ls_tree_sum(nodes, 4, width, copy, sums);
    ls_memory_free(copy);
}

/* Shards of very different lengths, one of them empty. */
static void cut(int64_t rows, int64_t shard_rows[SHARDS + 1])
{
    static const int64_t parts[SHARDS + 1] = {0, 3, 3, 9, 10, 16, 26, 27, 32};
    for (int j = 0; j <= SHARDS; j++)
        shard_rows[j] = rows * parts[j] / 32;
}

static void check_training(const char *layers, const ls_network *network, const ls_kernels *kernels, int threads,
                           bool split, const ls_batch *batch, const float *block, const scalars *want)
{
    const int nodes = split ? 4 : 1;
    const int64_t *node_shards = split ? apart : together, *shard_rows = want->shard_rows;
    double *room = zeros(4 * ls_pass_exchanged(network), sizeof *room);
    const ls_batch_others others = {batch->rows, room, exchange, NULL};
    const ls_batch_shards shards = {SHARDS, shard_rows, nodes, node_shards, split ? &others : NULL};
    const ls_pass_purpose purpose = want->s.bfloat16 ? LS_PASS_TRAIN_BFLOAT16 : LS_PASS_TRAIN;
    even_batch even;
    float *gradients[4], *expected = zeros(network->block, sizeof *expected);
    double *sums = zeros((int64_t)4 * network->metrics.width, sizeof *sums);
    for (int k = 0; k < nodes; k++)
        gradients[k] = zeros(network->block, sizeof(float));
    make_even(&even, batch, &shards);
    ls_pass *pass = make_pass_for(purpose, network, kernels, threads, even.batch.rows);
    char what[240];
    snprintf(what, sizeof what, "'%s', %lld rows, %s, %d threads, %d subtrees, purpose %d", layers,
             (long long)batch->rows, kernels->name, threads, nodes, (int)purpose);
    train_into(pass, SEED, block, want->s.bfloat16 ? &even.batch : batch, want->s.bfloat16 ? &even.shards : &shards,
               gradients, sums);
    for (int k = 0; k < nodes; shard_rows += node_shards[k++]) {
        const double loss = scalar_sum(&want->s, 0, shard_rows, node_shards[k]);
        check_doubles(what, 1, &sums[(int64_t)k * network->metrics.width], &loss);
        scalar_gradients(&want->s, shard_rows, node_shards[k], expected);
        check_floats(what, network->block, gradients[k], expected);
        ls_memory_free(gradients[k]);
    }
    ls_pass_destroy(pass);
    free_even(&even);
    ls_memory_free(room);
    ls_memory_free(sums);
    ls_memory_free(expected);
}

static void check_bits(ls_pass_purpose purpose)
{
    static const int64_t rows[] = {1, 37, 90};
    for (int64_t i = 0; i < LENGTH(nets); i++) {
        ls_network *network = make_network(&nets[i]);
        float *block = make_weights(network);
        for (int64_t k = 0; k < LENGTH(rows); k++) {
            rows_held held = make_rows(network, rows[k]);
            int64_t shard_rows[SHARDS + 1];
            cut(rows[k], shard_rows);
            scalars want = scalars_run(purpose, network, block, &held.batch, shard_rows);
            EACH_TABLE(kernels)
            {
                for (int threads = 1; threads <= 5; threads += 2)
                    check_training(nets[i].layers, network, kernels, threads, threads != 3, &held.batch, block, &want);
            }
            scalars_free(&want);
            free_rows(&held);
        }
        ls_memory_free(block);
        ls_network_destroy(network);
    }
}

static void training_bits(void **state)
{
    (void)state;
    check_bits(LS_PASS_TRAIN);
}

/* Places without a row enter no mean. */
static void training_bits_in_bfloat16(void **state)
{
    (void)state;
    check_bits(LS_PASS_TRAIN_BFLOAT16);
}

/* Each layer's forward pass, and its backward pass unless nothing flows below it. */
static void exchanges_of_a_pass(void **state)
{
    static const struct {
        const char *layers;
        int exchanges;
    } cases[] = {
        {"4, batch_normalization, relu, 3", 2},
        {"batch_normalization, 4, batch_normalization, 3", 3},
        {"batch_normalization scale=off center=off, 4, 3", 1},
        {"4, dropout 0.1, 3", 0},
    };
    (void)state;
    for (int64_t i = 0; i < LENGTH(cases); i++) {
        ls_network *network = make_network(&(network_text){cases[i].layers, 5, LS_MEAN_SQUARED_ERROR, false, false});
        float *block = make_weights(network), *gradient = zeros(4 * network->block, sizeof *gradient);
        float *gradients[] = {gradient, gradient, gradient, gradient};
        double *sums = zeros((int64_t)4 * network->metrics.width, sizeof *sums), room[4 * 32] = {0};
        for (int64_t rows = 0; rows <= 9; rows += 9) { /* a rank without rows takes part as well */
            rows_held held = make_rows(network, rows);
            int64_t shard_rows[SHARDS + 1];
            cut(rows, shard_rows);
            const ls_batch_others others = {9, room, exchange, NULL};
            const ls_batch_shards shards = {SHARDS, shard_rows, 4, apart, &others};
            ls_pass *pass = make_pass(network, ls_kernels_find(NULL), 1, rows, true);
            exchanges = 0;
            train_into(pass, SEED, block, &held.batch, &shards, gradients, sums);
            assert_int_equal(exchanges, cases[i].exchanges);
            ls_pass_destroy(pass);
            free_rows(&held);
        }
        ls_memory_free(block);
        ls_memory_free(gradient);
        ls_memory_free(sums);
        ls_network_destroy(network);
    }
}

/* By moving statistics, on any number of threads. */
static void predictions(void **state)
{
    (void)state;
    for (int64_t i = 0; i < LENGTH(nets); i++) {
        ls_network *network = make_network(&nets[i]);
        float *block = make_weights(network);
        for (int v = network->trainable_variables; v < network->variables; v++) { /* a variance is not negative */
            float values[256];
            ls_network_unpack(network, v, block, values);
            for (int64_t j = 0; j < network->tensor[v].columns; j++)
                values[j] = network->tensor[v].role == LS_VARIANCE ? fabsf(values[j]) : values[j];
            ls_network_pack(network, v, values, block);
        }
        rows_held held = make_rows(network, 61);
        scalars want = scalars_run(LS_PASS_SCORE, network, block, &held.batch, NULL);
        float *got = zeros(61 * network->outputs, sizeof *got);
        EACH_TABLE(kernels)
        {
            for (int threads = 1; threads <= 5; threads += 2) {
                ls_pass *pass = make_pass(network, kernels, threads, 61, false);
                ls_pass_predict(pass, block, &held.batch, got);
                check_floats(nets[i].layers, 61 * network->outputs, got, want.s.output[network->count - 1]);
                ls_pass_destroy(pass);
            }
        }
        scalars_free(&want);
        free_rows(&held);
        ls_memory_free(got);
        ls_memory_free(block);
        ls_network_destroy(network);
    }
}

/* ---- statistics ---- */

/* One training pass over given features and what it makes of the block's statistics. */
static void take_batch(const ls_network *network, int64_t rows, const float *x, float *block)
{
    rows_held held = make_rows(network, rows);
    memcpy(held.x, x, (size_t)(rows * network->features) * sizeof *x);
    int64_t shard_rows[SHARDS + 1];
    cut(rows, shard_rows);
    const ls_batch_shards shards = {SHARDS, shard_rows, 1, together, NULL};
    float *gradient = zeros(network->block, sizeof *gradient);
    double *sums = zeros(network->metrics.width, sizeof *sums);
    ls_pass *pass = make_pass(network, ls_kernels_find(NULL), 2, rows, true);
    train_into(pass, SEED, block, &held.batch, &shards, &gradient, sums);
    assert_true(ls_pass_statistics_finite(pass));
    ls_pass_accept(pass, block);
    ls_pass_destroy(pass);
    ls_memory_free(gradient);
    ls_memory_free(sums);
    free_rows(&held);
}

static float statistic(const ls_network *network, const float *block, int layer, ls_role role, int64_t unit)
{
    float values[64];
    ls_network_unpack(network, scalar_variable(network, layer, role), block, values);
    return values[unit];
}

static void moving_statistics(void **state)
{
    const float x[] = {1, 10, 3, 10, 8, 10}; /* (3, 2): means 4 and 10, variances 26/3 and 0 */
    ls_network *network =
        make_network(&(network_text){"batch_normalization momentum=0.75, 1", 2, LS_MEAN_SQUARED_ERROR, false, false});
    float *block = zeros(network->block, sizeof *block);
    (void)state;
    ls_network_initialize(network, 1, block);
    take_batch(network, 3, x, block);
    take_batch(network, 3, x, block);
    assert_true(statistic(network, block, 0, LS_MEAN, 0) == 1.75f);
    assert_true(statistic(network, block, 0, LS_MEAN, 1) == 4.375f);
    check_near("variance", (double)statistic(network, block, 0, LS_VARIANCE, 0), 0.5625 + 0.4375 * 26 / 3, 1e-6);
    assert_true(statistic(network, block, 0, LS_VARIANCE, 1) == 0.5625f);
    take_batch(network, 1, x, block); /* one row has no variance */
    assert_true(statistic(network, block, 0, LS_MEAN, 0) == 0.75f * 1.75f + 0.25f);
    assert_true(statistic(network, block, 0, LS_VARIANCE, 1) == 0.5625f * 0.75f);
    ls_memory_free(block);
    ls_network_destroy(network);
}

/* Values of one deviation around 1e4, and of 1e4 deviations around 1e8: to 1e-6, as a second pass would have them. */
static void means_far_from_zero(void **state)
{
    enum { ROWS = 4096 };
    ls_network *network =
        make_network(&(network_text){"batch_normalization momentum=0, 1", 2, LS_MEAN_SQUARED_ERROR, false, false});
    float *block = zeros(network->block, sizeof *block), *x = zeros(2 * ROWS, sizeof *x);
    long double sum[2] = {0}, squares[2] = {0};
    (void)state;
    ls_network_initialize(network, 1, block);
    for (int64_t r = 0; r < ROWS; r++) {
        x[2 * r] = 1e4f + random_float(2);
        x[2 * r + 1] = -1e8f + random_float(2e4f);
        for (int u = 0; u < 2; u++)
            sum[u] += (long double)x[2 * r + u];
    }
    for (int64_t r = 0; r < 2 * ROWS; r++)
        squares[r % 2] += ((long double)x[r] - sum[r % 2] / ROWS) * ((long double)x[r] - sum[r % 2] / ROWS);
    take_batch(network, ROWS, x, block);
    for (int u = 0; u < 2; u++) {
        const double mean = (double)(sum[u] / ROWS), variance = (double)(squares[u] / ROWS);
        check_near("mean", (double)statistic(network, block, 0, LS_MEAN, u), mean, 1e-7 * fabs(mean));
        check_near("variance", (double)statistic(network, block, 0, LS_VARIANCE, u), variance, 1e-6 * variance);
    }
    ls_memory_free(x);
    ls_memory_free(block);
    ls_network_destroy(network);
}

/* Numbers beyond float32's are no statistics; a loss that is finite all the same must not hide them. */
static void overflow(void **state)
{
    float x[] = {3e30f, -3e30f};
    ls_network *network =
        make_network(&(network_text){"batch_normalization, 1", 1, LS_MEAN_SQUARED_ERROR, false, false});
    float *block = make_weights(network), *gradient = zeros(network->block, sizeof *gradient);
    const int64_t shard_rows[] = {0, 2}, one[] = {1};
    const ls_batch_shards shards = {1, shard_rows, 1, one, NULL};
    double *sums = zeros(network->metrics.width, sizeof *sums);
    rows_held held = make_rows(network, 2);
    (void)state;
    memcpy(held.x, x, sizeof x);
    ls_pass *pass = make_pass(network, ls_kernels_find(NULL), 1, 2, true);
    train_into(pass, SEED, block, &held.batch, &shards, &gradient, sums);
    assert_true(isfinite(sums[0]));
    assert_false(ls_pass_statistics_finite(pass));
    ls_pass_destroy(pass);
    free_rows(&held);
    ls_memory_free(sums);
    ls_memory_free(block);
    ls_memory_free(gradient);
    ls_network_destroy(network);
}

/* ---- central differences ---- */

typedef struct naive {
    const ls_network *network;
    const ls_batch *batch;
    double *tensor[16];
} naive;

static double naive_value(const naive *n, int layer, ls_role role, int64_t unit, double without)
{
    const int i = scalar_variable(n->network, layer, role);
    return i < 0 ? without : n->tensor[i][unit];
}

static void naive_normalize(const naive *n, int l, double *a)
{
    const int64_t units = n->network->layers[l].units, rows = n->batch->rows;
    for (int64_t u = 0; u < units; u++) {
        double mean = 0, variance = 0;
        for (int64_t r = 0; r < rows; r++)
            mean += a[r * units + u] / (double)rows;
        for (int64_t r = 0; r < rows; r++)
            variance += (a[r * units + u] - mean) * (a[r * units + u] - mean) / (double)rows;
        for (int64_t r = 0; r < rows; r++)
            a[r * units + u] = (a[r * units + u] - mean) / sqrt(variance + n->network->layers[l].epsilon) *
                                   naive_value(n, l, LS_SCALE, u, 1) +
                               naive_value(n, l, LS_OFFSET, u, 0);
    }
}

/* Activations that have a derivative everywhere: tanh, sigmoid, none. */
static double naive_activate(ls_activation activation, double z)
{
    return activation == LS_TANH ? tanh(z) : activation == LS_SIGMOID ? 1 / (1 + exp(-z)) : z;
}

/* Layer l's outputs (rows, units) from those of its inputs. */
static void naive_layer(const naive *n, int l, const double *x, const double *around, double *a)
{
    const ls_layer *layer = &n->network->layers[l];
    const int64_t rows = n->batch->rows, units = layer->units;
    const double *kernel = layer->kind == &ls_layer_dense ? n->tensor[scalar_variable(n->network, l, LS_KERNEL)] : NULL;
    for (int64_t i = 0; i < rows * units; i++) {
        a[i] = kernel ? naive_value(n, l, LS_BIAS, i % units, 0) : x[i];
        for (int64_t k = 0; kernel && k < layer->inputs; k++)
            a[i] += x[i / units * layer->inputs + k] * kernel[k * units + i % units];
        a[i] = layer->kind == &ls_layer_add ? a[i] + around[i] : naive_activate(layer->activation, a[i]);
    }
    if (layer->kind == &ls_layer_batchnorm)
        naive_normalize(n, l, a);
}

/* Sum of squared errors over the rows, over the outputs. */
static double naive_loss(const naive *n)
{
    const ls_network *network = n->network;
    const int64_t rows = n->batch->rows;
    static double a[SCALAR_MOST + 1][256]; /* the features, then each layer's outputs */
    for (int64_t i = 0; i < rows * network->features; i++)
        a[0][i] = (double)n->batch->x[i / network->features][i % network->features];
    for (int l = 0; l < network->count; l++) {
        const ls_layer *layer = &network->layers[l];
        naive_layer(n, l, a[layer->input[0] + 1], a[layer->input[1] + 1], a[l + 1]);
    }
    double loss = 0;
    for (int64_t i = 0; i < rows * network->outputs; i++) {
        const double off = a[network->count][i] - (double)n->batch->y[i / network->outputs][i % network->outputs];
        loss += off * off / (double)network->outputs;
    }
    return loss;
}

static void check_differences(const char *layers)
{
    ls_network *network = make_network(&(network_text){layers, 5, LS_MEAN_SQUARED_ERROR, false, false});
    float *block = make_weights(network), *gradient = zeros(network->block, sizeof *gradient);
    rows_held held = make_rows(network, 17);
    const int64_t shard_rows[] = {0, 5, 17}, two[] = {2};
    const ls_batch_shards shards = {2, shard_rows, 1, two, NULL};
    double *sums = zeros(network->metrics.width, sizeof *sums), difference[16][64], largest_of_all = 0;
    ls_pass *pass = make_pass(network, ls_kernels_find(NULL), 2, 17, true);
    train_into(pass, SEED, block, &held.batch, &shards, &gradient, sums);
    naive n = {.network = network, .batch = &held.batch};
    for (int i = 0; i < network->variables; i++) {
        const ls_tensor t = ls_network_tensor(network, i);
        float values[64];
        ls_network_unpack(network, i, block, values);
        n.tensor[i] = zeros(t.rows * t.columns, sizeof(double));
        for (int64_t k = 0; k < t.rows * t.columns; k++)
            n.tensor[i][k] = (double)values[k];
    }
    check_near(layers, sums[0], naive_loss(&n), 1e-6 * naive_loss(&n));
    for (int i = 0; i < network->trainable_variables; i++)
        for (int64_t k = 0; k < n.network->tensor[i].rows * n.network->tensor[i].columns; k++) {
            const double w = n.tensor[i][k], h = 1e-6;
            n.tensor[i][k] = w + h;
            const double above = naive_loss(&n);
            n.tensor[i][k] = w - h;
            difference[i][k] = (above - naive_loss(&n)) / (2 * h);
            n.tensor[i][k] = w;
            largest_of_all = fmax(largest_of_all, fabs(difference[i][k]));
        }
    for (int i = 0; i < network->trainable_variables; i++) {
        const int64_t count = n.network->tensor[i].rows * n.network->tensor[i].columns;
        float got[64];
        ls_network_unpack(network, i, gradient, got);
        for (int64_t k = 0; k < count; k++)
            check_near(layers, (double)got[k], difference[i][k], 5e-6 * largest_of_all);
    }
    for (int i = 0; i < network->variables; i++)
        ls_memory_free(n.tensor[i]);
    ls_pass_destroy(pass);
    free_rows(&held);
    ls_memory_free(sums);
    ls_memory_free(block);
    ls_memory_free(gradient);
    ls_network_destroy(network);
}

static void gradients(void **state)
{
    (void)state;
    check_differences("7, batch_normalization, tanh, 4 sigmoid, batch_normalization epsilon=0.1, 3");
    check_differences("batch_normalization, 6 tanh, batch_normalization center=off, sigmoid, 2");
    check_differences("6, residual(batch_normalization, tanh, 6), batch_normalization, 2");
    check_differences("residual(batch_normalization, 5 tanh), residual(5, batch_normalization), 2");
    check_differences("6, batch_normalization scale=off, tanh, batch_normalization center=off scale=off, 3");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(training_bits),
        cmocka_unit_test(training_bits_in_bfloat16),
        cmocka_unit_test(exchanges_of_a_pass),
        cmocka_unit_test(predictions),
        cmocka_unit_test(moving_statistics),
        cmocka_unit_test(means_far_from_zero),
        cmocka_unit_test(overflow),
        cmocka_unit_test(gradients),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
