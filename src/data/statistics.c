/* Column statistics: mean in one pass over blocks of rows, squared differences in a second. */
#include "data/statistics.h"

#include "base/fault.h"
#include "base/memory.h"
#include "comm/agree.h"
#include "data/blocks.h"
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
    const ls_blocks *blocks;
    ls_pieces *pieces;
    bool targets;
    int64_t columns;
    float *row; /* (columns) working space */
    const double *mean;
} pass_over;

/* Row i of the dataset, one of this rank's; zeros where it cannot be read, which all ranks hear of at the end. */
static const float *row_values(const pass_over *p, int64_t i)
{
    const ls_rows *rows = &p->pieces->rows;
    if (ls_pieces_need(p->pieces, i, 1) != LS_OK)
        return p->row;
    i -= rows->first;
    return p->targets ? rows->y + i * p->columns : ls_rows_features(rows, i, p->row);
}

/* Rows *first to *last - 1 are a block's. */
static void block_rows(const pass_over *p, int64_t block, int64_t *first, int64_t *last)
{
    int64_t count;
    ls_blocks_rows(p->blocks, block, first, &count);
    *last = *first + count;
}

static void add_values(void *user, int64_t block, double *value)
{
    const pass_over *p = user;
    const int64_t columns = p->columns;
    int64_t first, last;
    block_rows(p, block, &first, &last);
    for (int64_t r = first; r < last; r++) {
        const float *row = row_values(p, r);
        for (int64_t c = 0; c < columns; c++)
            value[c] += (double)row[c];
    }
}

static void add_squares(void *user, int64_t block, double *value)
{
    const pass_over *p = user;
    const int64_t columns = p->columns;
    const double *mean = p->mean;
    int64_t first, last;
    block_rows(p, block, &first, &last);
    for (int64_t r = first; r < last; r++) {
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
static void find_own_range(const pass_over *p, ls_statistics *s)
{
    double *least = s->least, *most = s->most;
    const int64_t first = p->pieces->first, last = first + p->pieces->count;
    for (int64_t r = first; r < last; r++) {
        const float *row = row_values(p, r);
        for (int64_t c = 0; c < s->columns; c++)
            ls_statistics_add_range((double)row[c], &least[c], &most[c]);
    }
}

ls_status ls_statistics_find(ls_context *context, const ls_dataset *dataset, const ls_network *network, bool targets,
                             ls_statistics *statistics)
{
    const ls_blocks blocks = ls_blocks_of_rank(dataset->rows, ls_comm_rank(context->comm), ls_comm_size(context->comm));
    const int64_t columns = targets ? ls_dataset_source(dataset)->outputs : ls_dataset_source(dataset)->features;
    int64_t first, own;
    ls_blocks_own_rows(&blocks, &first, &own);
    ls_pieces pieces = {0};
    float *row = NULL;
    ls_status status;
    status = ls_statistics_create(columns, dataset->rows, statistics);
    if (status == LS_OK)
        status = ls_memory_allocate(&row, columns, sizeof *row, "column statistics");
    if (status == LS_OK)
        status = ls_fault("statistics");
    if (status == LS_OK)
        status = ls_pieces_open(context, dataset, network, targets ? LS_PIECES_NUMBERS : LS_PIECES_FEATURES, first, own,
                                &pieces);
    LS_TRY_CLEANUP(ls_missing_explain(context, dataset, network, ls_agree(context->comm, status)));

    pass_over p = {&blocks, &pieces, targets, columns, row, statistics->mean};
    LS_TRY_CLEANUP(ls_blocks_sum(context, &blocks, columns, add_values, &p, statistics->mean));
    LS_TRY_CLEANUP(ls_missing_explain(context, dataset, network, ls_agree(context->comm, pieces.status)));
    for (int64_t c = 0; c < columns; c++)
        statistics->mean[c] /= (double)dataset->rows;
    LS_TRY_CLEANUP(ls_blocks_sum(context, &blocks, columns, add_squares, &p, statistics->square));
    find_own_range(&p, statistics);
    LS_TRY_CLEANUP(ls_statistics_join_ranges(context, columns, statistics->least, statistics->most));
    status = ls_agree(context->comm, pieces.status);
cleanup:
    ls_memory_free(row);
    ls_pieces_close(&pieces);
    if (status != LS_OK)
        ls_statistics_free(statistics);
    return status;
}

void ls_statistics_free(ls_statistics *statistics)
{
    ls_memory_free(statistics->memory);
    memset(statistics, 0, sizeof *statistics);
}
