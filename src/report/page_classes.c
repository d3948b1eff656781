/* What a part's rows show of a classification: confusion, classes one by one, curves, calibration, worst rows. */
#include "report/page.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

enum { MATRIX_SHOWN = 20, CURVES_SHOWN = 8, MIXED_SHOWN = 20, CLASSES_SHOWN = 200 };

static double share(double part, double whole)
{
    return whole > 0 ? part / whole : 0;
}

/* Both classes of a single yes-or-no output, as rows of a table of classes. */
typedef struct class_row {
    int64_t k;
    double support, right, given;
} class_row;

static bool is_binary(const ls_report_part *p)
{
    return p->kind == LS_REPORT_EACH && p->outputs == 1;
}

static int64_t class_rows(const ls_report_part *p)
{
    return is_binary(p) ? 2 : p->classes;
}

static class_row class_at(const ls_report_part *p, int64_t k)
{
    const double *support = ls_report_item_of(p, LS_REPORT_SUPPORT), *right = ls_report_item_of(p, LS_REPORT_RIGHT);
    const double *given = ls_report_item_of(p, LS_REPORT_GIVEN), rows = (double)p->rows;
    if (is_binary(p) && k == 0)
        return (class_row){0, rows - support[0], rows - support[0] - (given[0] - right[0]), rows - given[0]};
    const int64_t at = is_binary(p) ? 0 : k;
    return (class_row){k, support[at], right[at], given[at]};
}

/* Rows of class i that were given class j, of at most MATRIX_SHOWN classes. */
static double cell_at(const ls_report_part *p, int64_t i, int64_t j)
{
    if (is_binary(p)) {
        const class_row row = class_at(p, i);
        return i == j ? row.right : row.support - row.right;
    }
    return ls_report_item_of(p, LS_REPORT_MATRIX)[i * p->classes + j];
}

static bool has_matrix(const ls_report_part *p)
{
    return is_binary(p) || ls_report_item_count(p, LS_REPORT_MATRIX) > 0;
}

/* ---- confusion ---- */

static void put_matrix(ls_text *html, const ls_report *r, const ls_report_part *p)
{
    char number[LS_NUMBER_BYTES], of[LS_NUMBER_BYTES];
    const int64_t n = class_rows(p);
    ls_text_append(html,
                   "<h3>Confusion matrix</h3>\n<div class=\"scroll\" tabindex=\"0\" role=\"group\" "
                   "aria-label=\"Confusion matrix\"><table class=\"matrix\"><caption>Rows by class (down) and by the "
                   "class they were given (across)</caption>\n<thead><tr><th></th>");
    for (int64_t j = 0; j < n; j++) {
        ls_text_append(html, "<th scope=\"col\" class=\"n\">");
        ls_page_name(html, r, j, 14);
        ls_text_append(html, "</th>");
    }
    ls_text_append(html, "</tr></thead>\n<tbody>\n");
    for (int64_t i = 0; i < n; i++) {
        const double support = class_at(p, i).support;
        ls_text_append(html, "<tr><th scope=\"row\">");
        ls_page_name(html, r, i, 24);
        ls_text_append(html, "</th>");
        for (int64_t j = 0; j < n; j++) {
            const double rows = cell_at(p, i, j), part = share(rows, support);
            ls_text_printf(html, "<td class=\"%s\" style=\"--s:%.0f%%\" title=\"%s of the class\">",
                           i == j ? "n right" : "n", rows > 0 ? 8 + 62 * part : 0.0, ls_html_format_share(part, of));
            if (rows > 0)
                ls_html_put(html, ls_html_format_count(rows, number));
            else
                ls_text_append(html, "<span class=\"soft\">0</span>");
            ls_text_append(html, "</td>");
        }
        ls_text_append(html, "</tr>\n");
    }
    ls_text_append(html, "</tbody></table></div>\n");
}

