/* Steps that need lengths of gradients, updates or weights: the owners hold the summed gradient of their slice until
 * all is known, and the weights travel at the end. What needs no length never comes here. */
#ifndef LS_TRAIN_HELD_H
#define LS_TRAIN_HELD_H

#include "train/trainer.h"

/* Whether the trainer's steps are such. */
bool ls_held_needed(const ls_trainer *trainer);

/* Local. Working space for the owned slice, whose norm blocks the trainer has. */
ls_status ls_held_create(ls_trainer *trainer);
void ls_held_destroy(ls_held *held); /* NULL is accepted */

/* Where it is held (slice): alone, the pass sums it right there. */
float *ls_held_gradient(const ls_trainer *trainer);
/* The gradient's sum (n) of parameters first .. first + n - 1 of the owned slice, to be held. */
void ls_held_take(ls_trainer *trainer, int64_t first, int64_t n, const float *gradient);

/* Collective, when all of the slice is there and ls_update_begin has been called: the update. The weights are the
 * owners' then. LS_ERR_NUMERIC, on all ranks
 * and with nothing changed: a gradient is not finite. */
ls_status ls_held_update(ls_trainer *trainer);

#endif
