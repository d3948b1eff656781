/* Kernel tables: the hot loops on plain pointers, one table per instruction set, all bit for bit equal to the scalar
 * references written down in src/math/README.md. Nothing here allocates, fails or starts threads; callers split the
 * work.
 *
 * LAYOUTS (LS_PANEL = 16)
 *   sample panel   float [features + 1][16]   16 rows side by side; the last feature row is 1, the bias' input.
 *                  Lanes behind the last row hold zeros in features and deltas, so they add nothing anywhere.
 *   weight panel   float [inputs + 1][16]     16 outputs side by side; the last input row is the bias (absent
 *                  without one). Lanes behind the last output stay 0 for ever.
 *   delta panel    float [rows][16]           16 outputs of every row: the sample panels' deltas transposed.
 * All blocks are 64-byte aligned. */
#ifndef LS_MATH_KERNELS_H
#define LS_MATH_KERNELS_H

#include <stdbool.h>
#include <stdint.h>

#define LS_PANEL 16

/* The activations: X(NAME, name, alias, reads_z) with Keras' name, another word for it or NULL, and whether the
 * derivative is computed from z, before the activation, and not from a = f(z) alone. The loops are activate_<name> and
 * <name>_backward in elementwise.inc; nobody else asks which one it is. */
#define LS_ACTIVATIONS(X)                                                                                              \
    X(LINEAR, linear, NULL, false)                                                                                     \
    X(RELU, relu, NULL, false)                                                                                         \
    X(SIGMOID, sigmoid, NULL, false)                                                                                   \
    X(TANH, tanh, NULL, false)                                                                                         \
    X(SOFTMAX, softmax, NULL, false)                                                                                   \
    X(LEAKY_RELU, leaky_relu, NULL, false)                                                                             \
    X(ELU, elu, NULL, false)                                                                                           \
    X(SELU, selu, NULL, false)                                                                                         \
    X(GELU, gelu, NULL, true)                                                                                          \
    X(SILU, silu, "swish", true)                                                                                       \
    X(SOFTPLUS, softplus, NULL, false)                                                                                 \
    X(SOFTSIGN, softsign, NULL, false)                                                                                 \
    X(HARD_SIGMOID, hard_sigmoid, NULL, false)                                                                         \
    X(MISH, mish, NULL, true)                                                                                          \
    X(EXPONENTIAL, exponential, NULL, false)

#define LS_ACTIVATION_ENUM(NAME, name, alias, reads_z) LS_##NAME,
typedef enum ls_activation { LS_ACTIVATIONS(LS_ACTIVATION_ENUM) LS_ACTIVATION_COUNT } ls_activation;

/* The most settings of an activation. */
enum { LS_ACTIVATION_NUMBERS = 3 };

/* The losses: a kernel each, loss_<name> in losses.inc. */
#define LS_LOSSES(X)                                                                                                   \
    X(MEAN_SQUARED_ERROR, mean_squared_error)                                                                          \
    X(MEAN_ABSOLUTE_ERROR, mean_absolute_error)                                                                        \
    X(BINARY_CROSSENTROPY, binary_crossentropy)                                                                        \
    X(CATEGORICAL_CROSSENTROPY, categorical_crossentropy)                                                              \
    X(SPARSE_CATEGORICAL_CROSSENTROPY, sparse_categorical_crossentropy)                                                \
    X(HUBER, huber)                                                                                                    \
    X(LOG_COSH, log_cosh)                                                                                              \
    X(MEAN_ABSOLUTE_PERCENTAGE_ERROR, mean_absolute_percentage_error)                                                  \
    X(MEAN_SQUARED_LOGARITHMIC_ERROR, mean_squared_logarithmic_error)                                                  \
    X(POISSON, poisson)                                                                                                \
    X(KL_DIVERGENCE, kl_divergence)                                                                                    \
    X(HINGE, hinge)                                                                                                    \
    X(SQUARED_HINGE, squared_hinge)                                                                                    \
    X(QUANTILE, quantile)                                                                                              \
    X(BINARY_FOCAL_CROSSENTROPY, binary_focal_crossentropy)

#define LS_LOSS_ENUM(NAME, name) LS_##NAME,
typedef enum ls_loss_kind { LS_LOSSES(LS_LOSS_ENUM) LS_LOSS_COUNT } ls_loss_kind;

