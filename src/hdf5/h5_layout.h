/* HDF5 files larger than memory: libhdf5 lays the file out, and we write the data. Contiguous datasets are allocated
 * and never filled, their places in the file are asked for, and everything that is not data is copied into the file
 * that the caller writes. libhdf5 itself works on a scratch file in memory (/dev/shm), which stays empty where the data
 * belongs, so a full disk meets only our own writes (see README.md). Equal contents give equal bytes. */
#ifndef LS_HDF5_H5_LAYOUT_H
#define LS_HDF5_H5_LAYOUT_H

#include "hdf5/element.h"
#include "hdf5/h5.h"

/* A dataset whose data the caller writes: `bytes` bytes at `offset`, row-major, little endian. */
typedef struct ls_h5_area {
    char path[256];
    ls_element element;
    int64_t text; /* bytes of one UTF-8 text, filled up with zeros, in place of an element; 0: it is numbers */
    int rank;
    int64_t shape[LS_H5_MAX_RANK];
    int64_t bytes;
    int64_t offset; /* [out] of ls_h5_layout_finish; multiples of 4096 for all but small datasets */
} ls_h5_area;

/* Local. Starts a file; attributes are set with ls_h5_set_text and its relatives, about `expected` bytes of them.
 * `path` is for messages. */
ls_status ls_h5_layout_begin(const char *path, int64_t expected, ls_h5_file **file);
/* Local. Makes the dataset and its groups; sets bytes. */
ls_status ls_h5_layout_reserve(ls_h5_file *file, ls_h5_area *area);
/* Local. Closes the layout and writes it to `fd`, an empty file, which gets its final length. Sets the areas' offsets.
 * The handle is gone either way; ls_h5_close instead gives up. */
ls_status ls_h5_layout_finish(ls_h5_file *file, int fd, ls_h5_area *areas, int count);

#endif
