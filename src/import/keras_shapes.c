/* What the rows are: InputLayer and shapes in the configuration, and Flatten and Reshape, which keep the order of the
 * numbers. */
#include "import/keras_reader.h"

#include <math.h>
#include <string.h>

#define MOST_DIMENSIONS 16
#define MOST_NUMBERS    0x1p30 /* in a row; as units in the list of layers */

/* The product of dimensions, of which those said as null or -1 are counted apart. */
typedef struct shape {
    double product;
    int dimensions, open;
} shape;

static ls_status read_shape(const ls_keras_reader *r, const ls_json_value *list, shape *s)
{
    *s = (shape){1, 0, 0};
    for (; list; list = ls_json_next(r->document, list), s->dimensions++) {
        const bool open = list->kind == LS_JSON_NULL || (list->kind == LS_JSON_NUMBER && list->number == -1);
        if (s->dimensions == MOST_DIMENSIONS)
            return ls_keras_refuse(r, NULL, "a shape of more than %d dimensions", MOST_DIMENSIONS);
        if (open) {
            s->open++;
            continue;
        }
        if (list->kind != LS_JSON_NUMBER || !(list->number >= 1) || list->number != floor(list->number))
            return ls_keras_refuse(r, NULL, "a shape with something else than whole numbers from 1 on");
        s->product *= list->number;
        if (s->product > MOST_NUMBERS)
            return ls_keras_refuse(r, NULL, "a shape of more than %.0f numbers", MOST_NUMBERS);
    }
    return LS_OK;
}

static ls_status refuse_open(const ls_keras_reader *r)
{
    return ls_keras_refuse(r, "an input of a fixed number of columns",
                           "its shape does not say how many numbers a row has; Lockstep has rows of one length");
}

ls_status ls_keras_shapes_take(ls_keras_reader *r, const ls_json_value *list)
{
    shape s;
    list = ls_keras_list(r, list);
    if (list->kind != LS_JSON_ARRAY || list->count == 0)
        return ls_keras_refuse(r, NULL, "a shape is no list; expected one such as [null, 10]");
    if (ls_json_first(r->document, list)->kind == LS_JSON_ARRAY)
        return ls_keras_refuse(r, "one input", "several inputs are not supported");
    LS_TRY(read_shape(r, ls_json_next(r->document, ls_json_first(r->document, list)), &s));
    if (s.dimensions == 0 || s.open > 0)
        return refuse_open(r);
    const int64_t units = (int64_t)s.product;
    if (r->rows.units > 0 && r->rows.units != units)
        return ls_keras_refuse(r, NULL, "it takes rows of %lld numbers and gets %lld", (long long)units,
                               (long long)r->rows.units);
    if (r->rows.units == 0)
        r->rows = (ls_keras_rows){units, s.dimensions + 1};
    if (r->model->features == 0 && r->layers == 0)
        r->model->features = units;
    return LS_OK;
}

/* ---- layers ---- */

ls_status ls_keras_shapes_input(ls_keras_reader *r)
{
    static const char *const keys[] = {"batch_shape", "batch_input_shape"};
    bool ragged;
    const char *type = ls_json_member_text(r->document, r->config, "dtype");
    LS_TRY(ls_keras_switch(r, r->config, "ragged", false, &ragged));
    if (ragged)
        return ls_keras_refuse(r, "ragged=False", "ragged rows are not supported");
    if (type && strcmp(type, "string") == 0)
        return ls_keras_refuse(r, "float32", "rows of text are not supported");
    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++) {
        const ls_json_value *list = ls_keras_member(r, r->config, keys[i]);
        if (list)
            return ls_keras_shapes_take(r, list);
    }
    return ls_keras_refuse(r, NULL, "its configuration has no batch_shape");
}

ls_status ls_keras_shapes_flatten(ls_keras_reader *r)
{
    const char *format = ls_json_member_text(r->document, r->config, "data_format");
    if (r->rows.rank > 2 && format && strcmp(format, "channels_first") == 0)
        return ls_keras_refuse(r, "data_format=\"channels_last\"",
                               "data_format channels_first, which changes the order of the numbers, is not supported");
    r->rows.rank = 2;
    return LS_OK;
}

ls_status ls_keras_shapes_reshape(ls_keras_reader *r)
{
    shape s;
    const ls_json_value *list = ls_keras_list(r, ls_keras_member(r, r->config, "target_shape"));
    if (!list || list->kind != LS_JSON_ARRAY)
        return ls_keras_refuse(r, "Flatten", "its configuration has no target_shape");
    LS_TRY(read_shape(r, ls_json_first(r->document, list), &s));
    if (s.dimensions == 0 || s.open > 1)
        return refuse_open(r);
    const double units = (double)r->rows.units;
    if (units > 0 && (s.open == 0 ? s.product != units : fmod(units, s.product) != 0))
        return ls_keras_refuse(r, NULL, "its target_shape is of %.0f numbers, and its input has %.0f", s.product,
                               units);
    if (units == 0 && s.open == 0)
        r->rows.units = (int64_t)s.product;
    r->rows.rank = s.dimensions + 1;
    return LS_OK;
}
