/* Fields of tables: words and numbers that stand for no value, numbers in every way of writing, and texts that are
 * almost numbers. */
#include "io_test.h"

#include "formats/almost.h"
#include "formats/fields.h"

#include <math.h>

static ls_field_kind read_text(const ls_fields *fields, const char *text, double *value)
{
    char copy[256]; /* so that nothing behind the field counts */
    const size_t length = strlen(text);
    memcpy(copy, text, length);
    memset(copy + length, '7', 8);
    const ls_field_kind kind = ls_fields_read(fields, copy, (int64_t)length, value);
    if (kind != LS_FIELD_MISSING) {
        assert_int_equal(ls_fields_read(fields, copy, (int64_t)length, NULL), kind);
        assert_false(ls_fields_is_missing(fields, copy, (int64_t)length));
    } else {
        assert_true(ls_fields_is_missing(fields, copy, (int64_t)length));
    }
    return kind;
}

static void check_kind(const ls_fields *fields, const char *text, ls_field_kind expected)
{
    double value;
    const ls_field_kind kind = read_text(fields, text, &value);
    if (kind != expected) {
        print_error("'%s' is %d, expected %d\n", text, (int)kind, (int)expected);
        fail();
    }
}

static void check_number(const ls_fields *fields, const char *text, double expected)
{
    double value = NAN;
    const ls_field_kind kind = read_text(fields, text, &value);
    if (kind < LS_FIELD_INTEGER || value != expected) {
        print_error("'%s' is %g (kind %d), expected %g\n", text, value, (int)kind, expected);
        fail();
    }
}

static const char *const usual[] = {"",     "#N/A",   "#N/A N/A", "#NA",  "-1.#IND", "-1.#QNAN", "-NaN",
                                    "-nan", "1.#IND", "1.#QNAN",  "<NA>", "N/A",     "NA",       "NULL",
                                    "NaN",  "None",   "n/a",      "nan",  "null",    "NONE",     "Na",
                                    ".",    "?",      "NA()",     "na()", "\\N"};

static void test_words(void **unused)
{
    (void)unused;
    const ls_fields fields = {0};
    for (int i = 0; i < ITEMS(usual); i++)
        check_kind(&fields, usual[i], LS_FIELD_MISSING);
    static const char *const texts[] = {"-", "#DIV/0!", "-nan(ind)", "missing", "n", "..", "NAN()", "none at all", "#"};
    for (int i = 0; i < ITEMS(texts); i++)
        check_kind(&fields, texts[i], LS_FIELD_TEXT);
}

static void test_more_words(void **unused)
{
    (void)unused;
    ls_fields fields = {0}, copy;
    static const char *const words[] = {"-999", "unknown", "1e3", "unknown", "!None"};
    for (int i = 0; i < ITEMS(words); i++)
        assert_ok(ls_fields_add_missing(&fields, words[i]));
    assert_int_equal(fields.missing.count, 4);
    assert_int_equal(fields.numbers, 2);
    assert_fails(ls_fields_add_missing(&fields, "unbekannt\xFC"), LS_ERR_USAGE, "is not UTF-8");
    assert_int_equal(fields.missing.count, 4);
    assert_ok(ls_fields_copy(&fields, &copy));
    const ls_fields *const both[] = {&fields, &copy};
    for (int i = 0; i < 2; i++) {
        static const char *const missing[] = {"-999", "-999.0", "-9.99e2", "1000", "unknown", "NA", "none"};
        for (int k = 0; k < ITEMS(missing); k++)
            check_kind(both[i], missing[k], LS_FIELD_MISSING);
        check_kind(both[i], "None", LS_FIELD_TEXT); /* taken back */
        check_kind(both[i], "Unknown", LS_FIELD_TEXT);
        check_number(both[i], "-999.5", -999.5);
        check_number(both[i], "999", 999);
    }
    ls_fields_free(&fields);
    copy.usual_off = true; /* only what was told, and nothing at all */
    check_kind(&copy, "NA", LS_FIELD_TEXT);
    check_kind(&copy, "", LS_FIELD_MISSING);
    check_kind(&copy, "unknown", LS_FIELD_MISSING);
    ls_fields_free(&copy);
}

/* A zero in a field ends no text: words of it are others, whatever stands behind. */
static void test_zeros(void **unused)
{
    (void)unused;
    ls_fields fields = {0};
    char text[] = "unknown\0.....";
    assert_ok(ls_fields_add_missing(&fields, "unknown"));
    for (int c = 1; c < 128; c++) { /* some of them are looked for where the word is */
        text[8] = (char)c;
        for (int64_t length = 8; length < (int64_t)sizeof text; length++)
            assert_int_equal(ls_fields_read(&fields, text, length, NULL), LS_FIELD_TEXT);
    }
    ls_fields_free(&fields);
}

