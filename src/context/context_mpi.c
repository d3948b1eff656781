/* A context over MPI. */
#include "comm/comm_mpi.h"
#include "context/context.h"

#include <lockstep_mpi.h>

ls_status ls_context_create_mpi(MPI_Comm communicator, const ls_context_settings *settings, ls_context **context)
{
    ls_comm *comm;
    *context = NULL;
    LS_TRY(ls_comm_create_mpi(communicator, &comm));
    return ls_context_create_over(comm, settings, context);
}

ls_status ls_context_create_fortran(MPI_Fint communicator, const ls_context_settings *settings, ls_context **context)
{
    return ls_context_create_mpi(MPI_Comm_f2c(communicator), settings, context);
}