/* The most frequent mistakes, where the matrix is too large to show. */
static void put_mixed(ls_text *html, const ls_report *r, const ls_report_part *p)
{
    char number[LS_NUMBER_BYTES], part[LS_NUMBER_BYTES];
    double below = INFINITY;
    int64_t below_at = -1;
    const double *matrix = ls_report_item_of(p, LS_REPORT_MATRIX);
    ls_text_append(html, "<h3>Most frequent mistakes</h3>\n");
    ls_html_table(html, "Pairs of classes that are mixed up most", "class|given|#rows|#of the class");
    for (int shown = 0; shown < MIXED_SHOWN; shown++) {
        int64_t at = -1;
        for (int64_t i = 0; i < p->classes * p->classes; i++) {
            const bool later = matrix[i] < below || (matrix[i] == below && i > below_at);
            if (i / p->classes != i % p->classes && matrix[i] > 0 && later && (at < 0 || matrix[i] > matrix[at]))
                at = i;
        }
        if (at < 0)
            break;
        below = matrix[at];
        below_at = at;
        ls_text_append(html, "<tr><td>");
        ls_page_name(html, r, at / p->classes, 40);
        ls_text_append(html, "</td><td>");
        ls_page_name(html, r, at % p->classes, 40);
        ls_text_append(html, "</td>");
        ls_html_number(html, ls_html_format_count(below, number));
        ls_html_number(html, ls_html_format_share(share(below, class_at(p, at / p->classes).support), part));
        ls_text_append(html, "</tr>\n");
    }
    ls_html_table_end(html);
}

/* ---- classes ---- */

static void put_class(ls_text *html, const ls_report *r, const ls_report_part *p, int64_t k)
{
    char number[LS_NUMBER_BYTES];
    const class_row row = class_at(p, k);
    const double precision = share(row.right, row.given), recall = share(row.right, row.support);
    ls_text_append(html, "<tr><th scope=\"row\">");
    ls_page_name(html, r, k, 48);
    ls_text_append(html, "</th>");
    ls_html_number(html, ls_html_format_value(precision, number));
    ls_html_number(html, ls_html_format_value(recall, number));
    ls_html_number(html, ls_html_format_value(share(2 * row.right, row.given + row.support), number));
    ls_html_number(html, ls_html_format_count(row.support, number));
    ls_html_number(html, ls_html_format_count(row.given, number));
    const int64_t curve = is_binary(p) ? k - 1 : k;
    if (ls_report_part_curves(p) > 0 && curve >= 0) {
        const double *area = ls_report_item_of(p, LS_REPORT_AREAS) + 4 * curve;
        ls_html_number(html, isnan(area[2]) ? "\xe2\x80\x93" : ls_html_format_value(area[2], number));
        ls_html_number(html, isnan(area[3]) ? "\xe2\x80\x93" : ls_html_format_value(area[3], number));
    } else if (ls_report_part_curves(p) > 0) {
        ls_text_append(html, "<td class=\"n\">&ndash;</td><td class=\"n\">&ndash;</td>");
    }
    ls_text_append(html, "</tr>\n");
}

static double f1_of(const ls_report_part *p, int64_t k)
{
    const class_row row = class_at(p, k);
    return share(2 * row.right, row.given + row.support);
}

/* Many classes: those with the lowest f1 first, so many. */
static void put_worst_classes(ls_text *html, const ls_report *r, const ls_report_part *p)
{
    double above = -1;
    int64_t above_at = -1;
    for (int shown = 0; shown < CLASSES_SHOWN; shown++) {
        int64_t at = -1;
        double least = INFINITY;
        for (int64_t k = 0; k < p->classes; k++) {
            const double f1 = f1_of(p, k);
            if ((f1 > above || (f1 == above && k > above_at)) && f1 < least) {
                least = f1;
                at = k;
            }
        }
        if (at < 0)
            return;
        put_class(html, r, p, at);
        above = least;
        above_at = at;
    }
}

static void put_table(ls_text *html, const ls_report *r, const ls_report_part *p)
{
    const int64_t n = class_rows(p);
    char caption[160] = "";
    ls_text_append(html, "<h3>Classes</h3>\n");
    if (n > CLASSES_SHOWN)
        snprintf(caption, sizeof caption, "The %d classes with the lowest f1 score, of %lld", CLASSES_SHOWN,
                 (long long)n);
    else
        snprintf(caption, sizeof caption, "%s one by one",
                 p->kind == LS_REPORT_EACH && !is_binary(p) ? "Outputs" : "Classes");
    ls_html_table(html, caption,
                  ls_report_part_curves(p) > 0
                      ? "class|#precision|#recall|#f1 score|#rows|#given|#AUC|#average precision"
                      : "class|#precision|#recall|#f1 score|#rows|#given");
    if (n > CLASSES_SHOWN)
        put_worst_classes(html, r, p);
    for (int64_t k = 0; k < n && n <= CLASSES_SHOWN; k++)
        put_class(html, r, p, k);
    ls_html_table_end(html);
}

