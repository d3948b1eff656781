/* One encoding of features and targets. Where the features are columns of one converted table in its order, it is that
 * table's, in which other columns are passed over; else it is put together of single columns. */
#include "source/names_internal.h"

#include "base/memory.h"

#include <string.h>

static void free_column(ls_column *column)
{
    ls_memory_free(column->name);
    ls_dictionary_free(&column->categories);
    memset(column, 0, sizeof *column);
}

/* Room for so many columns in all. */
static ls_status reserve(ls_encoding *e, int64_t count)
{
    ls_column *column;
    LS_TRY(ls_memory_allocate(&column, count, sizeof *column, "columns"));
    if (e->count > 0)
        memcpy(column, e->column, (size_t)e->count * sizeof *column);
    ls_memory_free(e->column);
    e->column = column;
    return LS_OK;
}

/* ---- a table's own encoding ---- */

static const ls_table_names *names_at(const ls_named_matrix *m, int64_t column)
{
    return &m->names[m->table[column]];
}

/* What of its table's encoding column c of the matrix is. */
static ls_column *column_at(ls_named_matrix *m, int64_t c)
{
    ls_table_names *t = &m->names[m->table[c]];
    return &t->encoding.column[t->list.column[m->column[c]] - t->encoding.column];
}

/* The width of a column of which c is the first part, if all parts are behind one another; else 0. */
static int64_t whole_width(ls_named_matrix *m, int64_t c)
{
    const ls_column *column = column_at(m, c);
    const int64_t width = column->role == LS_ROLE_FEATURE ? ls_column_width(column) : 1;
    if (width == 1)
        return 1;
    for (int64_t k = 0; k < width; k++)
        if (c + k >= m->columns || m->table[c + k] != m->table[c] || m->column[c + k] != column->first + k)
            return 0;
    return width;
}

/* Whether the columns are some of one converted table, whole ones and in its order. */
static bool in_order(ls_named_matrix *m)
{
    if (names_at(m, 0)->text == NULL)
        return false;
    for (int64_t c = 0, width; c < m->columns; c += width) {
        width = whole_width(m, c);
        if (width == 0 || m->table[c] != m->table[0] || (c > 0 && m->column[c] <= m->column[c - 1]))
            return false;
    }
    return true;
}

/* Whether a matrix that is in order has the table's column. */
static bool has(const ls_named_matrix *m, int64_t column)
{
    int64_t low = 0, high = m->columns;
    while (low < high) {
        const int64_t middle = low + (high - low) / 2;
        if (m->column[middle] < column)
            low = middle + 1;
        else
            high = middle;
    }
    return low < m->columns && m->column[low] == column;
}

/* Columns of a role that are not in the matrix are ignored: m is in the order of the table's encoding e, or NULL. */
static void keep_only(ls_encoding *e, ls_column_role role, const ls_named_matrix *m)
{
    for (int64_t i = 0; i < e->count; i++) {
        ls_column *column = &e->column[i];
        if (column->role != role || (m != NULL && has(m, column->first)))
            continue;
        column->role = LS_ROLE_IGNORED;
        column->kind = LS_COLUMN_NUMBER;
        column->offset = 0;
        ls_dictionary_free(&column->categories);
    }
}

/* ---- single columns ---- */

/* A category by itself is a number that is called "colour=red". */
static ls_status put_part(ls_encoding *e, const char *name)
{
    ls_column *column = &e->column[e->count++];
    LS_TRY(ls_memory_allocate(&column->name, (int64_t)strlen(name) + 1, 1, "name of a column"));
    strcpy(column->name, name);
    return LS_OK;
}

/* Takes the matrix' columns out of their tables. *twice: one was gone already. */
static ls_status take_columns(ls_encoding *e, ls_named_matrix *m, bool *twice)
{
    *twice = false;
    LS_TRY(reserve(e, e->count + m->columns));
    for (int64_t c = 0, width; c < m->columns; c += width) {
        ls_column *column = column_at(m, c);
        width = whole_width(m, c);
        if (width == 0) {
            LS_TRY(put_part(e, names_at(m, c)->list.name.text[m->column[c]]));
            width = 1;
            continue;
        }
        *twice = *twice || column->name == NULL;
        if (*twice)
            return LS_OK;
        e->column[e->count++] = *column;
        memset(column, 0, sizeof *column);
    }
    return LS_OK;
}

