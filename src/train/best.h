/* The best epoch so far, kept beside the training: its weights and optimizer, each rank its slice. There is one
 * wherever there are validation rows or early stopping; what is watched is early stopping's monitor, else val_loss. */
#ifndef LS_TRAIN_BEST_H
#define LS_TRAIN_BEST_H

#include "train/trainer.h"

typedef struct ls_best ls_best;

/* What is told of it. */
typedef struct ls_best_epoch {
    int64_t epoch; /* from 1 */
    const char *monitor;
    double value;
    bool restore; /* early stopping's restore_best_weights */
} ls_best_epoch;

/* Local. False: none is kept, or no epoch that was watched had a number. The same on all ranks. */
bool ls_best_known(const ls_trainer *trainer, ls_best_epoch *best);
/* Local. What was watched and had a number (not NaN) in no epoch; else NULL. */
const char *ls_best_missed(const ls_trainer *trainer);

/* Local. Its weights and optimizer, of this rank's slice, as they are kept; it must be known. */
struct ls_snapshot ls_best_snapshot(const ls_trainer *trainer);

/* Collective; rank 0 writes. A model file of the best epoch, as the trainer's would have been then; it must be known.
 */
ls_status ls_best_write(ls_trainer *trainer, const char *path);

/* Collective. Makes its weights the model's; the optimizer and everything else stay, as in Keras. It must be known. */
ls_status ls_best_restore(ls_trainer *trainer);

#endif
