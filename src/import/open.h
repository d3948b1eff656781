/* The door for models, whoever wrote them: a file of Keras' is translated while it is opened. */
#ifndef LS_IMPORT_OPEN_H
#define LS_IMPORT_OPEN_H

#include "base/status.h"
#include "base/text.h"
#include "hdf5/h5.h"
#include "import/keras_file.h"

/* Attributes of /lockstep that only translated files have. Those of compile() are words of options, of which an absent
 * one says nothing. */
#define LS_IMPORT_KERAS           "keras"          /* what the file is, for people */
#define LS_IMPORT_NOTES           "keras_notes"    /* lines for people, of what is otherwise here; absent: none */
#define LS_IMPORT_TRAINING_NOTES  "training_notes" /* the same of who trains the model further */
#define LS_IMPORT_OPTIMIZER       "compiled_optimizer"
#define LS_IMPORT_SCHEDULE        "compiled_schedule"
#define LS_IMPORT_EMA             "compiled_ema"
#define LS_IMPORT_OPTIMIZER_FAULT "optimizer_fault" /* why the optimizer, or its state, is not to be had here */

/* What is known besides a file that has variables and says nothing of layers. */
typedef struct ls_import_hints {
    const char *model;  /* path of a file with the configuration; NULL or "": none */
    const char *layers; /* as --layers takes them; NULL or "": none */
    bool lenient;       /* of --init: layers may be said of a file that says them too, and the caller compares */
} ls_import_hints;

/* Local. ls_modelfile_open (modelfile.h) for what Lockstep wrote; what Keras wrote is translated into that layout, in
 * memory, under the same path: all who read models read it. `hints` may be NULL. The whole translation is done in a
 * process of its own first (hdf5/check.h). LS_ERR_DATA: damaged, or what Lockstep does not have, by layer and place.
 * LS_ERR_USAGE: the hints are missing, too many, or do not fit. */
ls_status ls_import_open(const char *path, bool sealed, const ls_import_hints *hints, ls_h5_file **file, bool *newer);

/* Local. The text for --layers of the architecture that a file has: a configuration as JSON, .keras, .h5, or a model of
 * Lockstep's; appended. `remarks`: what of it is otherwise here, lines for people; appended. LS_ERR_DATA. */
ls_status ls_import_layers(const char *path, ls_text *layers, ls_text *remarks);

#endif
