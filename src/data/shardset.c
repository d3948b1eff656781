/* A rank's shards and their batches. */
#include "data/shardset.h"

#include "base/fault.h"
#include "base/memory.h"
#include "base/text.h"
#include "data/class_weights.h"
#include "data/holding.h"

#include <string.h>

int64_t ls_shardset_capacity(const ls_shards *plan, int64_t own_shards, bool even)
{
    const int64_t of_shard = (plan->batch + plan->shards - 1) / plan->shards;
    const int64_t together = own_shards * (even ? (of_shard + 1) / 2 * 2 : of_shard);
    const int64_t most = even ? plan->batch + own_shards : plan->batch;
    return together < most ? together : most;
}

static int64_t own_shards(const ls_shardset *set)
{
    return set->last - set->first;
}

/* ---- rows that do not fit ---- */

/* Looks at rows of a shard, or some of what there is of them, in order, piece by piece. */
typedef void (*piece_function)(void *user, const ls_rows *rows);

static ls_status for_each_piece(const ls_shardset *set, bool features, int64_t shard, piece_function look, void *user)
{
    int64_t first = ls_shards_first(&set->plan, shard), left = ls_shards_rows(&set->plan, shard);
    while (left > 0) {
        const int64_t count = ls_window_piece(set->dataset, first, left, set->at_once);
        ls_rows rows;
        LS_TRY(features ? ls_rows_load(set->dataset, set->network, true, first, count, &rows)
                        : ls_rows_load_beside(set->dataset, set->network, first, count, &rows));
        ls_status status = LS_OK;
        if (set->class_weights)
            status = ls_class_weights_apply(set->class_weights, &rows);
        if (status == LS_OK)
            look(user, &rows);
        ls_rows_free(&rows);
        LS_TRY(status);
        first += count;
        left -= count;
    }
    return LS_OK;
}

typedef struct hashing {
    ls_rows_part part;
    ls_windowsums *sums; /* NULL: these rows were seen before */
    int64_t j;
    ls_hash64 hash;
} hashing;

static void hash_piece(void *user, const ls_rows *rows)
{
    hashing *h = user;
    ls_rows_hash(rows, h->part, 0, rows->count, &h->hash);
    if (h->sums)
        ls_windowsums_see(h->sums, h->j, rows);
}

/* Goes on from *hash with one more part of a shard's rows. */
static ls_status hash_shard(const ls_shardset *set, int64_t shard, ls_rows_part part, uint64_t *hash)
{
    const bool first_look = part == LS_ROWS_FEATURES;
    hashing h = {part, first_look ? set->sums : NULL, shard - set->first, ls_hash64_start(*hash)};
    LS_TRY(for_each_piece(set, part == LS_ROWS_FEATURES, shard, hash_piece, &h));
    *hash = ls_hash64_end(&h.hash);
    return LS_OK;
}

static void count_piece(void *user, const ls_rows *rows)
{
    ls_class_weights_count(rows, user);
}

/* The largest window with which the open ones of `shards` shards fit; 0: none does. */
static int64_t fitting_window(const ls_shards *plan, int64_t shards, int64_t row_bytes, int64_t memory)
{
    int64_t low = 0, high = plan->window; /* the bytes grow with the window, but for a few rows */
    while (low < high) {
        const int64_t middle = low + (high - low + 1) / 2;
        if (shards * ls_rowstream_depth(plan, middle) * middle <= memory / row_bytes)
            low = middle;
        else
            high = middle - 1;
    }
    return low;
}

