/* A model's layers: their places, names and paths, and what each of them is. */
#include "import/keras_reader.h"

#include "base/memory.h"
#include "base/visible.h"

#include <stdlib.h>
#include <string.h>

/* ---- the list ---- */

static bool is_input(const ls_keras_item *item)
{
    return strcmp(item->class_name, "InputLayer") == 0;
}

static ls_status read_item(const ls_keras_reader *r, const ls_json_value *object, int position, ls_keras_item *item)
{
    item->object = object;
    item->class_name = ls_json_member_text(r->document, object, "class_name");
    if (!item->class_name)
        return ls_keras_refuse(r, NULL, "layer %d is no object with class_name", position);
    item->name = ls_json_member_text(r->document, object, "name");
    if (!item->name)
        item->name = ls_json_member_text(r->document, ls_json_member(r->document, object, "config"), "name");
    if (item->name && strlen(item->name) > LS_KERAS_NAME_MAX)
        return ls_keras_refuse(r, NULL, "the name of layer %d is longer than %d bytes", position, LS_KERAS_NAME_MAX);
    if (strlen(item->class_name) > LS_KERAS_NAME_MAX)
        return ls_keras_refuse(r, NULL, "the class of layer %d is longer than %d bytes", position, LS_KERAS_NAME_MAX);
    return LS_OK;
}

static ls_status read_items(const ls_keras_reader *r, const ls_json_value *layers, ls_keras_item *items)
{
    int number = 0, i = 0;
    for (const ls_json_value *v = ls_json_first(r->document, layers); v; v = ls_json_next(r->document, v), i++) {
        LS_TRY(read_item(r, v, i + 1, &items[i]));
        items[i].number = is_input(&items[i]) ? 0 : ++number;
    }
    return ls_keras_paths_number(r, items, i);
}

ls_status ls_keras_container_items(const ls_keras_reader *r, const ls_json_value *layers, ls_keras_item **items,
                                   int *count)
{
    *items = NULL;
    *count = 0;
    if (!layers || layers->kind != LS_JSON_ARRAY)
        return ls_keras_refuse(r, NULL, "the model's configuration has no list of layers");
    if (layers->count > LS_KERAS_LAYERS_MAX)
        return ls_keras_refuse(r, NULL, "more than %d layers", LS_KERAS_LAYERS_MAX);
    LS_TRY(ls_memory_allocate(items, layers->count, sizeof **items, "layers of a configuration"));
    const ls_status status = read_items(r, layers, *items);
    if (status == LS_OK) {
        *count = (int)layers->count;
        return LS_OK;
    }
    ls_memory_free(*items);
    *items = NULL;
    return status;
}

/* ---- one of them ---- */

void ls_keras_container_place(const ls_keras_reader *r, const ls_keras_item *item, ls_text *place)
{
    ls_text_append(place, r->within);
    if (is_input(item))
        ls_text_append(place, "input");
    else
        ls_text_printf(place, "layer %d", item->number);
    if (item->name) {
        ls_text_append(place, " '");
        ls_visible_put(item->name, strlen(item->name), place);
        ls_text_append(place, "'");
    }
    ls_text_append(place, " (");
    ls_visible_put(item->class_name, strlen(item->class_name), place);
    ls_text_append(place, ")");
}

static ls_status add_layer(ls_keras_reader *r, const ls_keras_item *item, const ls_keras_paths *paths)
{
    ls_keras_model *m = r->model;
    LS_TRY(ls_memory_grow(&m->layer, &r->capacity, m->count + 1, sizeof *m->layer, "layers of a configuration"));
    ls_keras_layer *layer = &m->layer[m->count];
    const char *name = item->name ? item->name : ls_keras_paths_last(paths);
    const struct {
        const char *from;
        char **to;
    } texts[] = {
        {item->class_name, &layer->class_name},
        {name, &layer->name},
        {r->place, &layer->place},
        {r->top ? r->top : name, &layer->legacy},
        {ls_text_string(&paths->saved), &layer->saved},
        {ls_text_string(&paths->saved_214), &layer->saved_214},
        {ls_text_string(&paths->saved_213), &layer->saved_213},
    };
    r->layer = m->count++;
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        ls_text copy = {0};
        ls_text_append(&copy, texts[i].from);
        LS_TRY(ls_text_hand_over(&copy, texts[i].to));
    }
    return LS_OK;
}

