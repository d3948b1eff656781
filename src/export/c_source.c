/* The file from top to bottom: what it is, declarations, functions, values, and the function for a row. */
#include "export/c_source.h"

#include "base/memory.h"
#include "base/reason.h"
#include "export/c_layers.h"
#include "export/c_rows.h"
#include "export/c_values.h"

#include <ctype.h>
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

typedef struct writing {
    const ls_exported *model;
    FILE *out;
    ls_c_file file;
    ls_c_rows rows;
} writing;

/* ---- names ---- */

/* Letters, digits and single '_', a letter first. All names go on behind it, so none is a word of C. */
static void make_name(const char *path, char name[LS_C_NAME], char macro[LS_C_NAME])
{
    const char *slash = strrchr(path, '/'), *base = slash ? slash + 1 : path, *dot = strrchr(base, '.');
    size_t length = dot && dot > base ? (size_t)(dot - base) : strlen(base), n = 0;
    if (length == 0 || !isalpha((unsigned char)*base)) {
        memcpy(name, "model_", 6);
        n = 6;
    }
    for (size_t i = 0; i < length && n < LS_C_NAME - 16; i++) {
        const bool plain = (unsigned char)base[i] < 0x80 && isalnum((unsigned char)base[i]);
        if (plain || (n > 0 && name[n - 1] != '_'))
            name[n++] = plain ? base[i] : '_';
    }
    n -= n > 0 && name[n - 1] == '_' ? 1 : 0;
    name[n] = '\0';
    for (size_t i = 0; i <= n; i++)
        macro[i] = (char)toupper((unsigned char)name[i]);
}

/* ---- features and targets ---- */

static const double *offset_of(const writing *w)
{
    return w->model->maps ? w->model->network->offset : NULL;
}

static const float *fill_of(const writing *w)
{
    return w->model->maps ? w->model->network->fill : NULL;
}

static const ls_affine *map_of(const writing *w, const ls_affine *map)
{
    return w->model->maps && map->count > 0 ? map : NULL;
}

static bool is_prepared(const writing *w)
{
    return offset_of(w) || fill_of(w) || map_of(w, &w->model->network->feature_map);
}

static const char *feature_type(const writing *w)
{
    return offset_of(w) ? "double" : "float";
}

/* ---- what is refused ---- */

static ls_status check_values(const char *what, int64_t n, const float *values)
{
    for (int64_t i = 0; values && i < n; i++)
        if (!isfinite(values[i]))
            return ls_fail(LS_ERR_USAGE,
                           "the %s of column %lld is not a finite number; a C file holds finite ones only", what,
                           (long long)i);
    return LS_OK;
}

static ls_status check_maps(const writing *w)
{
    const ls_network *network = w->model->network;
    const ls_affine *maps[] = {map_of(w, &network->feature_map), map_of(w, &network->target_map)};
    for (size_t i = 0; i < sizeof maps / sizeof *maps; i++) {
        if (!maps[i])
            continue;
        LS_TRY(check_values("mean", maps[i]->count, maps[i]->mean));
        LS_TRY(check_values("deviation", maps[i]->count, maps[i]->scale));
        LS_TRY(check_values("factor", maps[i]->count, maps[i]->factor));
    }
    LS_TRY(check_values("value for missing ones", network->features, fill_of(w)));
    for (int64_t i = 0; offset_of(w) && i < network->features; i++)
        if (!isfinite(offset_of(w)[i]))
            return ls_fail(LS_ERR_USAGE, "the offset of column %lld is not a finite number", (long long)i);
    return LS_OK;
}

static ls_status check_size(const writing *w)
{
    const ls_network *network = w->model->network;
    const long long stack = (long long)(ls_c_rows_floats(&w->rows) * (int64_t)sizeof(float));
    if (network->parameters > LS_EXPORT_C_WEIGHTS)
        return ls_fail(LS_ERR_USAGE,
                       "the model has %lld weights; a C file holds up to %d, beyond which compilers run out of memory. "
                       "Write an .onnx file instead",
                       (long long)network->parameters, LS_EXPORT_C_WEIGHTS);
    if (stack > LS_EXPORT_C_STACK)
        return ls_fail(LS_ERR_USAGE,
                       "a row on its way through the model takes %lld bytes; the function of a C file has them on the "
                       "stack, up to %d. Write an .onnx file instead",
                       stack, LS_EXPORT_C_STACK);
    return LS_OK;
}

