/* Models in files: public load and save. */
#include "base/fault.h"
#include "base/fpenv.h"
#include "base/memory.h"
#include "base/visible.h"
#include "comm/agree.h"
#include "comm/lead.h"
#include "context/options.h"
#include "data/encoded.h"
#include "files/path.h"
#include "files/unchanged.h"
#include "import/open.h"
#include "store/modelfile.h"
#include "store/rundir.h"
#include "store/sealed.h"
#include "train/model.h"

#include <stdio.h>
#include <string.h>

/* ---- loading (rank 0) ---- */

/* A model file on its way to ls_model_share. */
typedef struct loading {
    bool averages; /* the running averages in place of the weights */
    ls_import_hints hints;
    ls_network *network;
    float *block;
    char *encoding;
    char path[LS_TEXT_MAX]; /* what was read */
    /* Of a file of Keras', else NULL: what it is, and lines for people, some of them for who trains it further. */
    char *keras, *notes, *training_notes;
    bool newer;
} loading;

static ls_status read_averages(ls_h5_file *file, loading *l)
{
    memset(l->block, 0, (size_t)l->network->trainable * sizeof *l->block); /* statistics have no averages */
    return ls_modelfile_read_average(file, l->network, l->block);
}

/* What a translated file tells people; NULL where it does not. */
static ls_status read_told(ls_h5_file *file, const char *name, char **text)
{
    *text = NULL;
    return ls_h5_has_attribute(file, "/lockstep", name) ? ls_h5_attribute_text(file, "/lockstep", name, text) : LS_OK;
}

static void free_loading(loading *l)
{
    ls_memory_free(l->keras);
    ls_memory_free(l->notes);
    ls_memory_free(l->training_notes);
    l->keras = l->notes = l->training_notes = NULL;
}

static ls_status read_model(const char *path, bool sealed, loading *l)
{
    ls_h5_file *file;
    ls_unchanged as_it_was;
    l->newer = false;
    const char *quote = ls_visible_any(path, strlen(path)) ? "" : "'";
    if (!ls_path_exists(path))
        return ls_fail(LS_ERR_OUTPUT, "%s%s%s: there is no such run or model file; check the path", quote, path, quote);
    ls_unchanged_note(path, &as_it_was);
    LS_TRY(ls_import_open(path, sealed, &l->hints, &file, &l->newer));
    snprintf(l->path, sizeof l->path, "%s", path);
    ls_status status = ls_encoded_read(file, "/lockstep", &l->encoding);
    if (status == LS_OK)
        status = ls_modelfile_read(file, &l->network, &l->block);
    if (status == LS_OK && l->averages)
        status = read_averages(file, l);
    if (status == LS_OK)
        status = read_told(file, LS_IMPORT_KERAS, &l->keras);
    if (status == LS_OK)
        status = read_told(file, LS_IMPORT_NOTES, &l->notes);
    if (status == LS_OK)
        status = read_told(file, LS_IMPORT_TRAINING_NOTES, &l->training_notes);
    if (status == LS_OK)
        status = ls_unchanged_check(path, &as_it_was);
    if (status != LS_OK) {
        ls_memory_free(l->encoding);
        ls_network_destroy(l->network);
        ls_memory_free(l->block);
        free_loading(l);
        *l = (loading){.averages = l->averages, .hints = l->hints, .newer = l->newer};
    }
    ls_h5_close(file);
    return status;
}

/* A file of a run's directory, where everything has a seal: one that has lost it is damaged, whatever else it says. */
static ls_status read_own(const char *path, loading *l)
{
    return ls_modelfile_damaged(read_model(path, true, l));
}

/* The final model of a run, else its newest whole checkpoint; what is skipped is said. Only damage is skipped, not a
 * file of a newer Lockstep nor a want of memory: what an older one holds is not what was asked for. */
