/* Files that are not what they should be: not there, not HDF5, cut short, damaged, with filters that are
 * missing. */
#include "io_test.h"

#include "base/memory.h"
#include "hdf5/h5.h"

#include <fcntl.h>
#include <hdf5.h>
#include <sys/stat.h>

static void test_not_openable(void **state)
{
    ls_h5_file *file = (void *)1;
    (void)state;
    assert_fails(ls_h5_open(in_directory("none.h5"), &file), LS_ERR_DATA, "there is no such file");
    assert_null(file);
    assert_fails(ls_h5_open(test_directory, &file), LS_ERR_DATA, "is a directory");
    assert_int_equal(mkfifo(in_directory("pipe"), 0600), 0);
    assert_fails(ls_h5_open(in_directory("pipe"), &file), LS_ERR_DATA, "not a regular file");
    write_bytes(in_directory("empty.h5"), "", 0);
    assert_fails(ls_h5_open(in_directory("empty.h5"), &file), LS_ERR_DATA, "is empty");
    if (geteuid() != 0) {
        write_bytes(in_directory("secret.h5"), "x", 1);
        (void)chmod(in_directory("secret.h5"), 0);
        assert_fails(ls_h5_open(in_directory("secret.h5"), &file), LS_ERR_DATA, "Permission denied");
    }
    char longer[5000];
    memset(longer, 'a', sizeof longer - 1);
    longer[sizeof longer - 1] = '\0';
    assert_fails(ls_h5_open(longer, &file), LS_ERR_DATA, "cannot be opened");
}

static void test_not_hdf5(void **state)
{
    static const struct {
        const char *bytes;
        size_t count;
        const char *says;
    } cases[] = {{"a,b,c\n1,2,3\n", 12, "CSV text: make HDF5 of it with lockstep convert"},
                 {"1.5;2;3\n", 8, "CSV text"},
                 {"1.5\t2\n", 6, "CSV text"},
                 {"\xef\xbb\xbf"
                  "a,b\n",
                  7, "CSV text"},
                 {"{\"a\": 1}", 8, "JSON"},
                 {"hello there", 11, "it is text"},
                 {"MATLAB 5.0 MAT-file", 19, "save it in MATLAB with -v7.3"},
                 {"CDF\5xxxx", 8, "it is NetCDF classic"},
                 {"\0\0\x08\1\0\0\0\1\0", 9, "it is an IDX file: make HDF5 of it with lockstep convert"},
                 {"ARROW1\0\0", 8, "it is Arrow (Feather)"},
                 {"RDX3\nX\n", 7, "it is R data"},
                 {"SQLite format 3", 16, "it is an SQLite database"},
                 {"\x0e\x03\x13\x01", 4, "h4toh5"},
                 {"\x80\x02]q\0.", 6, "it is a Python pickle"},
                 {"version https://git-lfs.github.com/spec/v1\n", 43, "git lfs pull"},
                 {"<!DOCTYPE html>", 15, "it is a web page (HTML)"},
                 {"\xff\xff\xff\xff", 4, "it has no HDF5 signature"},
                 {"\x1f\x8b\x08\x00\x00", 5, "gzip"},
                 {"PK\x03\x04\x00", 5, ".npz"},
                 {"\x93NUMPY\x01\x00", 8, "NumPy array"},
                 {"CDF\x01\x00", 5, "NetCDF"},
                 {"\x89HDF\x01\n", 6, "no HDF5 signature"},
                 {"\x00\x01\x02\x03", 4, "no HDF5 signature"}};
    ls_h5_file *file;
    (void)state;
    for (int i = 0; i < ITEMS(cases); i++) {
        write_bytes(in_directory("not.h5"), cases[i].bytes, cases[i].count);
        assert_fails(ls_h5_open(in_directory("not.h5"), &file), LS_ERR_DATA, cases[i].says);
        assert_fails(ls_h5_open(in_directory("not.h5"), &file), LS_ERR_DATA, "not.h5: is not an HDF5 file");
    }
}

/* Opening, listing and reading a file cut at any length gives an error or the right values, never anything
 * else. */
