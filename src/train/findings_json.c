/* Findings as JSON. */
#include "train/findings.h"

#include <math.h>

static void put_label(ls_json *json, const ls_class_names *names, int64_t class_)
{
    const int64_t label = ls_class_names_label(names, class_);
    ls_json_put_integer(json, "class", label);
    if (ls_class_names_of_label(names, label))
        ls_json_put_string(json, "name", ls_class_names_of_label(names, label));
}

static void put_values(ls_json *json, const ls_findings *f, const ls_class_findings *found)
{
    double value;
    for (int m = 0; m < f->network->metrics.count; m++) {
        const ls_metric *metric = &f->network->metrics.metric[m];
        if (ls_metric_value_of_class(metric, found->counts, found->area, &value))
            ls_json_put_double(json, ls_metric_name(metric), value);
    }
}

static void put_classes(ls_json *json, const ls_findings *f, const ls_class_names *names)
{
    ls_class_findings found;
    ls_json_key(json, "per_class");
    ls_json_array_begin(json);
    for (int64_t k = 0; k < ls_findings_classes(f); k++) {
        ls_json_object_begin(json);
        put_label(json, names, k);
        ls_findings_class(f, k, &found);
        put_values(json, f, &found);
        ls_json_put_integer(json, "support", found.rows);
        ls_json_object_end(json);
    }
    ls_json_array_end(json);
}

/* (n, n) in lines of n. */
static void put_matrix(ls_json *json, const int64_t *counts, int64_t n)
{
    const int indent = json->indent;
    ls_json_array_begin(json);
    for (int64_t t = 0; t < n; t++) {
        ls_json_array_begin(json);
        json->indent = 0;
        for (int64_t p = 0; p < n; p++)
            ls_json_integer(json, counts[t * n + p]);
        ls_json_array_end(json);
        json->indent = indent;
    }
    ls_json_array_end(json);
}

static void put_outputs(ls_json *json, const ls_findings *f, const ls_class_names *names)
{
    ls_class_findings found;
    double value;
    ls_json_key(json, "per_output");
    ls_json_array_begin(json);
    for (int64_t j = 0; j < f->task.outputs; j++) {
        ls_json_object_begin(json);
        ls_json_put_integer(json, "output", j);
        if (ls_class_names_of_output(names, j))
            ls_json_put_string(json, "name", ls_class_names_of_output(names, j));
        for (int m = 0; m < f->network->metrics.count; m++)
            if (ls_metric_value_of_output(&f->network->metrics.metric[m], &f->task, &f->facts, j, &value))
                ls_json_put_double(json, ls_metric_name(&f->network->metrics.metric[m]), value);
        if (f->support) {
            ls_findings_class(f, j, &found);
            put_values(json, f, &found);
            ls_json_put_integer(json, "support", found.rows);
            ls_json_put_double(json, "base_rate", ls_base_rate_of_output(f->facts.rows, found.rows));
        }
        if (f->network->metrics.cells > 0) {
            ls_json_key(json, "confusion_matrix");
            put_matrix(json, f->facts.counts + 4 * j, 2);
        }
        ls_json_object_end(json);
    }
    ls_json_array_end(json);
}

static bool tells(const ls_findings *f, bool (*asks)(const ls_metric *metric))
{
    bool any = false;
    for (int m = 0; m < f->network->metrics.count; m++)
        any = any || asks(&f->network->metrics.metric[m]);
    return any;
}

static bool tells_outputs(const ls_findings *f)
{
    bool any = false;
    for (int m = 0; m < f->network->metrics.count; m++)
        any = any || ls_metric_tells_outputs(&f->network->metrics.metric[m], &f->task);
    return any;
}

void ls_findings_put(ls_json *json, const ls_findings *f, const ls_class_names *names, int64_t most_cells)
{
    const bool of_classes = tells(f, ls_metric_tells_classes) || f->network->metrics.cells > 0;
    const int64_t classes = ls_findings_classes(f), cells = f->network->metrics.cells;
    ls_json_put_integer(json, "rows", f->scores.rows);
    for (int k = 0; k < f->scores.count; k++)
        ls_json_put_double(json, f->scores.name[k], f->scores.value[k]);
    if (f->support)
        ls_json_put_double(json, "base_rate", ls_base_rate_of(&f->task, f->facts.rows, f->support).rate);
    if (classes > 0 && of_classes)
        put_classes(json, f, names);
    else if (f->task.outputs > 1 && (of_classes || (f->network->metrics.each && tells_outputs(f))))
        put_outputs(json, f, names);
    if (classes > 0 && cells > 0 && cells <= most_cells) {
        ls_json_key(json, "confusion_matrix");
        put_matrix(json, f->facts.counts, classes);
    }
}
