/* Numbers as text: the same that the C library reads, and back. */
#include "fuzz.h"

#include "base/decimal.h"
#include "base/parse.h"
#include "base/text.h"
#include "formats/almost.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* strtod takes more: hexadecimal, nan and blanks in front. */
static bool is_decimal(const char *text)
{
    const size_t length = strlen(text);
    return length > 0 && strspn(text, "+-.0123456789eE") == length;
}

static void read_decimal(const char *text)
{
    char *end, shortest[32];
    double value = -7, value_plain = -7;
    const ls_decimal_form form = ls_decimal_parse(text, text + strlen(text), &value);
    const bool parsed = ls_parse_double(text, &value_plain);
    if (form != LS_DECIMAL_NONE)
        fuzz_hold(ls_decimal_form_of(text, text + strlen(text)) == form, "a number has the form it is read as");
    if (is_decimal(text)) {
        const double expected = strtod(text, &end);
        const bool is = *end == '\0' && isfinite(expected);
        fuzz_hold(is == (form != LS_DECIMAL_NONE) && is == parsed, "what is a number is one");
        if (is)
            fuzz_hold(memcmp(&value, &expected, sizeof value) == 0 && !(value_plain < expected) &&
                          !(value_plain > expected),
                      "a number has the value that it says");
    }
    if (parsed) {
        double again = -7;
        fuzz_hold(ls_parse_double(ls_format_double(value_plain, shortest), &again), "a number that is written is read");
        fuzz_hold(!(again < value_plain) && !(again > value_plain), "a number is the same when it is read");
    }
}

static void read_rest(const char *text)
{
    char word[16], sign[8], shown[32];
    bool flag, too_long;
    int64_t whole = -7, bytes = -7;
    double value = 0;
    if (ls_parse_int64(text, &whole) && whole > -((int64_t)1 << 53) && whole < (int64_t)1 << 53)
        fuzz_hold(ls_parse_double(text, &value) && (int64_t)value == whole, "a whole number is a number");
    (void)ls_parse_bool(text, &flag);
    if (ls_parse_bytes(text, &bytes))
        fuzz_hold(bytes >= 0, "a size is not negative");
    (void)ls_format_bytes((double)bytes, shown);
    (void)ls_format_score(value, shown);
    (void)ls_almost_number(text, (int64_t)strlen(text), sign);
    const char *cursor = text;
    while (ls_parse_word(&cursor, ",", word, sizeof word, &too_long))
        cursor += *cursor == ',';
    cursor = text;
    while (ls_parse_listed(&cursor, word, sizeof word)) {
    }
    fuzz_hold(cursor[strspn(cursor, " ")] == '\0', "a list is read to its end");
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    fuzz_input in = {bytes, size};
    char *text = fuzz_rest(&in);
    read_decimal(text);
    read_rest(text);
    if (size >= sizeof(double)) { /* any double there is */
        double value, again = 0;
        char shortest[32];
        memcpy(&value, bytes, sizeof value);
        if (isfinite(value))
            fuzz_hold(ls_parse_double(ls_format_double(value, shortest), &again) && !(again < value) &&
                          !(again > value),
                      "any number is the same when it is written and read");
        (void)ls_format_count(value, shortest);
        (void)ls_format_duration(value, shortest);
        (void)ls_format_score(value, shortest);
        (void)ls_format_bytes(value, shortest);
    }
    free(text);
    return 0;
}
