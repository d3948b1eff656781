/* Lists of metrics: read, checked against a model, laid out, written. */
#include "model/metric_rows.h"

#include "base/parse.h"
#include "math/logarithm.h"

#include <ctype.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

/* Bytes that the counts of one rank may take, and sets of them that it holds at most: in training those of its rows and
 * of all rows, of validation, and of the test part. */
#define COUNTS_MOST ((int64_t)1 << 30)
#define COUNTS_SETS 4

/* ---- names ---- */

static const char *name_at(const void *context, size_t i)
{
    (void)context;
    return ls_metric_row_at((int)i)->name;
}

/* "TopK_categorical-accuracy" as "topkcategoricalaccuracy". */
static void squash(const char *name, char out[64])
{
    size_t length = 0;
    for (; *name != '\0' && length + 1 < 64; name++)
        if (*name != '_' && *name != '-')
            out[length++] = (char)tolower((unsigned char)*name);
    out[length] = '\0';
}

static bool is_called(const ls_metric_row *row, const char *squashed)
{
    char name[64];
    squash(row->name, name);
    if (strcmp(name, squashed) == 0)
        return true;
    for (const char *const *s = row->spellings; *s; s++)
        if (strcmp(*s, squashed) == 0)
            return true;
    return false;
}

static const ls_metric_row *find_row(const char *name)
{
    char squashed[64];
    squash(name, squashed);
    for (int i = 0; ls_metric_row_at(i); i++)
        if (is_called(ls_metric_row_at(i), squashed))
            return ls_metric_row_at(i);
    return NULL;
}

const char *ls_metric_find(const char *name)
{
    const ls_metric_row *row = find_row(name);
    return row ? row->name : NULL;
}

/* ---- one metric against a model ---- */

static ls_status refuse_name(const char *what, const char *word)
{
    ls_text names = {0};
    size_t count = 0;
    while (ls_metric_row_at((int)count))
        ls_text_printf(&names, "%s, ", name_at(NULL, count++));
    const char *near = ls_parse_nearest(word, count, name_at, NULL);
    const ls_status status =
        ls_fail(LS_ERR_USAGE, "%s: no metric is called '%s'%s%s%s; expected %sor none", what, word,
                near ? " (did you mean '" : "", near ? near : "", near ? "'?)" : "", ls_text_string(&names));
    ls_text_free(&names);
    return status;
}

static ls_status check_use(const char *what, const ls_metric_row *row, const ls_metric_task *task)
{
    if (task->spread)
        return ls_fail(LS_ERR_USAGE,
                       "%s %s: the outputs of several taus are quantiles, and none of them is the one prediction that "
                       "metrics are of; leave --metrics out, the loss is the score",
                       what, row->name);
    if (row->use == LS_METRIC_FOR_NUMBERS && task->labels)
        return ls_fail(LS_ERR_USAGE, "%s: %s needs targets as numbers, not class labels; use accuracy", what,
                       row->name);
    if (row->use == LS_METRIC_FOR_ONE && task->classes != LS_CLASSES_ONE)
        return ls_fail(LS_ERR_USAGE,
                       "%s: %s needs one class out of several, as with softmax outputs; the loss is %s with %lld "
                       "output%s",
                       what, row->name, task->loss, (long long)task->outputs, task->outputs == 1 ? "" : "s");
    if (row->use == LS_METRIC_FOR_CLASSES && task->classes == LS_CLASSES_NONE)
        return ls_fail(LS_ERR_USAGE,
                       "%s: %s needs classes, and the loss %s is of values; for classes take a loss of them: --loss "
                       "binary_crossentropy with sigmoid as the last layer, categorical_crossentropy or "
                       "sparse_categorical_crossentropy with softmax",
                       what, row->name, task->loss);
    if (row->kind == LS_METRIC_SUMS && row->chances && !task->chances)
        return ls_fail(LS_ERR_USAGE,
                       "%s: %s needs outputs that are chances of classes, and those of the loss %s are none", what,
                       row->name, task->loss);
    if (row->by_output && task->outputs > LS_METRICS_OUTPUTS)
        return ls_fail(LS_ERR_USAGE, "%s: %s of %lld outputs; at most %d are supported", what, row->name,
                       (long long)task->outputs, LS_METRICS_OUTPUTS);
    const int64_t classes = ls_metric_task_classes(task);
    if (row->kind == LS_METRIC_COUNTS && task->classes == LS_CLASSES_ONE &&
        classes > COUNTS_MOST / COUNTS_SETS / 8 / classes)
        return ls_fail(LS_ERR_USAGE,
                       "%s: %s of %lld classes needs tables of %.1f GiB on each rank that trains; at most 1 GiB, 5792 "
                       "classes, is supported. top_k_categorical_accuracy needs none",
                       what, row->name, (long long)classes, (double)classes * (double)classes * COUNTS_SETS * 0x1p-27);
    return LS_OK;
}

