/* What Keras needs to know to rebuild a network: the JSON texts of a model file, and the names of the layers
 * that hold the normalisation maps. */
#ifndef LS_STORE_KERAS_CONFIG_H
#define LS_STORE_KERAS_CONFIG_H

#include "base/text.h"
#include "model/network.h"
#include "optim/optimizer.h"
#include "optim/schedule.h"

/* Names of the Normalization layers in front of and behind the network's own layers, and of the Rescaling layers in
 * front of and behind those, numbered as Keras numbers them; NULL where there is no map, and where it has no factors.
 */
const char *ls_keras_feature_map_name(const ls_network *network);
const char *ls_keras_target_map_name(const ls_network *network);
const char *ls_keras_feature_factor_name(const ls_network *network);
const char *ls_keras_target_factor_name(const ls_network *network);

/* Local. Append the value of the attribute model_config (a Sequential model, or with branches a
 * Functional one, that maps raw features to predictions in original units), and that of training_config (what
 * model.compile gets, of a loss that Keras has; optimizer NULL: Keras' defaults; rate: the next step's, where
 * `schedule` is NULL or none). */
ls_status ls_keras_model_config(const ls_network *network, ls_text *text);
/* Local. The same model as Keras 3 has it in .keras files and as model.to_json gives it, where every object says its
 * module. */
ls_status ls_keras_saved_config(const ls_network *network, ls_text *text);
ls_status ls_keras_training_config(const ls_network *network, const ls_optimizer *optimizer, double rate,
                                   const ls_schedule *schedule, ls_text *text);

#endif
