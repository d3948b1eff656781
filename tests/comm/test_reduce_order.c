/* The reduction's order: for every number of shards up to 256 and every number of ranks up to it, the result
 * of every scheme is the contract's tree. The vectors hold symbols instead of numbers: "adding" mixes two bit
 * patterns by a function that is neither commutative nor associative, so any other order, grouping or side
 * gives another symbol. Ranks are threads. */
#include "comm/reduce_internal.h"
#include "comm_threads.h"
#include "symbols.h"

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

enum { WIDTH = SYMBOLS_WIDTH, SHORT = 37, TURNS = 4 };

#define LENGTH(array) (sizeof(array) / sizeof(array)[0])

/* ---- one run on all ranks ----------------------------------------------------------------------- */

typedef struct run {
    int64_t n, shards;
    ls_reduce_scheme scheme;
    bool shared;   /* partners read each other's memory */
    bool hold;     /* new weights stay until they are spread */
    bool slow;     /* every second rank */
    int per_host;  /* ranks; 0: all on one */
    float *common; /* (TURNS, n) weights of all ranks, new ones for each step; NULL: each has its own */
    const ls_reduce_cuts *cuts;
    int64_t small;         /* up to here `direct` gives everybody everything */
    const uint32_t *total; /* (n) */
    double numbers[WIDTH];
    uint32_t bits, tally;
    char failure[512]; /* of any rank */
} run;

typedef struct plan {
    run runs[16];
    int count;
} plan;

static pthread_mutex_t failure_mutex = PTHREAD_MUTEX_INITIALIZER;

static void note(run *r, const char *format, ...) __attribute__((format(printf, 2, 3)));

static void note(run *r, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    pthread_mutex_lock(&failure_mutex);
    vsnprintf(r->failure, sizeof r->failure, format, arguments);
    pthread_mutex_unlock(&failure_mutex);
    va_end(arguments);
}

/* A failed expectation is noted and the rank goes on, since the others wait for its next message. */
#define EXPECT(condition, ...) ((condition) ? (void)0 : note(r, __VA_ARGS__))

