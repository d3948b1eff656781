/* The context: where work runs. */
#ifndef LS_CONTEXT_CONTEXT_H
#define LS_CONTEXT_CONTEXT_H

#include "base/log.h"
#include "base/status.h"
#include "comm/comm.h"
#include "comm/reduce.h"
#include "context/memory_limit.h"
#include "context/patience.h"
#include "math/kernels.h"

#include <signal.h>

/* What libhdf5, OpenMP, MPI and the reader of streamed rows, with its stack, take of a limited address space. */
#define LS_CONTEXT_SPARE_BYTES ((int64_t)24 << 20)

struct ls_context {
    ls_comm *comm; /* owned */
    ls_log log;    /* silent on ranks other than 0 */
    const ls_kernels *kernels;
    ls_reduce_scheme reduction;
    ls_patience patience; /* what the communicator's timeout goes by */
    int threads;
    char description[512];
    int64_t memory;                   /* bytes of rows that this rank may hold */
    char memory_from[LS_MEMORY_FROM]; /* where that number comes from, for people */
    int64_t held;                     /* bytes of rows that trainers and evaluations hold */
    bool owns_models; /* trainers made on it are the only users of their models; the same on all ranks */
    bool reports;     /* evaluations keep what reports tell (train/harvest.h); the same on all ranks */
    volatile sig_atomic_t stop, has_state; /* a stop is asked for; it has something to save */
};

/* Bytes of rows that may still be held. */
static inline int64_t ls_context_room(const ls_context *context)
{
    return context->memory > context->held ? context->memory - context->held : 0;
}

/* Local. From now on this thread's reading asks between its pieces whether a stop was requested, and ends with
 * LS_STOPPED then; `heeds` false: no longer. Not for what training reads: its state would be lost. The request is used
 * up by whoever tells of it. */
void ls_context_heed(ls_context *context, bool heeds);

/* Collective. Takes over `comm`, also on failure. */
ls_status ls_context_create_over(ls_comm *comm, const ls_context_settings *settings, ls_context **context);

#endif