/* Quantiles of one loss at most. */
#define LS_QUANTILES_MAX 64

/* A loss as its kernel reads it: which it is, and its settings, each rounded once from float64 by losses.c. */
typedef struct ls_loss_numbers {
    ls_loss_kind kind;
    ls_activation link;    /* the kernel's own, of z, where the last layer has none: from_logits; else LS_LINEAR */
    float keep, smoothing; /* label_smoothing: 1 - smoothing and smoothing; 1 and 0: none */
    float delta;
    float alpha, gamma;
    bool balanced;
    int32_t taus;                /* 0: none */
    float tau[LS_QUANTILES_MAX]; /* output j has that of j mod taus */
} ls_loss_numbers;

/* The targets of one sample panel, as the loss reads them. */
typedef struct ls_targets {
    const float *const *y; /* (lanes) pointers to (outputs) targets; NULL for sparse labels */
    const int32_t *label;  /* (lanes) class numbers; NULL otherwise */
} ls_targets;

/* The optimizers' updates: a kernel each, update_<name> in updates.inc. */
#define LS_UPDATES(X)                                                                                                  \
    X(SGD, sgd)                                                                                                        \
    X(RMSPROP, rmsprop)                                                                                                \
    X(ADAM, adam)                                                                                                      \
    X(ADAGRAD, adagrad)                                                                                                \
    X(NADAM, nadam)                                                                                                    \
    X(LAMB, lamb)

#define LS_UPDATE_ENUM(NAME, name) LS_UPDATE_##NAME,
typedef enum ls_update { LS_UPDATES(LS_UPDATE_ENUM) LS_UPDATE_COUNT } ls_update;

/* Slots of a parameter that an update reads and writes at most. */
#define LS_UPDATE_SLOTS 3

/* What an update has seen: the parameters' 32-bit patterns, added as whole numbers modulo 2^32, before and behind it.
 * A bit that flips in memory between two steps makes what is read differ from what was written. */
typedef struct ls_seen {
    uint32_t read;           /* of weights and slots, before */
    uint32_t weights, slots; /* behind */
} ls_seen;

/* Constants of one step, prepared by optim/optimizers.c; each update reads those that it needs. All are rounded once
 * from float64. */
typedef struct ls_update_step {
    float rows; /* the gradient is divided by the step's global rows */
    float rate;
    float epsilon;
    float momentum;                  /* 0: there is no slot for it */
    float one_minus_beta_1;          /* of the running mean of the gradient */
    float one_minus_beta_2;          /* of that of its square (rho in rmsprop) */
    float scale_m, scale_g, scale_v; /* factors of that mean, of the gradient, of the squares' mean */
    bool nesterov, centered, amsgrad;
} ls_update_step;

/* A gradient's sum becomes the mean, and the penalties' gradient is added. */
typedef struct ls_mean_step {
    float rows;
    float l2_twice; /* 2 lambda; 0: none */
    float l1;
} ls_mean_step;

/* What will be needed once a gradient is there (weights, optimizer slots): asked for while it is computed, since large
 * models come from beyond the caches. Rows of 16 as in the gradient; only a hint. */
#define LS_AHEAD_MAX 5
typedef struct ls_ahead {
    int arrays;                       /* 0 .. LS_AHEAD_MAX */
    const float *array[LS_AHEAD_MAX]; /* at input row 0 of the first panel */
    int64_t stride[LS_AHEAD_MAX];     /* floats from one output panel to the next */
} ls_ahead;

/* One array more; without a place for it, it is not asked for ahead of time. */
static inline void ls_ahead_add(ls_ahead *ahead, const float *array, int64_t stride)
{
    if (ahead->arrays == LS_AHEAD_MAX)
        return;
    ahead->array[ahead->arrays] = array;
    ahead->stride[ahead->arrays++] = stride;
}

/* The three products; see ls_kernels. */
typedef void ls_forward_kernel(const float *x, int64_t x_stride, const float *w, int64_t w_stride, bool bias, bool relu,
                               int64_t inputs, int64_t first, int64_t last, int64_t panels, float *z, int64_t z_stride);
