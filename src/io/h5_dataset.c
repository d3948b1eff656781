/* One dataset: opening it for rows, and what to say when it is not there. */
#include "io/h5_internal.h"

#include "base/memory.h"
#include "base/parse.h"

#include <stdio.h>
#include <string.h>

static const char *path_at(const void *context, size_t i)
{
    return ((const ls_h5_dataset *)context)[i].path;
}

/* Names what the user may have meant. */
static ls_status fail_missing(ls_h5_file *file, const char *path)
{
    ls_h5_dataset *list;
    int count;
    if (ls_h5_list_inside(file, "/", &list, &count) != LS_OK || count == 0)
        return ls_fail(LS_ERR_DATA, "%s: has no dataset %s (it has no datasets at all)", file->path, path);
    char names[512] = "";
    int shown = 0;
    for (; shown < count && shown < 12 && strlen(names) + strlen(list[shown].path) + 3 < sizeof names; shown++) {
        ls_h5_append(names, sizeof names, shown == 0 ? "" : ", ");
        ls_h5_append(names, sizeof names, list[shown].path);
    }
    const char *nearest = ls_parse_nearest(path, (size_t)count, path_at, list);
    ls_status status = ls_fail(LS_ERR_DATA, "%s: has no dataset %s; %s%s%sit has %s%s", file->path, path,
                               nearest ? "did you mean " : "", nearest ? nearest : "", nearest ? "? " : "", names,
                               shown < count ? ", ..." : "");
    ls_memory_free(list);
    return status;
}

static ls_status fail_unopenable(ls_h5_file *file, const char *path)
{
    hid_t group = H5Gopen2(file->id, path, H5P_DEFAULT);
    if (group >= 0) {
        (void)H5Gclose(group);
        return ls_fail(LS_ERR_DATA, "%s: %s is a group, expected a dataset", file->path, path);
    }
    (void)H5Dopen2(file->id, path, H5P_DEFAULT); /* fails again, for its own description of the error */
    return ls_h5_fail(LS_ERR_DATA, file,
                      "%s cannot be opened as a dataset; it is damaged, or in a format newer than this libhdf5 (h5py: "
                      "write without libver=\"latest\")",
                      path);
}

/* How much chunk cache lets rows be read in order with each chunk decompressed once: one band of chunks
 * across the columns. 0: libhdf5's own size is enough, or the band is too large to be worth the memory. */
static size_t band_bytes(hid_t dataset, hid_t creation, size_t *slots)
{
    const double usual = 1 << 20, most = 64 << 20;
    hsize_t chunk[H5S_MAX_RANK], extents[H5S_MAX_RANK];
    double bytes = 0, chunks = 1;
    if (H5Pget_layout(creation) != H5D_CHUNKED)
        return 0;
    int rank = H5Pget_chunk(creation, H5S_MAX_RANK, chunk);
    hid_t space = H5Dget_space(dataset), type = H5Dget_type(dataset);
    if (rank > 0 && space >= 0 && type >= 0 && H5Sget_simple_extent_ndims(space) == rank &&
        H5Sget_simple_extent_dims(space, extents, NULL) == rank) {
        bytes = (double)H5Tget_size(type) * (double)chunk[0];
        for (int i = 1; i < rank; i++) {
            const hsize_t pieces = (extents[i] + chunk[i] - 1) / chunk[i];
            const double across = (double)pieces;
            chunks *= across;
            bytes *= across * (double)chunk[i];
        }
    }
    ls_h5_release_space(space);
    ls_h5_release_type(type);
    *slots = 521 + 10 * (size_t)(chunks < 1e5 ? chunks : 1e5);
    return bytes > usual && bytes <= most ? (size_t)bytes : 0;
}

