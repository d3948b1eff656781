/* A row for each kind of layers. */
#include "export/c_layers.h"

#include "base/fpenv.h"
#include "base/memory.h"
#include "export/c_values.h"
#include "math/activations.h"
#include "model/layer_kinds.h"

#include <math.h>
#include <string.h>

/* ---- statements ---- */

/* What an activation's function of one value is called in math/elementwise.inc. */
static const char *function_of(const ls_layer *layer, char name[LS_C_NAME])
{
    (void)snprintf(name, LS_C_NAME, "%s%s", ls_activation_name(layer->activation),
                   layer->activation_settings.set ? "_with1" : "1");
    return name;
}

/* What it takes behind the value: the kernels' numbers. */
static void put_numbers(ls_c_file *f, const ls_layer *layer)
{
    const float *numbers = ls_activation_numbers(&layer->activation_settings);
    char text[32];
    for (int i = 0; numbers && i < ls_activation_setting_count(layer->activation); i++)
        if (isinf(numbers[i]))
            ls_text_append(&f->body, ", INFINITY");
        else
            ls_text_printf(&f->body, ", (float)%s", ls_format_double((double)numbers[i], text));
}

/* Softmax is the one that looks at more than its own unit. */
static void put_activation(ls_c_file *f, const ls_layer *layer, const char *x, const char *y)
{
    char function[LS_C_NAME];
    const long long n = (long long)layer->units;
    const bool same = strcmp(x, y) == 0;
    if ((layer->activation == LS_SOFTMAX || layer->activation == LS_LINEAR) && !same)
        ls_text_printf(&f->body, "    memcpy(%s, %s, %lld * sizeof(float));\n", y, x, n);
    if (layer->activation == LS_LINEAR)
        return;
    if (layer->activation == LS_SOFTMAX) {
        (void)ls_c_pieces_want(&f->pieces, "ls_softmax");
        ls_text_printf(&f->body, "    %s_softmax(%lld, %s);\n", f->name, n, y);
        return;
    }
    (void)ls_c_pieces_want(&f->pieces, function_of(layer, function));
    ls_text_printf(&f->body, "    for (size_t j = 0; j < %lld; j++)\n        %s[j] = %s_unit_%s(%s[j]", n, y, f->name,
                   function, x);
    put_numbers(f, layer);
    ls_text_append(&f->body, ");\n");
}

static void put_dense(ls_c_file *f, int l, const char *x, const char *beside, const char *y)
{
    const ls_layer *layer = &f->network->layers[l];
    (void)beside;
    (void)ls_c_pieces_want(&f->pieces, "ls_dense");
    ls_text_printf(&f->body, "    %s_dense(%lld, %lld, %s_%s_kernel, %s, %s);\n", f->name, (long long)layer->inputs,
                   (long long)layer->units, f->name, layer->name, x, y);
    if (layer->bias) {
        (void)ls_c_pieces_want(&f->pieces, "ls_bias");
        ls_text_printf(&f->body, "    %s_bias(%lld, %s_%s_bias, %s);\n", f->name, (long long)layer->units, f->name,
                       layer->name, y);
    }
    put_activation(f, layer, y, y);
}

static void put_activation_layer(ls_c_file *f, int l, const char *x, const char *beside, const char *y)
{
    (void)beside;
    put_activation(f, &f->network->layers[l], x, y);
}

static void put_add(ls_c_file *f, int l, const char *x, const char *beside, const char *y)
{
    (void)ls_c_pieces_want(&f->pieces, "ls_add");
    ls_text_printf(&f->body, "    %s_add(%lld, %s, %s, %s);\n", f->name, (long long)f->network->layers[l].units, beside,
                   x, y);
}

/* An array of a layer's, or NULL. */
static void put_array(ls_c_file *f, const ls_layer *layer, ls_role role, bool there)
{
    if (there)
        ls_text_printf(&f->body, "%s_%s_%s, ", f->name, layer->name, ls_role_name(role));
    else
        ls_text_append(&f->body, "NULL, ");
}

static void put_layer_normalization(ls_c_file *f, int l, const char *x, const char *beside, const char *y)
{
    const ls_layer *layer = &f->network->layers[l];
    (void)beside;
    (void)ls_c_pieces_want(&f->pieces, "ls_layer_normalization");
    ls_text_printf(&f->body, "    %s_layer_normalization(%lld, %s_%s_epsilon, %s, ", f->name, (long long)layer->units,
                   f->name, layer->name, x);
    put_array(f, layer, LS_SCALE, layer->scale);
    put_array(f, layer, LS_OFFSET, layer->center);
    ls_text_printf(&f->body, "%s);\n", y);
}

static void put_batch_normalization(ls_c_file *f, int l, const char *x, const char *beside, const char *y)
{
    const ls_layer *layer = &f->network->layers[l];
    (void)beside;
    (void)ls_c_pieces_want(&f->pieces, "ls_batch_normalization");
    ls_text_printf(&f->body, "    %s_batch_normalization(%lld, ", f->name, (long long)layer->units);
    put_array(f, layer, LS_MEAN, true);
    ls_text_printf(&f->body, "%s_%s_inverse, %s, ", f->name, layer->name, x);
    put_array(f, layer, LS_SCALE, layer->scale);
    put_array(f, layer, LS_OFFSET, layer->center);
    ls_text_printf(&f->body, "%s);\n", y);
}

/* ---- values beside the weights ---- */

static ls_status write_epsilon(const ls_c_file *f, int l, FILE *out)
{
    const ls_layer *layer = &f->network->layers[l];
    (void)fprintf(out, "static const double %s_%s_epsilon = ", f->name, layer->name);
    ls_c_values_double(layer->epsilon, out);
    (void)fputs(";\n", out);
    return LS_OK;
}

