/* Halving bucket by bucket beside the caller's passes. What is under way at a time is a slot: one exchange for each
 * round, of different buckets, which go through the rounds one behind the other as through a pipe. A slot is posted
 * when the one before it has been used up and the bucket that enters is there. So the order of messages follows from
 * the number of buckets and rounds alone, and both partners of each exchange post it in the same slot; nothing can be
 * waited for that is not under way or coming.
 *
 *   sums      items are the header, then the buckets from the last to the first; the nearest rank first, as in halving
 *   weights   items are the buckets from the first to the last; the farthest rank first
 *
 * The header is an item like a bucket and goes first, so it is complete one slot before any sum is. */
#include "comm/reduce_internal.h"

#include "base/memory.h"

#include <string.h>

typedef enum bucket_phase { AT_REST, SUMS, WEIGHTS } bucket_phase;

struct ls_buckets {
    int count;
    int64_t *at;     /* (count + 1) */
    int64_t longest; /* floats of a bucket */
    float *arrivals; /* (rounds + 1, longest) the partners' sums, by item */

    /* the step */
    bucket_phase phase;
    float *gradient, *w; /* (n) */
    ls_reduce_header *header;
    ls_reduce_update update;
    bool refused;
    int given;   /* items that are there, the header among them */
    int slot;    /* of the phase: under way, or the next */
    int settled; /* exchanges of it that are used up; -1: it isn't posted */
    ls_status status;
};

/* ---- life ---------------------------------------------------------------------------------------- */

int ls_reduce_buckets_count(const ls_reduce *reduce)
{
    return reduce->buckets->count;
}

ls_reduce_range ls_reduce_bucket(const ls_reduce *reduce, int k)
{
    return (ls_reduce_range){reduce->buckets->at[k], reduce->buckets->at[k + 1]};
}

ls_status ls_reduce_buckets_create(ls_reduce *reduce, const ls_reduce_cuts *bounds)
{
    const int64_t header = ls_reduce_header_bytes(reduce, 1);
    LS_TRY(ls_memory_allocate(&reduce->buckets, 1, sizeof *reduce->buckets, "buckets"));
    ls_buckets *b = reduce->buckets;
    b->count = (int)bounds->count - 1;
    LS_TRY(ls_memory_allocate(&b->at, bounds->count, sizeof *b->at, "buckets"));
    memcpy(b->at, bounds->at, (size_t)bounds->count * sizeof *b->at);
    for (int k = 0; k < b->count; k++)
        b->longest = b->at[k + 1] - b->at[k] > b->longest ? b->at[k + 1] - b->at[k] : b->longest;
    LS_TRY(ls_memory_allocate(&reduce->mine, header, 1, "header of a reduction"));
    LS_TRY(ls_memory_allocate(&reduce->theirs, header, 1, "header of a reduction"));
    return ls_memory_allocate(&b->arrivals, (reduce->rounds + 1) * ls_reduce_stride(b->longest), sizeof(float),
                              "gradient of another rank");
}

void ls_reduce_buckets_free(ls_reduce *reduce)
{
    if (!reduce->buckets)
        return;
    if (reduce->comm->finish_user == reduce)
        reduce->comm->finish = NULL;
    ls_memory_free(reduce->buckets->at);
    ls_memory_free(reduce->buckets->arrivals);
    ls_memory_free(reduce->buckets);
}

/* ---- exchanges of a slot ------------------------------------------------------------------------- */

static int items_of(const ls_buckets *b)
{
    return b->phase == SUMS ? 1 + b->count : b->count;
}

/* The items in the pipe: item i in its turn slot - i. */
static int oldest(const ls_reduce *reduce, int slot)
{
    return slot < reduce->rounds ? 0 : slot - reduce->rounds + 1;
}

static int newest(const ls_buckets *b, int slot)
{
    return slot < items_of(b) ? slot : items_of(b) - 1;
}

