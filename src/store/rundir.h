/* The output directory of a run. Local functions for the one rank that keeps it. */
#ifndef LS_STORE_RUNDIR_H
#define LS_STORE_RUNDIR_H

#include "base/status.h"
#include "files/inputs.h"

#include <stdbool.h>
#include <stdint.h>

typedef struct ls_rundir {
    char path[4096];
    char model[4096 + 32];       /* model.weights.h5 */
    char best[4096 + 32];        /* best.weights.h5 */
    char checkpoints[4096 + 32]; /* checkpoints */
    char log[4096 + 32];         /* log.csv */
    char timing[4096 + 32];      /* timing.csv */
    char card[4096 + 32];        /* run.json */
    char report[4096 + 32];      /* report.json */
    char page[4096 + 32];        /* report.html */
    char machine[4096 + 32];     /* report-machine.html */
    int lock, lock_directory;    /* descriptors of .lock and the directory, -1 none */
} ls_rundir;

/* What to do with a directory that holds a run already. */
typedef enum ls_rundir_mode {
    LS_RUNDIR_NEW,      /* LS_ERR_OUTPUT */
    LS_RUNDIR_RESUME,   /* go on with it */
    LS_RUNDIR_OVERWRITE /* remove its files */
} ls_rundir_mode;

/* Makes and locks the directory `output`, or when it is empty <stem of data>-001 (the next number of which this process
 * can make the directory). *holds_run says whether a run is there to resume; it is asked when nobody else can begin
 * one. LS_ERR_OUTPUT: it holds a run, or another process is using it. LS_ERR_USAGE: one of the files that would be
 * written is among the inputs. */
ls_status ls_rundir_open(const char *output, const char *data, ls_rundir_mode mode, const ls_inputs *inputs,
                         ls_rundir *directory, bool *holds_run);
void ls_rundir_close(ls_rundir *directory);

/* Path of the checkpoint after `steps` steps, into path[4200]. */
void ls_rundir_checkpoint(const ls_rundir *directory, int64_t steps, char *path);

/* Files step-*.h5 in checkpoints/: those whose names this program writes, newest first, and behind them others, which
 * are somebody's copies. *paths is one block of *count strings, freed with ls_memory_free. */
ls_status ls_rundir_list(const char *path, char ***paths, int *count);

/* Local. Whether a path has a name that this program writes for checkpoints, and is a regular file and no link. */
bool ls_rundir_is_checkpoint(const char *path);

/* Local. Whether a path is a log or run.json beside the run.json of a run: a file that only runs write. */
bool ls_rundir_owns(const char *path);

/* SHA-256 of a file as 64 hexadecimal digits; LS_ERR_OUTPUT when it cannot be read. */
ls_status ls_rundir_digest(const char *path, char hex[65]);

#endif
