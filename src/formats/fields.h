/* How the fields of a table are read: which texts stand for no value, and how numbers are written. Part of the
 * encoding, so that a table that a model is given is read as the one it was trained on. */
#ifndef LS_FORMATS_FIELDS_H
#define LS_FORMATS_FIELDS_H

#include "formats/dictionary.h"

#include <stdbool.h>
#include <stdint.h>

/* {0}: a decimal point, no groups, the usual words for no value. */
typedef struct ls_fields {
    char decimal;          /* ',': a comma; 0: a point */
    char thousands;        /* between groups of three digits; 0: nothing is */
    bool usual_off;        /* the usual words for no value are texts like others */
    ls_dictionary missing; /* further words and numbers that stand for no value, as they were given */
} ls_fields;

void ls_fields_free(ls_fields *fields); /* back to {0} */
/* Whether all is as in {0}. */
bool ls_fields_are_usual(const ls_fields *fields);

/* Whether a field stands for "no value": it is empty, or one of the usual words in any case, or one of `missing`. */
bool ls_fields_is_missing(const ls_fields *fields, const char *text, int64_t length);

#endif
