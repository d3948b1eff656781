/* Calls that a signal interrupts are done again. The linker puts calls in front of the system's (--wrap) that fail so
 * before each success. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/descriptor.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

int __real_open(const char *path, int flags, unsigned mode);
ssize_t __real_pread(int fd, void *bytes, size_t count, off_t at);
int __real_fsync(int fd);
int __real_ftruncate(int fd, off_t length);
int __real_flock(int fd, int operation);
int __real_close(int fd);
int __wrap_open(const char *path, int flags, unsigned mode);
ssize_t __wrap_pread(int fd, void *bytes, size_t count, off_t at);
int __wrap_fsync(int fd);
int __wrap_ftruncate(int fd, off_t length);
int __wrap_flock(int fd, int operation);
int __wrap_close(int fd);

static int calls;

/* Every other call. */
static bool is_interrupted(void)
{
    errno = EINTR;
    return calls++ % 2 == 0;
}

int __wrap_open(const char *path, int flags, unsigned mode)
{
    return is_interrupted() ? -1 : __real_open(path, flags, mode);
}

/* Byte by byte at that. */
ssize_t __wrap_pread(int fd, void *bytes, size_t count, off_t at)
{
    return is_interrupted() ? -1 : __real_pread(fd, bytes, count > 0, at);
}

int __wrap_fsync(int fd)
{
    return is_interrupted() ? -1 : __real_fsync(fd);
}

int __wrap_ftruncate(int fd, off_t length)
{
    return is_interrupted() ? -1 : __real_ftruncate(fd, length);
}

int __wrap_flock(int fd, int operation)
{
    return is_interrupted() ? -1 : __real_flock(fd, operation);
}

/* Its descriptor is gone all the same. */
int __wrap_close(int fd)
{
    const int result = __real_close(fd);
    if (is_interrupted())
        return -1;
    errno = result == 0 ? 0 : EBADF;
    return result;
}

static void test_interrupted(void **state)
{
    (void)state;
    char path[] = "/tmp/lockstep-interrupted-XXXXXX", bytes[8] = "";
    struct stat info;
    __real_close(mkstemp(path));
    calls = 0;
    const int fd = ls_descriptor_open(path, O_RDWR, 0);
    assert_true(fd >= 0);
    assert_int_equal(write(fd, "abcdef", 6), 6);
    assert_true(ls_descriptor_read_at(fd, bytes, sizeof bytes, 1) == 5); /* up to the end */
    assert_string_equal(bytes, "bcdef");
    assert_int_equal(ls_descriptor_sync(fd), 0);
    assert_int_equal(ls_descriptor_truncate(fd, 3), 0);
    assert_int_equal(fstat(fd, &info), 0);
    assert_true(info.st_size == 3);
    assert_int_equal(ls_descriptor_lock(fd, LOCK_EX | LOCK_NB), 0);
    calls = 0;
    assert_int_equal(ls_descriptor_close(fd), 0);
    assert_int_equal(fcntl(fd, F_GETFD), -1);
    assert_int_equal(unlink(path), 0);
}

/* Other failures are told. */
static void test_failures(void **state)
{
    (void)state;
    char byte;
    calls = 0;
    assert_int_equal(ls_descriptor_open("/nowhere/at/all", O_RDONLY, 0), -1);
    assert_int_equal(errno, ENOENT);
    assert_true(ls_descriptor_read_at(-1, &byte, 1, 0) == -1);
    assert_int_equal(ls_descriptor_sync(-1), -1);
    assert_int_equal(ls_descriptor_truncate(-1, 0), -1);
    assert_int_equal(ls_descriptor_lock(-1, LOCK_EX), -1);
    calls = 1; /* not interrupted */
    assert_int_equal(ls_descriptor_close(-1), -1);
}

/* A place that cannot be looked at is not one where another file is. */
static void test_is_at(void **state)
{
    (void)state;
    char path[] = "/tmp/lockstep-is-at-XXXXXX", other[sizeof path + 8], endless[5000];
    const int fd = mkstemp(path);
    snprintf(other, sizeof other, "%s.other", path);
    memset(endless, 'x', sizeof endless - 1);
    endless[sizeof endless - 1] = '\0';
    assert_int_equal(ls_descriptor_is_at(fd, path), 1);
    assert_int_equal(ls_descriptor_is_at(fd, other), 0);
    assert_int_equal(symlink(path, other), 0);
    assert_int_equal(ls_descriptor_is_at(fd, other), 0);
    assert_int_equal(ls_descriptor_is_at(fd, endless), -1);
    assert_int_equal(errno, ENAMETOOLONG);
    assert_int_equal(ls_descriptor_is_at(-1, path), -1);
    assert_int_equal(unlink(other), 0);
    assert_int_equal(unlink(path), 0);
    assert_int_equal(ls_descriptor_is_at(fd, path), 0);
    __real_close(fd);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_interrupted),
        cmocka_unit_test(test_failures),
        cmocka_unit_test(test_is_at),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
