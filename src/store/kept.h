/* Which checkpoints a run keeps. Only whole ones of this run count, and only they are removed: whatever else lies there
 * is somebody's, or damaged, and may be all that there is to save something from. */
#ifndef LS_STORE_KEPT_H
#define LS_STORE_KEPT_H

#include "base/text.h"
#include "store/rundir.h"

/* What a checkpoint was found to be. */
typedef enum ls_verdict {
    LS_VERDICT_NONE, /* not looked at yet */
    LS_VERDICT_GOOD,
    LS_VERDICT_DAMAGED,
    LS_VERDICT_FOREIGN /* whole, and of another run or a newer version */
} ls_verdict;

/* Verdicts of this process; a file that has changed since has none. Start from {0}. */
typedef struct ls_kept {
    int64_t count, capacity;
    struct ls_kept_file *file; /* (capacity), owned */
} ls_kept;

/* Local. Notes what was found; when that fails the file is looked at again. */
void ls_kept_note(ls_kept *kept, const char *path, ls_verdict verdict);
void ls_kept_free(ls_kept *kept); /* back to {0} */

/* Finds out about a file that nothing is known of, with a message for what is not good. */
typedef ls_verdict (*ls_kept_judge)(void *user, const char *path);

/* Local. Before a checkpoint is written: what is at its path and is not of this run, or no file, is renamed to the next
 * free NAME.foreign; a line to `notice`. */
void ls_kept_step_aside(ls_kept *kept, const char *path, ls_kept_judge judge, void *user, ls_text *notice);

/* Local. Removes the oldest good checkpoints until `keep` of them, at least 2, are left; appends a line to `notice` for
 * each that is found not to be good. LS_ERR_OUTPUT: they cannot be listed. */
ls_status ls_kept_prune(ls_kept *kept, const ls_rundir *directory, int64_t keep, ls_kept_judge judge, void *user,
                        ls_text *notice);

/* Local. Makes room: removes the oldest good checkpoint, but never the newest good one. Its name is appended to
 * `notice`. False: there is none to remove. */
bool ls_kept_give_up_one(ls_kept *kept, const ls_rundir *directory, ls_kept_judge judge, void *user, ls_text *notice);

/* Local. Whether there is a good checkpoint. */
bool ls_kept_has_good(ls_kept *kept, const ls_rundir *directory, ls_kept_judge judge, void *user, ls_text *notice);

#endif
