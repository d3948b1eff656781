/* Activations and their derivatives in float64, from their definitions. */
#ifndef LS_TEST_ACTIVATION_TRUTH_H
#define LS_TEST_ACTIVATION_TRUTH_H

#include "math/kernels.h"

#include <math.h>

static inline double true_sigmoid(double z)
{
    return z < 0 ? exp(z) / (1 + exp(z)) : 1 / (1 + exp(-z));
}

/* The normal distribution. */
static inline double true_phi(double z)
{
    return 0.5 * erfc(-z * 0.70710678118654752440);
}

static inline double true_density(double z)
{
    return exp(-0.5 * z * z) * 0.39894228040143267794;
}

static inline double true_softplus(double z)
{
    return fmax(z, 0) + log1p(exp(-fabs(z)));
}

static inline double true_leaky_relu(double z)
{
    return z < 0 ? 0.2 * z : z;
}

static inline double true_leaky_relu_slope(double z)
{
    return z < 0 ? 0.2 : 1;
}

static inline double true_elu(double z)
{
    return z > 0 ? z : expm1(z);
}

static inline double true_elu_slope(double z)
{
    return z > 0 ? 1 : exp(z);
}

static inline double true_selu(double z)
{
    return 1.0507009873554805 * (z > 0 ? z : 1.6732632423543772 * expm1(z));
}

static inline double true_selu_slope(double z)
{
    return 1.0507009873554805 * (z > 0 ? 1 : 1.6732632423543772 * exp(z));
}

static inline double true_gelu(double z)
{
    return z * true_phi(z);
}

static inline double true_gelu_slope(double z)
{
    return true_phi(z) + z * true_density(z);
}

static inline double true_silu(double z)
{
    return z * true_sigmoid(z);
}

static inline double true_silu_slope(double z)
{
    return true_sigmoid(z) * (1 + z * true_sigmoid(-z));
}

static inline double true_softsign(double z)
{
    return z / (1 + fabs(z));
}

static inline double true_softsign_slope(double z)
{
    return 1 / ((1 + fabs(z)) * (1 + fabs(z)));
}

static inline double true_hard_sigmoid(double z)
{
    return fmin(fmax(z + 3, 0), 6) / 6;
}

static inline double true_hard_sigmoid_slope(double z)
{
    return z > -3 && z < 3 ? 1.0 / 6 : 0;
}

static inline double true_mish(double z)
{
    return z * tanh(true_softplus(z));
}

static inline double true_mish_slope(double z)
{
    const double t = tanh(true_softplus(z)), e = exp(-fabs(z));
    const double m = z < 0 ? e * e + 2 * e + 2 : 1 + 2 * e + 2 * e * e;
    return t + z * 4 * (z < 0 ? e : e * e) * (1 + e) / (m * m);
}

static inline double true_linear(double z)
{
    return z;
}

static inline double true_relu(double z)
{
    return fmax(z, 0);
}

typedef double true_function(double z);

/* With settings, as the kernels take them (tests/math/activation_cases.h). */
static inline double true_with(ls_activation activation, const float *numbers, double z)
{
    const double most = (double)numbers[0], slope = (double)numbers[activation == LS_RELU];
    if (activation == LS_ELU)
        return z > 0 ? z : (double)numbers[0] * expm1(z);
    if (activation == LS_LEAKY_RELU)
        return z < 0 ? slope * z : z;
    return z > (double)numbers[2] ? fmin(z, most) : slope > 0 ? slope * (z - (double)numbers[2]) : 0;
}

static inline double true_slope_with(ls_activation activation, const float *numbers, double z)
{
    const double most = (double)numbers[0], slope = (double)numbers[activation == LS_RELU];
    if (activation == LS_ELU)
        return z > 0 ? 1 : (double)numbers[0] * exp(z);
    if (activation == LS_LEAKY_RELU)
        return z < 0 ? slope : 1;
    return z <= (double)numbers[2] ? slope : z < most ? 1 : 0;
}

/* All but softmax, which looks at more than one element. */
static inline true_function *true_activation(ls_activation activation)
{
    static true_function *const functions[LS_ACTIVATION_COUNT] = {
        [LS_LINEAR] = true_linear,
        [LS_RELU] = true_relu,
        [LS_SIGMOID] = true_sigmoid,
        [LS_TANH] = tanh,
        [LS_LEAKY_RELU] = true_leaky_relu,
        [LS_ELU] = true_elu,
        [LS_SELU] = true_selu,
        [LS_GELU] = true_gelu,
        [LS_SILU] = true_silu,
        [LS_SOFTPLUS] = true_softplus,
        [LS_SOFTSIGN] = true_softsign,
        [LS_HARD_SIGMOID] = true_hard_sigmoid,
        [LS_MISH] = true_mish,
        [LS_EXPONENTIAL] = exp,
    };
    return functions[activation];
}

#endif
