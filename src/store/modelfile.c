/* Writing model files: the same tensors under Keras' two layouts, and what Lockstep rebuilds the network
 * from. */
#include "store/modelfile.h"

#include "base/memory.h"
#include "store/keras_config.h"
#include "store/modelfile_layout.h"

/* Keras reads these to tell which old habits a file follows; for dense layers neither changes anything.
 * Constants, because the bytes of a model file depend on the model alone. */
#define KERAS_VERSION "3.0.0"
#define KERAS_BACKEND "tensorflow"

static ls_status write_configuration(ls_h5_file *file, const ls_network *network,
                                     const ls_modelfile_optimizer *optimizer)
{
    ls_text text = {0};
    ls_status status;
    LS_TRY_CLEANUP(ls_keras_model_config(network, &text));
    LS_TRY_CLEANUP(ls_h5_set_text(file, "/", "model_config", ls_text_string(&text)));
    ls_text_clear(&text);
    if (!network->loss_open && ls_loss_keras_class(&network->loss) &&
        (!optimizer || !optimizer->optimizer->row->keras_unlisted)) {
        LS_TRY_CLEANUP(ls_keras_training_config(network, optimizer ? optimizer->optimizer : NULL,
                                                optimizer ? optimizer->rate : 0, optimizer ? optimizer->schedule : NULL,
                                                &text));
        LS_TRY_CLEANUP(ls_h5_set_text(file, "/", "training_config", ls_text_string(&text)));
    }
    LS_TRY_CLEANUP(ls_h5_set_text(file, "/", "keras_version", KERAS_VERSION));
    LS_TRY_CLEANUP(ls_h5_set_text(file, "/", "backend", KERAS_BACKEND));
cleanup:
    ls_text_free(&text);
    return status;
}

/* Keras 3's second name for a weight: the place-th variable of the layer. Its group names come from class and
 * position, which is how our layers are named too. */
static ls_status link_weight(ls_h5_file *file, const char *layer, const char *stored, int place)
{
    char path[LS_MODELFILE_PATH];
    snprintf(path, sizeof path, "/layers/%s/vars/%d", layer, place);
    return ls_h5_link(file, stored, path);
}

/* The order of a layer's weights is that of weight_names, whatever they are called. */
static ls_status name_weights(ls_h5_file *file, const char *layer, const char *const *weights, int count)
{
    char group[LS_MODELFILE_PATH], text[LS_ROLES][LS_MODELFILE_PATH];
    const char *names[LS_ROLES];
    snprintf(group, sizeof group, "/model_weights/%s", layer);
    for (int i = 0; i < count; i++) {
        snprintf(text[i], sizeof text[i], "%s/%s:0", layer, weights[i]);
        names[i] = text[i];
    }
    LS_TRY(ls_h5_make_group(file, group));
    return ls_h5_set_texts(file, group, "weight_names", names, count);
}

static ls_status write_map(ls_h5_file *file, const char *layer, const ls_affine *map)
{
    static const char *const weights[] = {"mean", "variance", "count"};
    const float *const values[] = {map->mean, map->variance};
    const int32_t count = 0; /* rows seen so far, which Keras keeps for old files and never reads */
    char path[LS_MODELFILE_PATH];
    if (layer == NULL)
        return LS_OK;
    LS_TRY(name_weights(file, layer, weights, 3));
    for (int i = 0; i < 3; i++) {
        ls_modelfile_weight_path(layer, weights[i], path);
        if (i < 2)
            LS_TRY(ls_h5_write_float(file, path, 1, &map->count, values[i]));
        else
            LS_TRY(ls_h5_write_int32(file, path, 0, NULL, &count));
        LS_TRY(link_weight(file, layer, path, i));
    }
    return LS_OK;
}

/* A Rescaling layer has no variables; Keras lists it all the same. */
static ls_status name_factor(ls_h5_file *file, const char *layer)
{
    return layer != NULL ? name_weights(file, layer, NULL, 0) : LS_OK;
}

/* The variables of a layer, in Keras' order: (LS_ROLES) numbers of ls_network_tensor; returns how many. */
static int layer_variables(const ls_network *network, int layer, int variables[LS_ROLES])
{
    int count = 0;
    for (int i = 0; i < network->variables; i++)
        if (network->tensor[i].layer == layer)
            variables[count++] = i;
    return count;
}

/* How many of its layer's variables come before it. */
static int place_in_layer(const ls_network *network, int index)
{
    int variables[LS_ROLES], place = 0;
    layer_variables(network, network->tensor[index].layer, variables);
    while (variables[place] != index)
        place++;
    return place;
}

static ls_status name_layer_weights(ls_h5_file *file, const ls_network *network, int layer)
{
    const char *names[LS_ROLES];
    int variables[LS_ROLES];
    const int count = layer_variables(network, layer, variables);
    for (int i = 0; i < count; i++)
        names[i] = ls_role_name(network->tensor[variables[i]].role);
    return name_weights(file, network->layers[layer].name, names, count);
}

static ls_status write_weight(ls_h5_file *file, const ls_network *network, int index, const ls_modelblock *weights,
                              float *room)
{
    const ls_tensor tensor = ls_network_tensor(network, index);
    char path[LS_MODELFILE_PATH];
    ls_modelfile_tensor_path(network, index, path);
    LS_TRY(ls_modelblock_write_tensor(file, path, network, index, weights, room));
    return link_weight(file, network->layers[tensor.layer].name, path, place_in_layer(network, index));
}

