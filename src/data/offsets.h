/* Offsets of features that are stored with more digits than float32 has (base/offset.h), fitted to the training rows.
 */
#ifndef LS_DATA_OFFSETS_H
#define LS_DATA_OFFSETS_H

#include "context/context.h"
#include "data/dataset.h"
#include "model/network.h"

/* Collective. Fits network->offset to the training rows' finite values, in the contract's blocks, and says so; NULL
 * stays where no column needs one. Features of a type that float32 holds cost nothing, others a look at some rows on
 * rank 0, and one of all ranks at all of them where that leaves a column in question. */
ls_status ls_offsets_fit(ls_context *context, const ls_dataset *train, ls_network *network);

/* Local, on all ranks; rank 0 warns where values of features or targets that differ are one number as float32, by the
 * look at some rows. What cannot be read is no failure here: loading the rows tells of it. */
void ls_offsets_warn(ls_context *context, const ls_dataset *train, const ls_network *network);

#endif
