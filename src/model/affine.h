/* Per-column affine maps: Keras' Normalization layer, forwards for features and inverted for targets, and beside it the
 * Rescaling layer of columns whose values are too small or too large for it. */
#ifndef LS_MODEL_AFFINE_H
#define LS_MODEL_AFFINE_H

#include "base/status.h"

#include <stdint.h>

/* Maps column j by (value * factor[j] - mean[j]) / scale[j], scale = max(sqrt(variance), 1e-7) as Keras computes it, so
 * a model file read back gives the same bits. count 0: no map. */
typedef struct ls_affine {
    int64_t count;
    float *mean;     /* (count) of the values times their factor, owned */
    float *variance; /* (count) likewise, owned */
    float *scale;    /* (count), owned */
    float *factor;   /* (count) powers of two, owned; NULL: all are 1 */
} ls_affine;

/* Exponents of factors: each and its inverse are normal float32 numbers. */
#define LS_AFFINE_EXPONENT 126

/* The factor of a column whose values have this variance: 1 from 2^-40 to 2^100, where neither the 1e-7 nor float32's
 * range is near; beyond them the power of two, of at most LS_AFFINE_EXPONENT, that brings the variance into [1, 4), so
 * that values times any power of two give the same bits. */
double ls_affine_factor(double variance);

/* Local. Copies mean and variance (count each) and derives the scale; all factors are 1. */
ls_status ls_affine_set(ls_affine *affine, int64_t count, const float *mean, const float *variance);
/* Local. Copies the factors (count) of a map that is set; nothing is kept where all of them are 1. */
ls_status ls_affine_rescale(ls_affine *affine, const float *factor);
void ls_affine_free(ls_affine *affine); /* back to {0} */

static inline float ls_affine_forward(const ls_affine *affine, int64_t j, float value)
{
    const float scaled = affine->factor ? value * affine->factor[j] : value;
    return (scaled - affine->mean[j]) / affine->scale[j];
}

/* Product rounded, then sum rounded, as in Keras; and its Rescaling of the result. */
static inline float ls_affine_inverse(const ls_affine *affine, int64_t j, float value)
{
    const float scaled = affine->mean[j] + value * affine->scale[j];
    return affine->factor ? scaled / affine->factor[j] : scaled;
}

#endif
