/* Float64 functions in the order of operations that README.md writes down. */
#include "math/real.h"

#include "math/logarithm.h"
#include "math/scalar64.h"

#include <math.h>

/* Up to here powers are products. */
#define WHOLE_MOST 64

static double horner(const double *coefficient, int count, double x)
{
    double p = coefficient[0];
    for (int i = 1; i < count; i++)
        p = fma(p, x, coefficient[i]);
    return p;
}

double ls_real_exp(double x)
{
    return ls_exp64(x);
}

/* cos and sin of pi r for |r| <= 1/4: Taylor's polynomials, which leave out less than 2^-58 of the result. */
static double cos_quarter(double r)
{
    static const double even[] = {
        0x1.20c62c2f2d7f5p-18, -0x1.b6e24f44b128fp-14, 0x1.f9d38a3763cc3p-10, -0x1.a6d1f2a204a8cp-6,
        0x1.e1f506891babbp-3,  -0x1.55d3c7e3cbffap+0,  0x1.03c1f081b5ac4p+2,  -0x1.3bd3cc9be45dep+2,
    }; /* pi^16/16! ... -pi^2/2! */
    const double z = r * r;
    return fma(z, horner(even, 8, z), 1);
}

static double sin_quarter(double r)
{
    static const double odd[] = {
        0x1.aaec32af93359p-21, -0x1.6fadb9f155744p-16, 0x1.e8f434d018d63p-12, -0x1.e3074fde8871fp-8,
        0x1.50783487ee782p-4,  -0x1.32d2cce62bd86p-1,  0x1.466bc6775aae2p+1,  -0x1.4abbce625be53p+2,
    }; /* pi^17/17! ... -pi^3/3! */
    const double z = r * r;
    const double low = fma(z, horner(odd, 8, z), 0x1.1a62633145c07p-53); /* with what pi has behind its 53 bits */
    return fma(r, 0x1.921fb54442d18p+1, r * low);
}

/* The nearest multiple n/2 of 1/2 is taken off, which is exact; n mod 4 says which function of the rest it is. */
double ls_real_cos_pi(double x)
{
    const double a = fabs(x);
    if (!(a < 0x1p53))
        return a < INFINITY ? 1 : (double)NAN; /* all of these are even numbers */
    const double n = floor(fma(a, 2, 0.5));
    const double r = fma(n, -0.5, a);
    switch ((int)fma(floor(n / 4), -4, n)) {
    case 0:
        return cos_quarter(r);
    case 1:
        return 0 - sin_quarter(r);
    case 2:
        return -cos_quarter(r);
    default:
        return 0 + sin_quarter(r);
    }
}

/* exp(y log x), with the product's own rounding error put right. */
double ls_real_power(double x, double y)
{
    if (y <= WHOLE_MOST && floor(y) == y) {
        double product = 1;
        for (int i = 0; i < (int)y; i++)
            product *= x;
        return product;
    }
    if (x == 0)
        return 0;
    const double l = ls_logarithm(x);
    const double h = y * l;
    const double e = ls_real_exp(h);
    return e < INFINITY ? fma(e, fma(y, l, -h), e) : e;
}

double ls_real_normal_quantile(double p)
{
    return ls_normal_quantile1(p);
}
