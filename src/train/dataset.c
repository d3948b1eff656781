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
#include "train/firstlook.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* What a data file offers, described. An absent part has rows 0. */
typedef struct parts {
    ls_source train;
    ls_source validation;
    ls_source test;
    const ls_layout *layout[LS_DATASET_PARTS + 1]; /* of these sources, one holder each; NULL behind the last */
    ls_datafiles *files;
} parts;

static void keep_layout(parts *p, const ls_source *source)
{
    int i = 0;
    while (source->layout != NULL && i < LS_DATASET_PARTS && p->layout[i] != NULL)
        i++;
    p->layout[i] = source->layout;
}

static void parts_free(parts *p)
{
    if (!p)
        return;
    for (int i = 0; i < LS_DATASET_PARTS + 1; i++)
        ls_layout_release(p->layout[i]);
    ls_datafiles_release(p->files);
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

/* The tail of the training rows becomes the validation part, as in Keras: before any shuffling. */
static ls_status split_tail(const ls_options *options, parts *p)
{
    if (options->validation_x[0] || options->validation_data[0])
        return ls_fail(LS_ERR_USAGE, "--validation-split and --validation-x or --validation-data exclude each other");
    if (p->validation.rows > 0)
        return ls_fail(LS_ERR_USAGE, "--validation-split: %s has a validation part of its own; leave the option out",
                       options->data);
    const int64_t kept = (int64_t)((double)p->train.rows * (1 - options->validation_split));
    if (kept < 1 || kept >= p->train.rows) {
        return ls_fail(LS_ERR_DATA,
                       "--validation-split %g leaves %lld of %lld rows for training; both parts need at least one",
                       options->validation_split, (long long)kept, (long long)p->train.rows);
    }
    p->validation = p->train;
    p->validation.first += kept;
    p->validation.rows -= kept;
    p->train.rows = kept;
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
    if (options->validation_split > 0)
        LS_TRY(split_tail(options, p));
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

/* Collective. Sources hold no pointers but their layouts, and those are blocks of bytes. */
static ls_status share_parts(ls_context *context, parts *p)
{
    ls_source *const sources[LS_DATASET_PARTS] = {&p->train, &p->validation, &p->test};
    const bool root = ls_comm_rank(context->comm) == 0;
    for (int i = 0; i < LS_DATASET_PARTS; i++) {
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
    return share_parts(context, p);
}

/* ---- public ---- */

/* Puts one more source behind those of a dataset. */
static void add_source(ls_dataset *dataset, const ls_source *source)
{
    ls_source_hold(source);
    dataset->source[dataset->count++] = *source;
    dataset->rows += source->rows;
}

static ls_status make(const ls_source *source, ls_datafiles *files, ls_dataset **dataset)
{
    *dataset = NULL;
    if (source->rows == 0)
        return LS_OK;
    LS_TRY(ls_memory_allocate(dataset, 1, sizeof **dataset, "dataset"));
    add_source(*dataset, source);
    (*dataset)->files = files;
    if (files)
        ls_datafiles_hold(files);
    return LS_OK;
}

static void log_part(ls_context *context, const char *name, const ls_source *source)
{
    if (source->rows == 0)
        return;
    char x[2200];
    ls_log_line(&context->log, LS_LOG_INFO, "%s: %lld rows x %lld features from %s, %s%s%s", name,
                (long long)source->rows, (long long)source->features, ls_source_name(source, x, sizeof x),
                source->y_path[0] ? "targets " : "no targets", source->y_path,
                source->first > 0 ? " (tail of the rows)" : "");
}

ls_status ls_datasets_open(ls_context *context, const ls_options *options, ls_datasets *datasets)
{
    parts *p = NULL;
    memset(datasets, 0, sizeof *datasets);
    ls_status status = ls_agree(context->comm, parts_create(&p));
    if (status == LS_OK)
        status = agree_on_parts(context, options, true, p);
    if (status == LS_OK) {
        log_part(context, "train", &p->train);
        log_part(context, "validation", &p->validation);
        log_part(context, "test", &p->test);
        status = make(&p->train, p->files, &datasets->train);
        if (status == LS_OK)
            status = make(&p->validation, p->files, &datasets->validation);
        if (status == LS_OK)
            status = make(&p->test, p->files, &datasets->test);
        status = ls_agree(context->comm, status);
    }
    if (status != LS_OK)
        ls_datasets_close(datasets);
    parts_free(p);
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
    if (wanted && source->rows > 0)
        add_source(dataset, source);
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
            log_part(context, "rows", &(*dataset)->source[i]);
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
    return make(&source, NULL, dataset);
}

void ls_dataset_destroy(ls_dataset *dataset)
{
    for (int i = 0; dataset && i < dataset->count; i++)
        ls_source_release(&dataset->source[i]);
    if (dataset)
        ls_datafiles_release(dataset->files);
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
