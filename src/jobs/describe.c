/* `lockstep info`: what a data file, a model, a checkpoint or a run's directory holds, as text. */
#include "jobs/describe.h"
#include "base/memory.h"
#include "base/text.h"
#include "context/options.h"
#include "context/options_refuse.h"
#include "data/classes.h"
#include "data/encoded.h"
#include "files/path.h"
#include "hdf5/check.h"
#include "hdf5/h5.h"
#include "import/open.h"
#include "jobs/doctor.h"
#include "source/find.h"
#include "store/modelfile.h"
#include "store/rundir.h"
#include "store/sealed.h"
#include "train/checkpoint.h"

#include <lockstep.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- data files ---- */

/* The columns of a converted table, in data files and models. */
static ls_status put_columns(ls_h5_file *file, const char *object, ls_text *text)
{
    char *encoding;
    LS_TRY(ls_encoded_read(file, object, &encoding));
    ls_status status = LS_OK;
    if (encoding != NULL) {
        ls_text_append(text, "  columns     ");
        status = ls_encoded_describe(encoding, text);
        ls_text_append(text, "\n");
    }
    ls_memory_free(encoding);
    return status;
}

/* What is wrong with a file is what is told of it; that there is no memory to look says nothing about it. */
static ls_status only_memory(ls_status status)
{
    return status == LS_ERR_MEMORY ? status : LS_OK;
}

static ls_status describe_data(ls_h5_file *file, ls_text *text)
{
    ls_h5_dataset *list;
    int count;
    ls_found found;
    char *title;
    LS_TRY(ls_h5_list(file, "/", &list, &count));
    ls_text_printf(text, "%s: HDF5 data, %d dataset%s\n", ls_h5_path(file), count, count == 1 ? "" : "s");
    if (ls_h5_has_attribute(file, "/", "title") && ls_h5_attribute_text(file, "/", "title", &title) == LS_OK) {
        ls_text_printf(text, "  %s\n", title);
        ls_memory_free(title);
    }
    ls_doctor_put_datasets(list, count, text);
    ls_memory_free(list);
    LS_TRY(put_columns(file, "/", text));
    ls_status status = ls_find_parts(file, false, &found);
    if (status == LS_OK) {
        ls_text_append(text, "Lockstep would use\n");
        ls_doctor_put_part("train", found.train.x, found.train.y, text);
        ls_doctor_put_part("validation", found.validation.x, found.validation.y, text);
        ls_doctor_put_part("test", found.test.x, found.test.y, text);
    } else {
        if (status != LS_ERR_MEMORY)
            status = ls_find_parts(file, true, &found); /* for its words, which speak of train */
        ls_text_printf(text, "%s\n", ls_error_message());
    }
    LS_TRY(ls_h5_answered(file));
    return only_memory(status);
}

/* ---- one file ---- */

/* What is wanted of it: text, or JSON where that is set. */
typedef struct asked {
    const ls_describe_request *request;
    ls_text *text;
    ls_json *json;
} asked;

static ls_status describe_model(const char *path, bool sealed, const asked *wish)
{
    ls_h5_file *file;
    bool newer;
    const ls_options *o = wish->request->options;
    const ls_import_hints hints = {.model = o ? o->model : NULL, .layers = o ? o->layers : NULL};
    LS_TRY(ls_import_open(path, sealed, &hints, &file, &newer));
    const ls_status status = wish->json ? ls_describe_model_json(file, wish->request, wish->json)
                                        : ls_describe_model(file, wish->request, wish->text);
    ls_h5_close(file);
    return status;
}

/* What is written into the child's copy of the text is gone with it. */
typedef struct trial {
    const char *path;
    const asked *wish;
} trial;

static ls_status describe_data_file(void *user)
{
    const trial *t = user;
    ls_h5_file *file;
    LS_TRY(ls_h5_open(t->path, &file));
    const ls_status status = describe_data(file, t->wish->text);
    ls_h5_close(file);
    return status;
}

