/* The weight gradients in chunks: parts of the block that are summed, and travel, together. For ranks that send one
 * chunk while they sum the next. Local. */
#ifndef LS_MODEL_CHUNKS_H
#define LS_MODEL_CHUNKS_H

#include "model/pass.h"

/* Weight rows [first, last) of one or two output panels of a matrix. In its chunk: [panel][row][16]. */
typedef struct ls_chunk_block {
    int32_t matrix, panels;
    int64_t panel, first, last;
    int64_t at; /* floats of the chunk before it */
} ls_chunk_block;

/* Elements [first, last) of a network's trainable block, cut into chunks. They go matrix by matrix in the order in
 * which blocks are best summed (whose input rows stay in the cache), which follows from the network, the range and
 * `most` alone. */
typedef struct ls_chunks {
    int64_t count;
    int64_t *first_block; /* (count + 1) of each chunk; owned */
    ls_chunk_block *block;
} ls_chunks;

/* first and last are multiples of 16, `most` the most floats of a chunk, at least 16. */
ls_status ls_chunks_create(const ls_network *network, int64_t first, int64_t last, int64_t most, ls_chunks *chunks);
void ls_chunks_free(ls_chunks *chunks); /* back to {0} */
int64_t ls_chunks_floats(const ls_chunks *chunks, int64_t k);

enum { LS_CHUNK_ARRAYS = 2 };

/* What becomes of a chunk's sums: they are left in `out`, or in their places in `block`, or handed over piece by piece.
 */
typedef struct ls_chunk_sink {
    float *out;
    float *block; /* laid out like the network's */
    /* gradient (n), which may be changed, belongs to parameters first .. first + n - 1 of the block and has its place
     * `at` floats into the chunk; `lanes` as in ls_gradient_sink. Runs on all threads. */
    void (*apply)(void *user, int64_t first, int64_t n, int lanes, float *gradient, int64_t at);
    void (*between)(void *user); /* called on the calling thread now and then; may be NULL */
    void *user;
    ls_ahead ahead;                       /* as in ls_gradient_sink; best with room for `packed` */
    int64_t ahead_first;                  /* the element of the block that they begin with */
    const float *packed[LS_CHUNK_ARRAYS]; /* the same for arrays laid out like the chunk; NULL behind the last */
} ls_chunk_sink;

/* Chunk k of the gradients of the batch that ls_pass_train took last, whose rows are a single subtree. Threads share
 * the chunk. */
void ls_chunks_sum(ls_pass *pass, const ls_batch_shards *shards, const ls_chunks *chunks, int64_t k,
                   const ls_chunk_sink *sink);

/* The share of one thread of a team, in a pass with something beside it (pass.h). */
void ls_chunks_share(ls_pass *pass, const ls_batch_shards *shards, const ls_chunks *chunks, int64_t k,
                     const ls_chunk_sink *sink, int thread, int team);

/* One segment of a chunk: n floats, `at` floats into the chunk, that are parameters first .. first + n - 1. */
typedef void (*ls_chunk_segment)(void *user, int64_t first, int64_t n, int64_t at);
/* All segments of chunk k in turn. */
void ls_chunks_segments(const ls_network *network, const ls_chunks *chunks, int64_t k, ls_chunk_segment function,
                        void *user);

#endif
