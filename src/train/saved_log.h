/* What a checkpoint says of log.csv besides its length: group /lockstep/log with the attribute sha256 and, where it has
 * at most LS_TRACKED_HELD bytes, the dataset text, uint8 (length). Older versions have no such group and pass over it.
 */
#ifndef LS_TRAIN_SAVED_LOG_H
#define LS_TRAIN_SAVED_LOG_H

#include "hdf5/h5.h"
#include "store/tracked.h"

/* Local. Nothing is written of a log without a digest. */
ls_status ls_saved_log_write(ls_h5_file *file, const ls_logmark *log);

/* Local. Reads what there is into *log, of which the length is known; its text is freed with ls_memory_free.
 * LS_ERR_OUTPUT: the text is not what length and digest say. */
ls_status ls_saved_log_read(ls_h5_file *file, ls_logmark *log);

#endif
