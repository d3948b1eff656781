/* The sums of what was written last, and what is read against them. */
#include "train/watch.h"

#include "base/fault.h"
#include "base/hash64.h"
#include "base/memory.h"
#include "comm/agree.h"
#include "train/overlap.h"
#include "train/slices.h"
#include "train/update.h"

#include <omp.h>
#include <string.h>

/* A cache line each. */
typedef struct thread_tally {
    ls_seen tally;
    char other[64 - sizeof(ls_seen)];
} thread_tally;

struct ls_watch {
    uint32_t weights, slots; /* what this rank owns, as it was last written */
    bool shared;             /* some weights are others', of which it has copies */
    int64_t others;          /* how many; 0: it reads the owners' */
    int64_t looked;          /* of the block's elements, in this step */
    int64_t replaced;        /* of those of others, in this step */
    uint32_t copies;         /* those of others' weights that were looked at */
    bool own_changed, copies_changed;
    int threads;
    uint64_t *hash;        /* (ranks) of what each owns */
    int64_t *contradicted; /* (ranks) by each: the first owner whose weights are not those of its copy; -1: none */
    thread_tally *thread;  /* (threads) of the present step's update */
};

ls_status ls_watch_create(ls_trainer *t)
{
    ls_watch *watch;
    LS_TRY(ls_memory_allocate(&watch, 1, sizeof *watch, "training state"));
    t->watch = watch;
    watch->shared = !ls_slices_whole(t);
    watch->others = t->common ? 0 : t->model->network->trainable - (t->slice_last - t->slice_first);
    if (!t->overlap)
        ls_reduce_tell_replaced(t->reduce, ls_watch_replaced, t);
    watch->threads = t->context->threads;
    LS_TRY(ls_memory_allocate(&watch->hash, ls_comm_size(t->context->comm), sizeof *watch->hash, "training state"));
    LS_TRY(ls_memory_allocate(&watch->contradicted, ls_comm_size(t->context->comm), sizeof *watch->contradicted,
                              "training state"));
    return ls_memory_allocate(&watch->thread, watch->threads, sizeof *watch->thread, "training state");
}

void ls_watch_destroy(ls_watch *watch)
{
    if (!watch)
        return;
    ls_memory_free(watch->hash);
    ls_memory_free(watch->contradicted);
    ls_memory_free(watch->thread);
    ls_memory_free(watch);
}

ls_seen *ls_watch_tally(const ls_trainer *t)
{
    return &t->watch->thread[omp_get_thread_num()].tally;
}

static uint32_t slot_patterns(const ls_trainer *t, int64_t n, float *const *slot, int64_t at)
{
    uint32_t sum = 0;
    for (int k = 0; k < t->slot_count; k++)
        sum += t->context->kernels->patterns(n, slot[k] + at);
    return sum;
}

void ls_watch_read(const ls_trainer *t, int64_t n, const float *w, float *const *slot, int64_t at)
{
    ls_watch_tally(t)->read += t->context->kernels->patterns(n, w + at) + slot_patterns(t, n, slot, at);
}

void ls_watch_written(const ls_trainer *t, int64_t n, const float *w, float *const *slot, int64_t at)
{
    ls_seen *tally = ls_watch_tally(t);
    tally->weights += t->context->kernels->patterns(n, w + at);
    tally->slots += slot_patterns(t, n, slot, at);
}

/* What this rank owns, as it is. */
static void sum_own(const ls_trainer *t, uint32_t *weights, uint32_t *slots)
{
    *weights = *slots = 0;
    for (int k = 0; k < t->parts; k++)
        *weights +=
            ls_update_patterns(t->context, t->part[k].last - t->part[k].first, t->model->block + t->part[k].first);
    for (int k = 0; k < t->slot_count; k++)
        *slots += ls_update_patterns(t->context, t->slice_last - t->slice_first, t->slots[k]);
}

