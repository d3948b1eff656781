/* Datasets that are tables: CSV files read through the encoding that a model was trained with. Rank 0 goes through the
 * file once and notes where its rows are; then every rank reads the rows it needs. */
#include "data/dataset_table.h"

#include "base/fault.h"
#include "base/memory.h"
#include "comm/agree.h"
#include "context/options.h"
#include "context/options_refuse.h"
#include "data/encoded.h"
#include "data/missing.h"
#include "data/samefiles.h"
#include "files/inputs.h"
#include "formats/table.h"

#include <stdio.h>
#include <string.h>

static ls_status refuse_nameless(const ls_options *options)
{
    return ls_fail(
        LS_ERR_DATA,
        "%s: a CSV file needs a model that knows its columns: trained on converted CSV data or on datasets with "
        "names (attribute column_names), and this one was not; convert the file to HDF5 with: lockstep convert",
        options->data);
}

static ls_status check_options(const ls_options *options, const char *encoding)
{
    static const char *const hdf5_only[] = {"x",
                                            "y",
                                            "samples-axis",
                                            "validation-data",
                                            "validation-x",
                                            "validation-y",
                                            "trust-sizes",
                                            "validation-split",
                                            "validation-method",
                                            "validation-group",
                                            "follow-links",
                                            "sample-weights",
                                            NULL};
    if (encoding == NULL)
        return refuse_nameless(options);
    LS_TRY(ls_options_refuse(
        options, hdf5_only,
        "is for HDF5 files; the columns of a CSV file are found by their names, and all of its rows are taken"));
    if (strcmp(options->part, "auto") != 0 && strcmp(options->part, "all") != 0 && options->part[0])
        return ls_fail(LS_ERR_DATA, "--part %s: %s has no such part; a CSV file has none", options->part,
                       options->data);
    return LS_OK;
}

static bool has_identifiers(const ls_encoding *encoding)
{
    for (int64_t i = 0; i < encoding->count; i++)
        if (encoding->column[i].role == LS_ROLE_ID)
            return true;
    return false;
}

/* Local. Opens the table; its rows are not known yet. */
static ls_status open_table(const ls_context *context, const ls_options *options, const char *encoding, bool predicted,
                            ls_dataset *dataset)
{
    ls_csv_style style;
    LS_TRY(ls_fault("open"));
    LS_TRY(check_options(options, encoding));
    LS_TRY(ls_memory_allocate(&dataset->table, 1, sizeof *dataset->table, "table"));
    ls_encoding *e = &dataset->table->encoding;
    LS_TRY(ls_encoding_read(encoding, "the model", e));
    if (e->features == 0)
        return refuse_nameless(options);
    LS_TRY(ls_encoded_fields(options, &e->fields));
    LS_TRY(ls_encoded_style(options, options->data, &style));
    LS_TRY(ls_table_open(options->data, &style, e, false, &dataset->table->table));
    if (ls_comm_rank(context->comm) == 0 && has_identifiers(e))
        LS_TRY(ls_table_open(options->data, &style, e, false, &dataset->table->beside));
    if (strcmp(options->missing, "drop") == 0 && !predicted)
        ls_table_set_missing(dataset->table->table, LS_TABLE_NAN); /* so that they are found, and left out */

    if (strcmp(options->unknown, "ignore") == 0)
        ls_table_ignore_unknown(dataset->table->table);

    ls_source *source = &dataset->source[0];
    const bool targets = ls_table_has_targets(dataset->table->table);
    (void)snprintf(source->file, sizeof source->file, "%s", options->data);
    (void)snprintf(source->x_path, sizeof source->x_path, "features");
    (void)snprintf(source->y_path, sizeof source->y_path, "%s", targets ? "targets" : "");
    source->features = e->features;
    source->outputs = targets ? e->targets : 0;
    source->integer_target = targets && e->target_kind != LS_COLUMN_NUMBER;
    source->target = !targets                                         ? LS_TARGET_NONE
                     : source->integer_target && source->outputs == 1 ? LS_TARGET_LABELS
                                                                      : LS_TARGET_VALUES;
    source->table = dataset->table->table;
    dataset->count = 1;
    return LS_OK;
}

/* Collective. Each rank reads its rows from what it sees under the table's name, at the places that rank 0 tells. */
static ls_status check_same(ls_context *context, const ls_options *options)
{
    ls_inputs inputs = {0};
    ls_status status = ls_comm_rank(context->comm) == 0 ? ls_inputs_add(&inputs, options->data) : LS_OK;
    status = ls_agree(context->comm, status);
    if (status == LS_OK)
        status = ls_samefiles_check(context, &inputs);
    ls_inputs_free(&inputs);
    return status;
}

