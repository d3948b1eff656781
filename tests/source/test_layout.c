/* Layouts: what specs, lists of files and columns mean; stored types; rows along any axis; what may be followed. */
#include "io_test.h"

#include "base/memory.h"
#include "files/files.h"
#include "source/column_words.h"
#include "source/columns.h"
#include "source/source.h"
#include "source/spec.h"

#include <hdf5.h>

/* ---- number types ---- */

/* A dataset of all bit patterns of a type, 256 a row. */
static void put_all_values(const char *path, hid_t type, int bits)
{
    const hsize_t extents[2] = {bits == 8 ? 1 : 256, 256};
    static uint16_t wide[65536];
    static uint8_t narrow[256];
    for (int i = 0; i < 65536; i++) {
        wide[i] = (uint16_t)i;
        narrow[i % 256] = (uint8_t)(i % 256);
    }
    hid_t file = H5Fcreate(path, H5F_ACC_TRUNC, H5P_DEFAULT, H5P_DEFAULT), space = H5Screate_simple(2, extents, NULL);
    hid_t dataset = H5Dcreate2(file, "x", type, space, H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT);
    assert_true(H5Dwrite(dataset, type, H5S_ALL, H5S_ALL, H5P_DEFAULT, bits == 8 ? (void *)narrow : wide) >= 0);
    assert_true(H5Dclose(dataset) >= 0 && H5Sclose(space) >= 0 && H5Fclose(file) >= 0);
}

static hid_t half_type(void)
{
    hid_t type = H5Tcopy(H5T_NATIVE_FLOAT);
    assert_true(H5Tset_fields(type, 15, 10, 5, 0, 10) >= 0 && H5Tset_ebias(type, 15) >= 0 && H5Tset_size(type, 2) >= 0);
    return type;
}

/* Every value of the small types: kept in its type and converted by us, it has the bits that libhdf5's conversion
 * gives; float16 that is not finite stays so. */
static void test_stored_values(void **state)
{
    (void)state;
    hid_t half = half_type();
    const struct {
        hid_t type;
        int bits;
        ls_h5_number number;
    } all[] = {{H5T_NATIVE_UINT8, 8, LS_H5_NUMBER_UINT8},
               {H5T_NATIVE_INT8, 8, LS_H5_NUMBER_INT8},
               {H5T_NATIVE_UINT16, 16, LS_H5_NUMBER_UINT16},
               {H5T_NATIVE_INT16, 16, LS_H5_NUMBER_INT16},
               {half, 16, LS_H5_NUMBER_FLOAT16}};
    static float direct[65536], converted[65536];
    static uint16_t stored[65536];
    for (int i = 0; i < ITEMS(all); i++) {
        const char *path = in_directory("values.h5");
        put_all_values(path, all[i].type, all[i].bits);
        ls_h5_file *file;
        ls_source source;
        assert_ok(ls_h5_open(path, &file));
        assert_ok(ls_source_describe(file, "/x", NULL, &source));
        assert_int_equal(source.x_stored, all[i].number);
        const ls_h5_table table = {.path = "/x"};
        assert_ok(ls_h5_read_table(file, &table, 0, source.rows, all[i].number, 256, stored));
        assert_ok(ls_h5_read_float(file, "/x", 0, source.rows, direct));
        ls_number_to_float(all[i].number, source.rows * 256, stored, converted);
        for (int64_t k = 0; k < source.rows * 256; k++) {
            if (direct[k] != direct[k])
                assert_true(converted[k] != converted[k]);
            else
                assert_memory_equal(&converted[k], &direct[k], sizeof(float));
        }
        if (all[i].number == LS_H5_NUMBER_FLOAT16) {
            assert_fails(ls_source_read_x_stored(&source, file, 0, source.rows, stored), LS_ERR_DATA,
                         "row 124, column 0 is inf");
            assert_ok(ls_source_read_x_stored(&source, file, 0, 124, stored));
        } else {
            assert_ok(ls_source_read_x_stored(&source, file, 0, source.rows, stored));
        }
        ls_h5_close(file);
    }
    (void)H5Tclose(half);
}

