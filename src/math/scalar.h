/* The project's own exp, expm1, log1p, tanh, sigmoid, normal tail (float32), log and normal quantile (float64): one
 * scalar definition, in plain C without branches, so that compilers turn loops over it into vector code and every
 * instruction set gives the bits written down in README.md. */
#ifndef LS_MATH_SCALAR_H
#define LS_MATH_SCALAR_H

#include <float.h>
#include <stdint.h>
#include <string.h>

/* x87 arithmetic would round intermediate results differently. 16 is what compilers say instead of 0 where they have
 * _Float16, which then has its own type too. */
_Static_assert(FLT_EVAL_METHOD == 0 || FLT_EVAL_METHOD == 16,
               "float and double expressions must be evaluated in their own type");

#define LS_INLINE static inline __attribute__((always_inline))

LS_INLINE uint32_t ls_float_bits(float x)
{
    uint32_t bits;
    memcpy(&bits, &x, sizeof bits);
    return bits;
}

LS_INLINE float ls_float_from(uint32_t bits)
{
    float x;
    memcpy(&x, &bits, sizeof x);
    return x;
}

LS_INLINE uint64_t ls_double_bits(double x)
{
    uint64_t bits;
    memcpy(&bits, &x, sizeof bits);
    return bits;
}

LS_INLINE double ls_double_from(uint64_t bits)
{
    double x;
    memcpy(&x, &bits, sizeof x);
    return x;
}

LS_INLINE float ls_abs1(float x)
{
    return ls_float_from(ls_float_bits(x) & 0x7FFFFFFFu);
}

/* exp(x) = 2^k exp(r), exp(r) = 1 + r + r^2 h. */
typedef struct ls_exp_parts {
    float r, h;
    int32_t k;
} ls_exp_parts;

/* For abs(x) up to 160. |r| <= ln(2)/2; ln(2) = 0x1.63p-1 - 0x1.bd0106p-13: the first part has 9 bits, so k times it
 * and the difference are exact. 1 + r + r^2 h is a minimax fit of relative error 4.5e-9. NaN passes through. */
LS_INLINE ls_exp_parts ls_exp_split(float x)
{
    const float magic = 0x1.8p23f; /* adding it leaves the nearest integer in the low bits */
    ls_exp_parts e;
    float t = __builtin_fmaf(x, 0x1.715476p+0f, magic);
    float n = t - magic;
    e.k = (int32_t)(ls_float_bits(t) - ls_float_bits(magic));
    e.r = __builtin_fmaf(n, -0x1.63p-1f, x);
    e.r = __builtin_fmaf(n, 0x1.bd0106p-13f, e.r);
    e.h = 0x1.6a2432p-10f;
    e.h = __builtin_fmaf(e.h, e.r, 0x1.123a3p-7f);
    e.h = __builtin_fmaf(e.h, e.r, 0x1.5558f2p-5f);
    e.h = __builtin_fmaf(e.h, e.r, 0x1.55549p-3f);
    e.h = __builtin_fmaf(e.h, e.r, 0x1.fffffcp-2f);
    return e;
}

/* exp(r), in [0.7, 1.42]. */
LS_INLINE float ls_exp_mantissa(ls_exp_parts e)
{
    float p = __builtin_fmaf(e.h, e.r, 1.0f);
    return __builtin_fmaf(p, e.r, 1.0f);
}

/* y 2^k. Two powers of two reach denormal results and overflow without leaving the range of the powers; the first
 * product is exact for y near 1. */
LS_INLINE float ls_scale1(float y, int32_t k)
{
    int32_t half = k >> 1; /* towards minus infinity */
    float first = ls_float_from(((uint32_t)half + 127u) << 23);
    float second = ls_float_from(((uint32_t)k - (uint32_t)half + 127u) << 23);
    return y * first * second;
}

LS_INLINE float ls_exp1(float x)
{
    float c = x < -104.0f ? -104.0f : x;
    c = c > 89.0f ? 89.0f : c; /* both compares are false for NaN, which passes through */
    ls_exp_parts e = ls_exp_split(c);
    return ls_scale1(ls_exp_mantissa(e), e.k);
}

/* exp(x) - 1 for x <= 0, where 2^k - 1 is exact or rounds to -1; 0 above. */
LS_INLINE float ls_expm1_below(float x)
{
    float c = x < -30.0f ? -30.0f : x;
    c = c > 0.0f ? 0.0f : c;
    ls_exp_parts e = ls_exp_split(c);
    float p = __builtin_fmaf(e.r * e.h, e.r, e.r);
    float power = ls_float_from(((uint32_t)e.k + 127u) << 23);
    return __builtin_fmaf(power, p, power - 1.0f);
}

