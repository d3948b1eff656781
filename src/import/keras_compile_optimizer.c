/* The optimizer that compile() was given, as --optimizer takes it, with every setting said. */
#include "import/keras_compile_parts.h"
#include "import/keras_named.h"

#include <math.h>
#include <string.h>

/* What Lockstep does not have, and what comes nearest. */
static const char *const nearest[][2] = {
    {"Adadelta", "adagrad"},
    {"Adafactor", "adam"},
    {"Adamax", "adam"},
    {"Ftrl", "adagrad"},
    {"LossScaleOptimizer", "the optimizer within it, in float32"},
    {"Lion", "adamw"},
    {"Muon", "adamw"},
    {"ScheduleFreeAdamW", "adamw"},
};

typedef struct reading {
    const ls_json_document *document;
    const ls_keras_named *named;
    const ls_optimizer_row *row;
    bool legacy; /* of the optimizers that Keras had before tf.keras 2.11, and has as keras.optimizers.legacy */
    ls_keras_compiled *compiled;
    ls_text *fault;
} reading;

static const ls_json_value *setting(const reading *r, const char *key)
{
    const ls_json_value *value = r->named->config ? ls_json_member(r->document, r->named->config, key) : NULL;
    return value && value->kind != LS_JSON_NULL ? value : NULL;
}

static double number_of(const reading *r, const char *key)
{
    const ls_json_value *value = setting(r, key);
    return value && value->kind == LS_JSON_NUMBER ? ls_keras_named_number(value->number) : 0;
}

/* ---- which ---- */

static const ls_optimizer_row *row_of(const ls_keras_named *named)
{
    for (size_t i = 0; ls_optimizer_at(i); i++)
        if (ls_keras_named_same(ls_optimizer_at(i)->keras_class, named->name))
            return ls_optimizer_at(i);
    return NULL;
}

static void refuse_class(const ls_keras_named *named, ls_text *fault)
{
    ls_text_printf(fault, "the optimizer %s is none of Lockstep's", named->name);
    for (size_t i = 0; i < sizeof nearest / sizeof *nearest; i++)
        if (ls_keras_named_same(nearest[i][0], named->name))
            ls_text_printf(fault, "; the nearest is %s", nearest[i][1]);
}

static bool is_legacy(const ls_json_document *document, const ls_json_value *optimizer, const ls_json_value *config)
{
    const char *module = ls_json_member_text(document, optimizer, "module");
    const ls_json_value *said = ls_json_member(document, config, "is_legacy_optimizer");
    if (said)
        return said->kind == LS_JSON_TRUE;
    return (module && strstr(module, "legacy")) || ls_json_member(document, config, "decay") ||
           ls_json_member(document, config, "lr");
}

/* Where the legacy class of the name is another algorithm. */
static bool is_another(const reading *r)
{
    const ls_optimizer_settings *s = &r->compiled->settings;
    if (!r->legacy)
        return false;
    if (strcmp(r->row->name, "nadam") == 0)
        ls_text_append(r->fault, "the legacy Nadam has another schedule of its momentum than Keras' Nadam since 2.11, "
                                 "which is the nearest");
    if (strcmp(r->row->name, "rmsprop") == 0 && s->momentum == 0)
        ls_text_append(r->fault, "the legacy RMSprop adds epsilon outside the root where it has no momentum; the "
                                 "nearest is rmsprop, which adds it under the root");
    if (strcmp(r->row->name, "adagrad") == 0 && s->epsilon > 1e-6 * sqrt(s->initial_accumulator_value))
        ls_text_append(r->fault, "the legacy Adagrad adds epsilon outside the root; the nearest is adagrad, which "
                                 "adds it under the root");
    return r->fault->length > 0;
}

/* ---- settings ---- */

/* The member of *settings that the row describes, from its default. */
static void set_number(const ls_setting *s, double number, ls_optimizer_settings *settings)
{
    char *member = (char *)settings + s->offset;
    if (s->type == LS_SETTING_SWITCH)
        *(bool *)member = number != 0;
    else if (s->type == LS_SETTING_INTEGER)
        *(int64_t *)member = (int64_t)number;
    else
        *(double *)member = number;
}

static void set_defaults(const reading *r)
{
    double initial;
    for (size_t i = 0; i < ls_optimizer_setting_count; i++)
        if (ls_optimizer_has(r->row, ls_optimizer_setting_table[i].key, &initial))
            set_number(&ls_optimizer_setting_table[i], initial, &r->compiled->settings);
}

static void refuse_value(const reading *r, const char *key)
{
    ls_text_printf(r->fault, "the optimizer %s has a setting '%.40s' with a value that Lockstep does not have",
                   r->named->name, key);
}

static bool is_whole(double number)
{
    return number >= 0 && number <= 1e9 && number == floor(number);
}

static bool take_setting(const reading *r, const ls_setting *s, const ls_json_value *value)
{
    const bool is_switch = value->kind == LS_JSON_TRUE || value->kind == LS_JSON_FALSE;
    if (s->type == LS_SETTING_SWITCH ? !is_switch : value->kind != LS_JSON_NUMBER)
        return false;
    const double number = is_switch ? value->kind == LS_JSON_TRUE : ls_keras_named_number(value->number);
    if (!(number >= 0) || !isfinite(number) || (s->type == LS_SETTING_INTEGER && !is_whole(number)))
        return false;
    set_number(s, number, &r->compiled->settings);
    return true;
}

/* A number, or an object: a schedule. */
static bool take_rate(const reading *r, const ls_json_value *value)
{
    if (value->kind == LS_JSON_NUMBER)
        return take_setting(
            r, ls_settings_find(ls_optimizer_setting_table, ls_optimizer_setting_count, "learning_rate"), value);
    return ls_keras_compile_schedule(r->document, value, &r->compiled->plan, r->fault) == LS_OK &&
           r->compiled->plan.row;
}

