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

/* Local. Makes a directory; an existing one is fine. LS_ERR_OUTPUT otherwise. */
ls_status ls_directory_make(const char *path);
/* Local. fsync of a directory, so that a rename in it is on the disk. */
ls_status ls_directory_sync(const char *path);
bool ls_path_exists(const char *path);
bool ls_path_is_directory(const char *path);
/* Whether a path ends in a suffix such as ".csv", in any case; ".csv.gz" does too. */
bool ls_path_has_suffix(const char *path, const char *suffix);
/* Local. Names in a directory with this prefix and suffix, sorted; *names is an array of *count strings in one block,
 * freed with ls_memory_free. A missing directory gives none. */
ls_status ls_directory_list(const char *path, const char *prefix, const char *suffix, char ***names, int *count);
/* path = directory "/" name, LS_ERR_USAGE when it does not fit capacity. */
ls_status ls_path_join(char *path, int capacity, const char *directory, const char *name);

#endif
