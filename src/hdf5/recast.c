/* Loops over stored numbers, one for each pair of types. */
#include "hdf5/recast.h"

#include <float.h>
#include <math.h>
#include <string.h>

/* Values whose bytes are swapped at a time. */
#define SWAPPED 512

/* ---- which ---- */

static ls_h5_number same_number(ls_element element)
{
    switch (element) {
    case LS_ELEMENT_BOOL:
    case LS_ELEMENT_UINT8:
        return LS_H5_NUMBER_UINT8;
    case LS_ELEMENT_INT8:
        return LS_H5_NUMBER_INT8;
    case LS_ELEMENT_UINT16:
        return LS_H5_NUMBER_UINT16;
    case LS_ELEMENT_INT16:
        return LS_H5_NUMBER_INT16;
    case LS_ELEMENT_INT32:
        return LS_H5_NUMBER_INT32;
    case LS_ELEMENT_INT64:
        return LS_H5_NUMBER_INT64;
    case LS_ELEMENT_UINT64:
        return LS_H5_NUMBER_UINT64;
    case LS_ELEMENT_FLOAT16:
        return LS_H5_NUMBER_FLOAT16;
    case LS_ELEMENT_FLOAT64:
        return LS_H5_NUMBER_DOUBLE;
    case LS_ELEMENT_UINT32: /* there is none */
    case LS_ELEMENT_FLOAT32:
        break;
    }
    return LS_H5_NUMBER_FLOAT;
}

/* Bits of an integer without the sign; 0: it is none. */
static int magnitude(ls_element element)
{
    const int bits = 8 * (int)ls_element_bytes(element);
    switch (element) {
    case LS_ELEMENT_INT8:
    case LS_ELEMENT_INT16:
    case LS_ELEMENT_INT32:
    case LS_ELEMENT_INT64:
        return bits - 1;
    case LS_ELEMENT_FLOAT16:
    case LS_ELEMENT_FLOAT32:
    case LS_ELEMENT_FLOAT64:
        return 0;
    default:
        return bits;
    }
}

static bool is_signed(ls_element element)
{
    return magnitude(element) % 8 != 0;
}

bool ls_recast_can(ls_element from, ls_h5_number to)
{
    const int bits = magnitude(from);
    switch (to) {
    case LS_H5_NUMBER_FLOAT:
    case LS_H5_NUMBER_DOUBLE:
        return true;
    case LS_H5_NUMBER_INT64:
        return bits > 0;
    case LS_H5_NUMBER_INT32:
        return bits > 0 && bits <= 31;
    case LS_H5_NUMBER_INT16:
        return bits > 0 && bits <= 15;
    case LS_H5_NUMBER_UINT16:
        return bits > 0 && bits <= 16 && !is_signed(from);
    case LS_H5_NUMBER_UINT64:
        return bits > 0 && !is_signed(from);
    case LS_H5_NUMBER_INT8:
    case LS_H5_NUMBER_UINT8:
    case LS_H5_NUMBER_FLOAT16:
        break;
    }
    return same_number(from) == to;
}

/* ---- loops ---- */

/* libhdf5 makes everything above the largest float32 infinite, also what would be rounded down to it. */
static float narrow(double value)
{
    if (value > (double)FLT_MAX)
        return INFINITY;
    return value < -(double)FLT_MAX ? -INFINITY : (float)value;
}

static float half(uint16_t bits)
{
    float value;
    ls_number_to_float(LS_H5_NUMBER_FLOAT16, 1, &bits, &value);
    return value;
}

/* The first form is the one that is vectorised. */
#define LOOP(from_type, to_type, expression)                                                                           \
    do {                                                                                                               \
        const from_type *restrict a = values;                                                                          \
        to_type *restrict b = out;                                                                                     \
        if (from_step == 1 && to_step == 1) {                                                                          \
            for (int64_t i = 0; i < count; i++) {                                                                      \
                const from_type v = a[i];                                                                              \
                b[i] = (to_type)(expression);                                                                          \
            }                                                                                                          \
            return;                                                                                                    \
        }                                                                                                              \
        for (int64_t i = 0; i < count; i++) {                                                                          \
            const from_type v = a[i * from_step];                                                                      \
            b[i * to_step] = (to_type)(expression);                                                                    \
        }                                                                                                              \
    } while (0)

