/* Weight gradients: sums over a batch's rows, shard by shard and up the tree. */
#include "model/pass_internal.h"

#include "base/tree.h"

#include <string.h>

/* The work is cut into weight rows (16 outputs of one input), all layers and panels in a line; a thread takes one
 * contiguous piece, so every element is summed by one thread and shares differ by a row at most. */
void ls_gradient_share(const ls_pass *pass, const ls_batch_shards *shards, float *const *gradients, int thread,
                       int team)
{
    const ls_network *network = pass->network;
    const int64_t total = network->block / LS_PANEL;
    const int64_t begin = total * thread / team, end = total * (thread + 1) / team;
    const int64_t panel_rows = pass->max_panels * LS_PANEL;

    for (int l = 0; l < network->count; l++) {
        const ls_layer *layer = &network->layers[l];
        if (layer->kind != LS_LAYER_DENSE)
            continue;
        const float *x = ls_pass_layer_input(pass, l);
        const int64_t rows = ls_layer_weight_rows(layer);
        for (int64_t panel = 0; panel < layer->panels; panel++) {
            const int64_t at = layer->offset / LS_PANEL + panel * rows;
            const int64_t first = begin > at ? begin - at : 0;
            const int64_t last = end - at < rows ? end - at : rows;
            if (first >= last)
                continue;
            const float *d = pass->layers[l].delta + panel * panel_rows * LS_PANEL;
            const int64_t *shard_rows = shards->shard_rows;
            for (int k = 0; k < shards->nodes; k++) {
                pass->kernels->weight_gradient(x, (layer->inputs + 1) * LS_PANEL, d, shard_rows, shards->node_shards[k],
                                               first, last, gradients[k] + at * LS_PANEL);
                shard_rows += shards->node_shards[k];
            }
        }
    }
}

void ls_gradient_sums(const ls_pass *pass, const ls_batch_shards *shards, double *sums)
{
    const int width = pass->network->metrics.width;
    double *value = pass->shard_sums;
    int64_t shard = 0;
    for (int k = 0; k < shards->nodes; k++) {
        ls_tree_stack stack;
        ls_tree_stack_start(&stack, width, pass->shard_sums + width);
        for (int64_t leaf = 0; leaf < shards->node_shards[k]; leaf++, shard++) {
            memset(value, 0, (size_t)width * sizeof *value);
            for (int64_t r = shards->shard_rows[shard]; r < shards->shard_rows[shard + 1]; r++) {
                for (int i = 0; i < width; i++)
                    value[i] += pass->row_sums[r * width + i];
            }
            ls_tree_stack_push(&stack, leaf, value);
        }
        memcpy(sums + (int64_t)k * width, stack.values, (size_t)width * sizeof *sums);
    }
}
