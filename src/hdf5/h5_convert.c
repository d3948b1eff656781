/* Conversions that libhdf5 lacks or does otherwise: bit fields as numbers (PyTables stores booleans so), and float64 of
 * the byte order that this machine has not as float32 (libhdf5 1.10 rounds halves away from zero there, and to even
 * otherwise). They are taught to it for the time of one read, so that a host's libhdf5 stays as it was. */
#include "hdf5/h5_internal.h"
#include "hdf5/recast.h"

#include <string.h>

#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
#define SWAPPED_DOUBLE H5T_IEEE_F64BE
#else
#define SWAPPED_DOUBLE H5T_IEEE_F64LE
#endif

/* ---- bit fields ---- */

static uint64_t take_bits(const unsigned char *from, size_t size, bool big)
{
    uint64_t value = 0;
    for (size_t i = 0; i < size; i++)
        value = value << 8 | from[big ? i : size - 1 - i];
    return value;
}

static void put_number(uint64_t value, bool is_float, size_t size, unsigned char *to)
{
    const float single = (float)value;
    const double twice = (double)value;
    const uint32_t four = (uint32_t)value;
    const uint16_t two = (uint16_t)value;
    const uint8_t one = (uint8_t)value;
    memcpy(to,
           is_float    ? (size == 4 ? (const void *)&single : &twice)
           : size == 8 ? (const void *)&value
           : size == 4 ? (const void *)&four
           : size == 2 ? (const void *)&two
                       : &one,
           size);
}

/* Packed values are converted in place, from the end where they grow. */
static void convert_bits(hid_t from, hid_t to, size_t count, size_t stride, unsigned char *values)
{
    const size_t narrow = H5Tget_size(from), wide = H5Tget_size(to);
    const size_t from_step = stride == 0 ? narrow : stride, to_step = stride == 0 ? wide : stride;
    const bool big = H5Tget_order(from) == H5T_ORDER_BE, is_float = H5Tget_class(to) == H5T_FLOAT;
    for (size_t k = 0; k < count; k++) {
        const size_t i = to_step > from_step ? count - 1 - k : k;
        put_number(take_bits(values + i * from_step, narrow, big), is_float, wide, values + i * to_step);
    }
}

/* Whole bytes, to the types that ls_h5_memory_type names. */
static bool can_convert_bits(hid_t from, hid_t to)
{
    const size_t narrow = H5Tget_size(from), wide = H5Tget_size(to);
    return ls_h5_is_bits(from) && (wide == 4 || wide == 8 || (H5Tget_class(to) == H5T_INTEGER && wide <= 2)) &&
           H5Tget_precision(from) == 8 * narrow;
}

/* ---- float64 ---- */

static bool can_narrow(hid_t from, hid_t to)
{
    return H5Tequal(from, SWAPPED_DOUBLE) > 0 && H5Tequal(to, H5T_NATIVE_FLOAT) > 0;
}

/* In place; packed values move to the front. */
static void narrow(size_t count, size_t stride, unsigned char *values)
{
    enum { GROUP = 256 };
    static const ls_recast_from from = {LS_ELEMENT_FLOAT64, true};
    const size_t from_step = stride == 0 ? sizeof(double) : stride, to_step = stride == 0 ? sizeof(float) : stride;
    for (size_t first = 0, some; first < count; first += some) {
        double wide[GROUP];
        float single[GROUP];
        some = count - first < GROUP ? count - first : GROUP;
        for (size_t i = 0; i < some; i++)
            memcpy(&wide[i], values + (first + i) * from_step, sizeof wide[i]);
        ls_recast(from, (int64_t)some, wide, 1, LS_H5_NUMBER_FLOAT, single, 1);
        for (size_t i = 0; i < some; i++)
            memcpy(values + (first + i) * to_step, &single[i], sizeof single[i]);
    }
}

bool ls_h5_is_swapped_double(hid_t type)
{
    return H5Tequal(type, SWAPPED_DOUBLE) > 0;
}

/* ---- teaching ---- */

