/* Pages of files that hold libhdf5's records (its metadata), kept so that they are read once: by one process of a host
 * for the others, and again when a file is opened again. What a file is goes by what the kernel says of it (device,
 * number, size, times of its last change), never by its name: pages of another file, or of one that has been written
 * to since, are not used. Beyond LS_H5_PAGES_MOST nothing more is kept, and the rest is read from the file as ever. */
#ifndef LS_HDF5_H5_PAGES_H
#define LS_HDF5_H5_PAGES_H

#include "base/status.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/stat.h>

#define LS_H5_PAGE       4096
#define LS_H5_PAGES_MOST 4096 /* 16 MiB */

typedef struct ls_h5_pages ls_h5_pages;

/* Local. None yet, one holder. Threads take turns, with ls_h5_lock, for what follows these three. */
ls_status ls_h5_pages_create(ls_h5_pages **pages);
void ls_h5_pages_hold(ls_h5_pages *pages);    /* NULL is accepted */
void ls_h5_pages_release(ls_h5_pages *pages); /* NULL is accepted; the last holder frees */

/* Local. The number of a file by which its pages are asked for; -1: no more files are told apart. */
int ls_h5_pages_file(ls_h5_pages *pages, const struct stat *info);

/* Local. Reads [at, at + count) of the file behind fd: from its pages, which are read where they are not there yet.
 * Bytes behind the file's end are 0. `file` -1: from the file alone. false: errno says why. */
bool ls_h5_pages_read(ls_h5_pages *pages, int file, int fd, int64_t at, size_t count, void *bytes);

/* Local. All pages as one block, to be sent to another process of this host. */
int64_t ls_h5_pages_bytes(const ls_h5_pages *pages);
void ls_h5_pages_pack(const ls_h5_pages *pages, void *block);
/* Local. Adds those of a block; what there is no memory for is left out. */
void ls_h5_pages_unpack(ls_h5_pages *pages, const void *block);

#endif