/* ---- what is asked of every layer ---- */

/* Classes of others have names with their package, or modules of other names. */
static ls_status check_own(const ls_keras_reader *r, const ls_keras_item *item)
{
    static const char *const modules[] = {"keras", "tf_keras", "tensorflow.keras", "tensorflow.python.keras",
                                          "builtins"};
    const char *module = ls_json_member_text(r->document, item->object, "module");
    const char *registered = ls_json_member_text(r->document, item->object, "registered_name");
    bool own = !module;
    for (size_t i = 0; module && i < sizeof modules / sizeof *modules; i++)
        own = own || (strncmp(module, modules[i], strlen(modules[i])) == 0 && strchr(".", module[strlen(modules[i])]));
    const bool packaged = (registered && strchr(registered, '>')) || strchr(item->class_name, '>');
    if (own && !packaged)
        return LS_OK;
    return ls_keras_refuse(r, "a layer of Keras' own", "a class of somebody else's (%.200s), which is not supported",
                           packaged && registered ? registered
                           : packaged             ? item->class_name
                                                  : module);
}

static const char *type_name(const ls_keras_reader *r)
{
    const ls_json_value *type = ls_keras_member(r, r->config, "dtype");
    if (!type || type->kind == LS_JSON_STRING)
        return type ? type->text : "float32";
    const char *name = ls_json_member_text(r->document, ls_json_member(r->document, type, "config"), "name");
    const char *class_name = ls_json_member_text(r->document, type, "class_name");
    return name ? name : class_name ? class_name : "unknown";
}

static bool is_quantized(const char *type)
{
    return strstr(type, "int8") || strstr(type, "int4") || strstr(type, "float8") || strstr(type, "_from_");
}

/* Weights are float32 whatever Keras computed with, which is said once. */
static ls_status check_type(ls_keras_reader *r, const ls_keras_item *item)
{
    const char *type = type_name(r);
    if (is_input(item) || strcmp(type, "float32") == 0)
        return LS_OK;
    if (is_quantized(type))
        return ls_keras_refuse(r, "float32", "dtype %.100s is quantized, which is not supported", type);
    if (r->model->remarks.length == 0)
        ls_keras_remark(r, &r->model->remarks, "dtype %.100s in Keras; all is float32 in Lockstep", type);
    return LS_OK;
}

/* Keras 2 has the input's shape at the first layer, if nothing is in front of it. */
static ls_status take_first_shape(ls_keras_reader *r)
{
    const ls_json_value *shape = ls_keras_member(r, r->config, "batch_input_shape");
    return shape && r->read == 1 && r->rows.units == 0 ? ls_keras_shapes_take(r, shape) : LS_OK;
}

/* ---- a layer, or a model ---- */

static bool is_model(const ls_keras_reader *r, const ls_keras_item *item)
{
    const ls_json_value *config = ls_json_member(r->document, item->object, "config");
    return ls_json_member(r->document, config, "layers") || (config && config->kind == LS_JSON_ARRAY);
}

static ls_status read_model(ls_keras_reader *r, const ls_keras_item *item, const ls_keras_paths *paths)
{
    ls_text within = {0};
    ls_status status;
    const ls_keras_reader outer = *r;
    ls_text_printf(&within, "%s > ", r->place);
    LS_TRY_CLEANUP(check_own(r, item));
    LS_TRY_CLEANUP(ls_text_status(&within));
    r->within = ls_text_string(&within);
    r->paths = paths;
    r->top = r->top ? r->top : item->name ? item->name : ls_keras_paths_last(paths);
    LS_TRY_CLEANUP(ls_keras_container_read(r, item->object));
cleanup:
    r->within = outer.within;
    r->paths = outer.paths;
    r->top = outer.top;
    r->trainable = outer.trainable;
    ls_text_free(&within);
    return status;
}

