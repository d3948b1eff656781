/* What checkpoints know of observers: each has its group /lockstep/NAME, with its numbers as attributes and the tensors
 * of its vectors, in Keras' shapes, as /lockstep/NAME/<vector>/<tensor>. */
#ifndef LS_TRAIN_OBSERVER_STATE_H
#define LS_TRAIN_OBSERVER_STATE_H

#include "hdf5/h5.h"
#include "train/trainer.h"
#include "train/travel.h"

/* The states on their way between observers and a file; all zeros at first. */
typedef struct ls_observer_image {
    bool there;   /* the file has the observer's group */
    bool vectors; /* and its vectors */
    void *data;   /* as ls_observer_state.data; owned */
    int first;    /* number of the first of them among those that travel */
} ls_observer_image;
typedef struct ls_observer_images {
    ls_observer_image list[LS_OBSERVERS_MAX];
} ls_observer_images;

/* Local. Adds the vectors that are to be saved to those that travel. */
void ls_observer_state_list(const ls_trainer *trainer, ls_travel *travel, ls_observer_images *images);
/* Local, by rank 0, where they travel. */
ls_status ls_observer_state_write(ls_h5_file *file, const ls_trainer *trainer, ls_travel *travel,
                                  const ls_observer_images *images);

/* Local, by rank 0. Reads and checks the numbers, and the vectors without keeping them. `saved` is what the
 * checkpoint says else. LS_ERR_OUTPUT, LS_ERR_DATA: the file is damaged. */
ls_status ls_observer_state_read(ls_h5_file *file, const ls_trainer *trainer, const ls_saved *saved,
                                 ls_observer_images *images);
/* Collective, behind it. All learn what rank 0's file has, and list the vectors that are to be read. */
ls_status ls_observer_state_expect(const ls_trainer *trainer, ls_travel *travel, ls_observer_images *images);
/* By rank 0, where they travel. Reads the vectors into the observers' own, on all ranks. */
ls_status ls_observer_state_read_vectors(ls_h5_file *file, const ls_trainer *trainer, ls_travel *travel,
                                         const ls_observer_images *images);
/* Collective, when the rest of the trainer is as the checkpoint says: what was read becomes the observers' state. */
ls_status ls_observer_state_take(ls_trainer *trainer, ls_observer_images *images);

/* Local, behind it. What has changed, as lines of changes.h; `before` are the options without that. */
ls_status ls_observer_state_change(ls_trainer *trainer, const char *changes, const ls_options *before);

void ls_observer_state_free(ls_observer_images *images);

#endif
