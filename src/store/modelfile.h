/* The layout of model files: one HDF5 file that keras.models.load_model opens, whose load_weights restores Adam, and
 * that Lockstep reads back without parsing JSON.
 *
 *   /                  attrs model_config, training_config (JSON), keras_version, backend
 *   /model_weights     Keras' legacy layout, attrs layer_names, weight_names
 *   /layers, /vars     the weights once more by Keras 3's paths, as hard links
 *   /optimizer/vars    iteration, learning rate unless a schedule gives it, then the slots of every variable
 * (modelfile_optimizer.c) /lockstep          attrs format, kind (model or checkpoint), features, layers, loss, metrics,
 * data (what was done to it, if anything), loss_open (no loss is said, and why), optimizer (its name, where it is not
 *                      adam), ema_momentum (where the slots begin with running
 *                      averages of the weights), lockstep_encoding (names of columns, encoded.h); datasets fill where
 * missing values are filled in, classes where labels are no class numbers, feature_factor and target_factor where maps
 * have factors; and in checkpoints more (checkpoint.h) */
#ifndef LS_STORE_MODELFILE_H
#define LS_STORE_MODELFILE_H

#include "base/status.h"
#include "hdf5/h5.h"
#include "model/network.h"
#include "optim/optimizer.h"
#include "optim/schedule.h"
#include "store/modelblock.h"

/* Attribute format: the newest that this program writes and reads, of models and of checkpoints. A number goes up when
 * older programs would misread the file (src/README.md, Versions). Format 2 has factors of maps, offsets, or an
 * encoding of format 2; what has none of them is written as format 1. */
#define LS_MODELFILE_MODEL_FORMAT      2
#define LS_MODELFILE_CHECKPOINT_FORMAT 2

/* The optimizer's state beside the weights. */
typedef struct ls_modelfile_optimizer {
    const ls_optimizer *optimizer;
    double rate;                            /* the next step's, where there is no schedule */
    ls_modelblock slot[LS_OPTIMIZER_SLOTS]; /* (ls_optimizer_slots) of what is trained */
    const ls_schedule *schedule;            /* NULL, or without a row: none */
} ls_modelfile_optimizer;

/* Local. Writes the whole layout into a file being written; kind "model" or "checkpoint"; optimizer may be NULL.
 * Tensors are written piece by piece. */
ls_status ls_modelfile_write(ls_h5_file *file, const char *kind, const ls_network *network,
                             const ls_modelblock *weights, const ls_modelfile_optimizer *optimizer);

/* Local. Opens a model file or checkpoint for reading; one that is sealed must be whole, and with `sealed` it must be
 * sealed. Sealed or not, a process of its own looks through all of it first (hdf5/check.h), and what that refuses, or
 * does not survive, is never opened here. LS_ERR_DATA: a file without a seal cannot be used; LS_ERR_OUTPUT says why it
 * cannot be used; *newer: because a newer Lockstep wrote it. Such a file is good, so an older one beside it must not
 * take its place unasked. */
ls_status ls_modelfile_open(const char *path, bool sealed, ls_h5_file **file, bool *newer);

/* Local. The status of a failed reading where the file must be good: what it lacks, or has in another form, is damage,
 * LS_ERR_OUTPUT, and no fault of the data's. */
ls_status ls_modelfile_damaged(ls_status status);

/* Local. Reads network (with maps, loss, metrics) and weights from an opened file; *block is freed with ls_memory_free.
 * Shapes are checked against the layers, values must be finite. LS_ERR_DATA: not a Lockstep model, and what it is
 * instead; LS_ERR_OUTPUT: of a newer format. */
ls_status ls_modelfile_read(ls_h5_file *file, ls_network **network, float **block);
/* Local. The same in two parts, with the weights to where the caller has a place for them. */
ls_status ls_modelfile_read_network(ls_h5_file *file, ls_network **network);
ls_status ls_modelfile_read_weights(ls_h5_file *file, const ls_network *network, const ls_modelblock_place *place);

/* Local. Which optimizer it is, by its name in --optimizer, into name[size]; and whether its slots begin with running
 * averages of the weights. */
ls_status ls_modelfile_optimizer_name(ls_h5_file *file, char *name, size_t size, bool *averages);

/* Local. How many slots its state has for each trained variable, running averages included. */
ls_status ls_modelfile_optimizer_slots(ls_h5_file *file, const ls_network *network, int *slots);

/* Local. The running averages of the weights that training kept (--ema), into a block (network->trainable of it are
 * written, which the caller zeroed). LS_ERR_USAGE: it kept none. */
ls_status ls_modelfile_read_average(ls_h5_file *file, const ls_network *network, float *block);

/* Local. Whether the file has an optimizer's state, and reading it: the steps done, and slot `k` of
 * ls_optimizer_slots. Values must be finite, and squares not negative. */
bool ls_modelfile_has_optimizer(ls_h5_file *file);
ls_status ls_modelfile_read_iteration(ls_h5_file *file, int64_t *iterations);
/* Local. The rate of the next step; below 0: a schedule gives it. */
ls_status ls_modelfile_read_rate(ls_h5_file *file, double *rate);
/* Local. Whether the state is that of such an optimizer, with its slots. LS_ERR_USAGE: of another one. */
ls_status ls_modelfile_check_optimizer(ls_h5_file *file, const ls_network *network, const ls_optimizer *optimizer);
ls_status ls_modelfile_read_slot(ls_h5_file *file, const ls_network *network, const ls_optimizer *optimizer, int k,
                                 const ls_modelblock_place *place);

#endif
