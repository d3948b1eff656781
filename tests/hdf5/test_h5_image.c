/* The image that libhdf5 writes: whatever is written in whatever order is read back and is in the file at the end,
 * large data takes no memory, and the first failure is kept. */
#include "io_test.h"

#include "base/memory.h"
#include "hdf5/h5_image.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>

/* Beyond the first group of pages. */
enum { BYTES = 1200 * LS_H5_PAGE };

static ls_h5_image begin(const char *path, int flags)
{
    ls_h5_image image;
    const int fd = open(path, flags | O_CREAT | O_TRUNC, 0666);
    assert_true(fd >= 0);
    assert_ok(ls_h5_image_begin(&image, fd, path));
    return image;
}

static void end(ls_h5_image *image)
{
    assert_int_equal(close(image->fd), 0);
    ls_h5_image_free(image);
}

static int64_t below(int64_t limit)
{
    return (int64_t)(next_random() % (uint64_t)limit);
}

/* One write of random bytes, of both. */
static void write_somewhere(ls_h5_image *image, unsigned char *expected)
{
    const int64_t most = below(3) == 0 ? 20 * LS_H5_PAGE : 300, count = 1 + below(most);
    int64_t at = below(BYTES - count);
    if (below(2) == 0)
        at -= at % LS_H5_PAGE;
    for (int64_t i = 0; i < count; i++)
        expected[at + i] = (unsigned char)next_random();
    ls_h5_image_write(image, below(2) == 0, at, expected + at, (size_t)count);
}

static void assert_reads(ls_h5_image *image, const unsigned char *expected, int64_t at, int64_t count)
{
    unsigned char *bytes = malloc((size_t)count);
    ls_h5_image_read(image, at, bytes, (size_t)count);
    assert_memory_equal(bytes, expected + at, (size_t)count);
    free(bytes);
}

static void test_any_order(void **state)
{
    (void)state;
    for (int round = 0; round < fuzz_rounds(20); round++) {
        ls_h5_image image = begin(in_directory("order"), O_RDWR);
        unsigned char *expected = calloc(1, BYTES);
        for (int i = 0; i < 200; i++) {
            write_somewhere(&image, expected);
            const int64_t count = 1 + below(9000);
            assert_reads(&image, expected, below(BYTES - count), count);
        }
        assert_reads(&image, expected, 0, BYTES);
        image.length = BYTES - below(2 * LS_H5_PAGE);
        const int64_t length = image.length;
        assert_ok(ls_h5_image_finish(&image));
        end(&image);
        size_t count;
        unsigned char *bytes = read_bytes(in_directory("order"), &count);
        assert_int_equal(count, length);
        assert_memory_equal(bytes, expected, count);
        free(bytes);
        free(expected);
    }
}

static void test_data_takes_no_memory(void **state)
{
    (void)state;
    ls_h5_image image = begin(in_directory("data"), O_RDWR);
    unsigned char *bytes = calloc(1, BYTES);
    const int64_t before = ls_memory_used();
    struct stat info;
    ls_h5_image_write(&image, true, 100, bytes, BYTES - 100);
    assert_in_range(ls_memory_used() - before, 1, 4 * LS_H5_PAGE); /* the first page, and where pages are */
    assert_int_equal(fstat(image.fd, &info), 0);
    assert_int_equal(info.st_size, BYTES);
    end(&image);
    assert_true(ls_memory_used() < before); /* its message too */
    free(bytes);
}

/* The file takes 10 pages. Records are kept all the same, and nothing more is tried. */
static void test_full_disk(void **state)
{
    (void)state;
    struct rlimit saved, limit;
    struct stat info;
    unsigned char *bytes = calloc(1, BYTES), *expected = calloc(1, BYTES);
    ls_h5_image image = begin(in_directory("full"), O_RDWR);
    void (*handler)(int) = signal(SIGXFSZ, SIG_IGN);
    memset(expected + 40000, 'r', 3000);
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &saved), 0);
    limit = saved;
    limit.rlim_cur = 10 * LS_H5_PAGE;
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
    ls_h5_image_write(&image, true, 0, bytes, 8 * LS_H5_PAGE);
    const ls_status good = ls_h5_image_status(&image);
    ls_h5_image_write(&image, true, 20 * LS_H5_PAGE, bytes, 8 * LS_H5_PAGE);
    const ls_status failed = ls_h5_image_status(&image);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &saved), 0);
    (void)signal(SIGXFSZ, handler);
    assert_ok(good);
    assert_fails(failed, LS_ERR_OUTPUT, "full: cannot be written: File too large");
    ls_h5_image_write(&image, false, 40000, expected + 40000, 3000);
    assert_reads(&image, expected, 39000, 5000);
    ls_h5_image_write(&image, true, 40 * LS_H5_PAGE, bytes, 8 * LS_H5_PAGE);
    image.length = 50 * LS_H5_PAGE;
    (void)ls_fail(LS_ERR_DATA, "another failure");
    assert_fails(ls_h5_image_finish(&image), LS_ERR_OUTPUT, "full: cannot be written: File too large");
    assert_int_equal(fstat(image.fd, &info), 0);
    assert_int_equal(info.st_size, 8 * LS_H5_PAGE);
    end(&image);
    free(expected);
    free(bytes);
}

static void test_no_memory(void **state)
{
    (void)state;
    const unsigned char bytes[3] = "ab";
    ls_h5_image image = begin(in_directory("memory"), O_RDWR);
    assert_int_equal(setenv("LOCKSTEP_FAULT", "memory:*:memory:3", 1), 0);
    ls_h5_image_write(&image, false, 10, bytes, 3); /* the page is the third thing that is allocated */
    assert_int_equal(unsetenv("LOCKSTEP_FAULT"), 0);
    assert_fails(ls_h5_image_status(&image), LS_ERR_MEMORY, "injected fault at memory");
    ls_h5_image_write(&image, false, 10, bytes, 3);
    assert_fails(ls_h5_image_finish(&image), LS_ERR_MEMORY, "injected fault at memory");
    end(&image);
}

/* What was written has to be read back where a record follows into the same page. */
static void test_not_readable(void **state)
{
    (void)state;
    unsigned char *bytes = malloc(2 * LS_H5_PAGE);
    ls_h5_image image = begin(in_directory("blind"), O_WRONLY);
    memset(bytes, 'd', 2 * LS_H5_PAGE);
    ls_h5_image_write(&image, true, 0, bytes, 2 * LS_H5_PAGE);
    assert_ok(ls_h5_image_status(&image));
    ls_h5_image_read(&image, 5000, bytes, 10);
    assert_fails(ls_h5_image_status(&image), LS_ERR_OUTPUT, "blind: cannot be read back: Bad file descriptor");
    for (int i = 0; i < 10; i++)
        assert_int_equal(bytes[i], 0);
    ls_h5_image_write(&image, false, 5000, bytes, 10);
    assert_fails(ls_h5_image_finish(&image), LS_ERR_OUTPUT, "blind: cannot be read back");
    end(&image);
    free(bytes);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_any_order), cmocka_unit_test(test_data_takes_no_memory),
                                       cmocka_unit_test(test_full_disk), cmocka_unit_test(test_no_memory),
                                       cmocka_unit_test(test_not_readable)};
    return cmocka_run_group_tests(tests, directory_setup, directory_teardown);
}
