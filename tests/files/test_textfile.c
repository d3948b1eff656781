/* Text files: replacing, reading; directories and paths. */
#include "io_test.h"

#include "base/memory.h"
#include "files/directory.h"
#include "files/path.h"
#include "files/textfile.h"

#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>

static void expect_text(const char *path, const char *expected)
{
    char *text;
    assert_ok(ls_textfile_read(path, 10000, &text));
    assert_string_equal(text, expected);
    ls_memory_free(text);
}

/* The limit stands in for a disk that fills up in the middle of a write. */
static void test_full_disk(void **state)
{
    (void)state;
    struct rlimit saved, limit;
    const char *path = in_directory("full.csv");
    assert_ok(ls_textfile_replace(path, "0123456789\n"));
    void (*handler)(int) = signal(SIGXFSZ, SIG_IGN);
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &saved), 0);
    limit = saved;
    limit.rlim_cur = 15;
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
    const ls_status replaced = ls_textfile_replace(path, "0123456789abcdefghijk\n");
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &saved), 0);
    (void)signal(SIGXFSZ, handler);
    assert_int_equal(replaced, LS_ERR_OUTPUT);
    expect_text(path, "0123456789\n");
    assert_int_equal(count_names(".tmp."), 0);
}

static void test_replace(void **state)
{
    (void)state;
    struct stat info;
    const char *path = in_directory("run.json");
    mode_t mask = umask(022);
    assert_ok(ls_textfile_replace(path, "{}\n"));
    (void)umask(mask);
    assert_int_equal(stat(path, &info), 0);
    assert_int_equal(info.st_mode & 0777, 0644);
    assert_ok(ls_textfile_replace(path, "{\"a\": 1}\n"));
    expect_text(path, "{\"a\": 1}\n");
    assert_int_equal(count_names(".tmp."), 0);
    assert_fails(ls_textfile_replace(test_directory, "x"), LS_ERR_OUTPUT, "it is a directory");
    assert_fails(ls_textfile_replace(in_directory(""), "x"), LS_ERR_OUTPUT, "names no file");
    assert_fails(ls_textfile_replace(in_directory("no/file"), "x"), LS_ERR_OUTPUT, "No such file or directory");
}

static void test_read(void **state)
{
    (void)state;
    char *text;
    write_bytes(in_directory("text"), "12345", 5);
    assert_ok(ls_textfile_read(in_directory("text"), 5, &text));
    assert_string_equal(text, "12345");
    ls_memory_free(text);
    assert_fails(ls_textfile_read(in_directory("text"), 4, &text), LS_ERR_DATA,
                 "has 5 bytes, expected a text of at most 4");
    assert_null(text);
    write_bytes(in_directory("text"),
                "12\0"
                "45",
                5);
    assert_fails(ls_textfile_read(in_directory("text"), 10, &text), LS_ERR_DATA, "zero byte");
    assert_fails(ls_textfile_read(in_directory("absent"), 10, &text), LS_ERR_DATA, "No such file");
    assert_fails(ls_textfile_read(test_directory, 10, &text), LS_ERR_DATA, "not a regular file");
}

static void test_directories(void **state)
{
    (void)state;
    char **names, path[64];
    int count;
    const char *made = in_directory("made");
    assert_ok(ls_directory_make(made));
    assert_ok(ls_directory_make(made));
    assert_true(ls_path_is_directory(made));
    assert_ok(ls_directory_sync(made));
    assert_fails(ls_directory_make(in_directory("no/made")), LS_ERR_OUTPUT, "the directory above it is missing");
    write_bytes(in_directory("file"), "", 0);
    assert_fails(ls_directory_make(in_directory("file")), LS_ERR_OUTPUT, "File exists");
    assert_false(ls_path_is_directory(in_directory("file")));
    assert_true(ls_path_exists(in_directory("file")));
    assert_fails(ls_directory_sync(in_directory("file")), LS_ERR_OUTPUT, "Not a directory");
    write_bytes(in_directory("step-2.h5"), "", 0);
    write_bytes(in_directory("step-10.h5"), "", 0);
    write_bytes(in_directory("step-1.h5"), "", 0);
    write_bytes(in_directory("step-1.txt"), "", 0);
    assert_ok(ls_directory_list(test_directory, "step-", ".h5", &names, &count));
    assert_int_equal(count, 3);
    assert_string_equal(names[0], "step-1.h5");
    assert_string_equal(names[1], "step-10.h5");
    assert_string_equal(names[2], "step-2.h5");
    ls_memory_free(names);
    assert_ok(ls_directory_list(in_directory("absent"), "", "", &names, &count));
    assert_int_equal(count, 0);
    ls_memory_free(names);
    assert_ok(ls_directory_list(made, "", "", &names, &count));
    assert_int_equal(count, 0);
    ls_memory_free(names);
    assert_fails(ls_directory_list(in_directory("file"), "", "", &names, &count), LS_ERR_OUTPUT, "Not a directory");
    for (int i = 0; i < 300; i++) {
        char name[64];
        (void)snprintf(name, sizeof name, "many-%03d-with-a-rather-long-name-to-fill-the-block", i);
        write_bytes(in_directory(name), "", 0);
    }
    assert_ok(ls_directory_list(test_directory, "many-", "block", &names, &count));
    assert_int_equal(count, 300);
    assert_memory_equal(names[299], "many-299", 8);
    ls_memory_free(names);
    assert_ok(ls_path_join(path, 8, "a", "b"));
    assert_string_equal(path, "a/b");
    assert_ok(ls_path_join(path, 8, "a/", "b"));
    assert_string_equal(path, "a/b");
    assert_ok(ls_path_join(path, 8, "", "b"));
    assert_string_equal(path, "b");
    assert_ok(ls_path_join(path, 8, "abc", "def"));
    assert_fails(ls_path_join(path, 8, "abc", "defg"), LS_ERR_USAGE, "too long");
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_full_disk), cmocka_unit_test(test_replace),
                                       cmocka_unit_test(test_read), cmocka_unit_test(test_directories)};
    return cmocka_run_group_tests(tests, directory_setup, directory_teardown);
}
