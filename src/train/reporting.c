/* The observer that collects for the report. */
#include "train/reporting.h"

#include "base/memory.h"
#include "comm/agree.h"
#include "context/options.h"
#include "train/harvest.h"
#include "train/lengths.h"
#include "train/trainer_observers.h"

#include <math.h>
#include <stddef.h>
#include <string.h>

/* `values`: lengths of `epochs` epochs, then the part's numbers where there is one. */
typedef struct state {
    int64_t stride;     /* every so many epochs are measured */
    int64_t epochs;     /* that were, and are kept */
    int64_t part_epoch; /* whose validation the part is of; 0: there is none */
    int64_t part_every, part_used;
    int64_t used; /* doubles */
    double values[];
} state;

static const ls_setting state_table[] = {
    LS_SETTING(state, stride, INTEGER, 1, 1e12, NULL),
    LS_SETTING(state, epochs, INTEGER, 0, LS_REPORTING_EPOCHS, NULL),
    LS_SETTING(state, part_epoch, INTEGER, 0, 1e12, NULL),
    LS_SETTING(state, part_every, INTEGER, 0, 1e15, NULL),
    LS_SETTING(state, part_used, INTEGER, 0, 1e15, NULL),
    LS_SETTING(state, used, INTEGER, 0, 1e12, NULL),
};

/* Weights that are looked at before every second epoch goes: seconds, whatever the network. */
#define VISITS ((int64_t)1 << 30)
enum { FEWEST = 16 };

struct ls_reporting {
    ls_trainer *trainer;
    bool early_stopping;
    int64_t most;     /* epochs whose lengths are kept */
    int64_t width;    /* doubles of an epoch's lengths */
    int64_t part;     /* doubles of the part */
    double *measured; /* (width) */
    state *state;
};

static int64_t layers_of(const ls_reporting *r)
{
    return r->trainer->model->network->count;
}

/* ---- lengths ---- */

/* Whether epoch `epoch` (from 1) is measured. */
static bool is_measured(const ls_reporting *r, int64_t epoch)
{
    return epoch % r->state->stride == 0;
}

/* Every second epoch goes, so that those stay that a wider stride measures. */
static void make_room(ls_reporting *r)
{
    state *s = r->state;
    int64_t kept = 0;
    s->stride *= 2;
    for (int64_t e = 0; e < s->epochs; e++)
        if ((int64_t)s->values[e * r->width] % s->stride == 0)
            memmove(s->values + kept++ * r->width, s->values + e * r->width, (size_t)r->width * sizeof *s->values);
    memmove(s->values + kept * r->width, s->values + s->epochs * r->width,
            (size_t)(s->used - s->epochs * r->width) * sizeof *s->values);
    s->used -= (s->epochs - kept) * r->width;
    s->epochs = kept;
}

/* Collective. */
static ls_status measure(ls_reporting *r, int64_t epoch)
{
    const ls_trainer *t = r->trainer;
    const int64_t rows = ls_shards_step_rows(&t->set.plan, t->set.plan.steps - 1), layers = layers_of(r);
    state *s = r->state;
    r->measured[0] = (double)epoch;
    LS_TRY(ls_lengths_find(t, rows, r->measured + 1 + layers));
    ls_lengths_weights(t, r->measured + 1);
    if (s->epochs == r->most)
        make_room(r);
    if (!is_measured(r, epoch))
        return LS_OK;
    double *end = s->values + s->epochs * r->width;
    memmove(end + r->width, end, (size_t)(s->used - s->epochs * r->width) * sizeof *end);
    memcpy(end, r->measured, (size_t)r->width * sizeof *end);
    s->epochs++;
    s->used += r->width;
    return LS_OK;
}

/* ---- rows ---- */

/* Whether no validation comes behind that of this epoch, as far as the epochs alone say. */
static bool is_last(const ls_reporting *r, int64_t epoch)
{
    return epoch + r->trainer->validation_freq > r->trainer->epochs;
}

/* Collective. Looking at the rows takes longer than keeping them: only once it is clear that no other validation comes,
 * or where that may become clear in an epoch without one, whose rows are not there any more after a resume. */
static ls_status look(ls_reporting *r, const ls_epoch *epoch)
{
    state *s = r->state;
    ls_report_part part;
    if (!is_last(r, epoch->epoch) && !epoch->stop && !(r->early_stopping && r->trainer->validation_freq > 1))
        return LS_OK;
    LS_TRY(ls_evaluator_report(r->trainer->validation, "validation", epoch->epoch, &part));
    if (part.values) {
        memcpy(s->values + s->epochs * r->width, part.values, (size_t)r->part * sizeof *s->values);
        s->used = s->epochs * r->width + r->part;
        s->part_epoch = epoch->epoch;
        s->part_every = part.every;
        s->part_used = part.used;
    }
    ls_report_part_free(&part);
    return LS_OK;
}

/* Rows are kept only in validations that may be the last. */
static void expect(const ls_reporting *r, int64_t epoch)
{
    if (r->trainer->validation)
        ls_evaluator_harvests(r->trainer->validation, r->early_stopping || is_last(r, epoch));
}

/* ---- observer ---- */

/* Before each step. */
static uint32_t ask(void *user)
{
    const ls_reporting *r = user;
    const ls_trainer *t = r->trainer;
    const bool last = t->cursor.step + 1 == t->set.plan.steps;
    ls_lengths_want(t->lengths, last && is_measured(r, t->cursor.epoch + 1));
    if (last)
        expect(r, t->cursor.epoch + 1);
    return 0;
}

static ls_status after_epoch(void *user, ls_epoch *epoch)
{
    ls_reporting *r = user;
    if (is_measured(r, epoch->epoch))
        LS_TRY(measure(r, epoch->epoch));
    return epoch->validation.count > 0 ? look(r, epoch) : LS_OK;
}

