/* The file driver that libhdf5 reads with where records are kept. To libhdf5 it is its plain driver, sec2, but for
 * locks, which readers of a finished file do not need. */
#include "hdf5/h5_reader.h"

#include "base/descriptor.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Since 1.13.0 drivers are described in a header of their own, have a version, and a number beside their name. */
#if H5_VERSION_GE(1, 13, 0)
#include <H5FDdevelop.h>
#endif

#define MOST ((haddr_t)INT64_MAX)

/* libhdf5's part comes first. */
typedef struct open_reader {
    H5FD_t base;
    ls_h5_pages *pages;
    int fd;
    int file; /* its number among those of the pages */
    dev_t device;
    ino_t number;
    haddr_t end, allocated;
} open_reader;

/* What the access properties carry. For the files that one leads to libhdf5 asks the open file for it. */
typedef struct driver_info {
    ls_h5_pages *pages;
} driver_info;

static void *copy_info(const void *from)
{
    driver_info *info = malloc(sizeof *info);
    if (info != NULL)
        *info = *(const driver_info *)from;
    return info;
}

static herr_t free_info(void *info)
{
    free(info);
    return 0;
}

static open_reader *reader_of(H5FD_t *file)
{
    return (open_reader *)(void *)file;
}

static const open_reader *reading(const H5FD_t *file)
{
    return (const open_reader *)(const void *)file;
}

static void *get_info(H5FD_t *file)
{
    const driver_info info = {reading(file)->pages};
    return copy_info(&info);
}

static H5FD_t *open_file(const char *name, unsigned flags, hid_t access, haddr_t most)
{
    struct stat info;
    const driver_info *given = H5Pget_driver_info(access);
    open_reader *file = NULL;
    (void)most;
    if (given == NULL || (flags & (H5F_ACC_RDWR | H5F_ACC_CREAT | H5F_ACC_TRUNC)) != 0)
        return NULL;
    const int fd = ls_descriptor_open(name, O_RDONLY, 0);
    if (fd >= 0 && fstat(fd, &info) == 0)
        file = calloc(1, sizeof *file);
    if (file == NULL) {
        (void)H5Epush2(H5E_DEFAULT, __FILE__, __func__, __LINE__, H5E_ERR_CLS, H5E_FILE, H5E_CANTOPENFILE,
                       "unable to open file: name = '%s', errno = %d, error message = '%s'", name, errno,
                       strerror(errno));
        if (fd >= 0)
            (void)close(fd);
        return NULL;
    }
    file->pages = given->pages;
    file->fd = fd;
    file->file = ls_h5_pages_file(given->pages, &info);
    file->device = info.st_dev;
    file->number = info.st_ino;
    file->end = (haddr_t)info.st_size;
    return &file->base;
}

static herr_t close_file(H5FD_t *file)
{
    const int closed = ls_descriptor_close(reader_of(file)->fd);
    free(file);
    return closed == 0 ? 0 : -1;
}

static int compare(const H5FD_t *a, const H5FD_t *b)
{
    const open_reader *x = reading(a), *y = reading(b);
    if (x->device != y->device)
        return x->device > y->device ? 1 : -1;
    return (x->number > y->number) - (x->number < y->number);
}

static herr_t query(const H5FD_t *file, unsigned long *flags)
{
    (void)file;
    *flags = H5FD_FEAT_AGGREGATE_METADATA | H5FD_FEAT_ACCUMULATE_METADATA | H5FD_FEAT_DATA_SIEVE |
             H5FD_FEAT_AGGREGATE_SMALLDATA | H5FD_FEAT_POSIX_COMPAT_HANDLE | H5FD_FEAT_SUPPORTS_SWMR_IO |
             H5FD_FEAT_DEFAULT_VFD_COMPATIBLE;
    return 0;
}

static haddr_t get_allocated(const H5FD_t *file, H5FD_mem_t type)
{
    (void)type;
    return reading(file)->allocated;
}

static herr_t set_allocated(H5FD_t *file, H5FD_mem_t type, haddr_t allocated)
{
    (void)type;
    reader_of(file)->allocated = allocated;
    return 0;
}

static haddr_t get_end(const H5FD_t *file, H5FD_mem_t type)
{
    (void)type;
    return reading(file)->end;
}

static herr_t get_handle(H5FD_t *file, hid_t access, void **handle)
{
    (void)access;
    *handle = &reader_of(file)->fd;
    return 0;
}

/* Rows are not kept: everybody has others. */
static herr_t read_bytes(H5FD_t *base, H5FD_mem_t type, hid_t transfer, haddr_t at, size_t count, void *bytes)
{
    const open_reader *file = reading(base);
    (void)transfer;
    if (at > MOST - count) {
        (void)H5Epush2(H5E_DEFAULT, __FILE__, __func__, __LINE__, H5E_ERR_CLS, H5E_ARGS, H5E_OVERFLOW,
                       "addr overflow, addr = %llu, size = %llu", (unsigned long long)at, (unsigned long long)count);
        return -1;
    }
    if (ls_h5_pages_read(file->pages, type == H5FD_MEM_DRAW ? -1 : file->file, file->fd, (int64_t)at, count, bytes))
        return 0;
    (void)H5Epush2(H5E_DEFAULT, __FILE__, __func__, __LINE__, H5E_ERR_CLS, H5E_IO, H5E_READERROR,
                   "file read failed: errno = %d, error message = '%s', bytes = %llu, offset = %llu", errno,
                   strerror(errno), (unsigned long long)count, (unsigned long long)at);
    return -1;
}

static herr_t write_bytes(H5FD_t *file, H5FD_mem_t type, hid_t transfer, haddr_t at, size_t count, const void *bytes)
{
    (void)file, (void)type, (void)transfer, (void)at, (void)count, (void)bytes;
    return -1;
}

static const H5FD_class_t driver = {
#if H5_VERSION_GE(1, 13, 0)
    .version = H5FD_CLASS_VERSION,
    .value = 513, /* h5_driver.c has the one before */
#endif
    .name = "lockstep_reader",
    .maxaddr = MOST,
    .fc_degree = H5F_CLOSE_WEAK,
    .fapl_size = sizeof(driver_info),
    .fapl_get = get_info,

    .fapl_copy = copy_info,
    .fapl_free = free_info,
    .open = open_file,
    .close = close_file,
    .cmp = compare,
    .query = query,
    .get_eoa = get_allocated,
    .set_eoa = set_allocated,
    .get_eof = get_end,
    .get_handle = get_handle,
    .read = read_bytes,
    .write = write_bytes,
    .fl_map = H5FD_FLMAP_DICHOTOMY,
};

bool ls_h5_set_reader(hid_t access, ls_h5_pages *pages)
{
    /* Registered once: files count as the same only within one registration. A host that closes libhdf5 ends it. */
    static hid_t id = -1;
    const driver_info info = {pages};
    if (id < 0 || H5Iget_type(id) != H5I_VFL)
        id = H5FDregister(&driver);
    return id >= 0 && H5Pset_driver(access, id, &info) >= 0;
}
