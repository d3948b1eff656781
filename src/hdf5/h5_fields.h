/* Compound types as tables: each member that holds numbers is a column, or several. Only h5*.c files include this. */
#ifndef LS_HDF5_H5_FIELDS_H
#define LS_HDF5_H5_FIELDS_H

#include "hdf5/h5_internal.h"

/* One member that is no compound itself. */
typedef struct ls_h5_field {
    char *name;             /* "pt"; of compounds in compounds "jet.pt"; owned */
    ls_h5_naming naming;    /* of one an element: strings, an enumeration */
    bool array;             /* numbers, maybe one, in an array type */
    bool bits, swapped;     /* as of a dataset's description */
    ls_h5_class class_;     /* LS_H5_OTHER: no numbers */
    ls_h5_number stored;    /* the smallest type that holds its values */
    int64_t first, columns; /* its place among the columns of an element; no numbers: no columns */
} ls_h5_field;

typedef struct ls_h5_fields {
    int count;
    ls_h5_field *field; /* (count) in the order of the type */
    int64_t columns;    /* of one element */
} ls_h5_fields;

/* Local. The numbers of a compound type's members in the order in which they lie, freed with
 * ls_memory_free. libhdf5 numbers them anew when it has converted some, so their numbers are no order. */
ls_status ls_h5_members_in_order(const char *place, hid_t type, unsigned **members, int *count);

/* Local. The fields of a compound type; `place` begins messages. LS_ERR_DATA: more, or deeper in one another, than
 * anybody means. */
ls_status ls_h5_fields_find(const char *place, hid_t type, ls_h5_fields *fields);
void ls_h5_fields_free(ls_h5_fields *fields); /* back to {0} */

/* The field that has a column of an element. */
int ls_h5_fields_at(const ls_h5_fields *fields, int64_t column);

/* A type in memory of the wanted fields only, in their order and packed: each element of a field is a `leaf`. To be
 * closed. Negative when libhdf5 refuses. */
hid_t ls_h5_fields_memory(hid_t type, const ls_h5_fields *fields, const bool *wanted, hid_t leaf);

/* Local. Rows [first, first + count) of the columns in the ranges, as ls_h5_read_table. The caller is inside a guard,
 * and has checked rows and ranges. */
ls_status ls_h5_fields_read(const ls_h5_file *file, const ls_h5_kept *dataset, const ls_h5_range *ranges,
                            int count_ranges, int64_t first, int64_t count, ls_h5_number number, int64_t stride,
                            void *values);

#endif
