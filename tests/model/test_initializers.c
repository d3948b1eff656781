/* Initializers: distributions against their exact ones, fans, bits, words in and out, refusals. */
#include "model_test.h"

#include "base/hash64.h"
#include "model/initializers.h"

#define SEED 2024u

enum { INPUTS = 250, OUTPUTS = 160, COUNT = INPUTS * OUTPUTS };

static ls_initializer read_initializer(const char *text)
{
    ls_initializer initializer;
    if (ls_initializer_parse("--kernel-initializer", text, &initializer) != LS_OK)
        fail_msg("%s: %s", text, ls_error_message());
    return initializer;
}

/* (INPUTS, OUTPUTS) */
static void draw(const char *text, uint32_t seed, float *values)
{
    const ls_initializer initializer = read_initializer(text);
    for (int64_t i = 0; i < INPUTS; i++)
        ls_initializer_fill(
            &initializer,
            &(ls_initializer_place){
                .seed = seed, .layer = 3, .row = i, .count = OUTPUTS, .inputs = INPUTS, .outputs = OUTPUTS},
            values + i * OUTPUTS);
}

/* ---- distributions ---- */

typedef double distribution(double x, double a, double b);

static double uniform(double x, double low, double high)
{
    return fmin(fmax((x - low) / (high - low), 0), 1);
}

static double phi(double x)
{
    return 0.5 * erfc(-x / sqrt(2));
}

static double normal(double x, double mean, double stddev)
{
    return phi((x - mean) / stddev);
}

static double truncated(double x, double mean, double stddev)
{
    return fmin(fmax((phi((x - mean) / stddev) - phi(-2)) / (phi(2) - phi(-2)), 0), 1);
}

static int compare(const void *a, const void *b)
{
    const float x = *(const float *)a, y = *(const float *)b;
    return x < y ? -1 : x > y;
}

/* Mean and deviation within five standard errors; Kolmogorov's distance below what one sample in a thousand exceeds. */
static void check_distribution(const char *text, distribution *exact, double a, double b, double mean, double stddev)
{
    float *values = zeros(COUNT, sizeof *values);
    double sum = 0, squares = 0, distance = 0;
    draw(text, SEED, values);
    for (int i = 0; i < COUNT; i++) {
        sum += (double)values[i];
        squares += ((double)values[i] - mean) * ((double)values[i] - mean);
    }
    qsort(values, COUNT, sizeof *values, compare);
    for (int i = 0; i < COUNT; i++) {
        const double at = exact((double)values[i], a, b);
        distance = fmax(distance, fmax(at - (double)i / COUNT, (double)(i + 1) / COUNT - at));
    }
    const double deviation = sqrt(squares / COUNT), error = stddev / sqrt(COUNT);
    print_message("%-40s mean %+.2f and deviation %+.2f standard errors off, distance %.2f of sqrt(n)\n", text,
                  (sum / COUNT - mean) / error, (deviation - stddev) / error, distance * sqrt(COUNT));
    if (!(fabs(sum / COUNT - mean) < 5 * error) || !(fabs(deviation - stddev) < 5 * error) ||
        !(distance < 1.95 / sqrt(COUNT)))
        fail_msg("%s: mean %g, expected %g; deviation %g, expected %g; distance %g", text, sum / COUNT, mean, deviation,
                 stddev, distance);
    ls_memory_free(values);
}

static void check_uniform(const char *text, double low, double high)
{
    check_distribution(text, uniform, low, high, (low + high) / 2, (high - low) / sqrt(12));
}

#define CUT 0.87962566103423978 /* the deviation of the normal distribution cut at -2 and 2 */

