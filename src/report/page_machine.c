/* The page about a run's machine and time: run.json's facts that results do not depend on, and timing.csv. */
#include "report/page.h"
#include "report/report_log.h"

#include "base/memory.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

static void put_pair(ls_text *html, const char *key, const char *value)
{
    ls_text_append(html, "<tr><th scope=\"row\">");
    for (const char *c = key; *c; c++)
        ls_text_append_bytes(html, *c == '_' ? " " : c, 1);
    ls_text_append(html, "</th>");
    ls_html_cell(html, value);
    ls_text_append(html, "</tr>\n");
}

/* Any value but arrays and objects, in words. */
static void put_value(ls_text *html, const ls_json_value *v)
{
    char number[LS_NUMBER_BYTES];
    const char *key = v->key ? v->key : "";
    const size_t length = strlen(key);
    if (v->kind == LS_JSON_STRING) {
        put_pair(html, key, v->text);
    } else if (v->kind == LS_JSON_TRUE || v->kind == LS_JSON_FALSE) {
        put_pair(html, key, v->kind == LS_JSON_TRUE ? "yes" : "no");
    } else if (v->kind == LS_JSON_NUMBER && length >= 7 && strcmp(key + length - 7, "seconds") == 0) {
        put_pair(html, key, ls_format_duration(v->number, number));
    } else if (v->kind == LS_JSON_NUMBER &&
               (strcmp(key, "memory") == 0 || (length >= 5 && strcmp(key + length - 5, "bytes") == 0))) {
        put_pair(html, key, ls_format_bytes(v->number, number));
    } else if (v->kind == LS_JSON_NUMBER) {
        put_pair(html, key,
                 v->number == floor(v->number) ? ls_html_format_count(v->number, number)
                                               : ls_html_format_value(v->number, number));
    }
}

/* The plain members of an object as a table. */
static void put_object(ls_text *html, const ls_json_document *d, const ls_json_value *object, const char *heading,
                       const char *caption)
{
    if (!object || object->kind != LS_JSON_OBJECT)
        return;
    ls_text_printf(html, "<h3>%s</h3>\n", heading);
    ls_html_table(html, caption, "what|value");
    for (int64_t i = object->first; i != 0; i = d->value[i].next)
        put_value(html, &d->value[i]);
    ls_html_table_end(html);
}

static void put_files(ls_text *html, const ls_json_document *d)
{
    const ls_json_value *data = ls_json_member(d, d->value, "data");
    ls_text_append(html, "<h3>Files</h3>\n");
    ls_html_table(html, "Where the rows came from", "part|file");
    for (int64_t i = data && data->kind == LS_JSON_OBJECT ? data->first : 0; i != 0; i = d->value[i].next) {
        const char *file = ls_json_member_text(d, &d->value[i], "file");
        if (file)
            put_pair(html, d->value[i].key, file);
    }
    ls_html_table_end(html);
}

/* Least, mean and most over the ranks of what their seconds went into. */
static void put_ranks(ls_text *html, const ls_json_document *d)
{
    static const char *const columns[] = {"min", "mean", "max"};
    char number[LS_NUMBER_BYTES];
    const ls_json_value *ranks = ls_json_member(d, d->value, "rank_seconds");
    if (!ranks || ranks->kind != LS_JSON_OBJECT)
        return;
    ls_text_append(html, "<h3>Where the time went</h3>\n");
    ls_html_table(html, "Seconds of this start, over the ranks", "what|#least|#mean|#most|rank with the most");
    for (int64_t i = ranks->first; i != 0; i = d->value[i].next) {
        const ls_json_value *v = &d->value[i];
        if (v->kind != LS_JSON_OBJECT)
            continue;
        ls_text_append(html, "<tr><th scope=\"row\">");
        ls_html_put(html, v->key);
        ls_text_append(html, "</th>");
        for (int c = 0; c < 3; c++) {
            const ls_json_value *n = ls_json_member(d, v, columns[c]);
            ls_html_number(html, ls_html_format_value(n && n->kind == LS_JSON_NUMBER ? n->number : NAN, number));
        }
        const ls_json_value *rank = ls_json_member(d, v, "max_rank");
        const char *host = ls_json_member_text(d, v, "max_host");
        ls_text_append(html, "<td>");
        ls_html_put(html, rank && rank->kind == LS_JSON_NUMBER ? ls_html_format_count(rank->number, number) : "");
        ls_text_append(html, host ? " on " : "");
        ls_html_put(html, host);
        ls_text_append(html, "</td></tr>\n");
    }
    ls_html_table_end(html);
}

/* A column of timing.csv over epochs. */
static void put_speed(ls_text *html, int *charts, const ls_report_log *log, const char *column, const char *caption,
                      const char *y)
{
    const int of = ls_report_log_find(log, column);
    double low = INFINITY, high = -INFINITY;
    if (of < 0 || log->rows == 0)
        return;
    const double *values = ls_report_log_column(log, of), *epoch = log->values;
    ls_axis_range(log->rows, values, &low, &high);
    ls_plot p = {.html = html, .number = charts, .y = ls_axis_linear(0, high, 5)};
    p.x = log->rows > 1 && epoch[0] < epoch[log->rows - 1] ? ls_axis_exact(epoch[0], epoch[log->rows - 1], 6)
                                                           : ls_axis_exact(epoch[0] - 1, epoch[0] + 1, 2);
    ls_plot_begin(&p, caption, caption, "epoch", y);
    ls_plot_line(&p, 0, column, log->rows, epoch, values);
    ls_plot_end_drawing(&p);
    ls_plot_end(&p);
}

static void put_timing(ls_text *html, int *charts, const char *timing)
{
    ls_report_log log;
    if (ls_report_log_read(timing, &log) == LS_OK) {
        ls_html_section(html, "speed", "Speed");
        ls_text_append(html, "<div class=\"charts\">\n");
        put_speed(html, charts, &log, "samples_per_second", "Rows a second", "");
        put_speed(html, charts, &log, "seconds", "Seconds of an epoch", "");
        ls_text_append(html, "</div>\n");
        ls_html_section_end(html);
    }
    ls_report_log_free(&log);
}

static void put_page(ls_text *html, const char *title, const ls_json_document *d, const char *timing)
{
    int charts = 0;
    ls_page_begin(html, "Lockstep: where and how fast it ran");
    ls_text_append(html, "<header>\n<p class=\"over\">Lockstep run</p>\n<h1>");
    ls_html_put(html, title);
    ls_text_append(html,
                   "</h1>\n<p class=\"soft\">Where and how fast it ran: nothing of this changes the result, which "
                   "report.html tells.</p>\n</header>\n");
    ls_html_section(html, "run", "The run");
    put_object(html, d, d->value, "This start", "As run.json has it");
    put_files(html, d);
    put_object(html, d, ls_json_member(d, d->value, "machine"), "Machine", "Hosts, ranks, threads and software");
    put_object(html, d, ls_json_member(d, d->value, "loading"), "Loading", "How the rows came, rank 0's");
    put_ranks(html, d);
    ls_html_section_end(html);
    put_timing(html, &charts, timing);
    ls_page_end(html);
}

ls_status ls_report_machine(const char *title, const char *card, const char *timing, ls_text *html)
{
    ls_json_document document = {0};
    ls_status status = ls_json_read(card, &document);
    if (status == LS_OK)
        put_page(html, title, &document, timing);
    ls_json_document_free(&document);
    return status == LS_OK ? ls_text_status(html) : status;
}
