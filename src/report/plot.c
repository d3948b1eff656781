/* Charts. */
#include "report/plot.h"

#include "report/html.h"

#include <math.h>
#include <string.h>

static double x_of(const ls_plot *p, double x)
{
    return ls_axis_at(&p->x, x, p->left, p->right);
}

static double y_of(const ls_plot *p, double y)
{
    return ls_axis_at(&p->y, y, p->bottom, p->top);
}

/* name="..." of a coordinate. */
static void put_at(const ls_plot *p, const char *name, double coordinate)
{
    ls_text_printf(p->html, " %s=\"", name);
    ls_html_at(p->html, coordinate);
    ls_text_append(p->html, "\"");
}

static void put_line(const ls_plot *p, const char *of, double x0, double y0, double x1, double y1)
{
    ls_text_printf(p->html, "<line class=\"%s\"", of);
    put_at(p, "x1", x0);
    put_at(p, "y1", y0);
    put_at(p, "x2", x1);
    put_at(p, "y2", y1);
    ls_text_append(p->html, "/>\n");
}

static double step_of(const ls_axis *axis, int i)
{
    if (axis->log)
        return axis->tick[i];
    return axis->ticks > 1 ? axis->tick[1] - axis->tick[0] : axis->tick[i];
}

static void put_text(const ls_plot *p, const char *of, double x, double y, const char *text)
{
    ls_text_printf(p->html, "<text class=\"%s\"", of);
    put_at(p, "x", x);
    put_at(p, "y", y);
    ls_text_append(p->html, ">");
    ls_html_put(p->html, text);
    ls_text_append(p->html, "</text>\n");
}

static void put_axes(const ls_plot *p, const char *x, const char *y)
{
    char number[LS_NUMBER_BYTES];
    for (int i = 0; i < p->y.ticks; i++) {
        const double at = y_of(p, p->y.tick[i]);
        put_line(p, "grid", p->left, at, p->right, at);
        put_text(p, "ty", p->left - 7, at + 4, ls_html_format_tick(p->y.tick[i], step_of(&p->y, i), number));
    }
    for (int i = 0; i < p->x.ticks; i++) {
        const double at = x_of(p, p->x.tick[i]);
        put_line(p, "tick", at, p->bottom, at, p->bottom + 4);
        put_text(p, "tx", at, p->bottom + 18, ls_html_format_tick(p->x.tick[i], step_of(&p->x, i), number));
    }
    put_line(p, "axis", p->left, p->bottom, p->right, p->bottom);
    put_text(p, "tx name", (p->left + p->right) / 2, p->bottom + 36, x);
    put_text(p, "name", 2, 13, y);
}

static void put_domain(ls_text *html, const char *name, const ls_axis *axis)
{
    ls_text_printf(html, " data-%s=\"", name);
    ls_text_append_double(html, axis->low);
    ls_text_append(html, " ");
    ls_text_append_double(html, axis->high);
    ls_text_append(html, axis->log ? " log\"" : "\"");
}

void ls_plot_begin(ls_plot *p, const char *caption, const char *description, const char *x, const char *y)
{
    const int number = ++*p->number;
    p->left = 58;
    p->right = 470;
    p->top = 24;
    p->bottom = 256;
    ls_text_append(p->html, "<figure>\n<figcaption>");
    ls_html_put(p->html, caption);
    ls_text_printf(p->html,
                   "</figcaption>\n<svg viewBox=\"0 0 480 300\" role=\"img\" aria-labelledby=\"t%d d%d\" "
                   "data-area=\"%g %g %g %g\"",
                   number, number, p->left, p->right, p->bottom, p->top);
    put_domain(p->html, "x", &p->x);
    put_domain(p->html, "y", &p->y);
    ls_text_printf(p->html, ">\n<title id=\"t%d\">", number);
    ls_html_put(p->html, caption);
    ls_text_printf(p->html, "</title>\n<desc id=\"d%d\">", number);
    ls_html_put(p->html, description);
    ls_text_append(p->html, "</desc>\n");
    put_axes(p, x, y);
}

/* Whether there is a place for a point. */
static bool is_point(const ls_plot *p, double x, double y)
{
    return isfinite(x) && isfinite(y) && !(p->y.log && y <= 0);
}

static void put_point(const ls_plot *p, char command, double x, double y)
{
    ls_text_append_bytes(p->html, &command, 1);
    ls_html_at(p->html, x_of(p, x));
    ls_text_append(p->html, " ");
    ls_html_at(p->html, y_of(p, y));
}

