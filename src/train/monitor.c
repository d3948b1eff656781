/* Columns of the log by name, and which of two values is better. */
#include "train/monitor.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

static const char prefix[] = "val_";

static bool is_validation(const char *name)
{
    return strncmp(name, prefix, sizeof prefix - 1) == 0;
}

/* The column "loss" or "penalty" or a metric's, by any of its names, as the log has it; NULL: there is none. */
static const char *find_column(const ls_network *network, bool validation, const char *name, bool *rises)
{
    *rises = false;
    if (strcmp(name, "loss") == 0)
        return "loss";
    if (strcmp(name, "penalty") == 0)
        return ls_network_regularized(network) ? "penalty" : NULL;
    const char *column = ls_metric_find(name);
    const ls_metric *metric = column ? ls_metrics_find(&network->metrics, column) : NULL;
    if (!metric || !(validation ? ls_metric_is_column(metric) : ls_metric_in_training(metric)))
        return NULL;
    *rises = ls_metric_rises(metric);
    return column;
}

/* The metric that makes a name one of the columns, once --metrics has it; NULL: none does. */
static const char *missing_metric(const ls_network *network, const char *name)
{
    const bool validation = is_validation(name);
    const char *column = ls_metric_find(validation ? name + sizeof prefix - 1 : name);
    const ls_metric_task task = ls_network_task(network);
    ls_metrics metrics;
    if (!column || ls_metrics_find(&network->metrics, column) ||
        ls_metrics_parse("--metrics", column, &task, &metrics) != LS_OK)
        return NULL;
    return (validation ? ls_metric_is_column : ls_metric_in_training)(metrics.metric) ? column : NULL;
}

static ls_status refuse(const char *option, const ls_network *network, bool validation, const char *name)
{
    ls_text columns = {0};
    for (int part = 0; part < (validation ? 2 : 1); part++) {
        ls_text_printf(&columns, "%s%sloss", part ? ", " : "", part ? prefix : "");
        for (int k = 0; k < network->metrics.count; k++) {
            const ls_metric *metric = &network->metrics.metric[k];
            if (part ? ls_metric_is_column(metric) : ls_metric_in_training(metric))
                ls_text_printf(&columns, ", %s%s", part ? prefix : "", ls_metric_name(metric));
        }
        if (ls_network_regularized(network))
            ls_text_printf(&columns, ", %spenalty", part ? prefix : "");
    }
    const char *missing = missing_metric(network, name);
    if (missing)
        ls_text_printf(&columns, "; add %s to --metrics", missing);
    const ls_status status = ls_fail(LS_ERR_USAGE, "%s: this run logs no '%s' to monitor; it has %s", option, name,
                                     ls_text_string(&columns));
    ls_text_free(&columns);
    return status;
}

ls_status ls_monitor_find(const char *option, const ls_network *network, bool validation, const char *name,
                          const char *mode, double min_delta, ls_monitor *monitor)
{
    const bool of_validation = is_validation(name);
    const char *rest = of_validation ? name + sizeof prefix - 1 : name;
    bool rises;
    const char *column = find_column(network, of_validation, rest, &rises);
    if (!column)
        return refuse(option, network, validation, name);
    if (of_validation && !validation)
        return ls_fail(
            LS_ERR_USAGE,
            "%s: there are no validation rows, so no %s to monitor; give some, as by --validation-split 0.2, "
            "or write monitor=%s",
            option, name, column);
    *monitor =
        (ls_monitor){.rises = strcmp(mode, "auto") == 0 ? rises : strcmp(mode, "max") == 0, .min_delta = min_delta};
    snprintf(monitor->name, sizeof monitor->name, "%s%s", of_validation ? prefix : "", column);
    return LS_OK;
}

bool ls_monitor_value(const ls_monitor *monitor, const ls_epoch *epoch, double *value)
{
    const bool of_validation = is_validation(monitor->name);
    const ls_scores *scores = of_validation ? &epoch->validation : &epoch->train;
    const char *name = of_validation ? monitor->name + sizeof prefix - 1 : monitor->name;
    for (int k = 0; k < scores->count; k++) {
        if (strcmp(scores->name[k], name) == 0) {
            *value = scores->value[k];
            return true;
        }
    }
    return false;
}

bool ls_monitor_better(const ls_monitor *monitor, double value, double than)
{
    if (isnan(value) || isnan(than))
        return !isnan(value);
    return monitor->rises ? value - monitor->min_delta > than : value + monitor->min_delta < than;
}
