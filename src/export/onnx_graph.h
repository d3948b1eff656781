/* A graph of ONNX that is being made: nodes one behind the other, and the constants that they read. */
#ifndef LS_EXPORT_ONNX_GRAPH_H
#define LS_EXPORT_ONNX_GRAPH_H

#include "base/text.h"
#include "export/exported.h"
#include "export/values.h"

#include <stdint.h>
#include <stdio.h>

/* TensorProto.DataType */
enum { LS_ONNX_FLOAT = 1, LS_ONNX_DOUBLE = 11 };

/* What a node gives or a constant is, by its name in the graph. */
typedef struct ls_onnx_value {
    char name[128];
} ls_onnx_value;

struct ls_onnx_constant;

typedef struct ls_onnx_graph {
    const ls_exported *model;
    ls_text nodes;     /* of GraphProto, encoded */
    const char *layer; /* whose nodes are being made: their names begin with it */
    int step;          /* of its nodes */
    int64_t constants, capacity;
    struct ls_onnx_constant *constant; /* (constants), owned */
    ls_status status;                  /* the first failure; nothing is done behind it */
} ls_onnx_graph;

/* From {.model = model} on. */
void ls_onnx_graph_free(ls_onnx_graph *graph); /* back to {0} */

/* The nodes that follow are this layer's. */
void ls_onnx_graph_enter(ls_onnx_graph *graph, const char *layer);

/* Constants of the layer, once each: a variable of the network in Keras' shape, and other values; and a number, which
 * all layers have in common. */
ls_onnx_value ls_onnx_graph_variable(ls_onnx_graph *graph, int layer, ls_role role);
ls_onnx_value ls_onnx_graph_vector(ls_onnx_graph *graph, const char *name, ls_values values);
ls_onnx_value ls_onnx_graph_number(ls_onnx_graph *graph, float number);

/* A node with one output. `inputs` ends with an empty name, or at five; attributes: encoded ones of NodeProto, or NULL.
 */
ls_onnx_value ls_onnx_graph_node(ls_onnx_graph *graph, const char *operation, const ls_onnx_value inputs[5],
                                 const ls_text *attributes);
ls_onnx_value ls_onnx_graph_one(ls_onnx_graph *graph, const char *operation, ls_onnx_value a);
ls_onnx_value ls_onnx_graph_two(ls_onnx_graph *graph, const char *operation, ls_onnx_value a, ls_onnx_value b);
/* The graph's output. */
void ls_onnx_graph_end(ls_onnx_graph *graph, ls_onnx_value value, const char *name);

/* Attributes of a node. */
void ls_onnx_attribute_float(ls_text *attributes, const char *name, float value);
void ls_onnx_attribute_integer(ls_text *attributes, const char *name, int64_t value);
void ls_onnx_attribute_integers(ls_text *attributes, const char *name, int64_t value); /* a list of one */

/* Bytes of the constants as fields of GraphProto, and writing them. */
int64_t ls_onnx_graph_size(ls_onnx_graph *graph);
ls_status ls_onnx_graph_write(ls_onnx_graph *graph, FILE *out);

#endif
