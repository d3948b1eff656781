/* Where a rank's time goes while it trains, and how the ranks compare. */
#ifndef LS_TRAIN_SPENT_H
#define LS_TRAIN_SPENT_H

#include "comm/comm.h"

#include <stdint.h>

/* Each second of the loop is in one of them, or in none. */
typedef enum ls_spent_kind {
    LS_SPENT_DATA,     /* fetching rows */
    LS_SPENT_COMPUTE,  /* forward, backward, update, without what other ranks need in the middle of them */
    LS_SPENT_EXCHANGE, /* between ranks without waiting: messages begun and moved on, sums added */
    LS_SPENT_WAIT,     /* for messages of a step: until they have come, and until others send them */
    LS_SPENT_EVALUATE, /* validation and test part, with the waiting in it */
    LS_SPENT_WRITE,    /* between steps: logs, checkpoints, models; on other ranks waiting for rank 0's */
    LS_SPENT_KINDS
} ls_spent_kind;

/* Of one rank, since the trainer was made. */
typedef struct ls_spent {
    double seconds[LS_SPENT_KINDS];
} ls_spent;

/* Over the ranks; which has least and most, the first of several. */
typedef struct ls_spent_range {
    double min, mean, max;
    int min_rank, max_rank;
} ls_spent_range;

typedef struct ls_spent_report {
    ls_spent_range kind[LS_SPENT_KINDS];
    ls_spent_range work; /* data and compute: what the others wait for */
    int ranks;
    int64_t shards, most_shards; /* of all, and of the rank that works longest */
} ls_spent_report;

/* "data", "compute", ... */
const char *ls_spent_name(ls_spent_kind kind);

/* Collective. The ranks' seconds compared, the same report on all; `shards`: how many of a batch are this rank's. */
ls_status ls_spent_compare(ls_comm *comm, const ls_spent *mine, int64_t shards, ls_spent_report *report);

/* By how much of the mean the longest work is longer than it; 0.1 is 10 %. */
double ls_spent_imbalance(const ls_spent_report *report);

#endif
