/* Undoing the filters of HDF5's chunks: shuffle, deflate and fletcher32, in any order ("Filter Pipeline Message" in the
 * HDF5 File Format Specification). Nothing is written beyond the bytes that a chunk has, whatever the stored bytes say.
 * No libhdf5, no state between calls but the buffers, so that each thread may undo chunks of its own. */
#ifndef LS_HDF5_FILTERS_H
#define LS_HDF5_FILTERS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A filter that fails while writing may leave its chunk as it was; the chunk's mask, a bit for each, has 32. */
#define LS_FILTERS_MOST 32

typedef enum ls_filter { LS_FILTER_SHUFFLE, LS_FILTER_DEFLATE, LS_FILTER_FLETCHER32 } ls_filter;

/* In the order of writing. */
typedef struct ls_filters {
    int count;
    ls_filter filter[LS_FILTERS_MOST];
    uint32_t size[LS_FILTERS_MOST]; /* shuffle: bytes of an element, at least 1 */
} ls_filters;

/* What one thread needs; zeroed before the first call, and freed in the end. */
typedef struct ls_filters_space {
    unsigned char *bytes[2];
    size_t capacity[2];
    void *inflate; /* zlib's state */
} ls_filters_space;

/* Whether these can be undone here: no more than one deflate (the size between two would not be known), and only with
 * zlib. */
bool ls_filters_can(const ls_filters *filters);

/* Bytes that an honest chunk of `chunk_bytes` takes when it is stored, at most. */
size_t ls_filters_stored_most(size_t chunk_bytes);

/* Undoes the filters whose bit in `skipped` is 0. *result: chunk_bytes bytes, in the space or in `stored`, valid until
 * the next call. False: `reason` (of `capacity` bytes) says what is wrong with the stored bytes, and *memory whether it
 * is memory that is missing instead. */
bool ls_filters_undo(const ls_filters *filters, uint32_t skipped, const unsigned char *stored, size_t stored_bytes,
                     size_t chunk_bytes, ls_filters_space *space, const unsigned char **result, char *reason,
                     size_t capacity, bool *memory);
void ls_filters_free(ls_filters_space *space);

/* HDF5's checksum of that name: sums over big-endian 16-bit words. */
uint32_t ls_filters_fletcher32(const unsigned char *bytes, size_t count);

#endif
