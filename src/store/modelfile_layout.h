/* Where the writer and the reader of model files put and find things. */
#ifndef LS_STORE_MODELFILE_LAYOUT_H
#define LS_STORE_MODELFILE_LAYOUT_H

#include "model/network.h"
#include "store/modelfile.h"

#include <stdio.h>
#include <string.h>

#define LS_MODELFILE_PATH           256 /* bytes of a path in a model file */
#define LS_MODELFILE_OPTIMIZER      "/optimizer/vars"
#define LS_MODELFILE_OPTIMIZER_NAME "optimizer"    /* attribute of /lockstep; absent: adam, or there is none */
#define LS_MODELFILE_EMA            "ema_momentum" /* attribute of /lockstep: the first slot is running averages */
#define LS_MODELFILE_LOSS_OPEN                                                                                         \
    "loss_open" /* attribute of /lockstep: loss and metrics only say what outputs mean; its text: why, or empty */
#define LS_MODELFILE_CLASSES "/lockstep/classes" /* labels of the classes, ascending; absent: they are 0, 1, ... */
#define LS_MODELFILE_FILL    "/lockstep/fill"    /* (features) what stands for missing values; absent: nothing does */
#define LS_MODELFILE_OFFSET  "/lockstep/offset"  /* (features) float64, taken from features; absent: nothing is */
#define LS_MODELFILE_FEATURE_FACTOR                                                                                    \
    "/lockstep/feature_factor"                               /* (features) of the map (affine.h); absent: all are 1    \
                                                              */
#define LS_MODELFILE_TARGET_FACTOR "/lockstep/target_factor" /* (outputs) likewise */

/* The newest format of a kind. */
static inline int64_t ls_modelfile_newest(const char *kind)
{
    return strcmp(kind, "checkpoint") == 0 ? LS_MODELFILE_CHECKPOINT_FORMAT : LS_MODELFILE_MODEL_FORMAT;
}

/* The format of a network's file: the lowest that says everything, so that older programs read what they can. */
static inline int64_t ls_modelfile_format(const ls_network *network)
{
    return network->feature_map.factor || network->target_map.factor || network->offset ? 2 : 1;
}

/* Where a weight is stored. Keras 2 looks for /<layer>/<layer>/<weight>:0, and Keras 3 takes any path that
 * the layer's weight_names spell. */
static inline void ls_modelfile_weight_path(const char *layer, const char *weight, char path[LS_MODELFILE_PATH])
{
    snprintf(path, LS_MODELFILE_PATH, "/model_weights/%s/%s/%s:0", layer, layer, weight);
}

/* The place of tensor `index` of a network. */
static inline void ls_modelfile_tensor_path(const ls_network *network, int index, char path[LS_MODELFILE_PATH])
{
    const ls_tensor tensor = ls_network_tensor(network, index);
    ls_modelfile_weight_path(network->layers[tensor.layer].name, ls_role_name(tensor.role), path);
}

/* The shape that Keras gives a tensor: kernel (inputs, units), vectors (units). */
typedef struct ls_modelfile_shape {
    int rank;
    int64_t extent[2];
} ls_modelfile_shape;

static inline ls_modelfile_shape ls_modelfile_tensor_shape(const ls_network *network, int index)
{
    const ls_tensor tensor = ls_network_tensor(network, index);
    if (ls_tensor_is_vector(&tensor))
        return (ls_modelfile_shape){1, {tensor.columns, 0}};
    return (ls_modelfile_shape){2, {tensor.rows, tensor.columns}};
}

/* Local. Whether a dataset is there with this shape, and its values or some of its rows, all finite and at least
 * `least`. LS_ERR_DATA. */
ls_status ls_modelfile_check_shape(ls_h5_file *file, const char *path, const ls_modelfile_shape *shape);
ls_status ls_modelfile_read_tensor(ls_h5_file *file, const char *path, const ls_modelfile_shape *shape, float least,
                                   float *values);
ls_status ls_modelfile_read_rows(ls_h5_file *file, const char *path, const ls_modelfile_shape *shape, int64_t first,
                                 int64_t count, float least, float *values);

/* Local. room (ls_modelblock_room). */
ls_status ls_modelfile_write_optimizer(ls_h5_file *file, const ls_network *network,
                                       const ls_modelfile_optimizer *optimizer, float *room);

#endif
