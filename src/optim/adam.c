/* Adam's bookkeeping (Kingma & Ba 2015; epsilon outside the bias correction, as in Keras). */
#include "optim/adam.h"

#include <math.h>

void ls_adam_start(ls_adam *adam, double learning_rate, double beta_1, double beta_2, double epsilon)
{
    *adam = (ls_adam){.learning_rate = learning_rate,
                      .beta_1 = beta_1,
                      .beta_2 = beta_2,
                      .epsilon = epsilon,
                      .beta_1_power = 1,
                      .beta_2_power = 1};
}

ls_adam_step ls_adam_next(ls_adam *adam, int64_t rows)
{
    adam->steps++;
    adam->beta_1_power *= adam->beta_1;
    adam->beta_2_power *= adam->beta_2;
    return (ls_adam_step){
        .rate = (float)(adam->learning_rate * sqrt(1 - adam->beta_2_power) / (1 - adam->beta_1_power)),
        .one_minus_beta_1 = (float)(1 - adam->beta_1),
        .one_minus_beta_2 = (float)(1 - adam->beta_2),
        .epsilon = (float)adam->epsilon,
        .rows = (float)rows,
    };
}
