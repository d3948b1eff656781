/* Laying out HDF5 files whose data is written by the caller. */
#include "hdf5/h5_layout.h"

#include "base/descriptor.h"
#include "base/memory.h"
#include "base/reason.h"
#include "files/replace.h"
#include "hdf5/h5_internal.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* Datasets of this size or more begin at multiples of ALIGNMENT: whole pages to map and to read past the cache. */
#define ALIGN_FROM 65536
#define ALIGNMENT  4096
#define COPY_BYTES 65536

/* ---- the scratch file ----
 * Sparse, so that data which is never written takes no room; in memory where there is a file system for that. (A
 * memfd will not do: libhdf5 asks for the real path of its files.) */

/* Room for libhdf5's own records, besides what the caller expects. */
#define SPARE_BYTES ((int64_t)1 << 20)

/* Whether the file takes so many bytes; a failed write inside libhdf5 would be one too late. */
static bool has_room(int fd, const char *name, int64_t bytes)
{
    static const unsigned char zeros[COPY_BYTES];
    for (int64_t at = 0; at < bytes; at += COPY_BYTES)
        if (ls_replace_write(fd, name, zeros, sizeof zeros, (size_t)at) != LS_OK)
            return false;
    return true;
}

static ls_status open_scratch(const char *path, int64_t expected, char *name, size_t capacity, int *fd)
{
    const char *const directories[] = {"/dev/shm", getenv("TMPDIR"), "/tmp"};
    for (size_t i = 0; i < sizeof directories / sizeof directories[0]; i++) {
        if (directories[i] == NULL || strlen(directories[i]) + 32 > capacity)
            continue;
        (void)snprintf(name, capacity, "%s/lockstep-layout-XXXXXX", directories[i]);
        *fd = ls_descriptor_raise(mkostemp(name, O_CLOEXEC));
        if (*fd < 0)
            continue;
        if (has_room(*fd, name, expected + SPARE_BYTES))
            return LS_OK;
        (void)close(*fd);
        (void)unlink(name);
    }
    *fd = -1;
    return ls_fail(LS_ERR_OUTPUT, "%s: no scratch file can be made to lay it out, in /dev/shm, TMPDIR and /tmp: %s",
                   path, ls_reason(errno));
}

static bool layout_plists(hid_t *access, hid_t *creation)
{
    *access = ls_h5_access_plist();
    *creation = H5Pcreate(H5P_FILE_CREATE);
    return *access >= 0 && *creation >= 0 && ls_h5_set_bounds(*access) &&
           H5Pset_alignment(*access, ALIGN_FROM, ALIGNMENT) >= 0 && H5Pset_obj_track_times(*creation, 0) >= 0;
}

/* libhdf5 knows errno's number; whether the file can be opened at all says more. */
static ls_status fail_layout(const ls_h5_file *file, const char *name)
{
    const int fd = ls_descriptor_open(name, O_RDONLY, 0);
    if (fd < 0)
        return ls_fail(LS_ERR_OUTPUT, "%s: cannot be laid out in the scratch file %s: %s", file->path, name,
                       ls_reason(errno));
    (void)close(fd);
    return ls_h5_fail(LS_ERR_OUTPUT, file, "cannot be laid out in the scratch file %s", name);
}

ls_status ls_h5_layout_begin(const char *path, int64_t expected, ls_h5_file **file)
{
    char name[LS_TEXT_MAX];
    ls_h5_file *made;
    *file = NULL;
    LS_TRY(ls_h5_make_handle(path, true, &made));
    ls_status status = open_scratch(path, expected, name, sizeof name, &made->fd);
    if (status == LS_OK) {
        ls_h5_guard guard;
        hid_t access, creation;
        ls_h5_enter(&guard);
        if (layout_plists(&access, &creation))
            made->id = ls_h5_create_plain(name, creation, access);
        if (made->id < 0)
            status = fail_layout(made, name);
        ls_h5_release_plist(creation);
        ls_h5_release_plist(access);
        ls_h5_leave(&guard);
        (void)unlink(name); /* it lives as long as it is open */
    }
    if (status == LS_OK) {
        *file = made;
        return LS_OK;
    }
    if (made->fd >= 0)
        (void)close(made->fd);
    ls_memory_free(made);
    return status;
}

/* ---- datasets ---- */

