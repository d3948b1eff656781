/* A schedule of the learning rate, as --schedule takes it. */
#include "import/keras_compile_parts.h"
#include "import/keras_named.h"

#include <string.h>

static const ls_schedule_row *row_of(const char *class_name)
{
    for (size_t i = 0; ls_schedule_at(i); i++)
        if (ls_keras_named_same(ls_schedule_at(i)->class_name, class_name))
            return ls_schedule_at(i);
    return NULL;
}

static void refuse_class(const char *name, ls_text *fault)
{
    ls_text_printf(fault, "the learning rate's schedule %s is none of Lockstep's, which are ", name);
    for (size_t i = 0; ls_schedule_at(i); i++)
        ls_text_printf(fault, "%s%s",
                       i == 0                  ? ""
                       : ls_schedule_at(i + 1) ? ", "
                                               : " and ",
                       ls_schedule_at(i)->class_name);
}

static double number_of(const ls_json_document *document, const ls_json_value *config, const char *key)
{
    const ls_json_value *value = ls_json_member(document, config, key);
    return value && value->kind == LS_JSON_NUMBER ? value->number : 0;
}

/* Keras warms up to no target as if there were no warm-up, and in no steps to a target by beginning there. */
static bool warms(const ls_json_document *document, const ls_json_value *config)
{
    const ls_json_value *target = ls_json_member(document, config, "warmup_target");
    return target && target->kind == LS_JSON_NUMBER && number_of(document, config, "warmup_steps") > 0;
}

static bool is_left_out(const ls_json_document *document, const ls_json_value *config, const char *key)
{
    const ls_json_value *target = ls_json_member(document, config, "warmup_target");
    const bool begins_there = target && target->kind == LS_JSON_NUMBER;
    if (strcmp(key, "name") == 0)
        return true;
    if (warms(document, config))
        return false;
    return strncmp(key, "warmup", 6) == 0 || (begins_there && strcmp(key, "initial_learning_rate") == 0);
}

/* False: a setting is not Lockstep's. */
static bool put_settings(const ls_json_document *document, const ls_json_value *config, const ls_schedule_row *row,
                         ls_text *text, ls_text *fault)
{
    const ls_json_value *target = config ? ls_json_member(document, config, "warmup_target") : NULL;
    for (int64_t i = config ? config->first : 0; i != 0; i = document->value[i].next) {
        const ls_json_value *value = &document->value[i];
        const bool known = ls_settings_find(row->settings, row->count, value->key) != NULL;
        if (is_left_out(document, config, value->key) || ls_keras_named_silent(value, !known))
            continue;
        if (known)
            ls_text_printf(text, " %s=", value->key);
        if (!known || !ls_keras_named_value(document, value, text)) {
            ls_text_printf(fault, "the schedule %s has a setting '%.40s' with a value that Lockstep does not have",
                           row->class_name, value->key);
            return false;
        }
    }
    if (target && target->kind == LS_JSON_NUMBER && !warms(document, config)) {
        ls_text_append(text, " initial_learning_rate=");
        ls_text_append_double(text, ls_keras_named_number(target->number));
    }
    return true;
}

ls_status ls_keras_compile_schedule(const ls_json_document *document, const ls_json_value *value, ls_schedule *plan,
                                    ls_text *fault)
{
    ls_keras_named named;
    ls_text text = {0};
    const bool read = ls_keras_named_read(document, value, &named);
    const ls_schedule_row *row = read && !named.foreign ? row_of(named.name) : NULL;
    *plan = (ls_schedule){0};
    if (!row) {
        refuse_class(read ? named.name : "(unnamed)", fault);
        return LS_OK;
    }
    ls_text_append(&text, row->name);
    const bool put = put_settings(document, named.config, row, &text, fault);
    ls_status status = ls_text_status(&text);
    if (status == LS_OK && put && ls_schedule_parse(ls_text_string(&text), plan) != LS_OK) {
        ls_text_append(fault, ls_error_message());
        *plan = (ls_schedule){0};
    }
    if (plan->row && plan->initial_learning_rate < 0 &&
        ls_settings_find(row->settings, row->count, "initial_learning_rate")) {
        ls_text_printf(fault, "the schedule %s has no initial_learning_rate", row->class_name);
        *plan = (ls_schedule){0};
    }
    ls_text_free(&text);
    return status;
}
