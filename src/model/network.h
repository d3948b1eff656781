/* A network: its layers, where their weights lie in one flat block, normalisation, loss and metrics. What a model file
 * describes; no training state. */
#ifndef LS_MODEL_NETWORK_H
#define LS_MODEL_NETWORK_H

#include "base/status.h"
#include "math/losses.h"
#include "model/affine.h"
#include "model/layers.h"
#include "model/metrics.h"

#include <stdint.h>

#define LS_PREPARED_MAX   1024
#define LS_LOSS_FAULT_MAX 512

/* Variables that lie together in the block: a kernel with a vector as its last row, or a vector alone (the bias, scale
 * ... of each output). Panels of 16 outputs, [panel][inputs + 1][16]. */
typedef struct ls_matrix {
    int layer;
    int64_t inputs; /* rows of the kernel; 0: none */
    int vector;     /* ls_role of the last row; -1: none */
    int64_t units, panels;
    int64_t offset; /* floats of the block before it */
    int variable;   /* the first of its one or two */
} ls_matrix;

static inline int64_t ls_matrix_rows(const ls_matrix *matrix)
{
    return matrix->inputs + (matrix->vector >= 0 ? 1 : 0);
}

static inline int ls_matrix_variables(const ls_matrix *matrix)
{
    return (matrix->inputs > 0 ? 1 : 0) + (matrix->vector >= 0 ? 1 : 0);
}

/* A variable of the block as Keras has it. */
typedef struct ls_tensor {
    int layer; /* index into layers */
    ls_role role;
    int64_t rows;    /* inputs; 1 of a vector */
    int64_t columns; /* units */
    int matrix;      /* that it lies in */
} ls_tensor;

static inline bool ls_tensor_is_vector(const ls_tensor *tensor)
{
    return tensor->role != LS_KERNEL;
}

typedef struct ls_network {
    int64_t features;
    int64_t outputs;
    int count;        /* layers */
    ls_layer *layers; /* (count), owned */
    /* The block begins with what has gradients and optimizer slots; statistics lie behind it, which every rank computes
     * by itself. The tables have the same order, and among those the layers'. */
    int64_t block;     /* floats, padding included */
    int64_t trainable; /* floats of its beginning */
    int matrices, trainable_matrices;
    ls_matrix *matrix; /* (matrices), owned */
    int variables, trainable_variables;
    ls_tensor *tensor;     /* (variables), owned */
    int64_t parameters;    /* padding not counted */
    ls_affine feature_map; /* count 0 or features */
    ls_affine target_map;  /* count 0 or outputs */
    double *offset; /* (features) taken from each column in float64 before it is rounded, owned; NULL: nothing is */
    float *fill;    /* (features) what stands for a missing value in each column, less its offset, owned; NULL: none may
                       miss */
    int64_t class_count;            /* 0: labels are class numbers already */
    int64_t *classes;               /* (class_count) ascending labels, owned: the data's name of each class */
    char prepared[LS_PREPARED_MAX]; /* what was done to the data before training, for people; empty: nothing */
    ls_loss loss;
    ls_metrics metrics;
    bool
        loss_open; /* loss and metrics only say what outputs mean: who needs a loss chooses it as a new training does */
    char loss_fault[LS_LOSS_FAULT_MAX]; /* why there is none, where the model's is not to be had here; or empty */
} ls_network;

/* Floats of the block behind what is trainable. */
static inline int64_t ls_network_statistics(const ls_network *network)
{
    return network->block - network->trainable;
}

/* Whether features are changed before they are in memory. */
static inline bool ls_network_prepares(const ls_network *network)
{
    return network->fill || network->offset;
}

/* Local. Parses the layers and lays out the block; loss mean_squared_error, no metrics, no maps. */
ls_status ls_network_create(const char *layers, int64_t features, ls_network **network);
void ls_network_destroy(ls_network *network); /* NULL is accepted */

/* What the outputs mean to metrics; with the threshold that the network's own name. */
ls_metric_task ls_network_task(const ls_network *network);

/* What a trainable variable pays for, and is held to; never NULL. */
const ls_regularizer *ls_network_regularizer(const ls_network *network, int variable);
const ls_constraint *ls_network_constraint(const ls_network *network, int variable);

/* Whether a layer has a regularizer. */
bool ls_network_regularized(const ls_network *network);

/* Whether a layer's weights are held to a constraint of this kind. */
bool ls_network_constrained(const ls_network *network, ls_constraint_kind kind);

/* What scores of rows add up to: metrics.width sums and, where a layer has a regularizer, the penalty times the rows.
 */
static inline int ls_network_sums(const ls_network *network)
{
    return network->metrics.width + (ls_network_regularized(network) ? 1 : 0);
}

/* What the layers' initializers (initializers.h) give kernels and biases, scales and variances of 1, and zeros for the
 * rest into `block` (network->block floats, zeroed by the caller). */
void ls_network_initialize(const ls_network *network, uint32_t seed, float *block);

/* Variable `index` of 0 .. variables-1; behind them one of layer -1. */
ls_tensor ls_network_tensor(const ls_network *network, int index);
/* The variable that element `at` of a block belongs to; *last: where its run of whole rows in this panel ends. */
ls_tensor ls_network_tensor_at(const ls_network *network, int64_t at, int64_t *last);
/* Copies a tensor out of a block into values (rows, columns) row-major, or back (padding stays 0). The block may hold
 * weights, gradients or optimizer slots. */
void ls_network_unpack(const ls_network *network, int index, const float *block, float *values);
void ls_network_pack(const ls_network *network, int index, const float *values, float *block);
/* The same of rows [first, first + count), which are values (count, columns); the tensor's matrix begins at `panels`.
 */
void ls_network_unpack_rows(const ls_network *network, int index, const float *panels, int64_t first, int64_t count,
                            float *values);
void ls_network_pack_rows(const ls_network *network, int index, const float *values, int64_t first, int64_t count,
                          float *panels);

#endif
