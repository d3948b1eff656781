/* What classes and outputs are called: by the labels of the data, by names where it was a table. */
#ifndef LS_TRAIN_LABEL_NAMES_H
#define LS_TRAIN_LABEL_NAMES_H

#include "formats/encoding.h"
#include "model/network.h"

typedef struct ls_label_names {
    const ls_network *network;
    const ls_encoding *encoding; /* of the columns the model was trained on; NULL: they had no names */
} ls_label_names;

/* The label of a class in the data, which the model may have numbered anew. */
int64_t ls_label_of_class(const ls_label_names *names, int64_t class_);
/* The name of a label; NULL: it has none. */
const char *ls_label_name(const ls_label_names *names, int64_t label);
/* The name of output j; NULL: it is not known. */
const char *ls_label_names_of_output(const ls_label_names *names, int64_t j);

/* Appends a class' name, or its label; an output's name, or its number. */
void ls_label_names_class(const ls_label_names *names, int64_t class_, ls_text *out);
void ls_label_names_output(const ls_label_names *names, int64_t j, ls_text *out);

#endif
