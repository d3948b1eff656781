/* Names of a source's columns: those of its datasets, of all files that make it up, put together. */
#include "source/names.h"

#include "base/memory.h"
#include "source/class_sides.h"
#include "source/names_internal.h"

#include <stdio.h>
#include <string.h>

#define NAME_SIZE 5200 /* a file's path and a dataset's */

/* Checks the text, and frees it where it is damaged. */
static ls_status read_encoding(const ls_h5_file *file, char **text, ls_encoding *encoding)
{
    ls_encoding read;
    if (*text == NULL)
        return LS_OK;
    const ls_status status = ls_encoding_read(*text, ls_h5_path(file), &read);
    if (status != LS_OK) {
        ls_memory_free(*text);
        *text = NULL;
        return status;
    }
    if (encoding != NULL)
        *encoding = read;
    else
        ls_encoding_free(&read);
    return LS_OK;
}

ls_status ls_names_attribute(ls_h5_file *file, const char *object, char **text, ls_encoding *encoding)
{
    *text = NULL;
    if (ls_h5_has_attribute(file, object, LS_ENCODING_ATTRIBUTE))
        LS_TRY(ls_h5_attribute_text(file, object, LS_ENCODING_ATTRIBUTE, text));
    LS_TRY(ls_h5_answered(file));
    return read_encoding(file, text, encoding);
}

ls_status ls_names_at_home(ls_h5_file *file, const char *path, char home[LS_H5_PATH_MAX], char **text,
                           ls_encoding *encoding)
{
    LS_TRY(ls_h5_home_text(file, path, LS_ENCODING_ATTRIBUTE, home, text));
    return read_encoding(file, text, encoding);
}

/* ---- one matrix ---- */

/* Features or targets of the source. */
typedef struct matrix {
    ls_h5_file *main;
    ls_source *source;
    bool targets;
    ls_named_matrix own;
    int64_t **there;        /* (tables): ls_layout_order's */
    bool moved;             /* some are not NULL */
    bool said;              /* of classes that have names in some files only */
    const ls_layout *given; /* which the caller releases */
    ls_text *remarks;
} matrix;

static ls_layout_table table_at(const matrix *m, int table)
{
    const ls_source *s = m->source;
    if (s->layout != NULL)
        return ls_layout_table_at(s->layout, m->targets, table);
    return (ls_layout_table){.file = s->file,
                             .path = m->targets ? s->y_path : s->x_path,
                             .columns = m->own.columns,
                             .width = m->own.columns};
}

static ls_status find_table(const matrix *m, const ls_layout_table *table, ls_table_names *names)
{
    ls_h5_file *file;
    LS_TRY(ls_h5_beside(m->main, table->file, &file));
    return ls_table_names_find(file, table->path, table->field, table->width,
                               m->targets ? LS_ROLE_TARGET : LS_ROLE_FEATURE, m->source->integer_target, names);
}

/* The columns that are taken of the stack that begins with a table, as a list of their own. */
static ls_status list_taken(const matrix *m, int table, ls_column_list *taken)
{
    const ls_column_list *all = &m->own.names[table].list;
    *taken = (ls_column_list){.stated = all->stated};
    LS_TRY(ls_memory_allocate(&taken->column, all->count, sizeof *taken->column, "columns"));
    for (int64_t c = 0; c < m->own.columns; c++) {
        int64_t number;
        if (m->own.table[c] != table)
            continue;
        const char *name = all->name.text[m->own.column[c]];
        LS_TRY(ls_dictionary_add(&taken->name, name, (int64_t)strlen(name), &number));
        if (number == taken->count)
            taken->column[taken->count++] = all->column[m->own.column[c]];
    }
    return LS_OK;
}

/* Keeps where the file has the columns of the first one, unless it is there too. */
static ls_status keep_places(matrix *m, int first, int table, int64_t width, const ls_column_list *taken,
                             const int64_t *order)
{
    const ls_column_list *all = &m->own.names[first].list;
    int64_t *there;
    bool moved = false;
    LS_TRY(ls_memory_allocate(&there, width, sizeof *there, "columns"));
    for (int64_t k = 0; k < taken->count; k++) {
        const char *name = taken->name.text[k];
        const int64_t column = ls_dictionary_find(&all->name, name, (int64_t)strlen(name));
        there[column] = order[k];
        moved = moved || order[k] != column;
    }
    if (moved) {
        m->there[table] = there;
        m->moved = true;
    } else {
        ls_memory_free(there);
    }
    return LS_OK;
}

/* A further file against the first of its stack: both have names. */
static ls_status match_file(matrix *m, int first, int table, const ls_table_names *names, const ls_column_sides *sides,
                            const ls_layout_table *there)
{
    ls_column_list taken;
    int64_t *order = NULL;
    ls_status status;
    LS_TRY_CLEANUP(list_taken(m, first, &taken));
    LS_TRY_CLEANUP(ls_memory_allocate(&order, taken.count, sizeof *order, "columns"));
    LS_TRY_CLEANUP(ls_column_list_match(&names->list, &taken, sides, order));
    status = keep_places(m, first, table, there->width, &taken, order);
cleanup:
    ls_column_list_free(&taken);
    ls_memory_free(order);
    return status;
}

