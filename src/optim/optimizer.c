/* What all optimizers have in common: settings, steps, slots. */
#include "optim/optimizer.h"

#include <string.h>
#include <strings.h>

#define SETTING(key, type) LS_SETTING(ls_optimizer_settings, key, type, -1e300, 1e300, NULL)

/* The bounds are those of the options of these names. */
const ls_setting ls_optimizer_setting_table[] = {
    SETTING(learning_rate, REAL),
    SETTING(beta_1, REAL),
    SETTING(beta_2, REAL),
    SETTING(epsilon, REAL),
    SETTING(rho, REAL),
    SETTING(momentum, REAL),
    SETTING(initial_accumulator_value, REAL),
    SETTING(nesterov, SWITCH),
    SETTING(centered, SWITCH),
    SETTING(amsgrad, SWITCH),
    SETTING(weight_decay, REAL),
    SETTING(clipnorm, REAL),
    SETTING(global_clipnorm, REAL),
    SETTING(clipvalue, REAL),
    SETTING(ema_momentum, REAL),
    SETTING(use_ema, SWITCH),
    SETTING(gradient_accumulation_steps, INTEGER),
};
const size_t ls_optimizer_setting_count = sizeof ls_optimizer_setting_table / sizeof *ls_optimizer_setting_table;

/* What Keras' base class takes beside the rate; an own setting of the same name has another default. */
static const ls_optimizer_default base_settings[] = {
    {"weight_decay", 0},
    {"clipnorm", 0},
    {"global_clipnorm", 0},
    {"clipvalue", 0},
    {"use_ema", 0},
    {"ema_momentum", 0.99},
    {"gradient_accumulation_steps", 0},
};

/* ---- rows ---- */

const ls_optimizer_row *ls_optimizer_find(const char *name)
{
    const ls_optimizer_row *row;
    for (size_t i = 0; (row = ls_optimizer_at(i)); i++)
        if (strcasecmp(row->name, name) == 0)
            return row;
    return NULL;
}

bool ls_optimizer_has(const ls_optimizer_row *row, const char *key, double *initial)
{
    const ls_optimizer_default *found = NULL;
    for (const ls_optimizer_default *s = row->settings; s->key && !found; s++)
        found = strcmp(s->key, key) == 0 ? s : NULL;
    for (size_t i = 0; i < sizeof base_settings / sizeof *base_settings && !found; i++)
        found = strcmp(base_settings[i].key, key) == 0 ? &base_settings[i] : NULL;
    *initial = found ? found->value : 0;
    return found != NULL;
}

/* ---- steps ---- */

/* Updates that are counted one by one where numbers are only to be checked: a fraction of a second. */
#define COUNTED ((int64_t)1 << 24)

void ls_optimizer_start(const ls_optimizer_row *row, const ls_optimizer_settings *settings, ls_optimizer *optimizer)
{
    *optimizer = (ls_optimizer){.row = row, .settings = *settings};
    for (int k = 0; k < LS_OPTIMIZER_NUMBERS; k++)
        optimizer->number[k] = 1;
}

/* Steps of an update. */
static int64_t each(const ls_optimizer *optimizer)
{
    return optimizer->settings.gradient_accumulation_steps > 1 ? optimizer->settings.gradient_accumulation_steps : 1;
}

int64_t ls_optimizer_updates(const ls_optimizer *optimizer)
{
    const int64_t k = each(optimizer);
    return k == 1 ? optimizer->iterations : optimizer->iterations / k;
}

bool ls_optimizer_due(const ls_optimizer *optimizer)
{
    const int64_t k = each(optimizer);
    return k == 1 || (optimizer->iterations + 1) % k == 0;
}

static void advance(ls_optimizer *optimizer, double rate, ls_update_step *step)
{
    optimizer->row->next(&optimizer->settings, ls_optimizer_updates(optimizer), rate, optimizer->number, step);
}

