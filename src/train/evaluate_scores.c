/* What sums and counts of evaluated rows come to. */
#include "train/evaluate.h"

#include "base/memory.h"
#include "comm/agree.h"
#include "data/statistics.h"

#include <stdio.h>
#include <string.h>

ls_status ls_evaluator_total(ls_context *context, const ls_network *network, const ls_dataset *dataset, double **total)
{
    *total = NULL;
    bool wanted = false;
    for (int k = 0; k < network->metrics.count; k++)
        wanted = wanted || ls_metric_needs_total(&network->metrics.metric[k]);
    if (!wanted)
        return LS_OK;
    ls_statistics s;
    LS_TRY(ls_statistics_find(context, dataset, network, true, &s));
    ls_status status = ls_memory_allocate(total, network->outputs, sizeof **total, "totals");
    if (status == LS_OK)
        memcpy(*total, s.square, (size_t)network->outputs * sizeof **total);
    ls_statistics_free(&s);
    return ls_agree(context->comm, status);
}

double ls_evaluator_loss(const ls_network *network, int64_t rows, const double *sums)
{
    const double penalty = ls_network_regularized(network) ? sums[network->metrics.width] : 0;
    return (sums[0] + penalty) / (double)rows;
}

static void add_score(ls_scores *scores, const char *name, double value)
{
    snprintf(scores->name[scores->count], sizeof scores->name[scores->count], "%s", name);
    scores->value[scores->count++] = value;
}

void ls_evaluator_scores(const ls_network *network, const ls_metric_facts *facts, ls_scores *scores)
{
    const ls_metric_task task = ls_network_task(network);
    memset(scores, 0, sizeof *scores);
    scores->rows = facts->rows;
    add_score(scores, "loss", ls_evaluator_loss(network, facts->rows, facts->sums));
    for (int k = 0; k < network->metrics.count; k++) {
        const ls_metric *metric = &network->metrics.metric[k];
        if (facts->areas ? ls_metric_is_column(metric) : ls_metric_in_training(metric))
            add_score(scores, ls_metric_name(metric), ls_metric_value(metric, &task, facts));
    }
    if (ls_network_regularized(network))
        add_score(scores, "penalty", facts->sums[network->metrics.width] / (double)facts->rows);
}
