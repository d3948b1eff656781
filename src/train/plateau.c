/* The plateau: settings, decision, observer. */
#include "train/plateau.h"

#include "base/memory.h"
#include "base/parse.h"
#include "base/text.h"
#include "context/options.h"
#include "train/changes.h"
#include "train/trainer.h"
#include "train/trainer_observers.h"

#include <math.h>
#include <string.h>

#define OPTION "reduce-lr-on-plateau"
#define EPOCHS 1e12 /* far above any use, and exact */

static const ls_setting settings_table[] = {
    LS_SETTING(ls_plateau, monitor, TEXT, 0, 0, NULL),
    LS_SETTING(ls_plateau, factor, REAL, 0, 0.999999, NULL),
    LS_SETTING(ls_plateau, patience, INTEGER, 0, EPOCHS, NULL),
    LS_SETTING(ls_plateau, min_delta, REAL, 0, 1e300, NULL),
    LS_SETTING(ls_plateau, mode, TEXT, 0, 0, "auto|min|max"),
    LS_SETTING(ls_plateau, cooldown, INTEGER, 0, EPOCHS, NULL),
    LS_SETTING(ls_plateau, min_lr, REAL, 0, 1000, NULL),
};
enum { SETTINGS = sizeof settings_table / sizeof *settings_table };

static const ls_setting state_table[] = {
    LS_SETTING(ls_plateau_state, best, REAL, -INFINITY, INFINITY, NULL),
    LS_SETTING(ls_plateau_state, wait, INTEGER, 0, EPOCHS, NULL),
    LS_SETTING(ls_plateau_state, cooldown, INTEGER, 0, EPOCHS, NULL),
    LS_SETTING(ls_plateau_state, learning_rate, REAL, 0, 1000, NULL),
};

/* ---- settings ---- */

ls_status ls_plateau_parse(const ls_options *options, ls_plateau *settings, bool *on)
{
    *settings = (ls_plateau){.monitor = "val_loss", .factor = 0.1, .patience = 10, .min_delta = 1e-4, .mode = "auto"};
    return ls_settings_parse_switched("--" OPTION, options->reduce_lr_on_plateau, settings_table, SETTINGS, settings,
                                      on);
}

static ls_status find_monitor(const ls_plateau *settings, const ls_network *network, bool validation,
                              ls_monitor *monitor)
{
    return ls_monitor_find("--" OPTION, network, validation, settings->monitor, settings->mode, settings->min_delta,
                           monitor);
}

ls_status ls_plateau_resolve(ls_options *options, const ls_network *network, bool validation)
{
    ls_plateau settings;
    ls_monitor monitor;
    bool on;
    LS_TRY(ls_plateau_parse(options, &settings, &on));
    if (!on)
        return ls_options_set(options, OPTION, "");
    if (options->schedule[0])
        return ls_fail(LS_ERR_USAGE, "--" OPTION " and --schedule both set the learning rate; leave one of them out");
    LS_TRY(find_monitor(&settings, network, validation, &monitor));
    memcpy(settings.monitor, monitor.name, sizeof settings.monitor);
    return ls_trainer_observers_set(options, OPTION, settings_table, SETTINGS, &settings);
}

/* ---- decision ---- */

void ls_plateau_start(ls_plateau_state *state, double learning_rate)
{
    *state = (ls_plateau_state){.best = NAN, .learning_rate = learning_rate};
}

bool ls_plateau_take(const ls_plateau *settings, const ls_monitor *monitor, ls_plateau_state *state, double value)
{
    if (state->cooldown > 0) {
        state->cooldown--;
        state->wait = 0;
    }
    if (ls_monitor_better(monitor, value, state->best)) {
        state->best = value;
        state->wait = 0;
        return false;
    }
    if (state->cooldown > 0)
        return false;
    state->wait++;
    if (state->wait < settings->patience || state->learning_rate <= settings->min_lr)
        return false;
    const double reduced = state->learning_rate * settings->factor;
    state->learning_rate = reduced > settings->min_lr ? reduced : settings->min_lr;
    state->cooldown = settings->cooldown;
    state->wait = 0;
    return true;
}

/* ---- observer ---- */

typedef struct plateau {
    ls_trainer *trainer;
    ls_plateau settings;
    ls_monitor monitor;
    double first_rate;
    int64_t reduced; /* the newest epoch in which this process has reduced the rate */
    bool odd;        /* what is watched was not a number in it */
    ls_plateau_state state;
} plateau;

static ls_status after_epoch(void *user, ls_epoch *epoch)
{
    plateau *p = user;
    double value;
    if (!ls_monitor_value(&p->monitor, epoch, &value) || !ls_plateau_take(&p->settings, &p->monitor, &p->state, value))
        return LS_OK;
    p->reduced = epoch->epoch;
    p->odd = isnan(value);
    p->trainer->rate = p->state.learning_rate;
    return LS_OK;
}