typedef void ls_input_gradient_kernel(const float *d, int64_t d_stride, const float *w, int64_t w_stride,
                                      int64_t outputs, int64_t first, int64_t last, int64_t panels, const float *relu,
                                      int64_t relu_stride, float *dx, int64_t dx_stride);
typedef void ls_weight_gradient_kernel(const float *x, int64_t x_stride, const float *d, int64_t d_stride,
                                       const int64_t *shard_rows, int64_t shards, int64_t outputs, int64_t first,
                                       int64_t last, float *gradient, int64_t gradient_stride, const ls_ahead *ahead);

/* The products of operands that are rounded to bfloat16 (math/bfloat16.h), as in `--precision bfloat16`: every table
 * has the same bits, and a layout of its own for the operands. `values` of them, 1 or 2, share a 32-bit lane; buffers,
 * strides and places are counted in lanes, results and relu are float32 as ever.
 *   sample operand   [inner][16]        lanes of the inner index (ls_bfloat16_inner, bfloat16.h) of one sample panel
 *   row operand      [features + 1][16 / values]   the same values with rows as the inner index, the last row ones;
 *                    where values is 1 that is the sample operand, which has these ones behind its features
 *   weight operand   [inner][16], and the bias (float32) behind them where there is one
 *   back operand     [inputs][16 / values]   with outputs as the inner index; where values is 1, the weight operand
 *   delta operand    [rows / values][16]
 * A chain takes its inner index in pairs, ascending, the odd member of a pair first; behind an odd number there is a
 * value of 0 more. Shards begin at even rows, and lanes without a row are 0 in sample, row and delta operands. */
typedef struct ls_bfloat16_kernels {
    int values;
    bool instruction; /* products are the CPU's own instruction's; elsewhere float32 ones multiply rounded values */
    /* One sample panel, x [units][16]; lanes that are not in the set `lanes` become 0. `rows` is written where values
     * is 2, and may be NULL then: it is not needed. `out` has ls_bfloat16_samples(values, units) lanes. */
    void (*samples)(int64_t units, uint32_t lanes, const float *x, float *out, float *rows);
    /* One weight panel, w [inputs (+ 1 if bias)][16]. `back` as `rows` above. `out` has ls_bfloat16_weights lanes. */
    void (*weights)(int64_t inputs, bool bias, const float *w, float *out, float *back);
    /* As transpose, to LS_PANEL / values rows a sample panel. */
    void (*deltas)(const float *d, int64_t d_stride, int64_t first, int outputs, int64_t panels, float *out);
    ls_forward_kernel *forward;                 /* x: sample operands, w: weight operands */
    ls_input_gradient_kernel *input_gradient;   /* d: sample operands, w: back operands */
    ls_weight_gradient_kernel *weight_gradient; /* x: row operands, d: delta operands; shard_rows are rows */
} ls_bfloat16_kernels;

