/* `lockstep export`: a trained model as a file of another program's form, all of it or nothing. */
#include "base/fault.h"
#include "base/fpenv.h"
#include "base/memory.h"
#include "base/text.h"
#include "context/options.h"
#include "data/class_names.h"
#include "export/c_source.h"
#include "export/exported.h"
#include "export/keras.h"
#include "export/maps.h"
#include "export/onnx.h"
#include "export/safetensors.h"
#include "files/inputs.h"
#include "files/replace.h"
#include "store/sealed.h"
#include "train/model.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

/* ---- formats ---- */

typedef struct format {
    const char *suffix;
    ls_status (*write)(const ls_exported *model, FILE *out);
    bool offsets; /* features may lose theirs in it, or it holds no numbers */
    bool fills;   /* missing values may be filled in it, or likewise */
} format;

static const format formats[] = {
    {".onnx", ls_export_onnx, true, true},     {".safetensors", ls_export_safetensors, true, true},
    {".keras", ls_export_keras, false, false}, {".json", ls_export_keras_config, true, true},
    {".c", ls_export_c, true, true},
};

static void list_suffixes(ls_text *text)
{
    const size_t count = sizeof formats / sizeof *formats;
    for (size_t i = 0; i < count; i++)
        ls_text_printf(text, "%s%s", i == 0 ? "" : i + 1 < count ? ", " : " or ", formats[i].suffix);
}

static ls_status find_format(const char *path, const format **found)
{
    const char *slash = strrchr(path, '/'), *dot = strrchr(slash ? slash : path, '.');
    ls_text list = {0};
    for (size_t i = 0; dot && i < sizeof formats / sizeof *formats; i++)
        if (strcasecmp(dot, formats[i].suffix) == 0) {
            *found = &formats[i];
            return LS_OK;
        }
    list_suffixes(&list);
    const ls_status status =
        ls_fail(LS_ERR_USAGE, "%s: export goes by the suffix of the output; give the file a name that ends in %s", path,
                ls_text_string(&list));
    ls_text_free(&list);
    return status;
}

/* ---- names ---- */

/* Points into the text and the encoding, which stay. */
typedef struct names {
    ls_class_names of_classes;
    ls_text text; /* the features' names, each with its NUL */
    const char **features, **classes;
} names;

static void free_names(names *n)
{
    ls_class_names_free(&n->of_classes);
    ls_text_free(&n->text);
    ls_memory_free(n->features);
    ls_memory_free(n->classes);
}

static ls_status name_features(const ls_network *network, names *n)
{
    const ls_encoding *encoding = &n->of_classes.encoding;
    if (encoding->features != network->features)
        return LS_OK;
    ls_encoding_feature_names(encoding, &n->text);
    LS_TRY(ls_text_status(&n->text));
    LS_TRY(ls_memory_allocate(&n->features, network->features, sizeof *n->features, "names of features"));
    const char *name = ls_text_string(&n->text);
    for (int64_t j = 0; j < network->features; j++, name += strlen(name) + 1)
        n->features[j] = name;
    return LS_OK;
}

/* Of a single sigmoid the class whose probability it gives. */
static const char *class_of_output(const ls_class_names *classes, int64_t j)
{
    const ls_network *network = classes->network;
    if (ls_loss_classes(&network->loss) == LS_CLASSES_ONE)
        return ls_class_names_name(classes, j);
    const char *name = network->outputs == 1 ? ls_class_names_name(classes, 1) : NULL;
    return name ? name : ls_class_names_of_output(classes, j);
}

static ls_status name_classes(const ls_network *network, names *n)
{
    if (ls_loss_classes(&network->loss) == LS_CLASSES_NONE)
        return LS_OK;
    LS_TRY(ls_memory_allocate(&n->classes, network->outputs, sizeof *n->classes, "names of classes"));
    for (int64_t j = 0; j < network->outputs; j++) {
        n->classes[j] = class_of_output(&n->of_classes, j);
        if (n->classes[j] == NULL) { /* all have one, or none */
            ls_memory_free(n->classes);
            n->classes = NULL;
            return LS_OK;
        }
    }
    return LS_OK;
}

static ls_status find_names(const ls_model *model, names *n)
{
    LS_TRY(ls_class_names_read(model->encoding, model->network, &n->of_classes));
    if (model->encoding == NULL)
        return LS_OK;
    LS_TRY(name_features(model->network, n));
    return name_classes(model->network, n);
}

/* ---- the file ---- */

/* Where a stream's bytes go. A C library's own streams give up where a call is interrupted. */
typedef struct sink {
    int fd;
    const char *path;
    size_t length;
    ls_status status;
    char message[LS_TEXT_MAX]; /* of a failure: errno says less */
} sink;

static ssize_t put_bytes(void *cookie, const char *bytes, size_t count)
{
    sink *s = cookie;
    if (s->status == LS_OK)
        s->status = ls_replace_write(s->fd, s->path, bytes, count, s->length);
    if (s->status != LS_OK && s->message[0] == '\0')
        (void)snprintf(s->message, sizeof s->message, "%s", ls_error_message());
    s->length += count;
    return s->status == LS_OK ? (ssize_t)count : 0;
}

static ls_status write_stream(const format *f, const ls_exported *model, sink *s)
{
    FILE *out = fopencookie(s, "wb", (cookie_io_functions_t){.write = put_bytes});
    if (out == NULL)
        return ls_fail(LS_ERR_MEMORY, "out of memory: a stream to %s", s->path);
    ls_status status = f->write(model, out);
    if (status == LS_ERR_USAGE || status == LS_ERR_OUTPUT)
        status = ls_fail_prefix(status, "%s: ", s->path);
    if (fclose(out) != 0 && status == LS_OK)
        status = LS_ERR_OUTPUT;
    if (s->status != LS_OK)
        return ls_fail(s->status, "%s", s->message);
    return status == LS_OK ? ls_fault("export-write") : status;
}

