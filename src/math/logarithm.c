/* The float64 logarithm as an ordinary function. */
#include "math/logarithm.h"

#include "math/scalar.h"

double ls_logarithm(double x)
{
    return ls_log1(x);
}
