/* Chunks that we unpack ourselves: the numbers where conversions differ, many threads, extents that changed, and chunks
 * without bytes. What is compared with is H5Dread. */
#include "io_test.h"

#include "hdf5/h5.h"

#include <float.h>
#include <hdf5.h>
#include <math.h>

static hid_t creation_of(const char *filters, hsize_t chunk)
{
    hid_t creation = H5Pcreate(H5P_DATASET_CREATE);
    assert_true(H5Pset_chunk(creation, 1, &chunk) >= 0);
    for (; *filters != '\0'; filters++)
        assert_true((*filters == 's'   ? H5Pset_shuffle(creation)
                     : *filters == 'd' ? H5Pset_deflate(creation, 1)
                                       : H5Pset_fletcher32(creation)) >= 0);
    return creation;
}

/* A file with /x of these values, which are stored as they are. `creation` is closed. */
static void put(hid_t type, hid_t creation, hsize_t count, const void *values)
{
    const hsize_t most = H5S_UNLIMITED;
    hid_t file = H5Fcreate(in_directory("v.h5"), H5F_ACC_TRUNC, H5P_DEFAULT, H5P_DEFAULT);
    hid_t space = H5Screate_simple(1, &count, &most);
    hid_t dataset = H5Dcreate2(file, "x", type, space, H5P_DEFAULT, creation, H5P_DEFAULT);
    assert_true(H5Dwrite(dataset, type, H5S_ALL, H5S_ALL, H5P_DEFAULT, values) >= 0);
    assert_true(H5Dclose(dataset) >= 0 && H5Fclose(file) >= 0);
    (void)H5Sclose(space);
    (void)H5Pclose(creation);
}

static void swap_bytes(void *values, size_t size, size_t count)
{
    for (unsigned char *at = values; count > 0; count--, at += size)
        for (size_t i = 0; i < size / 2; i++) {
            const unsigned char byte = at[i];
            at[i] = at[size - 1 - i];
            at[size - 1 - i] = byte;
        }
}

static ls_h5_file *open_with(int threads)
{
    ls_h5_file *file;
    assert_ok(ls_h5_open(in_directory("v.h5"), &file));
    ls_h5_set_threads(file, threads);
    return file;
}

/* The bits of a NaN are nobody's promise: libhdf5's own depend on the byte order. */
static bool is_same(ls_h5_number number, const void *a, const void *b)
{
    float f[2];
    double d[2] = {0};
    if (memcmp(a, b, ls_number_size(number)) == 0)
        return true;
    if (number == LS_H5_NUMBER_FLOAT) {
        memcpy(&f[0], a, sizeof f[0]);
        memcpy(&f[1], b, sizeof f[1]);
        return isnan(f[0]) && isnan(f[1]);
    }
    memcpy(&d[0], a, ls_number_size(number));
    memcpy(&d[1], b, ls_number_size(number));
    return number == LS_H5_NUMBER_DOUBLE && isnan(d[0]) && isnan(d[1]);
}