static ls_status set_threshold(const char *what, double threshold, const ls_metric_task *task, ls_metrics *metrics)
{
    if (task->classes != LS_CLASSES_EACH)
        return ls_fail(LS_ERR_USAGE,
                       "%s: a threshold (%g) is for outputs that say yes or no, as sigmoids do; the loss is %s", what,
                       threshold, task->loss);
    if (task->chances && !(threshold >= 0 && threshold <= 1))
        return ls_fail(LS_ERR_USAGE, "%s: a threshold of %g; outputs are chances with the loss %s, expected 0 to 1",
                       what, threshold, task->loss);
    metrics->has_threshold = true;
    metrics->threshold = threshold;
    return LS_OK;
}

static bool has_threshold(const ls_metric_row *row)
{
    for (size_t i = 0; i < row->setting_count; i++)
        if (strcmp(row->settings[i].key, ls_metric_threshold_setting.key) == 0)
            return true;
    return false;
}

/* One threshold is that of all: of a metric that names none, too. */
static ls_status take_threshold(const char *what, const ls_metric_task *task, const ls_metric_settings *settings,
                                ls_metrics *metrics)
{
    const double threshold = settings->threshold;
    if (isnan(threshold))
        return LS_OK;
    if (metrics->has_threshold && metrics->threshold != threshold)
        return ls_fail(LS_ERR_USAGE, "%s: threshold=%g and threshold=%g; all metrics have the same, name it once", what,
                       metrics->threshold, threshold);
    return set_threshold(what, threshold, task, metrics);
}

static ls_metric_settings defaults(void)
{
    ls_metric_settings settings = {.k = 5, .threshold = NAN};
    strcpy(settings.average, "macro");
    return settings;
}

/* Those that have not their defaults. */
static void format_settings(const ls_metric *metric, ls_text *text)
{
    const ls_metric_settings none = defaults();
    for (size_t i = 0; i < metric->row->setting_count; i++)
        if (!ls_settings_same(&metric->row->settings[i], &none, &metric->settings))
            ls_settings_format(&metric->row->settings[i], 1, &metric->settings, text);
}

static bool same_settings(const ls_metric *a, const ls_metric *b)
{
    bool same = true;
    for (size_t i = 0; i < a->row->setting_count; i++)
        same = same && ls_settings_same(&a->row->settings[i], &a->settings, &b->settings);
    return same;
}

static ls_status add(const char *what, const ls_metric *metric, ls_metrics *metrics)
{
    for (int k = 0; k < metrics->count; k++) {
        if (metrics->metric[k].row != metric->row)
            continue;
        if (same_settings(&metrics->metric[k], metric))
            return LS_OK;
        return ls_fail(LS_ERR_USAGE, "%s: %s is there twice, with other settings; it has one column", what,
                       metric->row->name);
    }
    if (metrics->count == LS_METRICS_MAX)
        return ls_fail(LS_ERR_USAGE, "%s: at most %d metrics", what, LS_METRICS_MAX);
    metrics->metric[metrics->count++] = *metric;
    return LS_OK;
}

/* ---- the list ---- */

static int width_of(const ls_metrics *metrics, const ls_metric_row *row, const ls_metric_task *task)
{
    if (row->kind != LS_METRIC_SUMS)
        return 0;
    if (row->by_output)
        return (int)task->outputs;
    return metrics->each && ls_metric_has_terms(row, task) ? 1 + (int)task->outputs : 1;
}

static void lay_out(const ls_metric_task *task, ls_metrics *metrics)
{
    metrics->width = 1;
    metrics->cells = metrics->row_cells = 0;
    for (int k = 0; k < metrics->count; k++) {
        ls_metric *m = &metrics->metric[k];
        m->offset = metrics->width;
        metrics->width += width_of(metrics, m->row, task);
        metrics->areas = metrics->areas || m->row->kind == LS_METRIC_AREAS;
        metrics->chances = metrics->chances || m->row->chances;
        if (m->row->kind != LS_METRIC_COUNTS)
            continue;
        const bool one = task->classes == LS_CLASSES_ONE;
        metrics->cells = task->outputs * (one ? task->outputs : 4);
        metrics->row_cells = one ? 1 : task->outputs;
    }
}

/* Moves behind the "key=value" that is next, and gives it without the blanks of "(key = value)". false: there is none.
 */
