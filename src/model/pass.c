/* Rows through the layers, forwards and back. Each sample panel is independent of the others all the way, so with at
 * least as many panels as threads a thread takes its own panels from gathering to the last delta without a barrier;
 * with fewer panels the threads of a panel also share out its outputs, and meet after each layer. */
#include "model/pass_internal.h"

#include "base/clock.h"
#include "base/fpenv.h"
#include "base/memory.h"
#include "base/tree.h"

#include <math.h>
#include <omp.h>
#include <string.h>

/* A thread more pays only if it saves more than a barrier costs; a share of 2e5 multiply-adds is about 4 us. */
#define WORK_PER_THREAD 2e5

static const float one[LS_PANEL] = {1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1};

/* ---- buffers ---- */

static int64_t widest_flow(const ls_network *network)
{
    int64_t widest = 1;
    for (int l = 0; l < network->count; l++)
        widest = network->layers[l].units > widest ? network->layers[l].units : widest;
    return widest;
}

int64_t ls_pass_bytes(const ls_network *network, int64_t max_rows, bool training)
{
    const int64_t panels = (max_rows + LS_PANEL - 1) / LS_PANEL;
    int64_t per_row = 4 * (network->features + 1) + 8 * network->metrics.width;
    for (int l = 0; l < network->count; l++) {
        const ls_layer *layer = &network->layers[l];
        per_row += 4 * (layer->units + 1);
        if (training)
            per_row += layer->kind == LS_LAYER_DENSE ? 4 * layer->panels * LS_PANEL : layer->units;
    }
    if (training)
        per_row += 2 * 4 * widest_flow(network);
    per_row += 4 * network->outputs;
    if (network->target_map.count)
        per_row += 4 * network->outputs + (int64_t)sizeof(float *);
    return panels * LS_PANEL * per_row;
}

/* Sets the row of ones behind the `units` rows of every panel. */
static void set_ones(float *panels, int64_t count, int64_t units)
{
    for (int64_t p = 0; p < count; p++)
        memcpy(panels + (p * (units + 1) + units) * LS_PANEL, one, sizeof one);
}

static ls_status allocate_layer(ls_pass *pass, const ls_layer *layer, ls_layer_buffers *buffers)
{
    const int64_t lanes = pass->max_panels * LS_PANEL;
    LS_TRY(ls_memory_allocate(&buffers->output, lanes * (layer->units + 1), sizeof(float), "activations"));
    set_ones(buffers->output, pass->max_panels, layer->units);
    if (pass->training && layer->kind == LS_LAYER_DENSE)
        LS_TRY(ls_memory_allocate(&buffers->delta, lanes * layer->panels * LS_PANEL, sizeof(float), "deltas"));
    if (pass->training && layer->kind == LS_LAYER_DROPOUT)
        LS_TRY(ls_memory_allocate(&buffers->keep, lanes * layer->units, 1, "dropout masks"));
    return LS_OK;
}

