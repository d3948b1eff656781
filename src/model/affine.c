/* Per-column affine maps. */
#include "model/affine.h"

#include "base/fpenv.h"
#include "base/memory.h"

#include <math.h>
#include <string.h>

double ls_affine_factor(double variance)
{
    int exponent;
    if (!(variance > 0) || (variance >= 0x1p-40 && variance <= 0x1p100))
        return 1;
    (void)frexp(variance, &exponent); /* variance / 2^exponent in [1/2, 1) */
    int half = (2 - exponent) / 2 - ((2 - exponent) % 2 < 0 ? 1 : 0);
    half = half > LS_AFFINE_EXPONENT ? LS_AFFINE_EXPONENT : half < -LS_AFFINE_EXPONENT ? -LS_AFFINE_EXPONENT : half;
    return ldexp(1.0, half);
}

ls_status ls_affine_set(ls_affine *affine, int64_t count, const float *mean, const float *variance)
{
    ls_affine made = {.count = count};
    ls_status status = LS_OK;
    LS_TRY_CLEANUP(ls_memory_allocate(&made.mean, count, sizeof(float), "normalisation"));
    LS_TRY_CLEANUP(ls_memory_allocate(&made.variance, count, sizeof(float), "normalisation"));
    LS_TRY_CLEANUP(ls_memory_allocate(&made.scale, count, sizeof(float), "normalisation"));
    memcpy(made.mean, mean, (size_t)count * sizeof(float));
    memcpy(made.variance, variance, (size_t)count * sizeof(float));
    const ls_fpenv saved = ls_fpenv_enter();
    for (int64_t j = 0; j < count; j++) {
        float root = sqrtf(variance[j]);
        made.scale[j] = root > 1e-7f ? root : 1e-7f;
    }
    ls_fpenv_leave(saved);
    ls_affine_free(affine);
    *affine = made;
    return LS_OK;
cleanup:
    ls_affine_free(&made);
    return status;
}

ls_status ls_affine_rescale(ls_affine *affine, const float *factor)
{
    bool any = false;
    for (int64_t j = 0; j < affine->count; j++)
        any = any || factor[j] != 1.0f;
    ls_memory_free(affine->factor);
    affine->factor = NULL;
    if (!any)
        return LS_OK;
    LS_TRY(ls_memory_allocate(&affine->factor, affine->count, sizeof(float), "normalisation"));
    memcpy(affine->factor, factor, (size_t)affine->count * sizeof(float));
    return LS_OK;
}

void ls_affine_free(ls_affine *affine)
{
    ls_memory_free(affine->factor);
    ls_memory_free(affine->mean);
    ls_memory_free(affine->variance);
    ls_memory_free(affine->scale);
    memset(affine, 0, sizeof *affine);
}
