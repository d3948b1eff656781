/* Activation names. */
#ifndef LS_MATH_ACTIVATIONS_H
#define LS_MATH_ACTIVATIONS_H

#include "math/kernels.h"

/* The Keras name ("relu"). */
const char *ls_activation_name(ls_activation activation);
/* false when there is none of this name. */
bool ls_activation_find(const char *name, ls_activation *activation);

#endif
