/* The layers as Keras has them in the model file, which are those of the network and what maps its data. */
#include "jobs/summary.h"

#include "model/layer_kinds.h"
#include "store/keras_config.h"

#include <stdio.h>
#include <string.h>

/* ---- rows of the table ---- */

/* A layer of the model file. */
typedef struct row {
    const char *name, *keras_class;
    int layer; /* of the network; -1: input, or a normalisation */
    int64_t units;
    int64_t trainable, others; /* parameters */
} row;

/* A normalisation has mean, variance and a count. */
static row map_row(const char *name, int64_t columns)
{
    return (row){name, "Normalization", -1, columns, 0, 2 * columns + 1};
}

/* Powers of two are part of the configuration. */
static row factor_row(const char *name, int64_t columns)
{
    return (row){name, "Rescaling", -1, columns, 0, 0};
}

static row layer_row(const ls_network *network, int l)
{
    const ls_layer *layer = &network->layers[l];
    row r = {layer->name, layer->kind->keras_class, l, layer->units, 0, 0};
    for (int i = 0; i < network->variables; i++) {
        const ls_tensor *tensor = &network->tensor[i];
        if (tensor->layer == l)
            *(ls_role_trainable(tensor->role) ? &r.trainable : &r.others) += tensor->rows * tensor->columns;
    }
    return r;
}

/* The i-th layer; false behind the last. */
static bool row_at(const ls_network *network, int i, row *r)
{
    const char *before = ls_keras_feature_map_name(network), *behind = ls_keras_target_map_name(network);
    const char *factors = ls_keras_feature_factor_name(network), *undone = ls_keras_target_factor_name(network);
    if (i-- == 0) {
        *r = (row){"input", "InputLayer", -1, network->features, 0, 0};
        return true;
    }
    if (factors && i-- == 0) {
        *r = factor_row(factors, network->features);
        return true;
    }
    if (before && i-- == 0) {
        *r = map_row(before, network->features);
        return true;
    }
    if (i < network->count) {
        *r = layer_row(network, i);
        return true;
    }
    if (behind && i == network->count) {
        *r = map_row(behind, network->outputs);
        return true;
    }
    if (undone && i == network->count + 1) {
        *r = factor_row(undone, network->outputs);
        return true;
    }
    return false;
}

static const char *input_name(const ls_network *network, int input)
{
    const char *map = ls_keras_feature_map_name(network);
    return input != LS_FEATURES ? network->layers[input].name : map ? map : "input";
}

/* "dense, add": what a layer reads, where it is not the one before it alone. */
static bool put_inputs(const ls_network *network, const row *r, char *text, size_t size)
{
    const ls_layer *layer = r->layer < 0 ? NULL : &network->layers[r->layer];
    text[0] = '\0';
    if (!layer || (layer->input[0] == r->layer - 1 && layer->input[1] == layer->input[0]))
        return false;
    snprintf(text, size, "%s", input_name(network, layer->input[0]));
    if (layer->input[1] != layer->input[0])
        snprintf(text + strlen(text), size - strlen(text), ", %s", input_name(network, layer->input[1]));
    return true;
}

static void sum_parameters(const ls_network *network, int64_t *trainable, int64_t *others)
{
    row r;
    *trainable = *others = 0;
    for (int i = 0; row_at(network, i, &r); i++) {
        *trainable += r.trainable;
        *others += r.others;
    }
}

/* ---- for people ---- */

enum {
    COLUMNS = 80,
    NAME_LEAST = 5, /* "layer" */
    NAME_MOST = 44,
    SHAPE = 14,
    PARAMETERS = 12
};

static int name_width(const ls_network *network)
{
    int widest = NAME_LEAST;
    row r;
    for (int i = 0; row_at(network, i, &r); i++) {
        const int width = (int)(strlen(r.name) + strlen(r.keras_class)) + 3;
        widest = width > widest ? width : widest;
    }
    return widest < NAME_MOST ? widest : NAME_MOST;
}

void ls_summary_layers(const ls_network *network, ls_text *text)
{
    const int width = name_width(network);
    int64_t trainable, others;
    row r;
    ls_text_printf(text, "  %-*s %*s %*s  connected to\n", width, "layer", SHAPE, "output shape", PARAMETERS,
                   "parameters");
    for (int i = 0; row_at(network, i, &r); i++) {
        char name[96], shape[32], inputs[160];
        snprintf(name, sizeof name, "%s (%s)", r.name, r.keras_class);
        snprintf(shape, sizeof shape, "(None, %lld)", (long long)r.units);
        ls_text_printf(text, "  %-*.*s %*s %*lld", width, width, name, SHAPE, shape, PARAMETERS,
                       (long long)(r.trainable + r.others));
        if (put_inputs(network, &r, inputs, sizeof inputs)) {
            const bool fits = 2 + width + 1 + SHAPE + 1 + PARAMETERS + 2 + (int)strlen(inputs) <= COLUMNS;
            ls_text_printf(text, "%s%.*s", fits ? "  " : "\n      connected to ", COLUMNS - 20, inputs);
        }
        ls_text_append(text, "\n");
    }
    sum_parameters(network, &trainable, &others);
    ls_text_printf(text, "  in the file: %lld trainable, %lld others (normalisation, moving statistics)\n",
                   (long long)trainable, (long long)others);
}

static void put_part(ls_text *text, const char *name, int64_t bytes, const char *remark)
{
    char number[32];
    if (bytes > 0)
        ls_text_printf(text, "  %-12s %10s%s%s\n", name, ls_format_bytes((double)bytes, number), remark[0] ? "  " : "",
                       remark);
}