/* Opens it again with a chunk cache of the right size, when libhdf5's own is too small. */
static hid_t with_cache(ls_h5_file *file, const char *path, hid_t dataset, hid_t creation)
{
    size_t slots, bytes = band_bytes(dataset, creation, &slots);
    if (bytes == 0)
        return dataset;
    hid_t again = -1, access = H5Pcreate(H5P_DATASET_ACCESS);
    if (access >= 0 && H5Pset_chunk_cache(access, slots, bytes, H5D_CHUNK_CACHE_W0_DEFAULT) >= 0) {
        (void)H5Dclose(dataset); /* while it is open, the old cache would be shared */
        again = H5Dopen2(file->id, path, access);
        if (again < 0)
            again = H5Dopen2(file->id, path, H5P_DEFAULT);
        dataset = again;
    }
    ls_h5_release_plist(access);
    return dataset;
}

ls_status ls_h5_dataset_open(ls_h5_file *file, const char *path, const ls_h5_kept **dataset)
{
    *dataset = NULL;
    for (int i = 0; i < LS_H5_KEPT; i++)
        if (file->kept[i].id >= 0 && strcmp(file->kept[i].path, path) == 0) {
            *dataset = &file->kept[i];
            return LS_OK;
        }
    ls_h5_kept *kept = &file->kept[file->next_kept];
    char absolute[sizeof kept->path];
    int length = snprintf(absolute, sizeof absolute, "%s%s", path[0] == '/' ? "" : "/", path);
    if (path[0] == '\0' || length >= (int)sizeof absolute)
        return ls_fail(LS_ERR_DATA, "%s: \"%.64s\" is no dataset path (empty, or too long)", file->path, path);
    if (H5Oexists_by_name(file->id, path, H5P_DEFAULT) <= 0)
        return fail_missing(file, path);
    hid_t id = H5Dopen2(file->id, path, H5P_DEFAULT);
    if (id < 0)
        return fail_unopenable(file, path);
    ls_status status = LS_OK;
    hid_t creation = H5Dget_create_plist(id);
    if (creation < 0) {
        status = ls_h5_fail(LS_ERR_DATA, file, "the properties of %s cannot be read", path);
    } else if (H5Pget_external_count(creation) > 0) {
        /* libhdf5 reads zeros, without a word, behind the end of a raw file that is too short */
        status = ls_fail(LS_ERR_DATA,
                         "%s: %s keeps its values in external raw files, which are not read; copy them into the file "
                         "with `h5repack -l CONTI IN OUT`",
                         file->path, path);
    } else if (H5Pget_layout(creation) == H5D_VIRTUAL) {
        status = ls_h5_check_virtual(file, path, creation);
    } else if (!file->writing) {
        id = with_cache(file, path, id, creation);
        if (id < 0)
            status = ls_h5_fail(LS_ERR_DATA, file, "%s cannot be opened again", path);
    }
    ls_h5_release_plist(creation);
    if (status != LS_OK) {
        if (id >= 0)
            (void)H5Dclose(id);
        return status;
    }
    if (kept->id >= 0)
        (void)H5Dclose(kept->id);
    kept->id = id;
    memcpy(kept->path, path, strlen(path) + 1);
    ls_h5_describe_open(id, absolute, &kept->description);
    file->next_kept = (file->next_kept + 1) % LS_H5_KEPT;
    *dataset = kept;
    return LS_OK;
}

ls_status ls_h5_describe(ls_h5_file *file, const char *path, ls_h5_dataset *dataset)
{
    memset(dataset, 0, sizeof *dataset);
    const ls_h5_kept *kept;
    ls_h5_guard guard;
    ls_h5_enter(&guard);
    ls_status status = ls_h5_dataset_open(file, path, &kept);
    if (status == LS_OK)
        *dataset = kept->description;
    ls_h5_leave(&guard);
    return status;
}

bool ls_h5_exists(ls_h5_file *file, const char *path)
{
    if (strcmp(path, "/") == 0)
        return true;
    ls_h5_guard guard;
    ls_h5_enter(&guard);
    bool exists = path[0] != '\0' && H5Oexists_by_name(file->id, path, H5P_DEFAULT) > 0;
    ls_h5_leave(&guard);
    return exists;
}
