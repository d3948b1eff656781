/* A row for each kind of layer, as nodes that predict: what is random while training is left out. */
#include "export/onnx_layers.h"

#include "model/layer_kinds.h"

#include <string.h>

typedef struct inputs {
    ls_onnx_value a, b;
} inputs;

static ls_onnx_value put_dense(ls_onnx_graph *graph, int index, inputs x)
{
    const ls_layer *layer = &graph->model->network->layers[index];
    const ls_onnx_value kernel = ls_onnx_graph_variable(graph, index, LS_KERNEL);
    const ls_onnx_value z =
        layer->bias
            ? ls_onnx_graph_node(graph, "Gemm",
                                 (const ls_onnx_value[5]){x.a, kernel, ls_onnx_graph_variable(graph, index, LS_BIAS)},
                                 NULL)
            : ls_onnx_graph_two(graph, "MatMul", x.a, kernel);
    return ls_onnx_layers_activate(graph, layer, z);
}

static ls_onnx_value put_activation(ls_onnx_graph *graph, int index, inputs x)
{
    return ls_onnx_layers_activate(graph, &graph->model->network->layers[index], x.a);
}

static ls_onnx_value put_add(ls_onnx_graph *graph, int index, inputs x)
{
    (void)index;
    return ls_onnx_graph_two(graph, "Add", x.b, x.a);
}

static ls_onnx_value put_nothing(ls_onnx_graph *graph, int index, inputs x)
{
    (void)graph;
    (void)index;
    return x.a;
}

static ls_onnx_value mean_of(ls_onnx_graph *graph, ls_onnx_value x)
{
    ls_text attributes = {0};
    ls_onnx_attribute_integers(&attributes, "axes", -1);
    const ls_onnx_value value = ls_onnx_graph_node(graph, "ReduceMean", (const ls_onnx_value[5]){x}, &attributes);
    ls_text_free(&attributes);
    return value;
}

/* (x - mean) / sqrt(variance + epsilon), then scale and offset: the operator is of opset 17. Runtimes make one of it.
 */
static ls_onnx_value put_layer_normalization(ls_onnx_graph *graph, int index, inputs x)
{
    const ls_layer *layer = &graph->model->network->layers[index];
    const ls_onnx_value less = ls_onnx_graph_two(graph, "Sub", x.a, mean_of(graph, x.a));
    const ls_onnx_value variance = mean_of(graph, ls_onnx_graph_two(graph, "Mul", less, less));
    const ls_onnx_value epsilon = ls_onnx_graph_number(graph, (float)layer->epsilon);
    const ls_onnx_value deviation =
        ls_onnx_graph_one(graph, "Sqrt", ls_onnx_graph_two(graph, "Add", variance, epsilon));
    ls_onnx_value y = ls_onnx_graph_two(graph, "Div", less, deviation);
    if (layer->scale)
        y = ls_onnx_graph_two(graph, "Mul", y, ls_onnx_graph_variable(graph, index, LS_SCALE));
    if (layer->center)
        y = ls_onnx_graph_two(graph, "Add", y, ls_onnx_graph_variable(graph, index, LS_OFFSET));
    return y;
}

/* The operator wants a scale and an offset. */
static ls_onnx_value put_batch_normalization(ls_onnx_graph *graph, int index, inputs x)
{
    const ls_layer *layer = &graph->model->network->layers[index];
    const ls_onnx_value scale = layer->scale
                                    ? ls_onnx_graph_variable(graph, index, LS_SCALE)
                                    : ls_onnx_graph_vector(graph, "ones", ls_values_of_number(1, layer->units));
    const ls_onnx_value offset = layer->center
                                     ? ls_onnx_graph_variable(graph, index, LS_OFFSET)
                                     : ls_onnx_graph_vector(graph, "zeros", ls_values_of_number(0, layer->units));
    ls_text attributes = {0};
    ls_onnx_attribute_float(&attributes, "epsilon", (float)layer->epsilon);
    const ls_onnx_value y =
        ls_onnx_graph_node(graph, "BatchNormalization",
                           (const ls_onnx_value[5]){x.a, scale, offset, ls_onnx_graph_variable(graph, index, LS_MEAN),
                                                    ls_onnx_graph_variable(graph, index, LS_VARIANCE)},
                           &attributes);
    ls_text_free(&attributes);
    return y;
}

typedef struct row {
    const char *keras_class; /* the kind's */
    ls_onnx_value (*put)(ls_onnx_graph *graph, int index, inputs x);
} row;

static const row rows[] = {
    {"Dense", put_dense},
    {"Activation", put_activation},
    {"Add", put_add},
    {"Dropout", put_nothing},
    {"GaussianNoise", put_nothing},
    {"LayerNormalization", put_layer_normalization},
    {"BatchNormalization", put_batch_normalization},
};

ls_onnx_value ls_onnx_layers_put(ls_onnx_graph *graph, int index, ls_onnx_value a, ls_onnx_value b)
{
    const ls_layer *layer = &graph->model->network->layers[index];
    ls_onnx_graph_enter(graph, layer->name);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        if (strcmp(rows[i].keras_class, layer->kind->keras_class) == 0)
            return rows[i].put(graph, index, (inputs){a, b});
    if (graph->status == LS_OK)
        graph->status = ls_fail(LS_ERR_USAGE, "layer '%s' is a %s, for which this Lockstep knows no operators of ONNX",
                                layer->name, layer->kind->keras_class);
    return a;
}
