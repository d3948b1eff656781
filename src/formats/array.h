/* Arrays in files of NumPy (.npy, and those in .npz) and of the IDX format of MNIST, read row by row. */
#ifndef LS_FORMATS_ARRAY_H
#define LS_FORMATS_ARRAY_H

#include "files/stream.h"
#include "hdf5/element.h"
#include "hdf5/h5.h"

typedef struct ls_array ls_array;

/* What a file begins with. */
typedef enum ls_array_format { LS_ARRAY_NPY, LS_ARRAY_IDX } ls_array_format;

/* Local. Opens a range of a file as an array; `size` is the number of unpacked bytes when it is known, else -1.
 * LS_ERR_DATA: no such array, values of another kind (objects, complex), more or fewer bytes than its shape needs. */
ls_status ls_array_open(const char *path, const char *name, const ls_stream_range *range, int64_t size,
                        ls_array_format format, ls_array **array);
void ls_array_close(ls_array *array); /* NULL is accepted */

ls_element ls_array_element(const ls_array *array);
/* Bytes of one text as ls_array_next gives it, in UTF-8 and filled up with zeros; 0: the array holds numbers. */
int64_t ls_array_text(const ls_array *array);
int ls_array_rank(const ls_array *array);
const int64_t *ls_array_shape(const ls_array *array);
const char *ls_array_name(const ls_array *array);

/* Local. The next `count` rows (along the first index), row-major and little endian. After the last row the end is
 * checked: nothing may follow, and a check sum must be right. */
ls_status ls_array_next(ls_array *array, int64_t count, void *rows);
/* Local. Goes back in front of the first row. */
ls_status ls_array_restart(ls_array *array);

#endif
