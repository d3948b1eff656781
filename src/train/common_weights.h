/* A host's ranks need the weights once: where all ranks are on one host, and exchange through its memory, they read and
 * write the same ones. That saves the copies, the time to make them, and the caches that they would fill. A rank writes
 * what it owns, when all others have sent their gradients and so read no weights; who else writes them (files, the best
 * model) does so on all ranks alike, behind an agreement. A caller of the library may do with his model what he likes,
 * on each rank for itself; so this is for jobs whose model nobody else has (ls_context's owns_models). */
#ifndef LS_TRAIN_COMMON_WEIGHTS_H
#define LS_TRAIN_COMMON_WEIGHTS_H

#include "train/trainer.h"

/* Collective, once the reduction shares memory. The model's weights move where it is possible, and stay as they are
 * where it is not. LS_ERR_MEMORY, LS_ERR_PEER. */
ls_status ls_common_weights_begin(ls_trainer *trainer);

/* Local. The weights move back, into this rank's own memory; they stay where there is none. */
void ls_common_weights_end(ls_trainer *trainer);

#endif
