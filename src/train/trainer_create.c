/* Making a trainer: the recipe resolved, this rank's shards in memory, the reduction and the optimizer's slots. */
#include "train/chunked.h"
#include "train/common_weights.h"
#include "train/counting.h"
#include "train/trainer.h"

#include "base/clock.h"
#include "base/fault.h"
#include "base/fpenv.h"
#include "base/memory.h"
#include "comm/agree.h"
#include "context/options.h"
#include "data/class_weights.h"
#include "data/datafiles.h"
#include "data/holding.h"
#include "data/missing.h"
#include "data/weights.h"
#include "model/pass.h"
#include "train/held.h"
#include "train/initial.h"
#include "train/initial_options.h"
#include "train/optimizer_options.h"
#include "train/overlap.h"
#include "train/rare_classes.h"
#include "train/tail.h"
#include "train/trainer_observers.h"
#include "train/update.h"
#include "train/watch.h"

#include <stdio.h>
#include <string.h>

/* The optimizer, and the recipe with everything resolved that options may leave open, so that a default that changes is
 * noticed. */
static ls_status resolve_recipe(ls_trainer *t, const ls_options *options, const ls_shards *plan,
                                const ls_initial *initial, bool validation)
{
    const ls_network *network = t->model->network;
    ls_options *resolved = NULL;
    ls_text text = {0}, layers = {0}, loss = {0}, metrics = {0};
    ls_status status;
    LS_TRY_CLEANUP(ls_options_copy(options, &resolved));
    LS_TRY_CLEANUP(ls_optimizer_options_resolve(resolved, false));
    LS_TRY_CLEANUP(ls_options_fill(resolved, "initial-weights", initial->sha256));
    if (initial->rate >= 0 && !resolved->settled && !ls_options_given(resolved, "learning-rate"))
        resolved->learning_rate = initial->rate;
    LS_TRY_CLEANUP(ls_optimizer_options_schedule(resolved, plan->steps, &t->schedule));
    LS_TRY_CLEANUP(ls_optimizer_options_start(resolved, &t->optimizer));
    LS_TRY_CLEANUP(ls_trainer_observers_resolve(resolved, network, validation));
    t->rate = t->optimizer.settings.learning_rate;
    ls_layers_format(network->layers, network->count, &layers);
    LS_TRY_CLEANUP(ls_text_status(&layers));
    if (layers.length >= sizeof resolved->layers)
        LS_TRY_CLEANUP(ls_fail(LS_ERR_USAGE,
                               "the list of layers, with everything written out that --kernel-regularizer, "
                               "--kernel-initializer and the like add to each, has %zu bytes; at most %zu fit",
                               layers.length, sizeof resolved->layers - 1));
    LS_TRY_CLEANUP(ls_options_set(resolved, "layers", ls_text_string(&layers)));
    resolved->kernel_regularizer[0] = resolved->bias_regularizer[0] = '\0'; /* said by the layers */
    resolved->kernel_initializer[0] = resolved->bias_initializer[0] = '\0';
    ls_loss_format(&network->loss, &loss);
    LS_TRY_CLEANUP(ls_text_status(&loss));
    LS_TRY_CLEANUP(ls_options_fill(resolved, "loss", ls_text_string(&loss)));
    ls_metrics_format(&network->metrics, &metrics);
    LS_TRY_CLEANUP(ls_text_status(&metrics));
    LS_TRY_CLEANUP(ls_options_fill(resolved, "metrics", ls_text_string(&metrics)));
    resolved->shards = plan->shards;
    resolved->shuffle_window = plan->window;
    LS_TRY_CLEANUP(ls_options_recipe(resolved, &text));
    LS_TRY_CLEANUP(ls_memory_allocate(&t->recipe, (int64_t)text.length + 1, 1, "recipe"));
    memcpy(t->recipe, ls_text_string(&text), text.length);
cleanup:
    ls_options_destroy(resolved);
    ls_text_free(&text);
    ls_text_free(&layers);
    ls_text_free(&loss);
    ls_text_free(&metrics);
    return status;
}

