/* Inputs are known again by whatever name leads to them, and no output takes their place. */
#include "io_test.h"

#include "files/inputs.h"
#include "files/unchanged.h"

#include <fcntl.h>
#include <sys/stat.h>

static void touch(const char *name)
{
    FILE *file = fopen(in_directory(name), "w");
    assert_non_null(file);
    assert_int_equal(fclose(file), 0);
}

/* in_directory's buffer is one of few, so paths are kept here. */
static const char *path_of(char path[4096], const char *name)
{
    (void)snprintf(path, 4096, "%s", in_directory(name));
    return path;
}

static void test_names(void **state)
{
    (void)state;
    char data[4096], path[4096];
    const char *name = NULL;
    ls_inputs inputs = {0};
    touch("data.h5");
    touch("other.h5");
    assert_ok(ls_inputs_add(&inputs, path_of(data, "data.h5")));
    assert_ok(ls_inputs_add(&inputs, data));
    assert_ok(ls_inputs_add(&inputs, ""));
    assert_ok(ls_inputs_add(&inputs, path_of(path, "nowhere.h5")));
    assert_int_equal(inputs.count, 1);
    assert_int_equal(link(data, path_of(path, "hard.h5")), 0);
    assert_int_equal(symlink("data.h5", path_of(path, "soft.h5")), 0);
    static const char *const names[] = {"data.h5", "./data.h5", "hard.h5", "soft.h5"};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        assert_true(ls_inputs_have(&inputs, path_of(path, names[i]), &name));
        assert_string_equal(name, data);
        assert_fails(ls_inputs_check_output(&inputs, path, true), LS_ERR_USAGE, "would be lost");
    }
    assert_false(ls_inputs_have(&inputs, path_of(path, "other.h5"), &name));
    assert_ok(ls_inputs_check_output(&inputs, path, true));
    assert_fails(ls_inputs_check_output(&inputs, path, false), LS_ERR_OUTPUT, "exists; give --overwrite");
    assert_ok(ls_inputs_check_output(&inputs, path_of(path, "nowhere.h5"), false));
    assert_int_equal(symlink("nowhere.h5", path_of(path, "lost.h5")), 0);
    assert_fails(ls_inputs_check_output(&inputs, path, false), LS_ERR_OUTPUT, "leads to no file; give --overwrite");
    assert_ok(ls_inputs_check_output(&inputs, path, true));
    ls_inputs_free(&inputs);
    assert_int_equal(inputs.count, 0);
}

/* Written to in its place is a change; replaced by another is none. */
static void test_unchanged(void **state)
{
    (void)state;
    char path[4096], other[4096];
    ls_unchanged file;
    touch("read.h5");
    touch("next.h5");
    ls_unchanged_note(path_of(path, "read.h5"), &file);
    assert_ok(ls_unchanged_check(path, &file));
    const struct timespec written[2] = {{.tv_sec = 1}, {.tv_sec = 1}};
    assert_int_equal(utimensat(AT_FDCWD, path, written, 0), 0);
    assert_fails(ls_unchanged_check(path, &file), LS_ERR_OUTPUT, "has been written to while it was read");
    assert_int_equal(rename(path_of(other, "next.h5"), path), 0);
    assert_ok(ls_unchanged_check(path, &file));
}

static void test_special_files(void **state)
{
    (void)state;
    char path[4096];
    const ls_inputs none = {0};
    assert_int_equal(mkfifo(path_of(path, "pipe"), 0600), 0);
    assert_fails(ls_inputs_check_output(&none, path, true), LS_ERR_USAGE, "is a pipe, in whose place no file is put");
    assert_int_equal(mkdir(path_of(path, "folder"), 0700), 0);
    assert_fails(ls_inputs_check_output(&none, path, true), LS_ERR_USAGE, "is a directory");
    assert_fails(ls_inputs_check_output(&none, "/dev/null", true), LS_ERR_USAGE, "is a device");
}

static void test_many(void **state)
{
    (void)state;
    char path[4096];
    const char *found;
    ls_inputs inputs = {0}, copy = {0};
    for (int i = 0; i < 50; i++) {
        char name[16];
        (void)snprintf(name, sizeof name, "f%d", i);
        touch(name);
        assert_ok(ls_inputs_add(&inputs, path_of(path, name)));
    }
    assert_ok(ls_inputs_add_all(&copy, &inputs));
    assert_int_equal(copy.count, 50);
    assert_true(ls_inputs_have(&copy, path_of(path, "f49"), &found));
    ls_inputs_free(&copy);
    ls_inputs_free(&inputs);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_names), cmocka_unit_test(test_unchanged),
                                       cmocka_unit_test(test_special_files), cmocka_unit_test(test_many)};
    return cmocka_run_group_tests(tests, directory_setup, directory_teardown);
}