/* What says how a run is made, or is looked at elsewhere. A scale of the loss is undone before the update. */
static bool changes_nothing(const char *key)
{
    static const char *const keys[] = {
        "name",           "jit_compile", "is_legacy_optimizer", "loss_scale_factor", "decay", "ema_overwrite_frequency",
        "schedule_decay", NULL};
    for (size_t i = 0; keys[i]; i++)
        if (strcmp(keys[i], key) == 0)
            return true;
    return false;
}

/* False: *fault says why not. */
static bool take_settings(const reading *r)
{
    double ignored;
    for (int64_t i = r->named->config ? r->named->config->first : 0; i != 0; i = r->document->value[i].next) {
        const ls_json_value *value = &r->document->value[i];
        const char *key = strcmp(value->key, "lr") == 0 ? "learning_rate" : value->key;
        const ls_setting *s = ls_settings_find(ls_optimizer_setting_table, ls_optimizer_setting_count, key);
        if (changes_nothing(key) || ls_keras_named_silent(value, false))
            continue;
        if (strcmp(key, "learning_rate") == 0) {
            if (!take_rate(r, value)) {
                if (r->fault->length == 0)
                    refuse_value(r, key);
                return false;
            }
            continue;
        }
        const bool has = s && ls_optimizer_has(r->row, s->key, &ignored);
        if (!has && ls_keras_named_silent(value, true))
            continue;
        if (!has || !take_setting(r, s, value)) {
            refuse_value(r, key);
            return false;
        }
    }
    return true;
}

/* decay of the legacy optimizers: rate / (1 + decay * steps). */
static bool take_decay(const reading *r)
{
    const double decay = number_of(r, "decay");
    if (!r->legacy || decay == 0)
        return true;
    if (r->compiled->plan.row || !(decay > 0 && decay <= 1000)) {
        ls_text_printf(r->fault, "the legacy optimizer %s has a decay %s, which Lockstep does not have", r->named->name,
                       r->compiled->plan.row ? "beside a schedule" : "out of bounds");
        return false;
    }
    ls_text text = {0};
    ls_text_append(&text, "inverse_time_decay initial_learning_rate=");
    ls_text_append_double(&text, r->compiled->settings.learning_rate);
    ls_text_append(&text, " decay_steps=1 decay_rate=");
    ls_text_append_double(&text, decay);
    const bool read =
        ls_text_status(&text) == LS_OK && ls_schedule_parse(ls_text_string(&text), &r->compiled->plan) == LS_OK;
    if (!read)
        ls_text_append(r->fault, ls_error_message());
    ls_text_free(&text);
    return read;
}

/* Averages that take the weights' place while training goes on. */
static bool check_averages(const reading *r)
{
    if (!r->compiled->settings.use_ema || !setting(r, "ema_overwrite_frequency"))
        return true;
    ls_text_append(r->fault, "ema_overwrite_frequency puts the weights' averages in their place during training, "
                             "which Lockstep does not do; the nearest is --ema");
    return false;
}

/* ---- texts ---- */

static void put_texts(const reading *r)
{
    const ls_optimizer_settings *settings = &r->compiled->settings;
    double ignored;
    ls_text_append(&r->compiled->optimizer, r->row->name);
    for (size_t i = 0; i < ls_optimizer_setting_count; i++) {
        const ls_setting *s = &ls_optimizer_setting_table[i];
        const bool average = s->offset == offsetof(ls_optimizer_settings, use_ema) ||
                             s->offset == offsetof(ls_optimizer_settings, ema_momentum);
        const bool rate = s->offset == offsetof(ls_optimizer_settings, learning_rate);
        if (!average && !(rate && r->compiled->plan.row) && ls_optimizer_has(r->row, s->key, &ignored))
            ls_settings_format(s, 1, settings, &r->compiled->optimizer);
    }
    if (settings->use_ema) {
        ls_text_append(&r->compiled->ema, "momentum=");
        ls_text_append_double(&r->compiled->ema, settings->ema_momentum);
    }
    ls_schedule_format(&r->compiled->plan, &r->compiled->schedule);
    r->compiled->row = r->row;
}

static void read_optimizer(const reading *r)
{
    ls_optimizer_settings *s = &r->compiled->settings;
    set_defaults(r);
    if (!take_settings(r) || !take_decay(r) || !check_averages(r) || is_another(r))
        return;
    s->nesterov = s->nesterov && s->momentum != 0; /* which is what it looks ahead along */
    if (s->gradient_accumulation_steps == 1)
        s->gradient_accumulation_steps = 0;
    put_texts(r);
}

ls_status ls_keras_compile_optimizer(const ls_json_document *document, const ls_json_value *optimizer,
                                     ls_keras_compiled *compiled)
{
    ls_keras_named named;
    ls_text *fault = &compiled->optimizer_fault;
    if (!optimizer || optimizer->kind == LS_JSON_NULL)
        return LS_OK;
    if (!ls_keras_named_read(document, optimizer, &named)) {
        ls_text_append(fault, "the model's optimizer is neither a name nor an object");
        return LS_OK;
    }
    /* tf.keras 2.11 to 2.15 registered their own under "Custom" */
    const ls_optimizer_row *row = named.foreign ? NULL : row_of(&named);
    if (!row) {
        refuse_class(&named, fault);
        return LS_OK;
    }
    const reading r = {document, &named, row, is_legacy(document, optimizer, named.config), compiled, fault};
    read_optimizer(&r);
    if (compiled->row == NULL) {
        compiled->plan = (ls_schedule){0};
        compiled->settings = (ls_optimizer_settings){0};
    }
    return LS_OK;
}