/* ---- curves ---- */

/* Points of a curve as shares: ROC false against true positives, else recall against precision. */
static int64_t points_of(const ls_report_part *p, int64_t curve, bool roc, double *x, double *y)
{
    const double *point = ls_report_item_of(p, LS_REPORT_CURVE) + curve * LS_REPORT_POINTS * 2;
    const double *area = ls_report_item_of(p, LS_REPORT_AREAS) + 4 * curve;
    int64_t count = 0;
    for (int i = 0; i < LS_REPORT_POINTS; i++) {
        const double yes = point[2 * i], no = point[2 * i + 1];
        if (!roc && yes + no == 0)
            continue;
        x[count] = roc ? share(no, area[1]) : share(yes, area[0]);
        y[count++] = roc ? share(yes, area[0]) : yes / (yes + no);
    }
    return count;
}

static bool has_area(const ls_report_part *p, int64_t curve)
{
    const double *area = ls_report_item_of(p, LS_REPORT_AREAS) + 4 * curve;
    return area[0] > 0 && area[1] > 0;
}

/* The curves that are drawn: the classes with the smallest areas, which are the ones to look at. */
static int choose_curves(const ls_report_part *p, int64_t chosen[CURVES_SHOWN])
{
    const int64_t curves = ls_report_part_curves(p);
    const double *areas = ls_report_item_of(p, LS_REPORT_AREAS);
    int count = 0;
    double above = -1;
    int64_t above_at = -1;
    while (count < CURVES_SHOWN) {
        int64_t at = -1;
        for (int64_t k = 0; k < curves; k++) {
            const double area = areas[4 * k + 2];
            if (has_area(p, k) && (area > above || (area == above && k > above_at)) &&
                (at < 0 || area < areas[4 * at + 2]))
                at = k;
        }
        if (at < 0)
            break;
        chosen[count++] = at;
        above = areas[4 * at + 2];
        above_at = at;
    }
    return count;
}

/* "setosa 0.9921" */
static void name_curve(const ls_report *r, const ls_report_part *p, int64_t k, bool roc, char name[96])
{
    char number[LS_NUMBER_BYTES];
    const double area = ls_report_item_of(p, LS_REPORT_AREAS)[4 * k + (roc ? 2 : 3)];
    const int64_t of = is_binary(p) ? 1 : k;
    if (of < r->names)
        snprintf(name, 96, "%.30s %s", r->name[of], ls_html_format_value(area, number));
    else
        snprintf(name, 96, "%lld %s", (long long)of, ls_html_format_value(area, number));
}

static double base_rate_of(const ls_report_part *p, int64_t curve)
{
    const double *area = ls_report_item_of(p, LS_REPORT_AREAS) + 4 * curve;
    return share(area[0], area[0] + area[1]);
}

static void put_ranking(ls_text *html, int *charts, const ls_report *r, const ls_report_part *p, bool roc)
{
    int64_t chosen[CURVES_SHOWN];
    double x[LS_REPORT_POINTS], y[LS_REPORT_POINTS];
    char name[96];
    ls_plot plot = {.html = html, .number = charts, .x = ls_axis_exact(0, 1, 5), .y = ls_axis_exact(0, 1, 5)};
    const int count = choose_curves(p, chosen);
    if (count == 0)
        return;
    ls_plot_begin(&plot, roc ? "ROC curve" : "Precision and recall",
                  roc ? "Share of the rows of the class found, over the share of other rows taken for it."
                      : "Share of rows given the class that are of it, over the share of its rows found.",
                  roc ? "false positive rate" : "recall", roc ? "true positive rate" : "precision");
    if (roc)
        ls_plot_diagonal(&plot);
    else if (count == 1)
        ls_plot_level(&plot, base_rate_of(p, chosen[0]));
    for (int i = 0; i < count; i++) {
        name_curve(r, p, chosen[i], roc, name);
        const int64_t points = points_of(p, chosen[i], roc, x, y);
        ls_plot_line(&plot, i, name, points, x, y);
    }
    ls_plot_end_drawing(&plot);
    for (int i = 0; i < count; i++) {
        name_curve(r, p, chosen[i], roc, name);
        ls_plot_key(&plot, i, name);
    }
    if (!roc && count == 1)
        ls_text_append(html, "<span>dashed: base rate</span>");
    else if (ls_report_part_curves(p) > count)
        ls_text_printf(html, "<span>the %d classes with the smallest areas</span>", count);
    ls_plot_end(&plot);
}

