/* Columns that are not what they seem: what is refused, with what advice, and that the advice works; what is taken all
 * the same. */
#include "io_test.h"

#include "base/text.h"
#include "formats/table.h"
#include "formats/table_scan.h"

#include <math.h>

/* A table of `rows` rows whose column v is a number but where `odd` (row number from 0) has `word`. */
static const char *write_column(const char *header, const char *usual, int rows, int odd, const char *word)
{
    ls_text text = {0};
    ls_text_printf(&text, "%s\n", header);
    for (int r = 0; r < rows; r++) {
        if (r == odd)
            ls_text_append(&text, word);
        else
            ls_text_printf(&text, usual, r);
        ls_text_printf(&text, ",%d.5,%d\n", r, r % 2);
    }
    const char *path = in_directory("refuse.csv");
    write_bytes(path, ls_text_string(&text), text.length);
    ls_text_free(&text);
    return path;
}

static ls_table_wishes usual_wishes(void)
{
    return (ls_table_wishes){.style = {.delimiter = ','}, .target = "y", .ignore = ""};
}

static ls_status scan(const char *path, const ls_table_wishes *wishes, ls_column_kind *kind, int64_t *features)
{
    ls_encoding e;
    ls_table_facts facts;
    LS_TRY(ls_table_scan(path, wishes, &e, &facts));
    *kind = e.column[0].kind;
    *features = e.features;
    ls_table_facts_free(&facts);
    ls_encoding_free(&e);
    return LS_OK;
}

static void check_refused(const char *path, const ls_table_wishes *wishes, const char *part)
{
    ls_column_kind kind;
    int64_t features;
    assert_fails(scan(path, wishes, &kind, &features), LS_ERR_DATA, part);
}

static void check_kind(const char *path, const ls_table_wishes *wishes, ls_column_kind expected)
{
    ls_column_kind kind;
    int64_t features;
    assert_ok(scan(path, wishes, &kind, &features));
    assert_int_equal(kind, expected);
}

static void test_stray_words(void **unused)
{
    (void)unused;
    ls_table_wishes wishes = usual_wishes();
    check_refused(
        write_column("v,w,y", "%d", 60, 7, "#DIV/0!"), &wishes,
        "refuse.csv: Column 'v' has 59 numbers and 1 text that is none: '#DIV/0!' on line 9; --missing-values "
        "'#DIV/0!' takes it as no value; --categories 'v' takes them all as categories; or leave the column out "
        "with --ignore 'v'");
    ls_fields fields = {0};
    assert_ok(ls_fields_add_missing(&fields, "#DIV/0!"));
    wishes.fields = &fields;
    check_kind(in_directory("refuse.csv"), &wishes, LS_COLUMN_NUMBER);
    wishes.fields = NULL;
    wishes.max_categories = 60;
    check_kind(in_directory("refuse.csv"), &wishes, LS_COLUMN_ONEHOT);
    wishes.max_categories = 0;
    wishes.ignore = "v";
    check_kind(in_directory("refuse.csv"), &wishes, LS_COLUMN_NUMBER);
    ls_fields_free(&fields);
    wishes.ignore = "";
    check_kind(write_column("v,w,y", "%d", 19, 7, "A"), &wishes, LS_COLUMN_ONEHOT); /* 18 of 19: a code */
    check_refused(write_column("v,w,y", "%d", 20, 7, "A"), &wishes, "Column 'v' has 19 numbers and 1 text");
    check_refused(write_column("v,w,y", "%d", 40, 9, "v"), &wishes, "'v' on line 11: the header again");
    check_refused(write_column("v,w,y", "20%02d-03-01", 28, 9, "soon"), &wishes,
                  "has 27 dates and 1 text that is none: 'soon' on line 11");
    wishes.header = LS_HEADER_OFF;
    wishes.target = "3";
    check_refused(write_column("v,1,2", "%d", 40, 50, ""), &wishes,
                  "does the first line name the columns? Then give --header on");
}

