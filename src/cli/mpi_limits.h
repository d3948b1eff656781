/* Limits under which MPI would not start, or end in words of its own that do not name them. */
#ifndef LOCKSTEP_CLI_MPI_LIMITS_H
#define LOCKSTEP_CLI_MPI_LIMITS_H

#include "cli/launcher.h"

/* Local, before MPI starts. LS_ERR_MEMORY (output_fail) when address space, descriptors or threads are not enough for
 * it; a rank other than 0 has printed that, since ranks cannot agree yet. The soft limit of descriptors is raised. */
ls_status mpi_limits_check(const cli_launcher *launcher);

#endif
