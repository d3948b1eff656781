/* One dataset: opening it for rows, and what to say when it is not there. */
#include "hdf5/h5_chunks.h"

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
    if (ls_h5_list_inside(file, "/", &list, &count) != LS_OK)
        return ls_fail(LS_ERR_DATA, "%s: has no dataset %s", file->path, path);
    if (count == 0) {
        ls_memory_free(list);
        return ls_fail(LS_ERR_DATA, "%s: has no dataset %s (it has no datasets at all)", file->path, path);
    }
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

/* Why the object of a path is not reached: a link that may not be followed, or leads nowhere. LS_OK: no such reason. */
static ls_status fail_link(ls_h5_file *file, const char *path)
{
    H5L_info_t info;
    char target[1024] = "";
    if (file->refused[0] != '\0')
        return ls_fail(LS_ERR_DATA, "%s: %s: %s", file->path, path, file->refused);
    if (H5Lexists(file->id, path, ls_h5_link_access(file)) <= 0 ||
        H5Lget_info(file->id, path, &info, H5P_DEFAULT) < 0 || info.type == H5L_TYPE_HARD)
        return LS_OK;
    if (info.u.val_size < sizeof target)
        (void)H5Lget_val(file->id, path, target, sizeof target - 1, H5P_DEFAULT);
    const char *name = target, *object = "";
    if (info.type == H5L_TYPE_EXTERNAL && H5Lunpack_elink_val(target, info.u.val_size, NULL, &name, &object) < 0)
        name = object = "";
    return ls_fail(LS_ERR_DATA, "%s: %s is a link to %s%s%s, which is not there or leads round in a circle", file->path,
                   path, name, object[0] == '\0' ? "" : ":", object);
}

static ls_status fail_unopenable(ls_h5_file *file, const char *path)
{
    hid_t access = ls_h5_link_access(file), object = H5Oopen(file->id, path, access);
    const H5I_type_t type = object < 0 ? H5I_BADID : H5Iget_type(object);
    if (object >= 0)
        (void)H5Oclose(object);
    LS_TRY(fail_link(file, path));
    if (type == H5I_GROUP)
        return ls_fail(LS_ERR_DATA, "%s: %s is a group, expected a dataset", file->path, path);
    const hid_t again = H5Dopen2(file->id, path, access); /* for its own description of the error */
    if (again >= 0)
        (void)H5Dclose(again);
    return ls_h5_fail(LS_ERR_DATA, file,
                      "%s cannot be opened as a dataset; it is damaged, or in a format newer than this libhdf5 %s "
                      "(write it with h5py.File(..., libver=(\"earliest\", \"v110\")) instead of libver=\"latest\", or "
                      "convert it with the h5repack of the newer library: h5repack --low=0 --high=2 IN OUT)",
                      path, ls_h5_library_version());
}

static double chunks_along(const ls_h5_dataset *d, int axis)
{
    return d->shape[axis] == 0 ? 0 : (double)((d->shape[axis] - 1) / d->chunk[axis] + 1); /* no sum may overflow */
}

double ls_h5_band(const ls_h5_dataset *d, size_t value_bytes, int axis, bool *cached)
{
    double bytes = (double)value_bytes;
    *cached = false;
    if (d->rank == 0 || d->chunk[0] == 0)
        return 0;
    for (int i = 0; i < d->rank; i++) {
        const double across = i == axis ? 1 : chunks_along(d, i);
        bytes *= across * (double)d->chunk[i];
    }
    *cached = bytes <= (double)LS_H5_CACHE_ONE;
    return bytes;
}

/* How much chunk cache lets rows be read in order with each chunk decompressed once: one band of chunks across the
 * columns. 0: libhdf5's own size is enough, or the band is too large to be worth the memory. */
static size_t band_bytes(const ls_h5_dataset *d, size_t value_bytes, int axis, size_t *slots)
{
    const double usual = 1 << 20;
    double chunks = 1;
    bool cached;
    const double bytes = ls_h5_band(d, value_bytes, axis, &cached);
    if (bytes == 0)
        return 0;
    for (int i = 0; i < d->rank; i++)
        chunks *= i == axis ? 1 : chunks_along(d, i);
    *slots = 521 + 10 * (size_t)(chunks < 1e5 ? chunks : 1e5);
    return bytes > usual && cached ? (size_t)bytes : 0;
}

