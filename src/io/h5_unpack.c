/* Reading chunks with threads.
 *
 * Each thread takes the next few chunks, reads their stored bytes while it is inside the door to libhdf5, then leaves
 * it and unpacks. So reading is one after the other and in order, unpacking side by side. Which thread does what
 * changes no value. The first damaged chunk in the dataset's order is the one that is reported. */
#include "io/h5_chunks_internal.h"

#include "base/fpenv.h"
#include "base/memory.h"

#include <stdio.h>
#include <string.h>

/* Memory of all threads, which leaves fewer threads where chunks are large. */
#define MEMORY_MOST ((int64_t)256 << 20)
/* Unpacked bytes, and chunks, that a thread takes at a time: entering the door costs a microsecond. */
#define GROUP_BYTES ((int64_t)256 << 10)
#define GROUP_MOST  64

typedef struct reading {
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
} reading;

/* One chunk on its way. */
typedef struct piece {
    int64_t number; /* in the reading's order */
    int64_t at[LS_H5_MAX_RANK];
    const unsigned char *unpacked; /* from the band that was kept */
    size_t offset, stored;         /* its bytes in worker.raw; none where it is not in the file */
    uint32_t skipped;
} piece;

typedef struct worker {
    reading *r;
    piece piece[GROUP_MOST];
    int pieces;
    unsigned char *raw;
    size_t capacity, used;
    unsigned char *filled; /* a chunk of fill values */
    ls_filters_space space;
} worker;

/* Sets what the boxes touch. */
static void bound(reading *r)
{
    r->chunks = 1;
    for (int i = 0; i < r->c->rank; i++) {
        int64_t low = INT64_MAX, high = 0;
        for (int b = 0; b < r->boxes; b++) {
            const int64_t first = r->box[b].start[i], end = first + r->box[b].extent[i];
            low = first < low ? first : low;
            high = end > high ? end : high;
        }
        r->low[i] = low / r->c->chunk[i];
        r->across[i] = high > low ? (high - 1) / r->c->chunk[i] - r->low[i] + 1 : 0;
        r->chunks *= r->across[i];
    }
    r->group = GROUP_BYTES / r->c->bytes;
    r->group = r->group < 1 ? 1 : r->group > GROUP_MOST ? GROUP_MOST : r->group;
}

static int64_t slot_of(const ls_h5_chunks *c, const int64_t *at)
{
    int64_t slot = 0;
    for (int i = 0; i < c->rank; i++)
        if (i != c->axis)
            slot = slot * c->across[i] + at[i];
    return slot;
}

/* The part of a chunk that a box wants. False: none. */
static bool overlap(const ls_h5_chunks *c, const int64_t *at, const ls_h5_box *box, int64_t *first, int64_t *extent)
{
    for (int i = 0; i < c->rank; i++) {
        const int64_t begin = at[i] * c->chunk[i], end = begin + c->chunk[i], box_end = box->start[i] + box->extent[i];
        first[i] = begin > box->start[i] ? begin : box->start[i];
        extent[i] = (end < box_end ? end : box_end) - first[i];
        if (extent[i] <= 0)
            return false;
    }
    return true;
}

static bool is_wanted(const reading *r, const int64_t *at)
{
    int64_t first[LS_H5_MAX_RANK], extent[LS_H5_MAX_RANK];
    for (int b = 0; b < r->boxes; b++)
        if (overlap(r->c, at, &r->box[b], first, extent))
            return true;
    return false;
}

static ls_status fail_chunk(const reading *r, const piece *p, const char *reason)
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

/* ---- a thread's part: reading ---- */

#if LS_H5_RAW_CHUNKS

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
static ls_status make_room(worker *w, size_t more)
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
static ls_status read_stored(worker *w, piece *p)
{
    const reading *r = w->r;
    hsize_t at[LS_H5_MAX_RANK], stored = 0;
    char reason[160];
    for (int i = 0; i < r->c->rank; i++)
        at[i] = (hsize_t)(p->at[i] * r->c->chunk[i]);
    if (H5Dget_chunk_storage_size(r->kept->id, at, &stored) < 0 && !is_missing(r->kept->id, at, &stored))
        return ls_h5_fail(LS_ERR_DATA, r->file, "the chunk of %s that begins at row %lld cannot be found",
                          r->kept->description.path, (long long)at[r->c->axis]);
    p->stored = (size_t)stored;
    if (stored == 0)
        return LS_OK;
    if (stored > (hsize_t)r->c->file_bytes || stored > ls_filters_stored_most((size_t)r->c->bytes)) {
        (void)snprintf(reason, sizeof reason, "has %lld bytes when unpacked; the file has %lld", (long long)r->c->bytes,
                       (long long)r->c->file_bytes);
        return fail_chunk(r, p, reason);
    }
    LS_TRY(make_room(w, p->stored));
    p->offset = w->used;
    if (read_raw(r->kept->id, at, &p->skipped, w->raw + w->used, p->stored) < 0)
        return ls_h5_fail(LS_ERR_DATA, r->file,
                          "rows %lld and following of %s (%s, %s) cannot be read; the file is damaged there",
                          (long long)at[r->c->axis], r->kept->description.path, r->kept->description.type,
                          r->kept->description.layout);
    w->used += p->stored;
    return LS_OK;
}

