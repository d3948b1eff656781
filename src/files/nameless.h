/* A file without a name, for what a process keeps for a while and nobody else sees. */
#ifndef LS_FILES_NAMELESS_H
#define LS_FILES_NAMELESS_H

#include "base/status.h"

/* Local. Opens one in TMPDIR (else /tmp), empty, for reading and writing; it is gone when it is closed, however the
 * process ends. `what` is it that wants it, for the message of LS_ERR_OUTPUT: "WHAT cannot be kept here". */
ls_status ls_nameless_open(const char *what, int *fd);
/* Local. The same in memory, where the system has such files; else in TMPDIR. */
ls_status ls_nameless_in_memory(const char *what, int *fd);

#endif
