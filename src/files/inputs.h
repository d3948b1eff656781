/* The files that a command reads, so that none of them is written: told apart by device and inode, whatever they are
 * called. */
#ifndef LS_FILES_INPUTS_H
#define LS_FILES_INPUTS_H

#include "base/status.h"

#include <stdbool.h>
#include <stdint.h>

/* Start from {0}. */
typedef struct ls_inputs {
    int64_t count, capacity;
    struct ls_input *file; /* (capacity), owned */
} ls_inputs;

/* Local. One more; a path that leads to nothing, or an empty one, is none. LS_ERR_MEMORY. */
ls_status ls_inputs_add(ls_inputs *inputs, const char *path);
/* Local. All of another's. */
ls_status ls_inputs_add_all(ls_inputs *inputs, const ls_inputs *others);
void ls_inputs_free(ls_inputs *inputs); /* back to {0} */

/* What the i-th of them was called. */
const char *ls_inputs_name(const ls_inputs *inputs, int64_t i);

/* Local. Whether a file is still the one that was added under this name, with its size and time; a name that was not
 * added is. LS_ERR_DATA says what has happened to it. */
ls_status ls_inputs_check_same(const ls_inputs *inputs, const char *name);

/* Local. Whether the path leads to one of them; *name is then what it was called. */
bool ls_inputs_have(const ls_inputs *inputs, const char *path, const char **name);

/* Local. Whether a file can be put in the place of `path`: nothing is there, or a regular file that is none of the
 * inputs and may be replaced (`overwrite`). LS_ERR_USAGE: it is read, or a directory, device or pipe. LS_ERR_OUTPUT: it
 * exists, or is a link that leads to no file. */
ls_status ls_inputs_check_output(const ls_inputs *inputs, const char *path, bool overwrite);

#endif
