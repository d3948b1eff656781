/* Chunks that we unpack ourselves give what H5Dread gives, and damaged ones an error instead of memory that runs out.
 */
#include "io_test.h"

#include "hdf5/h5.h"

#include <float.h>
#include <hdf5.h>
#include <math.h>
#ifdef LS_HAVE_ZLIB
#include <zlib.h>
#endif

#define ROWS    37
#define MIDDLE  5
#define BEHIND  3
#define COLUMNS (MIDDLE * BEHIND)

/* In the order of writing: s, d, f. */
static const char *const pipelines[] = {"d", "s", "f", "sd", "sdf", "fsd", "dsf", "ds", "fd", "fdf", "ff", "dfs"};

static hid_t creation_of(const char *filters, int rank, const hsize_t *chunk)
{
    hid_t creation = H5Pcreate(H5P_DATASET_CREATE);
    assert_true(H5Pset_chunk(creation, rank, chunk) >= 0);
    for (; *filters != '\0'; filters++)
        assert_true((*filters == 's'   ? H5Pset_shuffle(creation)
                     : *filters == 'd' ? H5Pset_deflate(creation, 4)
                                       : H5Pset_fletcher32(creation)) >= 0);
    return creation;
}

/* A file with a dataset /x of any values; extents (ROWS, MIDDLE, BEHIND), cut to `rank` of them. */
static hid_t create(hid_t type, hid_t creation, int rank, bool latest, hid_t *dataset)
{
    const hsize_t extents[3] = {ROWS, MIDDLE, BEHIND}, most[3] = {H5S_UNLIMITED, H5S_UNLIMITED, BEHIND};
    hid_t access = H5Pcreate(H5P_FILE_ACCESS);
    if (latest)
        assert_true(H5Pset_libver_bounds(access, H5F_LIBVER_LATEST, H5F_LIBVER_LATEST) >= 0);
    hid_t file = H5Fcreate(in_directory("c.h5"), H5F_ACC_TRUNC, H5P_DEFAULT, access);
    hid_t space = H5Screate_simple(rank, extents, latest ? NULL : most);
    *dataset = H5Dcreate2(file, "x", type, space, H5P_DEFAULT, creation, H5P_DEFAULT);
    assert_true(*dataset >= 0);
    (void)H5Pclose(access);
    (void)H5Sclose(space);
    (void)H5Pclose(creation);
    return file;
}

static void close_file(hid_t file, hid_t dataset)
{
    assert_true(H5Dclose(dataset) >= 0 && H5Fclose(file) >= 0);
}

/* What H5Dread says of the whole of /x. */
static void read_by_libhdf5(hid_t type, void *values)
{
    hid_t file = H5Fopen(in_directory("c.h5"), H5F_ACC_RDONLY, H5P_DEFAULT);
    hid_t dataset = H5Dopen2(file, "x", H5P_DEFAULT);
    assert_true(H5Dread(dataset, type, H5S_ALL, H5S_ALL, H5P_DEFAULT, values) >= 0);
    close_file(file, dataset);
}

static ls_h5_file *open_with(int threads)
{
    ls_h5_file *file;
    assert_ok(ls_h5_open(in_directory("c.h5"), &file));
    ls_h5_set_threads(file, threads);
    return file;
}

static void check_bytes(const char *what, const char *how, const void *found, const void *expected, size_t bytes)
{
    if (memcmp(found, expected, bytes) == 0)
        return;
    size_t at = 0;
    while (((const char *)found)[at] == ((const char *)expected)[at])
        at++;
    fail_msg("%s, %s: byte %zu of %zu differs from H5Dread's", what, how, at, bytes);
}