static void test_beyond(void **unused)
{
    (void)unused;
    ls_fields fields = {0};
    ls_table_wishes wishes = usual_wishes();
    assert_ok(ls_fields_add_missing(&fields, "-9"));
    wishes.fields = &fields;
    check_refused(write_column("v,w,y", "%d.5", 30, 4, "1e999"), &wishes,
                  "Column 'v' has '1e999' on line 6; expected numbers of at most 3.4e38, as float32 has them; "
                  "--missing-values '1e999' takes it as no value; or leave the column out with --ignore 'v'");
    wishes.target = "v";
    check_refused(
        write_column("v,w,y", "%de999", 30, 99, ""), &wishes,
        "The target 'v' has '1e999' on line 3 and 28 more; expected numbers of at most 3.4e38, as float32 has "
        "them");
    ls_fields_free(&fields);
}

static void test_ways_of_writing(void **unused)
{
    (void)unused;
    static const struct {
        const char *usual, *part;
    } cases[] = {
        {"\"%d,5\"", "'0,5' on line 2 and 29 more are numbers with a decimal comma; --decimal , reads them; or"},
        {"\"%d,250\"",
         "with a decimal comma; --decimal , reads them, or, if they have groups of digits, --thousands comma"},
        {"\"1,%03d.5\"", "with groups of digits; --thousands comma reads them"},
        {"1.%03d.000", "with groups of digits; --decimal , --thousands point reads them"},
        {"1 %03d", "with groups of digits; --thousands space reads them"},
        {"%d %%", "are numbers with '%'; write them without it"},
        {"$%d", "are numbers with '$'; write them without it"},
        {"\xC2\xA0%d.5", "are numbers with '\\u00a0'; write them without it"},
        {"%d\xE2\x80\x8B", "are numbers with '\\u200b'; write them without it"},
    };
    const ls_table_wishes wishes = usual_wishes();
    for (int i = 0; i < ITEMS(cases); i++)
        check_refused(write_column("v,w,y", cases[i].usual, 30, 99, ""), &wishes, cases[i].part);
    /* three rows are enough where all are like that */
    check_refused(write_column("v,w,y", "\"%d,5\"", 3, 99, ""), &wishes, "--decimal , reads them");
    /* numbers with a point among them: it can be no decimal comma */
    check_refused(write_column("v,w,y", "%d.5", 30, 3, "\"1,200\""), &wishes,
                  "Column 'v' is text, but '1,200' on line 5 are numbers with groups of digits");
    const ls_fields comma = {.decimal = ','}, both = {.decimal = ',', .thousands = '.'};
    ls_table_wishes cured = wishes;
    cured.fields = &comma;
    cured.ignore = "w";
    /* where a comma is the decimal, points are between groups if they can be: "1.000" is a thousand then */
    check_refused(
        write_column("v,w,y", "1.%03d", 30, 99, ""), &cured,
        "'1.000' on line 2 and 29 more are numbers with groups of digits; --decimal , --thousands point reads");
    check_refused(write_column("v,w,y", "1.%03d", 30, 7, "\"2,5\""), &cured,
                  "are numbers with groups of digits; --decimal , --thousands point reads");
    check_refused(write_column("v,w,y", "%d.5", 30, 99, ""), &cured,
                  "are numbers with a decimal point; --decimal . reads them");
    check_refused(write_column("v,w,y", "\"1,%03d.5\"", 30, 99, ""), &cured, "; --decimal . --thousands comma reads");
    cured.fields = &both;
    check_kind(write_column("v,w,y", "1.%03d", 30, 7, "\"2,5\""), &cured, LS_COLUMN_NUMBER);
    cured.fields = &comma;
    check_kind(write_column("v,w,y", "\"%d,5\"", 30, 99, ""), &cured, LS_COLUMN_NUMBER);
}

