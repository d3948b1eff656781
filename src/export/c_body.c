/* Features, layer after layer, targets: calls in the order in which a pass does the same. */
#include "export/c_body.h"

#include "export/c_layers.h"

/* The array of a place. */
static const char *row_name(int place, char name[LS_C_NAME])
{
    if (place == LS_C_ROWS_OUTPUTS || place == LS_C_ROWS_FEATURES)
        return place == LS_C_ROWS_OUTPUTS ? "outputs" : "features";
    (void)snprintf(name, LS_C_NAME, "row%d", place);
    return name;
}

/* One map of n columns, from the row *x, which is y behind it. */
static void put_map(ls_c_file *f, const char *function, int64_t n, const char **x, const char *array, const char *more,
                    const char *y)
{
    char piece[LS_C_NAME];
    (void)snprintf(piece, sizeof piece, "ls_%s", function);
    (void)ls_c_pieces_want(&f->pieces, piece);
    ls_text_printf(&f->body, "    %s_%s(%lld, ", f->name, function, (long long)n);
    if (x)
        ls_text_printf(&f->body, "%s, ", *x);
    ls_text_printf(&f->body, "%s_%s, ", f->name, array);
    if (more)
        ls_text_printf(&f->body, "%s_%s, ", f->name, more);
    ls_text_printf(&f->body, "%s);\n", y);
    if (x)
        *x = y;
}

static void put_features(ls_c_file *f)
{
    const int64_t n = f->network->features;
    const ls_affine *map = ls_maps_features(f->model);
    char name[LS_C_NAME];
    const char *x = "features", *y = row_name(ls_c_rows_place(&f->rows, LS_FEATURES), name);
    if (ls_maps_offset(f->model))
        put_map(f, "offset", n, &x, "feature_offset", NULL, y);
    if (ls_maps_fill(f->model))
        put_map(f, "fill", n, &x, "feature_fill", NULL, y);
    if (map && map->factor)
        put_map(f, "rescale", n, &x, "feature_factor", NULL, y);
    if (map)
        put_map(f, "normalize", n, &x, "feature_mean", "feature_scale", y);
}

static void put_targets(ls_c_file *f)
{
    const int64_t n = f->network->outputs;
    const ls_affine *map = ls_maps_targets(f->model);
    if (map)
        put_map(f, "denormalize", n, NULL, "target_mean", "target_scale", "outputs");
    if (map && map->factor)
        put_map(f, "unscale", n, NULL, "target_factor", NULL, "outputs");
}

static void put_layers(ls_c_file *f)
{
    const ls_network *network = f->network;
    for (int l = 0; l < network->count; l++) {
        const ls_layer *layer = &network->layers[l];
        char x[LS_C_NAME], beside[LS_C_NAME], y[LS_C_NAME];
        if (!ls_c_layers_passes(layer))
            ls_c_layers_body(f, l, row_name(ls_c_rows_place(&f->rows, layer->input[0]), x),
                             row_name(ls_c_rows_place(&f->rows, layer->input[1]), beside),
                             row_name(ls_c_rows_place(&f->rows, l), y));
    }
}

ls_status ls_c_body_make(ls_c_file *f)
{
    for (int place = 0; place < f->rows.places; place++)
        ls_text_printf(&f->body, "    float row%d[%lld];\n", place, (long long)f->rows.width[place]);
    put_features(f);
    put_layers(f);
    put_targets(f);
    return ls_text_status(&f->body);
}

void ls_c_body_write(const ls_c_file *f, FILE *out)
{
    const char *name = f->name, *macro = f->macro, *type = ls_c_file_type(f);
    (void)fprintf(out,
                  "\nvoid %s_predict(const %s *features, float *outputs)\n{\n%s}\n\n"
                  "void %s_predict_rows(size_t rows, const %s *features, float *outputs)\n{\n"
                  "    for (size_t r = 0; r < rows; r++, features += %s_FEATURES, outputs += %s_OUTPUTS)\n"
                  "        %s_predict(features, outputs);\n}\n",
                  name, type, ls_text_string(&f->body), name, type, macro, macro, name);
}
