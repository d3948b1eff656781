/* What a part's rows show of a regression: predicted against true, residuals, errors by decile, worst rows. */
#include "report/page.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

static void put_cells(ls_text *html, int *charts, const ls_report_part *p, int64_t j)
{
    char tip[64], number[LS_NUMBER_BYTES];
    const double *range = ls_report_item_of(p, LS_REPORT_RANGES) + 4 * j;
    const double *cell = ls_report_item_of(p, LS_REPORT_CELLS) + j * LS_REPORT_GRID * LS_REPORT_GRID;
    double most = 0, none = 0;
    const double side = (range[1] - range[0]) / LS_REPORT_GRID;
    ls_axis_range((int64_t)LS_REPORT_GRID * LS_REPORT_GRID, cell, &none, &most);
    ls_plot plot = {.html = html, .number = charts, .x = ls_axis_exact(range[0], range[1], 5)};
    plot.y = plot.x;
    ls_plot_begin(&plot, "Predicted against true",
                  "How many rows have which target and prediction; on the line they are equal.", "target",
                  "prediction");
    for (int y = 0; y < LS_REPORT_GRID; y++)
        for (int x = 0; x < LS_REPORT_GRID; x++) {
            const double rows = cell[y * LS_REPORT_GRID + x];
            if (rows == 0)
                continue;
            snprintf(tip, sizeof tip, "%s row%s", ls_html_format_count(rows, number), rows == 1 ? "" : "s");
            ls_plot_cell(&plot, range[0] + x * side, range[0] + (x + 1) * side, range[0] + y * side,
                         range[0] + (y + 1) * side, 0.15 + 0.85 * sqrt(rows / most), tip);
        }
    ls_plot_diagonal(&plot);
    ls_plot_end_drawing(&plot);
    ls_text_append(html, "<span>darker: more rows; dashed: predicted as it is</span>");
    ls_plot_end(&plot);
}

static void put_residuals(ls_text *html, int *charts, const ls_report_part *p, int64_t j)
{
    char tip[64], number[LS_NUMBER_BYTES];
    const double *range = ls_report_item_of(p, LS_REPORT_RANGES) + 4 * j;
    const double *bar = ls_report_item_of(p, LS_REPORT_OFF) + j * LS_REPORT_RESIDUALS;
    const double wide = fmax(fabs(range[2]), fabs(range[3])), side = 2 * wide / LS_REPORT_RESIDUALS;
    double most = 0, none = 0;
    ls_axis_range(LS_REPORT_RESIDUALS, bar, &none, &most);
    if (!(wide > 0))
        return;
    ls_plot plot = {
        .html = html, .number = charts, .x = ls_axis_exact(-wide, wide, 5), .y = ls_axis_linear(0, most, 5)};
    ls_plot_begin(&plot, "Residuals", "How many rows are predicted too low (left of 0) and too high, and by how much.",
                  "prediction less target", "rows");
    for (int i = 0; i < LS_REPORT_RESIDUALS; i++) {
        snprintf(tip, sizeof tip, "%s rows", ls_html_format_count(bar[i], number));
        ls_plot_bar(&plot, 0, -wide + i * side, -wide + (i + 1) * side, bar[i], tip);
    }
    ls_plot_mark(&plot, 0, "");
    ls_plot_end_drawing(&plot);
    ls_plot_end(&plot);
}

static void put_tenths(ls_text *html, const ls_report_part *p, int64_t j)
{
    char number[LS_NUMBER_BYTES], low[LS_NUMBER_BYTES], high[LS_NUMBER_BYTES];
    const double *tenth = ls_report_item_of(p, LS_REPORT_TENTHS) + j * LS_REPORT_DECILES * 5;
    ls_html_table(html, "Errors by tenths of the rows, from the smallest targets to the largest",
                  "targets|#rows|#mean absolute error|#mean error");
    for (int i = 0; i < LS_REPORT_DECILES; i++, tenth += 5) {
        if (tenth[0] == 0)
            continue;
        ls_text_append(html, "<tr><th scope=\"row\">");
        ls_html_put(html, ls_html_format_value(tenth[1], low));
        ls_text_append(html, " to ");
        ls_html_put(html, ls_html_format_value(tenth[2], high));
        ls_text_append(html, "</th>");
        ls_html_number(html, ls_html_format_count(tenth[0], number));
        ls_html_number(html, ls_html_format_value(tenth[3], number));
        ls_html_number(html, ls_html_format_value(tenth[4], number));
        ls_text_append(html, "</tr>\n");
    }
    ls_html_table_end(html);
}

static void put_errors(ls_text *html, const ls_report *r, const ls_report_part *p, int64_t told)
{
    char number[LS_NUMBER_BYTES];
    const double *error = ls_report_item_of(p, LS_REPORT_ERRORS);
    ls_html_table(html, "Errors in the targets' units",
                  "output|#mean absolute error|#root mean square error|#mean error|#variance explained (r2)");
    for (int64_t j = 0; j < told; j++, error += 4) {
        ls_text_append(html, "<tr><th scope=\"row\">");
        ls_page_name(html, r, j, 40);
        ls_text_append(html, "</th>");
        for (int i = 0; i < 4; i++)
            ls_html_number(html, isnan(error[i]) ? "\xe2\x80\x93" : ls_html_format_value(error[i], number));
        ls_text_append(html, "</tr>\n");
    }
    ls_html_table_end(html);
}

static void put_far(ls_text *html, const ls_report *r, const ls_report_part *p)
{
    char number[LS_NUMBER_BYTES];
    const double *far = ls_report_item_of(p, LS_REPORT_FAR);
    if (far[0] < 0)
        return;
    ls_text_append(html, "<h3>Rows that are furthest off</h3>\n");
    ls_html_table(html, "The largest residuals; rows of the part from 0",
                  p->outputs > 1 ? "#row|output|#target|#prediction|#residual" : "#row|#target|#prediction|#residual");
    for (int i = 0; i < LS_REPORT_WORST && far[4 * i] >= 0; i++) {
        ls_text_append(html, "<tr>");
        ls_html_number(html, ls_html_format_count(far[4 * i], number));
        if (p->outputs > 1) {
            ls_text_append(html, "<td>");
            ls_page_name(html, r, (int64_t)far[4 * i + 1], 40);
            ls_text_append(html, "</td>");
        }
        ls_html_number(html, ls_html_format_value(far[4 * i + 2], number));
        ls_html_number(html, ls_html_format_value(far[4 * i + 3], number));
        ls_html_number(html, ls_html_format_value(far[4 * i + 3] - far[4 * i + 2], number));
        ls_text_append(html, "</tr>\n");
    }
    ls_html_table_end(html);
}

void ls_page_values(ls_text *html, int *charts, const ls_report *r, const ls_report_part *p)
{
    const int64_t told = ls_report_item_count(p, LS_REPORT_RANGES) / 4;
    ls_page_part_heading(html, p);
    put_errors(html, r, p, told);
    if (p->outputs > told)
        ls_text_printf(html, "<p class=\"soft\">The first %lld outputs of %lld.</p>\n", (long long)told,
                       (long long)p->outputs);
    for (int64_t j = 0; j < told; j++) {
        ls_text_append(html, "<h3>");
        if (p->outputs > 1)
            ls_page_name(html, r, j, 60);
        else
            ls_text_append(html, "Predictions");
        ls_text_append(html, "</h3>\n<div class=\"charts\">\n");
        put_cells(html, charts, p, j);
        put_residuals(html, charts, p, j);
        ls_text_append(html, "</div>\n");
        put_tenths(html, p, j);
    }
    put_far(html, r, p);
    ls_html_section_end(html);
}
