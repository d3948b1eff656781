/* Sums of float64 vectors over the contract's tree of leaves, of which every rank owns a run: each brings the sums of
 * its subtrees, and all get the same bits. For vectors that are small beside a gradient. */
#ifndef LS_COMM_TREESUM_H
#define LS_COMM_TREESUM_H

#include "base/division.h"
#include "base/tree.h"
#include "comm/comm.h"

typedef struct ls_treesum ls_treesum;

/* Local (all ranks must pass the same). For vectors of up to `width` doubles and the leaves of `division`, whose owners
 * are the ranks; it must stay. most_bytes: of all subtrees' sums, what every rank may gather, in few messages; where
 * they are more, they climb the tree, and no rank holds or sends more than its own and one. `what` names the messages,
 * as in ls_comm_exchange, and must stay. */
ls_status ls_treesum_create(ls_comm *comm, const ls_division *division, int64_t width, int64_t most_bytes,
                            const char *what, ls_treesum **sum);
void ls_treesum_destroy(ls_treesum *sum); /* NULL is accepted */

/* Bytes that such a sum takes on each rank. */
int64_t ls_treesum_bytes(const ls_division *division, int64_t width, int64_t most_bytes);

/* Collective. mine (nodes, width), a row for each of this rank's maximal aligned subtrees from left to right (none of a
 * rank without leaves), becomes total (width), which may be its first row, on all ranks. `width` is at most that of the
 * creation. Allocates nothing. */
ls_status ls_treesum_run(ls_treesum *sum, int64_t width, double *mine, double *total);

#endif
