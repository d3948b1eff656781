/* Keeping the best epoch. */
#include "train/best.h"

#include "base/memory.h"
#include "comm/agree.h"
#include "context/options.h"
#include "train/checkpoint.h"
#include "train/early_stopping.h"
#include "train/saved_state.h"
#include "train/slices.h"
#include "train/trainer_observers.h"

#include <math.h>
#include <string.h>

_Static_assert(LS_OPTIMIZER_NUMBERS == 2, "best_state has a member for each");

typedef struct best_state {
    int64_t epoch; /* from 1; 0: none yet */
    double value;
    double learning_rate;
    double number_0, number_1; /* the optimizer's */
} best_state;

static const ls_setting state_table[] = {
    LS_SETTING(best_state, epoch, INTEGER, 0, 1e12, NULL),
    LS_SETTING(best_state, value, REAL, -INFINITY, INFINITY, NULL),
    LS_SETTING(best_state, learning_rate, REAL, -1e300, 1e300, NULL),
    LS_SETTING(best_state, number_0, REAL, 0, 1, NULL),
    LS_SETTING(best_state, number_1, REAL, 0, 1, NULL),
};

struct ls_best {
    ls_trainer *trainer;
    ls_monitor monitor;
    ls_early_stopping settings; /* of which early stopping asks, else the defaults */
    best_state state;
    float *vectors[1 + LS_OPTIMIZER_SLOTS]; /* (slice) weights, then slots */
    float *statistics;                      /* the block's behind what is trainable */
};

/* ---- observer ---- */

static size_t statistics_bytes(const ls_network *network)
{
    return (size_t)ls_network_statistics(network) * sizeof(float);
}

/* The vectors become the trainer's present ones. */
static void copy_vectors(ls_best *b)
{
    const ls_trainer *t = b->trainer;
    const ls_network *network = t->model->network;
    const size_t bytes = (size_t)(t->slice_last - t->slice_first) * sizeof(float);
    for (int k = 0; k < t->parts; k++)
        memcpy(b->vectors[0] + t->part_at[k], t->model->block + t->part[k].first,
               (size_t)(t->part[k].last - t->part[k].first) * sizeof(float));
    memcpy(b->statistics, t->model->block + network->trainable, statistics_bytes(network));
    for (int k = 0; k < t->slot_count; k++)
        memcpy(b->vectors[1 + k], t->slots[k], bytes);
}

/* Until an epoch has a number, the first one watched is the best, as in Keras. */
static ls_status after_epoch(void *user, ls_epoch *epoch)
{
    ls_best *b = user;
    const ls_trainer *t = b->trainer;
    double value;
    if (!ls_monitor_value(&b->monitor, epoch, &value) || epoch->epoch <= b->settings.start_from_epoch)
        return LS_OK;
    if (b->state.epoch > 0 && !ls_monitor_better(&b->monitor, value, b->state.value))
        return LS_OK;
    b->state = (best_state){.epoch = epoch->epoch,
                            .value = isnan(value) ? NAN : value, /* one NaN, so that equal states are equal bytes */
                            .learning_rate = t->rate,
                            .number_0 = t->optimizer.number[0],
                            .number_1 = t->optimizer.number[1]};
    copy_vectors(b);
    return LS_OK;
}

static void reset(void *user)
{
    ls_best *b = user;
    b->state = (best_state){.value = NAN};
}

/* A checkpoint at the end of the best epoch holds it already. */
static bool is_present(const best_state *state, const ls_cursor *cursor)
{
    return state->epoch == cursor->epoch && cursor->step == 0;
}

static bool saves_vectors(void *user)
{
    const ls_best *b = user;
    return b->state.epoch > 0 && !is_present(&b->state, &b->trainer->cursor);
}

/* The optimizer's numbers are those of its steps by the end of that epoch. */
static ls_status check_numbers(const ls_trainer *t, const best_state *s, const ls_saved *saved)
{
    static const char *const names[] = {"number_0", "number_1"};
    const double number[LS_OPTIMIZER_NUMBERS] = {s->number_0, s->number_1};
    return ls_saved_numbers_check(&t->optimizer, saved->earlier + s->epoch * t->set.plan.steps, names, number);
}

static ls_status check(void *user, const void *data, const ls_saved *saved)
{
    const ls_best *b = user;
    const best_state *s = data;
    const ls_cursor *cursor = saved->cursor;
    if (s->epoch > cursor->epoch || (!saved->vectors && s->epoch > 0 && !is_present(s, cursor)))
        return ls_fail(LS_ERR_OUTPUT, "has epoch %lld%s after %lld epochs and %lld steps", (long long)s->epoch,
                       saved->vectors ? "" : " without its weights", (long long)cursor->epoch, (long long)cursor->step);
    if (s->epoch > 0)
        return check_numbers(b->trainer, s, saved);
    return isnan(s->value) ? LS_OK
                           : ls_fail(LS_ERR_OUTPUT, "has value %g, expected nan before the first epoch", s->value);
}

static ls_status restored(void *user, bool vectors)
{
    ls_best *b = user;
    if (b->state.epoch > 0 && !vectors)
        copy_vectors(b);
    if (b->state.epoch == 0 && b->trainer->cursor.epoch > b->settings.start_from_epoch)
        ls_log_line(&b->trainer->context->log, LS_LOG_INFO,
                    "the checkpoint does not tell which epoch was best; the best is looked for from here on");
    return LS_OK;
}