/* ---- chances ---- */

static void put_calibration(ls_text *html, int *charts, const ls_report_part *p)
{
    const double *bin = ls_report_item_of(p, LS_REPORT_CHANCES);
    double x[LS_REPORT_CALIBRATION], y[LS_REPORT_CALIBRATION];
    int64_t count = 0;
    ls_plot plot = {.html = html, .number = charts, .x = ls_axis_exact(0, 1, 5), .y = ls_axis_exact(0, 1, 5)};
    for (int i = 0; i < LS_REPORT_CALIBRATION; i++)
        if (bin[3 * i] > 0) {
            x[count] = bin[3 * i + 1] / bin[3 * i];
            y[count++] = bin[3 * i + 2] / bin[3 * i];
        }
    if (count == 0)
        return;
    ls_plot_begin(&plot, "Calibration", "How often the answer was right, over the chance that the network gave it.",
                  p->kind == LS_REPORT_ONE ? "chance of the answer" : "chance of yes",
                  p->kind == LS_REPORT_ONE ? "share right" : "share yes");
    ls_plot_diagonal(&plot);
    ls_plot_line(&plot, 0, "calibration", count, x, y);
    for (int64_t i = 0; i < count; i++)
        ls_plot_dot(&plot, 0, x[i], y[i], "");
    ls_plot_end_drawing(&plot);
    ls_plot_key(&plot, 0, "this network");
    ls_text_append(html, "<span>dashed: chances that are right</span>");
    ls_plot_end(&plot);
}

static void put_calibration_table(ls_text *html, const ls_report_part *p)
{
    char number[LS_NUMBER_BYTES];
    const double *bin = ls_report_item_of(p, LS_REPORT_CHANCES);
    ls_text_append(html, "<details><summary>Calibration as numbers</summary>\n");
    ls_html_table(html, "Rows by the chance that the network gave",
                  p->kind == LS_REPORT_ONE ? "chance of the answer|#rows|#mean chance|#share right"
                                           : "chance of yes|#answers|#mean chance|#share yes");
    for (int i = 0; i < LS_REPORT_CALIBRATION; i++) {
        ls_text_printf(html, "<tr><th scope=\"row\">%d&ndash;%d&nbsp;%%</th>", 100 / LS_REPORT_CALIBRATION * i,
                       100 / LS_REPORT_CALIBRATION * (i + 1));
        ls_html_number(html, ls_html_format_count(bin[3 * i], number));
        ls_html_number(html,
                       bin[3 * i] > 0 ? ls_html_format_share(bin[3 * i + 1] / bin[3 * i], number) : "\xe2\x80\x93");
        ls_html_number(html,
                       bin[3 * i] > 0 ? ls_html_format_share(bin[3 * i + 2] / bin[3 * i], number) : "\xe2\x80\x93");
        ls_text_append(html, "</tr>\n");
    }
    ls_html_table_end(html);
    ls_text_append(html, "</details>\n");
}