ls_status ls_pass_create(const ls_network *network, const ls_kernels *kernels, int threads, int64_t max_rows,
                         bool training, ls_pass **pass)
{
    ls_pass *p;
    ls_status status = LS_OK;
    *pass = NULL;
    LS_TRY(ls_memory_allocate(&p, 1, sizeof *p, "pass"));
    p->network = network;
    p->kernels = kernels;
    p->threads = threads;
    p->max_panels = (max_rows + LS_PANEL - 1) / LS_PANEL;
    p->training = training;
    const int64_t lanes = p->max_panels * LS_PANEL;
    LS_TRY_CLEANUP(ls_memory_allocate(&p->layers, network->count, sizeof *p->layers, "layers"));
    LS_TRY_CLEANUP(ls_memory_allocate(&p->input, lanes * (network->features + 1), sizeof(float), "batch"));
    set_ones(p->input, p->max_panels, network->features);
    for (int l = 0; l < network->count; l++)
        LS_TRY_CLEANUP(allocate_layer(p, &network->layers[l], &p->layers[l]));
    LS_TRY_CLEANUP(ls_memory_allocate(&p->z, lanes * network->outputs, sizeof(float), "outputs"));
    if (training) {
        p->flow_units = widest_flow(network);
        for (int i = 0; i < 2; i++)
            LS_TRY_CLEANUP(ls_memory_allocate(&p->flow[i], lanes * p->flow_units, sizeof(float), "deltas"));
    }
    if (network->target_map.count) {
        LS_TRY_CLEANUP(ls_memory_allocate(&p->target, lanes * network->outputs, sizeof(float), "targets"));
        LS_TRY_CLEANUP(ls_memory_allocate(&p->target_rows, lanes, sizeof *p->target_rows, "targets"));
        for (int64_t r = 0; r < lanes; r++)
            p->target_rows[r] = p->target + r * network->outputs;
    }
    LS_TRY_CLEANUP(ls_memory_allocate(&p->row_sums, lanes * network->metrics.width, sizeof(double), "row sums"));
    LS_TRY_CLEANUP(ls_memory_allocate(&p->shard_sums, (LS_TREE_MAX_NODES + 1) * (int64_t)network->metrics.width,
                                      sizeof(double), "shard sums"));
    while (network->layers[p->first_dense].kind != LS_LAYER_DENSE)
        p->first_dense++;
    *pass = p;
    return LS_OK;
cleanup:
    ls_pass_destroy(p);
    return status;
}

void ls_pass_destroy(ls_pass *pass)
{
    if (!pass)
        return;
    for (int l = 0; pass->layers && l < pass->network->count; l++) {
        ls_memory_free(pass->layers[l].output);
        ls_memory_free(pass->layers[l].keep);
        ls_memory_free(pass->layers[l].delta);
    }
    ls_memory_free(pass->layers);
    ls_memory_free(pass->input);
    ls_memory_free(pass->z);
    ls_memory_free(pass->flow[0]);
    ls_memory_free(pass->flow[1]);
    ls_memory_free(pass->target);
    ls_memory_free(pass->target_rows);
    ls_memory_free(pass->row_sums);
    ls_memory_free(pass->shard_sums);
    ls_memory_free(pass);
}

double ls_pass_gather_seconds(const ls_pass *pass)
{
    return pass->gather_seconds;
}

/* ---- how threads share a pass ---- */

/* One thread's place: its sample panels [first, last), and its place among the `members` that share them. */
typedef struct team_share {
    int64_t first, last;
    int member, members;
    bool meets; /* some panels are shared, so all threads meet after each layer */
} team_share;

static team_share share_of(int64_t panels, int thread, int team)
{
    team_share s;
    const int groups = panels < team ? (int)(panels > 0 ? panels : 1) : team;
    const int group = thread % groups;
    s.first = panels * group / groups;
    s.last = panels * (group + 1) / groups;
    s.member = thread / groups;
    s.members = (team - group + groups - 1) / groups;
    s.meets = team > groups;
    return s;
}

static void meet(const team_share *s)
{
    if (s->meets) {
#pragma omp barrier
    }
}

/* This member's part [*begin, *end) of n things. */
static void part_of(const team_share *s, int64_t n, int64_t *begin, int64_t *end)
{
    *begin = n * s->member / s->members;
    *end = n * (s->member + 1) / s->members;
}

static int team_size(const ls_pass *pass, const ls_batch *batch)
{
    double work = (double)pass->network->block * (double)batch->rows * (pass->training ? 3 : 1);
    double useful = work / WORK_PER_THREAD;
    return useful >= pass->threads ? pass->threads : useful < 1 ? 1 : (int)useful;
}

/* ---- forward ---- */

