/* Reading a schedule: its words, what they must have, and lengths in epochs as steps. */
#include "optim/schedule.h"

#include "base/parse.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#define STEPS_MOST 1e12

/* Lengths that are said in steps or in epochs. */
static const char *const twins[][2] = {
    {"decay_steps", "decay_epochs"},
    {"first_decay_steps", "first_decay_epochs"},
    {"warmup_steps", "warmup_epochs"},
    {"boundaries", "boundaries_epochs"},
};

static const char *twin_of(const char *key)
{
    for (size_t i = 0; i < sizeof twins / sizeof *twins; i++)
        if (strcmp(twins[i][0], key) == 0)
            return twins[i][1];
    return NULL;
}

/* ---- the words ---- */

static const char *name_at(const void *context, size_t i)
{
    (void)context;
    return ls_schedule_at(i)->name;
}

static ls_status find(char *name, const ls_schedule_row **row)
{
    size_t count = 0;
    ls_text names = {0};
    for (char *c = name; *c != '\0'; c++)
        *c = *c == '-' ? '_' : *c;
    for (; (*row = ls_schedule_at(count)) != NULL; count++) {
        if (strcmp((*row)->name, name) == 0)
            break;
        ls_text_printf(&names, "%s%s", count == 0 ? "" : ls_schedule_at(count + 1) ? ", " : " or ", (*row)->name);
    }
    ls_status status = LS_OK;
    if (!*row) {
        const char *near = ls_parse_nearest(name, count, name_at, NULL);
        status = ls_fail(LS_ERR_USAGE, "--schedule: no schedule is called '%s'%s%s%s; expected %s", name,
                         near ? " (did you mean '" : "", near ? near : "", near ? "'?)" : "", ls_text_string(&names));
    }
    ls_text_free(&names);
    return status;
}

static bool is_given(const ls_schedule_row *row, const bool *given, const char *key)
{
    const ls_setting *setting = key ? ls_settings_find(row->settings, row->all, key) : NULL;
    return setting && given[setting - row->settings];
}

static ls_status check_given(const ls_schedule_row *row, const bool *given)
{
    for (size_t i = 0; i < sizeof twins / sizeof *twins; i++)
        if (is_given(row, given, twins[i][0]) && is_given(row, given, twins[i][1]))
            return ls_fail(LS_ERR_USAGE, "--schedule %s: %s and %s say the same in two units; leave one of them out",
                           row->name, twins[i][0], twins[i][1]);
    for (size_t i = 0; i < 2 && row->needed[i]; i++) {
        const char *key = row->needed[i], *twin = twin_of(key);
        if (!is_given(row, given, key) && !is_given(row, given, twin))
            return ls_fail(LS_ERR_USAGE, "--schedule %s needs %s%s%s, as in \"%s\"", row->name, key, twin ? " or " : "",
                           twin ? twin : "", row->example);
    }
    return LS_OK;
}

/* Keras warms up to no target as if no steps were given, and to a target in no steps by beginning there. */
static ls_status check_warmup(const ls_schedule *s, const bool *given)
{
    const bool warms = s->warmup_steps > 0 || s->warmup_epochs > 0;
    const bool target = is_given(s->row, given, "warmup_target");
    if (warms && !target)
        return ls_fail(LS_ERR_USAGE,
                       "--schedule %s: a warm-up needs warmup_target, the rate that it ends with and the decay begins "
                       "with, as in \"%s initial_learning_rate=0 warmup_epochs=1 warmup_target=0.001\"",
                       s->row->name, s->row->example);
    if (!warms && target && s->warmup_target > 0)
        return ls_fail(LS_ERR_USAGE,
                       "--schedule %s: warmup_target needs warmup_steps or warmup_epochs; without a warm-up say "
                       "initial_learning_rate",
                       s->row->name);
    return LS_OK;
}

static ls_status check_ascending(const ls_schedule *s, const char *key, const ls_setting_list *list)
{
    char before[32], here[32];
    for (int64_t i = 1; i < list->count; i++)
        if (list->value[i] <= list->value[i - 1])
            return ls_fail(LS_ERR_USAGE, "--schedule %s: %s must ascend, and %s follows %s", s->row->name, key,
                           ls_format_double(list->value[i], here), ls_format_double(list->value[i - 1], before));
    return LS_OK;
}

static ls_status check_pieces(const ls_schedule *s)
{
    const int64_t count = s->boundaries.count + s->boundaries_epochs.count; /* one of them is empty */
    if (s->values.count != count + (count > 0))
        return ls_fail(LS_ERR_USAGE, "--schedule %s: %lld boundaries part %lld values, not %lld, as in \"%s\"",
                       s->row->name, (long long)count, (long long)count + 1, (long long)s->values.count,
                       s->row->example);
    LS_TRY(check_ascending(s, "boundaries", &s->boundaries));
    return check_ascending(s, "boundaries_epochs", &s->boundaries_epochs);
}

