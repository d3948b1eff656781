/* The file from top to bottom: its names, what it does not hold, its values, and all of it together. */
#include "export/c_source.h"

#include "base/memory.h"
#include "base/reason.h"
#include "export/c_body.h"
#include "export/c_head.h"
#include "export/c_layers.h"
#include "export/c_values.h"

#include <ctype.h>
#include <errno.h>
#include <math.h>
#include <string.h>

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
        macro[i] = (char)(name[i] >= 'a' && name[i] <= 'z' ? name[i] - 'a' + 'A' : name[i]); /* in any locale */
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

static ls_status check_maps(const ls_c_file *f)
{
    const ls_network *network = f->network;
    const ls_affine *maps[] = {ls_maps_features(f->model), ls_maps_targets(f->model)};
    for (size_t i = 0; i < sizeof maps / sizeof *maps; i++) {
        if (!maps[i])
            continue;
        LS_TRY(check_values("mean", maps[i]->count, maps[i]->mean));
        LS_TRY(check_values("deviation", maps[i]->count, maps[i]->scale));
        LS_TRY(check_values("factor", maps[i]->count, maps[i]->factor));
    }
    LS_TRY(check_values("value for missing ones", network->features, ls_maps_fill(f->model)));
    for (int64_t i = 0; ls_maps_offset(f->model) && i < network->features; i++)
        if (!isfinite(ls_maps_offset(f->model)[i]))
            return ls_fail(LS_ERR_USAGE, "the offset of column %lld is not a finite number", (long long)i);
    return LS_OK;
}

static ls_status check_size(const ls_c_file *f)
{
    const ls_network *network = f->network;
    const long long stack = ls_c_file_stack(f);
    if (network->parameters > LS_EXPORT_C_WEIGHTS)
        return ls_fail(LS_ERR_USAGE,
                       "the model has %lld weights; a C file holds up to %d, for which compilers take 10 GiB. Write an "
                       ".onnx file instead",
                       (long long)network->parameters, LS_EXPORT_C_WEIGHTS);
    if (stack > LS_EXPORT_C_STACK)
        return ls_fail(LS_ERR_USAGE,
                       "a row on its way through the model takes %lld bytes; the function of a C file has them on the "
                       "stack, up to %d. Write an .onnx file instead",
                       stack, LS_EXPORT_C_STACK);
    return LS_OK;
}

/* Kinds before the plan, which asks layers of known ones; numbers last, as there are many. */
static ls_status plan(ls_c_file *f)
{
    const ls_network *network = f->network;
    for (int l = 0; l < network->count; l++)
        LS_TRY(ls_c_layers_check(f, l));
    LS_TRY(ls_c_rows_plan(network, ls_maps_prepares(f->model), ls_c_layers_passes, &f->rows));
    LS_TRY(check_size(f));
    for (int l = 0; l < network->count; l++)
        LS_TRY(ls_c_layers_check_weights(f, l));
    return check_maps(f);
}

/* ---- values ---- */

static void write_array(const ls_c_file *f, FILE *out, const char *what, int64_t n, const float *values)
{
    char name[2 * LS_C_NAME];
    (void)snprintf(name, sizeof name, "%s_%s", f->name, what);
    if (values)
        ls_c_values_floats(name, n, values, out);
}

static void write_maps(const ls_c_file *f, FILE *out)
{
    const ls_network *network = f->network;
    const ls_affine *x = ls_maps_features(f->model), *y = ls_maps_targets(f->model);
    char name[2 * LS_C_NAME];
    (void)snprintf(name, sizeof name, "%s_feature_offset", f->name);
    if (ls_maps_offset(f->model))
        ls_c_values_doubles(name, network->features, ls_maps_offset(f->model), out);
    write_array(f, out, "feature_fill", network->features, ls_maps_fill(f->model));
    write_array(f, out, "feature_factor", network->features, x ? x->factor : NULL);
    write_array(f, out, "feature_mean", network->features, x ? x->mean : NULL);
    write_array(f, out, "feature_scale", network->features, x ? x->scale : NULL);
    write_array(f, out, "target_factor", network->outputs, y ? y->factor : NULL);
    write_array(f, out, "target_mean", network->outputs, y ? y->mean : NULL);
    write_array(f, out, "target_scale", network->outputs, y ? y->scale : NULL);
}

static void write_names(const ls_c_file *f, FILE *out)
{
    const ls_network *network = f->network;
    char name[2 * LS_C_NAME];
    (void)snprintf(name, sizeof name, "%s_feature_names", f->name);
    if (f->model->features)
        ls_c_values_strings(name, network->features, f->model->features, out);
    (void)snprintf(name, sizeof name, "%s_class_names", f->name);
    if (f->model->classes)
        ls_c_values_strings(name, network->outputs, f->model->classes, out);
    (void)snprintf(name, sizeof name, "%s_class_labels", f->name);
    if (network->class_count > 0)
        ls_c_values_integers(name, network->class_count, network->classes, out);
}

static ls_status write_values(const ls_c_file *f, FILE *out)
{
    write_names(f, out);
    write_maps(f, out);
    for (int l = 0; l < f->network->count; l++)
        LS_TRY(ls_c_layers_values(f, l, out));
    return LS_OK;
}

/* ---- all ---- */

static ls_status write_file(const ls_c_file *f, FILE *out)
{
    LS_TRY(ls_c_head_write(f, out));
    ls_c_pieces_write(&f->pieces, f->name, out);
    LS_TRY(write_values(f, out));
    ls_c_body_write(f, out);
    ls_c_head_close(out);
    if (fflush(out) != 0 || ferror(out))
        return ls_fail(LS_ERR_OUTPUT, "cannot write the C file: %s", ls_reason(errno));
    return LS_OK;
}

ls_status ls_export_c(const ls_exported *model, FILE *out)
{
    const char *path = model->path ? model->path : model->origin;
    ls_status status;
    ls_c_file *f;
    LS_TRY(ls_memory_allocate(&f, 1, sizeof *f, "the C file"));
    f->model = model;
    f->network = model->network;
    f->block = model->block;
    make_name(path ? path : "", f->name, f->macro);
    ls_c_pieces_find(&f->pieces);
    LS_TRY_CLEANUP(plan(f));
    LS_TRY_CLEANUP(ls_c_body_make(f));
    status = write_file(f, out);
cleanup:
    ls_c_rows_free(&f->rows);
    ls_text_free(&f->body);
    ls_memory_free(f);
    return status;
}
