/* What compile() said, as Keras 3.15 and tf.keras 2.15 write it, in the options' words. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "import/keras_compile.h"

/* Single quotes stand for double ones. */
static void read_config(const char *quoted, ls_keras_compiled *compiled)
{
    char text[4096];
    ls_json_document document = {0};
    assert_true(strlen(quoted) < sizeof text);
    strcpy(text, quoted);
    for (char *c = text; *c; c++)
        *c = *c == '\'' ? '"' : *c;
    if (ls_json_read(text, &document) != LS_OK ||
        ls_keras_compile_read(&document, document.value, "a.keras", compiled) != LS_OK)
        fail_msg("%s: %s", text, ls_error_message());
    ls_json_document_free(&document);
}

static void check_text(const char *config, const char *what, const ls_text *found, const char *expected)
{
    if (strcmp(ls_text_string(found), expected) != 0)
        fail_msg("%s: %s is '%s', expected '%s'", config, what, ls_text_string(found), expected);
}

/* `part`: words that the fault holds, or NULL: there is none. */
static void check_fault(const char *config, const ls_text *fault, const char *part)
{
    if (part ? !strstr(ls_text_string(fault), part) : fault->length > 0)
        fail_msg("%s: the fault is '%s', expected '%s'", config, ls_text_string(fault), part ? part : "");
}

/* ---- losses ---- */

static void check_loss(const char *loss, const char *expected, const char *fault)
{
    char config[1024];
    ls_keras_compiled c;
    snprintf(config, sizeof config, "{'loss': %s}", loss);
    read_config(config, &c);
    check_text(loss, "the loss", &c.loss, expected);
    check_fault(loss, &c.loss_fault, fault);
    assert_true(c.from_logits == (strstr(expected, "from_logits=true") != NULL));
    ls_keras_compiled_free(&c);
}

static void test_losses(void **state)
{
    (void)state;
    static const char *const names[][2] = {
        {"mse", "mean_squared_error"},
        {"MSE", "mean_squared_error"},
        {"mean_squared_error", "mean_squared_error"},
        {"MeanSquaredError", "mean_squared_error"},
        {"keras.losses.mean_squared_error", "mean_squared_error"},
        {"mae", "mean_absolute_error"},
        {"mape", "mean_absolute_percentage_error"},
        {"msle", "mean_squared_logarithmic_error"},
        {"kld", "kl_divergence"},
        {"KLDivergence", "kl_divergence"},
        {"kullback_leibler_divergence", "kl_divergence"},
        {"bce", "binary_crossentropy"},
        {"binary_crossentropy", "binary_crossentropy"},
        {"binary_focal_crossentropy", "binary_focal_crossentropy"},
        {"categorical_crossentropy", "categorical_crossentropy"},
        {"sparse_categorical_crossentropy", "sparse_categorical_crossentropy"},
        {"huber", "huber"},
        {"huber_loss", "huber"},
        {"log_cosh", "log_cosh"},
        {"logcosh", "log_cosh"},
        {"LogCosh", "log_cosh"},
        {"poisson", "poisson"},
        {"hinge", "hinge"},
        {"squared_hinge", "squared_hinge"},
    };
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        char text[128];
        snprintf(text, sizeof text, "'%s'", names[i][0]);
        check_loss(text, names[i][1], NULL);
        snprintf(text, sizeof text, "['%s']", names[i][0]);
        check_loss(text, names[i][1], NULL);
        snprintf(text, sizeof text, "{'dense_1': ['%s', null]}", names[i][0]);
        check_loss(text, names[i][1], NULL);
        snprintf(text, sizeof text,
                 "{'module': 'builtins', 'class_name': 'function', 'config': '%s', 'registered_name': 'function'}",
                 names[i][0]);
        check_loss(text, names[i][1], NULL);
    }
    check_loss("null", "", NULL);
    check_loss("[]", "", NULL);
}

