/* A communicator over MPI's. */
#ifndef LS_COMM_COMM_MPI_H
#define LS_COMM_COMM_MPI_H

#include "comm/comm.h"

#include <mpi.h>

/* Collective. Duplicates `communicator`, with errors returned instead of fatal. LS_ERR_USAGE when MPI is not
 * initialised. */
ls_status ls_comm_create_mpi(MPI_Comm communicator, ls_comm **comm);

#endif
