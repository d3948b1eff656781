/* The step of ranks whose gradient travels in chunks: each is summed, sent, added and updated while it is in the cache,
 * and the next one is summed while it travels. */
#ifndef LS_TRAIN_CHUNKED_H
#define LS_TRAIN_CHUNKED_H

#include "train/trainer.h"

/* Local. Cuts what this rank gives and keeps into chunks. */
ls_status ls_chunked_create(ls_trainer *trainer);

/* Collective. From the deltas of this rank's pass to the new weights; adds to `computing` the seconds that were not
 * waited. */
ls_status ls_chunked_step(ls_trainer *trainer, ls_reduce_header *header, const ls_reduce_update *update,
                          double *computing);

#endif
