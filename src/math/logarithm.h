/* Natural logarithm in float64, for losses. */
#ifndef LS_MATH_LOGARITHM_H
#define LS_MATH_LOGARITHM_H

/* log(x) from + - x / fma only, so the same bits everywhere; error below the bound in src/math/README.md.
 * 0 gives -inf, negatives and NaN give NaN, +inf gives +inf. */
double ls_logarithm(double x);

#endif