static void put_too_little(ls_text *text, const ls_footprint_setup *setup, const ls_footprint *f)
{
    char copy[32], memory[32];
    ls_text_printf(text, "  a copy of the state, %s more, is beyond --memory (%s): all ranks wait for checkpoints\n",
                   ls_format_bytes((double)f->copy_would_be, copy), ls_format_bytes((double)setup->memory, memory));
}

void ls_summary_memory(const ls_footprint_setup *setup, const ls_footprint *f, ls_text *text)
{
    char remark[96], each[32];
    ls_text_printf(text, "memory of %s: batches of %lld rows%s, %d rank%s of %d thread%s\n",
                   setup->ranks == 1 ? "the one rank" : "the rank with most", (long long)setup->batch,
                   setup->purpose == LS_PASS_TRAIN_BFLOAT16 ? ", products in bfloat16" : "", setup->ranks,
                   setup->ranks == 1 ? "" : "s", setup->threads, setup->threads == 1 ? "" : "s");
    put_part(text, "weights", f->weights, "");
    const bool sliced = f->optimizer < setup->slots * setup->network->trainable * (int64_t)sizeof(float);
    snprintf(remark, sizeof remark, "%d slot%s a weight%s", setup->slots, setup->slots == 1 ? "" : "s",
             sliced ? ", those of its slice" : "");
    put_part(text, "optimizer", f->optimizer, remark);
    put_part(text, "best epoch", f->best, "its weights and slots");
    put_part(text, "gradient", f->gradient, setup->ranks > 1 ? "and what travels between ranks" : "");
    snprintf(remark, sizeof remark, "%lld rows of a batch, %s each%s", (long long)f->batch_rows,
             ls_format_bytes((double)ls_footprint_row(setup), each), setup->validated ? "; validation" : "");
    put_part(text, "activations", f->activations, remark);
    put_part(text, "metrics", f->metrics, "counts of classes, and scores in their order");
    put_part(text, "saving", f->saving, "pieces of a tensor, to write or read a checkpoint");
    put_part(text, "copy", f->copy, "of the state, to write checkpoints beside training");
    put_part(text, "rows", f->rows, "of data in memory");
    put_part(text, "together", f->total, f->rows > 0 ? "" : "and the rows: lockstep info DATA --ranks N");
    if (f->copy == 0 && setup->beside == LS_SAVER_AUTO && ls_saver_is_large(setup->network, setup->slots))
        put_too_little(text, setup, f);
}

/* ---- for programs ---- */

static void put_shape(ls_json *json, const char *key, const ls_tensor *tensor)
{
    ls_json_key(json, key);
    ls_json_array_begin(json);
    if (!ls_tensor_is_vector(tensor))
        ls_json_integer(json, tensor->rows);
    ls_json_integer(json, tensor->columns);
    ls_json_array_end(json);
}

static void put_row(const ls_network *network, const row *r, const char *before, ls_json *json)
{
    const ls_layer *layer = r->layer < 0 ? NULL : &network->layers[r->layer];
    ls_json_object_begin(json);
    ls_json_put_string(json, "name", r->name);
    ls_json_put_string(json, "class", r->keras_class);
    ls_json_key(json, "output_shape");
    ls_json_array_begin(json);
    ls_json_null(json);
    ls_json_integer(json, r->units);
    ls_json_array_end(json);
    ls_json_put_integer(json, "trainable_parameters", r->trainable);
    ls_json_put_integer(json, "other_parameters", r->others);
    ls_json_key(json, "inputs");
    ls_json_array_begin(json);
    if (layer)
        ls_json_string(json, input_name(network, layer->input[0]));
    else if (before)
        ls_json_string(json, before);
    if (layer && layer->input[1] != layer->input[0])
        ls_json_string(json, input_name(network, layer->input[1]));
    ls_json_array_end(json);
    ls_json_key(json, "variables");
    ls_json_array_begin(json);
    for (int i = 0; layer && i < network->variables; i++) {
        const ls_tensor *tensor = &network->tensor[i];
        if (tensor->layer != r->layer)
            continue;
        ls_json_object_begin(json);
        ls_json_put_string(json, "name", ls_role_name(tensor->role));
        put_shape(json, "shape", tensor);
        ls_json_object_end(json);
    }
    ls_json_array_end(json);
    ls_json_object_end(json);
}

void ls_summary_layers_json(const ls_network *network, ls_json *json)
{
    int64_t trainable, others;
    const char *before = NULL;
    row r;
    ls_json_key(json, "layers");
    ls_json_array_begin(json);
    for (int i = 0; row_at(network, i, &r); i++) {
        put_row(network, &r, before, json);
        before = r.name;
    }
    ls_json_array_end(json);
    sum_parameters(network, &trainable, &others);
    ls_json_put_integer(json, "trainable_parameters", trainable);
    ls_json_put_integer(json, "other_parameters", others);
}

void ls_summary_memory_json(const ls_footprint_setup *setup, const ls_footprint *f, ls_json *json)
{
    ls_json_key(json, "memory");
    ls_json_object_begin(json);
    ls_json_put_integer(json, "batch_size", setup->batch);
    ls_json_put_integer(json, "ranks", setup->ranks);
    ls_json_put_integer(json, "threads", setup->threads);
    ls_json_put_integer(json, "batch_rows", f->batch_rows);
    ls_json_put_integer(json, "weights", f->weights);
    ls_json_put_integer(json, "optimizer", f->optimizer);
    ls_json_put_integer(json, "best_epoch", f->best);
    ls_json_put_integer(json, "gradient", f->gradient);
    ls_json_put_integer(json, "activations", f->activations);
    ls_json_put_integer(json, "metrics", f->metrics);
    ls_json_put_integer(json, "saving", f->saving);
    ls_json_put_integer(json, "copy", f->copy);
    ls_json_put_integer(json, "bytes", f->total);
    ls_json_object_end(json);
}