static void test_loss_settings(void **state)
{
    (void)state;
    check_loss("{'class_name': 'Huber', 'config': {'reduction': 'auto', 'name': 'huber_loss', 'delta': 0.3, "
               "'fn': 'huber'}}",
               "huber delta=0.3", NULL);
    check_loss("{'module': 'keras.losses', 'class_name': 'Huber', 'config': {'name': 'huber_loss', 'reduction': "
               "'sum_over_batch_size'}, 'registered_name': null}",
               "huber", NULL);
    check_loss("{'class_name': 'Huber', 'config': {'delta': 0.30000001192092896}}", "huber delta=0.3", NULL);
    check_loss("{'class_name': 'SparseCategoricalCrossentropy', 'config': {'from_logits': true, 'ignore_class': null}}",
               "sparse_categorical_crossentropy from_logits=true", NULL);
    check_loss("{'class_name': 'CategoricalCrossentropy', 'config': {'from_logits': true, 'label_smoothing': 0.1, "
               "'axis': -1}}",
               "categorical_crossentropy from_logits=true label_smoothing=0.1", NULL);
    check_loss("{'class_name': 'BinaryFocalCrossentropy', 'config': {'apply_class_balancing': true, 'alpha': 0.4, "
               "'gamma': 1.5, 'from_logits': false, 'label_smoothing': 0.0}}",
               "binary_focal_crossentropy apply_class_balancing=true alpha=0.4 gamma=1.5", NULL);
    check_loss("{'class_name': 'LossFunctionWrapper', 'config': {'fn': 'mean_absolute_error', 'name': 'x'}}",
               "mean_absolute_error", NULL);
    check_loss("{'class_name': 'MeanSquaredError', 'config': {'reduction': 'mean_with_sample_weight'}}",
               "mean_squared_error", NULL);
}

static void test_other_losses(void **state)
{
    (void)state;
    check_loss("'cosine_similarity'", "", "cosine_similarity is none of Lockstep's; the nearest is mean_squared_error");
    check_loss("{'class_name': 'CategoricalFocalCrossentropy', 'config': {}}", "", "categorical_crossentropy");
    check_loss("'my_loss'", "", "my_loss is none of Lockstep's");
    check_loss("{'class_name': 'Custom>Huber', 'config': {}}", "", "Huber is none of");
    check_loss("{'module': 'mine', 'class_name': 'Huber', 'config': {}}", "", "Huber is none of");
    check_loss("['mse', 'mae']", "", "2 losses");
    check_loss("{'a': 'mse', 'b': ['mae']}", "", "2 losses");
    check_loss("3", "", "neither a name nor an object");
    check_loss("{'class_name': 'MeanSquaredError', 'config': {'reduction': 'sum'}}", "", "'reduction'");
    check_loss("{'class_name': 'SparseCategoricalCrossentropy', 'config': {'ignore_class': 0}}",
               "sparse_categorical_crossentropy", NULL);
    check_loss("{'class_name': 'SparseCategoricalCrossentropy', 'config': {'ignore_class': 2}}", "", "'ignore_class'");
    check_loss("{'class_name': 'CategoricalCrossentropy', 'config': {'axis': 2}}", "", "'axis'");
    check_loss("{'class_name': 'Huber', 'config': {'delta': -1}}", "", "delta=-1");
    check_loss("{'class_name': 'Huber', 'config': {'delta': 'a b'}}", "", "'delta'");
    check_loss("{'class_name': 'Huber', 'config': {'delta': {}}}", "", "'delta'");
    check_loss("'mse', 'loss_weights': 1.0", "mean_squared_error", NULL);
    check_loss("'mse', 'loss_weights': {'out': 1}", "mean_squared_error", NULL);
    check_loss("'mse', 'loss_weights': [0.5]", "", "loss_weights");
}

/* ---- metrics ---- */