static void test_joined_types(void **state)
{
    (void)state;
    const ls_h5_number u8 = LS_H5_NUMBER_UINT8, i8 = LS_H5_NUMBER_INT8, u16 = LS_H5_NUMBER_UINT16,
                       i16 = LS_H5_NUMBER_INT16, f16 = LS_H5_NUMBER_FLOAT16, f32 = LS_H5_NUMBER_FLOAT;
    const ls_h5_number expected[][3] = {{u8, u8, u8},    {u8, i8, i16},   {u8, u16, u16},  {u8, i16, i16},
                                        {u8, f16, f16},  {i8, u16, f32},  {i8, i16, i16},  {i8, f16, f16},
                                        {u16, i16, f32}, {u16, f16, f32}, {i16, f16, f32}, {u8, f32, f32},
                                        {f16, f32, f32}, {i8, i8, i8}};
    for (int i = 0; i < ITEMS(expected); i++) {
        assert_int_equal(ls_number_join(expected[i][0], expected[i][1]), expected[i][2]);
        assert_int_equal(ls_number_join(expected[i][1], expected[i][0]), expected[i][2]);
    }
}

/* ---- specs ---- */

static void check_spec(const char *text, int count, const char *const parts[][3])
{
    ls_spec_item *items;
    int found;
    assert_ok(ls_spec_parse("--x", text, &items, &found));
    assert_int_equal(found, count);
    for (int i = 0; i < count; i++) {
        assert_string_equal(items[i].file, parts[i][0]);
        assert_string_equal(items[i].path, parts[i][1]);
        assert_string_equal(items[i].columns, parts[i][2]);
    }
    ls_memory_free(items);
}

/* Every name comes back as it was put. */
static void test_column_words(void **state)
{
    (void)state;
    static const char *const names[] = {"a",         "a b",       " a", "a ", "",   "dist, km",
                                        "size [m2]", "say \"x\"", "\"", "\\", "0:3"};
    static const char *const put[] = {
        "a",        "a b",    "\" a\"", "\"a \"", "\"\"", "\"dist, km\"", "\"size [m2]\"", "\"say \"\"x\"\"\"",
        "\"\"\"\"", "\"\\\"", "0:3"};
    ls_text text = {0};
    for (int i = 0; i < ITEMS(names); i++) {
        ls_column_word word;
        ls_text_clear(&text);
        ls_column_word_put(names[i], strlen(names[i]), &text);
        assert_string_equal(ls_text_string(&text), put[i]);
        assert_true(ls_column_word_only(ls_text_string(&text), &word));
        assert_string_equal(word.text, names[i]);
        assert_int_equal(word.quoted, put[i][0] == '"');
    }
    ls_text_free(&text);
}

static void test_specs(void **state)
{
    (void)state;
    check_spec("/x", 1, (const char *const[][3]){{"", "/x", ""}});
    check_spec("a, b[1,2:] ,c:d", 3, (const char *const[][3]){{"", "a", ""}, {"", "b", "1,2:"}, {"", "c:d", ""}});
    check_spec("in.h5:/x[0:3]", 1, (const char *const[][3]){{"in.h5", "/x", "0:3"}});
    check_spec("dir/part-[12]*:/x", 1, (const char *const[][3]){{"dir/part-[12]*", "/x", ""}});
    check_spec("in.h5:/a\\:b\\,c\\[d\\]", 1, (const char *const[][3]){{"in.h5", "/a:b,c[d]", ""}});
    check_spec(
        "/x[\"size [m2]\",\"dist, km\",say \"x\", \"a \"\"]\\\"],/y", 2,
        (const char *const[][3]){{"", "/x", "\"size [m2]\",\"dist, km\",say \"x\", \"a \"\"]\\\""}, {"", "/y", ""}});
    ls_spec_item *items;
    int count;
    assert_fails(ls_spec_parse("--x", "/x[\"a]", &items, &count), LS_ERR_USAGE,
                 "--x: /x: the quote in front of a is not closed");
    assert_fails(ls_spec_parse("--x", "/x[\"a\" b,c]", &items, &count), LS_ERR_USAGE,
                 "behind the name in quotes \"a\" stands b,c, expected a comma");
    assert_fails(ls_spec_parse("--x", "", &items, &count), LS_ERR_USAGE, "the path of a dataset is missing");
    assert_fails(ls_spec_parse("--x", "a,,b", &items, &count), LS_ERR_USAGE, "the path of a dataset is missing");
    assert_fails(ls_spec_parse("--y", "in.h5:", &items, &count), LS_ERR_USAGE,
                 "--y: the path of a dataset is missing behind in.h5");
    assert_fails(ls_spec_parse("--x", "/x[ ]", &items, &count), LS_ERR_USAGE,
                 "no columns between the brackets behind /x");
    char escaped[64];
    ls_spec_escape("/a:b,c[d]\\", escaped, sizeof escaped);
    check_spec(escaped, 1, (const char *const[][3]){{"", "/a:b,c[d]\\", ""}});
}

