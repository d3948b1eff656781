/* Tables: what a scan makes of columns, encodings as JSON and back, rows through them in any order, and every refusal.
 */
#include "io_test.h"

#include "base/memory.h"
#include "base/text.h"
#include "formats/csv_style.h"
#include "formats/table.h"
#include "formats/table_missing.h"
#include "formats/table_scan.h"

#include <fcntl.h>
#include <math.h>
#include <sys/stat.h>

static const char *write_table(const char *name, const char *text)
{
    const char *path = in_directory(name);
    write_bytes(path, text, strlen(text));
    return path;
}

static ls_table_wishes wishes_for(const char *target)
{
    return (ls_table_wishes){.style = {.delimiter = ','}, .target = target, .ignore = ""};
}

static const ls_csv_style comma = {.delimiter = ','};

static const char people[] = "age,colour,\"home, town\",id,label\n"
                             "30,red,Ulm,1a,yes\n"
                             ",blue,\"Bad \"\"X\"\"\",2,no\n"
                             "-1.5e1,NA,Ulm,3,yes\n"
                             "7,red,?,4,yes\n";

static ls_encoding scan_people(bool codes)
{
    ls_encoding e;
    ls_table_facts facts;
    ls_table_wishes wishes = wishes_for("");
    wishes.ignore = "id";
    wishes.codes = codes;
    assert_ok(ls_table_scan(write_table("people.csv", people), &wishes, &e, &facts));
    assert_int_equal(facts.rows, 4);
    static const int64_t missing[] = {1, 1, 1, 0, 0};
    assert_memory_equal(facts.missing, missing, sizeof missing);
    ls_table_facts_free(&facts);
    return e;
}

static void test_scan(void **unused)
{
    (void)unused;
    ls_encoding e = scan_people(false);
    assert_true(e.header);
    assert_int_equal(e.count, 5);
    assert_int_equal(e.features, 5);
    assert_int_equal(e.targets, 1);
    assert_string_equal(e.column[2].name, "home, town");
    assert_int_equal(e.column[0].kind, LS_COLUMN_NUMBER);
    assert_int_equal(e.column[1].kind, LS_COLUMN_ONEHOT);
    assert_int_equal(e.column[1].categories.count, 2);
    assert_string_equal(e.column[1].categories.text[0], "blue");
    assert_string_equal(e.column[2].categories.text[0], "Bad \"X\"");
    assert_int_equal(e.column[2].first, 3);
    assert_int_equal(e.column[3].role, LS_ROLE_IGNORED);
    assert_string_equal(ls_encoding_classes(&e)->categories.text[1], "yes");
    ls_text name = {0};
    ls_encoding_feature_name(&e, 2, &name);
    assert_string_equal(ls_text_string(&name), "colour=red");
    ls_text_free(&name);
    ls_encoding_free(&e);
}

/* A column that begins with numbers and goes on with text is text from its first row on. */
static void test_late_text(void **unused)
{
    (void)unused;
    ls_encoding e;
    ls_table_facts facts;
    ls_table_wishes wishes = wishes_for("y");
    assert_ok(ls_table_scan(write_table("late.csv", "a,y\n10,1\n9,2\nx,3\n10,4\n"), &wishes, &e, &facts));
    assert_int_equal(e.column[0].kind, LS_COLUMN_ONEHOT);
    assert_int_equal(e.column[0].categories.count, 3);
    assert_string_equal(e.column[0].categories.text[0], "10");
    assert_string_equal(e.column[0].categories.text[2], "x");
    assert_int_equal(e.target_kind, LS_COLUMN_INTEGER);
    assert_true(facts.least == 1 && facts.most == 4);
    ls_table_facts_free(&facts);
    ls_encoding_free(&e);
}

static void test_headers(void **unused)
{
    (void)unused;
    static const struct {
        const char *text;
        ls_header header;
        bool expected;
        int64_t rows;
    } cases[] = {{"a,b\n1,2\n", LS_HEADER_AUTO, true, 1},
                 {"1,2\n3,4\n", LS_HEADER_AUTO, false, 2},
                 {"a,2\nb,4\n", LS_HEADER_AUTO, false, 2},
                 {"a,b\nc,d\n", LS_HEADER_OFF, false, 2},
                 {"1,2\n3,4\n", LS_HEADER_ON, true, 1}};
    for (int i = 0; i < ITEMS(cases); i++) {
        ls_encoding e;
        ls_table_facts facts;
        ls_table_wishes wishes = wishes_for("-1");
        wishes.header = cases[i].header;
        assert_ok(ls_table_scan(write_table("header.csv", cases[i].text), &wishes, &e, &facts));
        assert_int_equal(e.header, cases[i].expected);
        assert_int_equal(facts.rows, cases[i].rows);
        assert_int_equal(e.column[1].role, LS_ROLE_TARGET);
        if (!e.header)
            assert_string_equal(e.column[1].name, "2");
        ls_table_facts_free(&facts);
        ls_encoding_free(&e);
    }
}

