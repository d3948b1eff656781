/* Early stopping: settings, decision, observer. */
#include "train/early_stopping.h"

#include "base/memory.h"
#include "context/options.h"
#include "train/trainer.h"
#include "train/trainer_observers.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#define OPTION "early-stopping"
#define EPOCHS 1e12 /* far above any use, and exact */

static const ls_setting settings_table[] = {
    LS_SETTING(ls_early_stopping, monitor, TEXT, 0, 0, NULL),
    LS_SETTING(ls_early_stopping, min_delta, REAL, 0, 1e300, NULL),
    LS_SETTING(ls_early_stopping, patience, INTEGER, 0, EPOCHS, NULL),
    LS_SETTING(ls_early_stopping, mode, TEXT, 0, 0, "auto|min|max"),
    LS_SETTING(ls_early_stopping, baseline, REAL, -1e300, 1e300, NULL),
    LS_SETTING(ls_early_stopping, restore_best_weights, SWITCH, 0, 0, NULL),
    LS_SETTING(ls_early_stopping, start_from_epoch, INTEGER, 0, EPOCHS, NULL),
};
enum { SETTINGS = sizeof settings_table / sizeof *settings_table };

static const ls_setting state_table[] = {
    LS_SETTING(ls_early_stopping_state, best, REAL, -INFINITY, INFINITY, NULL),
    LS_SETTING(ls_early_stopping_state, best_epoch, INTEGER, 0, EPOCHS, NULL),
    LS_SETTING(ls_early_stopping_state, wait, INTEGER, 0, EPOCHS, NULL),
    LS_SETTING(ls_early_stopping_state, stopped_epoch, INTEGER, 0, EPOCHS, NULL),
};

/* ---- settings ---- */

ls_status ls_early_stopping_parse(const ls_options *options, ls_early_stopping *settings, bool *on)
{
    *settings = (ls_early_stopping){.monitor = "val_loss", .mode = "auto", .baseline = NAN};
    return ls_settings_parse_switched("--" OPTION, options->early_stopping, settings_table, SETTINGS, settings, on);
}

ls_status ls_early_stopping_monitor(const ls_early_stopping *settings, const ls_network *network, bool validation,
                                    ls_monitor *monitor)
{
    return ls_monitor_find("--" OPTION, network, validation, settings->monitor, settings->mode, settings->min_delta,
                           monitor);
}

ls_status ls_early_stopping_resolve(ls_options *options, const ls_network *network, bool validation)
{
    ls_early_stopping settings;
    ls_monitor monitor;
    bool on;
    LS_TRY(ls_early_stopping_parse(options, &settings, &on));
    if (!on)
        return ls_options_set(options, OPTION, "");
    LS_TRY(ls_early_stopping_monitor(&settings, network, validation, &monitor));
    memcpy(settings.monitor, monitor.name, sizeof settings.monitor);
    return ls_trainer_observers_set(options, OPTION, settings_table, SETTINGS, &settings);
}

/* ---- decision ---- */

void ls_early_stopping_start(ls_early_stopping_state *state)
{
    *state = (ls_early_stopping_state){.best = NAN};
}

bool ls_early_stopping_take(const ls_early_stopping *settings, const ls_monitor *monitor,
                            ls_early_stopping_state *state, int64_t epoch, double value)
{
    if (epoch <= settings->start_from_epoch)
        return false;
    if (state->best_epoch == 0)
        state->best_epoch = epoch;
    state->wait++;
    if (ls_monitor_better(monitor, value, state->best)) {
        state->best = value;
        state->best_epoch = epoch;
        if (isnan(settings->baseline) || ls_monitor_better(monitor, value, settings->baseline))
            state->wait = 0;
        return false;
    }
    return state->wait >= settings->patience && epoch > 1;
}

/* ---- observer ---- */

typedef struct early_stopping {
    ls_trainer *trainer;
    ls_early_stopping settings;
    ls_monitor monitor;
    ls_early_stopping_state state;
} early_stopping;

static ls_status after_epoch(void *user, ls_epoch *epoch)
{
    early_stopping *e = user;
    double value;
    if (!ls_monitor_value(&e->monitor, epoch, &value) ||
        !ls_early_stopping_take(&e->settings, &e->monitor, &e->state, epoch->epoch, value))
        return LS_OK;
    e->state.stopped_epoch = epoch->epoch;
    e->trainer->ended_by = OPTION;
    epoch->stop = true;
    return LS_OK;
}

