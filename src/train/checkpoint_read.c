/* Restoring a trainer: rank 0 reads and verifies, and every rank gets the slices that it owns. */
#include "train/checkpoint.h"

#include "base/fault.h"
#include "base/memory.h"
#include "comm/agree.h"
#include "data/encoded.h"
#include "files/unchanged.h"
#include "store/modelfile.h"
#include "store/modelfile_layout.h"
#include "train/counting.h"
#include "train/observer_state.h"
#include "train/recipe.h"
#include "train/saved_log.h"
#include "train/saved_state.h"
#include "train/travel.h"

#include <string.h>

/* A checkpoint that is being read, twice: once to the end, to find whether it is to be used, so that a file that is
 * refused leaves the trainer as it was, and then its vectors into their places. So no rank holds any of them twice. */
typedef struct reading {
    const char *path;
    ls_trainer *trainer;
    bool *newer;
    ls_saved_state state;
    ls_logmark log;   /* rank 0's */
    ls_travel travel; /* weights, slots and observers' vectors, in this order */
    ls_observer_images observers;
    ls_changes changes;
    ls_options *before; /* without the fresh ones */
    /* rank 0's */
    ls_unchanged as_it_was;
    ls_h5_file *file;
    ls_options *recipe, *ours; /* the file's and the run's, in this version's words */
    ls_network *network;
    double *running; /* (width) */
    int64_t *counts; /* (cells) */
} reading;

static void free_reading(reading *r)
{
    ls_observer_state_free(&r->observers);
    ls_memory_free(r->log.text);
    ls_memory_free(r->changes.text);
    ls_options_destroy(r->before);
    ls_h5_close(r->file);
    ls_options_destroy(r->recipe);
    ls_options_destroy(r->ours);
    ls_network_destroy(r->network);
    ls_memory_free(r->running);
    ls_memory_free(r->counts);
}

/* ---- what must be equal ---- */