static ls_status plan_shards(ls_trainer *t, const ls_options *options, const ls_dataset *train, ls_shards *plan)
{
    const ls_source *source = ls_dataset_source(train);
    if (source->features != t->model->network->features) {
        return ls_fail(LS_ERR_DATA, "the training data has %lld features, the model takes %lld",
                       (long long)source->features, (long long)t->model->network->features);
    }
    if (train->count != 1)
        return ls_fail(LS_ERR_USAGE, "training takes one part of a data file");
    return ls_shards_plan(train->rows, source->features, options->batch_size, options->shards, options->shuffle_window,
                          plan);
}

/* This rank's part of the data, and working space for its shards. Local. */
static ls_status load_shards(ls_trainer *t, const ls_options *options, const ls_dataset *train,
                             const ls_initial *initial, bool validation)
{
    const ls_network *network = t->model->network;
    ls_context *c = t->context;
    ls_shards plan;
    LS_TRY(plan_shards(t, options, train, &plan));
    LS_TRY(resolve_recipe(t, options, &plan, initial, validation));
    LS_TRY(ls_class_weights_check(options, network, train));
    const ls_shardset_owner owner = {ls_comm_rank(c->comm), ls_comm_size(c->comm), ls_context_room(c)};
    LS_TRY(ls_shardset_load(train, network, &plan, options->shuffle, (uint32_t)options->seed,
                            t->purpose == LS_PASS_TRAIN_BFLOAT16, &owner, &t->set));
    c->held += t->set.held_bytes;
    const int64_t own = t->set.last - t->set.first;
    if (own > 0 || ls_pass_exchanged(network) > 0)
        LS_TRY(ls_pass_create(network, c->kernels, c->threads,
                              own > 0 ? ls_shardset_capacity(&plan, own, t->set.even) : 0, t->purpose, &t->pass));
    LS_TRY(ls_counting_create(t));
    LS_TRY(ls_memory_allocate(&t->fingerprint, plan.shards, sizeof *t->fingerprint, "fingerprint"));
    return ls_memory_allocate(&t->running, ls_network_sums(network), sizeof *t->running, "scores");
}

/* Padding stays 0, as it does in weights: whoever updates a panel with a single output leaves it out (watch.h adds up
 * what is read). */
static void fill_slot(const ls_trainer *t, float value, float *slot)
{
    const ls_network *network = t->model->network;
    for (int i = 0; i < network->trainable_matrices; i++) {
        const ls_matrix *m = &network->matrix[i];
        const int64_t panel = ls_matrix_rows(m) * LS_PANEL;
        for (int64_t at = 0; at < m->panels * panel; at++)
            if (at / panel * LS_PANEL + at % LS_PANEL < m->units && ls_trainer_owns(t, m->offset + at))
                slot[ls_trainer_slot(t, m->offset + at)] = value;
    }
}

/* The owned slice's optimizer state. */
static ls_status make_slots(ls_trainer *t)
{
    ls_optimizer_slot slot[LS_OPTIMIZER_SLOTS];
    const int64_t n = t->slice_last - t->slice_first;
    t->slot_count = ls_optimizer_slots(&t->optimizer, slot);
    for (int k = 0; k < t->slot_count; k++) {
        LS_TRY(ls_memory_allocate(&t->slots[k], n, sizeof(float), "optimizer"));
        if (slot[k].initial != 0)
            fill_slot(t, (float)slot[k].initial, t->slots[k]);
    }
    return LS_OK;
}

/* What of the block is this rank's. */
static ls_status list_parts(ls_trainer *t)
{
    const int rank = ls_comm_rank(t->context->comm);
    t->parts = ls_reduce_ranges(t->reduce);
    LS_TRY(ls_memory_allocate(&t->part, t->parts, sizeof *t->part, "slices"));
    LS_TRY(ls_memory_allocate(&t->part_at, t->parts + 1, sizeof *t->part_at, "slices"));
    for (int k = 0; k < t->parts; k++) {
        t->part[k] = ls_reduce_range_of(t->reduce, rank, k);
        t->part_at[k + 1] = t->part_at[k] + t->part[k].last - t->part[k].first;
    }
    t->slice_first = t->parts == 1 ? t->part[0].first : 0;
    t->slice_last = t->slice_first + t->part_at[t->parts];
    return LS_OK;
}

