/* Sources of rows: what is understood of a pair of datasets, and that no bad value passes. */
#include "io_test.h"

#include "source/source.h"

#include <hdf5.h>

#define ROWS 40

static ls_h5_file *open_data(const char *name)
{
    char path[600];
    ls_h5_file *file;
    (void)snprintf(path, sizeof path, "%s/%s", LS_TEST_DATA, name);
    assert_ok(ls_h5_open(path, &file));
    return file;
}

static void test_real_files(void **state)
{
    (void)state;
    ls_source source;
    ls_h5_file *file = open_data("digits.h5");
    char name[700];
    assert_ok(ls_source_describe(file, "/train/x", "/train/y", &source));
    assert_int_equal(source.rows, 1438);
    assert_int_equal(source.features, 64);
    assert_int_equal(source.first, 0);
    assert_int_equal(source.target, LS_TARGET_LABELS);
    assert_true(source.integer_target);
    assert_int_equal(source.outputs, 1);
    assert_non_null(strstr(ls_source_name(&source, name, sizeof name), "digits.h5:/train/x"));
    static float x[1438 * 64], y[1438];
    static int32_t labels[1438];
    assert_ok(ls_source_read_x(&source, file, 0, 1438, x));
    assert_ok(ls_source_read_labels(&source, file, 0, 1438, 10, labels));
    assert_ok(ls_source_read_y(&source, file, 0, 1438, y));
    int counts[10] = {0};
    for (int i = 0; i < 1438; i++) {
        assert_in_range(labels[i], 0, 9);
        counts[labels[i]]++;
        assert_near(y[i], labels[i], 0);
    }
    for (int i = 0; i < 10; i++)
        assert_true(counts[i] > 100);
    assert_fails(ls_source_read_labels(&source, file, 0, 1438, 9, labels), LS_ERR_DATA,
                 "is 9, expected a class number from 0 to 8");
    assert_ok(ls_source_describe(file, "/test/x", NULL, &source));
    assert_int_equal(source.target, LS_TARGET_NONE);
    assert_string_equal(source.y_path, "");
    assert_fails(ls_source_read_y(&source, file, 0, 1, y), LS_ERR_DATA, "no targets");
    assert_fails(ls_source_read_labels(&source, file, 0, 1, 10, labels), LS_ERR_DATA, "no targets");
    assert_fails(ls_source_describe(file, "/train/x", "/test/y", &source), LS_ERR_DATA,
                 "/train/x has 1438 rows (1438, 64), but /test/y has 359 rows (359)");
    assert_fails(ls_source_describe(file, "/train/x", "/train/z", &source), LS_ERR_DATA, "did you mean /train/");
    ls_h5_close(file);
    file = open_data("concrete.h5");
    assert_ok(ls_source_describe(file, "/train/x", "/train/y", &source));
    assert_int_equal(source.target, LS_TARGET_VALUES);
    assert_false(source.integer_target);
    ls_h5_close(file);
}

/* The part of a file behind a split: rows count from its first row, messages from the dataset's. */
static void test_parts(void **state)
{
    (void)state;
    ls_source source;
    ls_h5_file *file = open_data("digits.h5");
    float whole[64 * 3], part[64 * 3];
    assert_ok(ls_source_describe(file, "/train/x", "/train/y", &source));
    assert_ok(ls_source_read_x(&source, file, 1005, 3, whole));
    source.first = 1000;
    source.rows = 438;
    assert_ok(ls_source_read_x(&source, file, 5, 3, part));
    assert_memory_equal(part, whole, sizeof part);
    assert_fails(ls_source_read_x(&source, file, 436, 3, part), LS_ERR_DATA, "the part has 438");
    assert_fails(ls_source_read_x(&source, file, -1, 3, part), LS_ERR_DATA, "from row -1 on");
    ls_h5_close(file);
}

/* A file with /x (ROWS, 6), /y of floats, /labels, /wide (ROWS, 3) integers, with one bad value each where
 * asked. */
typedef struct bad_values {
    float x, y;
    int64_t label;
    int row, column; /* where they stand */
} bad_values;

