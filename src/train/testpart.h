/* The rows that are scored when training has ended, looked at before it begins. */
#ifndef LS_TRAIN_TESTPART_H
#define LS_TRAIN_TESTPART_H

#include "context/context.h"
#include "data/dataset.h"
#include "train/model.h"

/* Collective. Goes once through the rows, each rank through its blocks: whatever an evaluation of them would refuse
 * (other shapes, missing values, unknown classes) is refused now, with the same message. Costs one reading of the rows.
 * A request to stop ends it without a word. */
ls_status ls_testpart_check(ls_context *context, const ls_model *model, const ls_dataset *dataset);

#endif
