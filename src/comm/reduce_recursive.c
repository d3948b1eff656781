/* Recursive halving and doubling for 2^k ranks: in round j the partner is rank ^ 2^j. Before it, each rank
 * holds the sum of an aligned subtree of 2^j ranks' shards, and the two partners' subtrees are siblings; so
 * every addition is a node of the contract's tree, with the lower rank's operand on the left. Halving:
 * Rabenseifner's reduce-scatter with the largest piece going to the nearest rank.
 *
 * Nothing here can hang by itself: both partners post their receive before they send, and the rounds' number
 * and lengths follow from the size and n alone. */
#include "comm/reduce_internal.h"

#include "base/memory.h"

#include <string.h>

static const char *const what_sum = "gradient";
static const char *const what_spread = "weights";

/* ---- one round's header and vector -------------------------------------------------------------- */

/* Adds the partner's header into mine, the lower rank's on the left. */
static void add_header(ls_reduce *reduce, bool lower)
{
    uint64_t bits = ls_reduce_packed_bits(reduce->mine) | ls_reduce_packed_bits(reduce->theirs);
    memcpy(reduce->mine, &bits, sizeof bits);
    double *mine = ls_reduce_packed_sums(reduce->mine), *theirs = ls_reduce_packed_sums(reduce->theirs);
    for (int i = 0; i < reduce->width; i++)
        mine[i] = lower ? mine[i] + theirs[i] : theirs[i] + mine[i];
}

static void add_vector(ls_reduce *reduce, bool lower, int64_t length, float *mine, const float *theirs)
{
    if (length > 0)
        reduce->add(reduce->user, length, lower ? mine : theirs, lower ? theirs : mine, mine);
}

static void unpack_header(ls_reduce *reduce, ls_reduce_header *header)
{
    header->bits = ls_reduce_packed_bits(reduce->mine);
    if (reduce->width > 0)
        memcpy(header->sums, ls_reduce_packed_sums(reduce->mine), (size_t)reduce->width * sizeof(double));
}

/* ---- halving ------------------------------------------------------------------------------------ */

/* The lower half keeps the middle block when the blocks of LS_REDUCE_GRAIN floats are odd in number. */
static ls_reduce_range half(ls_reduce_range range, bool lower)
{
    int64_t blocks = (range.last - range.first + LS_REDUCE_GRAIN - 1) / LS_REDUCE_GRAIN;
    int64_t middle = range.first + (blocks + 1) / 2 * LS_REDUCE_GRAIN;
    if (middle > range.last)
        middle = range.last;
    return lower ? (ls_reduce_range){range.first, middle} : (ls_reduce_range){middle, range.last};
}

ls_reduce_range ls_reduce_halving_range(int64_t n, int rank, int round)
{
    ls_reduce_range range = {0, n};
    for (int j = 0; j < round; j++)
        range = half(range, !(rank >> j & 1));
    return range;
}

ls_status ls_reduce_halving_create(ls_reduce *reduce)
{
    for (int j = 0; j <= reduce->rounds; j++)
        reduce->ranges[j] = ls_reduce_halving_range(reduce->n, reduce->comm->rank, j);
    int64_t bytes = ls_reduce_header_bytes(reduce, 1);
    int64_t largest = reduce->rounds > 0 ? reduce->ranges[1].last - reduce->ranges[1].first : 0;
    LS_TRY(ls_memory_allocate(&reduce->mine, bytes, 1, "header of a reduction"));
    LS_TRY(ls_memory_allocate(&reduce->theirs, bytes, 1, "header of a reduction"));
    return ls_memory_allocate(&reduce->incoming, largest, sizeof(float), "half a gradient of another rank");
}

