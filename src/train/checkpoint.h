/* Checkpoints: a sealed model file plus the trainer's state, the same bytes whatever the split.
 *
 *   /lockstep              attrs recipe (text), changes (text, where there are any: changes.h), and the state's numbers
 *                          (saved_state.c)
 *   /lockstep/running      float64 (width): sums of the epoch so far
 *   /lockstep/fingerprint  uint64 (shards): of the data, by shard
 *   /lockstep/validation   uint64 (2): rows and hash of the validation part, 0 and 0 without one
 *   /lockstep/log          digest and text of log.csv (saved_log.h)
 *   /lockstep/NAME         of observers that have a state (observer_state.h)
 * The optimizer's slots are in the model layout's /optimizer/vars. */
#ifndef LS_TRAIN_CHECKPOINT_H
#define LS_TRAIN_CHECKPOINT_H

#include "store/tracked.h"
#include "train/trainer.h"

#define LS_CHECKPOINT_FINGERPRINT "/lockstep/fingerprint"
/* Rows and hash of the validation part. */
#define LS_CHECKPOINT_VALIDATION "/lockstep/validation"
#define LS_CHECKPOINT_CHANGES    "changes"

/* Collective; rank 0 writes. Values are checked finite first (LS_ERR_NUMERIC). `log`: of log.csv what belongs to
 * this state, on rank 0; its text is borrowed. */
ls_status ls_checkpoint_write(ls_trainer *trainer, const char *path, const ls_logmark *log);

/* Collective; rank 0 reads and verifies. LS_ERR_OUTPUT: the file is damaged, or *newer: whole, but of a newer format;
 * LS_ERR_USAGE, LS_ERR_DATA: it is good but recipe or data differ (first difference named). Differences that --change
 * names are changes from here on: fresh ones of trainer->changes. *log: digest and text on rank 0 only, the text freed
 * with ls_memory_free. */
ls_status ls_checkpoint_read(ls_trainer *trainer, const char *path, ls_logmark *log, bool *newer);

/* Local. The recipe of a checkpoint in this version's words.
 * LS_ERR_OUTPUT, *newer: as above. */
ls_status ls_checkpoint_recipe(const char *path, ls_options **saved, bool *newer);

/* Collective; rank 0 writes. A model file with the optimizer's slots, sealed. */
ls_status ls_checkpoint_write_model(ls_trainer *trainer, const char *path);

/* Weights and optimizer of some moment of training; each rank has its slice. */
typedef struct ls_snapshot {
    ls_optimizer optimizer;
    double rate;
    const float *weights;    /* (slice); NULL: the model's present ones */
    const float *statistics; /* (ls_network_statistics) with `weights` */
    float *const *slots;     /* (slot_count, slice) */
} ls_snapshot;

/* The same of another moment. */
ls_status ls_checkpoint_write_snapshot(ls_trainer *trainer, const char *path, const ls_snapshot *snapshot);

#endif
