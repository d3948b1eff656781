/* Opening datasets: which rows of which file are training, validation and test. */
#include "train/dataset.h"

#include "base/fault.h"
#include "base/memory.h"
#include "comm/agree.h"
#include "io/find.h"
#include "io/textfile.h"
#include "train/context.h"
#include "train/encoded.h"
#include "train/missing.h"
#include "train/validation.h"
#include "train/weights.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* What a data file offers, described. An absent part has rows 0. Each owns its selection. */
typedef struct parts {
    ls_source train;
    ls_source validation;
    ls_source test;
    char prepared[512];
    ls_source train_weight, validation_weight; /* described as the parts were, before rows were chosen; own nothing */
    char *encoding; /* of the data file's columns; NULL: none */
} parts;

static void release(parts *p)
{
    if (!p)
        return;
    ls_selection_destroy(p->train.kept);
    ls_selection_destroy(p->validation.kept);
    ls_selection_destroy(p->test.kept);
    ls_memory_free(p->encoding);
    ls_memory_free(p);
}

/* ---- describing parts (local) ---- */

static ls_status describe(ls_h5_file *file, const ls_found_part *part, ls_source *source)
{
    if (!part->x[0])
        return LS_OK;
    return ls_source_describe(file, part->x, part->y, source);
}

/* Parts of the data file itself. */
static ls_status describe_file(const ls_options *options, ls_h5_file *file, bool need_targets, parts *p)
{
    if (options->x[0]) {
        if (!options->y[0] && need_targets)
            return ls_fail(LS_ERR_USAGE, "--x %s is given without --y; name the targets' dataset too", options->x);
        LS_TRY(ls_source_describe(file, options->x, options->y, &p->train));
    } else if (options->y[0]) {
        return ls_fail(LS_ERR_USAGE, "--y %s is given without --x; name the features' dataset too", options->y);
    } else {
        ls_found found;
        LS_TRY(ls_find_parts(file, need_targets, &found));
        LS_TRY(describe(file, &found.train, &p->train));
        LS_TRY(describe(file, &found.validation, &p->validation));
        LS_TRY(describe(file, &found.test, &p->test));
    }
    if (options->validation_x[0]) {
        if (!options->validation_y[0] && need_targets)
            return ls_fail(LS_ERR_USAGE, "--validation-x is given without --validation-y");
        LS_TRY(ls_source_describe(file, options->validation_x, options->validation_y, &p->validation));
    } else if (options->validation_y[0]) {
        return ls_fail(LS_ERR_USAGE, "--validation-y is given without --validation-x");
    }
    return LS_OK;
}

/* --validation-data: the name of a part, or FILE[:GROUP]. */
static ls_status describe_validation_data(const ls_options *options, bool need_targets, parts *p)
{
    const char *text = options->validation_data;
    if (strcmp(text, "test") == 0 || strcmp(text, "validation") == 0) {
        const ls_source *part = text[0] == 't' ? &p->test : &p->validation;
        if (part->rows == 0)
            return ls_fail(LS_ERR_DATA, "--validation-data %s: %s has no such part", text, options->data);
        p->validation = *part;
        return LS_OK;
    }
    char path[LS_TEXT_MAX], group[LS_TEXT_MAX] = "";
    snprintf(path, sizeof path, "%s", text);
    char *colon = strrchr(path, ':');
    if (colon && !ls_path_exists(path)) {
        *colon = '\0';
        snprintf(group, sizeof group, "%s", colon + 1);
    }
    ls_h5_file *file;
    ls_status status;
    LS_TRY(ls_h5_open(path, &file));
    ls_found_part part;
    if (group[0]) {
        LS_TRY_CLEANUP(ls_find_in_group(file, group, need_targets, &part));
    } else {
        ls_found found;
        LS_TRY_CLEANUP(ls_find_parts(file, need_targets, &found));
        part = found.validation.x[0] ? found.validation : found.train;
    }
    memset(&p->validation, 0, sizeof p->validation);
    status = describe(file, &part, &p->validation);
cleanup:
    ls_h5_close(file);
    return status;
}

