/* Shards whose rows do not fit into memory: the windows of their shuffled order are read one after the other, ahead of
 * the steps, by one thread. Who trains sees the same rows in the same order as when all are in memory. */
#ifndef LS_DATA_ROWSTREAM_H
#define LS_DATA_ROWSTREAM_H

#include "data/window.h"
#include "data/windowsums.h"
#include "source/shards.h"
#include "source/shuffle.h"

typedef struct ls_rowstream ls_rowstream;

/* What a stream reads, and in which order. */
typedef struct ls_rowstream_request {
    const ls_dataset *dataset; /* stays; its sources are read through handles of the stream's own */
    const ls_network *network; /* stays */
    const ls_shards *plan;     /* copied */
    int64_t first, last;       /* shards first .. last-1 */
    const int64_t *key;        /* (last - first) dataset row of each shard's first row; stays */
    bool shuffled;
    uint32_t seed;
} ls_rowstream_request;

/* Windows of a shard that are in memory at a time: as many as a step's rows can touch, and those of the next step where
 * it takes whole windows; at least the one that is open and the next. */
int64_t ls_rowstream_depth(const ls_shards *plan, int64_t window);

/* Local. Reads nothing yet. */
ls_status ls_rowstream_create(const ls_rowstream_request *request, ls_rowstream **stream);
void ls_rowstream_destroy(ls_rowstream *stream); /* waits for what is being read; NULL is accepted */

/* Local. Weights of classes for the rows that are read from now on; they stay the caller's. Before the first
 * ls_rowstream_take. */
void ls_rowstream_weigh(ls_rowstream *stream, const float *class_weights);

/* What the windows must hold; stays. Before the first ls_rowstream_take. */
void ls_rowstream_expect(ls_rowstream *stream, const ls_windowsums *sums);

/* Local. Waits until all rows of a step are in memory; they stay there until the next call. The steps of an epoch one
 * after the other are read ahead, any other step starts anew. A failure of the reading thread is reported here, by the
 * step that needs the rows. */
ls_status ls_rowstream_take(ls_rowstream *stream, int64_t epoch, int64_t step);
/* The window in which position `position` of shard first + j lies, in the epoch taken. */
const ls_window *ls_rowstream_window(const ls_rowstream *stream, int64_t j, int64_t position);

#endif
