/* Sums of squares and of absolute values over a network's block of weights, gradients or slots, in the contract's
 * order: norm blocks of 64 inputs x 16 outputs, whoever owns them and however many threads share them
 * (src/math/README.md). */
#ifndef LS_MODEL_NORMS_H
#define LS_MODEL_NORMS_H

#include "model/network.h"

#define LS_NORM_ROWS 64

typedef enum ls_norm_kind { LS_NORM_SQUARES, LS_NORM_ABSOLUTES } ls_norm_kind;

/* A run of rows of one panel; the flat block is these, one behind the other. */
typedef struct ls_norm_block {
    int32_t rows;   /* 1 .. LS_NORM_ROWS; a bias' has one */
    int32_t lanes;  /* 1 .. 16, in use */
    int32_t tensor; /* as ls_network_tensor counts them */
    int32_t lane;   /* the tensor's column in lane 0 */
} ls_norm_block;

typedef struct ls_norm_run {
    int64_t first, last; /* blocks */
} ls_norm_run;

typedef struct ls_norms {
    const ls_network *network; /* not owned */
    int64_t count;             /* blocks */
    ls_norm_block *block;      /* (count) in flat order; owned */
    int64_t *cuts;             /* (count + 1) floats of the flat block before each, and all of them; owned */
    ls_norm_run *matrix;       /* (trainable_variables) the blocks that a tensor's are among: its matrix'; owned */
} ls_norms;

/* Local. The network must outlive it. */
ls_status ls_norms_create(const ls_network *network, ls_norms *norms);
void ls_norms_free(ls_norms *norms); /* back to {0} */

/* The block that begins at `cut`, one of `cuts` (the last: count). */
int64_t ls_norms_block_at(const ls_norms *norms, int64_t cut);

/* What is kept of a block: a value, the tree over its lanes, or all lanes (those not in use give 0). */
enum { LS_NORM_SUM = 1, LS_NORM_LANES = LS_PANEL };

/* Local. Sums of blocks [first, last) into sums (last - first, width); values begins at the first block's. At most
 * `threads` threads share them. */
void ls_norms_sums(const ls_norms *norms, const ls_kernels *kernels, int threads, ls_norm_kind kind, int64_t first,
                   int64_t last, const float *values, int width, double *sums);

/* Local, from all blocks' sums: (count), of width LS_NORM_SUM. */
double ls_norms_total(const ls_norms *norms, const double *sums);
double ls_norms_tensor(const ls_norms *norms, int tensor, const double *sums);

/* Local. lanes (count, 16), of width LS_NORM_LANES; columns (columns of the tensor) gets the sum of each. */
void ls_norms_columns(const ls_norms *norms, int tensor, const double *lanes, double *columns);

#endif