/* The whole, pieces in order, pieces backwards, with rows on axis 1, and some columns; expected is H5Dread's. */
static void check_reading(const char *what, int threads, int rank, ls_h5_number number, const char *expected)
{
    const int64_t columns = rank == 1 ? 1 : rank == 2 ? MIDDLE : COLUMNS;
    const size_t size = ls_number_size(number), row = (size_t)columns * size;
    char values[ROWS * COLUMNS * 8], turned[ROWS * COLUMNS * 8];
    ls_h5_file *file = open_with(threads);
    ls_h5_table table = {.path = "/x"};
    memset(values, 1, sizeof values);
    assert_ok(ls_h5_read_table(file, &table, 0, ROWS, number, columns, values));
    check_bytes(what, "whole", values, expected, ROWS * row);
    for (int64_t step = 2; step <= 9; step += 7) {
        memset(values, 1, sizeof values);
        for (int64_t first = 0; first < ROWS; first += step)
            assert_ok(ls_h5_read_table(file, &table, first, first + step < ROWS ? step : ROWS - first, number, columns,
                                       values + (size_t)first * row));
        check_bytes(what, "in pieces", values, expected, ROWS * row);
        memset(values, 1, sizeof values);
        for (int64_t first = ROWS - 1; first >= 0; first--)
            assert_ok(ls_h5_read_table(file, &table, first, 1, number, columns, values + (size_t)first * row));
        check_bytes(what, "backwards", values, expected, ROWS * row);
    }
    if (rank > 1) { /* axis 1 counts the rows: (row, column behind) becomes (MIDDLE, rows * behind) */
        const int64_t behind = rank == 2 ? 1 : BEHIND;
        table.axis = 1;
        assert_ok(ls_h5_read_table(file, &table, 0, MIDDLE, number, ROWS * behind, values));
        for (int64_t m = 0; m < MIDDLE; m++)
            for (int64_t i = 0; i < ROWS; i++)
                memcpy(turned + (size_t)((m * ROWS + i) * behind) * size,
                       expected + (size_t)((i * MIDDLE + m) * behind) * size, (size_t)behind * size);
        check_bytes(what, "on axis 1", values, turned, ROWS * row);
        for (int64_t step = 1; step <= 2; step++) {
            const size_t line = (size_t)(ROWS * behind) * size;
            memset(values, 1, sizeof values);
            for (int64_t m = 0; m < MIDDLE; m += step)
                assert_ok(ls_h5_read_table(file, &table, m, m + step < MIDDLE ? step : MIDDLE - m, number,
                                           ROWS * behind, values + (size_t)m * line));
            check_bytes(what, "on axis 1 in pieces", values, turned, ROWS * row);
        }
        table.axis = 0;
        const ls_h5_range ranges[] = {{3, 2}, {0, 1}};
        table.ranges = ranges;
        table.range_count = 2;
        memset(values, 0, sizeof values);
        assert_ok(ls_h5_read_table(file, &table, 1, ROWS - 2, number, 4, values)); /* a column of the stride is left */
        for (int64_t i = 0; i < ROWS - 2; i++) {
            char cells[4 * 8] = {0};
            const int64_t chosen[] = {3, 4, 0};
            for (int c = 0; c < 3; c++)
                memcpy(cells + (size_t)c * size, expected + (size_t)((i + 1) * columns + chosen[c]) * size, size);
            check_bytes(what, "columns", values + (size_t)i * 4 * size, cells, 4 * size);
        }
    }
    ls_h5_close(file);
}

static void write_random(hid_t dataset, hid_t type)
{
    uint64_t values[ROWS * COLUMNS];
    const size_t size = H5Tget_size(type);
    for (int i = 0; i < ROWS * COLUMNS; i++)
        values[i] = i % 3 == 0 ? next_random() % 5 : next_random();
    unsigned char *bytes = (unsigned char *)values; /* floats: no NaN, whose bits no one promises */
    for (size_t i = 0; H5Tget_class(type) == H5T_FLOAT && i < ROWS * COLUMNS; i++) {
        bytes[i * size + (H5Tget_order(type) == H5T_ORDER_BE ? 0 : size - 1)] &= 0xBB;
    }
    assert_true(H5Dwrite(dataset, type, H5S_ALL, H5S_ALL, H5P_DEFAULT, values) >= 0);
}