static hid_t boolean_type(void)
{
    const int8_t no = 0, yes = 1;
    hid_t type = H5Tenum_create(H5T_STD_I8LE); /* as h5py has it */
    if (type >= 0 && (H5Tenum_insert(type, "FALSE", &no) < 0 || H5Tenum_insert(type, "TRUE", &yes) < 0)) {
        (void)H5Tclose(type);
        return -1;
    }
    return type;
}

static hid_t half_type(void)
{
    hid_t type = H5Tcopy(H5T_IEEE_F32LE);
    if (type >= 0 &&
        (H5Tset_fields(type, 15, 10, 5, 0, 10) < 0 || H5Tset_size(type, 2) < 0 || H5Tset_ebias(type, 15) < 0)) {
        (void)H5Tclose(type);
        return -1;
    }
    return type;
}

static hid_t text_type(int64_t bytes)
{
    hid_t type = H5Tcopy(H5T_C_S1);
    if (type >= 0 && (H5Tset_size(type, (size_t)bytes) < 0 || H5Tset_strpad(type, H5T_STR_NULLPAD) < 0 ||
                      H5Tset_cset(type, H5T_CSET_UTF8) < 0)) {
        (void)H5Tclose(type);
        return -1;
    }
    return type;
}

/* To be closed. */
static hid_t file_type(const ls_h5_area *area)
{
    if (area->text > 0)
        return text_type(area->text);
    switch (area->element) {
    case LS_ELEMENT_BOOL:
        return boolean_type();
    case LS_ELEMENT_INT8:
        return H5Tcopy(H5T_STD_I8LE);
    case LS_ELEMENT_UINT8:
        return H5Tcopy(H5T_STD_U8LE);
    case LS_ELEMENT_INT16:
        return H5Tcopy(H5T_STD_I16LE);
    case LS_ELEMENT_UINT16:
        return H5Tcopy(H5T_STD_U16LE);
    case LS_ELEMENT_INT32:
        return H5Tcopy(H5T_STD_I32LE);
    case LS_ELEMENT_UINT32:
        return H5Tcopy(H5T_STD_U32LE);
    case LS_ELEMENT_INT64:
        return H5Tcopy(H5T_STD_I64LE);
    case LS_ELEMENT_UINT64:
        return H5Tcopy(H5T_STD_U64LE);
    case LS_ELEMENT_FLOAT16:
        return half_type();
    case LS_ELEMENT_FLOAT32:
        return H5Tcopy(H5T_IEEE_F32LE);
    case LS_ELEMENT_FLOAT64:
        return H5Tcopy(H5T_IEEE_F64LE);
    }
    return -1;
}

static ls_status set_bytes(const ls_h5_file *file, ls_h5_area *area)
{
    area->bytes = area->text > 0 ? area->text : ls_element_bytes(area->element);
    for (int i = 0; i < area->rank; i++)
        if (area->shape[i] < 0 || __builtin_mul_overflow(area->bytes, area->shape[i], &area->bytes))
            return ls_fail(LS_ERR_OUTPUT, "%s: %s would have more bytes than a file can", file->path, area->path);
    return LS_OK;
}

static ls_status reserve_inside(ls_h5_file *file, ls_h5_area *area)
{
    hsize_t extents[LS_H5_MAX_RANK];
    for (int i = 0; i < area->rank; i++)
        extents[i] = (hsize_t)area->shape[i];
    LS_TRY(set_bytes(file, area));
    LS_TRY(ls_h5_make_parents(file, area->path));
    ls_status status = LS_OK;
    hid_t creation = ls_h5_timeless(H5P_DATASET_CREATE), type = file_type(area);
    hid_t space = H5Screate_simple(area->rank, extents, NULL), dataset = -1;
    if (creation >= 0 && type >= 0 && space >= 0 && H5Pset_layout(creation, H5D_CONTIGUOUS) >= 0 &&
        H5Pset_alloc_time(creation, H5D_ALLOC_TIME_EARLY) >= 0 && H5Pset_fill_time(creation, H5D_FILL_TIME_NEVER) >= 0)
        dataset = H5Dcreate2(file->id, area->path, type, space, H5P_DEFAULT, creation, H5P_DEFAULT);
    if (dataset < 0)
        status = ls_h5_fail(LS_ERR_OUTPUT, file, "dataset %s cannot be laid out", area->path);
    else if (H5Dclose(dataset) < 0)
        status = ls_h5_fail(LS_ERR_OUTPUT, file, "dataset %s cannot be closed", area->path);
    ls_h5_release_space(space);
    ls_h5_release_type(type);
    ls_h5_release_plist(creation);
    return status;
}

