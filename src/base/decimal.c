/* Reading decimal numbers. Nearly all have at most 19 digits and a small exponent: then the value is a quotient or
 * product of integers that 128 bits hold, and is rounded once, by looking at what is left over. Others go through
 * strtod. */
#include "base/decimal.h"

#include "base/parse.h"

#include <math.h>
#include <string.h>
#include <strings.h>

/* 5^27 is the last power of five below 2^64. */
#define MOST_POWER 27
/* Digits that any uint64_t holds. */
#define MOST_DIGITS 19

static const uint64_t power_of_five[MOST_POWER + 1] = {1u,
                                                       5u,
                                                       25u,
                                                       125u,
                                                       625u,
                                                       3125u,
                                                       15625u,
                                                       78125u,
                                                       390625u,
                                                       1953125u,
                                                       9765625u,
                                                       48828125u,
                                                       244140625u,
                                                       1220703125u,
                                                       6103515625u,
                                                       30517578125u,
                                                       152587890625u,
                                                       762939453125u,
                                                       3814697265625u,
                                                       19073486328125u,
                                                       95367431640625u,
                                                       476837158203125u,
                                                       2384185791015625u,
                                                       11920928955078125u,
                                                       59604644775390625u,
                                                       298023223876953125u,
                                                       1490116119384765625u,
                                                       7450580596923828125u};

static const double power_of_ten[] = {1e0,  1e1,  1e2,  1e3,  1e4,  1e5,  1e6,  1e7,  1e8,  1e9,  1e10, 1e11,
                                      1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22};

__extension__ typedef unsigned __int128 uint128;

/* A number taken apart: digits * 10^exponent. */
typedef struct pieces {
    uint64_t digits;
    int64_t exponent;
    int64_t count; /* of significant digits; above MOST_DIGITS `digits` is meaningless */
    bool negative;
    bool plain; /* neither point nor exponent */
} pieces;

static bool is_digit(char c)
{
    return (unsigned char)(c - '0') < 10;
}

static const char *take_digits(const char *c, const char *end, pieces *p)
{
    uint64_t digits = p->digits;
    const char *begin = c;
    if (digits == 0) { /* zeros in front are not significant */
        while (c < end && *c == '0')
            c++;
        begin = c;
    }
    for (; c < end && is_digit(*c); c++)
        digits = digits * 10 + (uint64_t)(*c - '0');
    p->digits = digits;
    p->count += c - begin;
    return c;
}

static const char *take_exponent(const char *c, const char *end, pieces *p)
{
    bool negative = false;
    if (c < end && (*c == '-' || *c == '+'))
        negative = *c++ == '-';
    if (c == end || !is_digit(*c))
        return NULL;
    int64_t exponent = 0;
    for (; c < end && is_digit(*c); c++)
        if (exponent < 1000000000)
            exponent = exponent * 10 + (*c - '0');
    p->exponent += negative ? -exponent : exponent;
    return c;
}

/* Whether all of [begin, end) is a decimal number. */
static bool take_apart(const char *begin, const char *end, pieces *p)
{
    const char *c = begin;
    *p = (pieces){.plain = true};
    if (c < end && (*c == '-' || *c == '+'))
        p->negative = *c++ == '-';
    const char *whole = c;
    c = take_digits(c, end, p);
    int64_t written = c - whole;
    if (c < end && *c == '.') {
        const char *fraction = ++c;
        p->plain = false;
        c = take_digits(c, end, p);
        p->exponent = -(c - fraction);
        written += c - fraction;
    }
    if (written == 0)
        return false;
    if (c < end && (*c == 'e' || *c == 'E')) {
        p->plain = false;
        c = take_exponent(c + 1, end, p);
    }
    return c == end;
}

/* mantissa * 2^exponent rounded to 53 bits, half to even; `rest` says that the value is a little more than that. The
 * mantissa has 63 or 64 bits; results are far from overflow and denormals. */
