/* Tables with named fields: what their columns are, and reading some of them as any number; texts and names of labels.
 */
#include "io_test.h"

#include "base/memory.h"
#include "hdf5/h5.h"

#include <hdf5.h>

#define ROWS 9

/* Members that are not numbered in the order in which they lie. */
typedef struct record {
    double a; /* big-endian in the file */
    struct {
        int16_t m;
        uint8_t flag; /* a bit field */
    } jet;
    float pos[2][2];
    char word[4];
    uint8_t kind;
} record;

static record rows[ROWS];

static hid_t record_type(bool file)
{
    const hsize_t extents[2] = {2, 2};
    const size_t bytes = 8 + 3 + 16 + 4 + 1; /* packed in the file */
    hid_t word = H5Tcopy(H5T_C_S1), pos = H5Tarray_create2(file ? H5T_IEEE_F32BE : H5T_NATIVE_FLOAT, 2, extents);
    hid_t jet = H5Tcreate(H5T_COMPOUND, file ? 3 : sizeof rows->jet);
    hid_t type = H5Tcreate(H5T_COMPOUND, file ? bytes : sizeof(record));
    (void)H5Tset_size(word, 4);
    (void)H5Tinsert(jet, "m", 0, file ? H5T_STD_I16LE : H5T_NATIVE_INT16);
    (void)H5Tinsert(jet, "flag", 2, H5T_STD_B8LE);
    (void)H5Tinsert(type, "kind", file ? 31 : offsetof(record, kind), H5T_STD_U8LE);
    (void)H5Tinsert(type, "a", 0, file ? H5T_IEEE_F64BE : H5T_NATIVE_DOUBLE);
    (void)H5Tinsert(type, "word", file ? 27 : offsetof(record, word), word);
    (void)H5Tinsert(type, "pos", file ? 11 : offsetof(record, pos), pos);
    (void)H5Tinsert(type, "jet", file ? 8 : offsetof(record, jet), jet);
    (void)H5Tclose(word);
    (void)H5Tclose(pos);
    (void)H5Tclose(jet);
    return type;
}

/* "/t" (9), in chunks where `chunk` is not 0, and "/pairs" (3, 3) of the same. */
static ls_h5_file *table(hsize_t chunk)
{
    static const char *const words[] = {"bee", "", "ant"};
    const hsize_t extent = ROWS, square[2] = {3, 3};
    for (int i = 0; i < ROWS; i++) {
        rows[i] = (record){.a = 1.0 + (i % 2 ? 0x1p-24 : 0x1p-24 + 0x1p-50), /* a half and more: up, or to even */
                           .jet = {(int16_t)(100 * i), (uint8_t)(i % 2)},
                           .pos = {{(float)i, 0.5f}, {-1, (float)(2 * i)}},
                           .kind = (uint8_t)(i % 3)};
        memcpy(rows[i].word, words[i % 3], strlen(words[i % 3]));
    }
    hid_t file = H5Fcreate(in_directory("fields.h5"), H5F_ACC_TRUNC, H5P_DEFAULT, H5P_DEFAULT);
    hid_t creation = H5Pcreate(H5P_DATASET_CREATE), type = record_type(true), memory = record_type(false);
    for (int rank = 1; rank <= 2; rank++) {
        hid_t space = H5Screate_simple(rank, rank == 1 ? &extent : square, NULL);
        if (chunk > 0 && rank == 1)
            (void)H5Pset_chunk(creation, 1, &chunk);
        hid_t dataset = H5Dcreate2(file, rank == 1 ? "t" : "pairs", type, space, H5P_DEFAULT,
                                   rank == 1 ? creation : H5P_DEFAULT, H5P_DEFAULT);
        assert_true(H5Dwrite(dataset, memory, H5S_ALL, H5S_ALL, H5P_DEFAULT, rows) >= 0);
        (void)H5Dclose(dataset);
        (void)H5Sclose(space);
    }
    (void)H5Pclose(creation);
    (void)H5Tclose(type);
    (void)H5Tclose(memory);
    (void)H5Fclose(file);
    ls_h5_file *opened;
    assert_ok(ls_h5_open(in_directory("fields.h5"), &opened));
    return opened;
}

