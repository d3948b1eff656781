/* MPI's start and end. MPI_Init costs a quarter of a second, so it is called only when a launcher started more than
 * this process. */
#include "cli/launcher.h"

#include "cli/mpi_limits.h"
#include "cli/mpi_watch.h"
#include "cli/output.h"
#include "cli/pmi_advice.h"

#include <lockstep_mpi.h>

#include <stdlib.h>
#include <string.h>

static bool mpi_runs(void)
{
    int initialized = 0, finalized = 0;
    MPI_Initialized(&initialized);
    MPI_Finalized(&finalized);
    return initialized && !finalized;
}

static ls_status separate_jobs(const cli_launcher *launcher)
{
    char version[MPI_MAX_LIBRARY_VERSION_STRING] = "", text[1024];
    int length;
    MPI_Get_library_version(version, &length);
    pmi_advice_separate(launcher->name, launcher->size, version, text, sizeof text);
    return output_fail(LS_ERR_USAGE, "%s", text);
}

#ifdef OPEN_MPI
/* Some builds of Open MPI know srun's PMI-2. In others MPI_Init ends the process with a text about such builds, so what
 * helps is said before. */
static void say_doubt(const cli_launcher *launcher)
{
    if (launcher->rank == 0 && strcmp(launcher->name, "srun") == 0 && getenv("PMIX_RANK") == NULL)
        output_log(NULL, LS_LOG_INFO,
                   "srun offers PMI-2, which not every Open MPI knows; if it does not start, use 'srun --mpi=pmix'");
}
#endif

/* A rank that reaches its context goes on with waits that have bounds of their own and name who is missing. */
#define FOR_CONTEXT(bound) (1.5 * (bound))

static double bound; /* seconds of MPI's own waits; 0: none */

ls_status launcher_start(const cli_launcher *launcher, double hang_timeout)
{
    if (!launcher->present || launcher->size == 1)
        return LS_OK;
#ifdef OPEN_MPI
    if (!launcher->has_pmi && launcher->size > 1) /* Open MPI's MPI_Init would abort with a text about its own build */
        return separate_jobs(launcher);
    say_doubt(launcher);
#endif
    const ls_status limits = mpi_limits_check(launcher);
    if (limits != LS_OK)
        return limits;
    int provided, size;
    bound = mpi_watch_bound(hang_timeout);
    mpi_watch_begin(launcher, "MPI_Init", bound,
                    "look for hosts and processes that stand still, and for a network that MPI cannot use");
    MPI_Init_thread(NULL, NULL, MPI_THREAD_FUNNELED, &provided);
    mpi_watch_end();
    MPI_Comm_size(MPI_COMM_WORLD, &size);
    if (size == 1 && launcher->size > 1)
        return separate_jobs(launcher);
    if (provided < MPI_THREAD_FUNNELED)
        return output_fail(LS_ERR_USAGE,
                           "this MPI does not support threads (MPI_THREAD_FUNNELED); use one built with them");
    return LS_OK;
}

ls_status launcher_create_context(const cli_launcher *launcher, const ls_context_settings *settings,
                                  ls_context **context)
{
    if (!mpi_runs())
        return ls_context_create(settings, context);
    mpi_watch_begin(launcher, "MPI_Comm_dup", FOR_CONTEXT(bound),
                    "look for hosts and processes that stand still, and for a network that MPI cannot use");
    const ls_status status = ls_context_create_mpi(MPI_COMM_WORLD, settings, context);
    mpi_watch_end();
    return status;
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

int launcher_end(const cli_launcher *launcher, ls_status status)
{
    if (mpi_runs()) {
        if (status == LS_ERR_PEER)
            MPI_Abort(MPI_COMM_WORLD, status);
        mpi_watch_begin(launcher, "MPI_Finalize", bound, "the work itself is done, and what it has written is whole");
        MPI_Finalize();
        mpi_watch_end();
    }
    return status;
}
