/* Opening datasets: which rows of which file are training, validation and test. */
#include "data/dataset.h"

#include "base/memory.h"
#include "comm/agree.h"
#include "context/context.h"
#include "context/options.h"
#include "data/datafiles.h"
#include "data/encoded.h"
#include "data/holding.h"
#include "data/parts.h"
#include "data/weights.h"

#include <stdio.h>
#include <string.h>

/* Puts one more source behind those of a dataset; `weight`: of its rows, NULL or without rows when they have none. */
static void add_source(ls_dataset *dataset, const ls_source *source, const ls_source *weight)
{
    const int place = dataset->count++;
    ls_source_hold(source);
    dataset->source[place] = *source;
    dataset->rows += source->rows;
    if (!weight || weight->rows == 0)
        return;
    ls_source *copy = &dataset->weight[place];
    *copy = *weight;
    copy->first = source->first;
    copy->rows = source->rows;
    copy->kept = source->kept;
    ls_source_hold(copy);
}

static ls_status make(const ls_source *source, const ls_source *weight, ls_datafiles *files, ls_dataset **dataset)
{
    *dataset = NULL;
    if (source->rows == 0)
        return LS_OK;
    LS_TRY(ls_memory_allocate(dataset, 1, sizeof **dataset, "dataset"));
    add_source(*dataset, source, weight);
    (*dataset)->files = files;
    if (!files)
        return LS_OK;
    ls_datafiles_hold(files);
    return ls_memory_allocate(&(*dataset)->holding, 1, sizeof *(*dataset)->holding, "dataset");
}

/* How these rows are to be had from the datasets: all of them, or which. */
static const char *describe_rows(const ls_options *options, const ls_source *source, bool validation)
{
    const bool split = validation && options->validation_split > 0;
    if (split && strcmp(options->validation_method, "random") == 0)
        return ", random rows of";
    if (split && strcmp(options->validation_method, "stratified") == 0)
        return ", random rows with the same share of every class of";
    if (split && strcmp(options->validation_method, "group") == 0)
        return ", whole groups of rows of";
    return source->first > 0 ? ", the tail of" : " from";
}

/* The file is named only where it is not the one that was given. */
static void log_part(ls_context *context, const ls_options *options, const char *name, const ls_source *source,
                     const ls_source *weight)
{
    if (source->rows == 0)
        return;
    char x[2200];
    const bool whole = source->first == 0, given = strcmp(source->file, options->data) == 0;
    ls_log_line(&context->log, LS_LOG_INFO, "%s: %lld rows x %lld features%s %s%s%s%s%s", name, (long long)source->rows,
                (long long)source->features, describe_rows(options, source, strcmp(name, "validation") == 0),
                given ? source->x_path : ls_source_name(source, x, sizeof x),
                source->y_path[0] == '\0' ? ", no targets"
                : whole                   ? ", targets "
                                          : "",
                whole ? source->y_path : "", weight && weight->rows > 0 ? ", weights " : "",
                weight && weight->rows > 0 ? weight->y_path : "");
    if (source->x_left_out[0] != '\0')
        ls_log_line(&context->log, LS_LOG_INFO, "%s: fields that are no numbers are left out of the features: %s", name,
                    source->x_left_out);
}

/* Columns that are no features. */
static void log_apart(ls_context *context, const ls_parts *p)
{
    if (p->apart[0])
        ls_log_line(&context->log, LS_LOG_INFO, "%s", p->apart);
}

static ls_status open_datasets(ls_context *context, const ls_options *options, const ls_names_reference *reference,
                               bool need_targets, ls_datasets *datasets)
{
    ls_parts *p = NULL;
    memset(datasets, 0, sizeof *datasets);
    ls_status status = ls_agree(context->comm, ls_parts_create(context->threads, &p));
    if (status == LS_OK) {
        p->reference = reference;
        status = ls_parts_agree(context, options, need_targets, p);
    }
    if (status == LS_OK) {
        log_apart(context, p);
        if (need_targets)
            status = ls_weights_unused(context, options, p->encoding);
    }
    if (status == LS_OK) {
        log_part(context, options, "train", &p->train, &p->train_weight);
        log_part(context, options, "validation", &p->validation, &p->validation_weight);
        log_part(context, options, "test", &p->test, NULL);
        if (p->train_weight.rows > 0)
            ls_parts_tell(p, "train: rows weighted");
        status = make(&p->train, &p->train_weight, p->files, &datasets->train);
        if (status == LS_OK && datasets->train)
            memcpy(datasets->train->prepared, p->prepared, sizeof p->prepared);
        if (status == LS_OK && datasets->train)
            status = ls_encoded_copy(p->encoding, &datasets->train->encoding);
        if (status == LS_OK)
            status = make(&p->validation, &p->validation_weight, p->files, &datasets->validation);
        if (status == LS_OK)
            status = make(&p->test, NULL, p->files, &datasets->test);
        status = ls_agree(context->comm, status);
    }
    if (status != LS_OK)
        ls_datasets_close(datasets);
    ls_parts_free(p);
    return status;
}

ls_status ls_datasets_open_for(ls_context *context, const ls_options *options, const ls_names_reference *reference,
                               ls_datasets *datasets)
{
    return open_datasets(context, options, reference, true, datasets);
}

ls_status ls_datasets_look(ls_context *context, const ls_options *options, ls_datasets *datasets)
{
    return open_datasets(context, options, NULL, false, datasets);
}

void ls_datasets_close(ls_datasets *datasets)
{
    ls_dataset_destroy(datasets->train);
    ls_dataset_destroy(datasets->validation);
    ls_dataset_destroy(datasets->test);
    memset(datasets, 0, sizeof *datasets);
}

