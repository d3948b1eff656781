/* Loss and metrics of a network that Keras' compile() has named, or has not. Local. */
#ifndef LS_IMPORT_KERAS_OBJECTIVE_H
#define LS_IMPORT_KERAS_OBJECTIVE_H

#include "import/keras_compile.h"
#include "model/network.h"

/* Local. Sets the network's loss and metrics; metrics that do not go with the loss are added to
 * compiled->metrics_passed_over. `compiled` NULL: the model was not compiled. Where there is no loss, or none that
 * Lockstep has for such outputs, the network's is the one that goes with its last activation, marked as open. */
ls_status ls_keras_objective_take(ls_keras_compiled *compiled, ls_network *network);

#endif
