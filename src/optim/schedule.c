/* The table of schedules: formulas and settings. What the words say is read in schedule_read.c. */
#include "optim/schedule.h"

#include "math/logarithm.h"
#include "math/real.h"

#include <math.h>

/* ---- formulas ---- */

static double at_most(double x, double most)
{
    return x < most ? x : most;
}

/* From `start` to alpha times it, `fraction` of the way. */
static double cosine(const ls_schedule *s, double start, double factor, double fraction)
{
    const double wave = 0.5 * factor * (1 + ls_real_cos_pi(fraction));
    return start * ((1 - s->alpha) * wave + s->alpha);
}

static double cosine_decay(const ls_schedule *s, int64_t iterations)
{
    const double step = (double)iterations, warmup = (double)s->warmup_steps, decay = (double)s->decay_steps;
    if (s->warmup_steps == 0)
        return cosine(s, s->initial_learning_rate, 1, at_most(step, decay) / decay);
    if (step < warmup)
        return (s->warmup_target - s->initial_learning_rate) * (step / warmup) + s->initial_learning_rate;
    return cosine(s, s->warmup_target, 1, at_most(step - warmup, decay) / decay);
}

/* Period i is t_mul^i times as long as the first, and begins after (1 - t_mul^i) / (1 - t_mul) of its lengths. A step
 * on which a period begins belongs to it, also where rounding puts it short of that. */
static double cosine_decay_restarts(const ls_schedule *s, int64_t iterations)
{
    const double periods = (double)iterations / (double)s->first_decay_steps, t = s->t_mul;
    if (t == 1) {
        const double i = floor(periods);
        return cosine(s, s->initial_learning_rate, ls_real_power(s->m_mul, i), periods - i);
    }
    const double i = floor(ls_logarithm(1 - periods * (1 - t)) / ls_logarithm(t) + 1e-9);
    const double length = ls_real_power(t, i), start = (1 - length) / (1 - t);
    return cosine(s, s->initial_learning_rate, ls_real_power(s->m_mul, i), (periods - start) / length);
}

/* In units of decay_steps; whole ones with staircase. */
static double decays(const ls_schedule *s, int64_t iterations)
{
    const double p = (double)iterations / (double)s->decay_steps;
    return s->staircase ? floor(p) : p;
}

static double exponential_decay(const ls_schedule *s, int64_t iterations)
{
    return s->initial_learning_rate * ls_real_power(s->decay_rate, decays(s, iterations));
}

static double inverse_time_decay(const ls_schedule *s, int64_t iterations)
{
    return s->initial_learning_rate / (1 + s->decay_rate * decays(s, iterations));
}

static double piecewise_constant_decay(const ls_schedule *s, int64_t iterations)
{
    int64_t i = 0;
    while (i < s->boundaries.count && (double)iterations > s->boundaries.value[i])
        i++;
    return s->values.value[i];
}

/* With `cycle` the end moves on to the next multiple of decay_steps whenever it is passed. */
static double polynomial_decay(const ls_schedule *s, int64_t iterations)
{
    const int64_t cycles = s->cycle && iterations > 0 ? (iterations + s->decay_steps - 1) / s->decay_steps : 1;
    const double end = (double)s->decay_steps * (double)cycles;
    const double left = 1 - at_most((double)iterations, end) / end;
    return (s->initial_learning_rate - s->end_learning_rate) * ls_real_power(left, s->power) + s->end_learning_rate;
}

/* ---- the table ---- */

/* Bounds: rates as the option learning-rate's; steps and epochs far above any use, and exact as a double. */
#define RATE_MOST   1000
#define FACTOR_MOST 1000
#define STEPS_MOST  1e12
#define EPOCHS_MOST 1e9

#define RATE(member)   LS_SETTING(ls_schedule, member, REAL, 0, RATE_MOST, NULL)
#define FACTOR(member) LS_SETTING(ls_schedule, member, REAL, 0, FACTOR_MOST, NULL)
#define STEPS(member)  LS_SETTING(ls_schedule, member, INTEGER, 1, STEPS_MOST, NULL)
#define EPOCHS(member) LS_SETTING(ls_schedule, member, REAL, 1e-9, EPOCHS_MOST, NULL)
#define ON_OFF(member) LS_SETTING(ls_schedule, member, SWITCH, 0, 0, NULL)

