/* Buffers of a pass: what its size follows from, and making and freeing them. */
#include "model/layer_kinds.h"
#include "model/pass_internal.h"

#include "base/memory.h"
#include "base/tree.h"

#include <string.h>

static const float one[LS_PANEL] = {1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1};

static int64_t widest_flow(const ls_network *network)
{
    int64_t widest = 1;
    for (int l = 0; l < network->count; l++)
        widest = network->layers[l].units > widest ? network->layers[l].units : widest;
    return widest;
}

/* Whether metrics need outputs with the loss' link applied. */
static bool links(const ls_network *network)
{
    const ls_metric_task task = ls_network_task(network);
    return network->metrics.chances && task.chances && task.link != LS_LINEAR;
}

/* The first layer with weights: nothing flows below it. */
static int first_trained(const ls_network *network)
{
    int l = 0;
    while (network->layers[l].matrices == 0)
        l++;
    return l;
}

int64_t ls_pass_bytes(const ls_network *network, const ls_kernels *kernels, int threads, int64_t max_rows,
                      ls_pass_purpose purpose)
{
    const bool training = purpose != LS_PASS_SCORE;
    const int64_t panels = (max_rows + LS_PANEL - 1) / LS_PANEL;
    int64_t fixed = training ? 4 * ls_network_statistics(network) + 8 * ls_pass_exchanged(network) : 0;
    int64_t per_row = 4 * (network->features + 1) + 8 * network->metrics.width + 4 * network->metrics.row_cells;
    per_row += links(network) ? 4 * network->outputs : 0;
    for (int l = 0; l < network->count; l++) {
        const ls_layer *layer = &network->layers[l];
        const ls_layer_operations *o = layer->kind->operations;
        per_row += 4 * (layer->units + 1) + (o->row_bytes ? o->row_bytes(layer, training) : 0);
        fixed += o->bytes ? o->bytes(layer, training) : 0;
    }
    for (int m = 0; training && m < network->trainable_matrices; m++)
        per_row += 4 * network->matrix[m].panels * LS_PANEL;
    if (training)
        per_row += 2 * 4 * widest_flow(network);
    per_row += 4 * network->outputs;
    if (network->target_map.count)
        per_row += 4 * network->outputs + (int64_t)sizeof(float *);
    if (purpose == LS_PASS_TRAIN_BFLOAT16) {
        per_row += ls_operands_row_bytes(network, kernels->bfloat16.values);
        fixed += ls_operands_bytes(network, kernels->bfloat16.values, first_trained(network));
    }
    const int64_t scratch = training ? threads * ls_gradient_scratch(max_rows) * (int64_t)sizeof(float) : 0;
    return panels * LS_PANEL * per_row + fixed + scratch;
}

/* Sets the row of ones behind the `units` rows of every panel. */
static void set_ones(float *panels, int64_t count, int64_t units)
{
    for (int64_t p = 0; p < count; p++)
        memcpy(panels + (p * (units + 1) + units) * LS_PANEL, one, sizeof one);
}

static ls_status allocate_layer(ls_pass *pass, int l)
{
    const ls_layer *layer = &pass->network->layers[l];
    ls_layer_buffers *buffers = &pass->layers[l];
    LS_TRY(ls_memory_allocate(&buffers->output, pass->max_panels * LS_PANEL * (layer->units + 1), sizeof(float),
                              "activations"));
    set_ones(buffers->output, pass->max_panels, layer->units);
    return layer->kind->operations->allocate ? layer->kind->operations->allocate(pass, l) : LS_OK;
}

static ls_status allocate_deltas(ls_pass *pass)
{
    const ls_network *network = pass->network;
    const int64_t lanes = pass->max_panels * LS_PANEL;
    LS_TRY(ls_memory_allocate(&pass->delta, network->trainable_matrices, sizeof *pass->delta, "deltas"));
    for (int m = 0; m < network->trainable_matrices; m++)
        LS_TRY(
            ls_memory_allocate(&pass->delta[m], lanes * network->matrix[m].panels * LS_PANEL, sizeof(float), "deltas"));
    return LS_OK;
}

/* Who reads whom: a delta is complete, and can be masked in the tile that makes it, where one layer alone reads it. */
static void link_layers(ls_pass *pass)
{
    const ls_network *network = pass->network;
    for (int l = 0; l < network->count; l++) {
        const ls_layer *layer = &network->layers[l];
        if (layer->input[1] != layer->input[0] && layer->input[1] != LS_FEATURES)
            pass->layers[layer->input[1]].joins = true;
    }
    for (int l = 0; l + 1 < network->count; l++)
        pass->layers[l].masked = ls_layer_is_relu(&network->layers[l]) && network->layers[l + 1].kind->masks &&
                                 network->layers[l + 1].input[0] == l && !pass->layers[l].joins;
    pass->fused = ls_loss_fused(&network->loss);
    pass->first_trained = first_trained(network);
}

