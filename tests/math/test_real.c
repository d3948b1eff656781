/* The float64 functions: errors below the bounds of src/math/README.md against long double, and what must be exact. */
#include "math_test.h"

#include "base/hash64.h"
#include "math/real.h"

static const long double pi = 3.14159265358979323846264338327950288L;

/* Distance in units of the last place of `truth`, denormals with the least normal's. */
static double ulp_error(double got, long double truth)
{
    int exponent = 0;
    frexp((double)truth, &exponent);
    exponent = exponent < -1021 ? -1021 : exponent;
    return (double)(fabsl((long double)got - truth) / ldexpl(1.0L, exponent - 53));
}

static void check_bound(const char *what, double x, double y, double got, long double truth, double bound,
                        double *worst)
{
    const double error = ulp_error(got, truth);
    if (!(error <= bound))
        fail_msg("%s(%a, %a) is %a, expected %La: %.3f ULP, allowed %.3f", what, x, y, got, truth, error, bound);
    *worst = error > *worst ? error : *worst;
}

/* [0, 1), 53 random bits. */
static double random_fraction(void)
{
    return (double)(random_word() >> 11) * 0x1p-53;
}

static void exp_error_is_below_the_bound(void **state)
{
    (void)state;
    double worst = 0;
    for (int i = 0; i < 400000; i++) {
        static const double ranges[] = {709, 1, 40, 1e-3};
        const double x = i % 64 ? (2 * random_fraction() - 1) * ranges[i % 4] : -700 - 44 * random_fraction();
        check_bound("exp", x, 0, ls_real_exp(x), expl((long double)x), 1.1, &worst);
    }
    print_message("exp      error at most %.4f ULP\n", worst);
}

static long double true_cos_pi(double x)
{
    const long double r = fabsl(fmodl((long double)x, 2.0L)); /* [0, 2) */
    const long double a = r > 1 ? 2 - r : r;                  /* [0, 1] */
    return a > 0.25L && a < 0.75L ? sinl(pi * (0.5L - a)) : cosl(pi * a);
}

static void cos_pi_error_is_below_the_bound(void **state)
{
    (void)state;
    double worst = 0;
    for (int i = 0; i < 400000; i++) {
        const double x = i % 2 ? random_fraction() : (2 * random_fraction() - 1) * (i % 4 ? 1000 : 1e-3) + 0.5;
        check_bound("cos_pi", x, 0, ls_real_cos_pi(x), true_cos_pi(x), 1.2, &worst);
    }
    print_message("cos_pi   error at most %.4f ULP\n", worst);
}

/* The bound grows with the exponent's magnitude, and for products with their number. */
static void power_error_is_below_the_bound(void **state)
{
    (void)state;
    double worst = 0, worst_product = 0;
    for (int i = 0; i < 200000; i++) {
        const double x = i % 2 ? random_fraction() : 4 * random_fraction(), y = 40 * random_fraction();
        const double whole = floor(64 * random_fraction());
        const long double l = fabsl((long double)y * logl((long double)x));
        if (x < 0x1p-12)
            continue; /* results near 0 are denormal */
        check_bound("power", x, y, ls_real_power(x, y), powl((long double)x, (long double)y), 1.5 + 1.7 * (double)l,
                    &worst);
        check_bound("power", x, whole, ls_real_power(x, whole), powl((long double)x, (long double)whole), 0.55 * whole,
                    &worst_product);
    }
    print_message("power    error at most %.4f ULP, %.4f as a product\n", worst, worst_product);
}

