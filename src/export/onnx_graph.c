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

/* Where its values come from: a variable of the network, or floats, or doubles, or one number repeated. */
typedef struct ls_onnx_constant {
    ls_onnx_value value;
    int rank;
    int64_t extent[2];
    int variable; /* -1: none */
    const float *floats;
    const double *doubles;
    float number;
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

static ls_onnx_value add(ls_onnx_graph *graph, const constant *added)
{
    for (int64_t i = 0; i < graph->constants; i++)
        if (strcmp(graph->constant[i].value.name, added->value.name) == 0)
            return added->value;
    if (graph->status == LS_OK)
        graph->status = ls_memory_grow(&graph->constant, &graph->capacity, graph->constants + 1,
                                       sizeof *graph->constant, "constants of a graph");
    if (graph->status == LS_OK)
        graph->constant[graph->constants++] = *added;
    return added->value;
}

ls_onnx_value ls_onnx_graph_variable(ls_onnx_graph *graph, int layer, ls_role role)
{
    const int index = ls_values_find(graph->model->network, layer, role);
    const ls_tensor tensor = ls_network_tensor(graph->model->network, index);
    const bool vector = ls_tensor_is_vector(&tensor);
    const constant c = {.value = own_name(graph, ls_role_name(role)),
                        .rank = vector ? 1 : 2,
                        .extent = {vector ? tensor.columns : tensor.rows, tensor.columns},
                        .variable = index};
    return add(graph, &c);
}

ls_onnx_value ls_onnx_graph_vector(ls_onnx_graph *graph, const char *name, const float *values, int64_t count)
{
    const constant c = {.value = own_name(graph, name), .rank = 1, .extent = {count}, .variable = -1, .floats = values};
    return add(graph, &c);
}

ls_onnx_value ls_onnx_graph_doubles(ls_onnx_graph *graph, const char *name, const double *values, int64_t count)
{
    const constant c = {
        .value = own_name(graph, name), .rank = 1, .extent = {count}, .variable = -1, .doubles = values};
    return add(graph, &c);
}

ls_onnx_value ls_onnx_graph_number(ls_onnx_graph *graph, float value)
{
    char digits[32];
    constant c = {.variable = -1, .number = value};
    (void)snprintf(c.value.name, sizeof c.value.name, "number/%s", ls_format_float(value, digits));
    return add(graph, &c);
}

ls_onnx_value ls_onnx_graph_repeat(ls_onnx_graph *graph, const char *name, float value, int64_t count)
{
    const constant c = {.value = own_name(graph, name), .rank = 1, .extent = {count}, .variable = -1, .number = value};
    return add(graph, &c);
}

static int64_t count_values(const constant *c)
{
    int64_t count = 1;
    for (int i = 0; i < c->rank; i++)
        count *= c->extent[i];
    return count;
}

static int64_t count_bytes(const constant *c)
{
    return count_values(c) * (int64_t)(c->doubles ? sizeof(double) : sizeof(float));
}

/* All of TensorProto but the values, which end it. */
static void put_head(const constant *c, ls_text *head)
{
    for (int i = 0; i < c->rank; i++)
        ls_protobuf_integer(head, TENSOR_DIMENSION, c->extent[i]);
    ls_protobuf_integer(head, TENSOR_TYPE, c->doubles ? LS_ONNX_DOUBLE : LS_ONNX_FLOAT);
    ls_protobuf_string(head, TENSOR_NAME, c->value.name);
    ls_protobuf_head(head, TENSOR_RAW, count_bytes(c));
}

/* The same with what stands in front of the tensor in the graph. */
static void put_field(const constant *c, ls_text *field)
{
    ls_text head = {0};
    put_head(c, &head);
    ls_protobuf_head(field, GRAPH_CONSTANT, (int64_t)head.length + count_bytes(c));
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
        size += (int64_t)field.length + count_bytes(&graph->constant[i]);
    }
    if (graph->status == LS_OK)
        graph->status = ls_text_status(&field);
    ls_text_free(&field);
    return size;
}

static ls_status write_values(const ls_onnx_graph *graph, const constant *c, FILE *out)
{
    const int64_t count = count_values(c);
    if (c->variable >= 0)
        return ls_values_write_variable(out, graph->model, c->variable, false);
    if (c->doubles)
        return ls_values_write_double(out, c->doubles, count);
    if (c->floats)
        return ls_values_write_float(out, c->floats, count);
    for (int64_t i = 0; i < count; i++)
        LS_TRY(ls_values_write_float(out, &c->number, 1));
    return LS_OK;
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
            status = write_values(graph, &graph->constant[i], out);
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