/* Kinds before the plan, which asks layers of known ones; numbers last, as there are many. */
static ls_status plan(writing *w)
{
    const ls_network *network = w->model->network;
    for (int l = 0; l < network->count; l++)
        LS_TRY(ls_c_layers_check(&w->file, l));
    LS_TRY(ls_c_rows_plan(network, is_prepared(w), ls_c_layers_passes, &w->rows));
    LS_TRY(check_size(w));
    for (int l = 0; l < network->count; l++)
        LS_TRY(ls_c_layers_check_weights(&w->file, l));
    return check_maps(w);
}

/* ---- the top ---- */

static ls_status write_head(const writing *w)
{
    const ls_network *network = w->model->network;
    const char *name = w->file.name, *type = feature_type(w);
    ls_text layers = {0};
    ls_layers_format(network->layers, network->count, &layers);
    const ls_status status = ls_text_status(&layers);
    (void)fprintf(w->out, "/* %s: a model as a C99 file that needs nothing else, written by lockstep export.\n *\n",
                  name);
    (void)fputs(" * model   ", w->out);
    ls_c_values_comment(w->model->origin ? w->model->origin : "", w->out);
    (void)fprintf(w->out, "\n * layers  %lld features, ", (long long)network->features);
    ls_c_values_comment(ls_text_string(&layers), w->out);
    ls_text_free(&layers);
    (void)fprintf(
        w->out,
        "\n *\n"
        " *     void %s_predict(const %s *features, float *outputs);                      one row\n"
        " *     void %s_predict_rows(size_t rows, const %s *features, float *outputs);    row after row\n"
        " *\n"
        " * Other files declare them with\n"
        " *\n"
        " *     #define %s_DECLARATIONS\n"
        " *     #include \"%s.c\"\n"
        " *\n"
        " * The outputs have the bits of lockstep predict with every compiler, option and processor, where float and\n"
        " * double are IEEE 754's, rounding is to nearest and denormals are kept. So -ffast-math is refused. Of libm "
        "it\n"
        " * takes fmaf, fma and sqrt (link with -lm); where compilers may use the processor's own fmaf "
        "(-march=native,\n"
        " * -mfma) it is many times faster. Nothing is allocated or kept between calls: any number of threads may "
        "call.\n"
        " * A call takes %s_STACK bytes of stack, and little more. outputs may not overlap features.\n",
        name, type, name, type, w->file.macro, name, w->file.macro);
    if (offset_of(w))
        (void)fputs(
            " * Features are double: an offset of their column is taken from them before they are rounded to float.\n"
            "rounded to float.\n",
            w->out);
    if (fill_of(w))
        (void)fputs(" * Features that are missing are NaN; what is not finite is filled in, as in training.\n", w->out);
    if (!w->model->maps)
        (void)fputs(" * Features are normalised already and outputs are not scaled back: --normalization off.\n",
                    w->out);
    (void)fputs(" */\n", w->out);
    return status;
}

static void write_declarations(const writing *w)
{
    const ls_network *network = w->model->network;
    const char *name = w->file.name, *macro = w->file.macro;
    (void)fprintf(w->out,
                  "#ifndef %s_FEATURES\n"
                  "#include <stddef.h>\n"
                  "#include <stdint.h>\n\n"
                  "#define %s_FEATURES %lld\n"
                  "#define %s_OUTPUTS  %lld\n"
                  "#define %s_STACK    %lld /* bytes */\n\n"
                  "#ifdef __cplusplus\nextern \"C\" {\n#endif\n",
                  macro, macro, (long long)network->features, macro, (long long)network->outputs, macro,
                  (long long)(ls_c_rows_floats(&w->rows) * (int64_t)sizeof(float)));
    (void)fprintf(w->out,
                  "void %s_predict(const %s *features, float *outputs);\n"
                  "void %s_predict_rows(size_t rows, const %s *features, float *outputs);\n",
                  name, feature_type(w), name, feature_type(w));
    if (w->model->features)
        (void)fprintf(w->out, "extern const char *const %s_feature_names[%s_FEATURES];\n", name, macro);
    if (w->model->classes)
        (void)fprintf(w->out, "extern const char *const %s_class_names[%s_OUTPUTS];\n", name, macro);
    if (network->class_count > 0)
        (void)fprintf(w->out, "extern const int64_t %s_class_labels[%lld]; /* what the data calls each class */\n",
                      name, (long long)network->class_count);
    (void)fputs("#ifdef __cplusplus\n}\n#endif\n#endif\n\n", w->out);
}

