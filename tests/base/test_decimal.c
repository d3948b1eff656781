/* Fast numbers: bit for bit what strtod gives, for random texts of every shape and for the hard cases. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/decimal.h"

#include <locale.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static uint64_t state = 88172645463325252u;

static uint64_t next_random(void) /* xorshift64 */
{
    state ^= state << 13;
    state ^= state >> 7;
    state ^= state << 17;
    return state;
}

static uint64_t bits_of(double value)
{
    uint64_t bits;
    memcpy(&bits, &value, sizeof bits);
    return bits;
}

/* The text is put between other characters, so that reading past its end shows. */
static void check(const char *text)
{
    char surrounded[1200];
    double found = 0;
    (void)snprintf(surrounded, sizeof surrounded, "9%s9", text);
    const char *begin = surrounded + 1, *end = begin + strlen(text);
    const double expected = strtod(text, NULL);
    const ls_decimal_form form = ls_decimal_parse(begin, end, &found);
    if (form == LS_DECIMAL_NONE || bits_of(found) != bits_of(expected)) {
        print_error("'%s': form %d, %a, expected %a\n", text, (int)form, found, expected);
        fail();
    }
    assert_int_equal(ls_decimal_form_of(begin, end), form);
}

static void test_hard_cases(void **unused)
{
    (void)unused;
    static const char *const texts[] = {"0",
                                        "-0",
                                        "+0.0",
                                        "00012.50",
                                        ".5",
                                        "5.",
                                        "1e0",
                                        "1E+5",
                                        "1e-5",
                                        "9007199254740992",
                                        "9007199254740993", /* halfway between two doubles */
                                        "9007199254740993.0000000001",
                                        "9007199254740995",
                                        "18014398509481987",
                                        "36028797018963971",
                                        "9999999999999999999",
                                        "18446744073709551615",
                                        "18446744073709551616",
                                        "0.1",
                                        "0.30000000000000004",
                                        "1.7976931348623157e308",
                                        "4.9e-324",
                                        "2.4703282292062327e-324",
                                        "2.2250738585072011e-308",
                                        "1e22",
                                        "1e23",
                                        "8.5e22",
                                        "123456789012345678e27",
                                        "1e-27",
                                        "1234567890123456789e-27",
                                        "9223372036854775808e27",
                                        "5e-27",
                                        "0.00000000000000000000000000000000000000000001",
                                        "100000000000000000000000000000000000000000000",
                                        "0e999999999999",
                                        "1e-999999999999",
                                        "179769313486231580793728971405301e276"};
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++)
        check(texts[i]);
    char longest[700];
    memset(longest, '7', sizeof longest - 1);
    longest[sizeof longest - 1] = '\0';
    longest[3] = '.';
    check(longest);
}

/* Digits, point and exponent at random; most of them within reach of the fast path, all of them by strtod's measure. */
static void test_random_texts(void **unused)
{
    (void)unused;
    for (int i = 0; i < 700000; i++) {
        char text[64];
        int length = 0;
        if (next_random() % 4 == 0)
            text[length++] = "-+"[next_random() % 2];
        const int digits = 1 + (int)(next_random() % 22), point = (int)(next_random() % 26);
        for (int k = 0; k < digits; k++) {
            if (k == point)
                text[length++] = '.';
            text[length++] = (char)('0' + next_random() % 10);
        }
        if (next_random() % 3 == 0)
            length += snprintf(text + length, 16, "e%d", (int)(next_random() % 80) - 40);
        text[length] = '\0';
        check(text);
    }
}

/* What programs print: shortest and 17-digit forms of random doubles, and of numbers near one. */
static void test_printed_doubles(void **unused)
{
    (void)unused;
    for (int i = 0; i < 300000; i++) {
        char text[64];
        double value;
        uint64_t bits = next_random();
        if (i % 3 != 0) /* exponents of everyday numbers */
            bits = (bits & 0x800FFFFFFFFFFFFFu) | (uint64_t)(1023 - 30 + next_random() % 60) << 52;
        memcpy(&value, &bits, sizeof value);
        if (!isfinite(value))
            continue;
        (void)snprintf(text, sizeof text, "%.*g", i % 2 ? 17 : 15, value);
        check(text);
    }
}

/* Ties: odd multiples of half a unit in the last place, which are decimal numbers of few digits. */
static void test_ties(void **unused)
{
    (void)unused;
    for (int i = 0; i < 20000; i++) {
        char text[64];
        const uint64_t mantissa = (UINT64_C(1) << 53) + next_random() % (UINT64_C(1) << 53);
        (void)snprintf(text, sizeof text, "%llu%s", (unsigned long long)(2 * mantissa + 1), i % 2 ? "" : ".5");
        check(text);
        (void)snprintf(text, sizeof text, "%llu.5", (unsigned long long)(mantissa / 2));
        check(text);
    }
}

static void test_no_numbers(void **unused)
{
    (void)unused;
    static const char *const texts[] = {"",     "-",       "+",   ".",     "e5",    "1e",    "1e+",   "1.2.3",
                                        "0x10", "1,5",     "1 2", "12abc", "nan",   "--1",   "1e5.5", "inff",
                                        "in",   "infinit", " 1",  "1 ",    "1e999", "-1e400"};
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        double value = 5;
        const ls_decimal_form form = ls_decimal_parse(texts[i], texts[i] + strlen(texts[i]), &value);
        if (form != LS_DECIMAL_NONE || value != 5)
            print_error("'%s' was taken for %g\n", texts[i], value);
        assert_int_equal(form, LS_DECIMAL_NONE);
    }
}

static void test_forms(void **unused)
{
    (void)unused;
    static const struct {
        const char *text;
        ls_decimal_form form;
        double value;
    } cases[] = {{"12", LS_DECIMAL_INTEGER, 12},
                 {"-007", LS_DECIMAL_INTEGER, -7},
                 {"999999999999999999", LS_DECIMAL_INTEGER, 999999999999999999.0},
                 {"9999999999999999999", LS_DECIMAL_REAL, 9999999999999999999.0},
                 {"1.0", LS_DECIMAL_REAL, 1},
                 {"1e3", LS_DECIMAL_REAL, 1000},
                 {"inf", LS_DECIMAL_REAL, INFINITY},
                 {"-Infinity", LS_DECIMAL_REAL, -INFINITY}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        double value = 0;
        const char *end = cases[i].text + strlen(cases[i].text);
        assert_int_equal(ls_decimal_parse(cases[i].text, end, &value), cases[i].form);
        assert_int_equal(ls_decimal_form_of(cases[i].text, end), cases[i].form);
        assert_true(value == cases[i].value);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_hard_cases), cmocka_unit_test(test_random_texts), cmocka_unit_test(test_printed_doubles),
        cmocka_unit_test(test_ties),       cmocka_unit_test(test_no_numbers),   cmocka_unit_test(test_forms),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
