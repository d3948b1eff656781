/* The reduction's choice of scheme, ownership and headers. The schemes are in reduce_halving.c,
 * reduce_doubling.c, reduce_direct.c, reduce_grouped.c and reduce_buckets.c. */
#include "comm/reduce.h"

#include "base/memory.h"
#include "comm/reduce_internal.h"

#include <string.h>

/* ---- headers ------------------------------------------------------------------------------------ */

int64_t ls_reduce_header_bytes(const ls_reduce *reduce, int rows)
{
    int64_t bytes = 8 + (int64_t)rows * reduce->width * (int64_t)sizeof(double);
    return (bytes + 63) / 64 * 64;
}

void ls_reduce_pack_header(const ls_reduce *reduce, const ls_reduce_header *header, int rows, char *packed)
{
    const uint32_t words[2] = {header->bits, header->tally};
    memcpy(packed, words, sizeof words);
    if (rows > 0 && reduce->width > 0)
        memcpy(packed + 8, header->sums, (size_t)rows * (size_t)reduce->width * sizeof(double));
}

void ls_reduce_add_words(const char *packed, uint32_t *bits, uint32_t *tally)
{
    uint32_t words[2];
    memcpy(words, packed, sizeof words);
    *bits |= words[0];
    *tally += words[1];
}

double *ls_reduce_packed_sums(char *packed)
{
    return (double *)(void *)(packed + 8);
}

void ls_reduce_add_header(ls_reduce *reduce, bool lower)
{
    uint32_t words[2] = {0, 0};
    ls_reduce_add_words(reduce->mine, &words[0], &words[1]);
    ls_reduce_add_words(reduce->theirs, &words[0], &words[1]);
    memcpy(reduce->mine, words, sizeof words);
    double *mine = ls_reduce_packed_sums(reduce->mine), *theirs = ls_reduce_packed_sums(reduce->theirs);
    for (int i = 0; i < reduce->width; i++)
        mine[i] = lower ? mine[i] + theirs[i] : theirs[i] + mine[i];
}

void ls_reduce_unpack_header(ls_reduce *reduce, ls_reduce_header *header)
{
    header->bits = header->tally = 0;
    ls_reduce_add_words(reduce->mine, &header->bits, &header->tally);
    if (reduce->width > 0)
        memcpy(header->sums, ls_reduce_packed_sums(reduce->mine), (size_t)reduce->width * sizeof(double));
}

/* ---- vectors ------------------------------------------------------------------------------------ */

void ls_reduce_add_vector(ls_reduce *reduce, bool lower, int64_t length, const float *mine, const float *theirs,
                          float *sum)
{
    if (length > 0)
        reduce->add(reduce->user, length, lower ? mine : theirs, lower ? theirs : mine, sum);
}

int64_t ls_reduce_stride(int64_t length)
{
    return (length + LS_REDUCE_GRAIN - 1) / LS_REDUCE_GRAIN * LS_REDUCE_GRAIN;
}

/* ---- slices ------------------------------------------------------------------------------------- */

int64_t ls_reduce_cut(const ls_reduce *reduce, int64_t place)
{
    const ls_reduce_cuts *cuts = &reduce->cuts;
    if (cuts->count == 0)
        return place;
    int64_t low = 0, high = cuts->count - 1; /* the last is n */
    while (low < high) {
        const int64_t middle = (low + high) / 2;
        if (cuts->at[middle] < place)
            low = middle + 1;
        else
            high = middle;
    }
    return cuts->at[low];
}

/* ---- life --------------------------------------------------------------------------------------- */

static bool is_power_of_two(int64_t value)
{
    return value > 0 && (value & (value - 1)) == 0;
}