static ls_h5_file *written(const bad_values *bad)
{
    const int64_t x_shape[3] = {ROWS, 2, 3}, y_shape[2] = {ROWS, 1}, wide_shape[2] = {ROWS, 3};
    float x[ROWS * 6], y[ROWS];
    int64_t labels[ROWS], wide[ROWS * 3];
    for (int i = 0; i < ROWS; i++) {
        for (int j = 0; j < 6; j++)
            x[i * 6 + j] = (float)(i * 6 + j);
        for (int j = 0; j < 3; j++)
            wide[i * 3 + j] = j;
        labels[i] = i % 4;
        y[i] = (float)labels[i];
    }
    if (bad != NULL) {
        x[bad->row * 6 + bad->column] = bad->x;
        y[bad->row] = bad->y;
        labels[bad->row] = bad->label;
    }
    ls_h5_file *file;
    assert_ok(ls_h5_create(in_directory("source.h5"), 0, &file));
    assert_ok(ls_h5_write_float(file, "/x", 3, x_shape, x));
    assert_ok(ls_h5_write_float(file, "/y", 2, y_shape, y));
    assert_ok(ls_h5_write_int64(file, "/labels", 1, x_shape, labels));
    assert_ok(ls_h5_write_int64(file, "/wide", 2, wide_shape, wide));
    assert_ok(ls_h5_finish(file));
    assert_ok(ls_h5_open(in_directory("source.h5"), &file));
    return file;
}

static void test_kinds_of_targets(void **state)
{
    (void)state;
    ls_source source;
    ls_h5_file *file = written(NULL);
    int32_t labels[ROWS];
    float y[ROWS * 3];
    assert_ok(ls_source_describe(file, "x", "labels", &source));
    assert_string_equal(source.x_path, "/x");
    assert_int_equal(source.features, 6);
    assert_int_equal(source.target, LS_TARGET_LABELS);
    assert_ok(ls_source_describe(file, "/x", "/y", &source));
    assert_int_equal(source.target, LS_TARGET_VALUES);
    assert_int_equal(source.outputs, 1);
    assert_ok(ls_source_read_labels(&source, file, 3, 20, 4, labels)); /* whole numbers as floats */
    for (int i = 0; i < 20; i++)
        assert_int_equal(labels[i], (i + 3) % 4);
    assert_ok(ls_source_describe(file, "/x", "/wide", &source));
    assert_int_equal(source.target, LS_TARGET_VALUES);
    assert_true(source.integer_target);
    assert_int_equal(source.outputs, 3);
    assert_ok(ls_source_read_y(&source, file, 1, 2, y));
    assert_near(y[5], 2, 0);
    assert_fails(ls_source_read_labels(&source, file, 0, 1, 4, labels), LS_ERR_DATA, "has 3 columns");
    ls_h5_close(file);
}

static void test_bad_values(void **state)
{
    (void)state;
    const float nan = __builtin_nanf(""), inf = __builtin_inff();
    static float x[ROWS * 6], y[ROWS];
    static int32_t labels[ROWS];
    const struct {
        bad_values bad;
        const char *x, *y, *label, *y_as_label;
    } cases[] = {{{nan, nan, -1, 17, 3},
                  "/x row 17, column 3 is nan",
                  "/y row 17, column 0 is nan",
                  "/labels row 17 (counted from 0) is -1",
                  "/y row 17 (counted from 0) is nan"},
                 {{inf, inf, 4, 0, 0},
                  "/x row 0, column 0 is inf",
                  "/y row 0, column 0 is inf",
                  "/labels row 0 (counted from 0) is 4, expected a class number from 0 to 3",
                  "is inf"},
                 {{-inf, -inf, INT64_MAX, 39, 5},
                  "/x row 39, column 5 is -inf",
                  "/y row 39, column 0 is -inf",
                  "is 9223372036854775807",
                  "is -inf"},
                 {{1, 0.5f, INT64_MIN, 20, 0}, NULL, NULL, "is -9223372036854775808", "is 0.5"},
                 {{1, 4, 1, 20, 0}, NULL, NULL, NULL, "is 4, expected a class number"},
                 {{1, -1, 1, 20, 0}, NULL, NULL, NULL, "is -1, expected a class number"}};
    for (int i = 0; i < ITEMS(cases); i++) {
        ls_source source, with_labels;
        ls_h5_file *file = written(&cases[i].bad);
        assert_ok(ls_source_describe(file, "/x", "/y", &source));
        assert_ok(ls_source_describe(file, "/x", "/labels", &with_labels));
        if (cases[i].x)
            assert_fails(ls_source_read_x(&source, file, 0, ROWS, x), LS_ERR_DATA, cases[i].x);
        else
            assert_ok(ls_source_read_x(&source, file, 0, ROWS, x));
        if (cases[i].y)
            assert_fails(ls_source_read_y(&source, file, 0, ROWS, y), LS_ERR_DATA, cases[i].y);
        else
            assert_ok(ls_source_read_y(&source, file, 0, ROWS, y));
        if (cases[i].label)
            assert_fails(ls_source_read_labels(&with_labels, file, 0, ROWS, 4, labels), LS_ERR_DATA, cases[i].label);
        else
            assert_ok(ls_source_read_labels(&with_labels, file, 0, ROWS, 4, labels));
        assert_fails(ls_source_read_labels(&source, file, 0, ROWS, 4, labels), LS_ERR_DATA, cases[i].y_as_label);
        /* the row in the message is the dataset's, also in the middle of a part */
        source.first = 10;
        source.rows = 30;
        if (cases[i].bad.row >= 15 && cases[i].x)
            assert_fails(ls_source_read_x(&source, file, 5, 25, x), LS_ERR_DATA, cases[i].x);
        ls_h5_close(file);
    }
}