static ls_status read_layer(ls_keras_reader *r, const ls_keras_item *item, bool adds, const ls_keras_paths *paths)
{
    bool trainable;
    r->config = ls_json_member(r->document, item->object, "config");
    r->layer = -1;
    LS_TRY(check_own(r, item));
    if (!r->config || r->config->kind != LS_JSON_OBJECT)
        return ls_keras_refuse(r, NULL, "it has no configuration");
    LS_TRY(add_layer(r, item, paths));
    LS_TRY(ls_keras_switch(r, r->config, "trainable", true, &trainable));
    r->model->layer[r->layer].trainable = trainable && r->trainable;
    LS_TRY(take_first_shape(r));
    if (adds)
        return ls_keras_flow_close(r);
    if (!ls_keras_layers_have(item->class_name))
        return ls_keras_refuse_class(r, item->class_name);
    LS_TRY(ls_keras_layers_read(r, item->class_name));
    return check_type(r, item);
}

static ls_status read_at(ls_keras_reader *r, const ls_keras_item *item, bool adds)
{
    ls_keras_paths paths = {{0}, {0}, {0}};
    ls_status status = ls_keras_paths_make(r->paths, item, &paths);
    if (status == LS_OK)
        status = is_model(r, item) ? read_model(r, item, &paths) : read_layer(r, item, adds, &paths);
    ls_keras_paths_free(&paths);
    return status;
}

ls_status ls_keras_container_item(ls_keras_reader *r, const ls_keras_item *item, bool adds)
{
    const char *outer = r->place;
    ls_text place = {0};
    if (++r->read > LS_KERAS_LAYERS_MAX)
        return ls_keras_refuse(r, NULL, "more than %d layers", LS_KERAS_LAYERS_MAX);
    ls_keras_container_place(r, item, &place);
    ls_status status = ls_text_status(&place);
    r->place = ls_text_string(&place);
    if (status == LS_OK)
        status = read_at(r, item, adds);
    r->place = outer;
    ls_text_free(&place);
    return status;
}

ls_status ls_keras_container_check(const ls_keras_reader *r, const ls_keras_item *item)
{
    ls_keras_reader at = *r;
    ls_text place = {0};
    ls_keras_container_place(r, item, &place);
    at.place = ls_text_string(&place);
    ls_status status = check_own(&at, item);
    if (status == LS_OK && !is_model(r, item) && !ls_keras_layers_have(item->class_name))
        status = ls_keras_refuse_class(&at, item->class_name);
    ls_text_free(&place);
    return status;
}

/* ---- all of them ---- */

/* In the order of the list. */
static ls_status read_sequence(ls_keras_reader *r, const ls_json_value *layers)
{
    ls_keras_item *items;
    int count;
    LS_TRY(ls_keras_container_items(r, layers, &items, &count));
    ls_status status = LS_OK;
    for (int i = 0; i < count && status == LS_OK; i++)
        status = ls_keras_container_item(r, &items[i], false);
    ls_memory_free(items);
    return status;
}

/* A Sequential model without an input layer may say its input's shape beside the layers. */
static ls_status take_built_shape(ls_keras_reader *r, const ls_json_value *object, const ls_json_value *config)
{
    const ls_json_value *shape = ls_keras_member(r, config, "build_input_shape");
    if (!shape)
        shape = ls_keras_member(r, ls_json_member(r->document, object, "build_config"), "input_shape");
    return shape && r->rows.units == 0 ? ls_keras_shapes_take(r, shape) : LS_OK;
}

ls_status ls_keras_container_read(ls_keras_reader *r, const ls_json_value *object)
{
    const char *class_name = ls_json_member_text(r->document, object, "class_name");
    const ls_json_value *config = ls_json_member(r->document, object, "config");
    bool trainable;
    if (!class_name || !config)
        return ls_keras_refuse(r, NULL, "this is no model of Keras'; expected an object with class_name and config");
    LS_TRY(ls_keras_switch(r, config, "trainable", true, &trainable));
    r->trainable = r->trainable && trainable;
    if (strcmp(class_name, "Functional") == 0 || strcmp(class_name, "Model") == 0)
        return ls_keras_functional_read(r, config);
    if (strcmp(class_name, "Sequential") != 0)
        return ls_keras_refuse(r, "Sequential",
                               "a model of class %.100s is not supported; Lockstep reads Sequential and "
                               "Functional ones",
                               class_name);
    if (config->kind == LS_JSON_ARRAY) /* before Keras 2.2.3 */
        return read_sequence(r, config);
    LS_TRY(take_built_shape(r, object, config));
    return read_sequence(r, ls_json_member(r->document, config, "layers"));
}