static void reset(void *user)
{
    const ls_reporting *r = user;
    memset(r->state, 0, sizeof *r->state);
    r->state->stride = 1;
}

/* Epochs ascend in multiples of the stride, lengths are lengths. */
static ls_status check_lengths(const ls_reporting *r, const state *s, int64_t epochs)
{
    double before = 0;
    for (int64_t e = 0; e < s->epochs; e++) {
        const double *row = s->values + e * r->width;
        if (!(row[0] > before && row[0] <= (double)epochs) || fmod(row[0], (double)s->stride) != 0)
            return ls_fail(LS_ERR_OUTPUT, "has an epoch %.17g after %lld epochs", row[0], (long long)epochs);
        before = row[0];
        for (int64_t k = 1; k < r->width; k++)
            if (!(row[k] >= 0))
                return ls_fail(LS_ERR_OUTPUT, "has a length %.17g, expected 0 or more", row[k]);
    }
    return LS_OK;
}

static ls_status check(void *user, const void *data, const ls_saved *saved)
{
    const ls_reporting *r = user;
    const state *s = data;
    const int64_t epochs = saved->cursor->epoch;
    const int64_t expected = s->epochs * r->width + (s->part_epoch > 0 ? r->part : 0);
    if (s->part_epoch > epochs || s->epochs > epochs || s->epochs > r->most)
        return ls_fail(LS_ERR_OUTPUT, "tells of epoch %lld and of %lld epochs, after %lld", (long long)s->part_epoch,
                       (long long)s->epochs, (long long)epochs);
    if (s->used != expected)
        return ls_fail(LS_ERR_OUTPUT, "has %lld numbers, expected %lld", (long long)s->used, (long long)expected);
    return check_lengths(r, s, epochs);
}

static void destroy(void *user)
{
    ls_reporting *r = user;
    ls_lengths_destroy(r->trainer->lengths);
    r->trainer->lengths = NULL;
    r->trainer->reporting = NULL;
    ls_memory_free(r->measured);
    ls_memory_free(r->state);
    ls_memory_free(r);
}

/* Doubles that there is room for. */
static int64_t capacity_of(const ls_reporting *r)
{
    return r->most * r->width + r->part;
}

static ls_status allocate(ls_reporting *r)
{
    ls_trainer *t = r->trainer;
    const size_t bytes = sizeof *r->state + (size_t)capacity_of(r) * sizeof *r->state->values;
    LS_TRY(ls_memory_allocate(&r->state, 1, bytes, "numbers for the report"));
    LS_TRY(ls_memory_allocate(&r->measured, r->width, sizeof *r->measured, "numbers for the report"));
    reset(r);
    return ls_lengths_create(t, &t->lengths);
}

/* Without a state yet, of which the observers' table wants to know where it is. */
static ls_status make(ls_trainer *t, const ls_options *options, ls_reporting *r)
{
    const ls_network *network = t->model->network;
    *r = (ls_reporting){.trainer = t, .early_stopping = options->early_stopping[0] != '\0'};
    r->most = VISITS / (network->trainable > 0 ? network->trainable : 1);
    r->most = r->most < FEWEST ? FEWEST : r->most < LS_REPORTING_EPOCHS ? r->most : LS_REPORTING_EPOCHS;
    r->width = 1 + 2 * (int64_t)network->count;
    if (t->validation && ls_harvest_possible(network))
        r->part = ls_report_part_size(ls_harvest_kind(network), network->outputs, network->count);
    t->reporting = r;
    return allocate(r);
}

ls_status ls_reporting_observe(ls_trainer *trainer, const ls_options *options)
{
    ls_reporting *r;
    if (!trainer->context->reports)
        return LS_OK;
    LS_TRY(ls_memory_allocate(&r, 1, sizeof *r, "numbers for the report"));
    const ls_status status = make(trainer, options, r);
    if (status != LS_OK) {
        destroy(r);
        return status;
    }
    const ls_observer observer = {
        .user = r,
        .ask = ask,
        .after_epoch = after_epoch,
        .destroy = destroy,
        .state = {.name = "report",
                  .data = r->state,
                  .size = sizeof *r->state + (size_t)capacity_of(r) * sizeof *r->state->values,
                  .rows = state_table,
                  .count = sizeof state_table / sizeof *state_table,
                  .series = offsetof(state, values),
                  .series_used = offsetof(state, used),
                  .series_most = capacity_of(r),
                  .reset = reset,
                  .check = check}};
    ls_observers_add(&trainer->observers, &observer);
    return LS_OK;
}

/* ---- what there is ---- */

ls_report_norms ls_reporting_norms(const ls_trainer *trainer)
{
    const ls_reporting *r = trainer->reporting;
    return r ? (ls_report_norms){r->state->epochs, layers_of(r), r->state->values} : (ls_report_norms){.values = NULL};
}

ls_status ls_reporting_part(const ls_trainer *trainer, ls_report_part *part)
{
    const ls_reporting *r = trainer->reporting;
    const ls_network *network = trainer->model->network;
    *part = (ls_report_part){.rows = 0};
    if (!r || r->state->part_epoch == 0)
        return LS_OK;
    LS_TRY(ls_report_part_create("validation", ls_harvest_kind(network), network->outputs, network->count, part));
    memcpy(part->values, r->state->values + r->state->epochs * r->width, (size_t)r->part * sizeof *part->values);
    part->epoch = r->state->part_epoch;
    part->every = r->state->part_every;
    part->used = r->state->part_used;
    part->rows = (int64_t)trainer->validation_fingerprint[0];
    return LS_OK;
}
