/* Activations by operators of opset 13 (src/math/README.md has the formulas). */
#include "export/onnx_layers.h"

#include <math.h>

/* What the kernels multiply with, as float32 (math/elementwise.inc). */
#define SELU_SCALE  1.0507009873554805
#define SELU_ALPHA  1.6732632423543772
#define LEAKY_SLOPE 0.2
#define ROOT_OF_TWO 1.4142135623730951

static ls_onnx_value number(ls_onnx_graph *graph, double value)
{
    return ls_onnx_graph_number(graph, (float)value);
}

/* An operator with one or two settings. */
static ls_onnx_value with(ls_onnx_graph *graph, const char *operation, ls_onnx_value z, const char *first, double a,
                          const char *second, double b)
{
    ls_text attributes = {0};
    ls_onnx_attribute_float(&attributes, first, (float)a);
    if (second)
        ls_onnx_attribute_float(&attributes, second, (float)b);
    const ls_onnx_value value = ls_onnx_graph_node(graph, operation, (const ls_onnx_value[5]){z}, &attributes);
    ls_text_free(&attributes);
    return value;
}

static ls_onnx_value put_linear(ls_onnx_graph *graph, ls_onnx_value z)
{
    (void)graph;
    return z;
}

static ls_onnx_value put_relu(ls_onnx_graph *graph, ls_onnx_value z)
{
    return ls_onnx_graph_one(graph, "Relu", z);
}

static ls_onnx_value put_sigmoid(ls_onnx_graph *graph, ls_onnx_value z)
{
    return ls_onnx_graph_one(graph, "Sigmoid", z);
}

static ls_onnx_value put_tanh(ls_onnx_graph *graph, ls_onnx_value z)
{
    return ls_onnx_graph_one(graph, "Tanh", z);
}

static ls_onnx_value put_softmax(ls_onnx_graph *graph, ls_onnx_value z)
{
    ls_text attributes = {0};
    ls_onnx_attribute_integer(&attributes, "axis", -1);
    const ls_onnx_value value = ls_onnx_graph_node(graph, "Softmax", (const ls_onnx_value[5]){z}, &attributes);
    ls_text_free(&attributes);
    return value;
}

static ls_onnx_value put_leaky_relu(ls_onnx_graph *graph, ls_onnx_value z)
{
    return with(graph, "LeakyRelu", z, "alpha", LEAKY_SLOPE, NULL, 0);
}

static ls_onnx_value put_elu(ls_onnx_graph *graph, ls_onnx_value z)
{
    return with(graph, "Elu", z, "alpha", 1, NULL, 0);
}

static ls_onnx_value put_selu(ls_onnx_graph *graph, ls_onnx_value z)
{
    return with(graph, "Selu", z, "alpha", SELU_ALPHA, "gamma", SELU_SCALE);
}

/* z (1 + erf(z / sqrt 2)) / 2: the operator is of opset 20. */
static ls_onnx_value put_gelu(ls_onnx_graph *graph, ls_onnx_value z)
{
    const ls_onnx_value scaled = ls_onnx_graph_two(graph, "Div", z, number(graph, ROOT_OF_TWO));
    const ls_onnx_value erf = ls_onnx_graph_one(graph, "Erf", scaled);
    const ls_onnx_value twice = ls_onnx_graph_two(graph, "Add", erf, number(graph, 1));
    const ls_onnx_value product = ls_onnx_graph_two(graph, "Mul", z, twice);
    return ls_onnx_graph_two(graph, "Mul", product, number(graph, 0.5));
}

/* z sigmoid(z): the operator is of opset 24. */
static ls_onnx_value put_silu(ls_onnx_graph *graph, ls_onnx_value z)
{
    return ls_onnx_graph_two(graph, "Mul", z, ls_onnx_graph_one(graph, "Sigmoid", z));
}

static ls_onnx_value put_softplus(ls_onnx_graph *graph, ls_onnx_value z)
{
    return ls_onnx_graph_one(graph, "Softplus", z);
}

