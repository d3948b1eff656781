/* Writing: what is written reads back, and equal contents give equal bytes. */
#include "io_test.h"

#include "base/memory.h"
#include "hdf5/h5.h"

#include <hdf5.h>
#include <time.h>

static void write_everything(const char *path, int64_t user_block)
{
    static const char *const names[] = {"dense", "dense_1", "", "Größe"};
    const int64_t shape[3] = {2, 3, 2}, none[2] = {0, 5};
    float f[12];
    double d[2] = {0.1, -1e300};
    int32_t i32[3] = {-1, 0, INT32_MAX};
    int64_t i64[3] = {INT64_MIN, 0, INT64_MAX};
    uint64_t u64[3] = {0, 1, UINT64_MAX};
    const int64_t two = 2, three = 3, rows[2] = {6, 2};
    ls_h5_file *file;
    char *large = malloc(200001);
    for (int i = 0; i < 12; i++)
        f[i] = (float)i / 3;
    memset(large, 'j', 200000);
    large[200000] = '\0';
    assert_ok(ls_h5_create(path, user_block, &file));
    assert_ok(ls_h5_write_float(file, "/a/b/c", 3, shape, f));
    assert_ok(ls_h5_write_double(file, "/a/d", 1, &two, d));
    assert_ok(ls_h5_write_int32(file, "/i32", 1, &three, i32));
    assert_ok(ls_h5_write_int64(file, "i64", 1, &three, i64));
    assert_ok(ls_h5_write_uint64(file, "/u64", 1, &three, u64));
    assert_ok(ls_h5_write_int64(file, "/a/step", 0, NULL, &two));
    assert_ok(ls_h5_write_float(file, "/none", 2, none, f));
    assert_ok(ls_h5_make_group(file, "/x/y"));
    assert_ok(ls_h5_make_group(file, "/x/y"));
    assert_ok(ls_h5_make_group(file, "/"));
    assert_ok(ls_h5_make_float(file, "/rows/f", 2, rows));
    assert_ok(ls_h5_make_int32(file, "/rows/i", 1, &three));
    assert_ok(ls_h5_write_float_rows(file, "/rows/f", 3, 3, f + 6));
    assert_ok(ls_h5_write_int32_rows(file, "/rows/i", 0, 3, i32));
    assert_ok(ls_h5_write_float_rows(file, "/rows/f", 0, 3, f));
    assert_ok(ls_h5_link(file, "/a/b/c", "/x/z/linked"));
    assert_ok(ls_h5_set_text(file, "/", "model_config", large));
    assert_ok(ls_h5_set_text(file, "/a", "text", "Ünïcode"));
    assert_ok(ls_h5_set_text(file, "/a", "empty", ""));
    assert_ok(ls_h5_set_texts(file, "/a/b", "names", names, ITEMS(names)));
    assert_ok(ls_h5_set_int64(file, "/a/b/c", "count", INT64_MIN));
    assert_ok(ls_h5_set_int64(file, "/a/b/c", "count", -77)); /* replaces */
    assert_ok(ls_h5_set_double(file, "/", "rate", 0.1));
    assert_ok(ls_h5_finish(file));
    free(large);
}