static ls_status read_run(const ls_log *log, const char *directory, loading *l)
{
    char path[LS_TEXT_MAX];
    char **paths;
    int count;
    LS_TRY(ls_path_join(path, sizeof path, directory, "model.weights.h5"));
    if (ls_path_exists(path)) {
        const ls_status status = read_own(path, l);
        if (status != LS_ERR_OUTPUT || l->newer)
            return status;
        ls_log_line(log, LS_LOG_WARNING, "%s; looking for a checkpoint", ls_error_message());
    }
    LS_TRY(ls_rundir_list(directory, &paths, &count));
    ls_status status = ls_fail(
        LS_ERR_OUTPUT,
        "%s holds no model.weights.h5 and no checkpoint; expected the output directory of a run or a model file",
        directory);
    for (int i = 0; i < count; i++) {
        status = read_own(paths[i], l);
        if (status == LS_OK) {
            ls_log_line(log, LS_LOG_INFO, "using %s", paths[i]);
            break;
        }
        if (status != LS_ERR_OUTPUT || l->newer)
            break;
        ls_log_line(log, LS_LOG_WARNING, "checkpoint skipped: %s", ls_error_message());
    }
    ls_memory_free(paths);
    return status;
}

typedef struct request {
    const ls_log *log;
    const char *path;
    loading *loading;
} request;

/* Lines, each as a warning; NULL: none. */
static void say_lines(const request *r, const char *lines)
{
    for (const char *at = lines ? lines : ""; *at;) {
        const size_t length = strcspn(at, "\n");
        ls_log_line(r->log, LS_LOG_WARNING, "%s: %.*s", r->path, (int)length, at);
        at += length + (at[length] == '\n');
    }
}

/* Whoever wrote it, it is what was asked for. */
static ls_status read_named(const request *r)
{
    const bool sealed = ls_sealed_is(r->path);
    LS_TRY(read_model(r->path, sealed, r->loading));
    if (r->loading->keras)
        ls_log_line(r->log, LS_LOG_INFO, "%s: %s", r->path, r->loading->keras);
    say_lines(r, r->loading->notes);
    if (r->loading->hints.lenient)
        say_lines(r, r->loading->training_notes);
    if (!sealed && !r->loading->keras)
        ls_log_line(r->log, LS_LOG_WARNING,
                    "%s has no seal: something else than Lockstep wrote it, so what is damaged in it cannot be told",
                    r->path);
    return LS_OK;
}

/* Rank 0's part. */
static ls_status read_requested(void *user, ls_lead *lead)
{
    const request *r = user;
    (void)lead;
    return ls_path_is_directory(r->path) ? read_run(r->log, r->path, r->loading) : read_named(r);
}

/* A file that has everything is given neither. */
static ls_import_hints hints_of(const ls_options *options)
{
    return (ls_import_hints){.model = options->model, .layers = options->layers, .lenient = options->init[0] != '\0'};
}

/* `options`: what is known of the file, or NULL. */
static ls_status load(ls_context *context, const char *path, bool averages, const ls_options *options, ls_model **model)
{
    loading l = {.averages = averages};
    if (options)
        l.hints = hints_of(options);
    request r = {&context->log, path, &l};
    const ls_fpenv saved = ls_fpenv_enter(); /* the maps' scales are computed here */
    const ls_lead_parts parts = {
        .work = read_requested, .user = &r, .what = "rank 0 reads the model", .stop = &context->stop};
    ls_status status = ls_agree(context->comm, ls_fault("model"));
    if (status == LS_OK)
        status = ls_lead_work(context->comm, &parts);
    status = ls_model_share(context, status, l.network, l.block, l.encoding, model);
    if (status == LS_OK)
        snprintf((*model)->origin, sizeof(*model)->origin, "%s", l.path);
    free_loading(&l);
    ls_fpenv_leave(saved);
    return status;
}