/* The reduction and what lives on this rank's side of it. Local. */
static ls_status make_reduction(ls_trainer *t)
{
    const ls_network *network = t->model->network;
    const ls_tree_node *nodes;
    LS_TRY(ls_fault("reduction"));
    const bool held = ls_held_needed(t);
    t->plain = ls_update_is_plain(t);
    if (held || ls_network_regularized(network))
        LS_TRY(ls_norms_create(network, &t->norms));
    const ls_reduce_cuts cuts = {t->norms.count + 1, t->norms.cuts};
    bool beside;
    LS_TRY(ls_overlap_wanted(t, &beside));
    if (beside)
        LS_TRY(ls_overlap_create(t));
    else
        LS_TRY(ls_reduce_create(t->context->comm, network->trainable, t->norms.cuts ? &cuts : NULL, t->set.plan.shards,
                                network->metrics.width, ls_overlap_other_scheme(t->context), ls_update_add, t->context,
                                &t->reduce));
    if (t->norms.cuts)
        LS_TRY(ls_blocksums_create(
            &t->norms, t->context->comm, t->reduce,
            ls_network_constrained(network, LS_CONSTRAINT_MAX_NORM) ? LS_NORM_LANES : LS_NORM_SUM, &t->blocksums));
    if (ls_network_regularized(network))
        LS_TRY(ls_penalty_create(&t->norms, &t->penalty));
    t->nodes = ls_reduce_nodes(t->reduce, &nodes);
    LS_TRY(list_parts(t));
    LS_TRY(ls_memory_allocate(&t->node_shards, t->nodes, sizeof *t->node_shards, "gradients"));
    for (int k = 0; k < t->nodes; k++)
        t->node_shards[k] = nodes[k].size;
    t->alone = ls_comm_size(t->context->comm) == 1;
    LS_TRY(ls_exchange_create(network, t->context->comm, &t->set.division, t->nodes, &t->exchange));
    if (ls_reduce_in_chunks(t->reduce)) {
        LS_TRY(ls_chunked_create(t));
    } else if (!t->alone && !t->overlap) {
        LS_TRY(ls_memory_allocate(&t->gradients, t->nodes, sizeof *t->gradients, "gradients"));
        for (int k = 0; k < t->nodes; k++)
            LS_TRY(ls_memory_allocate(&t->gradients[k], network->trainable, sizeof(float), "gradients"));
    }
    LS_TRY(ls_memory_allocate(&t->sums, (t->nodes > 0 ? t->nodes : 1) * (int64_t)network->metrics.width,
                              sizeof *t->sums, "scores"));
    LS_TRY(make_slots(t));
    return held ? ls_held_create(t) : LS_OK;
}

/* Collective. Every rank learns all shards' fingerprints. */
static ls_status gather_fingerprint(ls_trainer *t)
{
    const int size = ls_comm_size(t->context->comm);
    const int64_t own = t->set.last - t->set.first;
    uint64_t *mine = NULL;
    int64_t *bytes = NULL;
    ls_status status = ls_memory_allocate(&mine, own, sizeof *mine, "fingerprint");
    if (status == LS_OK)
        status = ls_memory_allocate(&bytes, size, sizeof *bytes, "fingerprint");
    status = ls_agree(t->context->comm, status);
    if (status == LS_OK) {
        for (int r = 0; r < size; r++) {
            int64_t first, last;
            ls_division_run(&t->set.division, r, &first, &last);
            bytes[r] = (last - first) * (int64_t)sizeof *mine;
        }
        status = ls_agree(t->context->comm, ls_shardset_fingerprint(&t->set, t->context->threads, mine));
    }
    if (status == LS_OK)
        status = ls_comm_allgatherv(t->context->comm, mine, bytes, t->fingerprint);
    ls_memory_free(mine);
    ls_memory_free(bytes);
    return status;
}

