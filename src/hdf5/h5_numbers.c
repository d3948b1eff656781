/* Judging a dataset as features or targets: whether it holds rows of numbers, and how they are read best. */
#include "hdf5/h5_internal.h"

#include <stdio.h>
#include <string.h>

ls_status ls_h5_check_numbers(const ls_h5_file *file, const char *what, const ls_h5_dataset *dataset)
{
    char shape[160];
    if (dataset->class_ == LS_H5_OTHER && strcmp(dataset->type, "compound") == 0)
        return ls_fail(LS_ERR_DATA,
                       "%s:%s: holds compound values (a table with named fields), but no row of fields with numbers, "
                       "expected numbers (integer, float or boolean) as %s",
                       ls_h5_path(file), dataset->path, what);
    if (strcmp(dataset->type, "complex") == 0)
        return ls_fail(LS_ERR_DATA,
                       "%s:%s: holds complex numbers, expected real ones as %s; write both parts side by side, for "
                       "example with h5py: out['x'] = numpy.concatenate([x.real, x.imag], axis=-1)",
                       ls_h5_path(file), dataset->path, what);
    if (dataset->naming == LS_H5_NAMING_TEXT)
        return ls_fail(
            LS_ERR_DATA,
            "%s:%s: holds texts, expected numbers (integer, float or boolean) as %s; where they are numbers "
            "that were written as texts: out['x'] = file['%s'][()].astype('float32') with h5py; where they are "
            "categories, one column each: v = file['%s'].asstr()[()]; out['x'] = (v[:, None] == "
            "numpy.unique(v)).astype('u1'); a single column of labels can be --y as it is",
            ls_h5_path(file), dataset->path, what, dataset->path, dataset->path);
    if (strcmp(dataset->type, "reference") == 0)
        return ls_fail(
            LS_ERR_DATA,
            "%s:%s: holds references to other objects, expected numbers as %s; MATLAB writes cell arrays, struct "
            "arrays and tables so: write one array, in MATLAB x = cell2mat(c); save('OUT.mat','x','-v7.3')",
            ls_h5_path(file), dataset->path, what);
    if (dataset->class_ == LS_H5_OTHER)
        return ls_fail(LS_ERR_DATA,
                       "%s:%s: holds %s, expected numbers (integer, float or boolean) as %s; write it again as numbers",
                       ls_h5_path(file), dataset->path, dataset->type, what);
    if (dataset->rank < 1)
        return ls_fail(LS_ERR_DATA, "%s:%s: is a single number, expected an array with one row per example as %s",
                       ls_h5_path(file), dataset->path, what);
    int64_t values = 1;
    for (int i = 0; i < dataset->rank; i++)
        values *= dataset->shape[i];
    if (dataset->fields > 0 && values == 0)
        return ls_fail(LS_ERR_DATA, "%s:%s: is empty, it has no rows", ls_h5_path(file), dataset->path);
    if (values == 0)
        return ls_fail(LS_ERR_DATA, "%s:%s: is empty, its shape is %s", ls_h5_path(file), dataset->path,
                       ls_h5_shape_text(dataset, shape, sizeof shape));
    return LS_OK;
}

int ls_h5_row_axis(const ls_h5_dataset *dataset, int axis)
{
    const int axes = dataset->rank - (dataset->fields > 0 ? 1 : 0);
    return axis < axes ? axis : axes - 1;
}

/* Bytes of one run that make reading it worth a seek. */
#define RUN 65536

int64_t ls_h5_rows_together(const ls_h5_dataset *dataset, int axis)
{
    if (dataset->chunk[0] > 0)
        return dataset->chunk[axis] < dataset->shape[axis] ? dataset->chunk[axis] : dataset->shape[axis];
    int64_t run = dataset->bits >= 8 ? dataset->bits / 8 : 1;
    if (axis == 0)
        return 1;
    for (int i = axis + 1; i < dataset->rank; i++)
        run *= dataset->shape[i];
    return run < RUN ? RUN / run : 1;
}
