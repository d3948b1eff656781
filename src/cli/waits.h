/* How this process's threads wait for each other: as briefly as helps. */
#ifndef LOCKSTEP_CLI_WAITS_H
#define LOCKSTEP_CLI_WAITS_H

#include "cli/launcher.h"

/* Local, before MPI starts. When this host's ranks have more threads than cores, spinning would take the cores from the
 * threads they wait for, so OpenMP and MPI sleep instead; else OpenMP's threads spin for no longer than a step makes
 * them wait. The OpenMP runtime reads the environment that says so when it is started, before main: where it is a part
 * of this program, that has been done by then. Where it is not, or the wish is another one than it seemed, this sets
 * the environment and starts the program anew, once. `threads` is --threads, 0 when not given. */
void waits_settle(const cli_launcher *launcher, int64_t threads, char **argv);

#endif
