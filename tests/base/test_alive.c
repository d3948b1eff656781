/* A call that stands still: whoever waits is told meanwhile, for a while. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/alive.h"

#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <time.h>

double __wrap_ls_clock(void);

static atomic_int told, readings; /* words, looks at the clock */
static double seconds;            /* between two looks */

double __wrap_ls_clock(void)
{
    return seconds * atomic_fetch_add(&readings, 1);
}

static void tell(void *user)
{
    atomic_fetch_add((atomic_int *)user, 1);
}

typedef struct call {
    atomic_int *wanted; /* goes on once this has come that far */
    int number;
    bool done, came, signals_blocked;
    pthread_t thread;
} call;

static void stand_still(void *user)
{
    call *c = user;
    sigset_t blocked;
    c->thread = pthread_self();
    c->signals_blocked = pthread_sigmask(SIG_SETMASK, NULL, &blocked) == 0 && sigismember(&blocked, SIGTERM) == 1;
    for (int i = 0; c->wanted && atomic_load(c->wanted) < c->number && i < 10000; i++)
        nanosleep(&(struct timespec){.tv_nsec = 1000000}, NULL);
    c->came = c->wanted && atomic_load(c->wanted) >= c->number;
    c->done = true;
}

static void reset(double between)
{
    atomic_store(&told, 0);
    atomic_store(&readings, 0);
    seconds = between;
}

/* The call ends when this thread has spoken three times. */
static void test_tells_meanwhile(void **state)
{
    (void)state;
    call c = {.wanted = &told, .number = 3};
    reset(0);
    ls_alive_set(tell, &told);
    ls_alive_during(stand_still, &c);
    ls_alive_set(NULL, NULL);
    assert_true(c.done && c.came);
    assert_false(pthread_equal(c.thread, pthread_self()));
    assert_true(c.signals_blocked);
}

/* What lasts too long may be hanging. */
static void test_not_for_ever(void **state)
{
    (void)state;
    call c = {.wanted = &readings, .number = 6};
    reset(0.4 * LS_ALIVE_LONGEST);
    ls_alive_set(tell, &told);
    ls_alive_during(stand_still, &c);
    ls_alive_set(NULL, NULL);
    assert_true(c.done && c.came);
    assert_int_equal(atomic_load(&told), 2);
}

static void test_nobody_waits(void **state)
{
    (void)state;
    call c = {0};
    ls_alive_during(stand_still, &c);
    assert_true(c.done);
    assert_true(pthread_equal(c.thread, pthread_self()));
    assert_false(c.signals_blocked);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_tells_meanwhile),
        cmocka_unit_test(test_not_for_ever),
        cmocka_unit_test(test_nobody_waits),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
