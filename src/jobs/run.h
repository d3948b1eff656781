/* A run of `lockstep train`: what run.c sets up, and its observers share. */
#ifndef LS_JOBS_RUN_H
#define LS_JOBS_RUN_H

#include "store/rundir.h"
#include "store/runlog.h"
#include "train/trainer.h"

typedef struct ls_run {
    ls_context *context;
    ls_options *options; /* resolved; owned */
    bool root;
    double start;
    double set_up; /* when this process could begin to train */
    ls_datasets datasets;
    ls_model *model;
    ls_trainer *trainer;
    ls_rundir directory; /* of rank 0 */
    bool holds_run;
    char newest[4200]; /* its newest whole checkpoint, on all ranks; "" without --resume, and where there is none */
    bool finished;     /* it was done before this start, which leaves everything as it is */
    ls_runlog log;     /* of rank 0 */
    int64_t log_length;
    int64_t resumed_steps;
    int64_t saved_steps;   /* steps of the newest checkpoint; -1 none */
    double saving;         /* seconds that it took */
    bool told_saving;      /* what one takes */
    int64_t saved_best;    /* epoch whose best.weights.h5 this process has written; 0 none */
    ls_epoch last;         /* newest finished epoch; epoch 0 none */
    ls_evaluation *test;   /* of the test part; NULL: none yet */
    ls_spent_report spent; /* of this start, at its end; of 0 ranks before */
} ls_run;

/* Collective. With --resume the options become the run's, but for those that are given, which then are the line's.
 * LS_ERR_USAGE: they are not enough. */
ls_status ls_run_take_options(ls_run *run);
/* Local. The options that model and trainer are made with: those of a run that began with --init go on with the model
 * in its newest checkpoint. The caller destroys them. */
ls_status ls_run_start_options(const ls_run *run, ls_options **start);
/* Collective. The trainer as the newest checkpoint that is whole says; damaged ones are skipped, saying why. One of a
 * newer Lockstep is not damaged: going on from an older one would do its steps again, and prune it in the end. */
ls_status ls_run_resume(ls_run *run);
/* Whether the trainer has done what the options ask for. */
bool ls_run_is_over(const ls_run *run);
/* Collective. Whether this was told and written, too, before this start: run->finished. Where nothing is left to do,
 * nothing changes. */
ls_status ls_run_find_end(ls_run *run);
/* Collective. What changes here is said, and in a checkpoint before anything else, so that it is not lost with this
 * process. */
ls_status ls_run_keep_changes(ls_run *run);

/* Local. Each adds one observer to the run's trainer, just before the first step. */
ls_status ls_run_observe_log(ls_run *run);         /* rows of log.csv and timing.csv */
ls_status ls_run_observe_progress(ls_run *run);    /* what is said while training */
ls_status ls_run_observe_checkpoints(ls_run *run); /* at the interval, and when training ends on request */
ls_status ls_run_observe_time_limit(ls_run *run);  /* what ends training before the job's time is over */

/* Local. As lines: the model, its loss and steps; what it consists of, and what rank 0 has of it in memory. */
void ls_run_say_model(const ls_run *run);
ls_status ls_run_say_summary(const ls_run *run);

/* Collective. A checkpoint of the trainer as it is, and best.weights.h5 where it is not of that epoch yet. */
ls_status ls_run_save(ls_run *run);
/* Collective. That file alone. */
ls_status ls_run_save_best(ls_run *run);

#endif
