/* What the scores of a classification's rows show. */
#include "train/harvest_internal.h"

#include "base/keys.h"
#include "base/memory.h"
#include "comm/agree.h"
#include "math/scalar64.h"
#include "train/areas.h"

#include <math.h>
#include <string.h>

enum { CUTS = LS_REPORT_POINTS - 1 }; /* cuts between rows; a curve begins without any row */
#define FINE 1073741824.0             /* chances are added as whole numbers of 2^-30 */

/* ---- counts of all rows ---- */

static ls_status sum_into(ls_comm *comm, int64_t *counts, int64_t n, double *item)
{
    LS_TRY(ls_comm_sum_int64(comm, counts, n));
    for (int64_t i = 0; i < n; i++)
        item[i] = (double)counts[i];
    return LS_OK;
}

static ls_status find_counts(ls_harvest *h, ls_report_part *p)
{
    ls_comm *comm = h->context->comm;
    const int64_t k = p->classes;
    LS_TRY(sum_into(comm, h->support, k, ls_report_item_of(p, LS_REPORT_SUPPORT)));
    LS_TRY(sum_into(comm, h->right, k, ls_report_item_of(p, LS_REPORT_RIGHT)));
    LS_TRY(sum_into(comm, h->given, k, ls_report_item_of(p, LS_REPORT_GIVEN)));
    return h->matrix ? sum_into(comm, h->matrix, k * k, ls_report_item_of(p, LS_REPORT_MATRIX)) : LS_OK;
}

/* ---- curves ---- */

/* This rank's keys of one class, rows of it first; each kind sorted. */
typedef struct sorted {
    uint32_t *key; /* (kept) */
    int64_t yes, no;
} sorted;

static bool is_yes(const ls_harvest *h, int64_t class, int64_t i)
{
    return h->yes ? h->yes[class * h->kept + i] : h->label[i] == class;
}

static void split(const ls_harvest *h, int64_t class, sorted *s)
{
    const float *score = h->score + class * h->kept; /* what is no number has no place among them */
    s->yes = s->no = 0;
    for (int64_t i = 0; i < h->count; i++)
        if (score[i] == score[i] && is_yes(h, class, i))
            s->key[s->yes++] = ls_key_of(score[i]);
    for (int64_t i = 0; i < h->count; i++)
        if (score[i] == score[i] && !is_yes(h, class, i))
            s->key[s->yes + s->no++] = ls_key_of(score[i]);
}

/* How many of n ascending keys are `cut` or above. */
static int64_t above(const uint32_t *key, int64_t n, uint64_t cut)
{
    int64_t low = 0, high = n;
    while (low < high) {
        const int64_t middle = low + (high - low) / 2;
        if (key[middle] >= cut)
            high = middle;
        else
            low = middle + 1;
    }
    return n - low;
}

/* Collective. For each cut the lowest key above which no more than so many rows of its kind lie, over all ranks: even
 * cuts are of rows of the class, odd ones of the others. By halves, all at once. */
static ls_status find_cuts(ls_comm *comm, const sorted *s, const ls_area *area, int64_t (*counts)[2])
{
    uint64_t low[CUTS], high[CUTS];
    int64_t here[CUTS];
    for (int c = 0; c < CUTS; c++) {
        low[c] = 0;
        high[c] = (uint64_t)1 << 32;
    }
    for (int round = 0; round < 33; round++) {
        for (int c = 0; c < CUTS; c++) {
            const uint64_t middle = low[c] + (high[c] - low[c]) / 2;
            here[c] = c % 2 ? above(s->key + s->yes, s->no, middle) : above(s->key, s->yes, middle);
        }
        LS_TRY(ls_comm_sum_int64(comm, here, CUTS));
        for (int c = 0; c < CUTS; c++) {
            const uint64_t middle = low[c] + (high[c] - low[c]) / 2;
            const double most = (double)(c / 2) * (double)(c % 2 ? area->no : area->yes) / (CUTS / 2.0 - 1);
            if (low[c] == high[c])
                continue;
            if ((double)here[c] <= most)
                high[c] = middle;
            else
                low[c] = middle + 1;
        }
    }
    for (int c = 0; c < CUTS; c++) {
        counts[c][0] = above(s->key, s->yes, low[c]);
        counts[c][1] = above(s->key + s->yes, s->no, low[c]);
    }
    return ls_comm_sum_int64(comm, &counts[0][0], (int64_t)CUTS * 2);
}

/* Points in the order in which a falling threshold reaches them. */
static void put_points(int64_t (*counts)[2], double *point)
{
    for (int i = 1; i < CUTS; i++)
        for (int k = i; k > 0 && counts[k][0] + counts[k][1] < counts[k - 1][0] + counts[k - 1][1]; k--)
            for (int kind = 0; kind < 2; kind++) {
                const int64_t moved = counts[k][kind];
                counts[k][kind] = counts[k - 1][kind];
                counts[k - 1][kind] = moved;
            }
    point[0] = point[1] = 0;
    for (int i = 0; i < CUTS; i++) {
        point[2 * (i + 1)] = (double)counts[i][0];
        point[2 * (i + 1) + 1] = (double)counts[i][1];
    }
}

