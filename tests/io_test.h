/* What the tests of files, hdf5, formats, source and store share: a directory of their own, whole files as bytes, and
 * checks that print both sides. */
#ifndef LS_TESTS_IO_TEST_H
#define LS_TESTS_IO_TEST_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/memory.h"
#include "base/status.h"

#include <dirent.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define ITEMS(array) ((int)(sizeof(array) / sizeof(array)[0]))

static char test_directory[256];
static int test_descriptors; /* open before all tests */

/* Files that this process has open; 0 where the system does not tell. */
static inline int count_descriptors(void)
{
    int count = 0;
    DIR *open = opendir("/proc/self/fd");
    while (open != NULL && readdir(open) != NULL)
        count++;
    if (open != NULL)
        (void)closedir(open);
    return count;
}

/* Group set-up: makes the directory. */
static inline int directory_setup(void **state)
{
    (void)state;
    const char *base = getenv("TMPDIR");
    test_descriptors = count_descriptors();
    (void)snprintf(test_directory, sizeof test_directory, "%s/lockstep-io-XXXXXX", base ? base : "/tmp");
    return mkdtemp(test_directory) == NULL;
}

/* Group tear-down: removes it with what is in it (no directories below). Fails where memory was not given back, or a
 * file not closed. */
static inline int directory_teardown(void **state)
{
    (void)state;
    char path[600];
    DIR *directory = opendir(test_directory);
    struct dirent *entry;
    while (directory != NULL && (entry = readdir(directory)) != NULL) {
        (void)snprintf(path, sizeof path, "%s/%s", test_directory, entry->d_name);
        if (unlink(path) != 0)
            (void)rmdir(path);
    }
    if (directory != NULL)
        (void)closedir(directory);
    const bool removed = rmdir(test_directory) == 0;
    if (!removed)
        print_error("%s has more in it\n", test_directory);
    if (ls_memory_used() != 0)
        print_error("%lld bytes are allocated and not freed\n", (long long)ls_memory_used());
    const bool closed = count_descriptors() == test_descriptors;
    if (!closed)
        print_error("%d files are open, %d were\n", count_descriptors(), test_descriptors);
    if (!removed || !closed ||
        ls_memory_used() != 0) /* cmocka tells of a tear-down that fails, and counts it as passed */
        exit(EXIT_FAILURE);
    return 0;
}

/* Path of a file in the test's directory; good for the next 63 calls. */
static inline const char *in_directory(const char *name)
{
    static char paths[64][600];
    static int next;
    char *path = paths[next++ % 64];
    (void)snprintf(path, sizeof paths[0], "%s/%s", test_directory, name);
    return path;
}

static inline void write_bytes(const char *path, const void *bytes, size_t count)
{
    FILE *file = fopen(path, "wb");
    assert_non_null(file);
    assert_int_equal(fwrite(bytes, 1, count, file), count);
    assert_int_equal(fclose(file), 0);
}

/* The whole file; freed with free. */
static inline unsigned char *read_bytes(const char *path, size_t *count)
{
    FILE *file = fopen(path, "rb");
    assert_non_null(file);
    assert_int_equal(fseek(file, 0, SEEK_END), 0);
    *count = (size_t)ftell(file);
    rewind(file);
    unsigned char *bytes = malloc(*count + 1);
    assert_non_null(bytes);
    assert_int_equal(fread(bytes, 1, *count, file), *count);
    (void)fclose(file);
    return bytes;
}

/* Entries of the test's directory whose name contains `part`. */
static inline int count_names(const char *part)
{
    int count = 0;
    struct dirent *entry;
    DIR *directory = opendir(test_directory);
    assert_non_null(directory);
    while ((entry = readdir(directory)) != NULL)
        count += strstr(entry->d_name, part) != NULL;
    (void)closedir(directory);
    return count;
}

/* Rounds of a test with random damage: `few` in the suite; LOCKSTEP_FUZZ_ROUNDS makes a campaign of it. */
static inline int fuzz_rounds(int few)
{
    const char *rounds = getenv("LOCKSTEP_FUZZ_ROUNDS");
    return rounds != NULL ? atoi(rounds) : few;
}

/* xorshift64 (Marsaglia 2003) from a fixed state, so that what fails once fails again. */
static inline uint64_t next_random(void)
{
    static uint64_t state = 88172645463325252u;
    state ^= state << 13;
    state ^= state >> 7;
    state ^= state << 17;
    return state;
}

#define assert_ok(expression) assert_ok_at(expression, #expression, __FILE__, __LINE__)
static inline void assert_ok_at(ls_status status, const char *text, const char *file, int line)
{
    if (status != LS_OK) {
        print_error("%s: status %d, %s\n", text, (int)status, ls_error_message());
        _fail(file, line);
    }
}

/* The status, and a part of the message. */
#define assert_fails(expression, status, part)                                                                         \
    assert_fails_at(expression, status, part, #expression, __FILE__, __LINE__)
static inline void assert_fails_at(ls_status found, ls_status expected, const char *part, const char *text,
                                   const char *file, int line)
{
    if (found == expected && strstr(ls_error_message(), part) != NULL)
        return;
    print_error("%s: status %d, expected %d; message \"%s\", expected \"%s\" in it\n", text, (int)found, (int)expected,
                found == LS_OK ? "" : ls_error_message(), part);
    _fail(file, line);
}

#define assert_near(found, expected, tolerance) assert_near_at(found, expected, tolerance, #found, __FILE__, __LINE__)
static inline void assert_near_at(double found, double expected, double tolerance, const char *text, const char *file,
                                  int line)
{
    double distance = found > expected ? found - expected : expected - found;
    if (distance <= tolerance)
        return;
    print_error("%s: %.17g, expected %.17g within %g\n", text, found, expected, tolerance);
    _fail(file, line);
}

#endif
