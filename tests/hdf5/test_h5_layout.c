/* Files that are laid out first and written afterwards: what readers find in them, equal bytes, sizes beyond memory. */
#include "io_test.h"

#include "base/memory.h"
#include "files/replace.h"
#include "hdf5/h5_layout.h"

#include <fcntl.h>
#include <sys/stat.h>

#define AREAS 4

static void make_areas(ls_h5_area areas[AREAS])
{
    areas[0] = (ls_h5_area){.path = "/train/x", .element = LS_ELEMENT_FLOAT32, .rank = 2, .shape = {5000, 7}};
    areas[1] = (ls_h5_area){.path = "/train/y", .element = LS_ELEMENT_INT32, .rank = 1, .shape = {5000}};
    areas[2] = (ls_h5_area){.path = "/test/x", .element = LS_ELEMENT_UINT8, .rank = 3, .shape = {3, 2, 2}};
    areas[3] = (ls_h5_area){.path = "/none", .element = LS_ELEMENT_FLOAT64, .rank = 2, .shape = {0, 4}};
}

/* Fills every area with numbers that follow from their places. */
static void write_file(const char *path, const char *note)
{
    ls_h5_file *file;
    ls_h5_area areas[AREAS];
    static float x[5000 * 7];
    static int32_t y[5000];
    unsigned char u[12];
    make_areas(areas);
    assert_ok(ls_h5_layout_begin(path, (int64_t)strlen(note), &file));
    for (int i = 0; i < AREAS; i++)
        assert_ok(ls_h5_layout_reserve(file, &areas[i]));
    assert_ok(ls_h5_set_text(file, "/", "note", note));
    const int fd = open(path, O_RDWR | O_CREAT | O_TRUNC, 0666);
    assert_true(fd >= 0);
    assert_ok(ls_h5_layout_finish(file, fd, areas, AREAS));
    for (int i = 0; i < 35000; i++)
        x[i] = (float)i / 2;
    for (int i = 0; i < 5000; i++)
        y[i] = -i;
    for (int i = 0; i < 12; i++)
        u[i] = (unsigned char)(200 + i);
    const void *data[] = {x, y, u};
    for (int i = 0; i < 3; i++) {
        assert_true(areas[i].offset > 0);
        assert_ok(ls_replace_write(fd, path, data[i], (size_t)areas[i].bytes, (size_t)areas[i].offset));
    }
    assert_int_equal(areas[0].bytes, 140000);
    assert_int_equal(areas[0].offset % 4096, 0);
    assert_int_equal(close(fd), 0);
}

static void test_contents(void **unused)
{
    (void)unused;
    const char *path = in_directory("layout.h5");
    write_file(path, "hello");
    ls_h5_file *file;
    ls_h5_dataset found;
    float x[7];
    int64_t y[2];
    char *note;
    assert_ok(ls_h5_open(path, &file));
    assert_ok(ls_h5_describe(file, "/train/x", &found));
    assert_string_equal(found.layout, "contiguous");
    assert_string_equal(found.type, "float32");
    assert_int_equal(found.shape[1], 7);
    assert_ok(ls_h5_read_float(file, "/train/x", 4999, 1, x));
    assert_true(x[0] == 34993 / 2.0f && x[6] == 34999 / 2.0f);
    assert_ok(ls_h5_read_int64(file, "/train/y", 4998, 2, y));
    assert_true(y[0] == -4998 && y[1] == -4999);
    assert_ok(ls_h5_read_float(file, "/test/x", 2, 1, x));
    assert_true(x[0] == 208 && x[3] == 211);
    assert_ok(ls_h5_describe(file, "/none", &found));
    assert_int_equal(found.shape[0], 0);
    assert_ok(ls_h5_attribute_text(file, "/", "note", &note));
    assert_string_equal(note, "hello");
    ls_h5_close(file);
    ls_memory_free(note);
}

static void test_all_types(void **unused)
{
    (void)unused;
#define TYPE_(name, bytes, text) {name, bytes, text},
    static const struct {
        ls_element element;
        int64_t bytes;
        const char *name;
    } types[] = {LS_ELEMENT_LIST(TYPE_)};
#undef TYPE_
    const char *path = in_directory("types.h5");
    ls_h5_area areas[ITEMS(types)];
    ls_h5_file *file;
    assert_ok(ls_h5_layout_begin(path, 0, &file));
    for (int i = 0; i < ITEMS(types); i++) {
        areas[i] = (ls_h5_area){.element = types[i].element, .rank = 1, .shape = {3}};
        (void)snprintf(areas[i].path, sizeof areas[i].path, "/%s", types[i].name);
        assert_ok(ls_h5_layout_reserve(file, &areas[i]));
        assert_int_equal(areas[i].bytes, 3 * types[i].bytes);
    }
    const int fd = open(path, O_RDWR | O_CREAT | O_TRUNC, 0666);
    assert_ok(ls_h5_layout_finish(file, fd, areas, ITEMS(types)));
    (void)close(fd);
    assert_ok(ls_h5_open(path, &file));
    for (int i = 0; i < ITEMS(types); i++) {
        ls_h5_dataset found;
        assert_ok(ls_h5_describe(file, areas[i].path, &found));
        assert_string_equal(found.type, types[i].name);
    }
    ls_h5_close(file);
}

static void test_equal_bytes(void **unused)
{
    (void)unused;
    size_t a_count, b_count;
    write_file(in_directory("a.h5"), "same");
    (void)usleep(1100000); /* libhdf5 would stamp whole seconds */
    write_file(in_directory("b.h5"), "same");
    unsigned char *a = read_bytes(in_directory("a.h5"), &a_count), *b = read_bytes(in_directory("b.h5"), &b_count);
    assert_int_equal(a_count, b_count);
    assert_memory_equal(a, b, a_count);
    free(a);
    free(b);
}

/* A terabyte is laid out in no time and takes no room. */
static void test_large(void **unused)
{
    (void)unused;
    const char *path = in_directory("terabyte.h5");
    ls_h5_area area = {.path = "/x", .element = LS_ELEMENT_FLOAT32, .rank = 2, .shape = {INT64_C(1) << 28, 1 << 10}};
    ls_h5_file *file;
    struct stat info;
    assert_ok(ls_h5_layout_begin(path, 0, &file));
    assert_ok(ls_h5_layout_reserve(file, &area));
    const int fd = open(path, O_RDWR | O_CREAT | O_TRUNC, 0666);
    assert_ok(ls_h5_layout_finish(file, fd, &area, 1));
    const float value = 42;
    assert_ok(ls_replace_write(fd, path, &value, sizeof value, (size_t)(area.offset + area.bytes - 4)));
    assert_int_equal(fstat(fd, &info), 0);
    assert_true(info.st_size >= INT64_C(1) << 40);
    assert_true(info.st_blocks < 1000);
    (void)close(fd);
    float row[1 << 10];
    assert_ok(ls_h5_open(path, &file));
    assert_ok(ls_h5_read_float(file, "/x", (INT64_C(1) << 28) - 1, 1, row));
    assert_true(row[1023] == 42 && row[1022] == 0);
    ls_h5_close(file);
    area.shape[1] = INT64_MAX / 2;
    assert_ok(ls_h5_layout_begin(path, 0, &file));
    assert_fails(ls_h5_layout_reserve(file, &area), LS_ERR_OUTPUT, "more bytes than a file can");
    ls_h5_close(file);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_contents),
        cmocka_unit_test(test_all_types),
        cmocka_unit_test(test_equal_bytes),
        cmocka_unit_test(test_large),
    };
    return cmocka_run_group_tests(tests, directory_setup, directory_teardown);
}
