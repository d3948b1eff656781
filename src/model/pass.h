/* One pass of a batch through a network: forward, loss and metrics, backward, weight gradients. Local: ranks meet
 * later, in the reduction, and within a pass only through ls_batch_others. One parallel region a pass; how threads
 * share the work never changes a bit. */
#ifndef LS_MODEL_PASS_H
#define LS_MODEL_PASS_H

#include "base/status.h"
#include "math/kernels.h"
#include "model/network.h"

#include <stdint.h>

/* Rows that go through together. The arrays are the caller's and are only read. */
typedef struct ls_batch {
    int64_t rows; /* places for rows: all of them have one, but for what lanes says */
    /* (sample panels) The set of lanes whose place has a row; NULL: all have one. Other places hold copies of rows, and
     * count for nothing. Only in training batches in bfloat16, whose shards begin at even places. */
    const uint16_t *lanes;
    const int64_t *row;    /* (rows) row of the dataset: keys dropout; may be NULL when not training */
    const float *const *x; /* (rows) pointers to (features) raw features */
    const float *const *y; /* (rows) pointers to (outputs) raw targets, or NULL */
    const int32_t *label;  /* (rows) class numbers, or NULL */
    const float *weight;   /* (rows) scale each row's loss and its gradient, but no metric; NULL: all 1 */
    uint32_t epoch;        /* from 0: keys dropout */
    /* Or features in another type than float32: `stored` (rows) instead of x, values of stored_bytes each, of which
     * widen makes `count` floats. Called on all threads. */
    const void *const *stored;
    int64_t stored_bytes;
    void (*widen)(int type, int64_t count, const void *values, float *out);
    int stored_type; /* for widen */
} ls_batch;

/* The rows of a training batch that other ranks have, for layers that depend on all of them (batch normalisation). */
typedef struct ls_batch_others {
    int64_t rows; /* of the batch, on all ranks */
    double *sums; /* (max(nodes, 1), ls_pass_exchanged) room */
    /* sums (nodes, width) in: of each of this rank's subtrees; out: the first row is their sum over all ranks' by the
     * tree. Called on the thread that called ls_pass_train while the others wait: the same number of times on all
     * ranks, which the network alone decides. If it fails, the pass goes on with any numbers. */
    void (*exchange)(void *user, int64_t width, double *sums);
    void *user;
} ls_batch_others;

/* How a training batch's rows divide into shards, and the shards into the subtrees that are summed here. Shard j of the
 * rank has rows shard_rows[j] .. shard_rows[j + 1] - 1 of the batch; subtree k has the node_shards[k] = 2^i next
 * shards. */
typedef struct ls_batch_shards {
    int64_t shards;
    const int64_t *shard_rows; /* (shards + 1) */
    int nodes;
    const int64_t *node_shards;    /* (nodes) */
    const ls_batch_others *others; /* NULL: there are none, and what is here is a single subtree */
} ls_batch_shards;

/* What goes on beside a training pass of a single subtree, and hears how far it is: the exchange of gradients and
 * weights. Nobody else is called back then, and what the sink's other members say is left alone. */
typedef struct ls_pass_beside {
    /* Every thread, before it reads any weights of elements 0 .. n - 1 of the block in the forward pass: waits for
     * them. */
    void (*need)(void *user, int64_t n, int thread);
    /* One thread: `sums` are complete. */
    void (*scored)(void *user);
    /* All threads: the deltas of layer l and above are complete, so ls_chunks_share may sum their chunks. Called once
     * for each layer from the last down to the first with weights. */
    void (*ready)(void *user, int layer, int thread, int team);
    /* One thread, behind it: nobody reads the weights of the layers that are ready any more. */
    void (*released)(void *user);
    /* The calling thread, now and then. */
    void (*between)(void *user);
    void *user;
} ls_pass_beside;

/* What becomes of a training pass' gradients. Nothing yet: all members are NULL, and ls_chunks_sum (model/chunks.h)
 * sums them afterwards. Or `gradients` is set, and each subtree's is left there whole. Or `apply` is, for a single
 * subtree: then a piece of the gradient is handed over as soon as it is summed, while it is in the cache, and none is
 * ever stored. `apply` runs on all threads, each parameter once; it may change the weights, which the pass no longer
 * reads by then. */