static void check_metrics(const char *loss, const char *metrics, const char *expected, const char *passed_over)
{
    char config[2048];
    ls_keras_compiled c;
    snprintf(config, sizeof config, "{'loss': %s, 'metrics': %s}", loss, metrics);
    read_config(config, &c);
    check_text(config, "metrics", &c.metrics, expected);
    check_text(config, "what is passed over", &c.metrics_passed_over, passed_over);
    ls_keras_compiled_free(&c);
}

#define LOGITS "{'class_name': 'BinaryCrossentropy', 'config': {'from_logits': true}}"

static void test_metrics(void **state)
{
    (void)state;
    check_metrics("'mse'", "null", "", "");
    check_metrics("'mse'", "['mae', 'mse', 'mape']", "mae,mse,mape", "");
    check_metrics("'mse'",
                  "[[{'class_name': 'MeanMetricWrapper', 'config': {'name': 'mae', 'dtype': 'float32', 'fn': "
                  "'mean_absolute_error'}}]]",
                  "mae", "");
    check_metrics("'mse'", "{'out': ['mean_absolute_error', {'class_name': 'RootMeanSquaredError', 'config': {}}]}",
                  "mae,rmse", "");
    check_metrics("'mse'",
                  "[{'class_name': 'R2Score', 'config': {'class_aggregation': 'uniform_average', "
                  "'num_regressors': 0}}, 'cosine_similarity', 'mae', 'mae']",
                  "r2,mae", "cosine_similarity");
    check_metrics("'mse'", "[{'class_name': 'R2Score', 'config': {'num_regressors': 2}}, 7]", "", "R2Score, (no name)");
    check_metrics("'sparse_categorical_crossentropy'", "['accuracy', 'mae']", "accuracy", "mae");
    check_metrics("'mse', 'weighted_metrics': ['mae']", "['mse']", "mse", "mae");
    check_metrics("'my_loss'", "['mae']", "", "");
}

static void test_accuracy(void **state)
{
    (void)state;
    check_metrics("'binary_crossentropy'", "['accuracy']", "accuracy", "");
    check_metrics("'binary_crossentropy'", "['acc']", "accuracy", "");
    check_metrics("'binary_crossentropy'", "['binary_accuracy']", "accuracy", "");
    check_metrics("'binary_crossentropy'", "['categorical_accuracy']", "", "categorical_accuracy");
    check_metrics("'categorical_crossentropy'", "['accuracy', 'categorical_accuracy']", "accuracy", "");
    check_metrics("'categorical_crossentropy'", "['binary_accuracy']", "", "binary_accuracy");
    check_metrics("'sparse_categorical_crossentropy'",
                  "[[{'class_name': 'MeanMetricWrapper', 'config': {'name': 'accuracy', 'fn': "
                  "'sparse_categorical_accuracy'}}]]",
                  "accuracy", "");
    check_metrics("'mse'", "['accuracy']", "accuracy", "");
    /* which counts outputs that are the very targets */
    check_metrics("'binary_crossentropy'", "[{'class_name': 'Accuracy', 'config': {'name': 'accuracy'}}]", "",
                  "Accuracy");
    check_metrics("'binary_crossentropy'", "[{'class_name': 'BinaryAccuracy', 'config': {'threshold': 0.5}}]",
                  "accuracy", "");
    check_metrics("'binary_crossentropy'", "[{'class_name': 'BinaryAccuracy', 'config': {'threshold': 0.3}}]",
                  "accuracy threshold=0.3", "");
    check_metrics(LOGITS, "[{'class_name': 'BinaryAccuracy', 'config': {'threshold': 0.0}}]", "accuracy", "");
    check_metrics(LOGITS, "['accuracy']", "accuracy", "");
    check_metrics(LOGITS, "[{'class_name': 'BinaryAccuracy', 'config': {'threshold': 0.5}}]",
                  "accuracy threshold=0.6224593312018546", "");
    check_metrics("'binary_crossentropy'",
                  "['accuracy', {'class_name': 'BinaryAccuracy', 'config': {'threshold': 0.3}}]", "accuracy",
                  "BinaryAccuracy");
}