/* One of the files has no names: said of features, once. */
static ls_status trust_file(matrix *m, const ls_table_names *first, const ls_table_names *names,
                            const ls_column_sides *sides)
{
    if (first->first_index >= 0 && names->first_index >= 0 && first->first_index != names->first_index)
        return ls_fail(LS_ERR_DATA,
                       "%s counts its features from index %lld, %s from %lld; convert it again with --first-index %lld",
                       sides->ours, (long long)names->first_index, sides->theirs, (long long)first->first_index,
                       (long long)first->first_index);
    if (first->list.count == names->list.count || m->targets || m->remarks->length > 0)
        return LS_OK;
    const bool ours = names->list.count == 0;
    ls_text_printf(m->remarks, "the columns of %s have no names; their order is taken to be that of %s\n",
                   ours ? sides->ours : sides->theirs, ours ? sides->theirs : sides->ours);
    return ls_column_list_trust(&names->list, &first->list, sides);
}

/* Classes of which one of the files has no names: said once. */
static ls_status compare_classes(matrix *m, const ls_table_names *first, const ls_table_names *names,
                                 const ls_column_sides *sides)
{
    const ls_class_side ours = {sides->ours, &names->encoding, m->own.columns};
    const ls_class_side theirs = {sides->theirs, &first->encoding, m->own.columns};
    const size_t before = m->remarks->length;
    if (!m->targets || m->said || m->source->named)
        return LS_OK;
    LS_TRY(ls_class_sides_compare(&ours, &theirs, m->remarks));
    m->said = m->remarks->length > before;
    return LS_OK;
}

static ls_status compare_file(matrix *m, int first, int table)
{
    char ours[NAME_SIZE], theirs[NAME_SIZE];
    const ls_layout_table a = table_at(m, first), b = table_at(m, table);
    const ls_column_sides sides = {.ours = ours, .theirs = theirs, .like = a.file, .alike = a.columns == a.width};
    ls_table_names names;
    (void)snprintf(theirs, sizeof theirs, "%s:%s", a.file, a.path);
    (void)snprintf(ours, sizeof ours, "%s:%s", b.file, b.path);
    LS_TRY(find_table(m, &b, &names));
    const ls_table_names *known = &m->own.names[first];
    ls_status status = LS_OK;
    if (known->text == NULL || names.text == NULL || strcmp(known->text, names.text) != 0)
        status = known->list.count > 0 && names.list.count > 0 ? match_file(m, first, table, &names, &sides, &b)
                                                               : trust_file(m, known, &names, &sides);
    if (status == LS_OK)
        status = compare_classes(m, known, &names, &sides);
    ls_table_names_free(&names);
    return status;
}

/* Whether there is something to compare further files with. Where the first says nothing, the second is looked at for a
 * remark, and the others are not opened for it: there may be thousands. */
static bool is_known(const ls_table_names *names)
{
    return names->list.count > 0 || names->first_index >= 0;
}

static ls_status find_matrix(matrix *m)
{
    const ls_layout *layout = m->source->layout;
    m->own.tables = layout == NULL ? 1 : ls_layout_tables(layout, m->targets);
    LS_TRY(ls_memory_allocate(&m->own.table, m->own.columns, sizeof *m->own.table, "columns"));
    LS_TRY(ls_memory_allocate(&m->own.column, m->own.columns, sizeof *m->own.column, "columns"));
    LS_TRY(ls_memory_allocate(&m->own.names, m->own.tables, sizeof *m->own.names, "names of columns"));
    LS_TRY(ls_memory_allocate(&m->there, m->own.tables, sizeof *m->there, "columns"));
    if (layout != NULL)
        ls_layout_list_columns(layout, m->targets, m->own.table, m->own.column);
    for (int64_t c = 0; layout == NULL && c < m->own.columns; c++)
        m->own.column[c] = c;
    for (int table = 0, first = 0; table < m->own.tables; table++) {
        const ls_layout_table t = table_at(m, table);
        if (table > 0 && t.stack == table_at(m, first).stack) {
            if (is_known(&m->own.names[first]) || table == first + 1)
                LS_TRY(compare_file(m, first, table));
            continue;
        }
        first = table;
        LS_TRY(find_table(m, &t, &m->own.names[table]));
    }
    return LS_OK;
}