typedef struct ls_gradient_sink {
    float *const *gradients; /* (nodes) blocks of network->trainable */

    /* One thread, once the sums are complete and before any apply: false leaves it at that. */
    bool (*begin)(void *user);
    /* gradient (n) belongs to parameters first .. first + n - 1 of the block, a whole number of panel rows, of whose 16
     * lanes the first `lanes` hold parameters and the others padding. */
    void (*apply)(void *user, int64_t first, int64_t n, int lanes, const float *gradient);
    void *user;
    ls_ahead ahead; /* blocks that apply touches, for the processor to fetch; may be none */

    const ls_pass_beside *beside; /* NULL: nothing */
} ls_gradient_sink;

typedef struct ls_pass ls_pass;

/* What a pass is for: predicting and evaluating, or training, which adds the backward pass and has dropout always on;
 * that with products of operands rounded to bfloat16 or of float32. */
typedef enum ls_pass_purpose { LS_PASS_SCORE, LS_PASS_TRAIN, LS_PASS_TRAIN_BFLOAT16 } ls_pass_purpose;

/* Local. Buffers for up to max_rows rows and `threads` threads. Keeps pointers to network and kernels. */
ls_status ls_pass_create(const ls_network *network, const ls_kernels *kernels, int threads, int64_t max_rows,
                         ls_pass_purpose purpose, ls_pass **pass);
void ls_pass_destroy(ls_pass *pass); /* NULL is accepted */
/* Bytes of the buffers such a pass allocates. */
int64_t ls_pass_bytes(const ls_network *network, const ls_kernels *kernels, int threads, int64_t max_rows,
                      ls_pass_purpose purpose);

/* Doubles of the widest row of sums that ranks exchange in a training pass. 0: none; else every rank takes part in
 * every step, those without shards with a pass for no rows. */
int64_t ls_pass_exchanged(const ls_network *network);

/* Predictions (rows, outputs) in original units. */
void ls_pass_predict(ls_pass *pass, const float *block, const ls_batch *batch, float *prediction);

/* Adds the loss and metrics of the batch's rows to sums (metrics.width), row by row in order. */
void ls_pass_evaluate(ls_pass *pass, const float *block, const ls_batch *batch, double *sums);

/* Forward with dropout, backward, gradients. For each subtree k: the sink gets the gradient, summed over its shards in
 * tree order (padding lanes 0), and sums[k * width ...] the loss and metric sums likewise, overwritten. */
void ls_pass_train(ls_pass *pass, uint32_t seed, const float *block, const ls_batch *batch,
                   const ls_batch_shards *shards, const ls_gradient_sink *sink, double *sums);

/* Of the rows of the last pass that scored some: adds them to counts (metrics.cells), and one output's scores (rows),
 * in the order in which ranking metrics want them: as probabilities where one class out of several is asked for, else
 * as ls_pass_predict gives them. */
void ls_pass_count(const ls_pass *pass, int64_t rows, int64_t *counts);
void ls_pass_output(const ls_pass *pass, int64_t rows, int64_t output, float *scores);
float ls_pass_output_of(const ls_pass *pass, int64_t row, int64_t output);
/* Of the same rows one output of the last layer as it stands, by which metrics tell which class is given. */
void ls_pass_value(const ls_pass *pass, int64_t rows, int64_t output, float *values);
/* And sets those of speaks (units of the layer) whose unit gave another number than 0 for one of them. */
void ls_pass_speaks(const ls_pass *pass, int64_t rows, int layer, uint8_t *speaks);

/* Of the batch that ls_pass_train took last, on all ranks: whether its statistics are finite, and, once nothing stands
 * against the step, the block's moving ones with them. */
bool ls_pass_statistics_finite(const ls_pass *pass);
void ls_pass_accept(const ls_pass *pass, float *block);

/* Seconds of the last pass that thread 0 spent gathering rows. */
double ls_pass_gather_seconds(const ls_pass *pass);

#endif
