/* Replacing files: whose temporary files are removed. What sealed and text files do with them is in their own tests. */
#include "io_test.h"

#include "files/path.h"
#include "files/replace.h"
#include "files/temporary.h"

#include <errno.h>
#include <fcntl.h>
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
    /* names that others may choose: as this program's once were, with other digits in front or behind */
    static const char *const foreign[] = {
        ".p.h5.tmp.1", ".p.h5.tmp.4711", ".p.h5.tmp.", ".p.h5.tmp.x1", ".p.h5.tmp.7-0123456789abcdef", ".p.h5.tmp.7-"};
    (void)state;
    const char *path = in_directory("p.h5");
    (void)killed_writer(path);
    (void)killed_writer(path);
    assert_int_equal(count_names(".p.h5.tmp."), 2);
    write_bytes(in_directory("p.h5"), "whole", 5);
    (void)killed_writer(in_directory("q.h5"));
    for (int i = 0; i < ITEMS(foreign); i++)
        write_bytes(in_directory(foreign[i]), "theirs", 6);
    ls_replace_clean(path);
    assert_int_equal(count_names(".p.h5.tmp."), ITEMS(foreign));
    assert_int_equal(count_names(".q.h5.tmp."), 1); /* of another file */
    assert_true(ls_path_exists(path));
    assert_ok(ls_temporary_clean(test_directory, NULL));
    assert_int_equal(count_names(".p.h5.tmp."), ITEMS(foreign));
    assert_int_equal(count_names(".q.h5.tmp."), 0);
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

/* A name is of one file and one process: with another number, or as another file's, it is nobody's. */
static void test_names(void **state)
{
    (void)state;
    char path[LS_TEXT_MAX], name[LS_TEXT_MAX], longest[256];
    assert_ok(ls_temporary_name("some/where/a.h5", path, sizeof path));
    assert_memory_equal(path, "some/where/.a.h5.tmp.", 21);
    snprintf(name, sizeof name, "%s", path + 11);
    assert_true(ls_temporary_is(name, NULL));
    assert_true(ls_temporary_is(name, "a.h5"));
    assert_false(ls_temporary_is(name, "a"));
    assert_false(ls_temporary_is(name, "b.h5"));
    for (size_t i = 0; name[i] != '\0'; i++) {
        name[i] ^= 1;
        assert_false(ls_temporary_is(name, NULL));
        name[i] ^= 1;
    }
    memset(longest, 'n', sizeof longest - 1);
    longest[sizeof longest - 1] = '\0';
    assert_ok(ls_temporary_name(longest, path, sizeof path));
    assert_true(strlen(path) < 256);
    assert_true(ls_temporary_is(path, longest));
    assert_fails(ls_temporary_name("a.h5", path, 20), LS_ERR_OUTPUT, "the path is too long");
}

/* ---- a disk that takes little, or fails ---- */

ssize_t __real_pwrite(int fd, const void *bytes, size_t count, off_t at);
ssize_t __wrap_pwrite(int fd, const void *bytes, size_t count, off_t at);
int __wrap_sync_file_range(int fd, off_t at, off_t count, unsigned flags);

static bool sparing;
static int sync_error;
static struct {
    off_t at, count;
    bool waits;
} syncs[16];
static int sync_count;

/* The linker puts these in front of the system's (--wrap). Three bytes, and those at the second call only. */
ssize_t __wrap_pwrite(int fd, const void *bytes, size_t count, off_t at)
{
    static int calls;
    errno = EINTR;
    return !sparing           ? __real_pwrite(fd, bytes, count, at)
           : calls++ % 2 == 0 ? -1
                              : __real_pwrite(fd, bytes, count < 3 ? count : 3, at);
}

int __wrap_sync_file_range(int fd, off_t at, off_t count, unsigned flags)
{
    (void)fd;
    assert_in_range(sync_count, 0, ITEMS(syncs) - 1);
    syncs[sync_count].at = at;
    syncs[sync_count].count = count;
    syncs[sync_count++].waits = (flags & SYNC_FILE_RANGE_WAIT_AFTER) != 0;
    errno = sync_error;
    return sync_error == 0 ? 0 : -1;
}

static void test_bit_by_bit(void **state)
{
    (void)state;
    char temporary[LS_TEXT_MAX];
    int fd;
    size_t count;
    assert_ok(ls_replace_open(in_directory("bits"), temporary, sizeof temporary, &fd));
    sparing = true;
    const ls_status status = ls_replace_write(fd, in_directory("bits"), "abcdefg", 7, 0);
    sparing = false;
    assert_ok(status);
    assert_ok(ls_replace_rename(fd, temporary, in_directory("bits")));
    char *bytes = (char *)read_bytes(in_directory("bits"), &count);
    assert_int_equal(count, 7);
    assert_memory_equal(bytes, "abcdefg", 7);
    free(bytes);
}

/* Piece by piece, the next one on its way while one is waited for; errors of the disk are told, a file system that
 * knows no such call is not. */
static void test_sync(void **state)
{
    static const int told[] = {EIO, ENOSPC, EDQUOT}, untold[] = {ENOSYS, EINVAL, ESPIPE};
    const off_t piece = (off_t)16 << 20;
    (void)state;
    const int fd = open(in_directory("long"), O_RDWR | O_CREAT, 0600);
    assert_true(fd >= 0);
    assert_int_equal(ftruncate(fd, 2 * piece + 1), 0);
    sync_count = sync_error = 0;
    assert_ok(ls_replace_sync(fd, in_directory("long")));
    assert_int_equal(sync_count, 6);
    for (int i = 0; i < 6; i++) {
        assert_int_equal(syncs[i].at, i / 2 * piece);
        assert_int_equal(syncs[i].waits, i % 2);
        assert_int_equal(syncs[i].count, syncs[i].waits ? piece : 2 * piece);
    }
    for (int i = 0; i < ITEMS(told); i++) {
        sync_error = told[i];
        assert_fails(ls_replace_sync(fd, in_directory("long")), LS_ERR_OUTPUT, "long: cannot be brought to the disk: ");
        sync_error = untold[i];
        sync_count = 0;
        assert_ok(ls_replace_sync(fd, in_directory("long")));
        assert_int_equal(sync_count, 1);
    }
    sync_error = 0;
    assert_int_equal(close(fd), 0);
}

static void test_no_name(void **state)
{
    (void)state;
    char temporary[LS_TEXT_MAX];
    int fd;
    assert_fails(ls_replace_open(in_directory("none/"), temporary, sizeof temporary, &fd), LS_ERR_OUTPUT,
                 "names no file to write");
    assert_int_equal(fd, -1);
    assert_fails(ls_replace_open(test_directory, temporary, sizeof temporary, &fd), LS_ERR_OUTPUT, "it is a directory");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_names),      cmocka_unit_test(test_killed_writers), cmocka_unit_test(test_running_writer),
        cmocka_unit_test(test_bit_by_bit), cmocka_unit_test(test_sync),           cmocka_unit_test(test_no_name),
    };
    return cmocka_run_group_tests(tests, directory_setup, directory_teardown);
}