/* Compilers that might fuse a product and a sum of different statements are told not to; gcc does not know C's pragma
 * and has one of its own. */
static void write_guards(const writing *w)
{
    (void)fprintf(
        w->out,
        "#ifndef %s_DECLARATIONS\n"
        "#include <float.h>\n"
        "#include <math.h>\n"
        "#include <string.h>\n\n"
        "#if defined(__FAST_MATH__) || (defined(__FINITE_MATH_ONLY__) && __FINITE_MATH_ONLY__ > 0) || \\\n"
        "    defined(__ASSOCIATIVE_MATH__) || defined(__RECIPROCAL_MATH__)\n"
        "#error \"compile this file without -ffast-math, -Ofast and their kin: they change its results\"\n"
        "#endif\n"
        "#if FLT_RADIX != 2 || FLT_MANT_DIG != 24 || DBL_MANT_DIG != 53 || \\\n"
        "    (FLT_EVAL_METHOD != 0 && FLT_EVAL_METHOD != 16)\n"
        "#error \"float and double must be evaluated in their own type (on 32-bit x86: -msse2 -mfpmath=sse)\"\n"
        "#endif\n"
        "#if defined(__GNUC__) && !defined(__clang__)\n"
        "#pragma GCC push_options\n"
        "#pragma GCC optimize(\"fp-contract=off\")\n"
        "#else\n"
        "#pragma STDC FP_CONTRACT OFF\n"
        "#endif\n\n",
        w->file.macro);
}

/* ---- values ---- */

static void write_array(const writing *w, const char *what, int64_t n, const float *values)
{
    char name[2 * LS_C_NAME];
    (void)snprintf(name, sizeof name, "%s_%s", w->file.name, what);
    if (values)
        ls_c_values_floats(name, n, values, w->out);
}

static void write_maps(const writing *w)
{
    const ls_network *network = w->model->network;
    const ls_affine *x = map_of(w, &network->feature_map), *y = map_of(w, &network->target_map);
    char name[2 * LS_C_NAME];
    (void)snprintf(name, sizeof name, "%s_feature_offset", w->file.name);
    if (offset_of(w))
        ls_c_values_doubles(name, network->features, offset_of(w), w->out);
    write_array(w, "feature_fill", network->features, fill_of(w));
    write_array(w, "feature_factor", network->features, x ? x->factor : NULL);
    write_array(w, "feature_mean", network->features, x ? x->mean : NULL);
    write_array(w, "feature_scale", network->features, x ? x->scale : NULL);
    write_array(w, "target_factor", network->outputs, y ? y->factor : NULL);
    write_array(w, "target_mean", network->outputs, y ? y->mean : NULL);
    write_array(w, "target_scale", network->outputs, y ? y->scale : NULL);
}

static void write_names(const writing *w)
{
    const ls_network *network = w->model->network;
    char name[2 * LS_C_NAME];
    (void)snprintf(name, sizeof name, "%s_feature_names", w->file.name);
    if (w->model->features)
        ls_c_values_strings(name, network->features, w->model->features, w->out);
    (void)snprintf(name, sizeof name, "%s_class_names", w->file.name);
    if (w->model->classes)
        ls_c_values_strings(name, network->outputs, w->model->classes, w->out);
    (void)snprintf(name, sizeof name, "%s_class_labels", w->file.name);
    if (network->class_count > 0)
        ls_c_values_integers(name, network->class_count, network->classes, w->out);
}

static ls_status write_values(const writing *w)
{
    write_names(w);
    write_maps(w);
    for (int l = 0; l < w->model->network->count; l++)
        LS_TRY(ls_c_layers_values(&w->file, l, w->out));
    return LS_OK;
}

/* ---- the function for a row ---- */

/* The array of a place. */
static const char *row_name(int place, char name[LS_C_NAME])
{
    if (place == LS_C_ROWS_OUTPUTS || place == LS_C_ROWS_FEATURES)
        return place == LS_C_ROWS_OUTPUTS ? "outputs" : "features";
    (void)snprintf(name, LS_C_NAME, "row%d", place);
    return name;
}