/* A test's. */
static void flip(ls_trainer *t)
{
    int64_t kind, element, bit;
    if (ls_fault("flip") == LS_OK || !ls_fault_flip(&kind, &element, &bit))
        return;
    const int64_t own = t->slice_last - t->slice_first;
    if ((kind > 0 && t->slot_count == 0) || ((kind > 0 || t->common) && own == 0))
        return;
    /* in common, others' weights are theirs to flip */
    float *x = kind == 0 ? t->model->block +
                               (t->common ? t->slice_first + element % own : element % t->model->network->trainable)
                         : t->slots[(kind - 1) % t->slot_count] + element % own;
    uint32_t word;
    memcpy(&word, x, sizeof word);
    word ^= (uint32_t)1 << (bit & 31);
    memcpy(x, &word, sizeof word);
}

void ls_watch_begin(ls_trainer *t)
{
    ls_watch *w = t->watch;
    if (t->model->writer != t) {
        sum_own(t, &w->weights, &w->slots);
        t->model->writer = t;
    }
    flip(t);
    w->looked = w->replaced = 0;
    w->copies = 0;
    for (int i = 0; i < w->threads; i++)
        w->thread[i].tally = (ls_seen){0};
}

void ls_watch_replaced(void *trainer, int64_t first, int64_t n)
{
    const ls_trainer *t = trainer;
    t->watch->copies += ls_update_patterns(t->context, n, t->model->block + first);
    t->watch->replaced += n;
}

void ls_watch_copies(ls_trainer *t, int64_t n, bool alone)
{
    ls_watch *w = t->watch;
    const int64_t from = w->looked;
    const ls_kernels *kernels = t->context->kernels;
    if (!w->shared || n <= from)
        return;
    int64_t first = from;
    for (int k = 0; k <= t->parts && first < n; k++) {
        const int64_t end = k < t->parts && t->part[k].first < n ? t->part[k].first : n;
        if (end > first)
            w->copies += alone ? kernels->patterns(end - first, t->model->block + first)
                               : ls_update_patterns(t->context, end - first, t->model->block + first);
        if (k < t->parts && t->part[k].last > first)
            first = t->part[k].last;
    }
    w->looked = n;
}

uint32_t ls_watch_weights(const ls_trainer *t)
{
    return t->watch->weights;
}

/* weights: what all ranks together have written. */
static void compare_copies(ls_trainer *t, uint32_t weights)
{
    ls_watch *w = t->watch;
    const bool all = w->looked == t->model->network->trainable || (w->others > 0 && w->replaced == w->others);
    if (w->shared && all && w->copies + w->weights != weights)
        w->copies_changed = true;
}

void ls_watch_end(ls_trainer *t, uint32_t weights, bool updated)
{
    ls_watch *w = t->watch;
    ls_seen all = {0};
    compare_copies(t, weights);
    if (!updated)
        return;
    for (int i = 0; i < w->threads; i++) {
        all.read += w->thread[i].tally.read;
        all.weights += w->thread[i].tally.weights;
        all.slots += w->thread[i].tally.slots;
    }
    if (all.read != w->weights + w->slots)
        w->own_changed = true;
    w->weights = all.weights;
    w->slots = all.slots;
}

/* Says of rank 0 that it is rank 0, as ls_agree does of the others. */
static ls_status named(const ls_trainer *t, ls_status status)
{
    const ls_comm *comm = t->context->comm;
    if (status != LS_OK && ls_comm_rank(comm) == 0 && ls_comm_size(comm) > 1)
        ls_fail_prefix(status, "rank 0 (%s): ", ls_comm_host(comm));
    return status;
}

ls_status ls_watch_status(const ls_trainer *t)
{
    const ls_watch *w = t->watch;
    if (!w->own_changed && !w->copies_changed)
        return LS_OK;
    return named(t, ls_fail(LS_ERR_NUMERIC,
                            "%s have changed in memory by themselves, at step %lld or just before: suspect this "
                            "machine's memory or processor, and resume from a checkpoint",
                            w->own_changed ? "weights or optimizer slots" : "copies of other ranks' weights",
                            (long long)ls_trainer_steps(t)));
}