/* log(1 + x) for 0 <= x <= 1: x + x^2 P(x), minimax of relative error 5.3e-9 (tests/math/minimax.py). */
LS_INLINE float ls_log1p_unit(float x)
{
    float p = -0x1.af49cep-9f;
    p = __builtin_fmaf(p, x, 0x1.4917cep-6f);
    p = __builtin_fmaf(p, x, -0x1.d6b08cp-5f);
    p = __builtin_fmaf(p, x, 0x1.b4ae08p-4f);
    p = __builtin_fmaf(p, x, -0x1.3a435ep-3f);
    p = __builtin_fmaf(p, x, 0x1.934b54p-3f);
    p = __builtin_fmaf(p, x, -0x1.ff23e6p-3f);
    p = __builtin_fmaf(p, x, 0x1.554ddp-2f);
    p = __builtin_fmaf(p, x, -0x1.ffffd2p-2f);
    return __builtin_fmaf(x * p, x, x);
}

/* The normal distribution's upper tail erfc(x / sqrt(2)) / 2 for 0 <= x <= 15 is q exp(s), s = -x^2 / 2 as rounded: q
 * is t P(t), t = 1 / (1 + x/4), minimax of relative error 1.1e-8 (tests/math/minimax.py). Near 0 that trebles an error
 * of t, and at the end s has lost up to 50 ULP; q makes both good. */
typedef struct ls_tail_parts {
    float q, s;
} ls_tail_parts;

LS_INLINE ls_tail_parts ls_tail_split(float x)
{
    ls_tail_parts tail;
    float square = x * x;
    float square_lost = __builtin_fmaf(x, x, -square);
    float below = __builtin_fmaf(0.25f, x, 1.0f);
    float below_lost = __builtin_fmaf(0.25f, x, 1.0f - below);
    float t = 1.0f / below;
    float t_lost = __builtin_fmaf(-t, below_lost, __builtin_fmaf(-t, below, 1.0f)); /* in units of t */
    float p = 0x1.196d4cp-6f;
    p = __builtin_fmaf(p, t, -0x1.0ed1b2p-4f);
    p = __builtin_fmaf(p, t, 0x1.e8fbfp-5f);
    p = __builtin_fmaf(p, t, 0x1.1ce23ap-6f);
    p = __builtin_fmaf(p, t, 0x1.6be656p-6f);
    p = __builtin_fmaf(p, t, 0x1.4d493ep-4f);
    p = __builtin_fmaf(p, t, 0x1.2eb42ap-4f);
    p = __builtin_fmaf(p, t, 0x1.857cc2p-4f);
    p = __builtin_fmaf(p, t, 0x1.97bde6p-4f);
    p = __builtin_fmaf(p, t, 0x1.988e34p-4f);
    p = p * t;
    float lost = __builtin_fmaf(__builtin_fmaf(2.0f, t, 1.0f), t_lost, -0.5f * square_lost);
    tail.q = __builtin_fmaf(p, lost, p);
    tail.s = -0.5f * square;
    return tail;
}

/* x + x^3 P(x^2) below 0.55 (minimax, relative error 4.6e-9), else 1 - 2 / (exp(2x) + 1); computed for |x|,
 * so it is odd to the bit and keeps -0. */
LS_INLINE float ls_tanh1(float x)
{
    float a = ls_abs1(x);
    float z = a * a;
    float p = -0x1.9b2eeap-8f;
    p = __builtin_fmaf(p, z, 0x1.593cb4p-6f);
    p = __builtin_fmaf(p, z, -0x1.b9286ep-5f);
    p = __builtin_fmaf(p, z, 0x1.110d26p-3f);
    p = __builtin_fmaf(p, z, -0x1.55554ap-2f);
    float low = __builtin_fmaf(a, z * p, a);
    float high = 1.0f - 2.0f / (ls_exp1(a + a) + 1.0f);
    float t = a < 0.55f ? low : high;
    return ls_float_from(ls_float_bits(t) | (ls_float_bits(x) & 0x80000000u));
}

/* From exp(-|x|), which cannot overflow: 1 / (1 + e) for x >= 0 and e / (1 + e) below. */
LS_INLINE float ls_sigmoid1(float x)
{
    float e = ls_exp1(-ls_abs1(x));
    return (x < 0.0f ? e : 1.0f) / (1.0f + e);
}

/* x = 2^k (1 + f), sqrt(1/2) <= 1 + f < sqrt(2); s = f / (2 + f); log(1 + f) = 2 atanh(s) as in fdlibm's
 * e_log.c (Sun Microsystems, 1993), whose minimax coefficients these are. */
