/* Pieces of slices on their way between the ranks that exchange directly: as messages straight from the vectors and
 * into the weights, or between ranks of one host through memory that both see, with a notice in their stead. */
#include "comm/reduce_direct.h"

#include "base/memory.h"

#include <string.h>

static const char *const what_sum = "gradient";
static const char *const what_spread = "weights";

int64_t ls_reduce_direct_pieces(const ls_reduce *reduce)
{
    const int64_t pieces = (reduce->longest + reduce->direct_piece - 1) / reduce->direct_piece;
    return pieces > 0 ? pieces : 1; /* the headers travel in any case */
}

ls_reduce_range ls_reduce_direct_piece(const ls_reduce *reduce, int member, int64_t k)
{
    const ls_reduce_range slice = ls_reduce_direct_slice(reduce, member);
    const int64_t first = slice.first + k * reduce->direct_piece, last = first + reduce->direct_piece;
    return (ls_reduce_range){first < slice.last ? first : slice.last, last < slice.last ? last : slice.last};
}

static ls_message piece_message(const ls_reduce *reduce, int member, int tag, float *vector, ls_reduce_range piece)
{
    return (ls_message){ls_reduce_direct_rank_of(reduce, member), tag, vector,
                        (piece.last - piece.first) * (int64_t)sizeof(float)};
}

/* ---- life ---- */

/* Bytes of a place: what a member gives another of a piece. */
static int64_t place_bytes(const ls_reduce *reduce, int member)
{
    return ls_reduce_direct_nodes_of(reduce, member) * reduce->direct_piece * (int64_t)sizeof(float);
}

/* New weights have places that all members of this host read, sums such for one of them. */
void ls_reduce_direct_plan_sharing(ls_reduce *reduce)
{
    const ls_comm *comm = reduce->comm;
    bool near = false;
    for (int r = 0; r < reduce->members; r++)
        near = near ||
               (r != reduce->member && comm->hosts[ls_reduce_direct_rank_of(reduce, r)] == comm->hosts[comm->rank]);
    reduce->shared.bytes += near ? LS_REDUCE_PLACES * reduce->direct_piece * (int64_t)sizeof(float) : 0;
    for (int r = 0; r < reduce->members; r++)
        ls_shared_add(&reduce->shared, comm, ls_reduce_direct_rank_of(reduce, r),
                      LS_REDUCE_PLACES * place_bytes(reduce, reduce->member));
}

void ls_reduce_direct_share(ls_reduce *reduce)
{
    int near = 0;
    for (int r = 0; r < reduce->members; r++) {
        reduce->near[r] =
            r == reduce->member ? NULL : ls_shared_with(&reduce->shared, ls_reduce_direct_rank_of(reduce, r));
        near += reduce->near[r] != NULL;
    }
    reduce->any_near = near > 0;
    if (near < reduce->members - 1)
        return;
    ls_memory_free(reduce->arrivals);
    reduce->arrivals = NULL;
}

/* ---- memory of this host ---- */

/* Where this rank's sums for a member lie, and the member's for this one, which it may add into: the place is its own
 * until it is used again. */
static float *sums_out(const ls_reduce *reduce, int member, int64_t number)
{
    return (float *)(void *)(reduce->shared.own + reduce->near[member]->begin +
                             number % LS_REDUCE_PLACES * place_bytes(reduce, reduce->member));
}

static float *sums_in(const ls_reduce *reduce, int member, int64_t number)
{
    const ls_shared_peer *peer = reduce->near[member];
    return (float *)(void *)(peer->block + peer->theirs + number % LS_REDUCE_PLACES * place_bytes(reduce, member));
}

/* The new weights of the owner whose block this is. */
static float *weights_at(const ls_reduce *reduce, char *block, int64_t number)
{
    return (float *)(void *)block + number % LS_REDUCE_PLACES * reduce->direct_piece;
}

static int64_t *got_from(const ls_reduce *reduce, int member, int kind, int64_t number)
{
    return &reduce->got[(member * 2 + kind) * LS_REDUCE_PLACES + number % LS_REDUCE_PLACES];
}

static ls_message notice_to(ls_reduce *reduce, int member, int kind, int64_t number)
{
    int64_t *sent = &reduce->sent[kind][number % LS_REDUCE_PLACES];
    *sent = number;
    return (ls_message){ls_reduce_direct_rank_of(reduce, member),
                        kind == LS_DIRECT_SUMS ? LS_TAG_VECTOR : LS_TAG_SPREAD, sent, (int64_t)sizeof *sent};
}

static ls_message notice_from(const ls_reduce *reduce, int member, int kind, int64_t number)
{
    int64_t *got = got_from(reduce, member, kind, number);
    return (ls_message){ls_reduce_direct_rank_of(reduce, member),
                        kind == LS_DIRECT_SUMS ? LS_TAG_VECTOR : LS_TAG_SPREAD, got, (int64_t)sizeof *got};
}

/* Waits for the oldest pieces under way, which are of this kind. */
static ls_status settle(ls_reduce *reduce, int kind)
{
    LS_TRY(ls_comm_settle(reduce->comm));
    const int64_t number = reduce->settled[kind]++;
    for (int r = 0; reduce->any_near && r < reduce->members; r++)
        if (reduce->near[r])
            LS_TRY(ls_reduce_check_notice(reduce, ls_reduce_direct_rank_of(reduce, r),
                                          *got_from(reduce, r, kind, number), number));
    return LS_OK;
}

/* ---- pieces on their way ---- */

