/* The rule by which columns get offsets. */
#include "base/offset.h"

static double largest_of(const ls_offset_sums *s)
{
    return -s->least > s->most ? -s->least : s->most;
}

/* Mean of the squared differences from the mean. */
static double variance_of(const ls_offset_sums *s)
{
    const double mean = s->sum / s->count;
    return s->square / s->count - mean * mean;
}

/* The greatest power of two up to a positive number. */
static double power_of(double value)
{
    int exponent;
    (void)frexp(value, &exponent);
    return ldexp(1.0, exponent - 1);
}

static double deviation_of(const ls_offset_sums *s)
{
    const double variance = variance_of(s);
    return variance > 0 ? sqrt(variance) : 0;
}

bool ls_offset_is_rounding(const ls_offset_sums *s)
{
    return !(s->most > s->least) || !(deviation_of(s) > largest_of(s) * 0x1p-44);
}

double ls_offset_of(const ls_offset_sums *s)
{
    if (ls_offset_is_rounding(s))
        return 0;
    const double deviation = deviation_of(s), largest = largest_of(s);
    if (!(largest * 0x1p-24 > deviation * 0x1p-10))
        return 0;
    const double float_step = power_of(largest) * 0x1p-23, reached = power_of(deviation);
    const double step = float_step < reached ? float_step : reached;
    return floor(ls_offset_mean(s) / step + 0.5) * step;
}

/* The squared differences of all rows from their mean are at least those of some rows from theirs, S. With M the
 * largest value of all and m that of these, where M <= 2 m, the variance is at least S / rows, to be compared with (2 m
 * 2^-14)^2. Else M is at least M / 2 away from any of these, which makes the variance at least M^2 / (8 rows), and that
 * is above (M 2^-14)^2 up to 2^25 rows. Twice the bound leaves room for the sums' roundings. */
bool ls_offset_is_excluded(const ls_offset_sums *s, int64_t rows)
{
    const double bound = largest_of(s) * 0x1p-13;
    return s->count > 1 && rows <= INT64_C(1) << 24 && !ls_offset_is_far(s) &&
           variance_of(s) * s->count / (double)rows > 2 * bound * bound;
}

bool ls_offset_is_far(const ls_offset_sums *s)
{
    const double mean = s->count > 0 ? s->sum / s->count : 0;
    return mean * mean > 0x1p20 * variance_of(s) && mean != 0;
}