static void test_files(void **state)
{
    (void)state;
    char **paths, text[1300];
    int count;
    const char *const names[] = {"list-2.h5", "list-10.h5", "list-1.h5", "odd[1].h5"};
    for (int i = 0; i < ITEMS(names); i++)
        write_bytes(in_directory(names[i]), "x", 1);
    assert_ok(ls_files_expand(in_directory("list-*.h5"), &paths, &count));
    assert_int_equal(count, 3);
    assert_string_equal(paths[0], in_directory("list-1.h5"));
    assert_string_equal(paths[1], in_directory("list-10.h5"));
    assert_string_equal(paths[2], in_directory("list-2.h5"));
    ls_memory_free(paths);
    assert_ok(ls_files_expand(in_directory("odd[1].h5"), &paths, &count)); /* a file of that very name */
    assert_int_equal(count, 1);
    ls_memory_free(paths);
    (void)snprintf(text, sizeof text, "%s , %s", in_directory("list-2.h5"), in_directory("list-1*.h5"));
    assert_ok(ls_files_expand(text, &paths, &count));
    assert_int_equal(count, 3);
    assert_string_equal(paths[0], in_directory("list-2.h5"));
    ls_memory_free(paths);
    (void)snprintf(text, sizeof text, "%s,%s", in_directory("list-2.h5"), in_directory("list-?.h5"));
    assert_fails(ls_files_expand(text, &paths, &count), LS_ERR_DATA, "list-2.h5: this file is named twice");
    assert_fails(ls_files_expand(in_directory("none-*.h5"), &paths, &count), LS_ERR_DATA, "no file fits this pattern");
    assert_fails(ls_files_expand("a,", &paths, &count), LS_ERR_DATA, "name 2 of this list of files is empty");
}

/* ---- layouts ---- */

#define ROWS    50
#define COLUMNS 6

/* x (ROWS, COLUMNS) or turned, in chunks or not; v one column; y. Value of row r, column c: 7r + c. */
static void put_layouts(const char *name, int first, int rows, hid_t type)
{
    const hsize_t straight[2] = {(hsize_t)rows, COLUMNS}, turned[2] = {COLUMNS, (hsize_t)rows},
                  chunk[2] = {4, rows < 9 ? (hsize_t)rows : 9};
    static double x[ROWS * COLUMNS], t[ROWS * COLUMNS], y[ROWS];
    for (int r = 0; r < rows; r++) {
        y[r] = (first + r) % 3;
        for (int c = 0; c < COLUMNS; c++)
            x[r * COLUMNS + c] = t[c * rows + r] = 7 * (first + r) + c;
    }
    hid_t file = H5Fcreate(in_directory(name), H5F_ACC_TRUNC, H5P_DEFAULT, H5P_DEFAULT);
    hid_t spaces[] = {H5Screate_simple(2, straight, NULL), H5Screate_simple(2, turned, NULL),
                      H5Screate_simple(1, straight, NULL)};
    hid_t creation = H5Pcreate(H5P_DATASET_CREATE);
    assert_true(H5Pset_chunk(creation, 2, chunk) >= 0 && H5Pset_deflate(creation, 1) >= 0);
    const struct {
        const char *path;
        int space;
        const double *values;
        hid_t type, creation;
    } made[] = {{"x", 0, x, type, H5P_DEFAULT},
                {"t", 1, t, type, H5P_DEFAULT},
                {"tc", 1, t, type, creation},
                {"y", 2, y, H5T_STD_I32BE, H5P_DEFAULT}};
    for (int i = 0; i < ITEMS(made); i++) {
        hid_t d = H5Dcreate2(file, made[i].path, made[i].type, spaces[made[i].space], H5P_DEFAULT, made[i].creation,
                             H5P_DEFAULT);
        assert_true(H5Dwrite(d, H5T_NATIVE_DOUBLE, H5S_ALL, H5S_ALL, H5P_DEFAULT, made[i].values) >= 0);
        assert_true(H5Dclose(d) >= 0);
    }
    for (int i = 0; i < ITEMS(spaces); i++)
        assert_true(H5Sclose(spaces[i]) >= 0);
    assert_true(H5Pclose(creation) >= 0 && H5Fclose(file) >= 0);
}

