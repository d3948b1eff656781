/* The metrics that compile() named, as --metrics takes them: those that Lockstep has and that go with the loss. */
#include "import/keras_compile_parts.h"
#include "import/keras_named.h"
#include "math/real.h"
#include "model/metrics.h"

#include <string.h>

typedef struct reading {
    const ls_json_document *document;
    ls_keras_compiled *compiled;
    ls_metric_task task;
} reading;

/* ---- settings ---- */

static const ls_json_value *setting(const reading *r, const ls_keras_named *named, const char *key)
{
    const ls_json_value *value = named->config ? ls_json_member(r->document, named->config, key) : NULL;
    return value && value->kind != LS_JSON_NULL ? value : NULL;
}

static bool says(const reading *r, const ls_keras_named *named, const char *key, const char *text)
{
    const ls_json_value *value = setting(r, named, key);
    return value && value->kind == LS_JSON_STRING && ls_keras_named_same(value->text, text);
}

/* Of outputs that say yes or no. Keras' is of the outputs as they stand, Lockstep's of the chances where they are
 * made of them; one that is the loss' own is not said. */
static bool put_threshold(const reading *r, double threshold, ls_text *text)
{
    const bool logits = r->compiled->from_logits;
    char number[32];
    if (r->task.classes != LS_CLASSES_EACH)
        return false;
    if (threshold == (double)r->task.yes)
        return true;
    if (logits)
        threshold = 1 / (1 + ls_real_exp(-threshold));
    ls_text_printf(text, " threshold=%s", ls_format_double(threshold, number));
    return true;
}

/* A number, or the only one of a list. */
static bool one_number(const reading *r, const ls_json_value *value, double *number)
{
    if (value->kind == LS_JSON_ARRAY && value->count == 1)
        value = ls_json_first(r->document, value);
    *number = value->kind == LS_JSON_NUMBER ? ls_keras_named_number(value->number) : 0;
    return value->kind == LS_JSON_NUMBER;
}

/* ---- the metrics whose settings or meaning differ ---- */

/* The bare word is Keras' metric for what the loss is of; an object of the class Accuracy counts equal numbers. */
static bool put_accuracy(const reading *r, const ls_keras_named *named, ls_text *text)
{
    const bool binary = ls_keras_named_same(named->name, "binary_accuracy");
    const bool categorical = ls_keras_named_same(named->name, "categorical_accuracy") ||
                             ls_keras_named_same(named->name, "sparse_categorical_accuracy");
    const ls_json_value *threshold = setting(r, named, "threshold");
    double number;
    if ((binary && r->task.classes == LS_CLASSES_ONE) || (categorical && r->task.classes == LS_CLASSES_EACH) ||
        (!binary && !categorical && named->object))
        return false;
    if (!threshold)
        return true;
    if (r->task.classes == LS_CLASSES_NONE)
        return one_number(r, threshold, &number) && number == (double)r->task.yes;
    return one_number(r, threshold, &number) && put_threshold(r, number, text);
}

static bool put_top_k(const reading *r, const ls_keras_named *named, ls_text *text)
{
    const ls_json_value *k = setting(r, named, "k");
    if (!k)
        return true;
    ls_text_append(text, " k=");
    return ls_keras_named_value(r->document, k, text);
}

/* Keras' count over all outputs; Lockstep's of one class out of several are means over them. */
static bool put_precision(const reading *r, const ls_keras_named *named, ls_text *text)
{
    const ls_json_value *thresholds = setting(r, named, "thresholds");
    double number = 0.5;
    if (setting(r, named, "top_k") || setting(r, named, "class_id"))
        return false;
    if (thresholds && !one_number(r, thresholds, &number))
        return false;
    return put_threshold(r, number, text);
}

static bool put_f1(const reading *r, const ls_keras_named *named, ls_text *text)
{
    const ls_json_value *average = setting(r, named, "average"), *threshold = setting(r, named, "threshold");
    double number;
    if (!average) /* a score for each class */
        return false;
    ls_text_append(text, " average=");
    if (!ls_keras_named_value(r->document, average, text))
        return false;
    if (r->task.classes == LS_CLASSES_ONE)
        return !threshold;
    return threshold && one_number(r, threshold, &number) && put_threshold(r, number, text);
}

static bool put_log_loss(const reading *r, const ls_keras_named *named, ls_text *text)
{
    const ls_json_value *logits = setting(r, named, "from_logits"), *smoothing = setting(r, named, "label_smoothing");
    const bool binary = ls_keras_named_same(named->name, "binary_crossentropy");
    (void)text;
    const bool bare = !ls_metric_find(named->name); /* "crossentropy": Keras' for what the loss is of */
    return (bare || binary == (r->task.classes == LS_CLASSES_EACH)) &&
           (logits && logits->kind == LS_JSON_TRUE) == r->compiled->from_logits &&
           (!smoothing || ls_keras_named_silent(smoothing, true));
}