static void distributions_are_the_exact_ones(void **state)
{
    (void)state;
    const double both = 0.5 * (INPUTS + OUTPUTS);
    check_uniform("glorot_uniform", -sqrt(3 / both), sqrt(3 / both));
    check_uniform("he_uniform", -sqrt(6.0 / INPUTS), sqrt(6.0 / INPUTS));
    check_uniform("lecun_uniform", -sqrt(3.0 / INPUTS), sqrt(3.0 / INPUTS));
    check_uniform("random_uniform", -0.05, 0.05);
    check_uniform("random_uniform(2, 5)", 2, 5);
    check_distribution("random_normal", normal, 0, 0.05, 0, 0.05);
    check_distribution("random_normal(mean=-3, stddev=2)", normal, -3, 2, -3, 2);
    check_distribution("truncated_normal", truncated, 0, 0.05, 0, 0.05 * CUT);
    check_distribution("truncated_normal(1, 0.5)", truncated, 1, 0.5, 1, 0.5 * CUT);
    check_distribution("glorot_normal", truncated, 0, sqrt(1 / both) / CUT, 0, sqrt(1 / both));
    check_distribution("he_normal", truncated, 0, sqrt(2.0 / INPUTS) / CUT, 0, sqrt(2.0 / INPUTS));
    check_distribution("lecun_normal", truncated, 0, sqrt(1.0 / INPUTS) / CUT, 0, sqrt(1.0 / INPUTS));
}

static void constants_are_constant(void **state)
{
    (void)state;
    const struct {
        const char *text;
        float value;
    } cases[] = {{"zeros", 0},
                 {"ones", 1},
                 {"constant", 0},
                 {"constant(0.1)", 0.1f},
                 {"constant(value=-2)", -2},
                 {"random_uniform(0.25, 0.25)", 0.25f},
                 {"random_normal(3, 0)", 3}};
    float *values = zeros(COUNT, sizeof *values);
    for (size_t c = 0; c < sizeof cases / sizeof *cases; c++) {
        draw(cases[c].text, SEED, values);
        for (int i = 0; i < COUNT; i++)
            if (values[i] != cases[c].value)
                fail_msg("%s: element %d is %g", cases[c].text, i, (double)values[i]);
    }
    ls_memory_free(values);
}

/* The formula of src/math/README.md, on which the first recipes stand; and a hash of all the others. */
static void bits_are_pinned(void **state)
{
    (void)state;
    static const char *const texts[] = {"random_uniform(-1, 2)", "random_normal", "truncated_normal",
                                        "glorot_normal",         "he_uniform",    "he_normal",
                                        "lecun_uniform",         "lecun_normal"};
    float *values = zeros(COUNT, sizeof *values);
    const float limit = (float)sqrt(6.0 / (INPUTS + OUTPUTS));
    draw("glorot_uniform", SEED, values);
    for (int64_t i = 0; i < COUNT; i++) {
        const uint32_t word = philox_word(SEED, 1, i % OUTPUTS, 3, i / OUTPUTS, 0);
        const float want = ((float)(word >> 8) * 0x1p-23f - 1.0f) * limit;
        if (!same_float(values[i], want))
            fail_msg("glorot_uniform: element %lld is %a, expected %a", (long long)i, (double)values[i], (double)want);
    }
    uint64_t hash = 0;
    for (size_t t = 0; t < sizeof texts / sizeof *texts; t++) {
        draw(texts[t], SEED, values);
        hash = ls_hash64_words(hash, values, COUNT);
    }
    assert_int_equal(hash, 0x164ABFF38CBF1D78);
    ls_memory_free(values);
}

