/* Curves of log.csv: a chart for each score, training and validation in it; of several runs one above the other. */
#include "report/page.h"
#include "report/report_log.h"

#include "base/memory.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

/* One line of a chart: the rows of a column that are not left out, over epochs. */
typedef struct line {
    int64_t count;
    double *x, *y;
    int colour;
    char name[160];
} line;

enum { LINES_MOST = 16 };

typedef struct chart {
    int lines;
    line line[LINES_MOST];
} chart;

static void free_chart(chart *c)
{
    for (int i = 0; i < c->lines; i++)
        ls_memory_free(c->line[i].x);
}

/* Without memory the line is left out; the page's text fails by itself then. */
static void add_line(chart *c, const ls_report *r, const char *column, const char *name, int colour)
{
    const ls_report_log *log = &r->log;
    const int of = ls_report_log_find(log, column);
    line *l = &c->line[c->lines];
    if (of < 0 || c->lines == LINES_MOST || log->rows == 0 || log->steps == 0 ||
        ls_memory_allocate(&l->x, 2 * log->rows, sizeof *l->x, "a curve") != LS_OK)
        return;
    l->y = l->x + log->rows;
    l->count = 0;
    for (int64_t row = 0; row < log->rows; row++) {
        if (log->empty[(int64_t)of * log->rows + row])
            continue;
        l->x[l->count] = log->values[log->rows + row] / (double)log->steps;
        l->y[l->count++] = ls_report_log_column(log, of)[row];
    }
    l->colour = colour;
    snprintf(l->name, sizeof l->name, "%s", name);
    c->lines++;
}

/* Numbers that the axis is made for: where they begin far above the rest, outliers of the beginning are kept, since a
 * logarithmic axis has room for them. */
static void set_axes(const chart *c, ls_plot *p)
{
    double low = INFINITY, high = -INFINITY, first = INFINITY, last = -INFINITY;
    for (int i = 0; i < c->lines; i++) {
        ls_axis_range(c->line[i].count, c->line[i].y, &low, &high);
        ls_axis_range(c->line[i].count, c->line[i].x, &first, &last);
    }
    p->y = ls_axis_of(low, high);
    p->x = first < last ? ls_axis_exact(first < 1 ? 0 : first, last, 6) : ls_axis_exact(first - 1, first + 1, 2);
}

static int64_t count_odd(const line *l)
{
    int64_t odd = 0;
    for (int64_t i = 0; i < l->count; i++)
        odd += !isfinite(l->y[i]);
    return odd;
}

/* In words, for those who do not see it. */
static void describe(const chart *c, ls_text *words)
{
    char a[LS_NUMBER_BYTES], b[LS_NUMBER_BYTES], low[LS_NUMBER_BYTES], high[LS_NUMBER_BYTES];
    for (int i = 0; i < c->lines; i++) {
        const line *l = &c->line[i];
        double least = INFINITY, most = -INFINITY;
        if (l->count == 0)
            continue;
        ls_axis_range(l->count, l->y, &least, &most);
        ls_text_printf(words, "%s%s: from %s to %s; least %s, most %s.", words->length > 0 ? " " : "", l->name,
                       ls_html_format_value(l->y[0], a), ls_html_format_value(l->y[l->count - 1], b),
                       ls_html_format_value(least, low), ls_html_format_value(most, high));
    }
}

static void put_best(const ls_report *reports, int count, ls_plot *p)
{
    char words[64];
    if (count != 1 || reports->best_epoch == 0)
        return;
    snprintf(words, sizeof words, "best: epoch %lld", (long long)reports->best_epoch);
    ls_plot_mark(p, (double)reports->best_epoch, words);
}

static void put_odd(ls_text *html, const chart *c)
{
    for (int i = 0; i < c->lines; i++) {
        const int64_t odd = count_odd(&c->line[i]);
        if (odd > 0) {
            ls_text_append(html, "<span>");
            ls_html_put(html, c->line[i].name);
            ls_text_printf(html, ": %lld value%s no number, where the line breaks</span>", (long long)odd,
                           odd == 1 ? " is" : "s are");
        }
    }
}

static void put_chart(ls_text *html, int *charts, const chart *c, const char *caption, const ls_report *reports,
                      int count)
{
    ls_plot p = {.html = html, .number = charts};
    ls_text words = {0};
    char full[200];
    set_axes(c, &p);
    describe(c, &words);
    snprintf(full, sizeof full, "%s%s", caption, p.y.log ? " (logarithmic)" : "");
    ls_plot_begin(&p, full, ls_text_string(&words), "epoch", "");
    put_best(reports, count, &p);
    for (int i = 0; i < c->lines; i++)
        ls_plot_line(&p, c->line[i].colour, c->line[i].name, c->line[i].count, c->line[i].x, c->line[i].y);
    ls_plot_end_drawing(&p);
    for (int i = 0; i < c->lines; i++)
        ls_plot_key(&p, c->line[i].colour, c->line[i].name);
    put_odd(html, c);
    ls_plot_end(&p);
    ls_text_free(&words);
}

/* Training and validation of one score; of several runs the validation where there is one. */
static void add_score(chart *c, const ls_report *reports, int count, const char *name)
{
    char validated[160];
    snprintf(validated, sizeof validated, "val_%s", name);
    if (count == 1) {
        add_line(c, reports, name, "training", 0);
        add_line(c, reports, validated, "validation", 1);
        return;
    }
    for (int i = 0; i < count; i++)
        add_line(c, &reports[i], ls_report_log_find(&reports[i].log, validated) >= 0 ? validated : name,
                 reports[i].title, i);
}

static void put_score(ls_text *html, int *charts, const ls_report *reports, int count, const char *name)
{
    chart c = {.lines = 0};
    char caption[200];
    bool validated = false;
    add_score(&c, reports, count, name);
    for (int i = 0; i < count && count > 1; i++) {
        char column[160];
        snprintf(column, sizeof column, "val_%s", name);
        validated = validated || ls_report_log_find(&reports[i].log, column) >= 0;
    }
    snprintf(caption, sizeof caption, "%s%s", validated ? "val_" : "", name);
    if (c.lines > 0)
        put_chart(html, charts, &c, caption, reports, count);
    free_chart(&c);
}

/* Whether a column of run i is drawn, and was not drawn for one before it. */
static bool is_score(const ls_report *reports, int i, const char *name)
{
    if (strncmp(name, "val_", 4) == 0 || strcmp(name, "learning_rate") == 0)
        return false;
    for (int k = 0; k < i; k++)
        if (ls_report_log_find(&reports[k].log, name) >= 0)
            return false;
    return true;
}

void ls_page_curves(ls_text *html, int *charts, const ls_report *reports, int count)
{
    ls_html_section(html, "curves", "Curves");
    ls_text_append(html, "<div class=\"charts\">\n");
    for (int i = 0; i < count; i++)
        for (int c = 2; c < reports[i].log.columns; c++)
            if (is_score(reports, i, reports[i].log.names[c]))
                put_score(html, charts, reports, count, reports[i].log.names[c]);
    chart rate = {.lines = 0};
    for (int i = 0; i < count; i++)
        add_line(&rate, &reports[i], "learning_rate", count == 1 ? "learning rate" : reports[i].title, i);
    if (rate.lines > 0)
        put_chart(html, charts, &rate, "learning rate", reports, count);
    free_chart(&rate);
    ls_text_append(html, "</div>\n");
    ls_html_section_end(html);
}
