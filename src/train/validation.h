/* Which of the training rows validate. */
#ifndef LS_TRAIN_VALIDATION_H
#define LS_TRAIN_VALIDATION_H

#include "io/source.h"
#include "train/context.h"

/* Collective. Splits options->validation_split of the training rows off, by options->validation_method. `validation`
 * must be empty. Both sources own what they keep afterwards (ls_selection_destroy). Rank 0 reads targets or groups,
 * nobody reads features. */
ls_status ls_validation_split(ls_context *context, const ls_options *options, ls_source *train, ls_source *validation);

/* Local. LS_ERR_USAGE for options that do not go together. */
ls_status ls_validation_check_options(const ls_options *options);

/* Collective. Rank 0's bits of a selection to all, counted. */
ls_status ls_selection_spread(ls_context *context, ls_selection *selection);

#endif