static void test_class_metrics(void **state)
{
    (void)state;
    check_metrics("'binary_crossentropy'",
                  "[{'class_name': 'Precision', 'config': {'name': 'precision', 'thresholds': null, 'top_k': null}}, "
                  "{'class_name': 'Recall', 'config': {'thresholds': [0.5]}}]",
                  "precision,recall", "");
    check_metrics(
        "'binary_crossentropy'",
        "[{'class_name': 'Precision', 'config': {'thresholds': [0.2, 0.4]}}, "
        "{'class_name': 'Recall', 'config': {'class_id': 1}}, {'class_name': 'Recall', 'config': {'thresholds': 0.2}}]",
        "recall threshold=0.2", "Precision, Recall");
    check_metrics("'categorical_crossentropy'", "[{'class_name': 'Precision', 'config': {}}]", "", "Precision");
    check_metrics("'categorical_crossentropy'",
                  "[{'class_name': 'TopKCategoricalAccuracy', 'config': {'k': 2}}, {'class_name': 'F1Score', 'config': "
                  "{'average': 'weighted', 'threshold': null}}]",
                  "top_k_categorical_accuracy k=2,f1_score average=weighted", "");
    check_metrics("'sparse_categorical_crossentropy'",
                  "[{'class_name': 'SparseTopKCategoricalAccuracy', 'config': {'name': 'top', 'dtype': 'float32'}}]",
                  "top_k_categorical_accuracy", "");
    check_metrics("'binary_crossentropy'",
                  "[{'class_name': 'F1Score', 'config': {'average': 'micro', 'threshold': 0.5}}]",
                  "f1_score average=micro", "");
    check_metrics("'binary_crossentropy'", "[{'class_name': 'F1Score', 'config': {'average': null, 'threshold': 0.5}}]",
                  "", "F1Score");
    check_metrics("'binary_crossentropy'",
                  "[{'class_name': 'F1Score', 'config': {'average': 'other', 'threshold': 0.5}}]", "", "F1Score");
    check_metrics(
        "'binary_crossentropy'",
        "[{'class_name': 'AUC', 'config': {'curve': 'ROC'}}, {'class_name': 'AUC', 'config': {'curve': "
        "'PR'}}, {'class_name': 'BinaryCrossentropy', 'config': {'from_logits': false, 'label_smoothing': 0}}]",
        "auc,pr_auc,log_loss", "");
    check_metrics("'categorical_crossentropy'", "[{'class_name': 'AUC', 'config': {'curve': 'ROC'}}, 'crossentropy']",
                  "log_loss", "AUC");
    check_metrics("'binary_crossentropy'", "['crossentropy']", "log_loss", "");
    check_metrics("'binary_crossentropy'", "['categorical_crossentropy']", "", "categorical_crossentropy");
    check_metrics(LOGITS, "[{'class_name': 'BinaryCrossentropy', 'config': {'from_logits': false}}]", "",
                  "BinaryCrossentropy");
    check_metrics("'mse'", "[{'class_name': 'Precision', 'config': {}}]", "", "Precision");
    check_metrics("'binary_crossentropy'", "[{'class_name': 'mine>AUC', 'config': {'curve': 'ROC'}}]", "", "AUC");
}

/* ---- optimizers ---- */

#define BASE " weight_decay=0 clipnorm=0 global_clipnorm=0 clipvalue=0 gradient_accumulation_steps=0"

typedef struct said {
    const char *optimizer, *schedule, *ema, *fault;
} said;

