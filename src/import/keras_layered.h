/* The text of --layers in place of a configuration, for files that have variables only. Local. */
#ifndef LS_IMPORT_KERAS_LAYERED_H
#define LS_IMPORT_KERAS_LAYERED_H

#include "import/keras_file.h"
#include "import/keras_model.h"

/* Local. The model that Keras would have of these layers, with as many features as the first kernel of the file takes.
 * LS_ERR_USAGE: no such layers; LS_ERR_DATA: the file has no variables. */
ls_status ls_keras_layered_model(const char *layers, const ls_keras_file *file, ls_keras_model *model);

#endif