static void special_values(void **state)
{
    (void)state;
    const struct {
        const char *what;
        double got, want;
    } cases[] = {
        {"exp(0)", ls_real_exp(0), 1},
        {"exp(-0)", ls_real_exp(-0.0), 1},
        {"exp(inf)", ls_real_exp(INFINITY), INFINITY},
        {"exp(-inf)", ls_real_exp(-INFINITY), 0},
        {"exp(709.78)", ls_real_exp(0x1.62e42fefa39efp+9), 0x1.fffffffffff2ap+1023}, /* the last below overflow */
        {"exp(709.79)", ls_real_exp(709.79), INFINITY},
        {"exp(-745.13)", ls_real_exp(-745.13), 0x1p-1074}, /* nearly the last that is not 0 */
        {"exp(-745.14)", ls_real_exp(-745.14), 0},
        {"exp(nan)", ls_real_exp(NAN), NAN},
        {"cos_pi(0)", ls_real_cos_pi(0), 1},
        {"cos_pi(0.5)", ls_real_cos_pi(0.5), 0},
        {"cos_pi(1)", ls_real_cos_pi(1), -1},
        {"cos_pi(1.5)", ls_real_cos_pi(1.5), 0},
        {"cos_pi(-2)", ls_real_cos_pi(-2), 1},
        {"cos_pi(2^53 + 2)", ls_real_cos_pi(0x1.0000000000001p53), 1},
        {"cos_pi(2^53 - 1)", ls_real_cos_pi(0x1.fffffffffffffp52), -1},
        {"cos_pi(inf)", ls_real_cos_pi(INFINITY), NAN},
        {"cos_pi(nan)", ls_real_cos_pi(NAN), NAN},
        {"0^0", ls_real_power(0, 0), 1},
        {"0^2", ls_real_power(0, 2), 0},
        {"0^0.5", ls_real_power(0, 0.5), 0},
        {"0.3^1", ls_real_power(0.3, 1), 0.3},
        {"2^40", ls_real_power(2, 40), 0x1p40},
        {"3^30", ls_real_power(3, 30), 205891132094649.0},
        {"2^1e6", ls_real_power(2, 1e6), INFINITY},
        {"0.5^1e6", ls_real_power(0.5, 1e6), 0},
        {"1^1e6", ls_real_power(1, 1e6), 1},
        {"nan^0.5", ls_real_power(NAN, 0.5), NAN},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        if (!same_double(cases[i].got, cases[i].want))
            fail_msg("%s is %a, expected %a", cases[i].what, cases[i].got, cases[i].want);
}

/* The bits that recipes with schedules stand on. */
static void bits_are_pinned(void **state)
{
    (void)state;
    enum { COUNT = 4096 };
    double y[3][COUNT];
    for (int i = 0; i < COUNT; i++) {
        const double x = i * 0x1p-11;
        y[0][i] = ls_real_exp(3 * x - 4);
        y[1][i] = ls_real_cos_pi(x);
        y[2][i] = ls_real_power(x, 2.7);
    }
    assert_int_equal(ls_hash64_words(0, y, sizeof y / 4), 0x0070BC6E12364CBD);
}

/* One step of Newton's method in long double from what was found gives the truth: Phi(z) = erfc(-z / sqrt 2) / 2. */
static void normal_quantile_error_is_below_the_bound(void **state)
{
    static const double given[] = {0x1p-33, 0.075, 0.5 - 0x1p-33, 0.5 + 0x1p-33, 0.925, 1 - 0x1p-33};
    (void)state;
    double worst = 0;
    for (int i = 0; i < 400000; i++) {
        const double fraction = random_fraction(), p = i < (int)(sizeof given / sizeof given[0]) ? given[i]
                                                       : i % 2                                   ? fraction
                                                               : ldexp(1 + fraction, -2 - i % 31);
        if (p < 0x1p-33 || p > 1 - 0x1p-33)
            continue;
        const double z = ls_real_normal_quantile(p);
        const long double x = z, density = expl(-x * x / 2) / sqrtl(2 * pi);
        /* in the upper half of what is left above, which keeps its digits */
        const long double off =
            z > 0 ? (1 - (long double)p) - erfcl(x / sqrtl(2)) / 2 : erfcl(-x / sqrtl(2)) / 2 - (long double)p;
        const double error = (double)fabsl(off / density / x);
        if (!(error <= 1e-15))
            fail_msg("normal_quantile(%a) is %a: off by %.3g of it", p, z, error);
        worst = error > worst ? error : worst;
        assert_true(ls_real_normal_quantile(1 - p) == -z || 1 - (1 - p) != p);
    }
    assert_true(ls_real_normal_quantile(0.5) == 0);
    print_message("normal_quantile error at most %.2e\n", worst);
}

static void bits_of_the_quantile_are_pinned(void **state)
{
    (void)state;
    enum { COUNT = 4096 };
    double y[2][COUNT];
    for (int i = 0; i < COUNT; i++) {
        y[0][i] = ls_real_normal_quantile((i + 0.5) / COUNT);
        y[1][i] = ls_real_normal_quantile(ldexp(1 + i / (double)COUNT, -2 - i % 31));
    }
    assert_int_equal(ls_hash64_words(0, y, sizeof y / 4), 0x8514A9E79B16A787);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(exp_error_is_below_the_bound),
        cmocka_unit_test(cos_pi_error_is_below_the_bound),
        cmocka_unit_test(power_error_is_below_the_bound),
        cmocka_unit_test(special_values),
        cmocka_unit_test(bits_are_pinned),
        cmocka_unit_test(normal_quantile_error_is_below_the_bound),
        cmocka_unit_test(bits_of_the_quantile_are_pinned),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
