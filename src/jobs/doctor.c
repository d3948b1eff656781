/* Looking a data file over: what it holds, and what training would find in each part. */
#include "jobs/doctor.h"

#include "base/division.h"
#include "base/memory.h"
#include "context/options.h"
#include "data/datafiles.h"
#include "data/encoded.h"
#include "data/rows.h"
#include "files/files.h"
#include "hdf5/check.h"
#include "source/columns.h"
#include "source/find.h"
#include "source/shards.h"

#include <stdio.h>
#include <string.h>

/* Floating-point targets of one column count as labels when they have no more different values than this. */
#define FEW_LABELS  100
#define LABELS_MOST 1024

static ls_status copy_text(const char *text, char **copy)
{
    LS_TRY(ls_memory_allocate(copy, (int64_t)strlen(text) + 1, 1, "findings"));
    strcpy(*copy, text);
    return LS_OK;
}

/* ---- the first file ---- */

static ls_status list_file(ls_h5_file *file, ls_doctor *d)
{
    LS_TRY(ls_h5_list(file, "/", &d->list, &d->count));
    if (ls_h5_has_attribute(file, "/", "title") && ls_h5_attribute_text(file, "/", "title", &d->title) != LS_OK)
        d->title = NULL;
    if (ls_h5_has_attribute(file, "/", LS_DROPPED_ATTRIBUTE) &&
        ls_h5_attribute_int64(file, "/", LS_DROPPED_ATTRIBUTE, &d->dropped) != LS_OK)
        d->dropped = 0;
    return ls_h5_answered(file);
}

static ls_status open_and_list(void *user)
{
    ls_doctor *d = user;
    ls_h5_file *file;
    LS_TRY(ls_h5_open(d->path, &file));
    ls_h5_trust(file, d->options->follow_links ? LS_H5_LINKS_ANY : LS_H5_LINKS_BESIDE, d->options->trust_sizes);
    const ls_status status = list_file(file, d);
    ls_h5_close(file);
    return status;
}

static ls_status look_at_file(ls_doctor *d)
{
    char **paths;
    int count;
    LS_TRY(ls_files_expand(d->options->data, &paths, &count));
    (void)snprintf(d->path, sizeof d->path, "%s", paths[0]);
    ls_memory_free(paths);
    if (d->options->check_data) {
        ls_doctor trial = *d; /* the child's findings are gone with it */
        LS_TRY(ls_check(d->path, open_and_list, &trial, 5));
    }
    return open_and_list(d);
}

/* ---- names of columns ---- */

static ls_status names_of_encoding(const ls_encoding *encoding, char ***names)
{
    ls_text text = {0};
    const int64_t count = encoding->features;
    ls_encoding_feature_names(encoding, &text);
    ls_status status = ls_text_status(&text);
    if (status == LS_OK && count > 0)
        status = ls_memory_allocate(names, count * (int64_t)sizeof **names + (int64_t)text.length, 1, "names");
    if (status == LS_OK && count > 0) {
        char *at = memcpy(*names + count, ls_text_string(&text), text.length);
        for (int64_t f = 0; f < count; f++, at += strlen(at) + 1)
            (*names)[f] = at;
    }
    ls_text_free(&text);
    return status;
}

static ls_status find_names(ls_doctor *d, const ls_dataset *dataset)
{
    const ls_source *source = ls_dataset_source(dataset);
    ls_h5_file *file;
    int count;
    if (dataset->encoding) {
        LS_TRY(ls_encoding_read(dataset->encoding, d->path, &d->encoding));
        return names_of_encoding(&d->encoding, &d->names);
    }
    if (source->layout || source->row_rank > 1)
        return LS_OK;
    LS_TRY(ls_datafiles_file(dataset->files, source, &file));
    return ls_columns_names(file, source->x_path, source->features, &d->names, &count);
}

const char *ls_doctor_class_name(const ls_doctor *d, const ls_doctor_part *part, double label)
{
    const ls_column *column = ls_encoding_classes(&d->encoding);
    const ls_tally *tally = &part->labels.tally;
    if (!column || tally->count == 0 || tally->entry[0].value < 0 ||
        tally->entry[tally->count - 1].value >= (double)column->categories.count)
        return NULL; /* the targets are others */
    return column->categories.text[(int64_t)label];
}

/* ---- parts ---- */

static ls_status look_at_targets(ls_context *context, ls_doctor_part *part)
{
    const ls_source *source = ls_dataset_source(part->dataset);
    if (source->target == LS_TARGET_NONE)
        return LS_OK;
    if (source->outputs == 1) {
        part->labels = (ls_labels){.tally = {.limit = LABELS_MOST}, .odd_row = -1};
        LS_TRY(ls_labels_count(part->dataset, 0, part->dataset->rows, &part->labels));
        ls_tally_sort(&part->labels.tally);
        const int64_t most = source->target == LS_TARGET_LABELS ? LABELS_MOST : FEW_LABELS;
        part->classes = part->labels.odd_row < 0 && !part->labels.tally.beyond && part->labels.tally.count <= most;
    }
    return part->classes ? LS_OK : ls_doctor_scan(context, part->dataset, true, &part->y, NULL);
}

