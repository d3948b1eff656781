/* Memory that all ranks of a communicator have in common, where they are on one host. */
#ifndef LS_COMM_COMMON_H
#define LS_COMM_COMMON_H

#include "comm/comm.h"

typedef struct ls_common ls_common;

/* Collective. `bytes` (the same on all ranks), zeroed. *common stays NULL, on all ranks, where they are on several
 * hosts, or on cores with different memory near them, or the system does not let them share. LS_ERR_MEMORY,
 * LS_ERR_PEER. */
ls_status ls_common_create(ls_comm *comm, int64_t bytes, ls_common **common);
/* Local: the others keep what they have mapped. NULL is accepted. */
void ls_common_destroy(ls_common *common);
/* Aligned to a page. Who writes it must know that nobody reads it, and the other way round. */
void *ls_common_memory(const ls_common *common);

#endif