static void check_targets(const char *target, const char *ignore, const char *roles)
{
    ls_encoding e;
    ls_table_facts facts;
    ls_table_wishes wishes = wishes_for(target);
    wishes.ignore = ignore;
    wishes.header = LS_HEADER_ON; /* a name is a number */
    assert_ok(ls_table_scan(write_table("roles.csv", "a,\"b,c\",3,d\n1,2,3,4\n"), &wishes, &e, &facts));
    for (int i = 0; i < 4; i++)
        assert_int_equal("ftx"[e.column[i].role], roles[i]);
    ls_table_facts_free(&facts);
    ls_encoding_free(&e);
}

static void test_roles(void **unused)
{
    (void)unused;
    check_targets("d", "", "ffft");
    check_targets("1, -1", "\"b,c\"", "txft");
    check_targets("3", "", "fftf"); /* the name goes before the number, which is the same here */
    check_targets("none", "4", "fffx");
}

static void check_refused(const char *text, const char *target, ls_status code, const char *part)
{
    ls_encoding e;
    ls_table_facts facts;
    const ls_table_wishes wishes = wishes_for(target);
    assert_fails(ls_table_scan(write_table("refused.csv", text), &wishes, &e, &facts), code, part);
    assert_null(e.column);
    assert_null(facts.missing);
}

static void test_refused(void **unused)
{
    (void)unused;
    check_refused("a,b\n1,2\n", "", LS_ERR_USAGE, "which column is the target? Give --target");
    check_refused("a,b\n1,2\n", "", LS_ERR_USAGE, "the columns are 1 a, 2 b");
    check_refused("label,y,b\n1,2,3\n", "", LS_ERR_USAGE, "which column is the target?");
    check_refused("width,b\n1,2\n", "widht", LS_ERR_USAGE, "no column 'widht'; did you mean 'width'?");
    check_refused("a,b\n1,2\n", "3", LS_ERR_USAGE, "no column '3'");
    check_refused("a,b\n1,2\n", "0", LS_ERR_USAGE, "no column '0'");
    check_refused("a,b\n1,2\n", "a,b", LS_ERR_USAGE, "no column is left for the features");
    check_refused("a,a\n1,2\n", "a", LS_ERR_DATA, "columns 1 and 2 are both called 'a'");
    check_refused("a,b\n", "b", LS_ERR_DATA, "has a header and no rows");
    check_refused("a,b\none,1,2\ntwo,3,4\n", "b", LS_ERR_DATA,
                  "line 2: has 3 fields, but the header names 2 columns, as R's write.table does it with row names");
    check_refused("a,b\n1,2\n1,2,3\n", "b", LS_ERR_DATA, "line 3: has 3 fields, expected 2");
    check_refused("\n\n", "b", LS_ERR_DATA, "has no rows");
    check_refused("a,b\n1,2\n1,2,3\n", "b", LS_ERR_DATA,
                  "refused.csv line 3: has 3 fields, expected 2; the line begins: 1,2,3");
    check_refused("a,b\n1,2\n\n1\n", "b", LS_ERR_DATA, "line 4: has 1 fields, expected 2");
    check_refused("a,b\n1,2\n1,NA\n", "b", LS_ERR_DATA, "line 3: the target 'b' is missing ('NA')");
    check_refused("a,b,c\n1,2,x\n", "b,c", LS_ERR_DATA, "the target 'c' is text and there are 2 targets");
    check_refused("a,b\nM\xFCnchen,2\n", "b", LS_ERR_DATA, "line 2: the text in column 'a' is not UTF-8");
    check_refused("\xFC,b\n1,2\n", "b", LS_ERR_DATA, "the name of column 1 is not UTF-8");
    ls_text many = {0};
    ls_text_append(&many, "a,b\n");
    for (int i = 0; i <= LS_ONEHOT_MOST; i++)
        ls_text_printf(&many, "t%d,1\n", i);
    check_refused(ls_text_string(&many), "b", LS_ERR_DATA,
                  "Column 'a' has more than 1000 different texts in 1001 rows");
    ls_text_free(&many);
}

