/* The stored bytes of chunks, as libhdf5 finds them. */
#include "hdf5/h5_chunks_internal.h"

#include "base/memory.h"

#include <stdio.h>
#include <string.h>

ls_status ls_h5_piece_fail(const ls_h5_reading *r, const ls_h5_piece *p, const char *reason)
{
    const ls_h5_dataset *d = &r->kept->description;
    char at[160] = "", word[32];
    for (int i = 0; i < r->c->rank; i++) {
        (void)snprintf(word, sizeof word, "%s%lld", i == 0 ? "" : ", ", (long long)(p->at[i] * r->c->chunk[i]));
        ls_h5_append(at, sizeof at, word);
    }
    const int axis = r->c->axis;
    const int64_t first = p->at[axis] * r->c->chunk[axis], end = first + r->c->chunk[axis];
    return ls_fail(LS_ERR_DATA,
                   "%s: rows %lld to %lld of %s (%s, %s) cannot be read; the file is damaged there: the chunk that "
                   "begins at (%s) is stored in %zu bytes, and %s. Get the file again from where it came from",
                   r->file->path, (long long)first, (long long)(end < r->c->shape[axis] ? end : r->c->shape[axis]) - 1,
                   d->path, d->type, d->layout, at, p->stored, reason);
}

#if LS_H5_RAW_CHUNKS

#define ALIGNED ((size_t)8) /* as the largest type of element.h wants it */

static herr_t read_raw(hid_t dataset, const hsize_t *at, uint32_t *skipped, void *raw, size_t bytes)
{
#if H5_VERSION_GE(2, 0, 0)
    return H5Dread_chunk2(dataset, H5P_DEFAULT, at, skipped, raw, &bytes);
#else
    (void)bytes;
    return H5Dread_chunk(dataset, H5P_DEFAULT, at, skipped, raw);
#endif
}

/* Room for `more` bytes behind those that are used. */
static ls_status make_room(ls_h5_worker *w, size_t more)
{
    unsigned char *larger;
    if (more <= w->capacity - w->used)
        return LS_OK;
    const size_t capacity = w->used + more + w->used / 2;
    LS_TRY(ls_memory_allocate(&larger, (int64_t)capacity, 1, "chunks as they are stored"));
    if (w->used > 0)
        memcpy(larger, w->raw, w->used);
    ls_memory_free(w->raw);
    w->raw = larger;
    w->capacity = capacity;
    return LS_OK;
}

static herr_t note_missing(unsigned n, const H5E_error2_t *error, void *user)
{
    (void)n;
    if (error->desc != NULL && strstr(error->desc, "not allocated") != NULL)
        *(bool *)user = true;
    return 0;
}

/* Whether the size of a chunk could not be had because it was never written, which only libhdf5's words tell at once.
 * Else it is looked for among all chunks. */
static bool is_missing(hid_t dataset, const hsize_t *at, hsize_t *stored)
{
    bool missing = false;
    *stored = 0;
    (void)H5Ewalk2(H5E_DEFAULT, H5E_WALK_UPWARD, note_missing, &missing);
#if H5_VERSION_GE(1, 10, 5)
    haddr_t address = 0;
    unsigned skipped;
    hsize_t size;
    if (!missing)
        missing = H5Dget_chunk_info_by_coord(dataset, at, &skipped, &address, &size) >= 0 && address == HADDR_UNDEF;
#else
    (void)dataset, (void)at;
#endif
    return missing;
}

/* The thread is inside the door. */
static ls_status read_stored(ls_h5_worker *w, ls_h5_piece *p)
{
    const ls_h5_reading *r = w->r;
    hsize_t at[LS_H5_MAX_RANK], stored = 0;
    char reason[160];
    for (int i = 0; i < r->c->rank; i++)
        at[i] = (hsize_t)(p->at[i] * r->c->chunk[i]);
    if (H5Dget_chunk_storage_size(r->kept->id, at, &stored) < 0 && !is_missing(r->kept->id, at, &stored))
        return ls_h5_fail(LS_ERR_DATA, r->file, "the chunk of %s that begins at row %lld cannot be found",
                          r->kept->description.path, (long long)at[r->c->axis]);
    p->stored = (size_t)stored;
    if (stored == 0) /* never written, unless there is something to be read after all */
        return read_raw(r->kept->id, at, &p->skipped, reason, 0) < 0 ? LS_OK
                                                                     : ls_h5_piece_fail(r, p, "a chunk is never empty");
    if (stored > (hsize_t)r->c->file_bytes || stored > ls_filters_stored_most((size_t)r->c->bytes)) {
        (void)snprintf(reason, sizeof reason, "has %lld bytes when unpacked; the file has %lld", (long long)r->c->bytes,
                       (long long)r->c->file_bytes);
        return ls_h5_piece_fail(r, p, reason);
    }
    p->offset =
        (w->used + ALIGNED - 1) / ALIGNED * ALIGNED; /* without filters they are read as numbers, where they are */
    LS_TRY(make_room(w, p->offset - w->used + p->stored));
    if (read_raw(r->kept->id, at, &p->skipped, w->raw + p->offset, p->stored) < 0)
        return ls_h5_fail(LS_ERR_DATA, r->file,
                          "rows %lld and following of %s (%s, %s) cannot be read; the file is damaged there",
                          (long long)at[r->c->axis], r->kept->description.path, r->kept->description.type,
                          r->kept->description.layout);
    w->used = p->offset + p->stored;
    return LS_OK;
}

#else

static ls_status read_stored(ls_h5_worker *w, ls_h5_piece *p) /* never called */
{
    (void)p;
    return ls_fail(LS_ERR_DATA, "%s: this libhdf5 reads no stored chunks", w->r->file->path);
}

#endif

/* Reads what has to be read. On failure the pieces before *failed are there. */
ls_status ls_h5_pieces_read(ls_h5_worker *w, int *failed)
{
    ls_h5_guard guard;
    ls_status status = LS_OK;
    int i = 0, wanted = 0;
    for (int j = 0; j < w->pieces; j++)
        wanted += w->piece[j].unpacked == NULL;
    if (wanted > 0)
        ls_h5_enter(&guard);
    for (; i < w->pieces && status == LS_OK; i++)
        if (w->piece[i].unpacked == NULL)
            status = read_stored(w, &w->piece[i]);
    if (wanted > 0)
        ls_h5_leave(&guard);
    *failed = status == LS_OK ? i : i - 1;
    return status;
}