/* 1e300 does not fit float32. */
static void test_too_large(void **state)
{
    (void)state;
    const int64_t shape[2] = {3, 2};
    const double values[6] = {0, 1, 2, 1e300, -1e300, 5};
    float x[6];
    ls_h5_file *file;
    ls_source source;
    assert_ok(ls_h5_create(in_directory("large.h5"), 0, &file));
    assert_ok(ls_h5_write_double(file, "/x", 2, shape, values));
    assert_ok(ls_h5_finish(file));
    assert_ok(ls_h5_open(in_directory("large.h5"), &file));
    assert_ok(ls_source_describe(file, "/x", "", &source));
    assert_fails(ls_source_read_x(&source, file, 0, 3, x), LS_ERR_DATA,
                 "row 1, column 1 is inf or too large for float32");
    assert_fails(ls_source_read_x(&source, file, 2, 1, x), LS_ERR_DATA, "row 2, column 0 is -inf or too large");
    ls_h5_close(file);
}

/* More labels than one block of the reader. */
static void test_many_labels(void **state)
{
    (void)state;
    enum { many = 20001 };
    const int64_t shape[1] = {many};
    static int64_t stored[many];
    static int32_t labels[many];
    ls_h5_file *file;
    ls_source source;
    for (int i = 0; i < many; i++)
        stored[i] = i % 7;
    stored[19999] = 7;
    assert_ok(ls_h5_create(in_directory("many.h5"), 0, &file));
    assert_ok(ls_h5_write_int64(file, "/y", 1, shape, stored));
    assert_ok(ls_h5_finish(file));
    assert_ok(ls_h5_open(in_directory("many.h5"), &file));
    assert_ok(ls_source_describe(file, "/y", "/y", &source));
    assert_int_equal(source.features, 1);
    assert_ok(ls_source_read_labels(&source, file, 0, many, 8, labels));
    for (int i = 0; i < many; i++)
        assert_int_equal(labels[i], stored[i]);
    assert_fails(ls_source_read_labels(&source, file, 0, many, 7, labels), LS_ERR_DATA,
                 "row 19999 (counted from 0) is 7");
    ls_h5_close(file);
}

static void test_boolean_targets(void **state)
{
    (void)state;
    const signed char zero = 0, one = 1, stored[4] = {1, 0, 0, 1};
    const hsize_t extent = 4;
    hid_t type = H5Tenum_create(H5T_STD_I8LE);
    (void)H5Tenum_insert(type, "FALSE", &zero);
    (void)H5Tenum_insert(type, "TRUE", &one);
    hid_t made = H5Fcreate(in_directory("bool.h5"), H5F_ACC_TRUNC, H5P_DEFAULT, H5P_DEFAULT);
    hid_t space = H5Screate_simple(1, &extent, NULL);
    hid_t dataset = H5Dcreate2(made, "y", type, space, H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT);
    (void)H5Dwrite(dataset, type, H5S_ALL, H5S_ALL, H5P_DEFAULT, stored);
    (void)H5Dclose(dataset);
    (void)H5Sclose(space);
    (void)H5Fclose(made);
    (void)H5Tclose(type);
    ls_h5_file *file;
    ls_source source;
    int32_t labels[4];
    float y[4];
    assert_ok(ls_h5_open(in_directory("bool.h5"), &file));
    assert_ok(ls_source_describe(file, "/y", "/y", &source));
    assert_int_equal(source.target, LS_TARGET_LABELS);
    assert_true(source.integer_target);
    assert_ok(ls_source_read_labels(&source, file, 0, 4, 2, labels));
    assert_ok(ls_source_read_y(&source, file, 0, 4, y));
    for (int i = 0; i < 4; i++) {
        assert_int_equal(labels[i], stored[i]);
        assert_near(y[i], stored[i], 0);
    }
    ls_h5_close(file);
}

