/* Advice on what is allowed and hardly ever meant: classes that are regressed on, and targets that no step of usual
 * length reaches. */
#ifndef LS_TRAIN_ADVICE_H
#define LS_TRAIN_ADVICE_H

#include "context/context.h"
#include "data/dataset.h"
#include "train/model.h"

/* Collective. Warns, in one line of rank 0, where values are trained under a linear layer and the training rows'
 * targets are classes by name, only two values, few whole numbers under a single output, or far from the scale 1
 * without a map that normalises them. Reads the targets once to three times (not the features), in the contract's
 * blocks: the words are the same on every split. Other losses and layers cost nothing. Targets that cannot be read are
 * no failure here: loading the rows tells of them. */
ls_status ls_advice_targets(ls_context *context, const ls_dataset *train, const ls_model *model);

#endif
