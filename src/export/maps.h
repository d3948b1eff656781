/* What is done to features and outputs beside the layers, as far as it is part of what is exported. In this order:
 * features less their offsets in float64, rounded to float32; what stands for missing values in their place; the
 * feature map; the layers; the target map backwards. Without maps all of it is left to whoever uses the model. */
#ifndef LS_EXPORT_MAPS_H
#define LS_EXPORT_MAPS_H

#include "export/exported.h"

/* NULL: there is none. */
static inline const ls_affine *ls_maps_features(const ls_exported *model)
{
    return model->maps && model->network->feature_map.count > 0 ? &model->network->feature_map : NULL;
}
static inline const ls_affine *ls_maps_targets(const ls_exported *model)
{
    return model->maps && model->network->target_map.count > 0 ? &model->network->target_map : NULL;
}
static inline const double *ls_maps_offset(const ls_exported *model)
{
    return model->maps ? model->network->offset : NULL;
}
static inline const float *ls_maps_fill(const ls_exported *model)
{
    return model->maps ? model->network->fill : NULL;
}

/* Whether features are changed at all. */
static inline bool ls_maps_prepares(const ls_exported *model)
{
    return ls_maps_offset(model) || ls_maps_fill(model) || ls_maps_features(model);
}

/* Whether the network has any of it, left out or not. */
static inline bool ls_maps_any(const ls_network *network)
{
    return network->feature_map.count > 0 || network->target_map.count > 0 || ls_network_prepares(network);
}

#endif
