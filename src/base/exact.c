/* What bins of whole numbers come to. */
#include "base/exact.h"

#include <math.h>

double ls_exact_sum(const int64_t *bins)
{
    double sum = 0;
    for (int e = 0; e < LS_EXACT_BINS; e++)
        sum += ldexp((double)bins[e], e - 150);
    return sum;
}

double ls_exact_squares(const int64_t *bins)
{
    double sum = 0;
    for (int e = 0; e < LS_EXACT_BINS; e++)
        sum += ldexp((double)bins[e], 2 * (e - 150) + 16);
    return sum;
}
