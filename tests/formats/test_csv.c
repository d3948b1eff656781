/* CSV: random tables written by an independent writer in every style, line ends, places to go back to, wrong lines. */
#include "io_test.h"

#include "formats/csv_style.h"

#ifdef LS_HAVE_ZLIB
#include <zlib.h>
#endif

static const ls_csv_style comma = {.delimiter = ','};

/* ---- the writer ---- */

#ifdef LS_HAVE_ZLIB

/* As gzip members of about equal length. */
static void write_gzip(const char *path, const char *bytes, size_t length, int members)
{
    size_t at = 0;
    for (int i = 1; i <= members; i++) {
        const size_t count = length * (size_t)i / (size_t)members - at;
        gzFile file = gzopen(path, i == 1 ? "wb" : "ab");
        assert_non_null(file);
        assert_int_equal(count > 0 ? gzwrite(file, bytes + at, (unsigned)count) : 0, count);
        assert_int_equal(gzclose(file), Z_OK);
        at += count;
    }
}

#endif

#define ROWS   60
#define FIELDS 7

typedef struct cell {
    char text[64];
    bool quoted;
} cell;

typedef struct text {
    char bytes[ROWS * FIELDS * 160];
    size_t length;
} text;

static void put(text *t, const char *bytes, size_t length)
{
    memcpy(t->bytes + t->length, bytes, length);
    t->length += length;
}

static cell random_cell(char delimiter)
{
    static const char alphabet[] = "ab,;\t|\"\n\r 1.\xC3\xA9";
    cell c = {.quoted = next_random() % 3 == 0};
    size_t length = next_random() % 12;
    for (size_t i = 0; i < length; i++)
        c.text[i] = alphabet[next_random() % (sizeof alphabet - 1)];
    const char specials[] = {delimiter, '"', '\n', '\r', '\0'};
    if (strpbrk(c.text, specials) != NULL)
        c.quoted = true;
    if (!c.quoted) { /* blanks at the ends do not belong to such a field */
        while (length > 0 && strchr(" \t", c.text[length - 1]) != NULL)
            c.text[--length] = '\0';
        const size_t blanks = strspn(c.text, " \t");
        memmove(c.text, c.text + blanks, length - blanks + 1);
    }
    return c;
}

static void put_cell(text *t, const cell *c)
{
    if (next_random() % 5 == 0)
        put(t, " ", 1);
    if (c->quoted)
        put(t, "\"", 1);
    for (const char *k = c->text; *k != '\0'; k++) {
        if (*k == '"')
            put(t, "\"", 1);
        put(t, k, 1);
    }
    if (c->quoted)
        put(t, "\"", 1);
    if (next_random() % 5 == 0)
        put(t, " ", 1);
}

static int64_t line_breaks(const char *bytes, size_t length)
{
    int64_t count = 0;
    for (size_t i = 0; i < length; i++)
        count += bytes[i] == '\n' || (bytes[i] == '\r' && (i + 1 == length || bytes[i + 1] != '\n'));
    return count;
}

static void check_record(const ls_csv *csv, const cell *cells, int fields)
{
    assert_int_equal(ls_csv_count(csv), fields);
    for (int f = 0; f < fields; f++) {
        const ls_csv_field *field = &ls_csv_fields(csv)[f];
        if ((size_t)field->length != strlen(cells[f].text) ||
            memcmp(field->text, cells[f].text, (size_t)field->length) != 0) {
            print_error("field %d is '%.*s', expected '%s'\n", f, (int)field->length, field->text, cells[f].text);
            fail();
        }
        assert_int_equal(field->quoted, cells[f].quoted);
    }
}

static void check_table(int round)
{
    static text t;
    static cell cells[ROWS][FIELDS];
    int64_t offset[ROWS], line[ROWS];
    const char delimiter = ",;\t|"[round % 4];
    static const char *const ends[] = {"\n", "\r\n", "\r"};
    const char *path = in_directory("random.csv"), *end = ends[round / 4 % 3];
    t.length = 0;
    if (round % 5 == 0)
        put(&t, "\xEF\xBB\xBF", 3);
    for (int r = 0; r < ROWS; r++) {
        if (next_random() % 10 == 0)
            put(&t, end, strlen(end)); /* an empty line */
        offset[r] = (int64_t)t.length;
        line[r] = 1 + line_breaks(t.bytes, t.length);
        for (int f = 0; f < FIELDS; f++) {
            cells[r][f] = random_cell(delimiter);
            if (f > 0)
                put(&t, &delimiter, 1);
            put_cell(&t, &cells[r][f]);
        }
        if (r + 1 < ROWS || round % 2 == 0)
            put(&t, end, strlen(end));
    }
    write_bytes(path, t.bytes, t.length);
#ifdef LS_HAVE_ZLIB
    if (round % 3 == 1) /* the same text, compressed */
        write_gzip(path, t.bytes, t.length, 1 + round % 4);
#endif
    ls_csv *csv;
    bool more;
    assert_ok(ls_csv_open(path, &(ls_csv_style){.delimiter = delimiter}, &csv));
    for (int r = 0; r < ROWS; r++) {
        assert_ok(ls_csv_next(csv, &more));
        assert_true(more);
        check_record(csv, cells[r], FIELDS);
        assert_int_equal(ls_csv_offset(csv), offset[r]);
        assert_int_equal(ls_csv_line(csv), line[r]);
    }
    assert_ok(ls_csv_next(csv, &more));
    assert_false(more);
    for (int i = 0; i < 20; i++) { /* any place again */
        const int r = (int)(next_random() % ROWS);
        assert_ok(ls_csv_seek(csv, offset[r], line[r]));
        assert_ok(ls_csv_next(csv, &more));
        check_record(csv, cells[r], FIELDS);
    }
    ls_csv_close(csv);
}

