/* What evaluations find by class, and what has to be said about it. */
#include "train/findings.h"

#include <math.h>

double ls_base_rate_of_output(int64_t rows, int64_t yes)
{
    return (double)(2 * yes > rows ? yes : rows - yes) / (double)rows;
}

ls_base_rate ls_base_rate_of(const ls_metric_task *task, int64_t rows, const int64_t *support)
{
    ls_base_rate base = {.rate = NAN, .answer = -1};
    const int64_t classes = ls_metric_task_classes(task);
    int64_t right = 0, least = rows;
    const bool each = task->classes == LS_CLASSES_EACH;
    if (classes == 0 || rows == 0)
        return base;
    for (int64_t k = 0; k < classes; k++) {
        const int64_t yes = support[k], no = each ? rows - yes : 0;
        const int64_t most = yes > no ? yes : no;
        base.answer = each ? (yes > no) : most > right ? k : base.answer;
        right = each ? right + most : most > right ? most : right;
        least = yes > 0 && yes < least ? yes : least;
        least = each && no > 0 && no < least ? no : least;
    }
    if (each && classes > 1)
        base.answer = -1;
    base.rate = (double)right / ((double)rows * (each ? (double)classes : 1));
    base.rare = (double)least * 5 * (each ? 2 : (double)classes) < (double)rows;
    return base;
}

int64_t ls_findings_classes(const ls_findings *f)
{
    return f->task.classes == LS_CLASSES_ONE                            ? f->task.outputs
           : f->task.classes == LS_CLASSES_EACH && f->task.outputs == 1 ? 2
                                                                        : 0;
}

void ls_findings_class(const ls_findings *f, int64_t k, ls_class_findings *found)
{
    const bool counted = f->network->metrics.cells > 0, ranked = f->network->metrics.areas;
    *found = (ls_class_findings){0};
    if (f->task.classes == LS_CLASSES_EACH && f->task.outputs == 1) { /* no, and yes */
        const int64_t *cell = f->facts.counts;
        found->rows = k == 0 ? f->facts.rows - f->support[0] : f->support[0];
        if (counted)
            found->own = k == 0 ? (ls_class_counts){.right = cell[0], .others = cell[2], .missed = cell[1]}
                                : f->facts.classes[0];
        found->area = ranked && k == 1 ? &f->facts.areas[0] : NULL;
    } else {
        found->rows = f->support[k];
        if (counted)
            found->own = f->facts.classes[k];
        found->area = ranked ? &f->facts.areas[k] : NULL;
    }
    found->counts = counted ? &found->own : NULL;
}

/* ---- remarks ---- */

/* A class or an output, in quotes; a single yes-or-no output by its yes, as everywhere else. */
static void put_name(ls_text *text, const ls_findings *f, const ls_class_names *names, int64_t k)
{
    const bool of_classes = ls_findings_classes(f) > 0;
    ls_text_append(text, of_classes ? "class '" : "output '");
    if (of_classes)
        ls_class_names_put(names, f->task.classes == LS_CLASSES_ONE ? k : 1, text);
    else
        ls_class_names_put_output(names, k, text);
    ls_text_append(text, "'");
}

/* The first few that a condition holds for; how many there are. */
static int64_t list(const ls_findings *f, const ls_class_names *names, bool (*holds)(const ls_findings *f, int64_t k),
                    ls_text *text)
{
    enum { NAMED = 5 };
    int64_t count = 0;
    for (int64_t k = 0; k < f->task.outputs; k++) {
        if (!holds(f, k))
            continue;
        if (count < NAMED) {
            ls_text_append(text, count > 0 ? ", " : "");
            put_name(text, f, names, k);
        }
        count++;
    }
    if (count > NAMED)
        ls_text_printf(text, " and %lld more", (long long)(count - NAMED));
    return count;
}

static bool has_no_row(const ls_findings *f, int64_t k)
{
    return f->support[k] == 0;
}

static bool has_no_area(const ls_findings *f, int64_t k)
{
    return isnan(f->facts.areas[k].auc);
}

static bool is_never_given(const ls_findings *f, int64_t k)
{
    const ls_class_counts *c = &f->facts.classes[k];
    return c->right + c->others == 0;
}

static bool tells_given(const ls_metrics *metrics)
{
    bool any = false;
    for (int m = 0; m < metrics->count; m++)
        any = any || ls_metric_tells_given(&metrics->metric[m]);
    return any;
}

static void say(const ls_findings *f, const ls_class_names *names, const ls_log *log,
                bool (*holds)(const ls_findings *f, int64_t k), const char *what)
{
    ls_text text = {0};
    if (list(f, names, holds, &text) > 0)
        ls_log_line(log, LS_LOG_WARNING, "%s: %s", ls_text_string(&text), what);
    ls_text_free(&text);
}

void ls_findings_remark_rows(const ls_findings *f, const ls_class_names *names, const ls_log *log)
{
    const ls_metrics *metrics = &f->network->metrics;
    if (!f->support)
        return;
    if (metrics->cells > 0 && f->task.classes == LS_CLASSES_ONE)
        say(f, names, log, has_no_row, "no row has it; its recall and f1_score count as 0 in the means");
    if (metrics->areas)
        say(f, names, log, has_no_area,
            f->task.outputs == 1 ? "all rows or none are of it, so there is no area under a curve (nan)"
                                 : "all rows or none are of it, so it has no area under a curve (nan) and is left out "
                                   "of the means of auc and pr_auc");
}

void ls_findings_remark(const ls_findings *f, const ls_class_names *names, const ls_log *log)
{
    ls_findings_remark_rows(f, names, log);
    if (f->support && f->network->metrics.cells > 0 && tells_given(&f->network->metrics))
        say(f, names, log, is_never_given, "no row is given it, so its precision is 0");
}
