/* The software that runs: Lockstep, what it was compiled with, and what is loaded. */
#ifndef LS_JOBS_SOFTWARE_H
#define LS_JOBS_SOFTWARE_H

#include "base/json.h"

/* Local. Members of the present object: commit, compiler, build_type, mpi and hdf5 as they are loaded, and as they were
 * when this was compiled (mpi_compiled, hdf5_compiled). */
void ls_software_put(ls_json *json);

#endif
