/* Reading: the project's own data, every number type and layout that HDF5 files come with, and what is
 * refused. */
#include "io_test.h"

#include "base/memory.h"
#include "hdf5/h5.h"

#include <float.h>
#include <hdf5.h>
#include <math.h>

#define ROWS    23
#define COLUMNS 7

static const int64_t shape_2[2] = {ROWS, COLUMNS};

/* ---- the project's data ---- */

static void test_real_files(void **state)
{
    static const struct {
        const char *file, *path, *type;
        ls_h5_class class_;
        int rank;
        int64_t rows, columns;
    } expected[] = {{"digits.h5", "/train/x", "float32", LS_H5_FLOAT, 2, 1438, 64},
                    {"digits.h5", "/test/y", "int32", LS_H5_INTEGER, 1, 359, 1},
                    {"concrete.h5", "/train/y", "float32", LS_H5_FLOAT, 2, 824, 1},
                    {"census_income.h5", "/train/group_race", "int32", LS_H5_INTEGER, 1, 40000, 1}};
    (void)state;
    for (int i = 0; i < ITEMS(expected); i++) {
        char path[600];
        ls_h5_file *file;
        ls_h5_dataset d;
        (void)snprintf(path, sizeof path, "%s/%s", LS_TEST_DATA, expected[i].file);
        assert_ok(ls_h5_open(path, &file));
        assert_string_equal(ls_h5_path(file), path);
        assert_ok(ls_h5_describe(file, expected[i].path, &d));
        assert_string_equal(d.path, expected[i].path);
        assert_string_equal(d.type, expected[i].type);
        assert_int_equal(d.class_, expected[i].class_);
        assert_int_equal(d.bits, 32);
        assert_int_equal(d.rank, expected[i].rank);
        assert_int_equal(d.shape[0], expected[i].rows);
        if (d.rank == 2)
            assert_int_equal(d.shape[1], expected[i].columns);
        ls_h5_close(file);
    }
}

static void test_rows_are_the_same_in_any_pieces(void **state)
{
    ls_h5_file *file;
    (void)state;
    static float whole[1438 * 64], piece[64 * 501];
    assert_ok(ls_h5_open(LS_TEST_DATA "/digits.h5", &file));
    assert_ok(ls_h5_read_float(file, "/train/x", 0, 1438, whole));
    double sum = 0;
    for (int i = 0; i < 1438 * 64; i++)
        sum += whole[i];
    assert_true(sum > 0);
    for (int64_t first = 0; first < 1438; first += 501) {
        int64_t count = first + 501 > 1438 ? 1438 - first : 501;
        assert_ok(ls_h5_read_float(file, "train/x", first, count, piece));
        assert_memory_equal(piece, whole + first * 64, (size_t)count * 64 * sizeof(float));
    }
    piece[0] = -5;
    assert_ok(ls_h5_read_float(file, "/train/x", 1438, 0, piece));
    assert_near(piece[0], -5, 0);
    assert_fails(ls_h5_read_float(file, "/train/x", 1438, 1, piece), LS_ERR_DATA, "has 1438 rows");
    assert_fails(ls_h5_read_float(file, "/train/x", -1, 1, piece), LS_ERR_DATA, "from row -1 on");
    assert_fails(ls_h5_read_float(file, "/train/x", 5, INT64_MAX, piece), LS_ERR_DATA, "has 1438 rows");
    ls_h5_close(file);
}

static void test_list(void **state)
{
    static const char *const paths[] = {"/test/x", "/test/y", "/train/x", "/train/y"};
    ls_h5_file *file;
    ls_h5_dataset *list;
    char shape[64];
    int count;
    (void)state;
    assert_ok(ls_h5_open(LS_TEST_DATA "/digits.h5", &file));
    assert_ok(ls_h5_list(file, "/", &list, &count));
    assert_int_equal(count, 4);
    for (int i = 0; i < 4; i++)
        assert_string_equal(list[i].path, paths[i]);
    assert_string_equal(ls_h5_shape_text(&list[2], shape, sizeof shape), "(1438, 64)");
    assert_string_equal(ls_h5_shape_text(&list[3], shape, sizeof shape), "(1438)");
    ls_memory_free(list);
    assert_ok(ls_h5_list(file, "train/", &list, &count));
    assert_int_equal(count, 2);
    assert_string_equal(list[0].path, "/train/x");
    ls_memory_free(list);
    assert_fails(ls_h5_list(file, "/nothing", &list, &count), LS_ERR_DATA, "has no group /nothing");
    assert_null(list);
    assert_true(ls_h5_exists(file, "/train"));
    assert_true(ls_h5_exists(file, "/train/x"));
    assert_true(ls_h5_exists(file, "/"));
    assert_false(ls_h5_exists(file, "/train/x/y"));
    assert_false(ls_h5_exists(file, "/trains/x"));
    assert_false(ls_h5_exists(file, ""));
    ls_h5_close(file);
}

