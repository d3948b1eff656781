/* A trainer's state, shared by the files that advance it (trainer.c), save it (checkpoint.c) and run it (run.c). */
#ifndef LS_TRAIN_TRAINER_H
#define LS_TRAIN_TRAINER_H

#include "comm/reduce.h"
#include "context/context.h"
#include "context/options.h"
#include "data/shardset.h"
#include "model/chunks.h"
#include "model/norms.h"
#include "optim/optimizer.h"
#include "optim/schedule.h"
#include "train/blocksums.h"
#include "train/changes.h"
#include "train/evaluate.h"
#include "train/exchange.h"
#include "train/model.h"
#include "train/observer.h"
#include "train/penalty.h"
#include "train/spent.h"

#include <string.h>

/* What ranks tell each other with every step's gradient. */
enum {
    LS_BIT_STOP = 1,                               /* a stop was requested */
    LS_BIT_NONFINITE = 2,                          /* the loss is not finite */
    LS_BIT_FAILED = 4,                             /* a rank cannot go on */
    LS_BIT_CHECKPOINT = 8,                         /* a checkpoint is due (rank 0's clock says) */
    LS_BIT_TIME = 16,                              /* the time for training is over (likewise) */
    LS_BIT_PIECES = 32,                            /* rank 0 has room for pieces of a file (saver.h) */
    LS_BIT_WRITTEN = 64,                           /* rank 0's thread is done with the file (likewise) */
    LS_BITS_BAD = LS_BIT_NONFINITE | LS_BIT_FAILED /* nothing may be updated */
};

/* Where training is; the same on all ranks, and all of it goes into checkpoints. */
typedef struct ls_cursor {
    int64_t epoch; /* from 0: the epoch that the next step belongs to */
    int64_t step;  /* from 0: the next step of that epoch */
    int64_t rows;  /* rows in the running sums */
} ls_cursor;

/* Seconds of the present epoch, this rank's. */
typedef struct ls_times {
    double began; /* when the last step did */
    double now;   /* when it was over */
    double start;
    double data;
    double compute;
    double communicate;
} ls_times;

/* What goes with the optimizer's own update in the present step. */
typedef struct ls_around {
    bool due;            /* weights change; false while gradients are only accumulated */
    float decay;         /* share that the weights lose */
    float keep, take;    /* of running averages: average = keep * average + take * weight */
    ls_optimizer before; /* for a step that is refused after all */
} ls_around;

/* What steps hold back that need lengths (held.h). */
typedef struct ls_held ls_held;

/* What was last written (watch.h). */
typedef struct ls_watch ls_watch;

/* What reports tell (lengths.h, reporting.h). */
typedef struct ls_lengths ls_lengths;
typedef struct ls_reporting ls_reporting;

/* What travels beside the passes (overlap.h). */
typedef struct ls_overlap ls_overlap;

struct ls_trainer {
    ls_context *context;
    ls_model *model;
    char *recipe;        /* resolved, as text; owned */
    bool initialized;    /* the model began with --init */
    unsigned may_change; /* what --change names */
    ls_changes changes;  /* what has changed since the first start */
    int64_t epochs;
    ls_pass_purpose purpose; /* --precision */
    int64_t check_every;
    int64_t validation_freq; /* epochs from one validation to the next */

    ls_shardset set;
    ls_pass *pass; /* NULL on a rank without shards that takes part in no exchange either */
    ls_exchange exchange;
    ls_reduce *reduce;
    int nodes;             /* subtrees this rank brings to the reduction */
    int64_t *node_shards;  /* (nodes) */
    bool alone;            /* a single rank: nothing is reduced */
    float **gradients;     /* (nodes) blocks of network->trainable; NULL when the gradient is never stored */
    ls_chunks given, kept; /* how it travels instead, with halving */
    ls_overlap *overlap;   /* or beside the passes; else NULL */
    bool common;           /* the model's weights are the same memory on all ranks */
    bool goes_on;          /* the next step follows at once, unless this one ends something */
    double *sums;          /* (max(nodes, 1), width) */

    /* the present step */
    uint32_t bits;            /* of this rank, alone: of all */
    ls_update_step constants; /* of its update */
    ls_around around;

