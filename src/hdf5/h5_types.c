/* Number types: what a file's type is, in words and as the smallest type that holds it, and types in memory. */
#include "hdf5/h5_internal.h"

#include <stdio.h>
#include <string.h>

static void describe_float(hid_t type, ls_h5_dataset *d)
{
    size_t sign, exponent_at, exponent_bits, mantissa_at, mantissa_bits;
    bool brain = H5Tget_size(type) == 2 &&
                 H5Tget_fields(type, &sign, &exponent_at, &exponent_bits, &mantissa_at, &mantissa_bits) >= 0 &&
                 exponent_bits == 8;
    (void)snprintf(d->type, sizeof d->type, "%sfloat%d", brain ? "b" : "", d->bits);
}

/* The fields of IEEE binary16. */
static bool is_half(hid_t type)
{
    size_t sign, exponent_at, exponent_bits, mantissa_at, mantissa_bits;
    return H5Tget_size(type) == 2 &&
           H5Tget_fields(type, &sign, &exponent_at, &exponent_bits, &mantissa_at, &mantissa_bits) >= 0 && sign == 15 &&
           exponent_at == 10 && exponent_bits == 5 && mantissa_at == 0 && mantissa_bits == 10 &&
           H5Tget_ebias(type) == 15 && H5Tget_norm(type) == H5T_NORM_IMPLIED;
}

static ls_h5_number stored_integer(hid_t type)
{
    const size_t bits = H5Tget_precision(type); /* 0: libhdf5 does not know */
    const bool is_signed = H5Tget_class(type) == H5T_INTEGER && H5Tget_sign(type) != H5T_SGN_NONE;
    if (bits == 0 || bits > 16)
        return LS_H5_NUMBER_FLOAT;
    if (bits <= 8)
        return is_signed ? LS_H5_NUMBER_INT8 : LS_H5_NUMBER_UINT8;
    return is_signed ? LS_H5_NUMBER_INT16 : LS_H5_NUMBER_UINT16;
}

/* h5py's boolean: an enumeration of FALSE = 0 and TRUE = 1 over one byte. */
static bool is_boolean(hid_t type)
{
    if (H5Tget_size(type) != 1 || H5Tget_nmembers(type) != 2)
        return false;
    bool is = true;
    for (unsigned i = 0; i < 2; i++) {
        signed char value = -1;
        char *name = H5Tget_member_name(type, i);
        if (name == NULL || H5Tget_member_value(type, i, &value) < 0 || !(value == 0 || value == 1) ||
            strcmp(name, value ? "TRUE" : "FALSE") != 0)
            is = false;
        if (name != NULL)
            (void)H5free_memory(name);
    }
    return is;
}

bool ls_h5_counts_up(hid_t type)
{
    enum { MOST = 65536 };
    const int members = H5Tget_nmembers(type);
    hid_t base = H5Tget_super(type);
    bool is = base >= 0 && members > 0 && members <= MOST;
    bool seen[MOST] = {false};
    for (int i = 0; i < members && is; i++) {
        int64_t value[2] = {-1, 0}; /* as wide as any integer */
        is = H5Tget_size(base) <= sizeof value[0] && H5Tget_member_value(type, (unsigned)i, value) >= 0 &&
             H5Tconvert(base, H5T_NATIVE_INT64, 1, value, NULL, H5P_DEFAULT) >= 0 && value[0] >= 0 &&
             value[0] < members && !seen[value[0]];
        if (is)
            seen[value[0]] = true;
    }
    ls_h5_release_type(base);
    return is;
}

/* As h5py writes complex numbers: a compound of r and i, both floats. */
static bool is_complex(hid_t type)
{
    bool is = H5Tget_nmembers(type) == 2;
    for (unsigned i = 0; i < 2 && is; i++) {
        char *name = H5Tget_member_name(type, i);
        is = name != NULL && strcmp(name, i == 0 ? "r" : "i") == 0 && H5Tget_member_class(type, i) == H5T_FLOAT;
        if (name != NULL)
            (void)H5free_memory(name);
    }
    return is;
}

static const char *other_type(hid_t type, H5T_class_t class_)
{
    switch (class_) {
    case H5T_STRING:
        return "string";
    case H5T_COMPOUND:
        return is_complex(type) ? "complex" : "compound";
    case H5T_OPAQUE:
        return "opaque";
    case H5T_REFERENCE:
        return "reference";
    case H5T_VLEN:
        return "variable-length";
    case H5T_ARRAY:
        return "array";
    case H5T_TIME:
        return "time";
    default:
        return "unknown type";
    }
}