/* Rows of one sample panel, transposed and normalised; lanes behind the last row are 0. */
static void gather_panel(ls_pass *pass, const ls_batch *batch, int64_t panel)
{
    const ls_network *network = pass->network;
    const int64_t features = network->features;
    float *x = pass->input + panel * (features + 1) * LS_PANEL;
    for (int lane = 0; lane < LS_PANEL; lane++) {
        const int64_t r = panel * LS_PANEL + lane;
        if (r >= batch->rows) {
            for (int64_t i = 0; i < features; i++)
                x[i * LS_PANEL + lane] = 0;
            continue;
        }
        const float *row = batch->x[r];
        if (network->feature_map.count) {
            for (int64_t i = 0; i < features; i++)
                x[i * LS_PANEL + lane] = ls_affine_forward(&network->feature_map, i, row[i]);
        } else {
            for (int64_t i = 0; i < features; i++)
                x[i * LS_PANEL + lane] = row[i];
        }
        if (batch->y && network->target_map.count) {
            for (int64_t j = 0; j < network->outputs; j++)
                pass->target[r * network->outputs + j] = ls_affine_forward(&network->target_map, j, batch->y[r][j]);
        }
    }
}

static void forward_dropout(ls_pass *pass, uint32_t seed, const ls_batch *batch, int l, const team_share *s)
{
    const ls_layer *layer = &pass->network->layers[l];
    const float *x = ls_pass_layer_input(pass, l);
    const int64_t stride = (layer->units + 1) * LS_PANEL;
    const double threshold = floor(layer->rate * 4294967296.0);
    const float scale = (float)(1 / (1 - layer->rate));
    for (int64_t p = s->first; p < s->last && s->member == 0; p++) {
        float *out = pass->layers[l].output + p * stride;
        if (!pass->training) {
            memcpy(out, x + p * stride, (size_t)(layer->units * LS_PANEL) * sizeof *out);
            continue;
        }
        int64_t rows[LS_PANEL] = {0};
        for (int lane = 0; lane < LS_PANEL && p * LS_PANEL + lane < batch->rows; lane++)
            rows[lane] = batch->row[p * LS_PANEL + lane];
        pass->kernels->dropout(seed, (uint32_t)l, batch->epoch, rows, (uint32_t)threshold, scale, layer->units,
                               x + p * stride, out, pass->layers[l].keep + p * layer->units * LS_PANEL);
    }
}

static void forward_dense(ls_pass *pass, const float *block, int l, const team_share *s)
{
    const ls_network *network = pass->network;
    const ls_layer *layer = &network->layers[l];
    const bool last = l == network->count - 1;
    const int64_t x_stride = (layer->inputs + 1) * LS_PANEL, a_stride = (layer->units + 1) * LS_PANEL;
    const int64_t z_stride = layer->units * LS_PANEL;
    const int64_t panel_floats = ls_layer_weight_rows(layer) * LS_PANEL;
    const float *x = ls_pass_layer_input(pass, l) + s->first * x_stride;
    float *a = pass->layers[l].output;
    int64_t begin, end;
    part_of(s, layer->panels, &begin, &end);
    for (int64_t panel = begin; panel < end; panel++) {
        const int64_t o = panel * LS_PANEL;
        const int64_t units = layer->units - o < LS_PANEL ? layer->units - o : LS_PANEL;
        pass->kernels->forward(x, x_stride, block + layer->offset + panel * panel_floats, layer->bias, layer->inputs,
                               (int)units, s->last - s->first, a + s->first * a_stride + o * LS_PANEL, a_stride);
        for (int64_t p = s->first; p < s->last; p++) {
            float *at = a + p * a_stride + o * LS_PANEL;
            if (last)
                memcpy(pass->z + p * z_stride + o * LS_PANEL, at, (size_t)(units * LS_PANEL) * sizeof *at);
            if (layer->activation != LS_SOFTMAX)
                pass->kernels->activate(layer->activation, units, at);
        }
    }
    if (layer->activation == LS_SOFTMAX) { /* over all units of a row: one member, when the others are done */
        meet(s);
        for (int64_t p = s->first; p < s->last && s->member == 0; p++)
            pass->kernels->activate(LS_SOFTMAX, layer->units, a + p * a_stride);
    }
}

