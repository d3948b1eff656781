/* Advice on targets under a linear layer: what is said of which values, in the same words on any ranks, and where
 * nothing is. */
#include "mpi_test.h"

#include "base/memory.h"
#include "data/dataset.h"

#include <lockstep_mpi.h>

#include <math.h>
#include <stdlib.h>

enum { ROWS = 2500 /* blocks of 1,024 for three ranks */, COLUMNS_MOST = 3 };

static float x[ROWS], y[ROWS * COLUMNS_MOST];
static int32_t labels[ROWS];

/* ---- what is said ---- */

static char said[4096]; /* warnings that speak of targets, on rank 0 */

static void hear(void *user, ls_log_level level, const char *line)
{
    (void)user;
    if (level == LS_LOG_WARNING && (strstr(line, "array y") || strstr(line, "the targets")))
        snprintf(said + strlen(said), sizeof said - strlen(said), "%s\n", line);
}

static ls_context *open_context(void)
{
    ls_context_settings settings;
    ls_context *context = NULL;
    ls_context_settings_defaults(&settings);
    settings.threads = 1;
    settings.log = hear;
    CHECK_OK(ls_context_create_mpi(MPI_COMM_WORLD, &settings, &context));
    return context;
}

typedef struct recipe {
    const char *layers, *loss, *normalize_targets;
} recipe;

/* Makes a model of such targets; `said` has what came of it. */
static ls_status make(ls_context *context, const recipe *r, const ls_arrays *arrays, const char *encoding)
{
    ls_options *options = NULL;
    ls_dataset *dataset = NULL;
    ls_model *model = NULL;
    said[0] = '\0';
    CHECK_OK(ls_options_create(&options));
    CHECK_OK(ls_options_set(options, "layers", r->layers));
    CHECK_OK(ls_options_set(options, "loss", r->loss));
    CHECK_OK(ls_options_set(options, "normalize-targets", r->normalize_targets));
    CHECK_OK(ls_dataset_from_arrays(context, arrays, &dataset));
    if (encoding) {
        CHECK_OK(ls_memory_allocate(&dataset->encoding, (int64_t)strlen(encoding) + 1, 1, "names"));
        strcpy(dataset->encoding, encoding);
    }
    const ls_status status = ls_model_create(context, options, dataset, &model);
    ls_model_destroy(model);
    ls_dataset_destroy(dataset);
    ls_options_destroy(options);
    return status;
}

/* ---- targets ---- */

/* Of [0, 1), without a pattern. */
static double noise(int i)
{
    uint32_t h = (uint32_t)i * 2654435761u;
    h = (h ^ h >> 15) * 2246822519u;
    return (h ^ h >> 13) * 0x1p-32;
}

typedef struct example {
    const char *name;
    recipe recipe;
    double (*target)(int i);
    int columns;
    const char *expected; /* NULL: nothing is said */
} example;

static double half(int i)
{
    return noise(i) < 0.5;
}

static double signs(int i)
{
    return noise(i) < 0.5 ? -1 : 1;
}

static double fractions(int i)
{
    return noise(i) < 0.5 ? 0.1 : 0.9;
}

static double grades(int i)
{
    return 3 + floor(noise(i) * 7);
}

static double counts(int i)
{
    return floor(-4 * log2(1 - noise(i)));
}

static double years(int i)
{
    return 1950 + floor(noise(i) * 60);
}

static double plain(int i)
{
    return noise(i) * 30;
}

static double prices(int i)
{
    return 1e5 + noise(i) * 1e5;
}

static double traces(int i)
{
    return noise(i) * 1e-4;
}

static double one_wide_column(int i)
{
    return i % 3 == 1 ? noise(i) * 1e4 : noise(i);
}

static double missing(int i)
{
    return i == 2000 ? NAN : noise(i) * 1e4;
}

