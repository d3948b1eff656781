/* Scalar references of the activations and their derivatives, written from src/math/README.md. Softmax, which looks at
 * more than one element, is in test_elementwise.c. */
#ifndef LS_TEST_ACTIVATION_REFERENCE_H
#define LS_TEST_ACTIVATION_REFERENCE_H

#include "math_test.h"

static inline float reference_horner(const float *coefficient, int count, float x)
{
    float p = coefficient[0];
    for (int i = 1; i < count; i++)
        p = fmaf(p, x, coefficient[i]);
    return p;
}

/* z into [-most, most]; NaN stays. */
static inline float reference_clamp(float z, float most)
{
    return z > most ? most : z < -most ? -most : z;
}

/* x <= 0 */
static inline float reference_expm1(float x)
{
    int n;
    float r, h;
    reference_exp_parts(x < -30.0f ? -30.0f : x, &n, &r, &h);
    return fmaf(ldexpf(1.0f, n), fmaf(r * h, r, r), ldexpf(1.0f, n) - 1.0f);
}

/* 0 <= x <= 1 */
static inline float reference_log1p(float x)
{
    static const float coefficient[] = {-0x1.af49cep-9f, 0x1.4917cep-6f,  -0x1.d6b08cp-5f,
                                        0x1.b4ae08p-4f,  -0x1.3a435ep-3f, 0x1.934b54p-3f,
                                        -0x1.ff23e6p-3f, 0x1.554ddp-2f,   -0x1.ffffd2p-2f};
    return fmaf(x * reference_horner(coefficient, 9, x), x, x);
}

/* The normal tail at x is the value times exp(*s). */
static inline float reference_tail(float x, float *s)
{
    static const float coefficient[] = {0x1.196d4cp-6f, -0x1.0ed1b2p-4f, 0x1.e8fbfp-5f,  0x1.1ce23ap-6f,
                                        0x1.6be656p-6f, 0x1.4d493ep-4f,  0x1.2eb42ap-4f, 0x1.857cc2p-4f,
                                        0x1.97bde6p-4f, 0x1.988e34p-4f};
    const float square = x * x;
    const float square_lost = fmaf(x, x, -square);
    const float below = fmaf(0.25f, x, 1.0f), t = 1.0f / below;
    const float t_lost = fmaf(-t, fmaf(0.25f, x, 1.0f - below), fmaf(-t, below, 1.0f));
    const float p = reference_horner(coefficient, 10, t) * t;
    *s = -0.5f * square;
    return fmaf(p, fmaf(fmaf(2.0f, t, 1.0f), t_lost, -0.5f * square_lost), p);
}

static inline float reference_gelu(float z)
{
    float s;
    const float x = fabsf(reference_clamp(z, 15.0f)), q = reference_tail(x, &s);
    return z < 0 ? reference_exp_times(s, -x * q) : z * (1.0f - reference_exp_times(s, q));
}

static inline float reference_gelu_slope(float z)
{
    float s;
    const float c = reference_clamp(z, 15.0f), q = reference_tail(fabsf(c), &s), e = reference_exp(s);
    return fmaf(c, 0x1.988454p-2f * e, z < 0 ? q * e : 1.0f - q * e);
}

static inline float reference_silu(float z)
{
    const float c = reference_clamp(z, 110.0f), e = reference_exp_times(-fabsf(c), 1.0f);
    return z < 0 ? reference_exp_times(c, c) / (1.0f + e) : z / (1.0f + e);
}

static inline float reference_silu_slope(float z)
{
    const float c = reference_clamp(z, 110.0f), e = reference_exp(-fabsf(c)), r = 1.0f / (1.0f + e);
    return fmaf(c, e * r * r, z < 0 ? e * r : r);
}

/* tanh(softplus(z)) = *n / the value, from e = exp(-|z|). */
static inline float reference_mish_parts(float z, float e, float *n)
{
    *n = z < 0 ? e * (e + 2.0f) : fmaf(2.0f, e, 1.0f);
    return z < 0 ? *n + 2.0f : fmaf(2.0f * e, e, *n);
}

static inline float reference_mish(float z)
{
    float n;
    const float c = reference_clamp(z, 110.0f), e = reference_exp_times(-fabsf(c), 1.0f);
    const float m = reference_mish_parts(z, e, &n);
    return z < 0 ? reference_exp_times(c, c * (e + 2.0f)) / fmaf(e, e + 2.0f, 2.0f) : z * n / m;
}

