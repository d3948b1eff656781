/* Status texts and the calling thread's message. */
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/status.h"

static void test_texts(void **state)
{
    (void)state;
    assert_string_equal(ls_status_text(LS_OK), "ok");
    assert_string_equal(ls_status_text(LS_ERR_DATA), "data cannot be used");
    assert_string_equal(ls_status_text(LS_STOPPED), "stopped on request; a training run has saved its state");
    assert_string_equal(ls_status_text((ls_status)33), "unknown status");
    assert_int_equal(LS_STOPPED, 75);
}

static void test_version(void **state)
{
    (void)state;
    char header[32];
    (void)snprintf(header, sizeof header, "%d.%d.%d", LS_VERSION_MAJOR, LS_VERSION_MINOR, LS_VERSION_PATCH);
    assert_string_equal(ls_version(), header);
}

static void test_message(void **state)
{
    (void)state;
    assert_int_equal(ls_fail(LS_ERR_DATA, "row %d of %s", 7, "x"), LS_ERR_DATA);
    assert_string_equal(ls_error_message(), "row 7 of x");
    assert_int_equal(ls_fail(LS_ERR_USAGE, "second"), LS_ERR_USAGE);
    assert_string_equal(ls_error_message(), "second");
    /* the old message may be part of the new one */
    ls_fail(LS_ERR_DATA, "%s; and %s", ls_error_message(), ls_error_message());
    assert_string_equal(ls_error_message(), "second; and second");
}

static void test_prefix(void **state)
{
    (void)state;
    ls_fail(LS_ERR_DATA, "row 7");
    assert_int_equal(ls_fail_prefix(LS_ERR_PEER, "rank %d (%s): ", 3, "node7"), LS_ERR_PEER);
    assert_string_equal(ls_error_message(), "rank 3 (node7): row 7");
}

static void test_long_messages_are_cut(void **state)
{
    char path[3 * LS_TEXT_MAX];
    (void)state;
    memset(path, 'p', sizeof path);
    path[sizeof path - 1] = '\0';
    ls_fail(LS_ERR_OUTPUT, "%s", path);
    size_t length = strlen(ls_error_message());
    assert_true(length > 2 * LS_TEXT_MAX - 10);
    assert_string_equal(ls_error_message() + length - 4, "p...");
    ls_fail_prefix(LS_ERR_OUTPUT, "rank 1: ");
    assert_int_equal(strlen(ls_error_message()), length);
    assert_memory_equal(ls_error_message(), "rank 1: ppp", 11);
    assert_string_equal(ls_error_message() + length - 4, "p...");
    ls_fail_prefix(LS_ERR_OUTPUT, "%s", path);
    assert_string_equal(ls_error_message() + length - 4, "p...");
}

static void *fail_in_thread(void *unused)
{
    (void)unused;
    bool empty_at_first = ls_error_message()[0] == '\0';
    ls_fail(LS_ERR_MEMORY, "the thread's");
    return empty_at_first && strcmp(ls_error_message(), "the thread's") == 0 ? (void *)1 : NULL;
}

static void test_threads_have_their_own(void **state)
{
    pthread_t thread;
    void *good;
    (void)state;
    ls_fail(LS_ERR_DATA, "mine");
    assert_int_equal(pthread_create(&thread, NULL, fail_in_thread, NULL), 0);
    assert_int_equal(pthread_join(thread, &good), 0);
    assert_non_null(good);
    assert_string_equal(ls_error_message(), "mine");
}

static ls_status returns_early(bool fails, int *reached)
{
    LS_TRY(fails ? ls_fail(LS_ERR_NUMERIC, "nan") : LS_OK);
    (*reached)++;
    return LS_OK;
}

static ls_status goes_to_cleanup(bool fails, int *reached, int *cleaned)
{
    ls_status status = LS_OK;
    LS_TRY_CLEANUP(fails ? ls_fail(LS_ERR_NUMERIC, "nan") : LS_OK);
    (*reached)++;
cleanup:
    (*cleaned)++;
    return status;
}

static void test_try(void **state)
{
    int reached = 0, cleaned = 0;
    (void)state;
    assert_int_equal(returns_early(true, &reached), LS_ERR_NUMERIC);
    assert_int_equal(reached, 0);
    assert_int_equal(returns_early(false, &reached), LS_OK);
    assert_int_equal(reached, 1);
    assert_int_equal(goes_to_cleanup(true, &reached, &cleaned), LS_ERR_NUMERIC);
    assert_int_equal(goes_to_cleanup(false, &reached, &cleaned), LS_OK);
    assert_int_equal(reached, 2);
    assert_int_equal(cleaned, 2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_texts),
        cmocka_unit_test(test_version),
        cmocka_unit_test(test_message),
        cmocka_unit_test(test_prefix),
        cmocka_unit_test(test_long_messages_are_cut),
        cmocka_unit_test(test_threads_have_their_own),
        cmocka_unit_test(test_try),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