static void check_optimizer(const char *key, const char *optimizer, const said *expected)
{
    char config[2048];
    ls_keras_compiled c;
    snprintf(config, sizeof config, "{'%s': %s}", key, optimizer);
    read_config(config, &c);
    check_text(config, "the optimizer", &c.optimizer, expected->optimizer);
    check_text(config, "the schedule", &c.schedule, expected->schedule ? expected->schedule : "");
    check_text(config, "the average", &c.ema, expected->ema ? expected->ema : "");
    check_fault(config, &c.optimizer_fault, expected->fault);
    assert_true((c.row != NULL) == (c.optimizer.length > 0));
    assert_true((c.plan.row != NULL) == (c.schedule.length > 0));
    if (c.row)
        assert_true(c.settings.use_ema == (c.ema.length > 0));
    ls_keras_compiled_free(&c);
}

static void says(const char *optimizer, const char *expected)
{
    check_optimizer("optimizer", optimizer, &(said){.optimizer = expected});
    check_optimizer("optimizer_config", optimizer, &(said){.optimizer = expected});
}

static void refuses(const char *optimizer, const char *fault)
{
    check_optimizer("optimizer", optimizer, &(said){.optimizer = "", .fault = fault});
}

static void test_optimizers(void **state)
{
    (void)state;
    says("null", "");
    says("'adam'", "adam learning_rate=0.001 beta_1=0.9 beta_2=0.999 epsilon=1e-7 amsgrad=false" BASE);
    says("'sgd'", "sgd learning_rate=0.01 momentum=0 nesterov=false" BASE);
    says("{'class_name': 'Adam', 'config': {'name': 'adam', 'learning_rate': 0.009999999776482582, 'weight_decay': "
         "null, "
         "'clipnorm': null, 'use_ema': false, 'ema_momentum': 0.99, 'ema_overwrite_frequency': null, "
         "'loss_scale_factor': 128.0, 'beta_1': 0.8, 'beta_2': 0.99, 'epsilon': 1e-05, 'amsgrad': true}}",
         "adam learning_rate=0.01 beta_1=0.8 beta_2=0.99 epsilon=1e-5 amsgrad=true" BASE);
    says("{'class_name': 'Custom>AdamW', 'config': {'jit_compile': false, 'is_legacy_optimizer': false, "
         "'learning_rate': 0.003, 'weight_decay': 0.01, 'clipvalue': 0.5}}",
         "adamw learning_rate=0.003 beta_1=0.9 beta_2=0.999 epsilon=1e-7 amsgrad=false weight_decay=0.01 clipnorm=0 "
         "global_clipnorm=0 clipvalue=0.5 gradient_accumulation_steps=0");
    says(
        "{'module': 'keras.optimizers.experimental', 'class_name': 'SGD', 'config': {'learning_rate': 0.5, 'momentum': "
        "0.9, 'nesterov': true, 'global_clipnorm': 2}}",
        "sgd learning_rate=0.5 momentum=0.9 nesterov=true weight_decay=0 clipnorm=0 global_clipnorm=2 clipvalue=0 "
        "gradient_accumulation_steps=0");
    says("{'class_name': 'SGD', 'config': {'learning_rate': 0.5, 'momentum': 0.0, 'nesterov': true}}",
         "sgd learning_rate=0.5 momentum=0 nesterov=false" BASE);
    says("{'class_name': 'RMSprop', 'config': {'learning_rate': 0.25, 'rho': 0.8, 'momentum': 0.5, 'epsilon': 0.0001, "
         "'centered': true, 'ema_overwrite_frequency': 100}}",
         "rmsprop learning_rate=0.25 epsilon=0.0001 rho=0.8 momentum=0.5 centered=true" BASE);
    says("{'class_name': 'Adagrad', 'config': {'learning_rate': 0.25, 'initial_accumulator_value': 0.2}}",
         "adagrad learning_rate=0.25 epsilon=1e-7 initial_accumulator_value=0.2" BASE);
    says("{'class_name': 'Nadam', 'config': {'learning_rate': 0.25, 'clipnorm': 0.5}}",
         "nadam learning_rate=0.25 beta_1=0.9 beta_2=0.999 epsilon=1e-7 weight_decay=0 clipnorm=0.5 global_clipnorm=0 "
         "clipvalue=0 gradient_accumulation_steps=0");
    says("{'class_name': 'Lamb', 'config': {'learning_rate': 0.25, 'gradient_accumulation_steps': 4}}",
         "lamb learning_rate=0.25 beta_1=0.9 beta_2=0.999 epsilon=1e-7 weight_decay=0 clipnorm=0 global_clipnorm=0 "
         "clipvalue=0 gradient_accumulation_steps=4");
    check_optimizer("optimizer",
                    "{'class_name': 'SGD', 'config': {'use_ema': true, 'ema_momentum': 0.9, 'learning_rate': 1}}",
                    &(said){.optimizer = "sgd learning_rate=1 momentum=0 nesterov=false" BASE, .ema = "momentum=0.9"});
}

