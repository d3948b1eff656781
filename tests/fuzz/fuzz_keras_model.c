/* Configurations of Keras' models: what is taken is a network, whose layers are numbered as they are there, and Keras'
 * configuration of that network is taken again as the same. */
#include "fuzz.h"

#include "import/keras_model.h"
#include "model/network.h"
#include "store/keras_config.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static void check_layers(const ls_keras_model *model, const ls_network *network)
{
    int used = 0;
    for (int i = 0; i < model->count; i++) {
        const ls_keras_layer *layer = &model->layer[i];
        const int most = layer->use == LS_KERAS_LAYER      ? network->count
                         : layer->use == LS_KERAS_FEATURES ? model->feature_maps
                         : layer->use == LS_KERAS_TARGETS  ? model->target_maps
                                                           : 1;
        fuzz_hold(layer->index >= 0 && layer->index < most, "an index is of what there is");
        fuzz_hold(strlen(layer->class_name) + strlen(layer->name) + strlen(layer->place) + strlen(layer->saved) +
                          strlen(layer->legacy) >
                      0,
                  "a layer has texts");
        int variables = 0;
        for (int v = 0; v < network->variables && layer->use == LS_KERAS_LAYER; v++)
            variables += network->tensor[v].layer == layer->index;
        fuzz_hold(layer->use != LS_KERAS_LAYER || layer->variables == variables, "it has as many variables");
        used += layer->use == LS_KERAS_LAYER;
    }
    fuzz_hold(used == network->count, "all layers are some layer of Keras'");
    for (int i = 0; i < model->feature_maps + model->target_maps; i++)
        for (int64_t k = 0; k < model->map[i].count; k++)
            fuzz_hold(isfinite(model->map[i].a[k]) && isfinite(model->map[i].b[k]), "its numbers are there");
}

static void read_again(const ls_network *network)
{
    ls_text config = {0};
    ls_json_document document = {0};
    ls_keras_model model = {0};
    ls_network *again;
    fuzz_hold(ls_keras_saved_config(network, &config) == LS_OK, "a configuration is written");
    fuzz_hold(ls_json_read(ls_text_string(&config), &document) == LS_OK, "a configuration is JSON");
    if (ls_keras_model_read(&document, document.value, "again", "3.15.1", &model) != LS_OK)
        fuzz_same(ls_error_message(), "", "what is written is read");
    fuzz_hold(ls_network_create(ls_text_string(&model.layers), model.features, &again) == LS_OK, "it is a network");
    fuzz_hold(again->block == network->block && again->parameters == network->parameters &&
                  again->outputs == network->outputs && again->features == network->features,
              "it is the same network");
    ls_network_destroy(again);
    ls_keras_model_free(&model);
    ls_json_document_free(&document);
    ls_text_free(&config);
}

static void check(const ls_keras_model *model)
{
    ls_network *network;
    const int64_t features = model->features > 0 ? model->features : 3;
    if (!fuzz_taken(ls_network_create(ls_text_string(&model->layers), features, &network)))
        return;
    check_layers(model, network);
    read_again(network);
    ls_network_destroy(network);
}

/* The first byte says which version wrote it. */
int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    static const char *const versions[] = {NULL, "2.15.0", "3.15.1", "1.2.2"};
    fuzz_input in = {bytes, size};
    const char *version = versions[fuzz_byte(&in) % 4];
    char *text = fuzz_rest(&in);
    ls_json_document document = {0};
    ls_keras_model model;
    if (fuzz_taken(ls_json_read(text, &document)) &&
        fuzz_taken(ls_keras_model_read(&document, document.value, "fuzzed", version, &model))) {
        check(&model);
        ls_keras_model_free(&model);
    }
    ls_json_document_free(&document);
    free(text);
    return 0;
}