/* Takes what is neither feature nor target of the first converted table: identifiers, weights. */
static ls_status take_others(ls_encoding *e, ls_named_matrix *m)
{
    for (int t = 0; t < m->tables; t++) {
        ls_encoding *from = &m->names[t].encoding;
        if (m->names[t].text == NULL)
            continue;
        e->fields = from->fields;
        from->fields = (ls_fields){0};
        LS_TRY(reserve(e, e->count + from->count));
        for (int64_t i = 0; i < from->count; i++) {
            if (from->column[i].name == NULL || from->column[i].role < LS_ROLE_IGNORED)
                continue;
            e->column[e->count++] = from->column[i];
            memset(&from->column[i], 0, sizeof from->column[i]);
        }
        return LS_OK;
    }
    return LS_OK;
}

/* Drops all columns of a role. */
static void drop(ls_encoding *e, ls_column_role role)
{
    int64_t kept = 0;
    for (int64_t i = 0; i < e->count; i++) {
        if (e->column[i].role == role)
            free_column(&e->column[i]);
        else
            e->column[kept++] = e->column[i];
    }
    e->count = kept;
}

/* Names that two columns have: one that is ignored goes, then targets, then features. */
static ls_status settle(ls_encoding *e)
{
    static const ls_column_role dropped[] = {LS_ROLE_IGNORED, LS_ROLE_TARGET, LS_ROLE_FEATURE};
    for (size_t k = 0; k <= sizeof dropped / sizeof dropped[0]; k++) {
        ls_dictionary names = {0};
        bool twice = false;
        ls_status status = LS_OK;
        for (int64_t i = 0, number; i < e->count && status == LS_OK && !twice; i++) {
            const char *name = ls_column_called(&e->column[i]);
            status = ls_dictionary_add(&names, name, (int64_t)strlen(name), &number);
            twice = number != i;
        }
        ls_dictionary_free(&names);
        if (status != LS_OK || !twice)
            return status;
        drop(e, dropped[k]);
    }
    return LS_OK;
}

/* ---- both ---- */

static ls_status join_features(ls_encoding *e, ls_named_matrix *m, bool *whole)
{
    bool twice;
    *whole = m->named && in_order(m);
    if (!m->named)
        return LS_OK;
    if (*whole) {
        ls_table_names *t = &m->names[m->table[0]];
        *e = t->encoding;
        t->encoding = (ls_encoding){0};
        keep_only(e, LS_ROLE_FEATURE, m);
        return LS_OK;
    }
    LS_TRY(take_columns(e, m, &twice));
    if (twice)
        drop(e, LS_ROLE_FEATURE);
    return take_others(e, m);
}

static ls_status join_targets(ls_encoding *e, ls_named_matrix *m, const char *text)
{
    bool twice;
    const bool same = m->named && text != NULL && in_order(m) && strcmp(names_at(m, 0)->text, text) == 0;
    keep_only(e, LS_ROLE_TARGET, same ? m : NULL);
    if (same || !m->named)
        return LS_OK;
    LS_TRY(take_columns(e, m, &twice));
    if (twice)
        drop(e, LS_ROLE_TARGET);
    e->header = true; /* a table that has no header has no such columns */
    return LS_OK;
}

ls_status ls_names_join(ls_named_matrix *features, ls_named_matrix *targets, ls_encoding *encoding)
{
    bool whole;
    *encoding = (ls_encoding){.header = true};
    ls_status status = join_features(encoding, features, &whole);
    if (status == LS_OK)
        status = join_targets(encoding, targets, whole ? names_at(features, 0)->text : NULL);
    if (status == LS_OK)
        status = settle(encoding);
    if (status != LS_OK) {
        ls_encoding_free(encoding);
        return status;
    }
    ls_encoding_number(encoding);
    return LS_OK;
}
