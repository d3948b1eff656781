/* CSV files as rows to be stored. */
#include "formats/import.h"

#include "base/memory.h"
#include "formats/table.h"

#include <stdio.h>
#include <string.h>

typedef struct csv_state {
    ls_table *table;
    const ls_encoding *encoding;
    ls_element y;
    char *path;
    double *targets; /* (capacity, targets) */
    int64_t capacity;
    const ls_table_facts *facts;
    bool numbered;       /* the last of what stands beside is the row's number */
    void *const *beside; /* where the rows at hand are to go */
    int64_t row;         /* of them */
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

/* Puts what stands beside a row to its place. */
static ls_status watch(void *user, const ls_table *table)
{
    csv_state *s = user;
    const int besides = s->facts->besides;
    for (int i = 0; i < besides; i++) {
        const ls_beside *b = &s->facts->beside[i];
        char *to = (char *)s->beside[i] + s->row * ls_beside_bytes(s->encoding, b);
        LS_TRY(ls_beside_put(ls_table_csv(table), s->encoding, b, ls_table_field(table, b->column), to));
    }
    if (s->numbered)
        ((int64_t *)s->beside[besides])[s->row] = ls_table_row(table);
    s->row++;
    return LS_OK;
}

static ls_status next(void *state, int64_t count, void *x, void *y, void *const *beside)
{
    csv_state *s = state;
    int64_t rows;
    s->beside = beside;
    s->row = 0;
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

static ls_status restart(void *state)
{
    return ls_table_restart(((csv_state *)state)->table);
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

/* "id" of the only identifiers, else "id_NAME"; a slash would be a group of HDF5. */
static void name_beside(const ls_column *c, bool several, char *name, size_t capacity)
{
    if (c->role == LS_ROLE_ID && several)
        (void)snprintf(name, capacity, "id_%s", c->name);
    else
        (void)snprintf(name, capacity, "%s",
                       c->role == LS_ROLE_WEIGHT  ? "w"
                       : c->role == LS_ROLE_GROUP ? "group"
                                                  : "id");
    for (char *at = name; *at != '\0'; at++)
        if (*at == '/')
            *at = '_';
}

static void describe_beside(const ls_encoding *e, const ls_table_facts *facts, bool dropped, ls_import *import)
{
    int identifiers = 0;
    for (int i = 0; i < facts->besides; i++)
        identifiers += e->column[facts->beside[i].column].role == LS_ROLE_ID;
    for (int i = 0; i < facts->besides; i++) {
        const ls_beside *b = &facts->beside[i];
        const ls_column *c = &e->column[b->column];
        ls_import_beside *to = &import->beside[import->besides++];
        const bool text = c->role == LS_ROLE_ID && b->text;
        *to = (ls_import_beside){.column = c->name,
                                 .texts = c->role == LS_ROLE_GROUP && b->text ? &c->categories : NULL,
                                 .element = c->role == LS_ROLE_WEIGHT ? LS_ELEMENT_FLOAT32 : LS_ELEMENT_INT64,
                                 .bytes = ls_beside_bytes(e, b)};
        to->text = text ? to->bytes : 0;
        name_beside(c, identifiers > 1, to->name, sizeof to->name);
    }
    if (dropped)
        import->beside[import->besides++] =
            (ls_import_beside){.name = LS_IMPORT_ROW, .element = LS_ELEMENT_INT64, .bytes = sizeof(int64_t)};
}

static ls_status open_state(const char *path, const ls_table_wishes *wishes, const ls_encoding *encoding, csv_state *s)
{
    LS_TRY(ls_memory_allocate(&s->path, (int64_t)strlen(path) + 1, 1, "path"));
    strcpy(s->path, path);
    s->encoding = encoding;
    LS_TRY(ls_table_open(path, &wishes->style, encoding, encoding->targets > 0, &s->table));
    ls_table_set_missing(s->table, wishes->drop ? LS_TABLE_DROPPED : LS_TABLE_REFUSED);
    if (wishes->like != NULL && wishes->like->unknown.ignored)
        ls_table_ignore_unknown(s->table);
    if (s->facts->besides > 0 || s->numbered)
        ls_table_set_watch(s->table, watch, s);
    return LS_OK;
}

ls_status ls_import_csv(const char *path, const ls_table_wishes *wishes, ls_encoding *encoding, ls_table_facts *facts,
                        ls_import *import)
{
    csv_state *s;
    *import = (ls_import){.next = next, .restart = restart, .close = close_state};
    LS_TRY(ls_table_scan(path, wishes, encoding, facts));
    LS_TRY(ls_memory_allocate(&s, 1, sizeof *s, "CSV file"));
    import->state = s;
    import->rows = facts->rows;
    s->facts = facts;
    s->numbered = facts->dropped > 0;
    describe_beside(encoding, facts, s->numbered, import);
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
