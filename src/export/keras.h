/* Models as Keras 3 saves them. */
#ifndef LS_EXPORT_KERAS_H
#define LS_EXPORT_KERAS_H

#include "export/exported.h"

#include <stdio.h>

/* Local. A .keras file: a zip archive of metadata.json, config.json and model.weights.h5, which is what a run's model
 * holds without its seal. The model is not compiled. Offsets and values for missing ones have no place in it.
 * LS_ERR_USAGE: 4 GiB or more. LS_ERR_MEMORY, LS_ERR_OUTPUT. */
ls_status ls_export_keras(const ls_exported *model, FILE *out);

/* Local. Its config.json alone, what model.to_json gives: the layers without their weights. */
ls_status ls_export_keras_config(const ls_exported *model, FILE *out);

#endif