/* What was best by another column is not known to be best by this one. */
static ls_status changed(void *user, const char *key, const ls_options *before)
{
    ls_best *b = user;
    const ls_trainer *t = b->trainer;
    ls_early_stopping settings;
    ls_monitor monitor;
    bool on;
    if (strcmp(key, "early-stopping") != 0)
        return LS_OK;
    LS_TRY(ls_early_stopping_parse(before, &settings, &on));
    if (on || t->validation) {
        LS_TRY(ls_early_stopping_monitor(&settings, t->model->network, t->validation != NULL, &monitor));
        if (strcmp(monitor.name, b->monitor.name) == 0 && monitor.rises == b->monitor.rises)
            return LS_OK;
    }
    reset(b);
    return LS_OK;
}

static void destroy(void *user)
{
    ls_best *b = user;
    for (int k = 0; k < 1 + LS_OPTIMIZER_SLOTS; k++)
        ls_memory_free(b->vectors[k]);
    ls_memory_free(b->statistics);
    b->trainer->best = NULL;
    ls_memory_free(b);
}

ls_status ls_best_observe(ls_trainer *trainer, const ls_options *options)
{
    ls_early_stopping settings;
    ls_monitor monitor;
    ls_best *b;
    bool early_stopping;
    LS_TRY(ls_early_stopping_parse(options, &settings, &early_stopping));
    if (!early_stopping && !trainer->validation)
        return LS_OK;
    LS_TRY(ls_early_stopping_monitor(&settings, trainer->model->network, trainer->validation != NULL, &monitor));
    LS_TRY(ls_memory_allocate(&b, 1, sizeof *b, "best epoch"));
    *b = (ls_best){.trainer = trainer, .monitor = monitor, .settings = settings};
    reset(b);
    trainer->best = b;
    const ls_observer observer = {.user = b,
                                  .after_epoch = after_epoch,
                                  .destroy = destroy,
                                  .state = {.name = "best",
                                            .data = &b->state,
                                            .size = sizeof b->state,
                                            .rows = state_table,
                                            .count = sizeof state_table / sizeof *state_table,
                                            .vectors = b->vectors,
                                            .vector_count = 1 + trainer->slot_count,
                                            .statistics = &b->statistics,
                                            .reset = reset,
                                            .saves_vectors = saves_vectors,
                                            .check = check,
                                            .restored = restored,
                                            .changed = changed}};
    ls_observers_add(&trainer->observers, &observer);
    for (int k = 0; k < 1 + trainer->slot_count; k++)
        LS_TRY(ls_memory_allocate(&b->vectors[k], trainer->slice_last - trainer->slice_first, sizeof(float),
                                  "best epoch"));
    return ls_memory_allocate(&b->statistics, ls_network_statistics(trainer->model->network), sizeof(float),
                              "best epoch");
}

/* ---- what is made of it ---- */

/* In the state, as in Keras, the first epoch watched is the best until one has a number. */
static bool has_number(const ls_best *b)
{
    return b->state.epoch > 0 && !isnan(b->state.value);
}

const char *ls_best_missed(const ls_trainer *trainer)
{
    const ls_best *b = trainer->best;
    return b && b->state.epoch > 0 && !has_number(b) ? b->monitor.name : NULL;
}

bool ls_best_known(const ls_trainer *trainer, ls_best_epoch *best)
{
    const ls_best *b = trainer->best;
    if (!b || !has_number(b))
        return false;
    *best = (ls_best_epoch){.epoch = b->state.epoch,
                            .monitor = b->monitor.name,
                            .value = b->state.value,
                            .restore = b->settings.restore_best_weights};
    return true;
}

ls_snapshot ls_best_snapshot(const ls_trainer *t)
{
    const ls_best *b = t->best;
    ls_snapshot snapshot = {.optimizer = t->optimizer,
                            .rate = b->state.learning_rate,
                            .weights = b->vectors[0],
                            .statistics = b->statistics,
                            .slots = b->vectors + 1};
    snapshot.optimizer.iterations = t->earlier + b->state.epoch * t->set.plan.steps;
    snapshot.optimizer.number[0] = b->state.number_0;
    snapshot.optimizer.number[1] = b->state.number_1;
    return snapshot;
}

ls_status ls_best_write(ls_trainer *t, const char *path)
{
    const ls_snapshot snapshot = ls_best_snapshot(t);
    return ls_checkpoint_write_snapshot(t, path, &snapshot);
}

ls_status ls_best_restore(ls_trainer *t)
{
    ls_comm *comm = t->context->comm;
    const ls_network *network = t->model->network;
    float *block = t->model->block;
    t->model->writer = NULL;
    LS_TRY(ls_agree(comm, LS_OK)); /* nobody reads the last step's any more, which may be the same memory everywhere */
    LS_TRY(ls_slices_gather(t, t->best->vectors[0], ls_comm_rank(comm) == 0 ? block : NULL));
    memcpy(block + network->trainable, t->best->statistics, statistics_bytes(network));
    return ls_comm_broadcast(comm, 0, block, network->block * (int64_t)sizeof *block);
}