/* This thread's panels through all layers. */
static void forward(ls_pass *pass, uint32_t seed, const float *block, const ls_batch *batch, const team_share *s,
                    int thread)
{
    const double start = thread == 0 ? ls_clock() : 0;
    for (int64_t p = s->first; p < s->last && s->member == 0; p++)
        gather_panel(pass, batch, p);
    if (thread == 0)
        pass->gather_seconds = ls_clock() - start;
    meet(s);
    for (int l = 0; l < pass->network->count; l++) {
        if (pass->network->layers[l].kind == LS_LAYER_DROPOUT)
            forward_dropout(pass, seed, batch, l, s);
        else
            forward_dense(pass, block, l, s);
        meet(s);
    }
}

/* Loss and metrics of this thread's panels into row_sums; the outputs' gradient into flow[0] when training. */
static void score(ls_pass *pass, const ls_batch *batch, const team_share *s)
{
    const ls_network *network = pass->network;
    const int64_t outputs = network->outputs;
    const int width = network->metrics.width;
    const float *a = pass->layers[network->count - 1].output;
    for (int64_t p = s->first; p < s->last && s->member == 0; p++) {
        const int64_t r = p * LS_PANEL;
        const int lanes = (int)(batch->rows - r < LS_PANEL ? batch->rows - r : LS_PANEL);
        const ls_targets raw = {batch->y ? batch->y + r : NULL, batch->label ? batch->label + r : NULL};
        const ls_targets mapped = {network->target_map.count ? (const float *const *)pass->target_rows + r : raw.y,
                                   raw.label};
        double value[LS_PANEL];
        ls_loss_panel(network->loss, outputs, lanes, pass->z + p * outputs * LS_PANEL, a + p * (outputs + 1) * LS_PANEL,
                      &mapped, value, pass->training ? pass->flow[0] + p * pass->flow_units * LS_PANEL : NULL);
        double *sums = pass->row_sums + r * width;
        ls_metrics_panel(&network->metrics, network->loss, &network->target_map, outputs, lanes,
                         a + p * (outputs + 1) * LS_PANEL, &raw, sums);
        for (int lane = 0; lane < lanes; lane++)
            sums[lane * width] = value[lane];
    }
}

/* ---- backward ---- */

static void backward_dense(ls_pass *pass, const float *block, int l, int *flow, const team_share *s)
{
    const ls_network *network = pass->network;
    const ls_layer *layer = &network->layers[l];
    const bool fused = l == network->count - 1 && ls_loss_fused_activation(network->loss) != LS_LINEAR;
    const int64_t flow_stride = pass->flow_units * LS_PANEL, a_stride = (layer->units + 1) * LS_PANEL;
    float *d = pass->flow[*flow];
    for (int64_t p = s->first; p < s->last && s->member == 0 && !fused; p++)
        pass->kernels->activate_backward(layer->activation, layer->units, pass->layers[l].output + p * a_stride,
                                         d + p * flow_stride);
    meet(s); /* so far the delta was member 0's alone, from the loss or through dropout */

    int64_t begin, end;
    part_of(s, layer->panels, &begin, &end);
    for (int64_t panel = begin; panel < end; panel++) {
        const int64_t o = panel * LS_PANEL;
        const int64_t units = layer->units - o < LS_PANEL ? layer->units - o : LS_PANEL;
        float *out = pass->layers[l].delta + (panel * pass->max_panels + s->first) * LS_PANEL * LS_PANEL;
        pass->kernels->transpose(d + s->first * flow_stride, flow_stride, o, (int)units, s->last - s->first, out);
    }
    if (l == pass->first_dense)
        return;
    part_of(s, layer->inputs, &begin, &end);
    pass->kernels->input_gradient(d + s->first * flow_stride, flow_stride, block + layer->offset,
                                  ls_layer_weight_rows(layer) * LS_PANEL, layer->units, begin, end, s->last - s->first,
                                  pass->flow[1 - *flow] + s->first * flow_stride, flow_stride);
    *flow = 1 - *flow;
    meet(s);
}