ls_status ls_reduce_halving_sum(ls_reduce *reduce, float *const *partials, ls_reduce_header *header, const float **sum)
{
    float *vector = partials[0]; /* 2^k ranks bring one subtree each */
    int64_t header_bytes = ls_reduce_header_bytes(reduce, 1);
    ls_reduce_pack_header(reduce, header, 1, reduce->mine);
    for (int j = 0; j < reduce->rounds; j++) {
        int partner = reduce->comm->rank ^ (1 << j);
        bool lower = reduce->comm->rank < partner;
        ls_reduce_range keep = half(reduce->ranges[j], lower), give = half(reduce->ranges[j], !lower);
        int64_t kept = keep.last - keep.first, given = give.last - give.first;
        ls_message receive[2] = {{partner, LS_TAG_HEADER, reduce->theirs, header_bytes},
                                 {partner, LS_TAG_VECTOR, reduce->incoming, kept * (int64_t)sizeof(float)}};
        ls_message send[2] = {{partner, LS_TAG_HEADER, reduce->mine, header_bytes},
                              {partner, LS_TAG_VECTOR, vector + give.first, given * (int64_t)sizeof(float)}};
        LS_TRY(ls_comm_exchange(reduce->comm, 2, receive, 2, send, what_sum));
        add_header(reduce, lower);
        add_vector(reduce, lower, kept, vector + keep.first, reduce->incoming);
    }
    unpack_header(reduce, header);
    *sum = vector;
    return ls_comm_check(reduce->comm);
}

/* The rounds backwards: after round j both partners have the range they split in it. */
ls_status ls_reduce_halving_spread(ls_reduce *reduce, float *w)
{
    for (int j = reduce->rounds - 1; j >= 0; j--) {
        int partner = reduce->comm->rank ^ (1 << j);
        bool lower = reduce->comm->rank < partner;
        ls_reduce_range have = half(reduce->ranges[j], lower), get = half(reduce->ranges[j], !lower);
        ls_message receive = {partner, LS_TAG_SPREAD, w + get.first, (get.last - get.first) * (int64_t)sizeof(float)};
        ls_message send = {partner, LS_TAG_SPREAD, w + have.first, (have.last - have.first) * (int64_t)sizeof(float)};
        LS_TRY(ls_comm_exchange(reduce->comm, 1, &receive, 1, &send, what_spread));
    }
    return LS_OK;
}

/* ---- doubling ----------------------------------------------------------------------------------- */

/* One message a round: header and vector lie behind each other. */
ls_status ls_reduce_doubling_create(ls_reduce *reduce)
{
    int64_t bytes = ls_reduce_header_bytes(reduce, 1) + reduce->n * (int64_t)sizeof(float);
    LS_TRY(ls_memory_allocate(&reduce->mine, bytes, 1, "gradient in one message"));
    return ls_memory_allocate(&reduce->theirs, bytes, 1, "gradient in one message");
}

ls_status ls_reduce_doubling_sum(ls_reduce *reduce, float *const *partials, ls_reduce_header *header, const float **sum)
{
    if (reduce->rounds == 0) {
        *sum = partials[0];
        return ls_comm_check(reduce->comm);
    }
    int64_t header_bytes = ls_reduce_header_bytes(reduce, 1);
    int64_t bytes = header_bytes + reduce->n * (int64_t)sizeof(float);
    float *mine = (float *)(void *)(reduce->mine + header_bytes);
    const float *theirs = (const float *)(const void *)(reduce->theirs + header_bytes);
    ls_reduce_pack_header(reduce, header, 1, reduce->mine);
    memcpy(mine, partials[0], (size_t)reduce->n * sizeof(float));
    for (int j = 0; j < reduce->rounds; j++) {
        int partner = reduce->comm->rank ^ (1 << j);
        bool lower = reduce->comm->rank < partner;
        ls_message receive = {partner, LS_TAG_PACKED, reduce->theirs, bytes};
        ls_message send = {partner, LS_TAG_PACKED, reduce->mine, bytes};
        LS_TRY(ls_comm_exchange(reduce->comm, 1, &receive, 1, &send, what_sum));
        add_header(reduce, lower);
        add_vector(reduce, lower, reduce->n, mine, theirs);
    }
    unpack_header(reduce, header);
    *sum = mine;
    return LS_OK;
}
