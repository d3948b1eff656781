/* A model: a network and its weights. */
#ifndef LS_TRAIN_MODEL_H
#define LS_TRAIN_MODEL_H

#include "context/context.h"
#include "model/network.h"

struct ls_model {
    ls_network *network; /* owned */
    float *block;        /* (network->block) weights, the same on all ranks; owned */
    const ls_kernels *kernels;
    char *encoding; /* of the columns it was trained on, as JSON (formats/encoding.h); NULL: they had no names; owned */
};

/* Collective. Rank 0 brings a network, block and encoding (others pass NULL), all get a model; takes over rank 0's.
 * `status` is rank 0's outcome so far, agreed here. */
ls_status ls_model_share(ls_context *context, ls_status status, ls_network *network, float *block, char *encoding,
                         ls_model **model);

#endif
