/* Halving bucket by bucket beside the caller's passes. What goes together is a slot: one exchange for each round, of
 * different buckets, which go through the rounds one behind the other as through a pipe. A few slots are under way at a
 * time, so that the network has something to do while a rank computes: a slot is posted when the one so many in front
 * of it has been used up, and the bucket that enters is there. So the order of messages follows from the number of
 * buckets and rounds alone, and both partners of each exchange post it in the same slot; nothing can be waited for that
 * is not under way or coming.
 *
 *   sums      items are the header, then the buckets from the last to the first; the nearest rank first, as in halving
 *   weights   items are the buckets from the first to the last; the farthest rank first
 *
 * The header is an item like a bucket and goes first, so it is complete one slot before any sum is. */
#include "comm/reduce_internal.h"

#include "base/memory.h"

#include <string.h>

/* Exchanges under way, at most: with many rounds there are fewer slots. */
enum { EXCHANGES = LS_COMM_UNDER_WAY };

typedef enum bucket_phase { AT_REST, SUMS, WEIGHTS } bucket_phase;

struct ls_buckets {
    int count;
    int64_t *at;     /* (count + 1) */
    int64_t longest; /* floats of a bucket */
    int depth;       /* slots under way, at most; an item has its next turn so many slots later */
    int places;      /* for items in the pipe */
    float *arrivals; /* (places, longest) the partners' sums, by item */

