/* How files are taken apart: delimiters, blanks as alignment, delimiters at the lines' ends, and what stands in front
 * of the first record. */
#include "io_test.h"

#include "formats/csv_style.h"

/* The first and the last record as "a|b|c", the number of records, and the line of the first. */
typedef struct found {
    char first[200], last[200];
    int64_t records, line;
    ls_csv_style style;
} found;

static void join(const ls_csv *csv, char text[200])
{
    size_t length = 0;
    text[0] = '\0';
    for (int64_t i = 0; i < ls_csv_count(csv); i++)
        length += (size_t)snprintf(text + length, 200 - length, "%s%.*s", i > 0 ? "|" : "",
                                   (int)ls_csv_fields(csv)[i].length, ls_csv_fields(csv)[i].text);
}

static ls_status read_all(const char *name, const char *text, const ls_csv_wishes *wishes, found *f)
{
    const char *path = in_directory(name);
    ls_csv *csv;
    *f = (found){.records = 0};
    write_bytes(path, text, strlen(text));
    LS_TRY(ls_csv_find_style(path, wishes, &f->style));
    LS_TRY(ls_csv_open(path, &f->style, &csv));
    ls_status status = LS_OK;
    for (bool more = true; status == LS_OK && more;) {
        status = ls_csv_next(csv, &more);
        if (status != LS_OK || !more)
            break;
        join(csv, f->last);
        if (f->records++ == 0) {
            strcpy(f->first, f->last);
            f->line = ls_csv_line(csv);
        }
    }
    ls_csv_close(csv);
    return status;
}

static void check(const char *name, const char *text, char delimiter, const char *first, const char *last,
                  int64_t records)
{
    found f;
    const ls_csv_wishes wishes = {0};
    assert_ok(read_all(name, text, &wishes, &f));
    if (f.style.delimiter != delimiter || strcmp(f.first, first) != 0 || strcmp(f.last, last) != 0 ||
        f.records != records) {
        print_error("%s\ngives delimiter '%c', first '%s', last '%s', %lld records\nexpected '%c', '%s', '%s', %lld\n",
                    text, f.style.delimiter, f.first, f.last, (long long)f.records, delimiter, first, last,
                    (long long)records);
        fail();
    }
}

static void test_delimiters(void **unused)
{
    (void)unused;
    check("d.csv", "a;b,c\n1;2,5\n3;4,5\n", ',', "a;b|c", "3;4|5", 3); /* either would do */
    check("d.csv", "a;b,c\n1,0;2,5\n3,0;4,5\n", ';', "a|b,c", "3,0|4,5", 3);
    check("d.csv", "a,b;c;d\n1,5;2;3\n1;2;3\n", ';', "a,b|c|d", "1|2|3", 3);
    check("d.csv", "a,b\n1,2\n1,2,3\n", ',', "a|b", "1|2|3", 3); /* a ragged one stays with its delimiter */
    check("d.csv", "city\nNew York\nLos Angeles\n", ',', "city", "Los Angeles", 3);
    check("d.csv", "a\n1\n2\n", ',', "a", "2", 3);
}

static void test_blanks(void **unused)
{
    (void)unused;
    check("b.txt", "  a  b   c\n 1.0 -2 3\n\n10.0 \t 5  6  \n   \n", ' ', "a|b|c", "10.0|5|6", 3);
    check("b.txt", "1 2 3\r\n4 5 6\r\n", ' ', "1|2|3", "4|5|6", 2);
    check("b.txt", "\"a b\" \"\" y\n1   2\t3", ' ', "a b||y", "1|2|3", 2);
    check("b.txt", "\"a\" \"b\"\n\"r1\" 2 3\n\"r2\" 3 4\n", ' ', "a|b", "r2|3|4", 3); /* R's row names */
    /* blanks between numbers, and a tab in front of a text with blanks */
    check("mpg.data", "18.0   8   307.0\t\"chevrolet malibu\"\n25.0   4   ?    \t\"ford pinto\"\n", ' ',
          "18.0|8|307.0|chevrolet malibu", "25.0|4|?|ford pinto", 2);
    check("t.txt", "id\tphone\n1\t030 12\n2\t031 44\n", '\t', "id|phone", "2|031 44", 3);
    check("t.tsv", "a b\tc d\n1 2\t3 4\n", '\t', "a b|c d", "1 2|3 4", 2);
}

static void test_trailing(void **unused)
{
    (void)unused;
    check("t.csv", "a,b,\n1,2,\n3,4,\n", ',', "a|b", "3|4", 3);
    check("t.csv", "a,b\n1,2,\n3,4,\n", ',', "a|b", "3|4", 3);
    check("t.csv", "1;2;\n3;4;\n", ';', "1|2", "3|4", 2);
    check("t.csv", "a,b,c\n1,2,\n3,4,\n", ',', "a|b|c", "3|4|", 3);      /* a column that has a name */
    check("t.csv", "a,b,\n1,2,\n3,4,5\n4,5,\n", ',', "a|b|", "4|5|", 4); /* and one that has values */
    found f;
    const ls_csv_wishes wishes = {0};
    char text[400] = "a,b,\n";
    for (int i = 0; i < 25; i++)
        strcat(text, "1,2,\n");
    strcat(text, "1,2,3\n");
    assert_fails(read_all("t.csv", text, &wishes, &f), LS_ERR_DATA, "line 27: has something behind its last delimiter");
}

