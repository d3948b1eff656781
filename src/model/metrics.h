/* Metrics of a model: which, with what settings, what rows add to them, and the values that comes to. Three kinds:
 *
 * - sums: float64, added in the contract's order with the loss;
 * - counts: whole numbers in one array of cells (which class the row has, which it was given), whose order is free;
 * - areas: need all scores of a class in their order, so only evaluations have them, not the rows being trained on.
 *
 * Each metric is one row of a table (metric_rows.h); what asks it something is here. */
#ifndef LS_MODEL_METRICS_H
#define LS_MODEL_METRICS_H

#include "base/settings.h"
#include "base/status.h"
#include "base/text.h"
#include "math/losses.h"
#include "model/affine.h"

#include <stdint.h>

#define LS_METRICS_MAX     15   /* with one that is no column, and loss and penalty: LS_SCORES_MAX */
#define LS_METRICS_OUTPUTS 4096 /* of which sums are kept one by one, at most */

typedef struct ls_metric_row ls_metric_row;

/* What users may set, of those metrics that have it. */
typedef struct ls_metric_settings {
    int64_t k;                         /* of top_k_categorical_accuracy */
    double threshold;                  /* an output above it says yes; NaN: where the loss has it */
    char average[LS_SETTING_TEXT_MAX]; /* over classes: macro, micro, weighted */
} ls_metric_settings;

typedef struct ls_metric {
    const ls_metric_row *row;
    ls_metric_settings settings;
    int offset; /* of its sums */
} ls_metric;

typedef struct ls_metric_task {
    const char *loss; /* its name, for messages */
    int64_t outputs;
    ls_loss_class classes;   /* what targets say of them, and outputs */
    bool labels;             /* targets are class numbers */
    float yes;               /* an output above it, in original units, says yes */
    bool spread;             /* outputs are several guesses of one target: no metric is of them */
    bool chances;            /* outputs are chances of classes, once `link` is applied to them */
    ls_activation link;      /* LS_LINEAR: they are as they stand */
    const ls_affine *target; /* undoes the targets' normalisation; count 0: there is none */
} ls_metric_task;

/* Classes that counts and areas are of: those of one-of-K, else an output is one. 0: there are none. */
static inline int64_t ls_metric_task_classes(const ls_metric_task *task)
{
    return task->classes == LS_CLASSES_NONE ? 0 : task->outputs;
}

/* The metrics of a model and where their sums are: sums[0] is the loss', metric k's begin at sums[metric[k].offset]. */
typedef struct ls_metrics {
    int count;
    ls_metric metric[LS_METRICS_MAX];
    int width;          /* doubles of one set of sums, the loss included */
    int64_t cells;      /* int64s of one set of counts; 0: nothing is counted */
    int64_t row_cells;  /* of them that a row adds to */
    bool areas;         /* whether there is a metric of that kind */
    bool each;          /* sums are kept by output, too */
    bool chances;       /* a metric reads outputs as chances */
    bool has_threshold; /* whether the settings name one, which is that of all metrics */
    double threshold;
} ls_metrics;

/* ---- the list ---- */

/* Local. Reads "accuracy, f1_score average=weighted" (`what`: where it stands, for messages) into *metrics for a model
 * of this task. Commas, spaces and brackets may separate the words; "none" is an empty list. LS_ERR_USAGE: no such
 * metric or setting (with the nearest), one that does not go with the loss, two that contradict each other. */
ls_status ls_metrics_parse(const char *what, const char *text, const ls_metric_task *task, ls_metrics *metrics);
/* Appends what ls_metrics_parse makes the same list of: names, and settings that are not the default. */
void ls_metrics_format(const ls_metrics *metrics, ls_text *text);
/* Those that the model has when none are named. */
const char *ls_metrics_default(const ls_metric_task *task);
/* Local. The same metrics with sums by output beside each sum over outputs: for evaluations. Offsets change. */
void ls_metrics_by_output(const ls_metric_task *task, ls_metrics *metrics);
/* Local. One threshold for all metrics, of outputs that say yes or no: of their chances, where they are some.
 * LS_ERR_USAGE: they are none, or no metric of the list has one. */
ls_status ls_metrics_set_threshold(const char *what, double threshold, const ls_metric_task *task, ls_metrics *metrics);
/* The task with the threshold that the metrics name. */
ls_metric_task ls_metrics_task(const ls_metrics *metrics, const ls_metric_task *task);

