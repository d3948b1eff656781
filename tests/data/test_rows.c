/* Rows in memory keep the type that their file has, and are the same values in any. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <hdf5.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/memory.h"
#include "base/offset.h"
#include "data/rows.h"
#include "train/model.h"

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

/* ---- offsets ---- */

static void offset_file(hid_t type, int64_t (*x)[FEATURES])
{
    const hid_t file = H5Fcreate(path, H5F_ACC_TRUNC, H5P_DEFAULT, H5P_DEFAULT);
    const hid_t shape = H5Screate_simple(2, (hsize_t[]){ROWS, FEATURES}, NULL);
    const hid_t dx = H5Dcreate2(file, "x", type, shape, H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT);
    const hid_t dy = H5Dcreate2(file, "y", type, shape, H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT);
    assert_true(H5Dwrite(dx, H5T_NATIVE_INT64, H5S_ALL, H5S_ALL, H5P_DEFAULT, x) >= 0);
    H5Dclose(dx);
    H5Dclose(dy);
    H5Sclose(shape);
    assert_true(H5Fclose(file) >= 0);
}

static void offsets_are_taken_before_rounding(void **state)
{
    /* In column 1, for the types below: 2^53 + 2^29 + 1 rounds up to float32 as a 64-bit integer, and down by way of
     * float64. */
    static const int64_t seconds[] = {INT64_C(9007199791611905), 77777777, 77777777, 100, 100};
    static int64_t x[ROWS][FEATURES];
    static double offset[FEATURES];
    (void)state;
    for (size_t i = 0; i < sizeof seconds / sizeof *seconds; i++) {
        const hid_t types[] = {H5T_STD_I64LE, H5T_IEEE_F64BE, H5T_STD_U32LE, H5T_IEEE_F32LE, H5T_STD_U8LE};
        const bool small = i == 4;
        offset[0] = small ? 100 : 1.7e9;
        for (int64_t r = 0; r < ROWS; r++) {
            x[r][0] = small ? r % 200 : 1700000000 + 128 * (i == 3) * (r % 7) + (i != 3) * (r % 200);
            x[r][1] = seconds[i];
        }
        offset_file(types[i], x);
        ls_options *options;
        ls_dataset *dataset;
        ls_rows rows;
        must(ls_options_create(&options));
        must(ls_options_set(options, "data", path));
        must(ls_dataset_open(context, options, &dataset));
        ls_options_destroy(options);
        network->offset = offset;
        assert_true(ls_rows_type(dataset, ls_network_prepares(network)) == LS_H5_NUMBER_FLOAT);
        must(ls_rows_load(dataset, network, false, 100, 500, &rows));
        network->offset = NULL;
        for (int64_t r = 0; r < 500; r++) {
            const float *found = (const float *)rows.x + r * FEATURES;
            assert_true(found[0] == (float)((double)x[100 + r][0] - offset[0]));
            assert_true(found[1] == (float)seconds[i]);
            assert_true(found[2] == 0);
        }
        ls_rows_free(&rows);
        ls_dataset_destroy(dataset);
    }
}

/* The caller's rows are float32, and lose the same; then what is missing is filled in. */
static void arrays_lose_offsets_too(void **state)
{
    enum { MANY = 3 * LS_PANEL + 5 };
    static float x[MANY][FEATURES], less[MANY][FEATURES], fill[FEATURES], found[MANY], expected[MANY];
    static double offset[FEATURES];
    float *block;
    ls_dataset *dataset;
    ls_rows rows;
    (void)state;
    must(ls_memory_allocate(&block, network->block, sizeof *block, "weights"));
    ls_network_initialize(network, 5, block);
    const ls_model model = {.network = network, .block = block, .kernels = context->kernels};
    offset[3] = 1.7e9;
    fill[3] = 0.25f;
    for (int64_t r = 0; r < MANY; r++)
        for (int64_t f = 0; f < FEATURES; f++) {
            x[r][f] = f == 3 ? (r % 9 == 0 ? NAN : 1.7e9f + 128.0f * (float)r) : value(r, f);
            less[r][f] = f == 3 ? (r % 9 == 0 ? 0.25f : (float)((double)x[r][3] - 1.7e9)) : x[r][f];
        }
    must(ls_model_predict_rows(&model, MANY, less[0], expected));
    network->offset = offset;
    network->fill = fill;
    must(ls_model_predict_rows(&model, MANY, x[0], found));
    assert_memory_equal(found, expected, sizeof found);
    must(ls_dataset_from_arrays(context, &(ls_arrays){.rows = MANY, .features = FEATURES, .x = x[0]}, &dataset));
    must(ls_rows_load(dataset, network, false, 0, MANY, &rows));
    assert_memory_equal(rows.x, less, sizeof less);
    network->offset = NULL;
    network->fill = NULL;
    ls_rows_free(&rows);
    ls_dataset_destroy(dataset);
    ls_memory_free(block);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(types_stay),
        cmocka_unit_test(filled_rows_are_floats),
        cmocka_unit_test(offsets_are_taken_before_rounding),
        cmocka_unit_test(arrays_lose_offsets_too),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
