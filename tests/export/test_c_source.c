/* Exported C files, compiled by the compilers that are here at several levels, against ls_pass_predict on every kernel
 * table: all bits are the same. */
#include "c_cases.h"

#include <dlfcn.h>

/* ---- compilers ---- */

#ifndef LS_TEST_NATIVE
#define LS_TEST_NATIVE ""
#endif

#define STRICT "-std=c99 -pedantic -Wall -Wextra -Werror -Wmissing-prototypes -Wshadow "

static const struct {
    const char *compiler, *flags;
} builds[] = {
#ifdef LS_TEST_CC
    {LS_TEST_CC, STRICT "-O1"},
#endif
#ifdef LS_TEST_GCC
    {LS_TEST_GCC, STRICT "-O0"},
    {LS_TEST_GCC, STRICT "-O2"},
    {LS_TEST_GCC, STRICT "-O3 " LS_TEST_NATIVE},
    {LS_TEST_GCC,
     "-std=gnu11 -Wall -Wextra -Werror -O3 " LS_TEST_NATIVE}, /* contracts where it is not told otherwise */
#endif
#ifdef LS_TEST_CLANG
    {LS_TEST_CLANG, STRICT "-O0"},
    {LS_TEST_CLANG, STRICT "-O2"},
    {LS_TEST_CLANG, STRICT "-O3 " LS_TEST_NATIVE},
    {LS_TEST_CLANG, "-std=gnu11 -Wall -Wextra -Werror -O3 -ffp-contract=on " LS_TEST_NATIVE},
#endif
    {NULL, NULL}};

static int run(const char *compiler, const char *flags, const char *sources, const char *result)
{
    char command[4096];
    (void)snprintf(command, sizeof command, "'%s' %s -o '%s' %s -lm 2>&1", compiler, flags, result, sources);
    return system(command); /* NOLINT: a test's own compiler */
}

/* ---- cases ---- */

static struct {
    case_text text;
    char name[32];
    ls_network *network;
    float *block;
    double *features;
    float *prepared;
} made[MOST_CASES];

/* Names and labels of case 0, with all that strings in C have a meaning of their own for. */
static const char *const odd_names[] = {"a\"b\\c", "gr\303\266\303\237e", "line\nfeed\t7", "?\?=", ""};
static const int64_t odd_labels[] = {INT64_MIN, -1, INT64_MAX};

static void write_case(int i, FILE *all)
{
    char path[64];
    (void)snprintf(path, sizeof path, "%s.c", made[i].name);
    FILE *out = fopen(in_directory(path), "w");
    assert_non_null(out);
    const ls_exported model = {.network = made[i].network,
                               .block = made[i].block,
                               .maps = !made[i].text.off,
                               .features = i == 0 ? odd_names : NULL,
                               .classes = i == 0 ? odd_names : NULL,
                               .origin = in_directory(path)};
    assert_ok(ls_export_c(&model, out));
    assert_int_equal(fclose(out), 0);
    (void)fprintf(all, "#include \"%s\"\n", path);
}

static void label_case(ls_network *network)
{
    network->class_count = LENGTH(odd_labels);
    network->classes = zeros(LENGTH(odd_labels), sizeof *network->classes);
    memcpy(network->classes, odd_labels, sizeof odd_labels);
}

/* Another file of the program, which has the declarations. */
static void write_user(void)
{
    static const char text[] = "#define CASE_0_DECLARATIONS\n#include \"case_0.c\"\n"
                               "int case_user(void);\n"
                               "int case_user(void)\n{\n"
                               "    float x[CASE_0_FEATURES] = {0}, y[CASE_0_OUTPUTS];\n"
                               "    case_0_predict(x, y);\n    case_0_predict_rows(1, x, y);\n"
                               "    return CASE_0_STACK + (case_0_class_labels[0] < 0 && *case_0_class_names[0]);\n}\n";
    write_bytes(in_directory("user.c"), text, strlen(text));
}

/* All cases in one file, which shows that nothing of one meets the other. */
static int write_cases(void **state)
{
    if (directory_setup(state) != 0)
        return -1;
    FILE *all = fopen(in_directory("all.c"), "w");
    assert_non_null(all);
    assert_true(case_count() <= MOST_CASES);
    for (int i = 0; i < case_count(); i++) {
        made[i].text = case_of(i);
        (void)snprintf(made[i].name, sizeof made[i].name, "case_%d", i);
        made[i].network = case_network(&made[i].text);
        made[i].block = case_block(&made[i].text, made[i].network);
        made[i].features = case_features(&made[i].text, made[i].network);
        made[i].prepared = case_prepared(&made[i].text, made[i].network, made[i].features);
        if (made[i].text.off) { /* so the pass is one of a network without them */
            ls_affine_free(&made[i].network->feature_map);
            ls_affine_free(&made[i].network->target_map);
        }
        if (i == 0)
            label_case(made[i].network);
        write_case(i, all);
    }
    write_user();
    return fclose(all);
}

