/* A rank's shards and their batches. */
#include "train/shardset.h"

#include "base/fault.h"
#include "base/memory.h"

#include <string.h>

int64_t ls_shardset_capacity(const ls_shards *plan, int64_t own_shards)
{
    const int64_t of_shard = (plan->batch + plan->shards - 1) / plan->shards;
    const int64_t together = own_shards * of_shard;
    return together < plan->batch ? together : plan->batch;
}

/* Dataset rows of this rank's rows, which key its random numbers. */
static ls_status find_dataset_rows(const ls_source *source, ls_shardset *set)
{
    const ls_rows *rows = &set->rows;
    if (rows->count == 0)
        return LS_OK;
    set->dataset_first = ls_source_row(source, rows->first);
    if (source->kept && !ls_selection_contiguous(source->kept, source->first + rows->first, rows->count)) {
        LS_TRY(ls_memory_allocate(&set->dataset_row, rows->count, sizeof *set->dataset_row, "row numbers"));
        for (int64_t i = 0, row = set->dataset_first; i < rows->count;
             i++, row = ls_selection_next(source->kept, row + 1))
            set->dataset_row[i] = row;
    }
    return LS_OK;
}

static int64_t dataset_row_of(const ls_shardset *set, int64_t i)
{
    return set->dataset_row ? set->dataset_row[i] : set->dataset_first + i;
}

ls_status ls_shardset_load(const ls_dataset *dataset, const ls_network *network, const ls_shards *plan, bool shuffled,
                           uint32_t seed, int rank, int size, ls_shardset *set)
{
    ls_status status;
    memset(set, 0, sizeof *set);
    set->plan = *plan;
    set->shuffled = shuffled;
    set->seed = seed;
    set->epoch = -1;
    ls_shards_of_rank(plan, rank, size, &set->first, &set->last);
    const int64_t own = set->last - set->first;
    const int64_t first = ls_shards_first(plan, set->first);
    LS_TRY_CLEANUP(ls_fault("load"));
    LS_TRY_CLEANUP(ls_rows_load(dataset, network, true, first, ls_shards_first(plan, set->last) - first, &set->rows));
    LS_TRY_CLEANUP(find_dataset_rows(ls_dataset_source(dataset), set));
    LS_TRY_CLEANUP(ls_memory_allocate(&set->shuffle, own, sizeof *set->shuffle, "shards"));
    LS_TRY_CLEANUP(ls_memory_allocate(&set->begin, own, sizeof *set->begin, "shards"));
    LS_TRY_CLEANUP(ls_memory_allocate(&set->key, own, sizeof *set->key, "shards"));
    LS_TRY_CLEANUP(ls_memory_allocate(&set->lag, own, sizeof *set->lag, "shards"));
    for (int64_t j = 0; j < own; j++) {
        set->begin[j] = ls_shards_first(plan, set->first + j) - first;
        if (ls_shards_rows(plan, set->first + j) > 0)
            set->key[j] = dataset_row_of(set, set->begin[j]);
        set->lag[j] = ls_shards_lag(plan, set->first + j);
    }
    LS_TRY_CLEANUP(ls_memory_allocate(&set->shard_rows, own + 1, sizeof *set->shard_rows, "shards"));
    LS_TRY_CLEANUP(ls_batch_arrays_create(ls_shardset_capacity(plan, own), &set->arrays));
    return LS_OK;
cleanup:
    ls_shardset_free(set);
    return status;
}

void ls_shardset_free(ls_shardset *set)
{
    ls_rows_free(&set->rows);
    ls_batch_arrays_free(&set->arrays);
    ls_memory_free(set->shuffle);
    ls_memory_free(set->begin);
    ls_memory_free(set->key);
    ls_memory_free(set->dataset_row);
    ls_memory_free(set->lag);
    ls_memory_free(set->shard_rows);
    memset(set, 0, sizeof *set);
}

static void start_epoch(ls_shardset *set, int64_t epoch)
{
    for (int64_t j = 0; j < set->last - set->first; j++) {
        const int64_t shard = set->first + j;
        ls_shuffle_start(&set->shuffle[j], set->seed, set->shuffled, set->key[j], ls_shards_rows(&set->plan, shard),
                         set->plan.window, (uint32_t)epoch);
    }
    set->epoch = epoch;
}

ls_batch ls_shardset_batch(ls_shardset *set, int64_t epoch, int64_t step)
{
    if (set->epoch != epoch)
        start_epoch(set, epoch);
    const int64_t before = ls_shards_rows_before(&set->plan, step), after = ls_shards_rows_before(&set->plan, step + 1);
    int64_t at = 0;
    for (int64_t j = 0; j < set->last - set->first; j++) {
        const int64_t end = ls_shards_cursor_of(&set->plan, after, set->lag[j]);
        set->shard_rows[j] = at;
        for (int64_t p = ls_shards_cursor_of(&set->plan, before, set->lag[j]); p < end; p++) {
            const int64_t i = set->begin[j] + ls_shuffle_at(&set->shuffle[j], p);
            ls_batch_arrays_put(&set->arrays, &set->rows, at++, i, dataset_row_of(set, i));
        }
    }
    set->shard_rows[set->last - set->first] = at;
    return ls_batch_arrays_batch(&set->arrays, &set->rows, at, (uint32_t)epoch);
}

void ls_shardset_fingerprint(const ls_shardset *set, uint64_t *hashes)
{
    const ls_rows *rows = &set->rows;
    for (int64_t j = 0; j < set->last - set->first; j++) {
        const int64_t begin = ls_shards_first(&set->plan, set->first + j) - rows->first;
        const int64_t count = ls_shards_rows(&set->plan, set->first + j);
        hashes[j] = ls_rows_fingerprint(rows, begin, count);
    }
}
