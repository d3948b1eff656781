/* Nodes and constants as ONNX has them (onnx.proto3): names of messages and fields with their numbers stand beside what
 * is written. */
#include "export/onnx_graph.h"

#include "base/memory.h"
#include "export/protobuf.h"
#include "export/values.h"

#include <string.h>

/* Field numbers. */
enum {
    NODE_INPUT = 1,
    NODE_OUTPUT = 2,
    NODE_NAME = 3,
    NODE_OPERATION = 4,
    NODE_ATTRIBUTE = 5,
    ATTRIBUTE_NAME = 1,
    ATTRIBUTE_FLOAT = 2,
    ATTRIBUTE_INTEGER = 3,
    ATTRIBUTE_INTEGERS = 8,
    ATTRIBUTE_TYPE = 20,
    TENSOR_DIMENSION = 1,
    TENSOR_TYPE = 2,
    TENSOR_NAME = 8,
    TENSOR_RAW = 9,
    GRAPH_NODE = 1,
    GRAPH_CONSTANT = 5
};

/* AttributeProto.AttributeType */
enum { TYPE_FLOAT = 1, TYPE_INTEGER = 2, TYPE_INTEGERS = 7 };

typedef struct ls_onnx_constant {
    ls_onnx_value value;
    ls_values values;
} constant;

void ls_onnx_graph_free(ls_onnx_graph *graph)
{
    ls_text_free(&graph->nodes);
    ls_memory_free(graph->constant);
    *graph = (ls_onnx_graph){0};
}

void ls_onnx_graph_enter(ls_onnx_graph *graph, const char *layer)
{
    graph->layer = layer;
    graph->step = 0;
}

/* ---- constants ---- */

static ls_onnx_value own_name(const ls_onnx_graph *graph, const char *name)
{
    ls_onnx_value value;
    (void)snprintf(value.name, sizeof value.name, "%s/%s", graph->layer, name);
    return value;
}

static ls_onnx_value add(ls_onnx_graph *graph, ls_onnx_value value, const ls_values *values)
{
    for (int64_t i = 0; i < graph->constants; i++)
        if (strcmp(graph->constant[i].value.name, value.name) == 0)
            return value;
    if (graph->status == LS_OK)
        graph->status = ls_memory_grow(&graph->constant, &graph->capacity, graph->constants + 1,
                                       sizeof *graph->constant, "constants of a graph");
    if (graph->status == LS_OK)
        graph->constant[graph->constants++] = (constant){value, *values};
    return value;
}

ls_onnx_value ls_onnx_graph_variable(ls_onnx_graph *graph, int layer, ls_role role)
{
    const ls_network *network = graph->model->network;
    const ls_values values = ls_values_of_variable(network, ls_values_find(network, layer, role), false);
    return add(graph, own_name(graph, ls_role_name(role)), &values);
}

ls_onnx_value ls_onnx_graph_vector(ls_onnx_graph *graph, const char *name, ls_values values)
{
    return add(graph, own_name(graph, name), &values);
}

ls_onnx_value ls_onnx_graph_number(ls_onnx_graph *graph, float number)
{
    char digits[32];
    ls_onnx_value value;
    const ls_values values = ls_values_of_number(number, 0);
    (void)snprintf(value.name, sizeof value.name, "number/%s", ls_format_float(number, digits));
    return add(graph, value, &values);
}

/* All of TensorProto but the values, which end it. */
static void put_head(const constant *c, ls_text *head)
{
    for (int i = 0; i < c->values.rank; i++)
        ls_protobuf_integer(head, TENSOR_DIMENSION, c->values.extent[i]);
    ls_protobuf_integer(head, TENSOR_TYPE, c->values.doubles ? LS_ONNX_DOUBLE : LS_ONNX_FLOAT);
    ls_protobuf_string(head, TENSOR_NAME, c->value.name);
    ls_protobuf_head(head, TENSOR_RAW, ls_values_bytes(&c->values));
}

/* The same with what stands in front of the tensor in the graph. */
static void put_field(const constant *c, ls_text *field)
{
    ls_text head = {0};
    put_head(c, &head);
    ls_protobuf_head(field, GRAPH_CONSTANT, (int64_t)head.length + ls_values_bytes(&c->values));
    ls_text_append_bytes(field, ls_text_string(&head), head.length);
    field->failed = field->failed || head.failed;
    ls_text_free(&head);
}