static bool next_setting(const char **cursor, char setting[256])
{
    char key[100], value[100] = "";
    bool too_long;
    const char *next = *cursor + strspn(*cursor, " ,()");
    if (!ls_parse_word(&next, "=,()", key, sizeof key, &too_long))
        return false;
    next += strspn(next, " ");
    if (*next++ != '=')
        return false;
    if (!ls_parse_word(&next, ",()", value, sizeof value, &too_long))
        value[0] = '\0';
    snprintf(setting, 256, "%s=%s", key, value);
    *cursor = next;
    return true;
}

/* The settings that follow, as one text. */
static ls_status read_settings(const char *what, const char **cursor, ls_metric *metric)
{
    char word[256], name[128];
    ls_text settings = {0};
    while (next_setting(cursor, word))
        ls_text_printf(&settings, "%s%s", settings.length > 0 ? " " : "", word);
    const ls_metric_row *row = metric->row;
    ls_status status = ls_text_status(&settings);
    if (status == LS_OK && settings.length > 0 && row->setting_count == 0)
        status = ls_fail(LS_ERR_USAGE, "%s: %s takes no settings, but here is '%s'%s", what, row->name,
                         ls_text_string(&settings), row->instead ? row->instead : "");
    if (status == LS_OK) {
        snprintf(name, sizeof name, "%.60s: %.60s", what, row->name);
        status = ls_settings_parse(name, ls_text_string(&settings), row->settings, row->setting_count,
                                   &metric->settings, NULL);
    }
    ls_text_free(&settings);
    return status;
}

ls_status ls_metrics_parse(const char *what, const char *text, const ls_metric_task *task, ls_metrics *metrics)
{
    char word[128];
    bool too_long;
    memset(metrics, 0, sizeof *metrics);
    for (const char *cursor = text;;) {
        cursor += strspn(cursor, " ,()");
        if (!ls_parse_word(&cursor, ",()", word, sizeof word, &too_long))
            break;
        if (strcmp(word, "none") == 0)
            continue;
        ls_metric metric;
        memset(&metric, 0, sizeof metric);
        metric.settings = defaults();
        metric.row = find_row(word);
        if (!metric.row && strchr(word, '='))
            return ls_fail(LS_ERR_USAGE, "%s: '%s' has no metric in front of it", what, word);
        if (!metric.row)
            return refuse_name(what, word);
        LS_TRY(check_use(what, metric.row, task));
        LS_TRY(read_settings(what, &cursor, &metric));
        LS_TRY(take_threshold(what, task, &metric.settings, metrics));
        LS_TRY(add(what, &metric, metrics));
    }
    lay_out(task, metrics);
    return LS_OK;
}

void ls_metrics_format(const ls_metrics *metrics, ls_text *text)
{
    for (int k = 0; k < metrics->count; k++) {
        ls_text_printf(text, "%s%s", k ? "," : "", metrics->metric[k].row->name);
        format_settings(&metrics->metric[k], text);
    }
}

const char *ls_metrics_default(const ls_metric_task *task)
{
    if (task->spread)
        return "none";
    if (task->classes != LS_CLASSES_NONE)
        return "accuracy";
    return task->outputs <= LS_METRICS_OUTPUTS ? "mae,r2" : "mae";
}

void ls_metrics_by_output(const ls_metric_task *task, ls_metrics *metrics)
{
    metrics->each = task->outputs > 1 && task->outputs <= LS_METRICS_OUTPUTS;
    lay_out(task, metrics);
}

ls_status ls_metrics_set_threshold(const char *what, double threshold, const ls_metric_task *task, ls_metrics *metrics)
{
    LS_TRY(set_threshold(what, threshold, task, metrics));
    for (int k = 0; k < metrics->count; k++)
        if (has_threshold(metrics->metric[k].row))
            return LS_OK;
    ls_text names = {0};
    for (int i = 0; ls_metric_row_at(i); i++)
        if (has_threshold(ls_metric_row_at(i)))
            ls_text_printf(&names, "%s%s", names.length > 0 ? ", " : "", ls_metric_row_at(i)->name);
    const ls_status status = ls_fail(LS_ERR_USAGE,
                                     "%s: none of the metrics evaluated has a threshold (%g); add one that has to "
                                     "--metrics (%s), or leave the threshold out",
                                     what, threshold, ls_text_string(&names));
    ls_text_free(&names);
    return status;
}

ls_metric_task ls_metrics_task(const ls_metrics *metrics, const ls_metric_task *task)
{
    ls_metric_task own = *task;
    const double t = metrics->threshold;
    if (metrics->has_threshold) /* of a sigmoid that is still to be applied, what it takes to come above t */
        own.yes = (float)(task->chances && task->link == LS_SIGMOID ? ls_logarithm(t / (1 - t)) : t);
    return own;
}