/* A call that fails everywhere, or after which there is nothing to wait for. */
#define TRY(call)                                                                                                      \
    do {                                                                                                               \
        if ((call) != LS_OK) {                                                                                         \
            note(r, "%s: %s", #call, ls_error_message());                                                              \
            goto cleanup;                                                                                              \
        }                                                                                                              \
    } while (0)

static uint32_t weight_symbol(uint32_t sum, int64_t element)
{
    return mix(sum, (uint32_t)element);
}

/* What the owner of a slice sees and does. */
typedef struct owner {
    run *r;
    int rank;
    float *w;
    int64_t next;
} owner;

static bool begin(void *user, const ls_reduce_header *total)
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

static void apply(void *user, int64_t first, int64_t n, const float *sum)
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

/* What a pass of this rank reads is what was there before the step: nobody has an update while a rank's part is
 * missing. */
static void check_unchanged(run *r, int rank, const float *w)
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

/* With every rank of the same host that this one exchanges vectors with, and with no other. */
static void share(const ls_comm *comm, run *r, ls_reduce *reduce)
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

/* Blocks that this process has mapped. */
static int mapped(void)
{
    char line[512];
    int count = 0;
    FILE *maps = fopen("/proc/self/maps", "r");
    while (maps && fgets(line, sizeof line, maps))
        count += strstr(line, "/memfd:lockstep") != NULL;
    if (maps)
        fclose(maps);
    return count;
}

/* Rank 1 has no block to offer: rank 0 lets go of its own, once. */
static void share_with_nothing(ls_comm *comm, void *user)
{
    run *r = user;
    ls_shared shared = {0};
    const int other = 1 - comm->rank;
    TRY(ls_shared_create(&shared, 1));
    ls_shared_add(&shared, comm, other, comm->rank == 0 ? 4096 : -4096);
    TRY(ls_comm_share(comm, &shared));
    EXPECT(!ls_shared_with(&shared, other), "rank %d shares with nobody", comm->rank);
    EXPECT(!shared.own, "rank %d has a block that nobody reads", comm->rank);
cleanup:
    ls_shared_free(&shared);
}

static void one_cannot_share(void **state)
{
    (void)state;
    run r = {.n = 0};
    assert_int_equal(mapped(), 0); /* after those that did share */
    assert_true(comm_threads_run(2, 60, share_with_nothing, &r));
    assert_int_equal(mapped(), 0);
    if (r.failure[0])
        fail_msg("%s", r.failure);
}

/* ---- plans -------------------------------------------------------------------------------------- */

static void plan_add(plan *all, int ranks, int64_t shards, int64_t n, ls_reduce_scheme scheme, int64_t small)
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

/* Runs and empties the plan. */
static void plan_run(plan *all, int ranks)
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

static void every_split_gives_the_tree(void **state)
{
    (void)state;
    int pairs = 0;
    for (int shards = 1; shards <= 256; shards *= 2)
        for (int ranks = 1; ranks <= shards; ranks++, pairs++) {
            plan all = {.count = 0};
            plan_add(&all, ranks, shards, SHORT, LS_REDUCE_DIRECT, 0);
            plan_add(&all, ranks, shards, SHORT, LS_REDUCE_DIRECT, SHORT);
            if ((ranks & (ranks - 1)) == 0) {
                plan_add(&all, ranks, shards, SHORT, LS_REDUCE_HALVING, 0);
                plan_add(&all, ranks, shards, SHORT, LS_REDUCE_DOUBLING, 0);
            } else if (ranks % 2 == 0) {
                plan_add(&all, ranks, shards, SHORT, LS_REDUCE_GROUPED, 0);
                plan_add(&all, ranks, shards, 16 * ranks + 5, LS_REDUCE_GROUPED, 0);
            }
            plan_run(&all, ranks);
        }
    assert_int_equal(pairs, 511);
}

/* Ranks on one host and on several, as many on each or not, vectors of many chunks of 16: more than have a place at a
 * time. */
static void partners_share_memory(void **state)
{
    (void)state;
    for (int ranks = 2; ranks <= 16; ranks++)
        for (int per_host = ranks; per_host >= 2; per_host = per_host > 3 ? per_host / 2 : per_host - 1) {
            plan all = {.count = 0};
            for (int64_t n = 0; n < 3000; n += 373) {
                plan_add(&all, ranks, 16, n, n % 2 || (ranks & (ranks - 1)) ? LS_REDUCE_AUTO : LS_REDUCE_HALVING, 0);
                all.runs[all.count - 1].shared = true;
                all.runs[all.count - 1].per_host = per_host;
            }
            for (int held = 0; held < 4; held++) {
                plan_add(&all, ranks, 16, 1200, held & 1 ? LS_REDUCE_DIRECT : LS_REDUCE_AUTO, 0);
                all.runs[all.count - 1].slow = ranks <= 4;
                all.runs[all.count - 1].shared = true;
                all.runs[all.count - 1].hold = held & 2;
                all.runs[all.count - 1].per_host = per_host;
            }
            plan_run(&all, ranks);
        }
}

/* All ranks write what they own where all read. */
static void weights_in_common(void **state)
{
    (void)state;
    for (int ranks = 2; ranks <= 16; ranks *= 2)
        for (int64_t n = 1; n < 3000; n += 599) {
            plan all = {.count = 0};
            for (int kind = 0; kind < 4; kind++) {
                plan_add(&all, ranks, 16, n, LS_REDUCE_HALVING, 0);
                run *r = &all.runs[kind];
                r->shared = true;
                r->hold = kind & 1;
                r->slow = kind & 2 && ranks <= 4;
                r->common = calloc((size_t)(TURNS * n), sizeof *r->common);
            }
            plan_run(&all, ranks);
        }
}

/* Not where memory is shared between some partners only, nor in other schemes. */
static void question_of_common(ls_comm *comm, void *user)
{
    run *r = user;
    static const ls_reduce_scheme schemes[] = {LS_REDUCE_HALVING, LS_REDUCE_DIRECT, LS_REDUCE_DOUBLING};
    for (size_t i = 0; i < LENGTH(schemes); i++)
        for (int per_host = 4; per_host >= 1; per_host /= 2) {
            ls_reduce *reduce = NULL;
            for (int rank = 0; rank < comm->size; rank++)
                comm->hosts[rank] = (uint64_t)(rank / per_host);
            TRY(ls_reduce_create_limit(comm, r->n, NULL, 8, WIDTH, schemes[i], add_symbols, NULL, 0, 16, &reduce));
            EXPECT(!ls_reduce_may_have_common(reduce), "before memory is shared");
            TRY(ls_reduce_share(reduce));
            EXPECT(ls_reduce_may_have_common(reduce) == (i == 0 && per_host == 4), "scheme %d, %d ranks a host",
                   (int)schemes[i], per_host);
        cleanup:
            ls_reduce_destroy(reduce);
        }
}

static void common_needs_one_host(void **state)
{
    (void)state;
    plan all = {.count = 0};
    plan_add(&all, 4, 8, 1000, LS_REDUCE_HALVING, 0);
    run *r = &all.runs[0];
    assert_true(comm_threads_run(4, 60, question_of_common, r));
    if (r->failure[0])
        fail_msg("%s", r->failure);
    free((void *)r->total);
}

/* ---- cuts and holding ---- */

/* The norm blocks of 65 inputs x 17 outputs with bias, then of 17 x 3; and a vector that hardly can be cut. */
static const int64_t uneven[] = {0, 1024, 1040, 1056, 2080, 2096, 2112, 2384, 2400};
static const int64_t whole[] = {0, 1008, 1024, 2400};
static const ls_reduce_cuts cuttings[] = {{LENGTH(uneven), uneven}, {LENGTH(whole), whole}};

static void add_held(plan *all, int ranks, int64_t shards, ls_reduce_scheme scheme, bool shared)
{
    for (size_t c = 0; c < LENGTH(cuttings); c++)
        for (int hold = 0; hold < 2; hold++) {
            plan_add(all, ranks, shards, 2400, scheme, 0);
            run *r = &all->runs[all->count - 1];
            r->cuts = &cuttings[c];
            r->hold = hold;
            r->shared = shared;
        }
}

static void slices_are_whole_and_weights_held(void **state)
{
    (void)state;
    for (int shards = 1; shards <= 16; shards *= 4)
        for (int ranks = 1; ranks <= 12; ranks++) {
            plan all = {.count = 0};
            add_held(&all, ranks, shards, LS_REDUCE_DIRECT, false);
            if ((ranks & (ranks - 1)) == 0 && ranks <= shards) {
                add_held(&all, ranks, shards, LS_REDUCE_HALVING, false);
                add_held(&all, ranks, shards, LS_REDUCE_HALVING, ranks > 1);
                add_held(&all, ranks, shards, LS_REDUCE_DOUBLING, false);
            } else if (ranks % 2 == 0 && ranks <= shards) {
                add_held(&all, ranks, shards, LS_REDUCE_GROUPED, false);
            }
            plan_run(&all, ranks);
        }
}

/* ---- chunks of the caller's ---- */

/* The lower half of the vector goes in many chunks, the upper in three, and whoever keeps the many is slow: its
 * partner, who has little to do, must not run away from it, into the next step neither. No multiple of the places, so
 * that a step does not end where it began. */
enum { CHUNKED = 16 * 66, SMALL_CHUNK = 16, LARGE_CHUNK = CHUNKED / 6 };

typedef struct chunk_user {
    run *r;
    ls_reduce *reduce;
    ls_reduce_range range[2]; /* given, kept */
    float *vector;
    owner *o;
    bool hold;
} chunk_user;

static ls_reduce_range chunk_of(const chunk_user *c, bool kept, int64_t k)
{
    const int64_t length = c->range[kept].first == 0 ? SMALL_CHUNK : LARGE_CHUNK;
    const int64_t first = c->range[kept].first + k * length;
    return (ls_reduce_range){first, first + length};
}

static int64_t chunk_floats(void *user, bool kept, int64_t k)
{
    const ls_reduce_range chunk = chunk_of(user, kept, k);
    return chunk.last - chunk.first;
}

static void chunk_give(void *user, int64_t k, float *out)
{
    const chunk_user *c = user;
    memcpy(out, c->vector + chunk_of(c, false, k).first, (size_t)chunk_floats(user, false, k) * sizeof *out);
}

static void chunk_keep(void *user, int64_t k, bool lower, const float *theirs, float *weights)
{
    const chunk_user *c = user;
    run *r = c->r;
    const ls_reduce_range chunk = chunk_of(c, true, k);
    float *mine = c->vector + chunk.first;
    float *kept = ls_reduce_kept(c->reduce), *sum = kept ? kept + (chunk.first - c->range[true].first) : mine;
    EXPECT(!weights == (kept || c->hold || r->common), "weights in the first of two rounds, held or in common");
    if (c->range[true].first == 0)
        nanosleep(&(struct timespec){0, 300000}, NULL);
    add_symbols(NULL, chunk.last - chunk.first, lower ? mine : theirs, lower ? theirs : mine, sum);
    if (kept)
        return;
    apply(c->o, chunk.first, chunk.last - chunk.first, sum);
    if (weights)
        memcpy(weights, c->o->w + chunk.first, (size_t)chunk_floats(user, true, k) * sizeof *weights);
}

static void chunk_take(void *user, int64_t k, const float *weights)
{
    const chunk_user *c = user;
    run *r = c->r;
    EXPECT(!r->common, "weights are copied that are in common");
    if (c->range[true].first == 0)
        nanosleep(&(struct timespec){0, 300000}, NULL);
    memcpy(c->o->w + chunk_of(c, false, k).first, weights, (size_t)chunk_floats(user, false, k) * sizeof *weights);
}

static void reduce_chunks(ls_comm *comm, void *user)
{
    run *r = user;
    const int rank = ls_comm_rank(comm);
    chunk_user c = {.r = r, .vector = malloc(2 * CHUNKED * sizeof(float))};
    float *w = c.vector + CHUNKED;
    double sums[WIDTH];
    const ls_tree_node *nodes;
    TRY(ls_reduce_create_limit(comm, CHUNKED, r->cuts, r->shards, WIDTH, LS_REDUCE_HALVING, add_symbols, NULL, 0,
                               LARGE_CHUNK, &c.reduce));
    share(comm, r, c.reduce);
    if (r->common)
        ls_reduce_have_common(c.reduce);
    ls_reduce_nodes(c.reduce, &nodes);
    ls_reduce_first_round(c.reduce, &c.range[true], &c.range[false]);
    const int64_t half = CHUNKED / 2;
    const ls_reduce_work work = {.given = half / (c.range[false].first == 0 ? SMALL_CHUNK : LARGE_CHUNK),
                                 .kept = half / (c.range[true].first == 0 ? SMALL_CHUNK : LARGE_CHUNK),
                                 .floats = chunk_floats,
                                 .give = chunk_give,
                                 .keep = chunk_keep,
                                 .take = chunk_take,
                                 .user = &c};
    for (int turn = 0; turn < 6; turn++) { /* from the third on held, and spread the last time only */
        if (r->common)
            w = r->common + (turn < TURNS ? turn : TURNS - 1) * CHUNKED;
        if (r->common && turn < TURNS)
            check_unchanged(r, rank, w);
        owner o = {r, rank, w, 0};
        int64_t last;
        const ls_reduce_update update = {begin, apply, &o, turn > 2};
        ls_reduce_header header = {sums, 1u << rank, 0x90000001u + (uint32_t)rank};
        ls_reduce_slice(c.reduce, &o.next, &last);
        tree_symbols(nodes[0].first, nodes[0].size, CHUNKED, (uint32_t *)(void *)c.vector);
        c.o = &o;
        c.hold = update.hold;
        if (turn == 5 && !r->common)
            memset(w, 0, CHUNKED * sizeof *w);
        for (int i = 0; i < WIDTH; i++)
            sums[i] = tree_number(nodes[0].first, nodes[0].size, i);
        TRY(ls_reduce_work_step(c.reduce, &work, &header, &update, w));
        if (turn == 5)
            TRY(ls_reduce_spread(c.reduce, w));
        for (int64_t i = 0; i < CHUNKED && (!r->common || !update.hold || turn == 5); i++) {
            uint32_t got;
            memcpy(&got, w + i, 4);
            EXPECT(got == weight_symbol(r->total[i], i), "rank %d weight %lld", rank, (long long)i);
        }
    }
cleanup:
    ls_reduce_destroy(c.reduce);
    free(c.vector);
}

static void partners_keep_pace(void **state)
{
    (void)state;
    for (int i = 0; i < 4; i++) {
        const int ranks = i & 1 ? 4 : 2;
        plan all = {.count = 0};
        plan_add(&all, ranks, 8, CHUNKED, LS_REDUCE_HALVING, 0);
        run *r = &all.runs[0];
        r->common = i & 2 ? calloc(TURNS * CHUNKED, sizeof *r->common) : NULL;
        assert_true(comm_threads_run(ranks, 60, reduce_chunks, r));
        if (r->failure[0])
            fail_msg("%d ranks, %s: %s", ranks, r->common ? "weights in common" : "copies", r->failure);
        free((void *)r->total);
        free(r->common);
    }
}

/* Vectors of about one block per rank: a block too few, so that a rank has no slice (or there are no elements
 * at all), and one or two blocks too many, the last of them not full. */
static void every_rank_owns_a_slice(void **state)
{
    (void)state;
    for (int shards = 1; shards <= 32; shards *= 2)
        for (int ranks = 1; ranks <= shards; ranks++) {
            plan all = {.count = 0};
            for (int extra = -17; extra <= 21; extra += 19) {
                int64_t n = 16 * ranks + extra < 0 ? 0 : 16 * ranks + extra;
                plan_add(&all, ranks, shards, n, LS_REDUCE_DIRECT, 0);
                if ((ranks & (ranks - 1)) == 0)
                    plan_add(&all, ranks, shards, n, LS_REDUCE_HALVING, 0);
                else if (ranks % 2 == 0)
                    plan_add(&all, ranks, shards, n, LS_REDUCE_GROUPED, 0);
            }
            plan_run(&all, ranks);
        }
}

static void ranks_without_shards_take_part(void **state)
{
    (void)state;
    for (int shards = 1; shards <= 8; shards *= 2)
        for (int ranks = shards + 1; ranks <= 2 * shards + 3; ranks++) {
            plan all = {.count = 0};
            plan_add(&all, ranks, shards, SHORT, LS_REDUCE_DIRECT, 0);
            plan_add(&all, ranks, shards, 16 * ranks + 5, LS_REDUCE_DIRECT, 0);
            plan_add(&all, ranks, shards, SHORT, LS_REDUCE_DIRECT, SHORT);
            plan_add(&all, ranks, shards, SHORT, LS_REDUCE_AUTO, 0);
            plan_run(&all, ranks);
        }
}

/* The contract's tree is defined for any number of leaves; the program only makes powers of two. */
static void odd_shard_counts(void **state)
{
    (void)state;
    for (int shards = 3; shards <= 13; shards++)
        for (int ranks = 1; ranks <= shards + 1; ranks++) {
            plan all = {.count = 0};
            plan_add(&all, ranks, shards, SHORT, LS_REDUCE_AUTO, 0);
            plan_add(&all, ranks, shards, SHORT, LS_REDUCE_AUTO, SHORT);
            plan_run(&all, ranks);
        }
}

/* ---- choice of scheme --------------------------------------------------------------------------- */

typedef struct choice {
    int64_t n, shards;
    ls_reduce_scheme wanted, chosen;
    bool replicated;
    ls_status status;
    char message[256];
} choice;

static void choose_on_rank(ls_comm *comm, void *user)
{
    choice *c = user;
    ls_reduce *reduce;
    ls_status status = ls_reduce_create(comm, c->n, NULL, c->shards, 0, c->wanted, add_symbols, NULL, &reduce);
    if (ls_comm_rank(comm) == 0) {
        c->status = status;
        snprintf(c->message, sizeof c->message, "%s", ls_error_message());
        if (reduce) {
            c->chosen = ls_reduce_scheme_of(reduce);
            c->replicated = ls_reduce_replicated(reduce);
        }
    }
    ls_reduce_destroy(reduce);
}

static void expect_choice(int ranks, int64_t shards, int64_t n, ls_reduce_scheme wanted, ls_reduce_scheme chosen,
                          bool replicated)
{
    choice c = {.n = n, .shards = shards, .wanted = wanted};
    assert_true(comm_threads_run(ranks, 60, choose_on_rank, &c));
    assert_int_equal(c.status, LS_OK);
    assert_int_equal(c.chosen, chosen);
    assert_int_equal(c.replicated, replicated);
}

static void automatic_scheme(void **state)
{
    (void)state;
    expect_choice(4, 8, LS_REDUCE_SMALL, LS_REDUCE_AUTO, LS_REDUCE_DOUBLING, true);
    expect_choice(4, 8, LS_REDUCE_SMALL + 1, LS_REDUCE_AUTO, LS_REDUCE_HALVING, false);
    expect_choice(3, 8, LS_REDUCE_SMALL, LS_REDUCE_AUTO, LS_REDUCE_DIRECT, true);
    expect_choice(3, 8, LS_REDUCE_SMALL + 1, LS_REDUCE_AUTO, LS_REDUCE_DIRECT, false);
    expect_choice(4, 2, LS_REDUCE_SMALL + 1, LS_REDUCE_AUTO, LS_REDUCE_DIRECT, false);
    expect_choice(6, 8, LS_REDUCE_SMALL, LS_REDUCE_AUTO, LS_REDUCE_DIRECT, true);
    expect_choice(6, 8, LS_REDUCE_SMALL + 1, LS_REDUCE_AUTO, LS_REDUCE_GROUPED, false);
    expect_choice(24, 64, LS_REDUCE_SMALL, LS_REDUCE_AUTO, LS_REDUCE_GROUPED, false); /* much to gather */
    expect_choice(6, 8, 10, LS_REDUCE_GROUPED, LS_REDUCE_GROUPED, false);
    expect_choice(6, 4, LS_REDUCE_SMALL + 1, LS_REDUCE_AUTO, LS_REDUCE_DIRECT, false);
    expect_choice(4, 8, 10, LS_REDUCE_HALVING, LS_REDUCE_HALVING, false);
    expect_choice(1, 8, LS_REDUCE_SMALL + 1, LS_REDUCE_AUTO, LS_REDUCE_HALVING, true);
}

static void refused_scheme(void **state)
{
    (void)state;
    choice c = {.n = 100, .shards = 8, .wanted = LS_REDUCE_HALVING};
    assert_true(comm_threads_run(3, 60, choose_on_rank, &c));
    assert_int_equal(c.status, LS_ERR_USAGE);
    assert_string_equal(c.message,
                        "reduction halving needs a power of two of ranks, no more than shards, but there are "
                        "3 ranks and 8 shards: use auto or direct");
    c = (choice){.n = 100, .shards = 2, .wanted = LS_REDUCE_DOUBLING};
    assert_true(comm_threads_run(4, 60, choose_on_rank, &c));
    assert_int_equal(c.status, LS_ERR_USAGE);
    assert_non_null(strstr(c.message, "doubling"));
    c = (choice){.n = 100, .shards = 8, .wanted = LS_REDUCE_GROUPED};
    assert_true(comm_threads_run(4, 60, choose_on_rank, &c));
    assert_int_equal(c.status, LS_ERR_USAGE);
    assert_non_null(strstr(c.message, "grouped needs an even number of ranks"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_split_gives_the_tree),
        cmocka_unit_test(partners_share_memory),
        cmocka_unit_test(weights_in_common),
        cmocka_unit_test(common_needs_one_host),
        cmocka_unit_test(one_cannot_share),
        cmocka_unit_test(slices_are_whole_and_weights_held),
        cmocka_unit_test(partners_keep_pace),
        cmocka_unit_test(every_rank_owns_a_slice),
        cmocka_unit_test(ranks_without_shards_take_part),
        cmocka_unit_test(odd_shard_counts),
        cmocka_unit_test(automatic_scheme),
        cmocka_unit_test(refused_scheme),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
