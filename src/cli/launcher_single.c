/* The launcher's part in a build without MPI (LOCKSTEP_MPI=OFF): there is one process. */
#include "cli/launcher.h"
#include "cli/output.h"

ls_status launcher_start(const cli_launcher *launcher, double hang_timeout)
{
    (void)hang_timeout;
    if (!launcher->present || launcher->size == 1)
        return LS_OK;
    if (launcher->size == 0)
        return output_fail(LS_ERR_USAGE,
                           "%s started this process and does not say how many there are, and this lockstep was built "
                           "without MPI (LOCKSTEP_MPI=OFF): start it without a launcher, or use a build with MPI",
                           launcher->name);
    return output_fail(
        LS_ERR_USAGE,
        "%s started %d processes, but this lockstep was built without MPI (LOCKSTEP_MPI=OFF): they would "
        "all train alone. Start it without a launcher, or use a build with MPI",
        launcher->name, launcher->size);
}

ls_status launcher_create_context(const cli_launcher *launcher, const ls_context_settings *settings,
                                  ls_context **context)
{
    (void)launcher;
    return ls_context_create(settings, context);
}

int launcher_rank(const cli_launcher *launcher)
{
    return launcher->rank;
}

int launcher_end(const cli_launcher *launcher, ls_status status)
{
    (void)launcher;
    return status;
}
