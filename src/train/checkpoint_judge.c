/* What a checkpoint of the run's directory is, without taking it. */
#include "train/checkpoint_judge.h"

#include "base/memory.h"
#include "store/modelfile.h"
#include "train/changes.h"
#include "train/checkpoint.h"
#include "train/recipe.h"

#include <string.h>

/* A run's checkpoints are of one recipe, but for what may change on the way. */
static ls_status check_recipe(const char *path, ls_h5_file *file, const ls_trainer *t)
{
    char *text;
    ls_options *saved = NULL, *ours = NULL;
    ls_status status;
    LS_TRY(ls_h5_attribute_text(file, "/lockstep", "recipe", &text));
    LS_TRY_CLEANUP(ls_recipe_translate(path, text, &saved));
    LS_TRY_CLEANUP(ls_recipe_translate(path, t->recipe, &ours));
    status = ls_recipe_compare(path, saved, ours, LS_CHANGES_ALL, true);
cleanup:
    ls_memory_free(text);
    ls_options_destroy(saved);
    ls_options_destroy(ours);
    return status;
}

static ls_status check_rows(const char *path, ls_h5_file *file, const ls_trainer *t)
{
    const int64_t shards = t->set.plan.shards;
    uint64_t *saved;
    ls_h5_dataset there;
    LS_TRY(ls_h5_describe(file, LS_CHECKPOINT_FINGERPRINT, &there));
    LS_TRY(ls_memory_allocate(&saved, shards, sizeof *saved, "fingerprint"));
    ls_status status = LS_OK;
    if (there.rank == 1 && there.shape[0] == shards)
        status = ls_h5_read_uint64(file, LS_CHECKPOINT_FINGERPRINT, 0, shards, saved);
    if (status == LS_OK && memcmp(saved, t->fingerprint, (size_t)shards * sizeof *saved) != 0)
        status = ls_fail(LS_ERR_DATA, "%s was made with other data", path);
    ls_memory_free(saved);
    return status;
}

ls_verdict ls_checkpoint_judge(const ls_trainer *trainer, const char *path)
{
    ls_h5_file *file;
    bool newer;
    ls_status status = ls_modelfile_damaged(ls_modelfile_open(path, true, &file, &newer));
    if (status != LS_OK)
        return newer ? LS_VERDICT_FOREIGN : LS_VERDICT_DAMAGED;
    if (!ls_h5_has_attribute(file, "/lockstep", "recipe"))
        status = ls_fail(LS_ERR_USAGE, "%s is a model without training state", path);
    if (status == LS_OK)
        status = check_recipe(path, file, trainer);
    if (status == LS_OK)
        status = check_rows(path, file, trainer);
    ls_h5_close(file);
    return status == LS_OK ? LS_VERDICT_GOOD : LS_VERDICT_FOREIGN;
}