/* ---- encodings as text ---- */

static void test_json(void **unused)
{
    (void)unused;
    for (int codes = 0; codes < 2; codes++) {
        ls_encoding e = scan_people(codes == 1), back;
        ls_text once = {0}, twice = {0};
        ls_encoding_write(&e, &once);
        assert_ok(ls_encoding_read(ls_text_string(&once), "test", &back));
        ls_encoding_write(&back, &twice);
        assert_string_equal(ls_text_string(&once), ls_text_string(&twice));
        assert_int_equal(back.features, e.features);
        assert_int_equal(back.target_kind, LS_COLUMN_CLASSES);
        ls_text_free(&once);
        ls_text_free(&twice);
        ls_encoding_free(&e);
        ls_encoding_free(&back);
    }
    static const char *const damaged[] = {
        "{}",
        "[]",
        "{\"format\":1,\"header\":true,\"columns\":[]}",
        "{\"format\":1,\"header\":true,\"columns\":[{\"role\":\"feature\",\"kind\":\"number\"}]}",
        "{\"format\":1,\"header\":true,\"columns\":[{\"name\":\"a\",\"role\":\"feature\",\"kind\":\"classes\"}]}",
        "{\"format\":1,\"header\":true,\"columns\":[{\"name\":\"a\",\"role\":\"feature\",\"kind\":\"onehot\"}]}",
        ("{\"format\":1,\"header\":true,\"columns\":[{\"name\":\"a\",\"role\":\"feature\",\"kind\":\"codes\","
         "\"categories\":[\"x\",\"x\"]}]}")};
    ls_encoding e;
    for (int i = 0; i < ITEMS(damaged); i++)
        assert_fails(ls_encoding_read(damaged[i], "f.h5", &e), LS_ERR_DATA,
                     "f.h5: the encoding of the columns is damaged");
    assert_fails(ls_encoding_read("{\"format\":0.5}", "f.h5", &e), LS_ERR_DATA, "is damaged");
    char says[200];
    (void)snprintf(says, sizeof says,
                   "f.h5: the encoding of the columns has format 3, written by a newer Lockstep; this one (%s) reads "
                   "formats up to 2; use the newer one",
                   ls_version());
    assert_fails(ls_encoding_read("{\"format\":3}", "f.h5", &e), LS_ERR_DATA, says);
}

/* What format 1 has not is kept, and makes the format 2; without it the text stays as it was. */
static void test_json_later(void **unused)
{
    (void)unused;
    static const char text[] =
        "{\"format\": 2, \"header\": true, \"decimal\": \",\", \"thousands\": \".\", \"usual_missing\": false, "
        "\"missing_values\": [\"-999\", \"unknown\"], \"columns\": ["
        "{\"name\": \"time\", \"role\": \"feature\", \"kind\": \"number\", \"offset\": 1700000000.5}, "
        "{\"name\": \"w\", \"role\": \"weight\", \"kind\": \"number\"}, "
        "{\"name\": \"patient\", \"role\": \"group\", \"kind\": \"number\"}, "
        "{\"name\": \"key\", \"role\": \"id\", \"kind\": \"number\"}]}";
    static const char targets[] = "{\"format\":2,\"header\":true,\"columns\":[{\"name\":\"/y\",\"role\":\"target\","
                                  "\"kind\":\"classes\",\"categories\":[\"no\",\"yes\"]}]}";
    ls_encoding e, back;
    ls_text once = {0}, twice = {0};
    assert_ok(ls_encoding_read(targets, "test", &e));
    ls_encoding_write(&e, &once);
    assert_string_equal(ls_text_string(&once), targets);
    assert_string_equal(ls_column_called(&e.column[0]), "y");
    ls_encoding_free(&e);
    ls_text_clear(&once);
    assert_ok(ls_encoding_read(text, "test", &e));
    assert_int_equal(e.features, 1);
    assert_int_equal(e.fields.decimal, ',');
    assert_int_equal(e.fields.thousands, '.');
    assert_true(e.fields.usual_off);
    assert_true(e.column[0].offset == 1700000000.5);
    assert_int_equal(e.column[3].role, LS_ROLE_ID);
    assert_true(ls_fields_is_missing(&e.fields, "-999", 4));
    assert_true(ls_fields_is_missing(&e.fields, "", 0));
    assert_false(ls_fields_is_missing(&e.fields, "NA", 2));
    ls_encoding_write(&e, &once);
    assert_non_null(strstr(ls_text_string(&once), "\"format\""));
    assert_ok(ls_encoding_read(ls_text_string(&once), "test", &back));
    ls_encoding_write(&back, &twice);
    assert_string_equal(ls_text_string(&once), ls_text_string(&twice));
    assert_int_equal(back.fields.missing.count, 2);
    assert_true(back.column[0].offset == 1700000000.5);
    assert_int_equal(back.column[1].role, LS_ROLE_WEIGHT);
    ls_text_free(&once);
    ls_text_free(&twice);
    ls_encoding_free(&e);
    ls_encoding_free(&back);
    assert_fails(
        ls_encoding_read("{\"format\": 2, \"header\": true, \"decimal\": \"..\", \"columns\": [{\"name\": \"a\", "
                         "\"role\": \"feature\", \"kind\": \"number\"}]}",
                         "f.h5", &e),
        LS_ERR_DATA, "f.h5: the encoding of the columns is damaged");
}

