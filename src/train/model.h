/* A model: a network and its weights. */
#ifndef LS_TRAIN_MODEL_H
#define LS_TRAIN_MODEL_H

#include "model/network.h"
#include "train/context.h"

struct ls_model {
    ls_network *network; /* owned */
    float *block;        /* (network->block) weights, the same on all ranks; owned */
    const ls_kernels *kernels;
};

/* Collective. Rank 0 brings a network and block (others pass NULL), all get a model; takes over rank 0's. `status` is
 * rank 0's outcome so far, agreed here. */
ls_status ls_model_share(ls_context *context, ls_status status, ls_network *network, float *block, ls_model **model);

#endif
