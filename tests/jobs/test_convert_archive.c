/* NumPy archives: which of their arrays become features and targets, and what is said when that is not clear. */
#include "io_test.h"

#include <lockstep.h>

/* ---- an archive, stored without packing ---- */

typedef struct archive {
    unsigned char bytes[8192], directory[1024];
    size_t length, directory_length;
    int entries;
} archive;

static uint32_t crc_of(const unsigned char *bytes, size_t count)
{
    uint32_t crc = 0xFFFFFFFF;
    for (size_t i = 0; i < count; i++) {
        crc ^= bytes[i];
        for (int bit = 0; bit < 8; bit++)
            crc = crc >> 1 ^ (crc & 1 ? 0xEDB88320 : 0);
    }
    return ~crc;
}

static void put(unsigned char *to, size_t *length, uint32_t value, int bytes)
{
    for (int i = 0; i < bytes; i++)
        to[(*length)++] = (unsigned char)(value >> 8 * i);
}

static void put_bytes(unsigned char *to, size_t *length, const void *bytes, size_t count)
{
    memcpy(to + *length, bytes, count);
    *length += count;
}

/* What both headers of an entry have. */
static void put_sizes(unsigned char *to, size_t *length, uint32_t crc, size_t count, size_t name)
{
    put(to, length, 20, 2);
    put(to, length, 0, 4); /* flags, stored */
    put(to, length, 0, 4); /* time */
    put(to, length, crc, 4);
    put(to, length, (uint32_t)count, 4);
    put(to, length, (uint32_t)count, 4);
    put(to, length, (uint32_t)name, 2);
    put(to, length, 0, 2);
}

/* int32 values 0, 1, ... as rows of `columns`, without an axis for them where 0. */
static void add(archive *a, const char *name, int rows, int columns)
{
    unsigned char npy[1024];
    char file[64], shape[32];
    (void)snprintf(shape, sizeof shape, columns > 0 ? "(%d, %d)" : "(%d,)", rows, columns);
    (void)snprintf(file, sizeof file, "%s.npy", name);
    size_t count = (size_t)snprintf((char *)npy, sizeof npy,
                                    "\x93NUMPY%c%c%c%c{'descr': '<i4', 'fortran_order': False, "
                                    "'shape': %s, }",
                                    1, 0, 118, 0, shape);
    memset(npy + count, ' ', 128 - count);
    npy[127] = '\n';
    count = 128;
    for (int i = 0; i < rows * (columns > 0 ? columns : 1); i++)
        put(npy, &count, (uint32_t)(columns > 0 ? i : i % 2), 4);
    const uint32_t crc = crc_of(npy, count), at = (uint32_t)a->length;
    put_bytes(a->bytes, &a->length, "PK\3\4", 4);
    put_sizes(a->bytes, &a->length, crc, count, strlen(file));
    put_bytes(a->bytes, &a->length, file, strlen(file));
    put_bytes(a->bytes, &a->length, npy, count);
    put_bytes(a->directory, &a->directory_length, "PK\1\2\24\0", 6);
    put_sizes(a->directory, &a->directory_length, crc, count, strlen(file));
    put(a->directory, &a->directory_length, 0, 4);
    put(a->directory, &a->directory_length, 0, 4);
    put(a->directory, &a->directory_length, 0, 2);
    put(a->directory, &a->directory_length, at, 4);
    put_bytes(a->directory, &a->directory_length, file, strlen(file));
    a->entries++;
}

static void finish(archive *a, const char *path)
{
    const size_t at = a->length, size = a->directory_length;
    put_bytes(a->bytes, &a->length, a->directory, size);
    put_bytes(a->bytes, &a->length, "PK\5\6\0\0\0\0", 8);
    put(a->bytes, &a->length, (uint32_t)a->entries, 2);
    put(a->bytes, &a->length, (uint32_t)a->entries, 2);
    put(a->bytes, &a->length, (uint32_t)size, 4);
    put(a->bytes, &a->length, (uint32_t)at, 4);
    put(a->bytes, &a->length, 0, 2);
    write_bytes(path, a->bytes, a->length);
}

