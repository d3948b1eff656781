/* What stands for missing features: the mean of a column's finite values, or 0. */
#include "data/missing.h"

#include "base/fault.h"
#include "base/fpenv.h"
#include "base/memory.h"
#include "comm/agree.h"
#include "context/options.h"
#include "data/holding.h"

#include <math.h>
#include <string.h>

typedef struct fitting {
    const ls_source *source;
    const double *offset; /* (features) or NULL */
    const ls_rows *held;  /* all of this rank's rows; NULL: they are read block by block */
    ls_h5_file *file;
    float *values; /* (LS_BLOCK_ROWS, features), when they are read */
    ls_status status;
} fitting;

/* Rows of a block that are this rank's; NULL where they cannot be read. */
static const float *block_values(fitting *f, int64_t first, int64_t count)
{
    if (f->held)
        return (const float *)f->held->x + (first - f->held->first) * f->held->features;
    if (f->status == LS_OK)
        f->status = ls_source_read_less(f->source, f->file, first, count, f->offset, f->values);
    return f->status == LS_OK ? f->values : NULL; /* all ranks hear of it before the sums are used */
}

/* value (3, features): sums of the finite values, how many there are, and how many are infinite or became so as
 * float32.
 */
static void add_finite(void *user, int64_t first, int64_t count, double *value)
{
    fitting *f = user;
    const int64_t columns = f->source->features;
    const float *row = block_values(f, first, count);
    for (int64_t r = 0; row && r < count; r++, row += columns) {
        for (int64_t c = 0; c < columns; c++) {
            if (isfinite(row[c])) {
                value[c] += (double)row[c];
                value[columns + c] += 1;
            } else if (!isnan(row[c])) {
                value[2 * columns + c] += 1;
            }
        }
    }
}

static ls_status open_rows(const ls_dataset *train, const ls_network *network, fitting *f)
{
    LS_TRY(ls_fault("missing"));
    LS_TRY(ls_holding_need(train, network, true, &f->held));
    if (f->held)
        return LS_OK;
    LS_TRY(ls_memory_allocate(&f->values, LS_BLOCK_ROWS * f->source->features, sizeof *f->values, "features"));
    return ls_datafiles_file(train->files, f->source, &f->file);
}

/* Collective. sums (3, features), over all training rows. */
static ls_status sum_finite(ls_context *context, const ls_dataset *train, const ls_network *network, double *sums)
{
    const ls_source *source = ls_dataset_source(train);
    fitting f = {.source = source, .offset = network->offset};
    ls_block_runs runs;
    ls_status status = ls_holding_runs(context, train, &runs);
    if (status == LS_OK)
        status = open_rows(train, network, &f);
    LS_TRY_CLEANUP(ls_agree(context->comm, status));
    LS_TRY_CLEANUP(ls_block_runs_sum(context, &runs, 3 * source->features, add_finite, &f, sums));
    status = ls_agree(context->comm, f.status);
cleanup:
    ls_memory_free(f.values);
    ls_block_runs_free(&runs);
    return status;
}

static ls_status refuse_empty(const ls_dataset *train, int64_t column, double large)
{
    char name[5200];
    (void)ls_source_name(ls_dataset_source(train), name, sizeof name);
    if (large > 0)
        return ls_fail(
            LS_ERR_DATA,
            "--missing mean: column %lld of %s has no finite value in the training rows as float32: %.0f are "
            "infinite or beyond 3.4e38; scale the column",
            (long long)column, name, large);
    return ls_fail(LS_ERR_DATA,
                   "--missing mean: column %lld of %s has no finite value in the training rows; leave the column out, "
                   "or use --missing zero",
                   (long long)column, name);
}

/* What is too large is a value, and filled all the same. */
static void warn_large(ls_context *context, const ls_dataset *train, const double *large, int64_t columns)
{
    char name[5200];
    int64_t cells = 0, touched = 0, first = -1;
    for (int64_t c = 0; c < columns; c++) {
        cells += (int64_t)large[c];
        touched += large[c] > 0;
        first = first < 0 && large[c] > 0 ? c : first;
    }
    if (cells > 0)
        ls_log_line(&context->log, LS_LOG_WARNING,
                    "%s: %lld value%s in %lld column%s, the first of them column %lld, %s infinite or too large for "
                    "float32 and filled as if missing; scale what is no missing value",
                    ls_source_name(ls_dataset_source(train), name, sizeof name), (long long)cells,
                    cells == 1 ? "" : "s", (long long)touched, touched == 1 ? "" : "s", (long long)first,
                    cells == 1 ? "is" : "are");
}

static ls_status set_fill(ls_context *context, bool mean, const ls_dataset *train, const double *sums,
                          ls_network *network)
{
    const int64_t columns = network->features;
    int64_t missing = 0, touched = 0;
    for (int64_t c = 0; c < columns; c++) {
        const double count = sums[columns + c];
        missing += train->rows - (int64_t)count;
        touched += (int64_t)count < train->rows;
        if (mean && count == 0)
            return refuse_empty(train, c, sums[2 * columns + c]);
        network->fill[c] = mean ? (float)(sums[c] / count) : 0.0f;
    }
    ls_log_line(&context->log, LS_LOG_INFO,
                "missing values: %lld of the training rows' %lld, in %lld of %lld columns, are filled with %s",
                (long long)missing, (long long)train->rows * (long long)columns, (long long)touched, (long long)columns,
                mean ? "the column's mean" : "0");
    warn_large(context, train, sums + 2 * columns, columns);
    return LS_OK;
}

ls_status ls_missing_fit(ls_context *context, const ls_options *options, const ls_dataset *train, ls_network *network)
{
    const bool mean = strcmp(options->missing, "mean") == 0;
    double *sums = NULL;
    ls_status status;
    if (!mean && strcmp(options->missing, "zero") != 0)
        return LS_OK;
    status = ls_memory_allocate(&sums, 3 * network->features, sizeof *sums, "missing values");
    if (status == LS_OK)
        status = ls_memory_allocate(&network->fill, network->features, sizeof *network->fill, "missing values");
    LS_TRY_CLEANUP(ls_agree(context->comm, status));
    LS_TRY_CLEANUP(sum_finite(context, train, network, sums));
    const ls_fpenv saved = ls_fpenv_enter();
    status = set_fill(context, mean, train, sums, network);
    ls_fpenv_leave(saved);
    if (status == LS_OK)
        status = ls_agree(context->comm, ls_holding_fill(train, network));
cleanup:
    ls_memory_free(sums);
    return status;
}
