/* Columns of a part, through a small buffer: sums by blocks as training makes them, missing values counted. */
#include "base/memory.h"
#include "base/offset.h"
#include "data/blocks.h"
#include "data/datafiles.h"
#include "jobs/doctor.h"

#include <math.h>
#include <string.h>

/* Of the buffer; a row may need more. */
#define BUFFER_BYTES ((int64_t)16 << 20)

typedef struct scan {
    const ls_blocks *blocks;
    const ls_source *source;
    ls_h5_file *file;
    bool targets, again; /* again: the second pass, for squares */
    int64_t columns, at_once;
    double *values; /* (at_once, columns) */
    ls_doctor_columns *found;
    ls_doctor_twins *twins;            /* may be NULL */
    ls_offset_pairs *plain, *centered; /* (columns) of the values as they are, and less their mean */
    ls_status status;                  /* of reading */
} scan;

/* A value that is there. */
static void add_value(const scan *s, int64_t c, double x, double *value)
{
    ls_statistics *of = &s->found->of;
    if (s->again) {
        const double difference = x - of->mean[c];
        value[c] += difference * difference;
        ls_offset_pair(&s->plain[c], x, 0);
        ls_offset_pair(&s->centered[c], x, of->mean[c]);
        return;
    }
    value[c] += x;
    ls_statistics_add_range(x, &of->least[c], &of->most[c]);
}

/* What float32 cannot hold is counted, the rest added. */
static void add_row(const scan *s, const double *row, double *value)
{
    int64_t missing = 0;
    for (int64_t c = 0; c < s->columns; c++) {
        if (isfinite((float)row[c])) {
            add_value(s, c, row[c], value);
            continue;
        }
        missing++;
        if (!s->again)
            (*(isnan(row[c]) ? &s->found->nan[c] : &s->found->infinite[c]))++;
    }
    if (!s->again) {
        s->found->rows_missing += missing > 0;
        s->found->cells_missing += missing;
    }
}

static void add_block(void *user, int64_t block, double *value)
{
    scan *s = user;
    int64_t first, count;
    ls_blocks_rows(s->blocks, block, &first, &count);
    for (int64_t done = 0; done < count && s->status == LS_OK; done += s->at_once) {
        const int64_t now = count - done < s->at_once ? count - done : s->at_once;
        s->status = s->targets ? ls_source_read_y_numbers(s->source, s->file, first + done, now, s->values)
                               : ls_source_read_x_numbers(s->source, s->file, first + done, now, s->values);
        for (int64_t r = 0; r < now && s->status == LS_OK; r++) {
            const double *row = s->values + r * s->columns;
            add_row(s, row, value);
            if (s->twins && !s->again)
                ls_doctor_twins_add(s->twins, row, s->columns, first + done + r);
        }
    }
}

static ls_offset_sums sums_of(const ls_doctor_columns *columns, int64_t c)
{
    return (ls_offset_sums){.shift = columns->of.mean[c],
                            .count = (double)ls_doctor_values(columns, c),
                            .square = columns->of.square[c],
                            .least = columns->of.least[c],
                            .most = columns->of.most[c]};
}

/* As training does it (data/offsets.h); targets and what is float32 already have no offsets. */
static void judge_rounding(const scan *s)
{
    const ls_doctor_columns *found = s->found;
    const bool wide = s->targets ? s->source->y_wide : s->source->x_wide;
    for (int64_t c = 0; wide && c < s->columns; c++) {
        const ls_offset_sums sums = sums_of(found, c);
        found->offset[c] = s->targets ? 0 : ls_offset_of(&sums);
        found->merges[c] =
            ls_offset_merges(found->offset[c] != 0 ? &s->centered[c] : &s->plain[c]) && !ls_offset_is_rounding(&sums);
    }
}

static ls_status both_passes(ls_context *context, scan *s)
{
    ls_statistics *of = &s->found->of;
    LS_TRY(ls_blocks_sum(context, s->blocks, s->columns, add_block, s, of->mean));
    LS_TRY(s->status);
    for (int64_t c = 0; c < s->columns; c++)
        of->mean[c] /= (double)ls_doctor_values(s->found, c);
    s->again = true;
    LS_TRY(ls_blocks_sum(context, s->blocks, s->columns, add_block, s, of->square));
    LS_TRY(s->status);
    judge_rounding(s);
    return LS_OK;
}

