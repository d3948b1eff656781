/* The page as a whole: what comes first, and which sections follow. */
#include "report/page.h"

#include "report/report_log.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

const char *ls_report_option(const ls_report *r, const char *key)
{
    for (int64_t i = 0; i < r->pairs; i++)
        if (strcmp(r->recipe[i].key, key) == 0)
            return r->recipe[i].value;
    return NULL;
}

void ls_page_name(ls_text *html, const ls_report *r, int64_t k, int most)
{
    if (k >= 0 && k < r->names)
        ls_html_put_short(html, r->name[k], most);
    else
        ls_text_printf(html, "%lld", (long long)k);
}

/* ---- the head ---- */

static void put_rows(ls_text *html, const ls_report *r)
{
    static const char *const names[] = {"training", "validation", "test"};
    char number[LS_NUMBER_BYTES];
    bool any = false;
    for (int i = 0; i < 3; i++) {
        if (r->rows[i] == 0)
            continue;
        ls_text_printf(html, "%s%s %s", any ? ", " : "", ls_html_format_count((double)r->rows[i], number), names[i]);
        any = true;
    }
    if (any)
        ls_text_append(html, " rows");
}

static void put_subtitle(ls_text *html, const ls_report *r)
{
    char number[LS_NUMBER_BYTES];
    ls_text_append(html, "<p class=\"soft\">");
    put_rows(html, r);
    if (r->features > 0)
        ls_text_printf(html, " of %s features", ls_html_format_count((double)r->features, number));
    if (r->outputs > 0 && r->parts > 0)
        ls_text_printf(html, " &middot; %s %s", ls_html_format_count((double)r->outputs, number),
                       r->part[0].kind == LS_REPORT_ONE ? "classes"
                       : r->outputs == 1                ? "output"
                                                        : "outputs");
    ls_text_append(html, "</p>\n");
}

/* The last number of a column at an epoch's end. */
static bool last_of(const ls_report *r, const char *name, double *value)
{
    const int c = ls_report_log_find(&r->log, name);
    for (int64_t row = r->log.rows - 1; c >= 0 && row >= 0; row--)
        if (ls_report_log_is_epoch(&r->log, row) && !r->log.empty[(int64_t)c * r->log.rows + row]) {
            *value = ls_report_log_column(&r->log, c)[row];
            return true;
        }
    return false;
}

/* Scores worth a tile: all columns of the log but counters, in the log's order, at most so many. */
static void put_scores(ls_text *html, const ls_report *r, int most)
{
    char number[LS_NUMBER_BYTES];
    double value;
    for (int c = 2; c < r->log.columns && most > 0; c++) {
        const char *name = r->log.names[c];
        char validated[128];
        snprintf(validated, sizeof validated, "val_%s", name);
        if (strcmp(name, "learning_rate") == 0 || strcmp(name, "penalty") == 0 || strcmp(name, "val_penalty") == 0 ||
            ls_report_log_find(&r->log, validated) >= 0 || !last_of(r, name, &value))
            continue;
        ls_page_tile(html, name, ls_html_format_value(value, number), "after the last epoch");
        most--;
    }
}

static void put_tiles(ls_text *html, const ls_report *r)
{
    char number[LS_NUMBER_BYTES], more[96] = "";
    ls_text_append(html, "<dl class=\"tiles\">\n");
    if (r->planned > r->epochs)
        snprintf(more, sizeof more, "of %lld", (long long)r->planned);
    ls_page_tile(html, "epochs", ls_html_format_count((double)r->epochs, number), more);
    if (r->best_epoch > 0) {
        char value[LS_NUMBER_BYTES];
        snprintf(more, sizeof more, "%s %s%s", r->best_monitor, ls_html_format_value(r->best_value, value),
                 r->best_restored ? "; the model is of it" : "");
        ls_page_tile(html, "best epoch", ls_html_format_count((double)r->best_epoch, number), more);
    }
    put_scores(html, r, 4);
    ls_page_tile(html, "parameters", ls_html_format_count((double)r->parameters, number), NULL);
    ls_text_append(html, "</dl>\n");
}

static void put_head(ls_text *html, const ls_report *r)
{
    const char *layers = ls_report_option(r, "layers");
    ls_text_append(html, "<header>\n<p class=\"over\">Lockstep training report</p>\n<h1>");
    if (layers)
        ls_html_put_short(html, layers, 160);
    else
        ls_text_append(html, "A trained network");
    ls_text_append(html, "</h1>\n");
    put_subtitle(html, r);
    put_tiles(html, r);
    ls_text_append(html, "</header>\n");
}

static void put_heads(ls_text *html, const ls_report *reports, int count)
{
    ls_text_printf(
        html, "<header>\n<p class=\"over\">Lockstep training report</p>\n<h1>%d runs beside each other</h1>\n", count);
    ls_text_append(html, "<p class=\"soft\">");
    for (int i = 0; i < count; i++) {
        ls_text_append(html, i > 0 ? " &middot; " : "");
        ls_html_put_short(html, reports[i].title, 60);
    }
    ls_text_append(html, "</p>\n</header>\n");
}

static void put_foot(ls_text *html, const ls_report *r)
{
    ls_text_append(html, "<footer>Made by Lockstep ");
    ls_html_put(html, r->version);
    ls_text_append(html,
                   ". Equal data and recipes give this page byte for byte, on any number of ranks and threads. Where "
                   "and how fast it ran is in report-machine.html.</footer>\n");
}

/* ---- all of it ---- */

static void put_part(ls_text *html, int *charts, const ls_report *r, const ls_report_part *part)
{
    if (part->kind == LS_REPORT_VALUES)
        ls_page_values(html, charts, r, part);
    else
        ls_page_classes(html, charts, r, part);
}

static void put_one(ls_text *html, const ls_report *r)
{
    int charts = 0;
    ls_page_begin(html, "Lockstep training report");
    put_head(html, r);
    ls_page_verdict(html, r);
    ls_page_curves(html, &charts, r, 1);
    for (int i = 0; i < r->parts; i++)
        put_part(html, &charts, r, &r->part[i]);
    ls_page_layers(html, &charts, r);
    ls_page_card(html, r);
    put_foot(html, r);
    ls_page_end(html);
}

static void put_several(ls_text *html, const ls_report *reports, int count)
{
    int charts = 0;
    ls_page_begin(html, "Lockstep training report: several runs");
    put_heads(html, reports, count);
    ls_page_differences(html, reports, count);
    ls_page_curves(html, &charts, reports, count);
    put_foot(html, &reports[0]);
    ls_page_end(html);
}

void ls_report_page(const ls_report *reports, int count, ls_text *html)
{
    if (count == 1)
        put_one(html, reports);
    else
        put_several(html, reports, count);
}
