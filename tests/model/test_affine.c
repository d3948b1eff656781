/* Factors of maps: where they begin, and that units of a power of two change no bit of what a network sees or says. */
#include "model_test.h"

static void factors_begin_at_the_bounds(void **state)
{
    (void)state;
    assert_true(ls_affine_factor(1) == 1);
    assert_true(ls_affine_factor(0x1p-40) == 1);
    assert_true(ls_affine_factor(0x1p100) == 1);
    assert_true(ls_affine_factor(0x1.8p-41) == 0x1p21);
    assert_true(ls_affine_factor(0x1.8p100) == 0x1p-50);
    assert_true(ls_affine_factor(0) == 1);
    for (int e = -252; e <= 252; e++)
        for (int half = 0; half <= 1; half++) {
            const double variance = ldexp(half ? 1.75 : 1, e), factor = ls_affine_factor(variance);
            const double scaled = variance * factor * factor;
            if (e >= -40 && (e < 100 || (e == 100 && !half)))
                assert_true(factor == 1);
            else
                assert_true(scaled >= 1 && scaled < 4);
        }
    assert_true(ls_affine_factor(0x1p-298) == 0x1p126); /* both ends are normal numbers, and so are their inverses */
    assert_true(ls_affine_factor(0x1p260) == 0x1p-126);
}

/* Maps (value - mean) / deviation in units 2^k of the first. */
static void set_in_units(ls_affine *map, int64_t count, const float *mean, const float *variance, int k)
{
    float *values = zeros(3 * count, sizeof *values);
    for (int64_t j = 0; j < count; j++) {
        const double there = ldexp((double)variance[j], 2 * k), factor = ls_affine_factor(there);
        values[j] = (float)(ldexp((double)mean[j], k) * factor);
        values[count + j] = (float)(there * factor * factor);
        values[2 * count + j] = (float)factor;
    }
    assert_int_equal(ls_affine_set(map, count, values, values + count), LS_OK);
    assert_int_equal(ls_affine_rescale(map, values + 2 * count), LS_OK);
    ls_memory_free(values);
}

static void units_change_no_bit(void **state)
{
    enum { COUNT = 5 };
    static const float mean[COUNT] = {1.5f, -20, 0, 3e4f, 0.1f}, variance[COUNT] = {0.7f, 50, 3, 1e7f, 1e-5f};
    static const int units[] = {-60, -30, 30, 66};
    (void)state;
    ls_affine plain = {0};
    set_in_units(&plain, COUNT, mean, variance, 0);
    assert_null(plain.factor);
    for (int u = 0; u < 4; u++) {
        ls_affine map = {0};
        set_in_units(&map, COUNT, mean, variance, units[u]);
        for (int64_t j = 0; j < COUNT; j++)
            for (int i = 0; i < 100; i++) {
                const float value = mean[j] + random_float(3) * sqrtf(variance[j]);
                const float there = ldexpf(value, units[u]);
                assert_true(ls_affine_forward(&map, j, there) == ls_affine_forward(&plain, j, value));
                const float output = random_float(2);
                assert_true(ls_affine_inverse(&map, j, output) ==
                            ldexpf(ls_affine_inverse(&plain, j, output), units[u]));
            }
        ls_affine_free(&map);
    }
    ls_affine_free(&plain);
}

/* Whole numbers of 16 bits as halves of 2^-40. */
static void widen_halves(int type, int64_t count, const void *values, float *out)
{
    (void)type;
    for (int64_t i = 0; i < count; i++)
        out[i] = ldexpf(((const int16_t *)values)[i], -41);
}

/* The same network, whose features and targets come in other units; more features than are gathered at a time. */
static void passes_agree(void **state)
{
    enum { FEATURES = 141, ROWS = 37, OUTPUTS = 3 };
    static const network_text text = {.layers = "7 relu, 3", .features = FEATURES};
    (void)state;
    ls_network *plain = make_network(&text), *scaled = make_network(&text);
    float *block = make_weights(plain), *values = zeros(2 * (FEATURES + OUTPUTS), sizeof *values);
    for (int64_t j = 0; j < 2 * (FEATURES + OUTPUTS); j++)
        values[j] = 0.3f + fabsf(random_float(2));
    const float *variance = values + FEATURES, *y_mean = variance + FEATURES, *y_variance = y_mean + OUTPUTS;
    set_in_units(&plain->feature_map, FEATURES, values, variance, 0);
    set_in_units(&plain->target_map, OUTPUTS, y_mean, y_variance, 0);
    set_in_units(&scaled->feature_map, FEATURES, values, variance, -40);
    set_in_units(&scaled->target_map, OUTPUTS, y_mean, y_variance, 60);
    assert_non_null(scaled->feature_map.factor);
    assert_non_null(scaled->target_map.factor);
    float *x = zeros(2 * ROWS * FEATURES, sizeof *x), *there = x + (int64_t)ROWS * FEATURES;
    const float *row[ROWS], *row_there[ROWS];
    static int16_t stored[ROWS * FEATURES]; /* the same again */
    const void *row_stored[ROWS];
    for (int64_t i = 0; i < (int64_t)ROWS * FEATURES; i++) {
        stored[i] = (int16_t)(i * 7919 % 13 - 6);
        x[i] = (float)stored[i] / 2;
        there[i] = ldexpf(x[i], -40);
    }
    for (int64_t r = 0; r < ROWS; r++) {
        row[r] = x + r * FEATURES;
        row_there[r] = there + r * FEATURES;
        row_stored[r] = stored + r * FEATURES;
    }
    EACH_TABLE(kernels)
    {
        float expected[ROWS * OUTPUTS], found[ROWS * OUTPUTS], widened[ROWS * OUTPUTS];
        ls_pass *pass;
        assert_int_equal(ls_pass_create(plain, kernels, 1, ROWS, false, &pass), LS_OK);
        const ls_batch batch = {.rows = ROWS, .x = row}, batch_there = {.rows = ROWS, .x = row_there},
                       batch_stored = {
                           .rows = ROWS, .stored = row_stored, .stored_bytes = sizeof *stored, .widen = widen_halves};
        ls_pass_predict(pass, block, &batch, expected);
        ls_pass_destroy(pass);
        assert_int_equal(ls_pass_create(scaled, kernels, 1, ROWS, false, &pass), LS_OK);
        ls_pass_predict(pass, block, &batch_there, found);
        ls_pass_predict(pass, block, &batch_stored, widened);
        ls_pass_destroy(pass);
        for (int i = 0; i < ROWS * OUTPUTS; i++)
            expected[i] = ldexpf(expected[i], 60);
        check_floats("predictions in other units", ROWS * OUTPUTS, found, expected);
        check_floats("predictions of rows as they are stored", ROWS * OUTPUTS, widened, expected);
    }
    ls_memory_free(x);
    ls_memory_free(values);
    ls_memory_free(block);
    ls_network_destroy(plain);
    ls_network_destroy(scaled);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(factors_begin_at_the_bounds),
        cmocka_unit_test(units_change_no_bit),
        cmocka_unit_test(passes_agree),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
