/* Opening datasets: which rows of which file are training, validation and test. */
#include "train/dataset.h"

#include "base/fault.h"
#include "base/memory.h"
#include "comm/agree.h"
#include "io/check.h"
#include "io/find.h"
#include "io/textfile.h"
#include "train/context.h"
#include "train/datafiles.h"
#include "train/encoded.h"
#include "train/firstlook.h"
#include "train/missing.h"
#include "train/validation.h"
#include "train/weights.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SOURCES (2 * LS_DATASET_PARTS) /* at most, in `parts` */

/* What a data file offers, described. An absent part has rows 0. The three parts own their selections. */
typedef struct parts {
    ls_source train;
    ls_source validation;
    ls_source test;
    ls_source train_weight, validation_weight; /* described as the parts were, before rows were chosen */
    ls_source groups;                          /* of the training rows, on rank 0 only */
    const ls_layout *layout[SOURCES + 1];      /* of these sources, one holder each; NULL behind the last */
    ls_datafiles *files;
    char *encoding; /* of the data file's columns; NULL: none */
    char prepared[512];
} parts;

static void keep_layout(parts *p, const ls_source *source)
{
    int i = 0;
    while (source->layout != NULL && i < SOURCES && p->layout[i] != NULL)
        i++;
    p->layout[i] = source->layout;
}

static void parts_free(parts *p)
{
    if (!p)
        return;
    ls_selection_destroy(p->train.kept);
    ls_selection_destroy(p->validation.kept);
    ls_selection_destroy(p->test.kept);
    for (int i = 0; i < SOURCES + 1; i++)
        ls_layout_release(p->layout[i]);
    ls_datafiles_release(p->files);
    ls_memory_free(p->encoding);
    ls_memory_free(p);
}

static ls_status parts_create(parts **p)
{
    LS_TRY(ls_memory_allocate(p, 1, sizeof **p, "dataset descriptions"));
    return ls_datafiles_create(&(*p)->files);
}

/* ---- describing parts (local) ---- */

static ls_status describe(const ls_datanames *names, const ls_found_part *part, parts *p, ls_source *source)
{
    LS_TRY(ls_datanames_describe_found(names, part, source));
    keep_layout(p, source);
    return LS_OK;
}

static ls_status describe_named(const ls_datanames *names, const char *x_option, const char *x, const char *y_option,
                                const char *y, parts *p, ls_source *source)
{
    LS_TRY(ls_datanames_describe(names, x_option, x, y_option, y, source));
    keep_layout(p, source);
    return LS_OK;
}

/* Parts of the data file itself. */
static ls_status describe_file(const ls_options *options, const ls_datanames *names, bool need_targets, parts *p)
{
    if (options->x[0]) {
        if (!options->y[0] && need_targets)
            return ls_fail(LS_ERR_USAGE, "--x %s is given without --y; name the targets' dataset too", options->x);
        LS_TRY(describe_named(names, "--x", options->x, "--y", options->y, p, &p->train));
    } else if (options->y[0]) {
        return ls_fail(LS_ERR_USAGE, "--y %s is given without --x; name the features' dataset too", options->y);
    } else {
        ls_found found;
        LS_TRY(ls_find_parts(p->files->main, need_targets, &found));
        LS_TRY(describe(names, &found.train, p, &p->train));
        LS_TRY(describe(names, &found.validation, p, &p->validation));
        LS_TRY(describe(names, &found.test, p, &p->test));
    }
    if (options->validation_x[0]) {
        if (!options->validation_y[0] && need_targets)
            return ls_fail(LS_ERR_USAGE, "--validation-x is given without --validation-y");
        LS_TRY(describe_named(names, "--validation-x", options->validation_x, "--validation-y", options->validation_y,
                              p, &p->validation));
    } else if (options->validation_y[0]) {
        return ls_fail(LS_ERR_USAGE, "--validation-y is given without --validation-x");
    }
    return LS_OK;
}

