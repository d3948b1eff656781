/* A file that libhdf5 is writing: its own records are pages in memory, large data goes to the file at once. A page is
 * in one place, so the file is whole when the pages have been written too. No call of libhdf5 may learn of a failure,
 * since 1.10 does not survive one; the first is kept for who asks, and nothing goes to the file after it. */
#ifndef LS_HDF5_H5_IMAGE_H
#define LS_HDF5_H5_IMAGE_H

#include "base/status.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define LS_H5_PAGE 4096

typedef struct ls_h5_image {
    int fd;                 /* borrowed: opened for reading and writing, and empty at first */
    const char *path;       /* borrowed; for messages */
    unsigned char ***pages; /* (groups) of 1,024 pages each; NULL: not in memory */
    int64_t groups;
    int64_t length;   /* where libhdf5's allocations end */
    int64_t end;      /* where its writes end */
    int64_t written;  /* where those to the file end */
    ls_status status; /* of the first failure */
    char *message;    /* LS_TEXT_MAX, made with the image: a failure may be a want of memory */
} ls_h5_image;

/* Local. */
ls_status ls_h5_image_begin(ls_h5_image *image, int fd, const char *path);
/* Local. `data`: not looked at again before all else, so it need not wait in memory. */
void ls_h5_image_write(ls_h5_image *image, bool data, int64_t at, const void *bytes, size_t count);
/* Local. What was never written is 0. */
void ls_h5_image_read(ls_h5_image *image, int64_t at, void *bytes, size_t count);
/* Local. Keeps a failure and the message that is recorded for it; the first one stays, LS_OK is none. */
void ls_h5_image_fail(ls_h5_image *image, ls_status status);
/* Local. The first failure, its message recorded again. */
ls_status ls_h5_image_status(const ls_h5_image *image);
/* Local. Writes the pages, and gives the file its length. */
ls_status ls_h5_image_finish(ls_h5_image *image);
void ls_h5_image_free(ls_h5_image *image);

#endif
