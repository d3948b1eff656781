/* Lists of class weights, and the JSON that names of classes come from. The first line is the list. */
#include "fuzz.h"

#include "data/class_weights.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static const char usual[] =
    "{\"format\":1,\"header\":true,\"columns\":[{\"name\":\"a\",\"role\":\"feature\",\"kind\":\"number\"},{\"name\":"
    "\"kind\",\"role\":\"target\",\"kind\":\"classes\",\"categories\":[\"1\",\"a=b\",\"no\",\"x, "
    "\\\"y\\\"\",\"yes\"]}]}";

static void put_and_find(const ls_class_names *names)
{
    ls_text text = {0};
    for (int64_t k = 0; k < names->count; k++) {
        const char *name = ls_class_names_name(names, k);
        ls_text_clear(&text);
        ls_class_names_put(names, k, &text);
        ls_text_append(&text, "=2.5");
        float weight[8] = {1, 1, 1, 1, 1, 1, 1, 1};
        if (ls_class_weights_parse(ls_text_string(&text), names, weight, NULL) == LS_OK)
            fuzz_hold(weight[k] > 2 || name != NULL, "a class that is written has its weight");
        fuzz_hold(ls_class_names_find_label(names, ls_class_names_label(names, k)) == k, "a label is its class'");
    }
    ls_text_clear(&text);
    ls_class_names_list(names, &text);
    (void)ls_class_names_nearest(names, "yse");
    ls_text_free(&text);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    fuzz_input in = {bytes, size};
    char *list = fuzz_line(&in), *json = fuzz_rest(&in);
    float weight[8] = {1, 1, 1, 1, 1, 1, 1, 1};
    int64_t shadowed;
    ls_network *network;
    ls_class_names names;
    fuzz_hold(ls_network_create("5 softmax", 2, &network) == LS_OK, "a network");
    if (fuzz_taken(ls_class_names_read(json[0] != '\0' ? json : usual, network, &names))) {
        fuzz_hold(names.count == 5, "there are as many classes as outputs");
        if (fuzz_taken(ls_class_weights_parse(list, &names, weight, &shadowed)))
            for (int k = 0; k < 5; k++)
                fuzz_hold(weight[k] >= 0 && isfinite(weight[k]), "a weight is a number");
        put_and_find(&names);
        ls_class_names_free(&names);
    }
    ls_network_destroy(network);
    free(list);
    free(json);
    return 0;
}
