/* What the columns of a source are called: of converted files, of attributes, chosen, put together, in several files.
 */
#include "io_test.h"

#include "base/memory.h"
#include "source/names.h"

#include <time.h>

#define ROWS 4

#define HEAD     "{\"format\":1,\"header\":true,\"columns\":["
#define LATER    "{\"format\":2,\"header\":true,\"columns\":["
#define AGE      "{\"name\":\"age\",\"role\":\"feature\",\"kind\":\"number\"}"
#define COLOUR   "{\"name\":\"colour\",\"role\":\"feature\",\"kind\":\"onehot\",\"categories\":[\"blue\",\"red\"]}"
#define RED      "{\"name\":\"colour=red\",\"role\":\"feature\",\"kind\":\"number\"}"
#define ID       "{\"name\":\"id\",\"role\":\"ignored\"}"
#define SIZE     "{\"name\":\"size\",\"role\":\"feature\",\"kind\":\"codes\",\"categories\":[\"l\",\"s\"]}"
#define KIND     "{\"name\":\"kind\",\"role\":\"target\",\"kind\":\"classes\",\"categories\":[\"no\",\"yes\"]}"
#define SECOND   "{\"name\":\"q\",\"role\":\"feature\",\"kind\":\"number\"}"
#define PATH     "{\"name\":\"/y\",\"role\":\"target\",\"kind\":\"integer\"}"
#define CLASSES  "{\"name\":\"/y\",\"role\":\"target\",\"kind\":\"classes\",\"categories\":[\"m\",\"n\"]}"
#define NO(name) "{\"name\":\"" name "\",\"role\":\"ignored\"}"

static const char table[] = HEAD AGE "," COLOUR "," ID "," SIZE "," KIND "]}";

/* A file with x (ROWS, columns), whose column c has the value c, and y; attributes may be NULL. */
static ls_h5_file *begin(const char *name, const char *group, int64_t columns, const char *encoding)
{
    char x[64], y[64];
    const int32_t labels[ROWS] = {0, 1, 0, 1};
    const int64_t shape[] = {ROWS, columns};
    float *values;
    ls_h5_file *file;
    assert_ok(ls_memory_allocate(&values, ROWS * columns, sizeof *values, "test"));
    for (int64_t i = 0; i < ROWS * columns; i++)
        values[i] = (float)(i % columns);
    (void)snprintf(x, sizeof x, "%s/x", group);
    (void)snprintf(y, sizeof y, "%s/y", group);
    assert_ok(ls_h5_create(in_directory(name), 0, &file));
    assert_ok(ls_h5_write_float(file, x, 2, shape, values));
    assert_ok(ls_h5_write_int32(file, y, 1, shape, labels));
    if (encoding != NULL)
        assert_ok(ls_h5_set_text(file, "/", LS_ENCODING_ATTRIBUTE, encoding));
    ls_memory_free(values);
    return file;
}

/* Two columns with names. */
static void put_named(const char *name, const char *first, const char *second, bool classes)
{
    ls_h5_file *file = begin(name, "", 2, NULL);
    assert_ok(ls_h5_set_texts(file, "/x", "feature_names", (const char *[]){first, second}, 2));
    if (classes)
        assert_ok(ls_h5_set_texts(file, "/y", "classes", (const char *[]){"m", "n"}, 2));
    assert_ok(ls_h5_finish(file));
}

/* The names of what is described, and the source for reading. */
typedef struct found {
    ls_h5_file *main;
    ls_source source;
    ls_names names;
    ls_text remarks;
    ls_status status;
} found;

static void find(char **files, int count, const char *x, const char *y, found *f)
{
    const ls_layout_request request = {
        .files = files, .file_count = count, .x = x, .y = y, .x_option = "--x", .y_option = "--y"};
    *f = (found){0};
    assert_ok(ls_h5_open(files[0], &f->main));
    assert_ok(ls_source_describe_layout(&request, f->main, &f->source));
    const ls_layout *before = f->source.layout;
    f->status = ls_names_find(f->main, &f->source, &f->names, &f->remarks);
    if (f->source.layout != before)
        ls_layout_release(before);
}

static void done(found *f)
{
    ls_names_free(&f->names);
    ls_text_free(&f->remarks);
    ls_source_release(&f->source);
    ls_h5_close(f->main);
}

static void check_names(const char *name, const char *x, const char *y, const char *expected)
{
    char *file = (char *)(uintptr_t)in_directory(name);
    found f;
    find(&file, 1, x, y, &f);
    assert_ok(f.status);
    if (expected == NULL)
        assert_null(f.names.text);
    else if (f.names.text == NULL || strcmp(f.names.text, expected) != 0)
        fail_msg("%s %s: found %s, expected %s", name, x, f.names.text ? f.names.text : "nothing", expected);
    done(&f);
}

