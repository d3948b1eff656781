/* What the chunks of a dataset cost when rows are read: libhdf5 decompresses whole chunks. */
#include "data/blocks.h"
#include "data/datafiles.h"
#include "jobs/doctor.h"

#include <stdio.h>

/* Bytes of the chunks that are advised, and of libhdf5's own chunk cache. */
#define CHUNK_BYTES (1 << 20)

static int64_t common(int64_t a, int64_t b)
{
    while (b > 0) {
        const int64_t rest = a % b;
        a = b;
        b = rest;
    }
    return a;
}

/* Bands of `band` rows decompressed when rows are read in pieces: each once when the cache keeps it from one piece to
 * the next, else once more for each piece that begins inside of one. */
static double bands(int64_t rows, int64_t band, int64_t piece, bool cached)
{
    const int64_t all = (rows - 1) / band + 1, cuts = (rows - 1) / piece;
    const int64_t step = band / common(band, piece); /* every so many-th cut is between bands */
    return (double)(cached ? all : all + cuts - cuts / step);
}

/* "/x:CHUNK=1024x64": whole rows, about 1 MiB of them and not more than a window. */
static void advise(const ls_h5_dataset *d, int axis, double row_bytes, ls_doctor_chunks *chunks)
{
    const double fitting = CHUNK_BYTES / row_bytes;
    const int64_t most = chunks->window < d->shape[axis] ? chunks->window : d->shape[axis];
    const int64_t rows = fitting < 1 ? 1 : fitting < (double)most ? (int64_t)fitting : most;
    int used = snprintf(chunks->repack, sizeof chunks->repack, "%.120s:CHUNK=", d->path);
    for (int i = 0; i < d->rank; i++)
        used += snprintf(chunks->repack + used, sizeof chunks->repack - (size_t)used, "%s%lld", i ? "x" : "",
                         (long long)(i == axis ? rows : d->shape[i]));
}

/* Bytes, summed over datasets. */
typedef struct costs {
    double rows; /* what is taken of them */
    double in_order, windows;
    double band; /* of the chunks that one row touches; not summed */
} costs;

/* What one dataset costs; `share`: of its columns those in chunks that are touched, `taken` those that are wanted. */
static costs cost(const ls_h5_dataset *d, int axis, double share, double taken, ls_doctor_chunks *c)
{
    const size_t value = d->bits > 0 ? (size_t)(d->bits + 7) / 8 : 1;
    const int64_t rows = d->shape[axis], chunk = d->chunk[axis];
    bool cached;
    double row = (double)value;
    for (int i = 0; i < d->rank; i++)
        row *= i == axis ? 1 : (double)d->shape[i];
    const double whole_band = ls_h5_band(d, value, axis, &cached), band = whole_band * share;
    const double all = row * taken * (double)rows;
    if (band == 0 || rows == 0)
        return (costs){all, all, all, 0};
    c->chunked = true;
    /* what the cache holds: libhdf5's own MiB, or a band; windows come in any order, so that all bands must fit */
    const double kept = cached && whole_band > CHUNK_BYTES ? whole_band : CHUNK_BYTES;
    const bool whole = bands(rows, chunk, 1, true) * band <= kept;
    const costs found = {all, bands(rows, chunk, LS_BLOCK_ROWS, cached) * band,
                         bands(rows, chunk, c->window, whole) * band, band};
    const double most = LS_DOCTOR_AMPLIFIED * row * (double)rows * (taken < share ? share : taken);
    if (found.in_order > most || found.windows > most) {
        c->slow++;
        if (c->slow == 1)
            advise(d, axis, row, c);
    }
    return found;
}

static void add(const costs *one, costs *sum)
{
    sum->rows += one->rows;
    sum->in_order += one->in_order;
    sum->windows += one->windows;
}

/* Of a dataset's columns the share that lies in chunks which are touched: with rows on the first of two axes these are
 * read by themselves, else whole rows are. */
static double touched(const ls_layout *layout, int table, const ls_h5_dataset *d, int axis)
{
    if (d->rank != 2 || axis != 0 || d->chunk[0] == 0)
        return 1;
    const int64_t runs = (d->shape[1] + d->chunk[1] - 1) / d->chunk[1];
    return (double)ls_layout_runs_taken(layout, false, table, d->chunk[1]) / (double)runs;
}

static ls_status add_table(const ls_dataset *dataset, int table, ls_doctor_chunks *chunks, costs *sum, int *stack)
{
    const ls_source *source = ls_dataset_source(dataset);
    const ls_layout_table t = ls_layout_table_at(source->layout, false, table);
    const int64_t slow = chunks->slow;
    ls_h5_file *file;
    ls_h5_dataset d;
    LS_TRY(ls_h5_beside(dataset->files->main, t.file, &file));
    LS_TRY(ls_h5_describe(file, t.path, &d));
    const costs one =
        cost(&d, t.axis, touched(source->layout, table, &d, t.axis), (double)t.columns / (double)t.width, chunks);
    add(&one, sum);
    if (t.stack != *stack) { /* beside the others; of those behind one another a row touches one */
        chunks->band += sum->band;
        sum->band = 0;
        *stack = t.stack;
    }
    sum->band = one.band > sum->band ? one.band : sum->band;
    if (slow == 0 && chunks->slow > 0)
        (void)snprintf(chunks->file, sizeof chunks->file, "%s", t.file);
    return LS_OK;
}

ls_status ls_doctor_judge_chunks(const ls_dataset *dataset, int64_t window, ls_doctor_chunks *chunks)
{
    const ls_source *source = ls_dataset_source(dataset);
    ls_h5_file *file;
    ls_h5_dataset d;
    costs sum = {0};
    *chunks = (ls_doctor_chunks){.window = window, .in_order = 1, .windows = 1};
    LS_TRY(ls_datafiles_file(dataset->files, source, &file));
    if (source->layout) {
        const int tables = ls_layout_tables(source->layout, false);
        int stack = -1;
        for (int i = 0; i < tables; i++)
            LS_TRY(add_table(dataset, i, chunks, &sum, &stack));
    } else {
        LS_TRY(ls_h5_describe(file, source->x_path, &d));
        sum = cost(&d, 0, 1, 1, chunks);
        (void)snprintf(chunks->file, sizeof chunks->file, "%s", source->file);
    }
    chunks->band += sum.band;
    if (sum.rows > 0) {
        chunks->in_order = sum.in_order / sum.rows;
        chunks->windows = sum.windows / sum.rows;
    }
    return LS_OK;
}
