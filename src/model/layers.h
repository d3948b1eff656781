/* The layer list: what --layers says, as a table of layers, and back to text. */
#ifndef LS_MODEL_LAYERS_H
#define LS_MODEL_LAYERS_H

#include "base/status.h"
#include "base/text.h"
#include "math/activations.h"
#include "math/kernels.h"
#include "model/initializers.h"
#include "model/regularizers.h"

#include <stdbool.h>
#include <stdint.h>

/* What a variable is to its layer, in the order in which Keras lists a layer's variables. */
typedef enum ls_role {
    LS_KERNEL,   /* (inputs, units) */
    LS_BIAS,     /* (units), as all below */
    LS_SCALE,    /* of normalised units; Keras' gamma */
    LS_OFFSET,   /* Keras' beta */
    LS_MEAN,     /* moving, over batches: a statistic, which has no gradient */
    LS_VARIANCE, /* likewise */
    LS_ROLES
} ls_role;

/* Keras' name of such a variable: "kernel", "gamma", "moving_mean". */
const char *ls_role_name(ls_role role);

/* Whether gradients change it. */
static inline bool ls_role_trainable(ls_role role)
{
    return role < LS_MEAN;
}

enum {
    LS_LAYER_INPUTS = 2,
    LS_FEATURES = -1 /* as an input: no layer's outputs, but the network's features */
};

struct ls_layer_kind;

typedef struct ls_layer {
    const struct ls_layer_kind *kind; /* its operations (layer_kinds.h), which alone read the settings below */
    char name[64];                    /* as Keras numbers them: dense, dense_1, dropout */
    int input[LS_LAYER_INPUTS];       /* the layers whose outputs it reads, or LS_FEATURES; the first is the one before
                                         it. Without a second: equal to the first */
    int64_t inputs;                   /* units of the first */
    int64_t units;                    /* outputs */
    ls_activation activation;         /* of a dense layer's or an activation layer's outputs */
    bool bias;                        /* dense */
    double rate;                      /* dropout */
    double stddev;                    /* gaussian noise */
    double momentum;                  /* batch normalisation: share that moving statistics keep in a step */
    double epsilon;                   /* normalisation, added to the variance */
    bool center, scale;               /* normalisation: whether it has an offset, a scale */
    ls_activation_settings activation_settings;
    ls_regularizer regularizer[LS_ROLES];
    bool regularizer_said[LS_ROLES]; /* by the text, "none" too */
    ls_constraint constraint[LS_ROLES];
    ls_initializer initializer[LS_ROLES]; /* without a row: the role's default */
    bool initializer_said[LS_ROLES];      /* by the text, the default too */
    /* its matrices in the network's table (network.h): those that are trained, and those of statistics */
    int matrix, matrices;
    int statistic, statistics;
} ls_layer;

/* Whether it is Keras' relu without settings, whose derivative products can apply. */
static inline bool ls_layer_is_relu(const ls_layer *layer)
{
    return layer->activation == LS_RELU && !layer->activation_settings.set;
}

/* Local. Parses "64 relu kernel_regularizer=l2(1e-4), residual(64 relu, 64), dropout 0.2, 10 softmax use_bias=false"
 * for `features` inputs. *layers is an array of *count, freed with ls_memory_free. LS_ERR_USAGE names the layer, the
 * word, and what was expected. */
ls_status ls_layers_parse(const char *text, int64_t features, ls_layer **layers, int *count);

/* Gives layers whose text says nothing about it a regularizer, of those of their variables that have the role. False:
 * there are none such. */
bool ls_layers_regularize(ls_layer *layers, int count, ls_role role, const ls_regularizer *regularizer);

/* The same with an initializer. */
bool ls_layers_initialize(ls_layer *layers, int count, ls_role role, const ls_initializer *initializer);

/* What a variable of the layer begins with: its initializer, or the role's default, Keras' too. Has a row. */
const ls_initializer *ls_layer_initializer(const ls_layer *layer, ls_role role);
/* Sets it; the default leaves no trace in text and configuration. */
void ls_layer_set_initializer(ls_layer *layer, ls_role role, const ls_initializer *initializer);

/* Appends the canonical text, which ls_layers_parse reads back. */
void ls_layers_format(const ls_layer *layers, int count, ls_text *text);

#endif
