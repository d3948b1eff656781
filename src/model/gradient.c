/* Weight gradients: sums over a batch's rows, shard by shard and up the tree, block by block of a layer's weights. */
#include "model/pass_internal.h"

#include "base/tree.h"

#include <string.h>

/* Samples whose deltas (of two output panels) stay in L1 while a block's tiles pass by. More samples are taken in parts
 * that are subtrees of the tree. */
enum { SAMPLES_IN_L1 = 256 };

/* Parts of a subtree's shards, a power of two. */
static int64_t parts_of(const int64_t *shard_rows, int64_t shards)
{
    int64_t parts = 1;
    while (parts < shards && shard_rows[shards] - shard_rows[0] > SAMPLES_IN_L1 * parts)
        parts *= 2;
    return parts;
}

int64_t ls_gradient_scratch(int64_t max_rows)
{
    int64_t levels = 3; /* the result, a stack of parts, and the part that is computed */
    while (max_rows > (int64_t)SAMPLES_IN_L1 << (levels - 3))
        levels++;
    return levels * LS_BLOCK_FLOATS;
}

/* out[panel][input row from b->first on][16], panels `stride` apart. */
static void compute(const ls_gradient_block *b, const int64_t *shard_rows, int64_t shards, float *out, int64_t stride,
                    const ls_ahead *ahead)
{
    const int64_t outputs = b->units < b->panels * LS_PANEL ? b->units : b->panels * LS_PANEL;
    b->kernel(b->x, b->x_stride, b->delta, b->delta_stride, shard_rows, shards, outputs, b->first, b->last,
              out - b->first * LS_PANEL, stride, ahead);
}

void ls_gradient_sum(const ls_pass *pass, const ls_gradient_block *b, const int64_t *shard_rows, int64_t shards,
                     float *out, int64_t stride, const ls_ahead *ahead, float *scratch)
{
    const int64_t parts = parts_of(shard_rows, shards), each = shards / parts;
    if (parts == 1) {
        compute(b, shard_rows, shards, out, stride, ahead);
        return;
    }
    const int64_t panel = (b->last - b->first) * LS_PANEL;
    int depth = 0;
    for (int64_t q = 0; q < parts; q++, depth++) {
        compute(b, shard_rows + q * each, each, scratch + (int64_t)depth * LS_BLOCK_FLOATS, panel,
                q == 0 ? ahead : NULL);
        /* A binary counter, as in the tile: what is on the stack is the lower. */
        for (int level = 0; q >> level & 1; level++, depth--) {
            float *upper = scratch + (int64_t)depth * LS_BLOCK_FLOATS, *lower = upper - LS_BLOCK_FLOATS;
            const bool all = q == parts - 1 && depth == 1;
            for (int64_t p = 0; p < b->panels; p++)
                pass->kernels->add(panel, lower + p * panel, upper + p * panel,
                                   all ? out + p * stride : lower + p * panel);
        }
    }
}

/* All subtrees of one block: into the caller's gradients, or handed over piece by piece. */
static void finish_block(const ls_pass *pass, const ls_batch_shards *shards, const ls_gradient_sink *sink,
                         const ls_gradient_block *b, float *scratch)
{
    const int64_t at = b->at + b->first * LS_PANEL, panel = (b->last - b->first) * LS_PANEL;
    if (sink->apply) {
        ls_ahead ahead = sink->ahead;
        ls_pass_ahead_place(&ahead, b->at, b->stride);
        ls_gradient_sum(pass, b, shards->shard_rows, shards->shards, scratch, panel, &ahead, scratch + LS_BLOCK_FLOATS);
        for (int64_t p = 0; p < b->panels; p++)
            sink->apply(sink->user, at + p * b->stride, panel, ls_pass_lanes(b, p), scratch + p * panel);
        return;
    }
    const int64_t *shard_rows = shards->shard_rows;
    for (int k = 0; k < shards->nodes; k++) {
        ls_gradient_sum(pass, b, shard_rows, shards->node_shards[k], sink->gradients[k] + at, b->stride, NULL, scratch);
        shard_rows += shards->node_shards[k];
    }
}

