/* Metrics: sums over rows in float64, and the value they come to. */
#ifndef LS_MODEL_METRICS_H
#define LS_MODEL_METRICS_H

#include "base/status.h"
#include "math/losses.h"
#include "model/affine.h"

#include <stdint.h>

#define LS_METRICS_MAX 8

typedef enum ls_metric {
    LS_ACCURACY = 0, /* share of right classes; of right outputs for sigmoid */
    LS_MAE,          /* mean absolute error, in original units */
    LS_MSE,          /* mean squared error, in original units */
    LS_R2,           /* 1 - residual / total sum of squares, mean over outputs */
    LS_METRIC_COUNT
} ls_metric;

/* The metrics of a model and where their sums are. sums[0] is the loss; metric k's begin at sums[offset[k]]. */
typedef struct ls_metrics {
    int count;
    ls_metric metric[LS_METRICS_MAX];
    int offset[LS_METRICS_MAX];
    int width; /* doubles of one set of sums, the loss included */
} ls_metrics;

const char *ls_metric_name(ls_metric metric);
/* Whether more of it is better. */
bool ls_metric_rises(ls_metric metric);
/* "accuracy"/"acc", "mae"/"mean_absolute_error", "mse"/"mean_squared_error", "r2"/"r2_score"; false when there is none.
 */
bool ls_metric_find(const char *name, ls_metric *metric);

/* Adds a metric for a model of `outputs`; false when the list is full. Start from a zeroed list with width 1. */
bool ls_metrics_add(ls_metrics *metrics, ls_metric metric, int64_t outputs);

/* What the rows of one sample panel add to the metrics: sums[l * width + ...] for lanes 0 .. lanes-1 (the loss,
 * sums[0], is left alone). a [outputs][16] are the model's outputs before the targets' normalisation is undone with
 * `target` (count 0: none); targets are the raw ones. */
void ls_metrics_panel(const ls_metrics *metrics, const ls_loss *loss, const ls_affine *target, int64_t outputs,
                      int lanes, const float *a, const ls_targets *targets, double *sums);

/* The value of metric k from sums over `rows` rows. total (outputs) is the total sum of squares of the targets over the
 * same rows, needed by r2 only. */
double ls_metrics_value(const ls_metrics *metrics, int k, int64_t outputs, const ls_loss *loss, int64_t rows,
                        const double *sums, const double *total);

#endif
