/* Classes so rare that accuracy says little. */
#ifndef LS_TRAIN_RARE_CLASSES_H
#define LS_TRAIN_RARE_CLASSES_H

#include "train/trainer.h"

/* Collective. A warning when a class is rare among the training rows and no metric but accuracy is of classes. Rows
 * that stream are not counted: they would be read once more. */
ls_status ls_rare_classes_remark(const ls_trainer *trainer, const ls_options *options);

#endif
