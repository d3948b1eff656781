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
    largest = largest < reduce->piece ? largest : reduce->piece;
    LS_TRY(ls_memory_allocate(&reduce->mine, bytes, 1, "header of a reduction"));
    LS_TRY(ls_memory_allocate(&reduce->theirs, bytes, 1, "header of a reduction"));
    for (int i = 0; i < 2; i++)
        LS_TRY(ls_memory_allocate(&reduce->incoming[i], largest, sizeof(float), "gradient of another rank"));
    return LS_OK;
}

/* One round: what this rank keeps and gives, in pieces. */
typedef struct exchange_round {
    int partner;
    bool lower;
    ls_reduce_range keep, give;
    int64_t piece, pieces; /* floats of one, and how many */
} exchange_round;

static exchange_round round_of(const ls_reduce *reduce, int j)
{
    exchange_round r = {.partner = reduce->comm->rank ^ (1 << j)};
    r.lower = reduce->comm->rank < r.partner;
    r.keep = half(reduce->ranges[j], r.lower);
    r.give = half(reduce->ranges[j], !r.lower);
    const int64_t kept = r.keep.last - r.keep.first, given = r.give.last - r.give.first;
    r.piece = reduce->piece;
    r.pieces = ((kept > given ? kept : given) + r.piece - 1) / r.piece;
    r.pieces = r.pieces > 0 ? r.pieces : 1; /* the header travels in any case */
    return r;
}

static ls_reduce_range piece_of(const exchange_round *r, ls_reduce_range range, int64_t k)
{
    const int64_t first = range.first + k * r->piece, last = first + r->piece;
    return (ls_reduce_range){first < range.last ? first : range.last, last < range.last ? last : range.last};
}

static ls_message piece_message(const exchange_round *r, int tag, float *data, ls_reduce_range piece)
{
    return (ls_message){r->partner, tag, data, (piece.last - piece.first) * (int64_t)sizeof(float)};
}

/* Starts the exchange of piece k of the gradient, the header before the first. */
static ls_status post_gradient(ls_reduce *reduce, const exchange_round *r, int64_t k, float *vector)
{
    const int64_t header_bytes = k == 0 ? ls_reduce_header_bytes(reduce, 1) : 0;
    const ls_reduce_range give = piece_of(r, r->give, k);
    const ls_message receive[2] = {{r->partner, LS_TAG_HEADER, reduce->theirs, header_bytes},
                                   piece_message(r, LS_TAG_VECTOR, reduce->incoming[k % 2], piece_of(r, r->keep, k))};
    const ls_message send[2] = {{r->partner, LS_TAG_HEADER, reduce->mine, header_bytes},
                                piece_message(r, LS_TAG_VECTOR, vector + give.first, give)};
    return ls_comm_post(reduce->comm, 2, receive, 2, send, what_sum);
}

/* Starts the exchange of piece k of the new weights: those of what was kept against those of what was given. */
static ls_status post_weights(ls_reduce *reduce, const exchange_round *r, int64_t k, float *w)
{
    const ls_reduce_range have = piece_of(r, r->keep, k), get = piece_of(r, r->give, k);
    const ls_message receive = piece_message(r, LS_TAG_SPREAD, w + get.first, get);
    const ls_message send = piece_message(r, LS_TAG_SPREAD, w + have.first, have);
    return ls_comm_post(reduce->comm, 1, &receive, 1, &send, what_spread);
}

static ls_status settle(ls_reduce *reduce, int leave)
{
    while (reduce->comm->under_way > leave)
        LS_TRY(ls_comm_settle(reduce->comm));
    return LS_OK;
}

/* All pieces of a round. In the last one the sums are totals: each piece is updated at once and its weights set out
 * while the next comes in. Posted in the order g0 g1 w0 g2 w1 g3 w2 ..., and settled in it. */
static ls_status do_round(ls_reduce *reduce, int j, float *vector, ls_reduce_header *header,
                          const ls_reduce_update *update, float *w, bool *go_on)
{
    const exchange_round r = round_of(reduce, j);
    const bool last = j == reduce->rounds - 1;
    LS_TRY(post_gradient(reduce, &r, 0, vector));
    for (int64_t k = 0; k < r.pieces; k++) {
        const bool more = k + 1 < r.pieces;
        const ls_reduce_range piece = piece_of(&r, r.keep, k);
        const int64_t length = piece.last - piece.first;
        if (more)
            LS_TRY(post_gradient(reduce, &r, k + 1, vector));
        LS_TRY(settle(reduce, more + (last && k > 0))); /* behind piece k are the weights of k - 1 */
        if (k == 0)
            add_header(reduce, r.lower);
        add_vector(reduce, r.lower, length, vector + piece.first, reduce->incoming[k % 2]);
        if (!last)
            continue;
        if (k == 0) {
            unpack_header(reduce, header);
            *go_on = update->begin(update->user, header);
            if (!*go_on)
                return settle(reduce, 0);
        }
        if (length > 0)
            update->apply(update->user, piece.first, length, vector + piece.first);
        LS_TRY(post_weights(reduce, &r, k, w));
    }
    return settle(reduce, 0);
}

ls_status ls_reduce_halving_step(ls_reduce *reduce, float *const *partials, ls_reduce_header *header,
                                 const ls_reduce_update *update, float *w)
{
    bool go_on = true;
    ls_reduce_pack_header(reduce, header, 1, reduce->mine);
    for (int j = 0; j < reduce->rounds; j++) /* 2^k ranks bring one subtree each */
        LS_TRY(do_round(reduce, j, partials[0], header, update, w, &go_on));
    /* The rounds backwards: after round j both partners have the range they split in it. The last went with the update.
     */
    for (int j = reduce->rounds - 2; j >= 0 && go_on; j--) {
        const exchange_round r = round_of(reduce, j);
        const ls_message receive = piece_message(&r, LS_TAG_SPREAD, w + r.give.first, r.give);
        const ls_message send = piece_message(&r, LS_TAG_SPREAD, w + r.keep.first, r.keep);
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
