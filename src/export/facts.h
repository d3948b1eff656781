/* What is told of a model beside its numbers, as texts under keys: the metadata of ONNX and safetensors. */
#ifndef LS_EXPORT_FACTS_H
#define LS_EXPORT_FACTS_H

#include "export/exported.h"

/* Local. Each fact there is, in a fixed order:
 *   lockstep_version, layers, loss, data (what was done to it before training)
 *   normalization   "included", "left out", or "none": the model has none
 *   feature_names, class_names   JSON lists of texts
 *   class_labels    JSON list of whole numbers: what the data calls the classes */
ls_status ls_facts_tell(const ls_exported *model, void (*tell)(void *user, const char *key, const char *value),
                        void *user);

#endif