static void test_dates(void **unused)
{
    (void)unused;
    ls_table_wishes wishes = usual_wishes();
    check_kind(write_column("v,w,y", "2021-03-%02d", 9, 99, ""), &wishes, LS_COLUMN_ONEHOT); /* "2021-03-00" is none */
    check_refused(
        write_column("v,w,y", "0%d/03/2021", 9, 0, "01/02/2021"), &wishes,
        "Column 'v' is text, but '01/02/2021' on line 2 and 8 more look like dates; --date-format 'v=%d/%m/%Y' or "
        "--date-format 'v=%m/%d/%Y' reads them; --categories 'v' takes them as categories; or leave");
    wishes.date_format = "v=%d/%m/%Y";
    check_kind(in_directory("refuse.csv"), &wishes, LS_COLUMN_DATE);
    wishes.date_format = "%d.%m.%Y, %d/%m/%Y";
    ls_column_kind kind;
    int64_t features;
    assert_fails(scan(in_directory("refuse.csv"), &wishes, &kind, &features), LS_ERR_USAGE,
                 "--date-format %d.%m.%Y: no column of");
    wishes.date_format = "%d/%m/%Y";
    wishes.date_parts = 1u << LS_DATE_YEAR | 1u << LS_DATE_WEEKDAY;
    assert_ok(scan(in_directory("refuse.csv"), &wishes, &kind, &features));
    assert_int_equal(features, 3);
    wishes.date_format = "v=%Y";
    check_refused(in_directory("refuse.csv"), &wishes,
                  "Column 'v' has '01/02/2021' on line 2 and 8 more, which are no date of the format '%Y'");
    wishes.date_format = NULL;
    wishes.ignore = "v";
    assert_fails(scan(in_directory("refuse.csv"), &wishes, &kind, &features), LS_ERR_USAGE,
                 "--date-parts: no feature of");
    wishes = usual_wishes();
    wishes.date_format = "%Y%m%d"; /* numbers, which may be anything */
    write_column("v,w,y", "2021031%d", 9, 99, "");
    assert_fails(scan(in_directory("refuse.csv"), &wishes, &kind, &features), LS_ERR_USAGE,
                 "numbers are none unless their column is named: --date-format 'v=%Y%m%d'");
    wishes.date_format = "v=%Y%m%d";
    check_kind(in_directory("refuse.csv"), &wishes, LS_COLUMN_DATE);
    wishes.date_format = "nothing=%Y";
    assert_fails(scan(in_directory("refuse.csv"), &wishes, &kind, &features), LS_ERR_USAGE, "--date-format: ");
    wishes = usual_wishes();
    wishes.target = "v";
    check_refused(write_column("v,w,y", "2021-03-1%d", 9, 99, ""), &wishes,
                  "The target 'v' is a date, which cannot be predicted");
    check_refused(write_column("v,w,y", "1%d/03/2021", 9, 99, ""), &wishes, "The target 'v' is a date");
}

static void test_times(void **unused)
{
    (void)unused;
    ls_table_wishes wishes = usual_wishes();
    check_refused(write_column("v,w,y", "08:1%d:12", 9, 99, ""), &wishes,
                  "Column 'v' is text, but '08:10:12' on line 2 and 8 more look like times of day; --date-format "
                  "'v=%H:%M:%S' reads them; --categories 'v' takes them as categories; or leave");
    wishes.categories = "v";
    check_kind(in_directory("refuse.csv"), &wishes, LS_COLUMN_ONEHOT);
    wishes.target = "v";
    check_kind(in_directory("refuse.csv"), &wishes, LS_COLUMN_CLASSES);
    wishes.categories = NULL;
    check_refused(in_directory("refuse.csv"), &wishes, "The target 'v' is a time of day, which cannot be predicted");
    wishes.target = "y";
    wishes.date_format = "%H:%M:%S";
    check_kind(in_directory("refuse.csv"), &wishes, LS_COLUMN_DATE);
    ls_column_kind kind;
    int64_t features;
    wishes.date_parts = 1u << LS_DATE_YEAR | 1u << LS_DATE_HOUR; /* times have no years */
    assert_ok(scan(in_directory("refuse.csv"), &wishes, &kind, &features));
    assert_int_equal(features, 2);
}