/* Collective. Rows weighted by their classes, where the options say so. */
static ls_status weigh_classes(ls_trainer *t, const ls_options *options)
{
    const ls_network *network = t->model->network;
    int64_t *counts = NULL;
    float *weights = NULL;
    if (!options->class_weights[0])
        return LS_OK;
    ls_status status = ls_memory_allocate(&counts, ls_class_names_count(network), sizeof *counts, "class weights");
    if (status == LS_OK)
        status = ls_shardset_count_classes(&t->set, counts);
    status = ls_agree(t->context->comm, status);
    if (status == LS_OK)
        status =
            ls_class_weights_find(t->context, options, network, t->model->encoding, t->set.plan.rows, counts, &weights);
    if (status == LS_OK)
        status = ls_agree(t->context->comm, ls_shardset_weigh(&t->set, weights));
    ls_memory_free(counts);
    return status;
}

/* What is asked for and will not happen in this run. */
static void warn_of_nothing(const ls_trainer *t, const ls_options *options)
{
    const int64_t steps = t->epochs * t->set.plan.steps, each = options->gradient_accumulation_steps;
    if (each > steps && steps > 0)
        ls_log_line(&t->context->log, LS_LOG_WARNING,
                    "--gradient-accumulation-steps %lld is more than the %lld steps of the run: nothing is learnt",
                    (long long)each, (long long)steps);
    if (t->validation && t->validation_freq > t->epochs && t->epochs > 0)
        ls_log_line(&t->context->log, LS_LOG_WARNING,
                    "--validation-freq %lld is more than the %lld epochs of the run: nothing is validated, and nothing "
                    "that watches a val_ column acts",
                    (long long)t->validation_freq, (long long)t->epochs);
}

static void log_plan(const ls_trainer *t, const ls_options *options)
{
    const ls_shards *plan = &t->set.plan;
    const int size = ls_comm_size(t->context->comm);
    if (options->batch_size > plan->rows) {
        ls_log_line(&t->context->log, LS_LOG_WARNING,
                    "--batch-size %lld is more than the %lld training rows: every epoch is one step",
                    (long long)options->batch_size, (long long)plan->rows);
    }
    if (size > plan->shards) {
        ls_log_line(&t->context->log, LS_LOG_WARNING, "%d of %d ranks have no shard of the %lld and idle",
                    (int)(size - plan->shards), size, (long long)plan->shards);
    }
    ls_text remark = {0};
    if (ls_division_remark(&t->set.division, &remark) == LS_OK && remark.length > 0)
        ls_log_line(&t->context->log, LS_LOG_INFO, "%s", ls_text_string(&remark));
    ls_text_free(&remark);
    if (t->set.stream) {
        char data[32], held[32];
        ls_log_line(&t->context->log, LS_LOG_INFO,
                    "rows stream from the file: %s of data, %s of memory a rank, windows of %lld rows",
                    ls_format_bytes((double)t->set.data_bytes, data), ls_format_bytes((double)t->set.held_bytes, held),
                    (long long)plan->window);
    }
}

