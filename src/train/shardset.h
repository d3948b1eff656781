/* This rank's shards: their rows in memory, their order in an epoch, and the batch of each step. Local. */
#ifndef LS_TRAIN_SHARDSET_H
#define LS_TRAIN_SHARDSET_H

#include "io/shards.h"
#include "io/shuffle.h"
#include "train/rows.h"

#include <stdbool.h>
#include <stdint.h>

typedef struct ls_shardset {
    ls_shards plan;
    int64_t first, last;   /* shards first .. last-1 are this rank's */
    ls_rows rows;          /* of these shards */
    int64_t dataset_first; /* dataset row of rows' row 0 */
    int64_t *dataset_row;  /* (rows.count) of each, when they are no neighbours there; else NULL */
    bool shuffled;
    uint32_t seed;
    int64_t epoch;       /* whose order is set up; -1 none */
    ls_shuffle *shuffle; /* (last - first) */
    int64_t *begin;      /* (last - first) where each shard begins in rows */
    int64_t *key;        /* (last - first) dataset row of each shard's first row */
    int64_t *lag;        /* (last - first) of each shard: see io/shards.h */
    ls_batch_arrays arrays;
    int64_t *shard_rows; /* (last - first + 1) rows of the present batch before each shard */
} ls_shardset;

/* Reads the rows of the shards that `rank` of `size` owns. */
ls_status ls_shardset_load(const ls_dataset *dataset, const ls_network *network, const ls_shards *plan, bool shuffled,
                           uint32_t seed, int rank, int size, ls_shardset *set);
void ls_shardset_free(ls_shardset *set); /* back to {0} */

/* The most rows a batch can have here. */
int64_t ls_shardset_capacity(const ls_shards *plan, int64_t own_shards);

/* Rows of step `step` of `epoch` (both from 0), shard by shard in shuffled order; shard_rows is set for it. */
ls_batch ls_shardset_batch(ls_shardset *set, int64_t epoch, int64_t step);

/* Fingerprint of each own shard's rows and targets as they are trained on: hashes (last - first). */
void ls_shardset_fingerprint(const ls_shardset *set, uint64_t *hashes);

#endif