static void test_headers(void **unused)
{
    (void)unused;
    ls_table_wishes wishes = usual_wishes();
    const char *path = in_directory("refuse.csv");
    static const char units[] = "a,b,y\nkg,,-\n1,2,0\n3,4,1\n";
    write_bytes(path, units, sizeof units - 1);
    check_refused(path, &wishes,
                  "refuse.csv line 2: is all text ('kg', '-'), and behind it stand numbers: a second header, or "
                  "units? Take the line out of the file, or let it be the header with --skip-lines 1");
    static const char text[] = "a,b,y\nx,red,0\n1,red,1\n3,blue,0\n"; /* a row like others */
    write_bytes(path, text, sizeof text - 1);
    check_kind(path, &wishes, LS_COLUMN_ONEHOT);
}

static void test_categories(void **unused)
{
    (void)unused;
    ls_table_wishes wishes = usual_wishes();
    check_kind(write_column("v,w,y", "u%d", 100, 999, ""), &wishes, LS_COLUMN_ONEHOT);
    check_refused(
        write_column("v,w,y", "u%d", 101, 999, ""), &wishes,
        "Column 'v' has 101 different texts in 101 rows, each of which would become a feature; --id 'v' keeps it "
        "beside the rows, --ignore 'v' leaves it out; --max-categories 101 takes it as it is");
    wishes.max_categories = 101;
    check_kind(in_directory("refuse.csv"), &wishes, LS_COLUMN_ONEHOT);
    wishes.max_categories = 100;
    check_refused(in_directory("refuse.csv"), &wishes, "has more than 100 different texts in 101 rows");
    wishes.max_categories = 2000;
    check_kind(write_column("v,w,y", "u%d", 1500, 9999, ""), &wishes, LS_COLUMN_ONEHOT);
    wishes.max_categories = 0;
    check_refused(in_directory("refuse.csv"), &wishes, "has more than 1000 different texts in 1500 rows");
    wishes.target = "v";
    check_refused(in_directory("refuse.csv"), &wishes,
                  "The target 'v' has 1500 different texts in 1500 rows; is it a class?");
}

/* Numbers that are only names: as they are written, whatever they look like, and however many. */
static void test_named_categories(void **unused)
{
    (void)unused;
    ls_table_wishes wishes = usual_wishes();
    static const char text[] = "v,w,y\n10,1,0\n2,2,1\n02,3,0\n,4,1\n2.0,5,0\n";
    static const char *const texts[] = {"02", "10", "2", "2.0"};
    write_bytes(in_directory("refuse.csv"), text, sizeof text - 1);
    check_kind(in_directory("refuse.csv"), &wishes, LS_COLUMN_NUMBER);
    wishes.categories = "v, -1";
    ls_encoding e;
    ls_table_facts facts;
    assert_ok(ls_table_scan(in_directory("refuse.csv"), &wishes, &e, &facts));
    assert_int_equal(e.column[0].kind, LS_COLUMN_ONEHOT);
    assert_int_equal(e.column[0].categories.count, ITEMS(texts));
    for (int k = 0; k < ITEMS(texts); k++)
        assert_string_equal(e.column[0].categories.text[k], texts[k]);
    assert_int_equal(facts.missing[0], 1);
    assert_int_equal(e.column[2].kind, LS_COLUMN_CLASSES);
    ls_table_facts_free(&facts);
    ls_encoding_free(&e);
    wishes.codes = true;
    check_kind(in_directory("refuse.csv"), &wishes, LS_COLUMN_CODES);
    wishes.codes = false;
    wishes.categories = "v";
    check_kind(write_column("v,w,y", "%d", 200, 999, ""), &wishes, LS_COLUMN_ONEHOT);
    check_refused(write_column("v,w,y", "%d", 1001, 9999, ""), &wishes, "has more than 1000 different texts");
    wishes.ignore = "v";
    ls_column_kind kind;
    int64_t features;
    assert_fails(scan(in_directory("refuse.csv"), &wishes, &kind, &features), LS_ERR_USAGE,
                 "column 'v' is in --categories and in --ignore; it can be one of them");
    wishes.ignore = "";
    wishes.date_format = "v=%Y";
    assert_fails(scan(in_directory("refuse.csv"), &wishes, &kind, &features), LS_ERR_USAGE,
                 "column 'v' is in --categories and in --date-format");
    wishes.date_format = NULL;
    wishes.categories = "u";
    assert_fails(scan(in_directory("refuse.csv"), &wishes, &kind, &features), LS_ERR_USAGE, "has no column 'u'");
}