static inline float reference_mish_slope(float z)
{
    float n;
    const float c = reference_clamp(z, 110.0f), e = reference_exp(-fabsf(c));
    const float r = 1.0f / reference_mish_parts(z, e, &n);
    return fmaf(c, 4.0f * (z < 0 ? e : e * e) * (1.0f + e) * r * r, n * r);
}

static inline float reference_softsign(float z)
{
    const float c = reference_clamp(z, 0x1p30f);
    return c / (1.0f + fabsf(c));
}

static inline float reference_hard_sigmoid(float z)
{
    const float t = z + 3.0f;
    return (t < 0 ? 0.0f : t > 6 ? 6.0f : t) / 6.0f;
}

/* With settings. */
static inline float reference_with(ls_activation activation, const float *n, float z)
{
    if (activation == LS_LEAKY_RELU)
        return z < 0 ? n[0] * z : z;
    if (activation == LS_ELU)
        return z > 0 ? z : n[0] * reference_expm1(z);
    if (z > n[2])
        return z < n[0] ? z : n[0];
    return n[1] > 0 ? n[1] * (z - n[2]) : z <= n[2] ? 0.0f : z;
}

static inline float reference_derivative_with(ls_activation activation, const float *n, float a, float d)
{
    if (activation == LS_LEAKY_RELU)
        return a < 0 ? n[0] * d : a != 0 || n[0] >= 0x1p-24f ? d : n[0] * d;
    if (activation == LS_ELU)
        return a > 0 ? d : d * (a + n[0]);
    if (a > 0)
        return a < n[0] ? d : 0.0f;
    return n[1] > 0 ? n[1] * d : 0.0f;
}

static inline float reference_activation(ls_activation activation, float z)
{
    const float scale = 1.0507009873554805f, scale_alpha = 1.7580993408473766f;
    switch (activation) {
    case LS_RELU:
        return z <= 0 ? 0.0f : z;
    case LS_SIGMOID:
        return reference_sigmoid(z);
    case LS_TANH:
        return reference_tanh(z);
    case LS_LEAKY_RELU:
        return z < 0 ? 0.2f * z : z;
    case LS_ELU:
        return z > 0 ? z : reference_expm1(z);
    case LS_SELU:
        return z > 0 ? scale * z : scale_alpha * reference_expm1(z);
    case LS_GELU:
        return reference_gelu(z);
    case LS_SILU:
        return reference_silu(z);
    case LS_SOFTPLUS:
        return (z > 0 ? z : 0.0f) + reference_log1p(reference_exp(-fabsf(z)));
    case LS_SOFTSIGN:
        return reference_softsign(z);
    case LS_HARD_SIGMOID:
        return reference_hard_sigmoid(z);
    case LS_MISH:
        return reference_mish(z);
    case LS_EXPONENTIAL:
        return reference_exp(z);
    default:
        return z;
    }
}

static inline float reference_derivative(ls_activation activation, float z, float a, float d)
{
    const float scale = 1.0507009873554805f, scale_alpha = 1.7580993408473766f;
    switch (activation) {
    case LS_RELU:
        return a > 0 ? d : 0.0f;
    case LS_SIGMOID:
        return d * (a * (1.0f - a));
    case LS_TANH:
        return d * fmaf(-a, a, 1.0f);
    case LS_LEAKY_RELU:
        return a < 0 ? 0.2f * d : d;
    case LS_ELU:
        return a > 0 ? d : d * (a + 1.0f);
    case LS_SELU:
        return d * (a > 0 ? scale : a + scale_alpha);
    case LS_GELU:
        return d * reference_gelu_slope(z);
    case LS_SILU:
        return d * reference_silu_slope(z);
    case LS_SOFTPLUS:
        return d * -reference_expm1(a < 0 ? 0.0f : -a);
    case LS_SOFTSIGN:
        return d * ((1.0f - fabsf(a)) * (1.0f - fabsf(a)));
    case LS_HARD_SIGMOID:
        return a > 0 && a < 1 ? d * 0x1.555556p-3f : 0.0f;
    case LS_MISH:
        return d * reference_mish_slope(z);
    case LS_EXPONENTIAL:
        return d * a;
    default:
        return d;
    }
}

#endif