ls_status ls_pass_create(const ls_network *network, const ls_kernels *kernels, int threads, int64_t max_rows,
                         ls_pass_purpose purpose, ls_pass **pass)
{
    ls_pass *p;
    ls_status status = LS_OK;
    *pass = NULL;
    LS_TRY(ls_memory_allocate(&p, 1, sizeof *p, "pass"));
    p->network = network;
    p->task = ls_network_task(network);
    p->kernels = kernels;
    p->threads = threads;
    p->max_panels = (max_rows + LS_PANEL - 1) / LS_PANEL;
    const bool training = purpose != LS_PASS_SCORE;
    p->training = training;
    const int64_t lanes = p->max_panels * LS_PANEL;
    LS_TRY_CLEANUP(ls_memory_allocate(&p->layers, network->count, sizeof *p->layers, "layers"));
    LS_TRY_CLEANUP(ls_memory_allocate(&p->input, lanes * (network->features + 1), sizeof(float), "batch"));
    set_ones(p->input, p->max_panels, network->features);
    for (int l = 0; l < network->count; l++)
        LS_TRY_CLEANUP(allocate_layer(p, l));
    LS_TRY_CLEANUP(ls_memory_allocate(&p->z, lanes * network->outputs, sizeof(float), "outputs"));
    if (training) {
        LS_TRY_CLEANUP(allocate_deltas(p));
        p->flow_units = widest_flow(network);
        for (int i = 0; i < 2; i++)
            LS_TRY_CLEANUP(ls_memory_allocate(&p->flow[i], lanes * p->flow_units, sizeof(float), "deltas"));
        p->scratch_each = ls_gradient_scratch(lanes);
        LS_TRY_CLEANUP(ls_memory_allocate(&p->scratch, threads * p->scratch_each, sizeof(float), "gradient blocks"));
        LS_TRY_CLEANUP(ls_memory_allocate(&p->statistics, ls_network_statistics(network), sizeof(float), "statistics"));
        LS_TRY_CLEANUP(ls_memory_allocate(&p->unit_sums, ls_pass_exchanged(network), sizeof(double), "statistics"));
    }
    if (network->target_map.count) {
        LS_TRY_CLEANUP(ls_memory_allocate(&p->target, lanes * network->outputs, sizeof(float), "targets"));
        LS_TRY_CLEANUP(ls_memory_allocate(&p->target_rows, lanes, sizeof *p->target_rows, "targets"));
        for (int64_t r = 0; r < lanes; r++)
            p->target_rows[r] = p->target + r * network->outputs;
    }
    LS_TRY_CLEANUP(ls_memory_allocate(&p->row_sums, lanes * network->metrics.width, sizeof(double), "row sums"));
    if (links(network))
        LS_TRY_CLEANUP(ls_memory_allocate(&p->chances, lanes * network->outputs, sizeof(float), "outputs"));
    if (network->metrics.row_cells > 0)
        LS_TRY_CLEANUP(ls_memory_allocate(&p->cells, lanes * network->metrics.row_cells, sizeof *p->cells, "counts"));
    LS_TRY_CLEANUP(ls_memory_allocate(&p->shard_sums, (LS_TREE_MAX_NODES + 1) * (int64_t)network->metrics.width,
                                      sizeof(double), "shard sums"));
    for (int m = 0; m < network->trainable_matrices; m++)
        if (network->matrix[m].inputs > 0)
            p->row_floats += network->matrix[m].inputs + network->matrix[m].units;
    link_layers(p);
    if (purpose == LS_PASS_TRAIN_BFLOAT16)
        LS_TRY_CLEANUP(ls_operands_create(network, kernels, p->max_panels, p->first_trained, &p->operands));
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
        ls_memory_free(pass->layers[l].z);
        ls_memory_free(pass->layers[l].keep);
        ls_memory_free(pass->layers[l].around);
        ls_memory_free(pass->layers[l].units);
        ls_memory_free(pass->layers[l].statistics);
    }
    for (int m = 0; pass->delta && m < pass->network->trainable_matrices; m++)
        ls_memory_free(pass->delta[m]);
    ls_operands_destroy(pass->operands);
    ls_memory_free(pass->delta);
    ls_memory_free(pass->layers);
    ls_memory_free(pass->input);
    ls_memory_free(pass->z);
    ls_memory_free(pass->flow[0]);
    ls_memory_free(pass->flow[1]);
    ls_memory_free(pass->statistics);
    ls_memory_free(pass->unit_sums);
    ls_memory_free(pass->scratch);
    ls_memory_free(pass->target);
    ls_memory_free(pass->target_rows);
    ls_memory_free(pass->row_sums);
    ls_memory_free(pass->chances);
    ls_memory_free(pass->cells);
    ls_memory_free(pass->shard_sums);
    ls_memory_free(pass);
}

double ls_pass_gather_seconds(const ls_pass *pass)
{
    return pass->gather_seconds;
}
