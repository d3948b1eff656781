/* What a rare class asks of metrics. */
#include "train/rare_classes.h"

#include "base/memory.h"
#include "comm/agree.h"
#include "context/options.h"
#include "data/class_names.h"

/* Whether accuracy is all that tells of classes. */
static bool is_alone(const ls_metrics *metrics)
{
    bool share = false;
    for (int k = 0; k < metrics->count; k++)
        share = share || ls_metric_is_share(&metrics->metric[k]);
    return share && metrics->cells == 0 && !metrics->areas;
}

static void say(const ls_trainer *t, const ls_options *options, const ls_base_rate *base)
{
    const bool weighted = options->sample_weights[0] != '\0'; /* those of rows split off, too: areas refuse them */
    ls_class_names names;
    ls_text name = {0};
    if (ls_class_names_read(t->model->encoding, t->model->network, &names) != LS_OK)
        return; /* it was read before */
    ls_class_names_put(&names, base->answer, &name);
    ls_log_line(&t->context->log, LS_LOG_WARNING,
                "a class is rare: always '%s' is right in %.4g %% of the training rows, so accuracy says little; "
                "consider --metrics \"accuracy, %s\"",
                ls_text_string(&name), 100 * base->rate, weighted ? "precision, recall" : "auc, pr_auc, recall");
    ls_text_free(&name);
    ls_class_names_free(&names);
}

ls_status ls_rare_classes_remark(const ls_trainer *t, const ls_options *options)
{
    const ls_network *network = t->model->network;
    const ls_metric_task task = ls_network_task(network);
    const bool single = task.classes == LS_CLASSES_EACH && task.outputs == 1;
    const int64_t classes = ls_class_names_count(network);
    int64_t *counts = NULL; /* (classes), and ranks whose rows stream */
    if (!is_alone(&network->metrics) || !(single || task.classes == LS_CLASSES_ONE))
        return LS_OK;
    ls_status status;
    LS_TRY_CLEANUP(
        ls_agree(t->context->comm, ls_memory_allocate(&counts, classes + 1, sizeof *counts, "rows of classes")));
    if (t->set.stream)
        counts[classes] = 1;
    else
        status = ls_shardset_count_classes(&t->set, counts); /* of rows in memory, which cannot fail */
    LS_TRY_CLEANUP(ls_comm_sum_int64(t->context->comm, counts, classes + 1));
    const ls_base_rate base = ls_base_rate_of(&task, t->set.plan.rows, single ? counts + 1 : counts);
    if (counts[classes] == 0 && base.rare)
        say(t, options, &base);
cleanup:
    ls_memory_free(counts);
    return status;
}
