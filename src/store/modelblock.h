/* Vectors over a network's block, or what is trainable of it, in files: tensor by tensor in Keras' shapes, so that a
 * file does not depend on how a block is laid out. Local. */
#ifndef LS_STORE_MODELBLOCK_H
#define LS_STORE_MODELBLOCK_H

#include "hdf5/h5.h"
#include "model/network.h"

/* Writes block (network->trainable) as datasets 0, 1, ... of `group`, one a variable; `whole`: with the statistics
 * behind it, block (network->block). */
ls_status ls_modelblock_write(ls_h5_file *file, const char *group, const ls_network *network, bool whole,
                              const float *block);

/* Reads it back into a block of zeros. LS_ERR_DATA: not there, of other shapes, or not finite. */
ls_status ls_modelblock_read(ls_h5_file *file, const char *group, const ls_network *network, bool whole, float *block);

#endif
