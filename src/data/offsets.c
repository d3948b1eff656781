/* Fitting offsets: rank 0 looks at a few rows, which show of most columns that they need none; what is left is summed
 * over all rows. */
#include "data/offsets.h"

#include "base/fault.h"
#include "base/memory.h"
#include "base/offset.h"
#include "base/text.h"
#include "comm/agree.h"
#include "data/blocks.h"
#include "data/datafiles.h"
#include "data/statistics.h"

#include <math.h>
#include <string.h>

/* The rows that are looked at: from so many places, evenly apart; at least so many together, or that share of all of
 * them, since what few rows say of many is little; and no more values than that. */
#define PLACES        4
#define ROWS_TOGETHER 256
#define SHARE         256
#define VALUES_MOST   ((int64_t)1 << 20)

/* ---- some rows (rank 0) ---- */

typedef struct sample {
    int64_t rows, columns;
    double *values; /* (rows, columns), owned */
} sample;

static bool is_wide(const ls_source *source)
{
    return source->x_wide && source->x == NULL && source->table == NULL;
}

/* Of features, or of targets. */
static ls_status take_sample(const ls_dataset *train, bool targets, sample *s)
{
    const ls_source *source = ls_dataset_source(train);
    const int64_t columns = targets ? source->outputs : source->features, all = source->rows;
    const int64_t most = VALUES_MOST / (PLACES * columns) < 2 ? 2 : VALUES_MOST / (PLACES * columns);
    int64_t together = all / SHARE < ROWS_TOGETHER ? ROWS_TOGETHER : all / SHARE;
    ls_h5_file *file;
    together = together > most ? most : together;
    const int64_t places = all <= PLACES * together ? 1 : PLACES;
    together = places == 1 ? all : together;
    *s = (sample){.columns = columns};
    LS_TRY(ls_datafiles_file(train->files, source, &file));
    LS_TRY(ls_memory_allocate(&s->values, places * together * columns, sizeof *s->values, "rows looked at"));
    for (int64_t place = 0; place < places; place++) {
        double *values = s->values + s->rows * columns;
        const int64_t first = place * (all / places);
        LS_TRY(targets ? ls_source_read_y_numbers(source, file, first, together, values)
                       : ls_source_read_x_numbers(source, file, first, together, values));
        s->rows += together;
    }
    return LS_OK;
}

/* Sums of column c, from its first finite value. */
static ls_offset_sums sum_column(const sample *s, int64_t c)
{
    ls_offset_sums sums = ls_offset_start(0);
    for (int64_t r = 0; r < s->rows; r++) {
        const double value = s->values[r * s->columns + c];
        if (!isfinite(value))
            continue;
        if (sums.count == 0)
            sums.shift = value;
        ls_offset_add(&sums, value);
    }
    return sums;
}

/* What rank 0 tells the others. */
typedef struct question {
    int64_t count;
    int64_t *column; /* (count of them, room for all features) that may need an offset, owned */
    double *shift;   /* likewise: a value near the column's, owned */
} question;

static ls_status ask(const ls_dataset *train, question *q)
{
    sample s;
    ls_status status = take_sample(train, false, &s);
    for (int64_t c = 0; status == LS_OK && c < s.columns; c++) {
        const ls_offset_sums sums = sum_column(&s, c);
        if (ls_offset_is_excluded(&sums, train->rows))
            continue;
        q->column[q->count] = c;
        q->shift[q->count++] = sums.count > 0 ? ls_offset_mean(&sums) : 0;
    }
    ls_memory_free(s.values);
    return status;
}

static ls_status ask_root(ls_context *context, const ls_dataset *train, question *q)
{
    const int64_t columns = ls_dataset_source(train)->features;
    ls_status status = ls_fault("offsets");
    if (status == LS_OK)
        status = ls_memory_allocate(&q->column, columns, sizeof *q->column, "offsets");
    if (status == LS_OK)
        status = ls_memory_allocate(&q->shift, columns, sizeof *q->shift, "offsets");
    if (status == LS_OK && ls_comm_rank(context->comm) == 0)
        status = ask(train, q);
    LS_TRY(ls_agree(context->comm, status));
    LS_TRY(ls_comm_broadcast(context->comm, 0, &q->count, sizeof q->count));
    LS_TRY(ls_comm_broadcast(context->comm, 0, q->column, q->count * (int64_t)sizeof *q->column));
    return ls_comm_broadcast(context->comm, 0, q->shift, q->count * (int64_t)sizeof *q->shift);
}

/* ---- all rows ---- */

