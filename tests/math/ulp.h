/* Errors of float32 results in units of the last place. */
#ifndef LS_TEST_ULP_H
#define LS_TEST_ULP_H

#include <math.h>

/* Distance in units of the last place of `truth`; results that overflow as they should are exact. */
static inline double ulp_error(float got, double truth)
{
    if (isnan(truth) || isnan(got))
        return isnan(truth) && isnan(got) ? 0.0 : INFINITY;
    const double overflow = 0x1.ffffffp127; /* from here on, rounding gives infinity */
    if (isinf(got) || fabs(truth) >= overflow)
        return isinf(got) && fabs(truth) >= 0x1.fffffep127 && signbit(got) == signbit(truth) ? 0.0 : INFINITY;
    int exponent = -125;
    if (truth != 0.0)
        frexp(truth, &exponent);
    if (exponent < -125)
        exponent = -125;
    return fabs((double)got - truth) / ldexp(1.0, exponent - 24);
}

#endif