ls_update_step ls_optimizer_next(ls_optimizer *optimizer, double rate, int64_t rows)
{
    const ls_optimizer_settings *s = &optimizer->settings;
    ls_update_step step = {
        .rows = (float)rows,
        .rate = (float)rate,
        .epsilon = (float)s->epsilon,
        .momentum = (float)s->momentum,
        .nesterov = s->nesterov,
        .centered = s->centered,
        .amsgrad = s->amsgrad,
    };
    if (ls_optimizer_due(optimizer))
        advance(optimizer, rate, &step);
    optimizer->iterations++;
    return step;
}

/* From 1 on, `updates` of them. The numbers only fall, to a limit: once an update leaves them as they are, all further
 * ones do. */
static void fall(const ls_optimizer *optimizer, int64_t updates, double number[LS_OPTIMIZER_NUMBERS])
{
    for (int k = 0; k < LS_OPTIMIZER_NUMBERS; k++)
        number[k] = 1;
    bool falling = true;
    for (int64_t done = 0; falling && done < updates; done++) {
        double before[LS_OPTIMIZER_NUMBERS];
        ls_update_step step = {0};
        memcpy(before, number, sizeof before);
        optimizer->row->next(&optimizer->settings, done, 0, number, &step);
        falling = memcmp(before, number, sizeof before) != 0;
    }
}

void ls_optimizer_forward(ls_optimizer *optimizer, int64_t iterations)
{
    optimizer->iterations = iterations;
    fall(optimizer, ls_optimizer_updates(optimizer), optimizer->number);
}

void ls_optimizer_number_range(const ls_optimizer *optimizer, double least[LS_OPTIMIZER_NUMBERS],
                               double most[LS_OPTIMIZER_NUMBERS])
{
    const int64_t updates = ls_optimizer_updates(optimizer);
    fall(optimizer, updates < COUNTED ? updates : COUNTED, most);
    for (int k = 0; k < LS_OPTIMIZER_NUMBERS; k++)
        least[k] = updates <= COUNTED ? most[k] : 0;
}

/* ---- slots ---- */

int ls_optimizer_average_slot(const ls_optimizer *optimizer)
{
    return optimizer->settings.use_ema ? 0 : -1;
}

int ls_optimizer_accumulator_slot(const ls_optimizer *optimizer)
{
    return each(optimizer) > 1 ? ls_optimizer_average_slot(optimizer) + 1 : -1;
}

int ls_optimizer_first_slot(const ls_optimizer *optimizer)
{
    return (ls_optimizer_average_slot(optimizer) >= 0) + (ls_optimizer_accumulator_slot(optimizer) >= 0);
}

int ls_optimizer_slots(const ls_optimizer *optimizer, ls_optimizer_slot slot[LS_OPTIMIZER_SLOTS])
{
    const int first = ls_optimizer_first_slot(optimizer);
    if (ls_optimizer_average_slot(optimizer) >= 0)
        slot[ls_optimizer_average_slot(optimizer)] = (ls_optimizer_slot){.name = "average", .apart = true};
    if (ls_optimizer_accumulator_slot(optimizer) >= 0)
        slot[ls_optimizer_accumulator_slot(optimizer)] =
            (ls_optimizer_slot){.name = "gradient_accumulator", .apart = true};
    const int own = optimizer->row->slots(&optimizer->settings, slot + first);
    slot[first].apart = true;
    return first + own;
}

int ls_optimizer_slot_place(const ls_optimizer *optimizer, int variables, int index, int k)
{
    ls_optimizer_slot slot[LS_OPTIMIZER_SLOTS];
    const int count = ls_optimizer_slots(optimizer, slot);
    int first = k, last = k + 1; /* of its group */
    while (first > 0 && !slot[first].apart)
        first--;
    while (last < count && !slot[last].apart)
        last++;
    return first * variables + index * (last - first) + (k - first);
}

bool ls_optimizer_needs_norms(const ls_optimizer *optimizer)
{
    return optimizer->row->trust_ratio || optimizer->settings.clipnorm > 0 || optimizer->settings.global_clipnorm > 0;
}
