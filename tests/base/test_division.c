/* Which leaves each owner has: all of them once, evenly, in few subtrees. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/division.h"
#include "base/tree.h"

#include <stdbool.h>

static ls_division divide(int64_t leaves, int owners)
{
    ls_division d;
    assert_int_equal(ls_division_create(leaves, owners, &d), LS_OK);
    return d;
}

/* Runs follow each other; none is empty where there are leaves for all. */
static void check_cover(const ls_division *d)
{
    ls_tree_node nodes[LS_TREE_MAX_NODES];
    int64_t next = 0;
    for (int r = 0; r < d->owners; r++) {
        int64_t first, last;
        ls_division_run(d, r, &first, &last);
        assert_int_equal(first, next);
        assert_true(last > first || d->owners > d->leaves);
        assert_true(ls_tree_nodes(first, last, nodes) <= d->subtrees);
        if (last > first) {
            assert_int_equal(ls_division_owner(d, first), r);
            assert_int_equal(ls_division_owner(d, last - 1), r);
        }
        next = last;
    }
    assert_int_equal(next, d->leaves);
}

static void test_all_leaves_have_one_owner(void **state)
{
    (void)state;
    for (int64_t leaves = 1; leaves <= 2048; leaves *= 2)
        for (int owners = 1; owners <= 140; owners++) {
            ls_division d = divide(leaves, owners);
            check_cover(&d);
            ls_division_free(&d);
        }
    for (int64_t leaves = 0; leaves < 50; leaves++) { /* no power of two: by number */
        ls_division d = divide(leaves, 7), plain = ls_division_plain(leaves, 7);
        check_cover(&d);
        assert_int_equal(d.groups, 1);
        assert_int_equal(d.subtrees, plain.subtrees);
        ls_division_free(&d);
    }
}

static void test_powers_of_two_have_one_subtree_each(void **state)
{
    (void)state;
    for (int owners = 1; owners <= 1024; owners *= 2) {
        ls_division d = divide(1024, owners);
        assert_int_equal(d.groups, owners);
        assert_int_equal(d.subtrees, 1);
        assert_true(ls_division_unevenness(&d) == 1);
        ls_division_free(&d);
    }
}

static int odd_part(int value)
{
    return value / (value & -value);
}

/* What the design promises: within 15 % of even wherever there are eight shards a rank, with at most four subtrees, and
 * three where the odd part of the number of ranks is small. */
static void test_even_and_few(void **state)
{
    (void)state;
    for (int64_t leaves = 16; leaves <= 65536; leaves *= 2)
        for (int owners = 2; owners <= 128 && 8 * owners <= leaves; owners++) {
            ls_division d = divide(leaves, owners);
            const int most = odd_part(owners) <= 7 ? 3 : 4;
            if (d.subtrees > most || ls_division_unevenness(&d) > LS_DIVISION_UNEVEN)
                fail_msg("%d of %lld: %d subtrees, %.3f", owners, (long long)leaves, d.subtrees,
                         ls_division_unevenness(&d));
            ls_division_free(&d);
        }
}

/* Where there are fewer, as even as whole shards can be. */
static void test_few_leaves(void **state)
{
    (void)state;
    for (int64_t leaves = 2; leaves <= 256; leaves *= 2)
        for (int owners = 1; owners <= leaves; owners++) {
            ls_division d = divide(leaves, owners);
            const double ceiling = (double)((leaves + owners - 1) / owners) * owners / (double)leaves;
            const double most = ceiling > LS_DIVISION_UNEVEN ? ceiling : LS_DIVISION_UNEVEN;
            assert_true(ls_division_unevenness(&d) <= most + 1e-9);
            ls_division_free(&d);
        }
}

static void test_known_boundaries(void **state)
{
    static const int64_t three[] = {0, 256, 640, 1024};
    (void)state;
    ls_division d = divide(1024, 3);
    for (int i = 0; i <= 3; i++)
        assert_int_equal(d.begin[i], three[i]);
    ls_division_free(&d);
    d = divide(8, 7);
    int longer = 0;
    for (int r = 0; r < 7; r++) {
        int64_t first, last;
        ls_division_run(&d, r, &first, &last);
        longer += last - first == 2;
        assert_true(last - first <= 2);
    }
    assert_int_equal(longer, 1);
    ls_division_free(&d);
    d = divide(1024, 48); /* 16 groups of three */
    assert_int_equal(d.groups, 16);
    assert_int_equal(d.members, 3);
    for (int i = 0; i <= 3; i++)
        assert_int_equal(d.begin[i], three[i] / 16);
    ls_division_free(&d);
}

static void neighbours(int64_t leaves, int owners, int as_fast, int faster)
{
    int b, a;
    ls_division d = divide(leaves, owners);
    assert_int_equal(ls_division_neighbours(&d, &b, &a), LS_OK);
    assert_int_equal(b, as_fast);
    assert_int_equal(a, faster);
    ls_division_free(&d);
}

static void test_better_numbers(void **state)
{
    (void)state;
    neighbours(64, 48, 32, 64);
    neighbours(1024, 127, 0, 128);
    neighbours(64, 12, 0, 14);
    neighbours(8, 7, 4, 8);
    neighbours(8, 12, 8, 0);
    neighbours(8, 2, 0, 3);
    neighbours(8, 1, 0, 2);
}

static void remark(int64_t leaves, int owners, const char *expected)
{
    ls_text text = {0};
    ls_division d = divide(leaves, owners);
    assert_int_equal(ls_division_remark(&d, &text), LS_OK);
    assert_string_equal(ls_text_string(&text), expected);
    ls_text_free(&text);
    ls_division_free(&d);
}

static void test_remarks(void **state)
{
    (void)state;
    remark(64, 16, "");
    remark(64, 48,
           "48 ranks share 64 shards unevenly: the busiest has 2, the mean is 1.3; 32 would be as fast, 64 faster");
    remark(64, 12, "12 ranks share 64 shards unevenly: the busiest has 6, the mean is 5.3; 14 would be faster");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_all_leaves_have_one_owner),
        cmocka_unit_test(test_powers_of_two_have_one_subtree_each),
        cmocka_unit_test(test_even_and_few),
        cmocka_unit_test(test_few_leaves),
        cmocka_unit_test(test_known_boundaries),
        cmocka_unit_test(test_better_numbers),
        cmocka_unit_test(test_remarks),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
