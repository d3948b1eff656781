/* From a rank's own memory into what all have in common, and back. */
#include "train/common_weights.h"

#include "base/hash64.h"
#include "base/memory.h"
#include "comm/agree.h"

#include <string.h>

static size_t block_bytes(const ls_model *model)
{
    return (size_t)model->network->block * sizeof *model->block;
}

/* Statistics of batch normalisation, behind what is trainable, are every rank's own. */
static bool is_wanted(const ls_trainer *t)
{
    const ls_network *network = t->model->network;
    return t->context->owns_models && !t->alone && !t->model->common && network->block == network->trainable;
}

/* Collective. */
static ls_status all_may(const ls_trainer *t, bool *may)
{
    int64_t without = !ls_reduce_may_have_common(t->reduce);
    LS_TRY(ls_comm_sum_int64(t->context->comm, &without, 1));
    *may = without == 0;
    return LS_OK;
}

ls_status ls_common_weights_begin(ls_trainer *t)
{
    ls_comm *comm = t->context->comm;
    ls_model *model = t->model;
    ls_common *common;
    bool may;
    if (!is_wanted(t))
        return LS_OK;
    LS_TRY(all_may(t, &may));
    if (!may)
        return LS_OK;
    /* one rank's will be everybody's: a flipped bit would be, too */
    LS_TRY(ls_agree_hash(comm, ls_hash64_words(0, model->block, (size_t)model->network->block), "weights"));
    LS_TRY(ls_common_create(comm, (int64_t)block_bytes(model), &common));
    if (!common)
        return LS_OK;
    if (ls_comm_rank(comm) == 0)
        memcpy(ls_common_memory(common), model->block, block_bytes(model));
    const ls_status status = ls_agree(comm, LS_OK);
    if (status != LS_OK) {
        ls_common_destroy(common);
        return status;
    }
    ls_memory_free(model->block);
    model->block = ls_common_memory(common);
    model->common = common;
    t->common = true;
    ls_reduce_have_common(t->reduce);
    return LS_OK;
}

void ls_common_weights_end(ls_trainer *t)
{
    ls_model *model = t->model;
    float *own;
    if (!t->common || ls_comm_is_broken(t->context->comm)) /* MPI may still have the block in its hands */
        return;
    if (ls_memory_allocate(&own, model->network->block, sizeof *own, "weights") != LS_OK)
        return;
    memcpy(own, model->block, block_bytes(model));
    ls_common_destroy(model->common);
    model->common = NULL;
    model->block = own;
}
