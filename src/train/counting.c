/* Counts are whole numbers: added in any order, on any split, they are the same. */
#include "train/counting.h"

#include "base/memory.h"
#include "model/pass.h"

#include <string.h>

ls_status ls_counting_create(ls_trainer *t)
{
    const int64_t cells = t->model->network->metrics.cells;
    if (cells == 0)
        return LS_OK;
    LS_TRY(ls_memory_allocate(&t->counts, cells, sizeof *t->counts, "counts"));
    LS_TRY(ls_memory_allocate(&t->all_counts, cells, sizeof *t->all_counts, "counts"));
    return ls_memory_allocate(&t->class_counts, t->model->network->outputs, sizeof *t->class_counts, "counts");
}

void ls_counting_destroy(ls_trainer *t)
{
    ls_memory_free(t->counts);
    ls_memory_free(t->all_counts);
    ls_memory_free(t->class_counts);
}

int64_t ls_counting_bytes(const ls_network *network)
{
    const ls_trainer *t;
    return network->metrics.cells * (int64_t)(sizeof *t->counts + sizeof *t->all_counts);
}

static size_t bytes(const ls_trainer *t)
{
    return (size_t)t->model->network->metrics.cells * sizeof *t->counts;
}

void ls_counting_step(ls_trainer *t)
{
    if (!t->counts)
        return;
    if (t->cursor.step == 0)
        memset(t->counts, 0, bytes(t));
    if (t->pass)
        ls_pass_count(t->pass, t->set.shard_rows[t->set.last - t->set.first], t->counts);
}

void ls_counting_take(ls_trainer *t, const int64_t *counts)
{
    if (!t->counts)
        return;
    memset(t->counts, 0, bytes(t));
    if (counts)
        memcpy(t->counts, counts, bytes(t));
}

ls_status ls_counting_sum(ls_trainer *t)
{
    if (!t->counts)
        return LS_OK;
    memcpy(t->all_counts, t->counts, bytes(t));
    return ls_comm_sum_int64(t->context->comm, t->all_counts, t->model->network->metrics.cells);
}

ls_status ls_counting_scores(ls_trainer *t, ls_scores *scores)
{
    LS_TRY(ls_counting_sum(t));
    const ls_network *network = t->model->network;
    const ls_metric_task task = ls_network_task(network);
    if (t->class_counts)
        ls_metric_count_classes(&task, t->all_counts, t->class_counts);
    const ls_metric_facts facts = {.rows = t->cursor.rows,
                                   .sums = t->running,
                                   .total = t->total,
                                   .counts = t->all_counts,
                                   .classes = t->class_counts};
    ls_evaluator_scores(network, &facts, scores);
    return LS_OK;
}
