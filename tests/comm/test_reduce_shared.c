/* Ranks that work side by side in a step of the reduction, on one host or several: they read each other's memory, keep
 * pace with a slower one, hold their weights, or have them in common; the sums are the tree's all the same. Symbols for
 * numbers, and threads for ranks. */
#include "reduce_plans.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

/* ---- memory that ranks share ---- */

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

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(partners_share_memory),
        cmocka_unit_test(weights_in_common),
        cmocka_unit_test(common_needs_one_host),
        cmocka_unit_test(one_cannot_share),
        cmocka_unit_test(slices_are_whole_and_weights_held),
        cmocka_unit_test(partners_keep_pace),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
