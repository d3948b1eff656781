/* The table of kinds. */
#include "model/layer_kinds.h"

extern const ls_layer_kind ls_layer_batchnorm, ls_layer_dropout;

static const ls_layer_kind *const kinds[] = {&ls_layer_dense, &ls_layer_activation, &ls_layer_add, &ls_layer_batchnorm,
                                             &ls_layer_dropout};

const ls_layer_kind *ls_layer_kind_at(size_t i)
{
    return i < sizeof kinds / sizeof *kinds ? kinds[i] : NULL;
}
