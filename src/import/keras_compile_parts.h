/* The parts of what compile() said, each in a file of its own; only keras_compile.c calls them. Local. Each fails with
 * LS_ERR_MEMORY only: what Lockstep does not have is said in the result. */
#ifndef LS_IMPORT_KERAS_COMPILE_PARTS_H
#define LS_IMPORT_KERAS_COMPILE_PARTS_H

#include "import/keras_compile.h"

/* `config` is the whole: its loss and loss_weights. */
ls_status ls_keras_compile_loss(const ls_json_document *document, const ls_json_value *config,
                                ls_keras_compiled *compiled);
/* Behind the loss, which says what metrics mean. */
ls_status ls_keras_compile_metrics(const ls_json_document *document, const ls_json_value *config,
                                   ls_keras_compiled *compiled);
/* `optimizer`: the value of its key. */
ls_status ls_keras_compile_optimizer(const ls_json_document *document, const ls_json_value *optimizer,
                                     ls_keras_compiled *compiled);
/* A schedule's object, into compiled->plan; *fault says why there is none. */
ls_status ls_keras_compile_schedule(const ls_json_document *document, const ls_json_value *value, ls_schedule *plan,
                                    ls_text *fault);

#endif
