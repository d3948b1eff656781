/* Features between the first look at them and training. */
#include "data/holding.h"

#include "base/clock.h"
#include "base/memory.h"
#include "context/options.h"
#include "data/datafiles.h"
#include "source/shards.h"

#include <string.h>

/* ---- life ---- */

static void let_go(ls_holding *h)
{
    ls_rows_free(&h->rows);
    ls_memory_free(h->offset);
    ls_memory_free(h->fill);
    h->offset = NULL;
    h->fill = NULL;
}

void ls_holding_drop(const ls_dataset *dataset)
{
    if (dataset->holding)
        let_go(dataset->holding);
}

void ls_holding_destroy(ls_holding *holding)
{
    if (!holding)
        return;
    let_go(holding);
    ls_memory_free(holding->begin);
    ls_memory_free(holding);
}

/* ---- who holds what ---- */

static ls_status find_begin(const ls_context *context, const ls_options *options, const ls_dataset *dataset,
                            int64_t **begin)
{
    const int size = ls_comm_size(context->comm);
    ls_division division = {0};
    ls_shards plan;
    LS_TRY(ls_shards_plan(dataset->rows, ls_dataset_features(dataset), options->batch_size, options->shards,
                          options->shuffle_window, &plan));
    LS_TRY(ls_division_create(plan.shards, size, &division));
    const ls_status status = ls_memory_allocate(begin, size + 1, sizeof **begin, "rows of the ranks");
    for (int r = 0; status == LS_OK && r < size; r++) {
        int64_t first, last;
        ls_division_run(&division, r, &first, &last);
        (*begin)[r] = ls_shards_first(&plan, first);
        (*begin)[r + 1] = ls_shards_first(&plan, last);
    }
    ls_division_free(&division);
    return status;
}

/* Bytes that a row will take while it is trained on. Whether something is filled in or subtracted is not known yet. */
static int64_t row_bytes(const ls_options *options, const ls_dataset *dataset, const ls_network *network)
{
    const ls_source *source = ls_dataset_source(dataset);
    const int64_t each = ls_rows_bytes_each(dataset, network, true, true);
    const bool filled = strcmp(options->missing, "mean") == 0 || strcmp(options->missing, "zero") == 0;
    const ls_h5_number type = ls_rows_type(dataset, ls_network_prepares(network));
    const int64_t wider = filled ? (int64_t)sizeof(float) - (int64_t)ls_number_size(type) : 0;
    return each + source->features * wider + (source->kept != NULL ? (int64_t)sizeof(int64_t) : 0);
}

static bool can_hold(const ls_dataset *dataset)
{
    const ls_source *source = ls_dataset_source(dataset);
    return dataset->holding != NULL && dataset->count == 1 && source->x == NULL && source->table == NULL;
}

ls_status ls_holding_plan(ls_context *context, const ls_options *options, const ls_dataset *dataset,
                          const ls_network *network)
{
    ls_holding *h = dataset->holding;
    const int rank = ls_comm_rank(context->comm);
    int64_t *begin = NULL, lacking = 1;
    if (!can_hold(dataset)) /* so it is on all ranks */
        return LS_OK;
    let_go(h);
    ls_memory_free(h->begin);
    *h = (ls_holding){.rank = rank};
    /* What is wrong with the options is told where shards are made. */
    if (find_begin(context, options, dataset, &begin) == LS_OK)
        lacking = (begin[rank + 1] - begin[rank]) * row_bytes(options, dataset, network) > ls_context_room(context);
    const ls_status status = ls_comm_sum_int64(context->comm, &lacking, 1);
    if (status == LS_OK && lacking == 0)
        h->begin = begin;
    else
        ls_memory_free(begin);
    return status;
}

ls_status ls_holding_runs(ls_context *context, const ls_dataset *dataset, ls_block_runs *runs)
{
    const int rank = ls_comm_rank(context->comm), size = ls_comm_size(context->comm);
    int64_t *begin;
    *runs = (ls_block_runs){0};
    if (dataset->holding && dataset->holding->begin)
        return ls_block_runs_create(dataset->holding->begin, rank, size, runs);
    LS_TRY(ls_memory_allocate(&begin, size + 1, sizeof *begin, "rows of the ranks"));
    ls_block_runs_whole(dataset->rows, size, begin);
    const ls_status status = ls_block_runs_create(begin, rank, size, runs);
    ls_memory_free(begin);
    return status;
}