/* ---- converting it ---- */

static ls_status convert(const char *data, const char *x, const char *target)
{
    ls_options *options;
    ls_context *context;
    assert_int_equal(ls_options_create(&options), LS_OK);
    assert_int_equal(ls_options_set(options, "data", data), LS_OK);
    assert_int_equal(ls_options_set(options, "output", in_directory("out.h5")), LS_OK);
    assert_int_equal(ls_options_set(options, "overwrite", "on"), LS_OK);
    if (x != NULL)
        assert_int_equal(ls_options_set(options, "x", x), LS_OK);
    if (target != NULL)
        assert_int_equal(ls_options_set(options, "target", target), LS_OK);
    assert_int_equal(ls_context_create(NULL, &context), LS_OK);
    const ls_status status = ls_run_convert(context, options);
    ls_context_destroy(context);
    ls_options_destroy(options);
    return status;
}

static void assert_says(ls_status status, ls_status expected, const char *words)
{
    if (status != expected || strstr(ls_error_message(), words) == NULL)
        fail_msg("status %d: %s\nexpected %d: %s", status, status == LS_OK ? "" : ls_error_message(), expected, words);
}

/* The text of a file as `info` tells it has all these words. */
static void assert_described(const char *words)
{
    char *text;
    assert_int_equal(ls_describe_file(in_directory("out.h5"), &text), LS_OK);
    if (strstr(text, words) == NULL)
        fail_msg("'%s' is not in\n%s", words, text);
    ls_text_release(text);
}

static void test_by_names(void **state)
{
    (void)state;
    static archive a;
    add(&a, "x_train", 6, 3);
    add(&a, "y_train", 6, 0);
    add(&a, "x_test", 2, 3);
    add(&a, "y_test", 2, 0);
    finish(&a, in_directory("all.npz"));
    assert_says(convert(in_directory("all.npz"), "x_train", NULL), LS_ERR_USAGE, "--x");
    if (convert(in_directory("all.npz"), NULL, NULL) != LS_OK)
        fail_msg("%s", ls_error_message());
    assert_described("x_train");
    assert_described("y_test");
    assert_says(convert(in_directory("all.npz"), "x_trian", "y_train"), LS_ERR_USAGE,
                "has no array 'x_trian'; it has x_train, y_train, x_test, y_test; did you mean 'x_train'?");
    assert_says(convert(in_directory("all.npz"), NULL, "y_train"), LS_ERR_USAGE,
                "which array holds the features? Give --x NAME; it has x_train, y_train");
    if (convert(in_directory("all.npz"), "x_test", "y_test") != LS_OK)
        fail_msg("%s", ls_error_message());
    assert_described("/train/x");
}

static void test_pair(void **state)
{
    (void)state;
    static archive a, unequal;
    add(&a, "measured", 5, 2);
    add(&a, "kind", 5, 0);
    finish(&a, in_directory("two.npz"));
    if (convert(in_directory("two.npz"), NULL, "kind") != LS_OK)
        fail_msg("%s", ls_error_message());
    assert_described("/train/y");
    if (convert(in_directory("two.npz"), "measured", "none") != LS_OK)
        fail_msg("%s", ls_error_message());
    add(&unequal, "x_train", 5, 2);
    add(&unequal, "y_train", 4, 0);
    finish(&unequal, in_directory("unequal.npz"));
    assert_says(convert(in_directory("unequal.npz"), NULL, NULL), LS_ERR_DATA, "has 5 rows, but y_train");
    assert_says(convert(in_directory("unequal.npz"), NULL, "y_train"), LS_ERR_DATA, "rows");
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_by_names), cmocka_unit_test(test_pair)};
    return cmocka_run_group_tests(tests, directory_setup, directory_teardown);
}