/* This thread's panels from the loss' gradient down to the first layer with weights. */
static void backward(ls_pass *pass, const float *block, const team_share *s)
{
    int flow = 0;
    for (int l = pass->network->count - 1; l >= pass->first_dense; l--) {
        const ls_layer *layer = &pass->network->layers[l];
        if (layer->kind == LS_LAYER_DENSE) {
            backward_dense(pass, block, l, &flow, s);
            continue;
        }
        for (int64_t p = s->first; p < s->last && s->member == 0; p++) {
            pass->kernels->dropout_backward((float)(1 / (1 - layer->rate)), layer->units,
                                            pass->layers[l].keep + p * layer->units * LS_PANEL,
                                            pass->flow[flow] + p * pass->flow_units * LS_PANEL);
        }
    }
}

/* ---- passes ---- */

static int64_t panels_of(const ls_batch *batch)
{
    return (batch->rows + LS_PANEL - 1) / LS_PANEL;
}

void ls_pass_predict(ls_pass *pass, const float *block, const ls_batch *batch, float *prediction)
{
    const ls_network *network = pass->network;
    const int64_t outputs = network->outputs;
    const float *a = pass->layers[network->count - 1].output;
#pragma omp parallel num_threads(team_size(pass, batch))
    {
        const ls_fpenv saved = ls_fpenv_enter();
        const team_share s = share_of(panels_of(batch), omp_get_thread_num(), omp_get_num_threads());
        forward(pass, 0, block, batch, &s, omp_get_thread_num());
        for (int64_t r = s.first * LS_PANEL; r < s.last * LS_PANEL && r < batch->rows && s.member == 0; r++) {
            for (int64_t j = 0; j < outputs; j++) {
                float value = a[(r / LS_PANEL * (outputs + 1) + j) * LS_PANEL + r % LS_PANEL];
                prediction[r * outputs + j] =
                    network->target_map.count ? ls_affine_inverse(&network->target_map, j, value) : value;
            }
        }
        ls_fpenv_leave(saved);
    }
}

void ls_pass_evaluate(ls_pass *pass, const float *block, const ls_batch *batch, double *sums)
{
    const int width = pass->network->metrics.width;
#pragma omp parallel num_threads(team_size(pass, batch))
    {
        const ls_fpenv saved = ls_fpenv_enter();
        const team_share s = share_of(panels_of(batch), omp_get_thread_num(), omp_get_num_threads());
        forward(pass, 0, block, batch, &s, omp_get_thread_num());
        score(pass, batch, &s);
        ls_fpenv_leave(saved);
    }
    const ls_fpenv saved = ls_fpenv_enter();
    for (int64_t r = 0; r < batch->rows; r++) {
        for (int i = 0; i < width; i++)
            sums[i] += pass->row_sums[r * width + i];
    }
    ls_fpenv_leave(saved);
}

void ls_pass_train(ls_pass *pass, uint32_t seed, const float *block, const ls_batch *batch,
                   const ls_batch_shards *shards, float *const *gradients, double *sums)
{
#pragma omp parallel num_threads(team_size(pass, batch))
    {
        const ls_fpenv saved = ls_fpenv_enter();
        const int thread = omp_get_thread_num(), team = omp_get_num_threads();
        const team_share s = share_of(panels_of(batch), thread, team);
        forward(pass, seed, block, batch, &s, thread);
        score(pass, batch, &s);
        backward(pass, block, &s);
#pragma omp barrier
        ls_gradient_share(pass, shards, gradients, thread, team);
        if (thread == 0)
            ls_gradient_sums(pass, shards, sums);
        ls_fpenv_leave(saved);
    }
}
