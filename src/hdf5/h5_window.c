/* The file driver that libhdf5 reads a window with. */
#include "hdf5/h5_window.h"

#include "base/descriptor.h"
#include "base/memory.h"
#include "hdf5/h5_driver.h"
#include "hdf5/h5_internal.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

/* Since 1.13.0 drivers are described in a header of their own, have a version, and a number beside their name. */
#if H5_VERSION_GE(1, 13, 0)
#include <H5FDdevelop.h>
#endif

#define MOST ((haddr_t)INT64_MAX)

/* libhdf5's part comes first. */
typedef struct open_window {
    H5FD_t base;
    ls_h5_window window;
    haddr_t allocated;
} open_window;

static open_window *window_of(H5FD_t *file)
{
    return (open_window *)(void *)file;
}

static const ls_h5_window *seen(const H5FD_t *file)
{
    return &((const open_window *)(const void *)file)->window;
}

static H5FD_t *open_file(const char *name, unsigned flags, hid_t access, haddr_t most)
{
    const ls_h5_window *window = H5Pget_driver_info(access);
    open_window *file = NULL;
    (void)name;
    (void)most;
    if (window == NULL || (flags & (H5F_ACC_RDWR | H5F_ACC_CREAT | H5F_ACC_TRUNC)) != 0)
        return NULL;
    if (ls_memory_allocate(&file, 1, sizeof *file, "file within a file") != LS_OK)
        return NULL;
    file->window = *window;
    return &file->base;
}

static herr_t close_file(H5FD_t *file)
{
    ls_memory_free(file);
    return 0;
}

static int compare(const H5FD_t *a, const H5FD_t *b)
{
    const ls_h5_window *x = seen(a), *y = seen(b);
    if (x->fd != y->fd)
        return x->fd > y->fd ? 1 : -1;
    return (x->offset > y->offset) - (x->offset < y->offset);
}

static herr_t query(const H5FD_t *file, unsigned long *flags)
{
    (void)file;
    *flags = H5FD_FEAT_ACCUMULATE_METADATA | H5FD_FEAT_DATA_SIEVE;
    return 0;
}

static haddr_t get_allocated(const H5FD_t *file, H5FD_mem_t type)
{
    (void)type;
    return ((const open_window *)(const void *)file)->allocated;
}

static herr_t set_allocated(H5FD_t *file, H5FD_mem_t type, haddr_t allocated)
{
    (void)type;
    window_of(file)->allocated = allocated;
    return 0;
}

static haddr_t get_end(const H5FD_t *file, H5FD_mem_t type)
{
    (void)type;
    return (haddr_t)seen(file)->length;
}

/* Behind its end a file reads as zeros, as with libhdf5's plain driver. */
static herr_t read_bytes(H5FD_t *file, H5FD_mem_t type, hid_t transfer, haddr_t at, size_t count, void *bytes)
{
    const ls_h5_window *w = seen(file);
    (void)type;
    (void)transfer;
    if (at > MOST - count)
        return -1;
    int64_t there = (int64_t)at < w->length ? w->length - (int64_t)at : 0;
    there = there < (int64_t)count ? there : (int64_t)count;
    if (there > 0 && ls_descriptor_read_at(w->fd, bytes, there, w->offset + (int64_t)at) != there)
        return -1;
    memset((char *)bytes + there, 0, count - (size_t)there);
    return 0;
}

static herr_t write_bytes(H5FD_t *file, H5FD_mem_t type, hid_t transfer, haddr_t at, size_t count, const void *bytes)
{
    (void)file, (void)type, (void)transfer, (void)at, (void)count, (void)bytes;
    return -1;
}

static const H5FD_class_t driver = {
#if H5_VERSION_GE(1, 13, 0)
    .version = H5FD_CLASS_VERSION,
    .value = 514, /* h5_driver.c and h5_reader.c have those before */
#endif
    .name = "lockstep_window",
    .maxaddr = MOST,
    .fc_degree = H5F_CLOSE_WEAK,
    .fapl_size = sizeof(ls_h5_window),
    .open = open_file,
    .close = close_file,
    .cmp = compare,
    .query = query,
    .get_eoa = get_allocated,
    .set_eoa = set_allocated,
    .get_eof = get_end,
    .read = read_bytes,
    .write = write_bytes,
    .fl_map = H5FD_FLMAP_DICHOTOMY,
};

hid_t ls_h5_window_set(hid_t access, const ls_h5_window *window)
{
    const hid_t id = H5FDregister(&driver);
    if (id >= 0 && H5Pset_driver(access, id, window) < 0) {
        (void)H5FDunregister(id);
        return -1;
    }
    return id;
}

ls_status ls_h5_open_window(int fd, int64_t offset, int64_t length, const char *path, ls_h5_file **file)
{
    const ls_h5_window window = {fd, offset, length};
    ls_h5_guard guard;
    ls_status status = ls_h5_make_handle(path, false, file);
    if (status != LS_OK) {
        (void)close(fd);
        return status;
    }
    ls_h5_file *f = *file;
    f->fd = fd;
    ls_h5_enter(&guard);
    const hid_t access = H5Pcreate(H5P_FILE_ACCESS);
    if (access >= 0)
        f->driver = ls_h5_window_set(access, &window);
    if (f->driver >= 0)
        f->id = ls_h5_open_plain(f->path, access);
    if (f->id < 0)
        status = ls_h5_fail(LS_ERR_DATA, f, "cannot be opened as HDF5; it is damaged, cut short, or something else");
    ls_h5_release_plist(access);
    ls_h5_leave(&guard);
    if (status != LS_OK) {
        ls_h5_close(f);
        *file = NULL;
    }
    return status;
}
