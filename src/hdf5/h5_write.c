/* Writing groups, datasets and links, so that equal contents give equal bytes: no time stamps, contiguous
 * little-endian data, default layout decisions only. */
#include "hdf5/h5_internal.h"

#include <stdio.h>
#include <string.h>

hid_t ls_h5_file_type(ls_h5_number number)
{
    switch (number) {
    case LS_H5_NUMBER_FLOAT:
        return H5T_IEEE_F32LE;
    case LS_H5_NUMBER_DOUBLE:
        return H5T_IEEE_F64LE;
    case LS_H5_NUMBER_INT32:
        return H5T_STD_I32LE;
    case LS_H5_NUMBER_INT64:
        return H5T_STD_I64LE;
    case LS_H5_NUMBER_UINT64:
        return H5T_STD_U64LE;
    case LS_H5_NUMBER_UINT8:
        return H5T_STD_U8LE;
    default:
        return -1; /* not written so far */
    }
}

hid_t ls_h5_timeless(hid_t class_)
{
    hid_t creation = H5Pcreate(class_);
    if (creation >= 0 && H5Pset_obj_track_times(creation, 0) < 0) {
        (void)H5Pclose(creation);
        return -1;
    }
    return creation;
}

/* ---- groups ---- */

static ls_status make_one_group(ls_h5_file *file, const char *path)
{
    if (H5Oexists_by_name(file->id, path, H5P_DEFAULT) > 0)
        return LS_OK;
    hid_t creation = ls_h5_timeless(H5P_GROUP_CREATE);
    hid_t group = creation < 0 ? -1 : H5Gcreate2(file->id, path, H5P_DEFAULT, creation, H5P_DEFAULT);
    ls_status status = LS_OK;
    if (group < 0)
        status = ls_h5_fail(LS_ERR_OUTPUT, file, "group %s cannot be made", path);
    else if (H5Gclose(group) < 0)
        status = ls_h5_fail(LS_ERR_OUTPUT, file, "group %s cannot be closed", path);
    ls_h5_release_plist(creation);
    return status;
}

/* Makes the groups above the last component of `path`, and that one too when `whole`. */
static ls_status make_groups(ls_h5_file *file, const char *path, bool whole)
{
    char part[sizeof file->kept[0].path];
    if (path[0] == '\0' || strlen(path) >= sizeof part)
        return ls_fail(LS_ERR_OUTPUT, "%s: \"%.64s\" is no path for an object (empty, or too long)", file->path, path);
    for (size_t i = 1; path[i] != '\0'; i++)
        if (path[i] == '/') {
            memcpy(part, path, i);
            part[i] = '\0';
            LS_TRY(make_one_group(file, part));
        }
    return whole && strcmp(path, "/") != 0 ? make_one_group(file, path) : LS_OK;
}

ls_status ls_h5_make_parents(ls_h5_file *file, const char *path)
{
    return make_groups(file, path, false);
}

ls_status ls_h5_make_group(ls_h5_file *file, const char *path)
{
    ls_h5_guard guard;
    ls_h5_enter(&guard);
    ls_status status = make_groups(file, path, true);
    ls_h5_leave(&guard);
    return status;
}

/* ---- datasets ---- */

/* Makes a dataset and, unless `values` is NULL, fills it. */
static ls_status write_inside(ls_h5_file *file, const char *path, int rank, const int64_t *shape, ls_h5_number number,
                              const void *values)
{
    hsize_t extents[LS_H5_MAX_RANK];
    bool empty = false;
    LS_TRY(ls_h5_make_parents(file, path));
    if (rank < 0 || rank > LS_H5_MAX_RANK)
        return ls_fail(LS_ERR_OUTPUT, "%s: %s would have %d dimensions, at most %d are written", file->path, path, rank,
                       LS_H5_MAX_RANK);
    for (int i = 0; i < rank; i++) {
        extents[i] = (hsize_t)shape[i];
        empty = empty || shape[i] == 0;
    }
    ls_status status = LS_OK;
    hid_t creation = ls_h5_timeless(H5P_DATASET_CREATE);
    hid_t space = rank == 0 ? H5Screate(H5S_SCALAR) : H5Screate_simple(rank, extents, NULL);
    hid_t dataset = -1;
    if (creation >= 0 && space >= 0)
        dataset = H5Dcreate2(file->id, path, ls_h5_file_type(number), space, H5P_DEFAULT, creation, H5P_DEFAULT);
    if (dataset < 0)
        status = ls_h5_fail(LS_ERR_OUTPUT, file, "dataset %s cannot be made", path);
    else if (values != NULL && !empty &&
             H5Dwrite(dataset, ls_h5_memory_type(number), H5S_ALL, H5S_ALL, H5P_DEFAULT, values) < 0)
        status = ls_h5_fail(LS_ERR_OUTPUT, file, "dataset %s cannot be written", path);
    if (dataset >= 0 && H5Dclose(dataset) < 0 && status == LS_OK)
        status = ls_h5_fail(LS_ERR_OUTPUT, file, "dataset %s cannot be closed", path);
    ls_h5_release_space(space);
    ls_h5_release_plist(creation);
    return status;
}