/* Weights of the rows, when options name them. */
static ls_status describe_weights(const ls_options *options, ls_h5_file *file, parts *p)
{
    const char *path = options->validation_sample_weights;
    LS_TRY(ls_weights_describe(file, options->sample_weights, &p->train, &p->train_weight));
    if (!path[0])
        return LS_OK;
    if (p->validation.rows == 0)
        return ls_fail(LS_ERR_USAGE,
                       "--validation-sample-weights is for a validation part of its own, and there is none");
    if (strcmp(p->validation.file, p->train.file) == 0)
        return ls_weights_describe(file, path, &p->validation, &p->validation_weight);
    ls_h5_file *other;
    LS_TRY(ls_h5_open(p->validation.file, &other));
    const ls_status status = ls_weights_describe(other, path, &p->validation, &p->validation_weight);
    ls_h5_close(other);
    return status;
}

/* Options that share out rows, against each other and the parts. */
static ls_status check_row_options(const ls_options *options, const parts *p)
{
    LS_TRY(ls_validation_check_options(options));
    if (options->validation_split <= 0)
        return LS_OK;
    if (options->validation_x[0] || options->validation_data[0])
        return ls_fail(LS_ERR_USAGE, "--validation-split and --validation-x or --validation-data exclude each other");
    if (p->validation.rows > 0)
        return ls_fail(LS_ERR_USAGE, "--validation-split: %s has a validation part of its own; leave the option out",
                       options->data);
    return LS_OK;
}

static ls_status check_shapes(const ls_source *train, const ls_source *other)
{
    char a[2200], b[2200];
    if (train->rows == 0 || other->rows == 0)
        return LS_OK;
    if (other->features != train->features) {
        return ls_fail(LS_ERR_DATA, "%s has %lld features, %s has %lld; both need the same",
                       ls_source_name(train, a, sizeof a), (long long)train->features,
                       ls_source_name(other, b, sizeof b), (long long)other->features);
    }
    if (train->target != LS_TARGET_NONE && other->target != LS_TARGET_NONE && other->outputs != train->outputs) {
        return ls_fail(LS_ERR_DATA, "the targets of %s have %lld columns, those of %s %lld; both need the same",
                       ls_source_name(train, a, sizeof a), (long long)train->outputs,
                       ls_source_name(other, b, sizeof b), (long long)other->outputs);
    }
    return LS_OK;
}

/* Everything a rank can say by itself about options->data. */
static ls_status describe_parts(const ls_options *options, bool need_targets, parts *p)
{
    memset(p, 0, sizeof *p);
    if (!options->data[0])
        return ls_fail(LS_ERR_USAGE,
                       "no data file; name an HDF5 file, as in: lockstep train DATA.h5 --layers \"64 relu, 1\"");
    LS_TRY(ls_fault("open"));
    ls_h5_file *file;
    LS_TRY(ls_h5_open(options->data, &file));
    ls_status status = describe_file(options, file, need_targets, p);
    if (status == LS_OK && options->validation_data[0])
        status = describe_validation_data(options, need_targets, p);
    if (status == LS_OK)
        status = describe_weights(options, file, p);
    if (status == LS_OK)
        status = ls_encoded_read(file, "/", &p->encoding);
    ls_h5_close(file);
    LS_TRY(status);
    LS_TRY(check_row_options(options, p));
    LS_TRY(check_shapes(&p->train, &p->validation));
    return check_shapes(&p->train, &p->test);
}

/* Adds to what is told about the choice of rows. */
__attribute__((format(printf, 2, 3))) static void tell(parts *p, const char *format, ...)
{
    const size_t used = strlen(p->prepared);
    va_list arguments;
    va_start(arguments, format);
    int length = snprintf(p->prepared + used, sizeof p->prepared - used, "%s", used > 0 ? "; " : "");
    vsnprintf(p->prepared + used + (size_t)length, sizeof p->prepared - used - (size_t)length, format, arguments);
    va_end(arguments);
}