static void test_pipelines(void **state)
{
    (void)state;
    const hsize_t chunks[][3] = {{8, 2, 2}, {1, 5, 3}, {37, 5, 3}, {5, 7, 2}};
    float expected[ROWS * COLUMNS];
    char what[64];
    for (int p = 0; p < ITEMS(pipelines); p++)
        for (int c = 0; c < ITEMS(chunks); c++)
            for (int rank = 1; rank <= 3; rank++) {
                hid_t dataset, creation;
                creation = creation_of(pipelines[p], rank, chunks[c]);
                hid_t file = create(p % 2 ? H5T_IEEE_F32LE : H5T_IEEE_F32BE, creation, rank, false, &dataset);
                write_random(dataset, p % 2 ? H5T_IEEE_F32LE : H5T_IEEE_F32BE);
                close_file(file, dataset);
                read_by_libhdf5(H5T_NATIVE_FLOAT, expected);
                (void)snprintf(what, sizeof what, "%s, chunks %d, rank %d", pipelines[p], c, rank);
                for (int threads = 1; threads <= 3; threads += 2)
                    check_reading(what, threads, rank, LS_H5_NUMBER_FLOAT, (const char *)expected);
            }
}

static void test_types(void **state)
{
    (void)state;
    const hsize_t chunk[3] = {10, 3, 3};
    const hid_t types[] = {H5T_STD_I8LE,   H5T_STD_U8BE,   H5T_STD_I16LE, H5T_STD_I16BE, H5T_STD_U16LE,
                           H5T_STD_U16BE,  H5T_STD_I32LE,  H5T_STD_I32BE, H5T_STD_U32LE, H5T_STD_U32BE,
                           H5T_STD_I64LE,  H5T_STD_I64BE,  H5T_STD_U64LE, H5T_STD_U64BE, H5T_IEEE_F32LE,
                           H5T_IEEE_F32BE, H5T_IEEE_F64LE, H5T_IEEE_F64BE};
    const struct {
        hid_t type;
        ls_h5_number number;
    } memory[] = {{H5T_NATIVE_FLOAT, LS_H5_NUMBER_FLOAT}, {H5T_NATIVE_DOUBLE, LS_H5_NUMBER_DOUBLE},
                  {H5T_NATIVE_INT64, LS_H5_NUMBER_INT64}, {H5T_NATIVE_UINT64, LS_H5_NUMBER_UINT64},
                  {H5T_NATIVE_INT32, LS_H5_NUMBER_INT32}, {H5T_NATIVE_UINT16, LS_H5_NUMBER_UINT16},
                  {H5T_NATIVE_INT16, LS_H5_NUMBER_INT16}, {H5T_NATIVE_UINT8, LS_H5_NUMBER_UINT8},
                  {H5T_NATIVE_INT8, LS_H5_NUMBER_INT8}};
    uint64_t expected[ROWS * COLUMNS];
    char what[64];
    for (int t = 0; t < ITEMS(types); t++) {
        hid_t dataset, file = create(types[t], creation_of("sd", 3, chunk), 3, false, &dataset);
        write_random(dataset, types[t]);
        close_file(file, dataset);
        for (int m = 0; m < ITEMS(memory); m++) {
            read_by_libhdf5(memory[m].type, expected);
            (void)snprintf(what, sizeof what, "type %d as %s", t, ls_number_name(memory[m].number));
            check_reading(what, 1 + m % 2, 3, memory[m].number, (const char *)expected);
        }
    }
}

/* The ends of float64, where rounding and infinity meet. */
static void test_large_numbers(void **state)
{
    (void)state;
    const hsize_t chunk[1] = {ROWS};
    double values[ROWS] = {FLT_MAX,     nextafter(FLT_MAX, INFINITY),
                           -FLT_MAX,    nextafter(-FLT_MAX, -INFINITY),
                           1e300,       -1e300,
                           1e-45,       1e-46,
                           5e-324,      INFINITY,
                           -INFINITY,   -0.0,
                           1 + 0x1p-24, 1 + 0x3p-24};
    float expected[ROWS];
    hid_t dataset, file = create(H5T_IEEE_F64LE, creation_of("d", 1, chunk), 1, false, &dataset);
    assert_true(H5Dwrite(dataset, H5T_NATIVE_DOUBLE, H5S_ALL, H5S_ALL, H5P_DEFAULT, values) >= 0);
    close_file(file, dataset);
    read_by_libhdf5(H5T_NATIVE_FLOAT, expected);
    check_reading("large numbers", 1, 1, LS_H5_NUMBER_FLOAT, (const char *)expected);
}