/* Of each block: how many values, their sum and the sum of their squares, as ls_offset_sums has them. */
enum { COUNT, SUM, SQUARE, SUMS };

typedef struct look {
    const ls_source *source;
    ls_h5_file *file;
    const ls_blocks *blocks;
    const question *question;
    int64_t at_once;
    double *values;        /* (at_once, features) */
    ls_offset_sums *block; /* (count) of the block at hand */
    double *least, *most;  /* (count) of this rank's rows */
    ls_status status;      /* of reading */
} look;

static void add_rows(const look *l, int64_t rows)
{
    const double *row = l->values;
    for (int64_t r = 0; r < rows; r++, row += l->source->features)
        for (int64_t k = 0; k < l->question->count; k++) {
            const double value = row[l->question->column[k]];
            if (isfinite(value))
                ls_offset_add(&l->block[k], value);
        }
}

static void add_block(void *user, int64_t block, double *value)
{
    look *l = user;
    int64_t first, rows;
    ls_blocks_rows(l->blocks, block, &first, &rows);
    for (int64_t k = 0; k < l->question->count; k++)
        l->block[k] = ls_offset_start(l->question->shift[k]);
    for (int64_t done = 0; done < rows && l->status == LS_OK; done += l->at_once) {
        const int64_t now = rows - done < l->at_once ? rows - done : l->at_once;
        l->status = ls_source_read_x_numbers(l->source, l->file, first + done, now, l->values);
        if (l->status == LS_OK)
            add_rows(l, now);
    }
    for (int64_t k = 0; k < l->question->count; k++) {
        const ls_offset_sums *b = &l->block[k];
        value[SUMS * k + COUNT] = b->count;
        value[SUMS * k + SUM] = b->sum;
        value[SUMS * k + SQUARE] = b->square;
        l->least[k] = b->least < l->least[k] ? b->least : l->least[k];
        l->most[k] = b->most > l->most[k] ? b->most : l->most[k];
    }
}

/* The sums of question k. */
static ls_offset_sums sums_of(const look *l, const double *sum, int64_t k)
{
    return (ls_offset_sums){.shift = l->question->shift[k],
                            .count = sum[SUMS * k + COUNT],
                            .sum = sum[SUMS * k + SUM],
                            .square = sum[SUMS * k + SQUARE],
                            .least = l->least[k],
                            .most = l->most[k]};
}

/* Once more where the few rows have shown another place than all of them. */
static ls_status sum_all(ls_context *context, look *l, const question *q, double *sum)
{
    bool far = false;
    LS_TRY(ls_blocks_sum(context, l->blocks, SUMS * q->count, add_block, l, sum));
    LS_TRY(ls_agree(context->comm, l->status));
    LS_TRY(ls_statistics_join_ranges(context, q->count, l->least, l->most));
    for (int64_t k = 0; k < q->count; k++) {
        const ls_offset_sums sums = sums_of(l, sum, k);
        if (sums.most > sums.least && ls_offset_is_far(&sums)) {
            q->shift[k] = ls_offset_mean(&sums);
            far = true;
        }
    }
    if (!far)
        return LS_OK;
    LS_TRY(ls_blocks_sum(context, l->blocks, SUMS * q->count, add_block, l, sum));
    return ls_agree(context->comm, l->status);
}

static ls_status start_look(const ls_dataset *train, const question *q, look *l, double **sum)
{
    const int64_t features = l->source->features;
    l->at_once = VALUES_MOST / features < 1               ? 1
                 : VALUES_MOST / features < LS_BLOCK_ROWS ? VALUES_MOST / features
                                                          : LS_BLOCK_ROWS;
    LS_TRY(ls_memory_allocate(&l->values, l->at_once * features, sizeof *l->values, "features"));
    LS_TRY(ls_memory_allocate(&l->block, q->count, sizeof *l->block, "offsets"));
    LS_TRY(ls_memory_allocate(sum, (SUMS + 2) * q->count, sizeof **sum, "offsets"));
    l->least = *sum + SUMS * q->count;
    l->most = l->least + q->count;
    for (int64_t k = 0; k < q->count; k++) {
        l->least[k] = INFINITY;
        l->most[k] = -INFINITY;
    }
    return ls_datafiles_file(train->files, l->source, &l->file);
}

