/* Saving a trainer. What is spread over ranks travels to rank 0 as it is written, piece by piece. */
#include "train/checkpoint.h"

#include "base/fault.h"
#include "comm/agree.h"
#include "data/encoded.h"
#include "store/modelfile.h"
#include "store/sealed.h"
#include "train/counting.h"
#include "train/observer_state.h"
#include "train/saved_state.h"
#include "train/slices.h"
#include "train/travel.h"
#include "train/watch.h"

#include <math.h>

static ls_status check_finite(const ls_trainer *t)
{
    if (ls_slices_finite(t))
        return LS_OK;
    return ls_fail(LS_ERR_NUMERIC,
                   "weights or optimizer slots are not finite after step %lld; no checkpoint is written",
                   (long long)ls_trainer_steps(t));
}

/* ---- writing ---- */

static ls_status write_state(ls_h5_file *file, const ls_trainer *t, int64_t log_length, ls_travel *travel,
                             const ls_observer_images *images)
{
    const int64_t shards = t->set.plan.shards, two = 2;
    LS_TRY(ls_h5_set_text(file, "/lockstep", "recipe", t->recipe));
    if (t->changes.text)
        LS_TRY(ls_h5_set_text(file, "/lockstep", LS_CHECKPOINT_CHANGES, t->changes.text));
    LS_TRY(ls_saved_state_write(file, t, log_length));
    LS_TRY(ls_h5_write_uint64(file, "/lockstep/fingerprint", 1, &shards, t->fingerprint));
    LS_TRY(ls_h5_write_uint64(file, LS_CHECKPOINT_VALIDATION, 1, &two, t->validation_fingerprint));
    return ls_observer_state_write(file, t, travel, images);
}

/* What a file is to hold. */
typedef struct contents {
    ls_trainer *trainer;
    const char *path;
    bool checkpoint;
    int64_t log_length;
    const ls_snapshot *snapshot; /* this rank's part of weights and slots */
    ls_travel travel;            /* weights, slots and observers' vectors, in this order */
    ls_observer_images observers;
} contents;

/* Rank 0's part: everything from the temporary file to its final name. */
static ls_status write_file(void *user)
{
    contents *c = user;
    const ls_trainer *t = c->trainer;
    ls_sealed sealed;
    ls_modelfile_optimizer optimizer = {
        .optimizer = &c->snapshot->optimizer, .schedule = &t->schedule, .rate = c->snapshot->rate};
    const ls_modelblock weights = ls_travel_out(&c->travel, 0);
    for (int k = 0; k < t->slot_count; k++)
        optimizer.slot[k] = ls_travel_out(&c->travel, 1 + k);
    LS_TRY(ls_sealed_create(c->path, &sealed));
    ls_status status = ls_modelfile_write(sealed.file, c->checkpoint ? "checkpoint" : "model", t->model->network,
                                          &weights, &optimizer);
    if (status == LS_OK)
        status = ls_encoded_write_model(sealed.file, t->model->encoding);
    if (status == LS_OK && c->checkpoint)
        status = write_state(sealed.file, t, c->log_length, &c->travel, &c->observers);
    if (status == LS_OK)
        return ls_sealed_commit(&sealed);
    ls_sealed_abandon(&sealed);
    return status;
}

/* Local. */
static void list_vectors(contents *c)
{
    const ls_trainer *t = c->trainer;
    const ls_snapshot *s = c->snapshot;
    float *block = t->model->block;
    ls_travel_vector weights = {
        .values = block, .statistics = block + t->model->network->trainable, .everywhere = true};
    if (s->weights)
        weights = (ls_travel_vector){.values = (float *)s->weights, .statistics = (float *)s->statistics};
    ls_travel_add(&c->travel, &weights);
    for (int k = 0; k < t->slot_count; k++)
        ls_travel_add(&c->travel, &(ls_travel_vector){.values = s->slots[k]});
    if (c->checkpoint)
        ls_observer_state_list(t, &c->travel, &c->observers);
}

static ls_status write_any(contents *c)
{
    ls_trainer *t = c->trainer;
    ls_comm *comm = t->context->comm;
    LS_TRY(ls_watch_look(t));
    ls_status status = ls_fault("checkpoint");
    if (status == LS_OK)
        status = check_finite(t);
    if (status == LS_OK)
        status = ls_travel_begin(t, &c->travel);
    LS_TRY_CLEANUP(ls_agree(comm, status));
    if (c->checkpoint)
        LS_TRY_CLEANUP(ls_counting_sum(t));
    list_vectors(c);
    status = ls_travel_work(&c->travel, write_file, c, "rank 0 writes a checkpoint");
cleanup:
    ls_travel_end(&c->travel, status);
    return status;
}

/* The trainer as it is. */
static ls_snapshot present(const ls_trainer *t)
{
    return (ls_snapshot){.optimizer = t->optimizer, .rate = t->rate, .slots = t->slots};
}

ls_status ls_checkpoint_write(ls_trainer *trainer, const char *path, int64_t log_length)
{
    const ls_snapshot snapshot = present(trainer);
    contents c = {
        .trainer = trainer, .path = path, .checkpoint = true, .log_length = log_length, .snapshot = &snapshot};
    return write_any(&c);
}

ls_status ls_checkpoint_write_model(ls_trainer *trainer, const char *path)
{
    const ls_snapshot snapshot = present(trainer);
    return ls_checkpoint_write_snapshot(trainer, path, &snapshot);
}

ls_status ls_checkpoint_write_snapshot(ls_trainer *trainer, const char *path, const ls_snapshot *snapshot)
{
    contents c = {.trainer = trainer, .path = path, .snapshot = snapshot};
    return write_any(&c);
}

ls_status ls_trainer_save(ls_trainer *trainer, const char *path)
{
    return ls_checkpoint_write(trainer, path, 0);
}
