/* What compile() said, as the options' words. Pure reading of JSON. Local. */
#ifndef LS_IMPORT_KERAS_COMPILE_H
#define LS_IMPORT_KERAS_COMPILE_H

#include "base/json_read.h"
#include "base/status.h"
#include "base/text.h"
#include "math/losses.h"
#include "optim/optimizer.h"
#include "optim/schedule.h"

/* Texts are empty where nothing is said. */
typedef struct ls_keras_compiled {
    ls_text loss;      /* as --loss takes it: "huber delta=0.5" */
    ls_text metrics;   /* as --metrics takes it */
    ls_text optimizer; /* as --optimizer takes it, every setting said: "adam learning_rate=0.001 beta_1=0.9 ..." */
    ls_text schedule;  /* as --schedule takes it; empty: none */
    ls_text loss_fault, optimizer_fault; /* why there is none although the file has one, with what is nearest */
    ls_text metrics_passed_over;         /* names of metrics that Lockstep does not have */
    bool from_logits;                    /* the loss is of the last layer's numbers before its activation */

    ls_text ema;                    /* as --ema takes it: "momentum=0.99"; empty: none is kept */
    const ls_optimizer_row *row;    /* of `optimizer`; NULL: there is none */
    ls_optimizer_settings settings; /* with the running averages */
    ls_schedule plan;               /* of `schedule`; plan.row NULL: none, and the rate is settings.learning_rate */
    ls_loss objective;              /* of `loss`, where that is not empty */
} ls_keras_compiled;

/* Local. `config`: training_config of HDF5 files (both generations) or compile_config of .keras and config.json; NULL:
 * not compiled. What is not supported is no error here: a model may be used for predictions all the same. LS_ERR_DATA:
 * not an object. */
ls_status ls_keras_compile_read(const ls_json_document *document, const ls_json_value *config, const char *name,
                                ls_keras_compiled *compiled);
void ls_keras_compiled_free(ls_keras_compiled *compiled);

#endif
