/* Number types in memory, and their values as float32. */
#include "hdf5/number.h"

#include <math.h>
#include <string.h>

size_t ls_number_size(ls_h5_number number)
{
    switch (number) {
    case LS_H5_NUMBER_UINT8:
    case LS_H5_NUMBER_INT8:
        return 1;
    case LS_H5_NUMBER_UINT16:
    case LS_H5_NUMBER_INT16:
    case LS_H5_NUMBER_FLOAT16:
        return 2;
    case LS_H5_NUMBER_FLOAT:
    case LS_H5_NUMBER_INT32:
        return 4;
    case LS_H5_NUMBER_DOUBLE:
    case LS_H5_NUMBER_INT64:
    case LS_H5_NUMBER_UINT64:
        return 8;
    }
    return 8;
}

const char *ls_number_name(ls_h5_number number)
{
    static const char *const names[] = {"float32", "float64", "int32",  "int64", "uint64",
                                        "uint8",   "int8",    "uint16", "int16", "float16"};
    return names[number];
}

/* Whether every value of type a is one of type b. */
static int fits(ls_h5_number a, ls_h5_number b)
{
    if (a == b || b == LS_H5_NUMBER_FLOAT)
        return 1;
    switch (b) {
    case LS_H5_NUMBER_UINT16:
        return a == LS_H5_NUMBER_UINT8;
    case LS_H5_NUMBER_INT16:
    case LS_H5_NUMBER_FLOAT16: /* 11 bits of mantissa */
        return a == LS_H5_NUMBER_UINT8 || a == LS_H5_NUMBER_INT8;
    default:
        return 0;
    }
}

ls_h5_number ls_number_join(ls_h5_number a, ls_h5_number b)
{
    static const ls_h5_number by_size[] = {LS_H5_NUMBER_UINT8, LS_H5_NUMBER_INT8,    LS_H5_NUMBER_UINT16,
                                           LS_H5_NUMBER_INT16, LS_H5_NUMBER_FLOAT16, LS_H5_NUMBER_FLOAT};
    for (size_t i = 0; i < sizeof by_size / sizeof by_size[0]; i++)
        if (fits(a, by_size[i]) && fits(b, by_size[i]))
            return by_size[i];
    return LS_H5_NUMBER_FLOAT;
}

/* IEEE binary16 as binary32, exactly: the exponent is moved; numbers below 2^-14 are counted in units of 2^-24. */
static float half_to_float(uint16_t half)
{
    const uint32_t sign = (uint32_t)(half & 0x8000u) << 16, exponent = (half >> 10) & 31u, mantissa = half & 1023u;
    uint32_t bits = sign | (exponent + 112) << 23 | mantissa << 13;
    float value;
    if (exponent == 31)
        bits = sign | 0x7F800000u | mantissa << 13;
    if (exponent == 0) {
        value = (float)mantissa * 0x1p-24F;
        memcpy(&bits, &value, sizeof bits);
        bits |= sign;
    }
    memcpy(&value, &bits, sizeof value);
    return value;
}

#define CONVERT(type, expression)                                                                                      \
    for (int64_t i = 0; i < count; i++) {                                                                              \
        const type v = ((const type *)values)[i];                                                                      \
        out[i] = expression;                                                                                           \
    }

void ls_number_to_float(ls_h5_number number, int64_t count, const void *values, float *out)
{
    switch (number) {
    case LS_H5_NUMBER_UINT8:
        CONVERT(uint8_t, (float)v)
        return;
    case LS_H5_NUMBER_INT8:
        CONVERT(int8_t, (float)v)
        return;
    case LS_H5_NUMBER_UINT16:
        CONVERT(uint16_t, (float)v)
        return;
    case LS_H5_NUMBER_INT16:
        CONVERT(int16_t, (float)v)
        return;
    case LS_H5_NUMBER_FLOAT16:
        CONVERT(uint16_t, half_to_float(v))
        return;
    default:
        memcpy(out, values, (size_t)count * sizeof *out);
    }
}

/* One row; a code at a time, so that it vectorises. */
static void decode_floats(float code, int64_t count, float *values)
{
    for (int64_t i = 0; i < count; i++)
        values[i] = values[i] == code ? NAN : values[i];
}

static void decode_doubles(float code, int64_t count, double *values)
{
    for (int64_t i = 0; i < count; i++)
        values[i] = (float)values[i] == code ? (double)NAN : values[i];
}

void ls_number_decode(ls_h5_number number, const double *codes, int code_count, int64_t rows, int64_t columns,
                      int64_t stride, void *values)
{
    for (int k = 0; k < code_count; k++)
        for (int64_t r = 0; r < rows; r++)
            if (number == LS_H5_NUMBER_FLOAT)
                decode_floats((float)codes[k], columns, (float *)values + r * stride);
            else if (number == LS_H5_NUMBER_DOUBLE)
                decode_doubles((float)codes[k], columns, (double *)values + r * stride);
}
