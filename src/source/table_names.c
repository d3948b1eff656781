/* Looking for the names of one dataset's columns. */
#include "source/table_names.h"

#include "base/memory.h"
#include "source/columns.h"
#include "source/names.h"

#include <stdio.h>
#include <string.h>

typedef struct looking {
    ls_h5_file *file;
    const char *path;
    int64_t width;
    ls_column_role role;
    bool integers;
    char **name; /* (count) by an attribute of the dataset */
    int count;
    ls_table_names *found;
} looking;

/* ---- the encoding of a converted file ---- */

/* Where convert puts features, or targets. */
static bool is_usual(const looking *l, const char *path)
{
    static const char *const groups[] = {"/train", "/validation", "/test"};
    for (size_t i = 0; i < sizeof groups / sizeof groups[0]; i++) {
        const size_t length = strlen(groups[i]);
        if (strncmp(path, groups[i], length) == 0)
            return strcmp(path + length, l->role == LS_ROLE_FEATURE ? "/x" : "/y") == 0;
    }
    return false;
}

/* Whether the attribute says what the encoding says. */
static bool same_names(const looking *l, const ls_column_list *list)
{
    for (int k = 0; k < l->count && k < list->count; k++)
        if (strcmp(l->name[k], list->name.text[k]) != 0)
            return false;
    return l->count == list->count;
}

/* Takes the encoding of the file that has the columns, which a link may lead to, where it is the one of these. */
static ls_status take_encoding(looking *l, bool *taken)
{
    ls_table_names *f = l->found;
    const bool features = l->role == LS_ROLE_FEATURE;
    char home[LS_H5_PATH_MAX];
    *taken = false;
    LS_TRY(ls_names_at_home(l->file, l->path, home, &f->text, &f->encoding));
    if (f->text == NULL)
        return LS_OK;
    const int64_t columns = features ? f->encoding.features : f->encoding.targets;
    if (columns == l->width)
        LS_TRY(ls_column_list_make(&f->encoding, l->role, true, &f->list));
    *taken = f->list.count > 0 && (l->count > 0 ? same_names(l, &f->list) : is_usual(l, home));
    if (!*taken)
        ls_table_names_free(f);
    return LS_OK;
}

/* ---- attributes ---- */

static ls_status put_column(const looking *l, ls_column *column, const char *name)
{
    LS_TRY(ls_memory_allocate(&column->name, (int64_t)strlen(name) + 1, 1, "name of a column"));
    strcpy(column->name, name);
    column->role = l->role;
    column->kind = l->role == LS_ROLE_TARGET && l->integers ? LS_COLUMN_INTEGER : LS_COLUMN_NUMBER;
    return LS_OK;
}

static ls_status make_columns(looking *l)
{
    ls_encoding *e = &l->found->encoding;
    LS_TRY(ls_memory_allocate(&e->column, l->width, sizeof *e->column, "columns"));
    e->header = true;
    e->count = l->width;
    return LS_OK;
}

static ls_status make_of_names(looking *l)
{
    LS_TRY(make_columns(l));
    for (int64_t k = 0; k < l->width; k++)
        LS_TRY(put_column(l, &l->found->encoding.column[k], l->name[k]));
    return LS_OK;
}

/* Features of libsvm text go by their index. */
static ls_status make_of_index(looking *l)
{
    char name[40];
    int64_t first;
    if (l->role != LS_ROLE_FEATURE || !ls_h5_has_attribute(l->file, l->path, "first_index") ||
        ls_h5_attribute_int64(l->file, l->path, "first_index", &first) != LS_OK || first < 0)
        return ls_h5_answered(l->file);
    if (l->width > LS_NAMES_INDEXED) {
        l->found->first_index = first;
        return LS_OK;
    }
    LS_TRY(make_columns(l));
    for (int64_t k = 0; k < l->width; k++) {
        (void)snprintf(name, sizeof name, "index %lld", (long long)(first + k));
        LS_TRY(put_column(l, &l->found->encoding.column[k], name));
    }
    return LS_OK;
}

/* Names of classes beside their numbers; none where two are the same. */
static ls_status read_classes(const looking *l, ls_dictionary *classes)
{
    static const char *const attributes[] = {"class_names", "classes", "categories"};
    char **text;
    int count;
    for (size_t i = 0; i < sizeof attributes / sizeof attributes[0] && classes->count == 0; i++) {
        if (!ls_h5_has_texts(l->file, l->path, attributes[i]))
            continue;
        LS_TRY(ls_h5_attribute_texts(l->file, l->path, attributes[i], &text, &count));
        ls_status status = LS_OK;
        bool good = count > 1;
        for (int64_t k = 0, number; k < count && status == LS_OK && good; k++) {
            status = ls_dictionary_add(classes, text[k], (int64_t)strlen(text[k]), &number);
            good = number == k && text[k][0] != '\0';
        }
        ls_memory_free(text);
        if (!good)
            ls_dictionary_free(classes);
        LS_TRY(status);
    }
    return ls_h5_answered(l->file);
}

/* The only column without a name is called by its path, and has classes where they have names; of several columns the
 * names of classes are those of the columns. */
static ls_status complete_targets(looking *l)
{
    ls_dictionary classes = {0};
    ls_encoding *e = &l->found->encoding;
    ls_status status;
    if (l->role != LS_ROLE_TARGET)
        return LS_OK;
    LS_TRY_CLEANUP(read_classes(l, &classes));
    if (l->width > 1 && (l->count > 0 || classes.count != l->width))
        goto cleanup;
    if (l->count == 0)
        LS_TRY_CLEANUP(make_columns(l));
    for (int64_t k = 0; k < l->width && l->count == 0; k++)
        LS_TRY_CLEANUP(put_column(l, &e->column[k], l->width > 1 ? classes.text[k] : l->path));
    if (l->width == 1 && classes.count > 0) {
        e->column[0].kind = LS_COLUMN_CLASSES;
        e->column[0].categories = classes;
        return LS_OK;
    }
cleanup:
    ls_dictionary_free(&classes);
    return status;
}

static ls_status look(looking *l)
{
    bool taken;
    ls_table_names *f = l->found;
    LS_TRY(take_encoding(l, &taken));
    if (taken)
        return LS_OK;
    f->first_index = -1;
    LS_TRY(l->count > 0 ? make_of_names(l) : make_of_index(l));
    LS_TRY(complete_targets(l));
    if (f->encoding.count == 0)
        return LS_OK;
    ls_encoding_number(&f->encoding);
    LS_TRY(ls_column_list_make(&f->encoding, l->role, false, &f->list));
    if (f->list.count == 0) /* two are called the same */
        ls_encoding_free(&f->encoding);
    return LS_OK;
}

ls_status ls_table_names_find(ls_h5_file *file, const char *path, const char *field, int64_t width, ls_column_role role,
                              bool integers, ls_table_names *names)
{
    looking l = {.file = file, .path = path, .width = width, .role = role, .integers = integers, .found = names};
    *names = (ls_table_names){.first_index = -1};
    char *only = (char *)(uintptr_t)field;
    if (field == NULL)
        LS_TRY(ls_columns_names(file, path, width, &l.name, &l.count));
    else
        l = (looking){file, path, width, role, integers, &only, 1, names};
    const ls_status status = look(&l);
    if (field == NULL)
        ls_memory_free(l.name);
    if (status != LS_OK)
        ls_table_names_free(names);
    return status;
}

void ls_table_names_free(ls_table_names *names)
{
    ls_memory_free(names->text);
    ls_column_list_free(&names->list);
    ls_encoding_free(&names->encoding);
    *names = (ls_table_names){.first_index = -1};
}