static void test_preamble(void **unused)
{
    (void)unused;
    check("p.csv", "# sensor 4\n# units: K, bar\n\na,b,y\n1,2,3\n", ',', "a|b|y", "1|2|3", 2);
    check("p.csv", "sep=;\na;b\n1,5;2\n", ';', "a|b", "1,5|2", 2);
    check("p.csv", "\xEF\xBB\xBF\"SEP=|\"\r\na|b\r\n1|2\r\n", '|', "a|b", "1|2", 2);
    check("p.csv", "sep=\t\n#c\na\tb\n1\t2\n", '\t', "a|b", "1|2", 2);
    check("p.csv", "#id,a,b\n1,2,3\n", ',', "#id|a|b", "1|2|3", 2);             /* a header after all */
    check("p.csv", "# made by x\n# a,b\n1,2\n", ',', "# a|b", "1|2", 2);        /* NumPy's savetxt */
    check("p.csv", "# a, b\nx,y\n1,2\n", ',', "x|y", "1|2", 2);                 /* a comment, since a header follows */
    check("p.csv", "#ff0000,1\n#00ff00,2\n", ',', "#ff0000|1", "#00ff00|2", 2); /* nothing but such lines */
    check("p.csv", "#ff0000,1\n#00ff00,2\nred,3\n", ',', "#ff0000|1", "red|3", 3);
    check("p.csv", "sep=;x\n1;2\n", ';', "sep=|x", "1|2", 2);
    found f;
    assert_ok(read_all("p.csv", "Title, of 3\nmore\n\na,b\n1,2\n", &(ls_csv_wishes){.skip = 3}, &f));
    assert_string_equal(f.first, "a|b");
    assert_int_equal(f.line, 4);
    assert_ok(read_all("p.csv", "% one\na,b\n% two, or \"three\n1,2\n%", &(ls_csv_wishes){.comment = '%'}, &f));
    assert_string_equal(f.last, "1|2");
    assert_int_equal(f.records, 2);
    assert_ok(read_all("p.csv", "#a,b\n1,2\n", &(ls_csv_wishes){.comment = '#'}, &f));
    assert_string_equal(f.first, "1|2");
    assert_fails(read_all("p.csv", "a,b\n1,2\n", &(ls_csv_wishes){.skip = 5}, &f), LS_ERR_DATA,
                 "--skip-lines 5 leaves nothing");
}

static void test_titles(void **unused)
{
    (void)unused;
    found f;
    const ls_csv_wishes wishes = {0};
    assert_fails(
        read_all("t.csv", "Measured on 3 May\n\na;b;y\n1;2;3\n4;5;6\n", &wishes, &f), LS_ERR_DATA,
        "t.csv line 1: has 1 field, and line 3 and most behind it have 3; does a title stand in front of the table? "
        "--skip-lines 2 begins with line 3; the line begins: Measured on 3 May");
    assert_fails(read_all("t.csv", "! c\na,b\n! d\n1,2\n4,5\n", &wishes, &f), LS_ERR_DATA,
                 "--skip-lines 1 begins with line 2, and --comment '!' passes over lines like this");
    assert_fails(read_all("t.csv", "150 4\n1,2,3\n4,5,6\n", &wishes, &f), LS_ERR_DATA,
                 "--skip-lines 1 begins with line 2");
    assert_ok(read_all("t.csv", "a,b\n1,2,3\n4,5,6\n", &wishes, &f)); /* R's row names, told by who reads it */
}

/* Comments and lines to skip that are longer than the buffer. */
static void test_long_lines(void **unused)
{
    (void)unused;
    const char *path = in_directory("long.csv");
    FILE *file = fopen(path, "wb");
    assert_non_null(file);
    (void)fputs("title", file);
    for (int i = 0; i < 3000000; i++)
        (void)fputc(i % 97 == 5 ? '"' : 'x', file);
    (void)fputs("\r\na,b\r\n", file);
    for (int r = 0; r < 3; r++) {
        (void)fputc('%', file);
        for (int i = 0; i < 1048576 * (r + 1) - r; i++)
            (void)fputc('"', file);
        (void)fprintf(file, "\r\n%d,2\r\n", r);
    }
    assert_int_equal(fclose(file), 0);
    ls_csv_style style;
    ls_csv *csv;
    bool more;
    assert_ok(ls_csv_find_style(path, &(ls_csv_wishes){.skip = 1, .comment = '%'}, &style));
    assert_ok(ls_csv_open(path, &style, &csv));
    for (int r = -1; r < 3; r++) {
        assert_ok(ls_csv_next(csv, &more));
        assert_int_equal(ls_csv_line(csv), 2 * r + 4);
        assert_int_equal(ls_csv_count(csv), 2);
        assert_true(r < 0 || atoi(ls_csv_fields(csv)[0].text) == r);
    }
    assert_ok(ls_csv_next(csv, &more));
    assert_false(more);
    ls_csv_close(csv);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_delimiters), cmocka_unit_test(test_blanks), cmocka_unit_test(test_trailing),
        cmocka_unit_test(test_preamble),   cmocka_unit_test(test_titles), cmocka_unit_test(test_long_lines),
    };
    return cmocka_run_group_tests(tests, directory_setup, directory_teardown);
}
