/* What a training pass with an exchange beside it calls back, bucket by bucket. */
#include "train/overlap.h"

#include "base/clock.h"
#include "base/memory.h"
#include "model/pass.h"
#include "train/update.h"
#include "train/watch.h"

#include <math.h>
#include <sched.h>
#include <stdatomic.h>

/* A bucket is an eighth of the gradient where that is less than LS_REDUCE_BUCKET, so that there is something to
 * overlap, but no less than this, or latencies count. */
#define SMALL_BUCKET (LS_REDUCE_BUCKET / 4)

/* A gradient with fewer floats is not worth more messages than halving's chunks. */
#define LEAST LS_REDUCE_BUCKET

struct ls_overlap {
    ls_reduce_cuts bounds;
    int64_t *at; /* (bounds.count), owned */
    int buckets;
    int *lowest;       /* (buckets) layer of a bucket: the one whose deltas come last */
    ls_chunks *chunks; /* (buckets) */
    float *gradient;   /* (trainable) */
    ls_pass_beside beside;

    /* the step */
    int64_t rows;
    const ls_batch_shards *shards;
    ls_reduce_header header;
    double computing;  /* seconds of updates */
    double reducing;   /* of what the reduction did within the pass, updates not among it */
    atomic_llong back; /* elements whose weights have come back */
};

/* ---- buckets ---- */

/* The next place at or behind `from` where a bucket may end: at a matrix' end, or in even parts of a large one. */
static int64_t next_bound(const ls_network *network, int64_t from, int64_t most)
{
    int m = 0;
    while (m + 1 < network->trainable_matrices && network->matrix[m + 1].offset <= from)
        m++;
    const int64_t first = network->matrix[m].offset;
    const int64_t last = m + 1 < network->trainable_matrices ? network->matrix[m + 1].offset : network->trainable;
    const int64_t parts = (last - first + most - 1) / most;
    for (int64_t p = 1; p < parts; p++) {
        const int64_t bound = first + (last - first) * p / parts / LS_PANEL * LS_PANEL;
        if (bound > from)
            return bound;
    }
    return last;
}

/* Buckets of at least half of `most`, but for a single one; counted only where `at` is NULL. */
static int64_t cut(const ls_network *network, int64_t most, int64_t *at)
{
    int64_t count = 1, begin = 0, place = 0;
    if (at)
        at[0] = 0;
    while (place < network->trainable) {
        place = next_bound(network, place, most);
        const bool last = place >= network->trainable;
        if (!last && (place - begin < most / 2 || network->trainable - place < most / 2))
            continue;
        if (at)
            at[count] = place;
        count++;
        begin = place;
    }
    return count;
}

static int layer_at(const ls_network *network, int64_t element)
{
    int layer = network->matrix[0].layer;
    for (int m = 0; m < network->trainable_matrices && network->matrix[m].offset <= element; m++)
        layer = network->matrix[m].layer;
    return layer;
}

static ls_status make_buckets(ls_overlap *o, const ls_network *network)
{
    const int64_t eighth = network->trainable / 8;
    const int64_t most = eighth > LS_REDUCE_BUCKET ? LS_REDUCE_BUCKET : eighth < SMALL_BUCKET ? SMALL_BUCKET : eighth;
    o->bounds.count = cut(network, most, NULL);
    o->buckets = (int)o->bounds.count - 1;
    LS_TRY(ls_memory_allocate(&o->at, o->bounds.count, sizeof *o->at, "buckets"));
    LS_TRY(ls_memory_allocate(&o->lowest, o->buckets, sizeof *o->lowest, "buckets"));
    LS_TRY(ls_memory_allocate(&o->chunks, o->buckets, sizeof *o->chunks, "buckets"));
    o->bounds.at = o->at;
    (void)cut(network, most, o->at);
    for (int k = 0; k < o->buckets; k++) {
        o->lowest[k] = layer_at(network, o->at[k]);
        LS_TRY(ls_chunks_create(network, o->at[k], o->at[k + 1], most, &o->chunks[k]));
    }
    return LS_OK;
}

/* ---- called back ----
 * Whatever the pass hands to the reduction takes part of its thread's time, which is told apart from the pass' own. */

/* When the reduction was entered, and the updates until then. */
typedef struct visit {
    double start, computing;
} visit;

static visit enter(const ls_overlap *o)
{
    return (visit){ls_clock(), o->computing};
}

static void leave(ls_overlap *o, visit v)
{
    o->reducing += ls_clock() - v.start - (o->computing - v.computing);
}

static bool begin(void *user, const ls_reduce_header *total)
{
    ls_trainer *t = user;
    if (total->bits & LS_BITS_BAD)
        return false;
    ls_update_begin(t, t->overlap->rows);
    return true;
}

static void apply(void *user, int64_t first, int64_t n, const float *sum)
{
    ls_trainer *t = user;
    const double start = ls_clock();
    ls_update_slice(t, first, n, sum);
    t->overlap->computing += ls_clock() - start;
}

/* The calling thread waits for the messages, the others for it. A failure is kept by the reduction: ls_overlap_close
 * returns it. */
static void need(void *user, int64_t n, int thread)
{
    const ls_trainer *t = user;
    ls_overlap *o = t->overlap;
    if (atomic_load_explicit(&o->back, memory_order_acquire) >= n)
        return;
    if (thread == 0) {
        const visit v = enter(o);
        (void)ls_reduce_need(t->reduce, n);
        leave(o, v);
        ls_watch_copies(user, n, true);
        atomic_store_explicit(&o->back, ls_reduce_back(t->reduce), memory_order_release);
    }
    while (thread > 0 && atomic_load_explicit(&o->back, memory_order_acquire) < n)
        sched_yield();
}