static ls_status write_dataset(ls_h5_file *file, const char *path, int rank, const int64_t *shape, ls_h5_number number,
                               const void *values)
{
    ls_h5_guard guard;
    ls_h5_enter(&guard);
    ls_status status = write_inside(file, path, rank, shape, number, values);
    status = ls_h5_written(file, status);
    ls_h5_leave(&guard);
    return status;
}

ls_status ls_h5_write_float(ls_h5_file *file, const char *path, int rank, const int64_t *shape, const float *values)
{
    return write_dataset(file, path, rank, shape, LS_H5_NUMBER_FLOAT, values);
}

ls_status ls_h5_write_double(ls_h5_file *file, const char *path, int rank, const int64_t *shape, const double *values)
{
    return write_dataset(file, path, rank, shape, LS_H5_NUMBER_DOUBLE, values);
}

ls_status ls_h5_write_int32(ls_h5_file *file, const char *path, int rank, const int64_t *shape, const int32_t *values)
{
    return write_dataset(file, path, rank, shape, LS_H5_NUMBER_INT32, values);
}

ls_status ls_h5_write_int64(ls_h5_file *file, const char *path, int rank, const int64_t *shape, const int64_t *values)
{
    return write_dataset(file, path, rank, shape, LS_H5_NUMBER_INT64, values);
}

ls_status ls_h5_write_uint8(ls_h5_file *file, const char *path, int rank, const int64_t *shape, const uint8_t *values)
{
    return write_dataset(file, path, rank, shape, LS_H5_NUMBER_UINT8, values);
}

ls_status ls_h5_write_uint64(ls_h5_file *file, const char *path, int rank, const int64_t *shape, const uint64_t *values)
{
    return write_dataset(file, path, rank, shape, LS_H5_NUMBER_UINT64, values);
}

ls_status ls_h5_make_float(ls_h5_file *file, const char *path, int rank, const int64_t *shape)
{
    return write_dataset(file, path, rank, shape, LS_H5_NUMBER_FLOAT, NULL);
}

ls_status ls_h5_make_int32(ls_h5_file *file, const char *path, int rank, const int64_t *shape)
{
    return write_dataset(file, path, rank, shape, LS_H5_NUMBER_INT32, NULL);
}

ls_status ls_h5_make_int64(ls_h5_file *file, const char *path, int rank, const int64_t *shape)
{
    return write_dataset(file, path, rank, shape, LS_H5_NUMBER_INT64, NULL);
}

ls_status ls_h5_make_uint64(ls_h5_file *file, const char *path, int rank, const int64_t *shape)
{
    return write_dataset(file, path, rank, shape, LS_H5_NUMBER_UINT64, NULL);
}

static ls_status write_rows_inside(ls_h5_file *file, const char *path, int64_t first, int64_t count,
                                   ls_h5_number number, const void *values)
{
    const ls_h5_kept *dataset;
    if (ls_h5_dataset_open(file, path, 0, &dataset) != LS_OK)
        return LS_ERR_OUTPUT; /* the message is recorded; only the code differs here */
    hid_t file_space, memory_space;
    ls_status status = ls_h5_select_rows(file, dataset, LS_ERR_OUTPUT, first, count, &file_space, &memory_space);
    if (status == LS_OK && count > 0 &&
        H5Dwrite(dataset->id, ls_h5_memory_type(number), memory_space, file_space, H5P_DEFAULT, values) < 0)
        status = ls_h5_fail(LS_ERR_OUTPUT, file, "rows %lld to %lld of %s cannot be written", (long long)first,
                            (long long)(first + count - 1), path);
    ls_h5_release_space(file_space);
    ls_h5_release_space(memory_space);
    return status;
}