ls_status ls_watch_agree(ls_trainer *t)
{
    ls_comm *comm = t->context->comm;
    int64_t owners = t->watch->own_changed;
    if (t->alone)
        return ls_watch_status(t);
    LS_TRY(ls_comm_sum_int64(comm, &owners, 1));
    return ls_agree(comm, owners > 0 && !t->watch->own_changed ? LS_OK : ls_watch_status(t));
}

ls_status ls_watch_look(ls_trainer *t)
{
    ls_watch *w = t->watch;
    uint32_t weights, slots;
    LS_TRY(ls_overlap_rest(t));
    flip(t);
    sum_own(t, &weights, &slots);
    if (t->model->writer == t && (weights != w->weights || slots != w->slots))
        w->own_changed = true;
    w->weights = weights;
    w->slots = slots;
    t->model->writer = t;
    if (w->shared) {
        int64_t total = w->weights;
        w->looked = w->replaced = 0;
        w->copies = 0;
        ls_watch_copies(t, t->model->network->trainable, false);
        LS_TRY(ls_comm_sum_int64(t->context->comm, &total, 1));
        compare_copies(t, (uint32_t)total);
    }
    return ls_watch_agree(t);
}

/* ---- by hashes ---- */

/* Of this rank's weights where `owner` owns them. */
static uint64_t hash_of(const ls_trainer *t, int owner)
{
    ls_slice_part part;
    uint64_t hash = 0;
    for (int k = 0; ls_slices_part(t, owner, k, &part); k++)
        hash = ls_hash64_words(hash, t->model->block + part.first, (size_t)(part.last - part.first));
    return hash;
}

static ls_status contradiction(const ls_trainer *t, int owner)
{
    ls_comm *comm = t->context->comm;
    int by = 0;
    for (int r = 0; r < ls_comm_size(comm); r++)
        by += t->watch->contradicted[r] == ls_comm_rank(comm);
    if (by > 1)
        return ls_fail(LS_ERR_NUMERIC,
                       "weights of this rank are not those that %d others have from it: suspect this machine's memory "
                       "or processor, and resume from a checkpoint",
                       by);
    if (owner < 0)
        return LS_OK;
    by = 0;
    for (int r = 0; r < ls_comm_size(comm); r++)
        by += t->watch->contradicted[r] == owner;
    return by > 1 ? LS_OK
                  : ls_fail(LS_ERR_NUMERIC,
                            "copies of rank %d's weights are not what rank %d has: suspect this machine's memory or "
                            "processor, and resume from a checkpoint",
                            ls_comm_given_rank(comm, owner), ls_comm_given_rank(comm, owner));
}

ls_status ls_watch_compare(ls_trainer *t)
{
    ls_comm *comm = t->context->comm;
    ls_watch *w = t->watch;
    const ls_network *network = t->model->network;
    const int rank = ls_comm_rank(comm);
    const int64_t from = w->shared ? network->trainable : 0; /* what everybody has for itself */
    if (w->shared) {
        int64_t owner = -1;
        w->hash[rank] = hash_of(t, rank);
        LS_TRY(ls_comm_allgather(comm, &w->hash[rank], sizeof *w->hash, w->hash));
        for (int r = 0; r < ls_comm_size(comm) && owner < 0; r++)
            if (r != rank && hash_of(t, r) != w->hash[r])
                owner = r;
        w->contradicted[rank] = owner;
        LS_TRY(ls_comm_allgather(comm, &w->contradicted[rank], sizeof *w->contradicted, w->contradicted));
        LS_TRY(ls_agree(comm, named(t, contradiction(t, (int)owner))));
    }
    if (from == network->block)
        return LS_OK;
    return ls_agree_hash(comm, ls_hash64_words(0, t->model->block + from, (size_t)(network->block - from)), "weights");
}
