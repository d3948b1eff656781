/* What a trainer's files hold, and writing them. */
#include "train/contents.h"

#include "base/fault.h"
#include "data/encoded.h"
#include "store/modelfile.h"
#include "store/sealed.h"
#include "train/saved_log.h"
#include "train/saved_state.h"
#include "train/slices.h"

ls_status ls_contents_check(const ls_trainer *t)
{
    LS_TRY(ls_fault("checkpoint"));
    if (ls_slices_finite(t))
        return LS_OK;
    return ls_fail(LS_ERR_NUMERIC,
                   "weights or optimizer slots are not finite after step %lld; no checkpoint is written. Try a smaller "
                   "--learning-rate than %g, or --normalize standard",
                   (long long)ls_trainer_steps(t), t->rate);
}

void ls_contents_list(ls_contents *c)
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

/* As ls_modelfile_write and ls_observer_state_write go about it. */
void ls_contents_order(const ls_contents *c, ls_filepieces *pieces)
{
    const ls_trainer *t = c->trainer;
    ls_filepieces_begin(pieces, t->model->network);
    ls_filepieces_add(pieces, 0, 1);
    ls_filepieces_add(pieces, 1, t->slot_count);
    for (int i = 0; c->checkpoint && i < t->observers.count; i++)
        for (int k = 0; c->observers.list[i].vectors && k < t->observers.list[i].state.vector_count; k++)
            ls_filepieces_add(pieces, c->observers.list[i].first + k, 1);
}

static ls_status write_state(ls_h5_file *file, const ls_trainer *t, const ls_logmark *log, ls_travel *travel,
                             const ls_observer_images *images)
{
    const int64_t shards = t->set.plan.shards, two = 2;
    LS_TRY(ls_h5_set_text(file, "/lockstep", "recipe", t->recipe));
    if (t->changes.text)
        LS_TRY(ls_h5_set_text(file, "/lockstep", LS_CHECKPOINT_CHANGES, t->changes.text));
    LS_TRY(ls_saved_state_write(file, t, log->length));
    LS_TRY(ls_saved_log_write(file, log));
    LS_TRY(ls_h5_write_uint64(file, LS_CHECKPOINT_FINGERPRINT, 1, &shards, t->fingerprint));
    LS_TRY(ls_h5_write_uint64(file, LS_CHECKPOINT_VALIDATION, 1, &two, t->validation_fingerprint));
    return ls_observer_state_write(file, t, travel, images);
}

ls_status ls_contents_write(void *contents)
{
    ls_contents *c = contents;
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
        status = write_state(sealed.file, t, c->log, &c->travel, &c->observers);
    if (status == LS_OK)
        return ls_sealed_commit(&sealed);
    ls_sealed_abandon(&sealed);
    return status;
}
