/* The memory of a rank that trains, from the sizes of a training alone: nothing is made or read. What the parts take is
 * asked where they are allocated. */
#ifndef LS_TRAIN_FOOTPRINT_H
#define LS_TRAIN_FOOTPRINT_H

#include "comm/reduce.h"
#include "train/saver.h"
#include "train/trainer.h"

#include <stdbool.h>
#include <stdint.h>

/* What it follows from. */
typedef struct ls_footprint_setup {
    const ls_network *network;
    const ls_kernels *kernels; /* lay operands out */
    ls_pass_purpose purpose;   /* a way of training */
    int slots;                 /* of the optimizer, running averages included */
    bool held;                 /* steps need lengths (held.h) */
    bool validated;            /* there are validation rows */
    bool best;                 /* the best epoch is kept */
    int64_t batch, shards;
    int ranks, threads; /* threads of each rank */
    ls_reduce_scheme reduction;
    ls_saver_wish beside;
    int64_t memory; /* of --memory: what all of it is to fit into for checkpoints to be written beside training */
} ls_footprint_setup;

/* Bytes, of the rank with most. Short lists, a few values for each layer, are left out, and so is what MPI and HDF5
 * take for themselves. */
typedef struct ls_footprint {
    int64_t batch_rows;  /* rows of a step on this rank */
    int64_t weights;     /* all of them on every rank */
    int64_t optimizer;   /* the slots of the rank's slice */
    int64_t best;        /* the best epoch's weights and slots of the slice */
    int64_t gradient;    /* what is stored of it, and travels; one rank alone updates from the cache */
    int64_t activations; /* of a batch, forward and backward, and of validation */
    int64_t metrics;     /* what they count, and scores of validation that are ranked, those where rows are known */
    int64_t rows;        /* of data held in memory; 0 where that is not known */
    int64_t saving;      /* while the state is saved, or gone on from: pieces of a tensor */
    int64_t copy;        /* of the state, to write checkpoints beside training; 0: all ranks wait for them */
    int64_t total;
    int64_t copy_would_be; /* bytes of such a copy, there or not */
} ls_footprint;

/* Local. LS_ERR_USAGE: the reduction does not fit the ranks. */
ls_status ls_footprint_find(const ls_footprint_setup *setup, ls_footprint *footprint);

/* Bytes of the activations of one more row of a batch. */
int64_t ls_footprint_row(const ls_footprint_setup *setup);

/* Local. Of a trainer as it stands, with the rows of this rank. */
ls_status ls_footprint_of(const ls_trainer *trainer, ls_saver_wish beside, ls_footprint_setup *setup,
                          ls_footprint *footprint);

#endif
