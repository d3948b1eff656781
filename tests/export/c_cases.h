/* Models for the tests of exported C files: every kind of layers and every activation, with weights and rows of all
 * magnitudes. */
#ifndef LS_TEST_C_CASES_H
#define LS_TEST_C_CASES_H

#include "base/offset.h"
#include "export/c_source.h"
#include "io_test.h"
#include "math/activations.h"
#include "model/model_test.h"
#include "source/source.h"

enum { ROWS = 53, MOST_CASES = 64 };

typedef struct case_text {
    const char *layers;
    int64_t features;
    bool feature_map, target_map, factors, offset, fill, wild;
    bool off; /* exported with maps off */
} case_text;

static const case_text cases[] = {
    {"3", 5, 0, 0, 0, 0, 0, 0, 0},
    {"1 sigmoid", 17, 1, 0, 0, 0, 0, 0, 0},
    {"33 relu, 16 relu use_bias=off, 10 softmax", 20, 1, 0, 0, 0, 0, 0, 0},
    {"33 relu, 7", 20, 1, 1, 0, 0, 0, 1, 0},
    {"8 tanh, 3", 4, 1, 1, 1, 0, 0, 0, 0},
    {"8 tanh, 3", 4, 1, 1, 1, 1, 1, 0, 0},
    {"8 silu, 3", 4, 0, 0, 0, 1, 0, 0, 0},
    {"8 gelu, 3", 4, 0, 0, 0, 0, 1, 0, 0},
    {"8 mish, 3", 4, 1, 1, 1, 1, 1, 0, 1},
    {"12 relu, dropout 0.3, gaussian_noise 0.2, 4 softmax", 6, 1, 0, 0, 0, 0, 0, 0},
    {"dropout 0.5, 4 relu, dropout 0.1, 2", 6, 0, 0, 0, 0, 0, 0, 0},
    {"dropout 0.5, 4 relu, dropout 0.1, 2", 6, 1, 1, 0, 0, 0, 0, 0},
    {"layer_normalization, 9, layer_normalization center=off, elu, layer_normalization scale=off epsilon=1e-6, 5", 11,
     1, 0, 0, 0, 0, 0, 0},
    {"9, layer_normalization center=off scale=off, 5", 11, 0, 0, 0, 0, 0, 1, 0},
    {"batch_normalization, 9, batch_normalization center=off, selu, batch_normalization scale=off epsilon=1e-6, 5", 11,
     0, 1, 0, 0, 0, 0, 0},
    {"9, batch_normalization center=off scale=off, 5 softmax", 11, 0, 0, 0, 0, 0, 1, 0},
    {"19, softmax, residual(19 relu, 19), relu, residual(7, dropout 0.2, 19), residual(layer_normalization, "
     "residual(19 "
     "tanh, dropout 0.1), 19), 3",
     11, 1, 1, 0, 0, 0, 0, 0},
    {"residual(8 relu, 6), 2", 6, 0, 0, 0, 0, 0, 0, 0},
    {"residual(8 relu, dropout 0.5, 6), dropout 0.5, 2", 6, 1, 0, 0, 0, 0, 0, 0},
    {"30 use_bias=off", 2, 0, 0, 0, 0, 0, 0, 0}, /* chains of -0 only: they begin at +0 */
    {"9 leaky_relu(0.3), 8 relu(max_value=6), 9, layer_normalization, relu(0.9, 0.1, 0.2), 7 elu(0.5), 5 "
     "relu(threshold=0.1)",
     11, 1, 0, 0, 0, 0, 0, 0},
    {"19 elu(0.5), layer_normalization, 18 leaky_relu(0), layer_normalization, 17 relu(2, 0.3), layer_normalization, 9 "
     "relu(negative_slope=0.1 threshold=0.5)",
     11, 1, 0, 0, 0, 0, 1, 0},
    {"300 relu, 270 tanh, 40", 290, 1, 1, 0, 0, 0, 0, 0},
};

/* One case more for each activation: within a dense layer, as a layer of its own, of the last one; tame and wild. */
static inline int case_count(void)
{
    return (int)LENGTH(cases) + 2 * LS_ACTIVATION_COUNT;
}

