/* Recursive halving for 2^k groups, of a single rank mostly, and the weights' way back: in round j the partner is the
 * same member of group ^ 2^j. Before it, each rank holds the sum of an aligned subtree of 2^j groups' shards, and the
 * two partners' subtrees are siblings; so every addition is a node of the contract's tree, with the lower rank's
 * operand on the left. Rabenseifner's reduce-scatter with the largest part going to the nearest rank, in chunks: while
 * one travels, the next is summed.
 *
 * Nothing here can hang by itself: both partners post their receive before they send, and the number and lengths of
 * chunks follow from the size, n and (in the first round) the network alone. */
#include "comm/reduce_internal.h"

#include "base/memory.h"

#include <string.h>

static const char *const what_sum = "gradient";
static const char *const what_spread = "weights";

/* ---- ranges ------------------------------------------------------------------------------------- */

/* The lower half keeps the middle block when the blocks of LS_REDUCE_GRAIN floats are odd in number, and the part in
 * front of the next cut: it is never the shorter one. */
ls_reduce_range ls_reduce_half(const ls_reduce *reduce, ls_reduce_range range, bool lower)
{
    int64_t blocks = (range.last - range.first + LS_REDUCE_GRAIN - 1) / LS_REDUCE_GRAIN;
    int64_t middle = range.first + (blocks + 1) / 2 * LS_REDUCE_GRAIN;
    middle = ls_reduce_cut(reduce, middle < range.last ? middle : range.last);
    return lower ? (ls_reduce_range){range.first, middle} : (ls_reduce_range){middle, range.last};
}

ls_reduce_range ls_reduce_halving_range(const ls_reduce *reduce, int rank, int round)
{
    ls_reduce_range range = {0, reduce->n};
    if (reduce->members > 1)
        range = ls_reduce_direct_slice(reduce, rank % reduce->members);
    return ls_reduce_part(reduce, range, rank, round);
}

ls_reduce_range ls_reduce_part(const ls_reduce *reduce, ls_reduce_range range, int rank, int round)
{
    const int group = rank / reduce->members;
    for (int j = 0; j < round; j++)
        range = ls_reduce_half(reduce, range, !(group >> j & 1));
    return range;
}

static int partner_of(const ls_reduce *reduce, int j)
{
    return (reduce->group ^ (1 << j)) * reduce->members + reduce->member;
}

void ls_reduce_first_round(const ls_reduce *reduce, ls_reduce_range *keep, ls_reduce_range *give)
{
    const bool lower = !(reduce->group & 1);
    *keep = ls_reduce_half(reduce, reduce->ranges[0], lower);
    *give = ls_reduce_half(reduce, reduce->ranges[0], !lower);
}

/* ---- life --------------------------------------------------------------------------------------- */

int64_t ls_reduce_chunk(const ls_reduce *reduce)
{
    return reduce->piece;
}

bool ls_reduce_chunks_travel(const ls_reduce *reduce)
{
    return !reduce->passage[0].shared;
}

/* Floats of a round's place: of its longest chunk, so that both partners say the same. */
static int64_t room_of(const ls_reduce *reduce, ls_reduce_range range)
{
    const ls_reduce_range larger = ls_reduce_half(reduce, range, true);
    const int64_t largest = ls_reduce_stride(larger.last - larger.first);
    return reduce->piece < largest ? reduce->piece : largest;
}

enum { PLACES_OF_A_ROUND = 2 * LS_REDUCE_PLACES }; /* gradients and weights */

/* With messages in one round and memory in all others, which is the most. */
int64_t ls_reduce_halving_bytes(const ls_reduce *reduce)
{
    const int64_t largest = reduce->n / reduce->members / 2 + 2 * LS_REDUCE_GRAIN;
    const int64_t piece = reduce->piece < largest ? reduce->piece : ls_reduce_stride(largest);
    int64_t floats = 2 * PLACES_OF_A_ROUND * piece + (reduce->rounds > 1 ? largest : 0);
    if (reduce->rounds == 0)
        return 0;
    for (int j = 0; j < reduce->rounds - 1; j++)
        floats += PLACES_OF_A_ROUND * (piece < largest >> j ? piece : ls_reduce_stride(largest >> j));
    return 2 * ls_reduce_header_bytes(reduce, 1) + (int64_t)sizeof(float) * floats;
}

