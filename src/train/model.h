/* A model: a network and its weights. */
#ifndef LS_TRAIN_MODEL_H
#define LS_TRAIN_MODEL_H

#include "comm/common.h"
#include "context/context.h"
#include "hdf5/h5.h"
#include "model/network.h"
#include "source/source.h"

struct ls_model {
    ls_network *network; /* owned */
    float *block;        /* (network->block) weights, the same on all ranks; owned */
    ls_common *common;   /* what the block lies in instead (common_weights.h); owned. NULL: in this rank's own memory */
    const ls_kernels *kernels;
    char origin[LS_TEXT_MAX]; /* on rank 0 the file that it was read from; empty: none */
    const void *writer;       /* who wrote the weights last: a trainer's step (watch.h), or NULL: anybody else */
    char *encoding; /* of the columns it was trained on, as JSON (formats/encoding.h); NULL: they had no names; owned */
};

/* Collective. Rank 0 brings a network, block and encoding (others pass NULL), all get a model; takes over rank 0's.
 * `status` is rank 0's outcome so far, agreed here. */
ls_status ls_model_share(ls_context *context, ls_status status, ls_network *network, float *block, char *encoding,
                         ls_model **model);

/* Collective. The model that options->init names, made ready to be trained on these rows. LS_ERR_USAGE, LS_ERR_DATA:
 * options or rows do not fit it. */
ls_status ls_model_initial(ls_context *context, const ls_options *options, const ls_dataset *train, ls_model **model);

/* Collective. Where `model` names a file of Keras' and not what --init is the weights of, its architecture becomes the
 * option `layers`, and `model` is empty. LS_ERR_USAGE: both are given. */
ls_status ls_model_take_layers(ls_context *context, ls_options *options);

/* Local. The options' regularizers, loss and metrics for a network whose targets `source` has. */
ls_status ls_model_complete(const ls_options *options, const ls_source *source, ls_network *network);

/* Local. Opens the file that ls_model_load takes for a path: itself, or a run's model, or its newest whole checkpoint;
 * with what `options` (NULL: nothing) say of the layers of one that Keras wrote. */
ls_status ls_model_open(const char *path, const ls_options *options, ls_h5_file **file);

/* Local. The encoding of the columns of a model file, a checkpoint or a run's newest model or checkpoint, with nothing
 * else read or checked; *text is NULL where there is none, or no such file (*found: there is), else freed with
 * ls_memory_free. */
ls_status ls_model_read_names(const char *path, char **text, bool *found);

#endif
