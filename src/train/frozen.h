/* A trainer as it was after some step, kept beside it, so that a file of that state can be written while training goes
 * on: copies of what this rank owns and of all that changes from step to step. */
#ifndef LS_TRAIN_FROZEN_H
#define LS_TRAIN_FROZEN_H

#include "train/checkpoint.h"

typedef struct ls_frozen {
    /* As it was: state, slots and observers' states are the copies below. The model's block and whatever else training
     * needs are those of the trainer that goes on, and not to be looked at. */
    ls_trainer trainer;
    ls_snapshot present; /* its weights and slots */
    float *weights;      /* (slice) */
    float *statistics;   /* (ls_network_statistics) */
    double *running;     /* (ls_network_sums) */
    int64_t *all_counts; /* (metrics.cells) */
    void *numbers[LS_OBSERVERS_MAX];
    float *vectors[LS_OBSERVERS_MAX][1 + LS_OPTIMIZER_SLOTS]; /* (vector_count, slice) */
    float *behind[LS_OBSERVERS_MAX];                          /* (ls_network_statistics) */
} ls_frozen;

/* Bytes of the vectors that one has room for: of slices of so many floats, with the best epoch's where it is kept. */
int64_t ls_frozen_bytes(const ls_network *network, int64_t slice, int slots, bool best);

/* Local. Room for the state of such a trainer, whose observers are all there; nothing is copied yet. */
ls_status ls_frozen_create(const ls_trainer *trainer, ls_frozen **frozen);
void ls_frozen_destroy(ls_frozen *frozen); /* NULL is accepted */

/* Local. It becomes the trainer's present state; of counts the sum over ranks that was taken last (counting.h). */
void ls_frozen_take(ls_frozen *frozen, const ls_trainer *trainer);

/* Local. A snapshot whose vectors are an observer's, with the copies of these in their place. */
ls_snapshot ls_frozen_snapshot(const ls_frozen *frozen, const ls_trainer *trainer, const ls_snapshot *live);

#endif