/* Where each round's chunks pass. */
static void find_passages(ls_reduce *reduce)
{
    for (int j = 0; j < reduce->rounds; j++) {
        const ls_shared_peer *peer = ls_shared_with(&reduce->shared, partner_of(reduce, j));
        ls_passage *p = &reduce->passage[j];
        *p = (ls_passage){.out = reduce->outgoing, .in = reduce->incoming, .room = reduce->piece};
        if (peer) {
            p->shared = true;
            p->out = (float *)(void *)(reduce->shared.own + peer->begin);
            p->in = (const float *)(const void *)(peer->block + peer->theirs);
            p->room = room_of(reduce, reduce->ranges[j]);
        }
    }
}

void ls_reduce_halving_share(ls_reduce *reduce)
{
    bool travel = false;
    find_passages(reduce);
    for (int j = 0; j < reduce->rounds; j++)
        travel = travel || !reduce->passage[j].shared;
    if (travel)
        return;
    ls_memory_free(reduce->outgoing);
    ls_memory_free(reduce->incoming);
    reduce->outgoing = reduce->incoming = NULL;
}

/* Where all partners pass chunks through memory, their notices say when weights are there. An update of an element
 * comes behind all ranks' parts of its gradient, and a rank sums these when its pass has read all weights. */
bool ls_reduce_may_have_common(const ls_reduce *reduce)
{
    bool all = ls_reduce_in_chunks(reduce);
    for (int j = 0; j < reduce->rounds; j++)
        all = all && reduce->passage[j].shared;
    return all;
}

void ls_reduce_have_common(ls_reduce *reduce)
{
    reduce->common = true;
}

ls_status ls_reduce_halving_create(ls_reduce *reduce)
{
    for (int j = 0; j <= reduce->rounds; j++)
        reduce->ranges[j] = ls_reduce_halving_range(reduce, reduce->comm->rank, j);
    if (reduce->rounds == 0)
        return LS_OK;
    int64_t bytes = ls_reduce_header_bytes(reduce, 1);
    const ls_reduce_range larger =
        ls_reduce_half(reduce, reduce->ranges[0], true); /* of the two, so that both partners say the same */
    const int64_t largest = larger.last - larger.first;
    reduce->piece = reduce->piece < largest ? reduce->piece : ls_reduce_stride(largest > 0 ? largest : 1);
    LS_TRY(ls_memory_allocate(&reduce->mine, bytes, 1, "header of a reduction"));
    LS_TRY(ls_memory_allocate(&reduce->theirs, bytes, 1, "header of a reduction"));
    const int64_t floats = PLACES_OF_A_ROUND * reduce->piece;
    LS_TRY(ls_memory_allocate(&reduce->outgoing, floats, sizeof(float), "gradient on its way"));
    LS_TRY(ls_memory_allocate(&reduce->incoming, floats, sizeof(float), "gradient of another rank"));
    if (reduce->rounds > 1)
        LS_TRY(ls_memory_allocate(&reduce->kept, largest, sizeof(float), "gradient"));
    for (int j = 0; j < reduce->rounds; j++)
        ls_shared_add(&reduce->shared, reduce->comm, partner_of(reduce, j),
                      PLACES_OF_A_ROUND * room_of(reduce, reduce->ranges[j]) * (int64_t)sizeof(float));
    find_passages(reduce);
    return LS_OK;
}

float *ls_reduce_kept(const ls_reduce *reduce)
{
    return reduce->kept;
}

/* ---- a round ------------------------------------------------------------------------------------ */

typedef struct exchange_round {
    ls_reduce *reduce;
    const ls_reduce_work *work;
    ls_passage *passage;
    int partner;
    bool lower, last;
    bool spread;    /* the last round's new weights go back chunk by chunk */
    int64_t chunks; /* whichever are more, those given or those kept; the header travels in any case */
} exchange_round;

