/* Metrics that are areas under curves of a class' scores. Keras' AUC is an approximation by 200 thresholds, so neither
 * is named to it. */
#include "model/metric_rows.h"

static double auc(const ls_area *area)
{
    return area->auc;
}

static double pr_auc(const ls_area *area)
{
    return area->pr_auc;
}

const ls_metric_row ls_metric_area_rows[] = {
    {.name = "auc",
     .spellings = LS_SPELLINGS("rocauc", "rocaucscore"),
     .kind = LS_METRIC_AREAS,
     .use = LS_METRIC_FOR_CLASSES,
     .rises = true,
     .chances = true,
     .instead = "; auc is exact, of the ROC curve, and pr_auc is of precision and recall",
     .area_value = auc},
    {.name = "pr_auc",
     .spellings = LS_SPELLINGS("prauc", "averageprecision", "averageprecisionscore"),
     .kind = LS_METRIC_AREAS,
     .use = LS_METRIC_FOR_CLASSES,
     .rises = true,
     .chances = true,
     .area_value = pr_auc},
};
const int ls_metric_area_row_count = sizeof ls_metric_area_rows / sizeof *ls_metric_area_rows;
