/* CSV files as rows to be stored. */
#include "formats/import.h"

#include "base/memory.h"
#include "formats/table.h"

#include <string.h>

typedef struct csv_state {
    ls_table *table;
    const ls_encoding *encoding;
    ls_element y;
    char *path;
    double *targets; /* (capacity, targets) */
    int64_t capacity;
} csv_state;

ls_status ls_import_row_set(ls_import_row *row, const char *what)
{
    row->bytes = row->text > 0 ? row->text : ls_element_bytes(row->element);
    for (int i = 0; i < row->rank; i++)
        if (__builtin_mul_overflow(row->bytes, row->shape[i], &row->bytes) || row->bytes > (int64_t)1 << 40)
            return ls_fail(LS_ERR_DATA, "%s: a row would have more than 2^40 bytes", what);
    return LS_OK;
}

/* Numbers as doubles, all exact in `element`, into an array of that type. */
static void store(const double *from, int64_t count, ls_element element, void *to)
{
    for (int64_t i = 0; i < count; i++)
        if (element == LS_ELEMENT_INT32)
            ((int32_t *)to)[i] = (int32_t)from[i];
        else if (element == LS_ELEMENT_INT64)
            ((int64_t *)to)[i] = (int64_t)from[i];
        else
            ((float *)to)[i] = (float)from[i];
}

static ls_status next(void *state, int64_t count, void *x, void *y)
{
    csv_state *s = state;
    int64_t rows;
    if (y != NULL && count > s->capacity) {
        ls_memory_free(s->targets);
        s->capacity = 0;
        LS_TRY(ls_memory_allocate(&s->targets, count * s->encoding->targets, sizeof *s->targets, "targets"));
        s->capacity = count;
    }
    LS_TRY(ls_table_next(s->table, count, x, y != NULL ? s->targets : NULL, &rows));
    if (rows < count)
        return ls_fail(LS_ERR_DATA, "%s: became shorter while it was read", s->path);
    if (y != NULL)
        store(s->targets, rows * s->encoding->targets, s->y, y);
    return LS_OK;
}

static void close_state(void *state)
{
    csv_state *s = state;
    ls_table_close(s->table);
    ls_memory_free(s->targets);
    ls_memory_free(s->path);
    ls_memory_free(s);
}

/* Small where that is exact. */
static ls_element target_element(const ls_encoding *encoding, const ls_table_facts *facts)
{
    if (encoding->target_kind == LS_COLUMN_NUMBER)
        return LS_ELEMENT_FLOAT32;
    if (encoding->target_kind == LS_COLUMN_CLASSES || (facts->least >= INT32_MIN && facts->most <= INT32_MAX))
        return LS_ELEMENT_INT32;
    return LS_ELEMENT_INT64;
}

static ls_status open_state(const char *path, const ls_table_wishes *wishes, const ls_encoding *encoding, csv_state *s)
{
    LS_TRY(ls_memory_allocate(&s->path, (int64_t)strlen(path) + 1, 1, "path"));
    strcpy(s->path, path);
    s->encoding = encoding;
    LS_TRY(ls_table_open(path, wishes->delimiter, encoding, encoding->targets > 0, &s->table));
    ls_table_set_missing(s->table, wishes->drop ? LS_TABLE_DROPPED : LS_TABLE_REFUSED);
    return LS_OK;
}

ls_status ls_import_csv(const char *path, const ls_table_wishes *wishes, ls_encoding *encoding, ls_table_facts *facts,
                        ls_import *import)
{
    csv_state *s;
    *import = (ls_import){.next = next, .close = close_state};
    LS_TRY(ls_table_scan(path, wishes, encoding, facts));
    LS_TRY(ls_memory_allocate(&s, 1, sizeof *s, "CSV file"));
    import->state = s;
    import->rows = facts->rows;
    import->x = (ls_import_row){.element = LS_ELEMENT_FLOAT32, .rank = 1, .shape = { encoding->features }};
    import->y = (ls_import_row){.rank = encoding->targets > 1, .shape = { encoding->targets }};
    ls_status status = ls_import_row_set(&import->x, path);
    if (status == LS_OK && encoding->targets > 0) {
        import->y.element = s->y = target_element(encoding, facts);
        status = ls_import_row_set(&import->y, path);
    }
    if (status == LS_OK)
        status = open_state(path, wishes, encoding, s);
    if (status != LS_OK)
        ls_import_close(import);
    return status;
}
