/* Norm blocks' sums over ranks: each rank has summed those of its slice, and all need all of them. */
#ifndef LS_TRAIN_BLOCKSUMS_H
#define LS_TRAIN_BLOCKSUMS_H

#include "comm/reduce.h"
#include "model/norms.h"

typedef struct ls_blocksums {
    ls_comm *comm; /* not owned */
    int ranks;
    int64_t first, last;  /* this rank's blocks; all of them when everybody owns everything */
    ls_norm_run *of_rank; /* (ranks) every rank's; NULL: everybody's are all */
    int64_t *bytes;       /* (ranks) working space */
    double *gathered;     /* (count, width) in the ranks' order */
} ls_blocksums;

/* Local. The reduction's slices end at the norms' cuts; `width` is the most that will be shared of a block. */
ls_status ls_blocksums_create(const ls_norms *norms, ls_comm *comm, const ls_reduce *reduce, int width,
                              ls_blocksums *sums);
void ls_blocksums_free(ls_blocksums *sums); /* back to {0} */

/* Collective. values (count, width), of which every rank has filled its own blocks [first, last), is complete on all.
 */
ls_status ls_blocksums_share(ls_blocksums *sums, int width, double *values);

#endif
