/* The rows that a model is to score or predict: an HDF5 file, or a table read through the model's encoding. */
#include "base/memory.h"
#include "context/options.h"
#include "context/options_refuse.h"
#include "data/dataset_table.h"
#include "data/encoded.h"
#include "files/spool.h"
#include "train/model.h"

#include <stdio.h>
#include <string.h>

static bool stopping(void *user)
{
    return ((const ls_context *)user)->stop != 0;
}

static ls_status open_table(ls_context *context, const ls_options *options, const ls_model *model, ls_dataset **dataset)
{
    LS_TRY(ls_dataset_table_open(context, options, model->encoding, dataset));
    ls_dataset_table_take(*dataset, model->network->offset);
    return LS_OK;
}

/* A table from standard input, which is read twice, and so kept in a file meanwhile. */
static ls_status open_standard_input(ls_context *context, const ls_options *options, const ls_model *model,
                                     ls_dataset **dataset)
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
    status = open_table(context, copy, model, dataset);
    ls_memory_free(copy);
    return status;
}

ls_status ls_dataset_open_for_model(ls_context *context, const ls_options *options, const ls_model *model,
                                    ls_dataset **dataset)
{
    static const char *const table_only[] = {"delimiter", "decimal", "thousands", "skip-lines",
                                             "comment",   "unknown", NULL};
    *dataset = NULL;
    if (strcmp(options->data, "-") == 0)
        return open_standard_input(context, options, model, dataset);
    if (ls_encoded_is_table_name(options->data))
        return open_table(context, options, model, dataset);
    LS_TRY(ls_options_refuse(options, table_only, "is for CSV files (.csv, .tsv, .tab, .txt); %s is read as HDF5",
                             options->data));
    return ls_dataset_open_like(context, options, model->encoding, dataset);
}
