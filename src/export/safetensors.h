/* Models as safetensors (huggingface.co/docs/safetensors): a JSON header and the tensors' bytes. */
#ifndef LS_EXPORT_SAFETENSORS_H
#define LS_EXPORT_SAFETENSORS_H

#include "export/exported.h"

#include <stdio.h>

/* Local. Writes the file's bytes. Names are those of torch.nn.Sequential with the layers' modules in their order, where
 * an activation is a module too: "0.weight", (units, inputs) as torch has it, "0.bias", "2.weight" ...; those of a
 * network with branches are the layers' own, "dense_1.weight". Maps are tensors too, "features.mean" and so on, as
 * README.md says. Metadata: those of facts.h, and "torch", the modules in Python, where there are some for all of it.
 * LS_ERR_USAGE names what has no place: a kind of layer without a module. LS_ERR_MEMORY, LS_ERR_OUTPUT. */
ls_status ls_export_safetensors(const ls_exported *model, FILE *out);

#endif
