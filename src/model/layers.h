/* The layer list: what --layers says, as a table of layers, and back to text. */
#ifndef LS_MODEL_LAYERS_H
#define LS_MODEL_LAYERS_H

#include "base/status.h"
#include "base/text.h"
#include "math/kernels.h"
#include "model/regularizers.h"

#include <stdbool.h>
#include <stdint.h>

typedef enum ls_layer_kind { LS_LAYER_DENSE, LS_LAYER_DROPOUT } ls_layer_kind;

/* A dense layer's two tensors, as arrays of both are ordered; ls_tensor's is_bias is one. */
enum { LS_KERNEL, LS_BIAS, LS_LAYER_TENSORS };

typedef struct ls_layer {
    ls_layer_kind kind;
    char name[64]; /* as Keras numbers them: dense, dense_1, dropout */
    int64_t inputs;
    int64_t units; /* outputs; a dropout layer's equal its inputs */
    /* dense */
    ls_activation activation;
    bool bias;
    ls_regularizer regularizer[LS_LAYER_TENSORS];
    bool regularizer_said[LS_LAYER_TENSORS]; /* by the text, "none" too */
    ls_constraint constraint[LS_LAYER_TENSORS];
    /* dropout */
    double rate;
    /* place of a dense layer's weights in the flat parameter block: panels of 16 outputs, [panel][inputs + bias][16] */
    int64_t offset; /* floats */
    int64_t panels;
} ls_layer;

/* Rows of a weight panel: inputs and the bias. */
static inline int64_t ls_layer_weight_rows(const ls_layer *layer)
{
    return layer->inputs + (layer->bias ? 1 : 0);
}

/* Local. Parses "64 relu kernel_regularizer=l2(1e-4), dropout 0.2, 10 softmax use_bias=false" for `features` inputs.
 * *layers is an array of *count, freed with ls_memory_free. LS_ERR_USAGE names the layer, the word, and what was
 * expected. */
ls_status ls_layers_parse(const char *text, int64_t features, ls_layer **layers, int *count);

/* Gives dense layers whose text says nothing about it a regularizer, of the kernel or of the bias they have. */
void ls_layers_regularize(ls_layer *layers, int count, int tensor, const ls_regularizer *regularizer);

/* Appends the canonical text, which ls_layers_parse reads back. */
void ls_layers_format(const ls_layer *layers, int count, ls_text *text);

#endif
