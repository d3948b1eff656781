/* Virtual datasets: where a source file or dataset is missing, libhdf5 reads fill values without a word, and
 * a model would be trained on zeros. So the sources are looked for first, where libhdf5 looks. */
#include "io/h5_internal.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define PATH_SIZE 8192

/* The directory of the virtual file, then the path as it stands; of an absolute path that is not there, its
 * last part is tried in the directory too (H5F_prefix_open_file in libhdf5). */
static bool find_file(const ls_h5_file *file, const char *name, char *found)
{
    const char *slash = strrchr(file->path, '/');
    int directory = slash ? (int)(slash - file->path) + 1 : 0;
    const char *last = strrchr(name, '/');
    const char *part = name[0] == '/' ? last + 1 : name;
    if (name[0] == '/') {
        (void)snprintf(found, PATH_SIZE, "%s", name);
        if (access(found, R_OK) == 0)
            return true;
    }
    (void)snprintf(found, PATH_SIZE, "%.*s%s", directory, file->path, part);
    if (access(found, R_OK) == 0)
        return true;
    (void)snprintf(found, PATH_SIZE, "%s", name);
    return access(found, R_OK) == 0;
}

/* One mapping. Consecutive mappings into the same file share *opened. */
static ls_status check_source(const ls_h5_file *file, const char *path, const char *name, const char *dataset,
                              char *opened_name, hid_t *opened)
{
    char found[PATH_SIZE];
    if (strcmp(name, ".") == 0) {
        if (H5Oexists_by_name(file->id, dataset, H5P_DEFAULT) > 0)
            return LS_OK;
        return ls_fail(LS_ERR_DATA, "%s: %s is virtual, and its source %s in the same file is missing", file->path,
                       path, dataset);
    }
    if (!find_file(file, name, found))
        return ls_fail(LS_ERR_DATA,
                       "%s: %s is virtual, and its source file %s is missing or cannot be read; its rows would read "
                       "as fill values",
                       file->path, path, name);
    if (*opened < 0 || strcmp(opened_name, found) != 0) {
        if (*opened >= 0)
            (void)H5Fclose(*opened);
        hid_t plist = ls_h5_access_plist();
        *opened = plist < 0 ? -1 : H5Fopen(found, H5F_ACC_RDONLY, plist);
        (void)snprintf(opened_name, PATH_SIZE, "%s", found);
        ls_status status = LS_OK;
        if (*opened < 0)
            status =
                ls_h5_fail(LS_ERR_DATA, file, "%s is virtual, and its source file %s cannot be opened", path, found);
        ls_h5_release_plist(plist);
        LS_TRY(status);
    }
    if (H5Oexists_by_name(*opened, dataset, H5P_DEFAULT) > 0)
        return LS_OK;
    return ls_fail(LS_ERR_DATA, "%s: %s is virtual, and its source file %s has no dataset %s", file->path, path, found,
                   dataset);
}

ls_status ls_h5_check_virtual(ls_h5_file *file, const char *path, hid_t creation)
{
    size_t mappings = 0;
    if (getenv("HDF5_VDS_PREFIX") != NULL)
        return LS_OK; /* the user directs libhdf5 elsewhere, with rules of its own */
    if (H5Pget_virtual_count(creation, &mappings) < 0)
        return ls_h5_fail(LS_ERR_DATA, file, "the sources of the virtual dataset %s cannot be read", path);
    ls_status status = LS_OK;
    hid_t opened = -1;
    char name[4096], dataset[1024], opened_name[PATH_SIZE] = "";
    for (size_t i = 0; i < mappings && status == LS_OK; i++) {
        ssize_t name_length = H5Pget_virtual_filename(creation, i, name, sizeof name);
        ssize_t dataset_length = H5Pget_virtual_dsetname(creation, i, dataset, sizeof dataset);
        if (name_length < 0 || dataset_length < 0 || name_length >= (ssize_t)sizeof name ||
            dataset_length >= (ssize_t)sizeof dataset)
            status = ls_h5_fail(LS_ERR_DATA, file, "source %zu of the virtual dataset %s cannot be read", i, path);
        else if (strchr(name, '%') == NULL && strchr(dataset, '%') == NULL) /* "%b": numbered, as many as there are */
            status = check_source(file, path, name, dataset, opened_name, &opened);
    }
    if (opened >= 0)
        (void)H5Fclose(opened);
    return status;
}