/* Chunks that were never written, with a fill value, some, all; edges without filters; and a filter left out. */
static void test_odd_chunks(void **state)
{
    (void)state;
    const hsize_t chunk[3] = {8, 2, 2}, at[3] = {8, 2, 0}, edge[3] = {32, 4, 2};
    const int16_t fill = -1234;
    int16_t raw[32];
    float expected[ROWS * COLUMNS];
    uint32_t mask;
    for (int i = 0; i < 32; i++)
        raw[i] = (int16_t)(1000 * i);
    for (int kind = 0; kind < 4; kind++) {
        hid_t creation = creation_of("sf", 3, chunk), dataset;
        assert_true(H5Pset_fill_value(creation, H5T_NATIVE_INT16, &fill) >= 0);
        if (kind == 3)
            assert_true(H5Pset_chunk_opts(creation, H5D_CHUNK_DONT_FILTER_PARTIAL_CHUNKS) >= 0);
        hid_t file = create(H5T_STD_I16BE, creation, 3, kind == 3, &dataset);
        if (kind == 1) { /* both filters left out for two of the chunks */
            mask = 3;
            assert_true(H5Dwrite_chunk(dataset, H5P_DEFAULT, mask, at, sizeof raw, raw) >= 0);
            assert_true(H5Dwrite_chunk(dataset, H5P_DEFAULT, mask, edge, sizeof raw, raw) >= 0);
        }
        if (kind == 2) { /* only the checksum */
            mask = 2;
            assert_true(H5Dwrite_chunk(dataset, H5P_DEFAULT, mask, at, sizeof raw, raw) >= 0);
        }
        if (kind == 3)
            write_random(dataset, H5T_STD_I16BE);
        close_file(file, dataset);
        read_by_libhdf5(H5T_NATIVE_FLOAT, expected);
        if (kind == 0)
            assert_near(expected[17], fill, 0);
        check_reading("odd chunks", 1 + kind % 2, 3, LS_H5_NUMBER_FLOAT, (const char *)expected);
    }
}

/* ---- damage ---- */

/* /x (ROWS) of int32 in chunks of 10, the second of which is stored as these bytes. */
static void put_chunk(const char *filters, uint32_t mask, const void *bytes, size_t count)
{
    const hsize_t chunk[1] = {10}, at[1] = {10};
    hid_t dataset, file = create(H5T_STD_I32LE, creation_of(filters, 1, chunk), 1, false, &dataset);
    int32_t values[ROWS];
    for (int i = 0; i < ROWS; i++)
        values[i] = i;
    assert_true(H5Dwrite(dataset, H5T_NATIVE_INT32, H5S_ALL, H5S_ALL, H5P_DEFAULT, values) >= 0);
    assert_true(H5Dwrite_chunk(dataset, H5P_DEFAULT, mask, at, count, bytes) >= 0);
    close_file(file, dataset);
}

static void check_refused(const char *reason)
{
    float values[ROWS];
    for (int threads = 1; threads <= 3; threads += 2) {
        ls_h5_file *file = open_with(threads);
        assert_fails(ls_h5_read_float(file, "/x", 0, ROWS, values), LS_ERR_DATA, reason);
        assert_non_null(strstr(ls_error_message(), "c.h5: rows 10 to 19 of /x (int32, chunks 10"));
        assert_non_null(strstr(ls_error_message(), "the chunk that begins at (10)"));
        assert_ok(ls_h5_read_float(file, "/x", 0, 10, values)); /* the others are whole */
        assert_near(values[9], 9, 0);
        assert_ok(ls_h5_read_float(file, "/x", 20, 17, values));
        assert_near(values[16], 36, 0);
        ls_h5_close(file);
    }
}

