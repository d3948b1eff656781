/* Records that are kept: what a file holds, however it is asked for; read once, by another process too; never those of
 * another file, or of the same before it was written to. */
#include "io_test.h"

#include "hdf5/h5.h"

#include <fcntl.h>
#include <hdf5.h>
#include <sys/stat.h>
#include <time.h>

enum { ROWS = 4000, COLUMNS = 3 };

/* ---- pages alone ---- */

/* Odd, so that the last page is cut. */
enum { BYTES = 20 * LS_H5_PAGE + 123 };

static int file_of(ls_h5_pages *pages, int fd)
{
    struct stat info;
    assert_int_equal(fstat(fd, &info), 0);
    return ls_h5_pages_file(pages, &info);
}

static void test_any_range(void **state)
{
    (void)state;
    static unsigned char whole[BYTES + 3 * LS_H5_PAGE], found[3 * LS_H5_PAGE + 1];
    ls_h5_pages *pages;
    for (int i = 0; i < BYTES; i++)
        whole[i] = (unsigned char)next_random();
    write_bytes(in_directory("bytes"), whole, BYTES);
    const int fd = open(in_directory("bytes"), O_RDONLY);
    assert_ok(ls_h5_pages_create(&pages));
    for (int i = 0; i < 2000; i++) {
        const int64_t at = (int64_t)(next_random() % BYTES);
        const size_t count = next_random() % (i % 2 ? 50 : 3 * LS_H5_PAGE);
        memset(found, 1, sizeof found);
        assert_true(ls_h5_pages_read(pages, file_of(pages, fd), fd, at, count, found));
        assert_memory_equal(found, whole + at, count); /* zeros behind the end */
        assert_true(found[count] == 1);
    }
    assert_true(ls_h5_pages_bytes(pages) < 26 * (LS_H5_PAGE + 100));
    ls_h5_pages_release(pages);
    assert_int_equal(close(fd), 0);
}

/* What cannot be read is not kept. */
static void test_failure(void **state)
{
    (void)state;
    unsigned char found[8] = {1, 1, 1, 1, 1, 1, 1, 1};
    ls_h5_pages *pages;
    write_bytes(in_directory("file"), "12345678", 8);
    const int fd = open(in_directory("file"), O_RDONLY), blind = open(in_directory("file"), O_WRONLY);
    assert_ok(ls_h5_pages_create(&pages));
    assert_false(ls_h5_pages_read(pages, file_of(pages, fd), blind, 0, 8, found));
    assert_true(ls_h5_pages_read(pages, file_of(pages, fd), fd, 0, 8, found));
    assert_memory_equal(found, "12345678", 8);
    assert_true(ls_h5_pages_read(pages, file_of(pages, fd), blind, 0, 8, found)); /* now it is */
    ls_h5_pages_release(pages);
    (void)close(fd);
    (void)close(blind);
}

/* More than is kept: read all the same. */
static void test_limit(void **state)
{
    (void)state;
    ls_h5_pages *pages;
    int64_t found;
    const int fd = open(in_directory("sparse"), O_RDWR | O_CREAT, 0600);
    const int64_t last = (LS_H5_PAGES_MOST + 100) * (int64_t)LS_H5_PAGE;
    for (int64_t at = 0; at <= last; at += LS_H5_PAGE)
        assert_int_equal(pwrite(fd, &at, sizeof at, at), sizeof at);
    assert_ok(ls_h5_pages_create(&pages));
    for (int round = 0; round < 2; round++)
        for (int64_t at = 0; at <= last; at += LS_H5_PAGE) {
            assert_true(ls_h5_pages_read(pages, file_of(pages, fd), fd, at, sizeof found, &found));
            assert_int_equal(found, at);
        }
    assert_in_range(ls_h5_pages_bytes(pages), LS_H5_PAGES_MOST * LS_H5_PAGE, LS_H5_PAGES_MOST * (LS_H5_PAGE + 17));
    ls_h5_pages_release(pages);
    (void)close(fd);
}

/* ---- HDF5 files ---- */