static void test_missing_dataset_names_the_nearest(void **state)
{
    ls_h5_file *file;
    ls_h5_dataset d;
    (void)state;
    assert_ok(ls_h5_open(LS_TEST_DATA "/digits.h5", &file));
    assert_fails(ls_h5_describe(file, "/train/xx", &d), LS_ERR_DATA, "did you mean /train/x?");
    assert_fails(ls_h5_describe(file, "/quite/different", &d), LS_ERR_DATA, "/test/x, /test/y, /train/x, /train/y");
    assert_fails(ls_h5_describe(file, "/train", &d), LS_ERR_DATA, "/train is a group, expected a dataset");
    assert_fails(ls_h5_describe(file, "", &d), LS_ERR_DATA, "no dataset path");
    ls_h5_close(file);
}

/* ---- odd types ---- */

/* A file "odd.h5" with one dataset "/d" of doubles 0, 1, 2, ... stored as `type` with these creation
 * properties. */
static ls_h5_file *stored_as(hid_t type, hid_t creation)
{
    double values[ROWS * COLUMNS];
    hsize_t extents[2] = {ROWS, COLUMNS};
    for (int i = 0; i < ROWS * COLUMNS; i++)
        values[i] = i % 100;
    const char *path = in_directory("odd.h5");
    hid_t file = H5Fcreate(path, H5F_ACC_TRUNC, H5P_DEFAULT, H5P_DEFAULT);
    hid_t space = H5Screate_simple(2, extents, NULL);
    hid_t dataset = H5Dcreate2(file, "d", type, space, H5P_DEFAULT, creation, H5P_DEFAULT);
    assert_true(dataset >= 0);
    assert_true(H5Dwrite(dataset, H5T_NATIVE_DOUBLE, H5S_ALL, H5S_ALL, H5P_DEFAULT, values) >= 0);
    (void)H5Dclose(dataset);
    (void)H5Sclose(space);
    assert_true(H5Fclose(file) >= 0);
    ls_h5_file *opened;
    assert_ok(ls_h5_open(path, &opened));
    return opened;
}

/* Reads rows 5 .. 21 in all four ways and compares. */
static void check_values(ls_h5_file *file)
{
    const int first = 5, count = 17;
    float f[17 * COLUMNS];
    double d[17 * COLUMNS];
    int64_t i64[17 * COLUMNS];
    uint64_t u64[17 * COLUMNS];
    assert_ok(ls_h5_read_float(file, "/d", first, count, f));
    assert_ok(ls_h5_read_double(file, "/d", first, count, d));
    assert_ok(ls_h5_read_int64(file, "/d", first, count, i64));
    assert_ok(ls_h5_read_uint64(file, "/d", first, count, u64));
    for (int i = 0; i < count * COLUMNS; i++) {
        int expected = (first * COLUMNS + i) % 100;
        assert_near(f[i], expected, 0);
        assert_near(d[i], expected, 0);
        assert_int_equal(i64[i], expected);
        assert_int_equal(u64[i], expected);
    }
}

static void test_number_types(void **state)
{
    (void)state;
    hid_t half = H5Tcopy(H5T_IEEE_F32LE), brain = H5Tcopy(H5T_IEEE_F32LE), half_be;
    (void)H5Tset_fields(half, 15, 10, 5, 0, 10);
    (void)H5Tset_size(half, 2);
    (void)H5Tset_ebias(half, 15);
    (void)H5Tset_fields(brain, 15, 7, 8, 0, 7);
    (void)H5Tset_size(brain, 2);
    (void)H5Tset_ebias(brain, 127);
    half_be = H5Tcopy(half);
    (void)H5Tset_order(half_be, H5T_ORDER_BE);
    const struct {
        hid_t type;
        const char *name;
        ls_h5_class class_;
        int bits;
    } types[] = {{H5T_STD_I8LE, "int8", LS_H5_INTEGER, 8},
                 {H5T_STD_U8BE, "uint8", LS_H5_INTEGER, 8},
                 {H5T_STD_I16LE, "int16", LS_H5_INTEGER, 16},
                 {H5T_STD_U16BE, "uint16 big-endian", LS_H5_INTEGER, 16},
                 {H5T_STD_I32BE, "int32 big-endian", LS_H5_INTEGER, 32},
                 {H5T_STD_U32LE, "uint32", LS_H5_INTEGER, 32},
                 {H5T_STD_I64BE, "int64 big-endian", LS_H5_INTEGER, 64},
                 {H5T_STD_U64LE, "uint64", LS_H5_INTEGER, 64},
                 {H5T_IEEE_F32BE, "float32 big-endian", LS_H5_FLOAT, 32},
                 {H5T_IEEE_F64LE, "float64", LS_H5_FLOAT, 64},
                 {H5T_IEEE_F64BE, "float64 big-endian", LS_H5_FLOAT, 64},
                 {H5T_NATIVE_LDOUBLE, "float128", LS_H5_FLOAT, 128},
                 {half, "float16", LS_H5_FLOAT, 16},
                 {half_be, "float16 big-endian", LS_H5_FLOAT, 16},
                 {brain, "bfloat16", LS_H5_FLOAT, 16}};
    for (int i = 0; i < ITEMS(types); i++) {
        ls_h5_dataset d;
        if (types[i].bits == 128 && H5Tget_size(types[i].type) != 16)
            continue; /* long double differs between machines */
        ls_h5_file *file = stored_as(types[i].type, H5P_DEFAULT);
        assert_ok(ls_h5_describe(file, "/d", &d));
        assert_string_equal(d.type, types[i].name);
        assert_int_equal(d.class_, types[i].class_);
        assert_int_equal(d.bits, types[i].bits);
        assert_string_equal(d.layout, "contiguous");
        check_values(file);
        ls_h5_close(file);
    }
    (void)H5Tclose(half);
    (void)H5Tclose(half_be);
    (void)H5Tclose(brain);
}

