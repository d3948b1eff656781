/* Findings as tables for screens of 80 columns. */
#include "train/findings.h"

#include "base/utf8.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

enum { COLUMNS = 80, NAME_MOST = 24, NAMED = 20 /* classes or outputs, of more those with the least values */ };

/* Classes or outputs, line by line. */
typedef struct table {
    const ls_findings *f;
    const ls_class_names *names;
    bool of_outputs;
    int64_t lines;
    int metric_count;
    const ls_metric *metric[LS_METRICS_MAX];
    int name_width;
} table;

static bool value_at(const table *t, const ls_metric *metric, int64_t line, double *value)
{
    ls_class_findings found;
    if (t->of_outputs && ls_metric_tells_outputs(metric, &t->f->task))
        return ls_metric_value_of_output(metric, &t->f->task, &t->f->facts, line, value);
    if (!t->f->support)
        return false;
    ls_findings_class(t->f, line, &found);
    return ls_metric_value_of_class(metric, found.counts, found.area, value);
}

static void name_line(const table *t, int64_t line, ls_text *name)
{
    ls_text_clear(name);
    if (t->of_outputs)
        ls_class_names_put_output(t->names, line, name);
    else
        ls_class_names_put(t->names, line, name);
}

/* Characters, of which the first `most` have *bytes. */
static int characters(const char *text, int most, int *bytes)
{
    int count = 0;
    *bytes = 0;
    for (int at = 0, length; text[at] != '\0'; at += length, count++) {
        length = ls_utf8_length((const unsigned char *)text + at);
        length = length > 0 ? length : 1;
        *bytes += count < most ? length : 0;
    }
    return count;
}

/* What is told with a name that there was no memory for is not told. */
static void drop_name(ls_text *name, ls_text *out)
{
    out->failed = out->failed || name->failed;
    ls_text_free(name);
}

/* At most `width` characters of a name, with spaces up to them: behind it, or in front of it where it stands `right`.
 */
static void put_name(const table *t, int64_t line, int width, bool right, ls_text *out)
{
    ls_text name = {0};
    int bytes;
    name_line(t, line, &name);
    const int count = characters(ls_text_string(&name), width, &bytes), spaces = count < width ? width - count : 0;
    ls_text_printf(out, "%*s%.*s%*s", right ? spaces : 0, "", bytes, ls_text_string(&name), right ? 0 : spaces, "");
    drop_name(&name, out);
}

/* The columns that fit, from the first metric on. */
static void choose_columns(table *t, ls_text *out)
{
    const ls_metrics *metrics = &t->f->network->metrics;
    ls_text name = {0};
    int width = 0;
    for (int64_t line = 0; line < t->lines; line++) {
        int bytes;
        name_line(t, line, &name);
        const int length = characters(ls_text_string(&name), 0, &bytes);
        t->name_width = length > t->name_width ? length : t->name_width;
    }
    drop_name(&name, out);
    t->name_width = t->name_width < 6 ? 6 : t->name_width > NAME_MOST ? NAME_MOST : t->name_width;
    width = t->name_width + (t->f->support ? 11 : 0);
    for (int m = 0; m < metrics->count; m++) {
        const ls_metric *metric = &metrics->metric[m];
        const int more = 2 + (int)(strlen(ls_metric_name(metric)) > 7 ? strlen(ls_metric_name(metric)) : 7);
        const bool there = t->of_outputs
                               ? (t->f->network->metrics.each && ls_metric_tells_outputs(metric, &t->f->task)) ||
                                     ls_metric_tells_classes(metric)
                               : ls_metric_tells_classes(metric);
        if (!there || width + more > COLUMNS)
            continue;
        t->metric[t->metric_count++] = metric;
        width += more;
    }
}

