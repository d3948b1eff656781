/* What rows of data add to metrics, and what that comes to. */
#include "model/metric_rows.h"

#include <math.h>
#include <string.h>

/* ---- the rows of the tables ---- */

const ls_metric_row *ls_metric_row_at(int index)
{
    if (index < ls_metric_sum_row_count)
        return &ls_metric_sum_rows[index];
    index -= ls_metric_sum_row_count;
    if (index < ls_metric_count_row_count)
        return &ls_metric_count_rows[index];
    index -= ls_metric_count_row_count;
    return index < ls_metric_area_row_count ? &ls_metric_area_rows[index] : NULL;
}

const ls_metric *ls_metrics_find(const ls_metrics *metrics, const char *column)
{
    for (int k = 0; k < metrics->count; k++)
        if (strcmp(metrics->metric[k].row->name, column) == 0)
            return &metrics->metric[k];
    return NULL;
}

const char *ls_metric_name(const ls_metric *metric)
{
    return metric->row->name;
}

bool ls_metric_rises(const ls_metric *metric)
{
    return metric->row->rises;
}

bool ls_metric_in_training(const ls_metric *metric)
{
    return ls_metric_is_column(metric) && metric->row->kind != LS_METRIC_AREAS;
}

bool ls_metric_is_column(const ls_metric *metric)
{
    return !metric->row->no_column;
}

bool ls_metric_is_share(const ls_metric *metric)
{
    return metric->row->share;
}

bool ls_metric_needs_total(const ls_metric *metric)
{
    return metric->row->needs_total;
}

bool ls_metric_to_keras(const ls_metric *metric, const ls_metric_task *task, ls_metric_keras *keras)
{
    *keras = (ls_metric_keras){0};
    return metric->row->keras && metric->row->keras(metric, task, keras);
}

/* ---- rows ---- */

int64_t ls_metric_class(const ls_metric_task *task, const float *y, int32_t label)
{
    int64_t best = 0;
    if (!y)
        return label;
    for (int64_t j = 1; j < task->outputs; j++)
        if (y[j] > y[best])
            best = j;
    return best;
}

void ls_metrics_panel(const ls_metrics *metrics, const ls_metric_task *task, int lanes, const float *a, const float *p,
                      const ls_targets *targets, double *sums)
{
    for (int k = 0; k < metrics->count; k++) {
        const ls_metric *m = &metrics->metric[k];
        if (m->row->kind != LS_METRIC_SUMS)
            continue;
        const ls_metric_panel panel = {lanes, a, p, targets, metrics->each, sums + m->offset, metrics->width};
        m->row->add(m, task, &panel);
    }
}

void ls_metrics_panel_cells(const ls_metrics *metrics, const ls_metric_task *task, int lanes, const float *a,
                            const ls_targets *targets, int32_t *cells)
{
    for (int l = 0; l < lanes; l++, cells += metrics->row_cells) {
        const float *y = targets->y ? targets->y[l] : NULL;
        if (task->classes == LS_CLASSES_ONE) {
            const int64_t there = ls_metric_class(task, y, targets->label ? targets->label[l] : 0);
            *cells = (int32_t)(there * task->outputs + ls_metric_largest(task, a + l));
            continue;
        }
        for (int64_t j = 0; j < task->outputs; j++) {
            const bool given = ls_metric_original(task, j, a[j * LS_PANEL + l]) > task->yes;
            cells[j] = (int32_t)(4 * j + 2 * (y[j] > 0.5f) + given);
        }
    }
}

/* ---- values ---- */

void ls_metric_count_classes(const ls_metric_task *task, const int64_t *counts, ls_class_counts *classes)
{
    const int64_t n = task->outputs;
    if (task->classes == LS_CLASSES_EACH) { /* [output][yes in the data][said yes] */
        for (int64_t k = 0; k < n; k++, counts += 4)
            classes[k] = (ls_class_counts){.right = counts[3], .others = counts[1], .missed = counts[2]};
        return;
    }
    memset(classes, 0, (size_t)n * sizeof *classes);
    for (int64_t k = 0; k < n; k++, counts += n) { /* [class of the row][class it was given] */
        for (int64_t j = 0; j < n; j++) {
            classes[k].missed += counts[j];
            classes[j].others += counts[j];
        }
        classes[k].right = counts[k];
    }
    for (int64_t k = 0; k < n; k++) {
        classes[k].missed -= classes[k].right;
        classes[k].others -= classes[k].right;
    }
}

/* Over all classes: macro: each the same; weighted: by the rows that have it; micro: of the counts added up. A class
 * without rows has 0. */
static double average_classes(const ls_metric *metric, int64_t classes, const ls_class_counts *counts)
{
    const bool weighted = strcmp(metric->settings.average, "weighted") == 0;
    double value = 0, weight = 0;
    ls_class_counts all = {0};
    for (int64_t k = 0; k < classes; k++) {
        const ls_class_counts *c = &counts[k];
        const double w = weighted ? (double)(c->right + c->missed) : 1;
        value += w * metric->row->class_value(c);
        weight += w;
        all.right += c->right;
        all.others += c->others;
        all.missed += c->missed;
    }
    if (strcmp(metric->settings.average, "micro") == 0)
        return metric->row->class_value(&all);
    return weight > 0 ? value / weight : 0;
}

/* The mean over the classes that have an area. */
static double average_areas(const ls_metric_row *row, int64_t classes, const ls_area *areas)
{
    double value = 0;
    int64_t there = 0;
    for (int64_t k = 0; k < classes; k++) {
        const double area = row->area_value(&areas[k]);
        if (isnan(area))
            continue;
        value += area;
        there++;
    }
    return there > 0 ? value / (double)there : NAN;
}

double ls_metric_value(const ls_metric *metric, const ls_metric_task *task, const ls_metric_facts *facts)
{
    const ls_metric_row *row = metric->row;
    if (row->class_value)
        return average_classes(metric, task->outputs, facts->classes);
    if (row->area_value)
        return average_areas(row, task->outputs, facts->areas);
    const double *sum = facts->sums + metric->offset;
    if (row->sum_value)
        return row->sum_value(metric, task, facts, sum);
    return row->output_value(sum[0], (double)facts->rows * (double)task->outputs, NAN);
}

bool ls_metric_value_of_output(const ls_metric *metric, const ls_metric_task *task, const ls_metric_facts *facts,
                               int64_t j, double *value)
{
    const ls_metric_row *row = metric->row;
    const double *sum = facts->sums + metric->offset + (row->by_output ? 0 : 1);
    if (!ls_metric_tells_outputs(metric, task))
        return false;
    *value = row->output_value(sum[j], (double)facts->rows, row->needs_total ? facts->total[j] : NAN);
    return true;
}

bool ls_metric_value_of_class(const ls_metric *metric, const ls_class_counts *counts, const ls_area *area,
                              double *value)
{
    const ls_metric_row *row = metric->row;
    if (row->class_value && counts)
        *value = row->class_value(counts);
    else if (row->area_value && area)
        *value = row->area_value(area);
    else
        return false;
    return true;
}

bool ls_metric_tells_classes(const ls_metric *metric)
{
    return metric->row->class_value || metric->row->area_value;
}

bool ls_metric_tells_outputs(const ls_metric *metric, const ls_metric_task *task)
{
    return metric->row->by_output || ls_metric_has_terms(metric->row, task);
}

bool ls_metric_tells_given(const ls_metric *metric)
{
    return metric->row->of_given;
}