/* Of a single output: how the chances of both kinds of rows lie. */
static void put_histogram(ls_text *html, int *charts, const ls_report *r, const ls_report_part *p)
{
    char tip[160], count[LS_NUMBER_BYTES];
    const double *bars = ls_report_item_of(p, LS_REPORT_HISTOGRAM);
    double low = 0, high = 0;
    if (!is_binary(p))
        return;
    ls_axis_range(2 * LS_REPORT_BARS, bars, &low, &high);
    ls_plot plot = {.html = html, .number = charts, .x = ls_axis_exact(0, 1, 5), .y = ls_axis_linear(0, high, 5)};
    ls_plot_begin(&plot, "Chances of both classes", "How many rows of each class got which chance of yes.",
                  "chance of yes", "rows");
    for (int i = 0; i < LS_REPORT_BARS; i++)
        for (int kind = 0; kind < 2; kind++) {
            const double from = ((double)i + 0.5 * kind) / LS_REPORT_BARS;
            snprintf(tip, sizeof tip, "%s rows", ls_html_format_count(bars[kind * LS_REPORT_BARS + i], count));
            ls_plot_bar(&plot, kind, from, from + 0.5 / LS_REPORT_BARS, bars[kind * LS_REPORT_BARS + i], tip);
        }
    ls_plot_end_drawing(&plot);
    ls_plot_key(&plot, 0, r->names > 1 ? r->name[0] : "no");
    ls_plot_key(&plot, 1, r->names > 1 ? r->name[1] : "yes");
    ls_plot_end(&plot);
}

static void put_misses(ls_text *html, const ls_report *r, const ls_report_part *p)
{
    char number[LS_NUMBER_BYTES];
    const double *miss = ls_report_item_of(p, LS_REPORT_MISSES);
    const bool each = p->kind == LS_REPORT_EACH && !is_binary(p);
    if (miss[0] < 0)
        return;
    ls_text_append(html, "<h3>Wrong rows that it was surest of</h3>\n");
    ls_html_table(html, "Wrong answers that were given the highest chances; rows of the part from 0",
                  each ? "#row|output|#said|#its chance" : "#row|class|given|#chance");
    for (int i = 0; i < LS_REPORT_WORST && miss[4 * i] >= 0; i++) {
        ls_text_append(html, "<tr>");
        ls_html_number(html, ls_html_format_count(miss[4 * i], number));
        ls_text_append(html, "<td>");
        ls_page_name(html, r, (int64_t)miss[4 * i + 1], 40);
        ls_text_append(html, "</td><td>");
        if (each)
            ls_text_append(html, miss[4 * i + 2] > 0 ? "yes" : "no");
        else
            ls_page_name(html, r, (int64_t)miss[4 * i + 2], 40);
        ls_text_append(html, "</td>");
        ls_html_number(html, ls_html_format_value(miss[4 * i + 3], number));
        ls_text_append(html, "</tr>\n");
    }
    ls_html_table_end(html);
}

/* ---- all ---- */

static void put_intro(ls_text *html, const ls_report_part *p)
{
    char rows[LS_NUMBER_BYTES], used[LS_NUMBER_BYTES];
    ls_text_printf(html, "<p class=\"soft\">%s rows", ls_html_format_count((double)p->rows, rows));
    if (p->every > 1)
        ls_text_printf(html, ", all of them counted, and one in %lld looked at by its scores: %s", (long long)p->every,
                       ls_html_format_count((double)p->used, used));
    if (p->epoch > 0)
        ls_text_printf(html, ", with the weights of epoch %lld", (long long)p->epoch);
    ls_text_append(html, ".</p>\n");
}

void ls_page_part_heading(ls_text *html, const ls_report_part *p)
{
    char id[48], heading[96];
    snprintf(id, sizeof id, "part-%s", p->name);
    snprintf(heading, sizeof heading, "%s rows",
             strcmp(p->name, "validation") == 0 ? "Validation"
             : strcmp(p->name, "test") == 0     ? "Test"
                                                : "Data");
    ls_html_section(html, id, heading);
    put_intro(html, p);
}

void ls_page_classes(ls_text *html, int *charts, const ls_report *r, const ls_report_part *p)
{
    ls_page_part_heading(html, p);
    if (has_matrix(p) && class_rows(p) <= MATRIX_SHOWN)
        put_matrix(html, r, p);
    else if (has_matrix(p))
        put_mixed(html, r, p);
    put_table(html, r, p);
    ls_text_append(html, "<h3>Chances</h3>\n<div class=\"charts\">\n");
    put_ranking(html, charts, r, p, true);
    put_ranking(html, charts, r, p, false);
    put_calibration(html, charts, p);
    put_histogram(html, charts, r, p);
    ls_text_append(html, "</div>\n");
    put_calibration_table(html, p);
    put_misses(html, r, p);
    ls_html_section_end(html);
}
