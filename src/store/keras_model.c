/* A model's configuration, in the dialect that Keras 3 and Keras 2 both load from HDF5 files, and in that of Keras 3's
 * own files: a Sequential model, or a Functional one where a layer reads more than the one before it. The keys left out
 * take Keras' defaults. */
#include "store/keras_config.h"

#include "base/json.h"
#include "model/layer_kinds.h"
#include "store/keras_object.h"

static const char input_name[] = "input";

const char *ls_keras_feature_map_name(const ls_network *network)
{
    return network->feature_map.count > 0 ? "normalization" : NULL;
}

const char *ls_keras_target_map_name(const ls_network *network)
{
    if (network->target_map.count == 0)
        return NULL;
    return network->feature_map.count > 0 ? "normalization_1" : "normalization";
}

const char *ls_keras_feature_factor_name(const ls_network *network)
{
    return network->feature_map.factor ? "rescaling" : NULL;
}

const char *ls_keras_target_factor_name(const ls_network *network)
{
    if (!network->target_map.factor)
        return NULL;
    return network->feature_map.factor ? "rescaling_1" : "rescaling";
}

static bool reads_two(const ls_layer *layer)
{
    return layer->input[1] != layer->input[0];
}

static bool has_branches(const ls_network *network)
{
    for (int l = 0; l < network->count; l++)
        if (reads_two(&network->layers[l]))
            return true;
    return false;
}

/* ---- layers ---- */

typedef struct writer {
    ls_json json;
    const ls_network *network;
    bool graph; /* layers say whose outputs they read; else each reads the one before it */
    bool saved; /* Keras 3's own dialect */
} writer;

static void begin_object(writer *w, const char *module, const char *class_name, const char *name)
{
    if (!w->saved) {
        ls_keras_object_begin(&w->json, class_name, name);
        return;
    }
    ls_json_object_begin(&w->json);
    ls_json_put_string(&w->json, "module", module);
    ls_json_put_string(&w->json, "class_name", class_name);
    ls_json_put_null(&w->json, "registered_name");
    ls_json_key(&w->json, "config");
    ls_json_object_begin(&w->json);
    ls_json_put_string(&w->json, "name", name);
}

static void begin_layer(writer *w, const char *class_name, const char *name)
{
    begin_object(w, "keras.layers", class_name, name);
}

/* What a layer reads: a layer by its name in Keras, and how many units that gives. */
typedef struct read {
    const char *name;
    int64_t units;
} read;

/* Keras' layer whose outputs are those of a layer, or the features as the network sees them. */
static const char *name_of(const ls_network *network, int layer)
{
    const char *map = ls_keras_feature_map_name(network);
    return layer != LS_FEATURES ? network->layers[layer].name : map ? map : input_name;
}

static read read_of(const ls_network *network, int layer)
{
    return (read){name_of(network, layer), layer != LS_FEATURES ? network->layers[layer].units : network->features};
}

/* Its only call: the nodes of a layer are its calls, each with the outputs that it was called with, as layer, node of
 * that layer, and output of the node. */
static void put_call(ls_json *json, const read *inputs, int count)
{
    ls_json_array_begin(json);
    for (int i = 0; i < count; i++) {
        ls_json_array_begin(json);
        ls_json_string(json, inputs[i].name);
        ls_json_integer(json, 0);
        ls_json_integer(json, 0);
        ls_json_object_begin(json);
        ls_json_object_end(json);
        ls_json_array_end(json);
    }
    ls_json_array_end(json);
}

static void put_saved_tensor(ls_json *json, const read *input)
{
    ls_json_object_begin(json);
    ls_json_put_string(json, "class_name", "__keras_tensor__");
    ls_json_key(json, "config");
    ls_json_object_begin(json);
    ls_json_key(json, "shape");
    ls_json_array_begin(json);
    ls_json_null(json);
    ls_json_integer(json, input->units);
    ls_json_array_end(json);
    ls_json_put_string(json, "dtype", "float32");
    ls_json_key(json, "keras_history");
    ls_json_array_begin(json);
    ls_json_string(json, input->name);
    ls_json_integer(json, 0);
    ls_json_integer(json, 0);
    ls_json_array_end(json);
    ls_json_object_end(json);
    ls_json_object_end(json);
}

/* The same as Keras 3 has it: the arguments of the call, of which several are one list. */
static void put_saved_call(ls_json *json, const read *inputs, int count)
{
    ls_json_object_begin(json);
    ls_json_key(json, "args");
    ls_json_array_begin(json);
    if (count > 1)
        ls_json_array_begin(json);
    for (int i = 0; i < count; i++)
        put_saved_tensor(json, &inputs[i]);
    if (count > 1)
        ls_json_array_end(json);
    ls_json_array_end(json);
    ls_json_key(json, "kwargs");
    ls_json_object_begin(json);
    ls_json_object_end(json);
    ls_json_object_end(json);
}

