/* Taking in rows as they are scored. */
#include "train/harvest_internal.h"

#include "base/memory.h"
#include "comm/agree.h"

#include <math.h>
#include <string.h>

/* Words that all ranks together keep of rows, at most. */
#define WORDS ((int64_t)1 << 22)
#define BATCH 256

bool ls_harvest_possible(const ls_network *network)
{
    return ls_loss_spread(&network->loss) == 1;
}

ls_report_kind ls_harvest_kind(const ls_network *network)
{
    const ls_loss_class classes = ls_loss_classes(&network->loss);
    return classes == LS_CLASSES_ONE ? LS_REPORT_ONE : classes == LS_CLASSES_EACH ? LS_REPORT_EACH : LS_REPORT_VALUES;
}

static int64_t least(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

static int64_t all_units(const ls_network *network)
{
    int64_t units = 0;
    for (int l = 0; l < network->count; l++)
        units += network->layers[l].units;
    return units;
}

/* Sizes that follow from the network and the rows alone. */
static void set_sizes(ls_harvest *h)
{
    const int64_t outputs = h->network->outputs;
    const bool classes = h->kind != LS_REPORT_VALUES;
    h->curves = classes && outputs <= LS_REPORT_CURVES_MOST ? outputs : 0;
    h->told = classes ? 0 : least(outputs, LS_REPORT_OUTPUTS_MOST);
    const int64_t words = 2 + (h->kind == LS_REPORT_ONE ? 3 : 0) + h->curves + 2 * h->told +
                          (h->kind == LS_REPORT_EACH ? (outputs + 3) / 4 : 0);
    h->every = 1 + (h->rows * words - 1) / WORDS;
    h->kept = h->own / h->every + 1;
}

static ls_status make_room(ls_harvest *h)
{
    const int64_t k = h->network->outputs;
    const char *what = "scores for the report";
    LS_TRY(ls_memory_allocate(&h->speaks, all_units(h->network), 1, what));
    LS_TRY(ls_memory_allocate(&h->row, h->kept, sizeof *h->row, what));
    LS_TRY(ls_memory_allocate(&h->score, (h->curves + h->told) * h->kept, sizeof *h->score, what));
    if (h->kind == LS_REPORT_VALUES)
        return ls_memory_allocate(&h->target, h->told * h->kept, sizeof *h->target, what);
    LS_TRY(ls_memory_allocate(&h->support, k, sizeof *h->support, what));
    LS_TRY(ls_memory_allocate(&h->right, k, sizeof *h->right, what));
    LS_TRY(ls_memory_allocate(&h->given, k, sizeof *h->given, what));
    if (h->kind == LS_REPORT_EACH)
        return ls_memory_allocate(&h->yes, k * h->kept, 1, what);
    if (k <= LS_REPORT_MATRIX_MOST)
        LS_TRY(ls_memory_allocate(&h->matrix, k * k, sizeof *h->matrix, what));
    LS_TRY(ls_memory_allocate(&h->label, h->kept, sizeof *h->label, what));
    LS_TRY(ls_memory_allocate(&h->top, h->kept, sizeof *h->top, what));
    return ls_memory_allocate(&h->chance, h->kept, sizeof *h->chance, what);
}

ls_status ls_harvest_create(ls_context *context, const ls_network *network, int64_t rows, int64_t first, int64_t own,
                            ls_harvest **harvest)
{
    LS_TRY(ls_memory_allocate(harvest, 1, sizeof **harvest, "scores for the report"));
    ls_harvest *h = *harvest;
    h->context = context;
    h->network = network;
    h->task = ls_network_task(network);
    h->kind = ls_harvest_kind(network);
    h->rows = rows;
    h->first = first;
    h->own = own;
    set_sizes(h);
    return make_room(h);
}

void ls_harvest_destroy(ls_harvest *h)
{
    if (!h)
        return;
    ls_memory_free(h->support);
    ls_memory_free(h->right);
    ls_memory_free(h->given);
    ls_memory_free(h->matrix);
    ls_memory_free(h->speaks);
    ls_memory_free(h->row);
    ls_memory_free(h->label);
    ls_memory_free(h->top);
    ls_memory_free(h->chance);
    ls_memory_free(h->score);
    ls_memory_free(h->target);
    ls_memory_free(h->yes);
    ls_memory_free(h);
}

int64_t ls_harvest_bytes(const ls_harvest *h)
{
    const int64_t k = h->network->outputs;
    const int64_t each =
        8 + 4 * (h->curves + 2 * h->told) + (h->kind == LS_REPORT_ONE ? 12 : 0) + (h->kind == LS_REPORT_EACH ? k : 0);
    return h->kept * each + (h->kind == LS_REPORT_VALUES ? 0 : 24 * k) + (h->matrix ? 8 * k * k : 0) +
           all_units(h->network);
}

void ls_harvest_begin(ls_harvest *h)
{
    const int64_t k = h->network->outputs;
    h->count = 0;
    memset(h->speaks, 0, (size_t)all_units(h->network));
    if (h->kind == LS_REPORT_VALUES)
        return;
    memset(h->support, 0, (size_t)k * sizeof *h->support);
    memset(h->right, 0, (size_t)k * sizeof *h->right);
    memset(h->given, 0, (size_t)k * sizeof *h->given);
    if (h->matrix)
        memset(h->matrix, 0, (size_t)(k * k) * sizeof *h->matrix);
}

/* ---- rows ---- */

/* The batch's rows that are kept: `*at` is the first of them, within the batch. */
static int64_t first_kept(const ls_harvest *h, int64_t row)
{
    const int64_t over = row % h->every;
    return over == 0 ? 0 : h->every - over;
}

/* The places of the batch's kept rows from h->count on get every `every`th of the values. */
static void keep_column(const ls_harvest *h, int64_t row, int64_t rows, const float *values, float *kept)
{
    int64_t to = h->count;
    for (int64_t r = first_kept(h, row); r < rows; r += h->every)
        kept[to++] = values[r];
}

/* Chances of the answers. */
static void keep_chances(const ls_harvest *h, const ls_pass *pass, int64_t row, int64_t rows)
{
    int64_t to = h->count;
    for (int64_t r = first_kept(h, row); r < rows; r += h->every)
        h->chance[to++] = ls_pass_output_of(pass, r, h->best[r]);
}

/* One of K classes: the answer is the largest output, the lowest of equals. */
static void take_one(ls_harvest *h, const ls_pass *pass, const ls_batch *batch, int64_t row)
{
    const int64_t k = h->network->outputs, rows = batch->rows;
    float *out = h->column[0], *most = h->column[1], *score = h->column[2];
    memset(h->best, 0, sizeof h->best);
    ls_pass_value(pass, rows, 0, most);
    for (int64_t j = 1; j < k; j++) {
        ls_pass_value(pass, rows, j, out);
        for (int64_t r = 0; r < rows; r++) {
            const bool more = out[r] > most[r];
            most[r] = more ? out[r] : most[r];
            h->best[r] = more ? (int32_t)j : h->best[r];
        }
    }
    for (int64_t j = 0; j < h->curves; j++) {
        ls_pass_output(pass, rows, j, score);
        keep_column(h, row, rows, score, h->score + j * h->kept);
    }
    keep_chances(h, pass, row, rows);
    int64_t to = h->count, next = first_kept(h, row);
    for (int64_t r = 0; r < rows; r++) {
        const int64_t label =
            ls_metric_class(&h->task, batch->y ? batch->y[r] : NULL, batch->label ? batch->label[r] : 0);
        h->support[label]++;
        h->given[h->best[r]]++;
        h->right[label] += h->best[r] == label;
        if (h->matrix)
            h->matrix[label * k + h->best[r]]++;
        if (r != next)
            continue;
        h->label[to] = (int32_t)label;
        h->top[to++] = h->best[r];
        next += h->every;
    }
}

static void take_each(ls_harvest *h, const ls_pass *pass, const ls_batch *batch, int64_t row)
{
    float *out = h->column[0];
    for (int64_t j = 0; j < h->network->outputs; j++) {
        int64_t to = h->count, next = first_kept(h, row);
        ls_pass_output(pass, batch->rows, j, out);
        for (int64_t r = 0; r < batch->rows; r++) {
            const bool yes = batch->y[r][j] > 0.5f, said = out[r] > h->task.yes;
            h->support[j] += yes;
            h->given[j] += said;
            h->right[j] += yes && said;
            if (r != next)
                continue;
            if (h->curves > 0)
                h->score[j * h->kept + to] = out[r];
            h->yes[j * h->kept + to++] = yes;
            next += h->every;
        }
    }
}

static void take_values(ls_harvest *h, const ls_pass *pass, const ls_batch *batch, int64_t row)
{
    const ls_affine *map = &h->network->target_map;
    float *out = h->column[0];
    for (int64_t j = 0; j < h->told; j++) {
        int64_t to = h->count;
        ls_pass_value(pass, batch->rows, j, out);
        for (int64_t r = first_kept(h, row); r < batch->rows; r += h->every, to++) {
            h->score[j * h->kept + to] = map->count ? ls_affine_inverse(map, j, out[r]) : out[r];
            h->target[j * h->kept + to] = batch->y[r][j];
        }
    }
}

void ls_harvest_take(ls_harvest *h, const ls_pass *pass, const ls_batch *batch, int64_t row)
{
    uint8_t *speaks = h->speaks;
    if (h->kind == LS_REPORT_ONE)
        take_one(h, pass, batch, row);
    else if (h->kind == LS_REPORT_EACH)
        take_each(h, pass, batch, row);
    else
        take_values(h, pass, batch, row);
    for (int l = 0; l < h->network->count; speaks += h->network->layers[l++].units)
        if (h->network->layers[l].activation == LS_RELU)
            ls_pass_speaks(pass, batch->rows, l, speaks);
    for (int64_t r = first_kept(h, row); r < batch->rows; r += h->every)
        h->row[h->count++] = row + r;
}

/* ---- rows that are told one by one ---- */

static bool comes_before(const ls_harvest_row *a, const ls_harvest_row *b)
{
    if (a->weight != b->weight)
        return a->weight > b->weight;
    return a->number[0] != b->number[0] ? a->number[0] < b->number[0] : a->number[1] < b->number[1];
}

void ls_harvest_keep(ls_harvest_row *worst, int *count, const ls_harvest_row *row)
{
    int at = *count;
    if (at == LS_REPORT_WORST && !comes_before(row, &worst[at - 1]))
        return;
    *count = at < LS_REPORT_WORST ? at + 1 : at;
    for (at = *count - 1; at > 0 && comes_before(row, &worst[at - 1]); at--)
        worst[at] = worst[at - 1];
    worst[at] = *row;
}

ls_status ls_harvest_merge(ls_comm *comm, const ls_harvest_row *worst, int count, double *item)
{
    const int size = ls_comm_size(comm);
    ls_harvest_row mine[LS_REPORT_WORST], *all = NULL, merged[LS_REPORT_WORST];
    int kept = 0;
    for (int i = 0; i < LS_REPORT_WORST; i++)
        mine[i] = i < count ? worst[i] : (ls_harvest_row){.number = {-1}};
    ls_status status = ls_agree(comm, ls_memory_allocate(&all, (int64_t)size * LS_REPORT_WORST, sizeof *all, "rows"));
    if (status == LS_OK)
        status = ls_comm_allgather(comm, mine, sizeof mine, all);
    for (int i = 0; status == LS_OK && i < size * LS_REPORT_WORST; i++)
        if (all[i].number[0] >= 0)
            ls_harvest_keep(merged, &kept, &all[i]);
    for (int i = 0; i < LS_REPORT_WORST; i++)
        for (int n = 0; n < 4; n++)
            item[4 * i + n] = i < kept ? merged[i].number[n] : n == 0 ? -1 : 0;
    ls_memory_free(all);
    return status;
}

/* ---- what they show ---- */

/* Collective. Units of layers with relu that were silent on all ranks. */
static ls_status find_silent(const ls_harvest *h, double *item)
{
    const ls_network *network = h->network;
    const int64_t units = all_units(network);
    int64_t *speaks = NULL, at = 0;
    LS_TRY(ls_agree(h->context->comm, ls_memory_allocate(&speaks, units, sizeof *speaks, "units")));
    for (int64_t u = 0; u < units; u++)
        speaks[u] = h->speaks[u];
    const ls_status status = ls_comm_sum_int64(h->context->comm, speaks, units);
    for (int l = 0; l < network->count; l++) {
        const bool relu = network->layers[l].activation == LS_RELU;
        item[l] = relu ? 0 : -1;
        for (int64_t u = 0; u < network->layers[l].units; u++, at++)
            item[l] += relu && speaks[at] == 0;
    }
    ls_memory_free(speaks);
    return status;
}

ls_status ls_harvest_find(ls_harvest *h, const char *name, int64_t epoch, ls_report_part *part)
{
    ls_comm *comm = h->context->comm;
    int64_t used = h->count;
    LS_TRY(ls_agree(comm, ls_report_part_create(name, h->kind, h->network->outputs, h->network->count, part)));
    ls_status status = ls_comm_sum_int64(comm, &used, 1);
    part->epoch = epoch;
    part->rows = h->rows;
    part->every = h->every;
    part->used = used;
    if (status == LS_OK)
        status = find_silent(h, ls_report_item_of(part, LS_REPORT_UNITS));
    if (status == LS_OK)
        status = (h->kind == LS_REPORT_VALUES ? ls_harvest_find_values : ls_harvest_find_classes)(h, part);
    if (status != LS_OK)
        ls_report_part_free(part);
    return status;
}
