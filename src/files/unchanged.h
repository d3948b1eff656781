/* Whether a file was written to in its place while it was read. Who replaces it by another does no harm to a reader. */
#ifndef LS_FILES_UNCHANGED_H
#define LS_FILES_UNCHANGED_H

#include "base/status.h"
#include "files/state.h"

typedef struct ls_unchanged {
    ls_file_state then;
    bool known;
} ls_unchanged;

/* Local. Before the first byte is read. */
void ls_unchanged_note(const char *path, ls_unchanged *file);

/* Local. After the last: what was read may be of two files if it was written to. LS_ERR_OUTPUT names it. */
ls_status ls_unchanged_check(const char *path, const ls_unchanged *file);

#endif
