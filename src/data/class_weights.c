/* Weights by class: a list of labels, or balanced by how often each class occurs. */
#include "data/class_weights.h"

#include "base/memory.h"
#include "base/parse.h"
#include "base/text.h"
#include "comm/agree.h"
#include "context/options.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

static bool balanced(const ls_options *options)
{
    return strcmp(options->class_weights, "balanced") == 0;
}

int64_t ls_class_weights_classes(const ls_network *network)
{
    return network->outputs == 1 ? 2 : network->outputs;
}

ls_status ls_class_weights_check(const ls_options *options, const ls_network *network, const ls_dataset *train)
{
    if (!options->class_weights[0])
        return LS_OK;
    if (ls_dataset_weight(train, 0))
        return ls_fail(LS_ERR_USAGE, "--class-weights and --sample-weights exclude each other, as in Keras");
    const ls_loss_class classes = ls_loss_classes(&network->loss);
    if (classes == LS_CLASSES_ONE || (classes == LS_CLASSES_EACH && network->outputs == 1))
        return LS_OK;
    return ls_fail(LS_ERR_USAGE,
                   "--class-weights needs classes: softmax outputs or a single sigmoid, with their losses; "
                   "the loss is %s with %lld outputs",
                   ls_loss_name(&network->loss), (long long)network->outputs);
}

/* The class of row r as training takes it. */
static int64_t class_of(const ls_rows *rows, int64_t r)
{
    if (rows->label)
        return rows->label[r];
    const float *y = rows->y + r * rows->outputs;
    if (rows->outputs == 1)
        return y[0] > LS_LOSS_TARGET_THRESHOLD;
    int64_t best = 0;
    for (int64_t j = 1; j < rows->outputs; j++)
        if (y[j] > y[best])
            best = j;
    return best;
}

/* The class number of a label as the data has it; -1: there is none. */
static int64_t find_class(const ls_network *network, int64_t label)
{
    if (!network->classes)
        return label >= 0 && label < ls_class_weights_classes(network) ? label : -1;
    for (int64_t k = 0; k < network->class_count; k++)
        if (network->classes[k] == label)
            return k;
    return -1;
}

static ls_status parse_entry(const char *entry, const ls_network *network, bool *given, float *weight)
{
    char text[128];
    int64_t label;
    double value;
    snprintf(text, sizeof text, "%s", entry);
    char *equals = strchr(text, '=');
    if (equals)
        *equals = '\0';
    if (!equals || !ls_parse_int64(text, &label) || !ls_parse_double(equals + 1, &value) || !(value >= 0) ||
        !isfinite((float)value))
        return ls_fail(
            LS_ERR_USAGE,
            "--class-weights: '%s' is no LABEL=WEIGHT with a weight from 0 up; expected a list such as \"0=1, "
            "1=5\", or balanced",
            entry);
    const int64_t k = find_class(network, label);
    if (k < 0)
        return ls_fail(LS_ERR_USAGE,
                       "--class-weights: there is no class with the label %lld; the labels go from %lld to "
                       "%lld",
                       (long long)label, (long long)(network->classes ? network->classes[0] : 0),
                       (long long)(network->classes ? network->classes[network->class_count - 1]
                                                    : ls_class_weights_classes(network) - 1));
    if (given[k])
        return ls_fail(LS_ERR_USAGE, "--class-weights: the label %lld is there twice", (long long)label);
    given[k] = true;
    weight[k] = (float)value;
    return LS_OK;
}

static ls_status parse_list(const char *list, const ls_network *network, float *weight)
{
    bool *given;
    ls_status status = LS_OK;
    LS_TRY(ls_memory_allocate(&given, ls_class_weights_classes(network), sizeof *given, "class weights"));
    for (const char *at = list; status == LS_OK && *at;) {
        char entry[128];
        const size_t length = strcspn(at, ",");
        snprintf(entry, sizeof entry, "%.*s", (int)(length < sizeof entry ? length : sizeof entry - 1), at);
        status = parse_entry(entry, network, given, weight);
        at += length;
        if (*at == ',' && *++at == '\0' && status == LS_OK)
            status = ls_fail(LS_ERR_USAGE, "--class-weights: nothing follows the last comma");
    }
    ls_memory_free(given);
    return status;
}

void ls_class_weights_count(const ls_rows *rows, int64_t *counts)
{
    for (int64_t r = 0; r < rows->count; r++)
        counts[class_of(rows, r)]++;
}

/* Collective. weight = rows / (classes that occur * rows of the class), as scikit-learn's "balanced". */
static ls_status balance(ls_context *context, int64_t total, const int64_t *counts, int64_t classes, float *weight)
{
    const int size = ls_comm_size(context->comm);
    int64_t *sum = NULL, *all = NULL, there = 0;
    ls_status status = ls_memory_allocate(&sum, classes, sizeof *sum, "class weights");
    if (status == LS_OK)
        status = ls_memory_allocate(&all, size * classes, sizeof *all, "class weights");
    LS_TRY_CLEANUP(ls_agree(context->comm, status));
    LS_TRY_CLEANUP(ls_comm_allgather(context->comm, counts, classes * (int64_t)sizeof *counts, all));
    for (int64_t i = 0; i < size * classes; i++)
        sum[i % classes] += all[i];
    for (int64_t k = 0; k < classes; k++)
        there += sum[k] > 0;
    for (int64_t k = 0; k < classes; k++)
        if (sum[k] > 0)
            weight[k] = (float)((double)total / ((double)there * (double)sum[k]));
cleanup:
    ls_memory_free(sum);
    ls_memory_free(all);
    return status;
}

static void say(ls_context *context, const ls_network *network, const float *weight)
{
    enum { NAMED = 10 };
    const int64_t classes = ls_class_weights_classes(network);
    ls_text text = {0};
    for (int64_t k = 0; k < classes && k < NAMED; k++)
        ls_text_printf(&text, "%s%lld=%.6g", k ? ", " : "", (long long)(network->classes ? network->classes[k] : k),
                       (double)weight[k]);
    ls_log_line(&context->log, LS_LOG_INFO, "class weights: %s%s", ls_text_string(&text),
                classes > NAMED ? ", ..." : "");
    ls_text_free(&text);
}

ls_status ls_class_weights_find(ls_context *context, const ls_options *options, const ls_network *network,
                                int64_t total, const int64_t *counts, float **weights)
{
    const int64_t classes = ls_class_weights_classes(network);
    float *weight = NULL;
    ls_status status;
    *weights = NULL;
    if (!options->class_weights[0])
        return LS_OK;
    status = ls_memory_allocate(&weight, classes, sizeof *weight, "class weights");
    for (int64_t k = 0; k < classes && status == LS_OK; k++)
        weight[k] = 1;
    if (status == LS_OK && !balanced(options))
        status = parse_list(options->class_weights, network, weight);
    LS_TRY_CLEANUP(ls_agree(context->comm, status));
    if (balanced(options))
        LS_TRY_CLEANUP(balance(context, total, counts, classes, weight));
    say(context, network, weight);
    *weights = weight;
    return LS_OK;
cleanup:
    ls_memory_free(weight);
    return status;
}

ls_status ls_class_weights_apply(const float *weights, ls_rows *rows)
{
    LS_TRY(ls_memory_allocate(&rows->weight, rows->count, sizeof *rows->weight, "weights"));
    for (int64_t r = 0; r < rows->count; r++)
        rows->weight[r] = weights[class_of(rows, r)];
    return LS_OK;
}
