/* A bound on what MPI does by itself: it starts, and ends, when all ranks take part, and waits for ever for one that
 * does not. */
#ifndef LOCKSTEP_CLI_MPI_WATCH_H
#define LOCKSTEP_CLI_MPI_WATCH_H

#include "cli/launcher.h"

/* The least bound, in seconds: starting takes a while on a busy machine, whatever the steps of a training do. */
#define MPI_WATCH_LEAST 5.0

/* Local. From now on the process has `seconds` for `what` ("MPI_Init"); it ends with code 6 and one line on standard
 * error when they are over, lower ranks first. Time in which the process is suspended does not count. `hint`: what the
 * line says at its end. Seconds 0: no bound, as when no thread can be started for it. A later call takes the place of
 * an earlier one. */
void mpi_watch_begin(const cli_launcher *launcher, const char *what, double seconds, const char *hint);
/* Local. It is done. */
void mpi_watch_end(void);

/* Local. The bound that a --hang-timeout (-1: auto) gives. */
double mpi_watch_bound(double hang_timeout);

#endif
