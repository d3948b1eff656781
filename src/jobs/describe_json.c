/* A model or a checkpoint, for programs. README.md lists the keys: they stay. */
#include "jobs/describe.h"

#include "base/text.h"
#include "data/class_names.h"
#include "jobs/summary.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

static void put_text(ls_json *json, const char *key, const char *text)
{
    if (text && text[0])
        ls_json_put_string(json, key, text);
    else
        ls_json_put_null(json, key);
}

/* One number a feature; null where none has any. */
static void put_offsets(const ls_network *network, ls_json *json)
{
    if (!network->offset) {
        ls_json_put_null(json, "offsets");
        return;
    }
    ls_json_key(json, "offsets");
    ls_json_array_begin(json);
    for (int64_t c = 0; c < network->features; c++)
        ls_json_double(json, network->offset[c]);
    ls_json_array_end(json);
}

static void put_objective(const ls_network *network, ls_json *json)
{
    ls_text loss = {0};
    if (network->loss_open) {
        ls_json_put_null(json, "loss");
    } else {
        ls_loss_format(&network->loss, &loss);
        ls_json_put_text(json, "loss", &loss);
    }
    ls_text_free(&loss);
    ls_json_key(json, "metrics");
    ls_json_array_begin(json);
    for (int k = 0; k < network->metrics.count; k++)
        ls_json_string(json, ls_metric_name(&network->metrics.metric[k]));
    ls_json_array_end(json);
}

/* Labels and names of the classes; null where outputs are none. */
static ls_status put_classes(const ls_described *d, ls_json *json)
{
    ls_class_names names;
    const ls_loss_class kind = ls_loss_classes(&d->network->loss);
    if (kind == LS_CLASSES_NONE || (kind == LS_CLASSES_EACH && d->network->outputs > 1)) {
        ls_json_put_null(json, "classes");
        return LS_OK;
    }
    LS_TRY(ls_class_names_read(d->encoding, d->network, &names));
    ls_json_key(json, "classes");
    ls_json_array_begin(json);
    for (int64_t k = 0; k < names.count; k++) {
        ls_json_object_begin(json);
        ls_json_put_integer(json, "label", ls_class_names_label(&names, k));
        put_text(json, "name", ls_class_names_name(&names, k));
        ls_json_object_end(json);
    }
    ls_json_array_end(json);
    ls_class_names_free(&names);
    return LS_OK;
}

static void put_optimizer(const ls_described *d, ls_json *json)
{
    if (!d->has_optimizer) {
        ls_json_put_null(json, "optimizer");
        return;
    }
    ls_json_key(json, "optimizer");
    ls_json_object_begin(json);
    ls_json_put_string(json, "name", d->optimizer);
    ls_json_put_integer(json, "slots", d->setup.slots);
    ls_json_put_bool(json, "averages", d->averages);
    ls_json_object_end(json);
}

/* "key = value" lines as an object. */
static void put_recipe(const char *recipe, ls_json *json)
{
    ls_text text = {0};
    ls_json_key(json, "recipe");
    ls_json_object_begin(json);
    for (size_t length; *recipe != '\0'; recipe += length + (recipe[length] != '\0')) {
        length = strcspn(recipe, "\n");
        ls_text_clear(&text);
        ls_text_append_bytes(&text, recipe, length);
        char *equals = text.data ? strstr(text.data, " = ") : NULL;
        if (equals) {
            *equals = '\0';
            ls_json_put_string(json, text.data, equals + 3);
        }
    }
    ls_json_object_end(json);
    json->text->failed = json->text->failed || text.failed;
    ls_text_free(&text);
}

/* What only a file of Keras' has; null for others. */
static void put_keras(const ls_described *d, ls_json *json)
{
    if (!d->keras) {
        ls_json_put_null(json, "keras");
        return;
    }
    ls_json_key(json, "keras");
    ls_json_object_begin(json);
    ls_json_put_string(json, "file", d->keras);
    put_text(json, "optimizer", d->compiled_optimizer);
    put_text(json, "schedule", d->compiled_schedule);
    put_text(json, "loss_fault", d->network->loss_fault);
    put_text(json, "optimizer_fault", d->optimizer_fault);
    put_text(json, "notes", d->notes);
    put_text(json, "training_notes", d->training_notes);
    ls_json_object_end(json);
}

static void put_state(const ls_described *d, ls_json *json)
{
    if (!d->recipe) {
        ls_json_put_null(json, "state");
        return;
    }
    ls_json_key(json, "state");
    ls_json_object_begin(json);
    ls_json_put_integer(json, "steps", d->steps);
    ls_json_put_integer(json, "epoch", d->epoch);
    ls_json_put_integer(json, "step", d->step);
    if (d->best_epoch > 0 && !isnan(d->best_value))
        ls_json_put_integer(json, "best_epoch", d->best_epoch);
    else
        ls_json_put_null(json, "best_epoch");
    put_recipe(d->recipe, json);
    put_text(json, "changes", d->changes);
    ls_json_object_end(json);
}

ls_status ls_describe_model_json(ls_h5_file *file, const ls_describe_request *request, ls_json *json)
{
    ls_described d;
    ls_text layers = {0};
    LS_TRY(ls_described_read(file, request, &d));
    const ls_network *network = d.network;
    ls_layers_format(network->layers, network->count, &layers);
    ls_json_put_string(json, "file", ls_h5_path(file));
    ls_json_put_string(json, "kind", d.kind);
    ls_json_put_string(json, "sha256", d.digest);
    ls_json_put_bool(json, "sealed", d.sealed);
    ls_json_put_integer(json, "features", network->features);
    ls_json_put_integer(json, "outputs", network->outputs);
    ls_json_put_text(json, "layer_list", &layers);
    ls_summary_layers_json(network, json);
    put_objective(network, json);
    ls_status status = put_classes(&d, json);
    ls_json_put_bool(json, "normalized_features", network->feature_map.count > 0);
    ls_json_put_bool(json, "normalized_targets", network->target_map.count > 0);
    ls_json_put_bool(json, "fills_missing", network->fill != NULL);
    put_offsets(network, json);
    put_text(json, "data", network->prepared);
    put_optimizer(&d, json);
    put_keras(&d, json);
    put_state(&d, json);
    ls_summary_memory_json(&d.setup, &d.footprint, json);
    ls_text_free(&layers);
    ls_described_free(&d);
    return status;
}
