/* Fault points: which passage fails and how; a text that is none is an error. */
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/clock.h"
#include "base/fault.h"

#ifdef LS_FAULTS

static void set(const char *text)
{
    setenv("LOCKSTEP_FAULT", text, 1);
}

static void test_nothing_wanted(void **state)
{
    (void)state;
    unsetenv("LOCKSTEP_FAULT");
    assert_int_equal(ls_fault("a"), LS_OK);
    set("");
    assert_int_equal(ls_fault("a"), LS_OK);
}

static void test_statuses(void **state)
{
    (void)state;
    set("a:0:error");
    assert_int_equal(ls_fault("a"), LS_ERR_DATA);
    assert_string_equal(ls_error_message(), "injected fault at a");
    set("a:0:memory");
    assert_int_equal(ls_fault("a"), LS_ERR_MEMORY);
    set("a:0:output");
    assert_int_equal(ls_fault("a"), LS_ERR_OUTPUT);
}

static void test_points_and_ranks(void **state)
{
    (void)state;
    set("a:2:error");
    assert_int_equal(ls_fault("a"), LS_OK);
    ls_fault_set_rank(2);
    assert_int_equal(ls_fault("ab"), LS_OK);
    assert_int_equal(ls_fault("a"), LS_ERR_DATA);
    set("b:*:error");
    assert_int_equal(ls_fault("b"), LS_ERR_DATA);
    ls_fault_set_rank(0);
}

static void test_hosts(void **state)
{
    (void)state;
    char host[8];
    unsetenv("LOCKSTEP_FAULT_HOSTS");
    assert_false(ls_fault_host(0, host, sizeof host));
    setenv("LOCKSTEP_FAULT_HOSTS", "a,node17", 1);
    assert_true(ls_fault_host(0, host, sizeof host));
    assert_string_equal(host, "a");
    assert_true(ls_fault_host(1, host, sizeof host));
    assert_string_equal(host, "node17");
    assert_false(ls_fault_host(2, host, sizeof host));
    setenv("LOCKSTEP_FAULT_HOSTS", "too-long-for-it,b", 1);
    assert_false(ls_fault_host(0, host, sizeof host));
    assert_true(ls_fault_host(1, host, sizeof host));
    assert_string_equal(host, "b");
    unsetenv("LOCKSTEP_FAULT_HOSTS");
}

/* Only the COUNT-th passage of that point fails; other points do not count. */
static void test_counts(void **state)
{
    (void)state;
    set("a:0:error:3");
    for (int passage = 1; passage <= 6; passage++) {
        assert_int_equal(ls_fault("b"), LS_OK);
        assert_int_equal(ls_fault("a"), passage == 3 ? LS_ERR_DATA : LS_OK);
    }
    set("c:0:error");
    assert_int_equal(ls_fault("c"), LS_ERR_DATA);
    assert_int_equal(ls_fault("c"), LS_OK);
}

static void test_malformed(void **state)
{
    static const char *const bad[] = {"a",
                                      "a:0",
                                      "a:0:",
                                      "a::error",
                                      ":0:error",
                                      "a:x:error",
                                      "a:-1:error",
                                      "a:0:explode",
                                      "a:0:error:0",
                                      "a:0:error:x",
                                      "a:0:error:-1",
                                      "a:0:error:1:2",
                                      "a:99999999999999999999:error"};
    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        set(bad[i]);
        if (ls_fault("elsewhere") != LS_ERR_USAGE)
            fail_msg("\"%s\" was accepted", bad[i]);
        assert_non_null(strstr(ls_error_message(), bad[i]));
    }
    char text[400];
    memset(text, 'p', sizeof text);
    strcpy(text + 300, ":0:error");
    set(text);
    assert_int_equal(ls_fault("elsewhere"), LS_ERR_USAGE);
    snprintf(text, sizeof text, "a:0:error:%300d", 1);
    set(text);
    assert_int_equal(ls_fault("elsewhere"), LS_ERR_USAGE);
}

static pid_t start_child(const char *text)
{
    set(text);
    const pid_t child = fork();
    if (child == 0) {
        ls_fault("a");
        _exit(3);
    }
    return child;
}

/* What becomes of a child that passes the point. */
static int child_status(const char *text)
{
    int result = 0;
    const pid_t child = start_child(text);
    assert_int_equal(waitpid(child, &result, 0), child);
    return result;
}

static void test_deadly_actions(void **state)
{
    (void)state;
    int ended = child_status("a:0:exit");
    assert_true(WIFEXITED(ended));
    assert_int_equal(WEXITSTATUS(ended), 9);
    ended = child_status("a:0:kill");
    assert_true(WIFSIGNALED(ended));
    assert_int_equal(WTERMSIG(ended), SIGKILL);
    ended = child_status("b:0:exit");
    assert_true(WIFEXITED(ended));
    assert_int_equal(WEXITSTATUS(ended), 3);
}

/* It still runs after half a second, and needs to be killed. */
static void test_hang(void **state)
{
    (void)state;
    int result = 0;
    const pid_t child = start_child("a:0:hang");
    usleep(500000);
    assert_int_equal(waitpid(child, &result, WNOHANG), 0);
    assert_int_equal(kill(child, SIGKILL), 0);
    assert_int_equal(waitpid(child, &result, 0), child);
    assert_true(WIFSIGNALED(result));
}

/* It stands still as a whole, and goes on when it is told to. */
static void test_stop(void **state)
{
    (void)state;
    int result = 0;
    const pid_t child = start_child("a:0:stop");
    assert_int_equal(waitpid(child, &result, WUNTRACED), child);
    assert_true(WIFSTOPPED(result));
    assert_int_equal(kill(child, SIGCONT), 0);
    assert_int_equal(waitpid(child, &result, 0), child);
    assert_true(WIFEXITED(result));
    assert_int_equal(WEXITSTATUS(result), 3);
}

static volatile sig_atomic_t woken;

static void wake(int signal)
{
    (void)signal;
    woken = 1;
}

static void test_sleep(void **state)
{
    (void)state;
    set("a:0:sleep");
    struct sigaction action = {.sa_handler = wake}, before;
    sigaction(SIGALRM, &action, &before);
    const double start = ls_clock();
    alarm(1);
    assert_int_equal(ls_fault("a"), LS_OK);
    assert_true(woken);
    assert_true(ls_clock() - start > 0.9);
    sigaction(SIGALRM, &before, NULL);
}

/* From its passage on every one. */
static void test_slow(void **state)
{
    (void)state;
    set("a:0:slow:2");
    assert_int_equal(ls_fault("a"), LS_OK);
    const double start = ls_clock();
    assert_int_equal(ls_fault("a"), LS_OK);
    assert_int_equal(ls_fault("a"), LS_OK);
    assert_true(ls_clock() - start >= 0.6);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_nothing_wanted), cmocka_unit_test(test_statuses), cmocka_unit_test(test_points_and_ranks),
        cmocka_unit_test(test_hosts),          cmocka_unit_test(test_counts),   cmocka_unit_test(test_malformed),
        cmocka_unit_test(test_deadly_actions), cmocka_unit_test(test_hang),     cmocka_unit_test(test_sleep),
        cmocka_unit_test(test_slow),           cmocka_unit_test(test_stop),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

#else

/* Without fault points the environment has no effect. */
static void test_compiled_out(void **state)
{
    (void)state;
    setenv("LOCKSTEP_FAULT", "a:*:error", 1);
    assert_int_equal(ls_fault("a"), LS_OK);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_compiled_out)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}

#endif
