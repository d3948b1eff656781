/* `lockstep info`: what a data file, a model, a checkpoint or a run's directory holds, as text. */
#include "base/memory.h"
#include "base/text.h"
#include "context/options.h"
#include "context/options_refuse.h"
#include "data/classes.h"
#include "data/encoded.h"
#include "files/path.h"
#include "hdf5/check.h"
#include "hdf5/h5.h"
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
    if (ls_find_parts(file, false, &found) == LS_OK) {
        ls_text_append(text, "Lockstep would use\n");
        ls_doctor_put_part("train", found.train.x, found.train.y, text);
        ls_doctor_put_part("validation", found.validation.x, found.validation.y, text);
        ls_doctor_put_part("test", found.test.x, found.test.y, text);
    } else {
        (void)ls_find_parts(file, true, &found); /* for its words, which speak of train */
        ls_text_printf(text, "%s\n", ls_error_message());
    }
    return LS_OK;
}

/* ---- models and checkpoints ---- */

static void put_network(ls_text *text, const ls_network *network)
{
    ls_text_printf(text, "  layers      %lld -> ", (long long)network->features);
    ls_layers_format(network->layers, network->count, text);
    ls_text_printf(text, "\n  parameters  %lld\n  loss        ", (long long)network->parameters);
    ls_loss_format(&network->loss, text);
    ls_text_append(text, "\n");
    if (network->feature_map.count)
        ls_text_append(text, "  features    normalised by column\n");
    if (network->target_map.count)
        ls_text_append(text, "  targets     normalised; predictions are in original units\n");
    if (network->prepared[0])
        ls_text_printf(text, "  data        %s\n", network->prepared);
    if (network->classes) {
        ls_text_append(text, "  labels      ");
        ls_classes_list(network->classes, network->class_count, text);
        ls_text_printf(text, " are classes 0 to %lld\n", (long long)network->class_count - 1);
    }
    if (network->fill)
        ls_text_append(text, "  missing     values are filled in by column (/lockstep/fill)\n");
    for (int i = 0; i < network->variables; i++) {
        const ls_tensor tensor = ls_network_tensor(network, i);
        ls_text_printf(text, "    %s/%s (", network->layers[tensor.layer].name, ls_role_name(tensor.role));
        if (!ls_tensor_is_vector(&tensor))
            ls_text_printf(text, "%lld, ", (long long)tensor.rows);
        ls_text_printf(text, "%lld)\n", (long long)tensor.columns);
    }
}

static void put_lines(ls_text *text, const char *lines)
{
    for (size_t length; *lines != '\0'; lines += length + (lines[length] != '\0')) {
        length = strcspn(lines, "\n");
        ls_text_printf(text, "    %.*s\n", (int)length, lines);
    }
}

static ls_status put_best(ls_h5_file *file, ls_text *text)
{
    int64_t epoch;
    double value;
    if (!ls_h5_exists(file, "/lockstep/best"))
        return LS_OK;
    LS_TRY(ls_h5_attribute_int64(file, "/lockstep/best", "epoch", &epoch));
    LS_TRY(ls_h5_attribute_double(file, "/lockstep/best", "value", &value));
    if (epoch > 0)
        ls_text_printf(text, "  best        epoch %lld, %.6g\n", (long long)epoch, value);
    return LS_OK;
}

static ls_status put_state(ls_h5_file *file, ls_text *text)
{
    int64_t epoch, step, steps;
    char *recipe;
    if (!ls_h5_has_attribute(file, "/lockstep", "recipe"))
        return LS_OK;
    LS_TRY(ls_h5_attribute_int64(file, "/lockstep", "epoch", &epoch));
    LS_TRY(ls_h5_attribute_int64(file, "/lockstep", "step", &step));
    LS_TRY(ls_h5_attribute_int64(file, "/lockstep", "steps", &steps));
    LS_TRY(ls_h5_attribute_text(file, "/lockstep", "recipe", &recipe));
    ls_text_printf(text, "  state       %lld steps: %lld whole epochs and %lld steps of the next\n  recipe\n",
                   (long long)steps, (long long)epoch, (long long)step);
    put_lines(text, recipe);
    ls_memory_free(recipe);
    if (ls_h5_has_attribute(file, "/lockstep", LS_CHECKPOINT_CHANGES)) {
        char *changes;
        LS_TRY(ls_h5_attribute_text(file, "/lockstep", LS_CHECKPOINT_CHANGES, &changes));
        ls_text_append(text, "  changes\n");
        put_lines(text, changes);
        ls_memory_free(changes);
    }
    return put_best(file, text);
}

static ls_status put_optimizer(ls_h5_file *file, ls_text *text)
{
    char name[64];
    bool averages;
    if (!ls_modelfile_has_optimizer(file))
        return LS_OK;
    LS_TRY(ls_modelfile_optimizer_name(file, name, sizeof name, &averages));
    ls_text_printf(text, "  optimizer   %s, with its state%s\n", name,
                   averages ? " and running averages of the weights (evaluate --use-ema)" : "");
    return LS_OK;
}

