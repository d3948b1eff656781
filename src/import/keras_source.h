/* A model of Keras' as its file, or files, have it: layers, variables, and what compile() was given. Local. */
#ifndef LS_IMPORT_KERAS_SOURCE_H
#define LS_IMPORT_KERAS_SOURCE_H

#include "import/keras_variables.h"
#include "import/open.h"

typedef struct ls_keras_source {
    ls_keras_file file;      /* has the variables */
    ls_keras_file described; /* has the configuration, where that is another file */
    ls_keras_model model;    /* features are known */
    ls_keras_variables variables;
    bool found;                          /* the variables */
    bool apart;                          /* what says the layers is not what has the variables */
    const ls_json_document *compiled_in; /* the document of */
    const ls_json_value *compiled;       /* what compile() was given; NULL: nothing */
} ls_keras_source;

/* Local. Opens files and reads the configuration. LS_ERR_USAGE: hints are missing, or say what the file says. */
ls_status ls_keras_source_open(const char *path, const ls_import_hints *hints, ls_keras_source *source);
/* Local. Finds the variables, of a network with so many parameters. LS_ERR_DATA. */
ls_status ls_keras_source_find(ls_keras_source *source, int64_t parameters);
void ls_keras_source_free(ls_keras_source *source); /* back to {0} */

#endif
