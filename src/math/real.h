/* Functions in float64 for numbers that are few: learning rates, bias corrections, initial weights. From + - * / fma,
 * sqrt and floor only, so the same bits everywhere; formulas and error bounds are in src/math/README.md. NaN gives NaN.
 */
#ifndef LS_MATH_REAL_H
#define LS_MATH_REAL_H

/* exp(x); overflow gives +inf, underflow +0. */
double ls_real_exp(double x);

/* cos(pi x): exact where it is 0 or of magnitude 1. */
double ls_real_cos_pi(double x);

/* x^y for x >= 0 and y >= 0; x^0 is 1, also for x = 0. A whole y up to 64 is a product of x, exact where it fits. */
double ls_real_power(double x, double y);

/* The x below which the standard normal distribution has the share p of all, 0 < p < 1. */
double ls_real_normal_quantile(double p);

#endif
