/* Which of the training rows validate. */
#ifndef LS_DATA_VALIDATION_H
#define LS_DATA_VALIDATION_H

#include "context/context.h"
#include "data/datafiles.h"
#include "source/source.h"

/* Local. Describes the groups that options->validation_group names, when there are any, as targets of the training
 * rows; the source holds its layout. */
ls_status ls_validation_describe_groups(const ls_options *options, const ls_datanames *names, const ls_source *train,
                                        ls_source *groups);

/* Collective. Splits options->validation_split of the training rows off, by options->validation_method. `validation`
 * must be empty, `groups` is looked at on rank 0. Both sources own what they keep afterwards (ls_selection_destroy).
 * Rank 0 reads targets or groups, nobody reads features. */
ls_status ls_validation_split(ls_context *context, const ls_options *options, ls_datafiles *files,
                              const ls_source *groups, ls_source *train, ls_source *validation);

/* Local. LS_ERR_USAGE for options that do not go together. */
ls_status ls_validation_check_options(const ls_options *options);

/* Collective. Rank 0's bits of a selection to all, counted. */
ls_status ls_validation_spread(ls_context *context, ls_selection *selection);

#endif