static inline case_text case_of(int i)
{
    static char layers[240];
    const int n = i - (int)LENGTH(cases);
    if (n < 0)
        return cases[i];
    const char *word = ls_activation_name((ls_activation)(n / 2));
    (void)snprintf(
        layers, sizeof layers,
        "40 %s, layer_normalization, residual(18 %s, 40), layer_normalization, %s, layer_normalization, 6 %s", word,
        word, word, word);
    return (case_text){layers, 7, 1, 0, 0, 0, 0, n % 2, 0};
}

/* Of any magnitude, a few of them too large for sums. */
static inline float wild_float(void)
{
    const float x = random_operand();
    return ldexpf(x, (int)random_below(60) - (int)random_below(100));
}

static inline void fill_role(const ls_network *network, int variable, bool wild, float *block)
{
    const ls_tensor tensor = ls_network_tensor(network, variable);
    const int64_t n = tensor.rows * tensor.columns;
    float *values = zeros(n, sizeof *values);
    for (int64_t i = 0; i < n; i++) {
        values[i] = wild && random_below(8) == 0 ? wild_float() : random_operand() / (float)(tensor.rows > 8 ? 4 : 2);
        values[i] = tensor.role == LS_VARIANCE ? fabsf(values[i]) : values[i];
    }
    ls_network_pack(network, variable, values, block);
    ls_memory_free(values);
}

static inline void random_factors(ls_affine *map)
{
    float *factor = zeros(map->count, sizeof *factor);
    for (int64_t j = 0; j < map->count; j++)
        factor[j] = ldexpf(1, (int)random_below(240) - 120);
    assert_int_equal(ls_affine_rescale(map, factor), LS_OK);
    ls_memory_free(factor);
}

static inline ls_network *case_network(const case_text *c)
{
    const network_text text = {c->layers, c->features, LS_MEAN_SQUARED_ERROR, c->feature_map, c->target_map};
    ls_network *network = make_network(&text);
    if (c->factors) {
        random_factors(&network->feature_map);
        random_factors(&network->target_map);
    }
    if (c->offset)
        network->offset = zeros(c->features, sizeof *network->offset);
    for (int64_t f = 0; c->offset && f < c->features; f++)
        network->offset[f] = random_below(3) ? floor(1e9 * (double)random_float(1)) + 0.25 : 0;
    if (c->fill)
        network->fill = zeros(c->features, sizeof *network->fill);
    for (int64_t f = 0; c->fill && f < c->features; f++)
        network->fill[f] = random_operand();
    return network;
}

static inline float *case_block(const case_text *c, const ls_network *network)
{
    float *block = zeros(network->block, sizeof *block);
    for (int i = 0; i < network->variables; i++)
        fill_role(network, i, c->wild, block);
    return block;
}

/* Features as the C file takes them, in float64; all are float32 numbers where there is no offset. */
static inline double *case_features(const case_text *c, const ls_network *network)
{
    static const double odd[] = {NAN,       INFINITY, -INFINITY, 0x1.fffffep127, -0x1.fffffep127, 0x1p-149,
                                 -0x1p-126, 0.0,      -0.0};
    double *x = zeros(ROWS * c->features, sizeof *x);
    for (int64_t i = 0; i < ROWS * c->features; i++) {
        x[i] = (double)(random_below(6) ? random_operand() : wild_float());
        if (i / c->features % 2 && random_below(9) == 0)
            x[i] = odd[random_below(LENGTH(odd))];
        x[i] = i < c->features ? -0.0 : x[i];
        if (network->offset && !c->off && random_below(4))
            x[i] = network->offset[i % c->features] + (double)random_float(100) / 3;
    }
    return x;
}

/* Likewise as a pass takes them: what prediction makes of a file's rows. */
static inline float *case_prepared(const case_text *c, const ls_network *network, const double *features)
{
    float *x = zeros(ROWS * c->features, sizeof *x);
    for (int64_t i = 0; i < ROWS * c->features; i++)
        x[i] = network->offset && !c->off ? ls_offset_take(features[i], network->offset[i % c->features])
                                          : (float)features[i];
    if (network->fill && !c->off)
        ls_source_fill_missing(network->fill, c->features, ROWS, x);
    return x;
}

#endif
