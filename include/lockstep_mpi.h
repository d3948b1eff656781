/* Lockstep over MPI: a context on the caller's communicator. Everything else is in lockstep.h. */
#ifndef LOCKSTEP_MPI_H
#define LOCKSTEP_MPI_H

#include <lockstep.h>
#include <mpi.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Collective over `communicator`, which is duplicated, so the library's messages never meet the caller's. MPI must be
 * initialised (MPI_THREAD_FUNNELED or higher) and must not be finalised before ls_context_destroy. Only the thread that
 * initialised MPI may call collective functions. `settings` may be NULL. */
LS_API ls_status ls_context_create_mpi(MPI_Comm communicator, const ls_context_settings *settings,
                                       ls_context **context);

#ifdef __cplusplus
}
#endif

#endif
