/* The tree of summation against a recursive oracle written straight from the contract: split at the largest
 * power of two below n, lower index on the left. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/tree.h"

#define LEAVES 300
#define WIDTH  3

static double leaves[LEAVES][WIDTH];

/* Magnitudes over sixteen decimal orders and both signs, so that nearly every other association gives another
 * result. */
static int fill_leaves(void **state)
{
    uint64_t random = 12345;
    (void)state;
    for (int i = 0; i < LEAVES; i++) {
        for (int j = 0; j < WIDTH; j++) {
            random = random * 6364136223846793005u + 1442695040888963407u;
            double fraction = (double)(random >> 11) * 0x1p-53 - 0.5;
            int exponent = (int)(random >> 59) * 2 - 32;
            leaves[i][j] = __builtin_ldexp(fraction, exponent);
        }
    }
    return 0;
}

static int64_t largest_power_below(int64_t n)
{
    int64_t power = 1;
    while (2 * power < n)
        power *= 2;
    return power;
}

static double oracle_sum(int64_t first, int64_t n, int j)
{
    if (n == 1)
        return leaves[first][j];
    int64_t left = largest_power_below(n);
    return oracle_sum(first, left, j) + oracle_sum(first + left, n - left, j);
}

/* Whether {first, size} is a node of the tree over [begin, begin + n). */
static bool oracle_has_node(int64_t begin, int64_t n, ls_tree_node node)
{
    if (begin == node.first && n == node.size)
        return true;
    if (n <= 1)
        return false;
    int64_t left = largest_power_below(n);
    return node.first < begin + left ? oracle_has_node(begin, left, node)
                                     : oracle_has_node(begin + left, n - left, node);
}

static void assert_same_bits(const double *found, const double *expected)
{
    uint64_t a[WIDTH], b[WIDTH];
    memcpy(a, found, sizeof a);
    memcpy(b, expected, sizeof b);
    for (int j = 0; j < WIDTH; j++) {
        if (a[j] != b[j])
            fail_msg("column %d: %a instead of %a", j, found[j], expected[j]);
    }
}

static void expect_oracle(int64_t n, const double *found)
{
    double expected[WIDTH];
    for (int j = 0; j < WIDTH; j++)
        expected[j] = oracle_sum(0, n, j);
    assert_same_bits(found, expected);
}

/* The oracle itself distinguishes orders: plain left-to-right sums differ from it. */
static void test_leaves_discriminate(void **state)
{
    int different = 0;
    (void)state;
    for (int n = 4; n <= LEAVES; n++) {
        double plain = 0;
        for (int i = 0; i < n; i++)
            plain += leaves[i][0];
        different += plain != oracle_sum(0, n, 0);
    }
    assert_in_range(different, LEAVES / 2, LEAVES);
}

static void test_siblings(void **state)
{
    (void)state;
    assert_true(ls_tree_siblings((ls_tree_node){0, 1}, (ls_tree_node){1, 1}));
    assert_false(ls_tree_siblings((ls_tree_node){1, 1}, (ls_tree_node){2, 1}));
    assert_true(ls_tree_siblings((ls_tree_node){8, 4}, (ls_tree_node){12, 4}));
    assert_false(ls_tree_siblings((ls_tree_node){4, 4}, (ls_tree_node){8, 4}));
    assert_false(ls_tree_siblings((ls_tree_node){0, 4}, (ls_tree_node){4, 2}));
    assert_false(ls_tree_siblings((ls_tree_node){0, 2}, (ls_tree_node){4, 2}));
    assert_false(ls_tree_siblings((ls_tree_node){1, 1}, (ls_tree_node){0, 1}));
}

/* For every n and run: the nodes cover the run, are nodes of the tree over n, and no two of them could merge.
 */
static void check_nodes(int64_t n, int64_t first, int64_t last)
{
    ls_tree_node nodes[LS_TREE_MAX_NODES];
    int count = ls_tree_nodes(first, last, nodes);
    int64_t next = first;
    for (int i = 0; i < count; i++) {
        assert_int_equal(nodes[i].first, next);
        assert_true(nodes[i].size > 0);
        assert_int_equal(nodes[i].size & (nodes[i].size - 1), 0);
        assert_true(oracle_has_node(0, n, nodes[i]));
        if (i > 0)
            assert_false(ls_tree_siblings(nodes[i - 1], nodes[i]));
        next += nodes[i].size;
    }
    assert_int_equal(next, first < last ? last : first);
}

static void test_nodes(void **state)
{
    (void)state;
    for (int64_t n = 1; n <= 40; n++) {
        for (int64_t first = 0; first <= n; first++) {
            for (int64_t last = first; last <= n; last++)
                check_nodes(n, first, last);
        }
    }
    for (int64_t n = 1; n <= LEAVES; n++)
        check_nodes(n, 0, n);
}

static void test_nodes_of_huge_runs(void **state)
{
    ls_tree_node nodes[LS_TREE_MAX_NODES];
    (void)state;
    assert_int_equal(ls_tree_nodes(0, INT64_MAX, nodes), 63);
    assert_int_equal(nodes[0].size, INT64_C(1) << 62);
    assert_int_equal(ls_tree_nodes(1, INT64_MAX, nodes), 124);
    assert_int_equal(nodes[0].size, 1);
    assert_int_equal(nodes[123].first, INT64_MAX - 1);
    assert_int_equal(ls_tree_nodes(5, 5, nodes), 0);
}

