/* A file of a trainer's state: what it is to hold, and rank 0's work at it. What is spread over ranks comes as `travel`
 * brings it. */
#ifndef LS_TRAIN_CONTENTS_H
#define LS_TRAIN_CONTENTS_H

#include "train/checkpoint.h"
#include "train/observer_state.h"
#include "train/travel.h"

/* Stays where it is made, since `travel` does. */
typedef struct ls_contents {
    const ls_trainer *trainer;
    const char *path;
    bool checkpoint;             /* not a model file */
    const ls_logmark *log;       /* with `checkpoint`: what belongs to it, on rank 0 */
    const ls_snapshot *snapshot; /* this rank's part of weights and slots */
    ls_travel travel;            /* begun; weights, slots and observers' vectors will be in it, in this order */
    ls_observer_images observers;
} ls_contents;

/* Local, before anything else. Whether this rank's part may be saved: LS_ERR_NUMERIC when it is not finite. */
ls_status ls_contents_check(const ls_trainer *trainer);

/* Local. Lists the vectors. */
void ls_contents_list(ls_contents *contents);
/* Local, behind it. The order in which the file takes their pieces. */
void ls_contents_order(const ls_contents *contents, ls_filepieces *pieces);

/* Local, by rank 0, where they travel: everything from the temporary file to its final name. Takes an ls_contents. */
ls_status ls_contents_write(void *contents);

#endif
