/* Sums of what others say they take. */
#include "train/footprint.h"

#include "store/modelblock.h"
#include "train/counting.h"
#include "train/held.h"
#include "train/overlap.h"

/* Of one division of the shards. */
static ls_status find(const ls_footprint_setup *setup, const ls_division *division, ls_footprint *footprint)
{
    const ls_network *network = setup->network;
    const int64_t float_bytes = sizeof(float), n = network->trainable;
    const ls_shards plan = {.batch = setup->batch, .shards = setup->shards};
    ls_reduce_size reduce;
    LS_TRY(ls_reduce_size_of(setup->ranks, n, setup->shards, network->metrics.width, setup->reduction, &reduce));
    *footprint = (ls_footprint){
        .batch_rows = ls_shardset_capacity(&plan, ls_division_most(division), setup->purpose == LS_PASS_TRAIN_BFLOAT16),
        .weights = network->block * float_bytes,
        .optimizer = setup->slots * reduce.slice * float_bytes,
        .best = setup->best ? ((1 + setup->slots) * reduce.slice + ls_network_statistics(network)) * float_bytes : 0,
        .gradient = (reduce.nodes * n + (setup->held ? reduce.slice : 0)) * float_bytes + reduce.bytes,
        .saving = (ls_modelblock_room(network) + ls_modelblock_lifted_room(network)) * float_bytes,
        .metrics = ls_counting_bytes(network) + (setup->validated ? ls_evaluator_metric_bytes(network) : 0),
    };
    footprint->activations =
        ls_pass_bytes(network, setup->kernels, setup->threads, footprint->batch_rows, setup->purpose) +
        ls_exchange_bytes(network, division) + (setup->validated ? ls_evaluator_bytes(network, setup->threads) : 0);
    footprint->total = footprint->weights + footprint->optimizer + footprint->best + footprint->gradient +
                       footprint->activations + footprint->metrics + footprint->saving;
    footprint->copy_would_be = ls_saver_bytes(network, reduce.slice, reduce.slice == n, setup->slots, setup->best);
    return LS_OK;
}

/* When all else is there. */
static void add_copy(const ls_footprint_setup *setup, ls_footprint *f)
{
    const bool large = ls_saver_is_large(setup->network, setup->slots);
    const bool fits = f->total + f->copy_would_be <= setup->memory;
    if (setup->beside == LS_SAVER_ON || (setup->beside == LS_SAVER_AUTO && large && fits))
        f->copy = f->copy_would_be;
    f->total += f->copy;
}

static ls_status find_all(const ls_footprint_setup *setup, ls_footprint *footprint)
{
    ls_division division;
    LS_TRY(ls_division_create(setup->shards, setup->ranks, &division));
    const ls_status status = find(setup, &division, footprint);
    ls_division_free(&division);
    return status;
}

ls_status ls_footprint_find(const ls_footprint_setup *setup, ls_footprint *footprint)
{
    LS_TRY(find_all(setup, footprint));
    add_copy(setup, footprint);
    return LS_OK;
}

int64_t ls_footprint_row(const ls_footprint_setup *setup)
{
    const ls_network *network = setup->network;
    /* buffers have whole panels; with one thread, and panels as many as need no more scratch, only rows differ */
    return (ls_pass_bytes(network, setup->kernels, 1, 2 * LS_PANEL, setup->purpose) -
            ls_pass_bytes(network, setup->kernels, 1, LS_PANEL, setup->purpose)) /
           LS_PANEL;
}

ls_status ls_footprint_of(const ls_trainer *t, ls_saver_wish beside, ls_footprint_setup *setup, ls_footprint *footprint)
{
    *setup = (ls_footprint_setup){.network = t->model->network,
                                  .kernels = t->context->kernels,
                                  .purpose = t->purpose,
                                  .slots = t->slot_count,
                                  .held = ls_held_needed(t),
                                  .validated = t->validation != NULL,
                                  .best = t->best != NULL,
                                  .batch = t->set.plan.batch,
                                  .shards = t->set.plan.shards,
                                  .ranks = ls_comm_size(t->context->comm),
                                  .threads = t->context->threads,
                                  .reduction = t->overlap ? LS_REDUCE_BUCKETS : ls_overlap_other_scheme(t->context),
                                  .beside = beside,
                                  .memory = t->context->memory};
    LS_TRY(find_all(setup, footprint));
    const int64_t ranked =
        t->validation ? ls_evaluator_ranked(t->validation) + ls_evaluator_harvested(t->validation) : 0;
    footprint->rows = t->set.held_bytes + (t->validation ? ls_evaluator_held(t->validation) : 0);
    footprint->metrics += ranked;
    footprint->total += footprint->rows + ranked;
    add_copy(setup, footprint);
    return LS_OK;
}
