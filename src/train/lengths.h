/* Lengths (norms) of the layers' gradients in single steps, measured where the gradient passes by, since it is never
 * stored: as whole numbers, so that they depend on no split. Nothing is done in other steps. */
#ifndef LS_TRAIN_LENGTHS_H
#define LS_TRAIN_LENGTHS_H

#include "train/trainer.h"

/* Local. */
ls_status ls_lengths_create(const ls_trainer *trainer, ls_lengths **lengths);
void ls_lengths_destroy(ls_lengths *lengths); /* NULL is accepted */

/* Local. The next step's gradient is to be measured. */
void ls_lengths_want(ls_lengths *lengths, bool wanted);

/* Local, on any thread of a team. A part of the step's summed gradient, of parameters first .. first + n - 1 of the
 * block, in whole panel rows of whose 16 lanes the first `lanes` count. Nothing where it isn't wanted. */
void ls_lengths_see(const ls_trainer *trainer, int64_t first, int64_t n, int lanes, const float *gradient);

/* Collective, behind such a step: gradient (network->count) gets the lengths of the mean gradient of `rows` rows by
 * layer, 0 of those without weights; the same on all ranks. */
ls_status ls_lengths_find(const ls_trainer *trainer, int64_t rows, double *gradient);
/* Local, when the weights are at rest: weights (network->count) likewise. */
void ls_lengths_weights(const ls_trainer *trainer, double *weights);

#endif