/* Behind what others say of the epoch. */
static ls_status say(void *user, const ls_moment *moment)
{
    const plateau *p = user;
    char rate[32];
    if (moment->step->epoch_is_over && p->reduced == moment->step->epoch)
        ls_log_line(&p->trainer->context->log, p->odd ? LS_LOG_WARNING : LS_LOG_INFO,
                    "plateau of %s in epoch %lld%s: the learning rate is now %s", p->monitor.name,
                    (long long)p->reduced, p->odd ? ", where it is not a number (nan), which never is better" : "",
                    ls_format_double(p->state.learning_rate, rate));
    return LS_OK;
}

static void reset(void *user)
{
    plateau *p = user;
    ls_plateau_start(&p->state, p->first_rate);
}

/* Whether a rate comes from the first one by that many reductions at most, each as ls_plateau_take makes it. */
static bool comes_from(const ls_plateau *settings, double first, int64_t reductions, double rate)
{
    double reached = first;
    for (int64_t k = 0; k < reductions && reached > rate && reached > settings->min_lr; k++) {
        const double reduced = reached * settings->factor;
        reached = reduced > settings->min_lr ? reduced : settings->min_lr;
    }
    return reached == rate;
}

/* The highest rate that the recipe had. */
static double highest_rate(const ls_saved *saved)
{
    ls_change change;
    double most = saved->recipe->learning_rate, rate;
    bool there = true;
    for (const char *line = saved->changes; line && ls_changes_next(&line, &change, &there) == LS_OK && there;)
        if (strcmp(change.key, "learning-rate") == 0 && ls_parse_double(change.before, &rate) && rate > most)
            most = rate;
    return most;
}

/* Changes lift the rate, and begin the watch anew at the rate there is; so behind them less can be told. */
static ls_status check(void *user, const void *data, const ls_saved *saved)
{
    const ls_plateau_state *s = data;
    const int64_t epochs = saved->cursor->epoch;
    ls_plateau settings;
    bool on;
    (void)user;
    LS_TRY(ls_plateau_parse(saved->recipe, &settings, &on));
    const double most = highest_rate(saved);
    if (s->wait > epochs)
        return ls_fail(LS_ERR_OUTPUT, "has wait %lld after %lld epochs", (long long)s->wait, (long long)epochs);
    if (s->cooldown > settings.cooldown)
        return ls_fail(LS_ERR_OUTPUT, "has cooldown %lld, expected 0 to %lld", (long long)s->cooldown,
                       (long long)settings.cooldown);
    if (s->learning_rate > most)
        return ls_fail(LS_ERR_OUTPUT, "has learning_rate %.17g, expected %.17g or less", s->learning_rate, most);
    if (!saved->changes && !comes_from(&settings, most, epochs, s->learning_rate))
        return ls_fail(LS_ERR_OUTPUT,
                       "has learning_rate %.17g, which is not %.17g reduced by factor %g in %lld epochs at most",
                       s->learning_rate, most, settings.factor, (long long)epochs);
    return LS_OK;
}

static ls_status restored(void *user, bool vectors)
{
    const plateau *p = user;
    (void)vectors;
    p->trainer->rate = p->state.learning_rate;
    return LS_OK;
}

/* A new rate takes the place of the reduced one. With other settings the watch begins anew, at the rate there is. */
static ls_status changed(void *user, const char *key, const ls_options *before)
{
    plateau *p = user;
    (void)before;
    if (strcmp(key, "learning-rate") == 0)
        p->state.learning_rate = p->first_rate;
    else if (strcmp(key, OPTION) == 0)
        ls_plateau_start(&p->state, p->state.learning_rate);
    p->trainer->rate = p->state.learning_rate;
    return LS_OK;
}

ls_status ls_plateau_observe(ls_trainer *trainer, const ls_options *options)
{
    ls_plateau settings;
    ls_monitor monitor;
    plateau *p;
    bool on;
    LS_TRY(ls_plateau_parse(options, &settings, &on));
    if (!on)
        return LS_OK;
    LS_TRY(find_monitor(&settings, trainer->model->network, trainer->validation != NULL, &monitor));
    LS_TRY(ls_memory_allocate(&p, 1, sizeof *p, "plateau"));
    *p = (plateau){.trainer = trainer, .settings = settings, .monitor = monitor, .first_rate = trainer->rate};
    reset(p);
    const ls_observer observer = {.user = p,
                                  .after_epoch = after_epoch,
                                  .at_rest = say,
                                  .destroy = ls_memory_free,
                                  .state = {.name = "plateau",
                                            .data = &p->state,
                                            .size = sizeof p->state,
                                            .rows = state_table,
                                            .count = sizeof state_table / sizeof *state_table,
                                            .reset = reset,
                                            .check = check,
                                            .restored = restored,
                                            .changed = changed}};
    ls_observers_add(&trainer->observers, &observer);
    return LS_OK;
}