/* Every range of rows, in pieces, against the formula. `columns` maps the source's columns to the formula's. */
static void check_rows(const ls_source *source, ls_h5_file *main, const int *columns)
{
    float values[ROWS * COLUMNS], labels[ROWS];
    for (int first = 0; first < ROWS; first += 3)
        for (int count = 0; count <= ROWS - first; count += 11) {
            memset(values, 0xff, sizeof values);
            assert_ok(ls_source_read_x(source, main, first, count, values));
            for (int r = 0; r < count; r++)
                for (int c = 0; c < source->features; c++)
                    assert_near(values[r * source->features + c], 7 * (first + r) + columns[c], 0);
            assert_ok(ls_source_read_y(source, main, first, count, labels));
            for (int r = 0; r < count; r++)
                assert_near(labels[r], (first + r) % 3, 0);
        }
}

static void test_layouts(void **state)
{
    (void)state;
    static const int straight[] = {0, 1, 2, 3, 4, 5}, some[] = {4, 5, 0, 3, 3};
    put_layouts("one.h5", 0, ROWS, H5T_STD_U16BE);
    put_layouts("a.h5", 0, 20, H5T_STD_I16LE);
    put_layouts("b.h5", 20, 1, H5T_IEEE_F64LE);
    put_layouts("c.h5", 21, 29, H5T_STD_U16LE);
    char *one[] = {(char *)(uintptr_t)in_directory("one.h5")};
    char *three[] = {(char *)(uintptr_t)in_directory("a.h5"), (char *)(uintptr_t)in_directory("b.h5"),
                     (char *)(uintptr_t)in_directory("c.h5")};
    const struct {
        char **files;
        int count;
        const char *x;
        int axis;
        const int *columns;
        bool plain;
        int64_t together;
        ls_h5_number stored;
    } cases[] = {{one, 1, "/x", 0, straight, true, 1, LS_H5_NUMBER_UINT16},
                 {one, 1, "/t", 1, straight, false, 32768, LS_H5_NUMBER_UINT16},
                 {one, 1, "/tc", LS_H5_MAX_RANK, straight, false, 9, LS_H5_NUMBER_UINT16},
                 {one, 1, "/x[4:,0],x[3,3]", 0, some, false, 1, LS_H5_NUMBER_UINT16},
                 {one, 1, "/tc[-2:,0,3],t[3]", 1, some, false, 32768, LS_H5_NUMBER_UINT16},
                 {three, 3, "/x", 0, straight, false, 1, LS_H5_NUMBER_FLOAT},
                 {three, 3, "x[:3],/x[3:]", 0, straight, false, 1, LS_H5_NUMBER_FLOAT},
                 {three, 3, "/tc", 1, straight, false, 9, LS_H5_NUMBER_FLOAT}};
    for (int i = 0; i < ITEMS(cases); i++) {
        const ls_layout_request request = {.files = cases[i].files,
                                           .file_count = cases[i].count,
                                           .x = cases[i].x,
                                           .y = "/y",
                                           .x_option = "--x",
                                           .y_option = "--y",
                                           .axis = cases[i].axis};
        ls_h5_file *main;
        ls_source source;
        assert_ok(ls_h5_open(cases[i].files[0], &main));
        assert_ok(ls_source_describe_layout(&request, main, &source));
        assert_int_equal(source.rows, ROWS);
        assert_int_equal(source.layout == NULL, cases[i].plain);
        assert_int_equal(source.x_together, cases[i].together);
        assert_int_equal(source.x_stored, cases[i].stored);
        assert_int_equal(source.target, LS_TARGET_LABELS);
        check_rows(&source, main, cases[i].columns);
        ls_layout *copy = NULL; /* as another rank gets it */
        if (source.layout != NULL) {
            assert_ok(ls_layout_adopt(source.layout, ls_layout_bytes(source.layout), &copy));
            ls_source_release(&source);
            source.layout = copy;
            check_rows(&source, main, cases[i].columns);
        }
        ls_source_hold(&source);
        ls_source_release(&source);
        ls_source_release(&source);
        ls_h5_close(main);
    }
}

