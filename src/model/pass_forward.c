/* Rows through the layers: gathering, then one layer after the other, loss and metrics of the outputs. */
#include "model/pass_internal.h"

#include "base/clock.h"
#include "model/layer_kinds.h"

#include <string.h>

/* Features of a panel's rows that are not float32, or have factors: made what the kernels gather a block at a time,
 * which is then gathered from L1. */
static void gather_made(const ls_pass *pass, const ls_batch *batch, int64_t first, int lanes, float *out)
{
    enum { BLOCK = 128 };
    float values[LS_PANEL][BLOCK];
    const float *rows[LS_PANEL];
    const ls_affine *map = &pass->network->feature_map;
    const int64_t features = pass->network->features;
    for (int lane = 0; lane < lanes; lane++)
        rows[lane] = values[lane];
    for (int64_t f = 0; f < features; f += BLOCK) {
        const int64_t n = features - f < BLOCK ? features - f : BLOCK;
        for (int lane = 0; lane < lanes; lane++) {
            if (batch->widen)
                batch->widen(batch->stored_type, n, (const char *)batch->stored[first + lane] + f * batch->stored_bytes,
                             values[lane]);
            else
                memcpy(values[lane], batch->x[first + lane] + f, (size_t)n * sizeof(float));
            for (int64_t i = 0; map->factor && i < n; i++)
                values[lane][i] *= map->factor[f + i];
        }
        pass->kernels->gather(rows, lanes, n, map->count ? map->mean + f : NULL, map->count ? map->scale + f : NULL,
                              out + f * LS_PANEL);
    }
}

/* Rows of one sample panel, transposed and normalised; lanes behind the last row are 0. */
static void gather_panel(ls_pass *pass, const ls_batch *batch, int64_t panel)
{
    const ls_network *network = pass->network;
    const ls_affine *map = &network->feature_map;
    const int64_t first = panel * LS_PANEL, left = batch->rows - first;
    const int lanes = (int)(left < LS_PANEL ? left : LS_PANEL);
    float *out = pass->input + panel * (network->features + 1) * LS_PANEL;
    if (batch->widen || map->factor)
        gather_made(pass, batch, first, lanes, out);
    else
        pass->kernels->gather(batch->x + first, lanes, network->features, map->count ? map->mean : NULL,
                              map->count ? map->scale : NULL, out);
    for (int64_t r = first; batch->y && network->target_map.count && r < first + lanes; r++) {
        for (int64_t j = 0; j < network->outputs; j++)
            pass->target[r * network->outputs + j] = ls_affine_forward(&network->target_map, j, batch->y[r][j]);
    }
}

void ls_pass_forward(ls_pass *pass, const ls_pass_run *run, const ls_pass_share *s, int thread)
{
    const double start = thread == 0 ? ls_clock() : 0;
    for (int64_t p = s->own_first; p < s->own_last; p++)
        gather_panel(pass, run->batch, p);
    if (thread == 0)
        pass->gather_seconds = ls_clock() - start;
    ls_pass_meet(s);
    for (int l = 0; l < pass->network->count; l++) {
        const ls_layer *layer = &pass->network->layers[l];
        for (int m = layer->matrix; m < layer->matrix + layer->matrices; m++)
            if (pass->network->matrix[m].inputs == 0) /* kernels are waited for part by part */
                ls_pass_await(run, s, ls_pass_end_of(&pass->network->matrix[m], pass->network->matrix[m].units));
        pass->network->layers[l].kind->operations->forward(pass, run, l, s);
        ls_pass_look_beside(run, thread);
        ls_pass_meet(s);
    }
}

void ls_pass_clear(const ls_batch *batch, int64_t p, int64_t units, float *panel)
{
    const uint32_t lanes = ls_pass_batch_lanes(batch, p);
    for (int lane = 0; batch->lanes && lane < LS_PANEL; lane++)
        for (int64_t u = 0; !(lanes >> lane & 1) && u < units; u++)
            panel[u * LS_PANEL + lane] = 0.0f;
}

/* The rows' losses and gradients times their weights, as Keras scales them. */
static void weigh(const float *weight, int lanes, int64_t outputs, double *value, float *d)
{
    for (int l = 0; l < lanes; l++)
        value[l] *= (double)weight[l];
    for (int64_t j = 0; d && j < outputs; j++)
        for (int l = 0; l < lanes; l++)
            d[j * LS_PANEL + l] *= weight[l];
}

/* What the rows of panel p add to the metrics. */
static void measure(ls_pass *pass, int64_t p, int lanes, const ls_targets *targets, double *sums)
{
    const ls_metric_task *task = &pass->task;
    const ls_network *network = pass->network;
    const int64_t n = network->outputs * LS_PANEL;
    const float *out = pass->layers[network->count - 1].output + p * (n + LS_PANEL), *chances = out;
    if (pass->chances) {
        float *linked = pass->chances + p * n;
        memcpy(linked, out, (size_t)n * sizeof *linked);
        pass->kernels->activate(task->link, NULL, network->outputs, linked);
        chances = linked;
    }
    ls_metrics_panel(&network->metrics, task, lanes, out, chances, targets, sums);
    if (pass->cells)
        ls_metrics_panel_cells(&network->metrics, task, lanes, out, targets,
                               pass->cells + p * LS_PANEL * network->metrics.row_cells);
}

/* Places without a row are counted nowhere. */
static void leave_out(ls_pass *pass, const ls_batch *batch, int64_t first, int lanes)
{
    const int64_t cells = pass->network->metrics.row_cells;
    for (int64_t r = first; batch->lanes && pass->cells && r < first + lanes; r++)
        for (int64_t i = 0; !ls_pass_batch_has(batch, r) && i < cells; i++)
            pass->cells[r * cells + i] = -1;
}

void ls_pass_score(ls_pass *pass, const ls_batch *batch, const ls_pass_share *s)
{
    const ls_network *network = pass->network;
    const int64_t outputs = network->outputs;
    const int width = network->metrics.width;
    const float *a = pass->layers[network->count - 1].output;
    for (int64_t p = s->own_first; p < s->own_last; p++) {
        const int64_t r = p * LS_PANEL;
        const int lanes = (int)(batch->rows - r < LS_PANEL ? batch->rows - r : LS_PANEL);
        const ls_targets raw = {batch->y ? batch->y + r : NULL, batch->label ? batch->label + r : NULL};
        const ls_targets mapped = {network->target_map.count ? (const float *const *)pass->target_rows + r : raw.y,
                                   raw.label};
        double value[LS_PANEL];
        float *d = pass->training ? pass->flow[0] + p * pass->flow_units * LS_PANEL : NULL;
        pass->kernels->loss(&network->loss.numbers, outputs, lanes, pass->z + p * outputs * LS_PANEL,
                            a + p * (outputs + 1) * LS_PANEL, &mapped, value, d);
        if (batch->weight)
            weigh(batch->weight + r, lanes, outputs, value, d);
        if (d)
            ls_pass_clear(batch, p, outputs, d);
        double *sums = pass->row_sums + r * width;
        measure(pass, p, lanes, &raw, sums);
        leave_out(pass, batch, r, lanes);
        for (int lane = 0; lane < lanes; lane++)
            sums[lane * width] = value[lane];
    }
}
