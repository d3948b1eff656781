/* What the files of a pass share: its buffers (pass_buffers.c), what a kind of layers does in it, and how threads
 * divide it. pass.c opens the parallel region, in which pass_forward.c and pass_backward.c run rows through the layers
 * and gradient.c sums over shards. */
#ifndef LS_MODEL_PASS_INTERNAL_H
#define LS_MODEL_PASS_INTERNAL_H

#include "model/operands.h"
#include "model/pass.h"

#include <string.h>

/* Buffers of one layer, for all sample panels: its outputs, and what its kind allocates beside them. */
typedef struct ls_layer_buffers {
    float *output;     /* [panel][units + 1][16]; the last row is 1 */
    float *z;          /* [panel][units][16] before the activation, where its derivative reads that */
    uint8_t *keep;     /* dropout, training: [panel][units][16] */
    float *around;     /* add, training: [panel][units][16] the delta on its way around the branch */
    float *statistics; /* layer normalisation, training: [panel][2][16] of its rows */
    double *units;     /* batch normalisation: its numbers of each unit */
    bool masked;       /* the layer above applies the derivative of this one's relu */
    bool joins;        /* a branch begins at its outputs */
} ls_layer_buffers;

struct ls_pass {
    const ls_network *network;
    ls_metric_task task; /* the network's */
    const ls_kernels *kernels;
    int threads;
    int64_t max_panels;
    bool training;
    float *input;              /* [panel][features + 1][16], normalised */
    ls_layer_buffers *layers;  /* (network->count) */
    ls_operands *operands;     /* training in bfloat16; else NULL */
    float **delta;             /* training: (trainable_matrices) [output panel][rows of all sample panels][16], or delta
                                * operands in that room */
    float *z;                  /* fused losses: the last layer before its activation, [panel][outputs][16] */
    float *flow[2];            /* training: deltas on their way down, [panel][widest][16] */
    int64_t row_floats;        /* what a row reads and writes on its way through the dense layers */
    int64_t flow_units;        /* widest layer that a delta flows through */
    float *target;             /* normalised targets (rows, outputs), when there is a target map */
    const float **target_rows; /* (rows) pointers into it */
    double *row_sums;          /* (rows, metrics.width) */
    float *chances;     /* [panel][outputs][16], where metrics read chances that outputs are not yet; else NULL */
    int32_t *cells;     /* (rows, metrics.row_cells) of the counts, which each row adds one to; NULL: none */
    double *shard_sums; /* working space of the tree: (LS_TREE_MAX_NODES + 1, width) */
    float *statistics;  /* training: of the last batch, laid out like the block behind what is trainable */
    double *unit_sums;  /* training: (ls_pass_exchanged) sums over the batch where no other ranks have rows */
    float *scratch;     /* training: [thread][scratch_each] of gradient.c */
    int64_t scratch_each;
    bool go_on;        /* what the sink said */
    bool fused;        /* the loss' gradient is that of the last layer's z */
    int first_trained; /* the first layer with weights: nothing flows below it */
    double gather_seconds;
};

/* What layer l reads: [panel][inputs + 1][16]. */
static inline float *ls_pass_layer_values(const ls_pass *pass, int l)
{
    const int below = pass->network->layers[l].input[0];
    return below == LS_FEATURES ? pass->input : pass->layers[below].output;
}

static inline const float *ls_pass_layer_input(const ls_pass *pass, int l)
{
    return ls_pass_layer_values(pass, l);
}

/* Panel p of what layer l reads becomes its outputs, which are as many. */
static inline void ls_pass_copy_input(ls_pass *pass, int l, int64_t p)
{
    const int64_t floats = pass->network->layers[l].units * LS_PANEL, stride = floats + LS_PANEL;
    memcpy(pass->layers[l].output + p * stride, ls_pass_layer_input(pass, l) + p * stride,
           (size_t)floats * sizeof(float));
}

/* Whether threads share out the outputs of `rows` rows' pass instead of the rows: what is more, weights or samples, had
 * better stay in its thread's cache. */
static inline bool ls_pass_by_output(const ls_pass *pass, int64_t rows)
{
    return pass->network->trainable > rows * pass->row_floats;
}

/* Threads worth their barriers for a pass of `rows` rows. */
int ls_pass_team(const ls_pass *pass, int64_t rows);

/* One thread's place in a pass: the sample panels [first, last) of its group, its place among the group's `members`,
 * and those of the panels whose rows it takes where work goes row by row. */
typedef struct ls_pass_share {
    int64_t first, last;
    int member, members;
    int64_t own_first, own_last;
    bool meets; /* groups have several members, so all threads meet after each layer */
    int thread, team;
} ls_pass_share;

/* All threads of the team wait for each other, where panels are shared. */
static inline void ls_pass_meet(const ls_pass_share *s)
{
    if (s->meets) {
#pragma omp barrier
    }
}

/* They do, however the pass is shared: for layers that depend on all rows of the batch. Alone there is no region of
 * ours, and a barrier would be one of the host's. */
