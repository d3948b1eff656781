/* The list of metrics, for models of several kinds: written and read it is the same. */
#include "fuzz.h"

#include "model/metrics.h"
#include "model/network.h"

#include <stdlib.h>

static const struct {
    const char *layers, *loss;
} models[] = {{"1", "mse"},
              {"3", "mae"},
              {"1 sigmoid", "binary_crossentropy"},
              {"5 sigmoid", "binary_crossentropy"},
              {"7 softmax", "sparse_categorical_crossentropy"},
              {"7 softmax", "categorical_crossentropy"}};

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    fuzz_input in = {bytes, size};
    const size_t which = fuzz_byte(&in) % (sizeof models / sizeof models[0]);
    char *text = fuzz_rest(&in);
    static ls_metrics metrics, again;
    ls_text first = {0}, second = {0};
    ls_network *network;
    fuzz_hold(ls_network_create(models[which].layers, 4, &network) == LS_OK &&
                  ls_loss_parse("--loss", models[which].loss, &network->loss) == LS_OK,
              "a model");
    const ls_metric_task task = ls_network_task(network);
    if (fuzz_taken(ls_metrics_parse("--metrics", text, &task, &metrics))) {
        ls_metrics_format(&metrics, &first);
        fuzz_hold(ls_metrics_parse("--metrics", ls_text_string(&first), &task, &again) == LS_OK,
                  "what is written is read");
        ls_metrics_format(&again, &second);
        fuzz_same(ls_text_string(&first), ls_text_string(&second), "what is read again is the same");
        fuzz_hold(metrics.width == again.width && metrics.cells == again.cells, "it has the same sums");
        ls_metrics_by_output(&task, &metrics);
    }
    (void)ls_metric_find(text);
    ls_network_destroy(network);
    ls_text_free(&first);
    ls_text_free(&second);
    free(text);
    return 0;
}
