/* Files whose data is written in pieces: the bytes of those written at once, in little memory; and a full disk, or want
 * of memory, is an error and not a crash. */
#include "io_test.h"

#include "base/memory.h"
#include "hdf5/h5.h"

#include <hdf5.h>
#include <signal.h>
#include <sys/resource.h>

/* A tensor of 1 MB, its rows given in pieces of `rows`, which begin and end anywhere in a page. */
static ls_status write_pieces(const char *path, int64_t rows)
{
    enum { ROWS = 1003, COLUMNS = 257 };
    const int64_t shape[2] = {ROWS, COLUMNS}, few = 3;
    float *values = malloc(ROWS * COLUMNS * sizeof *values);
    ls_h5_file *file;
    for (int i = 0; i < ROWS * COLUMNS; i++)
        values[i] = (float)i;
    ls_status status = ls_h5_create(path, 512, &file);
    if (status != LS_OK) {
        free(values);
        return status;
    }
    status = ls_h5_write_float(file, "/before/few", 1, &few, values);
    if (status == LS_OK)
        status =
            rows == ROWS ? ls_h5_write_float(file, "/v", 2, shape, values) : ls_h5_make_float(file, "/v", 2, shape);
    for (int64_t r = 0; rows < ROWS && r < ROWS && status == LS_OK; r += rows)
        status = ls_h5_write_float_rows(file, "/v", r, ROWS - r < rows ? ROWS - r : rows, values + r * COLUMNS);
    if (status == LS_OK)
        status = ls_h5_set_text(file, "/v", "name", "vector");
    if (status == LS_OK)
        status = ls_h5_write_float(file, "/behind", 1, &few, values);
    free(values);
    if (status == LS_OK)
        return ls_h5_finish(file);
    ls_h5_close(file);
    return status;
}

static void test_pieces(void **state)
{
    (void)state;
    const int64_t rows[] = {1, 2, 16, 100, 1002};
    size_t count, piece_count;
    assert_ok(write_pieces(in_directory("whole.h5"), 1003));
    unsigned char *whole = read_bytes(in_directory("whole.h5"), &count);
    for (int i = 0; i < ITEMS(rows); i++) {
        assert_ok(write_pieces(in_directory("pieces.h5"), rows[i]));
        unsigned char *pieces = read_bytes(in_directory("pieces.h5"), &piece_count);
        assert_int_equal(piece_count, count);
        assert_memory_equal(pieces, whole, count);
        free(pieces);
    }
    free(whole);
}

/* A file of 40 MB is written with some pages of memory; libhdf5's own are not counted. */
static void test_little_memory(void **state)
{
    (void)state;
    enum { COUNT = 1000003 };
    const int64_t shape[1] = {COUNT};
    float *values = calloc(COUNT, sizeof *values);
    ls_h5_file *file;
    char path[20];
    struct rusage before, after;
    const int64_t used = ls_memory_used();
    assert_int_equal(getrusage(RUSAGE_SELF, &before), 0);
    assert_ok(ls_h5_create(in_directory("large.h5"), 512, &file));
    for (int i = 0; i < 10; i++) {
        (void)snprintf(path, sizeof path, "/vectors/%d", i);
        assert_ok(ls_h5_write_float(file, path, 1, shape, values));
    }
    assert_in_range(ls_memory_used() - used, 1, 1 << 18);
    assert_ok(ls_h5_finish(file));
    assert_int_equal(getrusage(RUSAGE_SELF, &after), 0);
    assert_in_range(after.ru_maxrss - before.ru_maxrss, 0, 8000); /* KB */
    assert_int_equal(ls_memory_used(), used);
    free(values);
}

/* Nothing half-closed is left, that would fail again when libhdf5 ends. */
static void assert_nothing_open(void)
{
    assert_int_equal(H5Fget_obj_count((hid_t)H5F_OBJ_ALL, H5F_OBJ_ALL), 0);
}

