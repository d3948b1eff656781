/* The context: where work runs. */
#ifndef LS_TRAIN_CONTEXT_H
#define LS_TRAIN_CONTEXT_H

#include "base/log.h"
#include "base/status.h"
#include "comm/comm.h"
#include "comm/reduce.h"
#include "math/kernels.h"

#include <signal.h>

struct ls_context {
    ls_comm *comm; /* owned */
    ls_log log;    /* silent on ranks other than 0 */
    const ls_kernels *kernels;
    ls_reduce_scheme reduction;
    int threads;
    char description[512];
    volatile sig_atomic_t stop;
};

/* Collective. Takes over `comm`, also on failure. */
ls_status ls_context_create_over(ls_comm *comm, const ls_context_settings *settings, ls_context **context);

#endif
