/* Adam: the step's constants against powers in long double, and a thousand updates through every kernel table. */
#include "model/model_test.h"

#include "optim/optimizer.h"

static void start_adam(ls_optimizer *adam, double rate, double beta_1, double beta_2, double epsilon)
{
    const ls_optimizer_settings settings = {
        .learning_rate = rate, .beta_1 = beta_1, .beta_2 = beta_2, .epsilon = epsilon};
    ls_optimizer_start(ls_optimizer_find("adam"), &settings, adam);
}

static ls_update_step next(ls_optimizer *adam, int64_t rows)
{
    return ls_optimizer_next(adam, adam->settings.learning_rate, rows);
}

/* One unit in the last place of a float. */
static double ulp(float x)
{
    return (double)nextafterf(fabsf(x), INFINITY) - fabs((double)x);
}

static void a_fresh_start(void **state)
{
    (void)state;
    ls_optimizer adam;
    memset(&adam, 0xFF, sizeof adam);
    start_adam(&adam, 0.5, 0.25, 0.75, 1e-3);
    assert_true(adam.settings.learning_rate == 0.5 && adam.settings.beta_1 == 0.25);
    assert_int_equal(adam.iterations, 0);
    assert_true(adam.number[0] == 1 && adam.number[1] == 1);

    /* by hand: 0.5 * sqrt(1 - 0.75) / (1 - 0.25) = 1/3, then 0.5 * sqrt(1 - 0.5625) / (1 - 0.0625) */
    const ls_update_step first = next(&adam, 96);
    assert_true(first.rate == 1.0f / 3);
    assert_true(first.one_minus_beta_1 == 0.75f);
    assert_true(first.one_minus_beta_2 == 0.25f);
    assert_true(first.epsilon == 1e-3f);
    assert_true(first.rows == 96);
    assert_true(adam.number[0] == 0.25 && adam.number[1] == 0.75);
    const ls_update_step second = next(&adam, 95);
    assert_true(second.rate == (float)(0.5 * sqrt(0.4375) / 0.9375));
    assert_true(second.rows == 95);
    assert_int_equal(adam.iterations, 2);
}

static void constants_over_a_thousand_steps(void **state)
{
    static const struct {
        double rate, beta_1, beta_2;
    } settings[] = {{0.001, 0.9, 0.999}, {0.01, 0.99, 0.9999}, {1, 0, 0}, {0.1, 0.5, 0.25}};
    (void)state;
    for (int64_t s = 0; s < LENGTH(settings); s++) {
        const double beta_1 = settings[s].beta_1, beta_2 = settings[s].beta_2;
        ls_optimizer adam;
        start_adam(&adam, settings[s].rate, beta_1, beta_2, 1e-7);
        double power_1 = 1, power_2 = 1;
        for (int t = 1; t <= 1000; t++) {
            const ls_update_step step = next(&adam, 32);
            power_1 *= beta_1; /* part of the contract: one rounded product a step */
            power_2 *= beta_2;
            assert_int_equal(adam.iterations, t);
            check_doubles("power of beta 1", 1, &adam.number[0], &power_1);
            check_doubles("power of beta 2", 1, &adam.number[1], &power_2);
            const long double want =
                settings[s].rate * sqrtl(1 - powl((long double)beta_2, t)) / (1 - powl((long double)beta_1, t));
            char what[64];
            snprintf(what, sizeof what, "rate of step %d with betas %g, %g", t, beta_1, beta_2);
            check_near(what, (double)step.rate, (double)want, 0.501 * ulp(step.rate)); /* rounded once */
            assert_true(step.one_minus_beta_1 == (float)(1 - beta_1));
            assert_true(step.one_minus_beta_2 == (float)(1 - beta_2));
        }
    }
}

/* ---- updates ---- */

enum { PARAMETERS = 83 };

typedef struct training {
    ls_optimizer adam;
    float w[PARAMETERS], m[PARAMETERS], v[PARAMETERS];
} training;

static void start(training *t)
{
    memset(t, 0, sizeof *t);
    start_adam(&t->adam, 0.01, 0.9, 0.999, 1e-7);
    random_state = 9;
    for (int i = 0; i < PARAMETERS; i++)
        t->w[i] = random_float(1);
}

/* The sum over 24 rows of the gradient of (w - goal)^2 / 2, with noise from the step's number; 1 of 8 parameters is
 * dead from step 50 on. */
