/* Ticks, ends of axes, thinning. */
#include "report/axis.h"

#include "math/logarithm.h"

#include <math.h>

/* The same on every machine, which a library's pow need not be. */
static double power_of_ten(int exponent)
{
    double power = 1;
    for (int k = exponent < 0 ? -exponent : exponent; k > 0; k--)
        power *= 10;
    return exponent < 0 ? 1 / power : power;
}

/* The largest power of ten that is not above x > 0. */
static int exponent_of(double x)
{
    int exponent = (int)floor(ls_logarithm(x) / ls_logarithm(10));
    while (power_of_ten(exponent) > x)
        exponent--;
    while (power_of_ten(exponent + 1) <= x)
        exponent++;
    return exponent;
}

/* The round step next above a raw one: 1, 2 or 5 times a power of ten. */
static double round_step(double raw)
{
    static const double steps[] = {1, 2, 5, 10};
    const double power = power_of_ten(exponent_of(raw));
    int i = 0;
    while (i < 3 && steps[i] * power < raw * (1 - 1e-9))
        i++;
    return steps[i] * power;
}

static bool is_usable(double low, double high)
{
    return isfinite(low) && isfinite(high) && low <= high && high - low <= 1e300;
}

/* A range that has a length. */
static void widen(double *low, double *high)
{
    if (!is_usable(*low, *high)) {
        *low = 0;
        *high = 1;
    }
    if (*high - *low <= 1e-12 * fmax(fabs(*low), fabs(*high))) {
        const double half = *low == 0 ? 0.5 : 0.5 * fabs(*low);
        *low -= half;
        *high += half;
    }
}

/* Multiples of the step within the axis. 0 is exactly 0. */
static void set_ticks(ls_axis *axis, double step)
{
    const double first = ceil(axis->low / step - 1e-6);
    axis->ticks = 0;
    for (double k = first; k * step <= axis->high + 1e-6 * step && axis->ticks < LS_AXIS_TICKS; k++)
        axis->tick[axis->ticks++] = k * step + 0.0;
}

ls_axis ls_axis_exact(double low, double high, int wanted)
{
    widen(&low, &high);
    ls_axis axis = {.low = low, .high = high};
    set_ticks(&axis, round_step((high - low) / wanted));
    return axis;
}

ls_axis ls_axis_linear(double low, double high, int wanted)
{
    widen(&low, &high);
    const double step = round_step((high - low) / wanted);
    ls_axis axis = {.low = floor(low / step + 1e-9) * step, .high = ceil(high / step - 1e-9) * step};
    set_ticks(&axis, step);
    return axis;
}

ls_axis ls_axis_log(double low, double high)
{
    static const double parts[] = {1, 2, 5};
    if (high <= low * 1.0001) {
        low /= 2;
        high *= 2;
    }
    ls_axis axis = {.log = true, .low = low / 1.1, .high = high * 1.1};
    const int first = exponent_of(axis.low), last = exponent_of(axis.high);
    const int shown = last - first <= 2 ? 3 : 1, every = 1 + (last - first) / 8;
    for (int e = first; e <= last; e++)
        for (int i = 0; i < shown; i++) {
            const double tick = parts[i] * power_of_ten(e);
            if (tick >= axis.low && tick <= axis.high && e % every == 0 && axis.ticks < LS_AXIS_TICKS)
                axis.tick[axis.ticks++] = tick;
        }
    return axis;
}

ls_axis ls_axis_of(double low, double high)
{
    if (is_usable(low, high) && low > 0 && high > 30 * low)
        return ls_axis_log(low, high);
    return ls_axis_linear(low > 0 && low < 0.4 * high ? 0 : low, high, 5);
}

double ls_axis_at(const ls_axis *axis, double value, double from, double to)
{
    const double low = axis->log ? ls_logarithm(axis->low) : axis->low;
    const double high = axis->log ? ls_logarithm(axis->high) : axis->high;
    const double share = ((axis->log ? ls_logarithm(value) : value) - low) / (high - low);
    return from + share * (to - from);
}

bool ls_axis_range(int64_t n, const double *values, double *low, double *high)
{
    for (int64_t i = 0; i < n; i++) {
        if (!isfinite(values[i]))
            continue;
        *low = values[i] < *low ? values[i] : *low;
        *high = values[i] > *high ? values[i] : *high;
    }
    return *low <= *high;
}

/* The points of one run that stay, ascending. */
static int64_t thin_run(int64_t first, int64_t last, const double *y, int64_t *kept)
{
    int64_t low = -1, high = -1, odd = -1, count = 0;
    for (int64_t i = first; i <= last; i++) {
        if (!isfinite(y[i])) {
            odd = odd < 0 ? i : odd;
            continue;
        }
        low = low < 0 || y[i] < y[low] ? i : low;
        high = high < 0 || y[i] > y[high] ? i : high;
    }
    const int64_t chosen[] = {first, low, high, odd, last};
    for (int64_t at = first - 1;;) {
        int64_t next = last + 1;
        for (int k = 0; k < 5; k++)
            if (chosen[k] > at && chosen[k] < next)
                next = chosen[k];
        if (next > last)
            return count;
        kept[count++] = at = next;
    }
}

int64_t ls_axis_thin(int64_t n, const double *y, int64_t *kept)
{
    enum { RUNS = LS_THIN_MOST / 5 };
    int64_t count = 0;
    if (n <= LS_THIN_MOST) {
        for (; count < n; count++)
            kept[count] = count;
        return count;
    }
    for (int64_t r = 0; r < RUNS; r++)
        count += thin_run(n / RUNS * r + n % RUNS * r / RUNS, n / RUNS * (r + 1) + n % RUNS * (r + 1) / RUNS - 1, y,
                          kept + count);
    return count;
}