/* Local. The rows' places for the second handle too, where there is one. */
static ls_status index_beside(const ls_dataset_table *table, const ls_table_mark *marks, int64_t count)
{
    ls_table_mark *copy;
    if (table->beside == NULL)
        return LS_OK;
    LS_TRY(ls_memory_allocate(&copy, count, sizeof *copy, "index of a table"));
    memcpy(copy, marks, (size_t)count * sizeof *copy);
    ls_table_set_index(table->beside, copy, count);
    return LS_OK;
}

/* Collective. Rank 0 finds where the rows are. */
static ls_status share_index(ls_context *context, ls_dataset *dataset)
{
    ls_comm *comm = context->comm;
    const bool root = ls_comm_rank(comm) == 0;
    ls_table *table = dataset->table->table;
    ls_table_mark *marks = NULL;
    int64_t facts[2] = {0, 0}; /* rows, marks */
    ls_status status = ls_agree(comm, root ? ls_table_index(table, &facts[0], &marks, &facts[1]) : LS_OK);
    if (status == LS_OK)
        status = ls_comm_broadcast(comm, 0, facts, sizeof facts);
    if (status == LS_OK)
        status = ls_agree(comm, root ? LS_OK : ls_memory_allocate(&marks, facts[1], sizeof *marks, "index of a table"));
    if (status == LS_OK)
        status = ls_comm_broadcast(comm, 0, marks, facts[1] * (int64_t)sizeof *marks);
    if (status != LS_OK) {
        ls_memory_free(marks);
        return status;
    }
    ls_table_set_index(table, marks, facts[1]);
    LS_TRY(ls_agree(comm, index_beside(dataset->table, marks, facts[1])));
    dataset->source[0].rows = facts[0];
    return LS_OK;
}

/* What rank 0 came upon when it looked for the rows. */
static void say_unknown(const ls_context *context, const ls_dataset *dataset)
{
    const ls_unknown *unknown = ls_table_unknown(dataset->table->table);
    ls_text text = {0};
    if (unknown->rows == 0)
        return;
    ls_unknown_list(unknown, &text);
    ls_log_line(
        &context->log, LS_LOG_WARNING,
        "%s: in %lld of its %lld rows are categories that the model has not seen, and which say nothing to it: %s",
        dataset->source[0].file, (long long)unknown->rows, (long long)dataset->source[0].rows, ls_text_string(&text));
    ls_text_free(&text);
}

/* Collective. Which rows count: all, or those without missing values. */
static ls_status choose_rows(ls_context *context, const ls_options *options, bool predicted, ls_dataset *dataset)
{
    int64_t dropped;
    if (strcmp(options->missing, "drop") == 0)
        LS_TRY(ls_missing_drop(context, NULL, "rows", !predicted, &dataset->source[0], &dropped));
    dataset->rows = dataset->source[0].rows;
    return LS_OK;
}

ls_status ls_dataset_table_open(ls_context *context, const ls_options *options, const char *encoding, bool predicted,
                                ls_dataset **dataset)
{
    *dataset = NULL;
    ls_status status = ls_memory_allocate(dataset, 1, sizeof **dataset, "dataset");
    if (status == LS_OK)
        status = open_table(context, options, encoding, predicted, *dataset);
    status = ls_agree(context->comm, status);
    if (status == LS_OK)
        status = check_same(context, options);
    if (status == LS_OK)
        status = share_index(context, *dataset);
    if (status == LS_OK)
        status = choose_rows(context, options, predicted, *dataset);
    if (status == LS_OK) {
        say_unknown(context, *dataset);
        ls_log_line(&context->log, LS_LOG_INFO, "rows: %lld rows x %lld features from %s%s",
                    (long long)(*dataset)->rows, (long long)(*dataset)->source[0].features, options->data,
                    (*dataset)->source[0].target == LS_TARGET_NONE ? ", no targets" : "");
        return LS_OK;
    }
    ls_dataset_destroy(*dataset);
    *dataset = NULL;
    return status;
}

void ls_dataset_table_take(ls_dataset *dataset, const double *offset)
{
    if (offset != NULL && ls_encoded_take_offsets(&dataset->table->encoding, offset))
        dataset->source[0].x_taken = true;
}