#else

static ls_status read_stored(worker *w, piece *p) /* never called */
{
    (void)p;
    return ls_fail(LS_ERR_DATA, "%s: this libhdf5 reads no stored chunks", w->r->file->path);
}

#endif

/* Notes what is to be done for chunks first .. end - 1 of the reading. */
static void list_pieces(worker *w, int64_t first, int64_t end)
{
    const reading *r = w->r;
    const ls_h5_chunks *c = r->c;
    w->pieces = 0;
    w->used = 0;
    for (int64_t k = first; k < end; k++) {
        piece *p = &w->piece[w->pieces];
        *p = (piece){.number = k};
        int64_t rest = k;
        for (int i = c->rank - 1; i >= 0; i--) {
            p->at[i] = r->low[i] + rest % r->across[i];
            rest /= r->across[i];
        }
        if (!is_wanted(r, p->at))
            continue;
        if (c->slot != NULL && p->at[c->axis] == c->band)
            p->unpacked = c->slot[slot_of(c, p->at)];
        w->pieces++;
    }
}

/* Reads what has to be read. On failure the pieces before *failed are there. */
static ls_status read_pieces(worker *w, int *failed)
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

/* ---- a thread's part: unpacking ---- */

static bool is_edge(const ls_h5_chunks *c, const int64_t *at)
{
    for (int i = 0; i < c->rank; i++)
        if ((at[i] + 1) * c->chunk[i] > c->shape[i])
            return true;
    return false;
}

/* A chunk that was never written. */
static ls_status fill(worker *w, const unsigned char **bytes)
{
    const ls_h5_chunks *c = w->r->c;
    const int64_t size = ls_element_bytes(c->type.element);
    *bytes = w->filled;
    if (w->filled != NULL)
        return LS_OK;
    LS_TRY(ls_memory_allocate(&w->filled, c->bytes, 1, "a chunk of fill values"));
    for (int64_t i = 0; i < c->bytes; i += size)
        memcpy(w->filled + i, &c->fill, (size_t)size);
    *bytes = w->filled;
    return LS_OK;
}

static ls_status unpack(worker *w, const piece *p, const unsigned char **bytes)
{
    const ls_h5_chunks *c = w->r->c;
    char reason[200];
    bool memory;
    *bytes = p->unpacked;
    if (p->unpacked != NULL)
        return LS_OK;
    if (p->stored == 0)
        return fill(w, bytes);
    const uint32_t skipped = c->plain_edges && is_edge(c, p->at) ? UINT32_MAX : p->skipped;
    if (ls_filters_undo(&c->filters, skipped, w->raw + p->offset, p->stored, (size_t)c->bytes, &w->space, bytes, reason,
                        sizeof reason, &memory))
        return LS_OK;
    return memory ? LS_ERR_MEMORY : fail_chunk(w->r, p, reason);
}

/* For the next reading. No other thread has this slot. */
static ls_status keep(const reading *r, const piece *p, const unsigned char *bytes)
{
    if (r->band < 0 || p->at[r->c->axis] != r->band)
        return LS_OK;
    unsigned char **slot = &r->slot[slot_of(r->c, p->at)];
    if (*slot != NULL)
        return LS_OK;
    LS_TRY(ls_memory_allocate(slot, r->c->bytes, 1, "kept chunks"));
    memcpy(*slot, bytes, (size_t)r->c->bytes);
    return LS_OK;
}

/* Into each box that wants some of it. */
static void put(const reading *r, const piece *p, const unsigned char *bytes)
{
    const ls_h5_chunks *c = r->c;
    const int64_t size = ls_element_bytes(c->type.element), to_size = (int64_t)ls_number_size(r->number);
    int64_t first[LS_H5_MAX_RANK];
    ls_recast_box part = {.rank = c->rank};
    for (int b = 0; b < r->boxes; b++) {
        const ls_h5_box *box = &r->box[b];
        int64_t from = 0, to = 0, step = 1;
        if (!overlap(c, p->at, box, first, part.extent))
            continue;
        for (int i = c->rank - 1; i >= 0; i--) {
            part.from_step[i] = step;
            part.to_step[i] = box->step[i];
            from += (first[i] - p->at[i] * c->chunk[i]) * step;
            to += (first[i] - box->start[i]) * box->step[i];
            step *= c->chunk[i];
        }
        ls_recast_boxed(c->type, &part, bytes + from * size, r->number, (char *)box->values + to * to_size);
    }
}