static ls_status refuse_memory(const ls_shardset *set, int64_t row_bytes, const ls_shardset_owner *owner)
{
    char limit[32], data[32], windows[32];
    const ls_shards *plan = &set->plan;
    const int64_t most_shards = (plan->shards + owner->size - 1) / owner->size;
    const int64_t fits = fitting_window(plan, most_shards, row_bytes, owner->memory);
    const long long enough = ((long long)set->held_bytes >> 20) + 1;
    (void)ls_format_bytes((double)set->held_bytes, windows);
    (void)ls_format_bytes((double)owner->memory, limit);
    (void)ls_format_bytes((double)set->data_bytes, data);
    if (fits == 0)
        return ls_fail(LS_ERR_USAGE,
                       "--memory: a rank may hold %s of rows, but has %s, and with windows of %lld rows %s are open "
                       "while they stream from the file; no --shuffle-window is small enough. Give --memory "
                       "%lldMiB, or use more ranks",
                       limit, data, (long long)plan->window, windows, enough);
    return ls_fail(
        LS_ERR_USAGE,
        "--memory: a rank may hold %s of rows, but has %s, and with windows of %lld rows %s are open while "
        "they stream from the file. Give --memory %lldMiB, use more ranks, or --shuffle-window %lld; the window "
        "is part of the recipe: another one gives another order of the rows, and other results",
        limit, data, (long long)plan->window, windows, enough, (long long)fits);
}

/* Opens the stream, after a look at every row. */
static ls_status start_stream(ls_shardset *set, int64_t row_bytes, const ls_shardset_owner *owner)
{
    set->held_bytes = own_shards(set) * ls_rowstream_depth(&set->plan, set->plan.window) * set->plan.window * row_bytes;
    if (set->held_bytes > owner->memory)
        return refuse_memory(set, row_bytes, owner);
    const ls_rowstream_request request = {.dataset = set->dataset,
                                          .network = set->network,
                                          .plan = &set->plan,
                                          .first = set->first,
                                          .last = set->last,
                                          .key = set->key,
                                          .shuffled = set->shuffled,
                                          .seed = set->seed};
    LS_TRY(ls_rowstream_create(&request, &set->stream));
    set->at_once = ls_window_at_once(set->dataset, row_bytes, owner->memory);
    LS_TRY(ls_memory_allocate(&set->feature_hash, own_shards(set), sizeof *set->feature_hash, "fingerprint"));
    LS_TRY(ls_windowsums_create(&set->plan, set->first, set->last, &set->sums));
    for (int64_t j = 0; j < own_shards(set); j++)
        LS_TRY(hash_shard(set, set->first + j, LS_ROWS_FEATURES, &set->feature_hash[j]));
    ls_rowstream_expect(set->stream, set->sums);
    return LS_OK;
}

/* ---- life ---- */

static ls_status load_rows(ls_shardset *set, const ls_shardset_owner *owner)
{
    const int64_t first = ls_shards_first(&set->plan, set->first);
    const int64_t rows = ls_shards_first(&set->plan, set->last) - first;
    const bool numbered = ls_dataset_source(set->dataset)->kept != NULL;
    const int64_t row_bytes = ls_rows_bytes_each(set->dataset, set->network, true, true) +
                              (numbered ? (int64_t)sizeof *set->all.dataset_row : 0);
    LS_TRY(ls_fault("load"));
    set->data_bytes = rows * row_bytes;
    void *features = ls_holding_take(set->dataset, set->network, first, rows);
    ls_holding_drop(set->dataset); /* other rows, or as another network takes them */
    if (set->data_bytes > owner->memory) {
        ls_memory_free(features);
        return start_stream(set, row_bytes, owner);
    }
    set->held_bytes = set->data_bytes;
    return ls_window_load(set->dataset, set->network, NULL, features, first, rows, &set->all);
}

static ls_status find_own_shards(ls_shardset *set, const ls_shardset_owner *owner)
{
    LS_TRY(ls_division_create(set->plan.shards, owner->size, &set->division));
    ls_division_run(&set->division, owner->rank, &set->first, &set->last);
    return LS_OK;
}