static inline void ls_pass_meet_all(const ls_pass_share *s)
{
    if (s->team > 1) {
#pragma omp barrier
    }
}

/* This member's part [*begin, *end) of n things. */
static inline void ls_pass_part(const ls_pass_share *s, int64_t n, int64_t *begin, int64_t *end)
{
    *begin = n * s->member / s->members;
    *end = n * (s->member + 1) / s->members;
}

/* Lanes of sample panel p that have a row. */
static inline uint32_t ls_pass_batch_lanes(const ls_batch *batch, int64_t p)
{
    const int64_t left = batch->rows - p * LS_PANEL, all = (1 << LS_PANEL) - 1;
    return batch->lanes ? batch->lanes[p] : (uint32_t)(left >= LS_PANEL ? all : (1 << left) - 1);
}

/* Whether place r has a row. */
static inline bool ls_pass_batch_has(const ls_batch *batch, int64_t r)
{
    return !batch->lanes || (batch->lanes[r / LS_PANEL] >> r % LS_PANEL & 1);
}

/* Rows [0, units) of sample panel p become 0 in lanes without a row, if any place of the batch has none. */
void ls_pass_clear(const ls_batch *batch, int64_t p, int64_t units, float *panel);

/* What a pass goes through the layers with. */
typedef struct ls_pass_run {
    uint32_t seed;
    const float *block; /* weights */
    const ls_batch *batch;
    const ls_batch_shards *shards; /* NULL when not training */
    const ls_pass_beside *beside;  /* NULL: nothing */
} ls_pass_run;

/* Of units that cost `work` multiply-adds each, how many a thread takes in one go, so that what goes on beside the pass
 * is looked after every 0.1 ms or so: whole tiles. */
static inline int64_t ls_pass_stretch(const ls_pass_run *run, int64_t work)
{
    enum { TILES = 96, MULTIPLY_ADDS = 4000000 };
    if (!run->beside)
        return INT64_MAX / 2;
    return (MULTIPLY_ADDS / (work > 0 ? work : 1) / TILES + 1) * TILES;
}

static inline void ls_pass_look_beside(const ls_pass_run *run, int thread)
{
    if (run->beside && thread == 0)
        run->beside->between(run->beside->user);
}

/* A vector's values: its panels are its units, one behind the other. NULL: matrix is -1. */
static inline const float *ls_pass_vector(const ls_pass *pass, const ls_pass_run *run, int matrix)
{
    return matrix < 0 ? NULL : run->block + pass->network->matrix[matrix].offset;
}

/* ---- products in bfloat16 (operands.c); dense layers only ---- */

/* Where all threads read all weights, their operands; all meet behind it. */
void ls_operands_begin(ls_pass *pass, const ls_pass_run *run, const ls_pass_share *s);
/* The operands of what layer l reads, for this member's rows, and its outputs [first, last), for which all must be
 * there: before the activation, but for relu. */
void ls_operands_forward(ls_pass *pass, const ls_pass_run *run, int l, const ls_pass_share *s, int64_t first,
                         int64_t last, bool relu);
/* Those of the delta of layer l's z, for this member's rows; then dx as the kernel has it, from those of all. */
void ls_operands_delta(ls_pass *pass, const ls_pass_run *run, int l, const float *d, const ls_pass_share *s);
void ls_operands_input_gradient(ls_pass *pass, int l, const ls_pass_share *s, int64_t first, int64_t last,
                                const float *relu, int64_t relu_stride, float *dx);

/* What a kind of layers does in a pass, on all threads. */
typedef struct ls_layer_operations {
    /* Bytes that `allocate` takes for a row, and beside them. NULL: none. */
    int64_t (*row_bytes)(const ls_layer *layer, bool training);
    int64_t (*bytes)(const ls_layer *layer, bool training);
    /* Layer l's buffers beside its outputs, and deltas of matrices; NULL: none. They are freed with the pass. */
    ls_status (*allocate)(ls_pass *pass, int l);
    /* Layer l's outputs from those of its inputs, which are complete; all members meet behind it. */
    void (*forward)(ls_pass *pass, const ls_pass_run *run, int l, const ls_pass_share *s);
    /* pass->flow[*flow] has the delta of the layer's outputs, each member's own rows of it, and gets that of its first
     * input's (*flow says where), unless l is pass->first_trained. Leaves the deltas of its matrices. */
    void (*backward)(ls_pass *pass, const ls_pass_run *run, int l, int *flow, const ls_pass_share *s);
    /* The last training batch's statistics into the block's, by one thread; NULL: the kind has none. */
    void (*accept)(const ls_pass *pass, int l, float *block);
} ls_layer_operations;

/* Whether layer l's delta comes as that of its z already: the mask of its relu is applied in the tile of the dense
 * layer above. Of LS_FEATURES: no. */
static inline bool ls_pass_masked(const ls_pass *pass, int l)
{
    return l != LS_FEATURES && pass->layers[l].masked;
}

