/* Rows in memory keep the type that their file has, and are the same values in any. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <hdf5.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "data/rows.h"

enum { ROWS = 700, FEATURES = 33 };

static char path[64];
static ls_context *context;
static ls_network *network;

static void must(ls_status status)
{
    if (status != LS_OK)
        fail_msg("status %d: %s", (int)status, ls_error_message());
}

static int set_up(void **state)
{
    (void)state;
    strcpy(path, "/tmp/lockstep-rows-XXXXXX");
    close(mkstemp(path));
    return ls_context_create(NULL, &context) == LS_OK && ls_network_create("3 relu, 1", FEATURES, &network) == LS_OK
               ? 0
               : -1;
}

static int tear_down(void **state)
{
    (void)state;
    ls_network_destroy(network);
    ls_context_destroy(context);
    return unlink(path);
}

/* Whole numbers from 0 to 100, which every type holds. */
static float value(int64_t row, int64_t feature)
{
    return (float)((row * 31 + feature * 7) % 101);
}

static void write_file(hid_t type)
{
    static float x[ROWS][FEATURES], y[ROWS];
    for (int64_t r = 0; r < ROWS; r++) {
        y[r] = (float)r;
        for (int64_t f = 0; f < FEATURES; f++)
            x[r][f] = value(r, f);
    }
    const hid_t file = H5Fcreate(path, H5F_ACC_TRUNC, H5P_DEFAULT, H5P_DEFAULT);
    const hid_t shape = H5Screate_simple(2, (hsize_t[]){ROWS, FEATURES}, NULL);
    const hid_t rows = H5Screate_simple(1, (hsize_t[]){ROWS}, NULL);
    const hid_t dx = H5Dcreate2(file, "x", type, shape, H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT);
    const hid_t dy = H5Dcreate2(file, "y", H5T_NATIVE_FLOAT, rows, H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT);
    assert_true(H5Dwrite(dx, H5T_NATIVE_FLOAT, H5S_ALL, H5S_ALL, H5P_DEFAULT, x) >= 0);
    assert_true(H5Dwrite(dy, H5T_NATIVE_FLOAT, H5S_ALL, H5S_ALL, H5P_DEFAULT, y) >= 0);
    H5Dclose(dx);
    H5Dclose(dy);
    H5Sclose(shape);
    H5Sclose(rows);
    assert_true(H5Fclose(file) >= 0);
}

static hid_t half_type(void)
{
    const hid_t type = H5Tcopy(H5T_IEEE_F32LE);
    assert_true(H5Tset_fields(type, 15, 10, 5, 0, 10) >= 0 && H5Tset_size(type, 2) >= 0 && H5Tset_ebias(type, 15) >= 0);
    return type;
}

/* The fingerprint of some rows, whose values are checked one by one. */
static uint64_t check_rows(ls_h5_number type, int64_t size)
{
    ls_options *options;
    ls_datasets data;
    ls_rows rows;
    float buffer[FEATURES];
    must(ls_options_create(&options));
    must(ls_options_set(options, "data", path));
    must(ls_datasets_open(context, options, &data));
    ls_options_destroy(options);
    must(ls_rows_load(data.train, network, true, 100, 500, &rows));
    assert_int_equal(rows.type, type);
    assert_int_equal(rows.row_bytes, size * FEATURES);
    for (int64_t r = 0; r < 500; r++) {
        const float *x = ls_rows_features(&rows, r, buffer);
        assert_true(rows.y[r] == (float)(100 + r));
        for (int64_t f = 0; f < FEATURES; f++)
            assert_true(x[f] == value(100 + r, f));
    }
    const uint64_t hash = ls_rows_fingerprint(&rows, 3, 450);
    assert_int_not_equal(hash, ls_rows_fingerprint(&rows, 4, 450));
    ls_rows_free(&rows);
    ls_datasets_close(&data);
    return hash;
}

static void types_stay(void **state)
{
    (void)state;
    write_file(H5T_IEEE_F32LE);
    const uint64_t hash = check_rows(LS_H5_NUMBER_FLOAT, 4);
    write_file(H5T_STD_U8LE);
    assert_int_equal(check_rows(LS_H5_NUMBER_UINT8, 1), hash);
    write_file(H5T_STD_I16BE);
    assert_int_equal(check_rows(LS_H5_NUMBER_INT16, 2), hash);
    const hid_t half = half_type();
    write_file(half);
    H5Tclose(half);
    assert_int_equal(check_rows(LS_H5_NUMBER_FLOAT16, 2), hash);
    write_file(H5T_IEEE_F64LE); /* larger than float32, and so not kept */
    assert_int_equal(check_rows(LS_H5_NUMBER_FLOAT, 4), hash);
    write_file(H5T_STD_I64LE);
    assert_int_equal(check_rows(LS_H5_NUMBER_FLOAT, 4), hash);
}

/* Values that are filled in may be any number, so there features are float32. */
static void filled_rows_are_floats(void **state)
{
    (void)state;
    static float fill[FEATURES] = {0.5f};
    write_file(H5T_STD_U8LE);
    network->fill = fill;
    check_rows(LS_H5_NUMBER_FLOAT, 4);
    network->fill = NULL;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(types_stay),
        cmocka_unit_test(filled_rows_are_floats),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
