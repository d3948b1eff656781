/* Models: made from options and data, read and set tensor by tensor. */
#include "train/model.h"

#include "base/fault.h"
#include "base/fpenv.h"
#include "base/memory.h"
#include "base/offset.h"
#include "base/text.h"
#include "comm/agree.h"
#include "context/options.h"
#include "data/class_names.h"
#include "data/classes.h"
#include "data/dataset.h"
#include "data/encoded.h"
#include "data/holding.h"
#include "data/missing.h"
#include "data/offsets.h"
#include "data/statistics.h"
#include "model/pass.h"
#include "train/advice.h"
#include "train/objective.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

/* ---- making ---- */

/* The map that statistics give: standard (mean, variance) or minmax (least, range squared), of the values times their
 * factor, where everything is in float32's range. A constant column is only shifted, not blown up. Each column's map is
 * there `each` times, side by side. */
static ls_status make_map(const ls_statistics *s, bool minmax, int64_t each, ls_affine *map)
{
    const int64_t columns = s->columns * each;
    float *values, *mean, *variance, *factor;
    LS_TRY(ls_memory_allocate(&values, 3 * columns, sizeof *values, "normalisation"));
    mean = values;
    variance = mean + columns;
    factor = variance + columns;
    for (int64_t i = 0; i < columns; i++) {
        const int64_t c = i / each;
        const double range = s->most[c] - s->least[c];
        const double spread = minmax ? range * range : s->square[c] / (double)s->rows;
        const double scaled = range > 0 ? ls_affine_factor(spread) : 1;
        mean[i] = (float)((minmax ? s->least[c] : s->mean[c]) * scaled);
        variance[i] = range > 0 ? (float)(spread * scaled * scaled) : 1.0f;
        factor[i] = (float)scaled;
    }
    ls_status status = ls_affine_set(map, columns, mean, variance);
    if (status == LS_OK)
        status = ls_affine_rescale(map, factor);
    ls_memory_free(values);
    return status;
}

/* Deviations beyond which all features are far from what networks learn from. */
#define SMALL 1e-4
#define LARGE 1e4

/* Columns of very different scale train badly, and so do all far from 1; say so once. */
static void warn_of_scales(ls_context *context, const ls_statistics *s)
{
    double least = INFINITY, most = 0;
    for (int64_t c = 0; c < s->columns; c++) {
        double deviation = sqrt(s->square[c] / (double)s->rows);
        if (deviation > 0) {
            least = deviation < least ? deviation : least;
            most = deviation > most ? deviation : most;
        }
    }
    if (most > 1000 * least) {
        ls_log_line(&context->log, LS_LOG_WARNING,
                    "the features' columns differ in scale by a factor of %.0f (standard deviations %.3g to %.3g); "
                    "consider --normalize standard",
                    most / least, least, most);
    } else if (most > 0 && (most < SMALL || least > LARGE)) {
        ls_log_line(
            &context->log, LS_LOG_WARNING,
            "the features have standard deviations from %.3g to %.3g; networks learn best from values around 1: "
            "consider --normalize standard",
            least, most);
    }
}

/* A constant column teaches nothing, and mostly it is a mistake in the data. */
static void warn_of_constants(ls_context *context, const ls_statistics *s)
{
    enum { NAMED = 8 };
    ls_text names = {0};
    int64_t count = 0;
    for (int64_t c = 0; c < s->columns; c++) {
        if (s->most[c] > s->least[c])
            continue;
        if (count < NAMED)
            ls_text_printf(&names, "%s%lld", count ? ", " : "", (long long)c);
        count++;
    }
    if (count > 0)
        ls_log_line(
            &context->log, LS_LOG_WARNING,
            "%lld of the features' %lld columns %s the same value in all training rows and %s of no use: column%s "
            "%s%s (counted from 0)",
            (long long)count, (long long)s->columns, count == 1 ? "has" : "have", count == 1 ? "is" : "are",
            count == 1 ? "" : "s", ls_text_string(&names), count > NAMED ? ", ..." : "");
    ls_text_free(&names);
}

/* netCDF's packed and missing values are read as they are stored. */
static void warn_of_unapplied(ls_context *context, const ls_dataset *train)
{
    const ls_source *source = ls_dataset_source(train);
    const char *file = source->file, *path = source->x_path, *unapplied = source->x_unapplied;
    char more[48] = "";
    int count = 1;
    if (source->layout != NULL)
        unapplied = ls_layout_unapplied(source->layout, &file, &path, &count);
    if (unapplied[0] == '\0')
        return;
    if (count > 1)
        (void)snprintf(more, sizeof more, "; so %s %d more", count == 2 ? "has" : "have", count - 1);
    ls_log_line(&context->log, LS_LOG_WARNING,
                "%s:%s has attributes that are not applied, its values are taken as they are stored: %s "
                "(xarray.open_dataset applies them)%s",
                file, path, unapplied, more);
}

