/* Vectors over a network's block, or what is trainable of it, in files: tensor by tensor in Keras' shapes, so that a
 * file does not depend on how a block is laid out. Local. */
#ifndef LS_STORE_MODELBLOCK_H
#define LS_STORE_MODELBLOCK_H

#include "hdf5/h5.h"
#include "model/network.h"

/* A vector on its way to a file, where it lies. */
typedef struct ls_modelblock {
    const float *values; /* (network->trainable), or (network->block) */
    const float
        *statistics; /* (ls_network_statistics) what comes behind it; NULL: it follows there, or there is none */
} ls_modelblock;

/* Floats of the room through which tensors go to a file: a piece, which is at least a row. */
int64_t ls_modelblock_room(const ls_network *network);
/* Writes variable `index` as a dataset, piece by piece through room (ls_modelblock_room). */
ls_status ls_modelblock_write_tensor(ls_h5_file *file, const char *path, const ls_network *network, int index,
                                     const ls_modelblock *block, float *room);

/* Writes the trained variables as datasets 0, 1, ... of `group`; `whole`: the statistics too. */
ls_status ls_modelblock_write(ls_h5_file *file, const char *group, const ls_network *network, bool whole,
                              const ls_modelblock *block);

/* Reads it back into a block of zeros. LS_ERR_DATA: not there, of other shapes, or not finite. */
ls_status ls_modelblock_read(ls_h5_file *file, const char *group, const ls_network *network, bool whole, float *block);

#endif
