/* Missing values are looked for by blocks of rows, each on one rank, through a small buffer. */
#include "data/missing.h"

#include "base/fault.h"
#include "base/memory.h"
#include "comm/agree.h"
#include "data/blocks.h"
#include "data/rows.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#define BUFFER_BYTES (1 << 20)

/* What was found in some rows; of several ranks' findings the first counts are added. */
typedef struct finding {
    int64_t cells, rows; /* missing values, and rows that have any */
    int64_t row;         /* of the part: the first of them; -1: none */
    int64_t column;
    int32_t source; /* place in the dataset */
    bool in_targets;
    float value;
} finding;

/* ---- looking through rows (local) ---- */

typedef void (*bad_row)(void *user, int64_t row); /* part row */

typedef struct search {
    const ls_source *source;
    int32_t place; /* of the source */
    bool features, targets;
    finding *found;
    bad_row visit; /* may be NULL */
    void *user;
} search;

/* Counts what is missing in a row's values. */
static int64_t look(const search *s, int64_t row, const float *values, int64_t columns, bool targets)
{
    int64_t cells = 0;
    for (int64_t c = 0; c < columns; c++) {
        if (isfinite(values[c]))
            continue;
        cells++;
        if (s->found->row < 0) {
            s->found->row = row;
            s->found->column = c;
            s->found->source = s->place;
            s->found->in_targets = targets;
            s->found->value = values[c];
        }
    }
    return cells;
}

static ls_status search_rows(const search *s, ls_h5_file *file, int64_t first, int64_t count)
{
    const int64_t x_columns = s->features ? s->source->features : 0;
    /* labels of a table are read as floats, and may be missing, as some others may */
    const bool values = !s->source->integer_target || s->source->table != NULL || s->source->y_missing;
    const int64_t y_columns = s->targets && values ? s->source->outputs : 0;
    const int64_t fitting = BUFFER_BYTES / (int64_t)sizeof(float) / (x_columns + y_columns + 1);
    const int64_t at_once = fitting > 0 ? fitting : 1;
    float *x = NULL, *y = NULL;
    ls_status status;
    LS_TRY_CLEANUP(ls_memory_allocate(&x, at_once * x_columns, sizeof *x, "features"));
    LS_TRY_CLEANUP(ls_memory_allocate(&y, at_once * y_columns, sizeof *y, "targets"));
    for (int64_t done = 0; done < count; done += at_once) {
        const int64_t now = count - done < at_once ? count - done : at_once;
        if (x_columns > 0)
            LS_TRY_CLEANUP(ls_source_read_raw_x(s->source, file, first + done, now, x));
        if (y_columns > 0)
            LS_TRY_CLEANUP(ls_source_read_raw_y(s->source, file, first + done, now, y));
        for (int64_t r = 0; r < now; r++) {
            int64_t cells = look(s, first + done + r, x + r * x_columns, x_columns, false);
            cells += look(s, first + done + r, y + r * y_columns, y_columns, true);
            s->found->cells += cells;
            s->found->rows += cells > 0;
            if (cells > 0 && s->visit)
                s->visit(s->user, first + done + r);
        }
    }
cleanup:
    ls_memory_free(x);
    ls_memory_free(y);
    return status;
}

/* ---- dropping ---- */

static void drop_row(void *user, int64_t row)
{
    ls_selection_set(user, row, false);
}

/* This rank's blocks of the part's rows. */
static ls_status search_own(ls_datafiles *files, const ls_blocks *blocks, const search *s)
{
    ls_h5_file *file;
    int64_t first, count;
    LS_TRY(ls_fault("missing"));
    ls_blocks_own_rows(blocks, &first, &count);
    LS_TRY(ls_datafiles_file(files, s->source, &file));
    return search_rows(s, file, first, count);
}

/* Collective. Every rank has decided on its own blocks' rows; blocks are whole words. */
static ls_status join(ls_context *context, int64_t rows, ls_selection *kept)
{
    const int size = ls_comm_size(context->comm);
    int64_t *bytes;
    int64_t at = 0, mine = 0;
    ls_status status = ls_agree(context->comm, ls_memory_allocate(&bytes, size, sizeof *bytes, "selection of rows"));
    for (int r = 0; status == LS_OK && r < size; r++) {
        const ls_blocks theirs = ls_blocks_of_rank(rows, r, size);
        int64_t first, count;
        ls_blocks_own_rows(&theirs, &first, &count);
        bytes[r] = (count + 63) / 64 * (int64_t)sizeof(uint64_t);
        if (r == ls_comm_rank(context->comm))
            mine = at;
        at += bytes[r];
    }
    char *words = (char *)ls_selection_words(kept);
    if (status == LS_OK)
        status = ls_comm_allgatherv(context->comm, words + mine, bytes, words);
    ls_memory_free(bytes);
    return status;
}

