/* Activations by name, their settings, and what derivatives are computed from. The loops are kernels (kernels.h). */
#ifndef LS_MATH_ACTIVATIONS_H
#define LS_MATH_ACTIVATIONS_H

#include "math/kernels.h"

#include <stddef.h>

/* The Keras name ("relu"). */
const char *ls_activation_name(ls_activation activation);
/* By Keras' name or alias ("swish" is silu); false, and *activation as it was, when there is none of this name. */
bool ls_activation_find(const char *name, ls_activation *activation);

/* Whether activate_backward wants z, which must then be kept from the forward pass. */
bool ls_activation_reads_z(ls_activation activation);

/* Settings, as Keras' layers ReLU, LeakyReLU and ELU take them. All 0: Keras' defaults for the activation's name. */
typedef struct ls_activation_settings {
    bool set;                            /* a value is not the default; else the others say nothing */
    double max_value;                    /* relu; NaN: none */
    double negative_slope;               /* relu, leaky_relu */
    double threshold;                    /* relu */
    double alpha;                        /* elu */
    float number[LS_ACTIVATION_NUMBERS]; /* those of the activation as its kernels take them, each rounded once */
} ls_activation_settings;

/* How many settings it has. Their order among the kernels' numbers: relu max_value (infinite: none), negative_slope,
 * threshold; leaky_relu negative_slope; elu alpha. */
int ls_activation_setting_count(ls_activation activation);

/* The defaults, as values. */
ls_activation_settings ls_activation_defaults(ls_activation activation);

/* Completes settings whose values are there. A relu whose only one is a slope becomes the leaky_relu that it is: Keras
 * computes it as that. */
void ls_activation_settle(ls_activation *activation, ls_activation_settings *settings);

/* What kernels take for these settings; NULL: the defaults. */
static inline const float *ls_activation_numbers(const ls_activation_settings *settings)
{
    return settings->set ? settings->number : NULL;
}

#endif
