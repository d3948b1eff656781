/* The step of ranks on several hosts: gradients and weights travel while the passes compute. The gradient of a bucket
 * of layers is summed as soon as their deltas are there, and sent off while the layers below are worked on; new weights
 * come back while the next step's forward pass runs, which waits for a layer's weights when it gets there. */
#ifndef LS_TRAIN_OVERLAP_H
#define LS_TRAIN_OVERLAP_H

#include "train/trainer.h"

typedef struct ls_overlap ls_overlap;

/* Local, the same on all ranks. Whether this training can be done so, and *wanted: is to be. LS_ERR_USAGE: it is asked
 * for and cannot. */
ls_status ls_overlap_wanted(const ls_trainer *trainer, bool *wanted);

/* Local. The scheme of a reduction that has nothing beside it. */
ls_reduce_scheme ls_overlap_other_scheme(const ls_context *context);

/* Local. The reduction in buckets, and what goes with it. */
ls_status ls_overlap_create(ls_trainer *trainer);
void ls_overlap_destroy(ls_overlap *overlap); /* NULL is accepted */

/* Local. Before a step's pass: *sink has it called back. `rows`: the step's, on all ranks. `shards` must stay until the
 * pass is over. */
void ls_overlap_begin(ls_trainer *trainer, int64_t rows, const ls_batch_shards *shards, ls_gradient_sink *sink);
/* Seconds of the pass that went into the reduction: messages begun and waited for, sums added, but no updates. */
double ls_overlap_reducing(const ls_overlap *overlap);
/* Collective. Behind the pass: all sums are updated, the header complete, and the weights on their way back. Adds to
 * `computing` the seconds of its updates. */
ls_status ls_overlap_close(ls_trainer *trainer, ls_reduce_header *header, double *computing);
/* Collective. All weights are back. Any other message between ranks sees to it as well. */
ls_status ls_overlap_rest(ls_trainer *trainer);

#endif
