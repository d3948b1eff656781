/* Activations by name, and what their derivatives are computed from. The loops are kernels (kernels.h). */
#ifndef LS_MATH_ACTIVATIONS_H
#define LS_MATH_ACTIVATIONS_H

#include "math/kernels.h"

/* The Keras name ("relu"). */
const char *ls_activation_name(ls_activation activation);
/* By Keras' name or alias ("swish" is silu); false, and *activation as it was, when there is none of this name. */
bool ls_activation_find(const char *name, ls_activation *activation);

/* Whether activate_backward wants z, which must then be kept from the forward pass. */
bool ls_activation_reads_z(ls_activation activation);

#endif
