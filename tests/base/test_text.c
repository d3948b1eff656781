/* Growing texts and numbers as text, under a host's comma locale, too. */
#include <float.h>
#include <locale.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/log.h"
#include "base/parse.h"
#include "base/text.h"

static void test_growing(void **state)
{
    ls_text text = {0};
    (void)state;
    assert_string_equal(ls_text_string(&text), "");
    for (int i = 0; i < 1000; i++) {
        ls_text_append(&text, "ab");
        ls_text_append_bytes(&text, "cdef", 1);
        ls_text_printf(&text, "%03d", i);
        assert_int_equal(text.length, 6 * (i + 1));
    }
    assert_int_equal(strlen(ls_text_string(&text)), 6000);
    for (int i = 0; i < 1000; i++) {
        char expected[8];
        snprintf(expected, sizeof expected, "abc%03d", i);
        assert_memory_equal(ls_text_string(&text) + 6 * i, expected, 6);
    }
    assert_int_equal(ls_text_status(&text), LS_OK);
    ls_text_clear(&text);
    assert_string_equal(ls_text_string(&text), "");
    ls_text_append(&text, "again");
    assert_string_equal(ls_text_string(&text), "again");
    ls_text_free(&text);
    assert_null(text.data);
    assert_int_equal(text.capacity, 0);
}

/* Appends whose lengths meet the capacity exactly: the NUL must have its place. */
static void test_borders(void **state)
{
    static char filler[2000];
    (void)state;
    memset(filler, 'f', sizeof filler);
    for (size_t length = 250; length < 520; length++) {
        ls_text text = {0};
        ls_text_append_bytes(&text, filler, length);
        assert_int_equal(strlen(ls_text_string(&text)), length);
        assert_true(text.capacity > length);
        ls_text_printf(&text, "%.*s", (int)(600 - length), filler);
        assert_int_equal(strlen(ls_text_string(&text)), 600);
        ls_text_clear(&text);
        ls_text_append(&text, "f");
        assert_true(text.capacity < sizeof filler);
        ls_text_append_bytes(&text, filler, text.capacity - 1); /* all but the NUL would fit */
        assert_true(text.capacity > text.length);
        ls_text_free(&text);
    }
}

/* A failed allocation is remembered: appends do nothing, the status says so. */
static void test_out_of_memory(void **state)
{
    ls_text text = {0};
    (void)state;
    ls_text_append(&text, "kept");
    ls_text_append_bytes(&text, "x", SIZE_MAX / 2);
    assert_true(text.failed);
    ls_text_append(&text, "ignored");
    ls_text_printf(&text, "%s", "ignored");
    assert_string_equal(ls_text_string(&text), "kept");
    assert_int_equal(ls_text_status(&text), LS_ERR_MEMORY);
    ls_text_free(&text);
    assert_int_equal(ls_text_status(&text), LS_OK);
}

static void expect_double(double value, const char *expected)
{
    char buffer[32];
    assert_string_equal(ls_format_double(value, buffer), expected);
}

static void test_doubles(void **state)
{
    (void)state;
    expect_double(0.0, "0");
    expect_double(-0.0, "-0");
    expect_double(1.0, "1");
    expect_double(0.1, "0.1");
    expect_double(0.1 + 0.2, "0.30000000000000004");
    expect_double(-1.0 / 3.0, "-0.3333333333333333");
    expect_double(100000.0, "100000");
    expect_double(123456789012345.0, "123456789012345");
    expect_double(0x1p53, "9007199254740992");
    expect_double(1e22, "1e22");
    expect_double(1e-7, "1e-7");
    expect_double(0.0001, "0.0001");
    expect_double(1.5e-10, "1.5e-10");
    expect_double(1e100, "1e100");
    expect_double(DBL_MAX, "1.7976931348623157e308");
    expect_double(DBL_MIN, "2.2250738585072014e-308");
    expect_double(0x0.fffffffffffffp-1022, "2.225073858507201e-308");
    expect_double(0x1p-1074, "5e-324");
    expect_double(-0x3p-1074, "-1.5e-323");
    expect_double(NAN, "nan");
    expect_double(-NAN, "nan");
    expect_double(INFINITY, "inf");
    expect_double(-INFINITY, "-inf");
    /* powers of two whose nearest 16-digit decimal reads back as another number */
    expect_double(0x1p-44, "5.684341886080802e-14");
    expect_double(0x1p-791, "7.678447687145631e-239");
    expect_double(-0x1p-1017, "-7.120236347223045e-307");
    expect_double(0x1p+863, "6.150157786156811e259");
}

