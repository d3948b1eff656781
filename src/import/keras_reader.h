/* A walk through the configuration of a Keras model, in the order in which the rows pass: where it is, what the network
 * has by then, and what the readers of single layers share. */
#ifndef LS_IMPORT_KERAS_READER_H
#define LS_IMPORT_KERAS_READER_H

#include "import/keras_model.h"

enum {
    LS_KERAS_LAYERS_MAX = 4096, /* of all models within the model */
    LS_KERAS_NAME_MAX = 255,    /* bytes of a layer's name */
    LS_KERAS_BRANCHES_MAX = 64  /* residual(...) in one another, as in the list of layers */
};

/* Where a layer's variables lie in files of weights (keras_model.h). */
typedef struct ls_keras_paths {
    ls_text saved, saved_214, saved_213;
} ls_keras_paths;

/* What the rows are at this point. */
typedef struct ls_keras_rows {
    int64_t units; /* numbers in one; 0: the configuration does not say */
    int rank;      /* of the tensor, rows included: 2, and more where a Flatten is to come */
} ls_keras_rows;

typedef struct ls_keras_reader {
    const ls_json_document *document;
    const char *file; /* in front of messages */
    ls_keras_model *model;
    int64_t capacity; /* of model->layer */

    /* The model within the model. */
    const char *within;          /* its place and " > "; "" in the outermost */
    const ls_keras_paths *paths; /* its groups; NULL */
    const char *top;             /* name of the outermost one's layer that this is in; NULL */
    bool trainable;
    int read; /* layers so far */

    /* The layer. */
    const ls_json_value *config;
    const char *place;
    int layer; /* in model->layer; -1: it is not in the list */

    /* The network so far. */
    ls_keras_rows rows;
    int layers;       /* of the network */
    int last, behind; /* in model->layer: the last that became one of them, the first map behind them; -1: none */
    bool ends_dense;  /* the last is a dense one, perhaps with an activation */
    bool joins;       /* it has none, and nothing stands behind it: an activation may become its */
    int opened;       /* residual( with nothing in them yet */
    int depth;        /* residual( without their ) */
    int64_t source[LS_KERAS_BRANCHES_MAX]; /* (depth) units of what goes in */
} ls_keras_reader;

/* ---- messages (keras_refuse.c) ---- */