static ls_status fit_maps(ls_context *context, const ls_options *options, const ls_dataset *train, ls_network *network)
{
    ls_statistics s;
    char name[5200];
    LS_TRY(ls_classes_fit(context, options, train, network));
    LS_TRY(ls_holding_plan(context, options, train, network));
    LS_TRY(ls_offsets_fit(context, train, network));
    LS_TRY(ls_missing_fit(context, options, train, network));
    LS_TRY(ls_statistics_find(context, train, network, false, &s));
    ls_status status = LS_OK;
    warn_of_constants(context, &s);
    warn_of_unapplied(context, train);
    (void)ls_advice_codes(context, ls_source_name(ls_dataset_source(train), name, sizeof name), &s);
    if (strcmp(options->normalize, "none") == 0)
        warn_of_scales(context, &s);
    else
        status = make_map(&s, strcmp(options->normalize, "minmax") == 0, 1, &network->feature_map);
    ls_statistics_free(&s);
    LS_TRY(ls_agree(context->comm, status));
    if (!options->normalize_targets)
        return LS_OK;
    LS_TRY(ls_statistics_find(context, train, network, true, &s));
    status = make_map(&s, false, ls_loss_spread(&network->loss), &network->target_map);
    ls_statistics_free(&s);
    return ls_agree(context->comm, status);
}

static ls_status nobody_takes(const char *what, ls_role role)
{
    return ls_fail(LS_ERR_USAGE, "%s: every layer with a %s says its own, or none has one; leave it out", what,
                   ls_role_name(role));
}

/* --kernel-regularizer, --kernel-initializer and those of the bias, for the layers that say nothing themselves. */
static ls_status complete_role(ls_role role, const char *regularizer, const char *initializer, ls_network *network)
{
    ls_regularizer penalty;
    ls_initializer initial;
    char what[64];
    if (regularizer[0]) {
        snprintf(what, sizeof what, "--%s-regularizer", ls_role_name(role));
        LS_TRY(ls_regularizer_parse(what, regularizer, &penalty));
        if (!ls_layers_regularize(network->layers, network->count, role, &penalty))
            return nobody_takes(what, role);
    }
    if (initializer[0]) {
        snprintf(what, sizeof what, "--%s-initializer", ls_role_name(role));
        LS_TRY(ls_initializer_parse(what, initializer, &initial));
        if (!ls_layers_initialize(network->layers, network->count, role, &initial))
            return nobody_takes(what, role);
    }
    return LS_OK;
}

ls_status ls_model_complete(const ls_options *options, const ls_source *source, ls_network *network)
{
    LS_TRY(complete_role(LS_KERNEL, options->kernel_regularizer, options->kernel_initializer, network));
    LS_TRY(complete_role(LS_BIAS, options->bias_regularizer, options->bias_initializer, network));
    return ls_objective_choose(options, source, network);
}

static ls_status make_network(const ls_options *options, const ls_source *source, ls_network **network)
{
    if (!options->layers[0])
        return ls_fail(
            LS_ERR_USAGE,
            "no --layers; name them from first to last, as in --layers \"64 relu, 10 softmax\", or a model of "
            "Keras' that has them, with --model");
    LS_TRY(ls_network_create(options->layers, source->features, network));
    return ls_model_complete(options, source, *network);
}

/* What the model file tells about the data. */
static void describe_preparation(const ls_options *options, const ls_dataset *train, ls_network *network)
{
    char *notes = network->prepared;
    const size_t capacity = sizeof network->prepared;
    if (train->prepared[0])
        ls_text_note(notes, capacity, "%s", train->prepared);
    if (network->fill)
        ls_text_note(notes, capacity, "missing values: %s",
                     strcmp(options->missing, "error") == 0 ? "as the initial model fills them" : options->missing);
    if (options->class_weights[0])
        ls_text_note(notes, capacity, "class weights: %.300s", options->class_weights);
}

/* A model with new weights. */
static ls_status draw(ls_context *context, const ls_options *options, const ls_dataset *train, ls_model **model)
{
    ls_model *m = NULL;
    *model = NULL;
    ls_status status = ls_memory_allocate(&m, 1, sizeof *m, "model");
    if (status == LS_OK)
        status = make_network(options, ls_dataset_source(train), &m->network);
    if (status == LS_OK)
        status = ls_memory_allocate(&m->block, m->network->block, sizeof(float), "weights");
    if (status == LS_OK)
        status = ls_encoded_copy(train->encoding, &m->encoding);
    if (status == LS_OK)
        status = ls_fault("model");
    status = ls_agree(context->comm, status);
    if (status == LS_OK)
        status = fit_maps(context, options, train, m->network);
    if (status == LS_OK)
        status = ls_agree(context->comm, ls_class_names_fit(&context->log, m->network, &m->encoding));
    if (status != LS_OK) {
        ls_model_destroy(m);
        return status;
    }
    m->kernels = context->kernels;
    ls_network_initialize(m->network, (uint32_t)options->seed, m->block);
    *model = m;
    return LS_OK;
}

