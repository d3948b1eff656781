/* Writing rows of texts, as variable-length UTF-8. */
#include "hdf5/h5_internal.h"

static hid_t variable_text(void)
{
    hid_t type = H5Tcopy(H5T_C_S1);
    if (type >= 0 && (H5Tset_size(type, H5T_VARIABLE) < 0 || H5Tset_cset(type, H5T_CSET_UTF8) < 0)) {
        (void)H5Tclose(type);
        return -1;
    }
    return type;
}

static ls_status make_inside(ls_h5_file *file, const char *path, int64_t rows)
{
    const hsize_t extent = (hsize_t)rows;
    LS_TRY(ls_h5_make_parents(file, path));
    ls_status status = LS_OK;
    hid_t creation = ls_h5_timeless(H5P_DATASET_CREATE), type = variable_text(), dataset = -1;
    hid_t space = H5Screate_simple(1, &extent, NULL);
    if (creation >= 0 && space >= 0 && type >= 0)
        dataset = H5Dcreate2(file->id, path, type, space, H5P_DEFAULT, creation, H5P_DEFAULT);
    if (dataset < 0)
        status = ls_h5_fail(LS_ERR_OUTPUT, file, "dataset %s cannot be made", path);
    else if (H5Dclose(dataset) < 0)
        status = ls_h5_fail(LS_ERR_OUTPUT, file, "dataset %s cannot be closed", path);
    ls_h5_release_space(space);
    ls_h5_release_type(type);
    ls_h5_release_plist(creation);
    return status;
}

ls_status ls_h5_make_texts(ls_h5_file *file, const char *path, int64_t rows)
{
    ls_h5_guard guard;
    ls_h5_enter(&guard);
    const ls_status status = ls_h5_written(file, make_inside(file, path, rows));
    ls_h5_leave(&guard);
    return status;
}

static ls_status write_inside(ls_h5_file *file, const char *path, int64_t first, int64_t count,
                              const char *const *texts)
{
    const ls_h5_kept *dataset;
    hid_t file_space, memory_space, type = variable_text();
    if (ls_h5_dataset_open(file, path, 0, &dataset) != LS_OK) {
        ls_h5_release_type(type);
        return LS_ERR_OUTPUT; /* the message is recorded; only the code differs here */
    }
    ls_status status = ls_h5_select_rows(file, dataset, LS_ERR_OUTPUT, first, count, &file_space, &memory_space);
    if (status == LS_OK && count > 0 &&
        H5Dwrite(dataset->id, type, memory_space, file_space, H5P_DEFAULT, (const void *)texts) < 0)
        status = ls_h5_fail(LS_ERR_OUTPUT, file, "rows %lld to %lld of %s cannot be written", (long long)first,
                            (long long)(first + count - 1), path);
    ls_h5_release_space(file_space);
    ls_h5_release_space(memory_space);
    ls_h5_release_type(type);
    return status;
}

ls_status ls_h5_write_text_rows(ls_h5_file *file, const char *path, int64_t first, int64_t count,
                                const char *const *texts)
{
    ls_h5_guard guard;
    ls_h5_enter(&guard);
    const ls_status status = ls_h5_written(file, write_inside(file, path, first, count, texts));
    ls_h5_leave(&guard);
    return status;
}