ls_status ls_shardset_load(const ls_dataset *dataset, const ls_network *network, const ls_shards *plan, bool shuffled,
                           uint32_t seed, bool even, const ls_shardset_owner *owner, ls_shardset *set)
{
    ls_status status;
    memset(set, 0, sizeof *set);
    set->plan = *plan;
    set->dataset = dataset;
    set->network = network;
    set->shuffled = shuffled;
    set->seed = seed;
    set->even = even;
    set->epoch = -1;
    LS_TRY_CLEANUP(find_own_shards(set, owner));
    const int64_t own = own_shards(set), first = ls_shards_first(plan, set->first);
    LS_TRY_CLEANUP(ls_memory_allocate(&set->shuffle, own, sizeof *set->shuffle, "shards"));
    LS_TRY_CLEANUP(ls_memory_allocate(&set->begin, own, sizeof *set->begin, "shards"));
    LS_TRY_CLEANUP(ls_memory_allocate(&set->key, own, sizeof *set->key, "shards"));
    LS_TRY_CLEANUP(ls_memory_allocate(&set->lag, own, sizeof *set->lag, "shards"));
    for (int64_t j = 0; j < own; j++) {
        set->begin[j] = ls_shards_first(plan, set->first + j) - first;
        if (ls_shards_rows(plan, set->first + j) > 0)
            set->key[j] = ls_dataset_row(dataset, first + set->begin[j]);
        set->lag[j] = ls_shards_lag(plan, set->first + j);
    }
    LS_TRY_CLEANUP(ls_memory_allocate(&set->shard_rows, own + 1, sizeof *set->shard_rows, "shards"));
    const int64_t places = ls_shardset_capacity(plan, own, even);
    LS_TRY_CLEANUP(ls_batch_arrays_create(places, &set->arrays));
    if (even)
        LS_TRY_CLEANUP(
            ls_memory_allocate(&set->lanes, (places + LS_PANEL - 1) / LS_PANEL, sizeof *set->lanes, "shards"));
    LS_TRY_CLEANUP(load_rows(set, owner));
    return LS_OK;
cleanup:
    ls_shardset_free(set);
    return status;
}

void ls_shardset_free(ls_shardset *set)
{
    ls_rowstream_destroy(set->stream);
    ls_windowsums_destroy(set->sums);
    ls_window_free(&set->all);
    ls_batch_arrays_free(&set->arrays);
    ls_memory_free(set->shuffle);
    ls_memory_free(set->begin);
    ls_memory_free(set->key);
    ls_memory_free(set->lag);
    ls_memory_free(set->shard_rows);
    ls_memory_free(set->lanes);
    ls_memory_free(set->feature_hash);
    ls_memory_free(set->class_weights);
    ls_division_free(&set->division);
    memset(set, 0, sizeof *set);
}

/* ---- classes ---- */

ls_status ls_shardset_count_classes(const ls_shardset *set, int64_t *counts)
{
    if (!set->stream)
        ls_class_weights_count(&set->all.rows, counts);
    for (int64_t j = 0; set->stream && j < own_shards(set); j++)
        LS_TRY(for_each_piece(set, false, set->first + j, count_piece, counts));
    return LS_OK;
}

ls_status ls_shardset_weigh(ls_shardset *set, float *weights)
{
    set->class_weights = weights;
    if (!set->stream)
        return ls_class_weights_apply(weights, &set->all.rows);
    ls_rowstream_weigh(set->stream, weights);
    return LS_OK;
}

/* ---- batches ---- */

static void start_epoch(ls_shardset *set, int64_t epoch)
{
    for (int64_t j = 0; j < own_shards(set); j++) {
        const int64_t shard = set->first + j;
        ls_shuffle_start(&set->shuffle[j], set->seed, set->shuffled, set->key[j], ls_shards_rows(&set->plan, shard),
                         set->plan.window, (uint32_t)epoch);
    }
    set->epoch = epoch;
}

/* Positions begin .. end - 1 of shard first + j, from place `at` of the batch on. */
static void put_resident(ls_shardset *set, int64_t j, int64_t begin, int64_t end, int64_t at)
{
    for (int64_t p = begin; p < end; p++) {
        const int64_t i = set->begin[j] + ls_shuffle_at(&set->shuffle[j], p);
        ls_batch_arrays_put(&set->arrays, &set->all.rows, at++, i, ls_window_dataset_row(&set->all, i));
    }
}

static void put_streamed(ls_shardset *set, int64_t j, int64_t begin, int64_t end, int64_t at)
{
    const int64_t first = ls_shards_first(&set->plan, set->first + j);
    for (int64_t p = begin; p < end; p++) {
        const ls_window *window = ls_rowstream_window(set->stream, j, p);
        const int64_t i = first + ls_shuffle_at(&set->shuffle[j], p) - window->rows.first;
        ls_batch_arrays_put(&set->arrays, &window->rows, at++, i, ls_window_dataset_row(window, i));
    }
}

