/* The training state in attributes of /lockstep, and what they must be for a trainer to go on from there. */
#include "train/saved_state.h"

#include <float.h>
#include <math.h>
#include <string.h>

#define GROUP   "/lockstep"
#define RUNNING "/lockstep/running"
#define COUNTS  "/lockstep/counts" /* there where metrics count */

/* The optimizer's, by their names. */
static ls_status write_numbers(ls_h5_file *file, const ls_optimizer *optimizer)
{
    for (int k = 0; k < LS_OPTIMIZER_NUMBERS && optimizer->row->numbers[k]; k++)
        LS_TRY(ls_h5_set_double(file, GROUP, optimizer->row->numbers[k], optimizer->number[k]));
    return LS_OK;
}

ls_status ls_saved_state_write(ls_h5_file *file, const ls_trainer *trainer, int64_t log_length)
{
    const int64_t width = ls_network_sums(trainer->model->network);
    LS_TRY(ls_h5_set_int64(file, GROUP, "epoch", trainer->cursor.epoch));
    LS_TRY(ls_h5_set_int64(file, GROUP, "step", trainer->cursor.step));
    LS_TRY(ls_h5_set_int64(file, GROUP, "steps", ls_trainer_steps(trainer)));
    LS_TRY(ls_h5_set_int64(file, GROUP, "rows", trainer->cursor.rows));
    LS_TRY(ls_h5_set_int64(file, GROUP, "log_length", log_length));
    LS_TRY(write_numbers(file, &trainer->optimizer));
    LS_TRY(ls_h5_write_double(file, RUNNING, 1, &width, trainer->running));
    if (!trainer->counts)
        return LS_OK;
    return ls_h5_write_int64(file, COUNTS, 1, &trainer->model->network->metrics.cells, trainer->all_counts);
}

/* ---- checks ---- */

static ls_status check_range(const char *path, const char *key, int64_t value, int64_t least, int64_t most)
{
    if (value >= least && value <= most)
        return LS_OK;
    return ls_fail(LS_ERR_OUTPUT, "%s: is damaged: " GROUP " has %s %lld, expected %lld to %lld", path, key,
                   (long long)value, (long long)least, (long long)most);
}

static ls_status check_equal(const char *path, const char *key, int64_t value, int64_t expected,
                             const ls_cursor *cursor)
{
    if (value == expected)
        return LS_OK;
    return ls_fail(LS_ERR_OUTPUT,
                   "%s: is damaged: " GROUP " has %s %lld, expected %lld after %lld epochs and %lld steps", path, key,
                   (long long)value, (long long)expected, (long long)cursor->epoch, (long long)cursor->step);
}

ls_status ls_saved_numbers_check(const ls_optimizer *settings, int64_t iterations, const char *const *names,
                                 const double number[LS_OPTIMIZER_NUMBERS])
{
    ls_optimizer then = *settings;
    double least[LS_OPTIMIZER_NUMBERS], most[LS_OPTIMIZER_NUMBERS];
    then.iterations = iterations;
    ls_optimizer_number_range(&then, least, most);
    for (int k = 0; k < LS_OPTIMIZER_NUMBERS; k++) {
        if (number[k] >= least[k] && number[k] <= most[k]) /* false for nan */
            continue;
        return ls_fail(LS_ERR_OUTPUT, "has %s %.17g, expected %.17g%s after %lld steps of the optimizer", names[k],
                       number[k], most[k], least[k] < most[k] ? " or less" : "", (long long)iterations);
    }
    return LS_OK;
}

static ls_status check_numbers(const char *path, const ls_optimizer *settings, const ls_saved_state *s)
{
    const ls_status status = ls_saved_numbers_check(settings, s->earlier + s->steps, settings->row->numbers, s->number);
    return status == LS_OK ? LS_OK : ls_fail_prefix(status, "%s: is damaged: " GROUP " ", path);
}

/* Rows in the running sums: after an epoch's last step they stay until the next step. */
static int64_t running_rows(const ls_shards *plan, const ls_cursor *cursor)
{
    if (cursor->step == 0)
        return cursor->epoch > 0 ? plan->rows : 0;
    return ls_shards_rows_before(plan, cursor->step);
}

/* The loss's sum was finite at every step. A metric's is of what is never negative, and may be infinite: it is in the
 * targets' units, where predictions can be beyond float while the loss is finite. */
static ls_status check_sums(const char *path, int64_t width, const double *running)
{
    for (int64_t k = 0; k < width; k++) {
        const double most = k == 0 ? DBL_MAX : INFINITY;
        if (!(running[k] >= -DBL_MAX && running[k] <= most)) /* true for nan */
            return ls_fail(LS_ERR_OUTPUT,
                           "%s: is damaged: " RUNNING " has %g as sum %lld of %lld, expected a finite number", path,
                           running[k], (long long)k + 1, (long long)width);
    }
    return LS_OK;
}

