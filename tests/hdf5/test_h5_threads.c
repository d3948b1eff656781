/* Many chunks, so that several threads unpack them: what one thread gives, and of several damaged chunks the first. The
 * files of test_h5_chunks.c are so small that one thread takes all their chunks at once. */
#include "io_test.h"

#include "hdf5/h5.h"

#include <hdf5.h>

#define ROWS    6000
#define COLUMNS 10
#define CHUNK   7 /* rows; 858 bands of 2 chunks are 27 times what a thread takes at a time */
#define HALF    5 /* columns of a chunk */
#define CHUNKS  ((ROWS + CHUNK - 1) / CHUNK)
#define ROUNDS  20 /* of a race */

static const int teams[] = {1, 2, 3, 7};

/* /x (ROWS, COLUMNS) of float32, shuffled and packed; the chunks of `damaged` bands are cut on the right. */
static void make(const char *name, const float *values, const int *damaged, int count)
{
    const hsize_t extents[2] = {ROWS, COLUMNS}, chunk[2] = {CHUNK, HALF};
    hid_t creation = H5Pcreate(H5P_DATASET_CREATE), space = H5Screate_simple(2, extents, NULL);
    assert_true(H5Pset_chunk(creation, 2, chunk) >= 0 && H5Pset_shuffle(creation) >= 0);
#ifdef LS_HAVE_ZLIB
    assert_true(H5Pset_deflate(creation, 4) >= 0);
#endif
    hid_t file = H5Fcreate(in_directory(name), H5F_ACC_TRUNC, H5P_DEFAULT, H5P_DEFAULT);
    hid_t dataset = H5Dcreate2(file, "x", H5T_IEEE_F32LE, space, H5P_DEFAULT, creation, H5P_DEFAULT);
    assert_true(H5Dwrite(dataset, H5T_NATIVE_FLOAT, H5S_ALL, H5S_ALL, H5P_DEFAULT, values) >= 0);
    for (int i = 0; i < count; i++) {
        const hsize_t at[2] = {(hsize_t)damaged[i] * CHUNK, HALF};
        assert_true(H5Dwrite_chunk(dataset, H5P_DEFAULT, 0, at, 9, "too short") >= 0);
    }
    assert_true(H5Dclose(dataset) >= 0 && H5Fclose(file) >= 0 && H5Sclose(space) >= 0 && H5Pclose(creation) >= 0);
}

static float *numbers(void)
{
    float *values = malloc(sizeof(float) * ROWS * COLUMNS);
    assert_non_null(values);
    for (int i = 0; i < ROWS * COLUMNS; i++)
        values[i] = (float)(next_random() >> 50) / 8;
    return values;
}

/* Pieces end inside bands of chunks, which are kept for the next. */
static void test_values(void **state)
{
    (void)state;
    float *expected = numbers(), *found = malloc(sizeof(float) * ROWS * COLUMNS);
    make("whole.h5", expected, NULL, 0);
    for (int t = 0; t < ITEMS(teams); t++)
        for (int64_t step = ROWS; step > 1000; step = step * 3 / 5) {
            ls_h5_file *file;
            assert_ok(ls_h5_open(in_directory("whole.h5"), &file));
            ls_h5_set_threads(file, teams[t]);
            memset(found, 1, sizeof(float) * ROWS * COLUMNS);
            for (int64_t first = 0; first < ROWS; first += step)
                assert_ok(ls_h5_read_float(file, "/x", first, first + step < ROWS ? step : ROWS - first,
                                           found + first * COLUMNS));
            if (memcmp(found, expected, sizeof(float) * ROWS * COLUMNS) != 0)
                fail_msg("%d threads, %d rows at a time: other values than were written", teams[t], (int)step);
            ls_h5_close(file);
        }
    free(found);
    free(expected);
}

/* The first, whoever comes upon which of them first; and its rows, as one thread tells them. */
static void test_damage(void **state)
{
    (void)state;
    /* a thread takes 32 bands: the last of one take, and the first of the next, which is found earlier */
    const int damaged[] = {CHUNKS - 1, 650, 128, 127, 400};
    float *values = numbers();
    make("damaged.h5", values, damaged, ITEMS(damaged));
    for (int t = 0; t < ITEMS(teams); t++)
        for (int round = 0; round < ROUNDS; round++) {
            ls_h5_file *file;
            assert_ok(ls_h5_open(in_directory("damaged.h5"), &file));
            ls_h5_set_threads(file, teams[t]);
            assert_fails(ls_h5_read_float(file, "/x", 0, ROWS, values), LS_ERR_DATA,
                         "the chunk that begins at (889, 5)");
            assert_non_null(strstr(ls_error_message(), "damaged.h5: rows 889 to 895 of /x"));
            assert_fails(ls_h5_read_float(file, "/x", 896, ROWS - 896, values), LS_ERR_DATA, "begins at (896, 5)");
            ls_h5_close(file);
        }
    free(values);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_values), cmocka_unit_test(test_damage)};
    return cmocka_run_group_tests(tests, directory_setup, directory_teardown);
}
