/* What the chunks of a dataset cost when rows are read: libhdf5 decompresses whole chunks. */
#include "train/blocks.h"
#include "train/datafiles.h"
#include "train/doctor.h"

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
static void advise(const ls_h5_dataset *d, double row_bytes, ls_doctor_chunks *chunks)
{
    const double fitting = CHUNK_BYTES / row_bytes;
    const int64_t most = chunks->window < d->shape[0] ? chunks->window : d->shape[0];
    const int64_t rows = fitting < 1 ? 1 : fitting < (double)most ? (int64_t)fitting : most;
    int used = snprintf(chunks->repack, sizeof chunks->repack, "%.120s:CHUNK=%lld", d->path, (long long)rows);
    for (int i = 1; i < d->rank; i++)
        used += snprintf(chunks->repack + used, sizeof chunks->repack - (size_t)used, "x%lld", (long long)d->shape[i]);
}

static void judge(const ls_h5_dataset *d, ls_doctor_chunks *c)
{
    const size_t value = d->bits > 0 ? (size_t)(d->bits + 7) / 8 : 1;
    bool cached;
    double row = (double)value;
    for (int i = 1; i < d->rank; i++)
        row *= (double)d->shape[i];
    c->band = ls_h5_band(d, value, 0, &cached);
    c->chunked = c->band > 0;
    c->in_order = c->windows = 1;
    if (!c->chunked || d->shape[0] == 0)
        return;
    const double all = row * (double)d->shape[0];
    c->in_order = bands(d->shape[0], d->chunk[0], LS_BLOCK_ROWS, cached) * c->band / all;
    /* what the cache holds: libhdf5's own MiB, or a band; windows come in any order, so that all bands must fit */
    const double kept = cached && c->band > CHUNK_BYTES ? c->band : CHUNK_BYTES;
    const bool whole = bands(d->shape[0], d->chunk[0], 1, true) * c->band <= kept;
    c->windows = bands(d->shape[0], d->chunk[0], c->window, whole) * c->band / all;
    c->bad = c->in_order > LS_DOCTOR_AMPLIFIED || c->windows > LS_DOCTOR_AMPLIFIED;
    if (c->bad)
        advise(d, row, c);
}

ls_status ls_doctor_judge_chunks(const ls_dataset *dataset, int64_t window, ls_doctor_chunks *chunks)
{
    const ls_source *source = ls_dataset_source(dataset);
    ls_h5_file *file;
    ls_h5_dataset d;
    *chunks = (ls_doctor_chunks){.window = window};
    if (source->layout)
        return LS_OK;
    LS_TRY(ls_datafiles_file(dataset->files, source, &file));
    LS_TRY(ls_h5_describe(file, source->x_path, &d));
    chunks->judged = true;
    judge(&d, chunks);
    return LS_OK;
}