/* Puts the columns of all files in the order of the first. */
static ls_status arrange(const matrix *m)
{
    int64_t *same;
    const int64_t columns = m->own.columns;
    if (!m->moved)
        return LS_OK;
    LS_TRY(ls_memory_allocate(&same, columns, sizeof *same, "columns"));
    for (int64_t c = 0; c < columns; c++)
        same[c] = c;
    const ls_layout_order order = {.columns = same, .count = columns, .there = m->there};
    const ls_layout *had = m->source->layout;
    const ls_status status = ls_source_arrange(m->main, m->targets, &order, m->source);
    if (status == LS_OK && had != m->given)
        ls_layout_release(had);
    ls_memory_free(same);
    return status;
}

static void free_matrix(matrix *m)
{
    for (int t = 0; t < m->own.tables && m->own.names != NULL; t++)
        ls_table_names_free(&m->own.names[t]);
    for (int t = 0; t < m->own.tables && m->there != NULL; t++)
        ls_memory_free(m->there[t]);
    ls_memory_free(m->own.names);
    ls_memory_free(m->there);
    ls_memory_free(m->own.table);
    ls_memory_free(m->own.column);
}

/* Whether all columns have names; *stated: those of converted tables. */
static void look_through(matrix *m, ls_names *names)
{
    bool named = m->own.columns > 0, stated = true;
    for (int64_t c = 0; c < m->own.columns; c++) {
        const ls_table_names *table = &m->own.names[m->own.table[c]];
        named = named && table->list.count > 0;
        stated = stated && table->list.stated;
        if (!m->targets && table->first_index >= 0)
            names->first_index = table->first_index;
    }
    m->own.named = named;
    names->stated[m->targets] = named && stated;
}

static ls_status look(matrix *m, ls_names *names)
{
    m->own.columns = m->targets ? m->source->outputs : m->source->features;
    if (m->own.columns == 0)
        return LS_OK;
    LS_TRY(find_matrix(m));
    LS_TRY(arrange(m));
    look_through(m, names);
    return LS_OK;
}

/* Without features: whether a target is more than a dataset's path. */
static bool says_something(const ls_encoding *encoding)
{
    bool found = false;
    for (int64_t i = 0; i < encoding->count; i++)
        found = found || (encoding->column[i].role == LS_ROLE_TARGET &&
                          (!ls_column_is_path(&encoding->column[i]) || encoding->column[i].kind == LS_COLUMN_CLASSES));
    return found;
}

/* Text that does not come back as it was, as of another character set, names nothing. */
static ls_status write_text(const ls_encoding *encoding, char **text)
{
    ls_text json = {0};
    ls_encoding back;
    ls_encoding_write(encoding, &json);
    ls_status status = ls_text_status(&json);
    LS_TRY_CLEANUP(status);
    status = ls_encoding_read(ls_text_string(&json), "names", &back);
    if (status == LS_OK) {
        ls_encoding_free(&back);
        LS_TRY_CLEANUP(ls_memory_allocate(text, (int64_t)json.length + 1, 1, "names of the columns"));
        memcpy(*text, json.data, json.length + 1);
    }
cleanup:
    ls_text_free(&json);
    return status == LS_ERR_DATA ? LS_OK : status;
}

/* Labels that are texts have names by themselves. */
static ls_status put_classes(const ls_source *source, ls_encoding *encoding)
{
    int64_t number;
    for (int64_t i = 0; i < encoding->count && source->names != NULL; i++) {
        ls_column *target = &encoding->column[i];
        if (target->role != LS_ROLE_TARGET)
            continue;
        ls_dictionary_free(&target->categories);
        target->kind = LS_COLUMN_CLASSES;
        target->texts = ls_layout_matrix(source->layout, true).texts;
        for (int64_t k = 0; k < ls_label_names_count(source->names); k++) {
            const char *name = ls_label_names_text(source->names, k);
            LS_TRY(ls_dictionary_add(&target->categories, name, (int64_t)strlen(name), &number));
        }
    }
    ls_encoding_number(encoding);
    return LS_OK;
}

ls_status ls_names_find(ls_h5_file *main, ls_source *source, ls_names *names, ls_text *remarks)
{
    matrix x = {.main = main, .source = source, .given = source->layout, .remarks = remarks}, y = x;
    ls_status status;
    *names = (ls_names){.first_index = -1};
    if (source->file[0] == '\0' || source->table != NULL)
        return LS_OK;
    y.targets = true;
    LS_TRY_CLEANUP(look(&x, names));
    LS_TRY_CLEANUP(look(&y, names));
    if (!x.own.named && !y.own.named)
        goto cleanup;
    LS_TRY_CLEANUP(ls_names_join(&x.own, &y.own, &names->encoding));
    LS_TRY_CLEANUP(put_classes(source, &names->encoding));
    if (names->encoding.features > 0 || says_something(&names->encoding))
        status = write_text(&names->encoding, &names->text);
    if (names->text == NULL)
        ls_encoding_free(&names->encoding);
cleanup:
    free_matrix(&x);
    free_matrix(&y);
    return status;
}

void ls_names_free(ls_names *names)
{
    ls_memory_free(names->text);
    ls_encoding_free(&names->encoding);
    *names = (ls_names){.first_index = -1};
}