static void test_legacy_optimizers(void **state)
{
    (void)state;
    says("{'class_name': 'Adam', 'config': {'lr': 0.5, 'decay': 0.0, 'epsilon': null, 'beta_1': 0.8999999761581421}}",
         "adam learning_rate=0.5 beta_1=0.9 beta_2=0.999 epsilon=1e-7 amsgrad=false" BASE);
    check_optimizer(
        "optimizer_config", "{'class_name': 'SGD', 'config': {'learning_rate': 0.5, 'decay': 0.25}}",
        &(said){.optimizer = "sgd momentum=0 nesterov=false" BASE,
                .schedule =
                    "inverse_time_decay initial_learning_rate=0.5 decay_steps=1 decay_rate=0.25 staircase=false"});
    says("{'class_name': 'RMSprop', 'config': {'learning_rate': 0.5, 'decay': 0.0, 'momentum': 0.5}}",
         "rmsprop learning_rate=0.5 epsilon=1e-7 rho=0.9 momentum=0.5 centered=false" BASE);
    says("{'class_name': 'Adagrad', 'config': {'learning_rate': 0.5, 'decay': 0.0}}",
         "adagrad learning_rate=0.5 epsilon=1e-7 initial_accumulator_value=0.1" BASE);
    refuses("{'class_name': 'RMSprop', 'config': {'learning_rate': 0.5, 'decay': 0.0}}", "epsilon outside the root");
    refuses("{'module': 'keras.optimizers.legacy', 'class_name': 'RMSprop', 'config': {}}", "epsilon outside the root");
    refuses("{'class_name': 'RMSprop', 'config': {'is_legacy_optimizer': true}}", "epsilon outside the root");
    refuses("{'class_name': 'Nadam', 'config': {'lr': 0.5, 'schedule_decay': 0.004}}", "the legacy Nadam");
    refuses("{'class_name': 'Adagrad', 'config': {'decay': 0.0, 'epsilon': 0.01}}", "the legacy Adagrad");
    refuses("{'class_name': 'SGD', 'config': {'decay': 0.25, 'learning_rate': {'class_name': 'ExponentialDecay', "
            "'config': {'initial_learning_rate': 0.5, 'decay_steps': 7, 'decay_rate': 0.8}}}}",
            "decay beside a schedule");
}