/* Columns in another order, some left out; a file that has them in other places; in one range and in many. */
static void test_arranged(void **state)
{
    (void)state;
    enum { FILES = 3, CASES = 3 };
    static const char *const features[CASES] = {"/x", "x[:3],/x[3:]", "/x[5,4,3,2,1,0]"};
    static const int64_t order[] = {4, 5, 0, 2}, swapped[COLUMNS] = {1, 0, 2, 3, 4, 5};
    static const int in_order[CASES][4] = {{4, 5, 0, 2}, {4, 5, 0, 2}, {1, 0, 5, 3}};
    char *files[] = {(char *)(uintptr_t)in_directory("a.h5"), (char *)(uintptr_t)in_directory("b.h5"),
                     (char *)(uintptr_t)in_directory("c.h5")};
    for (int i = 0; i < CASES; i++) {
        const ls_layout_request request = {
            .files = files, .file_count = FILES, .x = features[i], .y = "/y", .x_option = "--x", .y_option = "--y"};
        const int64_t *there[2 * FILES] = {NULL};
        ls_layout_order wanted = {.columns = order, .count = ITEMS(order)};
        ls_h5_file *main;
        ls_layout *layout, *arranged;
        float x[4], y;
        assert_ok(ls_h5_open(files[0], &main));
        assert_ok(ls_layout_describe(&request, main, &layout));
        for (int moved = 0; moved < 2; moved++) { /* then column 0 of the second file is its column 1 */
            there[1] = moved ? swapped : NULL;
            wanted.there = (int64_t *const *)(uintptr_t)there;
            assert_ok(ls_layout_arrange(layout, false, &wanted, &arranged));
            assert_int_equal(ls_layout_matrix(arranged, false).columns, ITEMS(order));
            assert_int_equal(ls_layout_matrix(arranged, true).columns, 1);
            for (int64_t r = 0; r < ROWS; r++) {
                assert_ok(ls_layout_read(arranged, false, main, r, 1, LS_H5_NUMBER_FLOAT, x));
                assert_ok(ls_layout_read(arranged, true, main, r, 1, LS_H5_NUMBER_FLOAT, &y));
                for (int c = 0; c < 4; c++) {
                    const int column = in_order[i][c];
                    assert_near(x[c], 7. * (double)r + (moved && r == 20 && column < 2 ? 1 - column : column), 0);
                }
                assert_near(y, (double)(r % 3), 0);
            }
            ls_layout *again; /* of the arranged one, each file keeps its places */
            const int64_t last[] = {3, 2};
            const ls_layout_order twice = {.columns = last, .count = ITEMS(last)};
            assert_ok(ls_layout_arrange(arranged, false, &twice, &again));
            for (int64_t r = 0; r < ROWS; r++) {
                assert_ok(ls_layout_read(arranged, false, main, r, 1, LS_H5_NUMBER_FLOAT, x));
                const float expected[] = {x[3], x[2]};
                assert_ok(ls_layout_read(again, false, main, r, 1, LS_H5_NUMBER_FLOAT, x));
                assert_memory_equal(x, expected, sizeof expected);
            }
            ls_layout_release(again);
            ls_layout_release(arranged);
        }
        ls_layout_release(layout);
        ls_h5_close(main);
    }
}