static exchange_round round_of(ls_reduce *reduce, int j, const ls_reduce_work *work, const ls_reduce_update *update)
{
    exchange_round r = {.reduce = reduce, .work = work, .passage = &reduce->passage[j]};
    r.partner = partner_of(reduce, j);
    r.lower = reduce->comm->rank < r.partner;
    r.last = j == reduce->rounds - 1;
    r.spread = r.last && !update->hold;
    r.chunks = work->kept > work->given ? work->kept : work->given;
    return r;
}

/* Sums chunk k of what is given away and sends it off. */
static ls_status give(exchange_round *r, int64_t k)
{
    const ls_reduce_work *work = r->work;
    const int64_t given = k < work->given ? work->floats(work->user, false, k) : 0;
    const int64_t kept = k < work->kept ? work->floats(work->user, true, k) : 0;
    if (given > 0)
        work->give(work->user, k, ls_passage_out(r->passage, LS_PASS_GRADIENT));
    return ls_passage_post(r->reduce, r->passage, r->partner, LS_PASS_GRADIENT, given, kept);
}

/* Chunk k of what is kept, whose other part has come: the sum, and in the last round the update and the new weights'
 * departure, unless they are held. */
static ls_status keep(exchange_round *r, int64_t k)
{
    const ls_reduce_work *work = r->work;
    const int64_t given = k < work->given ? work->floats(work->user, false, k) : 0;
    const int64_t kept = k < work->kept ? work->floats(work->user, true, k) : 0;
    float *weights = r->spread && !r->reduce->common ? ls_passage_out(r->passage, LS_PASS_WEIGHTS) : NULL;
    LS_TRY(ls_passage_settle(r->reduce, r->passage, r->partner, LS_PASS_GRADIENT));
    if (kept > 0)
        work->keep(work->user, k, r->lower, ls_passage_in(r->passage, LS_PASS_GRADIENT), weights);
    return r->spread ? ls_passage_post(r->reduce, r->passage, r->partner, LS_PASS_WEIGHTS, kept, given) : LS_OK;
}

/* Chunk k of the partner's new weights. */
static ls_status take(exchange_round *r, int64_t k)
{
    LS_TRY(ls_passage_settle(r->reduce, r->passage, r->partner, LS_PASS_WEIGHTS));
    if (k < r->work->given && !r->reduce->common)
        r->work->take(r->work->user, k, ls_passage_in(r->passage, LS_PASS_WEIGHTS));
    return LS_OK;
}

/* What is under way of a step that is over; nobody reads it. */
static ls_status drop(exchange_round *r)
{
    while (r->reduce->comm->under_way > 0)
        LS_TRY(ls_comm_settle(r->reduce->comm));
    r->passage->settled[LS_PASS_GRADIENT] = r->passage->posted[LS_PASS_GRADIENT];
    return LS_OK;
}

static ls_status post_header(const exchange_round *r)
{
    const int64_t bytes = ls_reduce_header_bytes(r->reduce, 1);
    const ls_message receive = {r->partner, LS_TAG_HEADER, r->reduce->theirs, bytes};
    const ls_message send = {r->partner, LS_TAG_HEADER, r->reduce->mine, bytes};
    return ls_comm_post(r->reduce->comm, 1, &receive, 1, &send, what_sum);
}

/* Posted in the order header g0 g1 w0 g2 w1 g3 ... and settled in it, so that between the two ends of chunk k of the
 * gradient lie the sums of k + 1 and the update of k - 1, and between those of the weights as much. */
static ls_status do_round(exchange_round *r, ls_reduce_header *header, const ls_reduce_update *update, bool *go_on)
{
    ls_comm *comm = r->reduce->comm;
    LS_TRY(post_header(r));
    for (int64_t k = 0; k <= r->chunks + 1; k++) {
        if (k < r->chunks)
            LS_TRY(give(r, k));
        if (k == (r->chunks > 1)) {
            LS_TRY(ls_comm_settle(comm));
            ls_reduce_add_header(r->reduce, r->lower);
            if (r->last) {
                ls_reduce_unpack_header(r->reduce, header);
                *go_on = update->begin(update->user, header);
            }
            if (!*go_on)
                return drop(r);
        }
        if (k >= 1 && k <= r->chunks)
            LS_TRY(keep(r, k - 1));
        if (r->spread && k >= 2)
            LS_TRY(take(r, k - 2));
    }
    return LS_OK;
}

