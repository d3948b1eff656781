/* Reading rows of datasets as numbers. */
#include "hdf5/h5_chunks.h"

#include "base/memory.h"

#include <string.h>

ls_status ls_h5_check_rows(const ls_h5_file *file, const ls_h5_kept *dataset, ls_status code, int64_t first,
                           int64_t count)
{
    const ls_h5_dataset *d = &dataset->description;
    const int64_t rows = d->rank == 0 ? 1 : d->shape[0];
    if (first < 0 || count < 0 || first > rows || count > rows - first)
        return ls_fail(code, "%s: %s has %lld rows (numbered from 0); %lld rows from row %lld on were asked for",
                       file->path, dataset->path, (long long)rows, (long long)count, (long long)first);
    return LS_OK;
}

ls_status ls_h5_select_rows(ls_h5_file *file, const ls_h5_kept *dataset, ls_status code, int64_t first, int64_t count,
                            hid_t *file_space, hid_t *memory_space)
{
    *memory_space = -1;
    *file_space = H5Dget_space(dataset->id);
    hsize_t extents[H5S_MAX_RANK], start[H5S_MAX_RANK] = {0};
    int rank = *file_space < 0 ? -1 : H5Sget_simple_extent_dims(*file_space, extents, NULL);
    if (rank < 0)
        return ls_h5_fail(code, file, "the shape of %s cannot be read", dataset->path);
    LS_TRY(ls_h5_check_rows(file, dataset, code, first, count));
    if (rank == 0) {
        *memory_space = H5Screate(H5S_SCALAR);
    } else {
        start[0] = (hsize_t)first;
        extents[0] = (hsize_t)count;
        if (H5Sselect_hyperslab(*file_space, H5S_SELECT_SET, start, NULL, extents, NULL) < 0)
            return ls_h5_fail(code, file, "rows of %s cannot be selected", dataset->path);
        *memory_space = H5Screate_simple(rank, extents, NULL);
    }
    if (*memory_space < 0)
        return ls_h5_fail(code, file, "rows of %s cannot be selected", dataset->path);
    return LS_OK;
}

static ls_status fail_read(const ls_h5_file *file, const ls_h5_dataset *description, int64_t first, int64_t count)
{
    return ls_h5_fail(LS_ERR_DATA, file, "rows %lld to %lld of %s (%s, %s) cannot be read; the file is damaged there",
                      (long long)first, (long long)(first + count - 1), description->path, description->type,
                      description->layout);
}

static ls_status open_numbers(ls_h5_file *file, const char *path, int axis, const ls_h5_kept **dataset)
{
    LS_TRY(ls_h5_dataset_open(file, path, axis, dataset));
    if ((*dataset)->description.class_ != LS_H5_OTHER && (*dataset)->description.fields == 0)
        return LS_OK;
    return ls_fail(LS_ERR_DATA, "%s: %s holds %s, expected numbers (integer, float or boolean)", file->path, path,
                   (*dataset)->description.type);
}

static ls_status read_rows_inside(ls_h5_file *file, const ls_h5_kept *dataset, int64_t first, int64_t count,
                                  ls_h5_number number, void *values)
{
    hid_t file_space, memory_space;
    ls_status status = ls_h5_select_rows(file, dataset, LS_ERR_DATA, first, count, &file_space, &memory_space);
    if (status == LS_OK && count > 0 &&
        ls_h5_read_numbers(dataset, ls_h5_memory_type(number), memory_space, file_space, values) < 0)
        status = fail_read(file, &dataset->description, first, count);
    ls_h5_release_space(file_space);
    ls_h5_release_space(memory_space);
    return status;
}

static ls_status read_rows(ls_h5_file *file, const char *path, int64_t first, int64_t count, ls_h5_number number,
                           void *values)
{
    const ls_h5_kept *dataset;
    ls_h5_guard guard;
    bool chunks = false;
    ls_h5_enter(&guard);
    ls_status status = open_numbers(file, path, 0, &dataset);
    if (status == LS_OK)
        status = ls_h5_check_rows(file, dataset, LS_ERR_DATA, first, count);
    if (status == LS_OK) {
        chunks = ls_h5_chunks_can(dataset, number);
        status = chunks ? LS_OK : read_rows_inside(file, dataset, first, count, number, values);
    }
    ls_h5_leave(&guard);
    if (!chunks)
        return status;
    const ls_h5_box box = ls_h5_box_of(&dataset->description, 0, first, count, values);
    return ls_h5_chunks_read(file, dataset, &box, 1, number);
}

ls_status ls_h5_read_float(ls_h5_file *file, const char *path, int64_t first, int64_t count, float *values)
{
    return read_rows(file, path, first, count, LS_H5_NUMBER_FLOAT, values);
}

ls_status ls_h5_read_double(ls_h5_file *file, const char *path, int64_t first, int64_t count, double *values)
{
    return read_rows(file, path, first, count, LS_H5_NUMBER_DOUBLE, values);
}

ls_status ls_h5_read_int64(ls_h5_file *file, const char *path, int64_t first, int64_t count, int64_t *values)
{
    return read_rows(file, path, first, count, LS_H5_NUMBER_INT64, values);
}

ls_status ls_h5_read_uint8(ls_h5_file *file, const char *path, int64_t first, int64_t count, uint8_t *values)
{
    return read_rows(file, path, first, count, LS_H5_NUMBER_UINT8, values);
}

ls_status ls_h5_read_uint64(ls_h5_file *file, const char *path, int64_t first, int64_t count, uint64_t *values)
{
    return read_rows(file, path, first, count, LS_H5_NUMBER_UINT64, values);
}