/* AUTO becomes a scheme; a scheme that cannot do it is refused. */
static ls_status choose(ls_reduce *reduce, int64_t small)
{
    const int size = reduce->comm->size;
    const ls_division *d = &reduce->division;
    const bool recursive = is_power_of_two(size) && is_power_of_two(reduce->shards) && size <= reduce->shards;
    const bool grouped = d->groups > 1 && d->members > 1;
    const bool all_to_all = reduce->n <= small && reduce->n * size * d->subtrees <= LS_REDUCE_GATHERED;
    if (reduce->scheme == LS_REDUCE_AUTO) {
        if (recursive)
            reduce->scheme = reduce->n <= small ? LS_REDUCE_DOUBLING : LS_REDUCE_HALVING;
        else
            reduce->scheme = grouped && !all_to_all ? LS_REDUCE_GROUPED : LS_REDUCE_DIRECT;
    }
    if (reduce->scheme == LS_REDUCE_GROUPED && !grouped)
        return ls_fail(LS_ERR_USAGE,
                       "reduction grouped needs an even number of ranks that is no power of two, and no more than "
                       "shards, but there are %d ranks and %lld shards: use auto or direct",
                       size, (long long)reduce->shards);
    if (reduce->scheme != LS_REDUCE_DIRECT && reduce->scheme != LS_REDUCE_GROUPED && !recursive)
        return ls_fail(LS_ERR_USAGE,
                       "reduction %s needs a power of two of ranks, no more than shards, but there are %d "
                       "ranks and %lld "
                       "shards: use auto or direct",
                       reduce->scheme == LS_REDUCE_DOUBLING  ? "doubling"
                       : reduce->scheme == LS_REDUCE_HALVING ? "halving"
                                                             : "in buckets",
                       size, (long long)reduce->shards);
    reduce->replicated =
        size == 1 || reduce->scheme == LS_REDUCE_DOUBLING || (reduce->scheme == LS_REDUCE_DIRECT && all_to_all);
    reduce->members = reduce->scheme == LS_REDUCE_DIRECT ? size : d->members;
    for (int groups = size / reduce->members; 1 << reduce->rounds < groups;)
        reduce->rounds++;
    return LS_OK;
}

void ls_reduce_place(ls_reduce *reduce, int rank)
{
    reduce->group = rank / reduce->members;
    reduce->member = rank % reduce->members;
    reduce->node_count = ls_division_nodes(&reduce->division, rank, reduce->nodes);
}

static ls_status create_scheme(ls_reduce *reduce, const ls_reduce_cuts *bounds)
{
    switch (reduce->scheme) {
    case LS_REDUCE_HALVING:
        return ls_reduce_halving_create(reduce);
    case LS_REDUCE_DOUBLING:
        return ls_reduce_doubling_create(reduce);
    case LS_REDUCE_GROUPED:
        return ls_reduce_grouped_create(reduce);
    case LS_REDUCE_BUCKETS:
        return ls_reduce_buckets_create(reduce, bounds);
    default:
        return ls_reduce_direct_create(reduce);
    }
}

static ls_status create(const ls_reduce *wanted, const ls_reduce_cuts *bounds, int64_t small, ls_reduce **result)
{
    ls_status status;
    ls_reduce *reduce = NULL;
    const int rank = wanted->comm->rank;
    *result = NULL;
    LS_TRY(ls_memory_allocate(&reduce, 1, sizeof *reduce, "reduction"));
    *reduce = *wanted;
    LS_TRY_CLEANUP(ls_division_create(reduce->shards, reduce->comm->size, &reduce->division));
    LS_TRY_CLEANUP(choose(reduce, small));
    ls_reduce_place(reduce, rank);
    if (reduce->scheme != LS_REDUCE_BUCKETS)
        ls_reduce_slice_of(reduce, rank, &reduce->slice.first, &reduce->slice.last);
    if (!reduce->replicated)
        LS_TRY_CLEANUP(ls_shared_create(&reduce->shared, reduce->rounds + reduce->members - 1));
    LS_TRY_CLEANUP(create_scheme(reduce, bounds));
    *result = reduce;
    return LS_OK;

cleanup:
    ls_reduce_destroy(reduce);
    return status;
}

ls_status ls_reduce_create_limit(ls_comm *comm, int64_t n, const ls_reduce_cuts *cuts, int64_t shards, int width,
                                 ls_reduce_scheme scheme, ls_reduce_add add, void *user, int64_t small, int64_t piece,
                                 ls_reduce **reduce)
{
    const ls_reduce wanted = {.comm = comm,
                              .scheme = scheme,
                              .n = n,
                              .cuts = cuts ? *cuts : (ls_reduce_cuts){0, NULL},
                              .shards = shards,
                              .width = width,
                              .piece = piece,
                              .add = add,
                              .user = user};
    return create(&wanted, NULL, small, reduce);
}

ls_status ls_reduce_create_buckets(ls_comm *comm, int64_t n, const ls_reduce_cuts *bounds, int64_t shards, int width,
                                   ls_reduce_add add, void *user, ls_reduce **reduce)
{
    const ls_reduce wanted = {
        .comm = comm, .scheme = LS_REDUCE_BUCKETS, .n = n, .shards = shards, .width = width, .add = add, .user = user};
    return create(&wanted, bounds, 0, reduce);
}