/* The offsets of the columns in question, and whether there are any. */
static ls_status find_offsets(ls_context *context, const ls_dataset *train, const question *q, double *offset,
                              bool *any)
{
    const ls_blocks blocks = ls_blocks_of_rank(train->rows, ls_comm_rank(context->comm), ls_comm_size(context->comm));
    look l = {.source = ls_dataset_source(train), .blocks = &blocks, .question = q};
    double *sum = NULL;
    ls_status status;
    LS_TRY_CLEANUP(ls_agree(context->comm, start_look(train, q, &l, &sum)));
    LS_TRY_CLEANUP(sum_all(context, &l, q, sum));
    for (int64_t k = 0; k < q->count; k++) {
        const ls_offset_sums sums = sums_of(&l, sum, k);
        offset[q->column[k]] = ls_offset_of(&sums);
        *any = *any || offset[q->column[k]] != 0;
    }
cleanup:
    ls_memory_free(l.values);
    ls_memory_free(l.block);
    ls_memory_free(sum);
    return status;
}

/* ---- what is said ---- */

#define NAMED 8

/* Who runs the model elsewhere must do the same. */
static void say_offsets(ls_context *context, const ls_network *network)
{
    ls_text names = {0};
    int64_t count = 0;
    for (int64_t c = 0; c < network->features; c++)
        if (network->offset[c] != 0 && count++ < NAMED)
            ls_text_printf(&names, "%scolumn %lld less %.17g", count > 1 ? ", " : "", (long long)c, network->offset[c]);
    ls_log_line(
        &context->log, LS_LOG_WARNING,
        "%lld of the features' %lld columns would lose their differences as float32, and a number is taken from "
        "them before: %s%s (counted from 0). The model file keeps it (/lockstep/offset), and evaluate and "
        "predict take it too; Keras is to be given x - offset",
        (long long)count, (long long)network->features, ls_text_string(&names), count > NAMED ? ", ..." : "");
    ls_text_free(&names);
}

static void warn_of_merging(ls_context *context, const ls_dataset *train, bool targets, const double *offset)
{
    sample s = {0};
    ls_text names = {0};
    int64_t count = 0;
    ls_offset_pairs worst = {0};
    const ls_status status = take_sample(train, targets, &s);
    for (int64_t c = 0; status == LS_OK && c < s.columns; c++) {
        ls_offset_pairs pairs = {.last = NAN};
        for (int64_t r = 0; r < s.rows; r++)
            ls_offset_pair(&pairs, s.values[r * s.columns + c], offset ? offset[c] : 0);
        if (!ls_offset_merges(&pairs))
            continue;
        const ls_offset_sums sums = sum_column(&s, c);
        if (!targets && ls_offset_is_rounding(&sums)) /* a constant, which is told of as such */
            continue;
        if (count++ < NAMED)
            ls_text_printf(&names, "%s%lld", count > 1 ? ", " : "", (long long)c);
        worst = pairs.merged > worst.merged ? pairs : worst;
    }
    if (count > 0)
        ls_log_line(
            &context->log, LS_LOG_WARNING,
            "values of the %s that differ are the same number as float32, which is what is trained with: column%s "
            "%s%s (counted from 0), up to %lld of %lld neighbouring values that differ; subtract a constant from "
            "the column, or scale it, before it is written",
            targets ? "targets" : "features", count == 1 ? "" : "s", ls_text_string(&names),
            count > NAMED ? ", ..." : "", (long long)worst.merged, (long long)worst.differ);
    ls_text_free(&names);
    ls_memory_free(s.values);
}

/* ---- public ---- */

ls_status ls_offsets_fit(ls_context *context, const ls_dataset *train, ls_network *network)
{
    question q = {0};
    double *offset = NULL;
    bool any = false;
    ls_status status;
    if (!is_wide(ls_dataset_source(train)))
        return LS_OK;
    LS_TRY_CLEANUP(ask_root(context, train, &q));
    if (q.count == 0)
        goto cleanup;
    LS_TRY_CLEANUP(ls_agree(context->comm, ls_memory_allocate(&offset, network->features, sizeof *offset, "offsets")));
    LS_TRY_CLEANUP(find_offsets(context, train, &q, offset, &any));
    if (any) {
        network->offset = offset;
        offset = NULL;
        say_offsets(context, network);
    }
cleanup:
    ls_memory_free(q.column);
    ls_memory_free(q.shift);
    ls_memory_free(offset);
    return status;
}

void ls_offsets_warn(ls_context *context, const ls_dataset *train, const ls_network *network)
{
    const ls_source *source = ls_dataset_source(train);
    if (ls_comm_rank(context->comm) != 0)
        return;
    if (is_wide(source))
        warn_of_merging(context, train, false, network->offset);
    if (source->y_wide && source->y == NULL && source->labels == NULL && source->table == NULL &&
        source->target == LS_TARGET_VALUES && !ls_loss_takes_labels(&network->loss) && !network->classes)
        warn_of_merging(context, train, true, NULL);
}
