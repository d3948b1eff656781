/* Schedules: the learning rate as a function of the step, with Keras' names, arguments and defaults. Their formulas, in
 * float64 and with the order of operations, are in src/math/README.md. */
#ifndef LS_OPTIM_SCHEDULE_H
#define LS_OPTIM_SCHEDULE_H

#include "base/settings.h"
#include "base/status.h"
#include "base/text.h"

#include <stddef.h>
#include <stdint.h>

typedef struct ls_schedule ls_schedule;

/* One kind of schedule. */
typedef struct ls_schedule_row {
    const char *name;           /* as users write it: "cosine_decay" */
    const char *class_name;     /* Keras' class: "CosineDecay" */
    const ls_setting *settings; /* (count) Keras' arguments, in its order, lengths in steps; behind them what sets a */
    size_t count, all;          /* length in epochs, (all) together */
    const char *needed[2];      /* settings without a default; NULL: none */
    const char *example;
    double (*rate)(const ls_schedule *schedule, int64_t iterations);
} ls_schedule_row;

/* A schedule and the settings of all kinds, of which a kind uses those that its row names. Lengths in epochs are there
 * until ls_schedule_resolve makes steps of them. */
struct ls_schedule {
    const ls_schedule_row *row;   /* NULL: none, and the rate is somebody else's */
    double initial_learning_rate; /* below 0: not given, the optimizer's */
    int64_t decay_steps, first_decay_steps, warmup_steps;
    ls_setting_list boundaries, values;
    double decay_epochs, first_decay_epochs, warmup_epochs; /* below 0: not given */
    ls_setting_list boundaries_epochs;                      /* empty: not given */
    double alpha, warmup_target;
    double t_mul, m_mul;
    double decay_rate;
    bool staircase;
    double end_learning_rate, power;
    bool cycle;
};

/* The kinds in table order; NULL behind the last. */
const ls_schedule_row *ls_schedule_at(size_t index);

/* Local. Reads "name key=value ..."; an empty text is no schedule. LS_ERR_USAGE, named as option --schedule: no such
 * schedule or setting (with the nearest, and those there are), a value out of bounds, one that is missing or given as
 * steps and as epochs, a warm-up without its target. */
ls_status ls_schedule_parse(const char *text, ls_schedule *schedule);

/* Local. The optimizer's rate becomes the initial one where none is given. `rate_given`: the user has set that rate.
 * LS_ERR_USAGE: it is given in the schedule as well, or the schedule has no use for it. */
ls_status ls_schedule_take_rate(ls_schedule *schedule, double rate, bool rate_given);

/* Local. Epochs become the nearest number of steps, at least one. LS_ERR_USAGE: boundaries that fall on one step; more
 * than 1e12 steps. Once more it changes nothing. */
ls_status ls_schedule_resolve(ls_schedule *schedule, int64_t steps_per_epoch);

/* The rate of the step behind `iterations` steps; of a schedule that has its rate and is resolved. */
double ls_schedule_rate(const ls_schedule *schedule, int64_t iterations);

/* Appends a resolved schedule's text, with every setting in table order: equal schedules are equal bytes, and
 * ls_schedule_parse reads them back. Nothing for no schedule. */
void ls_schedule_format(const ls_schedule *schedule, ls_text *text);

#endif