/* In whole networks: each variable by its own fans, the bias drawn behind the kernel's last row, padding 0. */
static void networks_begin_with_them(void **state)
{
    (void)state;
    ls_network *network;
    assert_int_equal(ls_network_create("20 kernel_initializer=he_normal bias_initializer=random_normal(1, 0.5), "
                                       "3 bias_initializer=lecun_uniform",
                                       7, &network),
                     LS_OK);
    float *block = zeros(network->block, sizeof *block), got[7 * 20], want[20];
    ls_network_initialize(network, SEED, block);
    ls_network_unpack(network, 0, block, got);
    const ls_initializer he = read_initializer("he_normal"), random = read_initializer("random_normal(1, 0.5)");
    const ls_initializer lecun = read_initializer("lecun_uniform");
    for (int64_t i = 0; i < 7; i++) {
        ls_initializer_fill(&he, &(ls_initializer_place){SEED, 0, i, 0, 20, 7, 20}, want);
        check_floats("kernel", 20, got + i * 20, want);
    }
    ls_network_unpack(network, 1, block, got);
    ls_initializer_fill(&random, &(ls_initializer_place){SEED, 0, 7, 0, 20, 20, 20}, want);
    check_floats("bias", 20, got, want);
    ls_network_unpack(network, 3, block, got);
    ls_initializer_fill(&lecun, &(ls_initializer_place){SEED, 1, 20, 0, 3, 3, 3}, want);
    check_floats("bias of three units", 3, got, want);
    double squares = 0, padded = 0;
    for (int64_t i = 0; i < network->block; i++)
        squares += (double)block[i] * (double)block[i];
    for (int v = 0; v < network->variables; v++) {
        const ls_tensor t = ls_network_tensor(network, v);
        float *values = zeros(t.rows * t.columns, sizeof *values);
        ls_network_unpack(network, v, block, values);
        for (int64_t i = 0; i < t.rows * t.columns; i++)
            padded += (double)values[i] * (double)values[i];
        ls_memory_free(values);
    }
    assert_true(fabs(squares - padded) < 1e-9 * squares);
    ls_memory_free(block);
    ls_network_destroy(network);
}

/* ---- words ---- */

static void texts_are_read_back(void **state)
{
    (void)state;
    static const char *const cases[][2] = {
        {"zeros", "zeros"},
        {"ones", "ones"},
        {"constant", "constant(0)"},
        {"constant(value=0.1)", "constant(0.1)"},
        {"random_uniform", "random_uniform(minval=-0.05 maxval=0.05)"},
        {"random_uniform(-1, maxval=2)", "random_uniform(minval=-1 maxval=2)"},
        {"random_normal(stddev=0.5)", "random_normal(mean=0 stddev=0.5)"},
        {"truncated_normal( 1 2 )", "truncated_normal(mean=1 stddev=2)"},
        {"glorot_uniform", "glorot_uniform"},
        {"he_normal", "he_normal"},
    };
    for (size_t c = 0; c < sizeof cases / sizeof *cases; c++) {
        const char *text = cases[c][0];
        for (int again = 0; again < 2; again++) {
            const ls_initializer initializer = read_initializer(text);
            ls_text out = {0};
            ls_initializer_format(&initializer, &out);
            assert_string_equal(ls_text_string(&out), cases[c][1]);
            ls_text_free(&out);
            text = cases[c][1];
        }
    }
}

static void refusals_say_what_to_do(void **state)
{
    (void)state;
    static const char *const cases[][2] = {
        {"he_norml", "--kernel-initializer: no initializer is called 'he_norml' (did you mean 'he_normal'?); expected "
                     "glorot_uniform, zeros, ones, constant, random_uniform, random_normal, truncated_normal, "
                     "glorot_normal, he_uniform, he_normal, lecun_uniform or lecun_normal"},
        {"he_normal(2)", "--kernel-initializer: he_normal takes 0 settings, and '2' is one more"},
        {"random_normal(stddev=-1)", "--kernel-initializer: stddev=-1; expected a number from 0 to 1e30"},
        {"random_uniform(1, 0)", "--kernel-initializer: minval=1 is above maxval=0; give the lower one first"},
        {"constant(0.1", "--kernel-initializer: 'constant(0.1' has no ')' at its end; expected something like "
                         "random_normal(stddev=0.05)"},
    };
    for (size_t c = 0; c < sizeof cases / sizeof *cases; c++) {
        ls_initializer initializer;
        assert_int_equal(ls_initializer_parse("--kernel-initializer", cases[c][0], &initializer), LS_ERR_USAGE);
        assert_string_equal(ls_error_message(), cases[c][1]);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(distributions_are_the_exact_ones),
        cmocka_unit_test(constants_are_constant),
        cmocka_unit_test(bits_are_pinned),
        cmocka_unit_test(networks_begin_with_them),
        cmocka_unit_test(texts_are_read_back),
        cmocka_unit_test(refusals_say_what_to_do),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
