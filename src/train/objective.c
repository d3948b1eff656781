/* Loss and metrics of a run. */
#include "train/objective.h"

#include "base/parse.h"
#include "context/options.h"
#include "math/activations.h"

#include <stdio.h>
#include <string.h>

/* ---- loss ---- */

static ls_activation output_activation(const ls_network *network)
{
    return network->layers[network->count - 1].activation;
}

static ls_status default_loss(const ls_source *source, ls_network *network)
{
    const bool labels = source->target == LS_TARGET_LABELS;
    const bool one_column = source->target == LS_TARGET_VALUES && source->outputs == 1 && network->outputs > 1;
    switch (output_activation(network)) {
    case LS_SIGMOID:
        network->loss = ls_loss_plain(LS_BINARY_CROSSENTROPY);
        return LS_OK;
    case LS_SOFTMAX:
        network->loss =
            ls_loss_plain(labels || one_column ? LS_SPARSE_CATEGORICAL_CROSSENTROPY : LS_CATEGORICAL_CROSSENTROPY);
        return LS_OK;
    default:
        break;
    }
    if (labels && network->outputs > 1) {
        return ls_fail(
            LS_ERR_USAGE,
            "--layers: %lld %s outputs with integer labels; for classes end with '%lld softmax', or give --loss",
            (long long)network->outputs, ls_activation_name(output_activation(network)), (long long)network->outputs);
    }
    network->loss = ls_loss_plain(LS_MEAN_SQUARED_ERROR);
    return LS_OK;
}

/* Does the last layer have the activation that the loss is fused with, or none where the loss brings it along? */
static ls_status check_last_layer(const ls_network *network)
{
    const ls_loss *loss = &network->loss;
    const ls_activation needed = ls_loss_last(loss), last = output_activation(network);
    if (needed == LS_ACTIVATION_COUNT || needed == last)
        return LS_OK;
    if (loss->settings.from_logits)
        return ls_fail(LS_ERR_USAGE,
                       "--loss %s: from_logits=true applies %s itself and needs linear outputs, the last layer is %s; "
                       "write '%lld linear' in --layers, or leave from_logits=true out",
                       ls_loss_name(loss), ls_activation_name(ls_loss_fused_with(loss)), ls_activation_name(last),
                       (long long)network->outputs);
    const bool linear = last == LS_LINEAR;
    return ls_fail(LS_ERR_USAGE, "--loss %s needs %s outputs, the last layer is %s; write '%lld %s' in --layers%s%s%s",
                   ls_loss_name(loss), ls_activation_name(needed), ls_activation_name(last),
                   (long long)network->outputs, ls_activation_name(needed), linear ? ", or --loss \"" : "",
                   linear ? ls_loss_name(loss) : "", linear ? " from_logits=true\"" : "");
}

/* One class out of one would always be right. Files that have such a network are read all the same. */
static ls_status check_choice(const ls_network *network)
{
    const ls_loss *loss = &network->loss;
    if (ls_loss_classes(loss) != LS_CLASSES_ONE || network->outputs > 1)
        return LS_OK;
    return ls_fail(LS_ERR_USAGE,
                   "--layers: one %s output, and the loss %s is of one class out of several; for two classes end with "
                   "'2 %s', or with '1 sigmoid' and --loss binary_crossentropy",
                   ls_activation_name(output_activation(network)), ls_loss_name(loss),
                   loss->settings.from_logits ? "linear" : "softmax");
}

static ls_status choose_loss(const ls_options *options, const ls_source *source, ls_network *network)
{
    if (!options->loss[0]) {
        LS_TRY(default_loss(source, network));
        return check_choice(network);
    }
    LS_TRY(ls_loss_parse("--loss", options->loss, &network->loss));
    LS_TRY(check_choice(network));
    return check_last_layer(network);
}

/* Do the targets fit the loss and the outputs? */
static ls_status check_targets(const ls_source *source, const ls_network *network)
{
    char name[2200];
    ls_source_name(source, name, sizeof name);
    if (source->target == LS_TARGET_NONE)
        return ls_fail(LS_ERR_DATA, "%s has no targets; training and evaluation need them", name);
    if (ls_loss_takes_labels(&network->loss)) {
        if (source->outputs == 1)
            return LS_OK; /* floats that are whole numbers are labels too */
        return ls_fail(
            LS_ERR_DATA,
            "%s: targets %s are %s with %lld column%s; sparse_categorical_crossentropy takes one class label a row, "
            "categorical_crossentropy one column a class",
            name, source->y_path, source->integer_target ? "integers" : "floats", (long long)source->outputs,
            source->outputs == 1 ? "" : "s");
    }
    const int64_t each = ls_loss_spread(&network->loss);
    if (each > 1 && source->outputs * each != network->outputs)
        return ls_fail(LS_ERR_DATA,
                       "%s: %lld taus of %lld target column%s (%s) make %lld outputs, the last layer has %lld units; "
                       "write '%lld' as the last of --layers",
                       name, (long long)each, (long long)source->outputs, source->outputs == 1 ? "" : "s",
                       source->y_path, (long long)(source->outputs * each), (long long)network->outputs,
                       (long long)(source->outputs * each));
    if (each == 1 && source->outputs != network->outputs) {
        return ls_fail(
            LS_ERR_DATA, "%s: targets %s have %lld column%s, the last layer has %lld units; both need the same%s", name,
            source->y_path, (long long)source->outputs, source->outputs == 1 ? "" : "s", (long long)network->outputs,
            ls_loss_classes(&network->loss) != LS_CLASSES_ONE || source->outputs != 1
                ? ""
                : " (for class labels use sparse_categorical_crossentropy)");
    }
    return LS_OK;
}

/* ---- metrics ---- */

static ls_status choose_metrics(const ls_options *options, ls_network *network)
{
    const ls_metric_task task = ls_network_task(network);
    return ls_metrics_parse("--metrics", options->metrics[0] ? options->metrics : ls_metrics_default(&task), &task,
                            &network->metrics);
}

ls_status ls_objective_choose(const ls_options *options, const ls_source *source, ls_network *network)
{
    LS_TRY(choose_loss(options, source, network));
    LS_TRY(check_targets(source, network));
    if (options->normalize_targets && !ls_loss_scales(&network->loss)) {
        return ls_fail(LS_ERR_USAGE, "--normalize-targets is for values of any unit; %s takes its targets as they are",
                       ls_loss_name(&network->loss));
    }
    network->loss_open = false;
    network->loss_fault[0] = '\0';
    return choose_metrics(options, network);
}

ls_status ls_objective_check_open(const ls_options *options, const ls_network *network)
{
    if (!network->loss_open || network->loss_fault[0] == '\0' || options->loss[0])
        return LS_OK;
    return ls_fail(LS_ERR_USAGE, "the model has a loss that Lockstep does not have: %s; name another with --loss",
                   network->loss_fault);
}

/* Whether the options name another loss than the network's. */
static bool names_another(const ls_options *options, const ls_network *network)
{
    ls_text own = {0}, named = {0};
    ls_loss loss;
    if (ls_loss_parse("--loss", options->loss, &loss) != LS_OK)
        return true; /* which is told when it is chosen */
    ls_loss_format(&loss, &named);
    ls_loss_format(&network->loss, &own);
    const bool other = strcmp(ls_text_string(&named), ls_text_string(&own)) != 0;
    ls_text_free(&named);
    ls_text_free(&own);
    return other;
}

bool ls_objective_is_open(const ls_options *options, const ls_network *network)
{
    return network->loss_open || (options && options->loss[0] && names_another(options, network));
}
