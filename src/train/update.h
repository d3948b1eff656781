/* What is done to vectors of parameters in a step. Local. */
#ifndef LS_TRAIN_UPDATE_H
#define LS_TRAIN_UPDATE_H

#include "train/trainer.h"

/* ls_reduce_add, with the context as user: one node of the tree, by all threads. */
void ls_update_add(void *user, int64_t n, const float *a, const float *b, float *sum);

/* The 32-bit patterns of x (n), added modulo 2^32, by all threads. */
uint32_t ls_update_patterns(const ls_context *context, int64_t n, const float *x);

/* Whether nothing goes around the optimizer's own update: it then costs no more than that. */
bool ls_update_is_plain(const ls_trainer *trainer);
/* What becomes of a tensor's gradient first, and what its weights are held to. */
ls_mean_step ls_update_mean(const ls_trainer *trainer, const ls_tensor *tensor);
const ls_constraint *ls_update_constraint(const ls_trainer *trainer, const ls_tensor *tensor);

/* Once a step, when it is known to go on: advances the optimizer and prepares what the functions below need. rows: the
 * step's, over all ranks. */
void ls_update_begin(ls_trainer *trainer, int64_t rows);

/* The optimizer on parameters first .. first + n - 1 of the block, which lie in the owned slice; gradient (n) is their
 * sum over all ranks. By all threads. */
void ls_update_slice(ls_trainer *trainer, int64_t first, int64_t n, const float *gradient);

/* The same on the calling thread, for whole rows of a panel, of whose 16 lanes the first `lanes` are no padding. */
void ls_update_piece(const ls_trainer *trainer, int64_t first, int64_t n, int lanes, const float *gradient);

/* What the optimizer touches of the owned slice, from its first parameter on, for the processor to fetch. */
void ls_update_ahead(const ls_trainer *trainer, ls_ahead *ahead);

#endif
