/* Bytes of a file from front to back: as they stand, or unpacked while they are read. */
#ifndef LS_FILES_STREAM_H
#define LS_FILES_STREAM_H

#include "base/status.h"

#include <stdbool.h>
#include <stdint.h>

typedef enum ls_packing {
    LS_PACKED_NOT,
    LS_PACKED_GZIP,    /* .gz, one member or several */
    LS_PACKED_DEFLATE, /* the raw deflate data of a zip entry */
    LS_PACKED_FOUND    /* gzip when the first two bytes say so, else not packed */
} ls_packing;

/* What is to be read. */
typedef struct ls_stream_range {
    int64_t offset;
    int64_t length; /* bytes in the file; -1: up to its end */
    ls_packing packing;
    bool has_crc; /* of the unpacked bytes; compared at their end where zlib is there */
    uint32_t crc;
} ls_stream_range;

typedef struct ls_stream ls_stream;

/* Local. LS_ERR_DATA: not there, not a regular file (which is what can be read again); or packed, and this Lockstep was
 * built without zlib. `name` is what messages call it, such as the path or "FILE:ARRAY". */
ls_status ls_stream_open(const char *path, const char *name, const ls_stream_range *range, ls_stream **stream);
void ls_stream_close(ls_stream *stream); /* NULL is accepted */
/* Local. Reads up to `bytes`; fewer at the end only. LS_ERR_DATA for damage. */
ls_status ls_stream_read(ls_stream *stream, void *to, int64_t bytes, int64_t *got);
/* Local. Reads exactly `bytes`; LS_ERR_DATA when it ends before. */
ls_status ls_stream_take(ls_stream *stream, void *to, int64_t bytes);
/* Local. Bytes at a place counted from the stream's start; for streams that are not packed. */
ls_status ls_stream_take_at(ls_stream *stream, int64_t offset, void *to, int64_t bytes);
/* Local. Goes to a byte of what is read, unpacked. In packed data what lies between is unpacked, from the start again
 * when the place lies behind us. Not for streams with a check sum. */
ls_status ls_stream_seek(ls_stream *stream, int64_t offset);
/* Local. Goes back to the start; a check sum begins anew. */
ls_status ls_stream_restart(ls_stream *stream);
/* How it is packed: never LS_PACKED_FOUND. */
ls_packing ls_stream_packing(const ls_stream *stream);
/* Bytes in all when that is known beforehand: not packed; else -1. */
int64_t ls_stream_length(const ls_stream *stream);
const char *ls_stream_name(const ls_stream *stream);

#endif
