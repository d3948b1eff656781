/* Which rows of a part are taken for validation. Each row, or group of rows, has a random number that depends on the
 * seed and on nothing but itself, and those with the least are taken; so a choice is the same on every machine and
 * split, and needs no order of rows to be stored. */
#ifndef LS_SOURCE_SPLIT_H
#define LS_SOURCE_SPLIT_H

#include "source/group_names.h"
#include "source/selection.h"
#include "source/source.h"
#include "source/tally.h"

#include <stdint.h>

/* Distinct classes that can be stratified, and groups that can be told apart. */
#define LS_SPLIT_CLASSES_MAX 65536
#define LS_SPLIT_GROUPS_MAX  10000000

/* A new selection, from all rows of the part's dataset, with nothing chosen; large enough for the part. */
ls_status ls_split_start(const ls_source *part, ls_selection **chosen);

/* All local; `chosen` gets the rows chosen (rows of the dataset) and is counted. */

/* Exactly `wanted` rows, any. */
ls_status ls_split_random(const ls_source *part, int64_t wanted, uint32_t seed, ls_selection *chosen);

/* Exactly `wanted` rows, and of each class its share, rounded by the largest remainder; while others can give, no class
 * loses its last row. Classes are the distinct targets, or the largest column of several. */
ls_status ls_split_stratified(const ls_source *part, ls_h5_file *file, int64_t wanted, uint32_t seed,
                              ls_selection *chosen);

/* Whole groups of rows, in random order, each as long as that brings the rows chosen nearer to `wanted`. A row's group
 * is column `column` of the targets of `groups`, which has the rows of the part. *group_count and *chosen_count: groups
 * there are, groups chosen. `names` (source/group_names.h) joins those of several files; NULL: they are what they are.
 */
ls_status ls_split_groups(const ls_source *groups, ls_h5_file *file, int64_t column, ls_group_names *names,
                          int64_t wanted, uint32_t seed, ls_selection *chosen, int64_t *group_count,
                          int64_t *chosen_count);

#endif
