/* Scales and offsets of normalised units: words, matrices, Keras' keys. */
#include "model/layer_kinds.h"

#define EPSILON 1e-3

void ls_layer_scaling_defaults(ls_layer *layer)
{
    layer->epsilon = EPSILON;
    layer->center = layer->scale = true;
}

void ls_layer_scaling_format(const ls_layer *layer, ls_text *text)
{
    if (layer->epsilon != EPSILON) {
        ls_text_append(text, " epsilon=");
        ls_text_append_double(text, layer->epsilon);
    }
    ls_text_append(text, layer->center ? "" : " center=off");
    ls_text_append(text, layer->scale ? "" : " scale=off");
}

int ls_layer_scaling_matrices(const ls_layer *layer, ls_layer_matrix matrix[LS_LAYER_MATRICES])
{
    int count = 0;
    if (layer->scale)
        matrix[count++] = (ls_layer_matrix){0, LS_SCALE};
    if (layer->center)
        matrix[count++] = (ls_layer_matrix){0, LS_OFFSET};
    return count;
}

void ls_layer_scaling_config(const ls_layer *layer, ls_json *json)
{
    ls_json_put_real(json, "epsilon", layer->epsilon);
    ls_json_put_bool(json, "center", layer->center);
    ls_json_put_bool(json, "scale", layer->scale);
}

int ls_layer_scale(const ls_layer *layer)
{
    return layer->scale ? layer->matrix : -1;
}

int ls_layer_offset(const ls_layer *layer)
{
    return layer->center ? layer->matrix + (layer->scale ? 1 : 0) : -1;
}