/* ---- rounds over a vector in memory ------------------------------------------------------------- */

typedef struct vector_work {
    ls_reduce *reduce;
    ls_reduce_range range[2]; /* given, kept */
    float *vector;            /* element `origin` first */
    int64_t origin;
    float *w;
    const ls_reduce_update *update;
    bool last; /* round */
} vector_work;

static ls_reduce_range piece_of(const vector_work *v, bool kept, int64_t k)
{
    const ls_reduce_range all = v->range[kept];
    const int64_t first = all.first + k * v->reduce->piece, last = first + v->reduce->piece;
    return (ls_reduce_range){first, last < all.last ? last : all.last};
}

static int64_t vector_floats(void *user, bool kept, int64_t k)
{
    const ls_reduce_range piece = piece_of(user, kept, k);
    return piece.last - piece.first;
}

static void vector_give(void *user, int64_t k, float *out)
{
    const vector_work *v = user;
    const ls_reduce_range piece = piece_of(v, false, k);
    memcpy(out, v->vector + (piece.first - v->origin), (size_t)(piece.last - piece.first) * sizeof *out);
}

static void vector_keep(void *user, int64_t k, bool lower, const float *theirs, float *weights)
{
    const vector_work *v = user;
    const ls_reduce_range piece = piece_of(v, true, k);
    const int64_t length = piece.last - piece.first;
    float *mine = v->vector + (piece.first - v->origin);
    float *sum = v->last ? mine : v->reduce->kept + (piece.first - v->reduce->ranges[1].first);
    ls_reduce_add_vector(v->reduce, lower, length, mine, theirs, sum);
    if (!v->last)
        return;
    v->update->apply(v->update->user, piece.first, length, sum);
    if (weights)
        memcpy(weights, v->w + piece.first, (size_t)length * sizeof *weights);
}

static void vector_take(void *user, int64_t k, const float *weights)
{
    const vector_work *v = user;
    const ls_reduce_range piece = piece_of(v, false, k);
    ls_reduce_replace(v->reduce, piece);
    memcpy(v->w + piece.first, weights, (size_t)(piece.last - piece.first) * sizeof *weights);
}

static ls_status vector_round(ls_reduce *reduce, int j, float *vector, int64_t origin, ls_reduce_header *header,
                              const ls_reduce_update *update, float *w, bool *go_on)
{
    const bool lower = !(reduce->group >> j & 1);
    vector_work v = {.reduce = reduce, .vector = vector, .origin = origin, .w = w, .update = update};
    v.last = j == reduce->rounds - 1;
    v.range[false] = ls_reduce_half(reduce, reduce->ranges[j], !lower);
    v.range[true] = ls_reduce_half(reduce, reduce->ranges[j], lower);
    const int64_t piece = reduce->piece;
    const ls_reduce_work work = {.given = (v.range[false].last - v.range[false].first + piece - 1) / piece,
                                 .kept = (v.range[true].last - v.range[true].first + piece - 1) / piece,
                                 .floats = vector_floats,
                                 .give = vector_give,
                                 .keep = vector_keep,
                                 .take = vector_take,
                                 .user = &v};
    exchange_round r = round_of(reduce, j, &work, update);
    return do_round(&r, header, update, go_on);
}

/* ---- a step ------------------------------------------------------------------------------------- */

/* Chunk k of a range. */
static ls_reduce_range chunk_of(const ls_passage *p, ls_reduce_range range, int64_t k)
{
    const int64_t first = range.first + k * p->room, last = first + p->room;
    return (ls_reduce_range){first < range.last ? first : range.last, last < range.last ? last : range.last};
}

/* Both partners have written what they own, where all ranks see it. */
static ls_status meet(ls_reduce *reduce, ls_passage *p, int partner)
{
    LS_TRY(ls_passage_post(reduce, p, partner, LS_PASS_WEIGHTS, 0, 0));
    return ls_passage_settle(reduce, p, partner, LS_PASS_WEIGHTS);
}

/* The weights of `have` for those of `get`, in memory that both partners see: while a chunk is written, the partner
 * reads the one before. */