/* --validation-data: the name of a part, or FILE[:GROUP]. */
static ls_status describe_validation_data(const ls_options *options, const ls_datanames *other, bool need_targets,
                                          parts *p)
{
    const char *text = options->validation_data;
    if (strcmp(text, "test") == 0 || strcmp(text, "validation") == 0) {
        const ls_source *part = text[0] == 't' ? &p->test : &p->validation;
        if (part->rows == 0)
            return ls_fail(LS_ERR_DATA, "--validation-data %s: %s has no such part", text, options->data);
        p->validation = *part;
        return LS_OK;
    }
    char path[LS_TEXT_MAX], group[LS_TEXT_MAX] = "", *paths[1] = {path};
    snprintf(path, sizeof path, "%s", text);
    char *colon = strrchr(path, ':');
    if (colon && !ls_path_exists(path)) {
        *colon = '\0';
        snprintf(group, sizeof group, "%s", colon + 1);
    }
    const ls_datanames names = {.options = options, .path = paths, .count = 1, .axis = other->axis, .files = p->files};
    ls_h5_file *file;
    ls_found_part part;
    LS_TRY(ls_h5_beside(p->files->main, path, &file));
    if (group[0]) {
        LS_TRY(ls_find_in_group(file, group, need_targets, &part));
    } else {
        ls_found found;
        LS_TRY(ls_find_parts(file, need_targets, &found));
        part = found.validation.x[0] ? found.validation : found.train;
    }
    memset(&p->validation, 0, sizeof p->validation);
    return describe(&names, &part, p, &p->validation);
}

/* Weights of the rows, when options name them. */
static ls_status describe_weights(const ls_options *options, const ls_datanames *names, parts *p)
{
    const char *path = options->validation_sample_weights;
    LS_TRY(ls_weights_describe(names, "--sample-weights", options->sample_weights, &p->train, &p->train_weight));
    keep_layout(p, &p->train_weight);
    if (!path[0])
        return LS_OK;
    if (p->validation.rows == 0)
        return ls_fail(LS_ERR_USAGE,
                       "--validation-sample-weights is for a validation part of its own, and there is none");
    char *paths[1] = {p->validation.file};
    ls_datanames other = *names;
    if (strcmp(p->validation.file, p->train.file) != 0) {
        other.path = paths;
        other.count = 1;
    }
    LS_TRY(ls_weights_describe(&other, "--validation-sample-weights", path, &p->validation, &p->validation_weight));
    keep_layout(p, &p->validation_weight);
    return LS_OK;
}

