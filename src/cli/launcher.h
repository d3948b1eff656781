/* The launcher that started this process, and MPI if there is one. */
#ifndef LOCKSTEP_CLI_LAUNCHER_H
#define LOCKSTEP_CLI_LAUNCHER_H

#include <lockstep.h>

/* What the environment says; no MPI needed. */
typedef struct cli_launcher {
    bool present;     /* a launcher started this process */
    bool has_pmi;     /* with an interface through which MPI can find the other ranks */
    int rank;         /* 0 when unknown */
    int size;         /* processes of the job; 0 when unknown */
    int local_size;   /* of them on this host; 1 when unknown */
    const char *name; /* "mpirun", "srun", ...: for messages */
} cli_launcher;

/* Local. */
cli_launcher launcher_find(void);
/* Local. The process that started this one, if that is the launcher itself and this its only process, which therefore
 * has no MPI to see it die; else 0: shells and other programs may end before what they have started. */
int launcher_to_follow(const cli_launcher *launcher);

/* Collective. Starts MPI when there are other ranks. LS_ERR_USAGE (output_fail) when the launcher started
 * several processes that MPI takes for separate jobs. From here on `hang_timeout` (seconds, -1: auto, 0: none) bounds
 * what MPI does before there is a context, and at its end: the process ends with LS_ERR_PEER and a line of its own. */
ls_status launcher_start(const cli_launcher *launcher, double hang_timeout);
/* Collective. A context over all ranks, or the MPI-free one. */
ls_status launcher_create_context(const cli_launcher *launcher, const ls_context_settings *settings,
                                  ls_context **context);
/* Local. This process's rank by MPI, else by the environment. */
int launcher_rank(const cli_launcher *launcher);
/* Collective; returns the exit code. With LS_ERR_PEER the others may hang, so MPI is aborted instead of
 * ended. */
int launcher_end(const cli_launcher *launcher, ls_status status);

#endif