/* The column of the log that a name (any spelling of it) stands for, "f1_score"; NULL: there is no such metric. */
const char *ls_metric_find(const char *name);
/* The one of that column in the list, or NULL. */
const ls_metric *ls_metrics_find(const ls_metrics *metrics, const char *column);
const char *ls_metric_name(const ls_metric *metric);
/* Whether more of it is better. */
bool ls_metric_rises(const ls_metric *metric);
/* Whether it has a value for each row trained on, and whether it has one number at all. */
bool ls_metric_in_training(const ls_metric *metric);
bool ls_metric_is_column(const ls_metric *metric);
/* Whether it is the share of right answers, which a frequent answer makes large. */
bool ls_metric_is_share(const ls_metric *metric);
/* Whether it needs the targets' total sums of squares. */
bool ls_metric_needs_total(const ls_metric *metric);

/* What stands for it in Keras' list of metrics. */
typedef struct ls_metric_keras {
    const char *word;       /* a bare name; else */
    const char *class_name; /* an object */
    const char *name;
    struct {
        const char *key;
        double value;
        bool whole;
    } number[2];
    const char *text_key, *text; /* a text among its arguments; NULL: none */
} ls_metric_keras;
/* False: Keras has nothing that means the same. */
bool ls_metric_to_keras(const ls_metric *metric, const ls_metric_task *task, ls_metric_keras *keras);

/* ---- rows ---- */

/* What the rows of one sample panel add to the sums: sums[l * width + ...] for lanes 0 .. lanes-1 (the loss, sums[0],
 * is left alone). a [outputs][16] are the model's outputs before the targets' normalisation is undone, p the same as
 * probabilities (only with metrics->chances; may be a); targets are the raw ones. */
void ls_metrics_panel(const ls_metrics *metrics, const ls_metric_task *task, int lanes, const float *a, const float *p,
                      const ls_targets *targets, double *sums);
/* The cells that they add one to: cells[l * row_cells + ...]. */
void ls_metrics_panel_cells(const ls_metrics *metrics, const ls_metric_task *task, int lanes, const float *a,
                            const ls_targets *targets, int32_t *cells);
/* The class of a row of one-of-K: its label, or where its targets y (outputs) are largest (the lowest of equals). */
int64_t ls_metric_class(const ls_metric_task *task, const float *y, int32_t label);

/* ---- values ---- */

/* The areas of one class, of rows that are of the class (yes) and that are not: NaN where there are none of a kind. */
typedef struct ls_area {
    int64_t yes, no;
    double auc;    /* under the ROC curve: share of pairs (yes, no) in the right order, equal scores half */
    double pr_auc; /* average precision: sum over falling scores of (gain in recall) * precision */
} ls_area;

/* One class' counts. */
typedef struct ls_class_counts {
    int64_t right;  /* rows of the class that were given it */
    int64_t others; /* rows of other classes that were given it */
    int64_t missed; /* rows of the class that were given another */
} ls_class_counts;

/* What values are made of. */
typedef struct ls_metric_facts {
    int64_t rows;
    const double *sums;    /* (width) */
    const double *total;   /* (outputs) total sums of squares of the targets over the same rows, if one needs them */
    const int64_t *counts; /* (cells), if there are some */
    const ls_class_counts *classes; /* (outputs) what ls_metric_count_classes makes of them */
    const ls_area *areas;           /* (classes); NULL: these are rows being trained on */
} ls_metric_facts;

/* The value of a metric that is a column. */
double ls_metric_value(const ls_metric *metric, const ls_metric_task *task, const ls_metric_facts *facts);
/* Its value for output j alone (ls_metrics_by_output); false: it has none. */
bool ls_metric_value_of_output(const ls_metric *metric, const ls_metric_task *task, const ls_metric_facts *facts,
                               int64_t j, double *value);
/* Its value for one class, of whose counts and areas either may be NULL; false: it needs that, or is not of classes. */
bool ls_metric_value_of_class(const ls_metric *metric, const ls_class_counts *counts, const ls_area *area,
                              double *value);
/* Whether it has values of classes, and of outputs. */
bool ls_metric_tells_classes(const ls_metric *metric);
bool ls_metric_tells_outputs(const ls_metric *metric, const ls_metric_task *task);
/* Whether it is a share of the rows that are given a class, which may be none. */
bool ls_metric_tells_given(const ls_metric *metric);
/* What counts (cells) are for each class or output: classes (outputs). Once for all values, as a table of K classes has
 * K * K cells. */
void ls_metric_count_classes(const ls_metric_task *task, const int64_t *counts, ls_class_counts *classes);

#endif
