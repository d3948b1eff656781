/* The optimizer as the options say it. Local. */
#ifndef LS_TRAIN_OPTIMIZER_OPTIONS_H
#define LS_TRAIN_OPTIMIZER_OPTIONS_H

#include "optim/optimizer.h"
#include "optim/schedule.h"

#include <lockstep.h>

/* The optimizer's words ("sgd momentum=0.9 ...") become the options of these settings, and its name is left, so that
 * from here on every setting stands in one place; those that nobody gave take the optimizer's default. Once more it
 * changes nothing. `saved`: the options are a saved recipe, which says everything that is not at the option's own
 * default; so do those that are settled, but for what was given since. LS_ERR_USAGE: no such optimizer; a setting that
 * it lacks; one that is given twice, in the words or by its option too; settings that exclude each other; a schedule
 * that is none, or has a rate beside the optimizer's. */
ls_status ls_optimizer_options_resolve(ls_options *options, bool saved);

/* A new optimizer with these resolved options. */
ls_status ls_optimizer_options_start(const ls_options *options, ls_optimizer *optimizer);

/* The schedule of these resolved options for epochs of so many steps. Its words and its initial rate become those of
 * the options, so that however they were said, they stand there in the same way. */
ls_status ls_optimizer_options_schedule(ls_options *options, int64_t steps_per_epoch, ls_schedule *schedule);

#endif