#define CASE(element, from_type, to_type)                                                                              \
    case element:                                                                                                      \
        LOOP(from_type, to_type, v);                                                                                   \
        return;
/* Whatever ls_recast_can refuses is never asked for. */
#define INTEGERS(to_type)                                                                                              \
    CASE(LS_ELEMENT_BOOL, uint8_t, to_type)                                                                            \
    CASE(LS_ELEMENT_INT8, int8_t, to_type)                                                                             \
    CASE(LS_ELEMENT_UINT8, uint8_t, to_type)                                                                           \
    CASE(LS_ELEMENT_INT16, int16_t, to_type)                                                                           \
    CASE(LS_ELEMENT_UINT16, uint16_t, to_type)                                                                         \
    CASE(LS_ELEMENT_INT32, int32_t, to_type)                                                                           \
    CASE(LS_ELEMENT_UINT32, uint32_t, to_type)                                                                         \
    CASE(LS_ELEMENT_INT64, int64_t, to_type)

#define PARAMETERS ls_element element, int64_t count, const void *values, int64_t from_step, void *out, int64_t to_step

static void to_float(PARAMETERS)
{
    if (element == LS_ELEMENT_FLOAT16 && from_step == 1 && to_step == 1) {
        ls_number_to_float(LS_H5_NUMBER_FLOAT16, count, values, out);
        return;
    }
    switch (element) {
        INTEGERS(float)
        CASE(LS_ELEMENT_UINT64, uint64_t, float)
        CASE(LS_ELEMENT_FLOAT32, uint32_t, uint32_t) /* the bits of a NaN too */
    case LS_ELEMENT_FLOAT16:
        LOOP(uint16_t, float, half(v));
        return;
    case LS_ELEMENT_FLOAT64:
        LOOP(double, float, narrow(v));
        return;
    }
}

static void to_double(PARAMETERS)
{
    switch (element) {
        INTEGERS(double)
        CASE(LS_ELEMENT_UINT64, uint64_t, double)
        CASE(LS_ELEMENT_FLOAT32, float, double)
        CASE(LS_ELEMENT_FLOAT64, uint64_t, uint64_t)
    case LS_ELEMENT_FLOAT16:
        LOOP(uint16_t, double, half(v));
        return;
    }
}

static int64_t clamp(uint64_t value)
{
    return value > (uint64_t)INT64_MAX ? INT64_MAX : (int64_t)value;
}

#define TO_INTEGER(name, type, unsigned64)                                                                             \
    static void name(PARAMETERS)                                                                                       \
    {                                                                                                                  \
        switch (element) {                                                                                             \
            INTEGERS(type)                                                                                             \
        case LS_ELEMENT_UINT64:                                                                                        \
            LOOP(uint64_t, type, unsigned64);                                                                          \
            return;                                                                                                    \
        default:                                                                                                       \
            return;                                                                                                    \
        }                                                                                                              \
    }

TO_INTEGER(to_int64, int64_t, clamp(v))
TO_INTEGER(to_uint64, uint64_t, v)
TO_INTEGER(to_int32, int32_t, v)
TO_INTEGER(to_int16, int16_t, v)
TO_INTEGER(to_uint16, uint16_t, v)

static void to_bytes(PARAMETERS)
{
    (void)element;
    LOOP(uint8_t, uint8_t, v);
}

static void to_half(PARAMETERS)
{
    (void)element;
    LOOP(uint16_t, uint16_t, v);
}

static void recast_native(ls_element element, int64_t count, const void *values, int64_t from_step, ls_h5_number to,
                          void *out, int64_t to_step)
{
    static void (*const loops[])(PARAMETERS) = {
        [LS_H5_NUMBER_FLOAT] = to_float,  [LS_H5_NUMBER_DOUBLE] = to_double, [LS_H5_NUMBER_INT32] = to_int32,
        [LS_H5_NUMBER_INT64] = to_int64,  [LS_H5_NUMBER_UINT64] = to_uint64, [LS_H5_NUMBER_UINT8] = to_bytes,
        [LS_H5_NUMBER_INT8] = to_bytes,   [LS_H5_NUMBER_UINT16] = to_uint16, [LS_H5_NUMBER_INT16] = to_int16,
        [LS_H5_NUMBER_FLOAT16] = to_half,
    };
    loops[to](element, count, values, from_step, out, to_step);
}