/* Makes room for a band of chunks, when that is more than libhdf5's own cache: in ours, or by opening it again. */
static ls_status with_cache(ls_h5_file *file, const char *path, int axis, ls_h5_kept *kept)
{
    size_t slots = 0, value_bytes = 0;
    hid_t type = H5Dget_type(kept->id);
    if (type >= 0)
        value_bytes = H5Tget_size(type);
    ls_h5_release_type(type);
    if (kept->description.fields > 0) /* of a compound, counted as an axis */
        value_bytes = value_bytes / (size_t)kept->description.fields + 1;
    kept->cache = band_bytes(&kept->description, value_bytes, axis, &slots);
    LS_TRY(ls_h5_chunks_open(file, kept));
    if (kept->cache == 0 || kept->chunks != NULL)
        return LS_OK;
    hid_t access = H5Pcopy(ls_h5_link_access(file));
    if (access >= 0 && H5Pset_chunk_cache(access, slots, kept->cache, H5D_CHUNK_CACHE_W0_DEFAULT) >= 0) {
        (void)H5Dclose(kept->id); /* while it is open, the old cache would be shared */
        kept->id = H5Dopen2(file->id, path, access);
        if (kept->id < 0)
            kept->id = H5Dopen2(file->id, path, ls_h5_link_access(file));
    }
    ls_h5_release_plist(access);
    return kept->id >= 0 ? LS_OK : ls_h5_fail(LS_ERR_DATA, file, "%s cannot be opened again", path);
}

void ls_h5_dataset_close(ls_h5_kept *kept)
{
    ls_h5_chunks_close(kept->chunks);
    if (kept->id >= 0)
        (void)H5Dclose(kept->id);
    kept->id = -1;
    kept->chunks = NULL;
    kept->cache = 0;
}

/* A free place, and room for the cache of what comes into it: the oldest go first. */
static ls_h5_kept *make_place(ls_h5_file *file)
{
    size_t held = 0;
    for (int i = 0; i < LS_H5_KEPT; i++)
        held += file->kept[i].id >= 0 ? file->kept[i].cache : 0;
    for (int i = 0; i < LS_H5_KEPT && held > LS_H5_CACHE - LS_H5_CACHE_ONE; i++) {
        ls_h5_kept *oldest = &file->kept[(file->next_kept + i) % LS_H5_KEPT];
        held -= oldest->id >= 0 ? oldest->cache : 0;
        ls_h5_dataset_close(oldest);
    }
    ls_h5_kept *kept = &file->kept[file->next_kept];
    ls_h5_dataset_close(kept);
    return kept;
}

static ls_status open_kept(ls_h5_file *file, const char *path, const char *absolute, int axis, ls_h5_kept *kept)
{
    hid_t access = ls_h5_link_access(file);
    const bool exists = ls_h5_answer(file, H5Oexists_by_name(file->id, path, access), "%s", path);
    LS_TRY(ls_h5_answered(file));
    if (!exists) {
        LS_TRY(fail_link(file, path));
        return fail_missing(file, path);
    }
    kept->id = H5Dopen2(file->id, path, access);
    if (kept->id < 0)
        return fail_unopenable(file, path);
    memcpy(kept->path, path, strlen(path) + 1);
    kept->rows_at = axis;
    ls_h5_describe_open(kept->id, absolute, &kept->description);
    if (file->writing)
        return LS_OK;
    LS_TRY(ls_h5_admit(file, path, kept->id, 0));
    return with_cache(file, path, axis, kept);
}

ls_status ls_h5_dataset_open(ls_h5_file *file, const char *path, int axis, const ls_h5_kept **dataset)
{
    *dataset = NULL;
    LS_TRY(ls_h5_answered(file));
    for (int i = 0; i < LS_H5_KEPT; i++) {
        ls_h5_kept *kept = &file->kept[i];
        if (kept->id < 0 || strcmp(kept->path, path) != 0)
            continue;
        if (kept->rows_at == axis) {
            *dataset = kept;
            return LS_OK;
        }
        ls_h5_dataset_close(kept); /* its cache has the wrong size */
    }
    ls_h5_kept *kept = make_place(file);
    char absolute[sizeof kept->path];
    int length = snprintf(absolute, sizeof absolute, "%s%s", path[0] == '/' ? "" : "/", path);
    if (path[0] == '\0' || length >= (int)sizeof absolute)
        return ls_fail(LS_ERR_DATA, "%s: \"%.64s\" is no dataset path (empty, or too long)", file->path, path);
    ls_status status = open_kept(file, path, absolute, axis, kept);
    if (status != LS_OK) {
        ls_h5_dataset_close(kept);
        return status;
    }
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
    ls_status status = ls_h5_dataset_open(file, path, 0, &kept);
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
    const bool exists =
        path[0] != '\0' && ls_h5_answer(file, H5Oexists_by_name(file->id, path, ls_h5_link_access(file)), "%s", path);
    ls_h5_leave(&guard);
    return exists;
}