static void put_line(const table *t, int64_t line, ls_text *out)
{
    char text[32];
    double value;
    put_name(t, line, t->name_width, false, out);
    if (t->f->support) {
        ls_class_findings found;
        ls_findings_class(t->f, line, &found);
        ls_text_printf(out, " %10lld", (long long)found.rows);
    }
    for (int m = 0; m < t->metric_count; m++) {
        const int width = (int)strlen(ls_metric_name(t->metric[m]));
        const bool there = value_at(t, t->metric[m], line, &value);
        ls_text_printf(out, "  %*s", width > 7 ? width : 7, there ? ls_format_score(value, text) : "");
    }
    ls_text_append(out, "\n");
}

/* Lines by falling need to be looked at: with the least of the first metric, or the most where less is better. */
static void put_worst(const table *t, ls_text *out)
{
    int64_t shown[NAMED];
    int n = 0;
    for (; n < NAMED; n++) {
        double worst = 0;
        shown[n] = -1;
        for (int64_t line = 0; line < t->lines; line++) {
            double value;
            bool before = false;
            for (int i = 0; i < n; i++)
                before = before || shown[i] == line;
            if (before || !value_at(t, t->metric[0], line, &value) || isnan(value))
                continue;
            value = ls_metric_rises(t->metric[0]) ? -value : value;
            if (shown[n] < 0 || value > worst) {
                worst = value;
                shown[n] = line;
            }
        }
        if (shown[n] < 0)
            break;
        put_line(t, shown[n], out);
    }
    ls_text_printf(out,
                   n == NAMED ? "and %lld more %s; these have the worst %s, --json has all\n"
                              : "and %lld more %s that have no %s, --json has all\n",
                   (long long)(t->lines - n), t->of_outputs ? "outputs" : "classes", ls_metric_name(t->metric[0]));
}

static void put_table(const table *t, ls_text *out)
{
    ls_text_printf(out, "\n%-*s", t->name_width, t->of_outputs ? "output" : "class");
    if (t->f->support)
        ls_text_printf(out, " %10s", "rows");
    for (int m = 0; m < t->metric_count; m++)
        ls_text_printf(out, "  %7s", ls_metric_name(t->metric[m]));
    ls_text_append(out, "\n");
    if (t->lines > NAMED) {
        put_worst(t, out);
        return;
    }
    for (int64_t line = 0; line < t->lines; line++)
        put_line(t, line, out);
}

/* Rows are the classes of the data, columns those they were given; only where it fits. */
static void put_matrix(const table *t, ls_text *out)
{
    const ls_findings *f = t->f;
    const int64_t n = t->lines;
    int width = 6;
    for (int64_t i = 0; i < n * n && n <= NAMED; i++) {
        char text[32];
        const int length = snprintf(text, sizeof text, "%lld", (long long)f->facts.counts[i]);
        width = length > width ? length : width;
    }
    if (n > NAMED || t->name_width + n * (width + 1) > COLUMNS)
        return;
    const int room = (int)((COLUMNS - t->name_width) / n) - 1; /* in which names are told apart */
    width = t->name_width < width ? width : t->name_width < room ? t->name_width : room;
    ls_text_printf(out, "\nrows of each class, by the class they were given:\n%*s", t->name_width, "");
    for (int64_t p = 0; p < n; p++) {
        ls_text_append(out, " ");
        put_name(t, p, width, true, out);
    }
    ls_text_append(out, "\n");
    for (int64_t k = 0; k < n; k++) {
        put_name(t, k, t->name_width, false, out);
        for (int64_t p = 0; p < n; p++)
            ls_text_printf(out, " %*lld", width, (long long)f->facts.counts[k * n + p]);
        ls_text_append(out, "\n");
    }
}

void ls_findings_table(ls_text *out, const ls_findings *f, const ls_class_names *names)
{
    table t = {.f = f, .names = names, .lines = ls_findings_classes(f)};
    t.of_outputs = t.lines == 0;
    if (t.of_outputs)
        t.lines = f->task.outputs > 1 ? f->task.outputs : 0;
    if (t.lines == 0)
        return;
    choose_columns(&t, out);
    if (t.metric_count > 0)
        put_table(&t, out);
    if (!t.of_outputs && f->network->metrics.cells > 0)
        put_matrix(&t, out);
}
