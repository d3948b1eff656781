/* Norm blocks: cutting the flat block, the lanes' chains, and the trees above them. */
#include "model/norms.h"

#include "base/fpenv.h"
#include "base/memory.h"
#include "base/tree.h"

#include <omp.h>
#include <string.h>

/* Fewer floats than this are summed by one thread: waking the others costs more. */
#define ALONE_BELOW 32768

/* ---- cutting ---- */

/* Appends one block; without an array it is counted only. */
static void add_block(ls_norms *norms, ls_norm_block block)
{
    if (norms->block) {
        norms->block[norms->count] = block;
        norms->cuts[norms->count + 1] = norms->cuts[norms->count] + block.rows * LS_PANEL;
    }
    norms->count++;
}

static void cut_panel(ls_norms *norms, const ls_matrix *m, int64_t panel)
{
    const int64_t column = panel * LS_PANEL, left = m->units - column;
    ls_norm_block b = {.lanes = (int32_t)(left < LS_PANEL ? left : LS_PANEL), .lane = (int32_t)column};
    for (int64_t row = 0; row < m->inputs; row += LS_NORM_ROWS) {
        b.tensor = m->variable;
        b.rows = (int32_t)(m->inputs - row < LS_NORM_ROWS ? m->inputs - row : LS_NORM_ROWS);
        add_block(norms, b);
    }
    if (m->vector >= 0) {
        b.tensor = m->variable + (m->inputs > 0 ? 1 : 0);
        b.rows = 1;
        add_block(norms, b);
    }
}

static void cut(ls_norms *norms)
{
    const ls_network *network = norms->network;
    norms->count = 0;
    for (int m = 0; m < network->trainable_matrices; m++) {
        const ls_matrix *matrix = &network->matrix[m];
        const int64_t first = norms->count;
        for (int64_t panel = 0; panel < matrix->panels; panel++)
            cut_panel(norms, matrix, panel);
        for (int v = matrix->variable; v < matrix->variable + ls_matrix_variables(matrix); v++)
            norms->matrix[v] = (ls_norm_run){first, norms->count};
    }
}

ls_status ls_norms_create(const ls_network *network, ls_norms *norms)
{
    ls_status status;
    *norms = (ls_norms){.network = network};
    LS_TRY_CLEANUP(
        ls_memory_allocate(&norms->matrix, network->trainable_variables, sizeof *norms->matrix, "norm blocks"));
    cut(norms);
    LS_TRY_CLEANUP(ls_memory_allocate(&norms->cuts, norms->count + 1, sizeof *norms->cuts, "norm blocks"));
    LS_TRY_CLEANUP(ls_memory_allocate(&norms->block, norms->count, sizeof *norms->block, "norm blocks"));
    cut(norms);
    return LS_OK;
cleanup:
    ls_norms_free(norms);
    return status;
}

void ls_norms_free(ls_norms *norms)
{
    ls_memory_free(norms->block);
    ls_memory_free(norms->cuts);
    ls_memory_free(norms->matrix);
    *norms = (ls_norms){0};
}

int64_t ls_norms_block_at(const ls_norms *norms, int64_t place)
{
    int64_t low = 0, high = norms->count;
    while (low < high) {
        const int64_t middle = (low + high) / 2;
        if (norms->cuts[middle] < place)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

/* ---- trees ---- */

/* The tree over leaves that are pushed one after the other. */
typedef struct tree {
    ls_tree_stack stack;
    double values[LS_TREE_MAX_NODES];
    int64_t leaves;
} tree;

static void tree_start(tree *t)
{
    ls_tree_stack_start(&t->stack, 1, t->values);
    t->leaves = 0;
}

static void tree_push(tree *t, double leaf)
{
    ls_tree_stack_push(&t->stack, t->leaves++, &leaf);
}

static double tree_total(tree *t)
{
    double total;
    ls_tree_sum(t->stack.nodes, t->stack.depth, 1, t->values, &total);
    return total;
}

/* ---- blocks ---- */

static void block_sums(const ls_norms *norms, const ls_kernels *kernels, ls_norm_kind kind, int64_t k,
                       const float *values, int width, double *sums)
{
    const ls_norm_block *b = &norms->block[k];
    double lanes[LS_PANEL];
    (kind == LS_NORM_SQUARES ? kernels->sum_squares : kernels->sum_absolutes)(b->rows, values, lanes);
    if (width == LS_NORM_LANES) {
        memset(lanes + b->lanes, 0, (size_t)(LS_PANEL - b->lanes) * sizeof *lanes);
        memcpy(sums, lanes, sizeof lanes);
        return;
    }
    tree t;
    tree_start(&t);
    for (int l = 0; l < b->lanes; l++)
        tree_push(&t, lanes[l]);
    *sums = tree_total(&t);
}

void ls_norms_sums(const ls_norms *norms, const ls_kernels *kernels, int threads, ls_norm_kind kind, int64_t first,
                   int64_t last, const float *values, int width, double *sums)
{
    const int64_t origin = norms->cuts[first];
#pragma omp parallel num_threads(norms->cuts[last] - origin < ALONE_BELOW ? 1 : threads)
    {
        const ls_fpenv saved = ls_fpenv_enter();
        const int64_t thread = omp_get_thread_num(), team = omp_get_num_threads(), count = last - first;
        for (int64_t k = first + count * thread / team; k < first + count * (thread + 1) / team; k++)
            block_sums(norms, kernels, kind, k, values + (norms->cuts[k] - origin), width, sums + (k - first) * width);
        ls_fpenv_leave(saved);
    }
}

/* ---- over blocks ---- */

double ls_norms_total(const ls_norms *norms, const double *sums)
{
    tree t;
    tree_start(&t);
    for (int64_t k = 0; k < norms->count; k++)
        tree_push(&t, sums[k]);
    return tree_total(&t);
}

double ls_norms_tensor(const ls_norms *norms, int tensor, const double *sums)
{
    tree t;
    tree_start(&t);
    for (int64_t k = norms->matrix[tensor].first; k < norms->matrix[tensor].last; k++)
        if (norms->block[k].tensor == tensor)
            tree_push(&t, sums[k]);
    return tree_total(&t);
}

void ls_norms_columns(const ls_norms *norms, int tensor, const double *lanes, double *columns)
{
    const ls_norm_run run = norms->matrix[tensor];
    for (int64_t k = run.first, next; k < run.last; k = next) { /* a panel of the tensor after the other */
        const ls_norm_block *b = &norms->block[k];
        for (next = k + 1; next < run.last && norms->block[next].lane == b->lane; next++) {
        }
        for (int l = 0; l < b->lanes; l++) {
            tree t;
            tree_start(&t);
            for (int64_t j = k; j < next; j++)
                if (norms->block[j].tensor == tensor)
                    tree_push(&t, lanes[j * LS_PANEL + l]);
            columns[b->lane + l] = tree_total(&t);
        }
    }
}
