/* One pass of a batch through a network: forward, loss and metrics, backward, weight gradients. Local: ranks meet
 * later, in the reduction. One parallel region a pass; how threads share the work never changes a bit. */
#ifndef LS_MODEL_PASS_H
#define LS_MODEL_PASS_H

#include "base/status.h"
#include "math/kernels.h"
#include "model/network.h"

#include <stdint.h>

/* Rows that go through together. The arrays are the caller's and are only read. */
typedef struct ls_batch {
    int64_t rows;
    const int64_t *row;    /* (rows) row of the dataset: keys dropout; may be NULL when not training */
    const float *const *x; /* (rows) pointers to (features) raw features */
    const float *const *y; /* (rows) pointers to (outputs) raw targets, or NULL */
    const int32_t *label;  /* (rows) class numbers, or NULL */
    uint32_t epoch;        /* from 0: keys dropout */
} ls_batch;

/* How a training batch's rows divide into shards, and the shards into the subtrees that are summed here. Shard j of the
 * rank has rows shard_rows[j] .. shard_rows[j + 1] - 1 of the batch; subtree k has the node_shards[k] = 2^i next
 * shards. */
typedef struct ls_batch_shards {
    int64_t shards;
    const int64_t *shard_rows; /* (shards + 1) */
    int nodes;
    const int64_t *node_shards; /* (nodes) */
} ls_batch_shards;

typedef struct ls_pass ls_pass;

/* Local. Buffers for up to max_rows rows and `threads` threads; `training` adds those of the backward pass: such a
 * pass is for ls_pass_train only, since its dropout is always on, and the others are for predicting and evaluating.
 * Keeps pointers to network and kernels. */
ls_status ls_pass_create(const ls_network *network, const ls_kernels *kernels, int threads, int64_t max_rows,
                         bool training, ls_pass **pass);
void ls_pass_destroy(ls_pass *pass); /* NULL is accepted */
/* Bytes of the buffers such a pass allocates. */
int64_t ls_pass_bytes(const ls_network *network, int64_t max_rows, bool training);

/* Predictions (rows, outputs) in original units. */
void ls_pass_predict(ls_pass *pass, const float *block, const ls_batch *batch, float *prediction);

/* Adds the loss and metrics of the batch's rows to sums (metrics.width), row by row in order. */
void ls_pass_evaluate(ls_pass *pass, const float *block, const ls_batch *batch, double *sums);

/* Forward with dropout, backward, gradients. For each subtree k: gradients[k] (network->block) gets the sum over its
 * shards in tree order, sums[k * width ...] the loss and metric sums likewise; both are overwritten, and padding lanes
 * get 0. */
void ls_pass_train(ls_pass *pass, uint32_t seed, const float *block, const ls_batch *batch,
                   const ls_batch_shards *shards, float *const *gradients, double *sums);

/* Seconds of the last pass that thread 0 spent gathering rows. */
double ls_pass_gather_seconds(const ls_pass *pass);

#endif