/* ---- rows ---- */

/* A category that is not known is an error, or none of them, and then it is counted. */
static void test_unknown(void **unused)
{
    (void)unused;
    for (int codes = 0; codes < 2; codes++) {
        const char *path = in_directory("unknown.csv");
        const char *known = in_directory("known.csv");
        ls_table_wishes wishes = {.style = {.delimiter = ','}, .target = "y", .ignore = "", .codes = codes == 1};
        ls_encoding e;
        ls_table_facts facts;
        ls_table *table;
        ls_table_mark *marks;
        int64_t rows, count;
        float x[12];
        write_bytes(known, "c,d,y\nred,p,0\nblue,q,1\n", 23);
        assert_ok(ls_table_scan(known, &wishes, &e, &facts));
        const char text[] = "c,d\nred,p\nviolet,r\n,q\nviolet,q\n";
        write_bytes(path, text, sizeof text - 1);
        assert_ok(ls_table_open(path, &wishes.style, &e, false, &table));
        assert_fails(
            ls_table_next(table, 4, x, NULL, &rows), LS_ERR_DATA,
            "unknown.csv line 3: column 'c' has 'violet', expected one of the categories it was converted with: "
            "blue, red; --unknown ignore takes it as none of them");
        ls_table_close(table);
        assert_ok(ls_table_open(path, &wishes.style, &e, false, &table));
        ls_table_ignore_unknown(table);
        assert_ok(ls_table_index(table, &rows, &marks, &count));
        assert_int_equal(rows, 4);
        ls_table_set_index(table, marks, count);
        assert_ok(ls_table_read(table, 0, codes ? 4 : 3, x, NULL));
        if (codes) {
            assert_true(x[0] == 1 && x[1] == 0 && x[2] == 2 && x[3] == 2 && isnan(x[4]) && x[5] == 1 && x[6] == 2);
        } else {
            static const float expected[8] = {0, 1, 1, 0, 0, 0, 0, 0};
            assert_memory_equal(x, expected, sizeof expected);
            assert_true(isnan(x[8]) && isnan(x[9]) && x[10] == 0 && x[11] == 1);
        }
        ls_text list = {0};
        assert_int_equal(ls_table_unknown(table)->rows, 2);
        ls_unknown_list(ls_table_unknown(table), &list);
        assert_string_equal(ls_text_string(&list), "c=violet, d=r");
        ls_text_free(&list);
        ls_table_close(table);
        ls_encoding_free(&e);
        ls_table_facts_free(&facts);
    }
}

static void test_rows(void **unused)
{
    (void)unused;
    ls_encoding e = scan_people(false);
    static const float expected[4][5] = {
        {30, 0, 1, 0, 1}, {NAN, 1, 0, 1, 0}, {-15, NAN, NAN, 0, 1}, {7, 0, 1, NAN, NAN}};
    static const double labels[4] = {1, 0, 1, 1};
    /* the same columns in another order, one more among them */
    static const char shuffled[] =
        "label,more,\"home, town\",age,colour\nyes,,Ulm,30,red\nno,z,\"Bad \"\"X\"\"\",,blue\n"
        "yes,,Ulm,-15,NA\nyes,,NULL,7.0,red\n";
    const char *const texts[] = {people, shuffled};
    for (int i = 0; i < 2; i++) {
        ls_table *table;
        float x[5][5];
        double y[5];
        int64_t rows;
        assert_ok(ls_table_open(write_table("rows.csv", texts[i]), &comma, &e, true, &table));
        assert_true(ls_table_has_targets(table));
        assert_ok(ls_table_next(table, 5, x[0], y, &rows));
        assert_int_equal(rows, 4);
        for (int r = 0; r < 4; r++) {
            assert_true(y[r] == labels[r]);
            for (int c = 0; c < 5; c++)
                assert_true(isnan(expected[r][c]) ? isnan(x[r][c]) : x[r][c] == expected[r][c]);
        }
        ls_table_close(table);
    }
    ls_encoding_free(&e);
}

