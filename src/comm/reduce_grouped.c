/* P = m 2^a ranks: the m ranks of a group, whose shards are one aligned subtree, sum directly, so that each has the
 * group's sum of a slice; then halving goes on with that slice, between the same members of the 2^a groups. The weights
 * come back on the same way. A rank sends to log2 P + m - 1 others where direct alone sends to P - 1. */
#include "comm/reduce_internal.h"

ls_status ls_reduce_grouped_create(ls_reduce *reduce)
{
    LS_TRY(ls_reduce_direct_create(reduce));
    return ls_reduce_halving_create(reduce);
}

ls_status ls_reduce_grouped_step(ls_reduce *reduce, float *const *partials, ls_reduce_header *header,
                                 const ls_reduce_update *update, float *w)
{
    bool go_on;
    LS_TRY(ls_reduce_direct_sum(reduce, partials, header));
    LS_TRY(ls_reduce_halving_step(reduce, partials[0], header, update, w, &go_on));
    return go_on && !update->hold ? ls_reduce_direct_spread(reduce, w) : LS_OK;
}

ls_status ls_reduce_grouped_spread(ls_reduce *reduce, float *w)
{
    LS_TRY(ls_reduce_halving_spread(reduce, w));
    return ls_reduce_direct_spread(reduce, w);
}
