/* The list of layers: what is taken is written and read as the same network, and Keras' configuration of it is JSON. */
#include "fuzz.h"

#include "base/json_read.h"
#include "model/network.h"
#include "store/keras_config.h"

#include <stdlib.h>
#include <string.h>

static void write_configuration(const ls_network *network)
{
    ls_text text = {0};
    ls_json_document document = {0};
    fuzz_hold(ls_keras_model_config(network, &text) == LS_OK, "a configuration is written");
    fuzz_hold(ls_json_read(ls_text_string(&text), &document) == LS_OK, "a configuration is JSON");
    ls_json_document_free(&document);
    ls_text_free(&text);
}

static void compare(const ls_network *network)
{
    ls_text first = {0}, second = {0};
    ls_network *again;
    ls_layers_format(network->layers, network->count, &first);
    if (ls_network_create(ls_text_string(&first), network->features, &again) != LS_OK) {
        fuzz_same(ls_text_string(&first), "", "what is written is read");
        return;
    }
    ls_layers_format(again->layers, again->count, &second);
    fuzz_same(ls_text_string(&first), ls_text_string(&second), "what is read again is the same");
    fuzz_hold(network->block == again->block && network->parameters == again->parameters &&
                  network->outputs == again->outputs,
              "it is the same network");
    ls_network_destroy(again);
    ls_text_free(&first);
    ls_text_free(&second);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    fuzz_input in = {bytes, size};
    const uint8_t how = fuzz_byte(&in);
    const int64_t features = how == 255 ? INT32_MAX : how == 254 ? 1 : how;
    char *text = fuzz_rest(&in);
    ls_network *network;
    if (fuzz_taken(ls_network_create(text, features, &network))) {
        compare(network);
        write_configuration(network);
        ls_network_destroy(network);
    }
    free(text);
    return 0;
}
