/* Advice on what is allowed and hardly ever meant: classes that are regressed on, and targets that no step of usual
 * length reaches. */
#ifndef LS_TRAIN_ADVICE_H
#define LS_TRAIN_ADVICE_H

#include "context/context.h"
#include "data/dataset.h"
#include "data/statistics.h"
#include "train/model.h"

/* Collective. Warns, in one line of rank 0, where values are trained under a linear layer and the training rows'
 * targets are classes by name, only two values, few whole numbers under a single output, or far from the scale 1
 * without a map that normalises them. Reads the targets once to three times (not the features), in the contract's
 * blocks: the words are the same on every split. Other losses and layers cost nothing. Targets that cannot be read are
 * no failure here: loading the rows tells of them. */
ls_status ls_advice_targets(ls_context *context, const ls_dataset *train, const ls_model *model);

/* Local, the same on all ranks. Warns where columns have the smallest of int32, which is R's NA, among numbers that are
 * far from it: `name` is what the columns are of. True when it did. */
bool ls_advice_codes(ls_context *context, const char *name, const ls_statistics *statistics);

#endif
