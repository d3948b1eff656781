/* Networks: construction, initial weights, and tensors in and out of the panel layout. */
#include "model/network.h"

#include "base/fpenv.h"
#include "base/memory.h"
#include "base/philox.h"

#include <math.h>

ls_status ls_network_create(const char *layers, int64_t features, ls_network **network)
{
    *network = NULL;
    ls_network *n;
    LS_TRY(ls_memory_allocate(&n, 1, sizeof *n, "network"));
    ls_status status = ls_layers_parse(layers, features, &n->layers, &n->count);
    if (status != LS_OK) {
        ls_network_destroy(n);
        return status;
    }
    n->features = features;
    n->outputs = n->layers[n->count - 1].units;
    n->loss = LS_MEAN_SQUARED_ERROR;
    n->metrics.width = 1;
    for (int l = 0; l < n->count; l++) {
        const ls_layer *layer = &n->layers[l];
        if (layer->kind != LS_LAYER_DENSE)
            continue;
        n->block += layer->panels * ls_layer_weight_rows(layer) * LS_PANEL;
        n->parameters += layer->units * ls_layer_weight_rows(layer);
        n->variables += layer->bias ? 2 : 1;
    }
    *network = n;
    return LS_OK;
}

void ls_network_destroy(ls_network *network)
{
    if (!network)
        return;
    ls_affine_free(&network->feature_map);
    ls_affine_free(&network->target_map);
    ls_memory_free(network->fill);
    ls_memory_free(network->classes);
    ls_memory_free(network->layers);
    ls_memory_free(network);
}

bool ls_network_regularized(const ls_network *network)
{
    for (int l = 0; l < network->count; l++)
        for (int t = 0; t < LS_LAYER_TENSORS; t++)
            if (ls_regularizer_is_set(&network->layers[l].regularizer[t]))
                return true;
    return false;
}

bool ls_network_constrained(const ls_network *network, ls_constraint_kind kind)
{
    for (int l = 0; l < network->count; l++)
        for (int t = 0; t < LS_LAYER_TENSORS; t++)
            if (network->layers[l].constraint[t].kind == kind)
                return true;
    return false;
}

void ls_network_initialize(const ls_network *network, uint32_t seed, float *block)
{
    const ls_fpenv saved = ls_fpenv_enter();
    for (int l = 0; l < network->count; l++) {
        const ls_layer *layer = &network->layers[l];
        if (layer->kind != LS_LAYER_DENSE)
            continue;
        const float limit = (float)sqrt(6.0 / ((double)layer->inputs + (double)layer->units));
        for (int64_t panel = 0; panel < layer->panels; panel++) {
            float *w = block + layer->offset + panel * ls_layer_weight_rows(layer) * LS_PANEL;
            int64_t used = layer->units - panel * LS_PANEL < LS_PANEL ? layer->units - panel * LS_PANEL : LS_PANEL;
            for (int64_t i = 0; i < layer->inputs; i++) {
                uint32_t words[4];
                for (int64_t o = 0; o < used; o++) {
                    if (o % 4 == 0)
                        ls_philox_unit(seed, LS_PURPOSE_INITIALIZER, (uint32_t)(panel * LS_PANEL + o), (uint32_t)l, i,
                                       0, words);
                    w[i * LS_PANEL + o] = ((float)(words[o % 4] >> 8) * 0x1p-23f - 1.0f) * limit;
                }
            }
        }
    }
    ls_fpenv_leave(saved);
}

ls_tensor ls_network_tensor(const ls_network *network, int index)
{
    for (int l = 0; l < network->count; l++) {
        const ls_layer *layer = &network->layers[l];
        if (layer->kind != LS_LAYER_DENSE)
            continue;
        if (index == 0)
            return (ls_tensor){l, false, layer->inputs, layer->units};
        if (layer->bias && index == 1)
            return (ls_tensor){l, true, 1, layer->units};
        index -= layer->bias ? 2 : 1;
    }
    return (ls_tensor){-1, false, 0, 0};
}

ls_tensor ls_network_tensor_at(const ls_network *network, int64_t at, int64_t *last)
{
    int l = network->count - 1;
    while (network->layers[l].kind != LS_LAYER_DENSE || network->layers[l].offset > at)
        l--;
    const ls_layer *layer = &network->layers[l];
    const int64_t panel = ls_layer_weight_rows(layer) * LS_PANEL, kernel = layer->inputs * LS_PANEL;
    const int64_t within = (at - layer->offset) % panel;
    const bool is_bias = within >= kernel;
    *last = at - within + (is_bias ? panel : kernel);
    return (ls_tensor){l, is_bias, is_bias ? 1 : layer->inputs, layer->units};
}

/* Address of element (row, column) of a tensor in a block. */
static int64_t place(const ls_layer *layer, const ls_tensor *tensor, int64_t row, int64_t column)
{
    int64_t weight_row = tensor->is_bias ? layer->inputs : row;
    return layer->offset + (column / LS_PANEL * ls_layer_weight_rows(layer) + weight_row) * LS_PANEL +
           column % LS_PANEL;
}

void ls_network_unpack(const ls_network *network, int index, const float *block, float *values)
{
    const ls_tensor tensor = ls_network_tensor(network, index);
    const ls_layer *layer = &network->layers[tensor.layer];
    for (int64_t r = 0; r < tensor.rows; r++) {
        for (int64_t c = 0; c < tensor.columns; c++)
            values[r * tensor.columns + c] = block[place(layer, &tensor, r, c)];
    }
}

void ls_network_pack(const ls_network *network, int index, const float *values, float *block)
{
    const ls_tensor tensor = ls_network_tensor(network, index);
    const ls_layer *layer = &network->layers[tensor.layer];
    for (int64_t r = 0; r < tensor.rows; r++) {
        for (int64_t c = 0; c < tensor.columns; c++)
            block[place(layer, &tensor, r, c)] = values[r * tensor.columns + c];
    }
}

ls_metric_task ls_network_task(const ls_network *network)
{
    const ls_activation fused = ls_loss_fused_activation(network->loss);
    const ls_metric_task task = {
        .loss = ls_loss_name(network->loss),
        .outputs = network->outputs,
        .classes = fused == LS_SOFTMAX   ? LS_CLASSES_ONE
                   : fused == LS_SIGMOID ? LS_CLASSES_EACH
                                         : LS_CLASSES_NONE,
        .labels = ls_network_sparse(network),
        .yes = 0.5f,
        .target = &network->target_map,
    };
    return ls_metrics_task(&network->metrics, &task);
}
