/* Number types that values have in memory: what rows are read as, and the smallest type that holds a dataset without
 * loss. */
#ifndef LS_HDF5_NUMBER_H
#define LS_HDF5_NUMBER_H

#include <stddef.h>
#include <stdint.h>

typedef enum ls_h5_number {
    LS_H5_NUMBER_FLOAT, /* float32 */
    LS_H5_NUMBER_DOUBLE,
    LS_H5_NUMBER_INT32,
    LS_H5_NUMBER_INT64,
    LS_H5_NUMBER_UINT64,
    LS_H5_NUMBER_UINT8,
    LS_H5_NUMBER_INT8,
    LS_H5_NUMBER_UINT16,
    LS_H5_NUMBER_INT16,
    LS_H5_NUMBER_FLOAT16 /* IEEE binary16, held as uint16_t */
} ls_h5_number;

/* Bytes of one value. */
size_t ls_number_size(ls_h5_number number);
/* "uint8", "float32", ... */
const char *ls_number_name(ls_h5_number number);

/* The smallest of uint8, int8, uint16, int16, float16 and float32 that holds every value of both types, each one of
 * these. Integers of 8 bits fit in float16; wider ones do not. */
ls_h5_number ls_number_join(ls_h5_number a, ls_h5_number b);

/* Rows of `columns` values, float32 or float64, from one row to the next `stride` values: those that are equal to one
 * of the codes, as float32, become nan. */
void ls_number_decode(ls_h5_number number, const double *codes, int code_count, int64_t rows, int64_t columns,
                      int64_t stride, void *values);

/* `count` values of one of those six types as float32: the bits that libhdf5 gives when it reads them as float32 (a NaN
 * stays a NaN). */
void ls_number_to_float(ls_h5_number number, int64_t count, const void *values, float *out);

#endif
