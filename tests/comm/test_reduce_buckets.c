/* Halving in buckets: for 2 to 16 ranks and several cuttings, given in any rhythm, every sum is the contract's tree,
 * every element has one owner, nothing is updated before the header is complete on all ranks, and the weights are back
 * from the first bucket on. Ranks are threads. */
#include "comm/reduce_internal.h"
#include "comm_threads.h"
#include "symbols.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

enum { WIDTH = SYMBOLS_WIDTH, SHARDS = 32, MOST_RANKS = 16, MOST = 2400, STEPS = 4 };

typedef struct run {
    ls_reduce_cuts bounds;
    int ranks;
    bool hold;
    int refused_step; /* by all; -1: none */
    char failure[MOST_RANKS][128];
} run;

/* One rank in one step. */
typedef struct owner {
    run *r;
    const ls_reduce *reduce;
    int rank, step;
    bool begun;
    int64_t updated;
    int64_t given, released; /* from these elements on */
    float *w;
    const uint32_t *total;
} owner;

#define EXPECT(o, condition)                                                                                           \
    ((condition)                                                                                                       \
         ? (void)0                                                                                                     \
         : (void)snprintf((o)->r->failure[(o)->rank], 128, "step %d, line %d: %s", (o)->step, __LINE__, #condition))

static uint32_t weight(const owner *o, int64_t i)
{
    return mix(o->total[i], (uint32_t)o->step);
}

static bool begin(void *user, const ls_reduce_header *total)
{
    owner *o = user;
    EXPECT(o, !o->begun);
    EXPECT(o, total->bits == (1u << o->r->ranks) - 1);
    EXPECT(o, total->tally == (uint32_t)o->r->ranks * 0x90000001u);
    for (int c = 0; c < WIDTH; c++)
        EXPECT(o, total->sums[c] == tree_number(0, SHARDS, c));
    o->begun = true;
    return o->step != o->r->refused_step;
}

static void apply(void *user, int64_t first, int64_t n, const float *sum)
{
    owner *o = user;
    bool owned = false;
    EXPECT(o, o->begun);
    EXPECT(o, o->step != o->r->refused_step);
    for (int k = 0; k < ls_reduce_ranges(o->reduce); k++) {
        const ls_reduce_range range = ls_reduce_range_of(o->reduce, o->rank, k);
        owned = owned || (range.first == first && range.last == first + n);
    }
    EXPECT(o, owned);
    EXPECT(o, first >= o->released);
    EXPECT(o, memcmp(sum, o->total + first, (size_t)n * sizeof *sum) == 0);
    for (int64_t i = first; i < first + n; i++) {
        const uint32_t value = weight(o, i);
        memcpy(o->w + i, &value, sizeof value);
    }
    o->updated += n;
}

static void check_back(const owner *o, int64_t n)
{
    for (int64_t i = 0; i < n; i++) {
        uint32_t got;
        memcpy(&got, o->w + i, sizeof got);
        EXPECT(o, got == weight(o, i));
    }
}

static int64_t check_owners(const owner *o)
{
    int64_t covered = 0, own = 0;
    for (int rank = 0; rank < o->r->ranks; rank++)
        for (int k = 0; k < ls_reduce_ranges(o->reduce); k++) {
            const ls_reduce_range range = ls_reduce_range_of(o->reduce, rank, k);
            EXPECT(o, range.first <= range.last && (range.first % 16 == 0 || range.first == range.last));
            covered += range.last - range.first;
            own += rank == o->rank ? range.last - range.first : 0;
        }
    EXPECT(o, covered == o->r->bounds.at[o->r->bounds.count - 1]);
    return own;
}

static void step(owner *o, ls_reduce *reduce, float *gradient, const ls_tree_node *node)
{
    const run *r = o->r;
    const int64_t n = r->bounds.at[r->bounds.count - 1];
    double sums[WIDTH];
    ls_reduce_header header = {sums, 1u << o->rank, 0x90000001u};
    const ls_reduce_update update = {begin, apply, o, r->hold};
    for (int c = 0; c < WIDTH; c++)
        sums[c] = tree_number(node->first, node->size, c);
    EXPECT(o, ls_reduce_rest(reduce) == LS_OK); /* or `w` would be looked at too early below */
    o->begun = false;
    o->updated = 0;
    o->released = n;
    ls_reduce_open(reduce, gradient, &header, &update, o->w);
    tree_symbols(node->first, node->size, n, (uint32_t *)(void *)gradient);
    for (int k = 0; k < (int)r->bounds.count - 1; k++) {
        for (int moves = 0; moves < (o->rank + k + o->step) % 5; moves++)
            ls_reduce_move(reduce);
        ls_reduce_give(reduce);
        o->given = r->bounds.at[r->bounds.count - 2 - k];
        if ((o->rank + k) % 3 > 0 || k == (int)r->bounds.count - 2) {
            o->released = o->given;
            ls_reduce_release(reduce);
        }
    }
    EXPECT(o, ls_reduce_close(reduce) == LS_OK);
    EXPECT(o, o->begun);
    if (o->step == r->refused_step) {
        EXPECT(o, o->updated == 0);
        return;
    }
    EXPECT(o, o->updated == check_owners(o));
    if (r->hold)
        EXPECT(o, ls_reduce_spread(reduce, o->w) == LS_OK);
    for (int64_t k = 1; k < r->bounds.count; k += 2) {
        EXPECT(o, ls_reduce_need(reduce, r->bounds.at[k]) == LS_OK);
        check_back(o, r->bounds.at[k]);
    }
    EXPECT(o, ls_reduce_rest(reduce) == LS_OK);
    check_back(o, n);
}

static void steps(ls_comm *comm, void *user)
{
    run *r = user;
    const int rank = ls_comm_rank(comm);
    const int64_t n = r->bounds.at[r->bounds.count - 1];
    float *memory = calloc((size_t)(3 * n + 1), sizeof *memory);
    owner o = {.r = r, .rank = rank, .w = memory};
    const ls_tree_node *nodes;
    ls_reduce *reduce;
    tree_symbols(0, SHARDS, n, (uint32_t *)(void *)(memory + 2 * n));
    o.total = (const uint32_t *)(const void *)(memory + 2 * n);
    EXPECT(&o, ls_reduce_create_buckets(comm, n, &r->bounds, SHARDS, WIDTH, add_symbols, NULL, &reduce) == LS_OK);
    if (reduce) {
        o.reduce = reduce;
        EXPECT(&o, ls_reduce_nodes(reduce, &nodes) == 1);
        for (o.step = 0; o.step < STEPS; o.step++)
            step(&o, reduce, memory + n, &nodes[0]);
    }
    ls_reduce_destroy(reduce);
    free(memory);
}

static const int64_t one[] = {0, MOST}, few[] = {0, 1024, 1040, 1056, 2080, MOST}, short_ones[] = {0, 16, 32, 37};
static const int64_t many[] = {0, 160, 320, 480, 640, 800, 960, 1120, 1280, 1440, 1600, 1760, 1920, 2080, 2240, MOST};
static const ls_reduce_cuts cuttings[] = {{2, one}, {6, few}, {4, short_ones}, {16, many}};

static void every_cutting_gives_the_tree(void **state)
{
    (void)state;
    for (int ranks = 2; ranks <= MOST_RANKS; ranks *= 2)
        for (size_t c = 0; c < sizeof cuttings / sizeof *cuttings; c++)
            for (int how = 0; how < 3; how++) {
                run r = {.bounds = cuttings[c], .ranks = ranks, .hold = how == 1, .refused_step = how == 2 ? 1 : -1};
                assert_true(comm_threads_run(ranks, 60, steps, &r));
                for (int k = 0; k < ranks; k++)
                    if (r.failure[k][0])
                        fail_msg("%d ranks, cutting %zu, way %d, rank %d: %s", ranks, c, how, k, r.failure[k]);
            }
}

static void refuse(ls_comm *comm, void *user)
{
    bool *refused = user;
    ls_reduce *reduce;
    refused[ls_comm_rank(comm)] =
        ls_reduce_create_buckets(comm, MOST, &cuttings[0], SHARDS, 0, add_symbols, NULL, &reduce) == LS_ERR_USAGE;
    ls_reduce_destroy(reduce);
}

static void other_numbers_of_ranks_are_refused(void **state)
{
    bool refused[3] = {false};
    (void)state;
    assert_true(comm_threads_run(3, 60, refuse, refused));
    assert_true(refused[0] && refused[1] && refused[2]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(every_cutting_gives_the_tree),
                                       cmocka_unit_test(other_numbers_of_ranks_are_refused)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
