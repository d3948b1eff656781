/* What metrics count over an epoch's rows while they are trained: each rank its own, added up when somebody asks. */
#ifndef LS_TRAIN_COUNTING_H
#define LS_TRAIN_COUNTING_H

#include "train/trainer.h"

/* Local. Room for the counts, if the network has some. */
ls_status ls_counting_create(ls_trainer *trainer);
void ls_counting_destroy(ls_trainer *trainer);

/* Bytes of that. */
int64_t ls_counting_bytes(const ls_network *network);

/* Local. The rows of the step that is over, which was not refused: until then they do not count. */
void ls_counting_step(ls_trainer *trainer);
/* Local. On rank 0 the counts of all rows so far, on the others none: as a checkpoint has them. */
void ls_counting_take(ls_trainer *trainer, const int64_t *counts);

/* Collective. trainer->all_counts become those of all ranks, on all of them. */
ls_status ls_counting_sum(ls_trainer *trainer);
/* Collective. The scores of the epoch so far, or of the one just over. */
ls_status ls_counting_scores(ls_trainer *trainer, ls_scores *scores);

#endif