ls_status ls_reduce_create(ls_comm *comm, int64_t n, const ls_reduce_cuts *cuts, int64_t shards, int width,
                           ls_reduce_scheme scheme, ls_reduce_add add, void *user, ls_reduce **reduce)
{
    return ls_reduce_create_limit(comm, n, cuts, shards, width, scheme, add, user, LS_REDUCE_SMALL, LS_REDUCE_PIECE,
                                  reduce);
}

ls_status ls_reduce_share(ls_reduce *reduce)
{
    if (reduce->replicated || reduce->scheme == LS_REDUCE_BUCKETS)
        return ls_comm_check(reduce->comm);
    LS_TRY(ls_comm_share(reduce->comm, &reduce->shared));
    if (reduce->near)
        ls_reduce_direct_share(reduce);
    ls_reduce_halving_share(reduce);
    return LS_OK;
}

void ls_reduce_destroy(ls_reduce *reduce)
{
    if (!reduce)
        return;
    ls_shared_free(&reduce->shared);
    ls_division_free(&reduce->division);
    ls_reduce_buckets_free(reduce);
    ls_memory_free(reduce->mine);
    ls_memory_free(reduce->theirs);
    ls_memory_free(reduce->outgoing);
    ls_memory_free(reduce->incoming);
    ls_memory_free(reduce->kept);
    ls_memory_free(reduce->all_nodes);
    ls_memory_free(reduce->first_node);
    ls_memory_free(reduce->rows);
    ls_memory_free(reduce->blocks);
    ls_memory_free(reduce->block_bytes);
    ls_memory_free(reduce->arrivals);
    ls_memory_free(reduce->total);
    ls_memory_free(reduce->near);
    ls_memory_free(reduce->got);
    ls_memory_free(reduce->header_rows);
    ls_memory_free(reduce->header_total);
    ls_memory_free(reduce->receive);
    ls_memory_free(reduce->send);
    ls_memory_free(reduce);
}

/* ---- size --------------------------------------------------------------------------------------- */

static int64_t buffer_bytes(const ls_reduce *reduce)
{
    switch (reduce->scheme) {
    case LS_REDUCE_HALVING:
        return ls_reduce_halving_bytes(reduce);
    case LS_REDUCE_DOUBLING:
        return ls_reduce_doubling_bytes(reduce);
    case LS_REDUCE_GROUPED:
        return ls_reduce_direct_bytes(reduce) + ls_reduce_halving_bytes(reduce);
    default:
        return ls_reduce_direct_bytes(reduce);
    }
}

/* Buckets are not known here: of the longest that there may be. */
static void size_buckets(const ls_reduce *reduce, ls_reduce_size *size)
{
    const int64_t bucket = reduce->n < LS_REDUCE_BUCKET ? reduce->n : LS_REDUCE_BUCKET;
    size->slice = ls_reduce_stride(reduce->n / reduce->comm->size);
    size->nodes = 1;
    size->bytes = 2 * ls_reduce_header_bytes(reduce, 1) +
                  (LS_REDUCE_SLOTS * reduce->rounds + 1) * ls_reduce_stride(bucket) * (int64_t)sizeof(float);
}

/* Of the rank with most. */
static void find_most(ls_reduce *reduce, ls_reduce_size *size)
{
    const int ranks = reduce->comm->size;
    int64_t most = 0;
    for (int r = 0; r < reduce->members; r++) {
        ls_reduce_place(reduce, r);
        reduce->total_nodes += reduce->node_count;
    }
    for (int r = 0; r < ranks; r++) {
        int64_t first, last;
        ls_reduce_place(reduce, r);
        ls_reduce_slice_of(reduce, r, &first, &last);
        const int nodes = ranks == 1 || ls_reduce_in_chunks(reduce) ? 0 : reduce->node_count;
        const int64_t slice = last - first, bytes = buffer_bytes(reduce);
        const int64_t all = (nodes * reduce->n + slice) * (int64_t)sizeof(float) + bytes;
        if (all > most) {
            most = all;
            size->slice = slice;
            size->nodes = nodes;
            size->bytes = bytes;
        }
    }
}

