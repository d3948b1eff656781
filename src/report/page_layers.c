/* The layers: parameters, silent units, lengths of weights and gradients over the epochs. */
#include "report/page.h"

#include "base/memory.h"

#include <math.h>
#include <string.h>

enum { LINES_MOST = 8 };

/* Silent units of a layer in the newest part; -1: not known. */
static double silent_units(const ls_report *r, int64_t l)
{
    const ls_report_part *p = r->parts > 0 ? &r->part[r->parts - 1] : NULL;
    return p && p->layers == r->layers ? ls_report_item_of(p, LS_REPORT_UNITS)[l] : -1;
}

/* A length of a layer at the last epoch that was measured; NaN: not known. */
static double last_length(const ls_report *r, int64_t l, bool gradient)
{
    const ls_report_norms *n = &r->norms;
    if (n->epochs == 0 || n->layers != r->layers || r->layer[l].parameters == 0)
        return NAN;
    return n->values[(n->epochs - 1) * (1 + 2 * n->layers) + 1 + (gradient ? n->layers : 0) + l];
}

static void put_number(ls_text *html, double value)
{
    char number[LS_NUMBER_BYTES];
    ls_html_number(html, isnan(value) ? "\xe2\x80\x93" : ls_html_format_value(value, number));
}

/* "Dense, relu" */
static void put_kind(ls_text *html, const ls_report_layer *layer)
{
    ls_text_append(html, "<td>");
    ls_html_put(html, layer->kind);
    if (layer->activation[0] && strcmp(layer->activation, "linear") != 0) {
        ls_text_append(html, ", ");
        ls_html_put(html, layer->activation);
    }
    ls_text_append(html, "</td>");
}

static void put_table(ls_text *html, const ls_report *r)
{
    char number[LS_NUMBER_BYTES];
    ls_html_table(html, "Layers, their parameters, and the lengths (norms) of weights and gradients at the end",
                  "layer|what|#units|#parameters|#weights|#gradient|#silent units");
    for (int64_t l = 0; l < r->layers; l++) {
        const ls_report_layer *layer = &r->layer[l];
        const double silent = silent_units(r, l);
        ls_text_append(html, "<tr><th scope=\"row\">");
        ls_html_put_short(html, layer->name, 40);
        ls_text_append(html, "</th>");
        put_kind(html, layer);
        ls_html_number(html, ls_html_format_count((double)layer->units, number));
        ls_html_number(html, ls_html_format_count((double)layer->parameters, number));
        put_number(html, last_length(r, l, false));
        put_number(html, last_length(r, l, true));
        ls_html_number(html, silent < 0 ? "\xe2\x80\x93" : ls_html_format_count(silent, number));
        ls_text_append(html, "</tr>\n");
    }
    ls_html_table_end(html);
}

/* Layers with weights, at most LINES_MOST of them: evenly chosen, the first and the last included. */
static int choose(const ls_report *r, int64_t chosen[LINES_MOST])
{
    int64_t with = 0, seen = 0;
    int count = 0;
    for (int64_t l = 0; l < r->layers; l++)
        with += r->layer[l].parameters > 0;
    const int64_t wanted = with < LINES_MOST ? with : LINES_MOST;
    for (int64_t l = 0; l < r->layers && count < wanted; l++) {
        if (r->layer[l].parameters == 0)
            continue;
        if (wanted == 1 || seen == count * (with - 1) / (wanted - 1))
            chosen[count++] = l;
        seen++;
    }
    return count;
}

static void put_chart(ls_text *html, int *charts, const ls_report *r, bool gradient)
{
    const ls_report_norms *n = &r->norms;
    int64_t chosen[LINES_MOST];
    double low = INFINITY, high = -INFINITY, *x, *y;
    const int count = choose(r, chosen);
    if (count == 0 || ls_memory_allocate(&x, n->epochs * (1 + count), sizeof *x, "norms") != LS_OK)
        return;
    y = x + n->epochs;
    for (int64_t e = 0; e < n->epochs; e++) {
        const double *row = n->values + e * (1 + 2 * n->layers);
        x[e] = row[0];
        for (int i = 0; i < count; i++)
            y[i * n->epochs + e] = row[1 + (gradient ? n->layers : 0) + chosen[i]];
    }
    ls_axis_range(n->epochs * count, y, &low, &high);
    ls_plot p = {.html = html, .number = charts, .y = ls_axis_of(low, high)};
    p.x = n->epochs > 1 ? ls_axis_exact(x[0], x[n->epochs - 1], 6) : ls_axis_exact(x[0] - 1, x[0] + 1, 2);
    ls_plot_begin(&p, gradient ? "Length of the gradient by layer" : "Length of the weights by layer",
                  gradient ? "Of the mean gradient in the last step of an epoch." : "At the end of an epoch.", "epoch",
                  "");
    for (int i = 0; i < count; i++)
        ls_plot_line(&p, i, r->layer[chosen[i]].name, n->epochs, x, y + i * n->epochs);
    ls_plot_end_drawing(&p);
    for (int i = 0; i < count; i++)
        ls_plot_key(&p, i, r->layer[chosen[i]].name);
    ls_plot_end(&p);
    ls_memory_free(x);
}

void ls_page_layers(ls_text *html, int *charts, const ls_report *r)
{
    if (r->layers == 0)
        return;
    ls_html_section(html, "layers", "Layers");
    put_table(html, r);
    if (r->norms.epochs > 0 && r->norms.layers == r->layers) {
        ls_text_append(html, "<div class=\"charts\">\n");
        put_chart(html, charts, r, false);
        put_chart(html, charts, r, true);
        ls_text_append(html, "</div>\n");
    }
    ls_html_section_end(html);
}