static void test_converted(void **state)
{
    (void)state;
    assert_ok(ls_h5_finish(begin("table.h5", "/train", 4, table)));
    assert_ok(ls_h5_finish(begin("elsewhere.h5", "/other", 4, table)));
    check_names("table.h5", "/train/x", "/train/y", table);
    check_names("table.h5", "/train/x[0:]", "/train/y", table);
    check_names("table.h5", "/train/x", "", HEAD AGE "," COLOUR "," ID "," SIZE "," NO("kind") "]}");
    check_names("table.h5", "/train/x[0,3]", "/train/y", HEAD AGE "," NO("colour") "," ID "," SIZE "," KIND "]}");
    check_names("table.h5", "/train/x[3,0]", "/train/y", HEAD SIZE "," AGE "," ID "," KIND "]}");
    check_names("table.h5", "/train/x[3,1:3]", "/train/y", HEAD SIZE "," COLOUR "," ID "," KIND "]}");
    check_names("table.h5", "/train/x[0,2]", "/train/y", HEAD AGE "," RED "," ID "," KIND "]}");
    check_names("table.h5", "/train/x[0],/train/x[3]", "/train/y", HEAD AGE "," SIZE "," ID "," KIND "]}");
    check_names("table.h5", "/train/x[0,0]", "/train/y", LATER ID "," KIND "]}"); /* a name that is there twice */
    check_names("elsewhere.h5", "/other/x", "/other/y",
                NULL); /* not where convert puts them, and without their names */
}

static void test_attributes(void **state)
{
    (void)state;
    put_named("pair.h5", "age", "q", false);
    put_named("classes.h5", "age", "q", true);
    put_named("twice.h5", "q", "q", true);
    put_named("latin.h5", "q", "\xe4", false);
    put_named("target.h5", "age", "y", false);
    assert_ok(ls_h5_finish(begin("none.h5", "", 2, NULL)));
    ls_h5_file *file = begin("index.h5", "", 1, NULL);
    assert_ok(ls_h5_set_int64(file, "/x", "first_index", 7));
    assert_ok(ls_h5_finish(file));
    check_names("pair.h5", "/x", "/y", HEAD AGE "," SECOND "," PATH "]}");
    check_names("pair.h5", "/x[q]", "/y", HEAD SECOND "," PATH "]}");
    check_names("classes.h5", "/x", "/y", HEAD AGE "," SECOND "," CLASSES "]}");
    check_names("twice.h5", "/x", "/y", LATER CLASSES "]}");
    check_names("none.h5", "/x", "/y", NULL);
    check_names("target.h5", "/x", "/y",
                HEAD AGE ",{\"name\":\"y\",\"role\":\"feature\",\"kind\":\"number\"}]}"); /* as tables call it */
    check_names("index.h5", "/x", "/y",
                HEAD "{\"name\":\"index 7\",\"role\":\"feature\",\"kind\":\"number\"}," PATH "]}");
}

/* Names of another character set are kept if they come back as they are, else there are none. */
static void test_bytes(void **state)
{
    (void)state;
    char *file = (char *)(uintptr_t)in_directory("latin.h5");
    found f;
    put_named("latin.h5", "q", "\xe4", false);
    find(&file, 1, "/x", "/y", &f);
    assert_ok(f.status);
    if (f.names.text != NULL) {
        ls_encoding back;
        assert_ok(ls_encoding_read(f.names.text, "test", &back));
        assert_int_equal(back.features, 2);
        ls_encoding_free(&back);
    }
    done(&f);
}

static void test_files(void **state)
{
    (void)state;
    char *files[2] = {(char *)(uintptr_t)in_directory("pair.h5"), (char *)(uintptr_t)in_directory("turned.h5")};
    float x[2];
    found f;
    put_named("pair.h5", "age", "q", false);
    put_named("turned.h5", "q", "age", false);
    find(files, 2, "/x", "/y", &f);
    assert_ok(f.status);
    assert_string_equal(f.names.text, HEAD AGE "," SECOND "," PATH "]}");
    for (int64_t r = 0; r < 2 * ROWS; r++) {
        assert_ok(ls_source_read_x(&f.source, f.main, r, 1, x));
        assert_near(x[0], r < ROWS ? 0 : 1, 0); /* age */
        assert_near(x[1], r < ROWS ? 1 : 0, 0);
    }
    done(&f);
    put_named("turned.h5", "q", "ages", false);
    find(files, 2, "/x", "/y", &f);
    assert_fails(f.status, LS_ERR_DATA, "turned.h5:/x has no column 'age', which ");
    done(&f);
    put_named("turned.h5", "q",
              "ag\xE2\x80\x8B"
              "e",
              false);
    find(files, 2, "/x", "/y", &f);
    assert_fails(
        f.status, LS_ERR_DATA,
        "turned.h5:/x has no column 'age' (it has 'ag\\u200be', which differs in characters that cannot be seen, ");
    done(&f);
    assert_ok(ls_h5_finish(begin("turned.h5", "", 2, NULL)));
    find(files, 2, "/x", "/y", &f);
    assert_ok(f.status);
    assert_non_null(
        strstr(ls_text_string(&f.remarks), "turned.h5:/x have no names; their order is taken to be that of "));
    done(&f);
}

