/* Shard arithmetic: pure functions of rows, shards and batch. */
#include "source/shards.h"

__extension__ typedef unsigned __int128 uint128;

static int64_t smaller(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

static int64_t power_of_two_below(int64_t n)
{
    int64_t power = 1;
    while (power <= n / 2)
        power *= 2;
    return power;
}

/* Batch / 32 rounded down to a power of two, so that a shard's part of a step is at least 32 rows; 8 at
 * least, so that 8 ranks always work; never more than the batch, or shards would go without rows in every
 * step. */
static int64_t default_shards(int64_t batch)
{
    int64_t shards = batch / 32;
    if (shards < 8)
        shards = 8;
    if (shards > 1024)
        shards = 1024;
    return power_of_two_below(smaller(shards, batch));
}

/* 1 GiB of float32 features for all windows that are open at a time, one in each shard. */
static int64_t default_window(int64_t features, int64_t shards)
{
    uint128 bytes = (uint128)4 * (uint64_t)features * (uint64_t)shards;
    int64_t window = bytes == 0 ? INT64_MAX : (int64_t)(((uint128)1 << 30) / bytes);
    return window < 256 ? 256 : window;
}

ls_status ls_shards_plan(int64_t rows, int64_t features, int64_t batch, int64_t shards, int64_t window, ls_shards *plan)
{
    if (rows < 1)
        return ls_fail(LS_ERR_DATA, "there are no rows to train on");
    if (batch < 1)
        return ls_fail(LS_ERR_USAGE, "--batch-size %lld: expected at least 1", (long long)batch);
    if (window < 0)
        return ls_fail(LS_ERR_USAGE, "--shuffle-window %lld: expected rows, or 0 for the default", (long long)window);
    if (shards < 0 || (shards & (shards - 1)) != 0 || shards > 65536)
        return ls_fail(LS_ERR_USAGE, "--shards %lld: expected a power of two up to 65536, or 0 for the default",
                       (long long)shards);
    if (shards > batch)
        return ls_fail(LS_ERR_USAGE, "--shards %lld: more than the batch of %lld rows; pass --shards %lld or less",
                       (long long)shards, (long long)batch, (long long)power_of_two_below(batch));
    plan->rows = rows;
    plan->batch = smaller(batch, rows);
    plan->shards = shards > 0 ? shards : default_shards(plan->batch);
    plan->bits = 0;
    while ((int64_t)1 << plan->bits < plan->shards)
        plan->bits++;
    plan->steps = rows / plan->batch + (rows % plan->batch != 0);
    plan->window = window > 0 ? window : default_window(features, plan->shards);
    /* at most the largest shard; a shorter one's single window is the shard itself */
    plan->window = smaller(plan->window, rows / plan->shards + (rows % plan->shards != 0));
    return LS_OK;
}

/* rev(v): the `bits` low bits of v in reverse. */
static int64_t reverse(int64_t v, int bits)
{
    int64_t reversed = 0;
    for (int i = 0; i < bits; i++)
        reversed |= (v >> i & 1) << (bits - 1 - i);
    return reversed;
}

int64_t ls_shards_rows(const ls_shards *plan, int64_t shard)
{
    return plan->rows / plan->shards + (reverse(shard, plan->bits) < plan->rows % plan->shards);
}

/* q v, and one for each w < v with rev(w) < r. Cut [0, v) into aligned blocks, one per bit of v: in the block
 * of 2^j numbers from w0 on, the reversals are rev(w0) + t 2^(k-j) for t = 0 .. 2^j - 1, and those below r
 * can be counted. */
int64_t ls_shards_first(const ls_shards *plan, int64_t shard)
{
    int64_t r = plan->rows % plan->shards, first = plan->rows / plan->shards * shard;
    if (shard == plan->shards)
        return plan->rows;
    for (int j = 0; j < plan->bits; j++)
        if (shard >> j & 1) {
            int64_t start = reverse(shard >> (j + 1) << (j + 1), plan->bits), apart = plan->shards >> j;
            if (r > start)
                first += (r - start + apart - 1) / apart;
        }
    return first;
}

/* The product needs more than 64 bits only for huge data, and a division of 128 costs as much as a small net's layer.
 */
int64_t ls_shards_rows_before(const ls_shards *plan, int64_t step)
{
    const uint128 product = (uint128)(uint64_t)step * (uint64_t)plan->rows;
    if (product >> 64 == 0)
        return (int64_t)((uint64_t)product / (uint64_t)plan->steps);
    return (int64_t)(product / (uint64_t)plan->steps);
}

int64_t ls_shards_lag(const ls_shards *plan, int64_t shard)
{
    return plan->shards - 1 - reverse(shard, plan->bits);
}

int64_t ls_shards_cursor(const ls_shards *plan, int64_t shard, int64_t step)
{
    return ls_shards_cursor_of(plan, ls_shards_rows_before(plan, step), ls_shards_lag(plan, shard));
}

int64_t ls_shards_step_rows(const ls_shards *plan, int64_t step)
{
    return ls_shards_rows_before(plan, step + 1) - ls_shards_rows_before(plan, step);
}
