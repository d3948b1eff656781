/* Standard input as a file that can be read more than once: it is copied to one without a name. */
#ifndef LS_FILES_SPOOL_H
#define LS_FILES_SPOOL_H

#include "base/status.h"

#include <stdbool.h>

/* What it is called, in messages and where a path is asked for (ls_stream_open). */
#define LS_SPOOL_NAME "standard input"

/* Local. Reads standard input to its end, into an unlinked file in TMPDIR (else /tmp); what was read before is gone.
 * `stop` is asked now and then, also while nothing comes. LS_STOPPED; LS_ERR_OUTPUT: no room; LS_ERR_DATA: nothing to
 * read. */
ls_status ls_spool_read(bool (*stop)(void *user), void *user);

/* Local. A new descriptor of it for pread, when `path` is its name and it was read; else -1. */
int ls_spool_open(const char *path);

#endif