static void test_layouts(void **state)
{
    (void)state;
    const hsize_t chunk[2] = {4, 3}, wide[2] = {1, COLUMNS};
    for (int i = 0; i < 8; i++) {
        ls_h5_dataset d;
        const char *layout = "";
        hid_t creation = H5Pcreate(H5P_DATASET_CREATE), type = H5T_STD_I32LE;
        if (i != 6)
            (void)H5Pset_chunk(creation, 2, i == 5 ? wide : chunk);
        switch (i) {
        case 0:
            layout = "chunks 4x3";
            break;
        case 1:
            (void)H5Pset_shuffle(creation);
            (void)H5Pset_deflate(creation, 6);
            layout = "chunks 4x3, shuffle, gzip";
            break;
        case 2:
            (void)H5Pset_fletcher32(creation);
            layout = "chunks 4x3, fletcher32";
            break;
        case 3:
            (void)H5Pset_scaleoffset(creation, H5Z_SO_INT, H5Z_SO_INT_MINBITS_DEFAULT);
            layout = "chunks 4x3, scale-offset";
            break;
        case 4:
            (void)H5Pset_nbit(creation);
            type = H5T_STD_U16BE;
            layout = "chunks 4x3, nbit";
            break;
        case 5:
            (void)H5Pset_deflate(creation, 1);
            type = H5T_IEEE_F32BE;
            layout = "chunks 1x7, gzip";
            break;
        case 6:
            (void)H5Pset_layout(creation, H5D_COMPACT);
            layout = "compact";
            break;
        case 7:
            (void)H5Pset_scaleoffset(creation, H5Z_SO_FLOAT_DSCALE, 2);
            type = H5T_IEEE_F64LE;
            layout = "chunks 4x3, scale-offset";
            break;
        }
        ls_h5_file *file = stored_as(type, creation);
        assert_ok(ls_h5_describe(file, "/d", &d));
        assert_string_equal(d.layout, layout);
        assert_true(d.storage > 0);
        check_values(file);
        ls_h5_close(file);
        (void)H5Pclose(creation);
    }
}

/* A band of chunks above libhdf5's own cache: the dataset is opened with a larger one, and reads the same. */
static void test_large_chunks(void **state)
{
    (void)state;
    enum { rows = 3000, columns = 300 };
    const hsize_t extents[2] = {rows, columns}, chunk[2] = {1000, 300};
    float *values = malloc(sizeof(float) * rows * columns), row[columns];
    for (int i = 0; i < rows * columns; i++)
        values[i] = (float)i;
    hid_t file = H5Fcreate(in_directory("large.h5"), H5F_ACC_TRUNC, H5P_DEFAULT, H5P_DEFAULT);
    hid_t creation = H5Pcreate(H5P_DATASET_CREATE), space = H5Screate_simple(2, extents, NULL);
    (void)H5Pset_chunk(creation, 2, chunk);
    (void)H5Pset_deflate(creation, 1);
    hid_t dataset = H5Dcreate2(file, "d", H5T_IEEE_F32LE, space, H5P_DEFAULT, creation, H5P_DEFAULT);
    assert_true(H5Dwrite(dataset, H5T_NATIVE_FLOAT, H5S_ALL, H5S_ALL, H5P_DEFAULT, values) >= 0);
    (void)H5Dclose(dataset);
    (void)H5Sclose(space);
    (void)H5Pclose(creation);
    (void)H5Fclose(file);
    ls_h5_file *opened;
    assert_ok(ls_h5_open(in_directory("large.h5"), &opened));
    for (int i = 0; i < rows; i++) {
        assert_ok(ls_h5_read_float(opened, "/d", i, 1, row));
        assert_memory_equal(row, values + i * columns, sizeof row);
    }
    ls_h5_close(opened);
    free(values);
}

