/* Metrics that are float64 sums over rows. Outputs are gone through in ascending order from +0, in original units. */
#include "model/metric_rows.h"

#include "math/logarithm.h"

#include <math.h>

/* ---- errors of values: a mean of terms over rows and outputs ---- */

/* A function for a whole panel from one of a single row (or, TERMS, of one output), which it has inlined: every step of
 * training goes through here. */
#define LS_METRIC_PANEL(name, of_row)                                                                                  \
    static void name(const ls_metric *metric, const ls_metric_task *task, const ls_metric_panel *panel)                \
    {                                                                                                                  \
        for (int l = 0; l < panel->lanes; l++) {                                                                       \
            const ls_metric_lane lane = ls_metric_lane_of(panel, l);                                                   \
            of_row(metric, task, &lane, panel->sums + l * panel->width);                                               \
        }                                                                                                              \
    }

#define LS_METRIC_TERMS(name, term)                                                                                    \
    static void name(const ls_metric *metric, const ls_metric_task *task, const ls_metric_panel *panel)                \
    {                                                                                                                  \
        (void)metric;                                                                                                  \
        for (int l = 0; l < panel->lanes; l++) {                                                                       \
            const float *a = panel->a + l, *y = panel->targets->y[l];                                                  \
            double *sum = panel->sums + l * panel->width, value = 0;                                                   \
            for (int64_t j = 0; j < task->outputs; j++) {                                                              \
                const double target = (double)y[j];                                                                    \
                const double part = term((double)ls_metric_original(task, j, a[j * LS_PANEL]) - target, target);       \
                value += part;                                                                                         \
                if (panel->each)                                                                                       \
                    sum[1 + j] = part;                                                                                 \
            }                                                                                                          \
            *sum = value;                                                                                              \
        }                                                                                                              \
    }

static double absolute(double residual, double y)
{
    (void)y;
    return fabs(residual);
}

static double square(double residual, double y)
{
    (void)y;
    return residual * residual;
}

/* As Keras has it: targets next to 0 count as 1e-7. */
static double relative(double residual, double y)
{
    return fabs(residual) / (fabs(y) > 1e-7 ? fabs(y) : 1e-7);
}

LS_METRIC_TERMS(add_absolutes, absolute)
LS_METRIC_TERMS(add_each_square, square)
LS_METRIC_TERMS(add_relatives, relative)

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

static void add_squares(const ls_metric *metric, const ls_metric_task *task, const ls_metric_lane *lane, double *sum)
{
    (void)metric;
    for (int64_t j = 0; j < task->outputs; j++) {
        const double r = (double)ls_metric_original(task, j, lane->a[j * LS_PANEL]) - (double)lane->y[j];
        sum[j] = r * r;
    }
}

LS_METRIC_PANEL(add_all_squares, add_squares)

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

/* The term of an answer, where each is kept. */
static inline void keep_answer(const ls_metric_task *task, const ls_metric_lane *lane, int64_t j, double term,
                               double *sum)
{
    if (lane->each && task->classes == LS_CLASSES_EACH)
        sum[1 + j] = term;
}

static void add_right(const ls_metric *metric, const ls_metric_task *task, const ls_metric_lane *lane, double *sum)
{
    (void)metric;
    if (!says_yes_or_no(task, lane->y)) {
        *sum = ls_metric_largest(task, lane->a) == ls_metric_class(task, lane->y, lane->label);
        return;
    }
    int64_t right = 0;
    for (int64_t j = 0; j < task->outputs; j++) {
        const bool agrees = (ls_metric_original(task, j, lane->a[j * LS_PANEL]) > task->yes) == (lane->y[j] > 0.5f);
        right += agrees;
        keep_answer(task, lane, j, agrees, sum);
    }
    *sum = (double)right;
}

LS_METRIC_PANEL(add_all_right, add_right)

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

static void add_top_k(const ls_metric *metric, const ls_metric_task *task, const ls_metric_lane *lane, double *sum)
{
    const int64_t expected = ls_metric_class(task, lane->y, lane->label);
    const float score = ls_metric_original(task, expected, lane->a[expected * LS_PANEL]);
    int64_t before = 0; /* classes that come first: higher scores, and of equals lower places, as for the largest */
    for (int64_t j = 0; j < task->outputs; j++) {
        const float other = ls_metric_original(task, j, lane->a[j * LS_PANEL]);
        before += other > score || (other == score && j < expected);
    }
    *sum = before < metric->settings.k && score == score;
}

