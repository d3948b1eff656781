/* Early stopping as Keras has it: training ends when what is watched has not got better for some epochs. */
#ifndef LS_TRAIN_EARLY_STOPPING_H
#define LS_TRAIN_EARLY_STOPPING_H

#include "train/monitor.h"

/* Keras' words. */
typedef struct ls_early_stopping {
    char monitor[LS_SETTING_TEXT_MAX];
    double min_delta;
    int64_t patience; /* epochs without a better value */
    char mode[LS_SETTING_TEXT_MAX];
    double baseline; /* NaN: none */
    bool restore_best_weights;
    int64_t start_from_epoch; /* epochs that are not looked at */
} ls_early_stopping;

/* Equal on all ranks, and part of checkpoints. */
typedef struct ls_early_stopping_state {
    double best;        /* NaN: no number yet */
    int64_t best_epoch; /* from 1; 0: nothing watched yet. Until there is a number the first epoch watched */
    int64_t wait;
    int64_t stopped_epoch; /* 0: not stopped */
} ls_early_stopping_state;

/* Local. Reads the option's words; *on: whether it is asked for. LS_ERR_USAGE. */
ls_status ls_early_stopping_parse(const ls_options *options, ls_early_stopping *settings, bool *on);

/* Local. What it watches. LS_ERR_USAGE: the run does not log that. */
ls_status ls_early_stopping_monitor(const ls_early_stopping *settings, const ls_network *network, bool validation,
                                    ls_monitor *monitor);

/* Before the first epoch. */
void ls_early_stopping_start(ls_early_stopping_state *state);

/* Takes the value of an epoch, from 1; whether training is to end behind it. */
bool ls_early_stopping_take(const ls_early_stopping *settings, const ls_monitor *monitor,
                            ls_early_stopping_state *state, int64_t epoch, double value);

#endif
