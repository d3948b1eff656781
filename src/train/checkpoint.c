/* Saving and restoring a trainer. Slots that are spread over ranks travel to rank 0 for writing and back for reading.
 */
#include "train/checkpoint.h"

#include "base/fault.h"
#include "base/memory.h"
#include "comm/agree.h"
#include "context/options.h"
#include "data/encoded.h"
#include "store/modelfile.h"
#include "store/sealed.h"
#include "train/objective.h"
#include "train/observer_state.h"
#include "train/saved_state.h"
#include "train/slices.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

/* Rows and hash of the validation part. */
#define VALIDATION "/lockstep/validation"

static ls_status check_finite(const ls_trainer *t)
{
    const int64_t n = t->slice_last - t->slice_first;
    const float *w = t->model->block + t->slice_first;
    for (int64_t i = 0; i < n; i++) {
        if (!isfinite(w[i]) || !isfinite(t->m[i]) || !isfinite(t->v[i])) {
            return ls_fail(LS_ERR_NUMERIC,
                           "weights or optimizer slots are not finite after step %lld; no checkpoint is written",
                           (long long)ls_trainer_steps(t));
        }
    }
    return LS_OK;
}

/* ---- writing ---- */

static ls_status write_state(ls_h5_file *file, const ls_trainer *t, int64_t log_length,
                             const ls_observer_images *images)
{
    const int64_t shards = t->set.plan.shards, two = 2;
    LS_TRY(ls_h5_set_text(file, "/lockstep", "recipe", t->recipe));
    LS_TRY(ls_saved_state_write(file, t, log_length));
    LS_TRY(ls_h5_write_uint64(file, "/lockstep/fingerprint", 1, &shards, t->fingerprint));
    LS_TRY(ls_h5_write_uint64(file, VALIDATION, 1, &two, t->validation_fingerprint));
    return ls_observer_state_write(file, t, images);
}

/* Rank 0's part: everything from the temporary file to its final name. */
static ls_status write_file(const ls_trainer *t, const char *path, bool checkpoint, int64_t log_length, const float *m,
                            const float *v, const ls_observer_images *images)
{
    ls_sealed sealed;
    const ls_modelfile_optimizer optimizer = {&t->adam, m, v};
    LS_TRY(ls_sealed_create(path, &sealed));
    ls_status status = ls_modelfile_write(sealed.file, checkpoint ? "checkpoint" : "model", t->model->network,
                                          t->model->block, &optimizer);
    if (status == LS_OK)
        status = ls_encoded_write(sealed.file, "/lockstep", t->model->encoding);
    if (status == LS_OK && checkpoint)
        status = write_state(sealed.file, t, log_length, images);
    if (status == LS_OK)
        return ls_sealed_commit(&sealed);
    ls_sealed_abandon(&sealed);
    return status;
}

static ls_status write_any(ls_trainer *t, const char *path, bool checkpoint, int64_t log_length)
{
    ls_comm *comm = t->context->comm;
    const bool root = ls_comm_rank(comm) == 0;
    const int64_t n = t->model->network->block;
    float *m = NULL, *v = NULL;
    ls_observer_images images = {0};
    ls_status status = ls_fault("checkpoint");
    if (status == LS_OK)
        status = check_finite(t);
    if (status == LS_OK && root)
        status = ls_memory_allocate(&m, n, sizeof *m, "checkpoint");
    if (status == LS_OK && root)
        status = ls_memory_allocate(&v, n, sizeof *v, "checkpoint");
    LS_TRY_CLEANUP(ls_agree(comm, status));
    LS_TRY_CLEANUP(ls_slices_gather(t, t->m, m));
    LS_TRY_CLEANUP(ls_slices_gather(t, t->v, v));
    if (checkpoint)
        LS_TRY_CLEANUP(ls_observer_state_gather(t, &images));
    status = ls_agree(comm, root ? write_file(t, path, checkpoint, log_length, m, v, &images) : LS_OK);
cleanup:
    ls_observer_state_free(&images);
    ls_memory_free(m);
    ls_memory_free(v);
    return status;
}

ls_status ls_checkpoint_write(ls_trainer *trainer, const char *path, int64_t log_length)
{
    return write_any(trainer, path, true, log_length);
}

ls_status ls_checkpoint_write_model(ls_trainer *trainer, const char *path)
{
    return write_any(trainer, path, false, 0);
}

ls_status ls_trainer_save(ls_trainer *trainer, const char *path)
{
    return ls_checkpoint_write(trainer, path, 0);
}

/* ---- reading ---- */

/* A saved recipe in the words of this version: what an older one did not know is at its default, which does what that
 * version did; names that have changed are the new ones; the optimizer's settings are in lines of their own. */
static ls_status translate_recipe(const char *path, const char *saved, ls_text *recipe)
{
    ls_options *options;
    LS_TRY(ls_options_create(&options));
    ls_status status = ls_options_read_recipe(options, saved);
    if (status == LS_OK)
        status = ls_objective_resolve(options);
    if (status == LS_ERR_USAGE)
        status =
            ls_fail(status, "%s has a recipe that this Lockstep (%s) does not know: %s; use the newer one that made it",
                    path, ls_version(), ls_error_message());
    if (status == LS_OK)
        status = ls_options_recipe(options, recipe);
    ls_options_destroy(options);
    return status;
}

