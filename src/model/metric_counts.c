/* Metrics that are made of counts: which classes rows have, and which they are given. */
#include "model/metric_rows.h"

#include <math.h>

static double share(int64_t part, int64_t whole)
{
    return whole > 0 ? (double)part / (double)whole : 0; /* as scikit-learn's zero_division=0, and Keras */
}

static double precision(const ls_class_counts *c)
{
    return share(c->right, c->right + c->others);
}

static double recall(const ls_class_counts *c)
{
    return share(c->right, c->right + c->missed);
}

/* The harmonic mean of the two. */
static double f1(const ls_class_counts *c)
{
    return share(2 * c->right, 2 * c->right + c->others + c->missed);
}

/* ---- Keras ---- */

/* Keras' Precision and Recall know neither classes of softmax outputs nor means over them, and no threshold of a z that
 * is outside 0 and 1: a file with one would not load. */
static bool keras_of_one(const ls_metric_task *task, const char *class_name, const char *name, ls_metric_keras *keras)
{
    if (task->classes != LS_CLASSES_EACH || task->outputs != 1 || !(task->yes >= 0 && task->yes <= 1))
        return false;
    keras->class_name = class_name;
    keras->name = name;
    keras->number[0].key = "thresholds";
    keras->number[0].value = (double)task->yes;
    return true;
}

static bool keras_precision(const ls_metric *metric, const ls_metric_task *task, ls_metric_keras *keras)
{
    (void)metric;
    return keras_of_one(task, "Precision", "precision", keras);
}

static bool keras_recall(const ls_metric *metric, const ls_metric_task *task, ls_metric_keras *keras)
{
    (void)metric;
    return keras_of_one(task, "Recall", "recall", keras);
}

/* Keras' wants the targets in one column a class, and a threshold above 0. */
static bool keras_f1(const ls_metric *metric, const ls_metric_task *task, ls_metric_keras *keras)
{
    if (task->labels || (task->classes == LS_CLASSES_EACH && !(task->yes > 0 && task->yes <= 1)))
        return false;
    keras->class_name = "F1Score";
    keras->name = "f1_score";
    keras->text_key = "average";
    keras->text = metric->settings.average;
    if (task->classes == LS_CLASSES_EACH) {
        keras->number[0].key = "threshold";
        keras->number[0].value = (double)task->yes;
    }
    return true;
}

/* ---- the rows ---- */

#define THRESHOLD LS_SETTING(ls_metric_settings, threshold, REAL, -1e30, 1e30, NULL)
#define AVERAGE   LS_SETTING(ls_metric_settings, average, TEXT, 0, 0, "macro|micro|weighted")

const ls_setting ls_metric_threshold_setting = THRESHOLD;
static const ls_setting settings[] = {AVERAGE, THRESHOLD};

const ls_metric_row ls_metric_count_rows[] = {
    {.name = "precision",
     .spellings = LS_SPELLINGS("precisionscore"),
     .kind = LS_METRIC_COUNTS,
     .use = LS_METRIC_FOR_CLASSES,
     .rises = true,
     .settings = settings,
     .setting_count = 2,
     .of_given = true,
     .keras = keras_precision,
     .class_value = precision},
    {.name = "recall",
     .spellings = LS_SPELLINGS("recallscore"),
     .kind = LS_METRIC_COUNTS,
     .use = LS_METRIC_FOR_CLASSES,
     .rises = true,
     .settings = settings,
     .setting_count = 2,
     .keras = keras_recall,
     .class_value = recall},
    {.name = "f1_score",
     .spellings = LS_SPELLINGS("f1score", "f1"),
     .kind = LS_METRIC_COUNTS,
     .use = LS_METRIC_FOR_CLASSES,
     .rises = true,
     .settings = settings,
     .setting_count = 2,
     .of_given = true,
     .keras = keras_f1,
     .class_value = f1},
    {.name = "confusion_matrix",
     .spellings = LS_SPELLINGS("confusionmatrix", "confusion"),
     .kind = LS_METRIC_COUNTS,
     .use = LS_METRIC_FOR_CLASSES,
     .rises = true,
     .no_column = true,
     .settings = &ls_metric_threshold_setting,
     .setting_count = 1},
};
const int ls_metric_count_row_count = sizeof ls_metric_count_rows / sizeof *ls_metric_count_rows;
