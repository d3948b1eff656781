/* What reports tell of an evaluation's rows: kept while they are scored, as counts and as scores of rows, and made into
 * numbers once, when somebody asks. No row is read or scored again. */
#ifndef LS_TRAIN_HARVEST_H
#define LS_TRAIN_HARVEST_H

#include "context/context.h"
#include "model/pass.h"
#include "report/report.h"

typedef struct ls_harvest ls_harvest;

/* Whether there is something to tell of such a network's rows. */
bool ls_harvest_possible(const ls_network *network);
ls_report_kind ls_harvest_kind(const ls_network *network);

/* Local. For `own` rows of this rank, from row `first` of `rows` on. Where rows and outputs are many, every so many
 * rows only have their scores kept, whatever the ranks: some 16 MiB over all of them. */
ls_status ls_harvest_create(ls_context *context, const ls_network *network, int64_t rows, int64_t first, int64_t own,
                            ls_harvest **harvest);
void ls_harvest_destroy(ls_harvest *harvest); /* NULL is accepted */
/* Bytes that it holds on this rank. */
int64_t ls_harvest_bytes(const ls_harvest *harvest);

/* Local. All rows are to come again. */
void ls_harvest_begin(ls_harvest *harvest);
/* Local. The rows of the pass' batch, which it has just scored, are those from `row` on. */
void ls_harvest_take(ls_harvest *harvest, const ls_pass *pass, const ls_batch *batch, int64_t row);

/* Collective, when all rows have come: *part becomes what they show, the same on all ranks and for every split; the
 * caller frees it. */
ls_status ls_harvest_find(ls_harvest *harvest, const char *name, int64_t epoch, ls_report_part *part);

#endif
