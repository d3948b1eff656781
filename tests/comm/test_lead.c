/* Rank 0 works and the others wait: orders reach all in their order, work that goes on for longer than the timeout is
 * waited for as long as it says so, and a failure of the work is everybody's. Ranks are threads. */
#include "base/alive.h"
#include "comm/lead.h"
#include "comm_threads.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

enum { MOST_RANKS = 9, ORDERS = 20 };

typedef struct run {
    bool silent; /* work does not say that it goes on */
    bool fails;
    int pieces; /* of 0.2 s */
    ls_status status[MOST_RANKS];
    char message[MOST_RANKS][128];
    int64_t sum[MOST_RANKS]; /* of the arguments that came */
    int orders[MOST_RANKS];
} run;

typedef struct part {
    run *r;
    ls_comm *comm;
} part;

static ls_status work(void *user, ls_lead *lead)
{
    const part *p = user;
    for (int i = 0; i < ORDERS; i++)
        LS_TRY(ls_lead_order(lead, &(ls_order){i % 3, {i, 2 * i, 0, INT64_MAX}}));
    for (int i = 0; i < p->r->pieces; i++) {
        nanosleep(&(struct timespec){.tv_nsec = 200000000}, NULL);
        if (!p->r->silent)
            ls_alive();
    }
    return p->r->fails ? ls_fail(LS_ERR_OUTPUT, "the disk is full") : LS_OK;
}

static ls_status obey(void *user, const ls_order *order)
{
    const part *p = user;
    const int rank = ls_comm_rank(p->comm);
    if (order->what == p->r->orders[rank] % 3 && order->argument[3] == INT64_MAX)
        p->r->sum[rank] += order->argument[1] - order->argument[0];
    p->r->orders[rank]++;
    return LS_OK;
}

static void take_part(ls_comm *comm, void *user)
{
    part p = {user, comm};
    const ls_lead_parts parts = {.work = work, .obey = obey, .user = &p, .what = "rank 0 works"};
    const int rank = ls_comm_rank(comm);
    p.r->status[rank] = ls_lead_work(comm, &parts);
    (void)snprintf(p.r->message[rank], sizeof p.r->message[rank], "%s", ls_error_message());
}

static void test_orders(void **state)
{
    (void)state;
    for (int size = 1; size <= MOST_RANKS; size++) {
        run r = {.fails = size % 2};
        assert_true(comm_threads_run(size, 60, take_part, &r));
        for (int rank = 0; rank < size; rank++) {
            assert_int_equal(r.status[rank], r.fails ? LS_ERR_OUTPUT : LS_OK);
            if (r.fails)
                assert_string_equal(r.message[rank], "the disk is full");
            assert_int_equal(r.orders[rank], rank == 0 ? 0 : ORDERS);
            assert_int_equal(r.sum[rank], rank == 0 ? 0 : ORDERS * (ORDERS - 1) / 2);
        }
    }
}

static void test_longer_than_the_timeout(void **state)
{
    (void)state;
    run r = {.pieces = 20};
    assert_true(comm_threads_run(3, 2, take_part, &r));
    for (int rank = 0; rank < 3; rank++)
        assert_int_equal(r.status[rank], LS_OK);
    run silent = {.pieces = 20, .silent = true};
    assert_true(comm_threads_run(3, 2, take_part, &silent));
    for (int rank = 1; rank < 3; rank++)
        assert_int_equal(silent.status[rank], LS_ERR_PEER);
}

/* Nobody is told outside. */
static void test_afterwards(void **state)
{
    (void)state;
    run r = {.fails = false};
    assert_true(comm_threads_run(1, 0, take_part, &r));
    ls_alive();
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_orders), cmocka_unit_test(test_longer_than_the_timeout),
                                       cmocka_unit_test(test_afterwards)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
