/* The direct reduction from inside: its pieces on their way. */
#ifndef LS_COMM_REDUCE_DIRECT_H
#define LS_COMM_REDUCE_DIRECT_H

#include "comm/reduce_internal.h"

enum { LS_DIRECT_SUMS, LS_DIRECT_WEIGHTS };

static inline int ls_reduce_direct_nodes_of(const ls_reduce *reduce, int member)
{
    return reduce->first_node[member + 1] - reduce->first_node[member];
}

static inline int ls_reduce_direct_rank_of(const ls_reduce *reduce, int member)
{
    return reduce->group * reduce->members + member;
}

/* Slices travel in pieces, as many of each rank's as of the longest. */
int64_t ls_reduce_direct_pieces(const ls_reduce *reduce);
ls_reduce_range ls_reduce_direct_piece(const ls_reduce *reduce, int member, int64_t k);

/* Local. What of this rank's memory the members on its host are to read. */
void ls_reduce_direct_plan_sharing(ls_reduce *reduce);

/* Notes in `rows` where each node of piece k of the owned slice, the number-th in all, is or will be: pieces that come
 * as messages arrive in two places by turns. */
void ls_reduce_direct_place_rows(ls_reduce *reduce, float *const *partials, int64_t k, int64_t number);
/* Starts the way of piece k of every slice, the headers before the first. Everybody begins with the next member, so
 * that not all send to the first one first. */
ls_status ls_reduce_direct_post_sums(ls_reduce *reduce, float *const *partials, int64_t k);
/* Waits for the oldest pieces under way, which are sums. */
ls_status ls_reduce_direct_settle_sums(ls_reduce *reduce);
/* Starts the way of piece k of every slice's new weights. */
ls_status ls_reduce_direct_post_weights(ls_reduce *reduce, float *w, int64_t k);
/* Waits for piece k of the others' new weights, the oldest under way. */
ls_status ls_reduce_direct_take_weights(ls_reduce *reduce, float *w, int64_t k);

#endif
