/* The order in which ranks of several hosts are counted. */
#include "comm/comm_internal.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

/* Hosts are letters. */
static void expect_order(const char *hosts, const char *sorted)
{
    const int size = (int)strlen(hosts);
    uint64_t names[64] = {0};
    int order[64], last[256];
    memset(last, -1, sizeof last);
    for (int r = 0; r < size; r++)
        names[r] = (uint64_t)hosts[r] << 40; /* differ in the upper half only */
    ls_hosts_order(size, names, order);
    for (int i = 0; i < size; i++) {
        const unsigned char host = (unsigned char)sorted[i];
        assert_in_range(order[i], 0, size - 1);
        assert_int_equal(hosts[order[i]], host);
        assert_true(order[i] > last[host]); /* those of one host as they were: so each comes once */
        last[host] = order[i];
    }
    assert_int_equal(order[0], 0);
}

static void test_order(void **state)
{
    (void)state;
    expect_order("a", "a");
    expect_order("aaaa", "aaaa");
    expect_order("aabb", "aabb");
    expect_order("abab", "aabb");
    expect_order("baba", "bbaa"); /* the first stays the first, whatever its host is called */
    expect_order("abcabcab", "aaabbbcc");
    expect_order("abbbcacbba", "aaabbbbbcc");
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_order)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