static ls_status write_file(const format *f, const ls_exported *model, const char *path)
{
    char temporary[LS_TEXT_MAX + 64];
    sink s = {.path = path};
    ls_replace_clean(path);
    LS_TRY(ls_replace_open(path, temporary, sizeof temporary, &s.fd));
    ls_status status = write_stream(f, model, &s);
    if (status == LS_OK)
        status = ls_fault("export-sync");
    if (status == LS_OK)
        status = ls_replace_sync(s.fd, path);
    if (status == LS_OK)
        return ls_replace_rename(s.fd, temporary, path);
    ls_replace_discard(s.fd, temporary);
    return status;
}

/* ---- the job ---- */

static ls_status check_output(const ls_options *options, const char *run, const char *origin)
{
    ls_inputs inputs = {0};
    ls_status status;
    LS_TRY_CLEANUP(ls_inputs_add(&inputs, run));
    LS_TRY_CLEANUP(ls_inputs_add(&inputs, origin));
    LS_TRY_CLEANUP(ls_inputs_check_output(&inputs, options->output, options->overwrite));
    if (ls_sealed_is(options->output))
        status = ls_fail(LS_ERR_USAGE, "%s is a model or a checkpoint, and would be lost; name another file to write",
                         options->output);
cleanup:
    ls_inputs_free(&inputs);
    return status;
}

/* What would be wrong in silence is refused, what shows is said. */
static ls_status check_preparation(const ls_context *context, const format *f, const ls_exported *model,
                                   const char *path)
{
    const double *offset = ls_maps_offset(model);
    int64_t column = 0;
    while (offset && column < model->network->features - 1 && offset[column] == 0)
        column++;
    if (offset && !f->offsets)
        return ls_fail(
            LS_ERR_USAGE,
            "%s: the model takes %.17g from feature %lld in float64 before it is float32, and %s has no place "
            "for that; take another format, or --normalization off and do it yourself",
            path, offset[column], (long long)column, f->suffix);
    if (ls_maps_fill(model) && !f->fills)
        ls_log_line(&context->log, LS_LOG_WARNING,
                    "%s: what stands for missing values has no place in %s; the features that the model is given must "
                    "be complete",
                    path, f->suffix);
    return LS_OK;
}

static void say_end(const ls_context *context, const ls_exported *model, const char *path)
{
    const bool any = ls_maps_any(model->network);
    if (any && !model->maps)
        ls_log_line(&context->log, LS_LOG_WARNING,
                    "%s takes features that are prepared as in training, and gives targets as they are there: its "
                    "normalization is left out",
                    path);
    ls_log_line(&context->log, LS_LOG_RESULT, "exported %s into %s%s", model->origin, path,
                any && model->maps ? ", with its normalization" : "");
}

/* What convert has taken from a table's numbers is not in the features that the model knows. */
static void note_conversion(const ls_context *context, const ls_encoding *encoding, ls_network *network)
{
    for (int64_t k = 0; k < encoding->count; k++) {
        const ls_column *column = &encoding->column[k];
        if (column->role != LS_ROLE_FEATURE || column->offset == 0)
            continue;
        ls_text_note(network->prepared, sizeof network->prepared, "%s is the table's less %.17g", column->name,
                     column->offset);
        ls_log_line(
            &context->log, LS_LOG_WARNING,
            "the feature '%s' is the table's less %.17g, as convert has written it; give the model such numbers",
            column->name, column->offset);
    }
}

static ls_status export_model(const ls_context *context, const format *f, const ls_model *model,
                              const ls_options *options)
{
    names n = {.features = NULL};
    ls_network network = *model->network; /* borrows what it points to */
    ls_status status = find_names(model, &n);
    if (status == LS_OK)
        note_conversion(context, &n.of_classes.encoding, &network);
    const ls_exported exported = {.network = &network,
                                  .block = model->block,
                                  .maps = options->normalization,
                                  .features = n.features,
                                  .classes = n.classes,
                                  .origin = model->origin,
                                  .path = options->output};
    if (status == LS_OK)
        status = check_preparation(context, f, &exported, options->output);
    if (status == LS_OK)
        status = write_file(f, &exported, options->output);
    if (status == LS_OK)
        say_end(context, &exported, options->output);
    free_names(&n);
    return status;
}

ls_status ls_run_export(ls_context *context, const char *run, const ls_options *options)
{
    const format *f = NULL;
    ls_model *model = NULL;
    if (ls_comm_size(context->comm) > 1)
        return ls_fail(LS_ERR_USAGE, "export is the work of one process; start it without %d ranks",
                       ls_comm_size(context->comm));
    if (run[0] == '\0' || options->output[0] == '\0')
        return ls_fail(LS_ERR_USAGE, "export needs a model and a file to write: lockstep export RUN OUT.onnx");
    LS_TRY(find_format(options->output, &f));
    LS_TRY(check_output(options, run, ""));
    LS_TRY(ls_model_load_with(context, run, options, &model));
    ls_status status = check_output(options, run, model->origin);
    const ls_fpenv saved = ls_fpenv_enter();
    if (status == LS_OK)
        status = export_model(context, f, model, options);
    ls_fpenv_leave(saved);
    ls_model_destroy(model);
    return status;
}