static void test_random_tables(void **unused)
{
    (void)unused;
    for (int round = 0; round < 300; round++)
        check_table(round);
}

/* Records across the ends of the buffer, which grows for one that is longer. */
static void test_buffer(void **unused)
{
    (void)unused;
    const char *path = in_directory("large.csv");
    FILE *file = fopen(path, "wb");
    assert_non_null(file);
    const int64_t rows = 3000;
    for (int64_t r = 0; r < rows; r++) {
        const int length = r == 1500 ? 3000000 : (int)(r * 37 % 1500);
        (void)fprintf(file, "%lld,\"", (long long)r);
        for (int i = 0; i < length; i++)
            (void)fputs(i % 7 == 3 ? "\"\"" : i % 100 == 0 ? "\r\n" : "x", file);
        (void)fputs("\"\r\n", file);
    }
    assert_int_equal(fclose(file), 0);
    ls_csv *csv;
    bool more;
    assert_ok(ls_csv_open(path, &comma, &csv));
    for (int64_t r = 0; r < rows; r++) {
        const int length = r == 1500 ? 3000000 : (int)(r * 37 % 1500);
        int64_t expected = 0;
        for (int i = 0; i < length; i++)
            expected += i % 7 != 3 && i % 100 == 0 ? 2 : 1;
        assert_ok(ls_csv_next(csv, &more));
        assert_int_equal(ls_csv_count(csv), 2);
        assert_int_equal(atoll(ls_csv_fields(csv)[0].text), r);
        assert_int_equal(ls_csv_fields(csv)[1].length, expected);
    }
    assert_ok(ls_csv_next(csv, &more));
    assert_false(more);
    ls_csv_close(csv);
}

static void check_wrong(const char *bytes, size_t length, const char *part)
{
    const char *path = in_directory("wrong.csv");
    ls_csv *csv;
    bool more = true;
    write_bytes(path, bytes, length);
    ls_status status = ls_csv_open(path, &comma, &csv);
    for (int i = 0; status == LS_OK && i < 10 && more; i++)
        status = ls_csv_next(csv, &more);
    assert_fails(status, LS_ERR_DATA, part);
    ls_csv_close(csv);
}

#define WRONG(text, part) check_wrong(text, sizeof(text) - 1, part)

static void test_wrong(void **unused)
{
    (void)unused;
    WRONG("", "the file is empty (0 bytes)");
    WRONG("a,b\n1,2\n\n3,x\"y\n", "wrong.csv line 4: field 2 has a quote but does not begin with it");
    WRONG("a,\"b\"c\n", "line 1: field 2 goes on behind its closing quote; a quote");
    WRONG("\"a\" \"b\"\n1 2\n", "line 1: field 1 goes on behind its closing quote and a blank; are the fields");
    WRONG("a,b\n\"1\n2\",3\n4,\"5\n6\n", "line 4: has a quote that is never closed; the line begins: 4,\"5");
    WRONG("a,b\n1,\0002\n", "line 2: has a zero byte");
    WRONG("a,\"\0\"\n", "line 1: has a zero byte");
    WRONG("\xFF\xFE"
          "a\0",
          "is UTF-16 text");
    WRONG("a,\xE9\xE9\x01\n1,\"", "the line begins: 1,\"");
    assert_fails(ls_csv_open(in_directory("none.csv"), &comma, &(ls_csv *){NULL}), LS_ERR_DATA,
                 "there is no such file");
    assert_fails(ls_csv_open(test_directory, &comma, &(ls_csv *){NULL}), LS_ERR_DATA, "is not a regular file");
}

#ifdef LS_HAVE_ZLIB

/* Reads all records; *rows of them. */
static ls_status count_rows(const char *path, int64_t *rows)
{
    ls_csv *csv;
    bool more = true;
    *rows = 0;
    ls_status status = ls_csv_open(path, &comma, &csv);
    while (status == LS_OK && more) {
        status = ls_csv_next(csv, &more);
        *rows += status == LS_OK && more;
    }
    ls_csv_close(csv);
    return status;
}

