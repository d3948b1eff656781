/* Kinds of files that people have and nothing here reads: told by their first bytes, with the way to something
 * readable. */
#ifndef LS_FILES_KINDS_H
#define LS_FILES_KINDS_H

#include <stdbool.h>
#include <stddef.h>

/* First bytes that are enough to tell any kind. */
#define LS_FILE_KIND_BYTES 512

/* What a file is that begins with `count` bytes: "it is Parquet: write it as CSV with ...", ready to stand behind the
 * file's name. NULL: none of the known kinds, which may well be text. */
const char *ls_kinds_of(const unsigned char *bytes, size_t count);

/* The same of a file that is to be a table: also what is read here, but is none. */
const char *ls_kinds_of_no_table(const unsigned char *bytes, size_t count);

/* Whether they could all be text: no control characters but tabs and line ends, nothing that UTF-8 has not. */
bool ls_kinds_is_text(const unsigned char *bytes, size_t count);

#endif
