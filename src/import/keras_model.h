/* What a Keras model's configuration says: its layers as --layers would say them, which of Keras' layers those are, and
 * where their variables lie. Pure reading of JSON: no file, no weights. Local.
 * Sources: Keras 3.15 keras/src/saving (serialization_lib, saving_lib), keras/src/legacy/saving; tf.keras 2.15. */
#ifndef LS_IMPORT_KERAS_MODEL_H
#define LS_IMPORT_KERAS_MODEL_H

#include "base/json_read.h"
#include "base/status.h"
#include "base/text.h"

/* What has become of a layer of Keras'. */
typedef enum ls_keras_use {
    LS_KERAS_NOTHING,  /* InputLayer, Flatten of rows, linear activation: no trace */
    LS_KERAS_LAYER,    /* layer number `index` of the network that `layers` gives */
    LS_KERAS_FEATURES, /* a map of the features, in front of all layers, number `index` of those */
    LS_KERAS_TARGETS   /* a map of the outputs, behind all layers, number `index` of those */
} ls_keras_use;

/* A per-column affine map: Normalization or Rescaling, in front or behind, whichever of them. */
typedef struct ls_keras_map {
    bool rescaling; /* y = x * scale + offset (a: scale, b: offset); else y = (x - mean) / max(sqrt(variance), 1e-7) */
    bool invert;    /* Normalization(invert=True): y = mean + x * max(sqrt(variance), 1e-7) */
    int64_t count;  /* numbers in a and b each: 1 for all columns, or one a column; 0: they are variables of the file,
                       one a column or one for all */
    double *a, *b;  /* scale and offset, or mean and variance; owned */
} ls_keras_map;

/* A layer of Keras' in the order in which the rows pass, models within models opened up. */
typedef struct ls_keras_layer {
    char *class_name; /* "Dense"; owned, as all texts here */
    char *name;       /* its own: "dense_3" */
    char *place; /* for messages: "layer 3 'dense_2' (Dense)", input layers not counted ("input 'x' (InputLayer)"); in a
                    model "layer 2 'encoder' (Sequential) > layer 1 ..." */
    char *saved; /* Keras 3: its group below the root of .weights.h5: "layers/dense_1", "layers/sequential/layers/dense"
                  */
    char *legacy; /* HDF5 of both generations: the top-level layer's name, whose weight_names list the variables of all
                     in it, in order */
    ls_keras_use use;
    int index;
    int variables; /* how many it has in the file, as Keras lists them: trainable, then not (Normalization: mean,
                      variance, count) */
    bool trainable;
    /* The group where Keras before 2.15 wrote it, whose files have /_layer_checkpoint_dependencies in place of /layers:
     * 2.14, and 2.12 to 2.13, which counts a layer that has variables as two. All variables of a model are there under
     * the names of the right one, and not all under the other's where these differ. */
    char *saved_214, *saved_213;
} ls_keras_layer;

typedef struct ls_keras_model {
    int64_t features; /* of the input; 0: the configuration does not say (a Sequential model that was never built) */
    ls_text layers;   /* as --layers takes them */
    ls_keras_layer *layer;
    int count;
    ls_keras_map *map; /* features' in order, then targets' */
    int feature_maps, target_maps;
    bool legacy; /* Keras 2 wrote it: hard_sigmoid and LeakyReLU have other meanings there */
    /* What users should know, a line each, or empty: in any case (types of numbers); where the model is trained further
     * (layers that are not trainable); where weights are drawn anew (initializers that Lockstep does not have). */
    ls_text remarks, training_remarks, initial_remarks;
} ls_keras_model;

/* Local. `config`: the object with class_name and config (config.json, attribute model_config, model.to_json()).
 * `name` stands in front of messages. `version`: keras_version of the file, NULL: found out from the text.
 * LS_ERR_DATA: damaged JSON or no model; a layer, or a setting of it, that Lockstep does not have: its place, class,
 * what is not supported, and the nearest that is. */
ls_status ls_keras_model_read(const ls_json_document *document, const ls_json_value *config, const char *name,
                              const char *version, ls_keras_model *model);
void ls_keras_model_free(ls_keras_model *model); /* back to {0} */

#endif
