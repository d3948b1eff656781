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

/* Floats of the room through which tensors go to and from a file: a piece, which is at least a row. */
int64_t ls_modelblock_room(const ls_network *network);
/* Where the matrix of variable `index` begins in a block. */
int64_t ls_modelblock_offset(const ls_network *network, int index);
/* Writes variable `index` as a dataset, piece by piece through room (ls_modelblock_room). */
ls_status ls_modelblock_write_tensor(ls_h5_file *file, const char *path, const ls_network *network, int index,
                                     const ls_modelblock *block, float *room);

/* The other way, of a dataset whose shape was checked, into `panels`, where the variable's matrix begins. LS_ERR_DATA:
 * a value is not finite, or less than `least`. */
ls_status ls_modelblock_read_tensor(ls_h5_file *file, const char *path, const ls_network *network, int index,
                                    float least, float *panels, float *room);

/* Writes the trained variables as datasets 0, 1, ... of `group`; `whole`: the statistics too. */
ls_status ls_modelblock_write(ls_h5_file *file, const char *group, const ls_network *network, bool whole,
                              const ls_modelblock *block);

/* Reads them back into zeros: values (network->trainable), and statistics unless that is NULL. LS_ERR_DATA: not there,
 * of other shapes, or not finite. */
ls_status ls_modelblock_read(ls_h5_file *file, const char *group, const ls_network *network, float *values,
                             float *statistics);

#endif
