/* Directories: made, synced, listed. Paths are path.h's. */
#ifndef LS_FILES_DIRECTORY_H
#define LS_FILES_DIRECTORY_H

#include "base/status.h"

#include <stdbool.h>

/* Local. Makes a directory, and fsyncs the one it is in; an existing one is fine. LS_ERR_OUTPUT otherwise. */
ls_status ls_directory_make(const char *path);
/* Local. fsync of a directory, so that a rename in it is on the disk. */
ls_status ls_directory_sync(const char *path);
/* Local. Names in a directory with this prefix and suffix, sorted; *names is an array of *count strings in one block,
 * freed with ls_memory_free. A missing directory gives none. */
ls_status ls_directory_list(const char *path, const char *prefix, const char *suffix, char ***names, int *count);

#endif
