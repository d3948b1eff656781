/* Sums of squares by layer, as exact bins of each thread. */
#include "train/lengths.h"

#include "base/exact.h"
#include "base/memory.h"
#include "train/slices.h"

#include <math.h>
#include <omp.h>
#include <string.h>

struct ls_lengths {
    bool wanted;
    int threads, layers;
    int64_t *bins; /* (threads, layers, LS_EXACT_BINS) */
};

ls_status ls_lengths_create(const ls_trainer *t, ls_lengths **lengths)
{
    ls_lengths *l;
    LS_TRY(ls_memory_allocate(lengths, 1, sizeof **lengths, "lengths of gradients"));
    l = *lengths;
    l->threads = t->context->threads;
    l->layers = t->model->network->count;
    return ls_memory_allocate(&l->bins, (int64_t)l->threads * l->layers * LS_EXACT_BINS, sizeof *l->bins,
                              "lengths of gradients");
}

void ls_lengths_destroy(ls_lengths *lengths)
{
    if (!lengths)
        return;
    ls_memory_free(lengths->bins);
    ls_memory_free(lengths);
}

static size_t bytes_of(const ls_lengths *l)
{
    return (size_t)l->threads * (size_t)l->layers * LS_EXACT_BINS * sizeof *l->bins;
}

void ls_lengths_want(ls_lengths *lengths, bool wanted)
{
    lengths->wanted = wanted;
    if (wanted)
        memset(lengths->bins, 0, bytes_of(lengths));
}

static void add_squares(int64_t *bins, int64_t n, int lanes, const float *values)
{
    for (int64_t at = 0; at < n; at += LS_PANEL)
        for (int64_t i = at; i < at + lanes && i < n; i++)
            ls_exact_add_square(bins, values[i]);
}

/* The matrices that lie in a part of the block, each with its piece of the values. */
static void add_matrices(const ls_network *network, int64_t first, int64_t n, int lanes, const float *values,
                         int64_t *bins)
{
    for (int m = 0; m < network->trainable_matrices; m++) {
        const ls_matrix *matrix = &network->matrix[m];
        const int64_t begin = matrix->offset, end = begin + matrix->panels * ls_matrix_rows(matrix) * LS_PANEL;
        const int64_t from = first > begin ? first : begin, to = first + n < end ? first + n : end;
        if (from < to)
            add_squares(bins + (int64_t)matrix->layer * LS_EXACT_BINS, to - from, lanes, values + (from - first));
    }
}

void ls_lengths_see(const ls_trainer *t, int64_t first, int64_t n, int lanes, const float *gradient)
{
    const ls_lengths *l = t->lengths;
    if (!l || !l->wanted)
        return;
    const int thread = omp_get_thread_num();
    int64_t *bins = l->bins + (int64_t)(thread < l->threads ? thread : 0) * l->layers * LS_EXACT_BINS;
    add_matrices(t->model->network, first, n, lanes, gradient, bins);
}

/* Where every rank has all of the gradient, rank 0's counts. */
ls_status ls_lengths_find(const ls_trainer *t, int64_t rows, double *gradient)
{
    const ls_lengths *l = t->lengths;
    const int64_t each = (int64_t)l->layers * LS_EXACT_BINS;
    for (int k = 1; k < l->threads; k++)
        for (int64_t i = 0; i < each; i++)
            l->bins[i] += l->bins[k * each + i];
    if (ls_comm_rank(t->context->comm) > 0 && ls_slices_whole(t))
        memset(l->bins, 0, (size_t)each * sizeof *l->bins);
    LS_TRY(ls_comm_sum_int64(t->context->comm, l->bins, each));
    for (int k = 0; k < l->layers; k++)
        gradient[k] = sqrt(ls_exact_squares(l->bins + (int64_t)k * LS_EXACT_BINS)) / (double)rows;
    return LS_OK;
}

void ls_lengths_weights(const ls_trainer *t, double *weights)
{
    const ls_lengths *l = t->lengths;
    const ls_network *network = t->model->network;
    memset(l->bins, 0, bytes_of(l));
    add_matrices(network, 0, network->trainable, LS_PANEL, t->model->block, l->bins);
    for (int k = 0; k < l->layers; k++)
        weights[k] = sqrt(ls_exact_squares(l->bins + (int64_t)k * LS_EXACT_BINS));
}
