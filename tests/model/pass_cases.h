/* What the tests of a training pass' bits share: networks, runs of shards, and gradients and sums side by side with
 * those of the scalar pass. */
#ifndef LS_TEST_PASS_CASES_H
#define LS_TEST_PASS_CASES_H

#include "scalar_pass.h"

#include "base/tree.h"

/* ---- shards ---- */

/* Runs [first, last) of the shards of a job: all of them, and what ranks of jobs of 3, 5 and 7 ranks own. */
static const struct {
    int64_t first, last;
} runs[] = {{0, 1}, {0, 2}, {0, 4}, {0, 8}, {2, 5}, {5, 8}, {1, 8}, {3, 13}};

typedef struct cut {
    ls_batch_shards shards;
    int64_t shard_rows[17];
    int64_t node_shards[LS_TREE_MAX_NODES];
} cut;

/* Rows over the shards of a run: even, at random, or all in one shard, so that the others are empty. */
static inline void cut_rows(cut *c, int run, int64_t rows, int kind)
{
    const int64_t shards = runs[run].last - runs[run].first;
    ls_tree_node nodes[LS_TREE_MAX_NODES];
    const int count = ls_tree_nodes(runs[run].first, runs[run].last, nodes);
    for (int k = 0; k < count; k++)
        c->node_shards[k] = nodes[k].size;
    const int64_t only = random_below(shards);
    c->shard_rows[0] = 0;
    for (int64_t j = 1; j <= shards; j++) {
        const int64_t before = c->shard_rows[j - 1];
        c->shard_rows[j] = j == shards ? rows
                           : kind == 0 ? rows * j / shards
                           : kind == 1 ? before + (random_below(3) ? random_below(rows - before + 1) / 2 : 0)
                           : j > only  ? rows
                                       : 0;
    }
    c->shards = (ls_batch_shards){shards, c->shard_rows, count, c->node_shards, NULL};
}

/* ---- comparison ---- */

enum { MOST_NODES = 8 };

typedef struct outcome {
    float *gradient[MOST_NODES];
    double *sums;
} outcome;

/* Full of NaN, so that whatever is not written shows. */
static inline outcome make_outcome(const ls_network *network)
{
    outcome o;
    for (int k = 0; k < MOST_NODES; k++) {
        o.gradient[k] = zeros(network->block, sizeof(float));
        memset(o.gradient[k], 0xFF, (size_t)network->block * sizeof(float));
    }
    o.sums = zeros((int64_t)MOST_NODES * network->metrics.width, sizeof *o.sums);
    memset(o.sums, 0xFF, (size_t)MOST_NODES * (size_t)network->metrics.width * sizeof *o.sums);
    return o;
}

static inline void free_outcome(outcome *o)
{
    for (int k = 0; k < MOST_NODES; k++)
        ls_memory_free(o->gradient[k]);
    ls_memory_free(o->sums);
}

static inline outcome scalar_outcome(const scalar_pass *scalar, const ls_batch_shards *shards)
{
    const int width = scalar->network->metrics.width;
    outcome o = make_outcome(scalar->network);
    const int64_t *shard_rows = shards->shard_rows;
    for (int k = 0; k < shards->nodes; k++) {
        scalar_gradients(scalar, shard_rows, shards->node_shards[k], o.gradient[k]);
        for (int i = 0; i < width; i++)
            o.sums[k * width + i] = scalar_sum(scalar, i, shard_rows, shards->node_shards[k]);
        shard_rows += shards->node_shards[k];
    }
    return o;
}

static inline void check_outcome(const char *what, const ls_network *network, const outcome *got, const outcome *want)
{
    char where[256];
    for (int k = 0; k < MOST_NODES; k++) { /* behind the last subtree both are untouched */
        snprintf(where, sizeof where, "%s, gradient of subtree %d", what, k);
        check_floats(where, network->block, got->gradient[k], want->gradient[k]);
    }
    snprintf(where, sizeof where, "%s, sums", what);
    check_doubles(where, (int64_t)MOST_NODES * network->metrics.width, got->sums, want->sums);
}

static const int teams[] = {1, 2, 3, 4, 7};

/* ---- networks ---- */

/* With this many weights seven threads are worth while at the given rows (block * rows * 3 >= 7 * 2e5, pass.c
 * team_size). One sample panel is then shared by up to seven threads, two or three by unequal groups, seven are one a
 * thread. */
static const network_text for_1_row = {"700 relu, dropout 0.3, 360 tanh, 10 softmax", 300, LS_CATEGORICAL_CROSSENTROPY,
                                       false, false};
static const network_text for_16_rows = {"150 tanh, dropout 0.4, 170 silu use_bias=off, 5", 33, LS_MEAN_SQUARED_ERROR,
                                         true, true};
static const network_text for_40_rows = {"dropout 0.1, 65 softmax, 130 sigmoid, dropout 0.25, 18 softmax", 17,
                                         LS_SPARSE_CATEGORICAL_CROSSENTROPY, false, false};
static const network_text for_100_rows = {"50 mish, dropout 0.5, 60 relu, 3 sigmoid", 9, LS_BINARY_CROSSENTROPY, true,
                                          false};
static const network_text softmax_of_squares = {"200 gelu, 33 softmax", 130, LS_MEAN_SQUARED_ERROR, false, true};
static const network_text one_layer = {"dropout 0.2, 17 tanh use_bias=off", 700, LS_MEAN_ABSOLUTE_ERROR, false, false};
static const network_text tiny = {"3 relu, 1 gelu", 2, LS_MEAN_SQUARED_ERROR, false, false};

/* Branches, one in the other, one from the features on; activations and normalisations as layers of their own, with
 * scale and offset or without; noise. */
static const network_text branches = {
    "160 relu, residual(residual(160 relu), relu, 40 tanh, 160), layer_normalization, "
    "relu, gaussian_noise 0.3, 33 use_bias=off, softmax, residual(33 silu), 7",
    50, LS_MEAN_SQUARED_ERROR, true, false};
static const network_text from_the_features = {
    "residual(residual(dropout 0.2, layer_normalization, 130 relu, 70), gelu, 70 relu), relu, "
    "residual(layer_normalization "
    "scale=off epsilon=1e-5, 70 relu, layer_normalization center=off, 70), layer_normalization scale=off center=off, "
    "90 tanh, layer_normalization, 18 softmax",
    70, LS_SPARSE_CATEGORICAL_CROSSENTROPY, false, false};
/* Activations with settings, within dense layers, relu's where the layer behind would apply its derivative; as layers.
 */
static const network_text with_settings = {
    "90 relu(max_value=0.5), 70 relu(threshold=0.2), 50 leaky_relu(0.3), residual(40 elu(0.5), relu(0.4, 0.1, 0.2), 50 "
    "leaky_relu(0)), relu(1), 18 elu(alpha=0)",
    60, LS_MEAN_SQUARED_ERROR, true, true};
static const network_text noise_first = {
    "gaussian_noise 0.5, dropout 0.1, layer_normalization, residual(gaussian_noise "
    "1), 17 sigmoid",
    40, LS_BINARY_CROSSENTROPY, true, false};

#endif
