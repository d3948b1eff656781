/* Metrics. Each is one row of the table: names, width of its sums, what a row adds, and its final value. */
#include "model/metrics.h"

#include <math.h>
#include <strings.h>

typedef struct metric_row {
    const char *name;
    const char *alias;
    bool rises; /* more is better */
} metric_row;

static const metric_row table[LS_METRIC_COUNT] = {
    [LS_ACCURACY] = {"accuracy", "acc", true},
    [LS_MAE] = {"mae", "mean_absolute_error", false},
    [LS_MSE] = {"mse", "mean_squared_error", false},
    [LS_R2] = {"r2", "r2_score", true},
};

const char *ls_metric_name(ls_metric metric)
{
    return table[metric].name;
}

bool ls_metric_rises(ls_metric metric)
{
    return table[metric].rises;
}

bool ls_metric_find(const char *name, ls_metric *metric)
{
    for (int i = 0; i < LS_METRIC_COUNT; i++) {
        if (strcasecmp(name, table[i].name) == 0 || strcasecmp(name, table[i].alias) == 0) {
            *metric = (ls_metric)i;
            return true;
        }
    }
    return false;
}

bool ls_metrics_add(ls_metrics *metrics, ls_metric metric, int64_t outputs)
{
    for (int k = 0; k < metrics->count; k++) {
        if (metrics->metric[k] == metric)
            return true;
    }
    if (metrics->count == LS_METRICS_MAX)
        return false;
    metrics->metric[metrics->count] = metric;
    metrics->offset[metrics->count++] = metrics->width;
    metrics->width += metric == LS_R2 ? (int)outputs : 1;
    return true;
}

/* An output of the network in original units. */
static float original(const ls_affine *target, int64_t j, float a)
{
    return target->count ? ls_affine_inverse(target, j, a) : a;
}

/* Right classes of one row: the argmax (lowest index of equals), or the outputs on the right side of the threshold. */
static double right_classes(const ls_loss *loss, const ls_affine *target, int64_t outputs, const float *a,
                            const float *y, int32_t label)
{
    if (ls_loss_classes(loss) == LS_CLASSES_EACH || (outputs == 1 && y)) {
        const float yes = ls_loss_threshold(loss);
        int64_t right = 0;
        for (int64_t j = 0; j < outputs; j++)
            right += (original(target, j, a[j * LS_PANEL]) > yes) == (y[j] > LS_LOSS_TARGET_THRESHOLD);
        return (double)right;
    }
    int64_t best = 0, expected = label;
    for (int64_t j = 1; j < outputs; j++) {
        if (original(target, j, a[j * LS_PANEL]) > original(target, best, a[best * LS_PANEL]))
            best = j;
    }
    if (y) {
        expected = 0;
        for (int64_t j = 1; j < outputs; j++) {
            if (y[j] > y[expected])
                expected = j;
        }
    }
    return best == expected;
}

/* prediction - target in original units. */
static double residual(const ls_affine *target, int64_t j, float a, float y)
{
    return (double)original(target, j, a) - (double)y;
}

void ls_metrics_panel(const ls_metrics *metrics, const ls_loss *loss, const ls_affine *target, int64_t outputs,
                      int lanes, const float *a, const ls_targets *targets, double *sums)
{
    for (int k = 0; k < metrics->count; k++) {
        for (int l = 0; l < lanes; l++) {
            double *sum = sums + (int64_t)l * metrics->width + metrics->offset[k];
            const float *y = targets->y ? targets->y[l] : NULL;
            double value = 0;
            switch (metrics->metric[k]) {
            case LS_ACCURACY:
                *sum = right_classes(loss, target, outputs, a + l, y, targets->label ? targets->label[l] : 0);
                break;
            case LS_MAE:
                for (int64_t j = 0; j < outputs; j++)
                    value += fabs(residual(target, j, a[j * LS_PANEL + l], y[j]));
                *sum = value;
                break;
            case LS_MSE:
                for (int64_t j = 0; j < outputs; j++) {
                    double r = residual(target, j, a[j * LS_PANEL + l], y[j]);
                    value += r * r;
                }
                *sum = value;
                break;
            case LS_R2:
                for (int64_t j = 0; j < outputs; j++) {
                    double r = residual(target, j, a[j * LS_PANEL + l], y[j]);
                    sum[j] = r * r;
                }
                break;
            case LS_METRIC_COUNT:
                break;
            }
        }
    }
}

double ls_metrics_value(const ls_metrics *metrics, int k, int64_t outputs, const ls_loss *loss, int64_t rows,
                        const double *sums, const double *total)
{
    const double *sum = sums + metrics->offset[k];
    double n = (double)rows;
    switch (metrics->metric[k]) {
    case LS_ACCURACY: /* sigmoid outputs count one by one, as Keras' binary accuracy */
        return sum[0] / (ls_loss_classes(loss) == LS_CLASSES_EACH ? n * (double)outputs : n);
    case LS_MAE:
    case LS_MSE:
        return sum[0] / (n * (double)outputs);
    case LS_R2: {
        double value = 0;
        for (int64_t j = 0; j < outputs; j++)
            value += total[j] > 0 ? 1 - sum[j] / total[j] : 0; /* constant targets score 0, as in Keras */
        return value / (double)outputs;
    }
    case LS_METRIC_COUNT:
        break;
    }
    return 0;
}