/* Digits of the decimal between sign and exponent, without leading and trailing zeros. */
static int digits_of(const char *decimal)
{
    int digits = 0, zeros = 0;
    for (; *decimal != '\0' && *decimal != 'e'; decimal++) {
        if (*decimal == '0')
            zeros++;
        else if (*decimal >= '1' && *decimal <= '9') {
            digits += (digits > 0 ? zeros : 0) + 1;
            zeros = 0;
        }
    }
    return digits;
}

static double read_back(const char *decimal, bool single)
{
    return single ? (double)strtof(decimal, NULL) : strtod(decimal, NULL);
}

/* Reads back, and neither the nearest decimal with one digit less nor its neighbours do. */
static void check_shortest(double value, bool single)
{
    char found[32], fewer[48];
    if (single)
        ls_format_float((float)value, found);
    else
        ls_format_double(value, found);
    if (read_back(found, single) != value)
        fail_msg("%a became \"%s\"", value, found);
    int digits = digits_of(found);
    if (digits < 2)
        return;
    snprintf(fewer, sizeof fewer, "%.*e", digits - 2, value);
    long exponent = strtol(strchr(fewer, 'e') + 1, NULL, 10) - (digits - 2);
    long long mantissa = 0;
    for (const char *c = fewer; *c != 'e'; c++) {
        if (*c >= '0' && *c <= '9')
            mantissa = 10 * mantissa + (*c - '0');
    }
    for (int step = -1; step <= 1; step++) {
        snprintf(fewer, sizeof fewer, "%s%llde%ld", signbit(value) ? "-" : "", mantissa + step, exponent);
        if (read_back(fewer, single) == value)
            fail_msg("%a became \"%s\", \"%s\" is shorter", value, found, fewer);
    }
}

static uint64_t next_random(void)
{
    static uint64_t random = 2024;
    random = random * 6364136223846793005u + 1442695040888963407u;
    return random ^ random >> 31;
}

static void test_shortest_doubles(void **state)
{
    (void)state;
    for (int exponent = -1074; exponent < 1024; exponent++) {
        check_shortest(ldexp(1.0, exponent), false);
        check_shortest(-nextafter(ldexp(1.0, exponent), 0), false);
    }
    for (int i = 0; i < 60000; i++) {
        uint64_t bits = next_random();
        if (i % 3 == 1)
            bits &= UINT64_C(0x800fffffffffffff); /* denormal */
        double value;
        memcpy(&value, &bits, sizeof value);
        if (isfinite(value))
            check_shortest(value, false);
        check_shortest((double)(next_random() % 2000000) / 1000.0, false);
    }
}

