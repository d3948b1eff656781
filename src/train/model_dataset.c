/* Rows for a model, in the order of its columns: those it is to score or predict, of an HDF5 file or of a table read
 * through its encoding, and those it is to be trained on further. */
#include "base/memory.h"
#include "comm/agree.h"
#include "context/options.h"
#include "context/options_refuse.h"
#include "data/dataset_table.h"
#include "data/encoded.h"
#include "data/parts.h"
#include "files/spool.h"
#include "train/model.h"

#include <stdio.h>
#include <string.h>

static bool stopping(void *user)
{
    return ((const ls_context *)user)->stop != 0;
}

static ls_status open_table(ls_context *context, const ls_options *options, const ls_model *model, bool predicted,
                            ls_dataset **dataset)
{
    LS_TRY(ls_dataset_table_open(context, options, model->encoding, predicted, dataset));
    ls_dataset_table_take(*dataset, model->network->offset);
    return LS_OK;
}

/* A table from standard input, which is read twice, and so kept in a file meanwhile. */
static ls_status open_standard_input(ls_context *context, const ls_options *options, const ls_model *model,
                                     bool predicted, ls_dataset **dataset)
{
    ls_options *copy;
    if (ls_comm_size(context->comm) > 1)
        return ls_fail(
            LS_ERR_USAGE,
            "-: standard input comes to one process only; start it without %d ranks, or write the table to a "
            "file",
            ls_comm_size(context->comm));
    ls_status status = ls_spool_read(stopping, context);
    if (status == LS_STOPPED) {
        context->stop = 0;
        return ls_fail(LS_STOPPED, "stopped on request before all of standard input was read");
    }
    LS_TRY(status);
    LS_TRY(ls_memory_allocate(&copy, 1, sizeof *copy, "options"));
    *copy = *options;
    (void)snprintf(copy->data, sizeof copy->data, "%s", LS_SPOOL_NAME);
    status = open_table(context, copy, model, predicted, dataset);
    ls_memory_free(copy);
    return status;
}

static ls_status open_for_model(ls_context *context, const ls_options *options, const ls_model *model, bool predicted,
                                ls_dataset **dataset)
{
    static const char *const table_only[] = {"delimiter", "decimal", "thousands", "skip-lines",
                                             "comment",   "unknown", NULL};
    int64_t table = ls_comm_rank(context->comm) == 0 && ls_encoded_is_table(options->data);
    *dataset = NULL;
    if (strcmp(options->data, "-") == 0)
        return open_standard_input(context, options, model, predicted, dataset);
    LS_TRY(ls_comm_broadcast(context->comm, 0, &table, sizeof table));
    if (table != 0)
        return open_table(context, options, model, predicted, dataset);
    LS_TRY(ls_options_refuse(options, table_only, "is for CSV files; %s is read as HDF5", options->data));
    const ls_names_reference reference = {.text = model->encoding, .name = "the model", .like = "RUN"};
    return ls_dataset_open_for(context, options, &reference, predicted, dataset);
}

ls_status ls_dataset_open_for_model(ls_context *context, const ls_options *options, const ls_model *model,
                                    ls_dataset **dataset)
{
    return open_for_model(context, options, model, false, dataset);
}

ls_status ls_dataset_open_to_predict(ls_context *context, const ls_options *options, const ls_model *model,
                                     ls_dataset **dataset)
{
    return open_for_model(context, options, model, true, dataset);
}

/* Local. The columns that a training goes on with: those of the run that is resumed, else of the model it begins with.
 * What cannot be read has none here, and is told of where it is read as a whole. A run that began without names, in an
 * older version, ends with the bits that it would have had there. */
static ls_status find_reference(const ls_options *options, char **text, ls_text *name, ls_names_reference *reference)
{
    const char *path = options->output;
    bool resumed = false, found;
    if (options->resume && path[0])
        LS_TRY(ls_model_read_names(path, text, &resumed));
    if (resumed) {
        ls_text_printf(name, "the run in %s", path);
    } else if (options->init[0]) {
        path = options->init;
        LS_TRY(ls_model_read_names(path, text, &found));
        ls_text_printf(name, "the model of --init %s", path);
    }
    *reference = (ls_names_reference){*text, ls_text_string(name), path, resumed && *text == NULL};
    return ls_text_status(name);
}

ls_status ls_datasets_open(ls_context *context, const ls_options *options, ls_datasets *datasets)
{
    char *text = NULL;
    ls_text name = {0};
    ls_names_reference reference = {0};
    const bool root = ls_comm_rank(context->comm) == 0;
    *datasets = (ls_datasets){0};
    ls_status status = ls_agree(context->comm, root ? find_reference(options, &text, &name, &reference) : LS_OK);
    if (status == LS_OK)
        status = ls_datasets_open_for(context, options, name.length > 0 ? &reference : NULL, datasets);
    ls_memory_free(text);
    ls_text_free(&name);
    return status;
}