static int slots_of(const ls_reduce *reduce)
{
    return items_of(reduce->buckets) + reduce->rounds - 1;
}

/* One exchange: what of which bucket goes to whom. */
typedef struct turn {
    int partner;
    bool lower, header, last; /* of the rounds */
    ls_reduce_range mine, theirs;
    float *arrival; /* of the sums that come, of `mine` */
} turn;

static turn turn_of(const ls_reduce *reduce, int item)
{
    const ls_buckets *b = reduce->buckets;
    const int step = b->slot - item, round = b->phase == SUMS ? step : reduce->rounds - 1 - step;
    turn t = {.partner = reduce->comm->rank ^ (1 << round), .last = round == reduce->rounds - 1};
    t.lower = reduce->comm->rank < t.partner;
    t.header = b->phase == SUMS && item == 0;
    if (t.header)
        return t;
    const int k = b->phase == SUMS ? b->count - item : item;
    const ls_reduce_range part = ls_reduce_part(reduce, ls_reduce_bucket(reduce, k), reduce->comm->rank, round);
    t.mine = ls_reduce_half(reduce, part, t.lower);
    t.theirs = ls_reduce_half(reduce, part, !t.lower);
    t.arrival = b->arrivals + item % (reduce->rounds + 1) * ls_reduce_stride(b->longest) + (t.mine.first - b->at[k]);
    return t;
}

static ls_message part_message(int peer, int tag, float *at, ls_reduce_range range)
{
    return (ls_message){peer, tag, at, (range.last - range.first) * (int64_t)sizeof *at};
}

static ls_status post(ls_reduce *reduce, int item)
{
    const ls_buckets *b = reduce->buckets;
    const turn t = turn_of(reduce, item);
    const int64_t header = ls_reduce_header_bytes(reduce, 1);
    ls_message send, receive;
    if (t.header) {
        send = (ls_message){t.partner, LS_TAG_HEADER, reduce->mine, header};
        receive = (ls_message){t.partner, LS_TAG_HEADER, reduce->theirs, header};
    } else if (b->phase == SUMS) {
        send = part_message(t.partner, LS_TAG_VECTOR, b->gradient + t.theirs.first, t.theirs);
        receive = part_message(t.partner, LS_TAG_VECTOR, t.arrival, t.mine);
    } else {
        send = part_message(t.partner, LS_TAG_SPREAD, b->w + t.mine.first, t.mine);
        receive = part_message(t.partner, LS_TAG_SPREAD, b->w + t.theirs.first, t.theirs);
    }
    reduce->comm->finish = NULL; /* it is this */
    return ls_comm_post(reduce->comm, 1, &receive, 1, &send, b->phase == SUMS ? "gradient" : "weights");
}

/* What has come is added. At the end of its rounds the header says whether the step goes on, and a sum is made use of.
 */
static void use(ls_reduce *reduce, int item)
{
    ls_buckets *b = reduce->buckets;
    const turn t = turn_of(reduce, item);
    const int64_t length = t.mine.last - t.mine.first;
    if (b->phase == WEIGHTS)
        return;
    if (t.header) {
        ls_reduce_add_header(reduce, t.lower);
        if (t.last) {
            ls_reduce_unpack_header(reduce, b->header);
            b->refused = !b->update.begin(b->update.user, b->header);
        }
        return;
    }
    float *sum = b->gradient + t.mine.first;
    ls_reduce_add_vector(reduce, t.lower, length, sum, t.arrival, sum);
    if (t.last && length > 0)
        b->update.apply(b->update.user, t.mine.first, length, sum);
}

/* ---- moving on ----------------------------------------------------------------------------------- */

static void start(ls_buckets *b, bucket_phase phase)
{
    b->phase = phase;
    b->slot = 0;
    b->settled = -1;
}

