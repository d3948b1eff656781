/* Keras' Rescaling and Normalization layers in a row as one map of Lockstep's (model/affine.h). Local. */
#ifndef LS_IMPORT_JOINED_MAPS_H
#define LS_IMPORT_JOINED_MAPS_H

#include "import/keras_model.h"
#include "model/affine.h"

/* Local. `map` (count) in the order in which numbers pass, each with 1 or `columns` numbers; `place` (count) names
 * their layers in messages, which begin with `name`. What Lockstep writes itself (a Normalization, with a Rescaling by
 * powers of two on its outer side) gives the very numbers back; anything else is put together in float64. `targets`:
 * the map is of outputs, undone by ls_affine_inverse. LS_ERR_DATA: a scale of 0 or below, which such a map does not
 * have. */
ls_status ls_joined_maps_make(const ls_keras_map *map, const char *const *place, int count, int64_t columns,
                              bool targets, const char *name, ls_affine *affine);

#endif