static void test_columns(void **state)
{
    static const char *const expected[] = {"a", "jet.m", "jet.flag", "pos.0", "pos.1", "pos.2", "pos.3", "kind"};
    (void)state;
    for (hsize_t chunk = 0; chunk < 8; chunk += 4) {
        ls_h5_file *file = table(chunk);
        ls_h5_dataset d;
        char **names;
        int count;
        assert_ok(ls_h5_describe(file, "/t", &d));
        assert_string_equal(d.type, "compound");
        assert_int_equal(d.class_, LS_H5_FLOAT);
        assert_int_equal(d.rank, 2);
        assert_int_equal(d.shape[1], ITEMS(expected));
        assert_string_equal(d.no_numbers, "word");
        assert_int_equal(ls_h5_row_axis(&d, 8), 0); /* fields are no rows */
        assert_ok(ls_h5_field_names(file, "/t", &names, &count));
        assert_int_equal(count, ITEMS(expected));
        for (int i = 0; i < count; i++)
            assert_string_equal(names[i], expected[i]);
        ls_memory_free(names);
        const ls_h5_range flag = {2, 1}, integers = {1, 2};
        assert_ok(ls_h5_field_types(file, "/t", &flag, 1, &d));
        assert_int_equal(d.stored, LS_H5_NUMBER_UINT8);
        assert_ok(ls_h5_field_types(file, "/t", &integers, 1, &d));
        assert_int_equal(d.class_, LS_H5_INTEGER);
        ls_h5_close(file);
    }
}

static void check_row(const float *values, int row)
{
    assert_near(values[0], 2 * row, 0); /* pos.3 */
    assert_near(values[1], (float)rows[row].a, 0);
    assert_near(values[2], row % 2, 0); /* jet.flag */
    assert_near(values[3], rows[row].kind, 0);
}

/* In the order wanted, into a place between other columns, again after libhdf5 has converted some. */
static void test_reading(void **state)
{
    static const ls_h5_range ranges[] = {{6, 1}, {0, 1}, {2, 1}, {7, 1}};
    (void)state;
    for (hsize_t chunk = 0; chunk < 8; chunk += 4) {
        ls_h5_file *file = table(chunk);
        const ls_h5_table t = {.path = "/t", .axis = 8, .width = 8, .ranges = ranges, .range_count = ITEMS(ranges)};
        float values[ROWS * 6];
        int64_t numbers[ROWS];
        for (int again = 0; again < 2; again++) {
            memset(values, 0, sizeof values);
            assert_ok(ls_h5_read_table(file, &t, 0, ROWS, LS_H5_NUMBER_FLOAT, 6, values + 1));
            for (int i = 0; i < ROWS; i++)
                check_row(values + 6 * i + 1, i);
            assert_near(values[0], 0, 0);
            assert_near(values[5], 0, 0);
        }
        const ls_h5_table one = {.path = "/t", .width = 8, .ranges = &ranges[3], .range_count = 1};
        assert_ok(ls_h5_read_table(file, &one, 2, 5, LS_H5_NUMBER_INT64, 1, numbers));
        for (int i = 0; i < 5; i++)
            assert_int_equal(numbers[i], (i + 2) % 3);
        assert_fails(ls_h5_read_table(file, &one, 5, 5, LS_H5_NUMBER_INT64, 1, numbers), LS_ERR_DATA, "has 9 rows");
        assert_fails(ls_h5_read_float(file, "/t", 0, 1, values), LS_ERR_DATA, "holds compound");
        ls_h5_close(file);
    }
}

/* Three records a row: a field's column for each of them. */
static void test_more_axes(void **state)
{
    static const ls_h5_range kinds[] = {{7, 1}, {15, 1}, {23, 1}};
    (void)state;
    ls_h5_file *file = table(0);
    const ls_h5_table t = {.path = "/pairs", .width = 24, .ranges = kinds, .range_count = 3};
    uint8_t values[9];
    char **names;
    int count;
    assert_ok(ls_h5_field_names(file, "/pairs", &names, &count));
    assert_int_equal(count, 24);
    assert_string_equal(names[15], "kind.1");
    assert_string_equal(names[11], "pos.0.1");
    ls_memory_free(names);
    assert_ok(ls_h5_read_table(file, &t, 0, 3, LS_H5_NUMBER_UINT8, 3, values));
    for (int i = 0; i < 9; i++)
        assert_int_equal(values[i], i % 3);
    ls_h5_close(file);
}

static void test_texts(void **state)
{
    (void)state;
    ls_h5_file *file = table(4);
    char **texts;
    assert_int_equal(ls_h5_field_naming(file, "/t", "word"), LS_H5_NAMING_TEXT);
    assert_int_equal(ls_h5_field_naming(file, "/t", "kind"), LS_H5_NAMING_NONE);
    assert_ok(ls_h5_read_texts(file, "/t", "word", 3, 3, &texts));
    assert_string_equal(texts[0], "bee");
    assert_null(texts[1]); /* an empty one is none */
    assert_string_equal(texts[2], "ant");
    ls_memory_free(texts);
    assert_fails(ls_h5_read_texts(file, "/t", "kind", 0, 1, &texts), LS_ERR_DATA, "have no names");
    assert_fails(ls_h5_read_texts(file, "/t", NULL, 0, 1, &texts), LS_ERR_DATA, "have no names");
    ls_h5_close(file);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_columns), cmocka_unit_test(test_reading),
                                       cmocka_unit_test(test_more_axes), cmocka_unit_test(test_texts)};
    return cmocka_run_group_tests(tests, directory_setup, directory_teardown);
}