LS_INLINE double ls_log1(double x)
{
    const uint64_t root = 0x3FE6A09E667F3BCDu; /* bits of sqrt(1/2) */
    double small = x < 0x1p-1022 ? 1.0 : 0.0;
    double y = x < 0x1p-1022 ? x * 0x1p54 : x; /* denormals become normal */
    uint64_t u = ls_double_bits(y) - root + 0x3FF0000000000000u;
    /* u >> 52 is k + 1023; as low bits of 2^52 it becomes a double without a conversion instruction */
    double k = ls_double_from(u >> 52 | 0x4330000000000000u) - (0x1p52 + 1023.0) - 54.0 * small;
    double f = ls_double_from((u & 0x000FFFFFFFFFFFFFu) + root) - 1.0;
    double s = f / (2.0 + f);
    double z = s * s;
    double r = 0x1.2f112df3e5244p-3;
    r = __builtin_fma(r, z, 0x1.39a09d078c69fp-3);
    r = __builtin_fma(r, z, 0x1.7466496cb03dep-3);
    r = __builtin_fma(r, z, 0x1.c71c51d8e78afp-3);
    r = __builtin_fma(r, z, 0x1.2492494229359p-2);
    r = __builtin_fma(r, z, 0x1.999999997fa04p-2);
    r = __builtin_fma(r, z, 0x1.5555555555593p-1);
    r = r * z;
    double h = 0.5 * f * f;
    double low = __builtin_fma(k, 0x1.a39ef35793c76p-33, s * (h + r)); /* k ln(2), low part */
    double log = __builtin_fma(k, 0x1.62e42feep-1, f - (h - low));     /* high part: the product is exact */
    log = x == 0.0 ? -__builtin_inf() : log;
    log = x < 0.0 ? __builtin_nan("") : log;
    return x < __builtin_inf() ? log : x; /* +inf and NaN are their own logarithm */
}

/* The standard normal distribution's quantile z, of which the distribution function is p, for 2^-33 <= p <= 1 - 2^-33:
 * what comes of a random word. M. J. Wichura, "Algorithm AS 241: The Percentage Points of the Normal Distribution",
 * Applied Statistics 37 (1988), PPND16 without its third range, which begins at p = 1.4e-11: a quotient of polynomials
 * in 0.180625 - q^2 in the middle, in sqrt(-log(the smaller of p and 1 - p)) - 1.6 in the tails. */
LS_INLINE double ls_normal_quantile1(double p)
{
    static const double middle[2][8] = {
        {2.5090809287301226727e+3, 3.3430575583588128105e+4, 6.7265770927008700853e+4, 4.5921953931549871457e+4,
         1.3731693765509461125e+4, 1.9715909503065514427e+3, 1.3314166789178437745e+2, 3.3871328727963666080e+0},
        {5.2264952788528545610e+3, 2.8729085735721942674e+4, 3.9307895800092710610e+4, 2.1213794301586595867e+4,
         5.3941960214247511077e+3, 6.8718700749205790830e+2, 4.2313330701600911252e+1, 1}};
    static const double tail[2][8] = {
        {7.74545014278341407640e-4, 2.27238449892691845833e-2, 2.41780725177450611770e-1, 1.27045825245236838258e+0,
         3.64784832476320460504e+0, 5.76949722146069140550e+0, 4.63033784615654529590e+0, 1.42343711074968357734e+0},
        {1.05075007164441684324e-9, 5.47593808499534494600e-4, 1.51986665636164571966e-2, 1.48103976427480074590e-1,
         6.89767334985100004550e-1, 1.67638483018380384940e+0, 2.05319162663775882187e+0, 1}};
    double q = p - 0.5;
    double a = q < 0.0 ? -q : q;
    double smaller = q < 0.0 ? p : 1.0 - p;
    double t = a <= 0.425 ? 0.180625 - q * q : __builtin_sqrt(-ls_log1(smaller)) - 1.6;
    double above = a <= 0.425 ? middle[0][0] : tail[0][0];
    double below = a <= 0.425 ? middle[1][0] : tail[1][0];
    for (int i = 1; i < 8; i++) {
        above = __builtin_fma(above, t, a <= 0.425 ? middle[0][i] : tail[0][i]);
        below = __builtin_fma(below, t, a <= 0.425 ? middle[1][i] : tail[1][i]);
    }
    double z = above / below;
    return a <= 0.425 ? q * z : q < 0.0 ? -z : z;
}

#endif
