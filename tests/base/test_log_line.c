/* Log lines reach the callback formatted, at any length; silent logs are accepted; the clock runs. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/clock.h"
#include "base/log.h"

typedef struct record {
    int lines;
    ls_log_level level;
    char last[10000];
} record;

static void keep(void *user, ls_log_level level, const char *line)
{
    record *kept = user;
    kept->lines++;
    kept->level = level;
    strncpy(kept->last, line, sizeof kept->last - 1);
}

static void test_lines(void **state)
{
    record kept = {0};
    const ls_log log = {keep, &kept};
    char text[5000];
    (void)state;
    ls_log_line(&log, LS_LOG_WARNING, "%d ranks x %d threads", 2, 3);
    assert_int_equal(kept.lines, 1);
    assert_int_equal(kept.level, LS_LOG_WARNING);
    assert_string_equal(kept.last, "2 ranks x 3 threads");
    memset(text, 'l', sizeof text);
    text[sizeof text - 1] = '\0';
    ls_log_line(&log, LS_LOG_PROGRESS, "<%s>", text);
    assert_int_equal(kept.level, LS_LOG_PROGRESS);
    assert_int_equal(strlen(kept.last), sizeof text + 1);
    ls_log_line(&log, LS_LOG_INFO, "%s", "");
    assert_string_equal(kept.last, "");
    assert_int_equal(kept.lines, 3);
}

static void test_silent(void **state)
{
    const ls_log silent = {0};
    (void)state;
    ls_log_line(NULL, LS_LOG_INFO, "nobody hears %d", 1);
    ls_log_line(&silent, LS_LOG_INFO, "nobody hears %d", 1);
}

/* It goes forward, in steps far below a second (the smallest of three, as the machine may be busy). */
static void test_clock_runs(void **state)
{
    double smallest = 60;
    (void)state;
    for (int i = 0; i < 3; i++) {
        double before = ls_clock(), after = before;
        while (after == before)
            after = ls_clock();
        assert_true(after > before);
        smallest = after - before < smallest ? after - before : smallest;
    }
    assert_true(smallest < 0.1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_lines),
        cmocka_unit_test(test_silent),
        cmocka_unit_test(test_clock_runs),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