/* Fields written as people write them: the encoding knows how, also when it comes back from its text. */
static void test_written(void **unused)
{
    (void)unused;
    static const char text[] = "sold;due;price;note;y\n"
                               "2021-03-04T12:00;4.3.2021;1.234,5;a;None\n"
                               "1969-12-31;31.12.1999;-,25;-999;Mild\n"
                               ";k.A.;-999,0;k.A.;Mild\n";
    static const float expected[3][5] = {
        {18690.5f, 2021, 3, 1234.5f, 1}, {-1, 1999, 4, -0.25f, NAN}, {NAN, NAN, NAN, NAN, NAN}};
    ls_fields fields = {.decimal = ',', .thousands = '.'};
    static const char *const words[] = {"-999", "k.A.", "!None"};
    for (int i = 0; i < ITEMS(words); i++)
        assert_ok(ls_fields_add_missing(&fields, words[i]));
    ls_table_wishes wishes = wishes_for("y");
    wishes.style.delimiter = ';';
    wishes.fields = &fields;
    wishes.date_format = "due=%d.%m.%Y";
    ls_encoding scanned, e;
    ls_table_facts facts;
    ls_text json = {0};
    assert_ok(ls_table_scan(write_table("written.csv", text), &wishes, &scanned, &facts));
    assert_int_equal(facts.missing[0] + facts.missing[1] + facts.missing[2] + facts.missing[3], 5);
    ls_table_facts_free(&facts);
    ls_fields_free(&fields);
    scanned.column[1].date_parts = 1u << LS_DATE_YEAR | 1u << LS_DATE_WEEKDAY;
    ls_encoding_number(&scanned);
    ls_encoding_write(&scanned, &json);
    ls_encoding_free(&scanned);
    assert_ok(ls_encoding_read(ls_text_string(&json), "test", &e));
    assert_int_equal(strncmp(ls_text_string(&json), "{\"format\":2,", 12), 0);
    ls_text_clear(&json);
    ls_encoding_feature_name(&e, 2, &json);
    assert_string_equal(ls_text_string(&json), "due.weekday");
    ls_text_free(&json);
    assert_int_equal(e.features, 5);
    ls_table *table;
    float x[3][5];
    double y[3];
    int64_t rows;
    assert_ok(ls_table_open(in_directory("written.csv"), &wishes.style, &e, true, &table));
    assert_ok(ls_table_next(table, 3, x[0], y, &rows));
    assert_int_equal(rows, 3);
    for (int r = 0; r < 3; r++)
        for (int c = 0; c < 5; c++)
            assert_true(isnan(expected[r][c]) ? isnan(x[r][c]) : x[r][c] == expected[r][c]);
    assert_true(y[0] == 1 && y[1] == 0); /* Mild, None */
    ls_table_close(table);
    e.column[0].offset = 18690; /* taken from the days in float64 */
    assert_ok(ls_table_open(write_table("written.csv", text), &wishes.style, &e, true, &table));
    assert_ok(ls_table_next(table, 1, x[0], y, &rows));
    assert_true(x[0][0] == 0.5f && x[0][1] == 2021);
    ls_table_close(table);
    static const char bad[] = "sold;due;price;note;y\n4.3.2021;;;;Mild\n";
    assert_ok(ls_table_open(write_table("written.csv", bad), &wishes.style, &e, true, &table));
    assert_fails(ls_table_next(table, 1, x[0], y, &rows), LS_ERR_DATA,
                 "line 2: column 'sold' has '4.3.2021', expected a date of the form 2021-03-04 12:30:00 (ISO 8601)");
    ls_table_close(table);
    ls_encoding_free(&e);
}

static void check_row_refused(const ls_encoding *e, const char *text, const char *part)
{
    ls_table *table = NULL;
    float x[64];
    double y[8];
    int64_t rows;
    ls_status status = ls_table_open(write_table("bad.csv", text), &comma, e, true, &table);
    if (status == LS_OK)
        status = ls_table_next(table, 8, x, y, &rows);
    assert_fails(status, LS_ERR_DATA, part);
    ls_table_close(table);
}

