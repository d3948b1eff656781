/* The file driver that libhdf5 writes an image with. To its allocator the driver is the core driver's twin, so that a
 * file has the bytes that it would have if libhdf5 made all of it in memory. */
#include "hdf5/h5_driver.h"

#include "base/memory.h"

#include <stdint.h>

/* Since 1.13.0 drivers are described in a header of their own, have a version, and a number beside their name. */
#if H5_VERSION_GE(1, 13, 0)
#include <H5FDdevelop.h>
#endif

#define MOST ((haddr_t)INT64_MAX)

/* libhdf5's part comes first. */
typedef struct open_image {
    H5FD_t base;
    ls_h5_image *image;
} open_image;

/* What the access properties carry. */
typedef struct driver_info {
    ls_h5_image *image;
} driver_info;

static ls_h5_image *image_of(const H5FD_t *file)
{
    return ((const open_image *)(const void *)file)->image;
}

/* libhdf5 looks first whether there is such a file, and there never is. */
static H5FD_t *open_file(const char *name, unsigned flags, hid_t access, haddr_t most)
{
    (void)name;
    (void)most;
    const driver_info *info = flags & H5F_ACC_CREAT ? H5Pget_driver_info(access) : NULL;
    open_image *file = NULL;
    if (info) /* libhdf5 would not tell why */
        ls_h5_image_fail(info->image, ls_memory_allocate(&file, 1, sizeof *file, "file being written"));
    if (!file)
        return NULL;
    file->image = info->image;
    return &file->base;
}

static herr_t close_file(H5FD_t *file)
{
    ls_memory_free(file);
    return 0;
}

static int compare(const H5FD_t *a, const H5FD_t *b)
{
    const uintptr_t x = (uintptr_t)image_of(a), y = (uintptr_t)image_of(b);
    return (x > y) - (x < y);
}

static herr_t query(const H5FD_t *file, unsigned long *flags)
{
    (void)file;
    *flags = H5FD_FEAT_AGGREGATE_METADATA | H5FD_FEAT_ACCUMULATE_METADATA | H5FD_FEAT_DATA_SIEVE |
             H5FD_FEAT_AGGREGATE_SMALLDATA;
    return 0;
}

static haddr_t get_length(const H5FD_t *file, H5FD_mem_t type)
{
    (void)type;
    return (haddr_t)image_of(file)->length;
}

static herr_t set_length(H5FD_t *file, H5FD_mem_t type, haddr_t length)
{
    (void)type;
    image_of(file)->length = (int64_t)length;
    return 0;
}

static haddr_t get_end(const H5FD_t *file, H5FD_mem_t type)
{
    (void)type;
    return (haddr_t)image_of(file)->end;
}

static herr_t read_bytes(H5FD_t *file, H5FD_mem_t type, hid_t transfer, haddr_t at, size_t count, void *bytes)
{
    (void)type;
    (void)transfer;
    ls_h5_image_read(image_of(file), (int64_t)at, bytes, count);
    return 0;
}

static herr_t write_bytes(H5FD_t *file, H5FD_mem_t type, hid_t transfer, haddr_t at, size_t count, const void *bytes)
{
    (void)transfer;
    ls_h5_image_write(image_of(file), type == H5FD_MEM_DRAW, (int64_t)at, bytes, count);
    return 0;
}

static herr_t truncate_file(H5FD_t *file, hid_t transfer, hbool_t closing)
{
    (void)transfer;
    (void)closing;
    image_of(file)->end = image_of(file)->length;
    return 0;
}

static const H5FD_class_t driver = {
#if H5_VERSION_GE(1, 13, 0)
    .version = H5FD_CLASS_VERSION,
    .value = 512, /* those below are libhdf5's and registered ones */
#endif
    .name = "lockstep_image",
    .maxaddr = MOST,
    .fc_degree = H5F_CLOSE_WEAK,
    .fapl_size = sizeof(driver_info),
    .open = open_file,
    .close = close_file,
    .cmp = compare,
    .query = query,
    .get_eoa = get_length,
    .set_eoa = set_length,
    .get_eof = get_end,
    .read = read_bytes,
    .write = write_bytes,
    .truncate = truncate_file,
    .fl_map = H5FD_FLMAP_DICHOTOMY,
};

hid_t ls_h5_set_driver(hid_t access, ls_h5_image *image)
{
    const driver_info info = {image};
    const hid_t id = H5FDregister(&driver);
    if (id >= 0 && H5Pset_driver(access, id, &info) < 0) {
        (void)H5FDunregister(id);
        return -1;
    }
    return id;
}

void ls_h5_release_driver(hid_t id)
{
    if (id >= 0)
        (void)H5FDunregister(id);
}