/* The default window follows from rows and shards: when those differ, they are what must be named. */
static bool is_window(const char *line)
{
    static const char key[] = "shuffle-window ";
    return strncmp(line, key, sizeof key - 1) == 0;
}

static const char *next_line(const char *line)
{
    line += strcspn(line, "\n");
    return line + (*line != '\0');
}

/* The first option that differs, as "key = a" and "key = b"; the shuffle window only when `window`. Both recipes have
 * the same keys in the same order. */
static ls_status compare_recipes(const char *path, const char *saved, const char *ours, bool window)
{
    for (; *ours; saved = next_line(saved), ours = next_line(ours)) {
        const size_t a = strcspn(saved, "\n"), b = strcspn(ours, "\n");
        if ((a == b && strncmp(saved, ours, b) == 0) || (!window && is_window(ours)))
            continue;
        return ls_fail(LS_ERR_USAGE,
                       "%s was made with '%.*s', this run has '%.*s'; resume with the same options, or choose "
                       "another --output",
                       path, (int)a, saved, (int)b, ours);
    }
    return LS_OK;
}

static ls_status check_data(ls_h5_file *file, const char *path, const ls_trainer *t)
{
    const int64_t shards = t->set.plan.shards;
    uint64_t *saved = NULL;
    ls_h5_dataset description;
    LS_TRY(ls_modelfile_damaged(ls_h5_describe(file, "/lockstep/fingerprint", &description)));
    if (description.rank != 1 || description.shape[0] != shards)
        return ls_fail(LS_ERR_USAGE, "%s was made with %lld shards, this run has %lld", path,
                       (long long)description.shape[0], (long long)shards);
    LS_TRY(ls_memory_allocate(&saved, shards, sizeof *saved, "fingerprint"));
    ls_status status = ls_modelfile_damaged(ls_h5_read_uint64(file, "/lockstep/fingerprint", 0, shards, saved));
    for (int64_t s = 0; status == LS_OK && s < shards; s++) {
        if (saved[s] != t->fingerprint[s]) {
            const int64_t first = ls_shards_first(&t->set.plan, s);
            status =
                ls_fail(LS_ERR_DATA, "%s was made with other data: shard %lld, training rows %lld to %lld, differs",
                        path, (long long)s, (long long)first, (long long)(first + ls_shards_rows(&t->set.plan, s) - 1));
        }
    }
    ls_memory_free(saved);
    return status;
}

/* Checkpoints of version 0.1 do not tell; then nothing can be compared. */
static ls_status check_validation(ls_h5_file *file, const char *path, const ls_trainer *t)
{
    uint64_t saved[2];
    const uint64_t *ours = t->validation_fingerprint;
    if (!ls_h5_exists(file, VALIDATION))
        return LS_OK;
    LS_TRY(ls_modelfile_damaged(ls_h5_read_uint64(file, VALIDATION, 0, 2, saved)));
    if ((saved[0] == 0) != (ours[0] == 0))
        return ls_fail(LS_ERR_USAGE, "%s was made with%s validation rows, this run has %s; resume with the same ones",
                       path, saved[0] == 0 ? "out" : "", ours[0] == 0 ? "none" : "some");
    if (saved[0] != ours[0])
        return ls_fail(LS_ERR_DATA,
                       "%s was made with %llu validation rows, this run has %llu; resume with the same ones", path,
                       (unsigned long long)saved[0], (unsigned long long)ours[0]);
    if (saved[1] != ours[1])
        return ls_fail(LS_ERR_DATA,
                       "%s was made with other validation rows, or other values in them, than this run has; "
                       "resume with the same ones",
                       path);
    return LS_OK;
}

/* Equal values under other names, or with other categories, are other data. */
static ls_status check_encoding(ls_h5_file *file, const char *path, const ls_trainer *t)
{
    char *saved;
    const char *ours = t->model->encoding;
    LS_TRY(ls_modelfile_damaged(ls_encoded_read(file, "/lockstep", &saved)));
    ls_status status = LS_OK;
    if ((saved == NULL) != (ours == NULL) || (saved != NULL && strcmp(saved, ours) != 0))
        status =
            ls_fail(LS_ERR_DATA, "%s was made with other data: the names or categories of its columns differ", path);
    ls_memory_free(saved);
    return status;
}

/* Rank 0's part: verified contents into the model, m and v (blocks), and the state. A file that is refused leaves the
 * trainer as it was. */
