/* Which MPI the library was built with. */
#ifndef LS_COMM_MPI_VERSION_H
#define LS_COMM_MPI_VERSION_H

#define LS_MPI_VERSION_MAX 256

/* Local, also before MPI is initialised. One line, "Open MPI v4.1.4, ..."; "none" in a build without MPI. */
void ls_mpi_version(char version[LS_MPI_VERSION_MAX]);

/* Local. The one whose header it was compiled with, "Open MPI 4.1.4"; "none". */
const char *ls_mpi_compiled(void);

#endif
