/* Small text files that are replaced atomically, and read whole. */
#ifndef LS_FILES_TEXTFILE_H
#define LS_FILES_TEXTFILE_H

#include "base/status.h"

#include <stdint.h>

/* Local. Writes a whole file under a temporary name beside it, fsyncs, renames, fsyncs the directory. */
ls_status ls_textfile_replace(const char *path, const char *text);
/* Local. The whole file as a string of at most `limit` bytes; freed with ls_memory_free. */
ls_status ls_textfile_read(const char *path, int64_t limit, char **text);

#endif