static void test_numbers(void **unused)
{
    (void)unused;
    const ls_fields plain = {0}, comma = {.decimal = ','}, groups = {.thousands = ','};
    const ls_fields german = {.decimal = ',', .thousands = '.'}, french = {.decimal = ',', .thousands = ' '};
    const ls_fields swiss = {.thousands = '\''};
    check_number(&plain, "1.5D+03", 1500);
    check_number(&plain, "-.25d-1", -0.025);
    check_number(&plain, "12", 12);
    check_number(&plain, "inf", INFINITY);
    static const char *const texts[] = {"1,5",  "1d6", "1D+6", "1.5D", "1.5d3", "1 000",
                                        "12 %", "$5",  "1.5x", "+",    "1.2.3"};
    for (int i = 0; i < ITEMS(texts); i++)
        check_kind(&plain, texts[i], LS_FIELD_TEXT);
    check_number(&comma, "-28,7", -28.7);
    check_number(&comma, ",5", 0.5);
    check_number(&comma, "1,5e3", 1500);
    check_number(&comma, "1,5D+03", 1500);
    check_number(&comma, "12", 12);
    check_kind(&comma, "1.5", LS_FIELD_TEXT);
    check_kind(&comma, "1.000,5", LS_FIELD_TEXT);
    check_kind(&comma, "1,5,0", LS_FIELD_TEXT);
    check_number(&groups, "1,234,567.25", 1234567.25);
    check_number(&groups, "-1,200", -1200);
    check_number(&groups, "1200.5", 1200.5);
    static const char *const wrong[] = {"1,20", "1,2000", "1234,567", ",200", "1,,200", "1,200,", "1.5,000"};
    for (int i = 0; i < ITEMS(wrong); i++)
        check_kind(&groups, wrong[i], LS_FIELD_TEXT);
    check_number(&german, "1.234,5", 1234.5);
    check_number(&german, "1.234", 1234);
    check_kind(&german, "1.23", LS_FIELD_TEXT);
    check_number(&french, "1 234 567,5", 1234567.5);
    check_number(&french,
                 "1\xC2\xA0"
                 "234",
                 1234);
    check_number(&french,
                 "1\xE2\x80\xAF"
                 "234",
                 1234);
    check_number(&swiss, "12'345.5", 12345.5);
    check_number(&swiss,
                 "12\xE2\x80\x99"
                 "345",
                 12345);
    assert_int_equal(ls_fields_read(&german, "1.234", 5, NULL), LS_FIELD_INTEGER);
}

static void check_almost(const char *text, unsigned writings, const char *sign)
{
    char found[8];
    const unsigned set = ls_almost_number(text, (int64_t)strlen(text), found);
    if (set != writings || strcmp(found, sign) != 0) {
        print_error("'%s' gives %x '%s', expected %x '%s'\n", text, set, found, writings, sign);
        fail();
    }
}

static void test_almost(void **unused)
{
    (void)unused;
    check_almost("28,7", 0xAA, "");
    check_almost("1,200", 0xAE, ""); /* a fraction, or groups */
    check_almost("1,200.5", 0x04, "");
    check_almost("1.200,5", 0x08, "");
    check_almost("12 %", 0xFF, "%");
    check_almost("12,5%", 0xAA, "%");
    check_almost("$1,200.50", 0x04, "$");
    check_almost("-$5", 0xFF, "$");
    check_almost("5 \xE2\x82\xAC", 0xFF, "\xE2\x82\xAC");
    check_almost("1 234", 0x30, "");
    static const char *const texts[] = {"", "%", "red", "1a", "12:30", "03/04/2021", "a1", "-", "1,2,3x"};
    for (int i = 0; i < ITEMS(texts); i++) {
        char sign[8];
        assert_int_equal(ls_almost_number(texts[i], (int64_t)strlen(texts[i]), sign), 0);
    }
}

/* The way that is advised keeps the decimal that is in use where it can, and its options replace those in use. */
static void test_advised_ways(void **unused)
{
    (void)unused;
    static const struct {
        const char *text;
        char decimal; /* in use */
        bool real;
        const char *options; /* NULL: no way is left */
    } cases[] = {
        {"28,7", 0, false, "--decimal ,"},
        {"28,7", 0, true, NULL},
        {"1,200", 0, true, "--thousands comma"},
        {"1.000", ',', false, "--decimal , --thousands point"},
        {"1.5", ',', false, "--decimal ."},
        {"1.5", ',', true, NULL},
        {"1,200.5", ',', false, "--decimal . --thousands comma"},
        {"1 234,5", ',', true, "--decimal , --thousands space"},
    };
    for (int i = 0; i < ITEMS(cases); i++) {
        char sign[8];
        ls_text options = {0};
        const ls_fields fields = {.decimal = cases[i].decimal};
        const unsigned set = ls_almost_number(cases[i].text, (int64_t)strlen(cases[i].text), sign);
        const int way = ls_almost_choose(set, &fields, cases[i].real);
        assert_int_equal(way < 0, cases[i].options == NULL);
        if (way < 0)
            continue;
        ls_almost_put_options(way, &fields, &options);
        assert_string_equal(ls_text_string(&options), cases[i].options);
        assert_true(strlen(ls_almost_name(way)) > 0);
        ls_text_free(&options);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_words),   cmocka_unit_test(test_more_words), cmocka_unit_test(test_zeros),
        cmocka_unit_test(test_numbers), cmocka_unit_test(test_almost),     cmocka_unit_test(test_advised_ways),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