/* Rows that say what a batch is made of: with one row in it, any window of the stream does. */
static const ls_rows *kind_of(const ls_shardset *set, int64_t step)
{
    for (int64_t j = 0; set->stream && j < own_shards(set); j++)
        if (set->shard_rows[j] < set->shard_rows[j + 1])
            return &ls_rowstream_window(set->stream, j, ls_shards_cursor(&set->plan, set->first + j, step))->rows;
    return &set->all.rows;
}

/* Rows begin .. end - 1 of shard first + j, from place `at` on. */
static void put(ls_shardset *set, int64_t j, int64_t begin, int64_t end, int64_t at)
{
    if (set->stream)
        put_streamed(set, j, begin, end, at);
    else
        put_resident(set, j, begin, end, at);
}

/* An even number of places for a shard's rows: behind an odd one its last row stands once more, and counts for
 * nothing. Returns whether it does. */
static bool fill_up(ls_shardset *set, int64_t j, int64_t begin, int64_t end, int64_t at)
{
    const bool odd = set->even && (end - begin) % 2 != 0;
    for (int64_t r = at; set->even && r < at + (end - begin); r++)
        set->lanes[r / LS_PANEL] |= (uint16_t)(1u << r % LS_PANEL);
    if (odd)
        put(set, j, end - 1, end, at + (end - begin));
    return odd;
}

ls_status ls_shardset_batch(ls_shardset *set, int64_t epoch, int64_t step, ls_batch *batch)
{
    const int64_t before = ls_shards_rows_before(&set->plan, step), after = ls_shards_rows_before(&set->plan, step + 1);
    const ls_status status = set->stream ? ls_rowstream_take(set->stream, epoch, step) : LS_OK;
    if (set->epoch != epoch)
        start_epoch(set, epoch);
    int64_t at = 0;
    bool filled = false;
    if (set->even)
        memset(set->lanes, 0, (size_t)((set->arrays.capacity + LS_PANEL - 1) / LS_PANEL) * sizeof *set->lanes);
    for (int64_t j = 0; j < own_shards(set); j++) {
        const int64_t begin = ls_shards_cursor_of(&set->plan, before, set->lag[j]);
        const int64_t end = status == LS_OK ? ls_shards_cursor_of(&set->plan, after, set->lag[j]) : begin;
        set->shard_rows[j] = at;
        put(set, j, begin, end, at);
        const bool odd = fill_up(set, j, begin, end, at);
        at += end - begin + odd;
        filled = filled || odd;
    }
    set->shard_rows[own_shards(set)] = at;
    *batch = ls_batch_arrays_batch(&set->arrays, kind_of(set, step), at, (uint32_t)epoch);
    batch->lanes = filled ? set->lanes : NULL;
    return status;
}

/* ---- fingerprint ---- */

static ls_status fingerprint_streamed(const ls_shardset *set, int64_t j, uint64_t *hash)
{
    *hash = set->feature_hash[j];
    LS_TRY(hash_shard(set, set->first + j, LS_ROWS_TARGETS, hash));
    if (set->class_weights || ls_dataset_weight(set->dataset, 0))
        LS_TRY(hash_shard(set, set->first + j, LS_ROWS_WEIGHTS, hash));
    return LS_OK;
}

/* Over threads: on one, hashing took more than half as long as reading. */
static void fingerprint_held(const ls_shardset *set, int threads, uint64_t *hashes)
{
#pragma omp parallel for schedule(dynamic) num_threads(threads)
    for (int64_t j = 0; j < own_shards(set); j++)
        hashes[j] = ls_rows_fingerprint(&set->all.rows, set->begin[j], ls_shards_rows(&set->plan, set->first + j));
}

ls_status ls_shardset_fingerprint(const ls_shardset *set, int threads, uint64_t *hashes)
{
    if (!set->stream)
        fingerprint_held(set, threads, hashes);
    for (int64_t j = 0; set->stream && j < own_shards(set); j++)
        LS_TRY(fingerprint_streamed(set, j, &hashes[j]));
    return LS_OK;
}