/* Behind the last key of the layer's configuration. */
static void end_layer(writer *w, const char *name, const read *inputs, int count)
{
    ls_json *json = &w->json;
    ls_json_object_end(json);
    if (w->graph) {
        ls_json_put_string(json, "name", name);
        ls_json_key(json, "inbound_nodes");
        ls_json_array_begin(json);
        if (count > 0)
            (w->saved ? put_saved_call : put_call)(json, inputs, count);
        ls_json_array_end(json);
    }
    ls_json_object_end(json);
}

/* batch_input_shape is Keras 2's spelling of batch_shape; Keras 3 takes both. */
static void put_input(writer *w)
{
    ls_json *json = &w->json;
    begin_layer(w, "InputLayer", input_name);
    ls_json_key(json, w->saved ? "batch_shape" : "batch_input_shape");
    ls_json_array_begin(json);
    ls_json_null(json);
    ls_json_integer(json, w->network->features);
    ls_json_array_end(json);
    ls_json_put_string(json, "dtype", "float32");
    end_layer(w, input_name, NULL, 0);
}

static void put_map(writer *w, const char *name, bool invert, read reads)
{
    ls_json *json = &w->json;
    if (name == NULL)
        return;
    begin_layer(w, "Normalization", name);
    ls_json_key(json, "axis");
    ls_json_array_begin(json);
    ls_json_integer(json, -1);
    ls_json_array_end(json);
    ls_json_put_bool(json, "invert", invert);
    end_layer(w, name, &reads, 1);
}

/* One number where all columns have the same, as an attribute has room for 64 KiB of text. */
static void put_scale(ls_json *json, const ls_affine *map, bool invert)
{
    const float *factor = map->factor;
    int64_t different = 0;
    for (int64_t j = 1; j < map->count; j++)
        different += factor[j] != factor[0];
    if (different == 0) {
        ls_json_real(json, (double)(invert ? 1 / factor[0] : factor[0]));
        return;
    }
    ls_json_array_begin(json);
    for (int64_t j = 0; j < map->count; j++)
        ls_json_real(json, (double)(invert ? 1 / factor[j] : factor[j]));
    ls_json_array_end(json);
}

/* Keras wants its offset too. */
static void put_factor(writer *w, const char *name, const ls_affine *map, bool invert, read reads)
{
    ls_json *json = &w->json;
    if (name == NULL)
        return;
    begin_layer(w, "Rescaling", name);
    ls_json_key(json, "scale");
    put_scale(json, map, invert);
    ls_json_put_real(json, "offset", 0);
    end_layer(w, name, &reads, 1);
}

static void put_layer(writer *w, const ls_layer *layer)
{
    read reads[LS_LAYER_INPUTS];
    for (int i = 0; i < LS_LAYER_INPUTS; i++)
        reads[i] = read_of(w->network, layer->input[i]);
    begin_layer(w, layer->kind->keras_class, layer->name);
    if (layer->kind->config)
        layer->kind->config(layer, &w->json);
    end_layer(w, layer->name, reads, reads_two(layer) ? 2 : 1);
}

/* Keras 2 wants a list of ends, also of one. */
static void put_end(ls_json *json, const char *key, const char *name)
{
    ls_json_key(json, key);
    ls_json_array_begin(json);
    ls_json_array_begin(json);
    ls_json_string(json, name);
    ls_json_integer(json, 0);
    ls_json_integer(json, 0);
    ls_json_array_end(json);
    ls_json_array_end(json);
}

static ls_status put_model(const ls_network *network, bool saved, ls_text *text)
{
    writer w = {.json = {.text = text}, .network = network, .graph = has_branches(network), .saved = saved};
    const char *features = ls_keras_feature_map_name(network), *targets = ls_keras_target_map_name(network);
    const char *factors = ls_keras_feature_factor_name(network), *undone = ls_keras_target_factor_name(network);
    const char *last = name_of(network, network->count - 1);
    /* of the two, Keras exports one only */
    begin_object(&w, w.graph ? "keras.src.models.functional" : "keras", w.graph ? "Functional" : "Sequential",
                 w.graph ? "functional" : "sequential");
    ls_json_key(&w.json, "layers");
    ls_json_array_begin(&w.json);
    put_input(&w);
    put_factor(&w, factors, &network->feature_map, false, (read){input_name, network->features});
    put_map(&w, features, false, (read){factors ? factors : input_name, network->features});
    for (int l = 0; l < network->count; l++)
        put_layer(&w, &network->layers[l]);
    put_map(&w, targets, true, (read){last, network->outputs});
    put_factor(&w, undone, &network->target_map, true, (read){targets, network->outputs});
    ls_json_array_end(&w.json);
    if (w.graph) {
        put_end(&w.json, "input_layers", input_name);
        put_end(&w.json, "output_layers", undone ? undone : targets ? targets : last);
    }
    ls_keras_object_end(&w.json);
    return ls_text_status(text);
}

ls_status ls_keras_model_config(const ls_network *network, ls_text *text)
{
    return put_model(network, false, text);
}

ls_status ls_keras_saved_config(const ls_network *network, ls_text *text)
{
    return put_model(network, true, text);
}
