/* Which rows a run was trained on, for a model of it that is to be scored. */
#include "base/memory.h"
#include "base/text.h"
#include "comm/agree.h"
#include "context/context.h"
#include "context/options.h"
#include "files/path.h"

#include <stdio.h>
#include <string.h>

/* run.json of a run, of its models, and of its checkpoints, which are a folder below. */
static ls_status find_card(const char *run, char card[LS_TEXT_MAX])
{
    char folder[LS_TEXT_MAX];
    if (ls_path_is_directory(run))
        return ls_path_join(card, LS_TEXT_MAX, run, "run.json");
    const char *slash = strrchr(run, '/');
    snprintf(folder, sizeof folder, "%.*s", slash ? (int)(slash - run) : 1, slash ? run : ".");
    LS_TRY(ls_path_join(card, LS_TEXT_MAX, folder, "run.json"));
    return ls_path_exists(card) ? LS_OK : ls_path_join(card, LS_TEXT_MAX, folder, "../run.json");
}

/* Options that choose rows, and are the same for training and for scoring. */
static bool chooses_rows(const ls_option_row *row)
{
    if (!(row->commands & LS_COMMAND_EVALUATE))
        return false;
    return strcmp(row->key, "seed") == 0 || (strcmp(row->section, "Data") == 0 && strcmp(row->key, "part") != 0 &&
                                             strcmp(row->key, "sample-weights") != 0);
}

/* The weights of the validation rows are those of the training rows they were taken from, or their own. */
static const char *weights_of(const ls_options *saved, const char *part)
{
    if (strcmp(part, "validation") != 0)
        return "";
    return saved->validation_split > 0 ? saved->sample_weights : saved->validation_sample_weights;
}

static ls_status write_options(const char *run, const ls_options *options, ls_text *text)
{
    char card[LS_TEXT_MAX], value[LS_TEXT_MAX];
    ls_options *saved;
    LS_TRY(find_card(run, card));
    ls_status status = ls_options_read_card(card, &saved);
    if (status == LS_ERR_OUTPUT)
        return ls_fail(LS_ERR_USAGE,
                       "no DATA is given, and the run of %s does not tell its own: %s; give DATA, and the options of "
                       "the run that chose its rows",
                       run, ls_error_message());
    LS_TRY(status);
    for (size_t i = 0; status == LS_OK && ls_option_at(i); i++) {
        const ls_option_row *row = ls_option_at(i);
        if (!chooses_rows(row))
            continue;
        status = ls_options_get(saved, row->key, value, sizeof value);
        ls_text_printf(text, "%s = %s\n", row->key, value);
    }
    ls_text_printf(text, "sample-weights = %s\n", weights_of(saved, options->part));
    ls_options_destroy(saved);
    return status == LS_OK ? ls_text_status(text) : status;
}

/* Local. What is given stays. */
static ls_status fill(const char *text, ls_options *options)
{
    ls_options *saved;
    char value[LS_TEXT_MAX];
    LS_TRY(ls_options_create(&saved));
    ls_status status = ls_options_read_recipe(saved, text);
    for (size_t i = 0; status == LS_OK && ls_option_at(i); i++) {
        const ls_option_row *row = ls_option_at(i);
        if ((!chooses_rows(row) && strcmp(row->key, "sample-weights") != 0) || ls_options_given(options, row->key))
            continue;
        status = ls_options_get(saved, row->key, value, sizeof value);
        if (status == LS_OK)
            status = ls_options_fill(options, row->key, value);
    }
    ls_options_destroy(saved);
    return status;
}

ls_status ls_run_data_options(ls_context *context, const char *run, ls_options *options)
{
    ls_text text = {0};
    ls_status status;
    LS_TRY_CLEANUP(ls_agree(context->comm, ls_context_rank(context) == 0 ? write_options(run, options, &text) : LS_OK));
    LS_TRY_CLEANUP(ls_agree_text(context->comm, &text));
    status = ls_agree(context->comm, fill(ls_text_string(&text), options));
cleanup:
    ls_text_free(&text);
    return status;
}
