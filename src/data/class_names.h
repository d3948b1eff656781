/* The classes as people call them: by the categories of a converted table's target, or what the columns of targets with
 * one a class are called, else by their labels; and outputs by the names of its targets. */
#ifndef LS_DATA_CLASS_NAMES_H
#define LS_DATA_CLASS_NAMES_H

#include "base/log.h"
#include "base/text.h"
#include "formats/encoding.h"
#include "model/network.h"

#include <stdbool.h>
#include <stdint.h>

/* Points to the network, which stays. */
typedef struct ls_class_names {
    const ls_network *network;
    int64_t count; /* of classes */
    ls_encoding encoding;
    const ls_dictionary *names; /* of the labels from 0 up, in `encoding` or `columns`; NULL: there are none */
    ls_dictionary columns;      /* what targets of one column a class are called */
} ls_class_names;

/* The classes of a network whose loss takes one label a row, or of a single sigmoid, which has two. */
static inline int64_t ls_class_names_count(const ls_network *network)
{
    return network->classes ? network->class_count : network->outputs == 1 ? 2 : network->outputs;
}

/* Local. `encoding`: the JSON text of the columns, or NULL. LS_ERR_DATA: it is damaged. */
ls_status ls_class_names_read(const char *encoding, const ls_network *network, ls_class_names *names);
void ls_class_names_free(ls_class_names *names); /* back to {0} */

/* Local, the same on all ranks. Names of classes count labels from 0: drops those of an encoding (NULL is accepted)
 * whose training labels do not, with a warning. */
ls_status ls_class_names_fit(const ls_log *log, const ls_network *network, char **encoding);

/* The label of class k, as the data has it; its name, NULL where it has none. */
int64_t ls_class_names_label(const ls_class_names *names, int64_t k);
const char *ls_class_names_name(const ls_class_names *names, int64_t k);

/* The name of a label; of output j. NULL where it has none. */
const char *ls_class_names_of_label(const ls_class_names *names, int64_t label);
const char *ls_class_names_of_output(const ls_class_names *names, int64_t j);

/* The class with this name, or with this label; -1: there is none. */
int64_t ls_class_names_find(const ls_class_names *names, const char *name);
int64_t ls_class_names_find_label(const ls_class_names *names, int64_t label);
/* The name nearest to a word; NULL: none is near. */
const char *ls_class_names_nearest(const ls_class_names *names, const char *word);

/* Appends the name of class k, in quotes where a list needs them (ls_csv_put_field), or its label. */
void ls_class_names_put(const ls_class_names *names, int64_t k, ls_text *text);
/* The same of output j, or its number. */
void ls_class_names_put_output(const ls_class_names *names, int64_t j, ls_text *text);
/* Appends "no, yes"; of many the first 20 and how many more there are. */
void ls_class_names_list(const ls_class_names *names, ls_text *text);

#endif
