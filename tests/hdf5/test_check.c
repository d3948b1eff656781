/* What becomes of work that crashes, loops or takes too much, when a child process tries it first. */
#include "io_test.h"

#include "base/alive.h"
#include "base/halt.h"
#include "hdf5/check.h"

#include <signal.h>
#include <sys/wait.h>
#include <time.h>

static int calls;

static ls_status fine(void *user)
{
    calls++;
    *(int *)user = 5; /* in the child's memory */
    return LS_OK;
}

static ls_status refuse(void *user)
{
    (void)user;
    return ls_fail(LS_ERR_DATA, "no such dataset");
}

static ls_status crash(void *user)
{
    (void)user;
    (void)raise(SIGSEGV);
    return LS_OK;
}

static ls_status loop(void *user)
{
    for (volatile int *i = user;; (*i)++) {
    }
    return LS_OK;
}

static ls_status leave(void *user)
{
    (void)user;
    _exit(1);
}

/* libhdf5 says so when memory is refused. */
static ls_status take_memory(void *user)
{
    (void)user;
    void *volatile block = malloc((size_t)1 << 40);
    return block != NULL ? LS_OK : ls_fail(LS_ERR_DATA, "x.h5: cannot be opened (libhdf5: memory allocation failed)");
}

static void test_ends(void **state)
{
    (void)state;
    int value = 0;
    assert_ok(ls_check("x.h5", fine, &value, 1));
    assert_int_equal(value, 0);
    assert_int_equal(calls, 0);
    assert_ok(ls_check("x.h5", refuse, NULL, 1)); /* whoever tries again is told */
    assert_fails(ls_check("x.h5", crash, NULL, 1), LS_ERR_DATA, "crashes (signal 11");
    assert_fails(ls_check("x.h5", crash, NULL, 1), LS_ERR_DATA, "x.h5: libhdf5");
    assert_fails(ls_check("x.h5", leave, NULL, 1), LS_ERR_DATA, "ends without a result");
    assert_fails(ls_check("x.h5", loop, &value, 0.05), LS_ERR_DATA, "does not come to an end");
#ifndef __SANITIZE_ADDRESS__
    assert_fails(ls_check("x.h5", take_memory, NULL, 1), LS_ERR_DATA, "more than 2 GiB");
#else
    (void)take_memory;
#endif
    assert_int_equal(waitpid(-1, NULL, WNOHANG), -1); /* no child is left */
}

/* What the child refuses, its parent refuses in the same words. */
static void test_strictly(void **state)
{
    (void)state;
    int value = 0;
    assert_ok(ls_check_strictly("x.h5", fine, &value, 1));
    assert_int_equal(value, 0);
    assert_fails(ls_check_strictly("x.h5", refuse, NULL, 1), LS_ERR_DATA, "no such dataset");
    assert_fails(ls_check_strictly("x.h5", crash, NULL, 1), LS_ERR_DATA, "crashes (signal 11");
    assert_fails(ls_check_strictly("x.h5", loop, &value, 0.05), LS_ERR_DATA, "does not come to an end");
}

static volatile sig_atomic_t stop;
static int told;

/* Comes while the child loops. */
static void ask_to_stop(void *user)
{
    (void)user;
    told++;
    stop = 1;
}

static void test_stop(void **state)
{
    (void)state;
    int value = 0;
    ls_alive_set(ask_to_stop, NULL);
    (void)ls_halt_set_flag(&stop);
    assert_fails(ls_check("x.h5", loop, &value, 1000), LS_STOPPED, "stopped on request while x.h5 was looked at");
    assert_int_equal(told, 1);
    assert_int_equal(waitpid(-1, NULL, WNOHANG), -1);
    ls_alive_set(NULL, NULL);
    ls_halt_set(NULL, NULL);
    stop = 0;
}

/* A host may ignore its children's ends. */
static void test_host_without_children(void **state)
{
    (void)state;
    int value = 0;
    (void)signal(SIGCHLD, SIG_IGN);
    assert_ok(ls_check("x.h5", fine, &value, 1));
    assert_fails(ls_check("x.h5", crash, NULL, 1), LS_ERR_DATA, "x.h5: libhdf5");
    (void)signal(SIGCHLD, SIG_DFL);
}

/* Cheap enough to be done before every run. */
static void test_time(void **state)
{
    (void)state;
    struct timespec begin, end;
    int value = 0;
    double best = 1;
    for (int i = 0; i < 5; i++) {
        (void)clock_gettime(CLOCK_MONOTONIC, &begin);
        assert_ok(ls_check("x.h5", fine, &value, 1));
        (void)clock_gettime(CLOCK_MONOTONIC, &end);
        const double seconds = (double)(end.tv_sec - begin.tv_sec) + 1e-9 * (double)(end.tv_nsec - begin.tv_nsec);
        best = seconds < best ? seconds : best;
    }
    print_message("a child process costs %.2f ms\n", 1e3 * best);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_ends), cmocka_unit_test(test_strictly),
                                       cmocka_unit_test(test_stop), cmocka_unit_test(test_host_without_children),
                                       cmocka_unit_test(test_time)};
    return cmocka_run_group_tests(tests, directory_setup, directory_teardown);
}
