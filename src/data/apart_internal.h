/* What the apart*.c files share: the items of options like --x as columns of their datasets. */
#ifndef LS_DATA_APART_INTERNAL_H
#define LS_DATA_APART_INTERNAL_H

#include "base/text.h"
#include "data/datafiles.h"
#include "source/spec.h"

/* An item's dataset, by the first of its files, and the columns of it that the item chooses. */
typedef struct ls_apart_item {
    ls_h5_file *file; /* borrowed */
    ls_h5_dataset dataset;
    int64_t width;   /* of the dataset */
    ls_h5_range *in; /* (count) owned */
    int count;
} ls_apart_item;

/* Local. */
ls_status ls_apart_open(const ls_datanames *names, const ls_spec_item *item, ls_apart_item *open);
void ls_apart_close(ls_apart_item *open);

/* Whether two items are of the same dataset, as far as their words tell. */
bool ls_apart_same(const ls_datanames *names, const ls_spec_item *a, const ls_spec_item *b);

/* Local. Appends the columns of this dataset that another item of it chooses (all where it chooses none), as ranges. */
ls_status ls_apart_choose(const ls_apart_item *open, const ls_spec_item *other, ls_text *ranges);

/* Local. The same of all of `others` that are of this dataset, but for texts, which are no columns. */
ls_status ls_apart_choose_same(const ls_datanames *names, const ls_spec_item *item, const ls_apart_item *open,
                               const ls_spec_item *others, int count, ls_text *ranges);

/* How many of the item's columns are in none of the ranges; the first that is in one; -1: none is. */
int64_t ls_apart_left(const ls_apart_item *open, const ls_text *out);
int64_t ls_apart_first_in(const ls_apart_item *open, const ls_text *out);

/* Appends the item, behind a comma where it is not the first, with these columns; those that are in none of the ranges;
 * nothing where there are none. */
void ls_apart_put(const ls_spec_item *item, const char *columns, ls_text *text);
ls_status ls_apart_put_rest(const ls_spec_item *item, const ls_apart_item *open, const ls_text *out, ls_text *text);

/* Local. A copy of such a text; LS_ERR_DATA, with the option because of which it was made, where it is too long. */
ls_status ls_apart_take(const char *option, const char *said, const ls_text *text, char **copy);

#endif