static void test_round_trip(void **state)
{
    (void)state;
    ls_h5_file *file;
    ls_h5_dataset d;
    float f[12];
    double dd[2];
    int64_t i64[3];
    uint64_t u64[3];
    write_everything(in_directory("all.h5"), 0);
    assert_ok(ls_h5_open(in_directory("all.h5"), &file));
    assert_ok(ls_h5_describe(file, "/a/b/c", &d));
    assert_int_equal(d.rank, 3);
    assert_int_equal(d.shape[1], 3);
    assert_string_equal(d.type, "float32");
    assert_string_equal(d.layout, "contiguous");
    assert_int_equal(d.storage, 48);
    assert_ok(ls_h5_read_float(file, "/a/b/c", 0, 2, f));
    for (int i = 0; i < 12; i++)
        assert_near(f[i], (float)i / 3, 0);
    assert_ok(ls_h5_read_float(file, "/x/z/linked", 1, 1, f));
    assert_near(f[0], 2, 0);
    assert_ok(ls_h5_read_double(file, "/a/d", 0, 2, dd));
    assert_near(dd[0], 0.1, 0);
    assert_near(dd[1], -1e300, 0);
    assert_ok(ls_h5_describe(file, "/i32", &d));
    assert_string_equal(d.type, "int32");
    assert_ok(ls_h5_read_int64(file, "/i32", 0, 3, i64));
    assert_int_equal(i64[2], INT32_MAX);
    assert_ok(ls_h5_read_int64(file, "/i64", 0, 3, i64));
    assert_true(i64[0] == INT64_MIN && i64[2] == INT64_MAX);
    assert_ok(ls_h5_describe(file, "/u64", &d));
    assert_string_equal(d.type, "uint64");
    assert_ok(ls_h5_read_uint64(file, "/u64", 0, 3, u64));
    assert_true(u64[2] == UINT64_MAX);
    assert_ok(ls_h5_describe(file, "/a/step", &d));
    assert_int_equal(d.rank, 0);
    assert_ok(ls_h5_read_int64(file, "/a/step", 0, 1, i64));
    assert_int_equal(i64[0], 2);
    assert_ok(ls_h5_describe(file, "/none", &d));
    assert_int_equal(d.shape[0], 0);
    assert_int_equal(d.shape[1], 5);
    assert_ok(ls_h5_read_float(file, "/rows/f", 0, 6, f));
    for (int i = 0; i < 12; i++)
        assert_near(f[i], (float)i / 3, 0);
    assert_ok(ls_h5_read_int64(file, "/rows/i", 0, 3, i64));
    assert_int_equal(i64[0], -1);
    assert_true(ls_h5_exists(file, "/x/y"));
    ls_h5_close(file);
}

static void test_attributes(void **state)
{
    (void)state;
    ls_h5_file *file;
    char *text, **texts;
    int count;
    int64_t integer;
    double number;
    write_everything(in_directory("all.h5"), 512);
    hid_t raw = H5Fopen(in_directory("all.h5"), H5F_ACC_RDONLY, H5P_DEFAULT);
    hid_t attribute = H5Aopen_by_name(raw, "/a", "text", H5P_DEFAULT, H5P_DEFAULT), type = H5Aget_type(attribute);
    assert_int_equal(H5Tget_cset(type), H5T_CSET_UTF8);
    assert_true(H5Tis_variable_str(type) > 0);
    (void)H5Tclose(type);
    (void)H5Aclose(attribute);
    (void)H5Fclose(raw);
    assert_ok(ls_h5_open(in_directory("all.h5"), &file));
    assert_true(ls_h5_has_attribute(file, "/", "model_config"));
    assert_false(ls_h5_has_attribute(file, "/", "model_confi"));
    assert_false(ls_h5_has_attribute(file, "/nowhere", "model_config"));
    assert_ok(ls_h5_attribute_text(file, "/", "model_config", &text));
    assert_int_equal(strlen(text), 200000);
    assert_int_equal(text[199999], 'j');
    ls_memory_free(text);
    assert_ok(ls_h5_attribute_text(file, "/a", "text", &text));
    assert_string_equal(text, "Ünïcode");
    ls_memory_free(text);
    assert_ok(ls_h5_attribute_text(file, "/a", "empty", &text));
    assert_string_equal(text, "");
    ls_memory_free(text);
    assert_ok(ls_h5_attribute_texts(file, "/a/b", "names", &texts, &count));
    assert_int_equal(count, 4);
    assert_string_equal(texts[0], "dense");
    assert_string_equal(texts[1], "dense_1");
    assert_string_equal(texts[2], "");
    assert_string_equal(texts[3], "Größe");
    ls_memory_free(texts);
    assert_ok(ls_h5_attribute_int64(file, "/a/b/c", "count", &integer));
    assert_int_equal(integer, -77);
    assert_ok(ls_h5_attribute_double(file, "/a/b/c", "count", &number));
    assert_near(number, -77, 0);
    assert_ok(ls_h5_attribute_double(file, "/", "rate", &number));
    assert_near(number, 0.1, 0);
    assert_fails(ls_h5_attribute_int64(file, "/", "rate", &integer), LS_ERR_DATA, "is not an integer");
    assert_fails(ls_h5_attribute_double(file, "/a", "text", &number), LS_ERR_DATA, "is not a number");
    assert_fails(ls_h5_attribute_text(file, "/", "rate", &text), LS_ERR_DATA, "is not text");
    assert_fails(ls_h5_attribute_text(file, "/a/b", "names", &text), LS_ERR_DATA, "holds 4 texts");
    assert_fails(ls_h5_attribute_text(file, "/a/b", "absent", &text), LS_ERR_DATA, "has no attribute absent");
    assert_null(text);
    ls_h5_close(file);
}

