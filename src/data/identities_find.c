/* Finding what tells the rows of a dataset apart. */
#include "data/identities_internal.h"

#include "base/memory.h"
#include "data/datafiles.h"
#include "source/columns.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void ls_identities_beside(const char *path, const char *name, char *to, size_t capacity)
{
    const char *slash = strrchr(path, '/');
    (void)snprintf(to, capacity, "%.*s/%s", slash == NULL ? 0 : (int)(slash - path), path, name);
}

bool ls_identities_fit(const ls_source *source, const ls_h5_dataset *d, const ls_h5_dataset *x)
{
    const int axis = source->layout == NULL ? 0 : ls_layout_table_at(source->layout, false, 0).axis;
    return d->rank == 1 && x->rank > 0 && d->shape[0] == x->shape[ls_h5_row_axis(x, axis)];
}

bool ls_identities_are_texts(const ls_h5_dataset *d)
{
    return d->class_ == LS_H5_OTHER && strcmp(d->type, "string") == 0;
}

ls_identity_kind ls_identities_kind_of(const ls_h5_dataset *d)
{
    return d->class_ != LS_H5_INTEGER ? LS_IDENTITY_TEXT : d->natural ? LS_IDENTITY_NATURAL : LS_IDENTITY_WHOLE;
}

static bool is_identifier(const ls_h5_dataset *d, const char *name)
{
    return (strcmp(name, "id") == 0 || strncmp(name, "id_", 3) == 0) &&
           (ls_identities_are_texts(d) || d->class_ == LS_H5_INTEGER || d->class_ == LS_H5_FLOAT);
}

/* ---- what there is ---- */

/* The name that the dataset says, else its own. */
static ls_status name_column(ls_h5_file *file, const char *path, ls_identity *c)
{
    char **names = NULL;
    int count = 0;
    (void)snprintf(c->name, sizeof c->name, "%s", strncmp(c->dataset, "id_", 3) == 0 ? c->dataset + 3 : c->dataset);
    LS_TRY(ls_columns_names(file, path, 1, &names, &count));
    if (count == 1)
        (void)snprintf(c->name, sizeof c->name, "%s", names[0]);
    ls_memory_free(names);
    return LS_OK;
}

/* Takes up the identifiers beside the features at `path`. */
static ls_status list_columns(ls_identities *ids, const ls_source *source, ls_h5_file *file, const char *path)
{
    char group[1024];
    ls_h5_dataset x, *list;
    int count;
    ls_identities_beside(path, "", group, sizeof group);
    LS_TRY(ls_h5_describe(file, path, &x));
    LS_TRY(ls_h5_list(file, group, &list, &count));
    const size_t length = strlen(group);
    ls_status status = LS_OK;
    for (int i = 0; i < count && ids->count < LS_TABLE_IDS && status == LS_OK; i++) {
        const char *name = list[i].path + length;
        if (strlen(name) >= sizeof ids->column->dataset || strchr(name, '/') != NULL ||
            !is_identifier(&list[i], name) || !ls_identities_fit(source, &list[i], &x))
            continue;
        ls_identity *c = &ids->column[ids->count++];
        (void)snprintf(c->dataset, sizeof c->dataset, "%s", name);
        c->kind = ls_identities_kind_of(&list[i]);
        status = name_column(file, list[i].path, c);
    }
    ls_memory_free(list);
    return status;
}

static void leave_out(const ls_context *context, ls_identities *ids, ls_identity *c, const char *file, const char *path)
{
    ls_log_line(&context->log, LS_LOG_WARNING, "identifiers '%s' are left out: %s has no %s beside %s", c->name, file,
                c->dataset, path);
    memmove(c, c + 1, (size_t)(&ids->column[ids->count] - (c + 1)) * sizeof *c);
    ids->count--;
}