static int free_cases(void **state)
{
    for (int i = 0; i < case_count(); i++) {
        ls_network_destroy(made[i].network);
        ls_memory_free(made[i].block);
        ls_memory_free(made[i].features);
        ls_memory_free(made[i].prepared);
    }
    return directory_teardown(state);
}

/* ---- bits ---- */

static void *find_function(void *library, int i, const char *what)
{
    char name[64];
    (void)snprintf(name, sizeof name, "%s_%s", i < 0 ? "case" : made[i].name, what);
    void *function = dlsym(library, name);
    if (!function)
        fail_msg("%s is not there: %s", name, dlerror());
    return function;
}

static void call_rows(void *function, int i, float *outputs)
{
    const int64_t n = ROWS * made[i].text.features;
    if (made[i].network->offset && !made[i].text.off) {
        void (*predict)(size_t, const double *, float *);
        memcpy(&predict, &function, sizeof predict);
        predict(ROWS, made[i].features, outputs);
        return;
    }
    void (*predict)(size_t, const float *, float *);
    float *x = zeros(n, sizeof *x);
    for (int64_t k = 0; k < n; k++)
        x[k] = (float)made[i].features[k];
    memcpy(&predict, &function, sizeof predict);
    predict(ROWS, x, outputs);
    ls_memory_free(x);
}

/* Infinities and NaN are not all that is compared. */
static void check_finite(const char *text, int i, int64_t n, const float *outputs)
{
    int64_t finite = 0;
    for (int64_t k = 0; k < n; k++)
        finite += isfinite(outputs[k]) ? 1 : 0;
    if (!made[i].text.wild && finite < n / 3)
        fail_msg("%s: only %lld of %lld outputs are numbers", text, (long long)finite, (long long)n);
}

static void compare_case(void *library, int i, const char *what)
{
    const ls_network *network = made[i].network;
    const int64_t n = ROWS * network->outputs;
    const float *rows[ROWS];
    float *found = zeros(n, sizeof *found), *expected = zeros(n, sizeof *expected);
    call_rows(find_function(library, i, "predict_rows"), i, found);
    for (int64_t r = 0; r < ROWS; r++)
        rows[r] = made[i].prepared + r * network->features;
    const ls_batch batch = {.rows = ROWS, .x = rows};
    EACH_TABLE(kernels)
    {
        ls_pass *pass;
        char text[900];
        (void)snprintf(text, sizeof text, "case %d '%s' by %s, and %s", i, case_of(i).layers, what, kernels->name);
        assert_ok(ls_pass_create(network, kernels, 1, ROWS, LS_PASS_SCORE, &pass));
        ls_pass_predict(pass, made[i].block, &batch, expected);
        ls_pass_destroy(pass);
        check_floats(text, n, found, expected);
        check_finite(text, i, n, expected);
    }
    ls_memory_free(found);
    ls_memory_free(expected);
}

static void compare_names(void *library)
{
    const char *const *features = find_function(library, 0, "feature_names");
    const char *const *classes = find_function(library, 0, "class_names");
    void *function = find_function(library, -1, "user");
    int (*user)(void);
    memcpy(&user, &function, sizeof user);
    for (int k = 0; k < ITEMS(odd_names); k++)
        assert_string_equal(features[k], odd_names[k]);
    for (int k = 0; k < 3; k++)
        assert_string_equal(classes[k], odd_names[k]);
    assert_memory_equal(find_function(library, 0, "class_labels"), odd_labels, sizeof odd_labels);
    assert_int_equal(user(), 1);
}

static void test_bits(void **state)
{
    (void)state;
    if (!builds[0].compiler)
        skip();
    for (int b = 0; builds[b].compiler; b++) {
        char what[400], result[32], flags[450], sources[1400];
        (void)snprintf(what, sizeof what, "%s %s", builds[b].compiler, builds[b].flags);
        (void)snprintf(result, sizeof result, "all%d.so", b);
        (void)snprintf(flags, sizeof flags, "%s -shared -fPIC", builds[b].flags);
        (void)snprintf(sources, sizeof sources, "'%s' '%s'", in_directory("all.c"), in_directory("user.c"));
        if (run(builds[b].compiler, flags, sources, in_directory(result)) != 0)
            fail_msg("%s: does not compile", what);
        void *library = dlopen(in_directory(result), RTLD_NOW | RTLD_LOCAL);
        if (!library)
            fail_msg("%s: %s", what, dlerror());
        for (int i = 0; i < case_count(); i++)
            compare_case(library, i, what);
        compare_names(library);
        assert_int_equal(dlclose(library), 0);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_bits),
    };
    return cmocka_run_group_tests(tests, write_cases, free_cases);
}