static const example examples[] = {
    {"two values", {"1", "", "off"}, half, 1, "has only the values 0, 1, which mean_squared_error learns"},
    {"their cure", {"1", "mae", "off"}, signs, 1, "for two classes end --layers with '1 sigmoid'"},
    {"with a map too", {"1", "", "on"}, signs, 1, "has only the values -1, 1"},
    {"two values in columns", {"3", "", "off"}, half, 3, "'3 softmax', for yes and no in each column with '3 sigmoid'"},
    {"two that are no labels", {"1", "", "off"}, fractions, 1, NULL},
    {"grades", {"1", "", "off"}, grades, 1, "has only 7 values, whole numbers (3, 4, 5, 6, 7, 8, 9), "},
    {"their cure", {"1", "", "off"}, grades, 1, "if they are classes, end --layers with '7 softmax'"},
    {"grades in columns", {"3", "", "off"}, grades, 3, NULL},
    {"counts", {"1", "", "off"}, counts, 1, NULL},
    {"counts under poisson", {"1", "poisson", "off"}, counts, 1, "such as '1 exponential' or '1 softplus'"},
    {"two of them", {"1", "poisson", "off"}, half, 1, "under a linear last layer; poisson takes the logarithm"},
    {"two with their layer", {"1 softplus", "poisson", "off"}, half, 1, NULL},
    {"years", {"1", "", "off"}, years, 1, "has the mean 19"},
    {"values", {"1", "", "off"}, plain, 1, NULL},
    {"prices", {"1", "", "off"}, prices, 1, "has the mean 1"},
    {"their cure", {"1", "", "off"}, prices, 1, "--normalize-targets scales them"},
    {"prices with a map", {"1", "", "on"}, prices, 1, NULL},
    {"traces", {"1", "", "off"}, traces, 1, "the standard deviation 2.8"},
    {"one column of three", {"3", "", "off"}, one_wide_column, 3, " column 1 has the mean "},
    {"a sigmoid", {"1 sigmoid", "", "off"}, half, 1, NULL},
    {"a last layer with bounds", {"1 tanh", "mse", "off"}, half, 1, NULL},
};

static void test_values(ls_context *context)
{
    for (size_t k = 0; k < sizeof examples / sizeof *examples; k++) {
        const example *e = &examples[k];
        for (int i = 0; i < ROWS * e->columns; i++)
            y[i] = (float)e->target(i);
        const ls_arrays arrays = {.rows = ROWS, .features = 1, .x = x, .outputs = e->columns, .y = y};
        CHECK_OK(make(context, &e->recipe, &arrays, NULL));
        if (mpi_test_rank != 0)
            continue;
        printf("%s: %s\n", e->name, said[0] ? said : "nothing");
        if (e->expected)
            CHECK_CONTAINS(said, e->expected);
        else
            CHECK_STRING(said, "");
        CHECK_TRUE(!said[0] || strchr(said, '\n') == said + strlen(said) - 1); /* once */
    }
}

/* One digit in 2,500 rows would tell ranks apart. */
static void test_same_words(ls_context *context)
{
    for (int i = 0; i < ROWS; i++)
        y[i] = (float)prices(i);
    const ls_arrays arrays = {.rows = ROWS, .features = 1, .x = x, .outputs = 1, .y = y};
    CHECK_OK(make(context, &(recipe){"1", "", "off"}, &arrays, NULL));
    if (mpi_test_rank == 0)
        CHECK_CONTAINS(said, "has the mean 149012 and the standard deviation 28920.1, ");
}

static void test_names(ls_context *context)
{
    const char *encoding = "{\"format\":1,\"header\":true,\"columns\":[{\"name\":\"a\",\"role\":\"feature\",\"kind\":"
                           "\"number\"},{\"name\":\"fruit\",\"role\":\"target\",\"kind\":\"classes\",\"categories\":["
                           "\"apple\",\"banana\",\"cherry\"]}]}";
    for (int i = 0; i < ROWS; i++)
        labels[i] = (int32_t)(noise(i) * 3);
    const ls_arrays arrays = {.rows = ROWS, .features = 1, .x = x, .labels = labels};
    CHECK_OK(make(context, &(recipe){"1", "", "off"}, &arrays, encoding));
    if (mpi_test_rank == 0)
        CHECK_CONTAINS(said, "the targets are the 3 classes of 'fruit' (apple, banana, cherry), ");
    CHECK_OK(make(context, &(recipe){"3 softmax", "", "off"}, &arrays, encoding));
    CHECK_STRING(said, "");
}

/* Loading the rows says it better, with all of them. */
static void test_missing(ls_context *context)
{
    for (int i = 0; i < ROWS; i++)
        y[i] = (float)missing(i);
    const ls_arrays arrays = {.rows = ROWS, .features = 1, .x = x, .outputs = 1, .y = y};
    CHECK_OK(make(context, &(recipe){"1", "", "off"}, &arrays, NULL));
    CHECK_STRING(said, "");
}

int main(int argc, char **argv)
{
    mpi_test_start(&argc, &argv);
    for (int i = 0; i < ROWS; i++)
        x[i] = (float)noise(i + ROWS);
    ls_context *context = open_context();
    test_values(context);
    test_same_words(context);
    test_names(context);
    test_missing(context);
    ls_context_destroy(context);
    return mpi_test_finish();
}