void ls_reduce_direct_place_rows(ls_reduce *reduce, float *const *partials, int64_t k, int64_t number)
{
    const int64_t first = ls_reduce_direct_piece(reduce, reduce->member, k).first;
    float *arrival = reduce->arrivals;
    if (arrival && k % 2 == 1)
        arrival += (reduce->total_nodes - reduce->node_count) * reduce->direct_piece;
    for (int r = 0; r < reduce->members; r++)
        for (int i = 0; i < ls_reduce_direct_nodes_of(reduce, r); i++) {
            float **row = &reduce->rows[reduce->first_node[r] + i];
            if (r == reduce->member) {
                *row = partials[i] + first;
            } else if (reduce->near[r]) {
                *row = sums_in(reduce, r, number) + i * reduce->direct_piece;
            } else {
                *row = arrival;
                arrival += reduce->direct_piece;
            }
        }
}

/* The messages by which piece k of the owned slice comes from a member; returns how many. */
static int receive_sums(ls_reduce *reduce, int member, int64_t k, int64_t number, ls_message *receive)
{
    if (reduce->near[member]) {
        *receive = notice_from(reduce, member, LS_DIRECT_SUMS, number);
        return 1;
    }
    const int count = ls_reduce_direct_nodes_of(reduce, member);
    for (int i = 0; i < count; i++)
        receive[i] = piece_message(reduce, member, LS_TAG_VECTOR, reduce->rows[reduce->first_node[member] + i],
                                   ls_reduce_direct_piece(reduce, reduce->member, k));
    return count;
}

/* The same for a member's piece k, which goes to it. */
static int send_sums(ls_reduce *reduce, float *const *partials, int member, int64_t k, int64_t number, ls_message *send)
{
    const ls_reduce_range piece = ls_reduce_direct_piece(reduce, member, k);
    if (reduce->near[member]) {
        float *out = sums_out(reduce, member, number);
        for (int i = 0; i < reduce->node_count; i++)
            memcpy(out + i * reduce->direct_piece, partials[i] + piece.first,
                   (size_t)(piece.last - piece.first) * sizeof *out);
        *send = notice_to(reduce, member, LS_DIRECT_SUMS, number);
        return 1;
    }
    for (int i = 0; i < reduce->node_count; i++)
        send[i] = piece_message(reduce, member, LS_TAG_VECTOR, partials[i] + piece.first, piece);
    return reduce->node_count;
}

ls_status ls_reduce_direct_post_sums(ls_reduce *reduce, float *const *partials, int64_t k)
{
    const int size = reduce->members, rank = reduce->member;
    const int64_t number = reduce->posted[LS_DIRECT_SUMS]++;
    char *block = reduce->blocks, *header = block;
    int receives = 0, sends = 0;
    ls_reduce_direct_place_rows(reduce, partials, k, number);
    for (int r = 0; r < size; block += reduce->block_bytes[r++]) {
        header = r == rank ? block : header;
        if (r == rank)
            continue;
        if (k == 0)
            reduce->receive[receives++] =
                (ls_message){ls_reduce_direct_rank_of(reduce, r), LS_TAG_HEADER, block, reduce->block_bytes[r]};
        receives += receive_sums(reduce, r, k, number, &reduce->receive[receives]);
    }
    for (int step = 1; step < size; step++) {
        const int peer = (rank + step) % size;
        if (k == 0)
            reduce->send[sends++] =
                (ls_message){ls_reduce_direct_rank_of(reduce, peer), LS_TAG_HEADER, header, reduce->block_bytes[rank]};
        sends += send_sums(reduce, partials, peer, k, number, &reduce->send[sends]);
    }
    return ls_comm_post(reduce->comm, receives, reduce->receive, sends, reduce->send, what_sum);
}

ls_status ls_reduce_direct_post_weights(ls_reduce *reduce, float *w, int64_t k)
{
    const int size = reduce->members, rank = reduce->member;
    const int64_t number = reduce->posted[LS_DIRECT_WEIGHTS]++;
    const ls_reduce_range mine = ls_reduce_direct_piece(reduce, rank, k);
    int count = 0;
    if (reduce->any_near)
        memcpy(weights_at(reduce, reduce->shared.own, number), w + mine.first,
               (size_t)(mine.last - mine.first) * sizeof *w);
    for (int step = 1; step < size; step++, count++) {
        const int from = (rank - step + size) % size, to = (rank + step) % size;
        const ls_reduce_range theirs = ls_reduce_direct_piece(reduce, from, k);
        if (!reduce->near[from])
            ls_reduce_replace(reduce, theirs);
        reduce->receive[count] = reduce->near[from]
                                     ? notice_from(reduce, from, LS_DIRECT_WEIGHTS, number)
                                     : piece_message(reduce, from, LS_TAG_SPREAD, w + theirs.first, theirs);
        reduce->send[count] = reduce->near[to] ? notice_to(reduce, to, LS_DIRECT_WEIGHTS, number)
                                               : piece_message(reduce, to, LS_TAG_SPREAD, w + mine.first, mine);
    }
    return ls_comm_post(reduce->comm, count, reduce->receive, count, reduce->send, what_spread);
}

ls_status ls_reduce_direct_take_weights(ls_reduce *reduce, float *w, int64_t k)
{
    const int64_t number = reduce->settled[LS_DIRECT_WEIGHTS];
    LS_TRY(settle(reduce, LS_DIRECT_WEIGHTS));
    for (int r = 0; reduce->any_near && r < reduce->members; r++) {
        const ls_reduce_range piece = ls_reduce_direct_piece(reduce, r, k);
        if (!reduce->near[r])
            continue;
        ls_reduce_replace(reduce, piece);
        memcpy(w + piece.first, weights_at(reduce, reduce->near[r]->block, number),
               (size_t)(piece.last - piece.first) * sizeof *w);
    }
    return LS_OK;
}

ls_status ls_reduce_direct_settle_sums(ls_reduce *reduce)
{
    return settle(reduce, LS_DIRECT_SUMS);
}
