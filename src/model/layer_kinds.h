/* Kinds of layers: a row each, with all that is special about them. Nobody else asks which kind a layer is. */
#ifndef LS_MODEL_LAYER_KINDS_H
#define LS_MODEL_LAYER_KINDS_H

#include "base/json.h"
#include "base/settings.h"
#include "model/layers.h"

#include <stddef.h>

/* One entry of the list, for messages and for what its kind makes of it. */
typedef struct ls_layer_entry {
    int number; /* from 1 */
    const char *text;
    int length;
} ls_layer_entry;

/* A matrix of a layer's: a kernel of `inputs` rows, with a vector of one value an output as its last row or without; or
 * the vector alone. */
typedef struct ls_layer_matrix {
    int64_t inputs; /* 0: no kernel */
    int vector;     /* an ls_role; -1: none */
} ls_layer_matrix;

enum { LS_LAYER_MATRICES = 4 };

struct ls_layer_operations; /* pass_internal.h */

typedef struct ls_layer_kind {
    const char *word;        /* that its entries begin with; NULL: they begin otherwise, and the parser knows */
    const char *stem;        /* of Keras' names: "dense", "dense_1" */
    const char *keras_class; /* "Dense" */
    bool last;               /* may be the network's last layer */
    bool masks;              /* its backward pass may apply the derivative of a relu that it reads */
    bool tells;              /* its backward pass says when the layer's deltas are complete, before those below are */

    /* Local. What stands behind the entry's word; `word` is the first one. Kinds without entries have none. */
    ls_status (*parse)(const ls_layer_entry *entry, const char *word, const char *cursor, ls_layer *layer);
    /* Appends the entry's canonical text. */
    void (*format)(const ls_layer *layer, ls_text *text);
    /* The layer's matrices, once inputs and units are known, in the order of the roles; returns how many. NULL: none */
    int (*matrices)(const ls_layer *layer, ls_layer_matrix matrix[LS_LAYER_MATRICES]);
    /* The keys of Keras' configuration that stand behind the layer's name. NULL: none. */
    void (*config)(const ls_layer *layer, ls_json *json);
    const struct ls_layer_operations *operations;
} ls_layer_kind;

/* The kinds that the parser and the layout know by name; the others are found by their words. */
extern const ls_layer_kind ls_layer_dense, ls_layer_activation, ls_layer_add;

/* All kinds, the i-th; NULL behind the last. */
const ls_layer_kind *ls_layer_kind_at(size_t i);

/* ---- what normalisations have in common (layer_scaling.c) ----
 * epsilon, and for each unit a scale and an offset, which are its matrices 0 and 1 as far as they are there. */

/* The settings' rows of a table of ls_layer, and their defaults. */
#define LS_LAYER_SCALING                                                                                               \
    LS_SETTING(ls_layer, epsilon, REAL, 1e-12, 1, NULL), LS_SETTING(ls_layer, center, SWITCH, 0, 0, NULL),             \
        LS_SETTING(ls_layer, scale, SWITCH, 0, 0, NULL)
void ls_layer_scaling_defaults(ls_layer *layer);
/* Appends those that are not. */
void ls_layer_scaling_format(const ls_layer *layer, ls_text *text);
/* Returns how many. */
int ls_layer_scaling_matrices(const ls_layer *layer, ls_layer_matrix matrix[LS_LAYER_MATRICES]);
void ls_layer_scaling_config(const ls_layer *layer, ls_json *json);
/* The network's matrix of the scales, of the offsets; -1: there is none. */
int ls_layer_scale(const ls_layer *layer);
int ls_layer_offset(const ls_layer *layer);

/* ---- words of an entry (layer_words.c) ---- */

/* Longer than any word that means something. */
enum { LS_LAYER_WORD = 256, LS_LAYER_ENTRY = 400 /* bytes of an entry's beginning in messages */ };

/* Bytes of `text` up to the comma that ends the entry, or a parenthesis that it did not open. */
size_t ls_layer_entry_length(const char *text);
/* The entry's next word; spaces and commas in parentheses belong to it. */
bool ls_layer_next_word(const char **cursor, char word[LS_LAYER_WORD], bool *too_long);
/* "key=value" in place: cuts at '=', and writes '-' in the key as '_'. Returns the value; NULL: there is no '=', or it
 * is in parentheses. */
char *ls_layer_split_word(char *word);
/* Local. "relu", "leaky_relu(0.3)" into the layer's activation and its settings; *found: whether the word begins with
 * an activation's name. LS_ERR_USAGE: its settings. */
ls_status ls_layer_parse_activation(const ls_layer_entry *entry, const char *word, ls_layer *layer, bool *found);
/* Appends it, without what is a default; the same as Keras' key. */
void ls_layer_format_activation(const ls_layer *layer, ls_text *text);
void ls_layer_activation_config(const ls_layer *layer, ls_json *json);
/* Whether one number is all there is up to the entry's end. */
bool ls_layer_only_number(const char *cursor, double *number);
/* "key=value ..." up to the entry's end, into the members of `layer`; LS_ERR_USAGE as ls_settings_parse. */
ls_status ls_layer_parse_settings(const ls_layer_entry *entry, const char *cursor, const ls_setting *table,
                                  size_t count, ls_layer *layer);
/* LS_ERR_USAGE: a word that no layer has, or not here, with the nearest one and the grammar. */
ls_status ls_layer_unknown_word(const ls_layer_entry *entry, const char *word);
/* What stands in front of a message about one word. */
void ls_layer_name_word(const ls_layer_entry *entry, const char *word, char what[LS_LAYER_ENTRY]);

#endif