ls_gradient_block ls_gradient_block_of(const ls_pass *pass, int matrix, int64_t panel, int64_t panels, int64_t first,
                                       int64_t last)
{
    const ls_matrix *m = &pass->network->matrix[matrix];
    const ls_layer *layer = &pass->network->layers[m->layer];
    const int64_t stride = ls_matrix_rows(m) * LS_PANEL;
    ls_gradient_block block = {
        /* behind the values that the layer reads there is a row of ones */
        .x = ls_pass_layer_input(pass, m->layer) + (layer->inputs - m->inputs) * LS_PANEL,
        .x_stride = (layer->inputs + 1) * LS_PANEL,
        .delta_stride = pass->max_panels * LS_PANEL * LS_PANEL,
        .kernel = pass->kernels->weight_gradient,
        .at = m->offset + panel * stride,
        .stride = stride,
        .panels = panels,
        .units = m->units - panel * LS_PANEL,
        .first = first,
        .last = last,
    };
    if (pass->operands && m->inputs > 0) {
        const ls_dense_operands *o = &pass->operands->layer[m->layer];
        block.x = o->rows;
        block.x_stride = o->rows_stride;
        block.delta_stride /= pass->operands->values;
        block.kernel = pass->kernels->bfloat16.weight_gradient;
    }
    block.delta = pass->delta[matrix] + panel * block.delta_stride;
    return block;
}

int64_t ls_gradient_row_at(int64_t work, int64_t rows, int64_t panels)
{
    const int64_t row = work <= 0 ? 0 : (work + panels - 1) / panels;
    return row < rows ? row : rows;
}

/* A thread's share of a matrix: panels [first_panel, last_panel), and of the line of their weight rows [begin, end). */
typedef struct share {
    int64_t first_panel, last_panel, begin, end;
} share;

/* Where the forward pass goes by output: every matrix is shared, by the same whole panels, whose weights so stay with
 * the thread, if that divides to within a fiftieth, else to the row. Where it goes by rows, all in a line are,
 * so that a thread reads the samples of few layers. */
static share share_of(const ls_matrix *matrix, bool by_output, int64_t everything, int thread, int team)
{
    const int64_t panels = matrix->panels, all = ls_matrix_rows(matrix) * panels;
    const int64_t before = matrix->offset / LS_PANEL; /* the line's part in front of it */
    if (!by_output)
        return (share){0, panels, everything * thread / team - before, everything * (thread + 1) / team - before};
    if (panels % team == 0 || panels >= 50 * (int64_t)team)
        return (share){panels * thread / team, panels * (thread + 1) / team, 0, all};
    return (share){0, panels, all * thread / team, all * (thread + 1) / team};
}

/* The work of a matrix is a line of weight rows (16 outputs of one input): input rows block by block (so that these of
 * x stay in L2), each block over all output panels. Every element is summed by one thread. */
static void share_matrix(const ls_pass *pass, const ls_batch_shards *shards, const ls_gradient_sink *sink, int matrix,
                         const share *s, float *scratch)
{
    const int64_t rows = ls_matrix_rows(&pass->network->matrix[matrix]);
    int64_t done = 0;
    for (int64_t from = 0; from < rows && done < s->end; from += LS_BLOCK_INPUTS) {
        const int64_t height = rows - from < LS_BLOCK_INPUTS ? rows - from : LS_BLOCK_INPUTS;
        for (int64_t panel = s->first_panel; panel < s->last_panel; panel += LS_BLOCK_PANELS) {
            const int64_t left = s->last_panel - panel, panels = left < LS_BLOCK_PANELS ? left : LS_BLOCK_PANELS;
            const ls_gradient_block b = ls_gradient_block_of(pass, matrix, panel, panels,
                                                             from + ls_gradient_row_at(s->begin - done, height, panels),
                                                             from + ls_gradient_row_at(s->end - done, height, panels));
            if (b.first < b.last)
                finish_block(pass, shards, sink, &b, scratch);
            done += height * panels;
        }
    }
}

void ls_gradient_share(const ls_pass *pass, const ls_batch_shards *shards, const ls_gradient_sink *sink, int thread,
                       int team)
{
    const ls_network *network = pass->network;
    const bool by_output = ls_pass_by_output(pass, shards->shard_rows[shards->shards]);
    for (int m = 0; m < network->trainable_matrices; m++) {
        const share s = share_of(&network->matrix[m], by_output, network->trainable / LS_PANEL, thread, team);
        share_matrix(pass, shards, sink, m, &s, pass->scratch + pass->scratch_each * thread);
    }
}

void ls_gradient_sums(const ls_pass *pass, const ls_batch *batch, const ls_batch_shards *shards, double *sums)
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
                if (!ls_pass_batch_has(batch, r))
                    continue;
                for (int i = 0; i < width; i++)
                    value[i] += pass->row_sums[r * width + i];
            }
            ls_tree_stack_push(&stack, leaf, value);
        }
        memcpy(sums + (int64_t)k * width, stack.values, (size_t)width * sizeof *sums);
    }
}