/* As batch normalisation computes it when predicting. */
static double inverse_of(const ls_layer *layer, float variance)
{
    return 1 / sqrt((double)variance + layer->epsilon);
}

static const float *variances(const ls_c_file *f, const ls_layer *layer)
{
    return f->block + f->network->matrix[layer->statistic + 1].offset;
}

static ls_status write_inverse(const ls_c_file *f, int l, FILE *out)
{
    const ls_layer *layer = &f->network->layers[l];
    double *inverse;
    char name[3 * LS_C_NAME];
    LS_TRY(ls_memory_allocate(&inverse, layer->units, sizeof *inverse, "statistics"));
    const ls_fpenv saved = ls_fpenv_enter();
    for (int64_t u = 0; u < layer->units; u++)
        inverse[u] = inverse_of(layer, variances(f, layer)[u]);
    ls_fpenv_leave(saved);
    (void)snprintf(name, sizeof name, "%s_%s_inverse", f->name, layer->name);
    ls_c_values_doubles(name, layer->units, inverse, out);
    ls_memory_free(inverse);
    return LS_OK;
}

/* ---- kinds ---- */

typedef struct kind {
    const char *keras_class;
    void (*put)(ls_c_file *f, int l, const char *x, const char *beside, const char *y); /* NULL: gives what it reads */
    ls_status (*write)(const ls_c_file *f, int l, FILE *out);                           /* NULL: weights only */
} kind;

static const kind kinds[] = {
    {"Dense", put_dense, NULL},
    {"Activation", put_activation_layer, NULL},
    {"Add", put_add, NULL},
    {"Dropout", NULL, NULL},
    {"GaussianNoise", NULL, NULL},
    {"LayerNormalization", put_layer_normalization, write_epsilon},
    {"BatchNormalization", put_batch_normalization, write_inverse},
};

static const kind *kind_of(const ls_layer *layer)
{
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
        if (strcmp(kinds[i].keras_class, layer->kind->keras_class) == 0)
            return &kinds[i];
    return NULL;
}

bool ls_c_layers_passes(const ls_layer *layer)
{
    return kind_of(layer)->put == NULL;
}

void ls_c_layers_body(ls_c_file *f, int l, const char *x, const char *beside, const char *y)
{
    kind_of(&f->network->layers[l])->put(f, l, x, beside, y);
}

/* ---- weights ---- */

/* The moving variance is there as what is made of it. */
static bool is_written(const ls_tensor *tensor)
{
    return tensor->role != LS_VARIANCE;
}

ls_status ls_c_layers_values(const ls_c_file *f, int l, FILE *out)
{
    const ls_layer *layer = &f->network->layers[l];
    for (int i = 0; i < f->network->variables; i++) {
        const ls_tensor tensor = ls_network_tensor(f->network, i);
        char name[3 * LS_C_NAME];
        float *values;
        if (tensor.layer != l || !is_written(&tensor))
            continue;
        LS_TRY(ls_memory_allocate(&values, tensor.rows * tensor.columns, sizeof *values, "weights"));
        ls_network_unpack(f->network, i, f->block, values);
        (void)snprintf(name, sizeof name, "%s_%s_%s", f->name, layer->name, ls_role_name(tensor.role));
        (void)fprintf(out, "/* %s, %s (%lld, %lld) */\n", layer->name, ls_role_name(tensor.role),
                      (long long)tensor.rows, (long long)tensor.columns);
        ls_c_values_floats(name, tensor.rows * tensor.columns, values, out);
        ls_memory_free(values);
    }
    return kind_of(layer)->write ? kind_of(layer)->write(f, l, out) : LS_OK;
}

ls_status ls_c_layers_check_weights(const ls_c_file *f, int l)
{
    const ls_layer *layer = &f->network->layers[l];
    for (int m = 0; m < f->network->matrices; m++) {
        const ls_matrix *matrix = &f->network->matrix[m];
        const float *at = f->block + matrix->offset;
        for (int64_t i = 0; matrix->layer == l && i < ls_matrix_rows(matrix) * matrix->panels * LS_PANEL; i++)
            if (!isfinite(at[i]))
                return ls_fail(
                    LS_ERR_USAGE,
                    "layer %d '%s' has a weight that is not a finite number; a C file holds finite ones only", l + 1,
                    layer->name);
    }
    for (int64_t u = 0; layer->statistics > 0 && u < layer->units; u++)
        if (!isfinite(inverse_of(layer, variances(f, layer)[u])))
            return ls_fail(
                LS_ERR_USAGE,
                "layer %d '%s' has a negative moving variance; a C file holds its deviation, and there is none", l + 1,
                layer->name);
    return LS_OK;
}

ls_status ls_c_layers_check(const ls_c_file *f, int l)
{
    const ls_layer *layer = &f->network->layers[l];
    char function[LS_C_NAME];
    if (!kind_of(layer))
        return ls_fail(LS_ERR_USAGE, "layer %d '%s' is a %s layer; a C file does not hold that kind", l + 1,
                       layer->name, layer->kind->keras_class);
    if ((kind_of(layer)->put == put_dense || kind_of(layer)->put == put_activation_layer) &&
        layer->activation != LS_SOFTMAX && !ls_c_pieces_have(&f->pieces, function_of(layer, function)))
        return ls_fail(LS_ERR_USAGE, "layer %d '%s' has the activation %s; a C file does not hold it", l + 1,
                       layer->name, ls_activation_name(layer->activation));
    return LS_OK;
}