typedef struct ls_kernels {
    const char *name; /* "portable", "avx2", "neon" ... */
    bool (*supported)(void);

    /* z[s][o][lane] = (chain over i ascending, from +0: fma(x[s][i][lane], w[o / 16][i][o % 16], acc)), plus
     * w[o / 16][inputs][o % 16] if `bias`, and relu of that if `relu`; for outputs first <= o < last, `first` a
     * multiple of 16, and `panels` sample panels. Strides are floats from one sample panel (x, z) or weight panel (w)
     * to the next; w and z point at output 0. */
    ls_forward_kernel *forward;

    /* dx[s][i][lane] = chain over o ascending, from +0: fma(d[s][o][lane], w[o / 16][i][o % 16], acc), for inputs
     * first <= i < last; with `relu` (the inputs themselves, [s][i][lane]) +0 where relu[s][i][lane] > 0 is false.
     * Strides are floats from one sample panel (d, relu, dx) or weight panel (w) to the next; w, relu and dx point at
     * input row 0. */
    ls_input_gradient_kernel *input_gradient;

    /* The weight gradients of `outputs` outputs (panel after panel) for input rows first <= i < last (the bias row, fed
     * by the ones, is row `inputs`), over `shards` = 2^k consecutive shards: per shard a chain over its rows ascending,
     * from +0: fma(x[r / 16][i][r % 16], d[p][r][o], acc); the shards' chains added by the perfect binary tree, lower
     * on the left (an empty shard is +0 and is added). Shard j has local rows shard_rows[j] .. shard_rows[j + 1] - 1
     * (shards + 1 entries). d_stride and gradient_stride are floats from one output panel to the next; gradient points
     * at input row 0 of the first panel's block ([inputs + 1][16]); rows outside [first, last) are left alone. `ahead`
     * may be NULL.
     */
    ls_weight_gradient_kernel *weight_gradient;

    ls_bfloat16_kernels bfloat16;

    /* A sample panel from `lanes` (1 .. 16) rows of `features` floats: out[i][lane] = rows[lane][i], or
     * (rows[lane][i] - mean[i]) / scale[i] where mean and scale are not NULL; lanes from `lanes` on are set to 0. */
    void (*gather)(const float *const *rows, int lanes, int64_t features, const float *mean, const float *scale,
                   float *out);

    /* delta panels from sample panels: out[r][lane] = d[r / 16][first + lane][r % 16] for the rows of `panels` sample
     * panels and `outputs` (1..16) lanes; lanes from `outputs` on are set to 0. */
    void (*transpose)(const float *d, int64_t d_stride, int64_t first, int outputs, int64_t panels, float *out);

    /* In place on the first `units` rows of one sample panel: a = f(z). Softmax runs over the units of each lane.
     * numbers (LS_ACTIVATION_NUMBERS), for activations with settings only: theirs (activations.h); NULL: Keras'
     * defaults for the name alone. */
    void (*activate)(ls_activation activation, const float *numbers, int64_t units, float *a);

    /* In place on one sample panel: d = d * f'(z), from the outputs a = f(z) and, for the activations of which
     * ls_activation_reads_z is true (activations.h), from z; NULL will do for the others. */
    void (*activate_backward)(ls_activation activation, const float *numbers, int64_t units, const float *z,
                              const float *a, float *d);

    /* Loss and gradient of one sample panel, `lanes` (0..16) rows of it in use.
     *   z      [outputs][16]  before the activation; read by the fused losses only (may be NULL for the others)
     *   a      [outputs][16]  after it; not read with a link
     *   value  (lanes)        float64 loss of each row
     *   d      [outputs][16]  gradient of the row's loss: of z when the loss is fused (losses.h), of a otherwise;
     * unused lanes are set to 0. NULL when only the value is wanted. */
    void (*loss)(const ls_loss_numbers *numbers, int64_t outputs, int lanes, const float *z, const float *a,
                 const ls_targets *targets, double *value, float *d);

    /* Inverted dropout of one sample panel: unit u of lane l is kept when its Philox word >= threshold
     * (threshold = floor(rate * 2^32)); out = kept ? in * scale : +0 and keep[u][l] = kept. rows[l] is the lane's row
     * of the dataset (lanes without a row: any value). */
    void (*dropout)(uint32_t seed, uint32_t layer, uint32_t epoch, const int64_t rows[LS_PANEL], uint32_t threshold,
                    float scale, int64_t units, const float *in, float *out, uint8_t *keep);
    /* d = kept ? d * scale : +0, in place. */
    void (*dropout_backward)(float scale, int64_t units, const uint8_t *keep, float *d);

    /* One sample panel: out = in + stddev * z in one rounding, z a standard normal number from the Philox word of the
     * unit; rows as for dropout. */
    void (*gaussian_noise)(uint32_t seed, uint32_t layer, uint32_t epoch, const int64_t rows[LS_PANEL], float stddev,
                           int64_t units, const float *in, float *out);

    /* Layer normalisation of one sample panel, x [units][16]: out = (x - mean) / sqrt(variance + epsilon) * scale +
     * offset over the units of each lane, scale and offset (units) or NULL. statistics [2][16] gets the means and the
     * roots' reciprocals, which the others read.
     * normalize_scale: out = d * x normalised, the delta of the scale's. normalize_backward: d in place from the delta
     * of the outputs to that of x. */
    void (*normalize)(int64_t units, double epsilon, const float *x, const float *scale, const float *offset,
                      float *statistics, float *out);
    void (*normalize_scale)(int64_t units, const float *x, const float *statistics, const float *d, float *out);
    void (*normalize_backward)(int64_t units, const float *x, const float *statistics, const float *scale, float *d);

    /* sum[i] = a[i] + b[i]: one node of the tree, `a` the lower shards. `sum` may be `a` or `b`. */
    void (*add)(int64_t n, const float *a, const float *b, float *sum);

    /* One optimizer's step on n parameters (see src/math/README.md); g is the sum over rows and is left alone. slot[k]
     * (n) are the optimizer's, in its order. LAMB leaves w alone and puts its direction into slot[2]. Adds to *tally
     * what it reads and writes of w and the optimizer's slots. */
    void (*update[LS_UPDATE_COUNT])(const ls_update_step *step, int64_t n, const float *g, float *w, float *const *slot,
                                    ls_seen *tally);

    /* The 32-bit patterns of x (n), added modulo 2^32. */
    uint32_t (*patterns)(int64_t n, const float *x);

    /* The parts of a step around it, each in place on n parameters unless it says otherwise.
     * mean: out = g / rows + l2_twice w + l1 sign(w); out may be g.  mean_of: g = (g + sum) / count.
     * clip: g into [-most, most].  decay: w = w - part w.  average: a = keep a + take w.
     * non_negative: w <= 0 becomes +0.  scale_lanes: rows of 16, each lane by its own factor. */
    void (*mean)(const ls_mean_step *step, int64_t n, const float *g, const float *w, float *out);
    void (*mean_of)(float count, int64_t n, const float *sum, float *g);
    void (*clip)(float most, int64_t n, float *g);
    void (*scale)(float factor, int64_t n, float *x);
    void (*decay)(float part, int64_t n, float *w);
    void (*average)(float keep, float take, int64_t n, const float *w, float *a);
    void (*non_negative)(int64_t n, float *w);
    void (*scale_lanes)(const float factor[LS_PANEL], int64_t rows, float *w);

    /* sums[lane] = (float64 chain over r ascending, from +0: acc + v * v, or acc + abs(v), of v = (double)x[r][lane]),
     * for all 16 lanes of `rows` rows. */
    void (*sum_squares)(int64_t rows, const float *x, double *sums);
    void (*sum_absolutes)(int64_t rows, const float *x, double *sums);

    /* Normalisation over a batch, of one to 16 units or one sample panel; what belongs to a unit is float64 (units).
     * batch_sums: sums[0][unit] = chain over a shard's rows ascending, from +0: acc + (double)a; sums[1][unit] likewise
     * fma((double)a, (double)b - shift[unit], acc); the shards' chains added by the perfect binary tree as above. a and
     * b are sample panels at the first unit, and may be the same; lanes behind the last unit become 0. shift (16) may
     * be NULL: 0. batch_normalize: out = fma(n, scale[u], offset[u]), n = (float)(((double)x - mean[u]) * inverse[u]);
     * a scale or offset that is NULL is 1 or 0.  batch_scale_delta: out = d * n, what a row adds to the gradient of the
     * scale. batch_normalize_backward, in place: d = (float)(factor[u] * fma(-((double)x - mean[u]), slope[u],
     * (double)d - level[u])); 0 in lanes from `lanes` on. */
    void (*batch_sums)(const float *a, int64_t a_stride, const float *b, int64_t b_stride, const double *shift,
                       int units, const int64_t *shard_rows, int64_t shards, double *sums);
    void (*batch_normalize)(int64_t units, const double *mean, const double *inverse, const float *scale,
                            const float *offset, const float *x, float *out);
    void (*batch_scale_delta)(int64_t units, const double *mean, const double *inverse, const float *x, const float *d,
                              float *out);
    void (*batch_normalize_backward)(int64_t units, int lanes, const double *mean, const double *factor,
                                     const double *level, const double *slope, const float *x, float *d);

    /* y[i] = f(x[i]): the functions behind the activations, for tests and tables. x and y may be the same. */
    void (*exp)(int64_t n, const float *x, float *y);
    void (*tanh)(int64_t n, const float *x, float *y);
    void (*sigmoid)(int64_t n, const float *x, float *y);
} ls_kernels;

/* The tables compiled in, fastest first, "portable" last; NULL behind the end. */
const ls_kernels *ls_kernels_at(int index);

/* The fastest table this CPU supports for NULL or "auto"; else the table of that name, NULL when it is unknown or this
 * CPU lacks it. Tables that failed a self-test in this process are passed by. */
const ls_kernels *ls_kernels_find(const char *name);

#endif
