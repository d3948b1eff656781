/* A step of the reduction on each rank, and all that must be true of it. */
#include "reduce_plans.h"

#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

static pthread_mutex_t failure_mutex = PTHREAD_MUTEX_INITIALIZER;

void note(run *r, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    pthread_mutex_lock(&failure_mutex);
    vsnprintf(r->failure, sizeof r->failure, format, arguments);
    pthread_mutex_unlock(&failure_mutex);
    va_end(arguments);
}

/* A failed expectation is noted and the rank goes on, since the others wait for its next message. */

uint32_t weight_symbol(uint32_t sum, int64_t element)
{
    return mix(sum, (uint32_t)element);
}

bool begin(void *user, const ls_reduce_header *total)
{
    const owner *o = user;
    run *r = o->r;
    for (int c = 0; c < WIDTH; c++)
        EXPECT(total->sums[c] == r->numbers[c], "rank %d header %d is %.17g, the tree gives %.17g", o->rank, c,
               total->sums[c], r->numbers[c]);
    EXPECT(total->bits == r->bits, "rank %d bits are %08x, not %08x", o->rank, total->bits, r->bits);
    EXPECT(total->tally == r->tally, "rank %d tally is %08x, not %08x", o->rank, total->tally, r->tally);
    return true;
}

void apply(void *user, int64_t first, int64_t n, const float *sum)
{
    owner *o = user;
    run *r = o->r;
    EXPECT(first == o->next, "rank %d gets %lld.. where %lld.. is next", o->rank, (long long)first, (long long)o->next);
    for (int64_t i = first; i < first + n; i++) {
        uint32_t got, value;
        memcpy(&got, sum + (i - first), 4);
        EXPECT(got == r->total[i], "rank %d element %lld is %08x, the tree gives %08x", o->rank, (long long)i, got,
               r->total[i]);
        value = weight_symbol(got, i);
        memcpy(o->w + i, &value, 4);
    }
    o->next = first + n;
}

static bool is_cut(const run *r, int64_t place)
{
    for (int64_t i = 0; r->cuts && i < r->cuts->count; i++)
        if (r->cuts->at[i] == place)
            return true;
    return !r->cuts;
}

/* New weights that were held are on nobody else's side before they are spread. */
static void check_held(const run *r, const float *w, int64_t first, int64_t last, int *wrong)
{
    for (int64_t i = 0; i < r->n; i++) {
        uint32_t got;
        memcpy(&got, w + i, 4);
        *wrong += (got == 0) != (i < first || i >= last);
    }
}

static int64_t owned_leaves(int64_t shards, int ranks, int rank)
{
    int64_t first = 0, last = -1;
    ls_division d;
    if (ls_division_create(shards, ranks, &d) == LS_OK)
        ls_division_run(&d, rank, &first, &last);
    ls_division_free(&d);
    return last - first;
}

/* Ranks with an odd number take their time before they read, those of the others' sums that are in shared memory among
 * them: by then the others are as far ahead as they can be. */
static _Thread_local bool slow;

static void add_in_time(void *user, int64_t n, const float *a, const float *b, float *sum)
{
    if (slow)
        nanosleep(&(struct timespec){0, 100000}, NULL);
    add_symbols(user, n, a, b, sum);
}

void check_unchanged(run *r, int rank, const float *w)
{
    int64_t changed = 0;
    if (slow)
        nanosleep(&(struct timespec){0, 2000000}, NULL);
    for (int64_t i = 0; i < r->n; i++)
        changed += w[i] != 0;
    EXPECT(changed == 0, "rank %d reads %lld new weights", rank, (long long)changed);
}

/* One step; the second time over the same object must give the same. */
static void reduce_once(ls_comm *comm, run *r, ls_reduce *reduce, bool hold, int turn)
{
    int rank = ls_comm_rank(comm);
    const ls_tree_node *nodes;
    int count = ls_reduce_nodes(reduce, &nodes);
    float *partials[LS_TREE_MAX_NODES] = {NULL};
    size_t bytes = (size_t)r->n * sizeof(float);
    float *memory = malloc((size_t)(count + 1) * bytes + 1);
    float *w = r->common ? r->common + turn * r->n : memory + (int64_t)count * r->n;
    double sums[LS_TREE_MAX_NODES * WIDTH];
    ls_reduce_header header = {sums, 1u << rank % 32, 0x90000001u + (uint32_t)rank};
    int64_t leaves = 0, first, last;
    for (int j = 0; j < count; j++) {
        partials[j] = memory + j * r->n;
        tree_symbols(nodes[j].first, nodes[j].size, r->n, (uint32_t *)(void *)partials[j]);
        for (int c = 0; c < WIDTH; c++)
            sums[j * WIDTH + c] = tree_number(nodes[j].first, nodes[j].size, c);
        leaves += nodes[j].size;
    }
    const int64_t expected_leaves = owned_leaves(r->shards, ls_comm_size(comm), rank);
    EXPECT(leaves == expected_leaves, "rank %d owns %lld leaves, not %lld", rank, (long long)leaves,
           (long long)expected_leaves);

    ls_reduce_slice(reduce, &first, &last);
    EXPECT(first <= last && (first % 16 == 0 || first == r->n), "slice %lld..%lld", (long long)first, (long long)last);
    EXPECT(is_cut(r, first) && is_cut(r, last), "slice %lld..%lld is not whole", (long long)first, (long long)last);
    if (!r->common)
        memset(w, 0, bytes);
    owner o = {r, rank, w, first};
    const ls_reduce_update update = {begin, apply, &o, hold};
    slow = r->slow && rank % 2 == 1;
    check_unchanged(r, rank, w);
    TRY(ls_reduce_step(reduce, partials, &header, &update, w));
    if (hold) {
        int wrong = 0;
        if (!r->common)
            check_held(r, w, first, last, &wrong);
        EXPECT(wrong == 0, "rank %d has %d weights before they are spread", rank, wrong);
        TRY(ls_reduce_spread(reduce, w));
    }
    EXPECT(o.next == last, "rank %d got its slice up to %lld of %lld", rank, (long long)o.next, (long long)last);
    for (int64_t i = 0; i < r->n; i++) {
        uint32_t got, value = weight_symbol(r->total[i], i);
        memcpy(&got, w + i, 4);
        EXPECT(got == value, "rank %d weight %lld is %08x, not %08x", rank, (long long)i, got, value);
    }
cleanup:
    free(memory);
}