/* Both readers say the same of /x (count), also of its end alone. */
static void compare(const char *what, hid_t type, ls_h5_number number, int64_t count, int threads)
{
    const size_t size = ls_number_size(number);
    unsigned char *found = malloc((size_t)count * size), *expected = malloc((size_t)count * sizeof(double));
    hid_t file = H5Fopen(in_directory("v.h5"), H5F_ACC_RDONLY, H5P_DEFAULT);
    hid_t dataset = H5Dopen2(file, "x", H5P_DEFAULT);
    hid_t stored = H5Dget_type(dataset);
    const bool in_two = H5Tequal(stored, H5T_IEEE_F64BE) > 0 && number == LS_H5_NUMBER_FLOAT;
    assert_true(H5Dread(dataset, in_two ? H5T_NATIVE_DOUBLE : type, H5S_ALL, H5S_ALL, H5P_DEFAULT, expected) >= 0);
    if (in_two) /* in one step libhdf5 rounds otherwise than little-endian values */
        assert_true(H5Tconvert(H5T_NATIVE_DOUBLE, type, (size_t)count, expected, NULL, H5P_DEFAULT) >= 0);
    (void)H5Tclose(stored);
    assert_true(H5Dclose(dataset) >= 0 && H5Fclose(file) >= 0);
    ls_h5_file *ours = open_with(threads);
    const ls_h5_table table = {.path = "/x"};
    bool differs = false;
    for (int64_t first = 0; first < count; first += count / 2 + 1) {
        memset(found, 0x5A, (size_t)count * size);
        assert_ok(ls_h5_read_table(ours, &table, first, count - first, number, 1, found));
        for (int64_t i = first; i < count && !differs; i++)
            if (!is_same(number, found + (size_t)(i - first) * size, expected + (size_t)i * size)) {
                uint64_t is = 0, should = 0;
                memcpy(&is, found + (size_t)(i - first) * size, size);
                memcpy(&should, expected + (size_t)i * size, size);
                print_error("%s as %s: value %lld is %llx, H5Dread's %llx\n", what, ls_number_name(number),
                            (long long)i, (unsigned long long)is, (unsigned long long)should);
                differs = true;
            }
    }
    ls_h5_close(ours);
    free(found);
    free(expected);
    assert_false(differs);
}

/* Stored in both byte orders, read as both floating-point types. */
static void compare_orders(const char *what, hid_t little, hid_t big, const void *values, size_t size, int count)
{
    unsigned char *copy = malloc(size * (size_t)count);
    char text[64];
    memcpy(copy, values, size * (size_t)count);
    for (int order = 0; order < 2; order++) {
        put(order == 0 ? little : big, creation_of("sd", 5), (hsize_t)count, copy);
        (void)snprintf(text, sizeof text, "%s, %s", what, order == 0 ? "little" : "big");
        compare(text, H5T_NATIVE_FLOAT, LS_H5_NUMBER_FLOAT, count, 1);
        compare(text, H5T_NATIVE_DOUBLE, LS_H5_NUMBER_DOUBLE, count, 1);
        swap_bytes(copy, size, (size_t)count);
    }
    free(copy);
}

