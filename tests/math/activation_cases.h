/* What tests of activations go through: each by its name, then some with settings. */
#ifndef LS_TEST_ACTIVATION_CASES_H
#define LS_TEST_ACTIVATION_CASES_H

#include "math/activations.h"

#include <math.h>
#include <stdio.h>

typedef struct activation_case {
    ls_activation activation;
    float numbers[LS_ACTIVATION_NUMBERS]; /* relu: max_value, negative_slope, threshold; else one */
} activation_case;

/* Slopes above 1, of 0, and so small that products are denormals or 0; largest values below the threshold, too. */
static const activation_case activation_cases[] = {
    {LS_LEAKY_RELU, {0.3f}},
    {LS_LEAKY_RELU, {3.0f}},
    {LS_LEAKY_RELU, {0.0f}},
    {LS_LEAKY_RELU, {1e-30f}},
    {LS_ELU, {0.5f}},
    {LS_ELU, {2.5f}},
    {LS_ELU, {0.0f}},
    {LS_RELU, {6.0f, 0.0f, 0.0f}},
    {LS_RELU, {0.75f, 0.25f, 0.0f}},
    {LS_RELU, {INFINITY, 0.0f, 0.5f}},
    {LS_RELU, {INFINITY, 0.1f, 0.25f}},
    {LS_RELU, {2.0f, 0.1f, 0.5f}},
    {LS_RELU, {1.0f, 0.3f, 1.5f}},
    {LS_RELU, {1.0f, 1e-30f, 0.0f}},
};
enum {
    ACTIVATION_CASES = sizeof activation_cases / sizeof activation_cases[0],
    ALL_ACTIVATIONS = LS_ACTIVATION_COUNT + ACTIVATION_CASES
};

/* The i-th of ALL_ACTIVATIONS, and its numbers for the kernels. */
static inline ls_activation activation_at(int i, const float **numbers)
{
    *numbers = i < LS_ACTIVATION_COUNT ? NULL : activation_cases[i - LS_ACTIVATION_COUNT].numbers;
    return i < LS_ACTIVATION_COUNT ? (ls_activation)i : activation_cases[i - LS_ACTIVATION_COUNT].activation;
}

/* "relu(0.75 0.25 0)", for messages. */
static inline const char *activation_text(int i)
{
    static char text[80];
    const float *n;
    const char *name = ls_activation_name(activation_at(i, &n));
    if (n)
        (void)snprintf(text, sizeof text, "%s(%g %g %g)", name, (double)n[0], (double)n[1], (double)n[2]);
    return n ? text : name;
}

#endif
