/* A range of rows that is gone through in order, perhaps several times: in memory where it fits, else read piece by
 * piece, with the same values. Local. */
#ifndef LS_DATA_PIECES_H
#define LS_DATA_PIECES_H

#include "context/context.h"
#include "data/rows.h"

/* What of the rows is wanted. */
typedef enum ls_pieces_kind {
    LS_PIECES_FEATURES,
    LS_PIECES_TRAINED, /* features, and targets as the network's loss takes them */
    LS_PIECES_NUMBERS  /* targets as numbers, into rows.y */
} ls_pieces_kind;

typedef struct ls_pieces {
    ls_context *context;
    const ls_dataset *dataset;
    const ls_network *network;
    ls_pieces_kind kind;
    int64_t first, count; /* the range */
    int64_t at_once;      /* rows of a piece */
    int64_t held;         /* bytes counted against the context's limit */
    ls_rows rows;         /* those at hand */
    ls_status status;     /* of the first failure; nothing is read after it */
} ls_pieces;

/* Reads everything if it fits into what the context may still hold, else nothing yet. */
ls_status ls_pieces_open(ls_context *context, const ls_dataset *dataset, const ls_network *network, ls_pieces_kind kind,
                         int64_t first, int64_t count, ls_pieces *pieces);
void ls_pieces_close(ls_pieces *pieces); /* back to {0} */

ls_status ls_pieces_fetch(ls_pieces *pieces, int64_t first, int64_t count);

/* Makes rows [first, first + count) of the dataset, all in the range, be at hand: row r is r - rows.first of `rows`. */
static inline ls_status ls_pieces_need(ls_pieces *pieces, int64_t first, int64_t count)
{
    const ls_rows *rows = &pieces->rows;
    return first >= rows->first && first + count <= rows->first + rows->count ? LS_OK
                                                                              : ls_pieces_fetch(pieces, first, count);
}

#endif
