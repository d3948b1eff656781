/* Features that are read once: what a model is fitted to is what it is then trained on. Each rank has the rows of its
 * shards in memory from the first look at all rows on, until whoever trains takes them. Only of files, and only where
 * they fit into the memory of every rank; else rows are read whenever they are looked at. They do not count in
 * context->held, since a dataset may outlive the context: who trains on them counts them. */
#ifndef LS_DATA_HOLDING_H
#define LS_DATA_HOLDING_H

#include "context/context.h"
#include "data/blocks.h"
#include "data/rows.h"

typedef struct ls_holding {
    int rank;
    int64_t *begin; /* (ranks + 1) rows of the dataset that each rank is to hold, owned; NULL: none is */
    double seconds; /* that reading them took */
    ls_rows rows;   /* features alone; x NULL: not read yet */
    double *offset; /* (features) that they are less, owned; NULL: none */
    float *fill;    /* (features) that stands in for missing values, owned; NULL: they are as they were read */
} ls_holding;

/* Local. NULL is accepted. */
void ls_holding_destroy(ls_holding *holding);

/* Collective. Lets go of what is held. If every rank has room for the rows that it will train on, they are held from
 * the next look at them on. `network` says which targets will lie beside them, and has neither offsets nor a fill
 * from these rows yet. */
ls_status ls_holding_plan(ls_context *context, const ls_options *options, const ls_dataset *dataset,
                          const ls_network *network);

/* Local. The ranks' rows for sums over all of them: those that they hold, or whole blocks; to be freed. */
ls_status ls_holding_runs(ls_context *context, const ls_dataset *dataset, ls_block_runs *runs);

/* Local. Features of this rank's rows, which stay the dataset's, or NULL, which says that none are held. Those that
 * `network` (or NULL) takes, all of them finite or filled in; or with `raw` less its offsets alone, as float32, nothing
 * checked. Read where they are not there yet. */
ls_status ls_holding_need(const ls_dataset *dataset, const ls_network *network, bool raw, const ls_rows **rows);
/* Local. Raw rows have network->fill for what they miss from now on. */
ls_status ls_holding_fill(const ls_dataset *dataset, const ls_network *network);

/* Local. Seconds that reading took. */
double ls_holding_seconds(const ls_dataset *dataset);
/* Local. Gives rows [first, first + count) as `network` takes them, of the type ls_rows_type says, if that is what is
 * held: x (count, features), the caller's from now on. Else NULL. */
void *ls_holding_take(const ls_dataset *dataset, const ls_network *network, int64_t first, int64_t count);
/* Local. Lets go of what is held, if anything, and holds nothing more. */
void ls_holding_drop(const ls_dataset *dataset);

#endif