/* A file with the caller's own dataset "/d"; the caller has filled neither. */
static ls_h5_file *holding(hid_t type, hid_t space)
{
    hid_t file = H5Fcreate(in_directory("odd.h5"), H5F_ACC_TRUNC, H5P_DEFAULT, H5P_DEFAULT);
    hid_t dataset = H5Dcreate2(file, "d", type, space, H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT);
    assert_true(dataset >= 0);
    (void)H5Dclose(dataset);
    (void)H5Fclose(file);
    ls_h5_file *opened;
    assert_ok(ls_h5_open(in_directory("odd.h5"), &opened));
    return opened;
}

static void test_what_cannot_be_read_is_refused(void **state)
{
    (void)state;
    hsize_t extents[12] = {4, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1};
    const hsize_t two = 2, enormous[2] = {(hsize_t)1 << 30, (hsize_t)1 << 28};
    hid_t text = H5Tcopy(H5T_C_S1), open_text = H5Tcopy(H5T_C_S1), compound = H5Tcreate(H5T_COMPOUND, 16);
    hid_t array = H5Tarray_create2(H5T_NATIVE_FLOAT, 1, &two), list = H5Tvlen_create(H5T_NATIVE_INT);
    hid_t opaque = H5Tcreate(H5T_OPAQUE, 3);
    (void)H5Tset_size(text, 5);
    (void)H5Tset_size(open_text, H5T_VARIABLE);
    (void)H5Tinsert(compound, "a", 0, H5T_NATIVE_DOUBLE);
    hid_t rows = H5Screate_simple(1, extents, NULL), none = H5Screate(H5S_NULL);
    hid_t deep = H5Screate_simple(12, extents, NULL);
    const struct {
        hid_t type, space;
        const char *says;
    } cases[] = {{text, rows, "holds string"},
                 {open_text, rows, "holds string"},
                 {compound, rows, "holds compound"},
                 {array, rows, "holds array"},
                 {list, rows, "holds variable-length"},
                 {opaque, rows, "holds opaque"},
                 {H5T_STD_REF_OBJ, rows, "holds reference"},
                 {H5T_NATIVE_FLOAT, none, "holds nothing (null dataspace)"},
                 {H5T_NATIVE_FLOAT, deep, "array of 12 dimensions"}};
    for (int i = 0; i < ITEMS(cases); i++) {
        float values[8] = {7, 7, 7, 7, 7, 7, 7, 7};
        ls_h5_dataset *found;
        int count;
        ls_h5_file *file = holding(cases[i].type, cases[i].space);
        assert_fails(ls_h5_read_float(file, "/d", 0, 1, values), LS_ERR_DATA, cases[i].says);
        assert_near(values[0], 7, 0);
        assert_ok(ls_h5_list(file, "/", &found, &count));
        assert_int_equal(count, 1);
        assert_int_equal(found[0].class_, cases[i].type == compound ? LS_H5_FLOAT : LS_H5_OTHER); /* a table */
        ls_memory_free(found);
        ls_h5_close(file);
    }
    /* so many elements that sizes would overflow: a chunked dataset can say so and take no room */
    const hsize_t chunk[2] = {1, 1};
    hid_t file = H5Fcreate(in_directory("odd.h5"), H5F_ACC_TRUNC, H5P_DEFAULT, H5P_DEFAULT);
    hid_t space = H5Screate_simple(2, enormous, NULL), creation = H5Pcreate(H5P_DATASET_CREATE);
    (void)H5Pset_chunk(creation, 2, chunk);
    hid_t dataset = H5Dcreate2(file, "d", H5T_NATIVE_FLOAT, space, H5P_DEFAULT, creation, H5P_DEFAULT);
    assert_true(dataset >= 0);
    (void)H5Sclose(space);
    (void)H5Pclose(creation);
    (void)H5Dclose(dataset);
    (void)H5Fclose(file);
    float value;
    ls_h5_file *opened;
    assert_ok(ls_h5_open(in_directory("odd.h5"), &opened));
    assert_fails(ls_h5_read_float(opened, "/d", 0, 1, &value), LS_ERR_DATA,
                 "/d claims to hold 1.0 EiB, but only 0 B are stored");
    ls_h5_trust(opened, LS_H5_LINKS_BESIDE, true);
    assert_fails(ls_h5_read_float(opened, "/d", 0, 1, &value), LS_ERR_DATA, "too large for any machine");
    ls_h5_close(opened);
    (void)H5Sclose(rows);
    (void)H5Sclose(none);
    (void)H5Sclose(deep);
    const hid_t made[] = {text, open_text, compound, array, list, opaque};
    for (int i = 0; i < ITEMS(made); i++)
        (void)H5Tclose(made[i]);
}

