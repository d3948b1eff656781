/* log.csv and timing.csv. Local, for the rank that keeps them. */
#ifndef LS_STORE_RUNLOG_H
#define LS_STORE_RUNLOG_H

#include "files/textfile.h"

#include <lockstep.h>

typedef struct ls_runlog {
    ls_textfile *log;
    ls_textfile *timing;
    ls_scores train, validation; /* names of their columns in log.csv */
} ls_runlog;

/* Opens both; log.csv is cut to log_length bytes (0: begun anew with its header from the scores' names). Before it is
 * cut it is looked at: LS_ERR_USAGE when it has another header, LS_ERR_OUTPUT when it is shorter, or no row ends there.
 */
ls_status ls_runlog_open(const char *log, const char *timing, int64_t log_length, const ls_scores *train,
                         const ls_scores *validation, ls_runlog *runlog);
void ls_runlog_close(ls_runlog *runlog);

/* The row of a finished epoch in both files; columns are empty whose scores the epoch does not have. */
ls_status ls_runlog_epoch(ls_runlog *runlog, const ls_epoch *epoch);
/* A row within an epoch: means over the epoch so far, validation left empty. */
ls_status ls_runlog_step(ls_runlog *runlog, const ls_step *step, const ls_scores *running, double learning_rate);

/* log.csv to the disk; its length is what a checkpoint stores. */
ls_status ls_runlog_sync(ls_runlog *runlog);
int64_t ls_runlog_length(const ls_runlog *runlog);

#endif