/* Fewer than 19 of 20 are numbers: still what they are, and which word is not. */
static void test_mostly_values(void **unused)
{
    (void)unused;
    static const struct {
        const char *number, *word, *part;
    } cases[] = {
        {"%d.5", "k.A.",
         "Column 'v' has 568 numbers and 32 texts that are none: 'k.A.' on line 20; --missing-values 'k.A.' takes it "
         "as no "
         "value; --categories 'v' takes them all as categories; or leave"},
        {"\"%d,5\"", "k.A.",
         "'0,5' on line 2 and 567 more are numbers with a decimal comma; --decimal , reads them; beside them the "
         "column "
         "has 32 texts that are none: 'k.A.' on line 20; --missing-values 'k.A.' takes it"},
        {"%d.5", "PC %d",
         "Column 'v' has at least 582 different texts in 600 rows (568 are numbers, line 20 has 'PC 18'), each of "
         "which would "
         "become"},
        {"%d.5", NULL,
         "Column 'v' has 568 numbers and 32 texts that are none: '-' 30 times, first on line 56; --missing-values '-' "
         "takes it "
         "(and more, with commas between them) as no value"},
    };
    const ls_table_wishes wishes = usual_wishes();
    for (int i = 0; i < ITEMS(cases); i++) {
        ls_text text = {0};
        ls_text_append(&text, "v,w,y\n");
        for (int r = 0, words = 0; r < 600; r++) {
            if (r % 18 == 0 && r > 0 && r < 18 * 33)
                ls_text_printf(&text, cases[i].word != NULL ? cases[i].word : words++ < 2 ? "k.A." : "-", r);
            else
                ls_text_printf(&text, cases[i].number, r);
            ls_text_printf(&text, ",%d.5,%d\n", r, r % 2);
        }
        write_bytes(in_directory("refuse.csv"), ls_text_string(&text), text.length);
        ls_text_free(&text);
        check_refused(in_directory("refuse.csv"), &wishes, cases[i].part);
    }
}

/* What is advised can be typed as it stands. */
static void test_quotes(void **unused)
{
    (void)unused;
    const ls_table_wishes wishes = usual_wishes();
    check_refused(
        write_column("\"it's\",w,y", "%d", 60, 7, "\"n, a\""), &wishes,
        "Column 'it's' has 59 numbers and 1 text that is none: 'n, a' on line 9; --missing-values '\"n, a\"' takes it "
        "as no value; --categories 'it'\\''s' takes them all as categories; or leave the column out with --ignore "
        "'it'\\''s'");
    check_refused(write_column("\"a, b\",w,y", "\"Mar 4, 202%d\"", 9, 99, ""), &wishes,
                  "look like dates; --date-format '\"a, b=%b %d, %Y\"' reads them; --categories '\"a, b\"' takes them "
                  "as categories; or leave the column out with --ignore "
                  "'\"a, b\"'");
    check_refused(write_column("\"a, b\",w,y", "u%d", 101, 999, ""), &wishes,
                  "--id '\"a, b\"' keeps it beside the rows, --ignore '\"a, b\"' leaves");
}