/* A compressed file that is larger than the buffers: whole, with zeros behind it, cut at any place, with a flipped bit,
 * with something else behind it. */
static void test_gzip(void **unused)
{
    (void)unused;
    const char *path = in_directory("large.csv.gz");
    const int64_t lines = 200000;
    char *table = malloc((size_t)lines * 32);
    size_t length = 0, count;
    int64_t rows;
    assert_non_null(table);
    for (int64_t r = 0; r < lines; r++)
        length += (size_t)sprintf(table + length, "%lld,%u\n", (long long)r, (unsigned)next_random());
    write_gzip(path, table, length, 3);
    assert_ok(count_rows(path, &rows));
    assert_int_equal(rows, lines);
    unsigned char *packed = read_bytes(path, &count), *longer = calloc(1, count + 1024);
    assert_non_null(longer);
    memcpy(longer, packed, count);
    write_bytes(path, longer, count + 1024);
    assert_ok(count_rows(path, &rows));
    assert_int_equal(rows, lines);
    memcpy(longer + count, "x,y\n", 4);
    write_bytes(path, longer, count + 4);
    char where[64];
    (void)snprintf(where, sizeof where, "from byte %zu of the file on, stands something", count);
    assert_fails(count_rows(path, &rows), LS_ERR_DATA, where);
    for (int i = 0; i < 20; i++) {
        const size_t at = i == 0 ? count - 1 : i == 1 ? 3 : 2 + next_random() % (count - 2);
        write_bytes(path, packed, at);
        ls_status status = count_rows(path, &rows);
        if (status == LS_OK) /* it can be cut between members only */
            assert_true(rows < lines && at + 40 < count);
        else
            assert_fails(status, LS_ERR_DATA,
                         "large.csv.gz: is cut short: the compressed data ends too early, at byte");
        if (i < 2)
            continue;
        packed[at] ^= (unsigned char)(1u << next_random() % 8);
        write_bytes(path, packed, count);
        status = count_rows(path, &rows);
        assert_true(status == LS_ERR_DATA || (status == LS_OK && rows == lines)); /* names and times may be anything */
        memcpy(packed, longer, count);
    }
    packed[count / 2] ^= 0x55;
    write_bytes(path, packed, count);
    assert_fails(count_rows(path, &rows), LS_ERR_DATA, "large.csv.gz: is damaged: it cannot be unpacked near byte");
    write_bytes(path, "\x1f\x8b\x08", 3);
    assert_fails(count_rows(path, &rows), LS_ERR_DATA, "is cut short");
    free(table);
    free(packed);
    free(longer);
}

/* A member that says it is far longer than its bytes is unpacked piece by piece: what is wrong in it is found at once.
 */
static void test_bomb(void **unused)
{
    (void)unused;
    const char *path = in_directory("bomb.csv.gz");
    static char zeros[1 << 20];
    int64_t rows;
    gzFile file = gzopen(path, "wb1");
    assert_non_null(file);
    memset(zeros, 'x', sizeof zeros);
    for (int i = 0; i < 100; i++)
        assert_int_equal(gzwrite(file, zeros, sizeof zeros), sizeof zeros);
    assert_int_equal(gzclose(file), Z_OK);
    assert_fails(count_rows(path, &rows), LS_ERR_DATA, "begins a record longer than 64 MiB");
}

#endif

static void test_delimiters(void **unused)
{
    (void)unused;
    static const struct {
        const char *name, *text;
        char delimiter;
    } cases[] = {{"d.csv", "a,b;c,d\n", ','},     {"d.csv", "a;b;c,d\n;,,,,,", ';'}, {"d.csv", "a\tb\n", '\t'},
                 {"d.csv", "\"a,b,c\"|d\n", '|'}, {"d.csv", "abc\n1,2,3\n", ','},    {"d.tsv", "a,b,c\td\n", '\t'},
                 {"d.TSV.gz", "a,b,c\td\n", '\t'}};
    for (int i = 0; i < ITEMS(cases); i++) {
        ls_csv_style found;
        const char *path = in_directory(cases[i].name);
        write_bytes(path, cases[i].text, strlen(cases[i].text));
        assert_ok(ls_csv_find_style(path, &(ls_csv_wishes){0}, &found));
        assert_int_equal(found.delimiter, cases[i].delimiter);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_random_tables), cmocka_unit_test(test_buffer),
        cmocka_unit_test(test_wrong),         cmocka_unit_test(test_delimiters),
#ifdef LS_HAVE_ZLIB
        cmocka_unit_test(test_gzip),          cmocka_unit_test(test_bomb),
#endif
    };
    return cmocka_run_group_tests(tests, directory_setup, directory_teardown);
}
