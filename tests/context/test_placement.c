/* How ranks, threads and hosts are told. */
#include "comm/comm_internal.h"
#include "context/placement.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

/* `hosts`: a letter for each rank. */
static void expect(const char *hosts, int fewest, int most, const char *expected)
{
    char text[LS_PLACEMENT_MAX];
    uint64_t names[64];
    ls_comm comm = {.size = (int)strlen(hosts), .hosts = names};
    for (int r = 0; r < comm.size; r++)
        names[r] = (uint64_t)hosts[r];
    ls_placement_put(&comm, fewest, most, text);
    assert_string_equal(text, expected);
}

static void test_one_host(void **state)
{
    (void)state;
    expect("a", 1, 1, "1 rank x 1 thread");
    expect("a", 8, 8, "1 rank x 8 threads");
    expect("aaaa", 1, 2, "4 ranks x 1 to 2 threads");
}

static void test_hosts(void **state)
{
    (void)state;
    expect("ab", 1, 1, "2 hosts x 1 rank x 1 thread");
    expect("aaaabbbb", 8, 8, "2 hosts x 4 ranks x 8 threads");
    expect("aaaabbbbcc", 8, 8, "3 hosts with 4, 4, 2 ranks (uneven) x 8 threads");
    expect("aab", 4, 16, "2 hosts with 2, 1 ranks (uneven) x 4 to 16 threads");
    expect("aaabbccddeeffgghhii", 2, 2, "9 hosts with 2 to 3 ranks (uneven) x 2 threads");
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_one_host), cmocka_unit_test(test_hosts)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