/* So many ranges of columns that rows are read whole and turned. */
static void test_many_ranges(void **state)
{
    (void)state;
    enum { WIDE = 40, LONG = 30 };
    static float x[LONG][WIDE], found[LONG][WIDE];
    ls_h5_range ranges[WIDE];
    ls_h5_file *file;
    const int64_t shape[] = {LONG, WIDE};
    for (int r = 0; r < LONG; r++)
        for (int c = 0; c < WIDE; c++)
            x[r][c] = (float)(100 * r + c);
    for (int c = 0; c < WIDE; c++)
        ranges[c] = (ls_h5_range){WIDE - 1 - c, 1};
    assert_ok(ls_h5_create(in_directory("wide.h5"), 0, &file));
    assert_ok(ls_h5_write_float(file, "/x", 2, shape, &x[0][0]));
    assert_ok(ls_h5_finish(file));
    assert_ok(ls_h5_open(in_directory("wide.h5"), &file));
    const ls_h5_table table = {.path = "/x", .ranges = ranges, .range_count = WIDE};
    assert_ok(ls_h5_read_table(file, &table, 3, LONG - 3, LS_H5_NUMBER_FLOAT, WIDE, found));
    for (int r = 0; r < LONG - 3; r++)
        for (int c = 0; c < WIDE; c++)
            assert_near(found[r][c], x[r + 3][WIDE - 1 - c], 0);
    ls_h5_close(file);
}

static void put_scale(const char *path, const char *dataset)
{
    const double value = 0.5;
    hid_t file = H5Fopen(path, H5F_ACC_RDWR, H5P_DEFAULT), space = H5Screate(H5S_SCALAR);
    hid_t attribute =
        H5Acreate_by_name(file, dataset, "scale_factor", H5T_IEEE_F64LE, space, H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT);
    assert_true(H5Awrite(attribute, H5T_NATIVE_DOUBLE, &value) >= 0);
    assert_true(H5Aclose(attribute) >= 0 && H5Sclose(space) >= 0 && H5Fclose(file) >= 0);
}

/* Attributes that are not applied are told of features, however they are put together, and not of targets. */
static void test_unapplied(void **state)
{
    (void)state;
    char first[256], second[256];
    put_layouts("first.h5", 0, 10, H5T_STD_U8LE);
    put_layouts("second.h5", 10, 10, H5T_STD_U8LE);
    (void)snprintf(first, sizeof first, "%s", in_directory("first.h5"));
    (void)snprintf(second, sizeof second, "%s", in_directory("second.h5"));
    put_scale(second, "/x");
    put_scale(first, "/y");
    char *files[] = {first, second};
    const struct {
        const char *x;
        int files, count;
    } cases[] = {{"/x", 2, 1}, {"/x[1:3]", 2, 1}, {"/x[1],/x[0]", 2, 2}, {"/x[1:]", 1, 0}};
    for (int i = 0; i < ITEMS(cases); i++) {
        const ls_layout_request request = {.files = files,
                                           .file_count = cases[i].files,
                                           .x = cases[i].x,
                                           .y = "/y",
                                           .x_option = "--x",
                                           .y_option = "--y"};
        const char *file = "", *path = "";
        int count;
        ls_h5_file *main;
        ls_source source;
        assert_ok(ls_h5_open(first, &main));
        assert_ok(ls_source_describe_layout(&request, main, &source));
        const char *unapplied = ls_layout_unapplied(source.layout, &file, &path, &count);
        assert_string_equal(unapplied, cases[i].count > 0 ? "scale_factor" : "");
        assert_string_equal(file, cases[i].count > 0 ? second : "");
        assert_string_equal(path, cases[i].count > 0 ? "/x" : "");
        assert_int_equal(count, cases[i].count);
        ls_source_release(&source);
        ls_h5_close(main);
    }
}

