/* Recipes as checkpoints keep them. Local. */
#ifndef LS_TRAIN_RECIPE_H
#define LS_TRAIN_RECIPE_H

#include "base/text.h"

#include <lockstep.h>

/* A saved recipe in the words of this version: what an older one did not know is at its default, which does what that
 * version did; names that have changed are the new ones; the optimizer's settings are in lines of their own. `path` is
 * for messages. LS_ERR_USAGE: a newer version's. */
ls_status ls_recipe_translate(const char *path, const char *saved, ls_options **options);

/* Refuses the first option of the recipe that differs between `saved` and `ours` and is none of those that may
 * (changes.h), as "key = a" and "key = b"; the shuffle window only when `window`. LS_ERR_USAGE with the cure. */
ls_status ls_recipe_compare(const char *path, const ls_options *saved, const ls_options *ours, unsigned named,
                            bool window);

#endif