/* float64 becomes the same float32 in both byte orders, whatever libhdf5 does by itself; and the host's stays so. */
static void test_swapped_doubles(void **state)
{
    (void)state;
    const double values[10] = {1 + 0x1p-24, 1 + 0x3p-24, -1 - 0x1p-24, 0x1.8p-149,     FLT_MAX,
                               -0.0,        1e300,       -INFINITY,    0x1.ffffffp127, 0.1};
    const hsize_t extents[2] = {5, 2};
    float before[10], after[10], read[2][10], column[2][5];
    hid_t space = H5Screate_simple(2, extents, NULL);
    for (int order = 0; order < 2; order++) {
        const char *path = in_directory(order == 0 ? "little.h5" : "big.h5");
        hid_t file = H5Fcreate(path, H5F_ACC_TRUNC, H5P_DEFAULT, H5P_DEFAULT);
        hid_t dataset = H5Dcreate2(file, "x", order == 0 ? H5T_IEEE_F64LE : H5T_IEEE_F64BE, space, H5P_DEFAULT,
                                   H5P_DEFAULT, H5P_DEFAULT);
        assert_true(H5Dwrite(dataset, H5T_NATIVE_DOUBLE, H5S_ALL, H5S_ALL, H5P_DEFAULT, values) >= 0);
        assert_true(H5Dread(dataset, H5T_NATIVE_FLOAT, H5S_ALL, H5S_ALL, H5P_DEFAULT, before) >= 0);
        (void)H5Dclose(dataset);
        (void)H5Fclose(file);
        ls_h5_file *opened;
        const ls_h5_range last = {1, 1};
        const ls_h5_table table = {.path = "/x", .ranges = &last, .range_count = 1};
        assert_ok(ls_h5_open(path, &opened));
        assert_ok(ls_h5_read_float(opened, "/x", 0, 5, read[order]));
        assert_ok(ls_h5_read_table(opened, &table, 0, 5, LS_H5_NUMBER_FLOAT, 1, column[order]));
        ls_h5_close(opened);
        file = H5Fopen(path, H5F_ACC_RDONLY, H5P_DEFAULT);
        dataset = H5Dopen2(file, "x", H5P_DEFAULT);
        assert_true(H5Dread(dataset, H5T_NATIVE_FLOAT, H5S_ALL, H5S_ALL, H5P_DEFAULT, after) >= 0);
        (void)H5Dclose(dataset);
        (void)H5Fclose(file);
        assert_memory_equal(after, before, sizeof before);
    }
    (void)H5Sclose(space);
    assert_memory_equal(read[1], read[0], sizeof read[0]);
    assert_memory_equal(column[1], column[0], sizeof column[0]);
    for (int i = 0; i < 5; i++)
        assert_memory_equal(&column[0][i], &read[0][2 * i + 1], sizeof(float));
}

/* PyTables stores booleans as bit fields. */
static void test_bit_fields(void **state)
{
    (void)state;
    const hsize_t extents[2] = {2, 3};
    const uint8_t bytes[6] = {0, 1, 1, 0, 255, 2};
    const uint16_t words[6] = {0, 1, 258, 65535, 7, 8};
    const hid_t types[4] = {H5T_STD_B8LE, H5T_STD_B16BE, H5T_STD_B16LE, H5T_STD_B32BE};
    hid_t file = H5Fcreate(in_directory("bits.h5"), H5F_ACC_TRUNC, H5P_DEFAULT, H5P_DEFAULT);
    hid_t space = H5Screate_simple(2, extents, NULL);
    for (int i = 0; i < ITEMS(types); i++) {
        const char name[2] = {(char)('a' + i), '\0'};
        hid_t dataset = H5Dcreate2(file, name, types[i], space, H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT);
        assert_true(H5Dwrite(dataset, i == 0 ? H5T_NATIVE_B8 : H5T_NATIVE_B16, H5S_ALL, H5S_ALL, H5P_DEFAULT,
                             i == 0 ? (const void *)bytes : words) >= 0);
        (void)H5Dclose(dataset);
    }
    (void)H5Sclose(space);
    (void)H5Fclose(file);
    ls_h5_file *opened;
    assert_ok(ls_h5_open(in_directory("bits.h5"), &opened));
    for (int i = 0; i < ITEMS(types); i++) {
        const char path[3] = {'/', (char)('a' + i), '\0'};
        float singles[6];
        double doubles[6];
        int64_t whole[6];
        ls_h5_dataset d;
        assert_ok(ls_h5_describe(opened, path, &d));
        assert_int_equal(d.class_, LS_H5_INTEGER);
        assert_int_equal(d.stored, i == 0 ? LS_H5_NUMBER_UINT8 : i < 3 ? LS_H5_NUMBER_UINT16 : LS_H5_NUMBER_FLOAT);
        assert_ok(ls_h5_read_float(opened, path, 0, 2, singles));
        assert_ok(ls_h5_read_double(opened, path, 0, 2, doubles));
        assert_ok(ls_h5_read_int64(opened, path, 0, 2, whole));
        for (int k = 0; k < 6; k++) {
            const double expected = i == 0 ? bytes[k] : words[k];
            assert_near(singles[k], expected, 0);
            assert_near(doubles[k], expected, 0);
            assert_near((double)whole[k], expected, 0);
        }
    }
    /* kept as bytes, between other columns */
    const ls_h5_range last = {1, 2};
    const ls_h5_table table = {.path = "/a", .ranges = &last, .range_count = 1};
    uint8_t rows[6] = {9, 9, 9, 9, 9, 9};
    assert_ok(ls_h5_read_table(opened, &table, 0, 2, LS_H5_NUMBER_UINT8, 3, rows));
    const uint8_t expected[6] = {1, 1, 9, 255, 2, 9};
    assert_memory_equal(rows, expected, sizeof rows);
    /* nothing of it stays in the host's libhdf5 */
    float refused;
    file = H5Fopen(in_directory("bits.h5"), H5F_ACC_RDONLY, H5P_DEFAULT);
    hid_t dataset = H5Dopen2(file, "a", H5P_DEFAULT);
    H5E_BEGIN_TRY
    {
        assert_true(H5Dread(dataset, H5T_NATIVE_FLOAT, H5S_ALL, H5S_ALL, H5P_DEFAULT, &refused) < 0);
    }
    H5E_END_TRY(void) H5Dclose(dataset);
    (void)H5Fclose(file);
    ls_h5_close(opened);
}

