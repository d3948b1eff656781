/* Which chunks a reading touches, and what of each is wanted. */
#include "hdf5/h5_chunks_internal.h"

#include "base/memory.h"

/* Unpacked bytes that a thread takes at a time: entering the door costs a microsecond. */
#define GROUP_BYTES ((int64_t)256 << 10)

/* Sets what the boxes touch. */
void ls_h5_reading_bound(ls_h5_reading *r)
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
    r->group = r->group < 1 ? 1 : r->group > LS_H5_GROUP_MOST ? LS_H5_GROUP_MOST : r->group;
}

int64_t ls_h5_slot_of(const ls_h5_chunks *c, const int64_t *at)
{
    int64_t slot = 0;
    for (int i = 0; i < c->rank; i++)
        if (i != c->axis)
            slot = slot * c->across[i] + at[i];
    return slot;
}

/* The part of a chunk that a box wants. False: none. */
bool ls_h5_overlap(const ls_h5_chunks *c, const int64_t *at, const ls_h5_box *box, int64_t *first, int64_t *extent)
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

static bool is_wanted(const ls_h5_reading *r, const int64_t *at)
{
    int64_t first[LS_H5_MAX_RANK], extent[LS_H5_MAX_RANK];
    for (int b = 0; b < r->boxes; b++)
        if (ls_h5_overlap(r->c, at, &r->box[b], first, extent))
            return true;
    return false;
}

/* Notes what is to be done for chunks first .. end - 1 of the reading. */
void ls_h5_pieces_list(ls_h5_worker *w, int64_t first, int64_t end)
{
    const ls_h5_reading *r = w->r;
    const ls_h5_chunks *c = r->c;
    w->pieces = 0;
    w->used = 0;
    for (int64_t k = first; k < end; k++) {
        ls_h5_piece *p = &w->piece[w->pieces];
        *p = (ls_h5_piece){.number = k};
        int64_t rest = k;
        for (int i = c->rank - 1; i >= 0; i--) {
            p->at[i] = r->low[i] + rest % r->across[i];
            rest /= r->across[i];
        }
        if (!is_wanted(r, p->at))
            continue;
        if (c->slot != NULL && p->at[c->axis] == c->band)
            p->unpacked = c->slot[ls_h5_slot_of(c, p->at)];
        w->pieces++;
    }
}

/* Which band the next reading will begin with, when this one ends inside it; and one that is all there is. */
static void choose_band(ls_h5_reading *r)
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

ls_status ls_h5_band_prepare(ls_h5_reading *r)
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
void ls_h5_band_replace(const ls_h5_reading *r, ls_h5_chunks *c)
{
    if (r->slot == c->slot)
        return;
    ls_h5_slots_free(c, c->slot);
    c->slot = r->slot;
    c->band = r->slot == NULL ? -1 : r->band;
}