/* Messages name the file, row and column where the value is. */
static void test_places(void **state)
{
    (void)state;
    char *files[] = {(char *)(uintptr_t)in_directory("a.h5"), (char *)(uintptr_t)in_directory("b.h5"),
                     (char *)(uintptr_t)in_directory("c.h5")};
    const ls_layout_request request = {
        .files = files, .file_count = 3, .x = "/x[3:],x[1]", .y = "/y", .x_option = "--x", .y_option = "--y"};
    char name[1000];
    ls_h5_file *main;
    ls_source source;
    int32_t labels[ROWS];
    assert_ok(ls_h5_open(files[0], &main));
    assert_ok(ls_source_describe_layout(&request, main, &source));
    assert_non_null(strstr(ls_source_place(&source, false, 23, 1, name, sizeof name), "c.h5:/x row 2, column 4"));
    assert_non_null(strstr(ls_source_place(&source, false, 20, 3, name, sizeof name), "b.h5:/x row 0, column 1"));
    assert_non_null(strstr(ls_source_name(&source, name, sizeof name), "a.h5:/x[3:],x[1] and 2 more files"));
    assert_fails(ls_source_read_labels(&source, main, 0, ROWS, 2, labels), LS_ERR_DATA,
                 "a.h5:/y row 2 (counted from 0) is 2");
    assert_fails(ls_source_read_labels(&source, main, 21, 5, 2, labels), LS_ERR_DATA,
                 "c.h5:/y row 2 (counted from 0) is 2");
    ls_h5_close(main);
    put_layouts("c.h5", 21, 20, H5T_STD_U16LE); /* changed meanwhile, on another machine perhaps */
    float x[ROWS * COLUMNS];
    assert_ok(ls_h5_open(files[0], &main));
    assert_fails(ls_source_read_x(&source, main, 0, ROWS, x), LS_ERR_DATA, "/x has 20 rows");
    ls_source_release(&source);
    ls_h5_close(main);
}

/* Turned in blocks: more than the block's memory, with the last block short. */
static void test_many_blocks(void **state)
{
    (void)state;
    const int64_t rows = 100003, columns = 100; /* 40 MB as float32 */
    const hsize_t extents[2] = {(hsize_t)columns, (hsize_t)rows};
    unsigned char *values = malloc((size_t)(rows * columns));
    float *x = malloc((size_t)(rows * columns) * sizeof *x);
    assert_non_null(values);
    assert_non_null(x);
    for (int64_t c = 0; c < columns; c++)
        for (int64_t r = 0; r < rows; r++)
            values[c * rows + r] = (unsigned char)(r * 31 + c * 7);
    hid_t file = H5Fcreate(in_directory("wide.h5"), H5F_ACC_TRUNC, H5P_DEFAULT, H5P_DEFAULT),
          space = H5Screate_simple(2, extents, NULL);
    hid_t d = H5Dcreate2(file, "x", H5T_STD_U8LE, space, H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT);
    assert_true(H5Dwrite(d, H5T_NATIVE_UCHAR, H5S_ALL, H5S_ALL, H5P_DEFAULT, values) >= 0);
    assert_true(H5Dclose(d) >= 0 && H5Sclose(space) >= 0 && H5Fclose(file) >= 0);
    ls_h5_file *opened;
    const ls_h5_table table = {.path = "/x", .axis = 1, .width = columns};
    assert_true(rows * columns * 4 > LS_H5_TABLE_MEMORY);
    assert_ok(ls_h5_open(in_directory("wide.h5"), &opened));
    assert_ok(ls_h5_read_table(opened, &table, 0, rows, LS_H5_NUMBER_FLOAT, columns, x));
    for (int64_t i = 0; i < rows * columns; i++)
        if (x[i] != (float)(unsigned char)(i / columns * 31 + i % columns * 7))
            assert_near(x[i], (unsigned char)(i / columns * 31 + i % columns * 7), 0);
    const ls_h5_table narrower = {.path = "/x", .axis = 1, .width = columns - 1};
    assert_fails(ls_h5_read_table(opened, &narrower, 0, 1, LS_H5_NUMBER_FLOAT, columns, x), LS_ERR_DATA, "has changed");
    ls_h5_close(opened);
    free(values);
    free(x);
}

