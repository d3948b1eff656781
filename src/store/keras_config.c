/* training_config in the dialect that Keras 3 and Keras 2 both load from HDF5 files. The keys left out take Keras'
 * defaults. */
#include "store/keras_config.h"

#include "base/json.h"
#include "store/keras_object.h"

#include <string.h>

static void put_metric(ls_json *json, const ls_metric *metric, const ls_metric_task *task)
{
    ls_metric_keras keras;
    if (!ls_metric_to_keras(metric, task, &keras))
        return;
    if (keras.word) {
        ls_json_string(json, keras.word);
        return;
    }
    ls_keras_object_begin(json, keras.class_name, keras.name);
    for (size_t i = 0; i < sizeof keras.number / sizeof *keras.number && keras.number[i].key; i++)
        if (keras.number[i].whole)
            ls_json_put_integer(json, keras.number[i].key, (int64_t)keras.number[i].value);
        else
            ls_json_put_real(json, keras.number[i].key, keras.number[i].value);
    if (keras.text_key)
        ls_json_put_string(json, keras.text_key, keras.text);
    ls_keras_object_end(json);
}

/* By its full name, as Keras 3 fails on "mse"; where a setting has another value than Keras' default, as an object. */
static void put_loss(ls_json *json, const ls_loss *loss)
{
    const ls_setting *s;
    if (ls_loss_plainly(loss)) {
        ls_json_put_string(json, "loss", ls_loss_name(loss));
        return;
    }
    ls_json_key(json, "loss");
    ls_json_object_begin(json);
    ls_json_put_string(json, "module", "keras.losses");
    ls_json_put_string(json, "class_name", ls_loss_keras_class(loss));
    ls_json_key(json, "config");
    ls_json_object_begin(json);
    for (size_t i = 0; (s = ls_loss_setting(loss, i)); i++) {
        const void *member = (const char *)&loss->settings + s->offset;
        if (!ls_loss_keras_has(loss, s))
            continue;
        if (s->type == LS_SETTING_SWITCH)
            ls_json_put_bool(json, s->key, *(const bool *)member);
        else
            ls_json_put_real(json, s->key, *(const double *)member);
    }
    ls_json_object_end(json);
    ls_json_put_null(json, "registered_name");
    ls_json_object_end(json);
}

static void put_list(ls_json *json, const ls_setting *setting, const ls_setting_list *list)
{
    ls_json_key(json, setting->key);
    ls_json_array_begin(json);
    for (int64_t i = 0; i < list->count; i++)
        if (setting->type == LS_SETTING_WHOLES)
            ls_json_integer(json, (int64_t)list->value[i]);
        else
            ls_json_real(json, list->value[i]);
    ls_json_array_end(json);
}

/* As Keras serialises an object; no warm-up is no target there. */
static void put_schedule(ls_json *json, const char *key, const ls_schedule *schedule)
{
    ls_json_key(json, key);
    ls_json_object_begin(json);
    ls_json_put_string(json, "module", "keras.optimizers.schedules");
    ls_json_put_string(json, "class_name", schedule->row->class_name);
    ls_json_key(json, "config");
    ls_json_object_begin(json);
    for (size_t i = 0; i < schedule->row->count; i++) {
        const ls_setting *s = &schedule->row->settings[i];
        const void *member = (const char *)schedule + s->offset;
        if (s->type == LS_SETTING_SWITCH)
            ls_json_put_bool(json, s->key, *(const bool *)member);
        else if (s->type == LS_SETTING_INTEGER)
            ls_json_put_integer(json, s->key, *(const int64_t *)member);
        else if (s->type != LS_SETTING_REAL)
            put_list(json, s, member);
        else if (s->offset == offsetof(ls_schedule, warmup_target) && schedule->warmup_steps == 0)
            ls_json_put_null(json, s->key);
        else
            ls_json_put_real(json, s->key, *(const double *)member);
    }
    ls_json_object_end(json);
    ls_json_put_null(json, "registered_name");
    ls_json_object_end(json);
}

/* A setting: switches and those of the base class only where they are on, as Keras' defaults are what is left out. */
static void put_setting(ls_json *json, const ls_optimizer *optimizer, const ls_setting *s, bool own, double initial)
{
    const void *member = (const char *)&optimizer->settings + s->offset;
    switch (s->type) {
    case LS_SETTING_SWITCH:
        if (*(const bool *)member)
            ls_json_put_bool(json, s->key, true);
        break;
    case LS_SETTING_INTEGER:
        if (*(const int64_t *)member > 1)
            ls_json_put_integer(json, s->key, *(const int64_t *)member);
        break;
    default:
        if (own || *(const double *)member != initial)
            ls_json_put_real(json, s->key, *(const double *)member);
        break;
    }
}

static bool is_own(const ls_optimizer_row *row, const char *key)
{
    for (const ls_optimizer_default *s = row->settings; s->key; s++)
        if (strcmp(s->key, key) == 0)
            return true;
    return false;
}

static void put_optimizer(ls_json *json, const ls_optimizer *optimizer, double rate, const ls_schedule *schedule)
{
    if (schedule && schedule->row)
        put_schedule(json, "learning_rate", schedule);
    else
        ls_json_put_real(json, "learning_rate", rate);
    for (size_t i = 0; i < ls_optimizer_setting_count; i++) {
        const ls_setting *s = &ls_optimizer_setting_table[i];
        double initial;
        const bool is_rate = s->offset == offsetof(ls_optimizer_settings, learning_rate);
        const bool unused = s->offset == offsetof(ls_optimizer_settings, ema_momentum) && !optimizer->settings.use_ema;
        if (!is_rate && !unused && ls_optimizer_has(optimizer->row, s->key, &initial))
            put_setting(json, optimizer, s, is_own(optimizer->row, s->key), initial);
    }
}

ls_status ls_keras_training_config(const ls_network *network, const ls_optimizer *optimizer, double rate,
                                   const ls_schedule *schedule, ls_text *text)
{
    ls_json json = {.text = text};
    const ls_metric_task task = ls_network_task(network);
    ls_json_object_begin(&json);
    put_loss(&json, &network->loss);
    ls_json_put_null(&json, "loss_weights"); /* a missing key is a KeyError */
    ls_json_key(&json, "metrics");
    ls_json_array_begin(&json);
    for (int k = 0; k < network->metrics.count; k++)
        put_metric(&json, &network->metrics.metric[k], &task);
    ls_json_array_end(&json);
    ls_json_key(&json, "optimizer_config");
    ls_keras_object_begin(&json, optimizer ? optimizer->row->keras_class : "Adam",
                          optimizer ? optimizer->row->name : "adam");
    if (optimizer != NULL)
        put_optimizer(&json, optimizer, rate, schedule);
    ls_keras_object_end(&json);
    ls_json_object_end(&json);
    return ls_text_status(text);
}
