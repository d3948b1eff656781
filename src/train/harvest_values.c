/* What the predictions of a regression's rows show. */
#include "train/harvest_internal.h"

#include "base/exact.h"
#include "base/keys.h"
#include "base/memory.h"
#include "comm/agree.h"

#include <math.h>
#include <string.h>

/* One output's rows here; those with a number that is none are left out. */
typedef struct column {
    const ls_harvest *h;
    const float *target, *prediction; /* (h->count) */
} column;

static column column_of(const ls_harvest *h, int64_t j)
{
    return (column){h, h->target + j * h->kept, h->score + j * h->kept};
}

static bool is_row(const column *c, int64_t i)
{
    return isfinite(c->target[i]) && isfinite(c->prediction[i]) && isfinite(c->prediction[i] - c->target[i]);
}

/* ---- ranges, grid, bars ---- */

static ls_status find_ranges(const column *c, double *range)
{
    double low[2] = {INFINITY, INFINITY}, high[2] = {-INFINITY, -INFINITY};
    for (int64_t i = 0; i < c->h->count; i++) {
        if (!is_row(c, i))
            continue;
        const double t = (double)c->target[i], p = (double)c->prediction[i];
        const double r = (double)(c->prediction[i] - c->target[i]);
        low[0] = fmin(low[0], fmin(t, p));
        high[0] = fmax(high[0], fmax(t, p));
        low[1] = fmin(low[1], r);
        high[1] = fmax(high[1], r);
    }
    LS_TRY(ls_comm_least_double(c->h->context->comm, low, 2));
    LS_TRY(ls_comm_most_double(c->h->context->comm, high, 2));
    for (int k = 0; k < 2; k++) {
        range[2 * k] = isfinite(low[k]) ? low[k] : 0;
        range[2 * k + 1] = isfinite(high[k]) ? high[k] : 0;
    }
    return LS_OK;
}

/* Of n equal pieces of [low, high] the one that a value is in. */
static int piece_of(double value, double low, double high, int n)
{
    const int at = high > low ? (int)((value - low) / (high - low) * n) : 0;
    return at < 0 ? 0 : at < n ? at : n - 1;
}

static ls_status sum_into(ls_comm *comm, int64_t *counts, int64_t n, double *item)
{
    LS_TRY(ls_comm_sum_int64(comm, counts, n));
    for (int64_t i = 0; i < n; i++)
        item[i] = (double)counts[i];
    return LS_OK;
}

static ls_status count_cells(const column *c, const double *range, double *cells, double *bars)
{
    int64_t cell[LS_REPORT_GRID][LS_REPORT_GRID] = {{0}}, bar[LS_REPORT_RESIDUALS] = {0};
    const double wide = fmax(fabs(range[2]), fabs(range[3]));
    for (int64_t i = 0; i < c->h->count; i++) {
        if (!is_row(c, i))
            continue;
        const int x = piece_of((double)c->target[i], range[0], range[1], LS_REPORT_GRID);
        const int y = piece_of((double)c->prediction[i], range[0], range[1], LS_REPORT_GRID);
        cell[y][x]++;
        bar[piece_of((double)(c->prediction[i] - c->target[i]), -wide, wide, LS_REPORT_RESIDUALS)]++;
    }
    LS_TRY(sum_into(c->h->context->comm, &cell[0][0], (int64_t)LS_REPORT_GRID * LS_REPORT_GRID, cells));
    return sum_into(c->h->context->comm, bar, LS_REPORT_RESIDUALS, bars);
}

/* ---- tenths ---- */

enum { CUTS = LS_REPORT_DECILES - 1 };

/* This rank's targets as sorted keys; scratch and places are working space. */
static int64_t sort_targets(const column *c, uint32_t *key, uint32_t *scratch, int64_t *places)
{
    int64_t count = 0;
    for (int64_t i = 0; i < c->h->count; i++)
        if (is_row(c, i))
            key[count++] = ls_key_of(c->target[i]);
    ls_keys_sort(key, scratch, count, places);
    return count;
}

