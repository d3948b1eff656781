/* Column statistics: mean in one pass over blocks of rows, squared differences in a second. */
#include "data/statistics.h"

#include "base/fault.h"
#include "base/memory.h"
#include "comm/agree.h"
#include "data/holding.h"
#include "data/missing.h"
#include "data/pieces.h"

#include <math.h>
#include <string.h>

ls_status ls_statistics_create(int64_t columns, int64_t rows, ls_statistics *s)
{
    *s = (ls_statistics){.columns = columns, .rows = rows};
    LS_TRY(ls_memory_allocate(&s->memory, 4 * columns, sizeof(double), "column statistics"));
    s->mean = s->memory;
    s->square = s->memory + columns;
    s->least = s->memory + 2 * columns;
    s->most = s->memory + 3 * columns;
    for (int64_t c = 0; c < columns; c++) {
        s->least[c] = INFINITY;
        s->most[c] = -INFINITY;
    }
    return LS_OK;
}

/* This rank's rows while their columns are summed. */
typedef struct pass_over {
    const ls_rows *held; /* all of them, features only; NULL: they come by pieces */
    ls_pieces *pieces;
    bool targets;
    int64_t columns;
    float *row; /* (columns) working space */
    const double *mean;
} pass_over;

/* Row i of the dataset, one of this rank's; zeros where it cannot be read, which all ranks hear of at the end. */
static const float *row_values(const pass_over *p, int64_t i)
{
    const ls_rows *rows = p->held ? p->held : &p->pieces->rows;
    if (!p->held && ls_pieces_need(p->pieces, i, 1) != LS_OK)
        return p->row;
    i -= rows->first;
    return p->targets ? rows->y + i * p->columns : ls_rows_features(rows, i, p->row);
}

static void add_values(void *user, int64_t first, int64_t count, double *value)
{
    const pass_over *p = user;
    const int64_t columns = p->columns;
    for (int64_t r = first; r < first + count; r++) {
        const float *row = row_values(p, r);
        for (int64_t c = 0; c < columns; c++)
            value[c] += (double)row[c];
    }
}

static void add_squares(void *user, int64_t first, int64_t count, double *value)
{
    const pass_over *p = user;
    const int64_t columns = p->columns;
    const double *mean = p->mean;
    for (int64_t r = first; r < first + count; r++) {
        const float *row = row_values(p, r);
        for (int64_t c = 0; c < columns; c++) {
            const double difference = (double)row[c] - mean[c];
            value[c] += difference * difference;
        }
    }
}

ls_status ls_statistics_join_ranges(ls_context *context, int64_t columns, double *least, double *most)
{
    LS_TRY(ls_comm_least_double(context->comm, least, columns));
    return ls_comm_most_double(context->comm, most, columns);
}

/* Least and most of this rank's rows. */
static void find_own_range(const pass_over *p, const ls_block_runs *runs, ls_statistics *s)
{
    double *least = s->least, *most = s->most;
    for (int64_t r = runs->first; r < runs->last; r++) {
        const float *row = row_values(p, r);
        for (int64_t c = 0; c < s->columns; c++)
            ls_statistics_add_range((double)row[c], &least[c], &most[c]);
    }
}

/* Targets are read by themselves, few as they are. */
static ls_status open_rows(ls_context *context, const ls_dataset *dataset, const ls_network *network, bool targets,
                           const ls_block_runs *runs, pass_over *p)
{
    LS_TRY(ls_memory_allocate(&p->row, p->columns, sizeof *p->row, "column statistics"));
    LS_TRY(ls_fault("statistics"));
    if (!targets)
        LS_TRY(ls_holding_need(dataset, network, false, &p->held));
    return p->held ? LS_OK
                   : ls_pieces_open(context, dataset, network, targets ? LS_PIECES_NUMBERS : LS_PIECES_FEATURES,
                                    runs->first, runs->last - runs->first, p->pieces);
}

ls_status ls_statistics_find(ls_context *context, const ls_dataset *dataset, const ls_network *network, bool targets,
                             ls_statistics *statistics)
{
    const int64_t columns = targets ? ls_dataset_source(dataset)->outputs : ls_dataset_source(dataset)->features;
    ls_block_runs runs = {0};
    ls_pieces pieces = {0};
    pass_over p = {.pieces = &pieces, .targets = targets, .columns = columns};
    ls_status status;
    status = ls_statistics_create(columns, dataset->rows, statistics);
    if (status == LS_OK)
        status = ls_holding_runs(context, dataset, &runs);
    if (status == LS_OK)
        status = open_rows(context, dataset, network, targets, &runs, &p);
    LS_TRY_CLEANUP(ls_missing_explain(context, dataset, network, ls_agree(context->comm, status)));

    p.mean = statistics->mean;
    LS_TRY_CLEANUP(ls_block_runs_sum(context, &runs, columns, add_values, &p, statistics->mean));
    LS_TRY_CLEANUP(ls_missing_explain(context, dataset, network, ls_agree(context->comm, pieces.status)));
    for (int64_t c = 0; c < columns; c++)
        statistics->mean[c] /= (double)dataset->rows;
    LS_TRY_CLEANUP(ls_block_runs_sum(context, &runs, columns, add_squares, &p, statistics->square));
    find_own_range(&p, &runs, statistics);
    LS_TRY_CLEANUP(ls_statistics_join_ranges(context, columns, statistics->least, statistics->most));
    status = ls_agree(context->comm, pieces.status);
cleanup:
    ls_memory_free(p.row);
    ls_pieces_close(&pieces);
    ls_block_runs_free(&runs);
    if (status != LS_OK)
        ls_statistics_free(statistics);
    return status;
}

void ls_statistics_free(ls_statistics *statistics)
{
    ls_memory_free(statistics->memory);
    memset(statistics, 0, sizeof *statistics);
}