static void test_sums(void **state)
{
    (void)state;
    unsigned char bytes[44] = {0};
    memset(bytes, 7, 20);
    put_chunk("f", 0, bytes, 44);
    check_refused("its checksum, fletcher32, is");
    put_chunk("f", 0, bytes, 40);
    check_refused("its checksum, fletcher32, is");
    put_chunk("f", 0, bytes, 3);
    check_refused("it is too short for a checksum");
    put_chunk("f", 1, bytes, 44);
    check_refused("it has 44 bytes, expected 40");
    put_chunk("s", 0, bytes, 39);
    check_refused("it has 39 bytes, expected 40");
}

/* What libhdf5 wrote before 1.6.3 is accepted, as libhdf5 does. */
static void test_old_sum(void **state)
{
    (void)state;
    const hsize_t chunk[1] = {64};
    int32_t values[ROWS];
    float expected[ROWS];
    for (int i = 0; i < ROWS; i++)
        values[i] = 0x01020304 * (i + 1);
    hid_t dataset, file = create(H5T_STD_I32LE, creation_of("f", 1, chunk), 1, false, &dataset);
    assert_true(H5Dwrite(dataset, H5T_NATIVE_INT32, H5S_ALL, H5S_ALL, H5P_DEFAULT, values) >= 0);
    close_file(file, dataset);
    size_t count;
    unsigned char *bytes = read_bytes(in_directory("c.h5"), &count), *at = memmem(bytes, count, values, sizeof values);
    assert_non_null(at);
    at += 64 * sizeof(int32_t);
    for (int i = 0; i < 4; i += 2) {
        const unsigned char first = at[i];
        at[i] = at[i + 1];
        at[i + 1] = first;
    }
    write_bytes(in_directory("c.h5"), bytes, count);
    free(bytes);
    read_by_libhdf5(H5T_NATIVE_FLOAT, expected);
    check_reading("old sum", 1, 1, LS_H5_NUMBER_FLOAT, (const char *)expected);
}

#ifdef LS_HAVE_ZLIB
static void test_streams(void **state)
{
    (void)state;
    const uLong large = 20000000;
    unsigned char *zeros = calloc(1, large), *packed = malloc(large);
    uLongf count = large;
    assert_int_equal(compress2(packed, &count, zeros, large, 9), Z_OK);
    put_chunk("d", 0, packed, count); /* 20 MB in 20 kB: more than a chunk takes */
    check_refused("has 40 bytes when unpacked");
    count = large;
    assert_int_equal(compress2(packed, &count, zeros, 3000000, 9), Z_OK);
    assert_true(count < 4096); /* a bomb that is small enough to be looked at */
    put_chunk("d", 0, packed, count);
    check_refused("unpacked it has more than the 40 bytes of a chunk");
    count = large;
    assert_int_equal(compress2(packed, &count, zeros, 41, 9), Z_OK);
    put_chunk("sd", 0, packed, count);
    check_refused("unpacked it has more than the 40 bytes of a chunk");
    count = large;
    assert_int_equal(compress2(packed, &count, zeros, 39, 9), Z_OK);
    put_chunk("d", 0, packed, count);
    check_refused("unpacked it has 39 bytes, expected 40");
    count = large;
    for (int i = 0; i < 40; i++)
        zeros[i] = (unsigned char)(i * i);
    assert_int_equal(compress2(packed, &count, zeros, 40, 9), Z_OK);
    put_chunk("d", 0, packed, count - 6);
    check_refused("its packed bytes end after");
    packed[count - 1] ^= 1;
    put_chunk("d", 0, packed, count);
    check_refused("zlib says: incorrect data check");
    put_chunk("d", 0, zeros, 40);
    check_refused("zlib says: incorrect header check");
    free(zeros);
    free(packed);
}
#endif

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_pipelines),  cmocka_unit_test(test_types), cmocka_unit_test(test_large_numbers),
        cmocka_unit_test(test_odd_chunks), cmocka_unit_test(test_sums),  cmocka_unit_test(test_old_sum),
#ifdef LS_HAVE_ZLIB
        cmocka_unit_test(test_streams),
#endif
    };
    return cmocka_run_group_tests(tests, directory_setup, directory_teardown);
}