static ls_status find_curve(ls_harvest *h, ls_report_part *p, ls_areas *areas, sorted *s, int64_t class)
{
    int64_t counts[CUTS][2];
    ls_area area;
    double *item = ls_report_item_of(p, LS_REPORT_AREAS) + 4 * class;
    split(h, class, s);
    LS_TRY(ls_areas_find(areas, s->key, s->yes, s->no, &area));
    LS_TRY(find_cuts(h->context->comm, s, &area, counts));
    put_points(counts, ls_report_item_of(p, LS_REPORT_CURVE) + class * LS_REPORT_POINTS * 2);
    item[0] = (double)area.yes;
    item[1] = (double)area.no;
    item[2] = area.auc;
    item[3] = area.pr_auc;
    return LS_OK;
}

static ls_status find_curves(ls_harvest *h, ls_report_part *p)
{
    ls_comm *comm = h->context->comm;
    ls_areas *areas = NULL;
    sorted s = {NULL, 0, 0};
    if (h->curves == 0)
        return LS_OK;
    ls_status status = ls_memory_allocate(&s.key, h->kept, sizeof *s.key, "curves");
    if (status == LS_OK)
        status = ls_areas_create(comm, h->kept, &areas);
    status = ls_agree(comm, status);
    for (int64_t class = 0; status == LS_OK && class < h->curves; class ++)
        status = find_curve(h, p, areas, &s, class);
    ls_areas_destroy(areas);
    ls_memory_free(s.key);
    return status;
}

/* ---- chances ---- */

/* The chance of a score that an output gives. */
static double chance_of(const ls_harvest *h, float score)
{
    if (h->kind == LS_REPORT_EACH && h->task.link == LS_SIGMOID)
        return 1 / (1 + ls_exp64(-(double)score));
    return (double)score;
}

static bool has_chances(const ls_harvest *h)
{
    return h->task.chances && (h->kind == LS_REPORT_ONE || h->curves > 0);
}

static int group_of(double chance, int groups)
{
    const int at = (int)(chance * groups);
    return at < 0 ? 0 : at < groups ? at : groups - 1;
}

static ls_status find_histograms(ls_harvest *h, ls_report_part *p)
{
    int64_t counts[2 * LS_REPORT_BARS];
    for (int64_t class = 0; class < h->curves; class ++) {
        memset(counts, 0, sizeof counts);
        for (int64_t i = 0; h->task.chances && i < h->count; i++) {
            const float score = h->score[class * h->kept + i];
            if (score == score)
                counts[is_yes(h, class, i) * LS_REPORT_BARS + group_of(chance_of(h, score), LS_REPORT_BARS)]++;
        }
        LS_TRY(sum_into(h->context->comm, counts, 2 * LS_REPORT_BARS,
                        ls_report_item_of(p, LS_REPORT_HISTOGRAM) + class * 2 * LS_REPORT_BARS));
    }
    return LS_OK;
}

static void add_chance(int64_t (*groups)[3], double chance, bool was_so)
{
    if (!(chance >= 0 && chance <= 1))
        return;
    int64_t *group = groups[group_of(chance, LS_REPORT_CALIBRATION)];
    group[0]++;
    group[1] += (int64_t)(chance * FINE);
    group[2] += was_so;
}

static ls_status find_chances(ls_harvest *h, ls_report_part *p)
{
    int64_t groups[LS_REPORT_CALIBRATION][3] = {{0}};
    double *item = ls_report_item_of(p, LS_REPORT_CHANCES);
    for (int64_t i = 0; has_chances(h) && i < h->count; i++) {
        if (h->kind == LS_REPORT_ONE)
            add_chance(groups, (double)h->chance[i], h->label[i] == h->top[i]);
        for (int64_t j = 0; h->kind == LS_REPORT_EACH && j < h->curves; j++)
            add_chance(groups, chance_of(h, h->score[j * h->kept + i]), is_yes(h, j, i));
    }
    LS_TRY(sum_into(h->context->comm, &groups[0][0], (int64_t)LS_REPORT_CALIBRATION * 3, item));
    for (int g = 0; g < LS_REPORT_CALIBRATION; g++)
        item[3 * g + 1] /= FINE;
    return LS_OK;
}

/* ---- rows ---- */

/* Wrong answers, the surest first. A single output's are told by class. */
static ls_status find_misses(ls_harvest *h, ls_report_part *p)
{
    ls_harvest_row worst[LS_REPORT_WORST];
    int count = 0;
    for (int64_t i = 0; h->kind == LS_REPORT_ONE && i < h->count; i++)
        if (h->label[i] != h->top[i] && h->chance[i] == h->chance[i])
            ls_harvest_keep(worst, &count,
                            &(ls_harvest_row){(double)h->chance[i],
                                              {(double)h->row[i], h->label[i], h->top[i], (double)h->chance[i]}});
    for (int64_t j = 0; h->kind == LS_REPORT_EACH && j < h->curves; j++)
        for (int64_t i = 0; i < h->count; i++) {
            const float score = h->score[j * h->kept + i];
            const bool yes = is_yes(h, j, i), said = score > h->task.yes;
            const double chance = chance_of(h, score), sure = said ? chance : 1 - chance;
            if (yes != said && score == score)
                ls_harvest_keep(
                    worst, &count,
                    &(ls_harvest_row){sure, {(double)h->row[i], p->outputs == 1 ? yes : (double)j, said, sure}});
        }
    return ls_harvest_merge(h->context->comm, worst, count, ls_report_item_of(p, LS_REPORT_MISSES));
}

ls_status ls_harvest_find_classes(ls_harvest *h, ls_report_part *p)
{
    LS_TRY(find_counts(h, p));
    LS_TRY(find_curves(h, p));
    LS_TRY(find_histograms(h, p));
    LS_TRY(find_chances(h, p));
    return find_misses(h, p);
}
