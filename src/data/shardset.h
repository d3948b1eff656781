/* This rank's shards: their rows, in memory or streamed from the file, their order in an epoch, and the batch of each
 * step. Local. */
#ifndef LS_DATA_SHARDSET_H
#define LS_DATA_SHARDSET_H

#include "base/division.h"
#include "data/rowstream.h"
#include "data/window.h"
#include "source/shards.h"
#include "source/shuffle.h"

#include <stdbool.h>
#include <stdint.h>

typedef struct ls_shardset {
    ls_shards plan;
    ls_division division; /* of the shards over the ranks */
    int64_t first, last;  /* shards first .. last-1 are this rank's */
    const ls_dataset *dataset;
    const ls_network *network;
    int64_t data_bytes;     /* that all its rows would take */
    int64_t held_bytes;     /* that its rows take, or its open windows */
    ls_window all;          /* all rows of these shards; none when they are streamed */
    ls_rowstream *stream;   /* NULL: all in memory */
    int64_t at_once;        /* rows of a piece when all are looked through */
    ls_windowsums *sums;    /* of streamed rows; else NULL */
    uint64_t *feature_hash; /* (last - first) of the features of each shard, when they are streamed; else NULL */
    float *class_weights;   /* of streamed rows; NULL: none */
    bool shuffled;
    uint32_t seed;
    int64_t epoch;       /* whose order is set up; -1 none */
    ls_shuffle *shuffle; /* (last - first) */
    int64_t *begin;      /* (last - first) where each shard begins in rows */
    int64_t *key;        /* (last - first) dataset row of each shard's first row */
    int64_t *lag;        /* (last - first) of each shard: see source/shards.h */
    ls_batch_arrays arrays;
    int64_t *shard_rows; /* (last - first + 1) places of the present batch before each shard */
    bool even;           /* each shard has an even number of them */
    uint16_t *lanes;     /* then: of the present batch, for ls_batch */
} ls_shardset;

/* What of the data a rank may hold in memory. */
typedef struct ls_shardset_owner {
    int rank, size;
    int64_t memory; /* bytes of rows; those that need more are streamed */
} ls_shardset_owner;

/* Reads the rows of the shards that `owner` owns, all of which are checked: into memory, or once through when they are
 * streamed. Features that the dataset holds (holding.h) are taken from there, and what else it holds is let go. `even`:
 * for passes in bfloat16, which want each shard of a batch to begin at an even place. LS_ERR_USAGE: not even the open
 * windows fit. `dataset` and `network` stay. */
ls_status ls_shardset_load(const ls_dataset *dataset, const ls_network *network, const ls_shards *plan, bool shuffled,
                           uint32_t seed, bool even, const ls_shardset_owner *owner, ls_shardset *set);
void ls_shardset_free(ls_shardset *set); /* back to {0} */

/* The most places a batch can have here. */
int64_t ls_shardset_capacity(const ls_shards *plan, int64_t own_shards, bool even);

/* Adds this rank's rows of each class to counts (classes). */
ls_status ls_shardset_count_classes(const ls_shardset *set, int64_t *counts);
/* Weighs rows by their classes from now on; takes over `weights` (classes), also on failure. */
ls_status ls_shardset_weigh(ls_shardset *set, float *weights);

/* Rows of step `step` of `epoch` (both from 0), shard by shard in shuffled order; shard_rows is set for it. On failure,
 * which only streams know, the batch is empty and can be trained on like any other. */
ls_status ls_shardset_batch(ls_shardset *set, int64_t epoch, int64_t step, ls_batch *batch);

/* Fingerprint of each own shard's rows and targets as they are trained on: hashes (last - first). */
ls_status ls_shardset_fingerprint(const ls_shardset *set, int threads, uint64_t *hashes);

#endif
