/* A run of `lockstep train`: what run.c sets up, and its observers share. */
#ifndef LS_JOBS_RUN_H
#define LS_JOBS_RUN_H

#include "base/text.h"
#include "report/report.h"
#include "store/kept.h"
#include "store/reserve.h"
#include "store/rundir.h"
#include "store/runlog.h"
#include "train/trainer.h"

typedef struct ls_run_beside ls_run_beside; /* run_beside.c */
/* export/tensorboard.h */
typedef struct ls_tensorboard ls_tensorboard;

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
    ls_logmark resumed_log; /* what the checkpoint says of log.csv; rank 0's, owned */
    bool lent;              /* the room is lent to what is being written; of rank 0 */
    ls_reserve reserve;     /* room for the model; of rank 0 */
    ls_kept kept;           /* what is known of checkpoints; of rank 0 */
    int64_t resumed_steps;
    int64_t saved_steps;         /* steps of the newest checkpoint; -1 none */
    double saving;               /* seconds that it took */
    bool told_saving;            /* what one takes */
    ls_run_beside *beside;       /* NULL: all ranks wait for checkpoints */
    int64_t saved_best;          /* epoch whose best.weights.h5 this process has written; 0 none */
    ls_epoch last;               /* newest finished epoch; epoch 0 none */
    ls_evaluation *test;         /* of the test part; NULL: none yet */
    ls_report_part reported;     /* what it shows; without values: nothing */
    ls_spent_report spent;       /* of this start, at its end; of 0 ranks before */
    ls_tensorboard *tensorboard; /* of rank 0; NULL: none */
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
ls_status ls_run_observe_tensorboard(ls_run *run); /* --tensorboard */
ls_status ls_run_observe_progress(ls_run *run);    /* what is said while training */
ls_status ls_run_observe_checkpoints(ls_run *run); /* at the interval, and when training ends on request */
ls_status ls_run_observe_time_limit(ls_run *run);  /* what ends training before the job's time is over */

/* Local, by rank 0, where --tensorboard asks for them: new event files, LS_ERR_OUTPUT; once the log is open, what comes
 * in front of the first epoch; and their end. */
ls_status ls_run_open_tensorboard(ls_run *run);
ls_status ls_run_begin_tensorboard(ls_run *run);
void ls_run_close_tensorboard(ls_run *run);

/* Local. As lines: the model, its loss and steps; what it consists of, and what rank 0 has of it in memory. */
void ls_run_say_model(const ls_run *run);
ls_status ls_run_say_summary(const ls_run *run);

/* Checkpoints beside training (run_beside.c). */
/* Collective. Decides whether they are, and makes room: run->beside. */
ls_status ls_run_prepare_beside(ls_run *run);
/* Local. From here on all ranks wait for checkpoints. None may be under way. */
void ls_run_end_beside(ls_run *run);
/* Collective. One of the trainer as it is begins, once the one before it is whole; with run->beside only. */
ls_status ls_run_begin_beside(ls_run *run);
/* Whether one is under way, the best epoch's file behind it included. */
bool ls_run_is_beside(const ls_run *run);
/* Local. Bits for the next step, and collective, behind it: what is to be done about the one under way. One that cannot
 * be written is warned of. */
uint32_t ls_run_ask_beside(ls_run *run);
ls_status ls_run_go_on_beside(ls_run *run, uint32_t bits);
/* Collective. All ranks wait for the one that is under way, if one is; likewise. */
ls_status ls_run_settle(ls_run *run);
/* Local. After LS_ERR_PEER. */
void ls_run_abandon_beside(ls_run *run);

/* Collective. log.csv is on the disk, and nothing foreign is in the way; on rank 0 the path of a checkpoint of now,
 * path[4200], and what it is to say of the log, whose text is borrowed until the next row. */
ls_status ls_run_name_checkpoint(ls_run *run, char *path, ls_logmark *log);
/* By rank 0. It is whole: noted as good, and said what it took, and for how many of these seconds training waited. */
void ls_run_note_checkpoint(ls_run *run, const char *path, double seconds, double waited);
/* In the middle of a run a checkpoint that cannot be written (disk full, say) is no reason to lose the run: the older
 * ones are as they were, and the next interval tries again. LS_ERR_OUTPUT becomes a warning. */
ls_status ls_run_warn_unsaved(const ls_run *run, ls_status status);

/* Local, by rank 0. Lines as warnings; they are freed. */
void ls_run_warn(ls_run *run, ls_text *lines);
/* The same of what others did to the logs. */
void ls_run_warn_of_log(ls_run *run);

/* Collective. Keeps room for the model on the disk; a warning where there is none. */
ls_status ls_run_keep_room(ls_run *run);
/* Collective. Gives it back. */
ls_status ls_run_give_room(ls_run *run);

/* Local, by rank 0. Clears the place of a checkpoint of what is not the run's. */
void ls_run_clear_place(ls_run *run, const char *path);

/* Collective. Whether a checkpoint is of this run, but for what --change may change. */
ls_status ls_run_is_own(ls_run *run, const char *path, bool *own);

/* Collective. Removes the oldest checkpoints but for those that --keep keeps. */
ls_status ls_run_prune(ls_run *run);
/* Collective. Calls `write`, which is collective and fails on all ranks, and again while it fails for want of room and
 * there are older checkpoints to remove, but never the newest good one, or the model's room to borrow. What was
 * borrowed is taken back, also by removing older checkpoints. */
ls_status ls_run_write_with_room(ls_run *run, ls_status (*write)(ls_run *run));
/* Collective. Its parts: after a failure that all ranks know, *again: it was for want of room, and there is some now;
 * else the failure. And once the file is written, or given up, with that status, which is returned: what was borrowed
 * is taken back. */
ls_status ls_run_make_room(ls_run *run, ls_status failure, bool *again);
ls_status ls_run_take_back_room(ls_run *run, ls_status status);

/* Collective. A checkpoint of the trainer as it is, behind one that is under way, and best.weights.h5 where it is not
 * of that epoch yet. */
ls_status ls_run_save(ls_run *run);
/* Collective. That file alone. */
ls_status ls_run_save_best(ls_run *run);
/* What is left for the report, where --report asks for one; nothing that can't be written ends the run. */
/* Collective. What the test part shows is kept: run->reported. */
ls_status ls_run_report_test(ls_run *run);
/* Collective. report.json; and when run.json is complete, the pages. */
ls_status ls_run_write_report(ls_run *run);
ls_status ls_run_write_pages(ls_run *run);

/* Collective. Last checkpoint, models, last rows of the log. LS_ERR_OUTPUT: one of them cannot be written; the others
 * are. The test part is scored behind them. */
ls_status ls_run_finish(ls_run *run);

#endif