static ls_status check_data(ls_h5_file *file, const char *path, const ls_trainer *t)
{
    const int64_t shards = t->set.plan.shards;
    uint64_t *saved = NULL;
    ls_h5_dataset description;
    LS_TRY(ls_modelfile_damaged(ls_h5_describe(file, LS_CHECKPOINT_FINGERPRINT, &description)));
    if (description.rank != 1 || description.shape[0] != shards)
        return ls_fail(LS_ERR_USAGE, "%s was made with %lld shards, this run has %lld", path,
                       (long long)description.shape[0], (long long)shards);
    LS_TRY(ls_memory_allocate(&saved, shards, sizeof *saved, "fingerprint"));
    ls_status status = ls_modelfile_damaged(ls_h5_read_uint64(file, LS_CHECKPOINT_FINGERPRINT, 0, shards, saved));
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
    if (!ls_h5_exists(file, LS_CHECKPOINT_VALIDATION))
        return ls_modelfile_damaged(ls_h5_answered(file));
    LS_TRY(ls_modelfile_damaged(
        ls_modelfile_check_shape(file, LS_CHECKPOINT_VALIDATION, &(ls_modelfile_shape){1, {2, 0}})));
    LS_TRY(ls_modelfile_damaged(ls_h5_read_uint64(file, LS_CHECKPOINT_VALIDATION, 0, 2, saved)));
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

/* Equal values under other names, or with other categories, are other data. Older versions kept no names of datasets
 * that were not converted. */
static ls_status check_encoding(ls_h5_file *file, const char *path, const ls_trainer *t)
{
    char *saved;
    const char *ours = t->model->encoding;
    LS_TRY(ls_modelfile_damaged(ls_encoded_read(file, "/lockstep", &saved)));
    ls_status status = LS_OK;
    if (saved != NULL && (ours == NULL || strcmp(saved, ours) != 0))
        status =
            ls_fail(LS_ERR_DATA, "%s was made with other data: the names or categories of its columns differ", path);
    ls_memory_free(saved);
    return status;
}

static ls_status read_recipe(const char *path, ls_h5_file *file, ls_options **saved)
{
    char *recipe;
    const bool has = ls_h5_has_attribute(file, "/lockstep", "recipe");
    LS_TRY(ls_modelfile_damaged(ls_h5_answered(file)));
    if (!has)
        return ls_fail(LS_ERR_OUTPUT, "%s is a model without training state; a checkpoint is needed to go on", path);
    LS_TRY(ls_modelfile_damaged(ls_h5_attribute_text(file, "/lockstep", "recipe", &recipe)));
    const ls_status status = ls_recipe_translate(path, recipe, saved);
    ls_memory_free(recipe);
    return status;
}

static ls_status check_same(const reading *r, const ls_trainer *t)
{
    LS_TRY(ls_recipe_compare(r->path, r->recipe, r->ours, t->may_change, false));
    LS_TRY(check_data(r->file, r->path, t));
    LS_TRY(check_validation(r->file, r->path, t));
    LS_TRY(check_encoding(r->file, r->path, t));
    return ls_recipe_compare(r->path, r->recipe, r->ours, t->may_change, true);
}

/* ---- reading ---- */

/* The file's changes, each of which must have been one. */
static ls_status read_changes(reading *r)
{
    if (!ls_h5_has_attribute(r->file, "/lockstep", LS_CHECKPOINT_CHANGES))
        return ls_modelfile_damaged(ls_h5_answered(r->file));
    LS_TRY(ls_modelfile_damaged(ls_h5_attribute_text(r->file, "/lockstep", LS_CHECKPOINT_CHANGES, &r->changes.text)));
    const ls_status status = ls_changes_check_text(r->changes.text, r->state.steps);
    return status == LS_OK
               ? LS_OK
               : ls_fail_prefix(status, "%s: is damaged: attribute " LS_CHECKPOINT_CHANGES " of /lockstep ", r->path);
}

/* Behind them what changes here. */
static ls_status find_changes(reading *r)
{
    ls_text fresh = {0};
    ls_changes *c = &r->changes;
    char *all = NULL;
    const size_t old = c->text ? strlen(c->text) : 0;
    ls_status status = ls_changes_find(r->recipe, r->ours, r->state.steps, &fresh);
    if (status == LS_OK && fresh.length > 0)
        status = ls_memory_allocate(&all, (int64_t)(old + fresh.length) + 1, 1, "changes");
    if (all) {
        memcpy(all, c->text ? c->text : "", old);
        memcpy(all + old, ls_text_string(&fresh), fresh.length);
        ls_memory_free(c->text);
        c->text = all;
    }
    c->fresh = old;
    ls_text_free(&fresh);
    return status;
}

/* Values of slots, of which none are kept. */
static ls_status check_slots(const reading *r)
{
    const ls_trainer *t = r->trainer;
    for (int k = 0; k < t->slot_count; k++)
        LS_TRY(ls_modelfile_damaged(ls_modelfile_read_slot(r->file, t->model->network, &t->optimizer, k,
                                                           &(ls_modelblock_place){.values = NULL})));
    return LS_OK;
}

/* Rank 0's first part: all but the vectors is read, and these are checked. */
static ls_status read_file(void *user, ls_lead *lead)
{
    reading *r = user;
    const ls_trainer *t = r->trainer;
    const ls_modelblock_place nowhere = {.values = NULL};
    const int64_t width = ls_network_sums(t->model->network);
    int64_t iterations;
    (void)lead;
    ls_unchanged_note(r->path, &r->as_it_was);
    LS_TRY(ls_modelfile_damaged(ls_modelfile_open(r->path, true, &r->file, r->newer)));
    LS_TRY(read_recipe(r->path, r->file, &r->recipe));
    LS_TRY(ls_recipe_translate(r->path, t->recipe, &r->ours));
    LS_TRY(check_same(r, t));
    LS_TRY(ls_modelfile_damaged(ls_modelfile_read_network(r->file, &r->network)));
    if (r->network->block != t->model->network->block)
        return ls_fail(LS_ERR_USAGE, "%s holds %lld parameters, the model has %lld", r->path,
                       (long long)r->network->parameters, (long long)t->model->network->parameters);
    LS_TRY(ls_modelfile_damaged(ls_modelfile_read_iteration(r->file, &iterations)));
    LS_TRY(ls_memory_allocate(&r->running, width, sizeof *r->running, "scores"));
    LS_TRY(ls_memory_allocate(&r->counts, t->model->network->metrics.cells, sizeof *r->counts, "counts"));
    LS_TRY(ls_modelfile_damaged(ls_saved_state_read(r->file, t, iterations, &r->state, r->running, r->counts)));
    r->log.length = r->state.log_length;
    LS_TRY(ls_modelfile_damaged(ls_saved_log_read(r->file, &r->log)));
    LS_TRY(ls_modelfile_damaged(ls_modelfile_read_weights(r->file, t->model->network, &nowhere)));
    LS_TRY(check_slots(r));
    LS_TRY(read_changes(r));
    const ls_saved saved = {
        .cursor = &r->state.cursor, .earlier = r->state.earlier, .recipe = r->recipe, .changes = r->changes.text};
    LS_TRY(ls_modelfile_damaged(ls_observer_state_read(r->file, t, &saved, &r->observers)));
    return find_changes(r);
}

/* Local. */
static void list_vectors(reading *r)
{
    const ls_trainer *t = r->trainer;
    float *block = t->model->block;
    ls_travel_add(
        &r->travel,
        &(ls_travel_vector){.values = block, .statistics = block + t->model->network->trainable, .everywhere = true});
    for (int k = 0; k < t->slot_count; k++)
        ls_travel_add(&r->travel, &(ls_travel_vector){.values = t->slots[k]});
}

/* Rank 0's second part. */
static ls_status read_vectors(void *user)
{
    reading *r = user;
    const ls_trainer *t = r->trainer;
    ls_modelblock_place place = ls_travel_in(&r->travel, 0);
    LS_TRY(ls_modelfile_damaged(ls_modelfile_read_weights(r->file, t->model->network, &place)));
    for (int k = 0; k < t->slot_count; k++) {
        place = ls_travel_in(&r->travel, 1 + k);
        LS_TRY(ls_modelfile_damaged(ls_modelfile_read_slot(r->file, t->model->network, &t->optimizer, k, &place)));
    }
    LS_TRY(ls_observer_state_read_vectors(r->file, t, &r->travel, &r->observers));
    return ls_unchanged_check(r->path, &r->as_it_was);
}

/* Collective. Rank 0's changes to all, and what was before the fresh ones. */
static ls_status share_changes(reading *r, const ls_trainer *t)
{
    ls_comm *comm = t->context->comm;
    ls_changes *c = &r->changes;
    int64_t length[2] = {c->text ? (int64_t)strlen(c->text) : 0, (int64_t)c->fresh};
    LS_TRY(ls_comm_broadcast(comm, 0, length, sizeof length));
    c->fresh = (size_t)length[1];
    if (length[0] == 0)
        return LS_OK;
    ls_status status = c->text ? LS_OK : ls_memory_allocate(&c->text, length[0] + 1, 1, "changes");
    LS_TRY(ls_agree(comm, status));
    LS_TRY(ls_comm_broadcast(comm, 0, c->text, length[0]));
    status = ls_recipe_translate(r->path, t->recipe, &r->before);
    if (status == LS_OK)
        status = ls_changes_undo(c->text + c->fresh, r->before);
    return ls_agree(comm, status);
}

/* Local. The trainer's changes, and what observers make of the fresh ones. */
static ls_status take_changes(reading *r, ls_trainer *t)
{
    const ls_changes old = t->changes;
    t->changes = r->changes;
    r->changes = old;
    return t->changes.text ? ls_observer_state_change(t, t->changes.text + t->changes.fresh, r->before) : LS_OK;
}

/* Collective. Rank 0's numbers to all. */
static ls_status spread_state(reading *r)
{
    ls_trainer *t = r->trainer;
    ls_comm *comm = t->context->comm;
    const size_t sums = (size_t)ls_network_sums(t->model->network);
    if (r->running)
        memcpy(t->running, r->running, sums * sizeof *r->running);
    LS_TRY(ls_comm_broadcast(comm, 0, &r->state, sizeof r->state));
    LS_TRY(ls_comm_broadcast(comm, 0, t->running, (int64_t)(sums * sizeof *t->running)));
    ls_saved_state_take(t, &r->state);
    ls_counting_take(t, r->counts);
    return LS_OK;
}

/* Collective. A file of which all ranks know that it is good. */
static ls_status take_file(reading *r)
{
    ls_trainer *t = r->trainer;
    list_vectors(r);
    t->model->writer = NULL;
    LS_TRY(ls_observer_state_expect(t, &r->travel, &r->observers));
    LS_TRY(share_changes(r, t));
    LS_TRY(ls_travel_work(&r->travel, read_vectors, r, "rank 0 reads a checkpoint"));
    LS_TRY(spread_state(r));
    LS_TRY(ls_observer_state_take(t, &r->observers));
    return ls_agree(t->context->comm, take_changes(r, t));
}

ls_status ls_checkpoint_read(ls_trainer *trainer, const char *path, ls_logmark *log, bool *newer)
{
    ls_comm *comm = trainer->context->comm;
    reading r = {.path = path, .trainer = trainer, .newer = newer};
    const ls_lead_parts finding = {
        .work = read_file, .user = &r, .what = "rank 0 reads a checkpoint", .stop = &trainer->context->stop};
    *newer = false;
    ls_status status = ls_fault("resume");
    if (status == LS_OK)
        status = ls_travel_begin(trainer, &r.travel);
    LS_TRY_CLEANUP(ls_agree(comm, status));
    status = ls_lead_work(comm, &finding);
    if (status == LS_ERR_OUTPUT) { /* on all ranks: they learn what kind of failure it is */
        const ls_status told = ls_comm_broadcast(comm, 0, newer, sizeof *newer);
        status = told == LS_OK ? status : told;
    }
    LS_TRY_CLEANUP(status);
    LS_TRY_CLEANUP(take_file(&r));
    *log = r.log;
    log->length = r.state.log_length;
    r.log.text = NULL;
cleanup:
    ls_travel_end(&r.travel, status);
    free_reading(&r);
    return status;
}

ls_status ls_trainer_load(ls_trainer *trainer, const char *path)
{
    ls_logmark log = {.length = 0};
    bool newer;
    const ls_status status = ls_checkpoint_read(trainer, path, &log, &newer);
    ls_memory_free(log.text);
    return status;
}

ls_status ls_checkpoint_recipe(const char *path, ls_options **saved, bool *newer)
{
    ls_h5_file *file;
    *saved = NULL;
    LS_TRY(ls_modelfile_damaged(ls_modelfile_open(path, true, &file, newer)));
    const ls_status status = read_recipe(path, file, saved);
    ls_h5_close(file);
    return status;
}
