/* What a new training begins with when --init names a model: the model's identity, and its optimizer's state. The model
 * itself is model_initial.c's. */
#ifndef LS_TRAIN_INITIAL_H
#define LS_TRAIN_INITIAL_H

#include "train/trainer.h"

/* Sent to all ranks as it is. */
typedef struct ls_initial {
    char sha256[65];    /* see below; "" without --init */
    bool optimizer;     /* --init-optimizer */
    int64_t iterations; /* of the optimizer */
    double rate;        /* of its next step; below 0: a schedule's, or not taken */
} ls_initial;

/* Collective. What the options say of `model`, made with them. The hash is SHA-256 over float32 values, little-endian:
 * mean and variance of the features' normalisation, kernels and biases in Keras' shapes and order, mean and variance of
 * the targets', the fill values, each where there is one; with the optimizer also each of its slots, tensor by tensor
 * like the weights, and its iterations as int64. Options that have the hash already are those of a training that goes
 * on: then nothing is read, since its checkpoint holds all that. LS_ERR_USAGE: the optimizer is another one. */
ls_status ls_initial_find(ls_context *context, const ls_options *options, const ls_model *model, ls_initial *initial);

/* Collective. The trainer's optimizer goes on from that state. */
ls_status ls_initial_take(ls_trainer *trainer, const ls_options *options, const ls_initial *initial);

#endif
