/* Pieces of vectors from their owners to rank 0 and back. */
#include "train/travel.h"

#include "base/memory.h"
#include "model/lifted.h"
#include "train/slices.h"

#include <assert.h>

enum { TAG = 901 }; /* of messages with pieces */

/* Orders, each with a vector, a variable, the first of its rows and their number. */
enum { COLLECT, HAND_OUT, SPREAD };

/* Messages that rank 0 has under way at a time. */
enum { AT_ONCE = 16 };

ls_status ls_travel_begin(const ls_trainer *trainer, ls_travel *travel)
{
    *travel = (ls_travel){.trainer = trainer};
    return ls_memory_allocate(&travel->lifted, ls_modelblock_lifted_room(trainer->model->network), sizeof(float),
                              "piece of a tensor");
}

void ls_travel_end(ls_travel *travel, ls_status status)
{
    if (status != LS_ERR_PEER)
        ls_memory_free(travel->lifted);
    travel->lifted = NULL;
}

int ls_travel_add(ls_travel *travel, const ls_travel_vector *vector)
{
    assert(travel->count < LS_TRAVEL_VECTORS);
    travel->vector[travel->count] = *vector;
    travel->vector[travel->count].travel = travel;
    return travel->count++;
}

/* ---- pieces ---- */

/* The part of a piece that lies in a part of the block: floats [from, to) of the lifted ones. */
typedef struct range {
    int64_t from, to;
} range;

static range range_of(const ls_lifted *rows, const ls_slice_part *part)
{
    return (range){ls_lifted_before(rows, part->first), ls_lifted_before(rows, part->last)};
}

static ls_message message_of(const ls_travel *travel, int peer, range r)
{
    return (ls_message){peer, TAG, travel->lifted + r.from, (r.to - r.from) * (int64_t)sizeof(float)};
}

/* Rank 0's messages with all others that have something of a piece. */
static ls_status exchange_all(const ls_travel *travel, const ls_lifted *rows, bool receive)
{
    ls_comm *comm = travel->trainer->context->comm;
    ls_message message[AT_ONCE];
    ls_slice_part part;
    int count = 0;
    for (int r = 1; r < ls_comm_size(comm); r++) {
        for (int k = 0; ls_slices_part(travel->trainer, r, k, &part); k++) {
            const range there = range_of(rows, &part);
            if (there.from < there.to)
                message[count++] = message_of(travel, r, there);
            if (count == AT_ONCE) {
                LS_TRY(ls_comm_exchange(comm, receive ? count : 0, message, receive ? 0 : count, message, "pieces"));
                count = 0;
            }
        }
    }
    return ls_comm_exchange(comm, receive ? count : 0, message, receive ? 0 : count, message, "pieces");
}

/* Another rank's messages with rank 0. */
static ls_status exchange_own(const ls_travel *travel, const ls_lifted *rows, bool receive)
{
    ls_comm *comm = travel->trainer->context->comm;
    ls_slice_part part;
    for (int k = 0; ls_slices_part(travel->trainer, ls_comm_rank(comm), k, &part); k++) {
        const ls_message message = message_of(travel, 0, range_of(rows, &part));
        LS_TRY(ls_comm_exchange(comm, receive, &message, !receive, &message, "pieces"));
    }
    return LS_OK;
}

/* What this rank owns of a piece. */
static void lift_own(const ls_travel_vector *v, const ls_lifted *rows)
{
    const ls_trainer *t = v->travel->trainer;
    ls_slice_part part;
    for (int k = 0; ls_slices_part(t, ls_comm_rank(t->context->comm), k, &part); k++) {
        const range own = range_of(rows, &part);
        ls_lifted_take(rows, own.from, own.to, v->values + part.at, part.first, v->travel->lifted);
    }
}

static void put_own(const ls_travel_vector *v, const ls_lifted *rows)
{
    const ls_trainer *t = v->travel->trainer;
    ls_slice_part part;
    for (int k = 0; ls_slices_part(t, ls_comm_rank(t->context->comm), k, &part); k++) {
        const range own = range_of(rows, &part);
        ls_lifted_put(rows, own.from, own.to, v->travel->lifted, v->values + part.at, part.first);
    }
}

/* A piece that all ranks have whole. */
static void put_whole(const ls_travel_vector *v, const ls_lifted *rows)
{
    const bool behind = rows->index >= rows->network->trainable_variables;
    ls_lifted_put(rows, 0, ls_lifted_floats(rows), v->travel->lifted, behind ? v->statistics : v->values,
                  behind ? rows->network->trainable : 0);
}