static void test_shortest_floats(void **state)
{
    char buffer[32];
    ls_text text = {0};
    (void)state;
    for (int exponent = -149; exponent < 128; exponent++) {
        check_shortest(ldexp(1.0, exponent), true);
        check_shortest((double)nextafterf(ldexpf(-1.0f, exponent), 0), true);
    }
    for (int i = 0; i < 60000; i++) {
        uint32_t bits = (uint32_t)next_random();
        if (i % 3 == 1)
            bits &= 0x807fffff; /* denormal */
        float value;
        memcpy(&value, &bits, sizeof value);
        if (isfinite(value))
            check_shortest((double)value, true);
    }
    assert_string_equal(ls_format_float(0.1f, buffer), "0.1");
    assert_string_equal(ls_format_float(FLT_MAX, buffer), "3.4028235e38");
    assert_string_equal(ls_format_float(0x1p-149f, buffer), "1e-45");
    assert_string_equal(ls_format_float(-INFINITY, buffer), "-inf");
    assert_string_equal(ls_format_float(NAN, buffer), "nan");
    ls_text_append_float(&text, 0.1f);
    ls_text_append(&text, " ");
    ls_text_append_double(&text, (double)0.1f);
    assert_string_equal(ls_text_string(&text), "0.1 0.10000000149011612");
    ls_text_free(&text);
}

static void test_bytes(void **state)
{
    static const struct {
        double bytes;
        const char *expected;
    } cases[] = {
        {0, "0 B"},          {512, "512 B"},          {1023, "1023 B"},     {1024, "1.0 KiB"},
        {1536, "1.5 KiB"},   {1048524, "1023.9 KiB"}, {1048575, "1.0 MiB"}, {0x1.4p30, "1.2 GiB"},
        {0x1p40, "1.0 TiB"}, {0x1p50, "1.0 PiB"},     {0x1p63, "8.0 EiB"},  {0x1p100, "1.1e+12 EiB"},
    };
    char buffer[32];
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        assert_string_equal(ls_format_bytes(cases[i].bytes, buffer), cases[i].expected);
    ls_format_bytes(DBL_MAX, buffer);
    assert_true(strlen(buffer) < 32);
}

static void test_durations(void **state)
{
    static const struct {
        double seconds;
        const char *expected;
    } cases[] = {
        {0, "0s"},           {1e-5, "<1ms"},     {0.0005, "<1ms"},  {0.00051, "1ms"}, {0.0134, "13ms"},
        {0.9994, "999ms"},   {0.9996, "1.0s"},   {4.2, "4.2s"},     {59.94, "59.9s"}, {59.96, "1m00s"},
        {187, "3m07s"},      {3599.4, "59m59s"}, {3599.6, "1h00m"}, {3720, "1h02m"},  {7170, "2h00m"},
        {360000, "100h00m"}, {-1, "?"},          {NAN, "?"},        {INFINITY, "?"},
    };
    char buffer[32];
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        assert_string_equal(ls_format_duration(cases[i].seconds, buffer), cases[i].expected);
}

static void test_counts(void **state)
{
    static const struct {
        double count;
        const char *expected;
    } cases[] = {
        {0, "0"},         {0.04, "0.0"},    {3.16, "3.2"},     {9.94, "9.9"},    {9.96, "10"},    {812.4, "812"},
        {999.4, "999"},   {999.6, "1.0k"},  {9500, "9.5k"},    {99940, "99.9k"}, {99960, "100k"}, {526175, "526k"},
        {999499, "999k"}, {999500, "1.0M"}, {11.1e6, "11.1M"}, {2.5e9, "2.5G"},  {3e12, "3.0T"},  {4e15, "4.0P"},
        {1e20, "100E"},   {-1, "?"},        {NAN, "?"},        {INFINITY, "?"},
    };
    char buffer[32];
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        assert_string_equal(ls_format_count(cases[i].count, buffer), cases[i].expected);
}

static void test_scores(void **state)
{
    static const struct {
        double value;
        const char *expected;
    } cases[] = {
        {0, "0.000"},
        {0.09994, "0.0999"},
        {0.09996, "0.09996"},
        {0.97, "0.9700"},
        {1, "1.000"},
        {12.346, "12.35"},
        {-19.5621, "-19.56"},
        {123.456, "123.5"},
        {999.94, "999.9"},
        {999.96, "1000"},
        {5794.754, "5795"},
        {-60936.3, "-60936"},
        {999999.4, "999999"},
        {1e6, "1.000e6"},
        {0.000123, "0.000123"},
        {-0.000123, "-0.000123"},
        {1.23e-5, "1.23e-5"},
        {NAN, "nan"},
        {INFINITY, "inf"},
        {-INFINITY, "-inf"},
        {-DBL_MAX, "-1.798e308"},
    };
    char buffer[32];
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        assert_string_equal(ls_format_score(cases[i].value, buffer), cases[i].expected);
        assert_true(strlen(buffer) <= 10);
    }
}