/* Behind what others say of the epoch. */
static ls_status say(void *user, const ls_moment *moment)
{
    const early_stopping *e = user;
    if (!moment->step->epoch_is_over || e->state.stopped_epoch != moment->step->epoch)
        return LS_OK;
    if (isnan(e->state.best))
        ls_log_line(&e->trainer->context->log, LS_LOG_WARNING,
                    "early stopping after epoch %lld: %s was not a number (nan) in any epoch watched, which never is "
                    "better",
                    (long long)e->state.stopped_epoch, e->monitor.name);
    else
        ls_log_line(&e->trainer->context->log, LS_LOG_INFO,
                    "early stopping after epoch %lld: %s was best in epoch %lld", (long long)e->state.stopped_epoch,
                    e->monitor.name, (long long)e->state.best_epoch);
    return LS_OK;
}

static void reset(void *user)
{
    ls_early_stopping_start(&((early_stopping *)user)->state);
}

/* With other settings the watch began anew, so the state is that of the newest ones. */
static ls_status check(void *user, const void *data, const ls_saved *saved)
{
    const ls_early_stopping_state *s = data;
    const int64_t epochs = saved->cursor->epoch;
    ls_early_stopping settings;
    bool on;
    (void)user;
    LS_TRY(ls_early_stopping_parse(saved->recipe, &settings, &on));
    const int64_t watched = s->best_epoch > 0 ? epochs - settings.start_from_epoch : 0;
    const int64_t since = isnan(s->best) ? watched : epochs - s->best_epoch;
    if (s->best_epoch > epochs || s->stopped_epoch > epochs || s->wait > watched ||
        (isnan(settings.baseline) && s->wait > since))
        return ls_fail(LS_ERR_OUTPUT, "has best_epoch %lld, wait %lld and stopped_epoch %lld after %lld epochs",
                       (long long)s->best_epoch, (long long)s->wait, (long long)s->stopped_epoch, (long long)epochs);
    if (s->best_epoch > 0 ? s->best_epoch <= settings.start_from_epoch : !isnan(s->best) || s->stopped_epoch > 0)
        return ls_fail(
            LS_ERR_OUTPUT, "has best_epoch %lld with best %g and stopped_epoch %lld, expected one from %lld on",
            (long long)s->best_epoch, s->best, (long long)s->stopped_epoch, (long long)settings.start_from_epoch + 1);
    return LS_OK;
}

static ls_status restored(void *user, bool vectors)
{
    const early_stopping *e = user;
    (void)vectors;
    const ls_cursor *cursor = &e->trainer->cursor; /* a caller may have gone on behind the stop */
    const bool here = e->state.stopped_epoch > 0 && e->state.stopped_epoch == cursor->epoch && cursor->step == 0;
    e->trainer->ended_by = here ? OPTION : NULL;
    return LS_OK;
}

/* With other settings the watch begins anew, also where the old ones had ended it. */
static ls_status changed(void *user, const char *key, const ls_options *before)
{
    early_stopping *e = user;
    (void)before;
    if (strcmp(key, OPTION) != 0)
        return LS_OK;
    reset(e);
    e->trainer->ended_by = NULL;
    return LS_OK;
}

ls_status ls_early_stopping_observe(ls_trainer *trainer, const ls_options *options)
{
    ls_early_stopping settings;
    ls_monitor monitor;
    early_stopping *e;
    bool on;
    LS_TRY(ls_early_stopping_parse(options, &settings, &on));
    if (!on)
        return LS_OK;
    LS_TRY(ls_early_stopping_monitor(&settings, trainer->model->network, trainer->validation != NULL, &monitor));
    LS_TRY(ls_memory_allocate(&e, 1, sizeof *e, "early stopping"));
    *e = (early_stopping){.trainer = trainer, .settings = settings, .monitor = monitor};
    reset(e);
    const ls_observer observer = {.user = e,
                                  .after_epoch = after_epoch,
                                  .at_rest = say,
                                  .destroy = ls_memory_free,
                                  .state = {.name = "early_stopping",
                                            .data = &e->state,
                                            .size = sizeof e->state,
                                            .rows = state_table,
                                            .count = sizeof state_table / sizeof *state_table,
                                            .reset = reset,
                                            .check = check,
                                            .restored = restored,
                                            .changed = changed}};
    ls_observers_add(&trainer->observers, &observer);
    return LS_OK;
}
