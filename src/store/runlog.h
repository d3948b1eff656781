/* log.csv and timing.csv. Local, for the rank that keeps them. */
#ifndef LS_STORE_RUNLOG_H
#define LS_STORE_RUNLOG_H

#include "base/text.h"
#include "store/tracked.h"

#include <lockstep.h>

typedef struct ls_runlog {
    ls_tracked *log;
    ls_tracked *timing;
    ls_scores train, validation; /* names of their columns in log.csv */
} ls_runlog;

/* Opens both, log.csv behind what `mark` says (length 0: begun with its header from the scores' names), timing.csv
 * behind its last row. What others did to them, and what is made of it: tracked.h. LS_ERR_USAGE: the mark has no
 * digest, and the log has another header. */
ls_status ls_runlog_open(const char *log, const char *timing, const ls_logmark *mark, const ls_scores *train,
                         const ls_scores *validation, ls_runlog *runlog);
void ls_runlog_close(ls_runlog *runlog);

/* The row of a finished epoch in both files. One that cannot be written waits in memory and is no failure; columns are
 * empty whose scores the epoch does not have. */
ls_status ls_runlog_epoch(ls_runlog *runlog, const ls_epoch *epoch);
/* A row within an epoch: means over the epoch so far, validation left empty. */
ls_status ls_runlog_step(ls_runlog *runlog, const ls_step *step, const ls_scores *running, double learning_rate);

/* log.csv to the disk. */
ls_status ls_runlog_sync(ls_runlog *runlog);
/* What a checkpoint stores of log.csv; the text is borrowed until the next row. */
ls_logmark ls_runlog_mark(const ls_runlog *runlog);

/* The last rows are written and both files looked through. LS_ERR_OUTPUT: rows could not be written to the end. */
ls_status ls_runlog_finish(ls_runlog *runlog);

/* Local. The scores of validation in the rows of log.csv, which has the columns of `columns`, from its first row to its
 * last. Rows that have none, or that cannot be read, are passed over, and so is a log that is not there. */
typedef void (*ls_runlog_function)(void *user, int64_t step, const ls_scores *validation);
void ls_runlog_validations(const char *log, const ls_runlog *columns, ls_runlog_function function, void *user);

/* Appends what was noticed since the last call, a line each. */
void ls_runlog_notice(ls_runlog *runlog, ls_text *lines);

#endif
