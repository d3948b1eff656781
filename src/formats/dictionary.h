/* A set of texts with numbers: categories of a column, names of classes. */
#ifndef LS_FORMATS_DICTIONARY_H
#define LS_FORMATS_DICTIONARY_H

#include "base/status.h"

#include <stdint.h>

/* Start from {0}. Texts are numbered from 0 in the order they came, or by their bytes after ls_dictionary_sort. */
typedef struct ls_dictionary {
    int64_t count;
    char **text;   /* (count), each NUL-terminated and owned */
    int64_t *slot; /* (slots) number + 1, or 0: free */
    int64_t slots; /* power of two, or 0 */
    int64_t capacity;
} ls_dictionary;

/* Local. The text's number, -1 when it is not there. */
int64_t ls_dictionary_find(const ls_dictionary *dictionary, const char *text, int64_t length);
/* Local. The same, adding it when it is new. */
ls_status ls_dictionary_add(ls_dictionary *dictionary, const char *text, int64_t length, int64_t *number);
/* Local. Numbers the texts by their bytes. */
void ls_dictionary_sort(ls_dictionary *dictionary);
void ls_dictionary_free(ls_dictionary *dictionary); /* back to {0} */

#endif
