/* Reading what is told of a model or a checkpoint. */
#include "jobs/describe.h"

#include "base/memory.h"
#include "context/options.h"
#include "data/encoded.h"
#include "import/open.h"
#include "store/modelfile.h"
#include "store/rundir.h"
#include "store/sealed.h"
#include "train/checkpoint.h"
#include "train/optimizer_options.h"
#include "train/recipe.h"

#include <string.h>

static ls_status read_state(ls_h5_file *file, ls_described *d)
{
    if (!ls_h5_has_attribute(file, "/lockstep", "recipe"))
        return ls_h5_answered(file);
    LS_TRY(ls_h5_attribute_int64(file, "/lockstep", "epoch", &d->epoch));
    LS_TRY(ls_h5_attribute_int64(file, "/lockstep", "step", &d->step));
    LS_TRY(ls_h5_attribute_int64(file, "/lockstep", "steps", &d->steps));
    LS_TRY(ls_h5_attribute_text(file, "/lockstep", "recipe", &d->recipe));
    if (ls_h5_has_attribute(file, "/lockstep", LS_CHECKPOINT_CHANGES))
        LS_TRY(ls_h5_attribute_text(file, "/lockstep", LS_CHECKPOINT_CHANGES, &d->changes));
    if (!ls_h5_exists(file, "/lockstep/best"))
        return ls_h5_answered(file);
    LS_TRY(ls_h5_attribute_int64(file, "/lockstep/best", "epoch", &d->best_epoch));
    return ls_h5_attribute_double(file, "/lockstep/best", "value", &d->best_value);
}

static ls_status read_optimizer(ls_h5_file *file, ls_described *d)
{
    d->has_optimizer = ls_modelfile_has_optimizer(file);
    if (!d->has_optimizer)
        return ls_h5_answered(file);
    LS_TRY(ls_modelfile_optimizer_name(file, d->optimizer, sizeof d->optimizer, &d->averages));
    return ls_modelfile_optimizer_slots(file, d->network, &d->setup.slots);
}

/* What the translation of a file of Keras' tells. */
static ls_status read_told(ls_h5_file *file, const char *name, char **text)
{
    return ls_h5_has_attribute(file, "/lockstep", name) ? ls_h5_attribute_text(file, "/lockstep", name, text) : LS_OK;
}

static ls_status read_keras(ls_h5_file *file, ls_described *d)
{
    LS_TRY(read_told(file, LS_IMPORT_KERAS, &d->keras));
    LS_TRY(read_told(file, LS_IMPORT_NOTES, &d->notes));
    LS_TRY(read_told(file, LS_IMPORT_TRAINING_NOTES, &d->training_notes));
    LS_TRY(read_told(file, LS_IMPORT_OPTIMIZER, &d->compiled_optimizer));
    LS_TRY(read_told(file, LS_IMPORT_SCHEDULE, &d->compiled_schedule));
    return read_told(file, LS_IMPORT_OPTIMIZER_FAULT, &d->optimizer_fault);
}

/* ---- memory ---- */

/* The options that the training had: a checkpoint's own, the run's, or defaults. */
static ls_status find_options(const char *path, const ls_described *d, const ls_describe_request *request,
                              ls_options **options)
{
    if (d->recipe)
        return ls_recipe_translate(path, d->recipe, options);
    return request->run ? ls_options_copy(request->run, options) : ls_options_create(options);
}

static bool given(const ls_describe_request *request, const char *key)
{
    return request->options && ls_options_given(request->options, key);
}

/* Whether steps hold the gradient back, as far as the file alone tells. */
static bool holds(const ls_described *d)
{
    const ls_optimizer_row *row = ls_optimizer_find(d->optimizer);
    return (row && row->trust_ratio) || ls_network_constrained(d->network, LS_CONSTRAINT_MAX_NORM);
}

static ls_status find_memory(const char *path, const ls_describe_request *request, ls_described *d)
{
    enum { ROWS_ENOUGH = 1 << 30 }; /* for a batch to be one */
    ls_footprint_setup *s = &d->setup;
    ls_options *options = NULL;
    ls_optimizer optimizer;
    ls_shards plan;
    char from[LS_MEMORY_FROM];
    ls_status status;
    LS_TRY_CLEANUP(find_options(path, d, request, &options));
    s->network = d->network;
    s->kernels = ls_kernels_find(NULL);
    s->purpose = ls_trainer_purpose(options);
    s->held = holds(d);
    if (ls_optimizer_options_resolve(options, d->recipe != NULL) == LS_OK &&
        ls_optimizer_options_start(options, &optimizer) == LS_OK)
        s->held = s->held || ls_optimizer_needs_norms(&optimizer);
    if (given(request, "precision"))
        s->purpose = ls_trainer_purpose(request->options);
    if (given(request, "batch-size") || given(request, "shards")) {
        options->batch_size = request->options->batch_size;
        options->shards = request->options->shards;
    }
    LS_TRY_CLEANUP(ls_shards_plan(ROWS_ENOUGH, d->network->features, options->batch_size, options->shards, 0, &plan));
    s->batch = plan.batch;
    s->shards = plan.shards;
    s->ranks = request->options ? (int)request->options->ranks : 1;
    s->threads = request->options && request->options->threads > 0 ? (int)request->options->threads : 1;
    s->reduction = LS_REDUCE_AUTO;
    s->beside = ls_saver_wish_of(request->run ? request->run : options);
    LS_TRY_CLEANUP(ls_memory_limit(request->options ? request->options->memory : NULL, s->ranks, &s->memory, from));
    s->validated = s->best = request->best || d->best_epoch > 0;
    status = ls_footprint_find(s, &d->footprint);
cleanup:
    ls_options_destroy(options);
    return status;
}

/* ---- life ---- */

ls_status ls_described_read(ls_h5_file *file, const ls_describe_request *request, ls_described *d)
{
    ls_status status;
    *d = (ls_described){0};
    LS_TRY(ls_modelfile_read_network(file, &d->network));
    LS_TRY_CLEANUP(ls_modelfile_read_weights(file, d->network, &(ls_modelblock_place){.values = NULL})); /* are good */
    LS_TRY_CLEANUP(ls_h5_attribute_text(file, "/lockstep", "kind", &d->kind));
    LS_TRY_CLEANUP(ls_encoded_read(file, "/lockstep", &d->encoding));
    LS_TRY_CLEANUP(read_keras(file, d));
    LS_TRY_CLEANUP(read_optimizer(file, d));
    LS_TRY_CLEANUP(read_state(file, d));
    LS_TRY_CLEANUP(find_memory(ls_h5_path(file), request, d));
    LS_TRY_CLEANUP(ls_sealed_find(ls_h5_path(file), &d->sealed));
    LS_TRY_CLEANUP(ls_rundir_digest(ls_h5_path(file), d->digest));
    return LS_OK;
cleanup:
    ls_described_free(d);
    return status;
}

void ls_described_free(ls_described *d)
{
    ls_network_destroy(d->network);
    ls_memory_free(d->kind);
    ls_memory_free(d->encoding);
    ls_memory_free(d->keras);
    ls_memory_free(d->notes);
    ls_memory_free(d->training_notes);
    ls_memory_free(d->compiled_optimizer);
    ls_memory_free(d->compiled_schedule);
    ls_memory_free(d->optimizer_fault);
    ls_memory_free(d->recipe);
    ls_memory_free(d->changes);
    *d = (ls_described){0};
}
