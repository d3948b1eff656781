/* run.json: everything about a run, for people and scripts. Local. */
#ifndef LS_JOBS_RUNCARD_H
#define LS_JOBS_RUNCARD_H

#include "base/json.h"
#include "store/rundir.h"
#include "train/trainer.h"

#include <lockstep.h>

typedef struct ls_runcard {
    const ls_options *options;
    const ls_trainer *trainer;
    const ls_datasets *datasets;
    const char *state;     /* "running", "finished", "stopped", "failed" */
    const char *message;   /* of a failure, or NULL */
    double seconds;        /* of this process so far */
    double setup_seconds;  /* before its first step: files described, statistics, rows loaded, model and trainer made */
    int64_t resumed_steps; /* steps that were done before this process started */
    const ls_epoch *last;  /* NULL before the first epoch is over */
    const ls_evaluation *test;    /* NULL: none */
    const ls_spent_report *spent; /* NULL: not at its end */
} ls_runcard;

/* Puts the members "recipe" and, where something has changed since the first start, "changes" into the object that is
 * open; both are lines, `changes` may be NULL. */
void ls_runcard_put_recipe(ls_json *json, const char *recipe, const char *changes);

/* Replaces run.json. */
ls_status ls_runcard_write(const ls_rundir *directory, const ls_runcard *card);

/* Whether the run.json at a path says that its run has finished. */
bool ls_runcard_is_finished(const char *path);

/* The recipe that the run.json at a path tells, which the caller destroys; NULL: it tells none. */
void ls_runcard_recipe(const char *path, ls_options **recipe);

#endif