static void test_useless_datasets(void **state)
{
    (void)state;
    const int64_t none[2] = {0, 4}, narrow[2] = {4, 0}, four[1] = {4};
    const float values[4] = {0};
    ls_h5_file *file;
    ls_source source;
    assert_ok(ls_h5_create(in_directory("useless.h5"), 0, &file));
    assert_ok(ls_h5_write_float(file, "/none", 2, none, values));
    assert_ok(ls_h5_write_float(file, "/narrow", 2, narrow, values));
    assert_ok(ls_h5_write_float(file, "/scalar", 0, NULL, values));
    assert_ok(ls_h5_write_float(file, "/good", 1, four, values));
    assert_ok(ls_h5_finish(file));
    hid_t made = H5Fopen(in_directory("useless.h5"), H5F_ACC_RDWR, H5P_DEFAULT), text = H5Tcopy(H5T_C_S1);
    const hsize_t extent = 4;
    hid_t space = H5Screate_simple(1, &extent, NULL);
    (void)H5Dclose(H5Dcreate2(made, "text", text, space, H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT));
    (void)H5Sclose(space);
    (void)H5Tclose(text);
    (void)H5Fclose(made);
    assert_ok(ls_h5_open(in_directory("useless.h5"), &file));
    assert_fails(ls_source_describe(file, "/none", NULL, &source), LS_ERR_DATA, "/none: is empty, its shape is (0, 4)");
    assert_fails(ls_source_describe(file, "/narrow", NULL, &source), LS_ERR_DATA, "is empty, its shape is (4, 0)");
    assert_fails(ls_source_describe(file, "/scalar", NULL, &source), LS_ERR_DATA, "single number");
    assert_fails(ls_source_describe(file, "/text", NULL, &source), LS_ERR_DATA,
                 "holds texts, expected numbers (integer, float or boolean) as features");
    assert_fails(ls_source_describe(file, "/good", "/text", &source), LS_ERR_DATA, "as targets");
    ls_h5_close(file);
}

static void test_arrays(void **state)
{
    (void)state;
    static const float x[] = {1, 2, 3, 4, 5, 6}, y[] = {0, 1, 2};
    static const int32_t given[] = {0, 1, 5};
    const float bad[] = {1, 2, 3, __builtin_nanf(""), 5, 6};
    float out[6];
    int32_t labels[3];
    char name[100];
    ls_source source = {.rows = 3, .features = 2, .x = x, .y = y, .outputs = 1, .target = LS_TARGET_VALUES};
    assert_ok(ls_source_read_x(&source, NULL, 1, 2, out));
    assert_near(out[0], 3, 0);
    assert_ok(ls_source_read_y(&source, NULL, 1, 2, out));
    assert_near(out[1], 2, 0);
    assert_ok(ls_source_read_labels(&source, NULL, 0, 3, 3, labels));
    assert_int_equal(labels[2], 2);
    assert_string_equal(ls_source_name(&source, name, sizeof name), "the caller's array x");
    source.x = bad;
    assert_fails(ls_source_read_x(&source, NULL, 0, 3, out), LS_ERR_DATA,
                 "the caller's array x row 1, column 1 is nan");
    source.y = NULL;
    source.labels = given;
    source.target = LS_TARGET_LABELS;
    assert_ok(ls_source_read_labels(&source, NULL, 0, 3, 6, labels));
    assert_int_equal(labels[2], 5);
    assert_fails(ls_source_read_labels(&source, NULL, 0, 3, 5, labels), LS_ERR_DATA, "the caller's array labels row 2");
    assert_ok(ls_source_read_y(&source, NULL, 0, 3, out));
    assert_near(out[2], 5, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_real_files),
                                       cmocka_unit_test(test_parts),
                                       cmocka_unit_test(test_kinds_of_targets),
                                       cmocka_unit_test(test_bad_values),
                                       cmocka_unit_test(test_too_large),
                                       cmocka_unit_test(test_many_labels),
                                       cmocka_unit_test(test_boolean_targets),
                                       cmocka_unit_test(test_useless_datasets),
                                       cmocka_unit_test(test_arrays)};
    return cmocka_run_group_tests(tests, directory_setup, directory_teardown);
}
