/* Per-column affine maps: Keras' Normalization layer, forwards for features and inverted for targets. */
#ifndef LS_MODEL_AFFINE_H
#define LS_MODEL_AFFINE_H

#include "base/status.h"

#include <stdint.h>

/* Maps column j by (value - mean[j]) / scale[j], scale = max(sqrt(variance), 1e-7) as Keras computes it, so a model
 * file read back gives the same bits. count 0: no map. */
typedef struct ls_affine {
    int64_t count;
    float *mean;     /* (count), owned */
    float *variance; /* (count), owned */
    float *scale;    /* (count), owned */
} ls_affine;

/* Local. Copies mean and variance (count each) and derives the scale. */
ls_status ls_affine_set(ls_affine *affine, int64_t count, const float *mean, const float *variance);
void ls_affine_free(ls_affine *affine); /* back to {0} */

static inline float ls_affine_forward(const ls_affine *affine, int64_t j, float value)
{
    return (value - affine->mean[j]) / affine->scale[j];
}

/* Product rounded, then sum rounded, as in Keras. */
static inline float ls_affine_inverse(const ls_affine *affine, int64_t j, float value)
{
    return affine->mean[j] + value * affine->scale[j];
}

#endif
