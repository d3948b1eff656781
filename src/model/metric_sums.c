/* Metrics that are float64 sums over rows. Outputs are gone through in ascending order from +0, in original units. */
#include "model/metric_rows.h"

#include "math/logarithm.h"

#include <math.h>

/* ---- errors of values: a mean of terms over rows and outputs ---- */

/* The terms of all outputs: their sum, and behind it, where sums are kept by output, each. */
static inline void add_terms(double (*term)(double residual, double y), const ls_metric_task *task,
                             const ls_metric_panel *panel, double *sum, int stride)
{
    for (int l = 0; l < panel->lanes; l++, sum += stride) {
        const float *row = ls_metric_targets(panel, l);
        double value = 0;
        for (int64_t j = 0; j < task->outputs; j++) {
            const double y = (double)row[j];
            const double t = term((double)ls_metric_original(task, j, panel->a[j * LS_PANEL + l]) - y, y);
            value += t;
            if (panel->each)
                sum[1 + j] = t;
        }
        *sum = value;
    }
}

static inline double absolute(double residual, double y)
{
    (void)y;
    return fabs(residual);
}

static inline double square(double residual, double y)
{
    (void)y;
    return residual * residual;
}

/* As Keras has it: targets next to 0 count as 1e-7. */
static inline double relative(double residual, double y)
{
    return fabs(residual) / (fabs(y) > 1e-7 ? fabs(y) : 1e-7);
}

static void add_absolute(const ls_metric *metric, const ls_metric_task *task, const ls_metric_panel *panel, double *sum,
                         int stride)
{
    (void)metric;
    add_terms(absolute, task, panel, sum, stride);
}

static void add_square(const ls_metric *metric, const ls_metric_task *task, const ls_metric_panel *panel, double *sum,
                       int stride)
{
    (void)metric;
    add_terms(square, task, panel, sum, stride);
}

static void add_relative(const ls_metric *metric, const ls_metric_task *task, const ls_metric_panel *panel, double *sum,
                         int stride)
{
    (void)metric;
    add_terms(relative, task, panel, sum, stride);
}

static double mean(double sum, double n, double total)
{
    (void)total;
    return sum / n;
}

static double root_mean(double sum, double n, double total)
{
    return sqrt(mean(sum, n, total));
}

static double percent_mean(double sum, double n, double total)
{
    return 100 * mean(sum, n, total);
}

static bool keras_mae(const ls_metric *metric, const ls_metric_task *task, ls_metric_keras *keras)
{
    (void)metric, (void)task;
    keras->word = "mean_absolute_error";
    return true;
}

static bool keras_mse(const ls_metric *metric, const ls_metric_task *task, ls_metric_keras *keras)
{
    (void)metric, (void)task;
    keras->word = "mean_squared_error";
    return true;
}

static bool keras_rmse(const ls_metric *metric, const ls_metric_task *task, ls_metric_keras *keras)
{
    (void)metric, (void)task;
    keras->class_name = "RootMeanSquaredError";
    keras->name = "root_mean_squared_error";
    return true;
}

static bool keras_mape(const ls_metric *metric, const ls_metric_task *task, ls_metric_keras *keras)
{
    (void)metric, (void)task;
    keras->word = "mean_absolute_percentage_error";
    return true;
}

/* ---- r2: 1 - residual / total sum of squares, mean over outputs ---- */

static void add_squares(const ls_metric *metric, const ls_metric_task *task, const ls_metric_panel *panel, double *sum,
                        int stride)
{
    (void)metric;
    for (int l = 0; l < panel->lanes; l++, sum += stride) {
        const float *y = ls_metric_targets(panel, l);
        for (int64_t j = 0; j < task->outputs; j++) {
            const double r = (double)ls_metric_original(task, j, panel->a[j * LS_PANEL + l]) - (double)y[j];
            sum[j] = r * r;
        }
    }
}

/* Constant targets score 0, as in Keras. */
static double r2_of_output(double sum, double n, double total)
{
    (void)n;
    return total > 0 ? 1 - sum / total : 0;
}

static double r2_value(const ls_metric *metric, const ls_metric_task *task, const ls_metric_facts *facts,
                       const double *sum)
{
    double value = 0;
    (void)metric;
    for (int64_t j = 0; j < task->outputs; j++)
        value += r2_of_output(sum[j], 0, facts->total[j]);
    return value / (double)task->outputs;
}