static const ls_setting cosine_decay_settings[] = {
    RATE(initial_learning_rate),
    STEPS(decay_steps),
    FACTOR(alpha),
    RATE(warmup_target),
    LS_SETTING(ls_schedule, warmup_steps, INTEGER, 0, STEPS_MOST, NULL),
    EPOCHS(decay_epochs),
    LS_SETTING(ls_schedule, warmup_epochs, REAL, 0, EPOCHS_MOST, NULL),
};
static const ls_setting cosine_decay_restarts_settings[] = {
    RATE(initial_learning_rate),
    STEPS(first_decay_steps),
    LS_SETTING(ls_schedule, t_mul, REAL, 1, FACTOR_MOST, NULL),
    FACTOR(m_mul),
    FACTOR(alpha),
    EPOCHS(first_decay_epochs),
};
static const ls_setting geometric_settings[] = {
    RATE(initial_learning_rate), STEPS(decay_steps), FACTOR(decay_rate), ON_OFF(staircase), EPOCHS(decay_epochs),
};
static const ls_setting piecewise_constant_decay_settings[] = {
    LS_SETTING(ls_schedule, boundaries, WHOLES, 0, STEPS_MOST, NULL),
    LS_SETTING(ls_schedule, values, LIST, 0, RATE_MOST, NULL),
    LS_SETTING(ls_schedule, boundaries_epochs, LIST, 0, EPOCHS_MOST, NULL),
};
static const ls_setting polynomial_decay_settings[] = {
    RATE(initial_learning_rate), STEPS(decay_steps), RATE(end_learning_rate), FACTOR(power), ON_OFF(cycle),
    EPOCHS(decay_epochs),
};

/* The last `twins` settings are lengths in epochs. */
#define SETTINGS(table, twins)                                                                                         \
    .settings = table, .count = sizeof(table) / sizeof *(table) - (twins), .all = sizeof(table) / sizeof *(table)

static const ls_schedule_row rows[] = {
    {"cosine_decay", "CosineDecay", SETTINGS(cosine_decay_settings, 2), .needed = {"decay_steps"},
     .example = "cosine_decay decay_epochs=10", .rate = cosine_decay},
    {"cosine_decay_restarts", "CosineDecayRestarts", SETTINGS(cosine_decay_restarts_settings, 1),
     .needed = {"first_decay_steps"}, .example = "cosine_decay_restarts first_decay_epochs=5",
     .rate = cosine_decay_restarts},
    {"exponential_decay", "ExponentialDecay", SETTINGS(geometric_settings, 1), .needed = {"decay_steps", "decay_rate"},
     .example = "exponential_decay decay_epochs=1 decay_rate=0.96", .rate = exponential_decay},
    {"piecewise_constant_decay", "PiecewiseConstantDecay", SETTINGS(piecewise_constant_decay_settings, 1),
     .needed = {"boundaries", "values"},
     .example = "piecewise_constant_decay boundaries_epochs=5,10 values=0.01,0.001,0.0001",
     .rate = piecewise_constant_decay},
    {"polynomial_decay", "PolynomialDecay", SETTINGS(polynomial_decay_settings, 1), .needed = {"decay_steps"},
     .example = "polynomial_decay decay_epochs=10", .rate = polynomial_decay},
    {"inverse_time_decay", "InverseTimeDecay", SETTINGS(geometric_settings, 1), .needed = {"decay_steps", "decay_rate"},
     .example = "inverse_time_decay decay_epochs=1 decay_rate=0.5", .rate = inverse_time_decay},
};

const ls_schedule_row *ls_schedule_at(size_t index)
{
    return index < sizeof rows / sizeof *rows ? &rows[index] : NULL;
}

double ls_schedule_rate(const ls_schedule *schedule, int64_t iterations)
{
    return schedule->row->rate(schedule, iterations);
}

void ls_schedule_format(const ls_schedule *schedule, ls_text *text)
{
    if (!schedule->row)
        return;
    ls_text_append(text, schedule->row->name);
    ls_settings_format(schedule->row->settings, schedule->row->count, schedule, text);
}
