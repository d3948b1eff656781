/* Files of a trainer written beside training: the ranks copy what they own and go on, rank 0 writes in a thread of its
 * own, and the pieces travel to it between steps, some at a time. A file has the bytes that it would have had, had all
 * ranks waited for it.
 *
 * When pieces travel is agreed on by the bits of the step's header, which rank 0 sets: nothing else is said for it. At
 * any time the ranks can stop training and finish the file together, as they write one otherwise. */
#ifndef LS_TRAIN_SAVER_H
#define LS_TRAIN_SAVER_H

#include "store/tracked.h"
#include "train/trainer.h"

typedef struct ls_saver ls_saver;

typedef enum ls_saver_wish {
    LS_SAVER_OFF,
    LS_SAVER_AUTO, /* where the state is large enough and a copy fits into memory */
    LS_SAVER_ON    /* even where not */
} ls_saver_wish;

/* Local. --checkpoint-async, for a run that has checkpoints in the middle (--checkpoint-every). */
ls_saver_wish ls_saver_wish_of(const ls_options *options);

/* Whether the state is one for LS_SAVER_AUTO: in smaller ones a file is on the disk within a tenth of a second or two,
 * and a thread that takes a core from training gains nothing. */
bool ls_saver_is_large(const ls_network *network, int slots);
/* Bytes that writing beside training takes on the rank with most: slices have so many floats, all of them where
 * `whole`; with the best epoch where one is kept. */
int64_t ls_saver_bytes(const ls_network *network, int64_t slice, bool whole, int slots, bool best);

/* Local. For a trainer whose own observers are all there; until its end. */
ls_status ls_saver_create(ls_trainer *trainer, ls_saver **saver);
/* Local. NULL is accepted. Nothing may be at work. */
void ls_saver_destroy(ls_saver *saver);

/* Collective, between two steps, while nothing is at work. A checkpoint of the trainer as it is begins, after checks as
 * those of ls_checkpoint_write. `log`: as there; it is copied. */
ls_status ls_saver_begin(ls_saver *saver, const char *path, const ls_logmark *log);
/* Collective, when that is whole. Whether there is a best epoch, as of the same moment; and a model file of it. */
bool ls_saver_best(const ls_saver *saver, int64_t *epoch);
ls_status ls_saver_begin_best(ls_saver *saver, const char *path);
/* Local, on all ranks, when the last file could not be written. It begins again, of the same moment. */
void ls_saver_begin_again(ls_saver *saver);

/* Whether a file is at work; the same on all ranks. */
bool ls_saver_at_work(const ls_saver *saver);

/* Local. Bits for the next step's header. */
uint32_t ls_saver_ask(ls_saver *saver);
/* Collective, behind that step, with all ranks' bits. Pieces travel; *over: the file is written, and this was its
 * status. */
ls_status ls_saver_go_on(ls_saver *saver, uint32_t bits, bool *over);
/* Collective. All ranks wait for the file, and get its status; at once where none is at work. */
ls_status ls_saver_finish(ls_saver *saver);
/* Local. After LS_ERR_PEER: what cannot be finished any more is given up, what can is finished, and the thread is gone
 * unless its disk stands still. */
void ls_saver_abandon(ls_saver *saver);

/* Rank 0's seconds at the last file that was written, without those in which it waited for pieces. */
double ls_saver_seconds(const ls_saver *saver);

#endif
