/* The table of kinds. */
#include "model/layer_kinds.h"

extern const ls_layer_kind ls_layer_dropout, ls_layer_noise, ls_layer_normalization, ls_layer_batchnorm;

static const ls_layer_kind *const kinds[] = {&ls_layer_dense,    &ls_layer_activation, &ls_layer_add,
                                             &ls_layer_dropout,  &ls_layer_noise,      &ls_layer_normalization,
                                             &ls_layer_batchnorm};

const ls_layer_kind *ls_layer_kind_at(size_t i)
{
    return i < sizeof kinds / sizeof *kinds ? kinds[i] : NULL;
}
