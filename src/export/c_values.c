/* Numbers and strings as C source. No printf of numbers with a point: that follows the host's locale. */
#include "export/c_values.h"

#include <inttypes.h>
#include <stdbool.h>
#include <string.h>

enum { PER_LINE = 8 };

/* 1.mantissa 2^exponent or, with lead 0, 0.mantissa 2^exponent; `digits` hexadecimal ones of the mantissa. */
static void put_hexadecimal(bool negative, int lead, uint64_t mantissa, int digits, int exponent, FILE *out)
{
    char text[48], *at = text;
    *at = '-';
    at += negative ? 1 : 0;
    *at++ = '0';
    *at++ = 'x';
    *at++ = (char)('0' + lead);
    if (mantissa != 0) {
        *at++ = '.';
        for (int d = digits - 1; mantissa != 0; d--, at++) {
            *at = "0123456789abcdef"[mantissa >> 4 * d & 15];
            mantissa &= (UINT64_C(1) << 4 * d) - 1;
        }
    }
    (void)snprintf(at, sizeof text - (size_t)(at - text), "p%d", exponent);
    (void)fputs(text, out);
}

static void put_float(float value, FILE *out)
{
    uint32_t bits;
    memcpy(&bits, &value, sizeof bits);
    const int exponent = (int)(bits >> 23 & 0xFF);
    const uint64_t mantissa = (uint64_t)(bits & 0x7FFFFF) << 1;
    const bool zero = exponent == 0 && mantissa == 0;
    put_hexadecimal(bits >> 31, exponent > 0, mantissa, 6, zero ? 0 : exponent > 0 ? exponent - 127 : -126, out);
    (void)fputc('f', out);
}

void ls_c_values_double(double value, FILE *out)
{
    uint64_t bits;
    memcpy(&bits, &value, sizeof bits);
    const int exponent = (int)(bits >> 52 & 0x7FF);
    const uint64_t mantissa = bits & 0xFFFFFFFFFFFFF;
    const bool zero = exponent == 0 && mantissa == 0;
    put_hexadecimal(bits >> 63, exponent > 0, mantissa, 13, zero ? 0 : exponent > 0 ? exponent - 1023 : -1022, out);
}

/* ---- arrays ---- */

static void begin(const char *type, const char *name, int64_t n, FILE *out)
{
    (void)fprintf(out, "%s%s[%" PRId64 "] = {", type, name, n);
}

/* What stands in front of element i. */
static void separate(int64_t i, FILE *out)
{
    (void)fputs(i > 0 ? "," : "", out);
    (void)fputs(i % PER_LINE == 0 ? "\n    " : " ", out);
}

void ls_c_values_floats(const char *name, int64_t n, const float *values, FILE *out)
{
    begin("static const float ", name, n, out);
    for (int64_t i = 0; i < n; i++) {
        separate(i, out);
        put_float(values[i], out);
    }
    (void)fputs("};\n", out);
}

void ls_c_values_doubles(const char *name, int64_t n, const double *values, FILE *out)
{
    begin("static const double ", name, n, out);
    for (int64_t i = 0; i < n; i++) {
        separate(i, out);
        ls_c_values_double(values[i], out);
    }
    (void)fputs("};\n", out);
}

void ls_c_values_integers(const char *name, int64_t n, const int64_t *values, FILE *out)
{
    begin("const int64_t ", name, n, out);
    for (int64_t i = 0; i < n; i++) {
        separate(i, out);
        if (values[i] == INT64_MIN) /* whose magnitude is no int64_t */
            (void)fputs("INT64_MIN", out);
        else
            (void)fprintf(out, "INT64_C(%" PRId64 ")", values[i]);
    }
    (void)fputs("};\n", out);
}

/* A '?' too, two of which may begin a trigraph. */
static void put_string(const char *text, FILE *out)
{
    (void)fputc('"', out);
    for (; *text; text++) {
        const unsigned char c = (unsigned char)*text;
        if (c < 0x20 || c >= 0x7F || c == '"' || c == '\\' || c == '?')
            (void)fprintf(out, "\\%03o", (unsigned)c);
        else
            (void)fputc(c, out);
    }
    (void)fputc('"', out);
}

void ls_c_values_strings(const char *name, int64_t n, const char *const *values, FILE *out)
{
    begin("const char *const ", name, n, out);
    for (int64_t i = 0; i < n; i++) {
        (void)fputs(i > 0 ? ",\n    " : "\n    ", out);
        put_string(values[i], out);
    }
    (void)fputs("};\n", out);
}

void ls_c_values_comment(const char *text, FILE *out)
{
    for (; *text; text++)
        (void)fputc(*text < 0x20 || *text >= 0x7F || strchr("*\\?", *text) ? '?' : *text, out);
}