static void test_boolean_and_enum(void **state)
{
    (void)state;
    const signed char zero = 0, one = 1, stored[4] = {1, 0, 0, 1};
    const hsize_t extent = 4;
    for (int i = 0; i < 2; i++) {
        hid_t type = H5Tenum_create(H5T_STD_I8LE);
        (void)H5Tenum_insert(type, i == 0 ? "FALSE" : "setosa", &zero);
        (void)H5Tenum_insert(type, i == 0 ? "TRUE" : "virginica", &one);
        hid_t file = H5Fcreate(in_directory("odd.h5"), H5F_ACC_TRUNC, H5P_DEFAULT, H5P_DEFAULT);
        hid_t space = H5Screate_simple(1, &extent, NULL);
        hid_t dataset = H5Dcreate2(file, "d", type, space, H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT);
        (void)H5Dwrite(dataset, type, H5S_ALL, H5S_ALL, H5P_DEFAULT, stored);
        (void)H5Dclose(dataset);
        (void)H5Sclose(space);
        (void)H5Fclose(file);
        (void)H5Tclose(type);
        ls_h5_file *opened;
        ls_h5_dataset d;
        float f[4];
        int64_t n[4];
        assert_ok(ls_h5_open(in_directory("odd.h5"), &opened));
        assert_ok(ls_h5_describe(opened, "/d", &d));
        assert_int_equal(d.class_, i == 0 ? LS_H5_BOOLEAN : LS_H5_INTEGER);
        assert_string_equal(d.type, i == 0 ? "boolean" : "enum over int8");
        assert_ok(ls_h5_read_float(opened, "/d", 0, 4, f));
        assert_ok(ls_h5_read_int64(opened, "/d", 0, 4, n));
        for (int j = 0; j < 4; j++) {
            assert_near(f[j], stored[j], 0);
            assert_int_equal(n[j], stored[j]);
        }
        ls_h5_close(opened);
    }
}

static void test_scalar_is_one_row(void **state)
{
    (void)state;
    hid_t space = H5Screate(H5S_SCALAR);
    ls_h5_file *file = holding(H5T_NATIVE_INT, space);
    int64_t value = 9;
    (void)H5Sclose(space);
    assert_ok(ls_h5_read_int64(file, "/d", 0, 1, &value));
    assert_int_equal(value, 0);
    assert_fails(ls_h5_read_int64(file, "/d", 0, 2, &value), LS_ERR_DATA, "has 1 rows");
    ls_h5_close(file);
}

/* ---- links ---- */

/* An external link that leads nowhere, or may not be followed, is an entry that says so. */
static void test_list_follows_hard_links(void **state)
{
    (void)state;
    const hsize_t extent = 3;
    hid_t file = H5Fcreate(in_directory("links.h5"), H5F_ACC_TRUNC, H5P_DEFAULT, H5P_DEFAULT);
    hid_t space = H5Screate_simple(1, &extent, NULL);
    hid_t group = H5Gcreate2(file, "g", H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT);
    hid_t dataset = H5Dcreate2(group, "d", H5T_NATIVE_FLOAT, space, H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT);
    (void)H5Lcreate_hard(file, "g/d", file, "again", H5P_DEFAULT, H5P_DEFAULT);
    (void)H5Lcreate_hard(file, "/", group, "loop", H5P_DEFAULT, H5P_DEFAULT);
    (void)H5Lcreate_soft("/g/d", file, "soft", H5P_DEFAULT, H5P_DEFAULT);
    (void)H5Lcreate_soft("/nowhere", file, "dangling", H5P_DEFAULT, H5P_DEFAULT);
    (void)H5Lcreate_external("elsewhere.h5", "/d", file, "external", H5P_DEFAULT, H5P_DEFAULT);
    (void)H5Dclose(dataset);
    (void)H5Gclose(group);
    (void)H5Sclose(space);
    (void)H5Fclose(file);
    ls_h5_file *opened;
    ls_h5_dataset *list, d;
    int count;
    assert_ok(ls_h5_open(in_directory("links.h5"), &opened));
    assert_ok(ls_h5_list(opened, "/", &list, &count));
    assert_int_equal(count, 2);
    assert_string_equal(list[0].path, "/again");
    assert_string_equal(list[1].path, "/external");
    assert_int_equal(list[1].class_, LS_H5_OTHER);
    assert_non_null(strstr(list[1].type, "external link, not followed"));
    ls_memory_free(list);
    assert_ok(ls_h5_describe(opened, "/soft", &d)); /* the user named it */
    assert_fails(ls_h5_describe(opened, "/dangling", &d), LS_ERR_DATA, "dangling");
    ls_h5_close(opened);
}

