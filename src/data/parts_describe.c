/* Finding and describing the parts that options name, on one rank. */
#include "data/parts.h"

#include "base/memory.h"
#include "context/options.h"
#include "data/apart.h"
#include "data/codes.h"
#include "data/encoded_source.h"
#include "data/firstlook.h"
#include "data/named_labels.h"
#include "data/parts_names.h"
#include "data/validation.h"
#include "data/weights.h"
#include "files/files.h"
#include "files/path.h"
#include "hdf5/check.h"
#include "source/find.h"
#include "source/source_named.h"

#include <stdio.h>
#include <string.h>

static ls_status describe(const ls_datanames *names, const ls_found_part *part, ls_parts *p, ls_source *source)
{
    LS_TRY(ls_datanames_describe_found(names, part, source));
    ls_parts_keep_layout(p, source);
    return LS_OK;
}

static ls_status describe_named(const ls_datanames *names, const char *x_option, const char *x, const char *y_option,
                                const char *y, ls_parts *p, ls_source *source)
{
    char *rest;
    LS_TRY(ls_datanames_describe(names, x_option, x, y_option, y, source));
    ls_parts_keep_layout(p, source);
    LS_TRY(ls_apart_targets(names, x_option, x, y_option, y, &rest));
    if (rest == NULL)
        return LS_OK;
    const ls_status status = ls_datanames_describe(names, x_option, rest, y_option, y, source);
    if (status == LS_OK) {
        ls_parts_keep_layout(p, source);
        ls_text_printf(&p->warnings, "%s %s has what %s %s names, and is taken without it, as %s '%s'\n", x_option, x,
                       y_option, y, x_option, rest);
    }
    ls_memory_free(rest);
    return status;
}

/* A part without rows, which is left out and told of. Only the test part may be one: training does without. */
static ls_status is_empty(const ls_datanames *names, const ls_found_part *part, ls_parts *p, bool *empty)
{
    ls_h5_dataset x;
    *empty = false;
    if (part->x[0] == '\0' || names->count != 1)
        return LS_OK;
    LS_TRY(ls_h5_describe(p->files->main, part->x, &x));
    const int axis = names->axis < x.rank ? names->axis : x.rank - 1;
    *empty = x.rank > 0 && x.shape[axis] == 0;
    if (*empty)
        ls_text_printf(&p->warnings, "%s:%s has no rows; there is no test part\n", names->path[0], part->x);
    return LS_OK;
}

/* Whether an empty test part leaves something to be done. */
static bool can_do_without_test(const ls_options *options, const ls_parts *p)
{
    return !p->scored || strcmp(options->part, "train") == 0 || strcmp(options->part, "validation") == 0;
}

/* Parts of the data file itself. */
static ls_status describe_file(const ls_options *options, const ls_datanames *names, bool need_targets, ls_parts *p)
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
        bool empty = false;
        if (can_do_without_test(options, p))
            LS_TRY(is_empty(names, &found.test, p, &empty));
        if (!empty)
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

/* Other files' validation part, else all of their rows; looked for in the first of them. */
static ls_status describe_validation_files(const ls_datanames *names, const char *group, bool need_targets, ls_parts *p)
{
    ls_h5_file *file;
    ls_found_part part;
    LS_TRY(ls_h5_beside(p->files->main, names->path[0], &file));
    if (group[0]) {
        LS_TRY(ls_find_in_group(file, group, need_targets, &part));
    } else {
        ls_found found;
        LS_TRY(ls_find_parts(file, need_targets, &found));
        part = found.validation.x[0] ? found.validation : found.train;
    }
    memset(&p->validation, 0, sizeof p->validation);
    return describe(names, &part, p, &p->validation);
}

/* --validation-data: the name of a part, or FILES[:GROUP]. */
static ls_status describe_validation_data(const ls_options *options, const ls_datanames *other, bool need_targets,
                                          ls_parts *p)
{
    const char *text = options->validation_data;
    if (options->validation_x[0])
        return ls_fail(LS_ERR_USAGE, "--validation-data and --validation-x exclude each other");
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
    ls_datanames names = *other;
    LS_TRY(ls_files_expand(path, &names.path, &names.count));
    const ls_status status = describe_validation_files(&names, group, need_targets, p);
    ls_memory_free(names.path);
    return status;
}

