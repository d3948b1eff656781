/* Reading chunks with threads.
 *
 * Each thread takes the next few chunks, reads their stored bytes while it is inside the door to libhdf5, then leaves
 * it and unpacks. So reading is one after the other and in order, unpacking side by side. Which thread does what
 * changes no value. The first damaged chunk in the dataset's order is the one that is reported. */
#include "hdf5/h5_chunks_internal.h"

#include "base/fpenv.h"
#include "base/halt.h"
#include "base/memory.h"

#include <stdio.h>
#include <string.h>

/* Memory of all threads, which leaves fewer threads where chunks are large. */
#define MEMORY_MOST ((int64_t)256 << 20)

/* ---- one chunk ---- */

static bool is_edge(const ls_h5_chunks *c, const int64_t *at)
{
    for (int i = 0; i < c->rank; i++)
        if ((at[i] + 1) * c->chunk[i] > c->shape[i])
            return true;
    return false;
}

/* A chunk that was never written. */
static ls_status fill(ls_h5_worker *w, const unsigned char **bytes)
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

static ls_status unpack(ls_h5_worker *w, const ls_h5_piece *p, const unsigned char **bytes)
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
    return memory ? LS_ERR_MEMORY : ls_h5_piece_fail(w->r, p, reason);
}

/* For the next reading. No other thread has this slot. */
static ls_status keep(const ls_h5_reading *r, const ls_h5_piece *p, const unsigned char *bytes)
{
    if (r->band < 0 || p->at[r->c->axis] != r->band)
        return LS_OK;
    unsigned char **slot = &r->slot[ls_h5_slot_of(r->c, p->at)];
    if (*slot != NULL)
        return LS_OK;
    LS_TRY(ls_memory_allocate(slot, r->c->bytes, 1, "kept chunks"));
    memcpy(*slot, bytes, (size_t)r->c->bytes);
    return LS_OK;
}

/* Into each box that wants some of it. */
static void put(const ls_h5_reading *r, const ls_h5_piece *p, const unsigned char *bytes)
{
    const ls_h5_chunks *c = r->c;
    const int64_t size = ls_element_bytes(c->type.element), to_size = (int64_t)ls_number_size(r->number);
    int64_t first[LS_H5_MAX_RANK];
    ls_recast_box part = {.rank = c->rank};
    for (int b = 0; b < r->boxes; b++) {
        const ls_h5_box *box = &r->box[b];
        int64_t from = 0, to = 0, step = 1;
        if (!ls_h5_overlap(c, p->at, box, first, part.extent))
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

static ls_status finish_piece(ls_h5_worker *w, const ls_h5_piece *p)
{
    const unsigned char *bytes;
    LS_TRY(unpack(w, p, &bytes));
    LS_TRY(keep(w->r, p, bytes));
    put(w->r, p, bytes);
    return LS_OK;
}

/* ---- threads ---- */

/* Remembers the failure of the first chunk in order; its message is this thread's. */
static void note_failure(ls_h5_reading *r, int64_t number, ls_status status)
{
#pragma omp critical(ls_h5_chunks_failure)
    if (number < r->failed) {
        r->status = status;
        (void)snprintf(r->message, sizeof r->message, "%s", ls_error_message());
#pragma omp atomic write
        r->failed = number;
    }
}

static void do_group(ls_h5_worker *w, int64_t first, int64_t end)
{
    int readable;
    ls_h5_pieces_list(w, first, end);
    const ls_status status = ls_h5_pieces_read(w, &readable);
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

static void work(ls_h5_reading *r)
{
    const ls_fpenv saved = ls_fpenv_enter();
    ls_h5_worker *w;
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
        if (ls_halt() != LS_OK) { /* the thread that has begun the reading is one of them, and knows whom to ask */
            note_failure(r, first, LS_STOPPED);
            break;
        }
        do_group(w, first, first + r->group < r->chunks ? first + r->group : r->chunks);
    }
    ls_filters_free(&w->space);
    ls_memory_free(w->raw);
    ls_memory_free(w->filled);
    ls_memory_free(w);
    ls_fpenv_leave(saved);
}

/* As many as have something to do and can be given memory: stored and twice unpacked. */
static int team(const ls_h5_reading *r)
{
    const int64_t groups = (r->chunks + r->group - 1) / r->group, most = MEMORY_MOST / (3 * r->c->bytes * r->group);
    int64_t threads = ls_h5_threads(r->file);
    threads = threads < groups ? threads : groups;
    threads = threads < most ? threads : most;
    return threads < 1 ? 1 : (int)threads;
}

ls_status ls_h5_chunks_read(const ls_h5_file *file, const ls_h5_kept *kept, const ls_h5_box *boxes, int count,
                            ls_h5_number number)
{
    ls_h5_reading r = {.file = file, .kept = kept, .c = kept->chunks, .box = boxes, .boxes = count, .number = number};
    ls_h5_reading_bound(&r);
    r.failed = r.chunks;
    LS_TRY(ls_h5_band_prepare(&r));
    const int threads = team(&r);
    if (threads == 1) {
        work(&r); /* a thread of the host's that has no team gets none */
    } else {
#pragma omp parallel num_threads(threads)
        work(&r);
    }
    ls_h5_band_replace(&r, kept->chunks);
    return r.failed < r.chunks ? ls_fail(r.status, "%s", r.message) : LS_OK;
}
