/* Vectors of the block's length that live once over the job, each rank having its slice (of slice_first to slice_last
 * of the trainer); where the reduction is replicated every slice is the whole. */
#ifndef LS_TRAIN_SLICES_H
#define LS_TRAIN_SLICES_H

#include "train/trainer.h"

/* Whether rank 0's slices are whole vectors; the same on all ranks. */
bool ls_slices_whole(const ls_trainer *trainer);

/* A run of the block that a rank owns. */
typedef struct ls_slice_part {
    int64_t first, last; /* floats of the block */
    int64_t at;          /* where the first of them is in that rank's slices */
} ls_slice_part;

/* Local. Part `number` of what `rank` owns, in the block's order; false: it owns no more. They are asked for in turn,
 * from 0 up: *part then still has the one before. It may be empty. */
bool ls_slices_part(const ls_trainer *trainer, int rank, int number, ls_slice_part *part);

/* Collective. Rank 0 gets the whole of a vector of which every rank has its slice; `full` (network->trainable) is rank
 * 0's, NULL on the others. */
ls_status ls_slices_gather(const ls_trainer *trainer, const float *slice, float *full);

/* Local. Whether this rank's slice of weights and slots, and the statistics, are finite throughout. */
bool ls_slices_finite(const ls_trainer *trainer);

#endif