/* ---- byte order ---- */

#define SWAP(type, swap)                                                                                               \
    for (int64_t i = 0; i < count; i++)                                                                                \
        ((type *)out)[i] = swap(((const type *)values)[i * step]);

static void swap(int64_t size, int64_t count, const void *values, int64_t step, void *out)
{
    switch (size) {
    case 2:
        SWAP(uint16_t, __builtin_bswap16)
        return;
    case 4:
        SWAP(uint32_t, __builtin_bswap32)
        return;
    default:
        SWAP(uint64_t, __builtin_bswap64)
        return;
    }
}

void ls_recast(ls_recast_from from, int64_t count, const void *values, int64_t from_step, ls_h5_number to, void *out,
               int64_t to_step)
{
    const int64_t size = ls_element_bytes(from.element), to_size = (int64_t)ls_number_size(to);
    if (!from.swapped || size == 1) {
        recast_native(from.element, count, values, from_step, to, out, to_step);
        return;
    }
    uint64_t native[SWAPPED];
    /* libhdf5 takes uint64 of the other byte order for int64 without looking at the sign */
    const bool taken = from.element == LS_ELEMENT_UINT64 && to == LS_H5_NUMBER_INT64;
    const ls_element element = taken ? LS_ELEMENT_INT64 : from.element;
    for (int64_t done = 0; done < count; done += SWAPPED) {
        const int64_t now = count - done < SWAPPED ? count - done : SWAPPED;
        swap(size, now, (const char *)values + done * from_step * size, from_step, native);
        recast_native(element, now, native, 1, to, (char *)out + done * to_step * to_size, to_step);
    }
}

/* ---- boxes ---- */

/* Without axes of one index, and with those joined that make up one run on both sides. */
static ls_recast_box simplify(const ls_recast_box *box)
{
    ls_recast_box b = {.rank = 0};
    for (int i = 0; i < box->rank; i++) {
        const int last = b.rank - 1;
        if (box->extent[i] == 1)
            continue;
        if (last >= 0 && b.from_step[last] == box->from_step[i] * box->extent[i] &&
            b.to_step[last] == box->to_step[i] * box->extent[i]) {
            b.extent[last] *= box->extent[i];
            b.from_step[last] = box->from_step[i];
            b.to_step[last] = box->to_step[i];
            continue;
        }
        b.extent[b.rank] = box->extent[i];
        b.from_step[b.rank] = box->from_step[i];
        b.to_step[b.rank] = box->to_step[i];
        b.rank++;
    }
    if (b.rank == 0)
        b = (ls_recast_box){.rank = 1, .extent = {1}, .from_step = {1}, .to_step = {1}};
    return b;
}

void ls_recast_boxed(ls_recast_from from, const ls_recast_box *box, const void *values, ls_h5_number to, void *out)
{
    const ls_recast_box b = simplify(box);
    const int64_t size = ls_element_bytes(from.element), to_size = (int64_t)ls_number_size(to);
    const int inner = b.rank - 1;
    int64_t index[LS_RECAST_RANK] = {0}, at = 0, to_at = 0;
    for (int i = 0; i < b.rank; i++)
        if (b.extent[i] == 0)
            return;
    for (;;) {
        ls_recast(from, b.extent[inner], (const char *)values + at * size, b.from_step[inner], to,
                  (char *)out + to_at * to_size, b.to_step[inner]);
        int i = inner - 1;
        for (; i >= 0; i--) {
            at += b.from_step[i];
            to_at += b.to_step[i];
            if (++index[i] < b.extent[i])
                break;
            at -= b.from_step[i] * b.extent[i];
            to_at -= b.to_step[i] * b.extent[i];
            index[i] = 0;
        }
        if (i < 0)
            return;
    }
}
