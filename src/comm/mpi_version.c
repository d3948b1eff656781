/* The MPI of this build, in its own words. */
#include "comm/mpi_version.h"

#include <mpi.h>
#include <stdio.h>
#include <string.h>

void ls_mpi_version(char version[LS_MPI_VERSION_MAX])
{
    char text[MPI_MAX_LIBRARY_VERSION_STRING] = "";
    int length = 0;
    MPI_Get_library_version(text, &length); /* allowed before MPI_Init */
    text[strcspn(text, "\n")] = '\0';
    snprintf(version, LS_MPI_VERSION_MAX, "%s", text);
}
