/* exp, tanh, sigmoid and log: the bits of the scalar references in every table, and errors below the bounds of
 * src/math/README.md against float64 (float32 functions) and long double (log). With the argument `full`: all inputs.
 */
#include "math_test.h"
#include "ulp.h"

#include "math/logarithm.h"

#include <stdio.h>

typedef float reference_function(float x);
typedef void loop_function(int64_t n, const float *x, float *y);

static double true_sigmoid(double x)
{
    return x < 0 ? exp(x) / (1.0 + exp(x)) : 1.0 / (1.0 + exp(-x));
}

static const struct function {
    const char *name;
    reference_function *reference;
    double (*truth)(double x);
    double bound; /* ULP */
} functions[] = {
    {"exp", reference_exp, exp, 0.92},
    {"tanh", reference_tanh, tanh, 1.6},
    {"sigmoid", reference_sigmoid, true_sigmoid, 2.5},
};
enum { FUNCTIONS = 3 };

static loop_function *function_loop(const ls_kernels *table, int index)
{
    return index == 0 ? table->exp : index == 1 ? table->tanh : table->sigmoid;
}

/* Distance between the bit patterns that are tried; 1 with the argument `full`. */
static uint64_t stride = 1009;

/* Over the 2^32 bit patterns, so all exponents, signs, NaNs and denormals; and the same bits in every table. */
static void error_is_below_the_bound(void **state)
{
    (void)state;
    enum { BLOCK = 4096 };
    const ls_kernels *fastest = ls_kernels_find(NULL);
    for (int f = 0; f < FUNCTIONS; f++) {
        double worst = 0.0;
        float worst_x = 0.0f, worst_y = 0.0f;
        for (uint64_t pattern = 0; pattern < (uint64_t)1 << 32;) {
            float x[BLOCK], y[BLOCK], same[BLOCK];
            int n = 0;
            for (; n < BLOCK && pattern < (uint64_t)1 << 32; n++, pattern += stride) {
                const uint32_t bits = (uint32_t)pattern;
                memcpy(x + n, &bits, sizeof bits);
            }
            function_loop(fastest, f)(n, x, y);
            EACH_TABLE(table)
            {
                if (table != fastest) {
                    function_loop(table, f)(n, x, same);
                    check_floats(table, functions[f].name, n, same, y);
                }
            }
            for (int i = 0; i < n; i++) {
                const double error = ulp_error(y[i], functions[f].truth(x[i]));
                if (error > worst) {
                    worst = error;
                    worst_x = x[i];
                    worst_y = y[i];
                }
            }
        }
        print_message("%-8s error at most %.4f ULP, at %a\n", functions[f].name, worst, (double)worst_x);
        if (worst > functions[f].bound)
            fail_msg("%s(%a) is %a, expected %a: %.3f ULP, allowed %.3f", functions[f].name, (double)worst_x,
                     (double)worst_y, functions[f].truth(worst_x), worst, functions[f].bound);
    }
}

/* Random patterns, every length up to a few vectors, in place and not. */
static void tables_equal_the_references(void **state)
{
    (void)state;
    enum { MOST = 400 };
    for (int f = 0; f < FUNCTIONS; f++)
        for (int n = 0; n < MOST; n++) {
            float x[MOST], want[MOST + 1];
            for (int i = 0; i < n; i++) {
                const uint32_t bits = (uint32_t)random_word();
                memcpy(x + i, &bits, sizeof bits);
                if (i % 2)
                    x[i] = random_float(i % 4 == 1 ? 2.0f : 110.0f);
                want[i] = functions[f].reference(x[i]);
            }
            want[n] = 7.0f;
            EACH_TABLE(table)
            {
                float y[MOST + 1];
                y[n] = 7.0f;
                function_loop(table, f)(n, x, y);
                check_floats(table, functions[f].name, n + 1, y, want);
                memcpy(y, x, sizeof x);
                y[n] = 7.0f;
                function_loop(table, f)(n, y, y);
                check_floats(table, functions[f].name, n + 1, y, want);
            }
        }
}

