/* The model that --init names as the beginning of a new training: it fits the data, and says nothing else than the
 * options do. */
#include "base/memory.h"
#include "base/text.h"
#include "comm/agree.h"
#include "context/options.h"
#include "data/dataset.h"
#include "data/encoded.h"
#include "data/holding.h"
#include "data/missing.h"
#include "train/model.h"
#include "train/objective.h"

#include <stdio.h>
#include <string.h>

static ls_status check_data(const char *init, const ls_dataset *train, const ls_model *m)
{
    const int64_t features = ls_dataset_source(train)->features;
    if (features != m->network->features)
        return ls_fail(LS_ERR_DATA, "the training data has %lld features, the model of --init %s takes %lld",
                       (long long)features, init, (long long)m->network->features);
    if (train->encoding && m->encoding && strcmp(train->encoding, m->encoding) != 0)
        return ls_fail(LS_ERR_DATA,
                       "the names or categories of the training data's columns, or its classes, are not those of the "
                       "model of --init %s; convert the table with the same columns and categories",
                       init);
    return LS_OK;
}

/* --layers says the same, or nothing. */
static ls_status check_layers(const ls_options *options, const ls_source *source, const ls_network *network)
{
    ls_network *asked = NULL;
    ls_text theirs = {0}, ours = {0};
    ls_status status;
    if (!options->layers[0])
        return LS_OK;
    LS_TRY_CLEANUP(ls_network_create(options->layers, source->features, &asked));
    LS_TRY_CLEANUP(ls_model_complete(options, source, asked));
    ls_layers_format(network->layers, network->count, &theirs);
    ls_layers_format(asked->layers, asked->count, &ours);
    LS_TRY_CLEANUP(ls_text_status(&ours));
    LS_TRY_CLEANUP(ls_text_status(&theirs));
    if (strcmp(ls_text_string(&theirs), ls_text_string(&ours)) != 0)
        status = ls_fail(LS_ERR_USAGE, "--layers says '%s', the model of --init %s has '%s'; leave --layers out",
                         ls_text_string(&ours), options->init, ls_text_string(&theirs));
cleanup:
    ls_network_destroy(asked);
    ls_text_free(&theirs);
    ls_text_free(&ours);
    return status;
}

/* Scales are the model's; which of the two kinds they are, it does not tell. */
static ls_status check_scales(const ls_options *options, const ls_network *network)
{
    const bool scaled = network->feature_map.count > 0, targets_scaled = network->target_map.count > 0;
    if (ls_options_given(options, "normalize") && (strcmp(options->normalize, "none") != 0) != scaled)
        return ls_fail(LS_ERR_USAGE, "--normalize %s: the model of --init %s %s; leave --normalize out",
                       options->normalize, options->init,
                       scaled ? "scales its features" : "takes its features as they are");
    if (ls_options_given(options, "normalize-targets") && options->normalize_targets != targets_scaled)
        return ls_fail(LS_ERR_USAGE, "--normalize-targets %s: the model of --init %s %s; leave --normalize-targets out",
                       options->normalize_targets ? "on" : "off", options->init,
                       targets_scaled ? "scales its targets" : "takes its targets as they are");
    return LS_OK;
}

/* They say how weights are drawn, and none are. */
static ls_status check_initializers(const ls_options *options)
{
    static const char *const keys[] = {"kernel-initializer", "bias-initializer"};
    for (int k = 0; k < 2; k++)
        if ((k == 0 ? options->kernel_initializer : options->bias_initializer)[0])
            return ls_fail(LS_ERR_USAGE, "--%s: the weights are those of --init %s; leave one of the two out", keys[k],
                           options->init);
    return LS_OK;
}

static ls_status fill_in_loss(const ls_network *network, ls_options *filled)
{
    ls_text text = {0};
    ls_loss_format(&network->loss, &text);
    ls_status status = ls_text_status(&text);
    if (status == LS_OK)
        status = ls_options_fill(filled, "loss", ls_text_string(&text));
    ls_text_free(&text);
    return status;
}

/* Options in which the model's loss and metrics stand where none are given. */
static ls_status fill_in(const ls_options *options, const ls_network *network, ls_options **filled)
{
    ls_text names = {0};
    LS_TRY(ls_options_copy(options, filled));
    ls_status status = LS_OK;
    const bool models = !options->loss[0] && !network->loss_open; /* else it is chosen as without --init */
    if (models)
        status = fill_in_loss(network, *filled);
    if (status == LS_OK && models && !options->metrics[0]) {
        ls_metrics_format(&network->metrics, &names);
        status = ls_options_fill(*filled, "metrics", network->metrics.count ? ls_text_string(&names) : "none");
    }
    if (status == LS_OK) /* the model's, checked already */
        status = ls_options_fill(*filled, "normalize-targets", network->target_map.count > 0 ? "on" : "off");
    ls_text_free(&names);
    return status;
}

static ls_status fit(const ls_options *options, const ls_dataset *train, ls_model *m)
{
    ls_network *network = m->network;
    ls_options *filled = NULL;
    ls_status status;
    LS_TRY(check_data(options->init, train, m));
    LS_TRY(check_scales(options, network));
    LS_TRY(check_initializers(options));
    LS_TRY(ls_objective_check_open(options, network));
    LS_TRY_CLEANUP(fill_in(options, network, &filled));
    LS_TRY_CLEANUP(ls_model_complete(filled, ls_dataset_source(train), network));
    LS_TRY_CLEANUP(check_layers(filled, ls_dataset_source(train), network));
    if (!ls_loss_takes_labels(&network->loss) &&
        ls_loss_classes(&network->loss) != LS_CLASSES_EACH) { /* there are no labels any more */
        ls_memory_free(network->classes);
        network->classes = NULL;
        network->class_count = 0;
    }
    network->prepared[0] = '\0';
    if (!m->encoding)
        status = ls_encoded_copy(train->encoding, &m->encoding);
cleanup:
    ls_options_destroy(filled);
    return status;
}

ls_status ls_model_initial(ls_context *context, const ls_options *options, const ls_dataset *train, ls_model **model)
{
    ls_model *m;
    *model = NULL;
    LS_TRY(ls_model_load_with(context, options->init, options, &m));
    ls_status status = ls_agree(context->comm, fit(options, train, m));
    if (status == LS_OK && !m->network->fill)
        status = ls_holding_plan(context, options, train, m->network);
    if (status == LS_OK && !m->network->fill)
        status = ls_missing_fit(context, options, train, m->network);
    if (status != LS_OK) {
        ls_model_destroy(m);
        return status;
    }
    *model = m;
    return LS_OK;
}
