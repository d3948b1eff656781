/* What checkpoints know of observers: each has its group /lockstep/NAME, with its numbers as attributes and the tensors
 * of its vectors, in Keras' shapes, as /lockstep/NAME/<vector>/<tensor>. */
#ifndef LS_TRAIN_OBSERVER_STATE_H
#define LS_TRAIN_OBSERVER_STATE_H

#include "hdf5/h5.h"
#include "train/trainer.h"

/* The states on their way between observers and a file; all zeros at first. */
typedef struct ls_observer_image {
    bool there;     /* the file has the observer's group */
    bool vectors;   /* and its vectors */
    void *data;     /* as ls_observer_state.data; owned */
    float **vector; /* (vector_count): on the way to the file whole vectors of rank 0, NULL where the observer has them
                       itself, from it slices; owned, with NULL behind the last */
    float *statistics; /* from the file: those that go with the first; owned */
} ls_observer_image;
typedef struct ls_observer_images {
    ls_observer_image list[LS_OBSERVERS_MAX];
} ls_observer_images;

/* Collective. Rank 0 gets the vectors that are to be saved. */
ls_status ls_observer_state_gather(ls_trainer *trainer, ls_observer_images *images);
/* Local, by rank 0. */
ls_status ls_observer_state_write(ls_h5_file *file, const ls_trainer *trainer, const ls_observer_images *images);

/* Local, by rank 0. Reads and checks the numbers. `cursor` is the checkpoint's. LS_ERR_OUTPUT, LS_ERR_DATA: the file is
 * damaged. */
ls_status ls_observer_state_read(ls_h5_file *file, const ls_trainer *trainer, const ls_cursor *cursor,
                                 ls_observer_images *images);
/* Collective, behind it. The vectors of rank 0's file, one after the other through its `full` (network->trainable), to
 * their owners; NULL: slices are whole, and read where they belong. LS_ERR_OUTPUT: the file is damaged. */
ls_status ls_observer_state_read_vectors(ls_h5_file *file, ls_trainer *trainer, float *full,
                                         ls_observer_images *images);
/* Collective, when the rest of the trainer is as the checkpoint says: what was read becomes the observers' state. */
ls_status ls_observer_state_take(ls_trainer *trainer, ls_observer_images *images);

/* Local, behind it. What has changed, as lines of changes.h; `before` are the options without that. */
ls_status ls_observer_state_change(ls_trainer *trainer, const char *changes, const ls_options *before);

void ls_observer_state_free(ls_observer_images *images);

#endif