static void special_values(void **state)
{
    (void)state;
    static const struct {
        int function;
        float x, y;
    } cases[] = {
        {0, 0.0f, 1.0f},
        {0, -0.0f, 1.0f},
        {0, INFINITY, INFINITY},
        {0, -INFINITY, 0.0f},
        {0, NAN, NAN},
        {0, 0x1.62e42ep+6f, 0x1.ffff08p+127f}, /* the last below overflow */
        {0, 0x1.62e430p+6f, INFINITY},
        {0, -0x1.9fe368p+6f, 0x1p-149f}, /* the last that is not 0 */
        {0, -0x1.9fe36ap+6f, 0.0f},
        {0, -90.0f, 0x1.1d85p-130f}, /* a denormal */
        {1, 0.0f, 0.0f},
        {1, -0.0f, -0.0f},
        {1, 0x1p-149f, 0x1p-149f},
        {1, -0x1p-149f, -0x1p-149f},
        {1, INFINITY, 1.0f},
        {1, -INFINITY, -1.0f},
        {1, NAN, NAN},
        {1, 10.0f, 1.0f},
        {2, 0.0f, 0.5f},
        {2, -0.0f, 0.5f},
        {2, INFINITY, 1.0f},
        {2, -INFINITY, 0.0f},
        {2, NAN, NAN},
        {2, 100.0f, 1.0f},
    };
    EACH_TABLE(table)
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        float y;
        char what[64];
        snprintf(what, sizeof what, "%s(%a)", functions[cases[i].function].name, (double)cases[i].x);
        function_loop(table, cases[i].function)(1, &cases[i].x, &y);
        check_floats(table, what, 1, &y, &cases[i].y);
    }
}

static void tanh_is_odd(void **state)
{
    (void)state;
    EACH_TABLE(table)
    for (int i = 0; i < 10000; i++) {
        const float x = random_float(4.0f);
        const float pair[2] = {x, -x};
        float y[2];
        table->tanh(2, pair, y);
        const float mirrored = -y[0];
        check_floats(table, "tanh(-x)", 1, y + 1, &mirrored);
    }
}

/* Near 1, where cancellation would show, or any positive number, denormals among them. */
static double log_operand(int i)
{
    double x;
    uint64_t bits = random_word();
    if (i % 2)
        return 1.0 + ldexp((double)(int64_t)bits, -63 - (int)(bits % 50));
    bits &= i % 32 ? 0x7FFFFFFFFFFFFFFFu : 0x000FFFFFFFFFFFFFu;
    memcpy(&x, &bits, sizeof x);
    return x;
}

static void log_error_is_below_the_bound(void **state)
{
    (void)state;
    double worst = 0.0, worst_x = 0.0;
    const int count = stride == 1 ? 200000000 : 1000000;
    for (int i = 0; i < count; i++) {
        const double x = log_operand(i);
        if (!(x > 0.0 && x < INFINITY))
            continue;
        const long double truth = logl((long double)x);
        int exponent = 0;
        frexp((double)truth, &exponent);
        const double error = truth == 0.0L ? (ls_logarithm(x) == 0.0 ? 0.0 : INFINITY)
                                           : (double)(fabsl(ls_logarithm(x) - truth) / ldexpl(1.0L, exponent - 53));
        if (error > worst) {
            worst = error;
            worst_x = x;
        }
    }
    print_message("log      error at most %.4f ULP, at %a\n", worst, worst_x);
    if (worst > 0.95)
        fail_msg("log(%a) is %a, expected %a: %.3f ULP, allowed 0.95", worst_x, ls_logarithm(worst_x), log(worst_x),
                 worst);
}

static void log_equals_the_reference(void **state)
{
    (void)state;
    const ls_kernels *table = ls_kernels_find("portable");
    for (int i = 0; i < 100000; i++) {
        const double x = log_operand(i), y = ls_logarithm(x), want = reference_log(x);
        char what[64];
        snprintf(what, sizeof what, "log(%a)", x);
        check_doubles(table, what, 1, &y, &want);
    }
}

static void log_special_values(void **state)
{
    (void)state;
    static const double cases[][2] = {
        {1.0, 0.0},
        {0.0, -INFINITY},
        {-0.0, -INFINITY},
        {-1.0, NAN},
        {-INFINITY, NAN},
        {NAN, NAN},
        {INFINITY, INFINITY},
        {2.0, 0x1.62e42fefa39efp-1},
        {0.5, -0x1.62e42fefa39efp-1},
        {0x1p-1074, -0x1.74385446d71c3p+9},
        {0x1.fffffffffffffp1023, 0x1.62e42fefa39efp+9},
    };
    const ls_kernels *table = ls_kernels_find("portable");
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        const double y = ls_logarithm(cases[i][0]);
        check_doubles(table, "log", 1, &y, &cases[i][1]);
    }
}

/* `full` tries all 2^32 bit patterns in every table, and 200 times as many logarithms: twenty minutes. */
int main(int count, char **arguments)
{
    if (count > 1 && strcmp(arguments[1], "full") == 0)
        stride = 1;
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(error_is_below_the_bound),
        cmocka_unit_test(tables_equal_the_references),
        cmocka_unit_test(special_values),
        cmocka_unit_test(tanh_is_odd),
        cmocka_unit_test(log_error_is_below_the_bound),
        cmocka_unit_test(log_equals_the_reference),
        cmocka_unit_test(log_special_values),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
