/* Finding the parts of a data file by the names people use. */
#ifndef LS_SOURCE_FIND_H
#define LS_SOURCE_FIND_H

#include "source/source.h"

/* Paths of one part; x is empty when the file has no such part. */
typedef struct ls_found_part {
    char x[1024];
    char y[1024];
    bool chosen; /* x and y are as options would name them, "/table[a,b]"; else they are paths */
} ls_found_part;

typedef struct ls_found {
    ls_found_part train;
    ls_found_part validation;
    ls_found_part test;
} ls_found;

/* Local. Looks for the groups /train (/training, /train_set), /validation (/val, /valid), /test (/testing, /test_set);
 * then for names at the top with the part in them (x_train, X_train, train_x, features_val, test_images,
 * train_set_x ...); then for plain names at the top, which are the train part. Pairs that belong together go first:
 * x/y, X/y, X/Y, features/labels, features/targets, data/target, data/labels, data/label, inputs/targets,
 * inputs/outputs, images/labels; then any of x, X, features, data, images, inputs, input with any of y, Y, labels,
 * label, target, targets, outputs, output, classes, class; then features without targets where these are not needed.
 * Names match case-sensitively first, then not. Last, the fields of the only compound dataset (find_table.h).
 *
 * With `need_targets` every part is a pair, and a file without a train part is LS_ERR_DATA; without, a part may lack y,
 * and any part will do, so the caller looks at x and y of the one it wants. LS_ERR_DATA also when two pairs match
 * equally well. The message lists the datasets with their shapes and types, and a ready command line with --x and --y.
 */
ls_status ls_find_parts(ls_h5_file *file, bool need_targets, ls_found *found);

/* Local. The same inside one group ("/holdout"): the pair there. */
ls_status ls_find_in_group(ls_h5_file *file, const char *group, bool need_targets, ls_found_part *part);

/* Of one part, places in a list of datasets; -1: there is none. */
typedef struct ls_found_pair {
    int x, y;
} ls_found_pair;

/* Local. Of datasets that are still to be written, of which only the paths are looked at: the pairs that
 * ls_find_parts would find in the file, of train, validation and test part; none where it would not be clear. */
void ls_find_pairs(const ls_h5_dataset *list, int count, ls_found_pair pair[3]);

#endif
