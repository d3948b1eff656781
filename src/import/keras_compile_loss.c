/* The loss that compile() named, as --loss takes it. */
#include "import/keras_compile_parts.h"
#include "import/keras_named.h"

#include <stdio.h>
#include <string.h>

/* Names that Keras has beside those that are the loss' own (math/losses.c). */
static const char *const aliases[][2] = {
    {"huber_loss", "huber"},
    {"kullback_leibler_divergence", "kl_divergence"},
};

/* What Lockstep does not have, and what comes nearest. */
static const char *const nearest[][2] = {
    {"CategoricalFocalCrossentropy", "categorical_crossentropy"},
    {"CategoricalHinge", "categorical_crossentropy"},
    {"CategoricalGeneralizedCrossEntropy", "categorical_crossentropy"},
    {"CosineSimilarity", "mean_squared_error"},
    {"Dice", "binary_crossentropy"},
    {"Tversky", "binary_focal_crossentropy"},
};

/* ---- which ---- */

/* The only loss of an array or a dictionary of outputs; *count of them. */
static const ls_json_value *only(const ls_json_document *document, const ls_json_value *value, int64_t *count)
{
    const bool several = value->kind == LS_JSON_ARRAY ||
                         (value->kind == LS_JSON_OBJECT && !ls_json_member(document, value, "class_name"));
    if (!several) {
        *count += value->kind != LS_JSON_NULL;
        return value->kind == LS_JSON_NULL ? NULL : value;
    }
    const ls_json_value *found = NULL;
    for (int64_t i = value->first; i != 0; i = document->value[i].next) {
        const ls_json_value *inside = only(document, &document->value[i], count);
        found = inside ? inside : found;
    }
    return found;
}

static void name_of(const ls_keras_named *named, char name[64])
{
    snprintf(name, 64, "%s", named->name);
    for (size_t i = 0; i < sizeof aliases / sizeof *aliases; i++)
        if (ls_keras_named_same(named->name, aliases[i][0]))
            snprintf(name, 64, "%s", aliases[i][1]);
}

static void refuse_name(const ls_keras_named *named, ls_text *fault)
{
    ls_text_printf(fault, "the loss %s is none of Lockstep's", named->name);
    for (size_t i = 0; i < sizeof nearest / sizeof *nearest; i++)
        if (ls_keras_named_same(named->name, nearest[i][0]))
            ls_text_printf(fault, "; the nearest is %s", nearest[i][1]);
}

/* ---- settings ---- */

static bool is_among(const char *text, const char *const *words)
{
    for (; *words; words++)
        if (strcmp(*words, text) == 0)
            return true;
    return false;
}

/* What says nothing about the loss of a step, which is the mean over its rows; true as well where it says that. */
static bool changes_nothing(const ls_json_value *setting)
{
    static const char *const labels[] = {"name", "fn", "dtype", NULL};
    static const char *const means[] = {"auto", "sum_over_batch_size", "mean", "mean_with_sample_weight", NULL};
    if (is_among(setting->key, labels) || ls_keras_named_silent(setting, false))
        return true;
    if (strcmp(setting->key, "reduction") == 0)
        return setting->kind == LS_JSON_STRING && is_among(setting->text, means);
    if (strcmp(setting->key, "axis") == 0) /* rows have one axis beside their number */
        return setting->kind == LS_JSON_NUMBER && (setting->number == -1 || setting->number == 1);
    return false;
}

static const ls_setting *setting_of(const ls_loss *loss, const char *key)
{
    const ls_setting *s;
    for (size_t i = 0; (s = ls_loss_setting(loss, i)); i++)
        if (strcmp(s->key, key) == 0)
            return s;
    return NULL;
}

/* Appends " key=value" for each; false: one of them is not Lockstep's, which *fault says. */
static bool put_settings(const ls_json_document *document, const ls_keras_named *named, const ls_loss *plain,
                         ls_text *text, ls_text *fault)
{
    for (int64_t i = named->config ? named->config->first : 0; i != 0; i = document->value[i].next) {
        const ls_json_value *setting = &document->value[i];
        if (changes_nothing(setting))
            continue;
        const bool known = setting_of(plain, setting->key) != NULL;
        if (!known && ls_keras_named_silent(setting, true))
            continue;
        if (known)
            ls_text_printf(text, " %s=", setting->key);
        if (!known || !ls_keras_named_value(document, setting, text)) {
            ls_text_printf(fault, "the loss %s has a setting '%.40s' with a value that Lockstep does not have",
                           named->name, setting->key);
            return false;
        }
    }
    return true;
}

/* A weight of 1 is none. */
static bool weighs(const ls_json_document *document, const ls_json_value *weights)
{
    if (!weights || weights->kind == LS_JSON_NULL)
        return false;
    if (weights->kind != LS_JSON_ARRAY && weights->kind != LS_JSON_OBJECT)
        return weights->kind != LS_JSON_NUMBER || weights->number != 1;
    bool any = false;
    for (int64_t i = weights->first; i != 0; i = document->value[i].next)
        any = any || weighs(document, &document->value[i]);
    return any;
}

/* ---- all of it ---- */

static ls_status read_loss(const ls_json_document *document, const ls_keras_named *named, ls_keras_compiled *compiled)
{
    ls_text text = {0};
    ls_loss loss;
    char name[64];
    ls_text *fault = &compiled->loss_fault;
    name_of(named, name);
    if (named->foreign || (named->registered && named->object) || ls_loss_parse("loss", name, &loss) != LS_OK) {
        refuse_name(named, fault);
        return LS_OK;
    }
    ls_text_append(&text, ls_loss_name(&loss));
    ls_status status = LS_OK;
    if (put_settings(document, named, &loss, &text, fault)) {
        status = ls_text_status(&text);
        if (status == LS_OK && ls_loss_parse("the model's loss", ls_text_string(&text), &loss) != LS_OK)
            ls_text_append(fault, ls_error_message());
        else if (status == LS_OK) {
            ls_loss_format(&loss, &compiled->loss);
            compiled->objective = loss;
            compiled->from_logits = loss.settings.from_logits;
        }
    }
    ls_text_free(&text);
    return status;
}

ls_status ls_keras_compile_loss(const ls_json_document *document, const ls_json_value *config,
                                ls_keras_compiled *compiled)
{
    ls_keras_named named;
    int64_t count = 0;
    const ls_json_value *value = ls_json_member(document, config, "loss");
    const ls_json_value *loss = value ? only(document, value, &count) : NULL;
    if (!loss)
        return LS_OK;
    if (count > 1) {
        ls_text_printf(&compiled->loss_fault, "the model has %lld losses; Lockstep has one, of one output",
                       (long long)count);
        return LS_OK;
    }
    if (weighs(document, ls_json_member(document, config, "loss_weights"))) {
        ls_text_append(&compiled->loss_fault,
                       "loss_weights other than 1, which Lockstep does not have, scale the loss");
        return LS_OK;
    }
    if (!ls_keras_named_read(document, loss, &named)) {
        ls_text_append(&compiled->loss_fault, "the model's loss is neither a name nor an object");
        return LS_OK;
    }
    return read_loss(document, &named, compiled);
}
