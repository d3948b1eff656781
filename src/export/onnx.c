/* The model around the graph: inputs and outputs, maps, metadata. The constants are most of the file, so they are
 * written one by one, and lengths are found before. */
#include "export/onnx.h"

#include "base/memory.h"
#include "export/facts.h"
#include "export/maps.h"
#include "export/onnx_layers.h"
#include "export/protobuf.h"
#include "export/values.h"

#include <string.h>

#define IR_VERSION 7
#define OPSET      13

/* Field numbers. */
enum {
    MODEL_IR_VERSION = 1,
    MODEL_PRODUCER = 2,
    MODEL_PRODUCER_VERSION = 3,
    MODEL_GRAPH = 7,
    MODEL_OPSET = 8,
    MODEL_METADATA = 14,
    OPSET_DOMAIN = 1,
    OPSET_VERSION = 2,
    ENTRY_KEY = 1,
    ENTRY_VALUE = 2,
    GRAPH_NAME = 2,
    GRAPH_INPUT = 11,
    GRAPH_OUTPUT = 12,
    INFO_NAME = 1,
    INFO_TYPE = 2,
    TYPE_TENSOR = 1,
    TENSOR_ELEMENT = 1,
    TENSOR_SHAPE = 2,
    SHAPE_DIMENSION = 1,
    DIMENSION_VALUE = 1,
    DIMENSION_PARAMETER = 2
};

static const char input_name[] = "features", output_name[] = "predictions";

/* ---- nodes ---- */

static ls_onnx_value cast_to_float(ls_onnx_graph *graph, ls_onnx_value x)
{
    ls_text attributes = {0};
    ls_onnx_attribute_integer(&attributes, "to", LS_ONNX_FLOAT);
    const ls_onnx_value value = ls_onnx_graph_node(graph, "Cast", (const ls_onnx_value[5]){x}, &attributes);
    ls_text_free(&attributes);
    return value;
}

/* Missing is what is not finite, as in `--missing`. */
static ls_onnx_value fill(ls_onnx_graph *graph, ls_onnx_value x, const float *values, int64_t count)
{
    const ls_onnx_value nan = ls_onnx_graph_one(graph, "IsNaN", x);
    const ls_onnx_value missing = ls_onnx_graph_two(graph, "Or", nan, ls_onnx_graph_one(graph, "IsInf", x));
    const ls_onnx_value filled = ls_onnx_graph_vector(graph, "fill", ls_values_of_floats(values, count));
    return ls_onnx_graph_node(graph, "Where", (const ls_onnx_value[5]){missing, filled, x}, NULL);
}

static ls_onnx_value put_features(ls_onnx_graph *graph, ls_onnx_value x)
{
    const ls_exported *model = graph->model;
    const int64_t count = model->network->features;
    const ls_affine *map = ls_maps_features(model);
    ls_onnx_graph_enter(graph, "normalization");
    if (ls_maps_offset(model)) {
        x = ls_onnx_graph_two(
            graph, "Sub", x, ls_onnx_graph_vector(graph, "offset", ls_values_of_doubles(ls_maps_offset(model), count)));
        x = cast_to_float(graph, x);
    }
    if (ls_maps_fill(model))
        x = fill(graph, x, ls_maps_fill(model), count);
    if (map == NULL)
        return x;
    if (map->factor)
        x = ls_onnx_graph_two(graph, "Mul", x,
                              ls_onnx_graph_vector(graph, "factor", ls_values_of_floats(map->factor, count)));
    x = ls_onnx_graph_two(graph, "Sub", x, ls_onnx_graph_vector(graph, "mean", ls_values_of_floats(map->mean, count)));
    return ls_onnx_graph_two(graph, "Div", x,
                             ls_onnx_graph_vector(graph, "scale", ls_values_of_floats(map->scale, count)));
}

static ls_onnx_value put_targets(ls_onnx_graph *graph, ls_onnx_value y)
{
    const ls_affine *map = ls_maps_targets(graph->model);
    const int64_t count = graph->model->network->outputs;
    ls_onnx_graph_enter(graph, "targets");
    if (map == NULL)
        return y;
    y = ls_onnx_graph_two(graph, "Mul", y,
                          ls_onnx_graph_vector(graph, "scale", ls_values_of_floats(map->scale, count)));
    y = ls_onnx_graph_two(graph, "Add", y, ls_onnx_graph_vector(graph, "mean", ls_values_of_floats(map->mean, count)));
    return map->factor
               ? ls_onnx_graph_two(graph, "Div", y,
                                   ls_onnx_graph_vector(graph, "factor", ls_values_of_floats(map->factor, count)))
               : y;
}

static ls_status put_nodes(ls_onnx_graph *graph)
{
    const ls_network *network = graph->model->network;
    ls_onnx_value x = {.name = ""}, *values;
    (void)snprintf(x.name, sizeof x.name, "%s", input_name);
    LS_TRY(ls_memory_allocate(&values, network->count + 1, sizeof *values, "values of a graph"));
    values[0] = put_features(graph, x);
    for (int l = 0; l < network->count; l++) {
        const int *input = network->layers[l].input; /* LS_FEATURES is -1 */
        values[l + 1] = ls_onnx_layers_put(graph, l, values[input[0] + 1], values[input[1] + 1]);
    }
    ls_onnx_graph_end(graph, put_targets(graph, values[network->count]), output_name);
    ls_memory_free(values);
    return graph->status;
}

