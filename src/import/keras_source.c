/* Putting together what says the layers and what has their variables. */
#include "import/keras_source.h"

#include "base/memory.h"
#include "import/keras_layered.h"

#include <string.h>

/* Of bytes that a file's variables may have: as float64, with the most slots that an optimizer has, and what libhdf5
 * and the attributes take. */
#define BYTES_EACH  (8 * 6)
#define BYTES_MORE  ((int64_t)64 << 20)
#define LAYER_BYTES ((int64_t)64 << 10)

static bool has(const char *hint)
{
    return hint && hint[0];
}

static ls_status read_model(const ls_keras_file *file, ls_keras_source *s)
{
    if (file->config.count == 0)
        return ls_fail(LS_ERR_DATA, "%s: has no configuration", file->path);
    LS_TRY(ls_keras_model_read(&file->config, &file->config.value[0], file->path,
                               file->version[0] ? file->version : NULL, &s->model));
    s->compiled_in = file->training.count > 0 ? &file->training : &file->config;
    s->compiled = file->compiled;
    return LS_OK;
}

/* Variables alone: somebody else says the layers. */
static ls_status read_described(const ls_import_hints *hints, ls_keras_source *s)
{
    s->apart = true;
    if (hints && has(hints->model) && has(hints->layers))
        return ls_fail(LS_ERR_USAGE, "--model and --layers both say the layers; leave one of them out");
    if (hints && has(hints->model)) {
        LS_TRY(ls_keras_file_open(hints->model, &s->described));
        return read_model(&s->described, s);
    }
    if (hints && has(hints->layers))
        return ls_keras_layered_model(hints->layers, &s->file, &s->model);
    return ls_fail(LS_ERR_USAGE,
                   "%s: holds variables and says nothing of layers; name a file that does (--model CONFIG.json, which "
                   "model.to_json() gives), or give --layers",
                   s->file.path);
}

static ls_status read_all(const ls_import_hints *hints, ls_keras_source *s)
{
    if (s->file.kind == LS_KERAS_WEIGHTS)
        return read_described(hints, s);
    if (s->file.kind == LS_KERAS_JSON)
        return ls_fail(
            LS_ERR_DATA,
            "%s: is JSON, which has no weights; a configuration goes with --model, to train it anew or beside "
            "a .weights.h5",
            s->file.path);
    if (hints && (has(hints->model) || (has(hints->layers) && !hints->lenient)))
        return ls_fail(LS_ERR_USAGE, "--%s: %s says its layers itself; leave --%s out",
                       has(hints->model) ? "model" : "layers", s->file.path, has(hints->model) ? "model" : "layers");
    return read_model(&s->file, s);
}

ls_status ls_keras_source_open(const char *path, const ls_import_hints *hints, ls_keras_source *s)
{
    *s = (ls_keras_source){.found = false};
    LS_TRY(ls_keras_file_open(path, &s->file));
    LS_TRY(read_all(hints, s));
    if (s->model.features > 0)
        return LS_OK;
    LS_TRY(ls_keras_file_open_variables(&s->file, INT64_MAX));
    LS_TRY(ls_keras_variables_find(&s->file, &s->model, &s->variables));
    s->found = true;
    return ls_keras_variables_features(&s->file, &s->model, &s->variables, &s->model.features);
}

ls_status ls_keras_source_find(ls_keras_source *s, int64_t parameters)
{
    const int64_t more = BYTES_MORE + s->model.count * LAYER_BYTES;
    const int64_t most = parameters > (INT64_MAX - more) / BYTES_EACH ? INT64_MAX : parameters * BYTES_EACH + more;
    LS_TRY(ls_keras_file_open_variables(&s->file, most));
    if (!s->found)
        LS_TRY(ls_keras_variables_find(&s->file, &s->model, &s->variables));
    s->found = true;
    if (s->apart && s->variables.passed_over.length > 0)
        return ls_fail(LS_ERR_DATA, "%s: has variables that no layer takes, so the layers are another model's: %s",
                       s->file.path, ls_text_string(&s->variables.passed_over));
    return LS_OK;
}

void ls_keras_source_free(ls_keras_source *s)
{
    ls_keras_variables_free(&s->variables);
    ls_keras_model_free(&s->model);
    ls_keras_file_close(&s->file);
    ls_keras_file_close(&s->described);
    *s = (ls_keras_source){.found = false};
}
