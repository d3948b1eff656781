/* Several files under one name: a pattern ("part-*.h5") or a list with commas. */
#ifndef LS_FILES_FILES_H
#define LS_FILES_FILES_H

#include "base/status.h"

#include <stdbool.h>

/* Whether the text has one of * ? [ and is no file itself. */
bool ls_files_is_pattern(const char *text);

/* Local. The files that `text` names: itself when there is such a file; else the files that fit the pattern, in the
 * order of their names' bytes (part-10 before part-2); else the parts between commas, in their order, each a file or
 * pattern. A name without pattern is taken as it is, whether or not it is there. *paths is an array of *count strings
 * in one block, freed with ls_memory_free. LS_ERR_DATA when a pattern fits nothing or a file would be read twice. */
ls_status ls_files_expand(const char *text, char ***paths, int *count);

#endif