/* Fixed-length strings, as older Keras and other tools write them. */
static void test_fixed_strings(void **state)
{
    (void)state;
    static const char packed[] = "dense   d_1     12345678"; /* three of 8 */
    static const char nulls[] = "a\0\0\0\0\0\0\0bcdefgh\0ijklmnop";
    const hsize_t three = 3;
    hid_t file = H5Fcreate(in_directory("fixed.h5"), H5F_ACC_TRUNC, H5P_DEFAULT, H5P_DEFAULT);
    for (int i = 0; i < 3; i++) {
        hid_t type = H5Tcopy(H5T_C_S1), space = i < 2 ? H5Screate_simple(1, &three, NULL) : H5Screate(H5S_SCALAR);
        (void)H5Tset_size(type, 8);
        (void)H5Tset_strpad(type, i == 0 ? H5T_STR_SPACEPAD : H5T_STR_NULLPAD);
        hid_t attribute = H5Acreate2(file,
                                     i == 0   ? "space"
                                     : i == 1 ? "null"
                                              : "scalar",
                                     type, space, H5P_DEFAULT, H5P_DEFAULT);
        (void)H5Awrite(attribute, type, i == 0 ? packed : nulls);
        (void)H5Aclose(attribute);
        (void)H5Sclose(space);
        (void)H5Tclose(type);
    }
    const int numbers[3] = {1, 2, 3};
    hid_t line = H5Screate_simple(1, &three, NULL);
    hid_t triple = H5Acreate2(file, "numbers", H5T_STD_I32LE, line, H5P_DEFAULT, H5P_DEFAULT);
    (void)H5Awrite(triple, H5T_NATIVE_INT, numbers);
    (void)H5Aclose(triple);
    (void)H5Sclose(line);
    (void)H5Fclose(file);
    ls_h5_file *opened;
    int64_t number[3];
    char **texts, *text;
    int count;
    assert_ok(ls_h5_open(in_directory("fixed.h5"), &opened));
    assert_ok(ls_h5_attribute_texts(opened, "/", "space", &texts, &count));
    assert_int_equal(count, 3);
    assert_string_equal(texts[0], "dense");
    assert_string_equal(texts[1], "d_1");
    assert_string_equal(texts[2], "12345678");
    ls_memory_free(texts);
    assert_ok(ls_h5_attribute_texts(opened, "/", "null", &texts, &count));
    assert_string_equal(texts[0], "a");
    assert_string_equal(texts[1], "bcdefgh");
    assert_string_equal(texts[2], "ijklmnop");
    ls_memory_free(texts);
    assert_fails(ls_h5_attribute_int64(opened, "/", "numbers", number), LS_ERR_DATA, "holds 3 numbers, expected 1");
    assert_ok(ls_h5_attribute_text(opened, "/", "scalar", &text));
    assert_string_equal(text, "a");
    ls_memory_free(text);
    ls_h5_close(opened);
}

