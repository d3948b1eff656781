/* Observers: what is done between the steps of a training besides training. The loop (trainer.c) calls their functions
 * and knows nothing else of them. Those that the options ask for belong to the trainer (trainer_observers.c lists
 * them); a job adds its own behind these. */
#ifndef LS_TRAIN_OBSERVER_H
#define LS_TRAIN_OBSERVER_H

#include "base/settings.h"
#include "base/status.h"

#include <lockstep.h>

#include <stdbool.h>
#include <stdint.h>

/* A step that is over, with all that was to be done about it. The same on all ranks. */
typedef struct ls_moment {
    const ls_step *step;
    uint32_t bits; /* of all ranks' headers */
    bool ending;   /* training ends here because it was asked to, before it is done */
} ls_moment;

typedef struct ls_cursor ls_cursor; /* trainer.h */

/* What else a checkpoint says, beside which an observer's numbers are checked. */
typedef struct ls_saved {
    const ls_cursor *cursor;
    int64_t earlier;          /* steps of the optimizer before those of this training */
    const ls_options *recipe; /* the file's, after all of its changes */
    const char *changes;      /* lines of changes.h; NULL: none */
    bool vectors;             /* the observer's vectors are there */
} ls_saved;

/* What of an observer is part of checkpoints, the same bytes on any split: numbers, as attributes of /lockstep/NAME,
 * and vectors of which every rank has its slice of the block. Functions but `reset` may be NULL; all are local, and
 * called by all ranks where nothing else is said. */
typedef struct ls_observer_state {
    const char *name;       /* NULL: nothing to save */
    void *data;             /* the numbers: a struct, sent to all ranks as it is */
    size_t size;            /* of it */
    const ls_setting *rows; /* (count) its members, integers and reals; a real without bounds may be NaN */
    size_t count;
    /* Doubles within `data` behind the members, saved as a dataset, as many as a member (an int64_t among the rows)
     * says: offsets of both, and how many there is room for; 0: there are none. The member is among the rows. */
    size_t series, series_used;
    int64_t series_most;
    float **vectors; /* (vector_count) of (slice) floats */
    int vector_count;
    float **statistics; /* (ls_network_statistics), the same on all ranks, that go with the first vector, as
                           weights; NULL: it is none */
    /* Back to what it was before the first step: a checkpoint knows nothing of this observer. */
    void (*reset)(void *user);
    /* Whether the vectors are to be saved now; NULL: never. */
    bool (*saves_vectors)(void *user);
    /* By rank 0: whether numbers that a file says can be those of such a training. LS_ERR_OUTPUT with the end of a
     * sentence that begins with file and group. */
    ls_status (*check)(void *user, const void *data, const ls_saved *saved);
    /* Collective. The trainer and the data, and with `vectors` these, are now what a checkpoint says, or reset. */
    ls_status (*restored)(void *user, bool vectors);
    /* Behind that. From here on an option of the recipe has another value than the one in `before` (changes.h). */
    ls_status (*changed)(void *user, const char *key, const ls_options *before);
} ls_observer_state;

/* Any function may be NULL. */
typedef struct ls_observer {
    void *user;
    /* Local. Bits of this rank for the next step's header. */
    uint32_t (*ask)(void *user);
    /* Collective. After every step, before an epoch's end is looked at. */
    ls_status (*after_step)(void *user, const ls_step *step);
    /* Collective. After an epoch and its validation; may set epoch->stop. */
    ls_status (*after_epoch)(void *user, ls_epoch *epoch);
    /* Collective. After the others: the training can be saved as it is now. */
    ls_status (*at_rest)(void *user, const ls_moment *moment);
    void (*destroy)(void *user);
    ls_observer_state state;
} ls_observer;

/* In the order in which they are called. */
enum { LS_OBSERVERS_MAX = 16 };
typedef struct ls_observers {
    int count;
    ls_observer list[LS_OBSERVERS_MAX];
} ls_observers;

/* Local. Adds one behind the others, which from now on destroys its user. */
void ls_observers_add(ls_observers *observers, const ls_observer *observer);
/* Local. Takes those behind the first `count` away. */
void ls_observers_cut(ls_observers *observers, int count);

uint32_t ls_observers_ask(const ls_observers *observers);
ls_status ls_observers_after_step(const ls_observers *observers, const ls_step *step);
ls_status ls_observers_after_epoch(const ls_observers *observers, ls_epoch *epoch);
ls_status ls_observers_at_rest(const ls_observers *observers, const ls_moment *moment);

#endif
