/* One piece of work in a thread of its own: writing a file, for which the caller hands over pieces as it gets them. The
 * thread works at the disk and at libhdf5 (whose door lets one in at a time), and never at MPI. All functions are
 * local; the caller's are for one thread. */
#ifndef LS_TRAIN_BACKGROUND_H
#define LS_TRAIN_BACKGROUND_H

#include "train/filepieces.h"

#include "base/status.h"

typedef struct ls_background ls_background;

/* With places for so many pieces of at most `floats` lifted floats. */
ls_status ls_background_create(int64_t places, int64_t floats, ls_background **background);
/* NULL is accepted. Nothing may be at work. */
void ls_background_destroy(ls_background *background);

/* Begins the work. That no thread can be had is a failure of the work (LS_ERR_OUTPUT), which is found at its end. */
void ls_background_start(ls_background *background, ls_status (*work)(void *user), void *user);

/* By the work: waits for its next piece, takes it, row-major. Takes an ls_background. The pieces must come in the order
 * in which they are waited for. */
ls_status ls_background_wait(void *background, const ls_piece *piece, float *values);

/* By the caller: free places; the next of them (floats), to put a piece in; and handing that over. */
int64_t ls_background_room(ls_background *background);
float *ls_background_place(ls_background *background);
void ls_background_give(ls_background *background, const ls_piece *piece);

/* By the caller: whether the work is done, in whatever way. */
bool ls_background_is_done(ls_background *background);
/* By the caller: waits a moment, for room or the end. Returns whether the work has come on since this was last asked:
 * a disk that stands still is told from a slow one by that. */
bool ls_background_watch(ls_background *background);
/* By the caller: waits for the end, however long it takes. Returns what has become of the work, its message recorded,
 * and in how many seconds, without those in which it waited for pieces. */
ls_status ls_background_end(ls_background *background, double *seconds);
/* By the caller, who has no more pieces: work that still waits for some gives up, other work goes on to its end. False:
 * it has not come on for a while, so it was left, and nothing of it may be freed. */
bool ls_background_abandon(ls_background *background);

#endif