static ls_status swap_shared(ls_reduce *reduce, ls_passage *p, int partner, ls_reduce_range have, ls_reduce_range get,
                             float *w)
{
    const int64_t longer =
        have.last - have.first > get.last - get.first ? have.last - have.first : get.last - get.first;
    const int64_t chunks = p->room > 0 ? (longer + p->room - 1) / p->room : 0;
    for (int64_t k = 0; k <= chunks && chunks > 0; k++) {
        if (k < chunks) {
            const ls_reduce_range out = chunk_of(p, have, k);
            memcpy(ls_passage_out(p, LS_PASS_WEIGHTS), w + out.first, (size_t)(out.last - out.first) * sizeof *w);
            LS_TRY(ls_passage_post(reduce, p, partner, LS_PASS_WEIGHTS, out.last - out.first, 0));
        }
        if (k > 0) {
            const ls_reduce_range in = chunk_of(p, get, k - 1);
            LS_TRY(ls_passage_settle(reduce, p, partner, LS_PASS_WEIGHTS));
            ls_reduce_replace(reduce, in);
            memcpy(w + in.first, ls_passage_in(p, LS_PASS_WEIGHTS), (size_t)(in.last - in.first) * sizeof *w);
        }
    }
    return LS_OK;
}

static ls_status swap(ls_reduce *reduce, int partner, ls_reduce_range have, ls_reduce_range get, float *w)
{
    const int64_t size = (int64_t)sizeof *w;
    const ls_message receive = {partner, LS_TAG_SPREAD, w + get.first, (get.last - get.first) * size};
    const ls_message send = {partner, LS_TAG_SPREAD, w + have.first, (have.last - have.first) * size};
    ls_reduce_replace(reduce, get);
    return ls_comm_exchange(reduce->comm, 1, &receive, 1, &send, what_spread);
}

/* The weights' way back from round j and those before it: after it, both partners of a round have the range they split
 * in it. */
static ls_status spread_from(ls_reduce *reduce, int j, float *w)
{
    for (; j >= 0; j--) {
        const int partner = partner_of(reduce, j);
        const bool lower = reduce->comm->rank < partner;
        const ls_reduce_range have = ls_reduce_half(reduce, reduce->ranges[j], lower),
                              get = ls_reduce_half(reduce, reduce->ranges[j], !lower);
        ls_passage *p = &reduce->passage[j];
        LS_TRY(reduce->common ? meet(reduce, p, partner)
               : p->shared    ? swap_shared(reduce, p, partner, have, get, w)
                              : swap(reduce, partner, have, get, w));
    }
    return LS_OK;
}

/* The rounds behind the first; the last's weights went with the update. */
static ls_status other_rounds(ls_reduce *reduce, ls_reduce_header *header, const ls_reduce_update *update, float *w,
                              bool *go_on)
{
    for (int j = 1; j < reduce->rounds; j++)
        LS_TRY(vector_round(reduce, j, reduce->kept, reduce->ranges[1].first, header, update, w, go_on));
    return *go_on && !update->hold ? spread_from(reduce, reduce->rounds - 2, w) : LS_OK;
}

ls_status ls_reduce_halving_step(ls_reduce *reduce, float *vector, ls_reduce_header *header,
                                 const ls_reduce_update *update, float *w, bool *go_on)
{
    *go_on = true;
    ls_reduce_pack_header(reduce, header, 1, reduce->mine);
    LS_TRY(vector_round(reduce, 0, vector, 0, header, update, w, go_on));
    return other_rounds(reduce, header, update, w, go_on);
}

ls_status ls_reduce_work_step(ls_reduce *reduce, const ls_reduce_work *work, ls_reduce_header *header,
                              const ls_reduce_update *update, float *w)
{
    bool go_on = true;
    ls_reduce_pack_header(reduce, header, 1, reduce->mine);
    exchange_round r = round_of(reduce, 0, work, update);
    LS_TRY(do_round(&r, header, update, &go_on));
    return other_rounds(reduce, header, update, w, &go_on);
}

ls_status ls_reduce_halving_spread(ls_reduce *reduce, float *w)
{
    return spread_from(reduce, reduce->rounds - 1, w);
}
