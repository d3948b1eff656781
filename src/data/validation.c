/* Validation rows out of the training rows. */
#include "data/validation.h"

#include "base/fault.h"
#include "base/parse.h"
#include "comm/agree.h"
#include "context/options.h"
#include "source/split.h"

#include <stdio.h>
#include <string.h>

static bool method_is(const ls_options *options, const char *name)
{
    return strcmp(options->validation_method, name) == 0;
}

ls_status ls_validation_check_options(const ls_options *options)
{
    if (method_is(options, "group") && !options->validation_group[0])
        return ls_fail(LS_ERR_USAGE,
                       "--validation-method group needs --validation-group [FILE:]PATH, the dataset that says to "
                       "which group each row belongs");
    if (options->validation_group[0] && !method_is(options, "group"))
        return ls_fail(LS_ERR_USAGE, "--validation-group is for --validation-method group; give that too");
    if (options->validation_split > 0 || method_is(options, "tail"))
        return LS_OK;
    return ls_fail(LS_ERR_USAGE, "--validation-method %s needs --validation-split, the share of the rows that validate",
                   options->validation_method);
}

ls_status ls_validation_spread(ls_context *context, ls_selection *selection)
{
    LS_TRY(ls_comm_broadcast(context->comm, 0, ls_selection_words(selection),
                             ls_selection_word_count(selection) * (int64_t)sizeof(uint64_t)));
    ls_selection_count_rows(selection);
    return LS_OK;
}

/* ---- choosing (rank 0) ---- */

/* "PATH:COLUMN" is an older way to write "PATH[COLUMN]". */
static void write_column(const char *text, char *spec, size_t capacity)
{
    int64_t column;
    const char *colon = strrchr(text, ':');
    if (colon && ls_parse_int64(colon + 1, &column) && column >= 0)
        snprintf(spec, capacity, "%.*s[%lld]", (int)(colon - text), text, (long long)column);
    else
        snprintf(spec, capacity, "%s", text);
}

ls_status ls_validation_describe_groups(const ls_options *options, const ls_datanames *names, const ls_source *train,
                                        ls_source *groups)
{
    char spec[LS_TEXT_MAX + 32];
    if (!method_is(options, "group"))
        return LS_OK;
    write_column(options->validation_group, spec, sizeof spec);
    LS_TRY(ls_datanames_describe_beside(names, train, "--validation-group", spec, groups));
    if (groups->outputs == 1)
        return LS_OK;
    const ls_status status =
        ls_fail(LS_ERR_USAGE, "--validation-group %s has %lld columns; name one of them, as in '%s[0]'",
                options->validation_group, (long long)groups->outputs, options->validation_group);
    ls_source_release(groups);
    groups->layout = NULL;
    return status;
}

static ls_status choose_groups(const ls_options *options, const ls_source *train, const ls_source *groups,
                               ls_h5_file *file, int64_t wanted, ls_selection *chosen, int64_t counts[2])
{
    ls_source part = *groups;
    part.first = train->first;
    part.rows = train->rows;
    part.kept = train->kept;
    ls_group_names *names;
    LS_TRY(ls_group_names_join(file, groups, &names));
    const ls_status status =
        ls_split_groups(&part, file, 0, names, wanted, (uint32_t)options->seed, chosen, &counts[0], &counts[1]);
    ls_group_names_free(names);
    return status;
}

static ls_status choose(const ls_options *options, ls_datafiles *files, const ls_source *groups, const ls_source *train,
                        int64_t wanted, ls_selection *chosen, int64_t counts[2])
{
    ls_h5_file *file;
    if (method_is(options, "random"))
        return ls_split_random(train, wanted, (uint32_t)options->seed, chosen);
    if (method_is(options, "stratified") && train->target == LS_TARGET_NONE)
        return ls_fail(LS_ERR_USAGE, "--validation-method stratified needs targets");
    if (method_is(options, "stratified")) {
        LS_TRY(ls_datafiles_file(files, train, &file));
        return ls_split_stratified(train, file, wanted, (uint32_t)options->seed, chosen);
    }
    LS_TRY(ls_datafiles_file(files, groups, &file));
    return choose_groups(options, train, groups, file, wanted, chosen, counts);
}