/* Equal contents, equal bytes, whatever the clock says: time stamps have a resolution of one second. */
static void test_equal_bytes(void **state)
{
    (void)state;
    const struct timespec pause = {1, 100000000};
    size_t first_count, second_count;
    write_everything(in_directory("first.h5"), 512);
    (void)nanosleep(&pause, NULL);
    write_everything(in_directory("second.h5"), 512);
    unsigned char *first = read_bytes(in_directory("first.h5"), &first_count);
    unsigned char *second = read_bytes(in_directory("second.h5"), &second_count);
    assert_int_equal(first_count, second_count);
    assert_memory_equal(first, second, first_count);
    static const unsigned char zeros[512];
    assert_memory_equal(first, zeros, sizeof zeros);
    assert_memory_equal(first + 512, "\x89HDF\r\n\x1a\n\0", 9); /* superblock version 0: the earliest format */
    assert_memory_equal(first + 512 + 20, zeros, 4);            /* not marked as open for writing */
    free(first);
    free(second);
}

static void test_refusals(void **state)
{
    (void)state;
    ls_h5_file *file = (void *)1;
    const int64_t shape[2] = {3, 2};
    float values[6] = {0};
    assert_fails(ls_h5_create(in_directory("no/such/file.h5"), 0, &file), LS_ERR_OUTPUT, "cannot be created");
    assert_null(file);
    assert_fails(ls_h5_create(test_directory, 0, &file), LS_ERR_OUTPUT, "cannot be created");
    assert_fails(ls_h5_create(in_directory("block.h5"), 100, &file), LS_ERR_OUTPUT, "cannot be created");
    assert_ok(ls_h5_create(in_directory("refuse.h5"), 0, &file));
    assert_ok(ls_h5_write_float(file, "/d", 2, shape, values));
    assert_fails(ls_h5_write_float(file, "/d", 2, shape, values), LS_ERR_OUTPUT, "dataset /d cannot be made");
    assert_fails(ls_h5_write_float(file, "/d/e", 2, shape, values), LS_ERR_OUTPUT, "/d/e");
    assert_fails(ls_h5_write_float(file, "", 2, shape, values), LS_ERR_OUTPUT, "no path");
    assert_fails(ls_h5_write_float(file, "/deep", 9, shape, values), LS_ERR_OUTPUT, "9 dimensions");
    assert_fails(ls_h5_write_float_rows(file, "/d", 2, 2, values), LS_ERR_OUTPUT, "has 3 rows");
    assert_fails(ls_h5_write_float_rows(file, "/e", 0, 1, values), LS_ERR_OUTPUT, "has no dataset /e");
    assert_fails(ls_h5_link(file, "/none", "/new"), LS_ERR_OUTPUT, "cannot be made");
    assert_fails(ls_h5_set_int64(file, "/none", "a", 1), LS_ERR_OUTPUT, "cannot be made");
    assert_ok(ls_h5_finish(file));
    ls_h5_close(NULL);
}

static void test_library(void **state)
{
    (void)state;
    char version[48];
    unsigned major, minor, release;
    (void)H5get_libversion(&major, &minor, &release);
    (void)snprintf(version, sizeof version, "%u.%u.%u", major, minor, release);
    assert_string_equal(ls_h5_library_version(), version);
#ifdef H5_HAVE_PARALLEL
    assert_true(ls_h5_library_parallel());
#else
    assert_false(ls_h5_library_parallel());
#endif
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_round_trip),    cmocka_unit_test(test_attributes),
                                       cmocka_unit_test(test_fixed_strings), cmocka_unit_test(test_equal_bytes),
                                       cmocka_unit_test(test_refusals),      cmocka_unit_test(test_library)};
    return cmocka_run_group_tests(tests, directory_setup, directory_teardown);
}
