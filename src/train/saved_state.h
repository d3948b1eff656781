/* What a checkpoint says besides weights, slots and sums. */
#ifndef LS_TRAIN_SAVED_STATE_H
#define LS_TRAIN_SAVED_STATE_H

#include "hdf5/h5.h"
#include "train/trainer.h"

/* Sent to all ranks as it is. */
typedef struct ls_saved_state {
    ls_cursor cursor;
    int64_t steps;
    int64_t earlier; /* steps of the optimizer before them */
    int64_t log_length;
    double number[LS_OPTIMIZER_NUMBERS]; /* the optimizer's */
} ls_saved_state;

/* Local. What was read becomes the trainer's. */
void ls_saved_state_take(ls_trainer *trainer, const ls_saved_state *state);

/* Local. Writes the trainer's. */
ls_status ls_saved_state_write(ls_h5_file *file, const ls_trainer *trainer, int64_t log_length);

/* Local. Whether the numbers of an optimizer with these settings can be such after so many steps. LS_ERR_OUTPUT with
 * the end of a sentence that begins with file and group, and `names` for the numbers there. */
ls_status ls_saved_numbers_check(const ls_optimizer *settings, int64_t iterations, const char *const *names,
                                 const double number[LS_OPTIMIZER_NUMBERS]);

/* Local. Reads it into `state` and the running sums into `running` (ls_network_sums), the
 * metrics' counts into `counts` (metrics.cells). `iteration`: the steps that the
 * optimizer's part of the file counts. A file may be whole and say impossible things all the same, when something else
 * than a run has written it: each number is compared with the trainer's plan and settings. LS_ERR_OUTPUT names file,
 * key, value and what was expected. */
ls_status ls_saved_state_read(ls_h5_file *file, const ls_trainer *trainer, int64_t iteration, ls_saved_state *state,
                              double *running, int64_t *counts);

#endif