/* ---- over ranks ---- */

/* The rows chosen, and those of the part that were not. */
static ls_status make_complement(const ls_source *part, const ls_selection *chosen, ls_selection **rest)
{
    LS_TRY(ls_split_start(part, rest));
    if (part->rows == 0)
        return LS_OK;
    int64_t row = ls_source_row(part, 0);
    for (int64_t r = 0; r < part->rows; r++) {
        if (!ls_selection_has(chosen, row))
            ls_selection_set(*rest, row, true);
        row = part->kept ? ls_selection_next(part->kept, row + 1) : row + 1;
    }
    ls_selection_count_rows(*rest);
    return LS_OK;
}

/* Sets a source to the rows of a selection; a range needs none. */
static void take(ls_source *source, ls_selection *kept)
{
    source->rows = ls_selection_count(kept);
    source->first = 0;
    source->kept = kept;
    if (ls_selection_contiguous(kept, 0, source->rows)) {
        source->first = source->rows > 0 ? ls_selection_row(kept, 0) : 0;
        source->kept = NULL;
        ls_selection_destroy(kept);
    }
}

/* What is left for training is what Keras leaves. */
static int64_t training_rows(const ls_options *options, const ls_source *train)
{
    return (int64_t)((double)train->rows * (1 - options->validation_split));
}

static ls_status split_by_choice(ls_context *context, const ls_options *options, ls_datafiles *files,
                                 const ls_source *groups, ls_source *train, ls_source *validation)
{
    ls_selection *chosen = NULL, *rest = NULL, *whole = train->kept;
    int64_t counts[2] = {0, 0};
    ls_status status;
    LS_TRY_CLEANUP(ls_agree(context->comm, ls_split_start(train, &chosen)));
    status = ls_fault("split");
    if (status == LS_OK && ls_comm_rank(context->comm) == 0)
        status = choose(options, files, groups, train, train->rows - training_rows(options, train), chosen, counts);
    LS_TRY_CLEANUP(ls_agree(context->comm, status));
    LS_TRY_CLEANUP(ls_validation_spread(context, chosen));
    if (ls_selection_count(chosen) == 0 || ls_selection_count(chosen) == train->rows)
        LS_TRY_CLEANUP(
            ls_fail(LS_ERR_DATA,
                    "--validation-split %g: the groups of %s leave %lld of %lld rows for training; both parts "
                    "need at least one group",
                    options->validation_split, options->validation_group,
                    (long long)(train->rows - ls_selection_count(chosen)), (long long)train->rows));
    LS_TRY_CLEANUP(ls_agree(context->comm, make_complement(train, chosen, &rest)));
    if (method_is(options, "group"))
        ls_log_line(&context->log, LS_LOG_INFO, "validation: %lld of the %lld groups in %s", (long long)counts[1],
                    (long long)counts[0], options->validation_group);
    *validation = *train;
    take(validation, chosen);
    take(train, rest);
    ls_selection_destroy(whole);
    return LS_OK;
cleanup:
    ls_selection_destroy(chosen);
    ls_selection_destroy(rest);
    return status;
}

ls_status ls_validation_split(ls_context *context, const ls_options *options, ls_datafiles *files,
                              const ls_source *groups, ls_source *train, ls_source *validation)
{
    const int64_t kept = training_rows(options, train);
    if (kept < 1 || kept >= train->rows) {
        return ls_fail(LS_ERR_DATA,
                       "--validation-split %g leaves %lld of %lld rows for training; both parts need at least one",
                       options->validation_split, (long long)kept, (long long)train->rows);
    }
    if (!method_is(options, "tail"))
        return split_by_choice(context, options, files, groups, train, validation);
    *validation = *train;
    validation->kept = ls_selection_share(train->kept);
    validation->first += kept;
    validation->rows -= kept;
    train->rows = kept;
    return LS_OK;
}
