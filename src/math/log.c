/* The float64 logarithm as an ordinary function. */
#include "math/log.h"

#include "math/scalar.h"

double ls_log(double x)
{
    return ls_log1(x);
}
