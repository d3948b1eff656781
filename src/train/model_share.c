/* Models on their way from rank 0 to all ranks. */
#include "train/model.h"

#include "base/memory.h"
#include "base/text.h"
#include "comm/agree.h"
#include "data/encoded.h"

#include <stdio.h>
#include <string.h>

/* What the other ranks rebuild a network from. */
typedef struct network_facts {
    char layers[LS_TEXT_MAX * 4];
    int64_t features;
    int64_t feature_map, target_map; /* columns */
    bool feature_factor, target_factor;
    bool offset, fill;
    int64_t class_count;
    char prepared[LS_PREPARED_MAX];
    ls_loss loss;
    bool loss_open;
    char loss_fault[LS_LOSS_FAULT_MAX];
    char metrics[LS_TEXT_MAX];
} network_facts;

static ls_status state_metrics(const ls_network *network, network_facts *facts)
{
    ls_text text = {0};
    ls_metrics_format(&network->metrics, &text);
    const ls_status status = ls_text_status(&text);
    snprintf(facts->metrics, sizeof facts->metrics, "%s", ls_text_string(&text)); /* no list of them all is so long */
    ls_text_free(&text);
    return status;
}

static ls_status state_facts(const ls_network *network, network_facts *facts)
{
    ls_text text = {0};
    ls_layers_format(network->layers, network->count, &text);
    ls_status status = ls_text_status(&text);
    if (status == LS_OK && text.length >= sizeof facts->layers)
        status = ls_fail(LS_ERR_DATA, "the model's layer list is longer than %zu characters", sizeof facts->layers - 1);
    if (status == LS_OK)
        snprintf(facts->layers, sizeof facts->layers, "%s", ls_text_string(&text));
    ls_text_free(&text);
    facts->features = network->features;
    facts->feature_map = network->feature_map.count;
    facts->target_map = network->target_map.count;
    facts->feature_factor = network->feature_map.factor != NULL;
    facts->target_factor = network->target_map.factor != NULL;
    facts->offset = network->offset != NULL;
    facts->fill = network->fill != NULL;
    facts->class_count = network->class_count;
    memcpy(facts->prepared, network->prepared, sizeof facts->prepared);
    facts->loss = network->loss;
    facts->loss_open = network->loss_open;
    memcpy(facts->loss_fault, network->loss_fault, sizeof facts->loss_fault);
    if (status == LS_OK)
        status = state_metrics(network, facts);
    return status;
}

/* Collective. Broadcasts a map of `count` columns from rank 0, with or without factors. */
static ls_status share_map(ls_context *context, int64_t count, bool factors, ls_affine *map)
{
    const bool root = ls_comm_rank(context->comm) == 0;
    const int64_t all = (factors ? 3 : 2) * count;
    float *values = NULL;
    ls_status status;
    if (count == 0)
        return LS_OK;
    LS_TRY_CLEANUP(ls_agree(context->comm, ls_memory_allocate(&values, all, sizeof *values, "normalisation")));
    if (root) {
        memcpy(values, map->mean, (size_t)count * sizeof *values);
        memcpy(values + count, map->variance, (size_t)count * sizeof *values);
        if (factors)
            memcpy(values + 2 * count, map->factor, (size_t)count * sizeof *values);
    }
    LS_TRY_CLEANUP(ls_comm_broadcast(context->comm, 0, values, all * (int64_t)sizeof *values));
    if (!root)
        status = ls_affine_set(map, count, values, values + count);
    if (!root && status == LS_OK && factors)
        status = ls_affine_rescale(map, values + 2 * count);
    status = ls_agree(context->comm, status);
cleanup:
    ls_memory_free(values);
    return status;
}