ls_status ls_travel_collect(ls_travel *travel, const ls_piece *piece)
{
    lift_own(&travel->vector[piece->vector], &piece->rows);
    return ls_comm_rank(travel->trainer->context->comm) == 0 ? exchange_all(travel, &piece->rows, true)
                                                             : exchange_own(travel, &piece->rows, false);
}

/* ---- rank 0 ---- */

static ls_lifted lifted_of(const ls_travel_vector *v, int index, int64_t first, int64_t count)
{
    return (ls_lifted){v->travel->trainer->model->network, index, first, count};
}

static ls_status give_order(const ls_travel_vector *v, int what, const ls_lifted *rows)
{
    const ls_order order = {what, {v - v->travel->vector, rows->index, rows->first, rows->count}};
    return ls_lead_order(v->travel->lead, &order);
}

static ls_status bring(void *user, int index, int64_t first, int64_t count, float *values)
{
    const ls_travel_vector *v = user;
    ls_travel *travel = v->travel;
    const ls_piece piece = {(int)(v - travel->vector), lifted_of(v, index, first, count)};
    if (travel->wait)
        return travel->wait(travel->waiting, &piece, values);
    LS_TRY(give_order(v, COLLECT, &piece.rows));
    LS_TRY(ls_travel_collect(travel, &piece));
    ls_lifted_unpack(&piece.rows, travel->lifted, values);
    return LS_OK;
}

static bool is_whole(const ls_travel_vector *v)
{
    return v->everywhere || ls_slices_whole(v->travel->trainer);
}

static ls_status spread(const ls_travel_vector *v, const ls_lifted *rows)
{
    LS_TRY(ls_comm_broadcast(v->travel->trainer->context->comm, 0, v->travel->lifted,
                             ls_lifted_floats(rows) * (int64_t)sizeof(float)));
    put_whole(v, rows);
    return LS_OK;
}

static ls_status take(void *user, int index, int64_t first, int64_t count, const float *values)
{
    const ls_travel_vector *v = user;
    const ls_lifted rows = lifted_of(v, index, first, count);
    const bool to_all = is_whole(v) || index >= rows.network->trainable_variables;
    LS_TRY(give_order(v, to_all ? SPREAD : HAND_OUT, &rows));
    ls_lifted_pack(&rows, values, v->travel->lifted);
    if (to_all)
        return spread(v, &rows);
    put_own(v, &rows);
    return exchange_all(v->travel, &rows, false);
}

ls_modelblock ls_travel_out(ls_travel *travel, int number)
{
    ls_travel_vector *v = &travel->vector[number];
    if (is_whole(v))
        return (ls_modelblock){.values = v->values, .statistics = v->statistics};
    return (ls_modelblock){.statistics = v->statistics, .bring = bring, .user = v};
}

ls_modelblock_place ls_travel_in(ls_travel *travel, int number)
{
    return (ls_modelblock_place){.take = take, .user = &travel->vector[number]};
}

/* ---- the others ---- */

static ls_status obey(void *user, const ls_order *order)
{
    ls_travel *travel = user;
    const ls_travel_vector *v = &travel->vector[order->argument[0]];
    const ls_lifted rows = lifted_of(v, (int)order->argument[1], order->argument[2], order->argument[3]);
    if (order->what == SPREAD)
        return spread(v, &rows);
    if (order->what == COLLECT)
        return ls_travel_collect(travel, &(ls_piece){(int)order->argument[0], rows});
    LS_TRY(exchange_own(travel, &rows, true));
    put_own(v, &rows);
    return LS_OK;
}

/* ---- all ---- */

typedef struct job {
    ls_travel *travel;
    ls_status (*work)(void *user);
    void *user;
} job;

static ls_status lead(void *user, ls_lead *lead)
{
    const job *j = user;
    j->travel->lead = lead;
    const ls_status status = j->work(j->user);
    j->travel->lead = NULL;
    return status;
}

ls_status ls_travel_work(ls_travel *travel, ls_status (*work)(void *user), void *user, const char *what)
{
    ls_comm *comm = travel->trainer->context->comm;
    job j = {travel, work, user};
    const bool root = ls_comm_rank(comm) == 0;
    const ls_lead_parts parts = {.work = lead, .obey = obey, .user = root ? (void *)&j : travel, .what = what};
    return ls_lead_work(comm, &parts);
}