static void test_rows_refused(void **unused)
{
    (void)unused;
    ls_encoding e = scan_people(false);
    check_row_refused(&e, "age,colour,label\n", "bad.csv line 1: the header lacks the column 'home, town'");
    check_row_refused(&e, "\"home, town\",colour\n", "lacks the columns 'age', 'label' (the target)");
    check_row_refused(
        &e,
        "age,\xEF\xBB\xBF"
        "colour,\"home, town\",label\n",
        "lacks the column 'colour' (it has '\\ufeffcolour', which differs in characters that cannot be seen, "
        "written here as \\u....); the line begins: age,\\ufeffcolour,");
    check_row_refused(
        &e, "age, Colour,\"home, town\",label\n",
        "lacks the column 'colour' (it has 'Colour', which differs in blanks, or in upper and lower case)");
    check_row_refused(&e, "age,colour,\"home, town\",label\n1,red\xE2\x80\x8B,Ulm,no\n",
                      "line 2: column 'colour' has 'red\\u200b', expected one of the categories");
    check_row_refused(&e, "age,age,colour,\"home, town\",label\n", "has the column 'age' twice");
    check_row_refused(&e, "age,colour,\"home, town\",label\n", "has a header and no rows");
    check_row_refused(
        &e, "age,colour,\"home, town\",label\n1,red,Ulm,no\n1,green,Ulm,no\n",
        "line 3: column 'colour' has 'green', expected one of the categories it was converted with: blue, "
        "red; --unknown ignore takes it as none of them; the line begins: 1,green");
    check_row_refused(&e, "age,colour,\"home, town\",label\nold,red,Ulm,no\n",
                      "line 2: column 'age' has 'old', expected a number");
    check_row_refused(&e, "age,colour,\"home, town\",label\n-1e999,red,Ulm,no\n",
                      "line 2: column 'age' has '-1e999', expected a number of at most 3.4e38, as float32 has them; "
                      "--missing-values '-1e999' takes it as no value");
    check_row_refused(&e, "age,colour,\"home, town\",label\n1,red,Ulm,maybe\n",
                      "line 2: column 'label' has 'maybe', expected one of the categories");
    check_row_refused(&e, "age,colour,\"home, town\",label\n1,red,Ulm,\n", "column 'label' has '', expected a value");
    check_row_refused(&e, "age,colour,\"home, town\",label\n1,red,Ulm\n", "line 2: has 3 fields, expected 4");
    ls_table *table;
    assert_ok(
        ls_table_open(write_table("bad.csv", "age,colour,\"home, town\"\n1,red,Ulm\n"), &comma, &e, false, &table));
    assert_false(ls_table_has_targets(table));
    assert_fails(ls_table_fail_targets(table), LS_ERR_DATA,
                 "bad.csv has no column 'label', which is the target; evaluate needs it, predict does not");
    ls_table_close(table);
    ls_encoding_free(&e);
}

/* Without a header columns are told apart by their places, and the targets may be left out. */
static void test_places(void **unused)
{
    (void)unused;
    ls_encoding e;
    ls_table_facts facts;
    ls_table_wishes wishes = wishes_for("2");
    ls_table *table;
    float x[4];
    int64_t rows;
    assert_ok(ls_table_scan(write_table("places.csv", "1,5,3\n4,6,6\n"), &wishes, &e, &facts));
    ls_table_facts_free(&facts);
    assert_ok(ls_table_open(write_table("places.csv", "7,8\n9,10\n"), &comma, &e, false, &table));
    assert_ok(ls_table_next(table, 2, x, NULL, &rows));
    assert_true(rows == 2 && x[0] == 7 && x[1] == 8 && x[2] == 9 && x[3] == 10);
    ls_table_close(table);
    check_row_refused(&e, "1,2,3,4\n", "line 1: has 4 fields, expected 3");
    check_row_refused(&e, "1,2\n", "line 1: has 2 fields, expected 3");
    ls_encoding_free(&e);
}

