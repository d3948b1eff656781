/* Small text files of a run: logs that are appended to and cut back, and whole files replaced atomically. */
#ifndef LS_FILES_TEXTFILE_H
#define LS_FILES_TEXTFILE_H

#include "base/status.h"

#include <stdbool.h>
#include <stdint.h>

typedef struct ls_textfile ls_textfile;

/* Local. Opens for appending; the file is created when it is not there, and cut to `length` bytes first (LS_ERR_OUTPUT
 * when it is shorter than that); a negative length leaves it as it is. */
ls_status ls_textfile_open(const char *path, int64_t length, ls_textfile **file);
/* Local. Appends with one write() where the system allows. LS_ERR_OUTPUT names path and reason. */
ls_status ls_textfile_append(ls_textfile *file, const char *text);
/* Bytes in the file now. */
int64_t ls_textfile_length(const ls_textfile *file);
/* Local. To the disk. */
ls_status ls_textfile_sync(ls_textfile *file);
void ls_textfile_close(ls_textfile *file); /* NULL is accepted */

/* Local. Writes a whole file under a temporary name beside it, fsyncs, renames, fsyncs the directory. */
ls_status ls_textfile_replace(const char *path, const char *text);
/* Local. The whole file as a string of at most `limit` bytes; freed with ls_memory_free. */
ls_status ls_textfile_read(const char *path, int64_t limit, char **text);

#endif