static ls_onnx_value put_softsign(ls_onnx_graph *graph, ls_onnx_value z)
{
    return ls_onnx_graph_one(graph, "Softsign", z);
}

static ls_onnx_value put_hard_sigmoid(ls_onnx_graph *graph, ls_onnx_value z)
{
    return with(graph, "HardSigmoid", z, "alpha", 1.0 / 6, "beta", 0.5);
}

/* z tanh(softplus(z)): the operator is of opset 18. */
static ls_onnx_value put_mish(ls_onnx_graph *graph, ls_onnx_value z)
{
    const ls_onnx_value softplus = ls_onnx_graph_one(graph, "Softplus", z);
    return ls_onnx_graph_two(graph, "Mul", z, ls_onnx_graph_one(graph, "Tanh", softplus));
}

static ls_onnx_value put_exponential(ls_onnx_graph *graph, ls_onnx_value z)
{
    return ls_onnx_graph_one(graph, "Exp", z);
}

/* ---- with settings ---- */

/* As relu_with1 in math/elementwise.inc: below the threshold it is slope (z - threshold). */
static ls_onnx_value put_relu_with(ls_onnx_graph *graph, const float *numbers, ls_onnx_value z)
{
    const float max_value = numbers[0], slope = numbers[1], threshold = numbers[2];
    ls_onnx_value a;
    if (threshold == 0 && slope == 0) /* and a largest value, or it had no settings */
        return ls_onnx_graph_node(
            graph, "Clip", (const ls_onnx_value[5]){z, number(graph, 0), number(graph, (double)max_value)}, NULL);
    if (threshold == 0) {
        a = with(graph, "LeakyRelu", z, "alpha", (double)slope, NULL, 0);
    } else {
        a = with(graph, "ThresholdedRelu", z, "alpha", (double)threshold, NULL, 0);
        if (slope != 0) {
            const ls_onnx_value under = ls_onnx_graph_two(graph, "Sub", number(graph, (double)threshold), z);
            const ls_onnx_value lost =
                ls_onnx_graph_two(graph, "Mul", ls_onnx_graph_one(graph, "Relu", under), number(graph, (double)slope));
            a = ls_onnx_graph_two(graph, "Sub", a, lost);
        }
    }
    return isinf(max_value) ? a : ls_onnx_graph_two(graph, "Min", a, number(graph, (double)max_value));
}

static ls_onnx_value put_leaky_relu_with(ls_onnx_graph *graph, const float *numbers, ls_onnx_value z)
{
    return with(graph, "LeakyRelu", z, "alpha", (double)numbers[0], NULL, 0);
}

static ls_onnx_value put_elu_with(ls_onnx_graph *graph, const float *numbers, ls_onnx_value z)
{
    return with(graph, "Elu", z, "alpha", (double)numbers[0], NULL, 0);
}

static ls_onnx_value (*const put_with[LS_ACTIVATION_COUNT])(ls_onnx_graph *graph, const float *numbers,
                                                            ls_onnx_value z) = {
    [LS_RELU] = put_relu_with, [LS_LEAKY_RELU] = put_leaky_relu_with, [LS_ELU] = put_elu_with};

/* One that is added to LS_ACTIVATIONS has its function here, or nothing compiles. */
#define ROW(NAME, name, alias, reads_z) [LS_##NAME] = put_##name,
static ls_onnx_value (*const put[LS_ACTIVATION_COUNT])(ls_onnx_graph *graph, ls_onnx_value z) = {LS_ACTIVATIONS(ROW)};

ls_onnx_value ls_onnx_layers_activate(ls_onnx_graph *graph, const ls_layer *layer, ls_onnx_value z)
{
    const float *numbers = ls_activation_numbers(&layer->activation_settings);
    return numbers ? put_with[layer->activation](graph, numbers, z) : put[layer->activation](graph, z);
}