void ls_h5_describe_type(hid_t type, ls_h5_dataset *d)
{
    H5T_class_t class_ = H5Tget_class(type);
    size_t size = H5Tget_size(type);
    hid_t base;
    d->bits = size < 4096 ? (int)(8 * size) : 0;
    switch (class_) {
    case H5T_INTEGER:
        d->class_ = LS_H5_INTEGER;
        d->stored = stored_integer(type);
        d->natural = d->bits > 63 && H5Tget_sign(type) == H5T_SGN_NONE;
        (void)snprintf(d->type, sizeof d->type, "%sint%d", H5Tget_sign(type) == H5T_SGN_NONE ? "u" : "", d->bits);
        break;
    case H5T_FLOAT:
        d->class_ = LS_H5_FLOAT;
        d->stored = is_half(type) ? LS_H5_NUMBER_FLOAT16 : LS_H5_NUMBER_FLOAT;
        d->swapped_double = ls_h5_is_swapped_double(type);
        describe_float(type, d);
        break;
    case H5T_ENUM:
        d->class_ = is_boolean(type) ? LS_H5_BOOLEAN : LS_H5_INTEGER;
        base = H5Tget_super(type);
        d->stored = d->class_ == LS_H5_BOOLEAN ? LS_H5_NUMBER_UINT8
                    : base >= 0                ? stored_integer(base)
                                               : LS_H5_NUMBER_FLOAT;
        ls_h5_release_type(base);
        if (d->class_ == LS_H5_INTEGER && ls_h5_counts_up(type))
            d->naming = LS_H5_NAMING_ENUM;
        d->other_enum = d->class_ == LS_H5_INTEGER && d->naming == LS_H5_NAMING_NONE;
        if (d->class_ == LS_H5_BOOLEAN)
            (void)snprintf(d->type, sizeof d->type, "boolean");
        else
            (void)snprintf(d->type, sizeof d->type, "enum over int%d", d->bits);
        break;
    case H5T_BITFIELD:
        d->class_ = ls_h5_is_bits(type) ? LS_H5_INTEGER : LS_H5_OTHER;
        d->bitfield = d->class_ == LS_H5_INTEGER;
        d->natural = d->bitfield && d->bits > 63;
        d->stored = stored_integer(type);
        (void)snprintf(d->type, sizeof d->type, "bitfield%d", d->bits);
        break;
    default:
        d->class_ = LS_H5_OTHER;
        d->naming = class_ == H5T_STRING ? LS_H5_NAMING_TEXT : LS_H5_NAMING_NONE;
        (void)snprintf(d->type, sizeof d->type, "%s", other_type(type, class_));
        return;
    }
    if (size > 1 && H5Tget_order(type) == H5T_ORDER_BE)
        (void)strncat(d->type, " big-endian", sizeof d->type - strlen(d->type) - 1);
    else if (size > 1 && H5Tget_order(type) == H5T_ORDER_VAX)
        (void)strncat(d->type, " VAX order", sizeof d->type - strlen(d->type) - 1);
}

static bool integer_element(hid_t type, ls_element *element)
{
    const bool is_signed = H5Tget_sign(type) == H5T_SGN_2;
    const size_t size = H5Tget_size(type);
    if (H5Tget_precision(type) != 8 * size || H5Tget_offset(type) != 0 ||
        (!is_signed && H5Tget_sign(type) != H5T_SGN_NONE))
        return false;
    switch (size) {
    case 1:
        *element = is_signed ? LS_ELEMENT_INT8 : LS_ELEMENT_UINT8;
        return true;
    case 2:
        *element = is_signed ? LS_ELEMENT_INT16 : LS_ELEMENT_UINT16;
        return true;
    case 4:
        *element = is_signed ? LS_ELEMENT_INT32 : LS_ELEMENT_UINT32;
        return true;
    case 8:
        *element = is_signed ? LS_ELEMENT_INT64 : LS_ELEMENT_UINT64;
        return true;
    default:
        return false;
    }
}

static bool float_element(hid_t type, ls_element *element)
{
    if (H5Tequal(type, H5T_IEEE_F32LE) > 0 || H5Tequal(type, H5T_IEEE_F32BE) > 0)
        *element = LS_ELEMENT_FLOAT32;
    else if (H5Tequal(type, H5T_IEEE_F64LE) > 0 || H5Tequal(type, H5T_IEEE_F64BE) > 0)
        *element = LS_ELEMENT_FLOAT64;
    else if (is_half(type))
        *element = LS_ELEMENT_FLOAT16;
    else
        return false;
    return true;
}

bool ls_h5_element(hid_t type, ls_element *element, bool *big_endian)
{
    bool is = false;
    hid_t base;
    switch (H5Tget_class(type)) {
    case H5T_INTEGER:
        is = integer_element(type, element);
        break;
    case H5T_FLOAT:
        is = float_element(type, element);
        break;
    case H5T_ENUM:
        base = H5Tget_super(type);
        is = base >= 0 && ls_h5_element(base, element, big_endian);
        ls_h5_release_type(base);
        return is;
    default:
        return false;
    }
    const H5T_order_t order = is ? H5Tget_order(type) : H5T_ORDER_NONE;
    *big_endian = order == H5T_ORDER_BE;
    return is && (order == H5T_ORDER_BE || order == H5T_ORDER_LE || H5Tget_size(type) == 1);
}

hid_t ls_h5_memory_type(ls_h5_number number)
{
    switch (number) {
    case LS_H5_NUMBER_FLOAT:
        return H5T_NATIVE_FLOAT;
    case LS_H5_NUMBER_DOUBLE:
        return H5T_NATIVE_DOUBLE;
    case LS_H5_NUMBER_INT32:
        return H5T_NATIVE_INT32;
    case LS_H5_NUMBER_INT64:
        return H5T_NATIVE_INT64;
    case LS_H5_NUMBER_UINT64:
        return H5T_NATIVE_UINT64;
    case LS_H5_NUMBER_UINT8:
        return H5T_NATIVE_UINT8;
    case LS_H5_NUMBER_INT8:
        return H5T_NATIVE_INT8;
    case LS_H5_NUMBER_UINT16:
        return H5T_NATIVE_UINT16;
    case LS_H5_NUMBER_INT16:
        return H5T_NATIVE_INT16;
    case LS_H5_NUMBER_FLOAT16:
        break;
    }
    return -1;
}

hid_t ls_h5_half_type(void)
{
    hid_t type = H5Tcopy(H5T_NATIVE_FLOAT);
    if (type >= 0 &&
        (H5Tset_fields(type, 15, 10, 5, 0, 10) < 0 || H5Tset_ebias(type, 15) < 0 || H5Tset_size(type, 2) < 0)) {
        (void)H5Tclose(type);
        return -1;
    }
    return type;
}