/* What this file lacks is of no use in the others. */
static ls_status compare_columns(const ls_context *context, ls_identities *ids, const ls_source *source,
                                 ls_h5_file *file, const char *path)
{
    ls_h5_dataset x, d;
    LS_TRY(ls_h5_describe(file, path, &x));
    for (int i = ids->count - 1; i >= 0; i--) {
        ls_identity *c = &ids->column[i];
        char there[1024];
        ls_identities_beside(path, c->dataset, there, sizeof there);
        const bool exists = ls_h5_exists(file, there);
        LS_TRY(ls_h5_answered(file));
        if (!exists || ls_h5_describe(file, there, &d) != LS_OK || !ls_identities_fit(source, &d, &x) ||
            !is_identifier(&d, c->dataset))
            leave_out(context, ids, c, ls_h5_path(file), path);
        else if (c->kind != ls_identities_kind_of(&d))
            c->kind = LS_IDENTITY_TEXT;
    }
    return LS_OK;
}

static ls_status look_at(const ls_context *context, ls_identities *ids, const ls_source *source, const char *path,
                         const char *x, bool first)
{
    ls_h5_file *main, *file;
    LS_TRY(ls_datafiles_file(ids->dataset->files, source, &main));
    if (main == NULL)
        return LS_OK;
    LS_TRY(ls_h5_beside(main, path, &file));
    return first ? list_columns(ids, source, file, x) : compare_columns(context, ids, source, file, x);
}

static ls_status look_at_source(const ls_context *context, ls_identities *ids, const ls_source *source, bool first)
{
    char **paths;
    int count;
    if (source->layout == NULL)
        return look_at(context, ids, source, source->file, source->x_path, first);
    LS_TRY(ls_layout_paths(source->layout, false, &paths, &count));
    ls_status status = LS_OK;
    for (int i = 0; i < count && status == LS_OK && (ids->count > 0 || (first && i == 0)); i++)
        status =
            look_at(context, ids, source, paths[i], ls_layout_table_at(source->layout, false, i).path, first && i == 0);
    ls_memory_free(paths);
    return status;
}

static int compare_names(const void *a, const void *b)
{
    return strcmp(((const ls_identity *)a)->name, ((const ls_identity *)b)->name);
}

/* The columns of a table that were named as identifiers, as far as this file has them. */
static void list_table_columns(ls_identities *ids)
{
    const ls_dataset_table *t = ids->dataset->table;
    for (int64_t i = 0; i < t->encoding.count && t->beside != NULL && ids->count < LS_TABLE_IDS; i++) {
        const ls_column *c = &t->encoding.column[i];
        if (c->role != LS_ROLE_ID || ls_table_field(t->beside, i) == NULL)
            continue;
        ls_identity *to = &ids->column[ids->count++];
        (void)snprintf(to->name, sizeof to->name, "%s", c->name);
        to->of_table = i;
    }
}

ls_status ls_identities_open(const ls_context *context, const ls_dataset *dataset, ls_identities **identities)
{
    ls_identities *ids;
    *identities = NULL;
    LS_TRY(ls_memory_allocate(&ids, 1, sizeof *ids, "identifiers of rows"));
    ids->dataset = dataset;
    ls_status status = LS_OK;
    if (dataset->table != NULL)
        list_table_columns(ids);
    for (int i = 0; dataset->table == NULL && i < dataset->count && status == LS_OK; i++)
        if (dataset->source[i].file[0] != '\0' && (i == 0 || ids->count > 0))
            status = look_at_source(context, ids, &dataset->source[i], i == 0);
    if (status != LS_OK) {
        ls_identities_close(ids);
        return status;
    }
    qsort(ids->column, (size_t)ids->count, sizeof *ids->column, compare_names);
    *identities = ids;
    return LS_OK;
}

void ls_identities_close(ls_identities *identities)
{
    if (identities == NULL)
        return;
    for (int i = 0; i < LS_TABLE_IDS; i++) {
        ls_text_free(&identities->column[i].text);
        ls_memory_free(identities->column[i].texts);
    }
    ls_memory_free(identities);
}
