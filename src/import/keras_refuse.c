/* What of a Keras model Lockstep does not have: where it stands, and what is nearest. */
#include "import/keras_reader.h"

#include "base/parse.h"
#include "base/visible.h"

#include <stdarg.h>
#include <string.h>

/* Names are the user's, and messages one line. */
static void put_visible(ls_text *text, const char *format, va_list arguments)
{
    ls_text raw = {0};
    ls_text_vprintf(&raw, format, arguments);
    ls_visible_put(ls_text_string(&raw), raw.length, text);
    ls_text_free(&raw);
}

ls_status ls_keras_refuse(const ls_keras_reader *r, const char *nearest, const char *format, ...)
{
    ls_text text = {0};
    va_list arguments;
    va_start(arguments, format);
    put_visible(&text, format, arguments);
    va_end(arguments);
    const ls_status status =
        ls_fail(LS_ERR_DATA, "%s: %s%s%s%s%s%s", r->file, r->place, r->place[0] ? ": " : "", ls_text_string(&text),
                nearest ? " (nearest: " : "", nearest ? nearest : "", nearest ? ")" : "");
    ls_text_free(&text);
    return status;
}

void ls_keras_remark(const ls_keras_reader *r, ls_text *remarks, const char *format, ...)
{
    va_list arguments;
    ls_text_printf(remarks, "%s%s: ", remarks->length > 0 ? "\n" : "", r->place);
    va_start(arguments, format);
    put_visible(remarks, format, arguments);
    va_end(arguments);
}

/* ---- classes ---- */

#define FLATTENED "Dense behind a Flatten"

/* Classes whose names begin so. */
static const struct {
    const char *beginning, *nearest;
} nearest_classes[] = {
    {"Conv", FLATTENED},
    {"DepthwiseConv", FLATTENED},
    {"SeparableConv", FLATTENED},
    {"LocallyConnected", FLATTENED},
    {"MaxPool", "Flatten"},
    {"AveragePool", "Flatten"},
    {"GlobalMaxPool", "Flatten"},
    {"GlobalAveragePool", "Flatten"},
    {"ZeroPadding", "Flatten"},
    {"Cropping", "Flatten"},
    {"UpSampling", "Flatten"},
    {"Permute", "Flatten"},
    {"RepeatVector", "Flatten"},
    {"LSTM", FLATTENED},
    {"GRU", FLATTENED},
    {"SimpleRNN", FLATTENED},
    {"RNN", FLATTENED},
    {"Bidirectional", FLATTENED},
    {"TimeDistributed", FLATTENED},
    {"MultiHeadAttention", FLATTENED},
    {"Attention", FLATTENED},
    {"EinsumDense", "Dense"},
    {"Embedding", "Dense over columns that `lockstep convert` has encoded"},
    {"CategoryEncoding", "`lockstep convert`, which encodes columns"},
    {"StringLookup", "`lockstep convert`, which encodes columns"},
    {"IntegerLookup", "`lockstep convert`, which encodes columns"},
    {"Hashing", "`lockstep convert`, which encodes columns"},
    {"Discretization", "`lockstep convert`, which encodes columns"},
    {"TextVectorization", "`lockstep convert`, which encodes columns"},
    {"Lambda", "Activation, Rescaling"},
    {"TFOpLambda", "Activation, Add, Rescaling"},
    {"SlicingOpLambda", "Dense"},
    {"PReLU", "LeakyReLU"},
    {"ThresholdedReLU", "ReLU"},
    {"AlphaDropout", "Dropout"},
    {"SpatialDropout", "Dropout"},
    {"GaussianDropout", "GaussianNoise"},
    {"RMSNormalization", "LayerNormalization"},
    {"GroupNormalization", "LayerNormalization"},
    {"UnitNormalization", "LayerNormalization"},
    {"SpectralNormalization", "Dense with kernel_constraint=MaxNorm"},
    {"ActivityRegularization", "Dense with kernel_regularizer"},
    {"Masking", "--missing-values"},
    {"Subtract", "Add"},
    {"Multiply", "Add"},
    {"Average", "Add"},
    {"Maximum", "Add"},
    {"Minimum", "Add"},
    {"Concatenate", "Add"},
    {"Dot", "Add"},
    {"QuantizedDense", "Dense"},
};

static const char *const classes[] = {"Dense",
                                      "Dropout",
                                      "GaussianNoise",
                                      "BatchNormalization",
                                      "LayerNormalization",
                                      "Activation",
                                      "ReLU",
                                      "LeakyReLU",
                                      "ELU",
                                      "Softmax",
                                      "Add",
                                      "Normalization",
                                      "Rescaling",
                                      "Flatten",
                                      "Reshape"};
enum { CLASSES = sizeof classes / sizeof *classes };

static const char *class_at(const void *context, size_t i)
{
    (void)context;
    return classes[i];
}

static const char *nearest_class(const char *class_name)
{
    for (size_t i = 0; i < sizeof nearest_classes / sizeof *nearest_classes; i++)
        if (strncmp(class_name, nearest_classes[i].beginning, strlen(nearest_classes[i].beginning)) == 0)
            return nearest_classes[i].nearest;
    const char *near = ls_parse_nearest(class_name, CLASSES, class_at, NULL);
    return near ? near : "Dense";
}

ls_status ls_keras_refuse_class(const ls_keras_reader *r, const char *class_name)
{
    return ls_keras_refuse(r, nearest_class(class_name),
                           "not supported; Lockstep has dense networks: Dense, Dropout, GaussianNoise, "
                           "BatchNormalization, LayerNormalization, Activation, ReLU, LeakyReLU, ELU, Softmax, Add, "
                           "Normalization, Rescaling, Flatten");
}
