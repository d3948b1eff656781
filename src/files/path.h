/* Paths as text, and whether something is there. */
#ifndef LS_FILES_PATH_H
#define LS_FILES_PATH_H

#include "base/status.h"

#include <stdbool.h>

bool ls_path_exists(const char *path);
bool ls_path_is_directory(const char *path);
/* Whether a path ends in a suffix such as ".csv", in any case; ".csv.gz" does too. */
bool ls_path_has_suffix(const char *path, const char *suffix);
/* path = directory "/" name, LS_ERR_USAGE when it does not fit capacity. */
ls_status ls_path_join(char *path, int capacity, const char *directory, const char *name);

#endif
