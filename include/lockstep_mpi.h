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

/* Collective over `communicator`. The same for a communicator as Fortran has it: the integer of mpif.h and of `use
 * mpi`, or the member MPI_VAL of `use mpi_f08` (MPI 3.1, 17.2.4, MPI_Comm_f2c). tests/install/embed_fortran.f90 shows
 * the call. */
LS_API ls_status ls_context_create_fortran(MPI_Fint communicator, const ls_context_settings *settings,
                                           ls_context **context);

#ifdef __cplusplus
}
#endif

#endif
