/* exp and log(1 + x) in float64, beside log in scalar.h: in plain C without branches, so that compilers turn loops over
 * them into vector code and every instruction set gives the bits written down in README.md. */
#ifndef LS_MATH_SCALAR64_H
#define LS_MATH_SCALAR64_H

#include "math/scalar.h"

/* exp(x) = 2^n exp(r), |r| <= ln(2)/2. The first part of ln 2 has 31 bits, so that n times it is exact. Taylor's
 * polynomial of degree 13 leaves out less than 2^-57 of the result. Scaling by two powers of two reaches denormal
 * results and overflow. */
LS_INLINE double ls_exp64(double x)
{
    double c = x > -746.0 ? x : -746.0; /* NaN too, whose integer would be undefined */
    c = c > 710.0 ? 710.0 : c;
    double n = __builtin_floor(__builtin_fma(c, 0x1.71547652b82fep+0, 0.5));
    double r = __builtin_fma(n, -0x1.a39ef35793c76p-33, __builtin_fma(n, -0x1.62e42feep-1, c));
    double q = 0x1.6124613a86d09p-33; /* 1/13! ... 1/2! */
    q = __builtin_fma(q, r, 0x1.1eed8eff8d898p-29);
    q = __builtin_fma(q, r, 0x1.ae64567f544e4p-26);
    q = __builtin_fma(q, r, 0x1.27e4fb7789f5cp-22);
    q = __builtin_fma(q, r, 0x1.71de3a556c734p-19);
    q = __builtin_fma(q, r, 0x1.a01a01a01a01ap-16);
    q = __builtin_fma(q, r, 0x1.a01a01a01a01ap-13);
    q = __builtin_fma(q, r, 0x1.6c16c16c16c17p-10);
    q = __builtin_fma(q, r, 0x1.1111111111111p-7);
    q = __builtin_fma(q, r, 0x1.5555555555555p-5);
    q = __builtin_fma(q, r, 0x1.5555555555555p-3);
    q = __builtin_fma(q, r, 0x1p-1);
    double p = 1.0 + __builtin_fma(r * r, q, r);
    int32_t k = (int32_t)n, half = k >> 1; /* towards minus infinity */
    double first = ls_double_from((uint64_t)(half + 1023) << 52);
    double second = ls_double_from((uint64_t)(k - half + 1023) << 52);
    double e = p * first * second;
    return x == x ? e : x;
}

/* log(1 + x), x > -1: what the sum 1 + x rounds away is put right to first order. */
LS_INLINE double ls_log1p64(double x)
{
    double u = 1.0 + x;
    return ls_log1(u) + (x - (u - 1.0)) / u;
}

#endif