static void test_other_optimizers(void **state)
{
    (void)state;
    refuses("'adadelta'", "adadelta is none of Lockstep's; the nearest is adagrad");
    refuses("{'class_name': 'Adamax', 'config': {}}", "the nearest is adam");
    refuses("{'class_name': 'Ftrl', 'config': {}}", "the nearest is adagrad");
    refuses("{'class_name': 'LossScaleOptimizer', 'config': {}}", "within it");
    refuses("{'module': 'mine', 'class_name': 'Adam', 'config': {}}", "Adam is none of");
    refuses("7", "neither a name nor an object");
    refuses("{'class_name': 'Adam', 'config': {'use_ema': true, 'ema_overwrite_frequency': 100}}", "--ema");
    refuses("{'class_name': 'Adam', 'config': {'beta_1': 'x'}}", "'beta_1'");
    refuses("{'class_name': 'Adam', 'config': {'beta_1': -0.5}}", "'beta_1'");
    refuses("{'class_name': 'Adam', 'config': {'amsgrad': 1}}", "'amsgrad'");
    refuses("{'class_name': 'Adam', 'config': {'gradient_accumulation_steps': 2.5}}", "'gradient_accumulation_steps'");
    refuses("{'class_name': 'Adam', 'config': {'weight_decay_rule': 1}}", "'weight_decay_rule'");
    refuses("{'class_name': 'Adam', 'config': {'momentum': 0.5}}", "'momentum'");
    refuses("{'class_name': 'Adam', 'config': {'learning_rate': true}}", "is none of Lockstep's");
}

/* ---- schedules ---- */

static void check_schedule(const char *schedule, const char *expected, const char *fault)
{
    char optimizer[1024];
    snprintf(optimizer, sizeof optimizer, "{'class_name': 'SGD', 'config': {'learning_rate': %s}}", schedule);
    check_optimizer(
        "optimizer", optimizer,
        &(said){.optimizer = fault ? "" : "sgd momentum=0 nesterov=false" BASE, .schedule = expected, .fault = fault});
}

#define SCHEDULE(class_name, config)                                                                                   \
    "{'module': 'keras.optimizers.schedules', 'class_name': '" class_name "', 'config': {" config                      \
    ", 'name': null}, 'registered_name': null}"

static void test_schedules(void **state)
{
    (void)state;
    check_schedule(SCHEDULE("CosineDecay", "'initial_learning_rate': 0.01, 'decay_steps': 40, 'alpha': 0.1, "
                                           "'warmup_target': null, 'warmup_steps': 0"),
                   "cosine_decay initial_learning_rate=0.01 decay_steps=40 alpha=0.1 warmup_target=0 warmup_steps=0",
                   NULL);
    check_schedule(SCHEDULE("CosineDecay", "'initial_learning_rate': 0.0, 'decay_steps': 20, 'alpha': 0.0, "
                                           "'warmup_target': 0.05, 'warmup_steps': 15"),
                   "cosine_decay initial_learning_rate=0 decay_steps=20 alpha=0 warmup_target=0.05 warmup_steps=15",
                   NULL);
    /* without a target there is no warm-up, without steps it begins at the target */
    check_schedule(SCHEDULE("CosineDecay", "'initial_learning_rate': 0.5, 'decay_steps': 20, 'alpha': 0.0, "
                                           "'warmup_target': null, 'warmup_steps': 15"),
                   "cosine_decay initial_learning_rate=0.5 decay_steps=20 alpha=0 warmup_target=0 warmup_steps=0",
                   NULL);
    check_schedule(SCHEDULE("CosineDecay", "'initial_learning_rate': 0.0, 'decay_steps': 20, 'alpha': 0.0, "
                                           "'warmup_target': 0.05, 'warmup_steps': 0"),
                   "cosine_decay initial_learning_rate=0.05 decay_steps=20 alpha=0 warmup_target=0 warmup_steps=0",
                   NULL);
    check_schedule(
        SCHEDULE("CosineDecayRestarts", "'initial_learning_rate': 0.01, 'first_decay_steps': 8, 't_mul': 1.5, "
                                        "'m_mul': 0.9, 'alpha': 0.0"),
        "cosine_decay_restarts initial_learning_rate=0.01 first_decay_steps=8 t_mul=1.5 m_mul=0.9 alpha=0", NULL);
    check_schedule(SCHEDULE("ExponentialDecay", "'initial_learning_rate': 0.01, 'decay_steps': 7, 'decay_rate': 0.8, "
                                                "'staircase': true"),
                   "exponential_decay initial_learning_rate=0.01 decay_steps=7 decay_rate=0.8 staircase=true", NULL);
    check_schedule(SCHEDULE("PiecewiseConstantDecay", "'boundaries': [5, 15], 'values': [0.1, 0.05, 0.01]"),
                   "piecewise_constant_decay boundaries=5,15 values=0.1,0.05,0.01", NULL);
    check_schedule(SCHEDULE("PolynomialDecay", "'initial_learning_rate': 0.1, 'decay_steps': 30, 'end_learning_rate': "
                                               "0.001, 'power': 2.0, 'cycle': false"),
                   "polynomial_decay initial_learning_rate=0.1 decay_steps=30 end_learning_rate=0.001 power=2 "
                   "cycle=false",
                   NULL);
    check_schedule(SCHEDULE("InverseTimeDecay", "'initial_learning_rate': 0.01, 'decay_steps': 5, 'decay_rate': 0.3"),
                   "inverse_time_decay initial_learning_rate=0.01 decay_steps=5 decay_rate=0.3 staircase=false", NULL);
}

