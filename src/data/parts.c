/* Parts over ranks: what rank 0 found becomes everybody's, and rows are chosen. */
#include "data/parts.h"

#include "base/fault.h"
#include "base/memory.h"
#include "base/text.h"
#include "comm/agree.h"
#include "context/options.h"
#include "data/encoded.h"
#include "data/listings.h"
#include "data/missing.h"
#include "data/named_labels.h"
#include "data/samefiles.h"
#include "data/validation.h"

#include <stdarg.h>
#include <string.h>

void ls_parts_keep_layout(ls_parts *p, const ls_source *source)
{
    int i = 0;
    if (source->layout == NULL)
        return;
    while (i < LS_PARTS_SOURCES && p->layout[i] != NULL)
        i++;
    p->layout[i] = source->layout;
}

void ls_parts_change_layout(ls_parts *p, const ls_layout *before, const ls_source *source)
{
    const ls_source *const sources[] = {&p->train,        &p->validation,        &p->test,
                                        &p->train_weight, &p->validation_weight, &p->groups};
    bool used = before == NULL;
    if (source->layout == before)
        return;
    for (size_t i = 0; i < sizeof sources / sizeof sources[0]; i++)
        used = used || sources[i]->layout == before;
    int i = 0;
    while (!used && p->layout[i] != before)
        i++;
    if (used) {
        ls_parts_keep_layout(p, source);
        return;
    }
    ls_layout_release(before);
    p->layout[i] = source->layout;
}

void ls_parts_free(ls_parts *p)
{
    if (!p)
        return;
    ls_selection_destroy(p->train.kept);
    ls_selection_destroy(p->validation.kept);
    ls_selection_destroy(p->test.kept);
    for (int i = 0; i < LS_PARTS_SOURCES + 1; i++)
        ls_layout_release(p->layout[i]);
    ls_datafiles_release(p->files);
    for (int i = 0; i < LS_DATASET_PARTS; i++)
        ls_less_release(p->less[i]);
    ls_label_names_release(p->names);
    ls_label_names_release(p->group_names);
    ls_memory_free(p->encoding);
    ls_memory_free(p->conflict);
    ls_text_free(&p->remarks);
    ls_text_free(&p->warnings);
    ls_memory_free(p);
}

ls_status ls_parts_create(int threads, ls_parts **p)
{
    LS_TRY(ls_memory_allocate(p, 1, sizeof **p, "dataset descriptions"));
    return ls_datafiles_create(threads, &(*p)->files);
}

/* Collective. What is taken from the features of the parts. */
static ls_status share_less(ls_context *context, ls_parts *p)
{
    ls_source *const parts[LS_DATASET_PARTS] = {&p->train, &p->validation, &p->test};
    const bool root = ls_comm_rank(context->comm) == 0;
    for (int i = 0; i < LS_DATASET_PARTS; i++) {
        const int64_t features = parts[i]->features;
        int64_t some = p->less[i] != NULL;
        double *offset = NULL;
        LS_TRY(ls_comm_broadcast(context->comm, 0, &some, sizeof some));
        if (!root)
            parts[i]->x_less = NULL;
        if (some == 0)
            continue;
        ls_status status = ls_agree(context->comm, ls_memory_allocate(&offset, features, sizeof *offset, "offsets"));
        if (status == LS_OK && root)
            memcpy(offset, ls_less_offset(p->less[i]), (size_t)features * sizeof *offset);
        if (status == LS_OK)
            status = ls_comm_broadcast(context->comm, 0, offset, features * (int64_t)sizeof *offset);
        if (status == LS_OK)
            status = ls_agree(context->comm, root ? LS_OK : ls_less_create(features, offset, &p->less[i]));
        ls_memory_free(offset);
        LS_TRY(status);
        parts[i]->x_less = p->less[i];
    }
    return LS_OK;
}

/* Collective. Sources hold no pointers yet but their layouts and offsets, and those are blocks of bytes; rows are
 * chosen after this. */