ls_status ls_schedule_parse(const char *text, ls_schedule *schedule)
{
    const ls_schedule_row *row;
    char word[64], what[128];
    bool too_long = false, given[LS_SETTINGS_MAX] = {false};
    *schedule = (ls_schedule){.initial_learning_rate = -1,
                              .decay_epochs = -1,
                              .first_decay_epochs = -1,
                              .warmup_epochs = -1,
                              .t_mul = 2,
                              .m_mul = 1,
                              .end_learning_rate = 0.0001,
                              .power = 1};
    if (!ls_parse_word(&text, "", word, sizeof word, &too_long))
        return LS_OK;
    LS_TRY(find(word, &row));
    snprintf(what, sizeof what, "--schedule %s", row->name);
    LS_TRY(ls_settings_parse(what, text, row->settings, row->all, schedule, given));
    schedule->row = row;
    LS_TRY(check_given(row, given));
    LS_TRY(check_warmup(schedule, given));
    schedule->warmup_epochs = schedule->warmup_epochs > 0 ? schedule->warmup_epochs : -1; /* 0 epochs: no step */
    return check_pieces(schedule);
}

/* ---- what the run says ---- */

ls_status ls_schedule_take_rate(ls_schedule *s, double rate, bool rate_given)
{
    if (!s->row)
        return LS_OK;
    const bool starts = ls_settings_find(s->row->settings, s->row->count, "initial_learning_rate") != NULL;
    if (rate_given && !starts)
        return ls_fail(LS_ERR_USAGE,
                       "--schedule %s has its rates in values; leave the learning rate of the optimizer out",
                       s->row->name);
    if (rate_given && s->initial_learning_rate >= 0)
        return ls_fail(LS_ERR_USAGE,
                       "--schedule %s: initial_learning_rate and the optimizer's learning rate are two spellings of "
                       "one setting; leave one of them out",
                       s->row->name);
    if (starts && s->initial_learning_rate < 0)
        s->initial_learning_rate = rate;
    return LS_OK;
}

static ls_status nearest_step(const ls_schedule *s, double epochs, int64_t steps_per_epoch, double *step)
{
    char number[32];
    *step = floor(epochs * (double)steps_per_epoch + 0.5);
    if (*step <= STEPS_MOST)
        return LS_OK;
    return ls_fail(LS_ERR_USAGE, "--schedule %s: %s epochs of %lld steps; at most 1e12 steps are possible",
                   s->row->name, ls_format_double(epochs, number), (long long)steps_per_epoch);
}

static ls_status take_epochs(const ls_schedule *s, double *epochs, int64_t steps_per_epoch, int64_t *steps)
{
    double nearest;
    if (*epochs < 0)
        return LS_OK;
    LS_TRY(nearest_step(s, *epochs, steps_per_epoch, &nearest));
    *steps = nearest < 1 ? 1 : (int64_t)nearest;
    *epochs = -1;
    return LS_OK;
}

static ls_status take_boundaries(ls_schedule *s, int64_t steps_per_epoch)
{
    const ls_setting_list *epochs = &s->boundaries_epochs;
    char before[32], here[32];
    for (int64_t i = 0; i < epochs->count; i++) {
        double *step = &s->boundaries.value[i];
        LS_TRY(nearest_step(s, epochs->value[i], steps_per_epoch, step));
        if (i > 0 && step[0] <= step[-1])
            return ls_fail(LS_ERR_USAGE,
                           "--schedule %s: boundaries_epochs %s and %s are the same step (of %lld an epoch)",
                           s->row->name, ls_format_double(epochs->value[i - 1], before),
                           ls_format_double(epochs->value[i], here), (long long)steps_per_epoch);
    }
    if (epochs->count > 0)
        s->boundaries.count = epochs->count;
    s->boundaries_epochs = (ls_setting_list){0};
    return LS_OK;
}

ls_status ls_schedule_resolve(ls_schedule *s, int64_t steps_per_epoch)
{
    LS_TRY(take_epochs(s, &s->decay_epochs, steps_per_epoch, &s->decay_steps));
    LS_TRY(take_epochs(s, &s->first_decay_epochs, steps_per_epoch, &s->first_decay_steps));
    LS_TRY(take_epochs(s, &s->warmup_epochs, steps_per_epoch, &s->warmup_steps));
    return take_boundaries(s, steps_per_epoch);
}
