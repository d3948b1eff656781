/* The reduction's order: for every number of shards up to 256 and every number of ranks up to it, the result
 * of every scheme is the contract's tree. The vectors hold symbols instead of numbers: "adding" mixes two bit
 * patterns by a function that is neither commutative nor associative, so any other order, grouping or side
 * gives another symbol. Ranks are threads. */
#include "reduce_plans.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

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
        cmocka_unit_test(every_rank_owns_a_slice),
        cmocka_unit_test(ranks_without_shards_take_part),
        cmocka_unit_test(odd_shard_counts),
        cmocka_unit_test(automatic_scheme),
        cmocka_unit_test(refused_scheme),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