static void scored(void *user)
{
    ls_trainer *t = user;
    ls_overlap *o = t->overlap;
    const ls_reduce_update update = {begin, apply, t, false};
    t->bits |= isfinite(t->sums[0]) ? 0 : LS_BIT_NONFINITE;
    ls_watch_copies(t, ls_reduce_back(t->reduce), true);
    o->header = (ls_reduce_header){t->sums, t->bits, ls_watch_weights(t)};
    const visit v = enter(o);
    ls_reduce_open(t->reduce, o->gradient, &o->header, &update, t->model->block);
    leave(o, v);
}

static void between(void *user)
{
    const ls_trainer *t = user;
    const visit v = enter(t->overlap);
    ls_reduce_move(t->reduce);
    leave(t->overlap, v);
    atomic_store_explicit(&t->overlap->back, ls_reduce_back(t->reduce), memory_order_release);
}

static void released(void *user)
{
    const ls_trainer *t = user;
    const visit v = enter(t->overlap);
    ls_reduce_release(t->reduce);
    leave(t->overlap, v);
}

static void ready(void *user, int layer, int thread, int team)
{
    const ls_trainer *t = user;
    ls_overlap *o = t->overlap;
    const ls_chunk_sink sink = {.block = o->gradient, .between = between, .user = user};
    for (int k = o->buckets - 1; k >= 0; k--) {
        if (o->lowest[k] != layer)
            continue;
        for (int64_t c = 0; c < o->chunks[k].count; c++)
            ls_chunks_share(t->pass, o->shards, &o->chunks[k], c, &sink, thread, team);
        if (team > 1) {
#pragma omp barrier
        }
        if (thread > 0)
            continue;
        const visit v = enter(o);
        ls_reduce_give(t->reduce);
        leave(o, v);
    }
}

/* ---- life ---- */

ls_status ls_overlap_wanted(const ls_trainer *t, bool *wanted)
{
    const ls_network *network = t->model->network;
    const ls_comm *comm = t->context->comm;
    const int size = ls_comm_size(comm);
    const bool pairs = size > 1 && (size & (size - 1)) == 0 && size <= t->set.plan.shards;
    const bool can = pairs && !t->norms.cuts && ls_pass_exchanged(network) == 0;
    *wanted =
        can &&
        (t->context->reduction == LS_REDUCE_BUCKETS ||
         (t->context->reduction == LS_REDUCE_AUTO && ls_comm_local_size(comm) < size && network->trainable >= LEAST));
    if (t->context->reduction != LS_REDUCE_BUCKETS || can || size == 1)
        return LS_OK;
    return ls_fail(LS_ERR_USAGE,
                   "--reduction buckets needs a power of two of ranks, no more than shards, and a training without "
                   "regularizers, batch_normalization and what needs lengths of gradients or weights: use auto");
}

ls_reduce_scheme ls_overlap_other_scheme(const ls_context *context)
{
    return context->reduction == LS_REDUCE_BUCKETS ? LS_REDUCE_AUTO : context->reduction;
}

ls_status ls_overlap_create(ls_trainer *t)
{
    const ls_network *network = t->model->network;
    ls_overlap *o;
    LS_TRY(ls_memory_allocate(&o, 1, sizeof *o, "buckets"));
    t->overlap = o;
    o->beside = (ls_pass_beside){need, scored, ready, released, between, t};
    LS_TRY(make_buckets(o, network));
    LS_TRY(ls_memory_allocate(&o->gradient, network->trainable, sizeof *o->gradient, "gradient"));
    return ls_reduce_create_buckets(t->context->comm, network->trainable, &o->bounds, t->set.plan.shards,
                                    network->metrics.width, ls_update_add, t->context, &t->reduce);
}

void ls_overlap_destroy(ls_overlap *o)
{
    if (!o)
        return;
    for (int k = 0; o->chunks && k < o->buckets; k++)
        ls_chunks_free(&o->chunks[k]);
    ls_memory_free(o->chunks);
    ls_memory_free(o->lowest);
    ls_memory_free(o->at);
    ls_memory_free(o->gradient);
    ls_memory_free(o);
}

/* ---- a step ---- */

void ls_overlap_begin(ls_trainer *t, int64_t rows, const ls_batch_shards *shards, ls_gradient_sink *sink)
{
    ls_overlap *o = t->overlap;
    o->rows = rows;
    o->shards = shards;
    o->computing = o->reducing = 0;
    atomic_store(&o->back, ls_reduce_back(t->reduce));
    *sink = (ls_gradient_sink){.beside = &o->beside};
}

double ls_overlap_reducing(const ls_overlap *overlap)
{
    return overlap->reducing;
}

ls_status ls_overlap_close(ls_trainer *t, ls_reduce_header *header, double *computing)
{
    const double before = t->overlap->computing;
    LS_TRY(ls_reduce_close(t->reduce));
    *header = t->overlap->header;
    *computing += t->overlap->computing - before;
    return LS_OK;
}

ls_status ls_overlap_rest(ls_trainer *t)
{
    return t->overlap ? ls_reduce_rest(t->reduce) : LS_OK;
}
