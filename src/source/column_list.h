/* Columns in their order with their names, and the same columns looked for by name among others. */
#ifndef LS_SOURCE_COLUMN_LIST_H
#define LS_SOURCE_COLUMN_LIST_H

#include "formats/encoding.h"

/* The features of an encoding, or its targets. Start from {0}. */
typedef struct ls_column_list {
    int64_t count;            /* 0: they have no names, or not all have one of their own */
    ls_dictionary name;       /* (count) "age", "colour=red"; of features and targets in their order */
    const ls_column **column; /* (count) what each is, or is part of; borrowed from the encoding */
    bool stated;              /* kinds and offsets are those of a converted table; else only names are known */
} ls_column_list;

/* Local. `role`: LS_ROLE_FEATURE or LS_ROLE_TARGET. */
ls_status ls_column_list_make(const ls_encoding *encoding, ls_column_role role, bool stated, ls_column_list *list);
void ls_column_list_free(ls_column_list *list); /* back to {0} */

/* Who is compared, for messages. */
typedef struct ls_column_sides {
    const char *ours, *theirs; /* "feb.h5:/train/x", "the model" */
    const char *like;          /* what convert's --like takes to do as theirs */
    bool alike;                /* not one column more than theirs has either */
    bool rounded;              /* our numbers are float32 */
    double *less;              /* (wanted->count), of features, 0: gets what is to be taken from ours to have their
                                  offsets; NULL: nothing can be */
} ls_column_sides;

/* Local. order (wanted->count): which of our columns is each of the wanted ones. Both lists have names. LS_ERR_DATA
 * names both sides and the cure: a column is not there; a column is of another kind, has other categories or another
 * offset that cannot be taken. Categories that are numbers (codes, classes) may go on where the shorter list ends. A
 * target that is called by its dataset's path ("/train/y") has no name: it goes with any single one. */
ls_status ls_column_list_match(const ls_column_list *ours, const ls_column_list *wanted, const ls_column_sides *sides,
                               int64_t *order);

/* Local. Where one side has no names, and the order is trusted: the offsets of the other, as above. */
ls_status ls_column_list_trust(const ls_column_list *ours, const ls_column_list *wanted, const ls_column_sides *sides);

#endif
