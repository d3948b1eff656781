/* What to do when a launcher and the MPI library do not find each other. */
#ifndef LOCKSTEP_CLI_PMI_ADVICE_H
#define LOCKSTEP_CLI_PMI_ADVICE_H

#include <stddef.h>

/* The library's name and version, on one line: from "Open MPI v4.1.4, package: ..." the first three words. `version` is
 * what MPI_Get_library_version tells. */
void pmi_advice_library(const char *version, char *name, size_t size);

/* The message for `tasks` processes that `launcher` (cli_launcher's name) started, and each of which is a job of its
 * own to this library: the way of starting them that the library understands. */
void pmi_advice_separate(const char *launcher, int tasks, const char *version, char *text, size_t size);

#endif