ls_status ls_model_open(const char *path, const ls_options *options, ls_h5_file **file)
{
    const ls_import_hints hints = options ? hints_of(options) : (ls_import_hints){.model = NULL};
    char own[LS_TEXT_MAX];
    char **paths;
    int count;
    bool newer;
    if (!ls_path_is_directory(path))
        return ls_import_open(path, false, &hints, file, &newer);
    LS_TRY(ls_path_join(own, sizeof own, path, "model.weights.h5"));
    LS_TRY(ls_rundir_list(path, &paths, &count));
    ls_status status = ls_modelfile_open(own, true, file, &newer);
    for (int i = 0; i < count && status == LS_ERR_OUTPUT && !newer; i++)
        status = ls_modelfile_open(paths[i], true, file, &newer);
    ls_memory_free(paths);
    return status;
}

/* Which Keras does not keep. */
static bool has_no_names(const char *path)
{
    ls_keras_kind kind;
    return !ls_sealed_is(path) && ls_keras_file_find(path, &kind) == LS_OK && kind >= LS_KERAS_ARCHIVE;
}

/* false: the file cannot be read. `own`: of a run's directory. */
static bool read_names(const char *path, bool own, char **text, ls_status *status)
{
    ls_h5_file *file;
    bool newer;
    *status = LS_OK;
    if (!own && ls_path_exists(path) && has_no_names(path))
        return true;
    *status = ls_path_exists(path) ? ls_modelfile_open(path, own, &file, &newer) : LS_ERR_DATA;
    if (*status != LS_OK)
        return false;
    *status = ls_encoded_read(file, "/lockstep", text);
    ls_h5_close(file);
    return *status == LS_OK;
}

ls_status ls_model_read_names(const char *path, char **text, bool *found)
{
    char own[LS_TEXT_MAX];
    char **paths = NULL;
    int count = 0;
    ls_status status;
    *text = NULL;
    *found = false;
    if (!ls_path_is_directory(path)) {
        *found = read_names(path, false, text, &status);
        return status == LS_ERR_MEMORY ? status : LS_OK;
    }
    LS_TRY(ls_path_join(own, sizeof own, path, "model.weights.h5"));
    *found = read_names(own, true, text, &status);
    if (*found || status == LS_ERR_MEMORY)
        return status;
    status = ls_rundir_list(path, &paths, &count);
    for (int i = 0; i < count && !*found && status != LS_ERR_MEMORY; i++)
        *found = read_names(paths[i], true, text, &status);
    ls_memory_free(paths);
    return status == LS_ERR_MEMORY ? status : LS_OK;
}

ls_status ls_model_load(ls_context *context, const char *path, ls_model **model)
{
    return load(context, path, false, NULL, model);
}

ls_status ls_model_load_averages(ls_context *context, const char *path, ls_model **model)
{
    return load(context, path, true, NULL, model);
}

ls_status ls_model_load_with(ls_context *context, const char *path, const ls_options *options, ls_model **model)
{
    return load(context, path, options->use_ema, options, model);
}

/* ---- saving (rank 0) ---- */

typedef struct saving {
    const ls_model *model;
    const char *path;
} saving;

static ls_status write_model(void *user, ls_lead *lead)
{
    const ls_model *model = ((const saving *)user)->model;
    ls_sealed sealed;
    (void)lead;
    LS_TRY(ls_sealed_create(((const saving *)user)->path, &sealed));
    const ls_modelblock weights = {.values = model->block};
    ls_status status = ls_modelfile_write(sealed.file, "model", model->network, &weights, NULL);
    if (status == LS_OK)
        status = ls_encoded_write_model(sealed.file, model->encoding);
    if (status == LS_OK)
        return ls_sealed_commit(&sealed);
    ls_sealed_abandon(&sealed);
    return status;
}

ls_status ls_model_save(ls_context *context, const ls_model *model, const char *path)
{
    saving s = {model, path};
    const ls_lead_parts parts = {.work = write_model, .user = &s, .what = "rank 0 writes the model"};
    return ls_lead_work(context->comm, &parts);
}
