/* Replacing a file atomically: a temporary name beside it, which is owned exclusively, then rename. A reader
 * sees the old file or the new one, and after a crash at any point one of both is whole. */
#ifndef LS_FILES_REPLACE_H
#define LS_FILES_REPLACE_H

#include "base/status.h"

#include <stddef.h>

/* Local. Makes ".NAME.tmp.PID-CHECK" (temporary.h) in the directory of `path` into temporary[capacity] and opens it,
 * new and empty, for reading and writing with the usual mode (0666 without the umask's bits). A file of that name was
 * left by a killed process that had our number, and is replaced. LS_ERR_OUTPUT; *fd is -1 then. */
ls_status ls_replace_open(const char *path, char *temporary, size_t capacity, int *fd);

/* Local. Removes the temporary files that killed processes left for this path. Those of a running process stay: it
 * holds a lock on its own from ls_replace_open on. Where the file system has no locks all stay. */
void ls_replace_clean(const char *path);

/* Local. fsync. Must not be repeated after a failure: the kernel may have dropped the pages and would report
 * success. */
ls_status ls_replace_sync(int fd, const char *path);

/* Local. Closes `fd` and renames the temporary file, provided that it is still the one that `fd` has open, and
 * fsyncs the directory. Nothing is left to discard afterwards: on failure the temporary file is removed. */
ls_status ls_replace_rename(int fd, const char *temporary, const char *path);

/* Local. Closes `fd` and removes the temporary file, if it is still that one. fd -1 is accepted. */
void ls_replace_discard(int fd, const char *temporary);

/* Local. Writes all of it at `offset`, through interruptions and short writes. `path` is for the message. */
ls_status ls_replace_write(int fd, const char *path, const void *bytes, size_t count, size_t offset);

#endif