#define COMPARE_ORDERS(what, name, values)                                                                             \
    compare_orders(what, name##LE, name##BE, values, sizeof(values)[0], ITEMS(values))

/* Halfway between two numbers of the type in memory, and next to it. */
static void test_ties(void **state)
{
    (void)state;
    const int32_t i32[] = {16777217, 16777219, -16777217, -16777219, 33554434, 33554438, INT32_MAX, INT32_MIN, 0};
    const uint32_t u32[] = {16777217, 16777219, UINT32_MAX, 0x80000080, 0x80000180, 0x80000081};
    const int64_t i64[] = {((int64_t)1 << 53) + 1,
                           ((int64_t)1 << 53) + 3,
                           -((int64_t)1 << 53) - 1,
                           INT64_MAX,
                           INT64_MIN,
                           (int64_t)1 << 60 | 1,
                           ((int64_t)1 << 40) + ((int64_t)1 << 16),
                           ((int64_t)1 << 40) + ((int64_t)3 << 16),
                           0};
    const uint64_t u64[] = {((uint64_t)1 << 53) + 1,   ((uint64_t)1 << 53) + 3,   UINT64_MAX,
                            (uint64_t)1 << 63 | 0x400, (uint64_t)1 << 63 | 0xC00, (uint64_t)1 << 63 | 0x401};
    COMPARE_ORDERS("int32", H5T_STD_I32, i32);
    COMPARE_ORDERS("uint32", H5T_STD_U32, u32);
    COMPARE_ORDERS("int64", H5T_STD_I64, i64);
    COMPARE_ORDERS("uint64", H5T_STD_U64, u64);
}

static void test_floats(void **state)
{
    (void)state;
    const double f64[] = {
        1 + 0x1p-24,     1 + 0x3p-24, -1 - 0x1p-24,    1 + 0x1p-24 + 0x1p-50, 0x1.8p-149, 0x1p-150, 0x1.4p-149,
        0x1.000001p-127, FLT_MAX,     0x1.fffffefp127, 0x1.ffffffp127,        1e300,      -1e300,   INFINITY,
        -INFINITY,       -0.0,        5e-324,          0x1.fffffffffffffp-1};
    const float f32[] = {1, -0.0F, 0x1p-149F, -0x1.8p-130F, FLT_MAX, -INFINITY, INFINITY, FLT_MIN};
    COMPARE_ORDERS("float64", H5T_IEEE_F64, f64);
    COMPARE_ORDERS("float32", H5T_IEEE_F32, f32);
}

/* Not made into numbers. */
static void test_nans(void **state)
{
    (void)state;
    const uint64_t f64[] = {0x7FF8000000000000, 0xFFF8000000000000, 0x7FF0000000000001, 0xFFF4000012345678,
                            0x7FFFFFFFFFFFFFFF};
    const uint32_t f32[] = {0x7FC00000, 0xFFC00000, 0x7F800001, 0xFFA01234, 0x7FFFFFFF};
    COMPARE_ORDERS("NaN of float64", H5T_IEEE_F64, f64);
    COMPARE_ORDERS("NaN of float32", H5T_IEEE_F32, f32);
}

static void test_halves(void **state)
{
    (void)state;
    static uint16_t values[65536];
    hid_t type = H5Tcopy(H5T_IEEE_F32LE);
    assert_true(H5Tset_fields(type, 15, 10, 5, 0, 10) >= 0 && H5Tset_ebias(type, 15) >= 0 && H5Tset_size(type, 2) >= 0);
    for (int i = 0; i < 65536; i++)
        values[i] = (uint16_t)i;
    for (int order = 0; order < 2; order++) {
        assert_true(H5Tset_order(type, order == 0 ? H5T_ORDER_LE : H5T_ORDER_BE) >= 0);
        put(type, creation_of("sdf", 1000), 65536, values);
        compare("float16", H5T_NATIVE_FLOAT, LS_H5_NUMBER_FLOAT, 65536, 2);
        compare("float16", H5T_NATIVE_DOUBLE, LS_H5_NUMBER_DOUBLE, 65536, 2);
        assert_true(H5Tset_order(type, H5T_ORDER_LE) >= 0);
        compare("float16", type, LS_H5_NUMBER_FLOAT16, 65536, 2);
    }
    (void)H5Tclose(type);
}

/* Far more chunks than one thread takes at a time, and filters that leave checksums between numbers of 8 bytes. */
static void test_threads(void **state)
{
    (void)state;
    enum { COUNT = 30000 };
    static int64_t values[COUNT];
    static const char *const pipelines[] = {"f", "sdf", "ds", "d"};
    for (int i = 0; i < COUNT; i++)
        values[i] = (int64_t)i * i * 7919 - 1000000;
    for (int p = 0; p < ITEMS(pipelines); p++) {
        put(H5T_STD_I64LE, creation_of(pipelines[p], 35), COUNT, values);
        for (int threads = 1; threads <= 4; threads++)
            compare(pipelines[p], H5T_NATIVE_INT64, LS_H5_NUMBER_INT64, COUNT, threads);
    }
}

/* The last byte of the checksum of a deflate stream: all of the chunk is unpacked before it is found damaged. */
static void damage_end(hid_t dataset, hsize_t at)
{
    hsize_t stored;
    uint32_t mask;
    assert_true(H5Dget_chunk_storage_size(dataset, &at, &stored) >= 0);
    unsigned char *bytes = malloc((size_t)stored);
    assert_true(H5Dread_chunk(dataset, H5P_DEFAULT, &at, &mask, bytes) >= 0);
    bytes[stored - 1] ^= 1;
    assert_true(H5Dwrite_chunk(dataset, H5P_DEFAULT, mask, &at, (size_t)stored, bytes) >= 0);
    free(bytes);
}

/* Large chunks, which threads unpack for milliseconds side by side, damaged from one on. Whichever is found first, the
 * first of them is named, and those before it can be had. */
static void test_first_failure(void **state)
{
    (void)state;
    enum { CHUNK = 1 << 18, CHUNKS = 12, COUNT = CHUNK * CHUNKS };
    int32_t *values = malloc(COUNT * sizeof *values);
    float *found = malloc(COUNT * sizeof *found);
    for (int i = 0; i < COUNT; i++)
        values[i] = (int32_t)((uint32_t)i * 2654435761u >> 20);
    put(H5T_STD_I32LE, creation_of("d", CHUNK), COUNT, values);
    hid_t file = H5Fopen(in_directory("v.h5"), H5F_ACC_RDWR, H5P_DEFAULT), dataset = H5Dopen2(file, "x", H5P_DEFAULT);
    for (int i = 5; i < CHUNKS; i++)
        damage_end(dataset, (hsize_t)i * CHUNK);
    assert_true(H5Dclose(dataset) >= 0 && H5Fclose(file) >= 0);
    for (int i = 0; i < 6; i++) {
        ls_h5_file *ours = open_with(4);
        assert_fails(ls_h5_read_float(ours, "/x", 0, COUNT, found), LS_ERR_DATA, "the chunk that begins at (1310720)");
        assert_ok(ls_h5_read_float(ours, "/x", 0, 5 * CHUNK, found));
        assert_near(found[5 * CHUNK - 1], values[5 * CHUNK - 1], 0);
        ls_h5_close(ours);
    }
    free(values);
    free(found);
}

/* Extents that became smaller and larger, with and without filters at the edges, in files of both formats. */
static void test_extents(void **state)
{
    (void)state;
    int16_t values[100];
    const hsize_t sizes[] = {93, 77, 41, 5, 77, 100}, most = H5S_UNLIMITED, count = 100;
    const int16_t missing = -77;
    for (int i = 0; i < 100; i++)
        values[i] = (int16_t)(i * 300);
    for (int kind = 0; kind < 3; kind++) {
        hid_t creation = creation_of("sdf", 7), access = H5Pcreate(H5P_FILE_ACCESS);
        assert_true(H5Pset_fill_value(creation, H5T_NATIVE_INT16, &missing) >= 0);
        if (kind == 2)
            assert_true(H5Pset_chunk_opts(creation, H5D_CHUNK_DONT_FILTER_PARTIAL_CHUNKS) >= 0);
        if (kind > 0)
            assert_true(H5Pset_libver_bounds(access, H5F_LIBVER_LATEST, H5F_LIBVER_LATEST) >= 0);
        hid_t file = H5Fcreate(in_directory("v.h5"), H5F_ACC_TRUNC, H5P_DEFAULT, access);
        hid_t space = H5Screate_simple(1, &count, &most);
        hid_t dataset = H5Dcreate2(file, "x", H5T_STD_I16BE, space, H5P_DEFAULT, creation, H5P_DEFAULT);
        assert_true(H5Dwrite(dataset, H5T_NATIVE_INT16, H5S_ALL, H5S_ALL, H5P_DEFAULT, values) >= 0);
        (void)H5Pclose(creation);
        (void)H5Sclose(space);
        for (int i = 0; i < ITEMS(sizes); i++) {
            assert_true(H5Dset_extent(dataset, &sizes[i]) >= 0 && H5Dclose(dataset) >= 0 && H5Fclose(file) >= 0);
            compare("extents", H5T_NATIVE_FLOAT, LS_H5_NUMBER_FLOAT, (int64_t)sizes[i], 1);
            file = H5Fopen(in_directory("v.h5"), H5F_ACC_RDWR, access);
            dataset = H5Dopen2(file, "x", H5P_DEFAULT);
        }
        assert_true(H5Dclose(dataset) >= 0 && H5Fclose(file) >= 0);
        (void)H5Pclose(access);
    }
}

/* A chunk that is there, and said to have no bytes, is not one that was never written. */
static void test_no_bytes(void **state)
{
    (void)state;
    const int32_t values[20] = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20};
    float found[20];
    size_t length;
    put(H5T_STD_I32LE, creation_of("f", 10), 20, values);
    unsigned char *bytes = read_bytes(in_directory("v.h5"), &length);
    const unsigned char key[16] = {44, 0, 0, 0, 0, 0, 0, 0, 10}; /* "Version 1 B-trees": bytes, mask, where it begins */
    unsigned char *at = memmem(bytes, length, key, sizeof key);
    assert_non_null(at);
    at[0] = 0;
    write_bytes(in_directory("v.h5"), bytes, length);
    free(bytes);
    ls_h5_file *ours = open_with(1);
    assert_ok(ls_h5_read_float(ours, "/x", 0, 10, found));
    assert_fails(ls_h5_read_float(ours, "/x", 0, 20, found), LS_ERR_DATA, "a chunk is never empty");
    ls_h5_close(ours);
}