static void test_cut_short(void **state)
{
    (void)state;
    const int64_t shape[2] = {40, 3};
    float values[120], read[120];
    for (int i = 0; i < 120; i++)
        values[i] = (float)i;
    ls_h5_file *file;
    assert_ok(ls_h5_create(in_directory("whole.h5"), 0, &file));
    assert_ok(ls_h5_write_float(file, "/train/x", 2, shape, values));
    assert_ok(ls_h5_finish(file));
    size_t count;
    unsigned char *bytes = read_bytes(in_directory("whole.h5"), &count);
    int good = 0;
    for (size_t length = 0; length <= count; length += length < count - 8 && length > 64 ? 7 : 1) {
        write_bytes(in_directory("cut.h5"), bytes, length);
        if (ls_h5_open(in_directory("cut.h5"), &file) != LS_OK)
            continue;
        memset(read, 0, sizeof read);
        if (ls_h5_read_float(file, "/train/x", 0, 40, read) == LS_OK) {
            assert_memory_equal(read, values, sizeof values);
            good++;
        }
        ls_h5_close(file);
    }
    assert_int_equal(good, 1);
    write_bytes(in_directory("cut.h5"), bytes, count / 2);
    assert_fails(ls_h5_open(in_directory("cut.h5"), &file), LS_ERR_DATA, "libhdf5: ");
    free(bytes);
}

/* A chunk with a damaged byte under a checksum: an error that names dataset and rows, and an untouched
 * buffer. */
static void test_checksum_error(void **state)
{
    (void)state;
    const hsize_t extents[1] = {64};
    int values[64];
    for (int i = 0; i < 64; i++)
        values[i] = 0x51525354 + i;
    hid_t file = H5Fcreate(in_directory("sum.h5"), H5F_ACC_TRUNC, H5P_DEFAULT, H5P_DEFAULT);
    hid_t space = H5Screate_simple(1, extents, NULL), creation = H5Pcreate(H5P_DATASET_CREATE);
    (void)H5Pset_chunk(creation, 1, extents);
    (void)H5Pset_fletcher32(creation);
    hid_t dataset = H5Dcreate2(file, "y", H5T_STD_I32LE, space, H5P_DEFAULT, creation, H5P_DEFAULT);
    (void)H5Dwrite(dataset, H5T_NATIVE_INT, H5S_ALL, H5S_ALL, H5P_DEFAULT, values);
    (void)H5Dclose(dataset);
    (void)H5Pclose(creation);
    (void)H5Sclose(space);
    (void)H5Fclose(file);
    size_t count;
    unsigned char *bytes = read_bytes(in_directory("sum.h5"), &count), *at = memmem(bytes, count, values, 16);
    assert_non_null(at);
    at[3] ^= 1;
    write_bytes(in_directory("sum.h5"), bytes, count);
    free(bytes);
    ls_h5_file *opened;
    float read[64] = {3};
    assert_ok(ls_h5_open(in_directory("sum.h5"), &opened));
    assert_fails(ls_h5_read_float(opened, "/y", 2, 5, read), LS_ERR_DATA,
                 "rows 0 to 63 of /y (int32, chunks 64, fletcher32)");
    assert_near(read[0], 3, 0);
    ls_h5_close(opened);
}

/* Values that are said to lie behind the file's end: libhdf5's own words stand behind ours. */
static void test_values_behind_the_end(void **state)
{
    (void)state;
    const int64_t shape[1] = {64};
    float values[64], read[64] = {3};
    for (int i = 0; i < 64; i++)
        values[i] = 1.5f + (float)i;
    ls_h5_file *file;
    assert_ok(ls_h5_create(in_directory("far.h5"), 0, &file));
    assert_ok(ls_h5_write_float(file, "/y", 1, shape, values));
    assert_ok(ls_h5_finish(file));
    size_t count;
    unsigned char *bytes = read_bytes(in_directory("far.h5"), &count), *data = memmem(bytes, count, values, 64);
    assert_non_null(data);
    const uint64_t at = (uint64_t)(data - bytes), far = (uint64_t)1 << 40;
    unsigned char layout[10] = {3, 1}; /* its message: version 3, contiguous, the address */
    memcpy(layout + 2, &at, sizeof at);
    unsigned char *address = memmem(bytes, count, layout, sizeof layout);
    assert_non_null(address);
    memcpy(address + 2, &far, sizeof far);
    write_bytes(in_directory("far.h5"), bytes, count);
    free(bytes);
    assert_ok(ls_h5_open(in_directory("far.h5"), &file));
    assert_fails(ls_h5_read_float(file, "/y", 2, 5, read), LS_ERR_DATA, "(libhdf5: ");
    assert_near(read[0], 3, 0);
    ls_h5_close(file);
}

/* A filter that nobody has, named as such. */
static htri_t identity_can(hid_t creation, hid_t type, hid_t space)
{
    (void)creation, (void)type, (void)space;
    return 1;
}
static size_t identity(unsigned flags, size_t n, const unsigned values[], size_t bytes, size_t *size, void **buffer)
{
    (void)flags, (void)n, (void)values, (void)size, (void)buffer;
    return bytes;
}