const char *ls_parts_scored(const ls_options *options, const ls_parts *p)
{
    const char *part = options->part[0] ? options->part : "auto";
    if (strcmp(part, "auto") != 0)
        return part;
    return p->test.rows > 0 && !options->x[0] ? "test" : p->train.rows > 0 ? "train" : "validation";
}

bool ls_parts_are_scored(const ls_options *options, const ls_parts *p, const char *part)
{
    const char *scored = ls_parts_scored(options, p);
    if (strcmp(scored, "all") == 0 || strcmp(scored, part) == 0)
        return true;
    return strcmp(part, "train") == 0 && strcmp(scored, "validation") == 0 && options->validation_split > 0;
}

/* Weights of the rows that are scored. */
static ls_status describe_scored_weights(const ls_options *options, const ls_datanames *names, ls_parts *p)
{
    const char *part = ls_parts_scored(options, p);
    const ls_source *source = strcmp(part, "test") == 0                                           ? &p->test
                              : strcmp(part, "validation") == 0 && options->validation_split <= 0 ? &p->validation
                                                                                                  : &p->train;
    if (strcmp(part, "all") == 0)
        return ls_fail(LS_ERR_USAGE, "--sample-weights are for the rows of one part; give --part train, validation or "
                                     "test");
    if (source->rows == 0) /* told when the part is taken */
        return LS_OK;
    const ls_status status =
        ls_weights_describe(names, "--sample-weights", options->sample_weights, source, &p->train_weight);
    if (status != LS_OK)
        return ls_fail_prefix(status, "--sample-weights, which are those of the %s rows here: ", part);
    ls_parts_keep_layout(p, &p->train_weight);
    return LS_OK;
}

/* Weights of the rows, when options name them. */
static ls_status describe_weights(const ls_options *options, const ls_datanames *names, ls_parts *p)
{
    const char *path = options->validation_sample_weights;
    if (p->scored)
        return options->sample_weights[0] ? describe_scored_weights(options, names, p) : LS_OK;
    LS_TRY(ls_weights_describe(names, "--sample-weights", options->sample_weights, &p->train, &p->train_weight));
    ls_parts_keep_layout(p, &p->train_weight);
    if (!path[0])
        return LS_OK;
    if (p->validation.rows == 0)
        return ls_fail(LS_ERR_USAGE,
                       "--validation-sample-weights is for a validation part of its own, and there is none");
    ls_datanames theirs = *names;
    char *one[1] = {p->validation.file}, **several = NULL;
    theirs.path = one;
    theirs.count = 1;
    if (p->validation.layout) {
        LS_TRY(ls_layout_paths(p->validation.layout, false, &several, &theirs.count));
        theirs.path = several;
    }
    const ls_status status =
        ls_weights_describe(&theirs, "--validation-sample-weights", path, &p->validation, &p->validation_weight);
    ls_memory_free(several);
    LS_TRY(status);
    ls_parts_keep_layout(p, &p->validation_weight);
    return LS_OK;
}

/* The groups by which validation rows are split off. */
static ls_status describe_groups(const ls_options *options, const ls_datanames *names, ls_parts *p)
{
    if (options->validation_split <= 0)
        return LS_OK;
    LS_TRY(ls_validation_describe_groups(options, names, &p->train, &p->groups));
    ls_parts_keep_layout(p, &p->groups);
    if (!p->groups.named)
        return LS_OK;
    LS_TRY(ls_source_class_names(&p->groups, p->files->main, &p->group_names));
    p->groups.names = p->group_names;
    return LS_OK;
}

/* Options that share out rows, against each other and the parts. */
static ls_status check_row_options(const ls_options *options, const ls_parts *p)
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
        return ls_fail(LS_ERR_DATA, "the targets %s have %lld columns, %s %lld; both need the same",
                       ls_source_target_name(train, a, sizeof a), (long long)train->outputs,
                       ls_source_target_name(other, b, sizeof b), (long long)other->outputs);
    }
    return LS_OK;
}