/* More bytes than the file has are not made room for. */
static void test_many_bytes(void **state)
{
    (void)state;
    enum { COUNT = 100000 };
    static int32_t values[COUNT];
    static float found[COUNT];
    const hsize_t second = COUNT / 2;
    hsize_t stored;
    size_t length;
    put(H5T_STD_I32LE, creation_of("d", second), COUNT, values);
    hid_t file = H5Fopen(in_directory("v.h5"), H5F_ACC_RDONLY, H5P_DEFAULT), dataset = H5Dopen2(file, "x", H5P_DEFAULT);
    assert_true(H5Dget_chunk_storage_size(dataset, &second, &stored) >= 0);
    assert_true(H5Dclose(dataset) >= 0 && H5Fclose(file) >= 0);
    unsigned char *bytes = read_bytes(in_directory("v.h5"), &length);
    const uint64_t key[] = {stored, second}; /* and no mask */
    unsigned char *at = memmem(bytes, length, key, sizeof key);
    assert_non_null(at);
    at[2] = 2; /* 128 KiB more */
    write_bytes(in_directory("v.h5"), bytes, length);
    free(bytes);
    ls_h5_file *ours = open_with(1);
    assert_fails(ls_h5_read_float(ours, "/x", 0, COUNT, found), LS_ERR_DATA, "bytes when unpacked; the file has");
    ls_h5_close(ours);
}

