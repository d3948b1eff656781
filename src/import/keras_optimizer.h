/* The state of a Keras model's optimizer: which variables of its file are which slots. Local.
 *
 *   /optimizer/vars/0, 1, ...  of .keras and .weights.h5: the iteration, of Keras 3 the rate unless a schedule gives
 * it, then the slots in the order in which Lockstep writes them too (store/modelfile.h) /optimizer_weights         of
 * HDF5 files: by names, in the attribute weight_names Adam/dense/kernel/m:0            tf.keras up to 2.10, and
 * keras.optimizers.legacy: all m, then all v Adam/m/dense/kernel:0            tf.keras 2.11 to 2.15: m and v of each
 * variable adam/dense_kernel_momentum       Keras 3: likewise
 *
 * In each kind of slot the variables stand in the order of the model's. Sources: Keras 3.15 keras/src/optimizers,
 * keras/src/legacy/saving/legacy_h5_format.py; tf.keras 2.15 keras/src/optimizers, legacy/optimizer_v2. */
#ifndef LS_IMPORT_KERAS_OPTIMIZER_H
#define LS_IMPORT_KERAS_OPTIMIZER_H

#include "hdf5/h5.h"
#include "import/keras_model.h"
#include "model/network.h"
#include "optim/optimizer.h"

typedef struct ls_keras_state {
    ls_h5_file *file;
    bool legacy;
    const ls_keras_model *model;
    const ls_network *network;
    const ls_optimizer *optimizer;
    char **path; /* (slots * trainable variables) of datasets, slot by slot; NULL: the slot's initial value, of an
                    optimizer that has made no step; owned, and each of them */
    int count;   /* of them */
    int64_t iterations; /* steps done */
    double rate;        /* of the next step; below 0: the file has none, and a schedule or the settings say it */
    ls_text fault;      /* why there is no state although the file has variables of an optimizer; empty: no reason */
} ls_keras_state;

/* Local. What there is of `optimizer`, which has the settings that the model was compiled with (ls_optimizer_start).
 * The file must stay open, and model, network and optimizer there, as long as the state is asked. legacy:
 * /optimizer_weights. Without variables, or with some that do not fit, *found is false and no error: a model is good
 * without its optimizer. LS_ERR_MEMORY. */
ls_status ls_keras_state_find(ls_h5_file *file, bool legacy, const ls_keras_model *model, const ls_network *network,
                              const ls_optimizer *optimizer, ls_keras_state *state, bool *found);
/* Where slot k of a trainable variable lies; NULL: nowhere, it has its initial value. */
const char *ls_keras_state_path(const ls_keras_state *state, int k, int variable);
void ls_keras_state_free(ls_keras_state *state); /* back to {0} */

/* ls_modelblock's `bring` of slot k: `user` is one of these. */
typedef struct ls_keras_slot {
    const ls_keras_state *state;
    int k;
} ls_keras_slot;
/* Local. LS_ERR_DATA: a value is not finite, or a square negative. */
ls_status ls_keras_slot_bring(void *user, int variable, int64_t first, int64_t count, float *rows);

#endif