/* Takes the column that an option names out of a part's features. */
static ls_status take_apart(const ls_datanames *names, const char *option, const char *text, bool sibling, ls_parts *p,
                            ls_source *part, bool *taken)
{
    char *x;
    LS_TRY(ls_apart_features(names, part, option, text, sibling, &x));
    *taken = x != NULL;
    if (x == NULL)
        return LS_OK;
    const ls_status status = ls_apart_describe(names, x, part);
    ls_memory_free(x);
    if (status == LS_OK)
        ls_parts_keep_layout(p, part);
    return status;
}

/* Of one option: from the part whose column it names, and then the same column from the others. */
static ls_status take_column_apart(const ls_datanames *names, const char *option, const char *text, const char *what,
                                   ls_parts *p)
{
    ls_source *const parts[] = {&p->train, &p->validation, &p->test};
    bool taken[LS_DATASET_PARTS] = {false}, ignored;
    for (int i = 0; i < LS_DATASET_PARTS; i++)
        LS_TRY(take_apart(names, option, text, false, p, parts[i], &taken[i]));
    if (!taken[0] && !taken[1] && !taken[2])
        return LS_OK;
    for (int i = 0; i < LS_DATASET_PARTS; i++)
        if (!taken[i])
            LS_TRY(take_apart(names, option, text, true, p, parts[i], &ignored));
    ls_text_note(p->apart, sizeof p->apart, "%s is %s (%s), and no feature", text, what, option);
    return LS_OK;
}

/* Weights and groups that are columns of the features. */
static ls_status take_columns_apart(const ls_options *options, const ls_datanames *names, ls_parts *p)
{
    LS_TRY(take_column_apart(names, "--sample-weights", options->sample_weights, "the weight of a row", p));
    LS_TRY(take_column_apart(names, "--validation-sample-weights", options->validation_sample_weights,
                             "the weight of a row", p));
    return take_column_apart(names, "--validation-group", options->validation_group, "the group of a row", p);
}

/* Everything that one rank can say about options->data. */
static ls_status describe_names(const ls_options *options, const ls_datanames *names, bool need_targets, ls_parts *p)
{
    LS_TRY(describe_file(options, names, need_targets, p));
    if (options->validation_data[0])
        LS_TRY(describe_validation_data(options, names, need_targets, p));
    LS_TRY(ls_named_labels_find(p));
    LS_TRY(take_columns_apart(options, names, p));
    LS_TRY(describe_weights(options, names, p));
    LS_TRY(check_row_options(options, p));
    LS_TRY(describe_groups(options, names, p));
    LS_TRY(ls_parts_compare_names(options, p));
    if (!p->scored) {
        LS_TRY(ls_encoded_complete(options, &p->train, p->files->main, &p->encoding));
        if (need_targets)
            LS_TRY(ls_codes_warn(options, &p->train, p->files->main, &p->warnings));
    }
    if (p->scored && strcmp(ls_parts_scored(options, p), "all") != 0)
        return LS_OK; /* the other parts may be what they like */
    LS_TRY(check_shapes(&p->train, &p->validation));
    return check_shapes(&p->train, &p->test);
}

static ls_status describe_parts(const ls_options *options, bool need_targets, ls_parts *p)
{
    ls_datanames names;
    LS_TRY(ls_datanames_open(options, p->reference ? p->reference->text : NULL, p->files, &names));
    const ls_status status = describe_names(options, &names, need_targets, p);
    ls_datanames_close(&names);
    return status;
}

/* What the child process tries: the same, and some reading. */
typedef struct trial {
    const ls_options *options;
    bool need_targets;
    ls_parts *p; /* the child's copy of it */
} trial;

static ls_status try_parts(void *user)
{
    const trial *t = user;
    t->p->trial = true;
    LS_TRY(describe_parts(t->options, t->need_targets, t->p));
    LS_TRY(ls_firstlook_read(t->p->files, &t->p->train, 6));
    LS_TRY(ls_firstlook_read(t->p->files, &t->p->validation, 2));
    return ls_firstlook_read(t->p->files, &t->p->test, 2);
}

ls_status ls_parts_describe(const ls_options *options, bool need_targets, ls_parts *p)
{
    trial t = {options, need_targets, p};
    if (options->check_data)
        LS_TRY(ls_check(options->data[0] ? options->data : options->x, try_parts, &t, 5));
    return describe_parts(options, need_targets, p);
}
