/* Virtual datasets: where a source file or dataset is missing or too small, libhdf5 reads fill values without a word,
 * and a model would be trained on zeros. So the sources are looked at first, where libhdf5 looks. */
#include "hdf5/h5_internal.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define PATH_SIZE 8192
/* Virtual datasets over virtual datasets; a circle is deeper. */
#define DEPTH_MOST 8

/* One virtual dataset whose sources are looked at. Consecutive mappings into the same file share `opened`. */
typedef struct virtual_dataset {
    const ls_h5_file *file;
    const char *path;
    char home[PATH_SIZE]; /* the file that the dataset is in: not `file` behind an external link */
    int depth;
    hid_t opened;
    char opened_name[PATH_SIZE];
} virtual_dataset;

static bool readable(const char *path)
{
    return access(path, R_OK) == 0;
}

/* The directory of the virtual file, then the path as it stands; of an absolute path that is not there, its
 * last part is tried in the directory too; last the directory where a symbolic link leads (H5F_prefix_open_file in
 * libhdf5). */
static bool find_file(const char *home, const char *name, char *found)
{
    const char *slash = strrchr(home, '/');
    int directory = slash ? (int)(slash - home) + 1 : 0;
    const char *last = strrchr(name, '/');
    const char *part = name[0] == '/' ? last + 1 : name;
    if (name[0] == '/') {
        (void)snprintf(found, PATH_SIZE, "%s", name);
        if (readable(found))
            return true;
    }
    (void)snprintf(found, PATH_SIZE, "%.*s%s", directory, home, part);
    if (readable(found))
        return true;
    (void)snprintf(found, PATH_SIZE, "%s", name);
    if (readable(found))
        return true;
    char whole[PATH_MAX];
    if (realpath(home, whole) == NULL)
        return false;
    (void)snprintf(found, PATH_SIZE, "%.*s%s", (int)(strrchr(whole, '/') - whole) + 1, whole, part);
    return readable(found);
}

static ls_status open_source(virtual_dataset *v, const char *found)
{
    if (v->opened >= 0 && strcmp(v->opened_name, found) == 0)
        return LS_OK;
    if (v->opened >= 0)
        (void)H5Fclose(v->opened);
    v->opened = -1;
    /* As libhdf5 opens it (H5D__virtual_open_source_dset): it may be open already, and what fails here would fail
     * there, without a word. Locks are not turned off: 1.10 does not hand that on. */
    hid_t plist = H5Fget_access_plist(v->file->id);
    if (plist >= 0 && H5Pset_fclose_degree(plist, H5F_CLOSE_WEAK) >= 0)
        v->opened = ls_h5_open_plain(found, plist);
    (void)snprintf(v->opened_name, sizeof v->opened_name, "%s", found);
    ls_status status = LS_OK;
    if (v->opened < 0)
        status = ls_h5_fail(
            LS_ERR_DATA, v->file,
            "%s is virtual, and its source file %s cannot be opened (where a lock is the reason, start again "
            "with HDF5_USE_FILE_LOCKING=FALSE in the environment)",
            v->path, found);
    ls_h5_release_plist(plist);
    return status;
}

/* A mapping that takes all of its source, which has `there` values. */
static ls_status check_whole(const virtual_dataset *v, hid_t creation, size_t mapping, hssize_t there, const char *name,
                             const char *dataset)
{
    hid_t filled = H5Pget_virtual_vspace(creation, mapping);
    const hssize_t values = filled < 0 ? -1 : H5Sget_select_npoints(filled);
    ls_h5_release_space(filled);
    if (values < 0 || values == there)
        return LS_OK;
    return ls_fail(LS_ERR_DATA, "%s: %s is virtual and takes %lld values from all of %s in %s, which has %lld",
                   v->file->path, v->path, (long long)values, dataset, name, (long long)there);
}

/* Whether the source has all that the mapping takes from it. */
static ls_status check_extent(const virtual_dataset *v, hid_t creation, size_t mapping, hid_t source, const char *name,
                              const char *dataset)
{
    hsize_t extents[H5S_MAX_RANK], low[H5S_MAX_RANK], high[H5S_MAX_RANK];
    hid_t wanted = H5Pget_virtual_srcspace(creation, mapping), there = H5Dget_space(source);
    ls_status status = LS_OK;
    const int rank = there < 0 ? -1 : H5Sget_simple_extent_dims(there, extents, NULL);
    /* without bounds: as much as there is */
    if (rank > 0 && wanted >= 0 && H5Sget_select_type(wanted) == H5S_SEL_HYPERSLABS &&
        H5Sget_simple_extent_ndims(wanted) == rank && H5Sget_select_bounds(wanted, low, high) >= 0)
        for (int i = 0; i < rank && status == LS_OK; i++)
            if (high[i] >= extents[i] && high[i] < (hsize_t)INT64_MAX)
                status = ls_fail(LS_ERR_DATA,
                                 "%s: %s is virtual and takes indices up to %llu of axis %d of %s in %s, which has "
                                 "only %llu; the rest would read as fill values",
                                 v->file->path, v->path, (unsigned long long)high[i], i, dataset, name,
                                 (unsigned long long)extents[i]);
    if (wanted >= 0 && there >= 0 && H5Sget_select_type(wanted) == H5S_SEL_ALL)
        status = check_whole(v, creation, mapping, H5Sget_simple_extent_npoints(there), name, dataset);
    ls_h5_release_space(wanted);
    ls_h5_release_space(there);
    return status;
}