/* A model with the architecture of a file's. */
static ls_status draw_like(ls_context *context, const ls_options *options, const ls_dataset *train, ls_model **model)
{
    ls_options *complete = NULL;
    *model = NULL;
    ls_status status = ls_agree(context->comm, ls_options_copy(options, &complete));
    if (status == LS_OK)
        status = ls_model_take_layers(context, complete);
    if (status == LS_OK)
        status = draw(context, complete, train, model);
    ls_options_destroy(complete);
    return status;
}

ls_status ls_model_create(ls_context *context, const ls_options *options, const ls_dataset *train, ls_model **model)
{
    const ls_fpenv saved = ls_fpenv_enter();
    ls_status status = (options->init[0]    ? ls_model_initial
                        : options->model[0] ? draw_like
                                            : draw)(context, options, train, model);
    if (status == LS_OK) {
        describe_preparation(options, train, (*model)->network);
        ls_offsets_warn(context, train, (*model)->network);
        status = ls_advice_targets(context, train, *model);
        if (status != LS_OK) {
            ls_model_destroy(*model);
            *model = NULL;
        }
    }
    ls_fpenv_leave(saved);
    return status;
}

void ls_model_destroy(ls_model *model)
{
    if (!model)
        return;
    ls_network_destroy(model->network);
    ls_common_destroy(model->common);
    if (!model->common)
        ls_memory_free(model->block);
    ls_memory_free(model->encoding);
    ls_memory_free(model);
}

/* ---- looking in and predicting ---- */

int64_t ls_model_features(const ls_model *model)
{
    return model->network->features;
}

int64_t ls_model_outputs(const ls_model *model)
{
    return model->network->outputs;
}

int64_t ls_model_parameters(const ls_model *model)
{
    return model->network->parameters;
}

int ls_model_variables(const ls_model *model)
{
    return model->network->variables;
}

static ls_status check_index(const ls_model *model, int index)
{
    if (index >= 0 && index < model->network->variables)
        return LS_OK;
    return ls_fail(LS_ERR_USAGE, "variable %d; the model has variables 0 to %d", index, model->network->variables - 1);
}

ls_status ls_model_variable(const ls_model *model, int index, ls_variable *variable)
{
    LS_TRY(check_index(model, index));
    const ls_tensor tensor = ls_network_tensor(model->network, index);
    memset(variable, 0, sizeof *variable);
    snprintf(variable->name, sizeof variable->name, "%.50s/%s", model->network->layers[tensor.layer].name,
             ls_role_name(tensor.role));
    const bool vector = ls_tensor_is_vector(&tensor);
    variable->dimensions = vector ? 1 : 2;
    variable->shape[0] = vector ? tensor.columns : tensor.rows;
    variable->shape[1] = vector ? 0 : tensor.columns;
    return LS_OK;
}

ls_status ls_model_get(const ls_model *model, int index, float *values)
{
    LS_TRY(check_index(model, index));
    ls_network_unpack(model->network, index, model->block, values);
    return LS_OK;
}

ls_status ls_model_set(ls_model *model, int index, const float *values)
{
    LS_TRY(check_index(model, index));
    ls_network_pack(model->network, index, values, model->block);
    model->writer = NULL;
    return LS_OK;
}

/* Rows of the caller's as the network takes them. */
static void prepare(const ls_network *network, int64_t rows, const float *x, float *out)
{
    const int64_t columns = network->features;
    for (int64_t i = 0; i < rows * columns; i++)
        out[i] = network->offset ? ls_offset_take((double)x[i], network->offset[i % columns]) : x[i];
    if (network->fill)
        ls_source_fill_missing(network->fill, columns, rows, out);
}

ls_status ls_model_predict_rows(const ls_model *model, int64_t rows, const float *x, float *prediction)
{
    const ls_network *network = model->network;
    const float *pointers[LS_PANEL];
    float *prepared = NULL; /* (LS_PANEL, features), where features are less their offsets, or filled in */
    ls_pass *pass = NULL;
    ls_status status;
    if (ls_network_prepares(network))
        LS_TRY_CLEANUP(ls_memory_allocate(&prepared, LS_PANEL * network->features, sizeof *prepared, "features"));
    LS_TRY_CLEANUP(ls_pass_create(network, model->kernels, 1, LS_PANEL, LS_PASS_SCORE, &pass));
    for (int64_t first = 0; first < rows; first += LS_PANEL) {
        const int64_t count = rows - first < LS_PANEL ? rows - first : LS_PANEL;
        const float *from = x + first * network->features;
        if (prepared) {
            prepare(network, count, from, prepared);
            from = prepared;
        }
        for (int64_t r = 0; r < count; r++)
            pointers[r] = from + r * network->features;
        const ls_batch batch = {.rows = count, .x = pointers};
        ls_pass_predict(pass, model->block, &batch, prediction + first * network->outputs);
    }
cleanup:
    ls_pass_destroy(pass);
    ls_memory_free(prepared);
    return status;
}