static double round_to_double(uint64_t mantissa, bool rest, int exponent)
{
    const int drop = 11 - __builtin_clzll(mantissa);
    uint64_t kept = mantissa >> drop;
    const uint64_t left = mantissa & (((uint64_t)1 << drop) - 1), half = (uint64_t)1 << (drop - 1);
    kept += left > half || (left == half && (rest || (kept & 1) != 0));
    uint64_t bits;
    double value = (double)kept; /* exact, 2^53 included; it is normal, and so is what it is scaled to */
    memcpy(&bits, &value, sizeof bits);
    bits += (uint64_t)(int64_t)(exponent + drop) << 52;
    memcpy(&value, &bits, sizeof value);
    return value;
}

/* digits * 10^power, 0 < digits, |power| <= MOST_POWER. */
static double scale(uint64_t digits, int power)
{
    if (digits <= (uint64_t)1 << 53 && power >= -22 && power <= 22) /* both exact, so one rounding (Clinger 1990) */
        return power < 0 ? (double)digits / power_of_ten[-power] : (double)digits * power_of_ten[power];
    const int shift = __builtin_clzll(digits);
    if (power == 0)
        return round_to_double(digits << shift, false, -shift);
    if (power > 0) {
        const uint128 product = (uint128)(digits << shift) * power_of_five[power];
        const int up = __builtin_clzll((uint64_t)(product >> 64)); /* a bit is set there: 2^63 * 5 and more */
        const uint128 full = product << up;
        return round_to_double((uint64_t)(full >> 64), (uint64_t)full != 0, 64 - up - shift + power);
    }
    /* The divisor gets its highest bit set as well, and half the numerator keeps the quotient below 2^64. */
    const uint64_t five = power_of_five[-power];
    const int up = __builtin_clzll(five);
    const uint64_t divisor = five << up;
    const uint128 numerator = (uint128)(digits << shift) << 63;
    const uint64_t quotient = (uint64_t)(numerator / divisor);
    const bool rest = (uint128)quotient * divisor != numerator;
    return round_to_double(quotient, rest, up - shift - 63 + power);
}

/* inf, infinity, with a sign. */
static bool is_infinity(const char *begin, const char *end)
{
    if (begin < end && (*begin == '-' || *begin == '+'))
        begin++;
    return (end - begin == 3 && strncasecmp(begin, "inf", 3) == 0) ||
           (end - begin == 8 && strncasecmp(begin, "infinity", 8) == 0);
}

static ls_decimal_form form_of(const pieces *p)
{
    return p->plain && p->count < MOST_DIGITS ? LS_DECIMAL_INTEGER : LS_DECIMAL_REAL;
}

/* Numbers of many digits or with great exponents, by the repository's one strict parser. */
static bool parse_slowly(const char *begin, const char *end, double *value)
{
    char text[800]; /* digits behind the 767th cannot change a double (a value halfway has no more) ... */
    const size_t length = (size_t)(end - begin);
    if (length >= sizeof text)
        return false; /* ... but nobody writes so many */
    memcpy(text, begin, length);
    text[length] = '\0';
    return ls_parse_double(text, value);
}

ls_decimal_form ls_decimal_parse(const char *begin, const char *end, double *value)
{
    pieces p;
    if (!take_apart(begin, end, &p)) {
        if (!is_infinity(begin, end))
            return LS_DECIMAL_NONE;
        *value = *begin == '-' ? -INFINITY : INFINITY;
        return LS_DECIMAL_REAL;
    }
    if (p.count > MOST_DIGITS || p.exponent < -MOST_POWER || p.exponent > MOST_POWER)
        return parse_slowly(begin, end, value) ? form_of(&p) : LS_DECIMAL_NONE;
    const double magnitude = p.digits == 0 ? 0.0 : scale(p.digits, (int)p.exponent);
    *value = p.negative ? -magnitude : magnitude;
    return form_of(&p);
}

ls_decimal_form ls_decimal_form_of(const char *begin, const char *end)
{
    pieces p;
    if (take_apart(begin, end, &p))
        return form_of(&p);
    return is_infinity(begin, end) ? LS_DECIMAL_REAL : LS_DECIMAL_NONE;
}
