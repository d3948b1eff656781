/* Models in files: public load and save. */
#include "base/fault.h"
#include "base/fpenv.h"
#include "base/memory.h"
#include "comm/agree.h"
#include "data/encoded.h"
#include "files/path.h"
#include "store/modelfile.h"
#include "store/rundir.h"
#include "store/sealed.h"
#include "train/model.h"

#include <stdio.h>
#include <string.h>

/* ---- loading (rank 0) ---- */

static ls_status read_model(const char *path, bool sealed, ls_network **network, float **block, char **encoding,
                            bool *newer)
{
    ls_h5_file *file;
    *newer = false;
    if (!ls_path_exists(path))
        return ls_fail(LS_ERR_OUTPUT, "%s: there is no such run or model file; check the path", path);
    LS_TRY(ls_modelfile_open(path, sealed, &file, newer));
    ls_status status = ls_encoded_read(file, "/lockstep", encoding);
    if (status == LS_OK)
        status = ls_modelfile_read(file, network, block);
    if (status != LS_OK) {
        ls_memory_free(*encoding);
        *encoding = NULL;
    }
    ls_h5_close(file);
    return status;
}

/* A file of a run's directory, where everything has a seal: one that has lost it is damaged, whatever else it says. */
static ls_status read_own(const char *path, ls_network **network, float **block, char **encoding, bool *newer)
{
    return ls_modelfile_damaged(read_model(path, true, network, block, encoding, newer));
}

/* The final model of a run, else its newest whole checkpoint; what is skipped is said. Only damage is skipped, not a
 * file of a newer Lockstep nor a want of memory: what an older one holds is not what was asked for. */
static ls_status read_run(const ls_log *log, const char *directory, ls_network **network, float **block,
                          char **encoding)
{
    char path[LS_TEXT_MAX];
    char **paths;
    int count;
    bool newer;
    LS_TRY(ls_path_join(path, sizeof path, directory, "model.weights.h5"));
    if (ls_path_exists(path)) {
        const ls_status status = read_own(path, network, block, encoding, &newer);
        if (status != LS_ERR_OUTPUT || newer)
            return status;
        ls_log_line(log, LS_LOG_WARNING, "%s; looking for a checkpoint", ls_error_message());
    }
    LS_TRY(ls_rundir_list(directory, &paths, &count));
    ls_status status = ls_fail(
        LS_ERR_OUTPUT,
        "%s holds no model.weights.h5 and no checkpoint; expected the output directory of a run or a model file",
        directory);
    for (int i = 0; i < count; i++) {
        status = read_own(paths[i], network, block, encoding, &newer);
        if (status == LS_OK) {
            ls_log_line(log, LS_LOG_INFO, "using %s", paths[i]);
            break;
        }
        if (status != LS_ERR_OUTPUT || newer)
            break;
        ls_log_line(log, LS_LOG_WARNING, "checkpoint skipped: %s", ls_error_message());
    }
    ls_memory_free(paths);
    return status;
}

ls_status ls_model_load(ls_context *context, const char *path, ls_model **model)
{
    ls_network *network = NULL;
    float *block = NULL;
    char *encoding = NULL;
    bool newer;
    const ls_fpenv saved = ls_fpenv_enter(); /* the maps' scales are computed here */
    ls_status status = ls_fault("model");
    if (status == LS_OK && ls_comm_rank(context->comm) == 0)
        status = ls_path_is_directory(path) ? read_run(&context->log, path, &network, &block, &encoding)
                                            : read_model(path, false, &network, &block, &encoding, &newer);
    status = ls_model_share(context, status, network, block, encoding, model);
    ls_fpenv_leave(saved);
    return status;
}

/* ---- saving (rank 0) ---- */

static ls_status write_model(const ls_model *model, const char *path)
{
    ls_sealed sealed;
    LS_TRY(ls_sealed_create(path, &sealed));
    ls_status status = ls_modelfile_write(sealed.file, "model", model->network, model->block, NULL);
    if (status == LS_OK)
        status = ls_encoded_write(sealed.file, "/lockstep", model->encoding);
    if (status == LS_OK)
        return ls_sealed_commit(&sealed);
    ls_sealed_abandon(&sealed);
    return status;
}

ls_status ls_model_save(ls_context *context, const ls_model *model, const char *path)
{
    return ls_agree(context->comm, ls_comm_rank(context->comm) == 0 ? write_model(model, path) : LS_OK);
}
