/* What h5_chunks.c and h5_unpack.c share. */
#ifndef LS_IO_H5_CHUNKS_INTERNAL_H
#define LS_IO_H5_CHUNKS_INTERNAL_H

#include "io/filters.h"
#include "io/h5_chunks.h"
#include "io/recast.h"

/* Since 1.10.3 a chunk can be read as it is stored. */
#define LS_H5_RAW_CHUNKS H5_VERSION_GE(1, 10, 3)

struct ls_h5_chunks {
    int rank, axis;
    int64_t shape[LS_H5_MAX_RANK], chunk[LS_H5_MAX_RANK];
    int64_t across[LS_H5_MAX_RANK]; /* chunks along each axis */
    int64_t bytes;                  /* of one, unpacked */
    ls_recast_from type;
    ls_filters filters;
    bool plain_edges; /* chunks that are partly outside are stored without filters */
    int64_t file_bytes;
    uint64_t fill; /* the value of chunks that are not there, as it is stored */

    int64_t slots;        /* chunks of a band; 0: none is kept */
    int64_t band;         /* the one that is kept; -1: none */
    unsigned char **slot; /* (slots) unpacked chunks, NULL where there is none */
};

/* Frees (chunks->slots) chunks and the array itself; NULL is accepted. */
void ls_h5_slots_free(const ls_h5_chunks *chunks, unsigned char **slot);

#endif