int64_t ls_onnx_graph_size(ls_onnx_graph *graph)
{
    ls_text field = {0};
    int64_t size = 0;
    for (int64_t i = 0; i < graph->constants; i++) {
        ls_text_clear(&field);
        put_field(&graph->constant[i], &field);
        size += (int64_t)field.length + ls_values_bytes(&graph->constant[i].values);
    }
    if (graph->status == LS_OK)
        graph->status = ls_text_status(&field);
    ls_text_free(&field);
    return size;
}

ls_status ls_onnx_graph_write(ls_onnx_graph *graph, FILE *out)
{
    ls_text field = {0};
    ls_status status = graph->status;
    for (int64_t i = 0; i < graph->constants && status == LS_OK; i++) {
        ls_text_clear(&field);
        put_field(&graph->constant[i], &field);
        status = ls_text_status(&field);
        if (status == LS_OK)
            status = ls_values_write(out, field.data, (int64_t)field.length);
        if (status == LS_OK)
            status = ls_values_put(&graph->constant[i].values, graph->model, out);
    }
    ls_text_free(&field);
    return status;
}

/* ---- nodes ---- */

static void put_node(ls_onnx_graph *graph, const char *operation, const ls_onnx_value inputs[5], const char *output,
                     const ls_text *attributes)
{
    ls_text node = {0};
    for (int i = 0; i < 5 && inputs[i].name[0] != '\0'; i++)
        ls_protobuf_string(&node, NODE_INPUT, inputs[i].name);
    ls_protobuf_string(&node, NODE_OUTPUT, output);
    ls_protobuf_string(&node, NODE_NAME, output);
    ls_protobuf_string(&node, NODE_OPERATION, operation);
    if (attributes) {
        ls_text_append_bytes(&node, ls_text_string(attributes), attributes->length);
        node.failed = node.failed || attributes->failed;
    }
    ls_protobuf_message(&graph->nodes, GRAPH_NODE, &node);
    ls_text_free(&node);
}

/* Named after layer and operation; behind the first of the layer with its number, as the same may come again. */
ls_onnx_value ls_onnx_graph_node(ls_onnx_graph *graph, const char *operation, const ls_onnx_value inputs[5],
                                 const ls_text *attributes)
{
    ls_onnx_value output;
    if (graph->step == 0)
        (void)snprintf(output.name, sizeof output.name, "%s/%s", graph->layer, operation);
    else
        (void)snprintf(output.name, sizeof output.name, "%s/%s_%d", graph->layer, operation, graph->step);
    graph->step++;
    put_node(graph, operation, inputs, output.name, attributes);
    return output;
}

ls_onnx_value ls_onnx_graph_one(ls_onnx_graph *graph, const char *operation, ls_onnx_value a)
{
    return ls_onnx_graph_node(graph, operation, (const ls_onnx_value[5]){a}, NULL);
}

ls_onnx_value ls_onnx_graph_two(ls_onnx_graph *graph, const char *operation, ls_onnx_value a, ls_onnx_value b)
{
    return ls_onnx_graph_node(graph, operation, (const ls_onnx_value[5]){a, b}, NULL);
}

void ls_onnx_graph_end(ls_onnx_graph *graph, ls_onnx_value value, const char *name)
{
    put_node(graph, "Identity", (const ls_onnx_value[5]){value}, name, NULL);
}

/* ---- attributes ---- */

static void put_attribute(ls_text *attributes, const char *name, int type, ls_text *value)
{
    ls_text attribute = {0};
    ls_protobuf_string(&attribute, ATTRIBUTE_NAME, name);
    ls_text_append_bytes(&attribute, ls_text_string(value), value->length);
    ls_protobuf_integer(&attribute, ATTRIBUTE_TYPE, type);
    attribute.failed = attribute.failed || value->failed;
    ls_protobuf_message(attributes, NODE_ATTRIBUTE, &attribute);
    ls_text_free(&attribute);
    ls_text_free(value);
}

void ls_onnx_attribute_float(ls_text *attributes, const char *name, float value)
{
    ls_text encoded = {0};
    ls_protobuf_float(&encoded, ATTRIBUTE_FLOAT, value);
    put_attribute(attributes, name, TYPE_FLOAT, &encoded);
}

void ls_onnx_attribute_integer(ls_text *attributes, const char *name, int64_t value)
{
    ls_text encoded = {0};
    ls_protobuf_integer(&encoded, ATTRIBUTE_INTEGER, value);
    put_attribute(attributes, name, TYPE_INTEGER, &encoded);
}

void ls_onnx_attribute_integers(ls_text *attributes, const char *name, int64_t value)
{
    ls_text encoded = {0};
    ls_protobuf_integer(&encoded, ATTRIBUTE_INTEGERS, value);
    put_attribute(attributes, name, TYPE_INTEGERS, &encoded);
}