ls_status ls_missing_drop(ls_context *context, ls_datafiles *files, const char *part, bool targets, ls_source *source,
                          int64_t *dropped)
{
    const ls_blocks blocks = ls_blocks_of_rank(source->rows, ls_comm_rank(context->comm), ls_comm_size(context->comm));
    ls_selection *kept = NULL;
    finding found = {.row = -1};
    search s = {source, 0, true, targets && source->target != LS_TARGET_NONE, &found, drop_row, NULL};
    ls_status status;
    *dropped = 0;
    status = ls_selection_create(source->rows, true, &kept);
    s.user = kept;
    if (status == LS_OK)
        status = search_own(files, &blocks, &s);
    LS_TRY_CLEANUP(ls_agree(context->comm, status));
    LS_TRY_CLEANUP(join(context, source->rows, kept));
    ls_selection_count_rows(kept);
    *dropped = source->rows - ls_selection_count(kept);
    if (*dropped == source->rows) {
        char name[5200];
        LS_TRY_CLEANUP(ls_fail(LS_ERR_DATA,
                               "%s: every one of its %lld rows has a missing or infinite value, so "
                               "--missing drop leaves nothing",
                               ls_source_name(source, name, sizeof name), (long long)source->rows));
    }
    if (*dropped > 0) {
        ls_log_line(&context->log, LS_LOG_INFO, "%s: %lld of %lld rows have missing values and are dropped", part,
                    (long long)*dropped, (long long)source->rows);
        source->rows = ls_selection_count(kept);
        source->kept = kept;
        return LS_OK;
    }
cleanup:
    ls_selection_destroy(kept);
    return status;
}

ls_status ls_dataset_drop_missing(ls_context *context, ls_dataset *dataset, int64_t *dropped)
{
    ls_source *source = &dataset->source[0], *weight = &dataset->weight[0];
    *dropped = 0;
    if (!source->x)
        return ls_fail(LS_ERR_USAGE, "rows of files are left out when they are opened, by the option missing = drop");
    if (source->kept)
        return LS_OK; /* done already */
    LS_TRY(ls_missing_drop(context, NULL, "rows", true, source, dropped));
    if (*dropped == 0)
        return LS_OK;
    (void)snprintf(dataset->prepared, sizeof dataset->prepared, "train: %lld of %lld rows with missing values dropped",
                   (long long)*dropped, (long long)dataset->rows);
    dataset->rows = source->rows;
    if (weight->rows > 0) {
        weight->rows = source->rows;
        weight->kept = ls_selection_share(source->kept);
    }
    return LS_OK;
}

/* ---- explaining ---- */

typedef struct explaining {
    const ls_dataset *dataset;
    bool features, targets;
    finding *found;
} explaining;

static ls_status explain_piece(void *user, const ls_source *source, ls_h5_file *file, int64_t first, int64_t count,
                               int64_t at)
{
    const explaining *e = user;
    const search s = {.source = source,
                      .place = (int32_t)(source - e->dataset->source),
                      .features = e->features,
                      .targets = e->targets && source->target != LS_TARGET_NONE,
                      .found = e->found};
    (void)at;
    return search_rows(&s, file, first, count);
}

/* Collective. All ranks' findings together, those of the lower rank first. */
static ls_status find_all(ls_context *context, const ls_dataset *dataset, bool features, bool targets, finding *total)
{
    const int size = ls_comm_size(context->comm);
    const ls_blocks blocks = ls_blocks_of_rank(dataset->rows, ls_comm_rank(context->comm), size);
    finding mine, *all = NULL; /* zeroed whole below: padding travels too */
    explaining e = {dataset, features, targets, &mine};
    int64_t first, count;
    memset(&mine, 0, sizeof mine);
    mine.row = -1;
    ls_blocks_own_rows(&blocks, &first, &count);
    ls_status status = ls_memory_allocate(&all, size, sizeof *all, "missing values");
    if (status == LS_OK)
        status = ls_rows_for_each_piece(dataset, first, count, explain_piece, &e);
    status = ls_agree(context->comm, status);
    if (status == LS_OK)
        status = ls_comm_allgather(context->comm, &mine, sizeof mine, all);
    *total = (finding){.row = -1};
    for (int r = 0; status == LS_OK && r < size; r++) {
        const int64_t cells = total->cells + all[r].cells, rows = total->rows + all[r].rows;
        if (total->row < 0)
            *total = all[r];
        total->cells = cells;
        total->rows = rows;
    }
    ls_memory_free(all);
    return status;
}

static ls_status explain(ls_context *context, const ls_dataset *dataset, const ls_network *network, bool targets,
                         ls_status status)
{
    if (status != LS_ERR_DATA)
        return status;
    finding found;
    char message[2048], name[5200];
    snprintf(message, sizeof message, "%s", ls_error_message());
    const ls_status searched = find_all(context, dataset, !(network && network->fill), targets, &found);
    if (searched == LS_ERR_PEER)
        return searched;
    if (searched != LS_OK || found.cells == 0)
        return ls_fail(status, "%s", message);
    const ls_source *source = &dataset->source[found.source];
    return ls_fail(
        status,
        "%s is %s%s; %lld value%s in %lld of the %lld rows %s missing or infinite%s; --missing drop leaves "
        "such rows out%s",
        ls_source_place(source, found.in_targets, found.row, found.column, name, sizeof name),
        ls_source_value_name(found.value),
        (found.in_targets ? source->y_missing : source->x_coded) && isnan(found.value)
            ? ", or what stands for no value (its fill value, a code of R or of categories, an empty text, or "
              "--missing-values)"
            : "",
        (long long)found.cells, found.cells == 1 ? "" : "s", (long long)found.rows, (long long)dataset->rows,
        found.cells == 1 ? "is" : "are", ls_source_counting(source),
        found.in_targets ? "" : ", mean and zero put a number there (when training)");
}

ls_status ls_missing_explain(ls_context *context, const ls_dataset *dataset, const ls_network *network,
                             ls_status status)
{
    return explain(context, dataset, network, true, status);
}

ls_status ls_missing_explain_features(ls_context *context, const ls_dataset *dataset, const ls_network *network,
                                      ls_status status)
{
    return explain(context, dataset, network, false, status);
}