void ls_plot_line(ls_plot *p, int colour, const char *name, int64_t n, const double *x, const double *y)
{
    int64_t kept[LS_THIN_MOST], run = 0;
    const int64_t count = ls_axis_thin(n, y, kept);
    ls_text_printf(p->html, "<path class=\"line c%d\" data-name=\"", colour % LS_PLOT_COLOURS);
    ls_html_put(p->html, name);
    ls_text_append(p->html, "\" d=\"");
    for (int64_t k = 0; k < count; k++) {
        const double px = x[kept[k]], py = y[kept[k]];
        if (!is_point(p, px, py)) {
            run = 0;
            continue;
        }
        put_point(p, run == 0 ? 'M' : 'L', px, py);
        const bool alone = run == 0 && (k + 1 == count || !is_point(p, x[kept[k + 1]], y[kept[k + 1]]));
        if (alone) /* with round ends a line of no length is a dot */
            ls_text_append(p->html, "h0");
        run++;
    }
    ls_text_append(p->html, "\"/>\n");
    if (count == 1)
        ls_plot_dot(p, colour, x[0], y[0], name);
}

void ls_plot_diagonal(ls_plot *p)
{
    const double low = fmax(p->x.low, p->y.low), high = fmin(p->x.high, p->y.high);
    put_line(p, "even", x_of(p, low), y_of(p, low), x_of(p, high), y_of(p, high));
}

void ls_plot_level(ls_plot *p, double y)
{
    if (is_point(p, p->x.low, y))
        put_line(p, "even", p->left, y_of(p, y), p->right, y_of(p, y));
}

void ls_plot_mark(ls_plot *p, double x, const char *words)
{
    const double at = x_of(p, x);
    if (!(at >= p->left - 1 && at <= p->right + 1))
        return;
    put_line(p, "mark", at, p->top, at, p->bottom);
    put_text(p,
             at > p->right - 60   ? "ty mark"
             : at < p->left + 110 ? "mark"
                                  : "tx mark",
             at > p->right - 60   ? p->right
             : at < p->left + 110 ? (at > p->left + 60 ? at : p->left + 60)
                                  : at,
             14, words);
}

static void put_tip(const ls_plot *p, const char *tip, const char *element)
{
    ls_text_append(p->html, "><title>");
    ls_html_put(p->html, tip);
    ls_text_printf(p->html, "</title></%s>\n", element);
}

void ls_plot_bar(ls_plot *p, int colour, double from, double to, double y, const char *tip)
{
    const double left = x_of(p, from), right = x_of(p, to), top = y_of(p, y);
    if (!(p->bottom - top > 0.04))
        return;
    ls_text_printf(p->html, "<rect class=\"bar f%d\"", colour % LS_PLOT_COLOURS);
    put_at(p, "x", left);
    put_at(p, "y", top);
    put_at(p, "width", right - left);
    put_at(p, "height", p->bottom - top);
    put_tip(p, tip, "rect");
}

void ls_plot_cell(ls_plot *p, double x0, double x1, double y0, double y1, double share, const char *tip)
{
    ls_text_append(p->html, "<rect class=\"f0\"");
    put_at(p, "x", x_of(p, x0));
    put_at(p, "y", y_of(p, y1));
    put_at(p, "width", x_of(p, x1) - x_of(p, x0));
    put_at(p, "height", y_of(p, y0) - y_of(p, y1));
    ls_text_printf(p->html, " fill-opacity=\"%.2f\"", share);
    put_tip(p, tip, "rect");
}

void ls_plot_dot(ls_plot *p, int colour, double x, double y, const char *tip)
{
    if (!is_point(p, x, y))
        return;
    ls_text_printf(p->html, "<circle class=\"dot f%d\" r=\"4\"", colour % LS_PLOT_COLOURS);
    put_at(p, "cx", x_of(p, x));
    put_at(p, "cy", y_of(p, y));
    put_tip(p, tip, "circle");
}

void ls_plot_end_drawing(ls_plot *p)
{
    ls_text_append(p->html, "</svg>\n<p class=\"keys\">");
}

void ls_plot_key(ls_plot *p, int colour, const char *name)
{
    ls_text_printf(p->html, "<span class=\"key k%d\">", colour % LS_PLOT_COLOURS);
    ls_html_put_short(p->html, name, 40);
    ls_text_append(p->html, "</span> ");
}

void ls_plot_end(ls_plot *p)
{
    ls_text_append(p->html, "</p>\n</figure>\n");
}