/* One map of n columns, from the row *x, which is y behind it. */
static void put_map(writing *w, const char *function, int64_t n, const char **x, const char *array, const char *more,
                    const char *y)
{
    char piece[LS_C_NAME];
    ls_c_file *f = &w->file;
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

static void put_features(writing *w)
{
    const int64_t n = w->model->network->features;
    const ls_affine *map = map_of(w, &w->model->network->feature_map);
    char name[LS_C_NAME];
    const char *x = "features", *y = row_name(ls_c_rows_place(&w->rows, LS_FEATURES), name);
    if (offset_of(w))
        put_map(w, "offset", n, &x, "feature_offset", NULL, y);
    if (fill_of(w))
        put_map(w, "fill", n, &x, "feature_fill", NULL, y);
    if (map && map->factor)
        put_map(w, "rescale", n, &x, "feature_factor", NULL, y);
    if (map)
        put_map(w, "normalize", n, &x, "feature_mean", "feature_scale", y);
}

static void put_targets(writing *w)
{
    const int64_t n = w->model->network->outputs;
    const ls_affine *map = map_of(w, &w->model->network->target_map);
    if (map)
        put_map(w, "denormalize", n, NULL, "target_mean", "target_scale", "outputs");
    if (map && map->factor)
        put_map(w, "unscale", n, NULL, "target_factor", NULL, "outputs");
}

static void put_layers(writing *w)
{
    const ls_network *network = w->model->network;
    for (int l = 0; l < network->count; l++) {
        const ls_layer *layer = &network->layers[l];
        char x[LS_C_NAME], beside[LS_C_NAME], y[LS_C_NAME];
        if (!ls_c_layers_passes(layer))
            ls_c_layers_body(&w->file, l, row_name(ls_c_rows_place(&w->rows, layer->input[0]), x),
                             row_name(ls_c_rows_place(&w->rows, layer->input[1]), beside),
                             row_name(ls_c_rows_place(&w->rows, l), y));
    }
}

static ls_status make_body(writing *w)
{
    for (int place = 0; place < w->rows.places; place++)
        ls_text_printf(&w->file.body, "    float row%d[%lld];\n", place, (long long)w->rows.width[place]);
    put_features(w);
    put_layers(w);
    put_targets(w);
    return ls_text_status(&w->file.body);
}

static void write_functions(const writing *w)
{
    const char *name = w->file.name, *macro = w->file.macro, *type = feature_type(w);
    (void)fprintf(w->out,
                  "\nvoid %s_predict(const %s *features, float *outputs)\n{\n%s}\n\n"
                  "void %s_predict_rows(size_t rows, const %s *features, float *outputs)\n{\n"
                  "    for (size_t r = 0; r < rows; r++, features += %s_FEATURES, outputs += %s_OUTPUTS)\n"
                  "        %s_predict(features, outputs);\n}\n\n"
                  "#if defined(__GNUC__) && !defined(__clang__)\n#pragma GCC pop_options\n#endif\n#endif\n",
                  name, type, ls_text_string(&w->file.body), name, type, macro, macro, name);
}

/* ---- all ---- */

static ls_status write_file(writing *w)
{
    LS_TRY(write_head(w));
    write_declarations(w);
    write_guards(w);
    ls_c_pieces_write(&w->file.pieces, w->file.name, w->out);
    LS_TRY(write_values(w));
    write_functions(w);
    if (fflush(w->out) != 0 || ferror(w->out))
        return ls_fail(LS_ERR_OUTPUT, "cannot write the C file: %s", ls_reason(errno));
    return LS_OK;
}

ls_status ls_export_c_named(const ls_exported *model, const char *path, FILE *out)
{
    ls_status status;
    writing *w;
    LS_TRY(ls_memory_allocate(&w, 1, sizeof *w, "the C file"));
    w->model = model;
    w->out = out;
    w->file.network = model->network;
    w->file.block = model->block;
    make_name(path, w->file.name, w->file.macro);
    ls_c_pieces_find(&w->file.pieces);
    LS_TRY_CLEANUP(plan(w));
    LS_TRY_CLEANUP(make_body(w));
    status = write_file(w);
cleanup:
    ls_c_rows_free(&w->rows);
    ls_text_free(&w->file.body);
    ls_memory_free(w);
    return status;
}

ls_status ls_export_c(const ls_exported *model, FILE *out)
{
    return ls_export_c_named(model, model->origin ? model->origin : "", out);
}