/* A column of a chunk with many rows, in the other byte order. */
static void test_column(void **state)
{
    (void)state;
    enum { LINES = 1500, WIDTH = 3 };
    static int32_t values[LINES][WIDTH];
    static float found[LINES];
    const hsize_t extents[2] = {LINES, WIDTH};
    for (int i = 0; i < LINES; i++)
        for (int j = 0; j < WIDTH; j++)
            values[i][j] = 10 * i + j;
    hid_t creation = H5Pcreate(H5P_DATASET_CREATE), space = H5Screate_simple(2, extents, NULL);
    assert_true(H5Pset_chunk(creation, 2, extents) >= 0 && H5Pset_deflate(creation, 1) >= 0);
    hid_t file = H5Fcreate(in_directory("v.h5"), H5F_ACC_TRUNC, H5P_DEFAULT, H5P_DEFAULT);
    hid_t dataset = H5Dcreate2(file, "x", H5T_STD_I32BE, space, H5P_DEFAULT, creation, H5P_DEFAULT);
    assert_true(H5Dwrite(dataset, H5T_NATIVE_INT32, H5S_ALL, H5S_ALL, H5P_DEFAULT, values) >= 0);
    assert_true(H5Dclose(dataset) >= 0 && H5Fclose(file) >= 0);
    (void)H5Pclose(creation);
    (void)H5Sclose(space);
    const ls_h5_range column = {1, 1};
    const ls_h5_table table = {.path = "/x", .ranges = &column, .range_count = 1};
    ls_h5_file *ours = open_with(1);
    assert_ok(ls_h5_read_table(ours, &table, 0, LINES, LS_H5_NUMBER_FLOAT, 1, found));
    for (int i = 0; i < LINES; i++)
        assert_near(found[i], 10 * i + 1, 0);
    ls_h5_close(ours);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_ties),    cmocka_unit_test(test_floats),   cmocka_unit_test(test_nans),
        cmocka_unit_test(test_halves),  cmocka_unit_test(test_threads),  cmocka_unit_test(test_first_failure),
        cmocka_unit_test(test_extents), cmocka_unit_test(test_no_bytes), cmocka_unit_test(test_many_bytes),
        cmocka_unit_test(test_column),
    };
    return cmocka_run_group_tests(tests, directory_setup, directory_teardown);
}
