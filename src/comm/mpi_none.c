/* A build without MPI (LOCKSTEP_MPI=OFF). */
#include "comm/mpi_version.h"

#include <string.h>

void ls_mpi_version(char version[LS_MPI_VERSION_MAX])
{
    memcpy(version, "none", sizeof "none");
}

const char *ls_mpi_compiled(void)
{
    return "none";
}