/* Collective. Broadcasts the offsets. */
static ls_status share_offset(ls_context *context, ls_network *network)
{
    ls_status status = LS_OK;
    if (!network->offset)
        status = ls_memory_allocate(&network->offset, network->features, sizeof *network->offset, "offsets");
    LS_TRY(ls_agree(context->comm, status));
    return ls_comm_broadcast(context->comm, 0, network->offset, network->features * (int64_t)sizeof *network->offset);
}

/* Collective. Broadcasts what stands for missing values. */
static ls_status share_fill(ls_context *context, ls_network *network)
{
    ls_status status = LS_OK;
    if (!network->fill)
        status = ls_memory_allocate(&network->fill, network->features, sizeof *network->fill, "missing values");
    LS_TRY(ls_agree(context->comm, status));
    return ls_comm_broadcast(context->comm, 0, network->fill, network->features * (int64_t)sizeof *network->fill);
}

/* Collective. Broadcasts the labels of the classes. */
static ls_status share_classes(ls_context *context, int64_t count, ls_network *network)
{
    ls_status status = LS_OK;
    if (!network->classes)
        status = ls_memory_allocate(&network->classes, count, sizeof *network->classes, "labels");
    LS_TRY(ls_agree(context->comm, status));
    network->class_count = count;
    return ls_comm_broadcast(context->comm, 0, network->classes, count * (int64_t)sizeof *network->classes);
}

ls_status ls_model_share(ls_context *context, ls_status status, ls_network *network, float *block, char *encoding,
                         ls_model **model)
{
    const bool root = ls_comm_rank(context->comm) == 0;
    ls_model *m = NULL;
    network_facts *facts = NULL;
    *model = NULL;
    if (status == LS_OK)
        status = ls_memory_allocate(&m, 1, sizeof *m, "model");
    if (status == LS_OK) {
        m->network = network;
        m->block = block;
        m->encoding = encoding;
        m->kernels = context->kernels;
        status = ls_memory_allocate(&facts, 1, sizeof *facts, "model");
    }
    if (status == LS_OK && root)
        status = state_facts(network, facts);
    LS_TRY_CLEANUP(ls_agree(context->comm, status));
    LS_TRY_CLEANUP(ls_comm_broadcast(context->comm, 0, facts, sizeof *facts));
    if (!root) {
        status = ls_network_create(facts->layers, facts->features, &m->network);
        if (status == LS_OK) {
            m->network->loss = facts->loss;
            m->network->loss_open = facts->loss_open;
            memcpy(m->network->loss_fault, facts->loss_fault, sizeof facts->loss_fault);
            memcpy(m->network->prepared, facts->prepared, sizeof facts->prepared);
            const ls_metric_task task = ls_network_task(m->network);
            status = ls_metrics_parse("metrics", facts->metrics, &task, &m->network->metrics);
        }
        if (status == LS_OK)
            status = ls_memory_allocate(&m->block, m->network->block, sizeof(float), "weights");
    }
    LS_TRY_CLEANUP(ls_agree(context->comm, status));
    LS_TRY_CLEANUP(share_map(context, facts->feature_map, facts->feature_factor, &m->network->feature_map));
    LS_TRY_CLEANUP(share_map(context, facts->target_map, facts->target_factor, &m->network->target_map));
    if (facts->offset)
        LS_TRY_CLEANUP(share_offset(context, m->network));
    if (facts->fill)
        LS_TRY_CLEANUP(share_fill(context, m->network));
    if (facts->class_count > 0)
        LS_TRY_CLEANUP(share_classes(context, facts->class_count, m->network));
    LS_TRY_CLEANUP(ls_comm_broadcast(context->comm, 0, m->block, m->network->block * (int64_t)sizeof(float)));
    LS_TRY_CLEANUP(ls_encoded_share(context, &m->encoding));
cleanup:
    ls_memory_free(facts);
    if (status == LS_OK) {
        *model = m;
    } else if (m) {
        ls_model_destroy(m);
    } else {
        ls_network_destroy(network);
        ls_memory_free(block);
        ls_memory_free(encoding);
    }
    return status;
}