/* ---- rows ---- */

static bool same(const void *a, const void *b, size_t bytes)
{
    return a == NULL || b == NULL ? a == b : memcmp(a, b, bytes) == 0;
}

/* Whether what is held is what a network takes. */
static bool fits(const ls_holding *h, const ls_network *network, bool raw)
{
    const float *fill = network && !raw ? network->fill : NULL;
    const double *offset = network ? network->offset : NULL;
    return h->rows.x != NULL && same(h->offset, offset, (size_t)h->rows.features * sizeof *offset) &&
           same(h->fill, fill, (size_t)h->rows.features * sizeof *fill);
}

static ls_status copy(const void *from, int64_t count, size_t size, void *to)
{
    void *made = NULL;
    if (from != NULL) {
        LS_TRY(ls_memory_allocate(&made, count, size, "features"));
        memcpy(made, from, (size_t)count * size);
    }
    memcpy(to, &made, sizeof made);
    return LS_OK;
}

static ls_status read_raw(void *user, const ls_source *source, ls_h5_file *file, int64_t first, int64_t count,
                          int64_t at)
{
    const ls_holding *h = user;
    return ls_source_read_less(source, file, first, count, h->offset, (float *)h->rows.x + at * h->rows.features);
}

static ls_status load_raw(ls_holding *h, const ls_dataset *dataset, int64_t first, int64_t count)
{
    const int64_t features = ls_dataset_features(dataset);
    h->rows = (ls_rows){.first = first,
                        .count = count,
                        .features = features,
                        .type = LS_H5_NUMBER_FLOAT,
                        .row_bytes = features * (int64_t)sizeof(float)};
    LS_TRY(ls_memory_allocate(&h->rows.x, count * features, sizeof(float), "features"));
    return ls_rows_for_each_piece(dataset, first, count, read_raw, h);
}

ls_status ls_holding_need(const ls_dataset *dataset, const ls_network *network, bool raw, const ls_rows **rows)
{
    ls_holding *h = dataset->holding;
    *rows = NULL;
    if (!h || !h->begin)
        return LS_OK;
    if (!fits(h, network, raw)) {
        const int64_t first = h->begin[h->rank], count = h->begin[h->rank + 1] - first;
        const int64_t features = ls_dataset_features(dataset);
        const double start = ls_clock();
        let_go(h);
        ls_status status = copy(network ? network->offset : NULL, features, sizeof *h->offset, &h->offset);
        if (status == LS_OK && !raw)
            status = copy(network ? network->fill : NULL, features, sizeof *h->fill, &h->fill);
        if (status == LS_OK)
            status = raw ? load_raw(h, dataset, first, count)
                         : ls_rows_load(dataset, network, false, first, count, &h->rows);
        h->seconds += ls_clock() - start;
        if (status != LS_OK) {
            let_go(h);
            return status;
        }
    }
    *rows = &h->rows;
    return LS_OK;
}

ls_status ls_holding_fill(const ls_dataset *dataset, const ls_network *network)
{
    ls_holding *h = dataset->holding;
    if (!h || !h->rows.x || h->fill)
        return LS_OK;
    ls_source_fill_missing(network->fill, h->rows.features, h->rows.count, h->rows.x);
    return copy(network->fill, h->rows.features, sizeof *h->fill, &h->fill);
}

double ls_holding_seconds(const ls_dataset *dataset)
{
    return dataset->holding ? dataset->holding->seconds : 0;
}

void *ls_holding_take(const ls_dataset *dataset, const ls_network *network, int64_t first, int64_t count)
{
    ls_holding *h = dataset->holding;
    if (!h || !fits(h, network, false) || h->rows.first != first || h->rows.count != count ||
        h->rows.type != ls_rows_type(dataset, ls_network_prepares(network)))
        return NULL;
    void *x = h->rows.x;
    h->rows.x = NULL;
    let_go(h);
    return x;
}
