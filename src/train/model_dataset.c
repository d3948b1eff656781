/* The rows that a model is to score or predict: an HDF5 file, or a table read through the model's encoding. */
#include "context/options.h"
#include "context/options_refuse.h"
#include "data/dataset_table.h"
#include "data/encoded.h"
#include "train/model.h"

ls_status ls_dataset_open_for_model(ls_context *context, const ls_options *options, const ls_model *model,
                                    ls_dataset **dataset)
{
    static const char *const table_only[] = {"delimiter", "decimal", "thousands", "skip-lines",
                                             "comment",   "unknown", NULL};
    int64_t table = ls_comm_rank(context->comm) == 0 && ls_encoded_is_table(options->data);
    *dataset = NULL;
    LS_TRY(ls_comm_broadcast(context->comm, 0, &table, sizeof table));
    if (table != 0)
        return ls_dataset_table_open(context, options, model->encoding, dataset);
    LS_TRY(ls_options_refuse(options, table_only, "is for CSV files; %s is read as HDF5", options->data));
    return ls_dataset_open(context, options, dataset);
}
