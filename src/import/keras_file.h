/* Files that Keras wrote: what one is, its configuration as text, and its variables, open. Local.
 *
 *   .keras        zip of config.json, metadata.json and model.weights.h5
 *   .h5           HDF5 of both generations: attribute model_config, variables in /model_weights by weight_names
 *   .weights.h5   HDF5 without configuration: Keras 3's /layers/NAME/vars/N, or Keras 2's weight_names at the root
 *   .json         the configuration alone (to_json)
 * Sources: Keras 3.15 keras/src/saving/saving_lib.py, keras/src/legacy/saving/legacy_h5_format.py; tf.keras 2.15. */
#ifndef LS_IMPORT_KERAS_FILE_H
#define LS_IMPORT_KERAS_FILE_H

#include "base/json_read.h"
#include "hdf5/h5.h"

typedef enum ls_keras_kind {
    LS_KERAS_OTHER,   /* nothing of Keras' */
    LS_KERAS_OWN,     /* Lockstep wrote it */
    LS_KERAS_ARCHIVE, /* .keras */
    LS_KERAS_MODEL,   /* HDF5 with the configuration */
    LS_KERAS_WEIGHTS, /* HDF5 with variables only */
    LS_KERAS_JSON     /* the configuration only */
} ls_keras_kind;

typedef struct ls_keras_file {
    char path[LS_TEXT_MAX];
    ls_keras_kind kind;
    char version[32];              /* of Keras: "3.15.1"; empty: it does not say */
    ls_json_document config;       /* count 0: there is none */
    ls_json_document training;     /* training_config; count 0: there is none */
    const ls_json_value *compiled; /* what compile() was given; NULL: nothing */
    ls_h5_file *variables;         /* NULL: none, or not opened yet */
    bool legacy;                   /* variables go by layer_names and weight_names */
    const char *root;              /* legacy: the group that has them, "/model_weights" or "/" */
    int64_t offset, packed, size;  /* archive: where the variables are, and how many bytes they become */
    bool deflated;
    uint32_t sum;
} ls_keras_file;

/* Local. What a file is, by its contents; of one that cannot be read it is LS_KERAS_OTHER. libhdf5 meets it in another
 * process first. LS_ERR_DATA: that did not survive it. */
ls_status ls_keras_file_find(const char *path, ls_keras_kind *kind);

/* Local. Reads the texts and finds the variables. LS_ERR_DATA: damaged, or nothing of Keras'. */
ls_status ls_keras_file_open(const char *path, ls_keras_file *file);
/* Local. Opens the variables of an archive, of at most `most` bytes, whose sum is compared; others are open. */
ls_status ls_keras_file_open_variables(ls_keras_file *file, int64_t most);
void ls_keras_file_close(ls_keras_file *file); /* back to {0} */

#endif
