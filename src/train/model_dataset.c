/* Rows for a model, in the order of its columns: those it is to score or predict, of an HDF5 file or of a table read
 * through its encoding, and those it is to be trained on further. */
#include "base/memory.h"
#include "comm/agree.h"
#include "context/options.h"
#include "context/options_refuse.h"
#include "data/dataset_table.h"
#include "data/encoded.h"
#include "data/parts.h"
#include "train/model.h"

ls_status ls_dataset_open_for_model(ls_context *context, const ls_options *options, const ls_model *model,
                                    ls_dataset **dataset)
{
    static const char *const table_only[] = {"delimiter", "decimal", "thousands", "skip-lines",
                                             "comment",   "unknown", NULL};
    *dataset = NULL;
    if (ls_encoded_is_table_name(options->data))
        return ls_dataset_table_open(context, options, model->encoding, dataset);
    LS_TRY(ls_options_refuse(options, table_only, "is for CSV files (.csv, .tsv, .tab, .txt); %s is read as HDF5",
                             options->data));
    const ls_names_reference reference = {.text = model->encoding, .name = "the model", .like = "RUN"};
    return ls_dataset_open_for(context, options, &reference, dataset);
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
