/* Replacing files: whose temporary files are removed. What sealed and text files do with them is in their own tests. */
#include "io_test.h"

#include "files/path.h"
#include "files/replace.h"

#include <sys/wait.h>

/* Makes the temporary file of a process that was killed; returns its number. */
static long killed_writer(const char *path)
{
    int result;
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        char temporary[LS_TEXT_MAX];
        int fd;
        _exit(ls_replace_open(path, temporary, sizeof temporary, &fd) == LS_OK ? 0 : 1);
    }
    assert_int_equal(waitpid(child, &result, 0), child);
    assert_int_equal(result, 0);
    return (long)child;
}

static void test_killed_writers(void **state)
{
    (void)state;
    const char *path = in_directory("p.h5");
    (void)killed_writer(path);
    (void)killed_writer(path);
    assert_int_equal(count_names(".p.h5.tmp."), 2);
    write_bytes(in_directory("p.h5"), "whole", 5);
    write_bytes(in_directory(".p.h5.tmp.x1"), "", 0);
    write_bytes(in_directory(".p.h5.tmp."), "", 0);
    write_bytes(in_directory(".q.h5.tmp.1"), "", 0); /* of another file */
    assert_int_equal(symlink(in_directory("p.h5"), in_directory(".p.h5.tmp.77")), 0);
    ls_replace_clean(path);
    assert_int_equal(count_names(".p.h5.tmp."), 3);
    assert_int_equal(count_names(".q.h5.tmp.1"), 1);
    assert_int_equal(count_names("p.h5"), 4);
    assert_true(ls_path_exists(path));
    ls_replace_clean(in_directory("no-directory/p.h5"));
}

/* The file of a process that is still writing stays, and can be put in place. */
static void test_running_writer(void **state)
{
    (void)state;
    char temporary[LS_TEXT_MAX];
    int fd;
    const char *path = in_directory("r.h5");
    assert_ok(ls_replace_open(path, temporary, sizeof temporary, &fd));
    (void)killed_writer(path);
    assert_int_equal(count_names(".r.h5.tmp."), 2);
    ls_replace_clean(path);
    assert_int_equal(count_names(".r.h5.tmp."), 1);
    assert_true(ls_path_exists(temporary));
    assert_ok(ls_replace_write(fd, path, "new", 3, 0));
    assert_ok(ls_replace_rename(fd, temporary, path));
    assert_int_equal(count_names(".r.h5.tmp."), 0);
    assert_true(ls_path_exists(path));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_killed_writers),
        cmocka_unit_test(test_running_writer),
    };
    return cmocka_run_group_tests(tests, directory_setup, directory_teardown);
}