static ls_status write_rows(ls_h5_file *file, const char *path, int64_t first, int64_t count, ls_h5_number number,
                            const void *values)
{
    ls_h5_guard guard;
    ls_h5_enter(&guard);
    ls_status status = write_rows_inside(file, path, first, count, number, values);
    status = ls_h5_written(file, status);
    ls_h5_leave(&guard);
    return status;
}

ls_status ls_h5_write_float_rows(ls_h5_file *file, const char *path, int64_t first, int64_t count, const float *values)
{
    return write_rows(file, path, first, count, LS_H5_NUMBER_FLOAT, values);
}

ls_status ls_h5_write_int32_rows(ls_h5_file *file, const char *path, int64_t first, int64_t count,
                                 const int32_t *values)
{
    return write_rows(file, path, first, count, LS_H5_NUMBER_INT32, values);
}

ls_status ls_h5_write_int64_rows(ls_h5_file *file, const char *path, int64_t first, int64_t count,
                                 const int64_t *values)
{
    return write_rows(file, path, first, count, LS_H5_NUMBER_INT64, values);
}

ls_status ls_h5_write_uint64_rows(ls_h5_file *file, const char *path, int64_t first, int64_t count,
                                  const uint64_t *values)
{
    return write_rows(file, path, first, count, LS_H5_NUMBER_UINT64, values);
}

static ls_status write_texts_inside(ls_h5_file *file, const char *path, const char *const *texts, int64_t count)
{
    const hsize_t extent = (hsize_t)count;
    LS_TRY(ls_h5_make_parents(file, path));
    ls_status status = LS_OK;
    hid_t creation = ls_h5_timeless(H5P_DATASET_CREATE), type = H5Tcopy(H5T_C_S1), dataset = -1;
    hid_t space = H5Screate_simple(1, &extent, NULL);
    if (creation >= 0 && space >= 0 && type >= 0 && H5Tset_size(type, H5T_VARIABLE) >= 0 &&
        H5Tset_cset(type, H5T_CSET_UTF8) >= 0)
        dataset = H5Dcreate2(file->id, path, type, space, H5P_DEFAULT, creation, H5P_DEFAULT);
    if (dataset < 0)
        status = ls_h5_fail(LS_ERR_OUTPUT, file, "dataset %s cannot be made", path);
    else if (count > 0 && H5Dwrite(dataset, type, H5S_ALL, H5S_ALL, H5P_DEFAULT, texts) < 0)
        status = ls_h5_fail(LS_ERR_OUTPUT, file, "dataset %s cannot be written", path);
    if (dataset >= 0 && H5Dclose(dataset) < 0 && status == LS_OK)
        status = ls_h5_fail(LS_ERR_OUTPUT, file, "dataset %s cannot be closed", path);
    ls_h5_release_space(space);
    ls_h5_release_type(type);
    ls_h5_release_plist(creation);
    return status;
}

ls_status ls_h5_write_texts(ls_h5_file *file, const char *path, const char *const *texts, int64_t count)
{
    ls_h5_guard guard;
    ls_h5_enter(&guard);
    ls_status status = write_texts_inside(file, path, texts, count);
    ls_h5_leave(&guard);
    return status;
}

/* ---- links ---- */

ls_status ls_h5_link(ls_h5_file *file, const char *existing, const char *path)
{
    ls_h5_guard guard;
    ls_h5_enter(&guard);
    ls_status status = ls_h5_make_parents(file, path);
    if (status == LS_OK && H5Lcreate_hard(file->id, existing, file->id, path, H5P_DEFAULT, H5P_DEFAULT) < 0)
        status = ls_h5_fail(LS_ERR_OUTPUT, file, "link %s to %s cannot be made", path, existing);
    ls_h5_leave(&guard);
    return status;
}
