/* What regularizers add to the loss: a value of the weights, the same bits whoever owns which of them. */
#ifndef LS_TRAIN_PENALTY_H
#define LS_TRAIN_PENALTY_H

#include "train/blocksums.h"

typedef struct ls_penalty {
    const ls_norms *norms; /* not owned */
    double *sums[2];       /* (norms->count) of each ls_norm_kind that is needed; owned */
} ls_penalty;

/* Local. */
ls_status ls_penalty_create(const ls_norms *norms, ls_penalty *penalty);
void ls_penalty_free(ls_penalty *penalty); /* back to {0} */

/* Collective. *value: the penalty of the network's weights, of which this rank has its own slice in `block` (the flat
 * one). Local with `owners` NULL: the rank has all of them. */
ls_status ls_penalty_find(ls_penalty *penalty, const ls_kernels *kernels, int threads, const float *block,
                          ls_blocksums *owners, double *value);

#endif