static void keep_line(void *user, ls_log_level level, const char *line)
{
    (void)level;
    snprintf(user, 64, "%s", line);
}

/* A locale with a decimal comma: an installed one, else one compiled into a directory of our own; false if
 * neither. */
static bool set_comma_locale(char *directory)
{
    static const char *const names[] = {"de_DE.UTF-8", "de_DE.utf8", "de_DE", "fr_FR.UTF-8", "es_ES.UTF-8"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        if (setlocale(LC_ALL, names[i]) != NULL)
            return true;
    }
    if (mkdtemp(directory) == NULL)
        return false;
    char command[256];
    snprintf(command, sizeof command, "localedef -i de_DE -f UTF-8 %s/de_DE.UTF-8 >%s/log 2>&1", directory, directory);
    if (system(command) != 0)
        return false;
    setenv("LOCPATH", directory, 1);
    return setlocale(LC_ALL, "de_DE.UTF-8") != NULL;
}

static void remove_directory(const char *directory)
{
    char command[256];
    snprintf(command, sizeof command, "rm -rf %s", directory);
    if (strstr(directory, "XXXXXX") == NULL && system(command) != 0)
        print_message("%s stays\n", directory);
}

static void test_comma_locale(void **state)
{
    char directory[] = "/tmp/lockstep-locale-XXXXXX", buffer[64];
    ls_text text = {0};
    const ls_log log = {keep_line, buffer};
    double value = 0;
    (void)state;
    if (!set_comma_locale(directory)) {
        remove_directory(directory);
        skip();
    }
    snprintf(buffer, sizeof buffer, "%.1f", 0.5);
    assert_string_equal(buffer, "0,5"); /* the locale is as it should be for this test */
    expect_double(0.5, "0.5");
    assert_string_equal(ls_format_float(0.1f, buffer), "0.1");
    assert_string_equal(ls_format_bytes(1536, buffer), "1.5 KiB");
    assert_string_equal(ls_format_duration(4.2, buffer), "4.2s");
    assert_string_equal(ls_format_count(9500, buffer), "9.5k");
    assert_string_equal(ls_format_score(0.5, buffer), "0.5000");
    ls_text_printf(&text, "%g", 0.25);
    assert_string_equal(ls_text_string(&text), "0.25");
    ls_fail(LS_ERR_DATA, "%g", 0.75);
    ls_fail_prefix(LS_ERR_DATA, "%g ", 1.5);
    assert_string_equal(ls_error_message(), "1.5 0.75");
    ls_log_line(&log, LS_LOG_INFO, "%g", 2.5);
    assert_string_equal(buffer, "2.5");
    assert_true(ls_parse_double("0.125", &value));
    assert_true(value == 0.125);
    assert_false(ls_parse_double("0,125", &value));
    /* the host's locale is as it was */
    snprintf(buffer, sizeof buffer, "%.1f", 0.5);
    assert_string_equal(buffer, "0,5");
    setlocale(LC_ALL, "C");
    ls_text_free(&text);
    remove_directory(directory);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_growing), cmocka_unit_test(test_borders),          cmocka_unit_test(test_out_of_memory),
        cmocka_unit_test(test_doubles), cmocka_unit_test(test_shortest_doubles), cmocka_unit_test(test_shortest_floats),
        cmocka_unit_test(test_bytes),   cmocka_unit_test(test_durations),        cmocka_unit_test(test_counts),
        cmocka_unit_test(test_scores),  cmocka_unit_test(test_comma_locale),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
