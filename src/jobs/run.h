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
    ls_runlog log; /* of rank 0 */
    int64_t log_length;
    int64_t resumed_steps;
    int64_t saved_steps; /* steps of the newest checkpoint; -1 none */
    double saving;       /* seconds that it took */
    int64_t saved_best;  /* epoch whose best.weights.h5 this process has written; 0 none */
    ls_epoch last;       /* newest finished epoch; epoch 0 none */
    ls_scores test;
} ls_run;

/* Local. Each adds one observer to the run's trainer, just before the first step. */
ls_status ls_run_observe_log(ls_run *run);         /* rows of log.csv and timing.csv */
ls_status ls_run_observe_progress(ls_run *run);    /* what is said while training */
ls_status ls_run_observe_checkpoints(ls_run *run); /* at the interval, and when training ends on request */
ls_status ls_run_observe_time_limit(ls_run *run);  /* what ends training before the job's time is over */

/* Collective. A checkpoint of the trainer as it is, and best.weights.h5 where it is not of that epoch yet. */
ls_status ls_run_save(ls_run *run);
/* Collective. That file alone. */
ls_status ls_run_save_best(ls_run *run);

#endif
