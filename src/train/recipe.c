/* Saved recipes: read, and compared with those of the run that goes on. */
#include "train/recipe.h"

#include "context/options.h"
#include "train/changes.h"
#include "train/optimizer_options.h"

#include <stdio.h>
#include <string.h>

ls_status ls_recipe_translate(const char *path, const char *saved, ls_options **options)
{
    LS_TRY(ls_options_create(options));
    ls_status status = ls_options_read_recipe(*options, saved);
    if (status == LS_OK)
        status = ls_optimizer_options_resolve(*options, true);
    if (status == LS_ERR_USAGE)
        status =
            ls_fail(status, "%s has a recipe that this Lockstep (%s) does not know: %s; use the newer one that made it",
                    path, ls_version(), ls_error_message());
    if (status != LS_OK) {
        ls_options_destroy(*options);
        *options = NULL;
    }
    return status;
}

/* The default window follows from rows and shards: when those differ, they are what must be named. */
static bool is_window(const ls_option_row *row)
{
    return strcmp(row->key, "shuffle-window") == 0;
}

/* What to do about a difference. */
static const char *cure(const char *key, const ls_options *ours, char buffer[256])
{
    if (strcmp(key, "initial-weights") == 0)
        return "these are hashes of what --init gives; resume without --init, or with the model that the run began "
               "with, or choose another --output";
    if (strcmp(key, "learning-rate") == 0 && ours->schedule[0] != '\0')
        return "the schedule gives the rate; go on with another one by --schedule and --change schedule, or choose "
               "another --output";
    if (!ls_changes_possible(key))
        return "resume with the same options, or choose another --output";
    snprintf(buffer, 256,
             "resume with the same options, add --change %s to go on with the new value, or choose another --output",
             key);
    return buffer;
}

ls_status ls_recipe_compare(const char *path, const ls_options *saved, const ls_options *ours, unsigned named,
                            bool window)
{
    char a[LS_TEXT_MAX], b[LS_TEXT_MAX], buffer[256];
    const ls_option_row *row;
    for (size_t i = 0; (row = ls_option_at(i)); i++) {
        if (!row->recipe || (!window && is_window(row)))
            continue;
        LS_TRY(ls_options_get(saved, row->key, a, sizeof a));
        LS_TRY(ls_options_get(ours, row->key, b, sizeof b));
        if (strcmp(a, b) != 0 && !ls_changes_allow(named, saved, ours, row->key))
            return ls_fail(LS_ERR_USAGE, "%s was made with '%s = %s', this run has '%s = %s'; %s", path, row->key, a,
                           row->key, b, cure(row->key, ours, buffer));
    }
    return LS_OK;
}