static void test_missing_filter(void **state)
{
    (void)state;
    const H5Z_class2_t lzf = {H5Z_CLASS_T_VERS, 32000, 1, 1, "stand-in", identity_can, NULL, identity};
    const hsize_t extents[1] = {64};
    const int values[64] = {0};
    assert_true(H5Zregister(&lzf) >= 0);
    hid_t file = H5Fcreate(in_directory("filter.h5"), H5F_ACC_TRUNC, H5P_DEFAULT, H5P_DEFAULT);
    hid_t space = H5Screate_simple(1, extents, NULL), creation = H5Pcreate(H5P_DATASET_CREATE);
    (void)H5Pset_chunk(creation, 1, extents);
    (void)H5Pset_filter(creation, 32000, 0, 0, NULL);
    hid_t dataset = H5Dcreate2(file, "y", H5T_STD_I32LE, space, H5P_DEFAULT, creation, H5P_DEFAULT);
    (void)H5Dwrite(dataset, H5T_NATIVE_INT, H5S_ALL, H5S_ALL, H5P_DEFAULT, values);
    (void)H5Dclose(dataset);
    (void)H5Pclose(creation);
    (void)H5Sclose(space);
    (void)H5Fclose(file);
    assert_true(H5Zunregister(32000) >= 0);
    ls_h5_file *opened;
    float read;
    assert_ok(ls_h5_open(in_directory("filter.h5"), &opened));
    assert_fails(ls_h5_read_float(opened, "/y", 0, 1, &read), LS_ERR_DATA,
                 "/y is stored with the filter lzf (32000), which only h5py has");
    ls_h5_close(opened);
}

/* The host's error handler is neither called nor changed, and its error stack keeps its contents. */
static int handler_calls;
static herr_t host_handler(hid_t stack, void *data)
{
    (void)stack, (void)data;
    handler_calls++;
    return 0;
}

static void test_host_error_state(void **state)
{
    (void)state;
    int data = 0;
    void *saved_data, *found_data;
    H5E_auto2_t saved, found;
    ls_h5_file *file;
    ls_h5_dataset d;
    assert_true(H5Eget_auto2(H5E_DEFAULT, &saved, &saved_data) >= 0);
    assert_true(H5Eset_auto2(H5E_DEFAULT, host_handler, &data) >= 0);
    assert_true(H5Fopen("/nonexistent/file.h5", H5F_ACC_RDONLY, H5P_DEFAULT) < 0);
    assert_int_equal(handler_calls, 1);
    ssize_t entries = H5Eget_num(H5E_DEFAULT);
    assert_true(entries > 0);
    assert_ok(ls_h5_open(LS_TEST_DATA "/digits.h5", &file));
    assert_int_equal(ls_h5_describe(file, "/none", &d), LS_ERR_DATA);
    assert_false(ls_h5_has_attribute(file, "/none", "none"));
    ls_h5_close(file);
    write_bytes(in_directory("bad.h5"), "\x89HDF\r\n\x1a\nrubbish", 15);
    assert_int_equal(ls_h5_open(in_directory("bad.h5"), &file), LS_ERR_DATA);
    assert_int_equal(handler_calls, 1);
    assert_int_equal(H5Eget_num(H5E_DEFAULT), entries);
    assert_true(H5Eget_auto2(H5E_DEFAULT, &found, &found_data) >= 0);
    assert_ptr_equal(found, host_handler);
    assert_ptr_equal(found_data, &data);
    assert_true(H5Eset_auto2(H5E_DEFAULT, saved, saved_data) >= 0);
}

/* The descriptor of the open file `path`. */
static int descriptor_of(const char *path)
{
    struct stat one, other;
    assert_int_equal(stat(path, &one), 0);
    for (int fd = 3; fd < 1024; fd++)
        if (fstat(fd, &other) == 0 && one.st_dev == other.st_dev && one.st_ino == other.st_ino)
            return fd;
    fail_msg("%s is not open", path);
    return -1;
}

static bool ask(ls_h5_file *file, int question)
{
    return question == 0   ? ls_h5_exists(file, "/train/none")
           : question == 1 ? ls_h5_has_attribute(file, "/train/x", "none")
                           : ls_h5_has_texts(file, "/train/x", "none");
}