/* Fills partials[i] with the oracle's sum of nodes[i]. */
static void oracle_partials(const ls_tree_node *nodes, int count, double (*partials)[WIDTH])
{
    for (int i = 0; i < count; i++) {
        for (int j = 0; j < WIDTH; j++)
            partials[i][j] = oracle_sum(nodes[i].first, nodes[i].size, j);
    }
}

/* Leaves cut into three runs, as if on three ranks, in every way. */
static void test_sum_of_runs(void **state)
{
    ls_tree_node nodes[LS_TREE_MAX_NODES];
    double partials[LS_TREE_MAX_NODES][WIDTH], sum[WIDTH];
    (void)state;
    for (int64_t n = 1; n <= 40; n++) {
        for (int64_t a = 0; a <= n; a++) {
            for (int64_t b = a; b <= n; b++) {
                int count = ls_tree_nodes(0, a, nodes);
                count += ls_tree_nodes(a, b, nodes + count);
                count += ls_tree_nodes(b, n, nodes + count);
                oracle_partials(nodes, count, partials);
                ls_tree_sum(nodes, count, WIDTH, partials[0], sum);
                expect_oracle(n, sum);
            }
        }
    }
}

/* Single leaves, more than LS_TREE_MAX_NODES of them, and the maximal nodes of one run. */
static void test_sum_of_leaves(void **state)
{
    static ls_tree_node nodes[LEAVES];
    static double partials[LEAVES][WIDTH];
    double sum[WIDTH];
    (void)state;
    for (int n = 1; n <= LEAVES; n++) {
        for (int i = 0; i < n; i++)
            nodes[i] = (ls_tree_node){i, 1};
        memcpy(partials, leaves, sizeof partials);
        ls_tree_sum(nodes, n, WIDTH, partials[0], sum);
        expect_oracle(n, sum);
        int count = ls_tree_nodes(0, n, nodes);
        oracle_partials(nodes, count, partials);
        ls_tree_sum(nodes, count, WIDTH, partials[0], sum);
        expect_oracle(n, sum);
    }
}

static void test_sum_of_nothing(void **state)
{
    double sum[WIDTH] = {1, 2, 3};
    (void)state;
    ls_tree_sum(NULL, 0, WIDTH, NULL, sum);
    assert_same_bits(sum, (const double[WIDTH]){0, 0, 0});
}

/* A single leaf is handed on as it is: -0 stays -0. */
static void test_sum_of_one(void **state)
{
    const ls_tree_node node = {0, 1};
    double partial[WIDTH] = {-0.0, 1, -2}, sum[WIDTH];
    (void)state;
    ls_tree_sum(&node, 1, WIDTH, partial, sum);
    assert_same_bits(sum, (const double[WIDTH]){-0.0, 1, -2});
}

/* Pushing the leaves of a run leaves exactly its maximal nodes and their sums; for every run up to 40 leaves,
 * and for runs from 0 to any n the stack's sum is the oracle's. */
static void check_stack(int64_t first, int64_t last)
{
    ls_tree_stack stack;
    ls_tree_node nodes[LS_TREE_MAX_NODES];
    double values[LS_TREE_MAX_NODES][WIDTH], expected[LS_TREE_MAX_NODES][WIDTH], sum[WIDTH];
    int count = ls_tree_nodes(first, last, nodes);
    oracle_partials(nodes, count, expected);
    ls_tree_stack_start(&stack, WIDTH, values[0]);
    for (int64_t leaf = first; leaf < last; leaf++)
        ls_tree_stack_push(&stack, leaf, leaves[leaf]);
    assert_int_equal(stack.depth, count);
    for (int i = 0; i < count; i++) {
        assert_int_equal(stack.nodes[i].first, nodes[i].first);
        assert_int_equal(stack.nodes[i].size, nodes[i].size);
        assert_same_bits(values[i], expected[i]);
    }
    if (first == 0 && last > 0) {
        ls_tree_sum(stack.nodes, stack.depth, WIDTH, stack.values, sum);
        expect_oracle(last, sum);
    }
}

static void test_stack(void **state)
{
    (void)state;
    for (int64_t first = 0; first <= 40; first++) {
        for (int64_t last = first; last <= 40; last++)
            check_stack(first, last);
    }
    for (int64_t n = 41; n <= LEAVES; n++)
        check_stack(0, n);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_leaves_discriminate),
        cmocka_unit_test(test_siblings),
        cmocka_unit_test(test_nodes),
        cmocka_unit_test(test_nodes_of_huge_runs),
        cmocka_unit_test(test_sum_of_runs),
        cmocka_unit_test(test_sum_of_leaves),
        cmocka_unit_test(test_sum_of_nothing),
        cmocka_unit_test(test_sum_of_one),
        cmocka_unit_test(test_stack),
    };
    return cmocka_run_group_tests(tests, fill_leaves, NULL);
}
