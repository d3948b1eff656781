/* The penalty in the loss, from norm blocks' sums. */
#include "train/penalty.h"

#include "base/memory.h"

/* What a sum of this kind is multiplied by. */
static double factor_of(const ls_regularizer *regularizer, ls_norm_kind kind)
{
    return kind == LS_NORM_ABSOLUTES ? regularizer->l1 : regularizer->l2;
}

static bool needs(const ls_network *network, ls_norm_kind kind)
{
    for (int t = 0; t < network->trainable_variables; t++)
        if (factor_of(ls_network_regularizer(network, t), kind) != 0)
            return true;
    return false;
}

ls_status ls_penalty_create(const ls_norms *norms, ls_penalty *penalty)
{
    ls_status status;
    *penalty = (ls_penalty){.norms = norms};
    for (int kind = LS_NORM_SQUARES; kind <= LS_NORM_ABSOLUTES; kind++)
        if (needs(norms->network, (ls_norm_kind)kind))
            LS_TRY_CLEANUP(
                ls_memory_allocate(&penalty->sums[kind], norms->count, sizeof *penalty->sums[kind], "penalty"));
    return LS_OK;
cleanup:
    ls_penalty_free(penalty);
    return status;
}

void ls_penalty_free(ls_penalty *penalty)
{
    ls_memory_free(penalty->sums[LS_NORM_SQUARES]);
    ls_memory_free(penalty->sums[LS_NORM_ABSOLUTES]);
    *penalty = (ls_penalty){0};
}

/* l1 part + l2 part, where there is one. */
static double tensor_penalty(const ls_penalty *p, int tensor)
{
    const ls_regularizer *r = ls_network_regularizer(p->norms->network, tensor);
    double value = 0;
    if (r->l1 != 0)
        value = r->l1 * ls_norms_tensor(p->norms, tensor, p->sums[LS_NORM_ABSOLUTES]);
    if (r->l2 != 0)
        value = value + r->l2 * ls_norms_tensor(p->norms, tensor, p->sums[LS_NORM_SQUARES]);
    return value;
}

ls_status ls_penalty_find(ls_penalty *p, const ls_kernels *kernels, int threads, const float *block,
                          ls_blocksums *owners, double *value)
{
    const int64_t first = owners ? owners->first : 0, last = owners ? owners->last : p->norms->count;
    for (int kind = LS_NORM_SQUARES; kind <= LS_NORM_ABSOLUTES; kind++) {
        double *sums = p->sums[kind];
        if (!sums)
            continue;
        ls_norms_sums(p->norms, kernels, threads, (ls_norm_kind)kind, first, last, block + p->norms->cuts[first],
                      LS_NORM_SUM, sums + first);
        if (owners)
            LS_TRY(ls_blocksums_share(owners, LS_NORM_SUM, sums));
    }
    *value = 0;
    for (int t = 0; t < p->norms->network->trainable_variables; t++)
        *value = *value + tensor_penalty(p, t);
    return LS_OK;
}
