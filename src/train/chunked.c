/* Gradients that travel in chunks: the work that the reduction's first round asks for. */
#include "train/chunked.h"

#include "base/clock.h"
#include "train/held.h"
#include "train/update.h"
#include "train/watch.h"

#include <string.h>

ls_status ls_chunked_create(ls_trainer *t)
{
    const ls_network *network = t->model->network;
    ls_reduce_range keep, give;
    ls_reduce_first_round(t->reduce, &keep, &give);
    LS_TRY(ls_chunks_create(network, keep.first, keep.last, ls_reduce_chunk(t->reduce), &t->kept));
    return ls_chunks_create(network, give.first, give.last, ls_reduce_chunk(t->reduce), &t->given);
}

/* One step's first round. */
typedef struct round_work {
    ls_trainer *trainer;
    ls_batch_shards shards;
    int64_t keep_first;
    void (*between)(void *user); /* of sums */
    double *computing;
    /* the chunk at hand */
    bool lower;
    const float *theirs;
    float *weights;
} round_work;

static int64_t floats(void *user, bool kept, int64_t k)
{
    const round_work *r = user;
    return ls_chunks_floats(kept ? &r->trainer->kept : &r->trainer->given, k);
}

static void let_move(void *user)
{
    const round_work *r = user;
    ls_comm_poll(r->trainer->context->comm);
}

static void give(void *user, int64_t k, float *out)
{
    const round_work *r = user;
    const double start = ls_clock();
    /* The partner has read `out` not long ago; to its new weights will be written soon, unless it does so itself. */
    const ls_chunk_sink sink = {.out = out,
                                .between = r->between,
                                .user = user,
                                .ahead = {!r->trainer->common, {r->trainer->model->block}, {0}},
                                .packed = {out}};
    ls_chunks_sum(r->trainer->pass, &r->shards, &r->trainer->given, k, &sink);
    *r->computing += ls_clock() - start;
}

/* The sum over both partners of a piece of a chunk. */
static void add_theirs(const round_work *r, int64_t n, float *gradient, const float *theirs, float *sum)
{
    const ls_kernels *kernels = r->trainer->context->kernels;
    kernels->add(n, r->lower ? gradient : theirs, r->lower ? theirs : gradient, sum);
}

static void store_piece(void *user, int64_t first, int64_t n, int lanes, float *gradient, int64_t at)
{
    (void)lanes;
    const round_work *r = user;
    add_theirs(r, n, gradient, r->theirs + at, ls_reduce_kept(r->trainer->reduce) + (first - r->keep_first));
}

static void update_piece(void *user, int64_t first, int64_t n, int lanes, float *gradient, int64_t at)
{
    const round_work *r = user;
    add_theirs(r, n, gradient, r->theirs + at, gradient);
    if (r->trainer->held) {
        ls_held_take(r->trainer, first, n, gradient);
        return;
    }
    ls_update_piece(r->trainer, first, n, lanes, gradient);
    if (r->weights)
        memcpy(r->weights + at, r->trainer->model->block + first, (size_t)n * sizeof *gradient);
}

static void keep(void *user, int64_t k, bool lower, const float *theirs, float *weights)
{
    round_work *r = user;
    ls_trainer *t = r->trainer;
    const double start = ls_clock();
    r->lower = lower;
    r->theirs = theirs;
    r->weights = weights;
    ls_chunk_sink sink = {
        .apply = ls_reduce_kept(t->reduce) ? store_piece : update_piece, .between = r->between, .user = user};
    if (sink.apply == update_piece && !t->held) {
        ls_update_ahead(t, &sink.ahead);
        sink.packed[0] = theirs;
        sink.packed[1] = weights;
        sink.ahead_first = t->slice_first;
    }
    ls_chunks_sum(t->pass, &r->shards, &t->kept, k, &sink);
    *r->computing += ls_clock() - start;
}

static void take_segment(void *user, int64_t first, int64_t n, int64_t at)
{
    const round_work *r = user;
    ls_watch_replaced(r->trainer, first, n);
    memcpy(r->trainer->model->block + first, r->theirs + at, (size_t)n * sizeof *r->theirs);
}

static void take(void *user, int64_t k, const float *weights)
{
    round_work *r = user;
    r->theirs = weights;
    ls_chunks_segments(r->trainer->model->network, &r->trainer->given, k, take_segment, user);
}

ls_status ls_chunked_step(ls_trainer *t, ls_reduce_header *header, const ls_reduce_update *update, double *computing)
{
    ls_reduce_range kept, given;
    ls_reduce_first_round(t->reduce, &kept, &given);
    round_work r = {.trainer = t,
                    .shards = {t->set.last - t->set.first, t->set.shard_rows, t->nodes, t->node_shards, NULL},
                    .computing = computing,
                    .between = ls_reduce_chunks_travel(t->reduce) ? let_move : NULL,
                    .keep_first = kept.first};
    const ls_reduce_work work = {.given = t->given.count,
                                 .kept = t->kept.count,
                                 .floats = floats,
                                 .give = give,
                                 .keep = keep,
                                 .take = take,
                                 .user = &r};
    return ls_reduce_work_step(t->reduce, &work, header, update, t->model->block);
}
