/* Whether a checkpoint is one that a run can go on from. */
#ifndef LS_TRAIN_CHECKPOINT_JUDGE_H
#define LS_TRAIN_CHECKPOINT_JUDGE_H

#include "store/kept.h"
#include "train/trainer.h"

/* Local. Reads all of the file: whether it is whole, and of the trainer's recipe, but for what --change may change, and
 * rows. A message says what is not. */
ls_verdict ls_checkpoint_judge(const ls_trainer *trainer, const char *path);

#endif