/* ---- what a file may refer to ---- */

static void test_links(void **state)
{
    (void)state;
    float x;
    ls_h5_file *file;
    put_layouts("target.h5", 0, ROWS, H5T_IEEE_F32LE);
    hid_t made = H5Fcreate(in_directory("links.h5"), H5F_ACC_TRUNC, H5P_DEFAULT, H5P_DEFAULT);
    assert_true(H5Lcreate_external("target.h5", "/y", made, "beside", H5P_DEFAULT, H5P_DEFAULT) >= 0);
    assert_true(H5Lcreate_external(LS_TEST_DATA "/digits.h5", "/train/y", made, "outside", H5P_DEFAULT, H5P_DEFAULT) >=
                0);
    assert_true(H5Fclose(made) >= 0);
    assert_ok(ls_h5_open(in_directory("links.h5"), &file));
    assert_ok(ls_h5_read_float(file, "/beside", 1, 1, &x));
    assert_near(x, 1, 0);
    assert_fails(ls_h5_read_float(file, "/outside", 1, 1, &x), LS_ERR_DATA, "outside this file's directory");
    assert_false(ls_h5_exists(file, "/outside"));
    ls_h5_close(file);
    assert_ok(ls_h5_open(in_directory("links.h5"), &file));
    ls_h5_trust(file, LS_H5_LINKS_NONE, false); /* a model */
    assert_fails(ls_h5_read_float(file, "/beside", 1, 1, &x), LS_ERR_DATA, "not followed in models");
    assert_false(ls_h5_has_attribute(file, "/beside", "a"));
    ls_h5_close(file);
    assert_ok(ls_h5_open(in_directory("links.h5"), &file));
    ls_h5_trust(file, LS_H5_LINKS_ANY, false);
    assert_ok(ls_h5_read_float(file, "/outside", 1, 1, &x));
    ls_h5_close(file);

    /* whatever is read is noted */
    ls_inputs inputs = {0};
    const char *name;
    assert_ok(ls_h5_open(in_directory("links.h5"), &file));
    ls_h5_trust(file, LS_H5_LINKS_ANY, false);
    ls_h5_note(file, &inputs);
    assert_int_equal(inputs.count, 1);
    assert_ok(ls_h5_read_float(file, "/beside", 1, 1, &x));
    assert_ok(ls_h5_read_float(file, "/outside", 1, 1, &x));
    assert_true(ls_inputs_have(&inputs, in_directory("target.h5"), &name));
    assert_true(ls_inputs_have(&inputs, LS_TEST_DATA "/digits.h5", &name));
    assert_false(ls_inputs_have(&inputs, LS_TEST_DATA "/concrete.h5", &name));
    assert_fails(ls_inputs_check_output(&inputs, in_directory("target.h5"), true), LS_ERR_USAGE, "would be lost");
    ls_h5_close(file);
    ls_inputs_free(&inputs);
}

/* libhdf5 may not load plugins for us, and may for the host again. */
static void test_plugins(void **state)
{
    (void)state;
    unsigned before = 0, after = 0;
    ls_h5_file *file;
    assert_true(H5PLset_loading_state(H5PL_FILTER_PLUGIN) >= 0 && H5PLget_loading_state(&before) >= 0);
    assert_ok(ls_h5_open(in_directory("target.h5"), &file));
    ls_h5_close(file);
    assert_true(H5PLget_loading_state(&after) >= 0);
    assert_int_equal(after, before);
    assert_int_equal(after, H5PL_FILTER_PLUGIN);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_stored_values), cmocka_unit_test(test_joined_types), cmocka_unit_test(test_specs),
        cmocka_unit_test(test_column_words),  cmocka_unit_test(test_files),        cmocka_unit_test(test_layouts),
        cmocka_unit_test(test_arranged),      cmocka_unit_test(test_many_ranges),  cmocka_unit_test(test_unapplied),
        cmocka_unit_test(test_places),        cmocka_unit_test(test_many_blocks),  cmocka_unit_test(test_links),
        cmocka_unit_test(test_plugins)};
    return cmocka_run_group_tests(tests, directory_setup, directory_teardown);
}
