/* From the words of compile() to a network's loss and metrics. */
#include "import/keras_objective.h"

#include "math/activations.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static ls_activation last_activation(const ls_network *network)
{
    return network->layers[network->count - 1].activation;
}

/* What predictions mean, until a loss is chosen. */
static void leave_open(ls_network *network)
{
    const ls_activation last = last_activation(network);
    network->loss_open = true;
    network->loss = ls_loss_plain(last == LS_SIGMOID                           ? LS_BINARY_CROSSENTROPY
                                  : last == LS_SOFTMAX && network->outputs > 1 ? LS_SPARSE_CATEGORICAL_CROSSENTROPY
                                                                               : LS_MEAN_SQUARED_ERROR);
}

static void fault(ls_network *network, const char *format, ...) __attribute__((format(printf, 2, 3)));

static void fault(ls_network *network, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    (void)vsnprintf(network->loss_fault, sizeof network->loss_fault, format, arguments);
    va_end(arguments);
    leave_open(network);
}

/* Keras takes any loss of any outputs; here some are of one activation, and bring it along or not. */
static void check_outputs(ls_network *network)
{
    const ls_loss *loss = &network->loss;
    const ls_activation needed = ls_loss_last(loss), last = last_activation(network);
    char name[64];
    (void)snprintf(name, sizeof name, "%s", ls_loss_name(loss));
    if (needed != LS_ACTIVATION_COUNT && needed != last && loss->settings.from_logits)
        fault(network, "%s from_logits=true is of linear outputs, and the last layer is %s; take --loss %s", name,
              ls_activation_name(last), name);
    else if (needed != LS_ACTIVATION_COUNT && needed != last && last == LS_LINEAR)
        fault(network, "%s is of %s outputs, and the last layer is linear; take --loss \"%s from_logits=true\"", name,
              ls_activation_name(needed), name);
    else if (needed != LS_ACTIVATION_COUNT && needed != last)
        fault(network, "%s is of %s outputs, and the last layer is %s; take --loss mean_squared_error", name,
              ls_activation_name(needed), ls_activation_name(last));
    else if (ls_loss_classes(loss) == LS_CLASSES_ONE && network->outputs == 1)
        fault(network, "%s is of one class out of several, and there is one output; take --loss mean_squared_error",
              name);
    else if (network->target_map.count > 0 && !ls_loss_scales(loss))
        fault(network, "%s takes outputs as they are, and the model scales them; take --loss mean_squared_error", name);
    else if (network->outputs % ls_loss_spread(loss) != 0)
        fault(network, "%s has %lld quantiles, which %lld outputs do not divide into", name,
              (long long)ls_loss_spread(loss), (long long)network->outputs);
}

/* One by one, since a single one may not go with the loss. */
static ls_status take_metrics(ls_keras_compiled *compiled, ls_network *network)
{
    const ls_metric_task task = ls_network_task(network);
    ls_text kept = {0}, tried = {0};
    const char *at = ls_text_string(&compiled->metrics);
    while (*at) {
        const size_t length = strcspn(at, ",");
        ls_metrics one;
        ls_text_clear(&tried);
        ls_text_printf(&tried, "%s%s%.*s", ls_text_string(&kept), kept.length > 0 ? ", " : "", (int)length, at);
        if (ls_metrics_parse("metrics", ls_text_string(&tried), &task, &one) == LS_OK) {
            ls_text_clear(&kept);
            ls_text_append(&kept, ls_text_string(&tried));
        } else {
            ls_text_printf(&compiled->metrics_passed_over, "%s%.*s",
                           compiled->metrics_passed_over.length > 0 ? ", " : "", (int)length, at);
        }
        at += length + (at[length] == ',');
        at += strspn(at, " ");
    }
    ls_status status = ls_text_status(&kept);
    if (status == LS_OK)
        status =
            ls_metrics_parse("metrics", kept.length > 0 ? ls_text_string(&kept) : "none", &task, &network->metrics);
    ls_text_free(&kept);
    ls_text_free(&tried);
    return status;
}

ls_status ls_keras_objective_take(ls_keras_compiled *compiled, ls_network *network)
{
    network->loss_open = false;
    network->loss_fault[0] = '\0';
    if (!compiled || (compiled->loss.length == 0 && compiled->loss_fault.length == 0)) {
        leave_open(network);
    } else if (compiled->loss.length == 0) {
        fault(network, "%s", ls_text_string(&compiled->loss_fault));
    } else {
        const ls_status status = ls_loss_parse("loss", ls_text_string(&compiled->loss), &network->loss);
        if (status == LS_ERR_USAGE)
            fault(network, "%s", ls_error_message());
        else if (status != LS_OK)
            return status;
        else
            check_outputs(network);
    }
    if (!network->loss_open)
        return take_metrics(compiled, network);
    const ls_metric_task task = ls_network_task(network);
    return ls_metrics_parse("metrics", ls_metrics_default(&task), &task, &network->metrics);
}
