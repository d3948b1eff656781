/* What is trained for: loss, metrics and optimizer, chosen from the options, the output layer and the targets. */
#ifndef LS_TRAIN_OBJECTIVE_H
#define LS_TRAIN_OBJECTIVE_H

#include "data/dataset.h"
#include "model/network.h"

#include <lockstep.h>

/* Local. Sets network->loss and network->metrics; LS_ERR_USAGE or LS_ERR_DATA says what does not go together and what
 * would. */
ls_status ls_objective_choose(const ls_options *options, const ls_source *source, ls_network *network);

/* Local. The optimizer's words ("adam learning_rate=0.01 ...") become the options of these settings, and its name is
 * left, so that from here on every setting stands in one place. Once more it changes nothing. LS_ERR_USAGE: no such
 * optimizer or setting, or one that is given twice, in the words or by its option too. */
ls_status ls_objective_resolve(ls_options *options);

#endif