/* LS_ERR_DATA: file, the layer's place and the text, with what Lockstep has that is nearest, unless that is NULL. */
ls_status ls_keras_refuse(const ls_keras_reader *reader, const char *nearest, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
/* Of a class of layers that Lockstep does not have. */
ls_status ls_keras_refuse_class(const ls_keras_reader *reader, const char *class_name);
/* Appends a line with the layer's place. */
void ls_keras_remark(const ls_keras_reader *reader, ls_text *remarks, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* ---- values of a configuration (keras_values.c) ---- */

/* A member that is there and not null; NULL. */
const ls_json_value *ls_keras_member(const ls_keras_reader *reader, const ls_json_value *object, const char *key);
/* A setting, or `initial`, which is what Keras takes where none is said. LS_ERR_DATA: it is of another type. */
ls_status ls_keras_real(const ls_keras_reader *reader, const ls_json_value *config, const char *key, double initial,
                        double *value);
ls_status ls_keras_switch(const ls_keras_reader *reader, const ls_json_value *config, const char *key, bool initial,
                          bool *value);
/* The list in {"class_name": "__numpy__", "config": {"value": [...]}} and other wrappings of Keras', or the value
 * itself; NULL of NULL. */
const ls_json_value *ls_keras_list(const ls_keras_reader *reader, const ls_json_value *value);
/* A number, a list of them, lists of lists, or NumPy's array as Keras writes it: all numbers of `value`, which `key` is
 * called in messages, in a block of the caller's (ls_memory_free). */
ls_status ls_keras_numbers(const ls_keras_reader *reader, const ls_json_value *value, const char *key, double **numbers,
                           int64_t *count);
/* Whether an axis (one number, or a list of one) is that of the columns; none said is. */
ls_status ls_keras_check_axis(const ls_keras_reader *reader, const char *key);
/* A number from JSON. Keras 2 writes many in float32, with digits behind that mean nothing: those are taken as their
 * shortest decimals, which are the same in float32. */
double ls_keras_plain(double value);
/* Keras' name of a class in paths and names: "LeakyReLU" is leaky_re_lu. Freed with ls_text_free. */
void ls_keras_snake(const char *class_name, ls_text *text);
/* A class, and its configuration, of what is given as a string or as an object; *name NULL: it is neither. */
void ls_keras_object(const ls_keras_reader *reader, const ls_json_value *value, const char **name,
                     const ls_json_value **config);

/* ---- what becomes of the layer (keras_flow.c) ---- */

/* One more entry of the list of layers, which gives `units` (0: as many as it takes). */
ls_status ls_keras_flow_entry(ls_keras_reader *reader, const char *text, int64_t units);
/* An activation: of the dense layer before it, or an entry. */
ls_status ls_keras_flow_activation(ls_keras_reader *reader, const char *text);
/* residual( in front of the next entry, and its end, which is an Add. */
ls_status ls_keras_flow_open(ls_keras_reader *reader);
ls_status ls_keras_flow_close(ls_keras_reader *reader);
/* A map in front of all entries or behind them. Takes over its numbers, whatever is returned. */
ls_status ls_keras_flow_map(ls_keras_reader *reader, ls_keras_map *map);
/* Behind the last layer: whether it is a network. */
ls_status ls_keras_flow_end(ls_keras_reader *reader);

/* ---- layers ---- */

/* Whether there is such a class of layers, Add apart; and one of such a class (keras_layers.c). */
bool ls_keras_layers_have(const char *class_name);
ls_status ls_keras_layers_read(ls_keras_reader *reader, const char *class_name);
/* An activation's word, "leaky_relu(negative_slope=0.3)", of a string, an object or NULL; and of a layer of a class
 * that has one (keras_activations.c). */
ls_status ls_keras_activation_read(const ls_keras_reader *reader, const ls_json_value *value, ls_text *word);
bool ls_keras_activation_has_layer(const char *class_name);
ls_status ls_keras_activation_layer(const ls_keras_reader *reader, const char *class_name, const ls_json_value *config,
                                    ls_text *word);
/* " kernel_regularizer=l2(0.01)" and so on; nothing for what is none, or the default (keras_rules.c). */
ls_status ls_keras_regularizer_put(const ls_keras_reader *reader, const char *key, ls_text *text);
ls_status ls_keras_constraint_put(const ls_keras_reader *reader, const char *key, ls_text *text);
ls_status ls_keras_initializer_put(const ls_keras_reader *reader, const char *key, ls_text *text);
/* Such settings of a variable that Lockstep has no words for: none may be said. */
ls_status ls_keras_rules_none(const ls_keras_reader *reader, const char *variable, const char *initializer);
/* Normalization and Rescaling (keras_maps.c). */
ls_status ls_keras_maps_normalization(ls_keras_reader *reader);
ls_status ls_keras_maps_rescaling(ls_keras_reader *reader);
/* InputLayer, Flatten, Reshape (keras_shapes.c); and a shape with its rows, which must be what the rows are, unless
 * nothing is known of these. */
ls_status ls_keras_shapes_input(ls_keras_reader *reader);
ls_status ls_keras_shapes_flatten(ls_keras_reader *reader);
ls_status ls_keras_shapes_reshape(ls_keras_reader *reader);
ls_status ls_keras_shapes_take(ls_keras_reader *reader, const ls_json_value *shape);

/* ---- models (keras_container.c, keras_functional.c) ---- */

/* A layer within a model, as its list has it. */
typedef struct ls_keras_item {
    const ls_json_value *object;
    const char *class_name, *name; /* the name is NULL where none is said */
    int number;                    /* from 1, input layers apart */
    int ordinal, ordinal_213;      /* its number in paths */
} ls_keras_item;

/* The layers of a model in the order of its list, owned by the caller (ls_memory_free). */
ls_status ls_keras_container_items(const ls_keras_reader *reader, const ls_json_value *layers, ls_keras_item **items,
                                   int *count);
/* Their numbers in paths; the groups of one in its model's (keras_paths.c), for ls_keras_paths_free, and its own name
 * there. */
ls_status ls_keras_paths_number(const ls_keras_reader *reader, ls_keras_item *items, int count);
ls_status ls_keras_paths_make(const ls_keras_paths *within, const ls_keras_item *item, ls_keras_paths *paths);
const char *ls_keras_paths_last(const ls_keras_paths *paths);
void ls_keras_paths_free(ls_keras_paths *paths);
/* Sets the reader's place to one of them (an owned text, for ls_text_free behind it). */
void ls_keras_container_place(const ls_keras_reader *reader, const ls_keras_item *item, ls_text *place);
/* Whether it is of a class that Lockstep has, or a model. */
ls_status ls_keras_container_check(const ls_keras_reader *reader, const ls_keras_item *item);
/* Reads one: a layer, or a model. `adds`: it is the end of a branch. */
ls_status ls_keras_container_item(ls_keras_reader *reader, const ls_keras_item *item, bool adds);
/* All of a model's layers. */
ls_status ls_keras_container_read(ls_keras_reader *reader, const ls_json_value *object);
ls_status ls_keras_functional_read(ls_keras_reader *reader, const ls_json_value *config);

#endif