static ls_status write_weights(ls_h5_file *file, const ls_network *network, const ls_modelblock *weights, float *room)
{
    LS_TRY(name_factor(file, ls_keras_feature_factor_name(network)));
    LS_TRY(write_map(file, ls_keras_feature_map_name(network), &network->feature_map));
    for (int l = 0; l < network->count; l++)
        LS_TRY(name_layer_weights(file, network, l));
    for (int i = 0; i < network->variables; i++)
        LS_TRY(write_weight(file, network, i, weights, room));
    LS_TRY(write_map(file, ls_keras_target_map_name(network), &network->target_map));
    return name_factor(file, ls_keras_target_factor_name(network));
}

static ls_status name_layers(ls_h5_file *file, const ls_network *network)
{
    const char **names = NULL;
    int count = 0;
    ls_status status;
    LS_TRY_CLEANUP(ls_memory_allocate(&names, network->count + 4, sizeof *names, "layer names"));
    if (network->feature_map.factor)
        names[count++] = ls_keras_feature_factor_name(network);
    if (network->feature_map.count > 0)
        names[count++] = ls_keras_feature_map_name(network);
    for (int l = 0; l < network->count; l++)
        names[count++] = network->layers[l].name;
    if (network->target_map.count > 0)
        names[count++] = ls_keras_target_map_name(network);
    if (network->target_map.factor)
        names[count++] = ls_keras_target_factor_name(network);
    LS_TRY_CLEANUP(ls_h5_set_texts(file, "/model_weights", "layer_names", names, count));
    LS_TRY_CLEANUP(ls_h5_set_text(file, "/model_weights", "keras_version", KERAS_VERSION));
    LS_TRY_CLEANUP(ls_h5_set_text(file, "/model_weights", "backend", KERAS_BACKEND));
cleanup:
    ls_memory_free(names);
    return status;
}

static ls_status write_description(ls_h5_file *file, const char *kind, const ls_network *network)
{
    ls_text text = {0};
    ls_status status;
    LS_TRY_CLEANUP(ls_h5_make_group(file, "/lockstep"));
    LS_TRY_CLEANUP(ls_h5_set_int64(file, "/lockstep", "format", ls_modelfile_format(network)));
    LS_TRY_CLEANUP(ls_h5_set_text(file, "/lockstep", "kind", kind));
    LS_TRY_CLEANUP(ls_h5_set_int64(file, "/lockstep", "features", network->features));
    ls_layers_format(network->layers, network->count, &text);
    LS_TRY_CLEANUP(ls_text_status(&text));
    LS_TRY_CLEANUP(ls_h5_set_text(file, "/lockstep", "layers", ls_text_string(&text)));
    ls_text_clear(&text);
    ls_loss_format(&network->loss, &text);
    LS_TRY_CLEANUP(ls_text_status(&text));
    LS_TRY_CLEANUP(ls_h5_set_text(file, "/lockstep", "loss", ls_text_string(&text)));
    ls_text_clear(&text);
    ls_metrics_format(&network->metrics, &text);
    LS_TRY_CLEANUP(ls_text_status(&text));
    LS_TRY_CLEANUP(ls_h5_set_text(file, "/lockstep", "metrics", ls_text_string(&text)));
    if (network->prepared[0])
        LS_TRY_CLEANUP(ls_h5_set_text(file, "/lockstep", "data", network->prepared));
    if (network->loss_open)
        LS_TRY_CLEANUP(ls_h5_set_text(file, "/lockstep", LS_MODELFILE_LOSS_OPEN, network->loss_fault));
    if (network->classes)
        LS_TRY_CLEANUP(ls_h5_write_int64(file, LS_MODELFILE_CLASSES, 1, &network->class_count, network->classes));
    if (network->fill)
        LS_TRY_CLEANUP(ls_h5_write_float(file, LS_MODELFILE_FILL, 1, &network->features, network->fill));
    if (network->offset)
        LS_TRY_CLEANUP(ls_h5_write_double(file, LS_MODELFILE_OFFSET, 1, &network->features, network->offset));
    if (network->feature_map.factor)
        LS_TRY_CLEANUP(
            ls_h5_write_float(file, LS_MODELFILE_FEATURE_FACTOR, 1, &network->features, network->feature_map.factor));
    if (network->target_map.factor)
        LS_TRY_CLEANUP(
            ls_h5_write_float(file, LS_MODELFILE_TARGET_FACTOR, 1, &network->outputs, network->target_map.factor));
cleanup:
    ls_text_free(&text);
    return status;
}

ls_status ls_modelfile_write(ls_h5_file *file, const char *kind, const ls_network *network,
                             const ls_modelblock *weights, const ls_modelfile_optimizer *optimizer)
{
    float *room = NULL;
    ls_status status;
    LS_TRY_CLEANUP(ls_memory_allocate(&room, ls_modelblock_room(network), sizeof *room, "piece of a tensor"));
    LS_TRY_CLEANUP(write_configuration(file, network, optimizer));
    LS_TRY_CLEANUP(write_weights(file, network, weights, room));
    LS_TRY_CLEANUP(name_layers(file, network));
    LS_TRY_CLEANUP(ls_h5_make_group(file, "/vars"));
    if (optimizer != NULL)
        LS_TRY_CLEANUP(ls_modelfile_write_optimizer(file, network, optimizer, room));
    LS_TRY_CLEANUP(write_description(file, kind, network));
    if (optimizer != NULL && strcmp(optimizer->optimizer->row->name, "adam") != 0)
        LS_TRY_CLEANUP(ls_h5_set_text(file, "/lockstep", LS_MODELFILE_OPTIMIZER_NAME, optimizer->optimizer->row->name));
    if (optimizer != NULL && optimizer->optimizer->settings.use_ema)
        status = ls_h5_set_double(file, "/lockstep", LS_MODELFILE_EMA, optimizer->optimizer->settings.ema_momentum);
cleanup:
    ls_memory_free(room);
    return status;
}
