/* Axes, and lines with few enough points to draw. */
#ifndef LS_REPORT_AXIS_H
#define LS_REPORT_AXIS_H

#include <stdbool.h>
#include <stdint.h>

enum { LS_AXIS_TICKS = 12, LS_THIN_MOST = 2000 };

typedef struct ls_axis {
    bool log;
    double low, high; /* the ends, log: above 0 */
    int ticks;
    double tick[LS_AXIS_TICKS];
} ls_axis;

/* Ends at round numbers around [low, high], with about `wanted` ticks at multiples of 1, 2 or 5 powers of ten; of a
 * single value an axis about it. Not finite ends give 0 to 1. */
ls_axis ls_axis_linear(double low, double high, int wanted);
/* The same without room at the ends. */
ls_axis ls_axis_exact(double low, double high, int wanted);
/* Ticks at powers of ten, or within few decades at 1, 2 and 5 times those. low must be above 0. */
ls_axis ls_axis_log(double low, double high);
/* Logarithmic where all values are above 0 and the largest is more than 30 times the least; else linear, from 0 where
 * that is near. */
ls_axis ls_axis_of(double low, double high);
/* Where a value lies between `from` (low) and `to` (high). */
double ls_axis_at(const ls_axis *axis, double value, double from, double to);

/* The least and the most of the numbers among n values that are finite; false: there are none. May be called on
 * several, with ends that begin as (INFINITY, -INFINITY). */
bool ls_axis_range(int64_t n, const double *values, double *low, double *high);

/* Which of n points (values y) are drawn: of equal runs of them the first, the last, the least, the most and the first
 * that is no number, at most LS_THIN_MOST, ascending in kept[LS_THIN_MOST]; how many. All of them where n is not more.
 */
int64_t ls_axis_thin(int64_t n, const double *y, int64_t *kept);

#endif