/* By path, also where libhdf5 comes to "a/d" before "a-b". */
static void test_list_is_sorted(void **state)
{
    (void)state;
    const float value = 0;
    ls_h5_file *file;
    ls_h5_dataset *list;
    int count;
    assert_ok(ls_h5_create(in_directory("sorted.h5"), 0, &file));
    assert_ok(ls_h5_write_float(file, "/a/d", 0, NULL, &value));
    assert_ok(ls_h5_write_float(file, "/a-b", 0, NULL, &value));
    assert_ok(ls_h5_finish(file));
    assert_ok(ls_h5_open(in_directory("sorted.h5"), &file));
    assert_ok(ls_h5_list(file, "/", &list, &count));
    assert_int_equal(count, 2);
    assert_string_equal(list[0].path, "/a-b");
    assert_string_equal(list[1].path, "/a/d");
    ls_memory_free(list);
    ls_h5_close(file);
}

static void make_virtual(const char *path, const char *source, const char *dataset)
{
    const hsize_t extents[2] = {ROWS, COLUMNS};
    hid_t file = H5Fcreate(path, H5F_ACC_TRUNC, H5P_DEFAULT, H5P_DEFAULT);
    hid_t space = H5Screate_simple(2, extents, NULL), creation = H5Pcreate(H5P_DATASET_CREATE);
    assert_true(H5Pset_virtual(creation, space, source, dataset, space) >= 0);
    hid_t made = H5Dcreate2(file, "d", H5T_IEEE_F64LE, space, H5P_DEFAULT, creation, H5P_DEFAULT);
    assert_true(made >= 0);
    (void)H5Dclose(made);
    (void)H5Pclose(creation);
    (void)H5Sclose(space);
    (void)H5Fclose(file);
}

/* Of a single value, with fewer bytes than that of its source. */
static void make_virtual_value(const char *path, const char *source, const char *dataset)
{
    const hsize_t extents[2] = {ROWS, COLUMNS}, start[2] = {0, 0}, one[2] = {1, 1};
    hid_t file = H5Fcreate(path, H5F_ACC_TRUNC, H5P_DEFAULT, H5P_DEFAULT);
    hid_t space = H5Screate_simple(1, one, NULL), from = H5Screate_simple(2, extents, NULL);
    hid_t creation = H5Pcreate(H5P_DATASET_CREATE);
    assert_true(H5Sselect_hyperslab(from, H5S_SELECT_SET, start, NULL, one, NULL) >= 0);
    assert_true(H5Pset_virtual(creation, space, source, dataset, from) >= 0);
    hid_t made = H5Dcreate2(file, "d", H5T_IEEE_F32LE, space, H5P_DEFAULT, creation, H5P_DEFAULT);
    assert_true(made >= 0);
    (void)H5Dclose(made);
    (void)H5Pclose(creation);
    (void)H5Sclose(from);
    (void)H5Sclose(space);
    (void)H5Fclose(file);
}