ls_status ls_h5_layout_reserve(ls_h5_file *file, ls_h5_area *area)
{
    ls_h5_guard guard;
    ls_h5_enter(&guard);
    const ls_status status = reserve_inside(file, area);
    ls_h5_leave(&guard);
    return status;
}

/* ---- finishing ---- */

static ls_status find_offset(ls_h5_file *file, ls_h5_area *area)
{
    hid_t dataset = H5Dopen2(file->id, area->path, H5P_DEFAULT);
    const haddr_t offset = dataset < 0 ? HADDR_UNDEF : H5Dget_offset(dataset);
    ls_status status = LS_OK;
    if (offset == HADDR_UNDEF && area->bytes > 0)
        status = ls_h5_fail(LS_ERR_OUTPUT, file, "the place of dataset %s cannot be had", area->path);
    area->offset = area->bytes > 0 ? (int64_t)offset : 0;
    if (dataset >= 0)
        (void)H5Dclose(dataset);
    return status;
}

static int by_offset(const void *a, const void *b)
{
    const ls_h5_area *const *x = a, *const *y = b;
    return ((*x)->offset > (*y)->offset) - ((*x)->offset < (*y)->offset);
}

/* Copies bytes [from, to) of the scratch file to the same place. */
static ls_status copy_piece(const ls_h5_file *file, int fd, int64_t from, int64_t to)
{
    unsigned char bytes[COPY_BYTES];
    while (from < to) {
        const size_t wanted = to - from < COPY_BYTES ? (size_t)(to - from) : COPY_BYTES;
        const ssize_t got = pread(file->fd, bytes, wanted, (off_t)from);
        if (got < 0 && errno == EINTR)
            continue;
        if (got <= 0)
            return ls_fail(LS_ERR_OUTPUT, "%s: its layout cannot be read back: %s", file->path,
                           got < 0 ? ls_reason(errno) : "it is too short");
        LS_TRY(ls_replace_write(fd, file->path, bytes, (size_t)got, (size_t)from));
        from += got;
    }
    return LS_OK;
}

/* Everything between the areas. */
static ls_status copy_layout(const ls_h5_file *file, int fd, ls_h5_area *areas, int count)
{
    struct stat info;
    ls_h5_area **ordered;
    if (fstat(file->fd, &info) != 0)
        return ls_fail(LS_ERR_OUTPUT, "%s: its layout cannot be examined: %s", file->path, ls_reason(errno));
    if (ls_descriptor_truncate(fd, info.st_size) != 0)
        return ls_fail(LS_ERR_OUTPUT, "%s: cannot have %lld bytes: %s", file->path, (long long)info.st_size,
                       ls_reason(errno));
    LS_TRY(ls_memory_allocate(&ordered, count, sizeof *ordered, "areas of a file"));
    for (int i = 0; i < count; i++)
        ordered[i] = &areas[i];
    qsort(ordered, (size_t)count, sizeof *ordered, by_offset);
    ls_status status = LS_OK;
    int64_t at = 0;
    for (int i = 0; i < count && status == LS_OK; i++) {
        if (ordered[i]->bytes == 0)
            continue;
        status = copy_piece(file, fd, at, ordered[i]->offset);
        at = ordered[i]->offset + ordered[i]->bytes;
    }
    if (status == LS_OK)
        status = copy_piece(file, fd, at, info.st_size);
    ls_memory_free(ordered);
    return status;
}

ls_status ls_h5_layout_finish(ls_h5_file *file, int fd, ls_h5_area *areas, int count)
{
    ls_h5_guard guard;
    ls_status status = LS_OK;
    ls_h5_enter(&guard);
    ls_h5_forget_kept(file);
    for (int i = 0; i < count && status == LS_OK; i++)
        status = find_offset(file, &areas[i]);
    if (H5Fclose(file->id) < 0 && status == LS_OK)
        status = ls_h5_fail(LS_ERR_OUTPUT, file, "the layout cannot be closed");
    file->id = -1;
    ls_h5_leave(&guard);
    if (status == LS_OK)
        status = copy_layout(file, fd, areas, count);
    (void)close(file->fd);
    ls_memory_free(file);
    return status;
}