/* Values from `from` on in /group/x, in chunks, and /y. `other`: what is in the file lies elsewhere. */
static void make(const char *name, float from, bool other)
{
    static float values[ROWS * COLUMNS];
    const hsize_t extents[2] = {ROWS, COLUMNS}, chunk[2] = {10, COLUMNS};
    for (int i = 0; i < ROWS * COLUMNS; i++)
        values[i] = from + (float)i;
    hid_t creation = H5Pcreate(H5P_DATASET_CREATE), space = H5Screate_simple(2, extents, NULL);
    assert_true(H5Pset_chunk(creation, 2, chunk) >= 0);
    hid_t file = H5Fcreate(in_directory(name), H5F_ACC_TRUNC, H5P_DEFAULT, H5P_DEFAULT);
    hid_t group = H5Gcreate2(file, "group", H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT);
    for (int i = 0; i < 2; i++) {
        const bool x = (i == 0) != other;
        hid_t dataset = H5Dcreate2(x ? group : file, x ? "x" : "y", H5T_IEEE_F32LE, space, H5P_DEFAULT,
                                   x ? creation : H5P_DEFAULT, H5P_DEFAULT);
        assert_true(H5Dwrite(dataset, H5T_NATIVE_FLOAT, H5S_ALL, H5S_ALL, H5P_DEFAULT, values) >= 0);
        assert_true(H5Dclose(dataset) >= 0);
    }
    assert_true(H5Gclose(group) >= 0 && H5Fclose(file) >= 0 && H5Sclose(space) >= 0 && H5Pclose(creation) >= 0);
    assert_int_equal(truncate(in_directory(name), 1 << 18), 0); /* all of one size */
}

static void check(const char *name, ls_h5_pages *pages, float from)
{
    static float found[ROWS * COLUMNS];
    static const char *const paths[] = {"/group/x", "/y"};
    ls_h5_file *file;
    ls_h5_dataset dataset;
    assert_ok(ls_h5_open_paged(in_directory(name), pages, &file));
    for (int i = 0; i < 2; i++) {
        assert_ok(ls_h5_describe(file, paths[i], &dataset));
        assert_ok(ls_h5_read_float(file, paths[i], 0, ROWS, found));
        for (int k = 0; k < ROWS * COLUMNS; k++)
            if (found[k] != from + (float)k)
                assert_float_equal(found[k], from + (float)k, 0);
    }
    ls_h5_close(file);
}

/* Another process' pages. */
static ls_h5_pages *sent(const ls_h5_pages *pages)
{
    ls_h5_pages *there;
    void *block = malloc((size_t)ls_h5_pages_bytes(pages));
    ls_h5_pages_pack(pages, block);
    assert_ok(ls_h5_pages_create(&there));
    ls_h5_pages_unpack(there, block);
    free(block);
    return there;
}

static void test_read_once(void **state)
{
    (void)state;
    ls_h5_pages *pages;
    make("once.h5", 5, false);
    assert_ok(ls_h5_pages_create(&pages));
    ls_h5_file *file;
    ls_h5_dataset dataset;
    assert_ok(ls_h5_open_paged(in_directory("once.h5"), pages, &file));
    assert_ok(ls_h5_describe(file, "/group/x", &dataset));
    assert_ok(ls_h5_describe(file, "/y", &dataset));
    ls_h5_close(file);
    const int64_t bytes = ls_h5_pages_bytes(pages);
    assert_true(bytes > LS_H5_PAGE);
    ls_h5_pages *there = sent(pages);
    assert_int_equal(ls_h5_pages_bytes(there), bytes);
    check("once.h5", there, 5);
    assert_int_equal(ls_h5_pages_bytes(there), bytes); /* nothing was missing, the chunks' index neither */
    ls_h5_pages_release(there);
    ls_h5_pages_release(pages);
}

/* A copy of the same name, size and time of change is another file; so is the same file once it is written to. */
static void test_other_files(void **state)
{
    (void)state;
    struct stat before, after;
    ls_h5_pages *pages;
    make("data.h5", 5, false);
    assert_ok(ls_h5_pages_create(&pages));
    check("data.h5", pages, 5);
    ls_h5_pages *there = sent(pages);
    assert_int_equal(stat(in_directory("data.h5"), &before), 0);
    make("copy.h5", 7, true);
    const struct timespec times[2] = {before.st_atim, before.st_mtim};
    assert_int_equal(utimensat(AT_FDCWD, in_directory("copy.h5"), times, 0), 0);
    assert_int_equal(rename(in_directory("data.h5"), in_directory("first.h5")), 0);
    assert_int_equal(rename(in_directory("copy.h5"), in_directory("data.h5")), 0);
    assert_int_equal(stat(in_directory("data.h5"), &after), 0);
    assert_int_equal(after.st_size, before.st_size);
    assert_int_equal(after.st_mtim.tv_nsec, before.st_mtim.tv_nsec);
    check("data.h5", there, 7);
    check("first.h5", there, 5);

    size_t count;
    unsigned char *bytes = read_bytes(in_directory("data.h5"), &count); /* in the place of the first one's */
    int fd = open(in_directory("first.h5"), O_WRONLY);
    assert_int_equal(pwrite(fd, bytes, count, 0), count);
    assert_int_equal(close(fd), 0);
    free(bytes);
    check("first.h5", there, 7);
    ls_h5_pages_release(there);
    ls_h5_pages_release(pages);
}

