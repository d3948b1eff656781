/* What a metric is: one row. The tables are those of metric_sums.c, metric_counts.c and metric_areas.c; nobody but the
 * row knows which metric it is. */
#ifndef LS_MODEL_METRIC_ROWS_H
#define LS_MODEL_METRIC_ROWS_H

#include "model/metrics.h"

typedef enum ls_metric_kind { LS_METRIC_SUMS, LS_METRIC_COUNTS, LS_METRIC_AREAS } ls_metric_kind;

/* What outputs and targets a metric is for. */
typedef enum ls_metric_use {
    LS_METRIC_FOR_ALL,
    LS_METRIC_FOR_NUMBERS, /* targets as numbers, not class labels */
    LS_METRIC_FOR_CLASSES, /* outputs that say yes or no, or one class of several */
    LS_METRIC_FOR_ONE      /* one class of several */
} ls_metric_use;

/* The rows of one sample panel, and where their sums go. */
typedef struct ls_metric_panel {
    int lanes;
    const float *a, *p; /* [outputs][16] outputs, and the same as probabilities */
    const ls_targets *targets;
    bool each;     /* sums are kept by output, too */
    double *sums;  /* (lanes, width) at the metric's own */
    int64_t width; /* doubles from one row's to the next's */
} ls_metric_panel;

/* One row of data: a and p are lanes of panels ([outputs][16]). */
typedef struct ls_metric_lane {
    const float *a; /* outputs */
    const float *p; /* as probabilities */
    const float *y; /* (outputs) targets, or NULL */
    int32_t label;
    bool each; /* sums are kept by output, too */
} ls_metric_lane;

struct ls_metric_row {
    const char *name;             /* also the column of the log */
    const char *const *spellings; /* others, in lower case without '_' and '-'; NULL behind the last */
    ls_metric_kind kind;
    ls_metric_use use;
    bool rises;       /* more is better */
    bool no_column;   /* it is a table, not a number */
    bool share;       /* of right answers */
    bool of_given;    /* counts: of the rows that are given a class, too */
    bool needs_total; /* reads facts->total */
    bool chances;     /* reads lane->p, or ranks by it */
    const ls_setting *settings;
    size_t setting_count;
    const char *instead; /* of settings of Keras' that it lacks, as the end of a sentence; or NULL */
    bool (*keras)(const ls_metric *metric, const ls_metric_task *task, ls_metric_keras *keras); /* NULL: none */

    /* sums: `sum` is the metric's own. Either the row brings sum_value, or its terms' mean over outputs is it. */
    bool by_output; /* add fills a sum for each output, always */
    void (*add)(const ls_metric *metric, const ls_metric_task *task, const ls_metric_panel *panel);
    bool terms;   /* add fills the sum of the outputs' terms, and where panel->each behind it each */
    bool answers; /* likewise, where outputs say yes or no: a term is of an answer */
    double (*sum_value)(const ls_metric *metric, const ls_metric_task *task, const ls_metric_facts *facts,
                        const double *sum);
    double (*output_value)(double sum, double rows, double total); /* of one output's sum */

    /* counts: of one class */
    double (*class_value)(const ls_class_counts *counts);

    /* areas: of one class */
    double (*area_value)(const ls_area *area);
};

#define LS_SPELLINGS(...)                                                                                              \
    (const char *const[])                                                                                              \
    {                                                                                                                  \
        __VA_ARGS__, NULL                                                                                              \
    }

static inline ls_metric_lane ls_metric_lane_of(const ls_metric_panel *panel, int l)
{
    const ls_targets *t = panel->targets;
    return (ls_metric_lane){panel->a + l, panel->p + l, t->y ? t->y[l] : NULL, t->label ? t->label[l] : 0, panel->each};
}

/* All rows, table after table; NULL behind the last. */
const ls_metric_row *ls_metric_row_at(int index);

extern const ls_metric_row ls_metric_sum_rows[], ls_metric_count_rows[], ls_metric_area_rows[];
extern const int ls_metric_sum_row_count, ls_metric_count_row_count, ls_metric_area_row_count;

/* An output in original units; out of a panel. */
static inline float ls_metric_original(const ls_metric_task *task, int64_t j, float a)
{
    return task->target->count ? ls_affine_inverse(task->target, j, a) : a;
}

/* Where the outputs of a row are largest, in original units: the lowest of equals. */
static inline int64_t ls_metric_largest(const ls_metric_task *task, const float *a)
{
    int64_t best = 0;
    for (int64_t j = 1; j < task->outputs; j++)
        if (ls_metric_original(task, j, a[j * LS_PANEL]) > ls_metric_original(task, best, a[best * LS_PANEL]))
            best = j;
    return best;
}

/* Whether the metric's sums of outputs are kept one by one, where that is asked for. */
static inline bool ls_metric_has_terms(const ls_metric_row *row, const ls_metric_task *task)
{
    return row->terms || (row->answers && task->classes == LS_CLASSES_EACH);
}

/* The metric's setting of threshold is that of all. */
extern const ls_setting ls_metric_threshold_setting;

#endif