LS_METRIC_PANEL(add_all_top_k, add_top_k)

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
static double target_of(const ls_metric_lane *lane, int64_t j)
{
    return lane->y ? (double)lane->y[j] : j == lane->label;
}

/* As scikit-learn: -log of a probability that is at least 2^-52 and at most 1 - 2^-52. */
static double surprise(double p)
{
    const double least = 0x1p-52;
    return -ls_logarithm(p < least ? least : p > 1 - least ? 1 - least : p);
}

/* Of output j: what its target, and where it says yes or no the rest of it, say of its probability. */
static double log_loss_term(const ls_metric_task *task, const ls_metric_lane *lane, int64_t j)
{
    const double p = (double)lane->p[j * LS_PANEL], y = target_of(lane, j);
    const double yes = y != 0 ? y * surprise(p) : 0;
    return task->classes == LS_CLASSES_EACH && y != 1 ? yes + (1 - y) * surprise(1 - p) : yes;
}

static void add_log_loss(const ls_metric *metric, const ls_metric_task *task, const ls_metric_lane *lane, double *sum)
{
    double value = 0;
    (void)metric;
    for (int64_t j = 0; j < task->outputs; j++) {
        const double term = log_loss_term(task, lane, j);
        value += term;
        keep_answer(task, lane, j, term, sum);
    }
    *sum = value;
}

LS_METRIC_PANEL(add_all_log_loss, add_log_loss)

static void add_brier(const ls_metric *metric, const ls_metric_task *task, const ls_metric_lane *lane, double *sum)
{
    double value = 0;
    (void)metric;
    for (int64_t j = 0; j < task->outputs; j++) {
        const double e = (double)lane->p[j * LS_PANEL] - target_of(lane, j);
        value += e * e;
        keep_answer(task, lane, j, e * e, sum);
    }
    *sum = value;
}

LS_METRIC_PANEL(add_all_brier, add_brier)

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
     .add = add_all_right,
     .answers = true,
     .output_value = mean,
     .sum_value = mean_of_answers},
    {.name = "mae",
     .spellings = LS_SPELLINGS("meanabsoluteerror"),
     .use = LS_METRIC_FOR_NUMBERS,
     .keras = keras_mae,
     .add = add_absolutes,
     .terms = true,
     .output_value = mean},
    {.name = "mse",
     .spellings = LS_SPELLINGS("meansquarederror"),
     .use = LS_METRIC_FOR_NUMBERS,
     .keras = keras_mse,
     .add = add_each_square,
     .terms = true,
     .output_value = mean},
    {.name = "rmse",
     .spellings = LS_SPELLINGS("rootmeansquarederror"),
     .use = LS_METRIC_FOR_NUMBERS,
     .keras = keras_rmse,
     .add = add_each_square,
     .terms = true,
     .output_value = root_mean},
    {.name = "mape",
     .spellings = LS_SPELLINGS("meanabsolutepercentageerror"),
     .use = LS_METRIC_FOR_NUMBERS,
     .keras = keras_mape,
     .add = add_relatives,
     .terms = true,
     .output_value = percent_mean},
    {.name = "r2",
     .spellings = LS_SPELLINGS("r2score"),
     .use = LS_METRIC_FOR_NUMBERS,
     .rises = true,
     .needs_total = true,
     .keras = keras_r2,
     .by_output = true,
     .add = add_all_squares,
     .sum_value = r2_value,
     .output_value = r2_of_output},
    {.name = "top_k_categorical_accuracy",
     .spellings = LS_SPELLINGS("topkcategoricalaccuracy", "sparsetopkcategoricalaccuracy", "topkaccuracy", "topk"),
     .use = LS_METRIC_FOR_ONE,
     .rises = true,
     .settings = k_settings,
     .setting_count = 1,
     .keras = keras_top_k,
     .add = add_all_top_k,
     .sum_value = mean_of_answers},
    {.name = "log_loss",
     .spellings =
         LS_SPELLINGS("logloss", "binarycrossentropy", "categoricalcrossentropy", "sparsecategoricalcrossentropy"),
     .use = LS_METRIC_FOR_CLASSES,
     .chances = true,
     .add = add_all_log_loss,
     .answers = true,
     .output_value = mean,
     .sum_value = mean_of_answers},
    {.name = "brier",
     .spellings = LS_SPELLINGS("brierscore", "brierscoreloss"),
     .use = LS_METRIC_FOR_CLASSES,
     .chances = true,
     .add = add_all_brier,
     .answers = true,
     .output_value = mean,
     .sum_value = mean_of_answers},
};
const int ls_metric_sum_row_count = sizeof ls_metric_sum_rows / sizeof *ls_metric_sum_rows;
