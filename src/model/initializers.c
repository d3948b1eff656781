/* Initializers: their table, and the numbers drawn for a variable's place. */
#include "model/initializers.h"

#include "base/philox.h"
#include "math/real.h"
#include "model/named.h"

#include <math.h>

#define MOST 1e30

/* ---- distributions: a value of parameters and a random word, rounded once unless said ---- */

static float constant(double value, double unused, uint32_t word)
{
    (void)unused;
    (void)word;
    return (float)value;
}

/* [low, high); rounding may give high. */
static float uniform(double low, double high, uint32_t word)
{
    return (float)fma(high - low, (double)ls_philox_uniform(word), low);
}

/* [-limit, limit), in float32: (2 u - 1) limit. */
static float symmetric(double unused, double limit, uint32_t word)
{
    (void)unused;
    return ((float)(word >> 8) * 0x1p-23f - 1.0f) * (float)limit;
}

/* (0, 1) */
static double fraction(uint32_t word)
{
    return ((double)word + 0.5) * 0x1p-32;
}

static float normal(double mean, double stddev, uint32_t word)
{
    return (float)fma(stddev, ls_real_normal_quantile(fraction(word)), mean);
}

/* Between the normal distribution's values at -2 and 2. */
static float truncated(double mean, double stddev, uint32_t word)
{
    const double tail = 0x1.74bcf82c9d86p-6, middle = 0x1.e8b4307d3627ap-1;
    return (float)fma(stddev, ls_real_normal_quantile(fma(middle, fraction(word), tail)), mean);
}

/* ---- the table ---- */

#define FIRST(key)                                                                                                     \
    {                                                                                                                  \
        key, LS_SETTING_REAL, offsetof(ls_initializer, first), -MOST, MOST, NULL                                       \
    }
#define SECOND(key, least)                                                                                             \
    {                                                                                                                  \
        key, LS_SETTING_REAL, offsetof(ls_initializer, second), least, MOST, NULL                                      \
    }

static const ls_setting value[] = {FIRST("value")};
static const ls_setting bounds[] = {FIRST("minval"), SECOND("maxval", -MOST)};
static const ls_setting moments[] = {FIRST("mean"), SECOND("stddev", 0)};

/* By fans, as Keras' VarianceScaling: the second parameter is sqrt(variance / fan) / divisor. The fan is the inputs, or
 * their mean with the outputs. */
typedef enum fan { NO_FAN, INPUTS, BOTH } fan;

struct ls_initializer_row {
    ls_named named;
    double first, second; /* Keras' defaults */
    float (*draw)(double first, double second, uint32_t word);
    fan fan;
    double variance, divisor;
};

/* Within its limit, a uniform distribution has a third of the limit's square as variance; cut at two deviations, a
 * normal one is left with this deviation. */
#define CUT_NORMAL 0.87962566103423978

static const struct ls_initializer_row rows[] = {
    {{"glorot_uniform", "GlorotUniform", NULL, 0}, 0, 0, symmetric, BOTH, 3, 1},
    {{"zeros", "Zeros", NULL, 0}, 0, 0, constant, NO_FAN, 0, 0},
    {{"ones", "Ones", NULL, 0}, 1, 0, constant, NO_FAN, 0, 0},
    {{"constant", "Constant", value, 1}, 0, 0, constant, NO_FAN, 0, 0},
    {{"random_uniform", "RandomUniform", bounds, 2}, -0.05, 0.05, uniform, NO_FAN, 0, 0},
    {{"random_normal", "RandomNormal", moments, 2}, 0, 0.05, normal, NO_FAN, 0, 0},
    {{"truncated_normal", "TruncatedNormal", moments, 2}, 0, 0.05, truncated, NO_FAN, 0, 0},
    {{"glorot_normal", "GlorotNormal", NULL, 0}, 0, 0, truncated, BOTH, 1, CUT_NORMAL},
    {{"he_uniform", "HeUniform", NULL, 0}, 0, 0, symmetric, INPUTS, 6, 1},
    {{"he_normal", "HeNormal", NULL, 0}, 0, 0, truncated, INPUTS, 2, CUT_NORMAL},
    {{"lecun_uniform", "LecunUniform", NULL, 0}, 0, 0, symmetric, INPUTS, 3, 1},
    {{"lecun_normal", "LecunNormal", NULL, 0}, 0, 0, truncated, INPUTS, 1, CUT_NORMAL},
};
enum { ROWS = sizeof rows / sizeof *rows };

const ls_initializer ls_initializer_glorot_uniform = {&rows[0], 0, 0};
const ls_initializer ls_initializer_zeros = {&rows[1], 0, 0};
const ls_initializer ls_initializer_ones = {&rows[2], 1, 0};

static const ls_named *named_at(size_t i)
{
    return &rows[i].named;
}

/* ---- words ---- */

ls_status ls_initializer_parse(const char *what, const char *text, ls_initializer *initializer)
{
    static const ls_named_table all = {"initializer", "random_normal(stddev=0.05)", false, named_at, ROWS};
    ls_text settings = {0};
    size_t i;
    *initializer = (ls_initializer){0};
    ls_status status = ls_named_find(what, &all, text, &i, &settings);
    if (status == LS_OK) {
        const ls_named *named = &rows[i].named;
        *initializer = (ls_initializer){&rows[i], rows[i].first, rows[i].second};
        status = ls_settings_parse(what, ls_text_string(&settings), named->settings, named->count, initializer, NULL);
    }
    if (status == LS_OK && rows[i].draw == uniform && initializer->first > initializer->second)
        status = ls_fail(LS_ERR_USAGE, "%s: minval=%g is above maxval=%g; give the lower one first", what,
                         initializer->first, initializer->second);
    ls_text_free(&settings);
    return status;
}

void ls_initializer_format(const ls_initializer *initializer, ls_text *text)
{
    ls_named_format(&initializer->row->named, initializer, text);
}

void ls_initializer_config(const ls_initializer *initializer, const char *key, ls_json *json)
{
    if (!initializer->row)
        return;
    const ls_named *named = &initializer->row->named;
    ls_named_config_begin(named, key, json);
    for (size_t i = 0; i < named->count; i++)
        ls_json_put_real(json, named->settings[i].key,
                         *(const double *)((const char *)initializer + named->settings[i].offset));
    ls_named_config_end(json);
}

/* ---- values ---- */

void ls_initializer_fill(const ls_initializer *initializer, const ls_initializer_place *at, float *values)
{
    const struct ls_initializer_row *row = initializer->row;
    double second = initializer->second;
    uint32_t words[4] = {0};
    if (row->fan != NO_FAN) {
        const double inputs = (double)at->inputs, outputs = (double)at->outputs;
        second = sqrt(row->variance / (row->fan == INPUTS ? inputs : 0.5 * (inputs + outputs))) / row->divisor;
    }
    for (int64_t o = 0; o < at->count; o++) {
        const uint32_t unit = (uint32_t)(at->unit + o);
        if (row->draw != constant && (o == 0 || unit % 4 == 0))
            ls_philox_unit(at->seed, LS_PURPOSE_INITIALIZER, unit, at->layer, at->row, 0, words);
        values[o] = row->draw(initializer->first, second, words[unit % 4]);
    }
}
