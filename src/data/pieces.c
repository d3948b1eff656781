/* Rows that are gone through in order. */
#include "data/pieces.h"

#include "base/memory.h"
#include "data/window.h"

#include <string.h>

/* A piece may always have this much, so that little room does not mean row by row. */
#define LEAST_BYTES ((int64_t)1 << 20)

static ls_status load(ls_pieces *p, int64_t first, int64_t count)
{
    if (p->kind != LS_PIECES_NUMBERS)
        return ls_rows_load(p->dataset, p->network, p->kind == LS_PIECES_TRAINED, first, count, &p->rows);
    p->rows = (ls_rows){.first = first, .count = count, .outputs = ls_dataset_source(p->dataset)->outputs};
    LS_TRY(ls_memory_allocate(&p->rows.y, count * p->rows.outputs, sizeof(float), "targets"));
    const ls_status status = ls_rows_load_targets(p->dataset, p->network, first, count, p->rows.y);
    if (status != LS_OK)
        ls_rows_free(&p->rows);
    return status;
}

static int64_t bytes_each(const ls_pieces *p)
{
    return p->kind == LS_PIECES_NUMBERS
               ? ls_dataset_source(p->dataset)->outputs * (int64_t)sizeof(float)
               : ls_rows_bytes_each(p->dataset, p->network, p->kind == LS_PIECES_TRAINED, false);
}

ls_status ls_pieces_open(ls_context *context, const ls_dataset *dataset, const ls_network *network, ls_pieces_kind kind,
                         int64_t first, int64_t count, ls_pieces *pieces)
{
    ls_pieces *p = pieces;
    *p = (ls_pieces){.context = context,
                     .dataset = dataset,
                     .network = network,
                     .kind = kind,
                     .first = first,
                     .count = count,
                     .at_once = count};
    const int64_t each = bytes_each(p), room = ls_context_room(context);
    const bool all = count * each <= room;
    if (!all)
        p->at_once = ls_window_at_once(dataset, each, room > LEAST_BYTES ? room : LEAST_BYTES);
    p->held = (p->at_once < count ? p->at_once : count) * each;
    context->held += p->held;
    if (all)
        p->status = load(p, first, count);
    return p->status;
}

ls_status ls_pieces_fetch(ls_pieces *p, int64_t first, int64_t count)
{
    const int64_t left = p->first + p->count - first;
    const int64_t piece = ls_window_piece(p->dataset, first, left, p->at_once);
    if (p->status != LS_OK)
        return p->status;
    ls_rows_free(&p->rows);
    p->status = load(p, first, piece > count ? piece : count);
    return p->status;
}

void ls_pieces_close(ls_pieces *pieces)
{
    ls_rows_free(&pieces->rows);
    if (pieces->context)
        pieces->context->held -= pieces->held;
    memset(pieces, 0, sizeof *pieces);
}
