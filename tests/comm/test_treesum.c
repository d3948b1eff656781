/* Sums over the tree of leaves: for many numbers of leaves and ranks, every rank gets what one rank adds up, whichever
 * way the sums travel and in whatever slices. Ranks are threads. */
#include "base/tree.h"
#include "comm/treesum.h"
#include "comm_threads.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { WIDTH = 7, MOST_LEAVES = 40, FEW_RANKS = 9, MOST_RANKS = 48 };

/* Summands of very different size, so that rounding depends on the grouping. */
static double leaf(int64_t number, int column)
{
    const uint32_t x = (uint32_t)(number * WIDTH + column + 1) * 2654435761u;
    return (1 + (double)x / 4294967296.0) * (double)(INT64_C(1) << x % 50);
}

static void sum_node(ls_tree_node node, double *sum)
{
    double values[LS_TREE_MAX_NODES * WIDTH], value[WIDTH];
    ls_tree_stack stack;
    ls_tree_stack_start(&stack, WIDTH, values);
    for (int64_t l = node.first; l < node.first + node.size; l++) {
        for (int c = 0; c < WIDTH; c++)
            value[c] = leaf(l, c);
        ls_tree_stack_push(&stack, l, value);
    }
    memcpy(sum, values, WIDTH * sizeof *sum);
}

static void sum_all(int64_t leaves, double *sum)
{
    ls_tree_node nodes[LS_TREE_MAX_NODES];
    double partials[LS_TREE_MAX_NODES * WIDTH];
    const int count = ls_tree_nodes(0, leaves, nodes);
    for (int k = 0; k < count; k++)
        sum_node(nodes[k], partials + (int64_t)k * WIDTH);
    ls_tree_sum(nodes, count, WIDTH, partials, sum);
}

typedef struct run {
    int64_t leaves, most_bytes;
    bool in_place; /* the total into the first row */
    bool by_cost;  /* who owns which leaves */
    int failures[MOST_RANKS];
    double vectors[MOST_RANKS]; /* sent for a sum */
    int subtrees[MOST_RANKS];
} run;

/* Twice, the second time narrower. */
static void sum_here(ls_comm *comm, void *user)
{
    run *r = user;
    const int rank = ls_comm_rank(comm), size = ls_comm_size(comm);
    double want[WIDTH];
    ls_treesum *sum;
    sum_all(r->leaves, want);
    ls_division division = ls_division_plain(r->leaves, size);
    if (r->by_cost && ls_division_create(r->leaves, size, &division) != LS_OK)
        abort();
    r->failures[rank] = ls_treesum_create(comm, &division, WIDTH, r->most_bytes, "test", &sum) != LS_OK;
    for (int width = WIDTH; r->failures[rank] == 0 && width >= 3; width -= 4) {
        ls_tree_node nodes[LS_TREE_MAX_NODES];
        double mine[LS_TREE_MAX_NODES * WIDTH] = {0}, apart[WIDTH], full[WIDTH];
        double *total = r->in_place ? mine : apart;
        const int count = ls_division_nodes(&division, rank, nodes);
        for (int k = 0; k < count; k++) {
            sum_node(nodes[k], full);
            memcpy(mine + (int64_t)k * width, full, (size_t)width * sizeof *mine);
        }
        r->failures[rank] += ls_treesum_run(sum, width, mine, total) != LS_OK;
        r->failures[rank] += memcmp(total, want, (size_t)width * sizeof *want) != 0;
    }
    ls_treesum_destroy(sum);
    r->vectors[rank] = (double)ls_comm_bytes_sent(comm) / ((WIDTH + 3) * sizeof(double));
    r->subtrees[rank] = ls_division_nodes(&division, rank, (ls_tree_node[LS_TREE_MAX_NODES]){{0, 0}});
    ls_division_free(&division);
}

static void every_split_gives_the_tree(void **state)
{
    static const int64_t most_bytes[] = {1 << 20, 1, 300};
    (void)state;
    for (int ranks = 1; ranks <= FEW_RANKS; ranks++)
        for (int64_t leaves = 1; leaves <= MOST_LEAVES; leaves += leaves % 7 ? 1 : 4) {
            run r = {.leaves = leaves,
                     .most_bytes = most_bytes[leaves % 3],
                     .in_place = (leaves + ranks) % 2,
                     .by_cost = ranks % 4 != 0};
            assert_true(comm_threads_run(ranks, 60, sum_here, &r));
            for (int k = 0; k < ranks; k++)
                if (r.failures[k] != 0)
                    fail_msg("%d ranks, %lld leaves: rank %d", ranks, (long long)leaves, k);
        }
}

/* Up the tree a rank sends each of its subtrees' sums once at most, and the total down to few. */
static void many_ranks_send_little(void **state)
{
    (void)state;
    run r = {.leaves = 1000, .most_bytes = 1};
    assert_true(comm_threads_run(MOST_RANKS, 60, sum_here, &r));
    for (int k = 0; k < MOST_RANKS; k++)
        if (r.failures[k] != 0 || r.vectors[k] > r.subtrees[k] + 6)
            fail_msg("rank %d: %d failures, %g vectors sent, %d subtrees", k, r.failures[k], r.vectors[k],
                     r.subtrees[k]);
}

/* One other's sums, or all subtrees' while these are no more than `most_bytes`. */
static void bytes_follow_the_way(void **state)
{
    const int64_t one = WIDTH * (int64_t)sizeof(double);
    ls_tree_node nodes[LS_TREE_MAX_NODES];
    (void)state;
    const ls_division pairs = ls_division_plain(8, 4), odd = ls_division_plain(7, 3);
    int64_t all = 0;
    for (int r = 0; r < 3; r++)
        all += ls_division_nodes(&odd, r, nodes) * one;
    assert_int_equal(ls_treesum_bytes(&pairs, WIDTH, 1 << 20), one);
    assert_int_equal(ls_treesum_bytes(&odd, WIDTH, all), all);
    assert_int_equal(ls_treesum_bytes(&odd, WIDTH, all - 1), one);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(every_split_gives_the_tree),
                                       cmocka_unit_test(many_ranks_send_little),
                                       cmocka_unit_test(bytes_follow_the_way)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
