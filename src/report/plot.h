/* Charts as inline SVG. Each is a figure with a caption, a title and a description for those who do not see it; colours
 * and fonts are the page's. Coordinates: 480 wide, 300 high. */
#ifndef LS_REPORT_PLOT_H
#define LS_REPORT_PLOT_H

#include "base/text.h"
#include "report/axis.h"

enum { LS_PLOT_COLOURS = 8 };

typedef struct ls_plot {
    ls_text *html;
    int *number; /* of charts on the page so far: names of titles */
    ls_axis x, y;
    double left, right, top, bottom;
} ls_plot;

/* Local. Begins a chart whose axes are set: frame, grid, ticks. Texts are escaped here. Ends of the axes stand in its
 * data-x, data-y ("low high", "log" behind it where it is), so that points can be read back. */
void ls_plot_begin(ls_plot *plot, const char *caption, const char *description, const char *x, const char *y);
/* A line through points, thinned; it breaks where y is no number, and a point alone is a dot. `colour` from 0;
 * `name` is what it is of. */
void ls_plot_line(ls_plot *plot, int colour, const char *name, int64_t n, const double *x, const double *y);
/* A line from corner to corner, or across at y: what the others are compared with. */
void ls_plot_diagonal(ls_plot *plot);
void ls_plot_level(ls_plot *plot, double y);
/* A dashed line upright at x, with words at its head. */
void ls_plot_mark(ls_plot *plot, double x, const char *words);
/* A bar from `from` to `to` up to y, with a tooltip. */
void ls_plot_bar(ls_plot *plot, int colour, double from, double to, double y, const char *tip);
/* A rectangle of the strength `share` (0 to 1), with a tooltip. */
void ls_plot_cell(ls_plot *plot, double x0, double x1, double y0, double y1, double share, const char *tip);
void ls_plot_dot(ls_plot *plot, int colour, double x, double y, const char *tip);
/* The end of the drawing; then keys, one for each line, and the end. */
void ls_plot_end_drawing(ls_plot *plot);
void ls_plot_key(ls_plot *plot, int colour, const char *name);
void ls_plot_end(ls_plot *plot);

#endif
