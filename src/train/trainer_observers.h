/* The observers that options ask for. Each is a file and a row of the table in trainer_observers.c; nobody else asks
 * which one it is. */
#ifndef LS_TRAIN_TRAINER_OBSERVERS_H
#define LS_TRAIN_TRAINER_OBSERVERS_H

#include "base/settings.h"
#include "train/trainer.h"

/* Local. Writes the words of all observers' options in full, so that equal ones are equal in the recipe. LS_ERR_USAGE:
 * what cannot be with this network, or without validation rows. */
ls_status ls_trainer_observers_resolve(ls_options *options, const ls_network *network, bool validation);

/* Local. Adds those that are asked for to a trainer that is complete otherwise. */
ls_status ls_trainer_observers_create(ls_trainer *trainer, const ls_options *options);

/* Local. For those files: sets an option to settings in full, "key=value key=value". */
ls_status ls_trainer_observers_set(ls_options *options, const char *key, const ls_setting *table, size_t count,
                                   const void *settings);

/* The files' own: resolving their options, and adding the observer where it is asked for. */
ls_status ls_best_observe(ls_trainer *trainer, const ls_options *options);
ls_status ls_early_stopping_resolve(ls_options *options, const ls_network *network, bool validation);
ls_status ls_early_stopping_observe(ls_trainer *trainer, const ls_options *options);
ls_status ls_plateau_resolve(ls_options *options, const ls_network *network, bool validation);
ls_status ls_plateau_observe(ls_trainer *trainer, const ls_options *options);
ls_status ls_reporting_observe(ls_trainer *trainer, const ls_options *options);

#endif