/* The slot is over: the next one, or the next phase. */
static void next_slot(ls_reduce *reduce)
{
    ls_buckets *b = reduce->buckets;
    b->slot++;
    b->settled = -1;
    if (b->phase == SUMS && b->refused) /* found in the same slot by all */
        start(b, AT_REST);
    else if (b->slot == slots_of(reduce))
        start(b, b->phase == SUMS && !b->update.hold ? WEIGHTS : AT_REST);
}

/* Posts the slot; false: its newest item isn't there yet. */
static bool post_slot(ls_reduce *reduce)
{
    ls_buckets *b = reduce->buckets;
    if (b->phase == SUMS && newest(b, b->slot) >= b->given)
        return false;
    for (int i = oldest(reduce, b->slot); b->status == LS_OK && i <= newest(b, b->slot); i++)
        b->status = post(reduce, i);
    b->settled = 0;
    return b->status == LS_OK;
}

/* One move; false: nothing more can be done now, or not without waiting. */
static bool move_once(ls_reduce *reduce, bool wait)
{
    ls_buckets *b = reduce->buckets;
    if (b->phase == AT_REST || b->status != LS_OK)
        return false;
    if (b->settled < 0)
        return post_slot(reduce);
    if (!wait && !ls_comm_ready(reduce->comm))
        return false;
    b->status = ls_comm_settle(reduce->comm);
    if (b->status != LS_OK)
        return false;
    const int item = oldest(reduce, b->slot) + b->settled++;
    use(reduce, item);
    if (item == newest(b, b->slot))
        next_slot(reduce);
    return true;
}

static void finish(void *user)
{
    (void)ls_reduce_rest(user);
}

/* The same; others' messages let the weights come back first. */
static bool move(ls_reduce *reduce, bool wait)
{
    const bool moved = move_once(reduce, wait);
    reduce->comm->finish = reduce->buckets->phase == WEIGHTS ? finish : NULL;
    reduce->comm->finish_user = reduce;
    return moved;
}

/* ---- a step -------------------------------------------------------------------------------------- */

void ls_reduce_open(ls_reduce *reduce, float *gradient, ls_reduce_header *header, const ls_reduce_update *update,
                    float *w)
{
    ls_buckets *b = reduce->buckets;
    b->status = ls_reduce_rest(reduce);
    b->gradient = gradient;
    b->w = w;
    b->header = header;
    b->update = *update;
    b->refused = false;
    b->given = 1;
    ls_reduce_pack_header(reduce, header, 1, reduce->mine);
    start(b, SUMS);
    ls_reduce_move(reduce);
}

void ls_reduce_give(ls_reduce *reduce)
{
    reduce->buckets->given++;
    ls_reduce_move(reduce);
}

void ls_reduce_move(ls_reduce *reduce)
{
    while (move(reduce, false))
        ;
}

ls_status ls_reduce_close(ls_reduce *reduce)
{
    ls_buckets *b = reduce->buckets;
    while (b->phase == SUMS && move(reduce, true))
        ;
    ls_reduce_move(reduce);
    return b->status;
}

/* Elements whose weights are all back: item i is, behind slot i + rounds - 1. */
static int64_t back(const ls_reduce *reduce)
{
    const ls_buckets *b = reduce->buckets;
    return b->phase != WEIGHTS ? reduce->n : b->slot < reduce->rounds ? 0 : b->at[b->slot - reduce->rounds + 1];
}

ls_status ls_reduce_need(ls_reduce *reduce, int64_t n)
{
    while (back(reduce) < n && move(reduce, true))
        ;
    return reduce->buckets->status;
}

ls_status ls_reduce_rest(ls_reduce *reduce)
{
    while (move(reduce, true))
        ;
    return reduce->buckets->status;
}

ls_status ls_reduce_buckets_spread(ls_reduce *reduce, float *w)
{
    LS_TRY(ls_reduce_rest(reduce));
    reduce->buckets->w = w;
    start(reduce->buckets, WEIGHTS);
    return ls_reduce_rest(reduce);
}
