/* Vectors over a network's block, or what is trainable of it, in files: tensor by tensor in Keras' shapes, so that a
 * file does not depend on how a block is laid out. Local. */
#ifndef LS_STORE_MODELBLOCK_H
#define LS_STORE_MODELBLOCK_H

#include "hdf5/h5.h"
#include "model/network.h"

/* A vector on its way to a file: where it lies, or who brings it. */
typedef struct ls_modelblock {
    const float *values; /* (network->trainable), or (network->block); NULL: what is trained is brought */
    const float
        *statistics; /* (ls_network_statistics) what comes behind it; NULL: it follows there, or there is none */
    /* Rows [first, first + count) of a trained variable, row-major. */
    ls_status (*bring)(void *user, int index, int64_t first, int64_t count, float *rows);
    void *user;
} ls_modelblock;

/* One on its way from a file: where it is to lie, in zeros, or who takes it. Without either, values are only checked.
 */
typedef struct ls_modelblock_place {
    float *values;     /* (network->trainable), or (network->block); NULL: it is taken, if anything */
    float *statistics; /* (ls_network_statistics), likewise */
    ls_status (*take)(void *user, int index, int64_t first, int64_t count, const float *rows);
    void *user;
} ls_modelblock_place;

/* Rows of a variable that make a piece, which are written together; of its last piece there may be fewer. */
int64_t ls_modelblock_piece_rows(const ls_network *network, int index);
/* Floats of the room through which tensors go to and from a file: a piece, which is at least a row. */
int64_t ls_modelblock_room(const ls_network *network);
/* The same of pieces that are lifted out of a block (model/lifted.h), which have whole panels. */
int64_t ls_modelblock_lifted_room(const ls_network *network);
/* Writes variable `index` as a dataset, piece by piece through room (ls_modelblock_room). */
ls_status ls_modelblock_write_tensor(ls_h5_file *file, const char *path, const ls_network *network, int index,
                                     const ls_modelblock *block, float *room);

/* The other way, of a dataset whose shape was checked. LS_ERR_DATA: a value is not finite, or less than `least`. */
ls_status ls_modelblock_read_tensor(ls_h5_file *file, const char *path, const ls_network *network, int index,
                                    float least, const ls_modelblock_place *place, float *room);

/* Writes the trained variables as datasets 0, 1, ... of `group`; `whole`: the statistics too. */
ls_status ls_modelblock_write(ls_h5_file *file, const char *group, const ls_network *network, bool whole,
                              const ls_modelblock *block);

/* Reads them back. LS_ERR_DATA: not there, of other shapes, or not finite. */
ls_status ls_modelblock_read(ls_h5_file *file, const char *group, const ls_network *network, bool whole,
                             const ls_modelblock_place *place);

#endif
