/* Adam as Keras defines it: the step's constants in float64, the update itself in the kernel tables. */
#ifndef LS_OPTIM_ADAM_H
#define LS_OPTIM_ADAM_H

#include "math/kernels.h"

#include <stdint.h>

/* Settings (recipe) and state. The slots m and v live where the parameters' owner keeps them. */
typedef struct ls_adam {
    double learning_rate;
    double beta_1;
    double beta_2;
    double epsilon;
    /* state */
    int64_t steps;       /* updates done: Keras' iteration */
    double beta_1_power; /* beta_1^steps by repeated multiplication, so that any resume has the same bits */
    double beta_2_power;
} ls_adam;

/* No steps done. */
void ls_adam_start(ls_adam *adam, double learning_rate, double beta_1, double beta_2, double epsilon);

/* Advances to the next step t and gives its constants: rate = (float)(lr * sqrt(1 - beta_2^t) / (1 - beta_1^t)). */
ls_adam_step ls_adam_next(ls_adam *adam, int64_t rows);

#endif
