/* Event files for TensorBoard, as keras.callbacks.TensorBoard (Keras 3) writes them with update_freq "epoch": in
 * DIR/train and DIR/validation, with its tags and steps, so that runs of both lie over each other.
 *
 *   epoch_NAME                     each score of an epoch, in the folder of its part; step: the epoch, from 0
 *   epoch_learning_rate            beside those of train
 *   evaluation_NAME_vs_iterations  the scores of validation again; step: updates of the weights
 *
 * Local, for the rank that keeps them. */
#ifndef LS_EXPORT_TENSORBOARD_H
#define LS_EXPORT_TENSORBOARD_H

#include "base/text.h"

#include <lockstep.h>

typedef struct ls_tensorboard ls_tensorboard;

/* Makes the folders where they are not there, those above too, and a new empty file in each; `validation`: in that one
 * too. LS_ERR_OUTPUT. */
ls_status ls_tensorboard_open(const char *directory, bool validation, ls_tensorboard **board);

/* What an epoch may bring is called as in `train` and `validation`; other scores are left out. `epochs` are behind. Are
 * there later ones in the folders, which are to be done again, then whatever has steps from there on counts no longer.
 * *again: that has taken the validation scores of epochs behind with it, whose steps are updates. */
ls_status ls_tensorboard_begin(ls_tensorboard *board, const ls_scores *train, const ls_scores *validation,
                               int64_t epochs, bool *again);
/* These, one epoch after the other. They go to the disk with the next epoch. */
void ls_tensorboard_again(ls_tensorboard *board, int64_t iterations, const ls_scores *validation);

/* The scores of a finished epoch, to the disk. LS_ERR_MEMORY; what cannot be written waits (eventfile.h). */
ls_status ls_tensorboard_epoch(ls_tensorboard *board, int64_t iterations, const ls_epoch *epoch);

/* A last try for what waits; then it is lost. Files that nothing came into are removed. */
ls_status ls_tensorboard_finish(ls_tensorboard *board);
void ls_tensorboard_close(ls_tensorboard *board); /* NULL is accepted */

/* Appends what was noticed since the last call, a line each. */
void ls_tensorboard_notice(ls_tensorboard *board, ls_text *lines);

#endif