/* Each row is counted once for each of its answers. */
static ls_status check_counts(const char *path, const ls_metrics *metrics, int64_t rows, const int64_t *counts)
{
    int64_t sum = 0;
    for (int64_t i = 0; i < metrics->cells; i++) {
        if (counts[i] < 0 || counts[i] > rows)
            return ls_fail(LS_ERR_OUTPUT, "%s: is damaged: " COUNTS " has %lld as count %lld, expected 0 to %lld", path,
                           (long long)counts[i], (long long)i, (long long)rows);
        sum += counts[i];
    }
    if (sum == rows * metrics->row_cells)
        return LS_OK;
    return ls_fail(LS_ERR_OUTPUT, "%s: is damaged: " COUNTS " add up to %lld, expected %lld for %lld rows", path,
                   (long long)sum, (long long)(rows * metrics->row_cells), (long long)rows);
}

static ls_status read_counts(ls_h5_file *file, const ls_metrics *metrics, int64_t rows, int64_t *counts)
{
    ls_h5_dataset there;
    if (metrics->cells == 0)
        return LS_OK;
    LS_TRY(ls_h5_describe(file, COUNTS, &there));
    if (there.rank != 1 || there.shape[0] != metrics->cells)
        return ls_fail(LS_ERR_OUTPUT, "%s: " COUNTS " has %lld counts, expected %lld", ls_h5_path(file),
                       (long long)there.shape[0], (long long)metrics->cells);
    LS_TRY(ls_h5_read_int64(file, COUNTS, 0, metrics->cells, counts));
    return check_counts(ls_h5_path(file), metrics, rows, counts);
}

static ls_status check(const ls_trainer *t, const char *path, int64_t iteration, ls_saved_state *s)
{
    const ls_shards *plan = &t->set.plan;
    const ls_cursor *c = &s->cursor;
    LS_TRY(check_range(path, "epoch", c->epoch, 0, INT64_MAX / plan->steps - 1));
    LS_TRY(check_range(path, "step", c->step, 0, plan->steps - 1));
    LS_TRY(check_equal(path, "steps", s->steps, c->epoch * plan->steps + c->step, c));
    if (t->initialized)
        LS_TRY(check_range(path, "an optimizer with iteration", iteration, s->steps, INT64_MAX));
    else
        LS_TRY(check_equal(path, "an optimizer with iteration", iteration, s->steps, c));
    s->earlier = iteration - s->steps;
    LS_TRY(check_equal(path, "rows", c->rows, running_rows(plan, c), c));
    LS_TRY(check_range(path, "log_length", s->log_length, 0, INT64_MAX));
    return check_numbers(path, &t->optimizer, s);
}

/* ---- reading ---- */

ls_status ls_saved_state_read(ls_h5_file *file, const ls_trainer *trainer, int64_t iteration, ls_saved_state *state,
                              double *running, int64_t *counts)
{
    const int64_t width = ls_network_sums(trainer->model->network);
    ls_h5_dataset sums;
    LS_TRY(ls_h5_attribute_int64(file, GROUP, "epoch", &state->cursor.epoch));
    LS_TRY(ls_h5_attribute_int64(file, GROUP, "step", &state->cursor.step));
    LS_TRY(ls_h5_attribute_int64(file, GROUP, "steps", &state->steps));
    LS_TRY(ls_h5_attribute_int64(file, GROUP, "rows", &state->cursor.rows));
    LS_TRY(ls_h5_attribute_int64(file, GROUP, "log_length", &state->log_length));
    for (int k = 0; k < LS_OPTIMIZER_NUMBERS; k++) {
        const char *name = trainer->optimizer.row->numbers[k];
        state->number[k] = 1;
        if (name)
            LS_TRY(ls_h5_attribute_double(file, GROUP, name, &state->number[k]));
    }
    LS_TRY(check(trainer, ls_h5_path(file), iteration, state));
    LS_TRY(ls_h5_describe(file, RUNNING, &sums));
    if (sums.rank != 1 || sums.shape[0] != width)
        return ls_fail(LS_ERR_OUTPUT, "%s: " RUNNING " has %lld sums, expected %lld", ls_h5_path(file),
                       (long long)sums.shape[0], (long long)width);
    LS_TRY(ls_h5_read_double(file, RUNNING, 0, width, running));
    LS_TRY(check_sums(ls_h5_path(file), width, running));
    return read_counts(file, &trainer->model->network->metrics, state->cursor.rows, counts);
}

void ls_saved_state_take(ls_trainer *trainer, const ls_saved_state *state)
{
    trainer->cursor = state->cursor;
    trainer->optimizer.iterations = state->earlier + state->steps;
    trainer->earlier = state->earlier;
    memcpy(trainer->optimizer.number, state->number, sizeof state->number);
}