/* libhdf5 would read zeros where the source is missing. */
static void test_virtual(void **state)
{
    (void)state;
    ls_h5_file *file;
    ls_h5_dataset d;
    float value;
    ls_h5_close(stored_as(H5T_IEEE_F64LE, H5P_DEFAULT)); /* odd.h5 with /d */
    make_virtual(in_directory("virtual.h5"), "odd.h5", "/d");
    assert_ok(ls_h5_open(in_directory("virtual.h5"), &file));
    assert_ok(ls_h5_describe(file, "/d", &d));
    assert_string_equal(d.layout, "virtual");
    check_values(file);
    ls_h5_close(file);
    make_virtual(in_directory("virtual.h5"), in_directory("odd.h5"), "/d"); /* by its absolute path */
    assert_ok(ls_h5_open(in_directory("virtual.h5"), &file));
    check_values(file);
    ls_h5_close(file);
    make_virtual(in_directory("virtual.h5"), "/another/machine/odd.h5", "/d"); /* moved together */
    assert_ok(ls_h5_open(in_directory("virtual.h5"), &file));
    check_values(file);
    ls_h5_close(file);
    make_virtual_value(in_directory("virtual.h5"), "odd.h5", "/d");
    float first[COLUMNS];
    assert_ok(ls_h5_open(in_directory("odd.h5"), &file));
    assert_ok(ls_h5_read_float(file, "/d", 0, 1, first));
    ls_h5_close(file);
    assert_ok(ls_h5_open(in_directory("virtual.h5"), &file));
    assert_ok(ls_h5_read_float(file, "/d", 0, 1, &value));
    assert_near(value, first[0], 0);
    ls_h5_close(file);
    make_virtual(in_directory("virtual.h5"), "odd.h5", "/moved");
    assert_ok(ls_h5_open(in_directory("virtual.h5"), &file));
    assert_fails(ls_h5_read_float(file, "/d", 0, 1, &value), LS_ERR_DATA, "has no dataset /moved");
    ls_h5_close(file);
    make_virtual(in_directory("virtual.h5"), "gone.h5", "/d");
    assert_ok(ls_h5_open(in_directory("virtual.h5"), &file));
    assert_fails(ls_h5_describe(file, "/d", &d), LS_ERR_DATA, "source file gone.h5 is missing");
    assert_fails(ls_h5_read_float(file, "/d", 0, 1, &value), LS_ERR_DATA, "source file gone.h5 is missing");
    ls_h5_close(file);
}

static void test_external_storage_is_refused(void **state)
{
    (void)state;
    const hsize_t extent = 4;
    float value;
    hid_t file = H5Fcreate(in_directory("raw.h5"), H5F_ACC_TRUNC, H5P_DEFAULT, H5P_DEFAULT);
    hid_t space = H5Screate_simple(1, &extent, NULL), creation = H5Pcreate(H5P_DATASET_CREATE);
    (void)H5Pset_external(creation, in_directory("raw.bin"), 0, 16);
    hid_t made = H5Dcreate2(file, "d", H5T_IEEE_F32LE, space, H5P_DEFAULT, creation, H5P_DEFAULT);
    assert_true(made >= 0);
    (void)H5Dclose(made);
    (void)H5Pclose(creation);
    (void)H5Sclose(space);
    (void)H5Fclose(file);
    ls_h5_file *opened;
    write_bytes(in_directory("raw.bin"), "short", 5);
    assert_ok(ls_h5_open(in_directory("raw.h5"), &opened));
    assert_fails(ls_h5_read_float(opened, "/d", 0, 1, &value), LS_ERR_DATA, "external raw files");
    ls_h5_close(opened);
}

/* Alternating over more datasets than are kept open. */
static void test_many_datasets(void **state)
{
    (void)state;
    enum { many = 43 };
    ls_h5_file *file;
    char path[32];
    assert_ok(ls_h5_create(in_directory("many.h5"), 0, &file));
    for (int i = 0; i < many; i++) {
        float values[ROWS * COLUMNS];
        for (int j = 0; j < ROWS * COLUMNS; j++)
            values[j] = (float)(1000 * i + j);
        (void)snprintf(path, sizeof path, "/d%d", i);
        assert_ok(ls_h5_write_float(file, path, 2, shape_2, values));
    }
    assert_ok(ls_h5_finish(file));
    assert_ok(ls_h5_open(in_directory("many.h5"), &file));
    for (int round = 0; round < 3; round++)
        for (int i = 0; i < many; i++) {
            float row[COLUMNS];
            (void)snprintf(path, sizeof path, "/d%d", i);
            assert_ok(ls_h5_read_float(file, path, round, 1, row));
            assert_near(row[1], 1000 * i + COLUMNS * round + 1, 0);
        }
    assert_in_range(H5Fget_obj_count((hid_t)H5F_OBJ_ALL, H5F_OBJ_DATASET), 1, 32);
    ls_h5_close(file);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_real_files),
                                       cmocka_unit_test(test_rows_are_the_same_in_any_pieces),
                                       cmocka_unit_test(test_list),
                                       cmocka_unit_test(test_missing_dataset_names_the_nearest),
                                       cmocka_unit_test(test_number_types),
                                       cmocka_unit_test(test_layouts),
                                       cmocka_unit_test(test_large_chunks),
                                       cmocka_unit_test(test_what_cannot_be_read_is_refused),
                                       cmocka_unit_test(test_boolean_and_enum),
                                       cmocka_unit_test(test_scalar_is_one_row),
                                       cmocka_unit_test(test_list_follows_hard_links),
                                       cmocka_unit_test(test_list_is_sorted),
                                       cmocka_unit_test(test_bit_fields),
                                       cmocka_unit_test(test_swapped_doubles),
                                       cmocka_unit_test(test_virtual),
                                       cmocka_unit_test(test_external_storage_is_refused),
                                       cmocka_unit_test(test_many_datasets)};
    return cmocka_run_group_tests(tests, directory_setup, directory_teardown);
}