/* Adds the part to the dataset when it is wanted and there. */
static void add_part(ls_dataset *dataset, const ls_source *source, const ls_source *weight, bool wanted)
{
    if (wanted && source->rows > 0)
        add_source(dataset, source, weight);
}

static ls_status pick(const ls_options *options, const ls_parts *p, ls_dataset *dataset)
{
    const char *part = ls_parts_scored(options, p);
    const bool all = strcmp(part, "all") == 0;
    add_part(dataset, &p->train, &p->train_weight, all || strcmp(part, "train") == 0);
    add_part(dataset, &p->validation, &p->train_weight, all || strcmp(part, "validation") == 0);
    add_part(dataset, &p->test, &p->train_weight, all || strcmp(part, "test") == 0);
    if (dataset->count == 0)
        return ls_fail(LS_ERR_DATA, "--part %s: %s has no such part", part, options->data);
    return LS_OK;
}

ls_status ls_dataset_open(ls_context *context, const ls_options *options, ls_dataset **dataset)
{
    return ls_dataset_open_for(context, options, NULL, false, dataset);
}

ls_status ls_dataset_open_for(ls_context *context, const ls_options *options, const ls_names_reference *reference,
                              bool predicted, ls_dataset **dataset)
{
    *dataset = NULL;
    ls_parts *p = NULL;
    ls_status status = ls_parts_create(context->threads, &p);
    if (status == LS_OK)
        status = ls_memory_allocate(dataset, 1, sizeof **dataset, "dataset");
    status = ls_agree(context->comm, status);
    if (status == LS_OK) {
        p->scored = true;
        p->predicted = predicted;
        p->reference = reference;
        status = ls_parts_agree(context, options, false, p);
    }
    if (status == LS_OK)
        status = pick(options, p, *dataset);
    if (status == LS_OK) {
        log_apart(context, p);
        for (int i = 0; i < (*dataset)->count; i++)
            log_part(context, options, "rows", &(*dataset)->source[i], ls_dataset_weight(*dataset, i));
        (*dataset)->files = p->files;
        ls_datafiles_hold(p->files);
        (*dataset)->conflict = p->conflict;
        (*dataset)->encoding = p->encoding;
        p->conflict = p->encoding = NULL;
    } else {
        ls_dataset_destroy(*dataset);
        *dataset = NULL;
    }
    ls_parts_free(p);
    return status;
}

ls_status ls_dataset_from_arrays(ls_context *context, const ls_arrays *arrays, ls_dataset **dataset)
{
    (void)context;
    *dataset = NULL;
    if (!arrays->x || arrays->rows < 1 || arrays->features < 1)
        return ls_fail(LS_ERR_USAGE, "arrays: x (rows, features) must be given, with at least one row and one feature");
    if (arrays->y && arrays->labels)
        return ls_fail(LS_ERR_USAGE, "arrays: give y or labels, not both");
    if (arrays->y && arrays->outputs < 1)
        return ls_fail(LS_ERR_USAGE, "arrays: y is given with %lld outputs; expected at least 1",
                       (long long)arrays->outputs);
    ls_source source = {
        .x_path = "x",
        .rows = arrays->rows,
        .features = arrays->features,
        .target = arrays->labels ? LS_TARGET_LABELS
                  : arrays->y    ? LS_TARGET_VALUES
                                 : LS_TARGET_NONE,
        .integer_target = arrays->labels != NULL,
        .outputs = arrays->labels ? 1
                   : arrays->y    ? arrays->outputs
                                  : 0,
        .x = arrays->x,
        .y = arrays->y,
        .labels = arrays->labels,
    };
    snprintf(source.y_path, sizeof source.y_path, "%s", arrays->labels ? "labels" : arrays->y ? "y" : "");
    ls_source weight = source;
    weight.rows = arrays->weights ? arrays->rows : 0;
    weight.target = LS_TARGET_VALUES;
    weight.integer_target = false;
    weight.outputs = 1;
    weight.y = arrays->weights;
    weight.labels = NULL;
    snprintf(weight.y_path, sizeof weight.y_path, "weights");
    return make(&source, &weight, NULL, dataset);
}

static void close_table(ls_dataset_table *table)
{
    if (table == NULL)
        return;
    ls_table_close(table->table);
    ls_table_close(table->beside);
    ls_encoding_free(&table->encoding);
    ls_memory_free(table);
}

void ls_dataset_destroy(ls_dataset *dataset)
{
    if (dataset == NULL)
        return;
    for (int i = 0; i < dataset->count; i++) {
        ls_source_release(&dataset->source[i]);
        ls_source_release(&dataset->weight[i]);
    }
    ls_holding_destroy(dataset->holding);
    ls_datafiles_release(dataset->files);
    ls_memory_free(dataset->encoding);
    ls_memory_free(dataset->conflict);
    close_table(dataset->table);
    ls_memory_free(dataset);
}

int64_t ls_dataset_rows(const ls_dataset *dataset)
{
    return dataset->rows;
}

int64_t ls_dataset_features(const ls_dataset *dataset)
{
    return dataset->source[0].features;
}

const char *ls_dataset_target_place(const ls_dataset *dataset, int64_t row, char *buffer, int capacity)
{
    const ls_source *source = dataset->source;
    for (; row >= source->rows; source++)
        row -= source->rows;
    return ls_source_place(source, true, row, -1, buffer, capacity);
}

ls_status ls_dataset_inputs(const ls_dataset *dataset, ls_inputs *inputs)
{
    for (int i = 0; i < dataset->count; i++)
        LS_TRY(ls_inputs_add(inputs, dataset->source[i].file));
    return dataset->files != NULL ? ls_inputs_add_all(inputs, &dataset->files->inputs) : LS_OK;
}
