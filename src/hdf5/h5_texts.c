/* Reading rows of texts: strings of fixed and of variable length. */
#include "hdf5/h5_internal.h"

#include "base/memory.h"

#include <string.h>

#if H5_VERSION_GE(1, 12, 0)
#define RECLAIM H5Treclaim
#else
#define RECLAIM H5Dvlen_reclaim
#endif

static ls_status fail_read(const ls_h5_file *file, const ls_h5_kept *dataset, int64_t first, int64_t count)
{
    return ls_h5_fail(LS_ERR_DATA, file, "texts %lld to %lld of %s cannot be read; the file is damaged there",
                      (long long)first, (long long)(first + count - 1), dataset->path);
}

/* All in one block: pointers first, characters behind them. `from` or `fixed`, with `size` bytes for each. */
static ls_status pack(char *const *from, const char *fixed, size_t size, int64_t count, char ***texts)
{
    int64_t bytes = count * (int64_t)sizeof(char *);
    for (int64_t i = 0; i < count; i++)
        bytes += 1 + (int64_t)(fixed ? strnlen(fixed + (size_t)i * size, size) : from[i] ? strlen(from[i]) : 0);
    LS_TRY(ls_memory_allocate(texts, bytes, 1, "texts of a dataset"));
    char *at = (char *)(*texts + count);
    for (int64_t i = 0; i < count; i++) {
        const char *text = fixed ? fixed + (size_t)i * size : from[i] ? from[i] : "";
        const size_t length = fixed ? strnlen(text, size) : strlen(text);
        (*texts)[i] = at;
        memcpy(at, text, length);
        at[length] = '\0';
        at += length + 1;
    }
    return LS_OK;
}

static ls_status read_selected(ls_h5_file *file, const ls_h5_kept *dataset, hid_t type, hid_t memory_space,
                               hid_t file_space, int64_t first, int64_t count, char ***texts)
{
    const bool variable = H5Tis_variable_str(type) > 0;
    const size_t size = variable ? sizeof(char *) : H5Tget_size(type);
    char *buffer;
    LS_TRY(ls_memory_allocate(&buffer, count, size, "texts of a dataset"));
    ls_status status = LS_OK;
    if (H5Dread(dataset->id, type, memory_space, file_space, H5P_DEFAULT, buffer) < 0)
        status = fail_read(file, dataset, first, count);
    if (status == LS_OK && !variable && H5Tget_strpad(type) == H5T_STR_SPACEPAD)
        for (int64_t i = 0; i < count; i++)
            for (size_t n = size; n > 0 && buffer[(size_t)i * size + n - 1] == ' '; n--)
                buffer[(size_t)i * size + n - 1] = '\0';
    if (status == LS_OK)
        status = pack((char *const *)(void *)buffer, variable ? NULL : buffer, size, count, texts);
    if (variable)
        (void)RECLAIM(type, memory_space, H5P_DEFAULT, buffer);
    ls_memory_free(buffer);
    return status;
}

static ls_status read_inside(ls_h5_file *file, const char *path, int64_t first, int64_t count, char ***texts)
{
    const ls_h5_kept *dataset;
    hid_t file_space, memory_space;
    LS_TRY(ls_h5_dataset_open(file, path, 0, &dataset));
    hid_t type = H5Dget_type(dataset->id);
    ls_status status = LS_OK;
    if (type < 0 || H5Tget_class(type) != H5T_STRING)
        status = ls_fail(LS_ERR_DATA, "%s: %s holds %s, expected texts", file->path, path, dataset->description.type);
    if (status == LS_OK) {
        status = ls_h5_select_rows(file, dataset, LS_ERR_DATA, first, count, &file_space, &memory_space);
        if (status == LS_OK)
            status = read_selected(file, dataset, type, memory_space, file_space, first, count, texts);
        ls_h5_release_space(file_space);
        ls_h5_release_space(memory_space);
    }
    ls_h5_release_type(type);
    return status;
}

ls_status ls_h5_read_texts(ls_h5_file *file, const char *path, const char *field, int64_t first, int64_t count,
                           char ***texts)
{
    ls_h5_guard guard;
    (void)field;
    *texts = NULL;
    ls_h5_enter(&guard);
    const ls_status status = read_inside(file, path, first, count, texts);
    ls_h5_leave(&guard);
    return status;
}