static ls_status share_parts(ls_context *context, ls_parts *p)
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
            ls_parts_keep_layout(p, sources[i]);
        }
        LS_TRY(status);
    }
    LS_TRY(share_less(context, p));
    LS_TRY(ls_named_labels_share(context, p));
    LS_TRY(ls_encoded_share(context, &p->encoding));
    return ls_encoded_share(context, &p->conflict);
}

/* Each line of a text. */
static void log_lines(ls_context *context, ls_log_level level, const ls_text *text)
{
    const char *at = ls_text_string(text);
    for (size_t length; *at != '\0'; at += length + (at[length] != '\0')) {
        length = strcspn(at, "\n");
        ls_log_line(&context->log, level, "%.*s", (int)length, at);
    }
}

void ls_parts_tell(ls_parts *p, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    ls_text_vnote(p->prepared, sizeof p->prepared, format, arguments);
    va_end(arguments);
}

/* Collective. */
static ls_status drop_rows(ls_context *context, const ls_options *options, const char *name, ls_parts *p,
                           ls_source *part)
{
    int64_t dropped, rows = part->rows;
    if (rows == 0 || (p->scored && !ls_parts_are_scored(options, p, name)))
        return LS_OK;
    LS_TRY(ls_missing_drop(context, p->files, name, !p->predicted, part, &dropped));
    if (dropped > 0)
        ls_parts_tell(p, "%s: %lld of %lld rows with missing values dropped", name, (long long)dropped,
                      (long long)rows);
    return LS_OK;
}

/* Collective. Which rows of the parts count: those without missing values, then the validation rows out of the training
 * rows, then the limit. */
static ls_status choose_rows(ls_context *context, const ls_options *options, ls_parts *p)
{
    if (strcmp(options->missing, "drop") == 0) {
        LS_TRY(drop_rows(context, options, "train", p, &p->train));
        LS_TRY(drop_rows(context, options, "validation", p, &p->validation));
        LS_TRY(drop_rows(context, options, "test", p, &p->test));
    }
    if (options->validation_split > 0) {
        LS_TRY(ls_validation_split(context, options, p->files, &p->groups, &p->train, &p->validation));
        p->validation_weight = p->train_weight;
        if (strcmp(options->validation_method, "tail") != 0)
            ls_parts_tell(p, "validation: %lld of %lld rows, %s, seed %lld", (long long)p->validation.rows,
                          (long long)(p->train.rows + p->validation.rows), options->validation_method,
                          (long long)options->seed);
    }
    if (options->limit_rows > 0 && options->limit_rows < p->train.rows) {
        ls_log_line(&context->log, LS_LOG_INFO, "--limit-rows: %lld of %lld training rows are used",
                    (long long)options->limit_rows, (long long)p->train.rows);
        ls_parts_tell(p, "train: the first %lld of %lld rows", (long long)options->limit_rows,
                      (long long)p->train.rows);
        p->train.rows = options->limit_rows;
    }
    return LS_OK;
}

ls_status ls_parts_agree(ls_context *context, const ls_options *options, bool need_targets, ls_parts *p)
{
    ls_status status = ls_fault("open");
    if (status == LS_OK)
        status = ls_datafiles_page(context, p->files);
    if (status == LS_OK && ls_comm_rank(context->comm) == 0)
        status = ls_parts_describe(options, need_targets, p);
    LS_TRY(ls_agree(context->comm, status));
    LS_TRY(ls_listings_check(context, options));
    LS_TRY(ls_samefiles_check(context, &p->files->inputs));
    LS_TRY(share_parts(context, p));
    const ls_source *const sources[] = {&p->train, &p->validation, &p->test, &p->train_weight, &p->validation_weight};
    LS_TRY(ls_datafiles_share(context, p->files, sources, (int)(sizeof sources / sizeof sources[0])));
    log_lines(context, LS_LOG_WARNING, &p->warnings);
    log_lines(context, LS_LOG_INFO, &p->remarks);
    return choose_rows(context, options, p);
}
