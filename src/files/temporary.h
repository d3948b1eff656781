/* Names of files that are being written and get their own name at the end, and what killed processes leave of them.
 * Such a name proves whose it is: ".NAME.tmp.PID-CHECK", where CHECK are 16 hexadecimal digits of a hash of NAME and
 * PID. No name that somebody else chose has the right ones by chance, so no file of somebody else's is taken for one.
 */
#ifndef LS_FILES_TEMPORARY_H
#define LS_FILES_TEMPORARY_H

#include "base/status.h"

#include <stdbool.h>
#include <stddef.h>

/* Local. The temporary name of this process beside `path` into temporary[capacity]. LS_ERR_OUTPUT: too long. */
ls_status ls_temporary_name(const char *path, char *temporary, size_t capacity);

/* Whether a name without its directory is one of these, of the file `of` (NULL: of any). */
bool ls_temporary_is(const char *name, const char *of);

/* Local. Removes the file that has the temporary name of this process from before its time, unless it is no regular
 * file, or is locked: whoever writes one has it locked. */
void ls_temporary_remove(const char *path);

/* Local. Removes those in a directory that are of the file `of` (NULL: of any) and not locked; where the file system
 * has no locks they stay. LS_ERR_OUTPUT: it cannot be listed. */
ls_status ls_temporary_clean(const char *directory, const char *of);

#endif