/* Too many to have names, features of libsvm text are told apart by the first index. */
static void test_indices(void **state)
{
    (void)state;
    char *files[2] = {(char *)(uintptr_t)in_directory("from-1.h5"), (char *)(uintptr_t)in_directory("from-0.h5")};
    found f;
    for (int i = 0; i < 2; i++) {
        ls_h5_file *file = begin(i == 0 ? "from-1.h5" : "from-0.h5", "", LS_NAMES_INDEXED + 1, NULL);
        assert_ok(ls_h5_set_int64(file, "/x", "first_index", 1 - i));
        assert_ok(ls_h5_finish(file));
    }
    find(files, 1, "/x", "/y", &f);
    assert_ok(f.status);
    assert_null(f.names.text);
    assert_int_equal(f.names.first_index, 1);
    done(&f);
    find(files, 2, "/x", "/y", &f);
    assert_fails(f.status, LS_ERR_DATA, "convert it again with --first-index 1");
    done(&f);
}

/* A hundred thousand columns are looked for by name, not compared with each other. */
static void test_wide(void **state)
{
    (void)state;
    enum { WIDE = 100000 };
    ls_text json = {0};
    ls_encoding e;
    ls_column_list list;
    int64_t *order;
    const ls_column_sides sides = {.ours = "ours", .theirs = "theirs", .like = "RUN"};
    ls_text_append(&json, HEAD);
    for (int i = 0; i < WIDE; i++)
        ls_text_printf(&json, "%s{\"name\":\"c%d\",\"role\":\"feature\",\"kind\":\"number\"}", i ? "," : "", i);
    ls_text_append(&json, "]}");
    assert_ok(ls_text_status(&json));
    const clock_t start = clock();
    assert_ok(ls_encoding_read(ls_text_string(&json), "test", &e));
    assert_ok(ls_column_list_make(&e, LS_ROLE_FEATURE, true, &list));
    assert_ok(ls_memory_allocate(&order, WIDE, sizeof *order, "test"));
    assert_ok(ls_column_list_match(&list, &list, &sides, order));
    print_message("%d columns: %.2f s\n", WIDE, (double)(clock() - start) / CLOCKS_PER_SEC);
    assert_true((clock() - start) / CLOCKS_PER_SEC < 20);
    for (int i = 0; i < WIDE; i++)
        assert_int_equal(order[i], i);
    ls_memory_free(order);
    ls_column_list_free(&list);
    ls_encoding_free(&e);
    ls_text_free(&json);
}

static int until_failure;

void *__real_calloc(size_t count, size_t bytes);
void *__wrap_calloc(size_t count, size_t bytes);

void *__wrap_calloc(size_t count, size_t bytes)
{
    return until_failure > 0 && --until_failure == 0 ? NULL : __real_calloc(count, bytes);
}

/* Each allocation in turn: that there is no memory for the names does not mean that there are none. */
static void test_no_memory(void **state)
{
    (void)state;
    ls_status status = LS_ERR_MEMORY;
    for (int n = 1; status != LS_OK || until_failure == 0; n++) {
        char *file = (char *)(uintptr_t)in_directory("table.h5");
        found f = {0};
        const ls_layout_request request = {
            .files = &file, .file_count = 1, .x = "/train/x", .y = "/train/y", .x_option = "--x", .y_option = "--y"};
        assert_ok(ls_h5_open(file, &f.main));
        assert_ok(ls_source_describe_layout(&request, f.main, &f.source));
        until_failure = n;
        status = ls_names_find(f.main, &f.source, &f.names, &f.remarks);
        if (status == LS_OK && (f.names.text == NULL || strcmp(f.names.text, table) != 0))
            fail_msg("without allocation %d: %s", n, f.names.text ? f.names.text : "nothing");
        if (status != LS_OK)
            assert_int_equal(status, LS_ERR_MEMORY);
        const int rest = until_failure;
        until_failure = 0;
        done(&f);
        until_failure = rest;
    }
    until_failure = 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_converted), cmocka_unit_test(test_attributes),
                                       cmocka_unit_test(test_bytes),     cmocka_unit_test(test_files),
                                       cmocka_unit_test(test_indices),   cmocka_unit_test(test_wide),
                                       cmocka_unit_test(test_no_memory)};
    return cmocka_run_group_tests(tests, directory_setup, directory_teardown);
}