ls_status ls_reduce_size_of(int ranks, int64_t n, int64_t shards, int width, ls_reduce_scheme scheme,
                            ls_reduce_size *size)
{
    ls_comm comm = {.size = ranks};
    ls_reduce reduce = {
        .comm = &comm, .scheme = scheme, .n = n, .shards = shards, .width = width, .piece = LS_REDUCE_PIECE};
    LS_TRY(ls_division_create(shards, ranks, &reduce.division));
    const ls_status status = choose(&reduce, LS_REDUCE_SMALL);
    *size = (ls_reduce_size){.scheme = reduce.scheme};
    if (status == LS_OK && reduce.scheme == LS_REDUCE_BUCKETS)
        size_buckets(&reduce, size);
    else if (status == LS_OK)
        find_most(&reduce, size);
    ls_division_free(&reduce.division);
    return status;
}

/* ---- questions ---------------------------------------------------------------------------------- */

ls_reduce_scheme ls_reduce_scheme_of(const ls_reduce *reduce)
{
    return reduce->scheme;
}

int ls_reduce_nodes(const ls_reduce *reduce, const ls_tree_node **nodes)
{
    *nodes = reduce->nodes;
    return reduce->node_count;
}

void ls_reduce_slice(const ls_reduce *reduce, int64_t *first, int64_t *last)
{
    *first = reduce->slice.first;
    *last = reduce->slice.last;
}

void ls_reduce_slice_of(const ls_reduce *reduce, int rank, int64_t *first, int64_t *last)
{
    ls_reduce_range range = {0, reduce->n};
    if (!reduce->replicated)
        range = ls_reduce_halving_range(reduce, rank, reduce->rounds);
    *first = range.first;
    *last = range.last;
}

int ls_reduce_ranges(const ls_reduce *reduce)
{
    return reduce->buckets ? ls_reduce_buckets_count(reduce) : 1;
}

ls_reduce_range ls_reduce_range_of(const ls_reduce *reduce, int rank, int k)
{
    ls_reduce_range range;
    if (reduce->buckets)
        return ls_reduce_part(reduce, ls_reduce_bucket(reduce, k), rank, reduce->rounds);
    ls_reduce_slice_of(reduce, rank, &range.first, &range.last);
    return range;
}

bool ls_reduce_replicated(const ls_reduce *reduce)
{
    return reduce->replicated;
}

bool ls_reduce_in_chunks(const ls_reduce *reduce)
{
    return reduce->scheme == LS_REDUCE_HALVING && reduce->rounds > 0;
}

/* ---- weights that are replaced ------------------------------------------------------------------ */

void ls_reduce_tell_replaced(ls_reduce *reduce, void (*replaced)(void *user, int64_t first, int64_t n), void *user)
{
    reduce->replaced = replaced;
    reduce->replaced_user = user;
}

void ls_reduce_replace(const ls_reduce *reduce, ls_reduce_range range)
{
    if (reduce->replaced && range.last > range.first)
        reduce->replaced(reduce->replaced_user, range.first, range.last - range.first);
}

/* ---- work --------------------------------------------------------------------------------------- */

void ls_reduce_apply_all(const ls_reduce *reduce, const ls_reduce_update *update, const float *sum)
{
    const ls_reduce_range slice = reduce->slice;
    if (slice.last > slice.first)
        update->apply(update->user, slice.first, slice.last - slice.first, sum + slice.first);
}

ls_status ls_reduce_step(ls_reduce *reduce, float *const *partials, ls_reduce_header *header,
                         const ls_reduce_update *update, float *w)
{
    const float *sum;
    bool go_on;
    if (ls_reduce_in_chunks(reduce))
        return ls_reduce_halving_step(reduce, partials[0], header, update, w, &go_on);
    if (reduce->scheme == LS_REDUCE_GROUPED)
        return ls_reduce_grouped_step(reduce, partials, header, update, w);
    if (reduce->scheme == LS_REDUCE_DIRECT)
        return ls_reduce_direct_step(reduce, partials, header, update, w);
    LS_TRY(ls_reduce_doubling_sum(reduce, partials, header, &sum)); /* and halving of a single rank */
    if (update->begin(update->user, header))
        ls_reduce_apply_all(reduce, update, sum);
    return LS_OK;
}

ls_status ls_reduce_spread(ls_reduce *reduce, float *w)
{
    if (reduce->replicated)
        return ls_comm_check(reduce->comm);
    switch (reduce->scheme) {
    case LS_REDUCE_DIRECT:
        return ls_reduce_direct_spread(reduce, w);
    case LS_REDUCE_GROUPED:
        return ls_reduce_grouped_spread(reduce, w);
    case LS_REDUCE_BUCKETS:
        return ls_reduce_buckets_spread(reduce, w);
    default:
        return ls_reduce_halving_spread(reduce, w);
    }
}
