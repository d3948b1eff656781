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

#define WORDS_(x) #x
#define WORDS(x)  WORDS_(x)

const char *ls_mpi_compiled(void)
{
#if defined(OMPI_MAJOR_VERSION)
    return "Open MPI " WORDS(OMPI_MAJOR_VERSION) "." WORDS(OMPI_MINOR_VERSION) "." WORDS(OMPI_RELEASE_VERSION);
#elif defined(MPICH_VERSION)
    return "MPICH " MPICH_VERSION;
#else
    return "MPI " WORDS(MPI_VERSION) "." WORDS(MPI_SUBVERSION);
#endif
}
