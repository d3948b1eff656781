/* Which rank is said to be slow, and why. */
#include "comm/comm_internal.h"
#include "jobs/run_spent.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

/* Four ranks on hosts a and b, of which the launcher calls the third 1. */
static char names[4][LS_COMM_HOST_CUT] = {"a", "a", "b", "b"};
static uint64_t hosts[4] = {1, 1, 2, 2};
static int given[4] = {0, 2, 1, 3};
static const ls_comm four = {.size = 4, .names = names, .hosts = hosts, .given = given};

/* The third rank takes `max` seconds where the mean is `mean`, all for compute. */
static ls_spent_report report_of(double mean, double max)
{
    ls_spent_report report = {.ranks = 4, .shards = 8, .most_shards = 2};
    report.work = (ls_spent_range){.min = mean / 2, .mean = mean, .max = max, .min_rank = 1, .max_rank = 2};
    report.kind[LS_SPENT_COMPUTE] = report.work;
    return report;
}

static void expect(const ls_comm *comm, const ls_spent_report *report, const char *expected)
{
    ls_text text = {0};
    ls_run_spent_line(&text, comm, report);
    assert_string_equal(ls_text_string(&text), expected);
    ls_text_free(&text);
}

static void test_even(void **state)
{
    (void)state;
    ls_spent_report report = report_of(20, 21.9);
    expect(&four, &report, "");
    report = report_of(1, 1.9); /* much, but of little */
    expect(&four, &report, "");
    report = report_of(0, 0);
    assert_true(ls_spent_imbalance(&report) == 0);
    expect(&four, &report, "");
}

static void test_slow(void **state)
{
    (void)state;
    ls_spent_report report = report_of(20, 27);
    expect(&four, &report,
           "rank 1 on b took 27.0s for data and compute, 35 % more than the mean of 4 ranks: is another program on its "
           "cores, or are they fewer or slower?");
    report.kind[LS_SPENT_DATA] = (ls_spent_range){.mean = 2, .max = 8, .max_rank = 2};
    expect(
        &four, &report,
        "rank 1 on b took 27.0s for data and compute, 35 % more than the mean of 4 ranks: most of it for data; is its "
        "way to the file slower, or another program using it?");
}

/* Ranks that have more to do by the plan are not called slow for other reasons. */
static void test_uneven_shards(void **state)
{
    (void)state;
    ls_comm three = four;
    three.size = 3;
    ls_spent_report report = report_of(20, 23);
    report.ranks = 3;
    report.most_shards = 3;
    expect(&three, &report,
           "rank 1 on b took 23.0s for data and compute, 15 % more than the mean of 3 ranks: it has 3 of 8 shards, and "
           "the mean is 2.67; 2 or 4 ranks have equally many");
    report.shards = 2; /* a resumed run with ranks to spare */
    report.most_shards = 1;
    expect(&three, &report,
           "rank 1 on b took 23.0s for data and compute, 15 % more than the mean of 3 ranks: it has 1 of 2 shards, and "
           "the mean is 0.667; 2 ranks have equally many");
}

static void test_uneven_hosts(void **state)
{
    (void)state;
    ls_comm uneven = four;
    uint64_t few[4] = {1, 2, 2, 2};
    uneven.hosts = few;
    ls_spent_report report = report_of(20, 27);
    expect(
        &uneven, &report,
        "rank 1 on b took 27.0s for data and compute, 35 % more than the mean of 4 ranks: b has 3 ranks, another host "
        "only 1; place them evenly");
}

static void test_json(void **state)
{
    (void)state;
    ls_text text = {0};
    ls_json json = {.text = &text};
    const ls_spent_report report = report_of(20, 27);
    ls_json_object_begin(&json);
    ls_run_spent_put(&json, &four, &report);
    ls_json_object_end(&json);
    const char *found = ls_text_string(&text);
    for (int kind = 0; kind < LS_SPENT_KINDS; kind++) {
        char key[32];
        snprintf(key, sizeof key, "\"%s\"", ls_spent_name((ls_spent_kind)kind));
        assert_non_null(strstr(found, key));
    }
    assert_non_null(strstr(found, "\"imbalance\":0.35"));
    assert_non_null(strstr(found, "\"work\":{\"min\":10,\"mean\":20,\"max\":27,\"min_rank\":2,\"min_host\":\"a\","
                                  "\"max_rank\":1,\"max_host\":\"b\"}"));
    ls_text_free(&text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_even),         cmocka_unit_test(test_slow), cmocka_unit_test(test_uneven_shards),
        cmocka_unit_test(test_uneven_hosts), cmocka_unit_test(test_json),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