/* A limit on the file's size stands in for a full disk: write() then fails with EFBIG instead of ENOSPC. With
 * libhdf5's own writes, 1.10.8 crashed here when the program ended. */
static void test_full_disk(void **state)
{
    (void)state;
    struct rlimit saved, limit;
    size_t whole;
    void (*handler)(int) = signal(SIGXFSZ, SIG_IGN);
    assert_ok(write_pieces(in_directory("full.h5"), 100));
    free(read_bytes(in_directory("full.h5"), &whole));
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &saved), 0);
    limit = saved;
    for (limit.rlim_cur = 0; limit.rlim_cur < whole; limit.rlim_cur += limit.rlim_cur < 9000 ? 100 : 7777) {
        assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
        const ls_status pieces = write_pieces(in_directory("full.h5"), 100);
        const bool told = strstr(ls_error_message(), "full.h5: cannot be written: File too large") != NULL;
        const ls_status at_once = write_pieces(in_directory("full.h5"), 1003);
        assert_int_equal(setrlimit(RLIMIT_FSIZE, &saved), 0);
        assert_true(told);
        assert_int_equal(pieces, LS_ERR_OUTPUT);
        assert_fails(at_once, LS_ERR_OUTPUT, "full.h5: cannot be written: File too large");
        assert_nothing_open();
    }
    limit.rlim_cur = whole;
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
    const ls_status just = write_pieces(in_directory("full.h5"), 100);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &saved), 0);
    assert_ok(just);
    (void)signal(SIGXFSZ, handler);
    assert_ok(write_pieces(in_directory("full.h5"), 1003)); /* the name can be used again */
}

/* It is told by the call that finds out, not only at the end; giving up is no other failure. */
static void test_full_disk_is_told_early(void **state)
{
    (void)state;
    struct rlimit saved, limit;
    const int64_t shape[1] = {100000};
    float *values = calloc(100000, sizeof *values);
    ls_h5_file *file;
    void (*handler)(int) = signal(SIGXFSZ, SIG_IGN);
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &saved), 0);
    limit = saved;
    limit.rlim_cur = 100000;
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
    const ls_status created = ls_h5_create(in_directory("early.h5"), 512, &file);
    const ls_status written = ls_h5_write_float(file, "/v", 1, shape, values);
    const bool told = strstr(ls_error_message(), "early.h5: cannot be written: File too large") != NULL;
    ls_h5_close(file);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &saved), 0);
    (void)signal(SIGXFSZ, handler);
    assert_int_equal(created, LS_OK);
    assert_int_equal(written, LS_ERR_OUTPUT);
    assert_true(told);
    assert_nothing_open();
    free(values);
}

/* Each allocation fails once. */
static void test_no_memory(void **state)
{
    (void)state;
    ls_status status = LS_ERR_MEMORY;
    const int64_t used = ls_memory_used();
    int failures = 0;
    for (int n = 1; status != LS_OK && n < 10000; n++) {
        char fault[64];
        (void)snprintf(fault, sizeof fault, "memory:*:memory:%d", n);
        assert_int_equal(setenv("LOCKSTEP_FAULT", fault, 1), 0);
        status = write_pieces(in_directory("memory.h5"), 100);
        assert_int_equal(unsetenv("LOCKSTEP_FAULT"), 0);
        if (status != LS_OK)
            assert_fails(status, LS_ERR_MEMORY, "injected fault at memory");
        failures += status != LS_OK;
        assert_nothing_open();
        assert_int_equal(ls_memory_used(), used);
    }
    assert_in_range(failures, 5, 1000);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_pieces), cmocka_unit_test(test_little_memory),
                                       cmocka_unit_test(test_full_disk), cmocka_unit_test(test_full_disk_is_told_early),
                                       cmocka_unit_test(test_no_memory)};
    return cmocka_run_group_tests(tests, directory_setup, directory_teardown);
}