static ls_status look_at_part(ls_context *context, ls_doctor *d, ls_doctor_part *part)
{
    const ls_options *o = d->options;
    const ls_source *source = ls_dataset_source(part->dataset);
    const ls_doctor_part *train = part != d->part && d->part->dataset ? d->part : NULL;
    ls_shards plan;
    LS_TRY(ls_doctor_twins_create(source->rows, &part->twins));
    LS_TRY(ls_doctor_scan(context, part->dataset, false, &part->x, &part->twins));
    ls_doctor_twins_find(&part->twins, train ? &train->twins : NULL);
    LS_TRY(look_at_targets(context, part));
    LS_TRY(ls_shards_plan(source->rows, source->features, o->batch_size, o->shards, o->shuffle_window, &plan));
    const int64_t shard = (plan.rows + plan.shards - 1) / plan.shards;
    return ls_doctor_judge_chunks(part->dataset, plan.window < shard ? plan.window : shard, &part->chunks);
}

/* ---- memory ---- */

static ls_status find_memory(ls_doctor *d)
{
    const ls_options *o = d->options;
    const ls_dataset *train = d->datasets.train;
    const ls_source *source = ls_dataset_source(train);
    const bool filled = strcmp(o->missing, "mean") == 0 || strcmp(o->missing, "zero") == 0;
    ls_doctor_memory *m = &d->memory;
    ls_shards plan;
    LS_TRY(ls_shards_plan(source->rows, source->features, o->batch_size, o->shards, o->shuffle_window, &plan));
    *m = (ls_doctor_memory){.ranks = o->ranks, .shards = plan.shards};
    m->row_bytes = source->features * (int64_t)ls_number_size(ls_rows_type(train, filled)) +
                   source->outputs * (int64_t)sizeof(float);
    ls_division division;
    LS_TRY(ls_division_create(plan.shards, (int)o->ranks, &division));
    m->most_shards = ls_division_most(&division);
    for (int r = 0; r < (int)o->ranks; r++) {
        int64_t first, last;
        ls_division_run(&division, r, &first, &last);
        const int64_t rows = ls_shards_first(&plan, last) - ls_shards_first(&plan, first);
        m->rows = rows > m->rows ? rows : m->rows;
        m->idle += first == last;
    }
    const ls_status status = ls_division_remark(&division, &m->remark);
    ls_division_free(&division);
    return status;
}

/* ---- all of it ---- */

static ls_status look_at_parts(ls_context *context, ls_doctor *d)
{
    const ls_dataset *datasets[] = {d->datasets.train, d->datasets.validation, d->datasets.test};
    static const char *const names[] = {"train", "validation", "test"};
    const ls_dataset *first = NULL;
    for (int i = 0; i < 3; i++) {
        d->part[i].name = names[i];
        d->part[i].dataset = datasets[i];
        first = first ? first : datasets[i];
    }
    if (first)
        LS_TRY(find_names(d, first));
    for (int i = 0; i < 3; i++)
        if (datasets[i])
            LS_TRY(look_at_part(context, d, &d->part[i]));
    return d->datasets.train ? find_memory(d) : LS_OK;
}

/* Looking does with less than training, and its words speak of predict; who asks is about to train. Fails where the
 * file is gone meanwhile, which says nothing about its parts. */
static ls_status speak_of_train(const ls_doctor *d)
{
    ls_h5_file *file;
    ls_found found;
    char message[LS_TEXT_MAX];
    (void)snprintf(message, sizeof message, "%s", ls_error_message());
    LS_TRY(ls_h5_open(d->path, &file));
    ls_h5_trust(file, d->options->follow_links ? LS_H5_LINKS_ANY : LS_H5_LINKS_BESIDE, d->options->trust_sizes);
    if (ls_find_parts(file, false, &found) == LS_OK || ls_find_parts(file, true, &found) == LS_OK)
        (void)ls_fail(LS_ERR_DATA, "%s", message); /* the reason was another */
    ls_h5_close(file);
    return LS_OK;
}

ls_status ls_doctor_look(ls_context *context, const ls_options *options, ls_doctor *d)
{
    *d = (ls_doctor){.options = options, .named = options->x[0] != '\0'};
    LS_TRY(look_at_file(d));
    const ls_status status = ls_datasets_look(context, options, &d->datasets);
    if (status == LS_ERR_DATA && !d->named && !options->y[0]) {
        LS_TRY(speak_of_train(d));
        return copy_text(ls_error_message(), &d->error);
    }
    LS_TRY(status);
    return look_at_parts(context, d);
}

void ls_doctor_free(ls_doctor *d)
{
    for (int i = 0; i < 3; i++) {
        ls_doctor_columns_free(&d->part[i].x);
        ls_doctor_columns_free(&d->part[i].y);
        ls_tally_free(&d->part[i].labels.tally);
        ls_doctor_twins_free(&d->part[i].twins);
    }
    ls_datasets_close(&d->datasets);
    ls_memory_free(d->title);
    ls_memory_free(d->list);
    ls_memory_free(d->error);
    ls_memory_free((void *)d->names);
    ls_text_free(&d->memory.remark);
    ls_encoding_free(&d->encoding);
    memset(d, 0, sizeof *d);
}
