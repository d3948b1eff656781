/* Chunks that we unpack ourselves: libhdf5 finds and reads the stored bytes, threads undo the filters and put the
 * values where they belong. For datasets whose filters are among shuffle, deflate and fletcher32 and whose type is one
 * of element.h; all others are read by H5Dread. Only h5*.c files include this. */
#ifndef LS_HDF5_H5_CHUNKS_H
#define LS_HDF5_H5_CHUNKS_H

#include "hdf5/h5_internal.h"

/* What is needed to unpack the chunks of one dataset, and those unpacked last. */
typedef struct ls_h5_chunks ls_h5_chunks;

/* A part of a dataset that is wanted: extents along all its axes. */
typedef struct ls_h5_box {
    int64_t start[LS_H5_MAX_RANK], extent[LS_H5_MAX_RANK];
    int64_t step[LS_H5_MAX_RANK]; /* values in memory from one index to the next */
    void *values;                 /* where its first one goes */
} ls_h5_box;

/* Fills in kept->chunks, NULL where H5Dread has to do. The caller is inside a guard; the dataset is admitted. */
ls_status ls_h5_chunks_open(const ls_h5_file *file, ls_h5_kept *kept);
void ls_h5_chunks_close(ls_h5_chunks *chunks); /* NULL is accepted */

/* Whether the values can be had as such numbers. */
bool ls_h5_chunks_can(const ls_h5_kept *kept, ls_h5_number number);
/* All of a dataset between `first` and first + count along an axis, in the dataset's order. */
ls_h5_box ls_h5_box_of(const ls_h5_dataset *dataset, int axis, int64_t first, int64_t count, void *values);
/* Reads all boxes, which lie in the dataset, each chunk unpacked once, with the file's threads. The last band of chunks
 * along the axis of the rows is kept for the next call, if that takes at most LS_H5_CACHE_ONE bytes. The caller is not
 * inside a guard. LS_ERR_DATA names file, dataset, rows, chunk and what is wrong with it. */
ls_status ls_h5_chunks_read(const ls_h5_file *file, const ls_h5_kept *kept, const ls_h5_box *boxes, int count,
                            ls_h5_number number);

#endif