static void test_other_schedules(void **state)
{
    (void)state;
    check_schedule(SCHEDULE("NoamDecay", "'initial_learning_rate': 1"), "", "NoamDecay is none of Lockstep's");
    check_schedule("[]", "", "(unnamed) is none of");
    check_schedule(SCHEDULE("ExponentialDecay", "'decay_steps': 7, 'decay_rate': 0.8"), "", "initial_learning_rate");
    check_schedule(SCHEDULE("ExponentialDecay", "'initial_learning_rate': 0.01, 'decay_steps': 7.5, 'decay_rate': 1"),
                   "", "decay_steps=7.5");
    check_schedule(SCHEDULE("ExponentialDecay", "'initial_learning_rate': 0.01, 'decay_rate': 1"), "", "decay_steps");
    check_schedule(SCHEDULE("ExponentialDecay", "'initial_learning_rate': 0.01, 'decay_steps': 7, 'decay_rate': 1, "
                                                "'floor': 0.1"),
                   "", "'floor'");
    check_schedule(SCHEDULE("PiecewiseConstantDecay", "'boundaries': [5, 'a'], 'values': [0.1, 0.05, 0.01]"), "",
                   "'boundaries'");
    check_schedule(SCHEDULE("PiecewiseConstantDecay", "'boundaries': [5], 'values': [0.1, 0.05, 0.01]"), "",
                   "boundaries part");
}

/* ---- the whole ---- */

static void test_not_compiled(void **state)
{
    (void)state;
    ls_json_document document = {0};
    ls_keras_compiled c;
    assert_int_equal(ls_keras_compile_read(&document, NULL, "a.keras", &c), LS_OK);
    assert_int_equal(c.loss.length + c.optimizer.length + c.loss_fault.length + c.optimizer_fault.length, 0);
    ls_keras_compiled_free(&c);
    assert_int_equal(ls_json_read("null", &document), LS_OK);
    assert_int_equal(ls_keras_compile_read(&document, document.value, "a.keras", &c), LS_OK);
    ls_json_document_free(&document);
    assert_int_equal(ls_json_read("[]", &document), LS_OK);
    assert_int_equal(ls_keras_compile_read(&document, document.value, "a.keras", &c), LS_ERR_DATA);
    assert_non_null(strstr(ls_error_message(), "a.keras: "));
    ls_json_document_free(&document);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_losses),           cmocka_unit_test(test_loss_settings),
        cmocka_unit_test(test_other_losses),     cmocka_unit_test(test_metrics),
        cmocka_unit_test(test_accuracy),         cmocka_unit_test(test_class_metrics),
        cmocka_unit_test(test_optimizers),       cmocka_unit_test(test_legacy_optimizers),
        cmocka_unit_test(test_other_optimizers), cmocka_unit_test(test_schedules),
        cmocka_unit_test(test_other_schedules),  cmocka_unit_test(test_not_compiled),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