static bool keras_r2(const ls_metric *metric, const ls_metric_task *task, ls_metric_keras *keras)
{
    (void)metric, (void)task;
    keras->class_name = "R2Score";
    keras->name = "r2_score";
    return true;
}

/* ---- share of right classes; of right outputs where each says yes or no ---- */

static bool says_yes_or_no(const ls_metric_task *task, const float *y)
{
    return task->classes == LS_CLASSES_EACH || (task->outputs == 1 && y);
}

static double right_answers(const ls_metric_task *task, const float *a, const float *y)
{
    int64_t right = 0;
    for (int64_t j = 0; j < task->outputs; j++)
        right += (ls_metric_original(task, j, a[j * LS_PANEL]) > task->yes) == (y[j] > LS_LOSS_TARGET_THRESHOLD);
    return (double)right;
}

static void add_right(const ls_metric *metric, const ls_metric_task *task, const ls_metric_panel *panel, double *sum,
                      int stride)
{
    (void)metric;
    for (int l = 0; l < panel->lanes; l++, sum += stride) {
        const float *a = panel->a + l, *y = ls_metric_targets(panel, l);
        *sum = says_yes_or_no(task, y)
                   ? right_answers(task, a, y)
                   : ls_metric_largest(task, a) == ls_metric_class(task, y, ls_metric_label(panel, l));
    }
}

/* Answers that rows are asked for: one for each output that says yes or no, as in Keras' binary accuracy. */
static double answers(const ls_metric_task *task, int64_t rows)
{
    return (double)rows * (task->classes == LS_CLASSES_EACH ? (double)task->outputs : 1);
}

static double mean_of_answers(const ls_metric *metric, const ls_metric_task *task, const ls_metric_facts *facts,
                              const double *sum)
{
    (void)metric;
    return sum[0] / answers(task, facts->rows);
}

/* Keras resolves the bare word by shapes, and would take several sigmoid outputs for one class out of many. */
static bool keras_accuracy(const ls_metric *metric, const ls_metric_task *task, ls_metric_keras *keras)
{
    keras->word = "accuracy";
    if (task->classes != LS_CLASSES_EACH)
        return true;
    *keras = (ls_metric_keras){.class_name = "BinaryAccuracy", .name = "accuracy"};
    if (task->yes != 0.5f) {
        keras->number[0].key = "threshold";
        keras->number[0].value = (double)task->yes;
    }
    (void)metric;
    return true;
}

/* ---- whether the class is among the k best ---- */

static bool is_among(int64_t k, const ls_metric_task *task, const float *a, int64_t expected)
{
    const float score = ls_metric_original(task, expected, a[expected * LS_PANEL]);
    int64_t before = 0; /* classes that come first: higher scores, and of equals lower places, as for the largest */
    for (int64_t j = 0; j < task->outputs; j++) {
        const float other = ls_metric_original(task, j, a[j * LS_PANEL]);
        before += other > score || (other == score && j < expected);
    }
    return before < k && score == score;
}

static void add_top_k(const ls_metric *metric, const ls_metric_task *task, const ls_metric_panel *panel, double *sum,
                      int stride)
{
    for (int l = 0; l < panel->lanes; l++, sum += stride)
        *sum = is_among(metric->settings.k, task, panel->a + l,
                        ls_metric_class(task, ls_metric_targets(panel, l), ls_metric_label(panel, l)));
}

static bool keras_top_k(const ls_metric *metric, const ls_metric_task *task, ls_metric_keras *keras)
{
    keras->class_name = task->labels ? "SparseTopKCategoricalAccuracy" : "TopKCategoricalAccuracy";
    keras->name = "top_k_categorical_accuracy";
    keras->number[0].key = "k";
    keras->number[0].value = (double)metric->settings.k;
    keras->number[0].whole = true;
    return true;
}

/* ---- probabilities ---- */

/* The target of output j: what the row has, or 1 for the class of its label. */
static double target_of(const ls_metric_panel *panel, int lane, int64_t j)
{
    const float *y = ls_metric_targets(panel, lane);
    return y ? (double)y[j] : j == ls_metric_label(panel, lane);
}

/* As scikit-learn: -log of a probability that is at least 2^-52 and at most 1 - 2^-52. */
static double surprise(double p)
{
    const double least = 0x1p-52;
    return -ls_logarithm(p < least ? least : p > 1 - least ? 1 - least : p);
}

