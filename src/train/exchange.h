/* What ranks exchange within a pass, where a layer depends on the rows of all of them (batch normalisation): sums over
 * the batch by the shards' tree. */
#ifndef LS_TRAIN_EXCHANGE_H
#define LS_TRAIN_EXCHANGE_H

#include "comm/treesum.h"
#include "model/pass.h"

typedef struct ls_exchange {
    ls_treesum *ranks; /* NULL: a single rank, or no such layer */
    double *sums;      /* (max(nodes, 1), ls_pass_exchanged) */
    /* of the present step */
    ls_status status; /* LS_ERR_PEER: the sums are none */
    double seconds;
} ls_exchange;

/* Local (all ranks must pass the same). For batches of such shards, of which `nodes` subtrees are this rank's. */
ls_status ls_exchange_create(const ls_network *network, ls_comm *comm, const ls_division *shards, int nodes,
                             ls_exchange *exchange);
void ls_exchange_free(ls_exchange *exchange); /* back to {0} */

/* Bytes of it, on the rank with most. */
int64_t ls_exchange_bytes(const ls_network *network, const ls_division *shards);

/* Local. For the pass of a step of `rows` rows on all ranks; NULL: it needs nothing of others. Fills *others. */
const ls_batch_others *ls_exchange_begin(ls_exchange *exchange, int64_t rows, ls_batch_others *others);

#endif