/* The slices of all ranks, each element owned once, or all by everybody. */
static void check_slices(ls_comm *comm, run *r, const ls_reduce *reduce)
{
    int64_t covered = 0, first, last, own_first, own_last;
    for (int rank = 0; rank < ls_comm_size(comm); rank++) {
        ls_reduce_slice_of(reduce, rank, &first, &last);
        covered += last - first;
        if (rank != ls_comm_rank(comm))
            continue;
        ls_reduce_slice(reduce, &own_first, &own_last);
        EXPECT(first == own_first && last == own_last, "slice and slice_of differ on rank %d", rank);
    }
    int64_t expected = ls_reduce_replicated(reduce) ? r->n * ls_comm_size(comm) : r->n;
    EXPECT(covered == expected, "slices cover %lld elements of %lld", (long long)covered, (long long)expected);
}

void share(const ls_comm *comm, run *r, ls_reduce *reduce)
{
    int expected = 0, found = 0;
    TRY(ls_reduce_share(reduce));
    for (int rank = 0; rank < comm->size; rank++) {
        const bool near = rank != comm->rank && comm->hosts[rank] == comm->hosts[comm->rank];
        const int members = reduce->members, groups_apart = rank / members ^ comm->rank / members;
        const bool partner =
            groups_apart == 0 || (rank % members == comm->rank % members && (groups_apart & (groups_apart - 1)) == 0);
        expected += near && partner;
        found += ls_shared_with(&reduce->shared, rank) != NULL;
    }
    EXPECT(ls_reduce_replicated(reduce) || found == expected, "rank %d shares with %d ranks, not %d", comm->rank, found,
           expected);
cleanup:
    return;
}

static void run_plan(ls_comm *comm, void *user)
{
    plan *all = user;
    for (int i = 0; i < all->count; i++) {
        run *r = &all->runs[i];
        ls_reduce *reduce = NULL;
        for (int rank = 0; rank < comm->size; rank++)
            comm->hosts[rank] = r->per_host > 0 ? (uint64_t)(rank / r->per_host) : 0;
        TRY(ls_reduce_create_limit(comm, r->n, r->cuts, r->shards, WIDTH, r->scheme, add_in_time, NULL, r->small, 16,
                                   &reduce));
        if (r->shared)
            share(comm, r, reduce);
        EXPECT(!r->common || ls_reduce_may_have_common(reduce), "weights may not be in common");
        if (r->common)
            ls_reduce_have_common(reduce);
        EXPECT(r->scheme == LS_REDUCE_AUTO || ls_reduce_scheme_of(reduce) == r->scheme, "scheme changed");
        check_slices(comm, r, reduce);
        reduce_once(comm, r, reduce, r->hold, 0);
        reduce_once(comm, r, reduce, false, 1);
        for (int turn = 2; r->hold && turn < TURNS; turn++) /* twice in a row */
            reduce_once(comm, r, reduce, true, turn);
    cleanup:
        ls_reduce_destroy(reduce);
    }
}

/* ---- plans -------------------------------------------------------------------------------------- */

void plan_add(plan *all, int ranks, int64_t shards, int64_t n, ls_reduce_scheme scheme, int64_t small)
{
    run *r = &all->runs[all->count++];
    uint32_t *total = malloc((size_t)n * sizeof *total + 1);
    tree_symbols(0, shards, n, total);
    *r = (run){.n = n, .shards = shards, .scheme = scheme, .small = small, .total = total};
    for (int c = 0; c < WIDTH; c++)
        r->numbers[c] = tree_number(0, shards, c);
    r->bits = ranks >= 32 ? 0xffffffffu : (1u << ranks) - 1;
    r->tally = (uint32_t)ranks * 0x90000001u + (uint32_t)(ranks * (ranks - 1) / 2);
}

void plan_run(plan *all, int ranks)
{
    assert_true(comm_threads_run(ranks, 60, run_plan, all));
    for (int i = 0; i < all->count; i++) {
        run *r = &all->runs[i];
        if (r->failure[0])
            fail_msg("%lld shards on %d ranks, n %lld, scheme %d, small %lld: %s", (long long)r->shards, ranks,
                     (long long)r->n, (int)r->scheme, (long long)r->small, r->failure);
        free((void *)r->total);
        free(r->common);
    }
    all->count = 0;
}