/* The source as a dataset: there, whole, and readable itself. */
static ls_status check_dataset(virtual_dataset *v, hid_t creation, size_t mapping, hid_t in, const char *name,
                               const char *dataset)
{
    hid_t access = v->file->access >= 0 ? v->file->access : H5P_DEFAULT;
    hid_t source = H5Oexists_by_name(in, dataset, access) > 0 ? H5Dopen2(in, dataset, access) : -1;
    if (source < 0)
        return ls_fail(LS_ERR_DATA, "%s: %s is virtual, and its source file %s has no dataset %s", v->file->path,
                       v->path, name, dataset);
    ls_status status = check_extent(v, creation, mapping, source, name, dataset);
    if (status == LS_OK)
        status = ls_h5_admit(v->file, dataset, source, v->depth + 1);
    (void)H5Dclose(source);
    return status;
}

static ls_status check_source(virtual_dataset *v, hid_t creation, size_t mapping, hid_t itself, const char *name,
                              const char *dataset)
{
    char found[PATH_SIZE];
    if (strcmp(name, ".") == 0) {
        hid_t own = H5Iget_file_id(itself);
        ls_status status = own < 0 ? ls_h5_fail(LS_ERR_DATA, v->file, "the file of %s cannot be had", v->path)
                                   : check_dataset(v, creation, mapping, own, v->home, dataset);
        if (own >= 0)
            (void)H5Fclose(own);
        return status;
    }
    if (!find_file(v->home, name, found))
        return ls_fail(LS_ERR_DATA,
                       "%s: %s is virtual, and its source file %s is missing or cannot be read; its rows would read "
                       "as fill values",
                       v->file->path, v->path, name);
    if (!ls_h5_may_follow(v->file, found))
        return ls_fail(LS_ERR_DATA, "%s: %s is virtual, and its source file %s lies outside this file's directory%s",
                       v->file->path, v->path, name,
                       v->file->links == LS_H5_LINKS_NONE ? "; that is not read in models"
                                                          : "; if that file may be read, --follow-links allows it");
    LS_TRY(open_source(v, found));
    return check_dataset(v, creation, mapping, v->opened, found, dataset);
}

/* Values of the dataset that no mapping covers; 0 where a mapping has no bounds, or mappings overlap. */
static ls_status check_coverage(const virtual_dataset *v, hid_t dataset, hid_t creation, size_t mappings)
{
    hid_t space = H5Dget_space(dataset);
    hssize_t values = space < 0 ? -1 : H5Sget_simple_extent_npoints(space), covered = 0;
    ls_h5_release_space(space);
    for (size_t i = 0; i < mappings; i++) {
        hid_t part = H5Pget_virtual_vspace(creation, i);
        const hssize_t points = part < 0 ? -1 : H5Sget_select_npoints(part);
        ls_h5_release_space(part);
        if (points < 0 || points >= values - covered)
            return LS_OK;
        covered += points;
    }
    return ls_fail(LS_ERR_DATA,
                   "%s: %s is virtual, and only %lld of its %lld values have a source; the others would "
                   "read as fill values",
                   v->file->path, v->path, (long long)covered, (long long)values);
}

static ls_status check_mappings(virtual_dataset *v, hid_t dataset, hid_t creation)
{
    size_t mappings = 0;
    char name[4096], source[1024];
    if (H5Pget_virtual_count(creation, &mappings) < 0)
        return ls_h5_fail(LS_ERR_DATA, v->file, "the sources of the virtual dataset %s cannot be read", v->path);
    for (size_t i = 0; i < mappings; i++) {
        ssize_t name_length = H5Pget_virtual_filename(creation, i, name, sizeof name);
        ssize_t source_length = H5Pget_virtual_dsetname(creation, i, source, sizeof source);
        if (name_length < 0 || source_length < 0 || name_length >= (ssize_t)sizeof name ||
            source_length >= (ssize_t)sizeof source)
            return ls_h5_fail(LS_ERR_DATA, v->file, "source %zu of the virtual dataset %s cannot be read", i, v->path);
        if (strchr(name, '%') == NULL && strchr(source, '%') == NULL) {
            LS_TRY(check_source(v, creation, i, dataset, name, source));
        } else if (v->file->links != LS_H5_LINKS_ANY) { /* "%b": numbered, as many as there are */
            return ls_fail(LS_ERR_DATA,
                           "%s: %s is virtual, and the names of its sources are a pattern (%s:%s), so that they "
                           "cannot be looked at first; if those files may be read and none is missing, "
                           "--follow-links allows it",
                           v->file->path, v->path, name, source);
        }
    }
    return check_coverage(v, dataset, creation, mappings);
}

ls_status ls_h5_check_virtual(const ls_h5_file *file, const char *path, hid_t dataset, hid_t creation, int depth)
{
    virtual_dataset v = {.file = file, .path = path, .depth = depth, .opened = -1};
    if (getenv("HDF5_VDS_PREFIX") != NULL)
        return LS_OK; /* the user directs libhdf5 elsewhere, with rules of its own */
    if (depth >= DEPTH_MOST)
        return ls_fail(LS_ERR_DATA, "%s: %s is virtual over more than %d levels of virtual datasets, or over itself",
                       file->path, path, DEPTH_MOST);
    if (H5Fget_name(dataset, v.home, sizeof v.home) < 0)
        return ls_h5_fail(LS_ERR_DATA, file, "the file of %s cannot be had", path);
    ls_status status = check_mappings(&v, dataset, creation);
    if (v.opened >= 0)
        (void)H5Fclose(v.opened);
    return status;
}