static ls_status create(ls_context *context, const ls_options *options, ls_model *model, const ls_dataset *train,
                        const ls_dataset *validation, ls_trainer **trainer)
{
    ls_trainer *t = NULL;
    ls_initial initial;
    const double start = ls_clock();
    *trainer = NULL;
    LS_TRY(ls_initial_find(context, options, model, &initial));
    ls_status status = ls_memory_allocate(&t, 1, sizeof *t, "trainer");
    if (status == LS_OK) {
        t->context = context;
        t->model = model;
        model->writer = NULL;
        t->epochs = options->epochs;
        t->purpose = ls_trainer_purpose(options);
        t->check_every = options->check_every;
        t->validation_freq = options->validation_freq;
        t->initialized = initial.sha256[0] != '\0';
        status = ls_changes_parse(options, &t->may_change);
    }
    if (status == LS_OK)
        status = load_shards(t, options, train, &initial, validation != NULL);
    status = ls_missing_explain(context, train, model->network, ls_agree(context->comm, status));
    if (status == LS_OK)
        status = ls_agree_lines(context->comm, t->recipe, "options");
    if (status == LS_OK)
        status = ls_weights_check(context, train, "trained on");
    if (status == LS_OK)
        status = weigh_classes(t, options);
    if (status == LS_OK)
        status = ls_agree(context->comm, make_reduction(t));
    if (status == LS_OK)
        status = ls_reduce_share(t->reduce);
    if (status == LS_OK)
        status = ls_common_weights_begin(t);
    if (status == LS_OK)
        status = ls_agree(context->comm, ls_watch_create(t));
    if (status == LS_OK)
        status = ls_initial_take(t, options, &initial);
    if (status == LS_OK)
        status = gather_fingerprint(t);
    if (status == LS_OK) {
        t->loading = ls_clock() - start + ls_holding_seconds(train);
        status = ls_evaluator_total(context, model->network, train, &t->total);
    }
    if (status == LS_OK && validation)
        status = ls_evaluator_create(context, model, NULL, validation, &t->validation);
    if (status == LS_OK && validation) {
        t->validation_fingerprint[0] = (uint64_t)validation->rows;
        status = ls_evaluator_fingerprint(t->validation, &t->validation_fingerprint[1]);
    }
    if (status == LS_OK)
        status = ls_agree(context->comm, ls_trainer_observers_create(t, options));
    if (status == LS_OK)
        status = ls_rare_classes_remark(t, options);
    if (status == LS_OK)
        status = ls_tail_remark(context, options, model->network, validation);
    ls_datafiles_rest(train->files); /* and with it the caches of decompressed chunks */
    if (status != LS_OK) {
        ls_trainer_destroy(t);
        return status;
    }
    log_plan(t, options);
    warn_of_nothing(t, options);
    *trainer = t;
    return LS_OK;
}

ls_status ls_trainer_create(ls_context *context, const ls_options *options, ls_model *model, const ls_dataset *train,
                            const ls_dataset *validation, ls_trainer **trainer)
{
    const ls_fpenv saved = ls_fpenv_enter();
    ls_options *own = NULL;
    ls_status status = ls_agree(context->comm, ls_options_copy(options, &own));
    if (status == LS_OK)
        status = ls_initial_options(context, own);
    if (status == LS_OK)
        status = create(context, own, model, train, validation, trainer);
    ls_options_destroy(own);
    ls_fpenv_leave(saved);
    return status;
}

void ls_trainer_destroy(ls_trainer *trainer)
{
    if (!trainer)
        return;
    ls_observers_cut(&trainer->observers, 0);
    ls_memory_free(trainer->recipe);
    ls_memory_free(trainer->changes.text);
    trainer->context->held -= trainer->set.held_bytes;
    ls_shardset_free(&trainer->set);
    ls_pass_destroy(trainer->pass);
    ls_exchange_free(&trainer->exchange);
    ls_reduce_destroy(trainer->reduce);
    ls_overlap_destroy(trainer->overlap);
    ls_memory_free(trainer->part);
    ls_memory_free(trainer->part_at);
    ls_memory_free(trainer->node_shards);
    for (int k = 0; trainer->gradients && k < trainer->nodes; k++)
        ls_memory_free(trainer->gradients[k]);
    ls_memory_free(trainer->gradients);
    ls_chunks_free(&trainer->given);
    ls_chunks_free(&trainer->kept);
    ls_memory_free(trainer->sums);
    for (int k = 0; k < trainer->slot_count; k++)
        ls_memory_free(trainer->slots[k]);
    ls_watch_destroy(trainer->watch);
    ls_held_destroy(trainer->held);
    ls_penalty_free(&trainer->penalty);
    ls_blocksums_free(&trainer->blocksums);
    ls_norms_free(&trainer->norms);
    ls_evaluator_destroy(trainer->validation);
    ls_memory_free(trainer->total);
    ls_memory_free(trainer->fingerprint);
    ls_memory_free(trainer->running);
    ls_counting_destroy(trainer);
    ls_common_weights_end(trainer); /* last, when there is room for them again */
    ls_memory_free(trainer);
}