/* A no for want of an answer is an error, then and in all that is read later; of a file beside it as well. */
static void test_questions_of_a_failing_disk(void **state)
{
    static const char *const says[] = {"has /train/none (libhdf5: ", "has attribute none of /train/x (libhdf5: ",
                                       "has attribute none of /train/x (libhdf5: "};
    const char *path = in_directory("asked.h5");
    size_t count;
    unsigned char *bytes = read_bytes(LS_TEST_DATA "/digits.h5", &count);
    write_bytes(path, bytes, count);
    free(bytes);
    (void)state;
    for (int i = 0; i < 2 * ITEMS(says); i++) {
        ls_h5_file *main, *file;
        ls_h5_dataset d, *list;
        char *text;
        int items;
        assert_ok(ls_h5_open(i % 2 ? LS_TEST_DATA "/digits.h5" : path, &main));
        assert_ok(ls_h5_beside(main, path, &file));
        assert_ok(ls_h5_answered(main));
        const int fd = descriptor_of(path), kept = dup(fd), nothing = open("/dev/null", O_WRONLY);
        assert_true(kept >= 0 && nothing >= 0 && dup2(nothing, fd) == fd);
        assert_false(ask(file, i / 2));
        assert_true(dup2(kept, fd) == fd); /* the disk is well again */
        assert_fails(ls_h5_answered(file), LS_ERR_DATA, says[i / 2]);
        assert_fails(ls_h5_answered(main), LS_ERR_DATA, "asked.h5: it cannot be told whether it ");
        assert_fails(ls_h5_describe(main, "/train/x", &d), LS_ERR_DATA, says[i / 2]);
        assert_fails(ls_h5_list(file, "/", &list, &items), LS_ERR_DATA, says[i / 2]);
        assert_fails(ls_h5_attribute_text(file, "/", "title", &text), LS_ERR_DATA, says[i / 2]);
        ls_h5_close(main);
        (void)close(kept);
        (void)close(nothing);
    }
}

/* Nor does any other no remain. */
static void test_questions_with_an_answer(void **state)
{
    ls_h5_file *file;
    const hid_t made = H5Fcreate(in_directory("links.h5"), H5F_ACC_TRUNC, H5P_DEFAULT, H5P_DEFAULT);
    (void)state;
    (void)H5Lcreate_soft("/nowhere", made, "dangling", H5P_DEFAULT, H5P_DEFAULT);
    (void)H5Lcreate_soft("/circle", made, "circle", H5P_DEFAULT, H5P_DEFAULT);
    (void)H5Lcreate_external("elsewhere.h5", "/d", made, "external", H5P_DEFAULT, H5P_DEFAULT);
    (void)H5Fclose(made);
    for (int trust = 0; trust < 2; trust++) {
        static const char *const none[] = {"/none",     "/none/of",     "/dangling",     "/circle",
                                           "/external", "/external/of", "/dangling/of/", ""};
        assert_ok(ls_h5_open(in_directory("links.h5"), &file));
        ls_h5_trust(file, trust ? LS_H5_LINKS_ANY : LS_H5_LINKS_NONE, false);
        for (int i = 0; i < ITEMS(none); i++) {
            assert_false(ls_h5_exists(file, none[i]));
            assert_false(ls_h5_has_attribute(file, none[i], "none"));
            assert_false(ls_h5_has_texts(file, none[i], "none"));
            assert_ok(ls_h5_answered(file));
        }
        ls_h5_close(file);
    }
    assert_ok(ls_h5_open(LS_TEST_DATA "/digits.h5", &file));
    assert_false(ls_h5_exists(file, "/train/x/y"));
    assert_false(ls_h5_has_attribute(file, "/train/x/y", "none"));
    assert_ok(ls_h5_answered(file));
    ls_h5_close(file);
}

/* All handles are given back, after failures too. */
static void test_nothing_stays_open(void **state)
{
    (void)state;
    assert_int_equal(H5Fget_obj_count((hid_t)H5F_OBJ_ALL, H5F_OBJ_ALL), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_not_openable),
                                       cmocka_unit_test(test_not_hdf5),
                                       cmocka_unit_test(test_cut_short),
                                       cmocka_unit_test(test_checksum_error),
                                       cmocka_unit_test(test_missing_filter),
                                       cmocka_unit_test(test_host_error_state),
                                       cmocka_unit_test(test_values_behind_the_end),
                                       cmocka_unit_test(test_questions_of_a_failing_disk),
                                       cmocka_unit_test(test_questions_with_an_answer),
                                       cmocka_unit_test(test_nothing_stays_open)};
    return cmocka_run_group_tests(tests, directory_setup, directory_teardown);
}
