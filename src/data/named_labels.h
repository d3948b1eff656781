/* Labels that are texts, over the parts of a dataset: all have the numbers of one list of names. */
#ifndef LS_DATA_NAMED_LABELS_H
#define LS_DATA_NAMED_LABELS_H

#include "data/parts.h"

/* Local. The names that all parts of p number their labels by: those of the reference's classes, else those that the
 * numbers of the training rows have, else what the first part whose labels have names holds. LS_ERR_DATA: another part
 * has a label that is none of them. */
ls_status ls_named_labels_find(ls_parts *p);

/* Collective. Rank 0's names to all ranks. */
ls_status ls_named_labels_share(ls_context *context, ls_parts *p);

#endif
