/* Losses by name, and the activation each is fused with. A row's value is float64, the gradient that of the last
 * layer's z (before its activation, when the two are fused) or a; the loops are a kernel (kernels.h). Each loss is one
 * row of the table in losses.c. */
#ifndef LS_MATH_LOSSES_H
#define LS_MATH_LOSSES_H

#include "math/kernels.h"

#include <stdbool.h>

/* The Keras name ("mean_squared_error"). */
const char *ls_loss_name(ls_loss loss);
/* By Keras name or short name (mse, mae); false when there is none. */
bool ls_loss_find(const char *name, ls_loss *loss);

/* The activation the loss is fused with: LS_SIGMOID for binary, LS_SOFTMAX for the categorical ones. With it the
 * gradient is that of z and needs no activate_backward. LS_LINEAR: not fused. */
ls_activation ls_loss_fused_activation(ls_loss loss);

#endif
