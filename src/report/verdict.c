/* The verdict: rules in their order, and the section that tells what they found. */
#include "report/verdict_rules.h"

#include "base/memory.h"
#include "report/html.h"
#include "report/page.h"
#include "report/report_log.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

/* ---- telling ---- */

ls_verdict *ls_verdict_say(ls_verdict_facts *f, const char *rule, ls_verdict_grade grade, const char *head, ...)
{
    static ls_verdict spare;
    va_list arguments;
    ls_verdict *v = f->count < LS_VERDICTS_MOST ? &f->list[f->count++] : &spare;
    *v = (ls_verdict){.rule = rule, .grade = grade};
    va_start(arguments, head);
    vsnprintf(v->head, sizeof v->head, head, arguments);
    va_end(arguments);
    return v;
}

void ls_verdict_words(ls_verdict *v, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(v->words, sizeof v->words, format, arguments);
    va_end(arguments);
}

void ls_verdict_cure(ls_verdict *v, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(v->cure, sizeof v->cure, format, arguments);
    va_end(arguments);
}

double ls_verdict_rate(const ls_report *r)
{
    const int c = ls_report_log_find(&r->log, "learning_rate");
    return c >= 0 && r->log.rows > 0 ? ls_report_log_column(&r->log, c)[0] : NAN;
}

static ls_verdict_series find_series(const ls_verdict_facts *f, const char *column, double **room)
{
    const ls_report_log *log = &f->report->log;
    ls_verdict_series s = {0, *room, *room + log->rows};
    *room += 2 * log->rows;
    s.count = ls_report_log_epochs(log, ls_report_log_find(log, column), s.epoch, s.value);
    return s;
}

/* ---- all ---- */

static void (*const rules[])(ls_verdict_facts *facts) = {
    ls_verdict_not_finite,    ls_verdict_overfitting, ls_verdict_rate_too_high,
    ls_verdict_underfitting,  ls_verdict_never_given, ls_verdict_dead_units,
    ls_verdict_gradients,     ls_verdict_best,        ls_verdict_base_rate,
    ls_verdict_still_falling, ls_verdict_gap,         ls_verdict_imbalance,
    ls_verdict_no_rows,       ls_verdict_calibration, ls_verdict_noisy_validation,
    ls_verdict_no_validation};

/* What is good comes before notes. */
static int weight_of(ls_verdict_grade grade)
{
    return grade == LS_VERDICT_GOOD ? 1 : grade == LS_VERDICT_NOTE ? 0 : (int)grade;
}

/* The gravest first; the order of the rules among equals. */
static void sort(ls_verdict *list, int count)
{
    for (int i = 1; i < count; i++)
        for (int k = i; k > 0; k--) {
            if (weight_of(list[k].grade) <= weight_of(list[k - 1].grade))
                break;
            const ls_verdict moved = list[k];
            list[k] = list[k - 1];
            list[k - 1] = moved;
        }
}

int ls_verdict_find(const ls_report *report, ls_verdict verdicts[LS_VERDICTS_MOST], ls_status *status)
{
    ls_verdict_facts f = {.report = report, .list = verdicts};
    double *values;
    *status = ls_memory_allocate(&values, 8 * report->log.rows, sizeof *values, "curves");
    if (*status != LS_OK)
        return 0;
    double *room = values;
    f.loss = find_series(&f, "loss", &room);
    f.val_loss = find_series(&f, "val_loss", &room);
    f.accuracy = find_series(&f, "accuracy", &room);
    f.val_accuracy = find_series(&f, "val_accuracy", &room);
    for (size_t i = 0; i < sizeof rules / sizeof *rules; i++)
        rules[i](&f);
    sort(verdicts, f.count);
    ls_memory_free(values);
    return f.count;
}

/* Names of options stay on one line. */
static void put_cure(ls_text *html, const char *cure)
{
    char word[sizeof((ls_verdict *)NULL)->cure];
    while (*cure) {
        const bool option = strncmp(cure, "--", 2) == 0;
        const size_t length = strcspn(cure, " ") + (strcspn(cure, " ") == 0);
        snprintf(word, sizeof word, "%.*s", (int)length, cure);
        ls_text_append(html, option ? "<span class=\"o\">" : "");
        ls_html_put(html, word);
        ls_text_append(html, option ? "</span>" : "");
        cure += length;
    }
}

void ls_page_verdict(ls_text *html, const ls_report *report)
{
    static const char *const grades[] = {"good", "note", "warn", "bad"};
    static const char *const said[] = {"Good", "Note", "Warning", "Problem"};
    ls_verdict verdicts[LS_VERDICTS_MOST];
    ls_status status;
    const int count = ls_verdict_find(report, verdicts, &status);
    if (count == 0)
        return;
    ls_html_section(html, "verdict", "Verdict");
    ls_text_append(html, "<ul class=\"verdict\">\n");
    for (int i = 0; i < count; i++) {
        const ls_verdict *v = &verdicts[i];
        ls_text_printf(html, "<li class=\"%s\" data-rule=\"%s\"><b><span class=\"soft\">%s:</span> ", grades[v->grade],
                       v->rule, said[v->grade]);
        ls_html_put(html, v->head);
        ls_text_append(html, "</b><p>");
        ls_html_put(html, v->words);
        ls_text_append(html, "</p>");
        if (v->cure[0]) {
            ls_text_append(html, "<p class=\"cure\"><span class=\"soft\">What helps:</span> ");
            put_cure(html, v->cure);
            ls_text_append(html, "</p>");
        }
        ls_text_append(html, "</li>\n");
    }
    ls_text_append(html, "</ul>\n");
    ls_html_section_end(html);
}
