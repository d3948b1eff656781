/* Where the variables of a Keras model lie in its file, matched as Keras matches them. Local. */
#ifndef LS_IMPORT_KERAS_VARIABLES_H
#define LS_IMPORT_KERAS_VARIABLES_H

#include "import/keras_file.h"
#include "import/keras_model.h"

typedef struct ls_keras_variables {
    char **path; /* (count) datasets, by the model's layers and in each as Keras lists them; owned, and each of them */
    int count;
    int *first;          /* (layers) of each layer's in `path`; owned */
    ls_text passed_over; /* datasets that no layer takes, for people; empty: none */
} ls_keras_variables;

/* Local. Finds them, all or none; no dataset is read. LS_ERR_DATA: the file's layers or their variables are not those
 * of the model: which, and how many there are. */
ls_status ls_keras_variables_find(const ls_keras_file *file, const ls_keras_model *model,
                                  ls_keras_variables *variables);
void ls_keras_variables_free(ls_keras_variables *variables); /* back to {0} */

static inline const char *ls_keras_variables_path(const ls_keras_variables *variables, int layer, int k)
{
    return variables->path[variables->first[layer] + k];
}

/* Local. What the k-th variable of a layer is, which must be numbers of a type that is read. LS_ERR_DATA. */
ls_status ls_keras_variables_describe(const ls_keras_file *file, const ls_keras_model *model,
                                      const ls_keras_variables *variables, int layer, int k, ls_h5_dataset *found);

/* Local. Columns that the model takes, by its first kernel, where nothing else says it. LS_ERR_DATA: it has none. */
ls_status ls_keras_variables_features(const ls_keras_file *file, const ls_keras_model *model,
                                      const ls_keras_variables *variables, int64_t *features);

#endif