/* Whether a file is a model or checkpoint: one of ours, one that says so, or one of Keras'. Errors are told by whoever
 * reads it. */
static ls_status is_model(const char *path, bool *model)
{
    ls_keras_kind kind;
    *model = ls_path_is_directory(path) || ls_sealed_is(path);
    if (*model || !ls_path_exists(path))
        return LS_OK;
    LS_TRY(ls_keras_file_find(path, &kind));
    *model = kind != LS_KERAS_OTHER;
    return LS_OK;
}

static ls_status describe_one(const char *path, const asked *wish)
{
    trial t = {.path = path, .wish = wish};
    bool model;
    LS_TRY(is_model(path, &model));
    if (!model) {
        LS_TRY(ls_check_strictly(path, describe_data_file, &t, 5));
        return describe_data_file(&t);
    }
    if (wish->json)
        ls_json_object_begin(wish->json);
    const ls_status status = describe_model(path, false, wish);
    if (wish->json)
        ls_json_object_end(wish->json);
    return status;
}

/* ---- a run's directory ---- */

/* "whole", or what is wrong with it. */
static ls_status look_at_sealed(const char *path)
{
    ls_h5_file *file;
    bool newer;
    LS_TRY(ls_modelfile_open(path, true, &file, &newer));
    ls_h5_close(file);
    return LS_OK;
}

static ls_status put_sealed(const char *path, const char *kind, const asked *wish)
{
    const ls_status status = look_at_sealed(path);
    if (!wish->json) {
        ls_text_printf(wish->text, "%s: %s%s\n", path, status == LS_OK ? kind : ls_error_message(),
                       status == LS_OK ? ", whole" : "");
        return only_memory(status);
    }
    ls_json_object_begin(wish->json);
    ls_json_put_string(wish->json, "file", path);
    ls_json_put_bool(wish->json, "whole", status == LS_OK);
    if (status == LS_OK)
        ls_json_put_null(wish->json, "error");
    else
        ls_json_put_string(wish->json, "error", ls_error_message());
    ls_json_object_end(wish->json);
    return only_memory(status);
}

/* What a run's directory has. */
typedef struct contents {
    char model[LS_TEXT_MAX], best[LS_TEXT_MAX], card[LS_TEXT_MAX];
    bool has_model, has_best, has_card;
    char **paths; /* of the checkpoints */
    int count;
} contents;

static ls_status list_contents(const char *directory, contents *c)
{
    LS_TRY(ls_path_join(c->model, sizeof c->model, directory, "model.weights.h5"));
    LS_TRY(ls_path_join(c->best, sizeof c->best, directory, "best.weights.h5"));
    LS_TRY(ls_path_join(c->card, sizeof c->card, directory, "run.json"));
    LS_TRY(ls_rundir_list(directory, &c->paths, &c->count));
    LS_TRY(ls_path_find(c->model, &c->has_model));
    LS_TRY(ls_path_find(c->best, &c->has_best));
    LS_TRY(ls_path_find(c->card, &c->has_card));
    if (!c->has_model && c->count == 0)
        return ls_fail(LS_ERR_OUTPUT,
                       "%s is a directory without model.weights.h5 and checkpoints, not the output of a run",
                       directory);
    return LS_OK;
}

static ls_status put_contents(const contents *c, const asked *wish)
{
    if (c->has_model)
        LS_TRY(describe_model(c->model, true, wish));
    if (c->has_best)
        LS_TRY(put_sealed(c->best, "model of the best epoch", wish));
    for (int i = 0; i < c->count; i++)
        LS_TRY(put_sealed(c->paths[i], "checkpoint", wish));
    return LS_OK;
}

