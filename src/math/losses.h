/* Losses: the value of one row in float64 and the gradient with respect to the last layer's z (before its activation
 * when the two are fused) or a. Each loss is one row of the table in losses.c. */
#ifndef LS_MATH_LOSSES_H
#define LS_MATH_LOSSES_H

#include "math/kernels.h"

#include <stdbool.h>
#include <stdint.h>

typedef enum ls_loss {
    LS_MEAN_SQUARED_ERROR = 0,
    LS_MEAN_ABSOLUTE_ERROR,
    LS_BINARY_CROSSENTROPY,
    LS_CATEGORICAL_CROSSENTROPY,
    LS_SPARSE_CATEGORICAL_CROSSENTROPY,
    LS_LOSS_COUNT
} ls_loss;

/* The Keras name ("mean_squared_error"). */
const char *ls_loss_name(ls_loss loss);
/* By Keras name or short name (mse, mae); false when there is none. */
bool ls_loss_find(const char *name, ls_loss *loss);

/* The activation the loss is fused with: LS_SIGMOID for binary, LS_SOFTMAX for the categorical ones. With it the
 * gradient is that of z and needs no activate_backward. LS_LINEAR: not fused. */
ls_activation ls_loss_fused_activation(ls_loss loss);

/* The targets of one sample panel, as the loss reads them. */
typedef struct ls_targets {
    const float *const *y; /* (lanes) pointers to (outputs) targets; NULL for sparse labels */
    const int32_t *label;  /* (lanes) class numbers; NULL otherwise */
} ls_targets;

/* Loss and gradient of one sample panel, `lanes` (0..16) rows of it in use.
 *   z      [outputs][16]  before the activation; read by the fused losses only (may be NULL for the others)
 *   a      [outputs][16]  after it
 *   value  (lanes)        float64 loss of each row
 *   d      [outputs][16]  gradient of the row's loss: of z when the loss is fused, of a otherwise; unused lanes are set
 * to 0. NULL when only the value is wanted. */
void ls_loss_panel(ls_loss loss, int64_t outputs, int lanes, const float *z, const float *a, const ls_targets *targets,
                   double *value, float *d);

#endif