static herr_t conversion(hid_t from, hid_t to, H5T_cdata_t *data, size_t count, size_t stride, size_t background_stride,
                         void *values, void *background, hid_t transfer)
{
    (void)background_stride;
    (void)background;
    (void)transfer;
    data->need_bkg = H5T_BKG_NO;
    if (data->command == H5T_CONV_INIT)
        return can_convert_bits(from, to) || can_narrow(from, to) ? 0 : -1;
    if (data->command != H5T_CONV_CONV)
        return 0;
    if (H5Tget_class(from) == H5T_BITFIELD)
        convert_bits(from, to, count, stride, values);
    else
        narrow(count, stride, values);
    return 0;
}

bool ls_h5_is_bits(hid_t type)
{
    const size_t size = H5Tget_size(type);
    const H5T_order_t order = H5Tget_order(type);
    return H5Tget_class(type) == H5T_BITFIELD && (size == 1 || size == 2 || size == 4 || size == 8) &&
           H5Tget_precision(type) == 8 * size && (order == H5T_ORDER_LE || order == H5T_ORDER_BE);
}

/* libhdf5 clears a buffer of 1 MiB for each read that converts, however little that is; here it is as large as need
 * be. H5P_DEFAULT where nothing is converted, since making a list takes longer than a small read; and for virtual
 * datasets, whose sources are read with the same buffer and may hold larger values. Negative on failure. */
static hid_t transfer_of(hid_t dataset, hid_t type, hid_t file_space)
{
    const hsize_t most = 1 << 20;
    const hid_t stored = H5Dget_type(dataset);
    const size_t from = stored < 0 ? 0 : H5Tget_size(stored), to = H5Tget_size(type), size = from > to ? from : to;
    const bool converts = stored >= 0 && H5Tequal(stored, type) <= 0;
    ls_h5_release_type(stored);
    if (!converts)
        return H5P_DEFAULT;
    const hssize_t count = H5Sget_select_npoints(file_space);
    const hid_t creation = H5Dget_create_plist(dataset);
    const bool elsewhere = creation < 0 || H5Pget_layout(creation) == H5D_VIRTUAL;
    ls_h5_release_plist(creation);
    if (elsewhere || count < 1 || size < 1 || (hsize_t)count >= most / size)
        return H5P_DEFAULT;
    const hid_t transfer = H5Pcreate(H5P_DATASET_XFER);
    if (transfer >= 0)
        (void)H5Pset_buffer(transfer, (size_t)count * size, NULL, NULL);
    return transfer;
}

/* Of two kinds of values that are read with one call each is taught, and both are forgotten together. What is released
 * behind a read that failed would clear the library's own words. */
herr_t ls_h5_read_odd(hid_t dataset, ls_h5_odd odd, hid_t number, hid_t type, hid_t memory_space, hid_t file_space,
                      void *values)
{
    static const char name[] = "lockstep";
    const hid_t transfer = transfer_of(dataset, type, file_space);
    herr_t got = transfer < 0 ? -1 : 0;
    if (got >= 0 && odd.bits)
        got = H5Tregister(H5T_PERS_SOFT, name, H5T_STD_B8LE, number, conversion);
    if (got >= 0 && odd.narrow)
        got = H5Tregister(H5T_PERS_SOFT, name, SWAPPED_DOUBLE, number, conversion);
    if (got >= 0)
        got = H5Dread(dataset, type, memory_space, file_space, transfer, values);
    const hid_t why = got < 0 ? H5Eget_current_stack() : -1;
    if ((odd.bits || odd.narrow) && H5Tunregister(H5T_PERS_SOFT, name, -1, -1, conversion) < 0)
        got = -1;
    if (transfer != H5P_DEFAULT)
        ls_h5_release_plist(transfer);
    if (why >= 0)
        (void)H5Eset_current_stack(why);
    return got;
}

herr_t ls_h5_read_numbers(const ls_h5_kept *dataset, hid_t type, hid_t memory_space, hid_t file_space, void *values)
{
    const ls_h5_odd odd = {dataset->description.bitfield,
                           dataset->description.swapped_double && H5Tequal(type, H5T_NATIVE_FLOAT) > 0};
    return ls_h5_read_odd(dataset->id, odd, type, type, memory_space, file_space, values);
}