static void add_log_loss(const ls_metric *metric, const ls_metric_task *task, const ls_metric_panel *panel, double *sum,
                         int stride)
{
    (void)metric;
    for (int l = 0; l < panel->lanes; l++, sum += stride) {
        double value = 0;
        for (int64_t j = 0; j < task->outputs; j++) {
            const double p = (double)panel->p[j * LS_PANEL + l], y = target_of(panel, l, j);
            if (y != 0)
                value += y * surprise(p);
            if (task->classes == LS_CLASSES_EACH && y != 1)
                value += (1 - y) * surprise(1 - p);
        }
        *sum = value;
    }
}

static void add_brier(const ls_metric *metric, const ls_metric_task *task, const ls_metric_panel *panel, double *sum,
                      int stride)
{
    (void)metric;
    for (int l = 0; l < panel->lanes; l++, sum += stride) {
        double value = 0;
        for (int64_t j = 0; j < task->outputs; j++) {
            const double e = (double)panel->p[j * LS_PANEL + l] - target_of(panel, l, j);
            value += e * e;
        }
        *sum = value;
    }
}

/* ---- the rows ---- */

static const ls_setting k_settings[] = {LS_SETTING(ls_metric_settings, k, INTEGER, 1, 1e9, NULL)};

const ls_metric_row ls_metric_sum_rows[] = {
    {.name = "accuracy",
     .spellings = LS_SPELLINGS("acc", "binaryaccuracy", "categoricalaccuracy", "sparsecategoricalaccuracy"),
     .rises = true,
     .share = true,
     .settings = &ls_metric_threshold_setting,
     .setting_count = 1,
     .keras = keras_accuracy,
     .add = add_right,
     .sum_value = mean_of_answers},
    {.name = "mae",
     .spellings = LS_SPELLINGS("meanabsoluteerror"),
     .use = LS_METRIC_FOR_NUMBERS,
     .keras = keras_mae,
     .beside = true,
     .add = add_absolute,
     .output_value = mean},
    {.name = "mse",
     .spellings = LS_SPELLINGS("meansquarederror"),
     .use = LS_METRIC_FOR_NUMBERS,
     .keras = keras_mse,
     .beside = true,
     .add = add_square,
     .output_value = mean},
    {.name = "rmse",
     .spellings = LS_SPELLINGS("rootmeansquarederror"),
     .use = LS_METRIC_FOR_NUMBERS,
     .keras = keras_rmse,
     .beside = true,
     .add = add_square,
     .output_value = root_mean},
    {.name = "mape",
     .spellings = LS_SPELLINGS("meanabsolutepercentageerror"),
     .use = LS_METRIC_FOR_NUMBERS,
     .keras = keras_mape,
     .beside = true,
     .add = add_relative,
     .output_value = percent_mean},
    {.name = "r2",
     .spellings = LS_SPELLINGS("r2score"),
     .use = LS_METRIC_FOR_NUMBERS,
     .rises = true,
     .needs_total = true,
     .keras = keras_r2,
     .by_output = true,
     .add = add_squares,
     .sum_value = r2_value,
     .output_value = r2_of_output},
    {.name = "top_k_categorical_accuracy",
     .spellings = LS_SPELLINGS("topkcategoricalaccuracy", "sparsetopkcategoricalaccuracy", "topkaccuracy", "topk"),
     .use = LS_METRIC_FOR_ONE,
     .rises = true,
     .settings = k_settings,
     .setting_count = 1,
     .keras = keras_top_k,
     .add = add_top_k,
     .sum_value = mean_of_answers},
    {.name = "log_loss",
     .spellings =
         LS_SPELLINGS("logloss", "binarycrossentropy", "categoricalcrossentropy", "sparsecategoricalcrossentropy"),
     .use = LS_METRIC_FOR_CLASSES,
     .chances = true,
     .add = add_log_loss,
     .sum_value = mean_of_answers},
    {.name = "brier",
     .spellings = LS_SPELLINGS("brierscore", "brierscoreloss"),
     .use = LS_METRIC_FOR_CLASSES,
     .chances = true,
     .add = add_brier,
     .sum_value = mean_of_answers},
};
const int ls_metric_sum_row_count = sizeof ls_metric_sum_rows / sizeof *ls_metric_sum_rows;