/* Collective. */
static ls_status drop_rows(ls_context *context, const char *name, parts *p, ls_source *part)
{
    int64_t dropped, rows = part->rows;
    if (rows == 0)
        return LS_OK;
    LS_TRY(ls_missing_drop(context, name, part, &dropped));
    if (dropped > 0)
        tell(p, "%s: %lld of %lld rows with missing values dropped", name, (long long)dropped, (long long)rows);
    return LS_OK;
}

/* Collective. Which rows of the parts count: those without missing values, then the validation rows out of the training
 * rows, then the limit. */
static ls_status choose_rows(ls_context *context, const ls_options *options, parts *p)
{
    if (strcmp(options->missing, "drop") == 0) {
        LS_TRY(drop_rows(context, "train", p, &p->train));
        LS_TRY(drop_rows(context, "validation", p, &p->validation));
        LS_TRY(drop_rows(context, "test", p, &p->test));
    }
    if (options->validation_split > 0) {
        LS_TRY(ls_validation_split(context, options, &p->train, &p->validation));
        p->validation_weight = p->train_weight;
        if (strcmp(options->validation_method, "tail") != 0)
            tell(p, "validation: %lld of %lld rows, %s, seed %lld", (long long)p->validation.rows,
                 (long long)(p->train.rows + p->validation.rows), options->validation_method, (long long)options->seed);
    }
    if (options->limit_rows > 0 && options->limit_rows < p->train.rows) {
        ls_log_line(&context->log, LS_LOG_INFO, "--limit-rows: %lld of %lld training rows are used",
                    (long long)options->limit_rows, (long long)p->train.rows);
        tell(p, "train: the first %lld of %lld rows", (long long)options->limit_rows, (long long)p->train.rows);
        p->train.rows = options->limit_rows;
    }
    return LS_OK;
}

/* Collective: the same on all ranks, or an error on all. */
static ls_status agree_on_parts(ls_context *context, const ls_options *options, bool need_targets, parts *p)
{
    LS_TRY(ls_agree(context->comm, describe_parts(options, need_targets, p)));
    const int64_t facts[] = {p->train.rows,   p->train.features,  p->train.outputs,
                             p->train.target, p->validation.rows, p->test.rows};
    LS_TRY(ls_agree_same(context->comm, facts, sizeof facts, "the data file's shapes"));
    return choose_rows(context, options, p);
}

/* ---- public ---- */

static ls_status make(const ls_source *source, const ls_source *weight, ls_dataset **dataset)
{
    *dataset = NULL;
    if (source->rows == 0)
        return LS_OK;
    LS_TRY(ls_memory_allocate(dataset, 1, sizeof **dataset, "dataset"));
    (*dataset)->count = 1;
    (*dataset)->source[0] = *source;
    ls_selection_share(source->kept);
    (*dataset)->rows = source->rows;
    if (weight && weight->rows > 0) {
        (*dataset)->weight[0] = *weight;
        (*dataset)->weight[0].first = source->first;
        (*dataset)->weight[0].rows = source->rows;
        (*dataset)->weight[0].kept = source->kept;
    }
    return LS_OK;
}

/* Which rows of the datasets these are, when they are not all. */
static const char *describe_rows(const ls_options *options, const ls_source *source, bool validation)
{
    const bool split = validation && options->validation_split > 0;
    if (split && strcmp(options->validation_method, "random") == 0)
        return " (random rows)";
    if (split && strcmp(options->validation_method, "stratified") == 0)
        return " (random rows, the same share of every class)";
    if (split && strcmp(options->validation_method, "group") == 0)
        return " (whole groups of rows)";
    return source->first > 0 ? " (tail of the rows)" : "";
}

static void log_part(ls_context *context, const ls_options *options, const char *name, const ls_source *source,
                     const ls_source *weight)
{
    if (source->rows == 0)
        return;
    char x[2200];
    ls_log_line(&context->log, LS_LOG_INFO, "%s: %lld rows x %lld features from %s, %s%s%s%s%s", name,
                (long long)source->rows, (long long)source->features, ls_source_name(source, x, sizeof x),
                source->y_path[0] ? "targets " : "no targets", source->y_path,
                weight && weight->rows > 0 ? ", weights " : "", weight && weight->rows > 0 ? weight->y_path : "",
                describe_rows(options, source, strcmp(name, "validation") == 0));
}