static ls_status put_contents_json(const char *directory, const contents *c, const asked *wish)
{
    ls_json *json = wish->json;
    ls_status status = LS_OK;
    ls_json_object_begin(json);
    ls_json_put_string(json, "file", directory);
    ls_json_put_string(json, "kind", "run");
    ls_json_key(json, "model");
    if (c->has_model) {
        ls_json_object_begin(json);
        status = describe_model(c->model, true, wish);
        ls_json_object_end(json);
    } else {
        ls_json_null(json);
    }
    LS_TRY(status);
    ls_json_key(json, "best");
    if (c->has_best)
        LS_TRY(put_sealed(c->best, "", wish));
    else
        ls_json_null(json);
    ls_json_key(json, "checkpoints");
    ls_json_array_begin(json);
    for (int i = 0; i < c->count; i++)
        LS_TRY(put_sealed(c->paths[i], "", wish));
    ls_json_array_end(json);
    ls_json_object_end(json);
    return LS_OK;
}

/* The memory is that of the run, where its run.json can be read. */
static ls_status describe_run(const char *directory, const asked *given)
{
    contents c = {0};
    ls_options *run = NULL;
    ls_status status = list_contents(directory, &c);
    if (status == LS_OK && c.has_card)
        status = only_memory(ls_options_read_card(c.card, &run));
    const ls_describe_request request = {.options = given->request->options, .run = run, .best = c.has_best};
    const asked wish = {.request = &request, .text = given->text, .json = given->json};
    if (status == LS_OK)
        status = wish.json ? put_contents_json(directory, &c, &wish) : put_contents(&c, &wish);
    ls_options_destroy(run);
    ls_memory_free(c.paths);
    return status;
}

/* ---- public ---- */

/* The text as the caller's, when all of it is there. */
static ls_status hand_over(ls_status status, ls_text *t, char **text)
{
    *text = NULL;
    if (status == LS_OK)
        status = ls_text_status(t);
    if (status == LS_OK) {
        *text = strdup(ls_text_string(t));
        if (!*text)
            status = ls_fail(LS_ERR_MEMORY, "out of memory");
    }
    ls_text_free(t);
    return status;
}

static ls_status describe(const char *path, const ls_options *options, char **text)
{
    ls_text t = {0};
    ls_json json = {.text = &t, .indent = 2};
    const ls_describe_request request = {.options = options};
    const asked wish = {.request = &request, .text = &t, .json = options && options->json ? &json : NULL};
    const ls_status status = ls_path_is_directory(path) ? describe_run(path, &wish) : describe_one(path, &wish);
    if (wish.json)
        ls_text_append(&t, "\n");
    return hand_over(status, &t, text);
}

ls_status ls_describe_file(const char *path, char **text)
{
    return describe(path, NULL, text);
}

static ls_status look(const ls_options *options, ls_text *text)
{
    ls_context *context;
    ls_doctor doctor;
    LS_TRY(ls_context_create(NULL, &context));
    ls_status status = ls_doctor_look(context, options, &doctor);
    if (status == LS_OK && options->json)
        ls_doctor_json(&doctor, text);
    else if (status == LS_OK)
        status = ls_doctor_text(&doctor, text);
    ls_doctor_free(&doctor);
    ls_context_destroy(context);
    return status;
}

ls_status ls_run_info(const ls_options *options, char **text)
{
    static const char *const data_only[] = {"x",
                                            "y",
                                            "samples-axis",
                                            "follow-links",
                                            "trust-sizes",
                                            "validation-data",
                                            "validation-x",
                                            "validation-y",
                                            "validation-split",
                                            "validation-method",
                                            "validation-group",
                                            "limit-rows",
                                            "missing",
                                            "shuffle-window",
                                            "seed",
                                            NULL};
    ls_text t = {0};
    bool model;
    *text = NULL;
    LS_TRY(ls_memory_keep(LS_CONTEXT_SPARE_BYTES)); /* as a context does, which this needs none of */
    LS_TRY(is_model(options->data, &model));
    if (!model)
        return hand_over(look(options, &t), &t, text);
    LS_TRY(ls_options_refuse(options, data_only, "is for data files; %s is a model, a checkpoint or a run",
                             options->data));
    return describe(options->data, options, text);
}

void ls_text_release(char *text)
{
    free(text);
}