    /* the step */
    bucket_phase phase;
    float *gradient, *w; /* (n) */
    ls_reduce_header *header;
    ls_reduce_update update;
    bool refused;
    int given;    /* items that are there, the header among them */
    int released; /* of them, whose weights are read no more */
    int summed;   /* through with their rounds */
    int updated;  /* and made use of */
    int posted;   /* slots of the phase */
    int slot;     /* the oldest of them that isn't used up */
    int turn;     /* the exchange of it that comes next: its round, from the last down */
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
    b->depth = EXCHANGES / reduce->rounds < LS_REDUCE_SLOTS ? EXCHANGES / reduce->rounds : LS_REDUCE_SLOTS;
    b->depth = b->depth > 1 ? b->depth : 1;
    b->places = reduce->rounds * b->depth + 1;
    LS_TRY(ls_memory_allocate(&reduce->mine, header, 1, "header of a reduction"));
    LS_TRY(ls_memory_allocate(&reduce->theirs, header, 1, "header of a reduction"));
    return ls_memory_allocate(&b->arrivals, b->places * ls_reduce_stride(b->longest), sizeof(float),
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

/* The item that has its step-th turn in a slot; none where it is below 0 or behind the last. */
static int item_of(const ls_buckets *b, int slot, int step)
{
    return slot - step * b->depth;
}

static bool is_item(const ls_buckets *b, int item)
{
    return item >= 0 && item < items_of(b);
}

static int slots_of(const ls_reduce *reduce)
{
    return items_of(reduce->buckets) + (reduce->rounds - 1) * reduce->buckets->depth;
}

/* One exchange: what of which bucket goes to whom. */
typedef struct turn {
    int partner;
    bool lower, header, last; /* of the rounds */
    ls_reduce_range mine, theirs;
    float *arrival; /* of the sums that come, of `mine` */
} turn;

static turn turn_of(const ls_reduce *reduce, int item, int step)
{
    const ls_buckets *b = reduce->buckets;
    const int round = b->phase == SUMS ? step : reduce->rounds - 1 - step;
    turn t = {.partner = reduce->comm->rank ^ (1 << round), .last = round == reduce->rounds - 1};
    t.lower = reduce->comm->rank < t.partner;
    t.header = b->phase == SUMS && item == 0;
    if (t.header)
        return t;
    const int k = b->phase == SUMS ? b->count - item : item;
    const ls_reduce_range part = ls_reduce_part(reduce, ls_reduce_bucket(reduce, k), reduce->comm->rank, round);
    t.mine = ls_reduce_half(reduce, part, t.lower);
    t.theirs = ls_reduce_half(reduce, part, !t.lower);
    t.arrival = b->arrivals + item % b->places * ls_reduce_stride(b->longest) + (t.mine.first - b->at[k]);
    return t;
}

static ls_message part_message(int peer, int tag, float *at, ls_reduce_range range)
{
    return (ls_message){peer, tag, at, (range.last - range.first) * (int64_t)sizeof *at};
}

static ls_status post(ls_reduce *reduce, int item, int step)
{
    const ls_buckets *b = reduce->buckets;
    const turn t = turn_of(reduce, item, step);
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

/* What has come is added. At the end of its rounds the header says whether the step goes on. */
static void use(ls_reduce *reduce, int item, int step)
{
    ls_buckets *b = reduce->buckets;
    const turn t = turn_of(reduce, item, step);
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
    if (t.last)
        b->summed = item + 1;
}

/* ---- moving on ----------------------------------------------------------------------------------- */

static void start(ls_reduce *reduce, bucket_phase phase)
{
    ls_buckets *b = reduce->buckets;
    b->phase = phase;
    b->posted = b->slot = 0;
    b->turn = reduce->rounds - 1;
}

/* Sums whose weights nobody reads any more are made use of; when all are, the next phase begins. A step that is refused
 * goes through all of its sums, since others may have posted them. */
static void update_released(ls_reduce *reduce)
{
    ls_buckets *b = reduce->buckets;
    for (; b->updated < b->summed && b->updated < b->released; b->updated++) {
        const ls_reduce_range own = ls_reduce_range_of(reduce, reduce->comm->rank, b->count - b->updated);
        if (own.last > own.first && !b->refused)
            b->update.apply(b->update.user, own.first, own.last - own.first, b->gradient + own.first);
    }
    if (b->slot == slots_of(reduce) && b->updated == items_of(b))
        start(reduce, b->refused || b->update.hold ? AT_REST : WEIGHTS);
}

/* The slot is used up. */
static void next_slot(ls_reduce *reduce)
{
    ls_buckets *b = reduce->buckets;
    b->slot++;
    b->turn = reduce->rounds - 1;
    if (b->phase == SUMS)
        update_released(reduce);
    else if (b->slot == slots_of(reduce))
        start(reduce, AT_REST);
}

/* Posts another slot; false: too many are under way, or its newest item isn't there yet. */
static bool post_slot(ls_reduce *reduce)
{
    ls_buckets *b = reduce->buckets;
    const int slot = b->posted;
    if (slot == slots_of(reduce) || slot - b->slot >= b->depth ||
        (b->phase == SUMS && is_item(b, slot) && slot >= b->given))
        return false;
    for (int step = reduce->rounds - 1; b->status == LS_OK && step >= 0; step--)
        if (is_item(b, item_of(b, slot, step)))
            b->status = post(reduce, item_of(b, slot, step), step);
    b->posted++;
    return b->status == LS_OK;
}

/* One move; false: nothing more can be done now, or not without waiting. */
static bool move_once(ls_reduce *reduce, bool wait)
{
    ls_buckets *b = reduce->buckets;
    if (b->phase == AT_REST || b->status != LS_OK)
        return false;
    if (post_slot(reduce))
        return true;
    if (b->status != LS_OK || b->slot == b->posted)
        return false;
    const int step = b->turn, item = item_of(b, b->slot, step);
    if (is_item(b, item)) {
        if (!wait && !ls_comm_ready(reduce->comm))
            return false;
        b->status = ls_comm_settle(reduce->comm);
        if (b->status != LS_OK)
            return false;
        use(reduce, item, step);
    }
    if (b->turn-- == 0)
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
    b->given = b->released = 1;
    b->summed = b->updated = 1; /* the header is no sum */
    ls_reduce_pack_header(reduce, header, 1, reduce->mine);
    start(reduce, SUMS);
    ls_reduce_move(reduce);
}

void ls_reduce_give(ls_reduce *reduce)
{
    reduce->buckets->given++;
    ls_reduce_move(reduce);
}

void ls_reduce_release(ls_reduce *reduce)
{
    ls_buckets *b = reduce->buckets;
    b->released = b->given;
    if (b->phase == SUMS && b->status == LS_OK)
        update_released(reduce);
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

/* Elements whose weights are all back: those of the items that are through. */
int64_t ls_reduce_back(const ls_reduce *reduce)
{
    const ls_buckets *b = reduce->buckets;
    const int through = b->slot - (reduce->rounds - 1) * b->depth;
    if (b->status != LS_OK) /* nothing more will come */
        return reduce->n;
    return b->phase != WEIGHTS ? reduce->n : through < 0 ? 0 : b->at[through];
}

ls_status ls_reduce_need(ls_reduce *reduce, int64_t n)
{
    while (ls_reduce_back(reduce) < n && move(reduce, true))
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
    start(reduce, WEIGHTS);
    return ls_reduce_rest(reduce);
}