/* All columns at once, the first in full. */
static void test_many(void **unused)
{
    (void)unused;
    ls_text text = {0};
    for (int c = 0; c < 9; c++)
        ls_text_printf(&text, "c%d,", c);
    ls_text_append(&text, "y\n");
    for (int r = 0; r < 30; r++) {
        for (int c = 0; c < 9; c++)
            ls_text_printf(&text, r == c + 3 ? "bad%d," : "%d,", c);
        ls_text_printf(&text, "%d\n", r % 2);
    }
    const char *path = in_directory("refuse.csv");
    write_bytes(path, ls_text_string(&text), text.length);
    ls_text_free(&text);
    const ls_table_wishes wishes = usual_wishes();
    check_refused(path, &wishes, "Column 'c0' has 29 numbers and 1 text that is none: 'bad0' on line 5");
    check_refused(path, &wishes, ". Column 'c5' has 29 numbers and 1 text that is none: 'bad5' on line 10");
    check_refused(path, &wishes, ". 3 more columns are like that");
}

static void test_heads(void **unused)
{
    (void)unused;
    static const struct {
        const char *text;
        ls_head head;
    } cases[] = {
        {"0,1,y\n1.0,0,0\n1.5,1,1\n", LS_HEAD_NUMBERS},
        {"moisture,1100,1102\n10,0.1,0.2\n11,0.3,0.4\n", LS_HEAD_NUMBERS},
        {"name,y,1100.5,1102.5,1104.5,1106.5,1108.5\nx,1,2,3,4,5,6\n", LS_HEAD_NUMBERS},
        {"0,1,2\n0.5,1,1\n", LS_HEAD_NUMBERS},
        {"0,1,2,3,4,5,6,7,8,9\n1,1,1,1,1,1,1,1,1,1\n", LS_HEAD_NUMBERS},
        {"0,1,2\n5,1,1\n", LS_HEAD_DOUBT},
        {"0,1\n0.5,1\n", LS_HEAD_DOUBT},
        {"city,2019,2020,2021\nParis,4,3,9\n", LS_HEAD_DOUBT},
        {"red,2\nblue,4\n", LS_HEAD_ROW},
        {"5,unknown,2\n5,3,6\n", LS_HEAD_ROW},
        {"?,1,2\n3,4,5\n", LS_HEAD_ROW},
        {"3,1,2\n0.5,1,1\n", LS_HEAD_ROW},
        {"\"1,5\",\"2,5\"\n\"2,5\",\"3,5\"\n", LS_HEAD_ROW}, /* decimal commas */
        {"a,b\nc,d\n", LS_HEAD_NAMES},
    };
    for (int i = 0; i < ITEMS(cases); i++) {
        ls_encoding e;
        ls_table_facts facts;
        ls_table_wishes wishes = usual_wishes();
        const ls_fields comma = {.decimal = ','};
        wishes.target = "none";
        wishes.fields = strchr(cases[i].text, '"') != NULL ? &comma : NULL;
        write_bytes(in_directory("head.csv"), cases[i].text, strlen(cases[i].text));
        assert_ok(ls_table_scan(in_directory("head.csv"), &wishes, &e, &facts));
        if (facts.head != cases[i].head)
            print_error("%s\n", cases[i].text);
        assert_int_equal(facts.head, cases[i].head);
        assert_int_equal(e.header, facts.head == LS_HEAD_NAMES || facts.head == LS_HEAD_NUMBERS);
        ls_table_facts_free(&facts);
        ls_encoding_free(&e);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_stray_words),
        cmocka_unit_test(test_beyond),
        cmocka_unit_test(test_ways_of_writing),
        cmocka_unit_test(test_dates),
        cmocka_unit_test(test_headers),
        cmocka_unit_test(test_categories),
        cmocka_unit_test(test_many),
        cmocka_unit_test(test_heads),
        cmocka_unit_test(test_named_categories),
        cmocka_unit_test(test_times),
        cmocka_unit_test(test_mostly_values),
        cmocka_unit_test(test_quotes),
    };
    return cmocka_run_group_tests(tests, directory_setup, directory_teardown);
}
