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
    ls_dictionary missing; /* further words and numbers that stand for no value, as they were given; with ! in front, a
                              usual word that is a text like others */
    double *number;        /* (numbers) those of `missing` that are numbers; owned */
    int64_t numbers;
} ls_fields;

/* What a field is. */
typedef enum ls_field_kind {
    LS_FIELD_TEXT,
    LS_FIELD_MISSING,
    LS_FIELD_INTEGER, /* fits int64_t */
    LS_FIELD_REAL     /* any other number, inf among them */
} ls_field_kind;

void ls_fields_free(ls_fields *fields); /* back to {0} */
/* Local. A copy, into {0}. */
ls_status ls_fields_copy(const ls_fields *fields, ls_fields *copy);
/* Whether all is as in {0}. */
bool ls_fields_are_usual(const ls_fields *fields);
/* Whether each number that base/decimal.h knows is that number. */
bool ls_fields_are_plain(const ls_fields *fields);
/* Local. Adds a word to `missing`; one that is there already is no error. LS_ERR_USAGE: it is not UTF-8. */
ls_status ls_fields_add_missing(ls_fields *fields, const char *word);

/* Whether a field stands for "no value": it is empty, or one of the usual words in any case (those of pandas' read_csv,
 * and ".", "?", "NA()" and "\N"), or one of `missing`, or a number that equals one of them. */
bool ls_fields_is_missing(const ls_fields *fields, const char *text, int64_t length);

/* Reads a field. Numbers are those of base/decimal.h, with the decimal comma and the groups of digits that `fields`
 * has: groups stand in front of the decimal comma or point, all of three digits but the first, and a number may do
 * without them. Exponents may be Fortran's, "1.5D+03". A blank between groups may be a no-break space, an apostrophe a
 * typographic one. `value` may be NULL, which is faster; a number too large for a double counts as one then. */
ls_field_kind ls_fields_read(const ls_fields *fields, const char *text, int64_t length, double *value);

/* Local. Whether a field that is no number is written as one beyond the largest double: "1e999". */
bool ls_fields_is_beyond(const ls_fields *fields, const char *text, int64_t length);

#endif
