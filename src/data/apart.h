/* Columns of the features that options name for something else: `--sample-weights '/x[w]'`, `--validation-group
 * '/x[patient]'`, `--y '/x[price]'`. What a row weighs, whose it is, and what is to be learnt of it is nothing to learn
 * from, so they are no features. */
#ifndef LS_DATA_APART_H
#define LS_DATA_APART_H

#include "data/datafiles.h"

/* Local. Looks whether the dataset that `option` (its name, and what it says) takes a column from is one that the
 * features of `part` come from; then *x is how the features without that column are named, as --x names them, and is
 * freed with ls_memory_free; else it is NULL. A sibling has the same column in a dataset of the same name in another
 * group, if it is there. LS_ERR_DATA: nothing would be left. */
ls_status ls_apart_features(const ls_datanames *names, const ls_source *part, const char *option, const char *text,
                            bool sibling, char **x);

/* Local. Looks for targets among the features, as options name them. Where these are a dataset as a whole, of which
 * those are some columns, *rest is how the others are named (ls_memory_free), unless its rows are described so at once,
 * as of a table with fields; else it is NULL. LS_ERR_USAGE: columns are chosen as both. Features all of which are
 * targets are learnt to be reproduced, and stay. */
ls_status ls_apart_targets(const ls_datanames *names, const char *x_option, const char *x, const char *y_option,
                           const char *y, char **rest);

/* Local. Describes `part` again with the features `x`, the same targets, and a layout that the caller keeps. */
ls_status ls_apart_describe(const ls_datanames *names, const char *x, ls_source *part);

#endif
