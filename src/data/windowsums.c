/* A hash of features and targets for each window. */
#include "data/windowsums.h"

#include "base/hash64.h"
#include "base/memory.h"

struct ls_windowsums {
    ls_shards plan;
    int64_t first;               /* shard 0 of these */
    int64_t *before;             /* (shards + 1) windows of those in front */
    uint64_t *hash;              /* (windows) */
    ls_hash64 features, targets; /* of the window that is being seen */
};

static const ls_rows_part parts[] = {LS_ROWS_FEATURES, LS_ROWS_TARGETS};

ls_status ls_windowsums_create(const ls_shards *plan, int64_t first, int64_t last, ls_windowsums **sums)
{
    ls_windowsums *s;
    ls_status status;
    *sums = NULL;
    LS_TRY(ls_memory_allocate(&s, 1, sizeof *s, "streamed rows"));
    s->plan = *plan;
    s->first = first;
    LS_TRY_CLEANUP(ls_memory_allocate(&s->before, last - first + 1, sizeof *s->before, "streamed rows"));
    for (int64_t j = 0; j < last - first; j++)
        s->before[j + 1] = s->before[j] + (ls_shards_rows(plan, first + j) + plan->window - 1) / plan->window;
    LS_TRY_CLEANUP(ls_memory_allocate(&s->hash, s->before[last - first], sizeof *s->hash, "streamed rows"));
    *sums = s;
    return LS_OK;
cleanup:
    ls_windowsums_destroy(s);
    return status;
}

void ls_windowsums_destroy(ls_windowsums *s)
{
    if (!s)
        return;
    ls_memory_free(s->before);
    ls_memory_free(s->hash);
    ls_memory_free(s);
}

static void begin(ls_hash64 *features, ls_hash64 *targets)
{
    *features = *targets = ls_hash64_start(0);
}

static void feed(const ls_rows *rows, int64_t at, int64_t count, ls_hash64 *features, ls_hash64 *targets)
{
    ls_hash64 *const hashes[] = {features, targets};
    for (int i = 0; i < 2; i++)
        if (ls_rows_have(rows, parts[i]))
            ls_rows_hash(rows, parts[i], at, count, hashes[i]);
}

static uint64_t end(const ls_hash64 *features, const ls_hash64 *targets)
{
    return ls_hash64_mix(ls_hash64_end(features), ls_hash64_end(targets));
}

/* Row of the j-th shard at which these rows begin. */
static int64_t place(const ls_windowsums *s, int64_t j, const ls_rows *rows)
{
    return rows->first - ls_shards_first(&s->plan, s->first + j);
}

void ls_windowsums_see(ls_windowsums *s, int64_t j, const ls_rows *rows)
{
    const int64_t window = s->plan.window, from = place(s, j, rows), all = ls_shards_rows(&s->plan, s->first + j);
    for (int64_t at = 0, n; at < rows->count; at += n) {
        const int64_t row = from + at, left = window - row % window;
        n = left < rows->count - at ? left : rows->count - at;
        if (row % window == 0)
            begin(&s->features, &s->targets);
        feed(rows, at, n, &s->features, &s->targets);
        if ((row + n) % window == 0 || row + n == all)
            s->hash[s->before[j] + row / window] = end(&s->features, &s->targets);
    }
}

ls_status ls_windowsums_check(const ls_windowsums *s, const ls_dataset *dataset, int64_t j, const ls_rows *rows)
{
    ls_hash64 features, targets;
    const int64_t row = place(s, j, rows);
    begin(&features, &targets);
    feed(rows, 0, rows->count, &features, &targets);
    if (rows->count == 0 || end(&features, &targets) == s->hash[s->before[j] + row / s->plan.window])
        return LS_OK;
    const ls_source *source = ls_dataset_source(dataset);
    return ls_fail(
        LS_ERR_DATA,
        "%s: rows %lld to %lld of %s have changed since they were first read; while a run streams from it, the "
        "file must stay as it is. Restore it, and resume from the last checkpoint",
        source->file, (long long)ls_dataset_row(dataset, rows->first),
        (long long)ls_dataset_row(dataset, rows->first + rows->count - 1), source->x_path);
}