static ls_status finish_piece(worker *w, const piece *p)
{
    const unsigned char *bytes;
    LS_TRY(unpack(w, p, &bytes));
    LS_TRY(keep(w->r, p, bytes));
    put(w->r, p, bytes);
    return LS_OK;
}

/* ---- threads ---- */

/* Remembers the failure of the first chunk in order; its message is this thread's. */
static void note_failure(reading *r, int64_t number, ls_status status)
{
#pragma omp critical(ls_h5_chunks_failure)
    if (number < r->failed) {
        r->status = status;
        (void)snprintf(r->message, sizeof r->message, "%s", ls_error_message());
#pragma omp atomic write
        r->failed = number;
    }
}

static void do_group(worker *w, int64_t first, int64_t end)
{
    int readable;
    list_pieces(w, first, end);
    const ls_status status = read_pieces(w, &readable);
    if (status != LS_OK)
        note_failure(w->r, w->piece[readable].number, status);
    for (int i = 0; i < readable; i++) {
        const ls_status unpacked = finish_piece(w, &w->piece[i]);
        if (unpacked != LS_OK) {
            note_failure(w->r, w->piece[i].number, unpacked);
            return;
        }
    }
}

static void work(reading *r)
{
    const ls_fpenv saved = ls_fpenv_enter();
    worker *w;
    if (ls_memory_allocate(&w, 1, sizeof *w, "reader of chunks") != LS_OK) {
        note_failure(r, 0, LS_ERR_MEMORY);
        ls_fpenv_leave(saved);
        return;
    }
    w->r = r;
    for (;;) {
        int64_t first, failed;
#pragma omp atomic capture
        {
            first = r->next;
            r->next += r->group;
        }
#pragma omp atomic read
        failed = r->failed;
        if (first >= r->chunks || first > failed)
            break;
        do_group(w, first, first + r->group < r->chunks ? first + r->group : r->chunks);
    }
    ls_filters_free(&w->space);
    ls_memory_free(w->raw);
    ls_memory_free(w->filled);
    ls_memory_free(w);
    ls_fpenv_leave(saved);
}

/* As many as have something to do and can be given memory: stored and twice unpacked. */
static int team(const reading *r)
{
    const int64_t groups = (r->chunks + r->group - 1) / r->group, most = MEMORY_MOST / (3 * r->c->bytes * r->group);
    int64_t threads = ls_h5_threads(r->file);
    threads = threads < groups ? threads : groups;
    threads = threads < most ? threads : most;
    return threads < 1 ? 1 : (int)threads;
}

/* Which band the next reading will begin with, when this one ends inside it; and one that is all there is. */
static void choose_band(reading *r)
{
    const ls_h5_chunks *c = r->c;
    int64_t end = 0;
    r->band = -1;
    for (int b = 0; b < r->boxes; b++) {
        const int64_t box_end = r->box[b].start[c->axis] + r->box[b].extent[c->axis];
        end = box_end > end ? box_end : end;
    }
    if (c->slots > 0 && end > 0 &&
        ((end < c->shape[c->axis] && end % c->chunk[c->axis] != 0) || c->across[c->axis] == 1))
        r->band = (end - 1) / c->chunk[c->axis];
}

static ls_status prepare_band(reading *r)
{
    choose_band(r);
    if (r->band < 0)
        return LS_OK;
    if (r->c->slot != NULL && r->band == r->c->band) {
        r->slot = r->c->slot;
        return LS_OK;
    }
    return ls_memory_allocate(&r->slot, r->c->slots, sizeof *r->slot, "kept chunks");
}

/* What was kept gives way to what is. */
static void replace_band(const reading *r, ls_h5_chunks *c)
{
    if (r->slot == c->slot)
        return;
    ls_h5_slots_free(c, c->slot);
    c->slot = r->slot;
    c->band = r->slot == NULL ? -1 : r->band;
}

ls_status ls_h5_chunks_read(const ls_h5_file *file, const ls_h5_kept *kept, const ls_h5_box *boxes, int count,
                            ls_h5_number number)
{
    reading r = {.file = file, .kept = kept, .c = kept->chunks, .box = boxes, .boxes = count, .number = number};
    bound(&r);
    r.failed = r.chunks;
    LS_TRY(prepare_band(&r));
    const int threads = team(&r);
    if (threads == 1) {
        work(&r); /* a thread of the host's that has no team gets none */
    } else {
#pragma omp parallel num_threads(threads)
        work(&r);
    }
    replace_band(&r, kept->chunks);
    return r.failed < r.chunks ? ls_fail(r.status, "%s", r.message) : LS_OK;
}