/* Rows without a target are left out, and what else they hold does not count. */
static void test_missing_targets(void **unused)
{
    (void)unused;
    static const char *const text = "a,c,y\n1,red,2.5\n2,odd,NA\n,blue,3\nnone at all,odd,\n5,red,?\n7,blue,1.5\n";
    ls_encoding e;
    ls_table_facts facts;
    ls_table_wishes wishes = wishes_for("y");
    ls_table *table;
    float x[6][3];
    double y[6];
    int64_t rows;
    check_refused(text, "y", LS_ERR_DATA,
                  "refused.csv line 3: the target 'y' is missing ('NA'), and a row without a target cannot be used; "
                  "--missing drop leaves such rows out");
    wishes.drop = true;
    assert_ok(ls_table_scan(write_table("targets.csv", text), &wishes, &e, &facts));
    assert_int_equal(facts.rows, 3);
    assert_int_equal(facts.dropped, 3);
    assert_int_equal(facts.missing[0], 1);
    ls_table_facts_free(&facts);
    assert_int_equal(e.column[0].kind, LS_COLUMN_NUMBER);
    assert_int_equal(e.features, 3);
    assert_ok(ls_table_open(in_directory("targets.csv"), &comma, &e, true, &table));
    assert_fails(ls_table_next(table, 6, x[0], y, &rows), LS_ERR_DATA, "line 3: column 'c' has 'odd'");
    ls_table_close(table);
    assert_ok(ls_table_open(in_directory("targets.csv"), &comma, &e, true, &table));
    ls_table_set_missing(table, LS_TABLE_DROPPED);
    assert_ok(ls_table_next(table, 6, x[0], y, &rows));
    assert_int_equal(rows, 3);
    assert_true(y[0] == 2.5 && y[1] == 3 && y[2] == 1.5 && x[0][0] == 1 && isnan(x[1][0]) && x[2][0] == 7);
    assert_true(x[2][1] == 1 && x[2][2] == 0); /* blue, red */
    ls_table_close(table);
    assert_ok(ls_table_open(in_directory("targets.csv"), &comma, &e, true, &table));
    ls_table_set_missing(table, LS_TABLE_NAN);
    assert_ok(ls_table_next(table, 6, x[0], y, &rows));
    assert_int_equal(rows, 6);
    for (int r = 0; r < 6; r++)
        assert_int_equal(isnan(y[r]) && isnan(x[r][0]) && isnan(x[r][2]), r == 1 || r == 3 || r == 4);
    ls_table_close(table);
    ls_encoding_free(&e);
    assert_fails(ls_table_scan(write_table("targets.csv", "a,y\n1,\n2,NA\n"), &wishes, &e, &facts), LS_ERR_DATA,
                 "every one of its 2 rows lacks a target");
}

/* A column without a name, as pandas writes its index, is named by its place. */
static void test_nameless(void **unused)
{
    (void)unused;
    ls_encoding e;
    ls_table_facts facts;
    ls_table_wishes wishes = wishes_for("y");
    ls_table *table;
    float x[2];
    int64_t rows;
    assert_ok(ls_table_scan(write_table("index.csv", ",a,y\n0,5,1\n1,6,2\n"), &wishes, &e, &facts));
    ls_table_facts_free(&facts);
    assert_string_equal(e.column[0].name, "1");
    assert_ok(ls_table_open(in_directory("index.csv"), &comma, &e, true, &table));
    assert_ok(ls_table_next(table, 1, x, NULL, &rows));
    assert_true(rows == 1 && x[0] == 0 && x[1] == 5);
    ls_table_close(table);
    ls_encoding_free(&e);
}

/* Any range, from marks of its own or of another table. */
static void test_index(void **unused)
{
    (void)unused;
    const int64_t rows = 5 * LS_TABLE_STRIDE + 77;
    ls_text text = {0};
    ls_text_append(&text, "x,y\n");
    for (int64_t r = 0; r < rows; r++)
        ls_text_printf(&text, "%lld%s,%lld\n", (long long)r, r % 3 == 0 ? ".5" : "", (long long)(2 * r));
    ls_encoding e;
    ls_table_facts facts;
    const ls_table_wishes wishes = wishes_for("y");
    const char *path = write_table("index.csv", ls_text_string(&text));
    ls_text_free(&text);
    assert_ok(ls_table_scan(path, &wishes, &e, &facts));
    ls_table_facts_free(&facts);
    ls_table *table;
    ls_table_mark *marks;
    int64_t found, count;
    assert_ok(ls_table_open(path, &comma, &e, true, &table));
    assert_ok(ls_table_index(table, &found, &marks, &count));
    assert_int_equal(found, rows);
    assert_int_equal(count, 6);
    ls_table_set_index(table, marks, count);
    static const int64_t ranges[][2] = {
        {0, 3},       {3, 1000}, {LS_TABLE_STRIDE, 1},         {5 * LS_TABLE_STRIDE, 77},
        {2000, 3000}, {7, 0},    {1, 5 * LS_TABLE_STRIDE + 76}};
    float *x = malloc((size_t)rows * sizeof *x);
    double *y = malloc((size_t)rows * sizeof *y);
    assert_true(x != NULL && y != NULL);
    for (int i = 0; i < ITEMS(ranges); i++) {
        assert_ok(ls_table_read(table, ranges[i][0], ranges[i][1], x, y));
        for (int64_t k = 0; k < ranges[i][1]; k++) {
            const int64_t r = ranges[i][0] + k;
            assert_true(x[k] == (float)r + (r % 3 == 0 ? 0.5f : 0));
            assert_true(y[k] == (double)(2 * r));
        }
    }
    assert_fails(ls_table_read(table, rows - 1, 2, x, y), LS_ERR_DATA, "became shorter");
    const struct timespec written[2] = {{.tv_sec = 1},
                                        {.tv_sec = 1}}; /* whoever wrote to it left it as long as it was */
    assert_int_equal(utimensat(AT_FDCWD, path, written, 0), 0);
    assert_fails(ls_table_read(table, 0, 3, x, y), LS_ERR_DATA, "has been written to since reading began");
    free(x);
    free(y);
    ls_table_close(table);
    ls_encoding_free(&e);
}

