/* What is trained for: loss and metrics, chosen from the options, the output layer and the targets. */
#ifndef LS_TRAIN_OBJECTIVE_H
#define LS_TRAIN_OBJECTIVE_H

#include "data/dataset.h"
#include "model/network.h"

#include <lockstep.h>

/* Local. Sets network->loss and network->metrics; LS_ERR_USAGE or LS_ERR_DATA says what does not go together and what
 * would. */
ls_status ls_objective_choose(const ls_options *options, const ls_source *source, ls_network *network);

/* Local. LS_ERR_USAGE: the options name no loss, and that of the model, which Keras wrote, is none of Lockstep's. */
ls_status ls_objective_check_open(const ls_options *options, const ls_network *network);

/* Whether the loss is to be chosen for rows that are scored: the model has none, or the options (NULL: none) name
 * another one. */
bool ls_objective_is_open(const ls_options *options, const ls_network *network);

#endif