static float gradient(float w, int i, int64_t step)
{
    if (i % 8 == 7 && step > 50)
        return 0;
    const float noise = (float)(philox_word(1, 99, i, 0, step, 0) >> 8) * 0x1p-24f - 0.5f;
    return 24 * (w - 0.01f * (float)i + 0.3f * noise);
}

static void advance(const ls_kernels *kernels, training *t, int64_t steps)
{
    float g[PARAMETERS];
    for (int64_t s = 0; s < steps; s++) {
        const ls_update_step step = next(&t->adam, 24);
        for (int i = 0; i < PARAMETERS; i++)
            g[i] = gradient(t->w[i], i, t->adam.iterations);
        kernels->update[LS_UPDATE_ADAM](&step, PARAMETERS, g, t->w, (float *[]){t->m, t->v}, &(ls_seen){0});
    }
}

static float small_is_zero(float slot)
{
    return fabsf(slot) < 0x1p-100f ? 0.0f : slot;
}

/* DESIGN's row on Adam, step by step in scalars: to the bit; and the textbook formulas in long double: near. */
static void a_thousand_updates(void **state)
{
    (void)state;
    training want;
    start(&want);
    long double w[PARAMETERS], m[PARAMETERS] = {0}, v[PARAMETERS] = {0};
    for (int i = 0; i < PARAMETERS; i++)
        w[i] = (long double)want.w[i];
    double power_1 = 1, power_2 = 1;
    for (int t = 1; t <= 1000; t++) {
        power_1 *= 0.9;
        power_2 *= 0.999;
        const float a = (float)(0.01 * sqrt(1 - power_2) / (1 - power_1));
        const float beta_1 = (float)(1 - 0.9), beta_2 = (float)(1 - 0.999);
        for (int i = 0; i < PARAMETERS; i++) {
            const float g = gradient(want.w[i], i, t) / 24.0f;
            want.m[i] = small_is_zero(fmaf(beta_1, g - want.m[i], want.m[i]));
            want.v[i] = small_is_zero(fmaf(beta_2, g * g - want.v[i], want.v[i]));

            m[i] = 0.9L * m[i] + 0.1L * (long double)g;
            v[i] = 0.999L * v[i] + 0.001L * (long double)g * (long double)g;
            w[i] -= 0.01L * sqrtl(1 - powl(0.999L, t)) / (1 - powl(0.9L, t)) * m[i] / (sqrtl(v[i]) + 1e-7L);

            want.w[i] = want.w[i] - want.m[i] * a / (sqrtf(want.v[i]) + 1e-7f);
        }
    }
    for (int i = 0; i < PARAMETERS; i++) /* same gradients, so only rounding separates them */
        check_near("weight", (double)want.w[i], (double)w[i], 1e-4);
    EACH_TABLE(kernels)
    {
        training got;
        start(&got);
        advance(kernels, &got, 1000);
        check_floats(kernels->name, PARAMETERS, got.w, want.w);
        check_floats(kernels->name, PARAMETERS, got.m, want.m);
        check_floats(kernels->name, PARAMETERS, got.v, want.v);
    }
}

/* What a checkpoint keeps (steps, powers, slots, weights) is enough: the settings come from the recipe. */
static void a_restart_has_the_same_bits(void **state)
{
    (void)state;
    const ls_kernels *kernels = ls_kernels_find(NULL);
    training unbroken;
    start(&unbroken);
    advance(kernels, &unbroken, 700);
    for (int stop = 1; stop < 700; stop += 233) {
        training first, second;
        start(&first);
        advance(kernels, &first, stop);
        memset(&second, 0, sizeof second);
        start_adam(&second.adam, 0.01, 0.9, 0.999, 1e-7);
        second.adam.iterations = first.adam.iterations;
        second.adam.number[0] = first.adam.number[0];
        second.adam.number[1] = first.adam.number[1];
        memcpy(second.w, first.w, sizeof first.w);
        memcpy(second.m, first.m, sizeof first.m);
        memcpy(second.v, first.v, sizeof first.v);
        advance(kernels, &second, 700 - stop);
        check_floats("weights", PARAMETERS, second.w, unbroken.w);
        check_floats("first slots", PARAMETERS, second.m, unbroken.m);
        check_floats("second slots", PARAMETERS, second.v, unbroken.v);
        check_doubles("power of beta 1", 1, &second.adam.number[0], &unbroken.adam.number[0]);
        check_doubles("power of beta 2", 1, &second.adam.number[1], &unbroken.adam.number[1]);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_fresh_start),
        cmocka_unit_test(constants_over_a_thousand_steps),
        cmocka_unit_test(a_thousand_updates),
        cmocka_unit_test(a_restart_has_the_same_bits),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
