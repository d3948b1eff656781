/* Layers as modules of torch.nn: what they are called, and their tensors. */
#ifndef LS_EXPORT_TORCH_MODULES_H
#define LS_EXPORT_TORCH_MODULES_H

#include "base/text.h"
#include "export/exported.h"
#include "export/values.h"

/* What is found goes here. */
typedef struct ls_torch_modules {
    const ls_exported *model;
    bool branches;  /* tensors are called after layers, not after places */
    int count;      /* of modules */
    ls_text python; /* "nn.Linear(6, 16), nn.ReLU()" */
    bool unknown;   /* torch has no module for one of them */
    ls_status (*add)(void *user, const char *name, const ls_values *values);
    void *user;
} ls_torch_modules;

/* Local. All layers in their order. LS_ERR_USAGE: a kind of layer that nobody has told of here. */
ls_status ls_torch_modules_find(ls_torch_modules *modules);

#endif
