/* Vectors of the block's length that live once over the job, each rank having its slice (of slice_first to slice_last
 * of the trainer); where the reduction is replicated every slice is the whole. */
#ifndef LS_TRAIN_SLICES_H
#define LS_TRAIN_SLICES_H

#include "train/trainer.h"

/* Whether rank 0's slices are whole vectors; the same on all ranks. */
bool ls_slices_whole(const ls_trainer *trainer);

/* Collective. Rank 0 gets the whole of a vector of which every rank has its slice; `full` (network->trainable) is rank
 * 0's, NULL on the others. */
ls_status ls_slices_gather(const ls_trainer *trainer, const float *slice, float *full);

/* Collective. The other way; where slices are whole, `full` may be the slice. */
ls_status ls_slices_scatter(const ls_trainer *trainer, float *full, float *slice);

/* Local. Whether this rank's slice of weights and slots, and the statistics, are finite throughout. */
bool ls_slices_finite(const ls_trainer *trainer);

#endif