/* The batch's rows of the dataset in panel p; 0 in lanes without one. */
static inline void ls_pass_dataset_rows(const ls_batch *batch, int64_t p, int64_t rows[LS_PANEL])
{
    for (int lane = 0; lane < LS_PANEL; lane++)
        rows[lane] = p * LS_PANEL + lane < batch->rows ? batch->row[p * LS_PANEL + lane] : 0;
}

/* This member's part of a matrix's deltas from those of sample panels, d [panel][...][16] at the matrix' first output.
 * The rows of all members must be there. */
void ls_pass_transpose_deltas(ls_pass *pass, int matrix, const float *d, int64_t stride, const ls_pass_share *s);

/* This thread may read the weights of the first n elements of the block. */
static inline void ls_pass_await(const ls_pass_run *run, const ls_pass_share *s, int64_t n)
{
    if (run->beside)
        run->beside->need(run->beside->user, n, s->thread);
}

/* Floats of the block up to the end of a matrix' first `units` outputs. */
static inline int64_t ls_pass_end_of(const ls_matrix *m, int64_t units)
{
    return m->offset + (units + LS_PANEL - 1) / LS_PANEL * ls_matrix_rows(m) * LS_PANEL;
}

/* All threads: the deltas of layer l's matrices are complete. */
void ls_pass_tell_ready(const ls_pass_run *run, const ls_pass_share *s, int l);

/* This thread's panels from the rows to the outputs; thread 0 takes the time of the gathering. */
void ls_pass_forward(ls_pass *pass, const ls_pass_run *run, const ls_pass_share *s, int thread);

/* Loss and metrics of this thread's panels into row_sums; the outputs' gradient into flow[0] when training. */
void ls_pass_score(ls_pass *pass, const ls_batch *batch, const ls_pass_share *s);

/* This thread's panels from the loss' gradient down to the first layer with weights. */
void ls_pass_backward(ls_pass *pass, const ls_pass_run *run, const ls_pass_share *s);

/* ---- weight gradients (gradient.c, chunks.c) ---- */

/* A block is at most so many input rows of two output panels: with the optimizer's slots beside it, it stays in L2. */
enum { LS_BLOCK_INPUTS = 192, LS_BLOCK_PANELS = 2, LS_BLOCK_FLOATS = LS_BLOCK_INPUTS * LS_BLOCK_PANELS * LS_PANEL };

/* Weight rows [first, last) of `panels` output panels of one matrix. */
typedef struct ls_gradient_block {
    const float *x;       /* what they are multiplied by: [sample panel][row][16]; a vector's row are ones */
    int64_t x_stride;     /* floats from one sample panel to the next */
    const float *delta;   /* of the first panel */
    int64_t delta_stride; /* floats to the next */
    ls_weight_gradient_kernel *kernel;
    int64_t at;     /* floats of the network's block before input row 0 of the first panel */
    int64_t stride; /* floats between panels there */
    int64_t panels, first, last;
    int64_t units; /* of the matrix, from the first panel on */
} ls_gradient_block;

ls_gradient_block ls_gradient_block_of(const ls_pass *pass, int matrix, int64_t panel, int64_t panels, int64_t first,
                                       int64_t last);

/* The block's sums over one subtree's shards: out[panel][input row from first on][16], panels `stride` floats apart.
 * `scratch` is ls_gradient_scratch less a block. */
void ls_gradient_sum(const ls_pass *pass, const ls_gradient_block *block, const int64_t *shard_rows, int64_t shards,
                     float *out, int64_t stride, const ls_ahead *ahead, float *scratch);

/* Of `rows` rows worth `panels` each, the first whose work does not lie before `work`. */
int64_t ls_gradient_row_at(int64_t work, int64_t rows, int64_t panels);

/* Arrays laid out like the network's block, at element `at`, with panels `stride` apart. */
static inline void ls_pass_ahead_place(ls_ahead *ahead, int64_t at, int64_t stride)
{
    for (int a = 0; a < ahead->arrays; a++) {
        ahead->array[a] += at;
        ahead->stride[a] = stride;
    }
}

/* Live lanes of the block's panel p. */
static inline int ls_pass_lanes(const ls_gradient_block *block, int64_t p)
{
    const int64_t units = block->units - p * LS_PANEL;
    return units < LS_PANEL ? (int)units : LS_PANEL;
}

/* Floats of working space that a thread's share of the gradients of up to max_rows rows needs. */
int64_t ls_gradient_scratch(int64_t max_rows);

/* One thread's share of the weight gradients of all subtrees: thread `thread` of `team`. All deltas must be ready. */
void ls_gradient_share(const ls_pass *pass, const ls_batch_shards *shards, const ls_gradient_sink *sink, int thread,
                       int team);

/* Loss and metric sums of every subtree from the rows' (one thread). */
void ls_gradient_sums(const ls_pass *pass, const ls_batch *batch, const ls_batch_shards *shards, double *sums);

#endif