/* Whatever a file holds, it is refused or read to its end, and its encoding survives being written. */
static ls_status use_anything(const char *path)
{
    ls_encoding e, back;
    ls_table_facts facts;
    ls_table_wishes wishes = wishes_for("-1");
    ls_table *table;
    ls_text json = {0};
    wishes.style.delimiter = next_random() % 8 == 0 ? ';' : ',';
    if (next_random() % 2 == 0)
        LS_TRY(ls_csv_find_style(path, &(ls_csv_wishes){0}, &wishes.style));
    wishes.max_categories = next_random() % 2 == 0 ? 50 : 0; /* else nearly all that is damaged is refused */
    LS_TRY(ls_table_scan(path, &wishes, &e, &facts));
    ls_table_facts_free(&facts);
    ls_encoding_write(&e, &json);
    assert_ok(ls_encoding_read(ls_text_string(&json), path, &back));
    assert_int_equal(back.features, e.features);
    assert_ok(ls_table_open(path, &wishes.style, &back, true, &table));
    float *x = malloc((size_t)(facts.rows * e.features) * sizeof *x);
    double *y = malloc((size_t)facts.rows * sizeof *y);
    int64_t rows;
    assert_true(x != NULL && y != NULL);
    assert_ok(ls_table_next(table, facts.rows, x, y, &rows));
    assert_int_equal(rows, facts.rows);
    free(x);
    free(y);
    ls_table_close(table);
    ls_text_free(&json);
    ls_encoding_free(&e);
    ls_encoding_free(&back);
    return LS_OK;
}

static void test_damaged(void **unused)
{
    (void)unused;
    static const char bytes[] = ",;\"\n\r\t 019.eE+-xNA\xC3\xA9\xFF";
    const int rounds = fuzz_rounds(3000);
    int used = 0;
    for (int round = 0; round < rounds; round++) {
        char text[400] = "";
        size_t length = sizeof people - 1;
        memcpy(text, people, length);
        if (round % 4 == 0)
            length = next_random() % length + 1;
        for (int i = (int)(next_random() % 3); i >= 0; i--)
            text[next_random() % length] = bytes[next_random() % (sizeof bytes)]; /* its NUL as well */
        write_bytes(in_directory("damaged.csv"), text, length);
        const ls_status status = use_anything(in_directory("damaged.csv"));
        assert_true(status == LS_OK || status == LS_ERR_DATA || status == LS_ERR_USAGE);
        used += status == LS_OK;
    }
    print_message("%d of %d damaged tables could be used\n", used, rounds);
    assert_true(used > rounds / 20 && used < rounds);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_scan),       cmocka_unit_test(test_late_text),       cmocka_unit_test(test_headers),
        cmocka_unit_test(test_roles),      cmocka_unit_test(test_refused),         cmocka_unit_test(test_json),
        cmocka_unit_test(test_json_later), cmocka_unit_test(test_unknown),         cmocka_unit_test(test_rows),
        cmocka_unit_test(test_places),     cmocka_unit_test(test_index),           cmocka_unit_test(test_rows_refused),
        cmocka_unit_test(test_damaged),    cmocka_unit_test(test_missing_targets), cmocka_unit_test(test_nameless),
        cmocka_unit_test(test_written),
    };
    return cmocka_run_group_tests(tests, directory_setup, directory_teardown);
}