/* ---- what is around them ---- */

static void put_info(ls_text *graph, int field, const char *name, int element, int64_t width)
{
    ls_text rows = {0}, columns = {0}, shape = {0}, tensor = {0}, type = {0}, info = {0};
    ls_protobuf_string(&rows, DIMENSION_PARAMETER, "N");
    ls_protobuf_integer(&columns, DIMENSION_VALUE, width);
    ls_protobuf_message(&shape, SHAPE_DIMENSION, &rows);
    ls_protobuf_message(&shape, SHAPE_DIMENSION, &columns);
    ls_protobuf_integer(&tensor, TENSOR_ELEMENT, element);
    ls_protobuf_message(&tensor, TENSOR_SHAPE, &shape);
    ls_protobuf_message(&type, TYPE_TENSOR, &tensor);
    ls_protobuf_string(&info, INFO_NAME, name);
    ls_protobuf_message(&info, INFO_TYPE, &type);
    ls_protobuf_message(graph, field, &info);
    ls_text *const all[] = {&rows, &columns, &shape, &tensor, &type, &info};
    for (size_t i = 0; i < sizeof all / sizeof *all; i++)
        ls_text_free(all[i]);
}

static void put_fact(void *user, const char *key, const char *value)
{
    ls_text entry = {0};
    ls_protobuf_string(&entry, ENTRY_KEY, key);
    ls_protobuf_string(&entry, ENTRY_VALUE, value);
    ls_protobuf_message(user, MODEL_METADATA, &entry);
    ls_text_free(&entry);
}

/* A file: what stands before the constants, the constants, what stands behind them. */
typedef struct file {
    ls_onnx_graph graph;
    ls_text head, ends; /* of the model; of the graph, behind the constants */
    ls_text tail;       /* of the model */
} file;

static void put_head(file *f, int64_t graph_length)
{
    ls_protobuf_integer(&f->head, MODEL_IR_VERSION, IR_VERSION);
    ls_protobuf_string(&f->head, MODEL_PRODUCER, "lockstep");
    ls_protobuf_string(&f->head, MODEL_PRODUCER_VERSION, ls_version());
    ls_protobuf_head(&f->head, MODEL_GRAPH, graph_length);
    ls_text_append_bytes(&f->head, ls_text_string(&f->graph.nodes), f->graph.nodes.length);
}

static ls_status put_tail(file *f, const ls_exported *model)
{
    ls_text opset = {0};
    ls_protobuf_string(&opset, OPSET_DOMAIN, "");
    ls_protobuf_integer(&opset, OPSET_VERSION, OPSET);
    ls_protobuf_message(&f->tail, MODEL_OPSET, &opset);
    ls_text_free(&opset);
    return ls_facts_tell(model, put_fact, &f->tail);
}

static ls_status check_size(int64_t size)
{
    char bytes[32];
    if (size <= LS_PROTOBUF_MOST)
        return LS_OK;
    return ls_fail(LS_ERR_USAGE,
                   "the model makes a file of %s, and ONNX has room for less than 2 GiB; take another format, such as "
                   ".safetensors",
                   ls_format_bytes((double)size, bytes));
}

static ls_status make(file *f, const ls_exported *model)
{
    const ls_network *network = model->network;
    LS_TRY(put_nodes(&f->graph));
    ls_protobuf_string(&f->ends, GRAPH_NAME, "lockstep");
    put_info(&f->ends, GRAPH_INPUT, input_name, ls_maps_offset(model) ? LS_ONNX_DOUBLE : LS_ONNX_FLOAT,
             network->features);
    put_info(&f->ends, GRAPH_OUTPUT, output_name, LS_ONNX_FLOAT, network->outputs);
    const int64_t constants = ls_onnx_graph_size(&f->graph);
    put_head(f, (int64_t)f->graph.nodes.length + constants + (int64_t)f->ends.length);
    LS_TRY(put_tail(f, model));
    LS_TRY(f->graph.status);
    LS_TRY(ls_text_status(&f->graph.nodes));
    LS_TRY(ls_text_status(&f->head));
    LS_TRY(ls_text_status(&f->ends));
    LS_TRY(ls_text_status(&f->tail));
    return check_size((int64_t)(f->head.length + f->ends.length + f->tail.length) + constants);
}

static ls_status write_all(file *f, FILE *out)
{
    LS_TRY(ls_values_write(out, f->head.data, (int64_t)f->head.length));
    LS_TRY(ls_onnx_graph_write(&f->graph, out));
    LS_TRY(ls_values_write(out, f->ends.data, (int64_t)f->ends.length));
    LS_TRY(ls_values_write(out, f->tail.data, (int64_t)f->tail.length));
    return ls_values_flush(out);
}

ls_status ls_export_onnx(const ls_exported *model, FILE *out)
{
    file f = {.graph = {.model = model}};
    ls_status status = make(&f, model);
    if (status == LS_OK)
        status = write_all(&f, out);
    ls_onnx_graph_free(&f.graph);
    ls_text_free(&f.head);
    ls_text_free(&f.ends);
    ls_text_free(&f.tail);
    return status;
}
