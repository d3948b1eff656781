/* An encoding is made of names of columns, then completed. */
#include "data/encoded_source.h"

#include "base/memory.h"
#include "data/codes.h"
#include "data/encoded.h"
#include "source/columns.h"

#include <stdio.h>
#include <string.h>

static ls_status name_column(ls_column *column, const char *name, ls_column_role role)
{
    column->role = role;
    LS_TRY(ls_memory_allocate(&column->name, (int64_t)strlen(name) + 1, 1, "name of a column"));
    memcpy(column->name, name, strlen(name) + 1);
    return LS_OK;
}

/* The features' names where one dataset has them. */
static ls_status find_names(const ls_source *source, ls_h5_file *main, char ***names)
{
    ls_h5_file *file;
    int count;
    *names = NULL;
    if (source->layout != NULL || source->row_rank != 1)
        return LS_OK;
    LS_TRY(ls_h5_beside(main, source->file, &file));
    return ls_columns_names(file, source->x_path, source->features, names, &count);
}

static ls_status put_columns(const ls_source *source, char **names, ls_encoding *e)
{
    char number[32];
    const bool targets = source->target != LS_TARGET_NONE;
    LS_TRY(ls_memory_allocate(&e->column, source->features + source->outputs, sizeof *e->column, "columns"));
    e->count = source->features + (targets ? source->outputs : 0);
    e->header = names != NULL;
    for (int64_t i = 0; i < source->features; i++) {
        (void)snprintf(number, sizeof number, "%lld", (long long)i);
        LS_TRY(name_column(&e->column[i], names != NULL ? names[i] : number, LS_ROLE_FEATURE));
    }
    for (int64_t i = source->features; i < e->count; i++) {
        (void)snprintf(number, sizeof number, "%lld", (long long)(i - source->features));
        LS_TRY(name_column(&e->column[i], source->outputs == 1 ? source->y_path : number, LS_ROLE_TARGET));
        e->column[i].kind = source->integer_target ? LS_COLUMN_INTEGER : LS_COLUMN_NUMBER;
    }
    ls_encoding_number(e);
    return LS_OK;
}

/* One more column, the target. */
static ls_status add_target(const ls_source *source, ls_encoding *e)
{
    ls_column *larger;
    LS_TRY(ls_memory_allocate(&larger, e->count + 1, sizeof *larger, "columns"));
    memcpy(larger, e->column, (size_t)e->count * sizeof *larger);
    ls_memory_free(e->column);
    e->column = larger;
    return name_column(&e->column[e->count++], source->y_path, LS_ROLE_TARGET);
}

static ls_status put_classes(const ls_source *source, ls_encoding *e)
{
    int64_t number, i = 0;
    if (source->names == NULL)
        return LS_OK;
    while (i < e->count && e->column[i].role != LS_ROLE_TARGET)
        i++;
    if (i == e->count)
        LS_TRY(add_target(source, e));
    ls_column *target = &e->column[i];
    ls_dictionary_free(&target->categories);
    target->kind = LS_COLUMN_CLASSES;
    for (int64_t k = 0; k < ls_label_names_count(source->names); k++) {
        const char *name = ls_label_names_text(source->names, k);
        LS_TRY(ls_dictionary_add(&target->categories, name, (int64_t)strlen(name), &number));
    }
    ls_encoding_number(e);
    return LS_OK;
}

ls_status ls_encoded_complete(const ls_options *options, const ls_source *source, ls_h5_file *main, char **text)
{
    ls_encoding e = {0};
    ls_text json = {0};
    char **names = NULL;
    ls_status status;
    if (!ls_encoded_is_needed(source) || source->rows == 0)
        return LS_OK;
    if (*text != NULL) {
        LS_TRY_CLEANUP(ls_encoding_read(*text, source->file, &e));
    } else {
        LS_TRY_CLEANUP(find_names(source, main, &names));
        LS_TRY_CLEANUP(put_columns(source, names, &e));
    }
    LS_TRY_CLEANUP(put_classes(source, &e));
    LS_TRY_CLEANUP(ls_codes_note(options, &e));
    ls_encoding_write(&e, &json);
    LS_TRY_CLEANUP(ls_text_status(&json));
    ls_memory_free(*text);
    *text = NULL;
    status = ls_encoded_copy(ls_text_string(&json), text);
cleanup:
    ls_text_free(&json);
    ls_encoding_free(&e);
    ls_memory_free(names);
    return status;
}