    ls_optimizer optimizer;
    int64_t earlier;      /* its steps before the first of this training: those of --init-optimizer */
    bool plain;           /* nothing goes around its own update */
    ls_schedule schedule; /* of the rate; its row NULL: none */
    double rate;          /* of the last step; without a schedule of the next one, too */
    /* Floats of the block whose slots this rank keeps: in `parts` ascending ranges, mostly one. */
    int parts;
    ls_reduce_range *part;           /* (parts) */
    int64_t *part_at;                /* (parts + 1) floats of the slots in front of each */
    int64_t slice_first, slice_last; /* of the only range; of several: 0, and their floats */
    int slot_count;
    float *slots[LS_OPTIMIZER_SLOTS]; /* (slot_count, slice) in ls_optimizer_slots' order */

    ls_norms norms; /* where sums over blocks are needed, which slices then end at; else {0} */
    ls_blocksums blocksums;
    ls_penalty penalty;  /* with regularizers */
    double step_penalty; /* of the weights before the present step */
    ls_watch *watch;
    ls_held *held; /* NULL: no step needs lengths */

    ls_evaluator *validation;           /* NULL: none */
    bool validation_remarked;           /* what is to be said of its rows was said */
    double *total;                      /* r2 of the training rows */
    double loading;                     /* seconds until all ranks' rows were read, checked and hashed */
    uint64_t *fingerprint;              /* (shards) of the data, by shard, on all ranks */
    uint64_t validation_fingerprint[2]; /* rows and hash of the validation part; 0 without one */

    ls_cursor cursor;
    double *running;               /* (ls_network_sums) sums of the present epoch's rows, or of the one just over */
    int64_t *counts;               /* (metrics.cells) of those of them that this rank had; NULL: nothing is counted */
    int64_t *all_counts;           /* (metrics.cells) of all, where somebody asked (counting.h) */
    ls_class_counts *class_counts; /* (outputs) of all_counts, by class or output; NULL without */
    bool stopping;                 /* the last step's header had a stop request that no job has heeded yet */
    ls_times times;
    ls_spent spent; /* since this trainer was made; evaluation and writing by the loop, and by who else does it */
    ls_observers observers;  /* the options' first, then those of the job at hand */
    struct ls_best *best;    /* best.h; an observer's. NULL: none is kept */
    ls_lengths *lengths;     /* of the observer below; NULL: no gradient is measured */
    ls_reporting *reporting; /* reporting.h; an observer's. NULL: there is to be no report */
    const char *ended_by;    /* option of the observer that has ended training before its last epoch; NULL: none has */
};

/* Collective. One step; `bits` are this rank's and become all ranks'. Leaves an epoch's end to the loop. */
ls_status ls_trainer_advance(ls_trainer *trainer, uint32_t *bits, ls_step *step);

/* Collective. The one loop: steps until `epochs` epochs are done or an observer sets epoch->stop, with the observers
 * called in between. *last: the newest finished epoch, if any was. LS_STOPPED: a stop was requested; see ls_trainer_fit
 * for when. */
ls_status ls_trainer_run(ls_trainer *trainer, int64_t epochs, ls_epoch *last);

/* The passes that train with --precision. */
static inline ls_pass_purpose ls_trainer_purpose(const ls_options *options)
{
    return strcmp(options->precision, "bfloat16") == 0 ? LS_PASS_TRAIN_BFLOAT16 : LS_PASS_TRAIN;
}

/* Where the slots of an element of the block lie that this rank owns. */
static inline int64_t ls_trainer_slot(const ls_trainer *trainer, int64_t element)
{
    int low = 0, high = trainer->parts - 1;
    while (low < high) {
        const int middle = (low + high) / 2;
        if (element < trainer->part[middle].last)
            high = middle;
        else
            low = middle + 1;
    }
    return trainer->part_at[low] + (element - trainer->part[low].first);
}

/* Whether this rank owns it. */
static inline bool ls_trainer_owns(const ls_trainer *trainer, int64_t element)
{
    for (int k = 0; k < trainer->parts; k++)
        if (element >= trainer->part[k].first && element < trainer->part[k].last)
            return true;
    return false;
}

/* Steps done since the start of training. */
static inline int64_t ls_trainer_steps(const ls_trainer *trainer)
{
    return trainer->optimizer.iterations - trainer->earlier;
}

#endif
