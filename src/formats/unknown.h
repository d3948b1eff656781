/* Categories that an encoding does not have, in tables that are read through it with leave to pass over them: which,
 * and in how many rows, so that it can be said once. */
#ifndef LS_FORMATS_UNKNOWN_H
#define LS_FORMATS_UNKNOWN_H

#include "base/text.h"
#include "formats/dictionary.h"

#include <stdbool.h>

/* Different ones that are remembered. */
#define LS_UNKNOWN_MOST 1000

/* Start from {0}. */
typedef struct ls_unknown {
    bool ignored;       /* else a category that is not known is an error */
    int64_t rows;       /* that have any */
    bool more;          /* than are remembered */
    ls_dictionary seen; /* "colour=violet", in the order in which they came */
} ls_unknown;

void ls_unknown_free(ls_unknown *unknown); /* back to {0} */
/* Local. One more of a row; *first says whether it is the row's first, and becomes false. LS_ERR_MEMORY. */
ls_status ls_unknown_note(ls_unknown *unknown, const char *column, const char *text, int64_t length, bool *first);
/* Appends "colour=violet, size=XXL and 7 more". */
void ls_unknown_list(const ls_unknown *unknown, ls_text *out);

#endif