static ls_status read_file(ls_trainer *t, const char *path, float *m, float *v, ls_saved_state *state,
                           ls_observer_images *images, bool *newer)
{
    ls_h5_file *file = NULL;
    ls_network *network = NULL;
    char *recipe = NULL;
    ls_text translated = {0};
    float *block = NULL;
    double *running = NULL;
    int64_t iteration;
    const int64_t width = t->model->network->metrics.width;
    ls_status status;
    LS_TRY(ls_modelfile_damaged(ls_modelfile_open(path, true, &file, newer)));
    if (!ls_h5_has_attribute(file, "/lockstep", "recipe"))
        LS_TRY_CLEANUP(
            ls_fail(LS_ERR_OUTPUT, "%s is a model without training state; a checkpoint is needed to go on", path));
    LS_TRY_CLEANUP(ls_modelfile_damaged(ls_h5_attribute_text(file, "/lockstep", "recipe", &recipe)));
    LS_TRY_CLEANUP(translate_recipe(path, recipe, &translated));
    LS_TRY_CLEANUP(compare_recipes(path, ls_text_string(&translated), t->recipe, false));
    LS_TRY_CLEANUP(check_data(file, path, t));
    LS_TRY_CLEANUP(check_validation(file, path, t));
    LS_TRY_CLEANUP(check_encoding(file, path, t));
    LS_TRY_CLEANUP(compare_recipes(path, ls_text_string(&translated), t->recipe, true));
    LS_TRY_CLEANUP(ls_modelfile_damaged(ls_modelfile_read(file, &network, &block)));
    if (network->block != t->model->network->block)
        LS_TRY_CLEANUP(ls_fail(LS_ERR_USAGE, "%s holds %lld parameters, the model has %lld", path,
                               (long long)network->parameters, (long long)t->model->network->parameters));
    LS_TRY_CLEANUP(ls_modelfile_damaged(ls_modelfile_read_optimizer(file, t->model->network, m, v, &iteration)));
    LS_TRY_CLEANUP(ls_memory_allocate(&running, width, sizeof *running, "scores"));
    LS_TRY_CLEANUP(ls_modelfile_damaged(ls_saved_state_read(file, t, iteration, state, running)));
    LS_TRY_CLEANUP(ls_modelfile_damaged(ls_observer_state_read(file, t, &state->cursor, images)));
    memcpy(t->model->block, block, (size_t)network->block * sizeof *block);
    memcpy(t->running, running, (size_t)width * sizeof *running);
cleanup:
    ls_h5_close(file);
    ls_network_destroy(network);
    ls_memory_free(recipe);
    ls_text_free(&translated);
    ls_memory_free(block);
    ls_memory_free(running);
    return status;
}

/* Collective. The state of rank 0 to all; m and v are whole blocks, filled on rank 0. */
static ls_status spread_state(ls_trainer *t, float *m, float *v, ls_saved_state *state)
{
    ls_comm *comm = t->context->comm;
    const int64_t bytes = t->model->network->block * (int64_t)sizeof(float);
    const size_t slice = (size_t)(t->slice_last - t->slice_first) * sizeof(float);
    LS_TRY(ls_comm_broadcast(comm, 0, state, sizeof *state));
    LS_TRY(ls_comm_broadcast(comm, 0, t->running, t->model->network->metrics.width * (int64_t)sizeof(double)));
    LS_TRY(ls_comm_broadcast(comm, 0, t->model->block, bytes));
    LS_TRY(ls_comm_broadcast(comm, 0, m, bytes));
    LS_TRY(ls_comm_broadcast(comm, 0, v, bytes));
    memcpy(t->m, m + t->slice_first, slice);
    memcpy(t->v, v + t->slice_first, slice);
    t->cursor = state->cursor;
    t->adam.steps = state->steps;
    t->adam.beta_1_power = state->beta_1_power;
    t->adam.beta_2_power = state->beta_2_power;
    return LS_OK;
}

ls_status ls_checkpoint_read(ls_trainer *trainer, const char *path, int64_t *log_length, bool *newer)
{
    ls_comm *comm = trainer->context->comm;
    const int64_t n = trainer->model->network->block;
    ls_saved_state state = {0};
    ls_observer_images images = {0};
    float *m = NULL, *v = NULL;
    *newer = false;
    ls_status status = ls_memory_allocate(&m, n, sizeof *m, "checkpoint");
    if (status == LS_OK)
        status = ls_memory_allocate(&v, n, sizeof *v, "checkpoint");
    if (status == LS_OK)
        status = ls_fault("resume");
    LS_TRY_CLEANUP(ls_agree(comm, status));
    status = ls_agree(comm, ls_comm_rank(comm) == 0 ? read_file(trainer, path, m, v, &state, &images, newer) : LS_OK);
    if (status == LS_ERR_OUTPUT) { /* on all ranks: they learn what kind of failure it is */
        const ls_status told = ls_comm_broadcast(comm, 0, newer, sizeof *newer);
        status = told == LS_OK ? status : told;
    }
    LS_TRY_CLEANUP(status);
    LS_TRY_CLEANUP(spread_state(trainer, m, v, &state));
    LS_TRY_CLEANUP(ls_observer_state_share(trainer, &images));
    *log_length = state.log_length;
cleanup:
    ls_observer_state_free(&images);
    ls_memory_free(m);
    ls_memory_free(v);
    return status;
}

ls_status ls_trainer_load(ls_trainer *trainer, const char *path)
{
    int64_t log_length;
    bool newer;
    return ls_checkpoint_read(trainer, path, &log_length, &newer);
}