ls_status ls_datasets_open(ls_context *context, const ls_options *options, ls_datasets *datasets)
{
    parts *p;
    memset(datasets, 0, sizeof *datasets);
    LS_TRY(ls_agree(context->comm, ls_memory_allocate(&p, 1, sizeof *p, "dataset descriptions")));
    ls_status status = agree_on_parts(context, options, true, p);
    if (status == LS_OK) {
        log_part(context, options, "train", &p->train, &p->train_weight);
        log_part(context, options, "validation", &p->validation, &p->validation_weight);
        log_part(context, options, "test", &p->test, NULL);
        if (p->train_weight.rows > 0)
            tell(p, "train: rows weighted");
        status = make(&p->train, &p->train_weight, &datasets->train);
        if (status == LS_OK && datasets->train)
            memcpy(datasets->train->prepared, p->prepared, sizeof p->prepared);
        if (status == LS_OK)
            status = ls_encoded_check(&p->train, &p->encoding);
        if (status == LS_OK)
            status = ls_encoded_copy(p->encoding, &datasets->train->encoding);
        if (status == LS_OK)
            status = make(&p->validation, &p->validation_weight, &datasets->validation);
        if (status == LS_OK)
            status = make(&p->test, NULL, &datasets->test);
        status = ls_agree(context->comm, status);
    }
    if (status != LS_OK)
        ls_datasets_close(datasets);
    release(p);
    return status;
}

void ls_datasets_close(ls_datasets *datasets)
{
    ls_dataset_destroy(datasets->train);
    ls_dataset_destroy(datasets->validation);
    ls_dataset_destroy(datasets->test);
    memset(datasets, 0, sizeof *datasets);
}

/* Adds the part to the dataset when it is wanted and there. */
static void add_part(ls_dataset *dataset, const ls_source *source, bool wanted)
{
    if (!wanted || source->rows == 0)
        return;
    dataset->source[dataset->count++] = *source;
    ls_selection_share(source->kept);
    dataset->rows += source->rows;
}

static ls_status pick(const ls_options *options, const parts *p, ls_dataset *dataset)
{
    const char *part = options->part[0] ? options->part : "auto";
    const bool all = strcmp(part, "all") == 0;
    if (strcmp(part, "auto") == 0)
        part = p->test.rows > 0 && !options->x[0] ? "test" : p->train.rows > 0 ? "train" : "validation";
    add_part(dataset, &p->train, all || strcmp(part, "train") == 0);
    add_part(dataset, &p->validation, all || strcmp(part, "validation") == 0);
    add_part(dataset, &p->test, all || strcmp(part, "test") == 0);
    if (dataset->count == 0)
        return ls_fail(LS_ERR_DATA, "--part %s: %s has no such part", part, options->data);
    return LS_OK;
}

ls_status ls_dataset_open(ls_context *context, const ls_options *options, ls_dataset **dataset)
{
    *dataset = NULL;
    parts *p = NULL;
    ls_status status = ls_memory_allocate(&p, 1, sizeof *p, "dataset descriptions");
    if (status == LS_OK)
        status = ls_memory_allocate(dataset, 1, sizeof **dataset, "dataset");
    status = ls_agree(context->comm, status);
    if (status == LS_OK)
        status = agree_on_parts(context, options, false, p);
    if (status == LS_OK)
        status = pick(options, p, *dataset);
    if (status == LS_OK) {
        for (int i = 0; i < (*dataset)->count; i++)
            log_part(context, options, "rows", &(*dataset)->source[i], NULL);
    } else {
        ls_dataset_destroy(*dataset);
        *dataset = NULL;
    }
    release(p);
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
    return make(&source, &weight, dataset);
}

void ls_dataset_destroy(ls_dataset *dataset)
{
    if (dataset == NULL)
        return;
    for (int i = 0; i < dataset->count; i++)
        ls_selection_destroy(dataset->source[i].kept);
    ls_memory_free(dataset->encoding);
    ls_dataset_table_close(dataset->table);
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