static int64_t count_below(const uint32_t *key, int64_t count, uint64_t cut)
{
    int64_t low = 0, high = count;
    while (low < high) {
        const int64_t middle = low + (high - low) / 2;
        if (key[middle] < cut)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

/* Collective. The keys of targets below which no more than k tenths of the rows lie, by halves, all at once. */
static ls_status search_cuts(const column *c, const uint32_t *key, int64_t count, int64_t rows, uint64_t *cut)
{
    uint64_t low[CUTS], high[CUTS];
    for (int k = 0; k < CUTS; k++) {
        low[k] = 0;
        high[k] = (uint64_t)1 << 32;
    }
    for (int round = 0; round < 33; round++) {
        int64_t below[CUTS];
        for (int k = 0; k < CUTS; k++)
            below[k] = count_below(key, count, low[k] + (high[k] - low[k] + 1) / 2);
        LS_TRY(ls_comm_sum_int64(c->h->context->comm, below, CUTS));
        for (int k = 0; k < CUTS; k++) {
            const uint64_t middle = low[k] + (high[k] - low[k] + 1) / 2;
            if (below[k] * LS_REPORT_DECILES <= rows * (k + 1))
                low[k] = middle;
            else
                high[k] = middle - 1;
        }
    }
    for (int k = 0; k < CUTS; k++)
        cut[k] = low[k];
    cut[CUTS] = (uint64_t)1 << 32;
    return LS_OK;
}

static ls_status find_cuts(const column *c, int64_t rows, uint64_t cut[LS_REPORT_DECILES])
{
    uint32_t *key = NULL;
    int64_t *places = NULL;
    ls_status status = ls_memory_allocate(&key, 2 * c->h->kept, sizeof *key, "targets");
    if (status == LS_OK)
        status = ls_memory_allocate(&places, LS_KEY_PLACES, sizeof *places, "targets");
    status = ls_agree(c->h->context->comm, status);
    if (status == LS_OK)
        status = search_cuts(c, key, sort_targets(c, key, key + c->h->kept, places), rows, cut);
    ls_memory_free(key);
    ls_memory_free(places);
    return status;
}

typedef struct tenth {
    int64_t rows, size[LS_EXACT_BINS], signed_size[LS_EXACT_BINS];
} tenth;

static ls_status find_tenths(const column *c, int64_t rows, double *item)
{
    uint64_t cut[LS_REPORT_DECILES];
    double low[LS_REPORT_DECILES], high[LS_REPORT_DECILES];
    ls_comm *comm = c->h->context->comm;
    tenth *t = NULL;
    LS_TRY(find_cuts(c, rows, cut));
    LS_TRY(ls_agree(comm, ls_memory_allocate(&t, LS_REPORT_DECILES, sizeof *t, "errors by tenths")));
    for (int k = 0; k < LS_REPORT_DECILES; k++) {
        low[k] = INFINITY;
        high[k] = -INFINITY;
    }
    for (int64_t i = 0; i < c->h->count; i++) {
        int k = 0;
        if (!is_row(c, i))
            continue;
        while (ls_key_of(c->target[i]) >= cut[k])
            k++;
        const float r = c->prediction[i] - c->target[i];
        t[k].rows++;
        ls_exact_add(t[k].size, fabsf(r));
        ls_exact_add(t[k].signed_size, r);
        low[k] = fmin(low[k], (double)c->target[i]);
        high[k] = fmax(high[k], (double)c->target[i]);
    }
    ls_status status = ls_comm_sum_int64(comm, &t[0].rows, LS_REPORT_DECILES * (int64_t)(sizeof *t / sizeof(int64_t)));
    if (status == LS_OK)
        status = ls_comm_least_double(comm, low, LS_REPORT_DECILES);
    if (status == LS_OK)
        status = ls_comm_most_double(comm, high, LS_REPORT_DECILES);
    for (int k = 0; k < LS_REPORT_DECILES; k++, item += 5) {
        const double n = t[k].rows > 0 ? (double)t[k].rows : 1;
        item[0] = (double)t[k].rows;
        item[1] = t[k].rows > 0 ? low[k] : 0;
        item[2] = t[k].rows > 0 ? high[k] : 0;
        item[3] = ls_exact_sum(t[k].size) / n;
        item[4] = ls_exact_sum(t[k].signed_size) / n;
    }
    ls_memory_free(t);
    return status;
}

/* ---- errors ---- */

typedef struct sums {
    int64_t rows, size[LS_EXACT_BINS], signed_size[LS_EXACT_BINS], square[LS_EXACT_BINS], target[LS_EXACT_BINS];
} sums;

/* Collective. Sum of squares of the targets about their mean. */
static ls_status find_spread(const column *c, double mean, sums *s, double *spread)
{
    memset(s->target, 0, sizeof s->target);
    for (int64_t i = 0; i < c->h->count; i++)
        if (is_row(c, i))
            ls_exact_add_square(s->target, (float)((double)c->target[i] - mean));
    LS_TRY(ls_comm_sum_int64(c->h->context->comm, s->target, LS_EXACT_BINS));
    *spread = ls_exact_squares(s->target);
    return LS_OK;
}

static ls_status find_errors(const column *c, int64_t *rows, double *item)
{
    ls_comm *comm = c->h->context->comm;
    double spread = 0;
    sums *s = NULL;
    LS_TRY(ls_agree(comm, ls_memory_allocate(&s, 1, sizeof *s, "errors")));
    for (int64_t i = 0; i < c->h->count; i++) {
        if (!is_row(c, i))
            continue;
        const float r = c->prediction[i] - c->target[i];
        s->rows++;
        ls_exact_add(s->size, fabsf(r));
        ls_exact_add(s->signed_size, r);
        ls_exact_add_square(s->square, r);
        ls_exact_add(s->target, c->target[i]);
    }
    ls_status status = ls_comm_sum_int64(comm, &s->rows, (int64_t)(sizeof *s / sizeof(int64_t)));
    const double n = s->rows > 0 ? (double)s->rows : 1, squares = ls_exact_squares(s->square);
    if (status == LS_OK)
        status = find_spread(c, ls_exact_sum(s->target) / n, s, &spread);
    *rows = s->rows;
    item[0] = ls_exact_sum(s->size) / n;
    item[1] = sqrt(squares / n);
    item[2] = ls_exact_sum(s->signed_size) / n;
    item[3] = spread > 0 ? 1 - squares / spread : NAN;
    ls_memory_free(s);
    return status;
}

/* ---- rows ---- */

/* Outputs may have units of their own: residuals count by the output's root mean square. */
static ls_status find_far(const ls_harvest *h, ls_report_part *p)
{
    ls_harvest_row worst[LS_REPORT_WORST];
    int count = 0;
    for (int64_t j = 0; j < h->told; j++) {
        const column c = column_of(h, j);
        const double unit = ls_report_item_of(p, LS_REPORT_ERRORS)[4 * j + 1];
        for (int64_t i = 0; i < h->count; i++)
            if (is_row(&c, i) && unit > 0)
                ls_harvest_keep(
                    worst, &count,
                    &(ls_harvest_row){fabs((double)(c.prediction[i] - c.target[i])) / unit,
                                      {(double)h->row[i], (double)j, (double)c.target[i], (double)c.prediction[i]}});
    }
    return ls_harvest_merge(h->context->comm, worst, count, ls_report_item_of(p, LS_REPORT_FAR));
}

ls_status ls_harvest_find_values(ls_harvest *h, ls_report_part *p)
{
    for (int64_t j = 0; j < h->told; j++) {
        const column c = column_of(h, j);
        double *range = ls_report_item_of(p, LS_REPORT_RANGES) + 4 * j;
        int64_t rows;
        LS_TRY(find_ranges(&c, range));
        LS_TRY(count_cells(&c, range, ls_report_item_of(p, LS_REPORT_CELLS) + j * LS_REPORT_GRID * LS_REPORT_GRID,
                           ls_report_item_of(p, LS_REPORT_OFF) + j * LS_REPORT_RESIDUALS));
        LS_TRY(find_errors(&c, &rows, ls_report_item_of(p, LS_REPORT_ERRORS) + 4 * j));
        LS_TRY(find_tenths(&c, rows, ls_report_item_of(p, LS_REPORT_TENTHS) + j * LS_REPORT_DECILES * 5));
    }
    return find_far(h, p);
}
