/* What the harvest's files share. */
#ifndef LS_TRAIN_HARVEST_INTERNAL_H
#define LS_TRAIN_HARVEST_INTERNAL_H

#include "train/harvest.h"

struct ls_harvest {
    ls_context *context;
    const ls_network *network;
    ls_metric_task task;
    ls_report_kind kind;
    int64_t rows, first, own;
    int64_t every;  /* rows whose scores are kept: those whose number is a multiple of it */
    int64_t kept;   /* room for them here */
    int64_t count;  /* how many there are */
    int64_t curves; /* classes whose scores are kept */
    int64_t told;   /* outputs of a regression */
    /* of all rows */
    int64_t *support, *right, *given, *matrix; /* (classes), (classes, classes) or NULL */
    uint8_t *speaks;                           /* (network's units, layer by layer) gave something else than 0 */
    /* of rows that are kept */
    int64_t *row;         /* (kept) */
    int32_t *label;       /* (kept) ONE: its class; */
    int32_t *top;         /* (kept) the class it was given */
    float *chance;        /* (kept) and the chance of that */
    float *score;         /* (curves, kept) chances by class; VALUES: (told, kept) predictions */
    float *target;        /* (told, kept) */
    uint8_t *yes;         /* (classes, kept) EACH: whether the output is to say yes */
    float column[3][256]; /* working space of a batch */
    int32_t best[256];
};

/* Collective. The kinds' own: fill the part's items. */
ls_status ls_harvest_find_classes(ls_harvest *harvest, ls_report_part *part);
ls_status ls_harvest_find_values(ls_harvest *harvest, ls_report_part *part);

/* A row that is told one by one. */
typedef struct ls_harvest_row {
    double weight; /* the more, the sooner it is told */
    double number[4];
} ls_harvest_row;

/* Local. Keeps a row among the LS_REPORT_WORST weightiest of worst (LS_REPORT_WORST; *count there); of equal weights
 * the lower row (number[0], then number[1]). */
void ls_harvest_keep(ls_harvest_row *worst, int *count, const ls_harvest_row *row);
/* Collective. Those of all ranks into item (LS_REPORT_WORST, 4); places without one begin with -1. */
ls_status ls_harvest_merge(ls_comm *comm, const ls_harvest_row *worst, int count, double *item);

#endif
