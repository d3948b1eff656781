/* Functions in float64 for numbers that are few: learning rates, bias corrections. From + - * / sqrt fma and floor
 * only, so the same bits everywhere; formulas and error bounds are in src/math/README.md. NaN gives NaN. */
#ifndef LS_MATH_REAL_H
#define LS_MATH_REAL_H

/* exp(x); overflow gives +inf, underflow +0. */
double ls_real_exp(double x);

/* cos(pi x): exact where it is 0 or of magnitude 1. */
double ls_real_cos_pi(double x);

/* x^y for x >= 0 and y >= 0; x^0 is 1, also for x = 0. A whole y up to 64 is a product of x, exact where it fits. */
double ls_real_power(double x, double y);

/* The z below which a standard normal number lies with probability p, 2^-33 <= p <= 1 - 2^-33; that of 1/2 is 0. */
double ls_real_normal_quantile(double p);

#endif
