/* Paths as text, and whether something is there. */
#ifndef LS_FILES_PATH_H
#define LS_FILES_PATH_H

#include "base/status.h"

#include <stdbool.h>
#include <stddef.h>

bool ls_path_exists(const char *path);
/* Local. The same where no is an answer that counts. LS_ERR_OUTPUT: the system cannot tell. */
ls_status ls_path_find(const char *path, bool *there);
bool ls_path_is_directory(const char *path);
/* Whether a path ends in a suffix such as ".csv", in any case; ".csv.gz" does too. */
bool ls_path_has_suffix(const char *path, const char *suffix);
/* path = directory "/" name, LS_ERR_USAGE when it does not fit capacity. */
ls_status ls_path_join(char *path, int capacity, const char *directory, const char *name);

/* The directory that a path is in: "." when it names none, "/" at the root; slashes at its end do not count. Cut off at
 * capacity - 1 bytes. */
void ls_path_parent(const char *path, char *directory, size_t capacity);

#endif
