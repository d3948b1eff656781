/* MPI's start and end. MPI_Init costs a quarter of a second, so it is called only when a launcher started more than
 * this process. */
#include "cli/launcher.h"
#include "cli/output.h"

#include <lockstep_mpi.h>

#include <stdio.h>
#include <string.h>

static bool mpi_runs(void)
{
    int initialized = 0, finalized = 0;
    MPI_Initialized(&initialized);
    MPI_Finalized(&finalized);
    return initialized && !finalized;
}

/* "Open MPI v4.1.4, package ..." -> "Open MPI v4.1.4" */
static void library_name(char name[64])
{
    char version[MPI_MAX_LIBRARY_VERSION_STRING] = "";
    int length;
    MPI_Get_library_version(version, &length);
    snprintf(name, 64, "%.*s", (int)strcspn(version, ",\n\t"), version);
}

static ls_status separate_jobs(const cli_launcher *launcher)
{
    char name[64];
    library_name(name);
    if (strcmp(launcher->name, "srun") == 0)
        return output_fail(
            LS_ERR_USAGE,
            "srun started %d tasks, but each is a job of its own to MPI (%s): they would all train alone. "
            "Use "
            "'srun --mpi=pmix lockstep ...' ('srun --mpi=list' shows what this Slurm has), or 'mpirun -n %d "
            "lockstep ...' inside the allocation",
            launcher->size, name, launcher->size);
    return output_fail(
        LS_ERR_USAGE,
        "%s started %d processes, but each is a job of its own to MPI (%s): they would all train alone. Use "
        "'mpirun -n %d lockstep ...' with the mpirun that belongs to %s",
        launcher->name, launcher->size, name, launcher->size, name);
}

ls_status launcher_start(const cli_launcher *launcher)
{
    if (!launcher->present || launcher->size == 1)
        return LS_OK;
#ifdef OPEN_MPI
    if (!launcher->has_pmi && launcher->size > 1) /* Open MPI's MPI_Init would abort with a text about its own build */
        return separate_jobs(launcher);
#endif
    int provided, size;
    MPI_Init_thread(NULL, NULL, MPI_THREAD_FUNNELED, &provided);
    MPI_Comm_size(MPI_COMM_WORLD, &size);
    if (size == 1 && launcher->size > 1)
        return separate_jobs(launcher);
    if (provided < MPI_THREAD_FUNNELED)
        return output_fail(LS_ERR_USAGE,
                           "this MPI does not support threads (MPI_THREAD_FUNNELED); use one built with them");
    return LS_OK;
}

ls_status launcher_create_context(const ls_context_settings *settings, ls_context **context)
{
    return mpi_runs() ? ls_context_create_mpi(MPI_COMM_WORLD, settings, context) : ls_context_create(settings, context);
}

int launcher_rank(const cli_launcher *launcher)
{
    int rank = launcher->rank, size = 1;
    if (mpi_runs()) {
        MPI_Comm_size(MPI_COMM_WORLD, &size);
        if (size > 1)
            MPI_Comm_rank(MPI_COMM_WORLD, &rank);
    }
    return rank;
}

int launcher_end(ls_status status)
{
    if (mpi_runs()) {
        if (status == LS_ERR_PEER)
            MPI_Abort(MPI_COMM_WORLD, status);
        MPI_Finalize();
    }
    return status;
}
