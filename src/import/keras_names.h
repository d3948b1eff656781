/* Lists of names in attributes: layer_names and weight_names, which Keras splits into NAME0, NAME1, ... where one
 * attribute has no room for all. Local. */
#ifndef LS_IMPORT_KERAS_NAMES_H
#define LS_IMPORT_KERAS_NAMES_H

#include "base/text.h"
#include "hdf5/h5.h"

/* Start from {0}. */
typedef struct ls_keras_names {
    ls_text text; /* each with its NUL */
    int count;
} ls_keras_names;

/* Whether an object has such a list. */
bool ls_keras_names_there(ls_h5_file *file, const char *object, const char *name);
/* Local. Appends all of it; none where there is no such list, or one of no texts, as Keras writes an empty one.
 * LS_ERR_DATA. */
ls_status ls_keras_names_read(ls_h5_file *file, const char *object, const char *name, ls_keras_names *names);
void ls_keras_names_free(ls_keras_names *names); /* back to {0} */

/* The name behind another one, the first behind NULL; NULL at the end. */
const char *ls_keras_names_next(const ls_keras_names *names, const char *name);

#endif