ls_status ls_doctor_scan(ls_context *context, const ls_dataset *dataset, bool targets, ls_doctor_columns *columns,
                         ls_doctor_twins *twins)
{
    const ls_source *source = ls_dataset_source(dataset);
    const ls_blocks blocks = ls_blocks_of_rank(source->rows, 0, 1);
    const int64_t width = targets ? source->outputs : source->features;
    const int64_t fitting = BUFFER_BYTES / (int64_t)sizeof(double) / width;
    scan s = {.blocks = &blocks,
              .source = source,
              .targets = targets,
              .columns = width,
              .at_once = fitting < 1               ? 1
                         : fitting < LS_BLOCK_ROWS ? fitting
                                                   : LS_BLOCK_ROWS,
              .found = columns,
              .twins = twins};
    LS_TRY(ls_statistics_create(width, source->rows, &columns->of));
    LS_TRY(ls_memory_allocate(&columns->nan, 2 * width, sizeof *columns->nan, "counts of missing values"));
    columns->infinite = columns->nan + width;
    LS_TRY(ls_memory_allocate(&columns->offset, width, sizeof *columns->offset, "offsets"));
    LS_TRY(ls_memory_allocate(&columns->merges, width, sizeof *columns->merges, "offsets"));
    LS_TRY(ls_datafiles_file(dataset->files, source, &s.file));
    LS_TRY(ls_memory_allocate(&s.plain, 2 * width, sizeof *s.plain, "offsets"));
    s.centered = s.plain + width;
    for (int64_t c = 0; c < 2 * width; c++)
        s.plain[c].last = NAN;
    ls_status status = ls_memory_allocate(&s.values, s.at_once * width, sizeof *s.values, "rows");
    if (status == LS_OK)
        status = both_passes(context, &s);
    ls_memory_free(s.values);
    ls_memory_free(s.plain);
    return status;
}

void ls_doctor_columns_free(ls_doctor_columns *columns)
{
    ls_statistics_free(&columns->of);
    ls_memory_free(columns->nan);
    ls_memory_free(columns->offset);
    ls_memory_free(columns->merges);
    memset(columns, 0, sizeof *columns);
}

double ls_doctor_deviation(const ls_doctor_columns *columns, int64_t column)
{
    return sqrt(columns->of.square[column] / (double)ls_doctor_values(columns, column));
}

/* Whether a column's range, mean and deviation are those of the numbers of the rows: of fewer than ten they would say
 * nothing. The sum of squared deviations of n consecutive numbers is n (n^2 - 1) / 12. */
static bool counts_rows(const ls_doctor_columns *columns, int64_t c)
{
    const double n = (double)columns->of.rows, least = columns->of.least[c], square = n * (n * n - 1) / 12;
    return n >= 10 && ls_doctor_values(columns, c) == columns->of.rows && (least == 0 || least == 1) &&
           columns->of.most[c] == (double)(float)(least + n - 1) &&
           fabs(columns->of.mean[c] - (least + (n - 1) / 2)) <= 1e-6 * n &&
           fabs(columns->of.square[c] - square) <= 1e-6 * square;
}

ls_doctor_summary ls_doctor_summarize(const ls_doctor_columns *columns)
{
    ls_doctor_summary s = {.first_constant = -1,
                           .first_missing = -1,
                           .narrow = -1,
                           .wide = -1,
                           .first_offset = -1,
                           .first_merging = -1,
                           .counter = -1};
    double narrow = INFINITY, wide = 0;
    for (int64_t c = 0; c < columns->of.columns; c++) {
        const int64_t values = ls_doctor_values(columns, c);
        const double deviation = values > 0 ? ls_doctor_deviation(columns, c) : 0;
        const ls_offset_sums sums = sums_of(columns, c);
        const bool constant = values > 0 && ls_offset_is_rounding(&sums);
        s.constant += constant;
        s.empty += values == 0;
        s.missing += values < columns->of.rows;
        s.offsets += columns->offset[c] != 0;
        s.merging += columns->merges[c];
        if (columns->offset[c] != 0 && s.first_offset < 0)
            s.first_offset = c;
        if (columns->merges[c] && s.first_merging < 0)
            s.first_merging = c;
        if (constant && s.first_constant < 0)
            s.first_constant = c;
        if (values < columns->of.rows && s.first_missing < 0)
            s.first_missing = c;
        if (s.counter < 0 && counts_rows(columns, c))
            s.counter = c;
        if (constant || deviation <= 0)
            continue;
        if (deviation < narrow) {
            narrow = deviation;
            s.narrow = c;
        }
        if (deviation > wide) {
            wide = deviation;
            s.wide = c;
        }
    }
    s.scales = s.wide >= 0 ? wide / narrow : 0;
    return s;
}
