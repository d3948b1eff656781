/* The run's recipe, data and layers as tables; what differs between several runs. */
#include "report/page.h"
#include "report/report_log.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

/* ---- one run ---- */

static void put_pair(ls_text *html, const char *key, const char *value)
{
    ls_text_append(html, "<tr><th scope=\"row\">");
    ls_html_put(html, key);
    ls_text_append(html, "</th>");
    ls_html_cell(html, value[0] ? value : "\xe2\x80\x93");
    ls_text_append(html, "</tr>\n");
}

static void put_recipe(ls_text *html, const ls_report *r)
{
    if (r->pairs == 0)
        return;
    ls_text_append(html, "<h3>Recipe</h3>\n");
    ls_html_table(html, "Everything that the result depends on besides the data", "option|value");
    for (int64_t i = 0; i < r->pairs; i++)
        put_pair(html, r->recipe[i].key, r->recipe[i].value);
    ls_html_table_end(html);
}

static void put_changes(ls_text *html, const ls_report *r)
{
    char number[LS_NUMBER_BYTES];
    if (r->changes == 0)
        return;
    ls_html_table(html, "What was changed on the way", "#behind step|option|before|after");
    for (int64_t i = 0; i < r->changes; i++) {
        ls_text_append(html, "<tr>");
        ls_html_number(html, ls_html_format_count((double)r->change[i].step, number));
        ls_html_cell(html, r->change[i].option);
        ls_html_cell(html, r->change[i].before);
        ls_html_cell(html, r->change[i].after);
        ls_text_append(html, "</tr>\n");
    }
    ls_html_table_end(html);
}

static void put_data(ls_text *html, const ls_report *r)
{
    static const char *const names[] = {"training rows", "validation rows", "test rows"};
    char number[LS_NUMBER_BYTES];
    ls_text_append(html, "<h3>Data</h3>\n");
    ls_html_table(html, "Rows that were trained on and scored", "what|value");
    for (int i = 0; i < 3; i++)
        put_pair(html, names[i], r->rows[i] > 0 ? ls_html_format_count((double)r->rows[i], number) : "none");
    if (r->features > 0)
        put_pair(html, "features", ls_html_format_count((double)r->features, number));
    if (r->columns[0])
        put_pair(html, "features in", r->columns[0]);
    if (r->columns[1])
        put_pair(html, "targets in", r->columns[1]);
    if (r->prepared)
        put_pair(html, "prepared", r->prepared);
    ls_html_table_end(html);
}

void ls_page_card(ls_text *html, const ls_report *r)
{
    ls_html_section(html, "card", "Run card");
    put_data(html, r);
    put_recipe(html, r);
    put_changes(html, r);
    ls_html_section_end(html);
}

/* ---- several ---- */

static void put_run_names(ls_text *html, const ls_report *reports, int count, const char *before, ls_text *head)
{
    (void)html;
    ls_text_append(head, before);
    for (int i = 0; i < count; i++) {
        ls_text_append(head, "|");
        ls_html_put_short(head, reports[i].title[0] == '#' ? reports[i].title + 1 : reports[i].title, 40);
    }
}

static bool differs(const ls_report *reports, int count, const char *key)
{
    const char *first = ls_report_option(&reports[0], key);
    for (int i = 1; i < count; i++) {
        const char *other = ls_report_option(&reports[i], key);
        if (strcmp(first ? first : "", other ? other : "") != 0)
            return true;
    }
    return false;
}

static void put_option(ls_text *html, const ls_report *reports, int count, const char *key)
{
    ls_text_append(html, "<tr><th scope=\"row\">");
    ls_html_put(html, key);
    ls_text_append(html, "</th>");
    for (int i = 0; i < count; i++) {
        const char *value = ls_report_option(&reports[i], key);
        ls_html_cell(html, value && value[0] ? value : "\xe2\x80\x93");
    }
    ls_text_append(html, "</tr>\n");
}

/* Options of all recipes, each once: in the order of the first run that has it. */
static bool is_first_with(const ls_report *reports, int run, const char *key)
{
    for (int i = 0; i < run; i++)
        if (ls_report_option(&reports[i], key))
            return false;
    return true;
}

static void put_options(ls_text *html, const ls_report *reports, int count)
{
    ls_text head = {0};
    bool any = false;
    put_run_names(html, reports, count, "option", &head);
    for (int i = 0; i < count; i++)
        for (int64_t k = 0; k < reports[i].pairs; k++) {
            const char *key = reports[i].recipe[k].key;
            if (!is_first_with(reports, i, key) || !differs(reports, count, key))
                continue;
            if (!any)
                ls_html_table(html, "Options of the recipes that differ", ls_text_string(&head));
            any = true;
            put_option(html, reports, count, key);
        }
    if (any)
        ls_html_table_end(html);
    else
        ls_text_append(html, "<p>The recipes are equal.</p>\n");
    ls_text_free(&head);
}

static double last_number(const ls_report *r, const char *name)
{
    const int c = ls_report_log_find(&r->log, name);
    for (int64_t row = r->log.rows - 1; c >= 0 && row >= 0; row--)
        if (ls_report_log_is_epoch(&r->log, row) && !r->log.empty[(int64_t)c * r->log.rows + row])
            return ls_report_log_column(&r->log, c)[row];
    return NAN;
}

static void put_scores(ls_text *html, const ls_report *reports, int count)
{
    char number[LS_NUMBER_BYTES];
    const ls_report_log *log = &reports[0].log;
    ls_text head = {0};
    put_run_names(html, reports, count, "", &head);
    ls_html_table(html, "Where the runs ended", ls_text_string(&head));
    ls_text_append(html, "<tr><th scope=\"row\">epochs</th>");
    for (int i = 0; i < count; i++)
        ls_html_cell(html, ls_html_format_count((double)reports[i].epochs, number));
    ls_text_append(html, "</tr>\n<tr><th scope=\"row\">parameters</th>");
    for (int i = 0; i < count; i++)
        ls_html_cell(html, ls_html_format_count((double)reports[i].parameters, number));
    ls_text_append(html, "</tr>\n");
    for (int c = 2; c < log->columns; c++) {
        ls_text_append(html, "<tr><th scope=\"row\">");
        ls_html_put(html, log->names[c]);
        ls_text_append(html, "</th>");
        for (int i = 0; i < count; i++) {
            const bool there = ls_report_log_find(&reports[i].log, log->names[c]) >= 0;
            ls_html_cell(html, there ? ls_html_format_value(last_number(&reports[i], log->names[c]), number)
                                     : "\xe2\x80\x93");
        }
        ls_text_append(html, "</tr>\n");
    }
    ls_html_table_end(html);
    ls_text_free(&head);
}

void ls_page_differences(ls_text *html, const ls_report *reports, int count)
{
    ls_html_section(html, "differences", "What differs");
    put_options(html, reports, count);
    put_scores(html, reports, count);
    ls_html_section_end(html);
}