static ls_status describe_model(ls_h5_file *file, ls_text *text)
{
    ls_network *network;
    float *block;
    char *kind, digest[65];
    LS_TRY(ls_modelfile_read(file, &network, &block));
    ls_memory_free(block);
    ls_status status = ls_h5_attribute_text(file, "/lockstep", "kind", &kind);
    if (status == LS_OK) {
        ls_text_printf(text, "%s: Lockstep %s\n", ls_h5_path(file), kind);
        ls_memory_free(kind);
        put_network(text, network);
        status = put_optimizer(file, text);
    }
    if (status == LS_OK) {
        status = put_columns(file, "/lockstep", text);
    }
    if (status == LS_OK) {
        status = put_state(file, text);
    }
    if (status == LS_OK)
        status = ls_rundir_digest(ls_h5_path(file), digest);
    if (status == LS_OK)
        ls_text_printf(text, "  sha256      %s\n", digest);
    ls_network_destroy(network);
    return status;
}

static ls_status describe_open(const char *path, ls_text *text)
{
    ls_h5_file *file;
    LS_TRY(ls_h5_open(path, &file));
    const bool model = ls_h5_exists(file, "/lockstep");
    if (model)
        ls_h5_trust(file, LS_H5_LINKS_NONE, false);
    ls_status status = model ? describe_model(file, text) : describe_data(file, text);
    ls_h5_close(file);
    return status;
}

/* What is written into the child's copy of the text is gone with it. */
typedef struct trial {
    const char *path;
    ls_text *text;
    bool *model;
} trial;

static ls_status try_to_describe(void *user)
{
    const trial *t = user;
    return describe_open(t->path, t->text);
}

static ls_status describe_one(const char *path, ls_text *text)
{
    trial t = {.path = path, .text = text};
    if (ls_sealed_is(path))
        LS_TRY(ls_sealed_verify(path));
    else
        LS_TRY(ls_check(path, try_to_describe, &t, 5));
    return describe_open(path, text);
}

/* ---- a run's directory ---- */

static void describe_sealed(const char *path, const char *kind, ls_text *text)
{
    ls_h5_file *file;
    bool newer;
    const ls_status status = ls_modelfile_open(path, true, &file, &newer);
    if (status == LS_OK)
        ls_h5_close(file);
    ls_text_printf(text, "%s: %s\n", path, status == LS_OK ? kind : ls_error_message());
}

static ls_status describe_run(const char *directory, ls_text *text)
{
    char model[LS_TEXT_MAX], best[LS_TEXT_MAX];
    char **paths;
    int count;
    LS_TRY(ls_path_join(model, sizeof model, directory, "model.weights.h5"));
    LS_TRY(ls_path_join(best, sizeof best, directory, "best.weights.h5"));
    LS_TRY(ls_rundir_list(directory, &paths, &count));
    ls_status status = LS_OK;
    const bool final = ls_path_exists(model);
    if (!final && count == 0)
        status =
            ls_fail(LS_ERR_OUTPUT,
                    "%s is a directory without model.weights.h5 and checkpoints, not the output of a run", directory);
    if (status == LS_OK && final)
        status = ls_sealed_verify(model); /* whatever its first bytes say: a run's files have seals */
    if (status == LS_OK && final)
        status = describe_open(model, text);
    if (status == LS_OK && ls_path_exists(best))
        describe_sealed(best, "model of the best epoch, whole", text);
    for (int i = 0; status == LS_OK && i < count; i++)
        describe_sealed(paths[i], "checkpoint, whole", text);
    ls_memory_free(paths);
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

ls_status ls_describe_file(const char *path, char **text)
{
    ls_text t = {0};
    const ls_status status = ls_path_is_directory(path) ? describe_run(path, &t) : describe_one(path, &t);
    return hand_over(status, &t, text);
}

/* Whether a file is a model or checkpoint: one of ours, or one that says so. Errors are told by whoever reads it. */
static ls_status ask_for_model(void *user)
{
    const trial *t = user;
    ls_h5_file *file;
    LS_TRY(ls_h5_open(t->path, &file));
    const bool model = ls_h5_exists(file, "/lockstep");
    ls_h5_close(file);
    *t->model = model;
    return LS_OK;
}

static ls_status is_model(const char *path, bool *model)
{
    trial t = {.path = path, .model = model};
    *model = ls_path_is_directory(path) || ls_sealed_is(path);
    if (*model || !ls_path_exists(path))
        return LS_OK;
    LS_TRY(ls_check(path, ask_for_model, &t, 5));
    return ask_for_model(&t);
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
                                            "batch-size",
                                            "shuffle-window",
                                            "shards",
                                            "seed",
                                            "ranks",
                                            "json",
                                            NULL};
    ls_text t = {0};
    bool model;
    *text = NULL;
    LS_TRY(is_model(options->data, &model));
    if (!model)
        return hand_over(look(options, &t), &t, text);
    LS_TRY(ls_options_refuse(options, data_only, "is for data files; %s is a model, a checkpoint or a run",
                             options->data));
    return ls_describe_file(options->data, text);
}

void ls_text_release(char *text)
{
    free(text);
}
