/* What the files about chunks share: h5_chunks*.c and h5_unpack.c. */
#ifndef LS_HDF5_H5_CHUNKS_INTERNAL_H
#define LS_HDF5_H5_CHUNKS_INTERNAL_H

#include "hdf5/filters.h"
#include "hdf5/h5_chunks.h"
#include "hdf5/recast.h"

/* Since 1.10.3 a chunk can be read as it is stored. */
#define LS_H5_RAW_CHUNKS H5_VERSION_GE(1, 10, 3)

_Static_assert(LS_RECAST_RANK >= LS_H5_MAX_RANK, "boxes have all axes of a dataset");

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

/* Chunks that a thread takes at a time. */
#define LS_H5_GROUP_MOST 64

typedef struct ls_h5_reading {
    const ls_h5_file *file;
    const ls_h5_kept *kept;
    const ls_h5_chunks *c;
    const ls_h5_box *box; /* (boxes) */
    int boxes;
    ls_h5_number number;
    int64_t low[LS_H5_MAX_RANK], across[LS_H5_MAX_RANK]; /* chunks that any box touches lie between */
    int64_t chunks, group;
    int64_t band;         /* to be kept; -1: none */
    unsigned char **slot; /* (c->slots) its chunks */
    int64_t next;         /* chunk that the next thread takes */
    int64_t failed;       /* first damaged chunk; `chunks` when there is none */
    ls_status status;
    char message[LS_TEXT_MAX];
} ls_h5_reading;

/* One chunk on its way through a thread. */
typedef struct ls_h5_piece {
    int64_t number; /* in the reading's order */
    int64_t at[LS_H5_MAX_RANK];
    const unsigned char *unpacked; /* from the band that was kept */
    size_t offset, stored;         /* its bytes in worker.raw; none where it is not in the file */
    uint32_t skipped;
} ls_h5_piece;

typedef struct ls_h5_worker {
    ls_h5_reading *r;
    ls_h5_piece piece[LS_H5_GROUP_MOST];
    int pieces;
    unsigned char *raw;
    size_t capacity, used;
    unsigned char *filled; /* a chunk of fill values */
    ls_filters_space space;
} ls_h5_worker;

/* Frees (chunks->slots) chunks and the array itself; NULL is accepted. */
void ls_h5_slots_free(const ls_h5_chunks *chunks, unsigned char **slot);

/* Where a chunk of a band is kept. */
int64_t ls_h5_slot_of(const ls_h5_chunks *chunks, const int64_t *at);
/* The part of a chunk that a box wants. False: none. */
bool ls_h5_overlap(const ls_h5_chunks *chunks, const int64_t *at, const ls_h5_box *box, int64_t *first,
                   int64_t *extent);
/* Sets which chunks the boxes touch, and how many are taken at a time. */
void ls_h5_reading_bound(ls_h5_reading *reading);
/* Chooses the band to be kept and makes room for it. */
ls_status ls_h5_band_prepare(ls_h5_reading *reading);
/* What was kept gives way to what is. */
void ls_h5_band_replace(const ls_h5_reading *reading, ls_h5_chunks *chunks);

/* Notes what is to be done for chunks first .. end - 1 of the reading. */
void ls_h5_pieces_list(ls_h5_worker *worker, int64_t first, int64_t end);
/* Reads what has to be read. On failure the pieces before *failed are there. The thread is not inside a guard. */
ls_status ls_h5_pieces_read(ls_h5_worker *worker, int *failed);
/* LS_ERR_DATA: what is wrong with the stored bytes of a chunk. */
ls_status ls_h5_piece_fail(const ls_h5_reading *reading, const ls_h5_piece *piece, const char *reason);

#endif
