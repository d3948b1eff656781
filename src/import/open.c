/* Who wrote a file decides how it is opened. */
#include "import/open.h"

#include "base/memory.h"
#include "hdf5/check.h"
#include "import/keras_model.h"
#include "import/translate.h"
#include "store/modelfile.h"
#include "store/sealed.h"

#include <sys/stat.h>

/* At which the checking process translates, at least. */
#define BYTES_A_SECOND 2e7

typedef struct trial {
    const char *path;
    const ls_import_hints *hints;
} trial;

static ls_status try_to_translate(void *user)
{
    const trial *t = user;
    ls_h5_file *file;
    const ls_status status = ls_translate(t->path, t->hints, &file);
    ls_h5_close(file);
    return status;
}

/* Of processor time, for the child. */
static double seconds_for(const char *path)
{
    struct stat info;
    return 10 + (stat(path, &info) == 0 ? (double)info.st_size / BYTES_A_SECOND : 0);
}

/* A model that has its layers cannot begin with those of another file. */
static ls_status check_own(const char *path, const ls_import_hints *hints)
{
    if (hints && hints->lenient && hints->model && hints->model[0])
        return ls_fail(LS_ERR_USAGE, "--model: %s says its layers itself; leave --model out", path);
    return LS_OK;
}

ls_status ls_import_open(const char *path, bool sealed, const ls_import_hints *hints, ls_h5_file **file, bool *newer)
{
    trial t = {path, hints};
    ls_keras_kind kind;
    *file = NULL;
    *newer = false;
    if (sealed || ls_sealed_is(path)) {
        LS_TRY(check_own(path, hints));
        return ls_modelfile_open(path, sealed, file, newer);
    }
    LS_TRY(ls_keras_file_find(path, &kind));
    if (kind == LS_KERAS_OWN)
        LS_TRY(check_own(path, hints));
    if (kind == LS_KERAS_OTHER || kind == LS_KERAS_OWN)
        return ls_modelfile_open(path, sealed, file, newer);
    LS_TRY(ls_check_strictly(path, try_to_translate, &t, seconds_for(path)));
    return ls_translate(path, hints, file);
}

/* ---- the architecture alone ---- */

static void add_lines(const ls_text *from, ls_text *to)
{
    if (from->length > 0)
        ls_text_printf(to, "%s%s", to->length > 0 ? "\n" : "", ls_text_string(from));
}

typedef struct asking {
    const char *path;
    ls_text *layers, *remarks;
} asking;

static ls_status read_configuration(void *user)
{
    const asking *a = user;
    ls_keras_file file;
    ls_keras_model model = {.features = 0};
    ls_status status;
    LS_TRY(ls_keras_file_open(a->path, &file));
    if (file.config.count == 0)
        LS_TRY_CLEANUP(ls_fail(LS_ERR_DATA, "%s: has no configuration, from which layers could be taken", a->path));
    LS_TRY_CLEANUP(ls_keras_model_read(&file.config, &file.config.value[0], a->path,
                                       file.version[0] ? file.version : NULL, &model));
    ls_text_append(a->layers, ls_text_string(&model.layers));
    add_lines(&model.remarks, a->remarks);
    add_lines(&model.initial_remarks, a->remarks);
    LS_TRY_CLEANUP(ls_text_status(a->remarks));
    status = ls_text_status(a->layers);
cleanup:
    ls_keras_model_free(&model);
    ls_keras_file_close(&file);
    return status;
}

static ls_status read_own(const char *path, ls_text *layers)
{
    ls_h5_file *file;
    char *text;
    bool newer;
    LS_TRY(ls_modelfile_open(path, false, &file, &newer));
    ls_status status = ls_h5_attribute_text(file, "/lockstep", "layers", &text);
    ls_h5_close(file);
    LS_TRY(status);
    ls_text_append(layers, text);
    ls_memory_free(text);
    return ls_text_status(layers);
}

ls_status ls_import_layers(const char *path, ls_text *layers, ls_text *remarks)
{
    ls_text lost = {0}, too = {0};
    asking a = {path, &lost, &too};
    ls_keras_kind kind = LS_KERAS_OWN;
    if (!ls_sealed_is(path))
        LS_TRY(ls_keras_file_find(path, &kind));
    if (kind == LS_KERAS_OWN)
        return read_own(path, layers);
    const ls_status status = ls_check_strictly(path, read_configuration, &a, seconds_for(path));
    ls_text_free(&lost); /* a child's are gone with it */
    ls_text_free(&too);
    LS_TRY(status);
    a = (asking){path, layers, remarks};
    return read_configuration(&a);
}