/* The groups by which validation rows are split off. */
static ls_status describe_groups(const ls_options *options, const ls_datanames *names, parts *p)
{
    if (options->validation_split <= 0)
        return LS_OK;
    LS_TRY(ls_validation_describe_groups(options, names, &p->train, &p->groups));
    keep_layout(p, &p->groups);
    return LS_OK;
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

/* Everything that one rank can say about options->data. */
static ls_status describe_names(const ls_options *options, const ls_datanames *names, bool need_targets, parts *p)
{
    LS_TRY(describe_file(options, names, need_targets, p));
    if (options->validation_data[0])
        LS_TRY(describe_validation_data(options, names, need_targets, p));
    LS_TRY(describe_weights(options, names, p));
    LS_TRY(check_row_options(options, p));
    LS_TRY(describe_groups(options, names, p));
    LS_TRY(ls_encoded_read(p->files->main, "/", &p->encoding));
    LS_TRY(check_shapes(&p->train, &p->validation));
    return check_shapes(&p->train, &p->test);
}

static ls_status describe_parts(const ls_options *options, bool need_targets, parts *p)
{
    ls_datanames names;
    LS_TRY(ls_datanames_open(options, p->files, &names));
    const ls_status status = describe_names(options, &names, need_targets, p);
    ls_datanames_close(&names);
    return status;
}

/* What the child process tries: the same, and some reading. */
typedef struct trial {
    const ls_options *options;
    bool need_targets;
    parts *p; /* the child's copy of it */
} trial;

static ls_status try_parts(void *user)
{
    const trial *t = user;
    LS_TRY(describe_parts(t->options, t->need_targets, t->p));
    LS_TRY(ls_firstlook_read(t->p->files, &t->p->train, 6));
    LS_TRY(ls_firstlook_read(t->p->files, &t->p->validation, 2));
    return ls_firstlook_read(t->p->files, &t->p->test, 2);
}

static ls_status check_and_describe(const ls_options *options, bool need_targets, parts *p)
{
    trial t = {options, need_targets, p};
    if (options->check_data)
        LS_TRY(ls_check(options->data[0] ? options->data : options->x, try_parts, &t, 5));
    return describe_parts(options, need_targets, p);
}

/* Collective. Sources hold no pointers yet but their layouts, and those are blocks of bytes; rows are chosen after
 * this. */
static ls_status share_parts(ls_context *context, parts *p)
{
    ls_source *const sources[] = {&p->train, &p->validation, &p->test, &p->train_weight, &p->validation_weight};
    const bool root = ls_comm_rank(context->comm) == 0;
    for (size_t i = 0; i < sizeof sources / sizeof sources[0]; i++) {
        const ls_layout *mine = sources[i]->layout;
        LS_TRY(ls_comm_broadcast(context->comm, 0, sources[i], sizeof *sources[i]));
        int64_t bytes = root ? ls_layout_bytes(mine) : 0;
        LS_TRY(ls_comm_broadcast(context->comm, 0, &bytes, sizeof bytes));
        if (!root)
            sources[i]->layout = NULL;
        if (bytes == 0)
            continue;
        ls_layout *layout = NULL;
        char *block = NULL;
        ls_status status = root ? LS_OK : ls_memory_allocate(&block, bytes, 1, "layout of the data");
        status = ls_agree(context->comm, status);
        if (status == LS_OK)
            status = ls_comm_broadcast(context->comm, 0, root ? (void *)(uintptr_t)mine : block, bytes);
        if (status == LS_OK)
            status = ls_agree(context->comm, root ? LS_OK : ls_layout_adopt(block, bytes, &layout));
        ls_memory_free(block);
        if (!root) {
            sources[i]->layout = layout;
            keep_layout(p, sources[i]);
        }
        LS_TRY(status);
    }
    return ls_encoded_share(context, &p->encoding);
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
    LS_TRY(ls_missing_drop(context, p->files, name, part, &dropped));
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
        LS_TRY(ls_validation_split(context, options, p->files, &p->groups, &p->train, &p->validation));
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

/* Collective: the same on all ranks, or an error on all. Rank 0 looks at the files, so that a thousand ranks do not;
 * the others open them when they read rows. */
static ls_status agree_on_parts(ls_context *context, const ls_options *options, bool need_targets, parts *p)
{
    ls_status status = ls_fault("open");
    if (status == LS_OK && ls_comm_rank(context->comm) == 0)
        status = check_and_describe(options, need_targets, p);
    LS_TRY(ls_agree(context->comm, status));
    LS_TRY(share_parts(context, p));
    return choose_rows(context, options, p);
}

/* ---- public ---- */

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
    if (files)
        ls_datafiles_hold(files);
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

static ls_status open_datasets(ls_context *context, const ls_options *options, bool need_targets, ls_datasets *datasets)
{
    parts *p = NULL;
    memset(datasets, 0, sizeof *datasets);
    ls_status status = ls_agree(context->comm, parts_create(&p));
    if (status == LS_OK)
        status = agree_on_parts(context, options, need_targets, p);
    if (status == LS_OK) {
        log_part(context, options, "train", &p->train, &p->train_weight);
        log_part(context, options, "validation", &p->validation, &p->validation_weight);
        log_part(context, options, "test", &p->test, NULL);
        if (p->train_weight.rows > 0)
            tell(p, "train: rows weighted");
        status = make(&p->train, &p->train_weight, p->files, &datasets->train);
        if (status == LS_OK && datasets->train)
            memcpy(datasets->train->prepared, p->prepared, sizeof p->prepared);
        if (status == LS_OK)
            status = ls_encoded_check(&p->train, &p->encoding);
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
    parts_free(p);
    return status;
}

ls_status ls_datasets_open(ls_context *context, const ls_options *options, ls_datasets *datasets)
{
    return open_datasets(context, options, true, datasets);
}

ls_status ls_datasets_look(ls_context *context, const ls_options *options, ls_datasets *datasets)
{
    return open_datasets(context, options, false, datasets);
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
    if (wanted && source->rows > 0)
        add_source(dataset, source, NULL);
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
    ls_status status = parts_create(&p);
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
        (*dataset)->files = p->files;
        ls_datafiles_hold(p->files);
    } else {
        ls_dataset_destroy(*dataset);
        *dataset = NULL;
    }
    parts_free(p);
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

void ls_dataset_destroy(ls_dataset *dataset)
{
    if (dataset == NULL)
        return;
    for (int i = 0; i < dataset->count; i++) {
        ls_source_release(&dataset->source[i]);
        ls_source_release(&dataset->weight[i]);
    }
    ls_datafiles_release(dataset->files);
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
