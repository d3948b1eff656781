/* Bits that flip in memory between two steps, found before anything is saved. Each update adds up, as whole numbers,
 * the 32-bit patterns of the weights and slots that it reads and of those that it writes: what this rank owns must be
 * read as it was last written. With every step's header the sums of the weights travel, so that each rank can compare
 * its copies of the others' with what their owners wrote. What flips in between, in activations and gradients or while
 * a step is computed, is not seen. */
#ifndef LS_TRAIN_WATCH_H
#define LS_TRAIN_WATCH_H

#include "train/trainer.h"

/* Local. */
ls_status ls_watch_create(ls_trainer *trainer);
void ls_watch_destroy(ls_watch *watch); /* NULL is accepted */

/* Local. A step begins. Where somebody else has written the weights meanwhile (a file, the caller), there is nothing
 * to compare them with yet. */
void ls_watch_begin(ls_trainer *trainer);

/* The calling thread's, for updates to add to. */
ls_seen *ls_watch_tally(const ls_trainer *trainer);

/* What an update is about to read, and what it has written: n weights at w + at, and their slots at slot[k] + at. Added
 * to the calling thread's tally. */
void ls_watch_read(const ls_trainer *trainer, int64_t n, const float *w, float *const *slot, int64_t at);
void ls_watch_written(const ls_trainer *trainer, int64_t n, const float *w, float *const *slot, int64_t at);

/* Local, outside of parallel regions. Copies of others' weights as they were used last: n from `first` on, which new
 * ones are about to replace and so are on their way into the cache anyway. Each once in a step. */
void ls_watch_replaced(void *trainer, int64_t first, int64_t n);

/* Local. Where new weights arrive beside the passes: the copies among the first n of the block, as they are about to be
 * used: those that were not looked at in this step yet. By one thread at a time, outside of parallel regions or (alone)
 * within one. */
void ls_watch_copies(ls_trainer *trainer, int64_t n, bool alone);

/* What this rank's header says of the weights that it owns. */
uint32_t ls_watch_weights(const ls_trainer *trainer);

/* Local. The step's header is complete on this rank: `weights` is the sum of what all ranks' headers say. updated: the
 * step was not refused. Returns whether anything has changed by itself, now or before. */
void ls_watch_end(ls_trainer *trainer, uint32_t weights, bool updated);

/* Local. LS_ERR_NUMERIC once a bit has flipped, with words for the user. */
ls_status ls_watch_status(const ls_trainer *trainer);

/* Collective. The same, agreed on. Weights that flipped with their owner may have travelled since: then it is the one
 * to be named, and not who has copies of them. */
ls_status ls_watch_agree(ls_trainer *trainer);

/* Collective, between two steps; waits for weights that are on their way. Reads all weights and slots once more: after
 * LS_OK they are what the last step wrote, on all ranks. */
ls_status ls_watch_look(ls_trainer *trainer);

/* Collective, between two steps, when nothing is on its way. By hashes, every copy of weights against its owner's, and
 * all that every rank has for itself. LS_ERR_NUMERIC names the rank that is wrong, where that can be told: an owner
 * where most others' copies contradict it, else who has the copy. */
ls_status ls_watch_compare(ls_trainer *trainer);

#endif
