/* Keras' ReduceLROnPlateau: the learning rate falls when what is watched has not got better for some epochs. */
#ifndef LS_TRAIN_PLATEAU_H
#define LS_TRAIN_PLATEAU_H

#include "train/monitor.h"

/* Keras' words. */
typedef struct ls_plateau {
    char monitor[LS_SETTING_TEXT_MAX];
    double factor;
    int64_t patience; /* epochs without a better value */
    double min_delta;
    char mode[LS_SETTING_TEXT_MAX];
    int64_t cooldown; /* epochs after a reduction that do not count */
    double min_lr;
} ls_plateau;

/* Equal on all ranks, and part of checkpoints. */
typedef struct ls_plateau_state {
    double best; /* NaN: no number yet */
    int64_t wait;
    int64_t cooldown; /* epochs left of it */
    double learning_rate;
} ls_plateau_state;

/* Local. Reads the option's words; *on: whether it is asked for. LS_ERR_USAGE. */
ls_status ls_plateau_parse(const ls_options *options, ls_plateau *settings, bool *on);

/* Before the first epoch. */
void ls_plateau_start(ls_plateau_state *state, double learning_rate);

/* Takes the value of an epoch; whether the rate is another from the next one on. */
bool ls_plateau_take(const ls_plateau *settings, const ls_monitor *monitor, ls_plateau_state *state, double value);

#endif