/* Keras' are approximations of these; of several classes it takes all outputs together. */
static bool put_auc(const reading *r, const ls_keras_named *named, ls_text *text)
{
    if (setting(r, named, "curve") && !says(r, named, "curve", "ROC")) {
        if (!says(r, named, "curve", "PR"))
            return false;
        ls_text_clear(text);
        ls_text_append(text, "pr_auc");
    }
    return r->task.classes == LS_CLASSES_EACH;
}

static bool put_r2(const reading *r, const ls_keras_named *named, ls_text *text)
{
    const ls_json_value *regressors = setting(r, named, "num_regressors");
    (void)text;
    return (!setting(r, named, "class_aggregation") || says(r, named, "class_aggregation", "uniform_average")) &&
           (!regressors || ls_keras_named_silent(regressors, true));
}

static const struct {
    const char *column;
    bool (*put)(const reading *r, const ls_keras_named *named, ls_text *text);
} rules[] = {
    {"accuracy", put_accuracy},
    {"top_k_categorical_accuracy", put_top_k},
    {"precision", put_precision},
    {"recall", put_precision},
    {"f1_score", put_f1},
    {"log_loss", put_log_loss},
    {"auc", put_auc},
    {"r2", put_r2},
};

/* ---- one metric ---- */

/* Keras' word for it as --metrics takes it; false: there is none. */
static bool put_metric(const reading *r, const ls_keras_named *named, ls_text *text)
{
    const bool crossentropy = strcmp(named->name, "crossentropy") == 0 || strcmp(named->name, "ce") == 0;
    const char *column = crossentropy ? "log_loss" : ls_metric_find(named->name);
    if (!column || named->foreign || (named->registered && named->object))
        return false;
    ls_text_append(text, column);
    for (size_t i = 0; i < sizeof rules / sizeof *rules; i++)
        if (strcmp(rules[i].column, column) == 0)
            return rules[i].put(r, named, text);
    return true;
}

static void pass_over(const reading *r, const char *name)
{
    ls_text *names = &r->compiled->metrics_passed_over;
    ls_text_printf(names, "%s%s", names->length > 0 ? ", " : "", name);
}

/* Behind those that are there, where the list is then one that Lockstep takes with this loss. */
static ls_status take_metric(const reading *r, const ls_keras_named *named)
{
    ls_metrics metrics;
    ls_text word = {0}, list = {0};
    ls_text *have = &r->compiled->metrics;
    ls_status status = LS_OK;
    const bool known = put_metric(r, named, &word);
    ls_text_printf(&list, "%s%s%s", ls_text_string(have), have->length > 0 ? "," : "", ls_text_string(&word));
    LS_TRY_CLEANUP(ls_text_status(&word));
    LS_TRY_CLEANUP(ls_text_status(&list));
    if (known && ls_metrics_parse("metrics", ls_text_string(&list), &r->task, &metrics) == LS_OK) {
        ls_text_clear(have);
        ls_metrics_format(&metrics, have);
    } else {
        pass_over(r, named->name);
    }
cleanup:
    ls_text_free(&word);
    ls_text_free(&list);
    return status;
}

/* ---- lists within lists, and dictionaries of outputs ---- */

static ls_status take_all(const reading *r, const ls_json_value *value, bool weighted)
{
    ls_keras_named named;
    if (!value || value->kind == LS_JSON_NULL)
        return LS_OK;
    if (ls_keras_named_read(r->document, value, &named)) {
        if (!weighted)
            return take_metric(r, &named);
        pass_over(r, named.name);
        return LS_OK;
    }
    if (value->kind != LS_JSON_ARRAY && value->kind != LS_JSON_OBJECT) {
        pass_over(r, "(no name)");
        return LS_OK;
    }
    for (int64_t i = value->first; i != 0; i = r->document->value[i].next)
        LS_TRY(take_all(r, &r->document->value[i], weighted));
    return LS_OK;
}

/* What the loss says of outputs, of which there may be several: one is what all metrics can be of. */
static ls_metric_task task_of(const ls_keras_compiled *compiled)
{
    static const ls_affine as_they_are = {0};
    const ls_loss *loss = &compiled->objective;
    ls_metric_task task = {.loss = ls_loss_name(loss),
                           .outputs = ls_loss_classes(loss) == LS_CLASSES_ONE ? 2 : 1,
                           .classes = ls_loss_classes(loss),
                           .labels = ls_loss_takes_labels(loss),
                           .yes = ls_loss_threshold(loss),
                           .target = &as_they_are};
    task.chances = ls_loss_chances(loss, &task.link);
    return task;
}

ls_status ls_keras_compile_metrics(const ls_json_document *document, const ls_json_value *config,
                                   ls_keras_compiled *compiled)
{
    if (compiled->loss.length == 0)
        return LS_OK;
    const reading r = {document, compiled, task_of(compiled)};
    LS_TRY(take_all(&r, ls_json_member(document, config, "metrics"), false));
    return take_all(&r, ls_json_member(document, config, "weighted_metrics"), true);
}
