/* A guest in its host's process: floating-point mode, locale and signal handlers are left as they were, and what the
 * host set does not change a bit of the results. */
#include "api_data.h"

#include "base/fpenv.h"

#include <locale.h>
#include <omp.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static api_data data;

static void check(ls_status status)
{
    if (status != LS_OK)
        fail_msg("status %d: %s", status, ls_error_message());
}

/* Trains a net wide enough for several threads and gives all of its first kernel. */
static void train(int threads, float *kernel)
{
    ls_options *options;
    check(ls_options_create(&options));
    check(ls_options_set(options, "layers", "64 tanh, 64 sigmoid, 1"));
    check(ls_options_set(options, "epochs", "3"));
    check(ls_options_set(options, "batch_size", "100"));
    ls_context_settings settings;
    ls_context_settings_defaults(&settings);
    settings.threads = threads;
    ls_context *context;
    ls_dataset *dataset;
    ls_model *model;
    ls_trainer *trainer;
    const ls_arrays arrays = api_data_regression(&data);
    check(ls_context_create(&settings, &context));
    check(ls_dataset_from_arrays(context, &arrays, &dataset));
    check(ls_model_create(context, options, dataset, &model));
    check(ls_trainer_create(context, options, model, dataset, NULL, &trainer));
    check(ls_trainer_fit(trainer, NULL, NULL));
    check(ls_model_get(model, 0, kernel));
    ls_trainer_destroy(trainer);
    ls_model_destroy(model);
    ls_dataset_destroy(dataset);
    ls_context_destroy(context);
    ls_options_destroy(options);
}

#if defined(__x86_64__) || defined(__aarch64__)
/* The mode's control bits, and a mode that a host's -ffast-math start-up code may set: round towards zero, denormals
 * flushed (x86: and taken as zero; AArch64: and every NaN made the default one). */
#if defined(__x86_64__)
typedef uint32_t mode_word;
enum { CONTROL = 0xFFC0, STRANGE = 0xE040 };
static mode_word mode_get(void)
{
    return _mm_getcsr();
}
static void mode_set(mode_word mode)
{
    _mm_setcsr(mode);
}
#else
typedef uint64_t mode_word;
enum { CONTROL = 0x3C00000, STRANGE = 0x3C00000 };
static mode_word mode_get(void)
{
    mode_word mode;
    __asm__ volatile("mrs %0, fpcr" : "=r"(mode) : : "memory");
    return mode;
}
static void mode_set(mode_word mode)
{
    __asm__ volatile("msr fpcr, %0" : : "r"(mode) : "memory");
}
#endif

static void test_floating_point_mode(void **state)
{
    (void)state;
    static float plain[FEATURES * 64], strange[FEATURES * 64];
    /* tiny inputs make denormal products, so that a flushed denormal would show */
    for (int r = 0; r < ROWS; r++)
        data.x[r * FEATURES] *= 0x1p-140f;
    train(3, plain);
    const mode_word before = mode_get(), mode = before | STRANGE;
    /* the calling thread's mode, and its team's: libgomp's threads keep their own, clang's runtime hands the caller's
     * on */
    mode_set(mode);
#pragma omp parallel num_threads(3)
    mode_set(mode);
    train(3, strange);
    assert_int_equal(mode_get() & CONTROL, mode & CONTROL);
    int changed = 0;
#pragma omp parallel num_threads(3) reduction(+ : changed)
    {
        changed += (mode_get() & CONTROL) != (mode & CONTROL);
        mode_set(before);
    }
    mode_set(before);
    assert_int_equal(changed, 0);
    assert_memory_equal(plain, strange, sizeof plain);
}
#else
static void test_floating_point_mode(void **state)
{
    (void)state;
    skip();
}
#endif

static void handler(int number)
{
    (void)number;
}

static void test_signals_and_locale(void **state)
{
    (void)state;
    static float kernel[FEATURES * 64];
    const int numbers[] = {SIGINT, SIGTERM, SIGUSR1, SIGUSR2, SIGPIPE, SIGFPE};
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++)
        signal(numbers[i], handler);
    char locale[64];
    strncpy(locale, setlocale(LC_ALL, NULL), sizeof locale - 1);
    train(2, kernel);
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++) {
        assert_true(signal(numbers[i], SIG_DFL) == handler);
    }
    assert_string_equal(setlocale(LC_ALL, NULL), locale);
}

int main(void)
{
    api_data_make(&data);
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_floating_point_mode),
                                       cmocka_unit_test(test_signals_and_locale)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
