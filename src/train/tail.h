/* The tail of rows that are sorted by class as validation rows. */
#ifndef LS_TRAIN_TAIL_H
#define LS_TRAIN_TAIL_H

#include "context/context.h"
#include "model/network.h"

#include <lockstep.h>

/* Collective. A warning where --validation-split takes the last rows, and these hold at most half of the classes though
 * there are rows enough for all: then rows are sorted by class. Reads the validation rows' labels. */
ls_status ls_tail_remark(ls_context *context, const ls_options *options, const ls_network *network,
                         const ls_dataset *validation);

#endif