/* In the words of files that are not paged. */
static void test_refusals(void **state)
{
    (void)state;
    static const char *const names[] = {"none.h5", "text.h5", "cut.h5"};
    char plain[LS_TEXT_MAX];
    size_t count;
    ls_h5_pages *pages;
    ls_h5_file *file;
    make("whole.h5", 0, false);
    unsigned char *bytes = read_bytes(in_directory("whole.h5"), &count);
    write_bytes(in_directory("cut.h5"), bytes, count / 8);
    write_bytes(in_directory("text.h5"), "a,b\n1,2\n", 8);
    free(bytes);
    assert_ok(ls_h5_pages_create(&pages));
    for (int i = 0; i < ITEMS(names); i++) {
        assert_int_equal(ls_h5_open(in_directory(names[i]), &file), LS_ERR_DATA);
        (void)snprintf(plain, sizeof plain, "%s", ls_error_message());
        assert_int_equal(ls_h5_open_paged(in_directory(names[i]), pages, &file), LS_ERR_DATA);
        assert_string_equal(ls_error_message(), plain);
    }
    ls_h5_pages_release(pages);
}

/* Files that one leads to are opened as it was. */
static void test_links(void **state)
{
    (void)state;
    ls_h5_pages *pages;
    float found[COLUMNS];
    ls_h5_file *file;
    ls_h5_dataset dataset;
    make("source.h5", 9, false);
    hid_t made = H5Fcreate(in_directory("links.h5"), H5F_ACC_TRUNC, H5P_DEFAULT, H5P_DEFAULT);
    assert_true(H5Lcreate_external("source.h5", "/y", made, "y", H5P_DEFAULT, H5P_DEFAULT) >= 0);
    const hsize_t extents[2] = {ROWS, COLUMNS};
    hid_t space = H5Screate_simple(2, extents, NULL), creation = H5Pcreate(H5P_DATASET_CREATE);
    assert_true(H5Pset_virtual(creation, space, in_directory("source.h5"), "/group/x", space) >= 0);
    hid_t written = H5Dcreate2(made, "x", H5T_IEEE_F32LE, space, H5P_DEFAULT, creation, H5P_DEFAULT);
    assert_true(H5Dclose(written) >= 0 && H5Sclose(space) >= 0 && H5Pclose(creation) >= 0 && H5Fclose(made) >= 0);
    assert_ok(ls_h5_pages_create(&pages));
    ls_h5_pages *there = NULL;
    for (int round = 0; round < 2; round++) {
        assert_ok(ls_h5_open_paged(in_directory("links.h5"), round == 0 ? pages : there, &file));
        assert_ok(ls_h5_describe(file, "/x", &dataset));
        assert_ok(ls_h5_read_float(file, "/x", 1, 1, found));
        assert_float_equal(found[0], 9 + COLUMNS, 0);
        assert_ok(ls_h5_describe(file, "/y", &dataset));
        assert_ok(ls_h5_read_float(file, "/y", ROWS - 1, 1, found));
        assert_float_equal(found[0], 9 + COLUMNS * (ROWS - 1), 0);
        ls_h5_close(file);
        if (round == 0)
            there = sent(pages);
    }
    assert_int_equal(ls_h5_pages_bytes(there), ls_h5_pages_bytes(pages));
    ls_h5_pages_release(there);
    ls_h5_pages_release(pages);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_any_range), cmocka_unit_test(test_failure),     cmocka_unit_test(test_limit),
        cmocka_unit_test(test_read_once), cmocka_unit_test(test_other_files), cmocka_unit_test(test_refusals),
        cmocka_unit_test(test_links),
    };
    return cmocka_run_group_tests(tests, directory_setup, directory_teardown);
}
